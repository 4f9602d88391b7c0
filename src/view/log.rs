//! The log: what happened, one sentence an event.
//!
//! The rule that is easy to break: a sentence is made when it is shown or searched, never kept. A run of a
//! million events has a log of a million lines, and a screenful of them exists.

use super::{Selection, words};
use crate::check::Checks;
use crate::sim::history::Run;
use crate::sim::world::World;
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

/// Which kind of events the log shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// What the protocol notes, what is lost, what was done.
    #[default]
    Telling,
    /// Every event.
    All,
    /// What the protocol notes.
    Notes,
    /// Messages that arrive, wait, are lost.
    Messages,
    /// Messages that are lost.
    Losses,
    /// Timers that run out.
    Timers,
    /// What was done to the world.
    Edits,
}

impl Sort {
    /// All, each with its name for people.
    pub const ALL: [(Sort, &'static str); 7] = [
        (Sort::Telling, "What matters"),
        (Sort::All, "Every event"),
        (Sort::Notes, "What nodes decide"),
        (Sort::Messages, "Messages"),
        (Sort::Losses, "Losses"),
        (Sort::Timers, "Timers"),
        (Sort::Edits, "Edits and requests"),
    ];

    /// Whether an event is of this kind.
    pub fn has(self, trace: &Trace, id: EventId) -> bool {
        use EventKind::{Arrive, Deliver, Fault, Flap, Lost, Request, Resend, Timer};
        let kind = trace.event(id).kind;
        match self {
            Sort::All => true,
            Sort::Telling => tells(trace, id),
            Sort::Notes => trace.notes_of(id).next().is_some(),
            Sort::Messages => matches!(kind, Deliver | Arrive | Lost | Resend),
            Sort::Losses => kind == Lost,
            Sort::Timers => kind == Timer,
            Sort::Edits => matches!(kind, Fault | Request | Flap),
        }
    }
}

/// Which events the log shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this kind.
    pub sort: Sort,
    /// At this node, or about a message that it sent or was sent.
    pub node: Option<NodeId>,
    /// In whose sentence this occurs, capital or not (of the letters A to Z); empty: all.
    pub text: String,
}

impl Filter {
    /// Lets go of a node that `world` does not have.
    pub fn fit(&mut self, world: &World) {
        self.node = self.node.filter(|n| n.index() < world.node_count());
    }

    /// Whether it lets an event through.
    pub fn has(&self, run: &Run<Checks>, id: EventId) -> bool {
        let trace = run.trace();
        let at = |node| concerns(trace, id, Selection::Node(node));
        self.sort.has(trace, id)
            && self.node.is_none_or(at)
            && (self.text.is_empty() || says(&line(run, id).text, &self.text))
    }
}

/// Whether `text` says `what`, whatever the case.
fn says(text: &str, what: &str) -> bool {
    text.to_ascii_lowercase().contains(&what.to_ascii_lowercase())
}

/// Whether an event is about what is selected: at that node, on that link, of that message.
pub fn concerns(trace: &Trace, id: EventId, selection: Selection) -> bool {
    let event = trace.event(id);
    let sent = || trace.get_sent(event.msg()?);
    match selection {
        Selection::None => false,
        Selection::Event(e) => e == id,
        Selection::Message(m) => event.msg() == Some(m) || trace.sent_in(id).any(|(s, _)| s == m),
        Selection::Link(from, to) => sent().is_some_and(|s| (s.from, s.to) == (from, to)),
        Selection::Node(n) => event.node == n || sent().is_some_and(|s| s.from == n || s.to == n),
    }
}

/// Whether an event belongs into the short log.
pub fn tells(trace: &Trace, id: EventId) -> bool {
    let e = trace.event(id);
    matches!(e.kind, EventKind::Lost | EventKind::Fault | EventKind::Request | EventKind::Flap)
        || trace.notes_of(id).next().is_some()
}

/// The sentence of one event.
pub fn line(run: &Run<Checks>, id: EventId) -> Line {
    let (world, trace) = (run.world(), run.trace());
    let e = trace.event(id);
    let node = (e.node.index() < world.node_count()).then_some(e.node);
    let notes: Vec<&str> = trace.notes_of(id).map(|n| &**n).collect();
    let who = || node.map_or(String::new(), |n| words::name(world, n) + " ");
    let said = || format!("{}{}.", who(), notes.join("; "));
    let (text, tone) = match (e.kind, notes.is_empty()) {
        (_, true) => happening(run, id),
        (EventKind::Fault, false) => {
            // What was done, and what the node makes of it: a recovery boots it.
            let (done, tone) = happening(run, id);
            (format!("{done} {}", said()), tone)
        }
        _ => (said(), LineTone::Note),
    };
    Line { id, time_us: e.time.0, node, text, tone }
}

fn happening(run: &Run<Checks>, id: EventId) -> (String, LineTone) {
    let (world, trace) = (run.world(), run.trace());
    let e = trace.event(id);
    let who = words::name(world, e.node);
    let plain = |text: String| (text, LineTone::Plain);
    match e.kind {
        EventKind::Start => plain(format!("{who} starts.")),
        EventKind::Timer => plain(format!("{who}'s timer runs out: {}.", world.timer_name(e.node, e.data))),
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
        EventKind::Lost => {
            (format!("{label} from {from} to {to} is lost: {}.", e.loss.reason()), LineTone::Loss)
        }
        EventKind::Arrive => (format!("{label} from {from} waits at {to}."), LineTone::Plain),
        _ => (format!("{to} receives {label} from {from}."), LineTone::Plain),
    }
}

pub mod rows;
