//! Two runs side by side: the first event in which they differ, and at a moment the nodes and the
//! promises that do.
//!
//! The rule that is easy to break: an event is not only its record. Two deliveries of one message may
//! lead to different answers; so where the records are equal, the trace hashes after them decide.

use super::origin::Origin;
use crate::check::{Checks, Class, Verdict};
use crate::scenario::Opening;
use crate::sim::history::Run;
use crate::sim::world::{Status, World};
use crate::sim::{Edit, EventId, NodeId, Refusal, SimTime};

/// Where two runs part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parting {
    /// The first event that differs; before it, all are alike.
    pub event: EventId,
    /// When it is, in microseconds; in the run in which it is earlier, where the two differ.
    pub time_us: u64,
    /// How it differs.
    pub how: How,
}

/// How an event differs between two runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// What happened is another thing, or happened elsewhere or at another time, or in one run only.
    Event,
    /// The same happened, and what the node made of it is different: it sent something else.
    Outcome,
}

/// A node that differs between two runs at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeDifference {
    /// The node.
    pub node: NodeId,
    /// Its name.
    pub name: String,
    /// What of it differs; never empty.
    pub fields: Vec<FieldDifference>,
}

/// One line of a node's state that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDifference {
    /// `status`, `role`, `badge`, `cells`, or the field's name in the paper.
    pub name: &'static str,
    /// What it is in the first run, if there is such a field.
    pub here: Option<String>,
    /// And in the second.
    pub there: Option<String>,
}

/// A promise on which two runs differ at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckDifference {
    /// Its name.
    pub name: &'static str,
    /// What it promises.
    pub claim: &'static str,
    /// Safety or liveness.
    pub class: Class,
    /// What is said of it in the first run, if it is watched there.
    pub here: Option<Verdict>,
    /// And in the second.
    pub there: Option<Verdict>,
}

/// All that sets two runs apart, where they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The first event that differs, as far as both runs have ever been.
    pub parting: Option<Parting>,
    /// The nodes that differ now.
    pub nodes: Vec<NodeDifference>,
    /// The promises that differ now.
    pub checks: Vec<CheckDifference>,
}

impl Comparison {
    /// Compares two runs where they stand, which is to be the same moment; where they part is known.
    pub fn of(here: &Run<Checks>, there: &Run<Checks>, parting: Option<Parting>) -> Self {
        Comparison {
            parting,
            nodes: nodes(here.world(), there.world()),
            checks: checks(here.watcher(), there.watcher()),
        }
    }
}

/// The first event that differs, as far as both runs have ever been. What only one of them has seen
/// yet does not count. Costs one look at each event and some forty short stretches run again.
pub fn parting(here: &Run<Checks>, there: &Run<Checks>) -> Option<Parting> {
    parting_from(here, there, 0).ok()
}

/// The same for two runs whose first `alike` events are known to be alike.
///
/// # Errors
/// If no event differs: how many are known to be alike by now.
pub fn parting_from(here: &Run<Checks>, there: &Run<Checks>, alike: u32) -> Result<Parting, u32> {
    let (a, b) = (here.trace(), there.trace());
    let both = a.len().min(b.len()) as u32;
    let differ = |i: &u32| a.event(EventId(*i)) != b.event(EventId(*i));
    let records = (alike..both).find(differ).unwrap_or(both);
    let same_hash = |events: u32| here.hash_at(events) == there.hash_at(events);
    if records > alike && !same_hash(records) {
        // Once hashes differ they stay different: the first place is found by halves.
        let (mut low, mut high) = (alike, records);
        while high - low > 1 {
            let middle = u32::midpoint(low, high);
            match same_hash(middle) {
                true => low = middle,
                false => high = middle,
            }
        }
        let event = EventId(high - 1);
        return Ok(Parting { event, time_us: a.event(event).time.us(), how: How::Outcome });
    }
    let event = EventId(records);
    let times = [a, b].map(|t| t.get(event).map(|e| e.time));
    let time = match times {
        [Some(x), Some(y)] => x.min(y),
        // The shorter run must have been past the moment at which the longer goes on.
        [Some(x), None] if past(there, x) => x,
        [None, Some(y)] if past(here, y) => y,
        _ => return Err(records),
    };
    Ok(Parting { event, time_us: time.us(), how: How::Event })
}

/// Whether `run` has been past everything at `time`.
fn past(run: &Run<Checks>, time: SimTime) -> bool {
    let here = run.position() as usize == run.trace().len() && run.time() == time;
    run.frontier() > time || here && !run.amid()
}

/// The nodes that differ between two worlds.
pub fn nodes(here: &World, there: &World) -> Vec<NodeDifference> {
    let most = here.node_count().max(there.node_count());
    let all = (0..most as u16).map(NodeId);
    all.filter_map(|node| {
        let (a, b) = (lines(here, node), lines(there, node));
        let fields = fields(&a, &b);
        let known = if node.index() < here.node_count() { here } else { there };
        (!fields.is_empty()).then(|| NodeDifference { node, name: known.name(node).to_owned(), fields })
    })
    .collect()
}

/// A line of a node's state: its name, and what it says.
pub(super) type Line = (&'static str, String);

/// All that a node shows, line by line; nothing of a node that the world does not have.
pub(super) fn lines(world: &World, node: NodeId) -> Vec<Line> {
    if node.index() >= world.node_count() {
        return Vec::new();
    }
    let status = match world.status(node) {
        Status::Up => "up",
        Status::Crashed => "crashed",
        Status::Stopped => "stopped for good",
        Status::Paused => "paused",
    };
    let shown = world.inspect(node);
    let cells: Vec<&str> = shown.cells.iter().map(|c| &*c.text).collect();
    let mut lines = vec![
        ("status", status.to_owned()),
        ("role", shown.role.clone()),
        ("badge", shown.badge.clone()),
        ("cells", cells.join(" ")),
    ];
    lines.extend(shown.fields);
    lines
}

/// The lines that differ, in the order of the first list and then of the second.
pub(super) fn fields(a: &[Line], b: &[Line]) -> Vec<FieldDifference> {
    let value = |list: &[Line], name| {
        let found = list.iter().find(|l| l.0 == name);
        found.map(|l| l.1.clone())
    };
    let only_there = b.iter().filter(|l| a.iter().all(|m| m.0 != l.0));
    let names = a.iter().chain(only_there).map(|l| l.0);
    let pairs = names.map(|name| FieldDifference { name, here: value(a, name), there: value(b, name) });
    pairs.filter(|f| f.here != f.there).collect()
}

/// The promises whose verdicts are of different kinds: two that hold for different reasons are alike.
pub fn checks(here: &Checks, there: &Checks) -> Vec<CheckDifference> {
    let (a, b) = (here.lines(), there.lines());
    let only_there = b.iter().filter(|l| a.iter().all(|m| m.name != l.name));
    let verdict = |list: &[crate::check::CheckLine], name| {
        let found = list.iter().find(|l| l.name == name);
        found.map(|l| l.verdict.clone())
    };
    let all = a.iter().chain(only_there).map(|line| CheckDifference {
        name: line.name,
        claim: line.claim,
        class: line.class,
        here: verdict(&a, line.name),
        there: verdict(&b, line.name),
    });
    let kind = |v: &Option<Verdict>| v.as_ref().map(std::mem::discriminant);
    all.filter(|c| kind(&c.here) != kind(&c.there)).collect()
}

/// Takes `there` to where `here` stands: to the same event while the runs are alike, for more may be
/// to come at the same moment; else to the same moment.
pub fn follow(here: &Run<Checks>, there: &mut Run<Checks>) {
    let (events, time) = (here.position(), here.time());
    there.seek(time);
    let last = here.world().last_event();
    let at_an_event = events == 0 || last.time == time;
    if there.position() <= events || !at_an_event {
        return;
    }
    let same = |there: &Run<Checks>| {
        let before = events.checked_sub(1).map(EventId);
        before.is_none_or(|id| there.trace().get(id) == Some(last))
    };
    if same(there) {
        there.seek_event(events);
        if there.world().hash() != here.world().hash() {
            there.seek(time);
        }
    }
}

/// What `run`, which came of `origin`, is opened from with something else in its opening (a parameter, a
/// seed, an edit). Its edits are those of `run`, but for those that name a message, which means nothing in
/// another future.
///
/// # Errors
/// An unknown scenario.
pub fn varied(
    origin: &Origin,
    run: &Run<Checks>,
    change: impl FnOnce(&mut Opening),
) -> Result<Origin, Refusal> {
    let mut opening = origin.opening.clone();
    let kept = |e: &&Edit| !e.fault.names_a_message();
    opening.edits = run.edits().iter().filter(kept).cloned().collect();
    change(&mut opening);
    Origin::of(opening)
}

/// `origin` run to the moment of `run`: the other of the two to compare.
///
/// # Errors
/// What opening it refuses.
pub fn beside(origin: &Origin, run: &Run<Checks>) -> Result<Run<Checks>, Refusal> {
    let mut other = origin.open()?;
    other.seek(run.time());
    Ok(other)
}

#[cfg(test)]
mod tests;
