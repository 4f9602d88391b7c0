//! The stage as text: a table of nodes and a list of the messages in flight.
//!
//! The rule that is easy to break: it says everything that the picture says. Who sees the picture
//! only as text must not miss a state.

use super::assumptions::assumptions;
use super::words;
use crate::check::Checks;
use crate::sim::history::Run;
use crate::sim::world::{InFlight, Status, World};
use crate::sim::{CellTone, Loss, MsgId, NodeId, Span, Timing};

/// Cells told of a node at most.
const CELLS: usize = 4;
/// Messages listed at most.
pub const MESSAGES: usize = 60;

/// A node in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRow {
    /// Which.
    pub id: NodeId,
    /// Its name.
    pub name: String,
    /// Its role, in the paper's word.
    pub role: String,
    /// Its second line: `term 3`.
    pub badge: String,
    /// Whether it runs.
    pub status: Status,
    /// Whether it lies.
    pub byzantine: bool,
    /// What it counts and decides by, while it does.
    pub tally: String,
    /// The newest cells under it, each with its whole story: "entry 3 of term 2: set x 1, committed".
    pub cells: Vec<String>,
    /// How many older cells there are.
    pub older: usize,
    /// What its clock does, if it is not perfect.
    pub clock: Option<String>,
    /// How many inputs wait at it.
    pub waiting: usize,
    /// Its timers, each with the time left.
    pub timers: Vec<String>,
}

/// A message in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// Which.
    pub id: MsgId,
    /// What it says.
    pub label: String,
    /// Sender's name.
    pub from_name: String,
    /// Receiver's name.
    pub to_name: String,
    /// Where it is, or what became of it.
    pub status: String,
    /// Whether it is on its way.
    pub in_flight: bool,
    /// Whether it is held.
    pub held: bool,
}

/// The stage as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twin {
    /// Every node.
    pub nodes: Vec<NodeRow>,
    /// The first [`MESSAGES`] messages in flight, in order of sending.
    pub messages: Vec<MessageRow>,
    /// How many more there are.
    pub more: usize,
    /// What stands between nodes: partitions and cuts.
    pub walls: Vec<String>,
}

/// The stage of `world` as text.
pub fn twin(world: &World) -> Twin {
    let flying = world.in_flight();
    Twin {
        nodes: world.node_ids().map(|n| node_row(world, n)).collect(),
        messages: flying.iter().take(MESSAGES).map(|m| flying_row(world, m)).collect(),
        more: flying.len().saturating_sub(MESSAGES),
        walls: assumptions(world).walls,
    }
}

/// One node in words.
pub fn node_row(world: &World, id: NodeId) -> NodeRow {
    let inspect = world.inspect(id);
    let now = world.now().us();
    let cells: Vec<String> =
        inspect.cells.iter().filter(|c| c.tone != CellTone::Empty).map(|c| c.title.clone()).collect();
    let older = cells.len().saturating_sub(CELLS);
    let timers = world.timers(id).into_iter();
    NodeRow {
        id,
        name: world.name(id).to_owned(),
        role: inspect.role,
        badge: inspect.badge,
        status: world.status(id),
        byzantine: !world.lies(id).is_empty(),
        tally: inspect.tally,
        cells: cells.into_iter().skip(older).collect(),
        older,
        clock: super::stage::clock(world.clock(id)),
        waiting: world.waiting(id),
        timers: timers
            .map(|t| format!("{} in {}", t.name, Span(round_ms(t.due.us().saturating_sub(now)))))
            .collect(),
    }
}

/// A status in words.
pub fn status_text(s: Status) -> &'static str {
    match s {
        Status::Up => "up",
        Status::Crashed => "crashed",
        Status::Stopped => "crashed for good",
        Status::Paused => "paused",
    }
}

fn round_ms(us: u64) -> u64 {
    us.div_ceil(1_000) * 1_000
}

/// Where delivery alone is bounded, the ring around the message in words.
fn bound(world: &World, m: &InFlight) -> String {
    let Timing::BoundedAsync { delay_us } = world.timing() else { return String::new() };
    let left = (m.sent.us() + delay_us).saturating_sub(world.now().us());
    format!("; it may take {} more", Span(round_ms(left)))
}

fn flying_row(world: &World, m: &InFlight) -> MessageRow {
    let left = Span(round_ms(m.due.us().saturating_sub(world.now().us())));
    let status = match (m.held, m.doom) {
        (true, _) => "Held until released.".to_owned(),
        (_, Loss::None) => format!("Arrives in {left}{}.", bound(world, m)),
        (_, doom) => format!("Will be lost in {left}: {}.", doom.reason()),
    };
    MessageRow {
        id: m.msg,
        label: m.payload.label(),
        from_name: words::name(world, m.from),
        to_name: words::name(world, m.to),
        status,
        in_flight: true,
        held: m.held,
    }
}

/// One message in words, in flight or not; `None` if it is not part of the run up to now.
pub fn message_row(run: &Run<Checks>, id: MsgId) -> Option<MessageRow> {
    let (world, trace) = (run.world(), run.trace());
    let sent = trace.get_sent(id)?;
    if sent.cause.0 >= run.position() {
        return None;
    }
    if let Some(m) = world.in_flight().iter().find(|m| m.msg == id) {
        return Some(flying_row(world, m));
    }
    let fate = trace.fate(id).filter(|e| e.0 < run.position()).map(|e| trace.event(e));
    let status = match fate {
        Some(e) if e.loss != Loss::None => format!("Lost at {}: {}.", e.time, e.loss.reason()),
        Some(e) => format!("Arrived at {}.", e.time),
        None => "Waits at its receiver.".to_owned(),
    };
    Some(MessageRow {
        id,
        label: run.label(id),
        from_name: words::name(world, sent.from),
        to_name: words::name(world, sent.to),
        status,
        in_flight: false,
        held: false,
    })
}
