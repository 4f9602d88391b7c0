//! Looking at a world: plain answers, copies where needed. Nothing here changes anything.

use super::layers::frame;
use super::machine::{NodeConfig, Power, Status};
use super::setup::{Layout, Place};
use super::{Flight, World};
use crate::sim::fact::Told;
use crate::sim::fault::{ByzantineRule, Partition};
use crate::sim::form::Form;
use crate::sim::hash::Fx;
use crate::sim::ids::{EventId, MsgId, NodeId};
use crate::sim::inspect::Inspect;
use crate::sim::link::Link;
use crate::sim::message::Payload;
use crate::sim::refusal::Refusal;
use crate::sim::time::{SimTime, Span};
use crate::sim::timing::Timing;
use crate::sim::trace::{Event, Loss, Mark};
use std::hash::Hasher;

/// A message on its way, as a view needs it.
#[derive(Clone, Debug)]
pub struct InFlight {
    /// Its number.
    pub msg: MsgId,
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// When it was sent.
    pub sent: SimTime,
    /// When it arrives, or would have.
    pub due: SimTime,
    /// The event in which it was sent.
    pub cause: EventId,
    /// What is in it.
    pub payload: Payload,
    /// Why it will be lost half-way, or [`Loss::None`].
    pub doom: Loss,
    /// What became of it.
    pub mark: Mark,
    /// Whether it is held.
    pub held: bool,
}

/// A node's clock at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockFace {
    /// What it shows, in microseconds.
    pub shows_us: i64,
    /// How far it is ahead of true time.
    pub offset_us: i64,
    /// How fast it runs, in parts per million against true time.
    pub drift_ppm: i32,
}

/// A running timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerFace {
    /// The protocol's name for it.
    pub name: &'static str,
    /// When it was set.
    pub set_at: SimTime,
    /// When it runs out, if the clock goes on as it does.
    pub due: SimTime,
}

impl World {
    /// The time up to which the run has come.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// How many events have happened.
    pub fn events(&self) -> u32 {
        self.events
    }

    /// How many entries of the queue were taken: events, and what brought none.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// How many messages were sent, copies included.
    pub fn messages(&self) -> u32 {
        self.messages
    }

    /// The event that happened last.
    pub fn last_event(&self) -> &Event {
        &self.last
    }

    /// The facts told in the event that happened last, in order.
    pub fn told(&self) -> &[Told] {
        &self.told
    }

    /// The trace hash: of all events and messages up to now. Equal runs have equal hashes, on
    /// every target.
    pub fn hash(&self) -> u64 {
        self.hash.finish()
    }

    /// The hash as people and links carry it: 16 hexadecimal digits.
    pub fn hash_text(&self) -> String {
        format!("{:016x}", self.hash())
    }

    /// The seed of the run.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The timing contract in force.
    pub fn timing(&self) -> Timing {
        self.timing
    }

    /// How the nodes stand.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Why the run was stopped, if a limit was passed.
    pub fn stopped(&self) -> Option<&Refusal> {
        self.stopped.as_deref()
    }

    /// When the next entry of the queue comes up, if there is one. It may bring no event.
    pub fn next_time(&mut self) -> Option<SimTime> {
        self.queue.next_time()
    }

    /// The same for who may only look.
    pub fn peek_time(&self) -> Option<SimTime> {
        self.queue.peek_time()
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// All nodes.
    pub fn node_ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u16).map(NodeId)
    }

    /// All nodes that are not clients.
    pub fn servers(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.node_ids().filter(|&n| !self.is_client(n))
    }

    /// A node's name.
    pub fn name(&self, node: NodeId) -> &str {
        match self.nodes.get(node.index()) {
            Some(m) => &m.name,
            None => "the network",
        }
    }

    /// Whether a node is a client.
    pub fn is_client(&self, node: NodeId) -> bool {
        self.nodes[node.index()].client
    }

    /// The protocol value at a node, if it is a `P`.
    #[inline]
    pub fn node_as<P: 'static>(&self, node: NodeId) -> Option<&P> {
        self.nodes.get(node.index())?.node.as_any().downcast_ref()
    }

    /// The durable shelf of a node, if it is an `S`.
    pub fn durable_as<S: 'static>(&self, node: NodeId) -> Option<&S> {
        self.nodes.get(node.index())?.node.durable_any().downcast_ref()
    }

    /// A node's state, for people.
    pub fn inspect(&self, node: NodeId) -> Inspect {
        self.nodes[node.index()].node.inspect()
    }

    /// What is written and what is durable on a node's disk, for people.
    pub fn disk(&self, node: NodeId) -> (String, String) {
        self.nodes[node.index()].node.disk()
    }

    /// Whether a node runs.
    pub fn status(&self, node: NodeId) -> Status {
        self.nodes[node.index()].status()
    }

    /// Whether a node has power and is not paused.
    pub fn is_up(&self, node: NodeId) -> bool {
        self.status(node) == Status::Up
    }

    /// A node's settings.
    pub fn config(&self, node: NodeId) -> NodeConfig {
        self.nodes[node.index()].config
    }

    /// How a node lies; empty if it is honest.
    pub fn lies(&self, node: NodeId) -> &[ByzantineRule] {
        &self.nodes[node.index()].lies
    }

    /// What a node may be asked.
    pub fn requests(&self, node: NodeId) -> &'static [Form] {
        self.nodes[node.index()].node.requests()
    }

    /// Where the protocol wants a node to stand.
    pub fn place(&self, node: NodeId) -> Place {
        self.nodes[node.index()].place
    }

    /// How many inputs wait at a node.
    pub fn waiting(&self, node: NodeId) -> usize {
        self.nodes[node.index()].inbox.len()
    }

    /// How long a node's processor or disk will go on with what it does now.
    pub fn busy_for(&self, node: NodeId) -> Span {
        let machine = &self.nodes[node.index()];
        match machine.busy {
            Some(_) => machine.busy_until.since(self.now),
            None => Span::ZERO,
        }
    }

    /// How far a clock that was set back is behind what it had shown, in microseconds: as long as it is, timers wait
    /// for what was before.
    pub fn clock_behind_us(&self, node: NodeId) -> u64 {
        let machine = &self.nodes[node.index()];
        let behind = machine.clock_peak.saturating_sub(machine.clock.raw(self.now));
        behind.max(0) as u64
    }

    /// How long what is sent on this link now waits for what was sent before: at the bottleneck, or for its turn.
    pub fn queued_for(&self, from: NodeId, to: NodeId) -> Span {
        let link = self.link(from, to);
        let wire = self.links.wire_of(from, to);
        let turn = if link.fifo { wire.last_due.since(self.now) } else { Span::ZERO };
        turn.max(wire.free_at.since(self.now))
    }

    /// Whether the receiver's end of this link holds back what came, for something before it is missing.
    pub fn waits_for_frame(&self, from: NodeId, to: NodeId) -> bool {
        self.nodes[to.index()].ends.holds_back(from)
    }

    /// Whether a node's processor or disk is at work.
    pub fn is_busy(&self, node: NodeId) -> bool {
        self.nodes[node.index()].busy.is_some()
    }

    /// A node's clock now.
    pub fn clock(&self, node: NodeId) -> ClockFace {
        let clock = &self.nodes[node.index()].clock;
        ClockFace {
            shows_us: clock.raw(self.now),
            offset_us: clock.offset_us(self.now),
            drift_ppm: clock.drift_ppm(),
        }
    }

    /// A node's running timers.
    pub fn timers(&self, node: NodeId) -> Vec<TimerFace> {
        let machine = &self.nodes[node.index()];
        let running = machine.timers.iter().enumerate().filter(|(_, t)| t.on);
        running
            .map(|(slot, t)| TimerFace {
                name: machine.node.timer_name(slot as u32),
                set_at: t.set_at,
                due: t.due,
            })
            .collect()
    }

    /// The name of the timer that an event of kind `Timer` is about.
    pub fn timer_name(&self, node: NodeId, slot: u32) -> &'static str {
        match self.nodes.get(node.index()) {
            Some(m) => m.node.timer_name(slot),
            None => "timer",
        }
    }

    /// A link's settings.
    pub fn link(&self, from: NodeId, to: NodeId) -> &Link {
        &self.links.get(from, to).link
    }

    /// Whether a link has other settings than most had at the start.
    pub fn has_own_settings(&self, from: NodeId, to: NodeId) -> bool {
        self.links.has_own(from, to)
    }

    /// How many messages a link was given.
    pub fn carried(&self, from: NodeId, to: NodeId) -> u32 {
        self.links.carried(from, to)
    }

    /// Why nothing gets from `from` to `to` now, or [`Loss::None`].
    pub fn blocked(&self, from: NodeId, to: NodeId) -> Loss {
        if self.link(from, to).cut {
            Loss::Cut
        } else if self.links.walled(from, to) {
            Loss::Partition
        } else {
            Loss::None
        }
    }

    /// The partitions that stand now.
    pub fn partitions(&self) -> impl Iterator<Item = &Partition> {
        self.walls.values().filter(|w| w.up).map(|w| w.partition.as_ref())
    }

    /// How many messages are on their way.
    pub fn in_flight_count(&self) -> usize {
        self.in_flight as usize
    }

    /// The messages on their way, in order of sending.
    pub fn in_flight(&self) -> Vec<InFlight> {
        let mut all: Vec<InFlight> = self.flights().map(|(_, f)| face(f)).collect();
        all.sort_by_key(|f| u64::from(f.msg.0));
        all
    }

    /// A fingerprint of one node with everything that it remembers, its ends of links with layers among it: nothing
    /// but an event at this node, or an edit of it or of its links, changes it.
    pub fn node_fingerprint(&self, node: NodeId) -> u64 {
        let mut h = Fx::default();
        self.nodes[node.index()].fingerprint(&mut h);
        h.finish()
    }

    /// A fingerprint of everything that decides the future but the time and the numbering of
    /// events: nodes, disks, power, and what is in flight. Equal states may be reached on
    /// different ways.
    pub fn fingerprint(&self) -> u64 {
        let mut h = Fx::default();
        for m in &self.nodes {
            m.node.fingerprint(&mut h);
            h.write_u8(match m.power {
                Power::On => u8::from(m.paused),
                Power::Off => 2,
                Power::Gone => 3,
            });
        }
        let mut words: Vec<u64> = self
            .flights()
            .map(|(_, f)| {
                let mut h = Fx::default();
                f.payload.fingerprint(&mut h);
                h.word(u64::from(f.from.0) << 16 | u64::from(f.to.0));
                h.finish()
            })
            .collect();
        words.sort_unstable();
        words.into_iter().for_each(|w| h.word(w));
        h.finish()
    }
}

fn face(f: Flight<'_>) -> InFlight {
    InFlight {
        msg: f.msg(),
        from: f.from,
        to: f.to,
        sent: f.sent,
        due: f.due,
        cause: f.cause,
        payload: frame::open(f.payload.clone(), f.round).0,
        doom: f.doom,
        mark: f.mark,
        held: f.held,
    }
}
