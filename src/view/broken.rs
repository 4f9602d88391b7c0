//! A broken promise: whom to look at, and the nearest run in which it may hold.
//!
//! The rule that is easy to break: "What if not?" takes away the one thing that the verdict blames, and no more; whether the
//! promise holds then is for the other run to show.

use super::action::Action;
use super::origin::Origin;
use super::words;
use crate::check::{CheckLine, Checks, Verdict};
use crate::kit::mutants::PARAM;
use crate::sim::history::Run;
use crate::sim::{EventId, EventKind, Fault, NodeId};

/// The promises that broke in `event`.
fn broken_in(run: &Run<Checks>, event: EventId) -> impl Iterator<Item = CheckLine> + use<> {
    let in_it =
        move |v: &Verdict| matches!(v, Verdict::Violated { witness, .. } if witness.last() == Some(&event));
    run.watcher().lines().into_iter().filter(move |line| in_it(&line.verdict))
}

/// The sentence on the stage in the moment in which a promise breaks.
pub fn sentence(run: &Run<Checks>) -> Option<String> {
    said(run, EventId(run.position().checked_sub(1)?))
}

/// Which promises broke in `event`: the first with its reason, the others by name.
pub fn said(run: &Run<Checks>, event: EventId) -> Option<String> {
    let mut broken = broken_in(run, event);
    let line = broken.next()?;
    let Verdict::Violated { why, .. } = line.verdict else {
        return None;
    };
    let others: String = broken.map(|other| format!(" {} is broken, too.", other.name)).collect();
    Some(format!("{} is broken: {why}.{others}", line.name))
}

/// The nodes at which a promise was broken in `event`: those at which what shows it happened. None if none broke in it.
pub fn ringed(run: &Run<Checks>, event: EventId) -> Vec<NodeId> {
    let mut nodes = Vec::new();
    for line in broken_in(run, event) {
        if let Verdict::Violated { witness, .. } = &line.verdict {
            let known = witness.iter().filter_map(|e| run.trace().get(*e));
            nodes.extend(known.map(|e| e.node).filter(|n| n.index() < run.world().node_count()));
        }
    }
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

/// Another run beside this one.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatIf {
    /// In words, as a question.
    pub label: String,
    /// What shows it.
    pub action: Action,
}

/// The run that differs from `run` in what `line`, which is broken, is blamed on: the rule that is left out; else what was
/// done to the world, or lost, among the events that show it.
pub fn what_if(run: &Run<Checks>, origin: &Origin, line: &CheckLine) -> Option<WhatIf> {
    let Verdict::Violated { witness, .. } = &line.verdict else {
        return None;
    };
    let left_out = origin.def.entry().ok().zip(origin.def.params(&origin.opening.params).ok());
    if let Some(mutant) = left_out.and_then(|(entry, params)| entry.mutant(&params)) {
        let label = format!("What if this rule were kept: {}?", mutant.rule);
        return Some(WhatIf { label, action: Action::Vary(PARAM.to_owned(), "none".to_owned()) });
    }
    let trace = run.trace();
    let done: Vec<EventId> =
        trace.faults().iter().filter(|(e, f)| witness.contains(e) && is_harm(f)).map(|(e, _)| *e).collect();
    if let Some(&first) = done.first() {
        let (_, fault) = trace.faults().iter().find(|(e, _)| *e == first)?;
        let label = format!("What if not: {}?", words::fault(run.world(), fault));
        return Some(WhatIf { label, action: Action::Without(first) });
    }
    let lost = witness.iter().find(|&&e| trace.get(e).is_some_and(|e| e.kind == EventKind::Lost))?;
    let msg = trace.event(*lost).msg()?;
    let sent = trace.get_sent(msg)?;
    let label = format!("What if this {} had not been lost?", trace.kind(msg).name);
    Some(WhatIf { label, action: Action::Mend(Some(sent.cause), vec![Fault::DeliverNow { msg }]) })
}

/// Whether it takes something away: what brings something back is not to blame.
fn is_harm(fault: &Fault) -> bool {
    !matches!(
        fault,
        Fault::Recover { .. }
            | Fault::Resume { .. }
            | Fault::Heal
            | Fault::Release { .. }
            | Fault::Request { .. }
    )
}

#[cfg(test)]
mod tests;
