//! The log: what happened, one sentence an event.
//!
//! The rule that is easy to break: it is read from the trace backwards and stops at a page's
//! worth. A run of a million events has a log of a hundred lines on screen, not a million.

use super::words;
use crate::check::Checks;
use crate::sim::history::Run;
use crate::sim::{EventId, EventKind, NodeId, Trace};

/// How a line is marked, besides its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineTone {
    /// As usual.
    Plain,
    /// The protocol itself says something.
    Note,
    /// Something was lost.
    Loss,
    /// Somebody did something to the world.
    Edit,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The event.
    pub id: EventId,
    /// When, in microseconds.
    pub time_us: u64,
    /// Where, if at a node.
    pub node: Option<NodeId>,
    /// What happened.
    pub text: String,
    /// How it is marked.
    pub tone: LineTone,
}

/// Which events the log shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// What the protocol notes, what is lost, what was done.
    #[default]
    Telling,
    /// Every event.
    All,
}

/// The last `lines` lines before the moment shown, oldest first. Looks back at most a hundred
/// times as many events, so that a quiet run costs no more than a busy one.
pub fn page(run: &Run<Checks>, filter: Filter, lines: usize) -> Vec<Line> {
    let (trace, end) = (run.trace(), run.position() as usize);
    let mut out: Vec<Line> = (end.saturating_sub(lines * 100)..end)
        .rev()
        .filter(|&i| filter == Filter::All || tells(trace, EventId(i as u32)))
        .take(lines)
        .map(|i| line(run, EventId(i as u32)))
        .collect();
    out.reverse();
    out
}

/// Whether an event belongs into the short log.
pub fn tells(trace: &Trace, id: EventId) -> bool {
    let e = trace.event(id);
    matches!(
        e.kind,
        EventKind::Lost | EventKind::Fault | EventKind::Request | EventKind::Flap
    ) || trace.notes_of(id).next().is_some()
}

/// The sentence of one event.
pub fn line(run: &Run<Checks>, id: EventId) -> Line {
    let (world, trace) = (run.world(), run.trace());
    let e = trace.event(id);
    let node = (e.node.index() < world.node_count()).then_some(e.node);
    let notes: Vec<&str> = trace.notes_of(id).map(|n| &**n).collect();
    let (text, tone) = if e.kind == EventKind::Fault || notes.is_empty() {
        happening(run, id)
    } else {
        let who = node.map_or(String::new(), |n| words::name(world, n) + " ");
        (format!("{who}{}.", notes.join("; ")), LineTone::Note)
    };
    Line {
        id,
        time_us: e.time.0,
        node,
        text,
        tone,
    }
}

fn happening(run: &Run<Checks>, id: EventId) -> (String, LineTone) {
    let (world, trace) = (run.world(), run.trace());
    let e = trace.event(id);
    let who = words::name(world, e.node);
    let plain = |text: String| (text, LineTone::Plain);
    match e.kind {
        EventKind::Start => plain(format!("{who} starts.")),
        EventKind::Timer => plain(format!(
            "{who}'s timer runs out: {}.",
            world.timer_name(e.node, e.data)
        )),
        EventKind::Synced => plain(format!("{who}'s disk has it.")),
        EventKind::Done => plain(format!("{who} is done with a step.")),
        EventKind::Request | EventKind::Fault => match trace.faults().get(e.data as usize) {
            Some((_, f)) => (words::fault(world, f) + ".", LineTone::Edit),
            None => plain("Something was done.".to_owned()),
        },
        EventKind::Flap => {
            let what = if e.data == 1 { "rises" } else { "falls" };
            (format!("The flapping wall {what}."), LineTone::Edit)
        }
        EventKind::Resend => plain(format!("A layer of {who} sends again.")),
        EventKind::Deliver | EventKind::Arrive | EventKind::Lost => journey(run, id),
    }
}

/// The end of a message's journey, or its waiting.
fn journey(run: &Run<Checks>, id: EventId) -> (String, LineTone) {
    let (world, e) = (run.world(), run.trace().event(id));
    let sent = e.msg().and_then(|m| Some((m, run.trace().get_sent(m)?)));
    let Some((msg, sent)) = sent else {
        return ("Something arrives.".to_owned(), LineTone::Plain);
    };
    let (from, to) = (words::name(world, sent.from), words::name(world, sent.to));
    let label = run.label(msg);
    match e.kind {
        EventKind::Lost => (
            format!("{label} from {from} to {to} is lost: {}.", e.loss.reason()),
            LineTone::Loss,
        ),
        EventKind::Arrive => (
            format!("{label} from {from} waits at {to}."),
            LineTone::Plain,
        ),
        _ => (
            format!("{to} receives {label} from {from}."),
            LineTone::Plain,
        ),
    }
}
