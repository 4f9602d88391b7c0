//! A world: nodes, links, clocks, disks and what is on its way, at one moment.
//!
//! The rules that are easy to break: a clone has the same future. One call of [`World::step`]
//! brings at most one event, so that any event can be the end of a run. And the world never reads
//! the trace: it writes it, and would run the same without one.

mod accessors;
mod apply;
mod effects;
mod flights;
mod layers;
mod machine;
mod next;
mod refuse;
mod setup;
pub mod stage;
mod step;
mod stop;
#[cfg(test)]
mod tests;

pub use accessors::{ClockFace, InFlight, TimerFace};
pub use machine::{NodeConfig, Status};
pub use next::Next;
pub use setup::{Layout, NodeSetup, Place, Setup};

use super::fact::Told;
use super::fault::Partition;
use super::hash::Fx;
use super::ids::{EventId, MsgId, NodeId};
use super::links::Links;
use super::message::Payload;
use super::protocol::Effect;
use super::queue::{Queue, Ticket};
use super::refusal::Refusal;
use super::time::SimTime;
use super::timing::Timing;
use super::trace::{Event, Loss, Mark};
use flights::Index;
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
    // By number, until they are healed.
    walls: BTreeMap<u32, Wall>,
    raised: u32,
    // Where messages on their way lie, once that is worth knowing.
    index: Option<Box<Index>>,
    stopped: Option<Rc<Refusal>>,
    last: Event,
    // The facts told in the last event.
    told: Vec<Told>,
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

/// What kind of thing is to happen, and what the fields of [`Pending`] mean for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum What {
    /// The node `to` boots for the first time.
    #[default]
    Boot,
    /// A message comes to the end of its way: `number` is the message, `round` the layers' sequence
    /// number, from 1; 0 without layers.
    Flight,
    /// The timer in slot `number` of `to` may run out; see [`machine::Timer`].
    Timer,
    /// The processor or disk of `to` is done.
    Cpu,
    /// The node `to` takes the next input that waits.
    Wake,
    /// The flapping wall `number` changes.
    Flap,
    /// A layer looks whether frame `round` from `from` to `to` was acknowledged.
    Resend,
}

/// What is to happen. One flat record for all kinds, written and read in the queue's own store
/// field by field: an enum would be copied whole on every way in and out, and a processor stalls
/// when it reads wide what was just written narrow.
#[derive(Clone, Default)]
pub(super) struct Pending {
    /// A flight's contents; taken out when it lands.
    pub payload: Option<Payload>,
    pub sent: SimTime,
    pub due: SimTime,
    pub cause: EventId,
    pub number: u32,
    pub round: u32,
    /// A flight's number on its link: the key of its draws.
    pub on_link: u32,
    pub from: NodeId,
    pub to: NodeId,
    pub what: What,
    /// Why a flight will be lost when its time comes, or [`Loss::None`].
    pub doom: Loss,
    pub mark: Mark,
    pub held: bool,
}

impl Pending {
    /// A message on its way, if this is one.
    fn flight(&self) -> Option<Flight<'_>> {
        let payload = self.payload.as_ref()?;
        (self.what == What::Flight).then_some(Flight { payload, pending: self })
    }

    fn msg(&self) -> MsgId {
        MsgId(self.number)
    }
}

/// One message on its way, seen in the queue.
#[derive(Clone, Copy)]
pub(super) struct Flight<'a> {
    pub payload: &'a Payload,
    pending: &'a Pending,
}

impl std::ops::Deref for Flight<'_> {
    type Target = Pending;
    fn deref(&self) -> &Pending {
        self.pending
    }
}

impl World {
    /// Schedules a thing that is no message.
    #[inline]
    fn schedule(&mut self, at: SimTime, what: What, to: NodeId, number: u32, round: u32) {
        let p = self.queue.push(at);
        p.what = what;
        p.to = to;
        p.number = number;
        p.round = round;
    }

    /// The bytes that a clone takes, roughly: by this checkpoints are spaced.
    pub fn weight(&self) -> usize {
        let nodes: usize = self.nodes.iter().map(Machine::weight).sum();
        let index = self.index.as_ref().map_or(0, |i| i.weight());
        size_of::<World>() + nodes + index + self.queue.weight() + self.links.weight()
    }

    /// The messages on their way, in no order that means anything.
    fn flights(&self) -> impl Iterator<Item = (Ticket, Flight<'_>)> {
        self.queue.iter().filter_map(|(ticket, p)| Some((ticket, p.flight()?)))
    }
}
