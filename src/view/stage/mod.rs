//! The stage: nodes, links, walls and moving messages of a world at a moment, as plain data.
//!
//! The rule that is easy to break: a picture is made in time proportional to the nodes and to what
//! is in flight, never to the length of the trace; and it is split in two. [`Scene`] changes only
//! when an event happens, and is compared; [`Motion`] changes with every frame, and is only drawn.

mod border;
pub mod circle;
pub mod figure;
pub mod fit;
pub mod geometry;
pub mod hit;
pub mod labels;
pub mod layout;
pub mod motion;
pub mod outline;
mod pairs;
#[cfg(test)]
mod tests;
pub mod wall;

pub use figure::Stand;
pub use geometry::Pt;
pub use labels::{LabelView, Sides};
pub use layout::{Detail, Plan};
pub use motion::{LossView, MessageView};
pub use pairs::{LinkState, MOST_MESHED, PairView};
pub use wall::WallView;

use crate::sim::world::{ClockFace, InFlight, Status, World};
use crate::sim::{Cell, CellTone, EventId, Fault, Glyph, MsgId, NodeId, SimTime, Span, Timing, Trace};
use std::rc::Rc;

/// A node, as it stands between two events.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeView {
    /// Which.
    pub id: NodeId,
    /// Its name.
    pub name: String,
    /// The middle of its disc.
    pub at: Pt,
    /// From there to the right edge of the stage.
    pub right: f64,
    /// The radius of its disc.
    pub radius: f64,
    /// How much there is room for.
    pub detail: Detail,
    /// The role, in the paper's word.
    pub role: String,
    /// The role's pictogram.
    pub glyph: Glyph,
    /// Drawn filled.
    pub prominent: bool,
    /// The second line.
    pub badge: String,
    /// What it counts and decides by, while it does.
    pub tally: String,
    /// The row below, at most as many as there is room for, the last ones.
    pub cells: Vec<Cell>,
    /// How wide each of them is, in pixels.
    pub cell: f64,
    /// How many cells before those are not shown.
    pub cells_before: usize,
    /// Whether it runs.
    pub status: Status,
    /// It does not follow its protocol.
    pub byzantine: bool,
    /// A client.
    pub client: bool,
    /// How many inputs wait.
    pub waiting: usize,
    /// What its clock does, if it is not perfect: `+12 ms`, `+300 ppm`.
    pub clock: Option<String>,
}

impl NodeView {
    /// How far to the side `words` above the disc stand, so that the edge of the stage cuts nothing off.
    pub fn aside(&self, words: &str) -> f64 {
        let half = words.chars().count() as f64 * WORDS_PX / 2.0 + 4.0;
        (half - self.at.x).max(0.0) - (half - self.right).max(0.0)
    }

    /// What stands above the disc: the role, where it stands out, and what is counted.
    pub fn above(&self) -> Option<String> {
        let up = self.status == Status::Up;
        let role = up && !self.client && (self.glyph != Glyph::None || self.prominent);
        match (role, up && !self.tally.is_empty()) {
            (true, true) => Some(format!("{} · {}", self.role, self.tally)),
            (true, false) => Some(self.role.clone()),
            (false, true) => Some(self.tally.clone()),
            (false, false) => None,
        }
    }

    /// What the node is, in one sentence: its accessible name.
    pub fn sentence(&self) -> String {
        let mut parts = vec![self.name.clone()];
        let mut add = |s: &str| {
            if !s.is_empty() {
                parts.push(s.to_owned());
            }
        };
        add(&self.role);
        add(&self.badge);
        add(&self.tally);
        add(match self.status {
            Status::Up => "",
            Status::Crashed => "crashed",
            Status::Stopped => "crashed for good",
            Status::Paused => "paused",
        });
        add(if self.byzantine { "byzantine" } else { "" });
        if let Some(clock) = &self.clock {
            add(&format!("clock {clock}"));
        }
        if self.waiting > 0 {
            add(&format!("{} inputs wait", self.waiting));
        }
        parts.join(", ")
    }
}

/// What is on the stage between two events.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Where everything stands.
    pub plan: Rc<Plan>,
    /// The nodes. Each is behind its own pointer, so that one that is unchanged is recognised.
    pub nodes: Vec<Rc<NodeView>>,
    /// The links that are drawn. On a crowded stage: those with something the matter.
    pub pairs: Rc<Vec<PairView>>,
    /// The partitions in force.
    pub walls: Vec<WallView>,
}

/// A timer that runs, as a ring that fills around its node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RingView {
    /// Whose.
    pub node: NodeId,
    /// Counts the rings of a node from the inside.
    pub level: usize,
    /// How much of it has gone by, 0 to 1.
    pub gone: f64,
}

/// What moves: everything that is different in every frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Motion {
    /// The messages on their way.
    pub messages: Vec<MessageView>,
    /// The messages lost a moment ago.
    pub losses: Vec<LossView>,
    /// The timers that run.
    pub rings: Vec<RingView>,
    /// Texts by messages.
    pub labels: Vec<(LabelView, String)>,
}

/// More rings than this on one node are not drawn.
const RINGS: usize = 2;
/// So wide is a letter of the words above a disc, on average.
const WORDS_PX: f64 = 6.4;

/// The plan of `world` on a stage of `width` by `height` pixels.
pub fn plan(world: &World, width: f64, height: f64) -> Plan {
    let stands: Vec<Stand> = world.node_ids().map(|n| stand(world, n)).collect();
    Plan::new(world.layout(), &stands, width, height)
}

/// What a node is, and where its protocol wants it.
pub fn stand(world: &World, node: NodeId) -> Stand {
    Stand { client: world.is_client(node), place: world.place(node) }
}

/// What is on the stage now. Pointers to what has not changed since `last` are kept.
pub fn scene(world: &World, plan: &Rc<Plan>, last: Option<&Scene>) -> Scene {
    let nodes = world.node_ids().map(|id| {
        let view = node(world, plan, id);
        match last.and_then(|l| l.nodes.get(id.index())) {
            Some(old) if **old == view => old.clone(),
            _ => Rc::new(view),
        }
    });
    let pairs = pairs::pairs(world, plan);
    let pairs = match last {
        Some(l) if *l.pairs == pairs => l.pairs.clone(),
        _ => Rc::new(pairs),
    };
    let walls = world.partitions().map(|p| WallView::new(plan, p, true, |n| world.name(n).to_owned()));
    Scene { plan: plan.clone(), nodes: nodes.collect(), pairs, walls: walls.collect() }
}

fn node(world: &World, plan: &Plan, id: NodeId) -> NodeView {
    let mut inspect = world.inspect(id);
    let cell = fit::cell_width(inspect.cells.iter().map(|c| c.text.as_str()));
    let room = match plan.detail {
        Detail::Full => ((plan.radius * 3.1 / cell) as usize).clamp(3, 12),
        _ => 0,
    };
    let before = inspect.cells.len().saturating_sub(room);
    inspect.cells.drain(..before);
    let used = |c: &Cell| c.tone != CellTone::Empty;
    let cells_before = if inspect.cells.iter().any(used) { before } else { 0 };
    NodeView {
        id,
        name: world.name(id).to_owned(),
        at: plan.at(id),
        right: plan.width - plan.at(id).x,
        radius: plan.radius,
        detail: plan.detail,
        role: inspect.role,
        glyph: inspect.glyph,
        prominent: inspect.prominent,
        // Where there is no room for it, it must not cause a rendering either.
        badge: match plan.detail {
            Detail::Full => inspect.badge,
            _ => String::new(),
        },
        tally: match plan.detail {
            Detail::Full => inspect.tally,
            _ => String::new(),
        },
        cells: inspect.cells,
        cell,
        cells_before,
        status: world.status(id),
        byzantine: !world.lies(id).is_empty(),
        client: world.is_client(id),
        waiting: world.waiting(id),
        clock: clock(world.clock(id)),
    }
}

/// What is wrong with a clock, to the millisecond, so that the text does not change with every
/// event of a drifting one.
pub(super) fn clock(face: ClockFace) -> Option<String> {
    let ms = face.offset_us / 1_000;
    match (ms, face.drift_ppm) {
        (0, 0) => None,
        (0, ppm) => Some(format!("{ppm:+} ppm")),
        (ms, 0) => Some(format!("{ms:+} ms")),
        (ms, ppm) => Some(format!("{ms:+} ms, {ppm:+} ppm")),
    }
}

/// How a moving picture is to be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// The moment shown.
    pub now: SimTime,
    /// Less motion: messages stand at a few places of their way.
    pub calm: bool,
    /// The message that is picked.
    pub picked: Option<MsgId>,
}

/// What moves, at the moment of `manner`. `sides` keeps labels where they were.
pub fn motion(world: &World, trace: &Trace, plan: &Plan, manner: Manner, sides: &mut Sides) -> Motion {
    let flights = world.in_flight();
    let now = manner.now;
    let upto = world.events() as usize;
    let held_at = |msg| held_since(trace, upto, msg).unwrap_or(now);
    let mut messages = motion::messages(plan, &flights, now, manner.calm, held_at);
    if let Timing::BoundedAsync { delay_us } = world.timing() {
        for (message, flight) in messages.iter_mut().zip(&flights) {
            message.deadline = Some(part(now.since(flight.sent), delay_us, manner.calm));
        }
    }
    let text = |i: usize| flights.get(i).map_or_else(String::new, |f: &InFlight| f.payload.label());
    let labels = sides.place(plan, &messages, manner.picked, |i| text(i).chars().count());
    Motion {
        labels: labels
            .into_iter()
            .map(|l| {
                let t = text(l.of);
                (l, t)
            })
            .collect(),
        losses: motion::losses(plan, world, trace, upto, now),
        rings: rings(world, now, manner.calm),
        messages,
    }
}

/// When the message that is held now was held: the last such fault of the first `upto` events.
fn held_since(trace: &Trace, upto: usize, msg: MsgId) -> Option<SimTime> {
    let mut faults = trace.faults().iter().rev();
    let hold = Fault::Hold { msg };
    let (event, _) = faults.find(|(e, f)| e.index() < upto && *f == hold)?;
    trace.get(EventId(event.0)).map(|e| e.time)
}

/// How much of `whole_us` has gone by, 0 to 1; under reduced motion in eighths.
fn part(gone: Span, whole_us: u64, calm: bool) -> f64 {
    let part = (gone.0 as f64 / whole_us.max(1) as f64).min(1.0);
    if calm { libm::round(part * 8.0) / 8.0 } else { part }
}

fn rings(world: &World, now: SimTime, calm: bool) -> Vec<RingView> {
    let mut rings = Vec::new();
    for node in world.node_ids() {
        if world.status(node) != Status::Up && world.status(node) != Status::Paused {
            continue;
        }
        for (level, timer) in world.timers(node).iter().take(RINGS).enumerate() {
            let gone = part(now.since(timer.set_at), timer.due.since(timer.set_at).0, calm);
            rings.push(RingView { node, level, gone });
        }
    }
    rings
}
