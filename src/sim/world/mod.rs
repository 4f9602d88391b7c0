//! A world: nodes, links, clocks, disks and what is on its way, at one moment.
//!
//! The rules that are easy to break: a clone has the same future. One call of [`World::step`]
//! brings at most one event, so that any event can be the end of a run. And the world never reads
//! the trace: it writes it, and would run the same without one.

mod accessors;
mod apply;
mod effects;
mod layers;
mod machine;
mod refuse;
mod setup;
mod step;
#[cfg(test)]
mod tests;

pub use accessors::{ClockFace, InFlight, TimerFace};
pub use machine::{NodeConfig, Status};
pub use setup::{Layout, NodeSetup, Setup};

use super::fault::Partition;
use super::hash::Fx;
use super::ids::{EventId, MsgId, NodeId};
use super::links::Links;
use super::message::Payload;
use super::protocol::Effect;
use super::queue::Queue;
use super::refusal::Refusal;
use super::time::SimTime;
use super::timing::Timing;
use super::trace::{Event, Loss, Mark};
use layers::LayerState;
use machine::Machine;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The whole state of a run at one moment.
#[derive(Clone)]
pub struct World {
    seed: u64,
    timing: Timing,
    layout: Layout,
    now: SimTime,
    hash: Fx,
    steps: u64,
    events: u32,
    messages: u32,
    faults: u32,
    at_instant: u32,
    in_flight: u32,
    queue: Queue<Pending>,
    nodes: Vec<Machine>,
    links: Links,
    layers: BTreeMap<(NodeId, NodeId), LayerState>,
    walls: Vec<Wall>,
    stopped: Option<Rc<Refusal>>,
    last: Event,
    // Whether the event being carried out is new to the trace; false when a run is repeated.
    fresh: bool,
    // Kept between steps only to reuse the allocation; always empty there.
    scratch: Vec<Effect>,
}

/// A partition in force, or between two flaps.
#[derive(Clone, Debug)]
pub(super) struct Wall {
    partition: Rc<Partition>,
    up: bool,
    // Which flap is awaited; a wall that is gone never matches.
    round: u32,
}

/// What is to happen.
#[derive(Clone)]
pub(super) enum Pending {
    /// A node boots for the first time.
    Boot(NodeId),
    /// A message is under way.
    Flight(Flight),
    /// A timer may run out; see [`machine::Timer`].
    Timer { node: NodeId, slot: u32, round: u32 },
    /// A node's processor or disk is done.
    Cpu { node: NodeId, round: u32 },
    /// A node takes the next input that waits.
    Wake(NodeId),
    /// A flapping wall changes.
    Flap { wall: u32, round: u32 },
    /// A layer looks whether a frame was acknowledged.
    Resend {
        from: NodeId,
        to: NodeId,
        frame: u32,
    },
}

/// One message on its way.
#[derive(Clone)]
pub(super) struct Flight {
    pub payload: Payload,
    pub sent: SimTime,
    pub due: SimTime,
    pub cause: EventId,
    pub msg: MsgId,
    /// The layers' sequence number, from 1; 0 without layers.
    pub frame: u32,
    pub from: NodeId,
    pub to: NodeId,
    /// Why it will be lost when its time comes, or [`Loss::None`].
    pub doom: Loss,
    pub mark: Mark,
    pub held: bool,
}
