//! One node at a time: for a search through all that can happen, which keeps each node apart and tries every turn that
//! it can take.
//!
//! The rule that is easy to break: what a turn does is decided by the node that takes it, by its turn and by its dice
//! alone. So everything that is a node's own is in its [`Part`], what one node sends another comes out as [`Frame`]s,
//! and nothing else passes between them. Time stands still here: whoever searches decides what comes first.

use super::layers::frame::{Header, close, open};
use super::machine::{Busy, Input, Machine, Power};
use super::{Pending, What, World};
use crate::sim::Delay;
use crate::sim::fact::Told;
use crate::sim::fault::{ByzantineAct, Fault};
use crate::sim::hash::Fx;
use crate::sim::ids::{EventId, MsgId, NodeId};
use crate::sim::link::{Link, LinkModel};
use crate::sim::luck::{Luck, Script};
use crate::sim::message::Payload;
use crate::sim::protocol::Effect;
use crate::sim::queue::Queue;
use crate::sim::time::SimTime;
use crate::sim::trace::{Event, Loss, Mark, Trace};
use std::hash::{Hash, Hasher};

/// Everything that is a node's own: machine, disk, what waits there, its ends of links.
#[derive(Clone)]
pub struct Part {
    machine: Machine,
    // The running timers in the order in which they were set, each with how long.
    set: Vec<(u32, u64)>,
}

/// A message on its way, whatever the moment.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// What is in it.
    pub payload: Payload,
    // What the layers of the link have written on it.
    header: Header,
    /// What became of it on the way out.
    pub mark: Mark,
}

/// What a node may do next, or have done to it.
#[derive(Clone, Debug)]
pub enum Turn {
    /// This message arrives.
    Hear(Frame),
    /// The timer in this slot runs out.
    Ring(u32),
    /// Its processor or disk is done.
    Work,
    /// It takes the next input that waits. Nobody else has a part in it.
    Wake,
    /// A layer sends an unacknowledged frame, by its number, to this node again.
    Resend(NodeId, u32),
    /// It crashes.
    Crash,
    /// It boots again.
    Recover,
}

/// What a turn has brought about; the node itself stands on the stage.
pub struct Played {
    /// The event, if it was one.
    pub event: Option<Event>,
    /// The facts that were told.
    pub told: Vec<Told>,
    /// What was sent and will arrive, if the link does not lose it.
    pub sent: Vec<Frame>,
    /// What its dice were asked.
    pub script: Script,
}

/// A world in which nothing is on its way and nothing happens by itself.
pub struct Stage {
    world: World,
    trace: Trace,
}

impl Stage {
    /// The stage of a search from `root`, with what is on its way there in the order of sending.
    pub fn new(root: &World) -> (Self, Vec<Frame>) {
        let mut world = root.clone();
        let mut flights: Vec<(MsgId, Frame)> = root.frames_on_the_way().collect();
        flights.sort_by_key(|(msg, _)| u64::from(msg.0));
        world.queue = Queue::default();
        world.index = None;
        world.in_flight = 0;
        for (from, to) in world.links.pairs().collect::<Vec<_>>() {
            let link = without_luck(&world.links.get(from, to).link);
            world.links.set(from, to, link, world.now);
        }
        for machine in &mut world.nodes {
            machine.config.send_omission_ppm = 0;
            machine.config.receive_omission_ppm = 0;
            machine.refit();
        }
        let stage = Stage { world, trace: Trace::off() };
        (stage, flights.into_iter().map(|(_, f)| f).collect())
    }

    /// The world with whoever stands on the stage.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// A trace that holds nothing, for whoever must hand one over.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// A copy of `node` as it stands there at the start.
    pub fn part(&self, node: NodeId) -> Part {
        let machine = self.world.nodes[node.index()].clone();
        let set = running(&machine, self.world.now);
        Part { machine, set }
    }

    /// Puts `part` in the place of `node`, and takes out who stood there.
    pub fn swap(&mut self, node: NodeId, part: &mut Part) {
        std::mem::swap(&mut self.world.nodes[node.index()], &mut part.machine);
    }

    /// Lets an event have just happened, for promises to look at.
    pub fn show(&mut self, id: EventId, event: Event, told: &[Told]) {
        self.world.events = id.0 + 1;
        self.world.last = event;
        self.world.told.clear();
        self.world.told.extend_from_slice(told);
    }

    /// `part` takes a turn, its dice as in `given`.
    pub fn play(&mut self, node: NodeId, part: &mut Part, turn: &Turn, given: Vec<u8>) -> Played {
        let before: Vec<Option<u32>> = part.machine.timers.iter().map(|t| t.on.then_some(t.round)).collect();
        self.swap(node, part);
        let luck =
            std::mem::replace(&mut self.world.nodes[node.index()].luck, Luck::Script(Script::of(given)));
        let events = self.world.events;
        self.world.told.clear();
        self.take(node, turn);
        let sent = self.harvest();
        let played = std::mem::replace(&mut self.world.nodes[node.index()].luck, luck);
        let event = (self.world.events > events).then_some(self.world.last);
        let told = std::mem::take(&mut self.world.told);
        self.swap(node, part);
        part.note_timers(&before, self.world.now);
        let Luck::Script(script) = played else {
            unreachable!("a script was put in");
        };
        Played { event, told, sent, script }
    }

    fn take(&mut self, node: NodeId, turn: &Turn) {
        let Stage { world, trace } = self;
        match turn {
            Turn::Hear(frame) => {
                let now = world.now;
                *world.queue.push(now) = pending(frame, now);
                world.in_flight += 1;
                if let Some((_, ticket)) = world.queue.pop() {
                    world.land(trace, ticket);
                }
            }
            Turn::Ring(slot) => {
                let machine = &mut world.nodes[node.index()];
                let timer = machine.timers[*slot as usize];
                let behind = timer.due_local - machine.clock.raw(world.now);
                machine.clock.jump(behind.max(0));
                let input = Input::Timer { slot: *slot, round: timer.round, cause: timer.cause };
                world.give(trace, node, input);
            }
            Turn::Work => {
                let round = world.nodes[node.index()].cpu_round;
                world.cpu_done(trace, node, round);
            }
            Turn::Wake => world.wake(trace, node),
            Turn::Resend(to, number) => world.resend(trace, node, *to, *number),
            Turn::Crash => _ = world.apply(&Fault::Crash { node, stop: false }, trace),
            Turn::Recover => _ = world.apply(&Fault::Recover { node }, trace),
        }
    }

    /// Takes out what was scheduled: messages that will arrive; all else is told by the node itself.
    fn harvest(&mut self) -> Vec<Frame> {
        let mut sent = Vec::new();
        while let Some((_, ticket)) = self.world.queue.pop() {
            let entry = std::mem::take(self.world.queue.at(ticket));
            if entry.doom == Loss::None
                && let Some(flight) = entry.flight()
            {
                sent.push(frame(&flight));
            }
        }
        self.world.in_flight = 0;
        sent
    }

    /// Whether messages on this link arrive in the order in which they were sent.
    pub fn is_fifo(&self, from: NodeId, to: NodeId) -> bool {
        self.world.links.get(from, to).link.fifo
    }

    /// Whether this link may lose and copy what it carries.
    pub fn is_unreliable(&self, from: NodeId, to: NodeId) -> bool {
        self.world.links.get(from, to).link.model != LinkModel::Reliable
    }
}

impl World {
    /// Feeds everything that decides the future to `h`, the moment with it.
    pub fn fingerprint_now(&self, h: &mut dyn Hasher) {
        h.write_u64(self.now.0);
        for machine in &self.nodes {
            let part = Part { machine: machine.clone(), set: running(machine, self.now) };
            part.fingerprint(h);
            h.write_i64(machine.clock.raw(self.now));
            part.set.iter().for_each(|&(_, left)| h.write_u64(left));
        }
        let mut flights: Vec<_> = self.flights().collect();
        flights.sort_by_key(|(_, f)| (f.due, u64::from(f.msg().0)));
        for (_, flight) in flights {
            frame(&flight).fingerprint(h);
            h.write_u64(flight.due.since(self.now).0);
            h.write_u8(flight.doom as u8);
            h.write_u8(u8::from(flight.held));
        }
    }

    /// What is on its way and may arrive: the luck of a link could have been another.
    pub(super) fn frames_on_the_way(&self) -> impl Iterator<Item = (MsgId, Frame)> {
        let may = self.flights().filter(|(_, f)| matches!(f.doom, Loss::None | Loss::Link));
        may.map(|(_, f)| (f.msg(), frame(&f)))
    }
}

/// What in `root` is left to luck or to time that a search does not try, in words.
pub fn beyond_search(root: &World) -> Vec<String> {
    let mut left = Vec::new();
    for node in root.node_ids() {
        let (name, config) = (root.name(node), root.config(node));
        if config.send_omission_ppm > 0 || config.receive_omission_ppm > 0 {
            left.push(format!("what {name} omits"));
        }
        if root.lies(node).iter().any(|r| r.act == ByzantineAct::Lie) {
            left.push(format!("other lies of {name}"));
        }
    }
    if root.walls.values().any(|w| w.partition.up_us > 0) {
        left.push("the rise and fall of a flapping partition".to_owned());
    }
    let links = || root.links.pairs().map(|(a, b)| &root.links.get(a, b).link);
    if links().any(|l| l.corrupt_ppm > 0) {
        left.push("bits that flip on a link".to_owned());
    }
    if links().any(|l| l.bandwidth_bytes_s > 0 && l.buffer_bytes > 0) {
        left.push("what a full buffer loses".to_owned());
    }
    left
}

/// A link of which only the order, the walls and the layers are left: what it loses and when it delivers is chosen.
fn without_luck(link: &Link) -> Link {
    Link {
        delay: Delay::Constant { us: 1 },
        loss_ppm: 0,
        duplicate_ppm: 0,
        corrupt_ppm: 0,
        reorder_ppm: 0,
        bandwidth_bytes_s: 0,
        buffer_bytes: 0,
        mtu_bytes: 0,
        ..link.clone()
    }
}

/// The running timers of a machine, as if all were set now for what they have left.
fn running(machine: &Machine, now: SimTime) -> Vec<(u32, u64)> {
    let raw = machine.clock.raw(now);
    let on = machine.timers.iter().enumerate().filter(|(_, t)| t.on);
    let left = on.map(|(slot, t)| (slot as u32, t.due_local.saturating_sub(raw).max(0) as u64));
    let mut running: Vec<_> = left.collect();
    running.sort_by_key(|&(slot, left)| (left, slot));
    running
}

fn frame(f: &Pending) -> Frame {
    let payload = f.payload.clone().unwrap_or_else(|| unreachable!("a flight has contents"));
    let (payload, header) = open(payload, f.round);
    Frame { from: f.from, to: f.to, payload, header, mark: f.mark }
}

fn pending(frame: &Frame, now: SimTime) -> Pending {
    Pending {
        payload: Some(close(frame.payload.clone(), frame.header)),
        sent: now,
        due: now,
        round: frame.header.frame,
        from: frame.from,
        to: frame.to,
        what: What::Flight,
        mark: frame.mark,
        cause: EventId::NONE,
        ..Pending::default()
    }
}

impl Frame {
    /// Feeds what tells this message from others to `h`.
    pub fn fingerprint(&self, h: &mut dyn Hasher) {
        h.write_u64(u64::from(self.from.0) << 32 | u64::from(self.to.0));
        h.write_u32(self.header.frame);
        h.write_u32(self.header.first);
        feed(&self.payload, h);
    }
}

fn feed(payload: &Payload, h: &mut dyn Hasher) {
    // Messages know this one hasher; two of them, begun differently, tell more apart than one.
    for seed in [1, 2] {
        let mut inner = Fx::of(seed);
        h.write(payload.kind().name.as_bytes());
        payload.fingerprint(&mut inner);
        h.write_u64(inner.finish());
    }
}

impl Part {
    /// Feeds everything that decides what the node may do and will do to `h`, whatever the moment and the numbers of
    /// events.
    pub fn fingerprint(&self, h: &mut dyn Hasher) {
        let m = &self.machine;
        m.node.fingerprint(h);
        h.write_u8(match m.power {
            Power::On => u8::from(m.paused),
            Power::Off => 2,
            Power::Gone => 3,
        });
        h.write_u8(u8::from(m.waking) | u8::from(m.cpu_due) << 1);
        match m.busy.as_deref() {
            None => h.write_u8(0),
            Some(Busy::Step(input)) => {
                h.write_u8(1);
                self.feed_input(input, h);
            }
            Some(Busy::Disk { rest, .. }) => {
                h.write_u8(2);
                h.write_usize(rest.len());
                rest.iter().for_each(|e| feed_effect(e, h));
            }
        }
        for seed in [1, 2] {
            let mut ends = Fx::of(seed);
            m.ends.fingerprint(&mut ends);
            h.write_u64(ends.finish());
        }
        h.write_usize(m.inbox.len());
        m.inbox.iter().for_each(|i| self.feed_input(i, h));
        // Of a single timer only that it runs can matter: it is first in any case.
        h.write_usize(self.set.len());
        for &(slot, long) in &self.set {
            h.write_u32(slot);
            h.write_u64(if self.set.len() > 1 { long } else { 0 });
        }
        h.write_usize(m.last_to.len());
        if !m.lies.is_empty() {
            for (to, payload) in &m.last_to {
                h.write_u16(to.0);
                feed(payload, h);
            }
        }
    }

    fn feed_input(&self, input: &Input, mut h: &mut dyn Hasher) {
        match input {
            Input::Boot => h.write_u8(0),
            Input::Message { from, payload, mark, header, through, .. } => {
                h.write_u8(1);
                (from.0, *mark as u8, *header, *through).hash(&mut h);
                feed(payload, h);
            }
            Input::Timer { slot, round, .. } => {
                let t = self.machine.timers[*slot as usize];
                h.write_u8(2);
                (*slot, t.on && t.round == *round).hash(&mut h);
            }
            Input::Request { request, .. } => {
                h.write_u8(3);
                request.hash(&mut h);
            }
        }
    }

    /// What the node may do by itself, but to hear a message.
    pub fn turns(&self) -> Vec<Turn> {
        let m = &self.machine;
        if m.power != Power::On || m.paused {
            return Vec::new();
        }
        let mut turns = Vec::new();
        if m.busy.is_some() {
            turns.push(Turn::Work);
        }
        turns.extend(self.first_timers().map(Turn::Ring));
        turns.extend(m.ends.unacknowledged().map(|(to, frame)| Turn::Resend(to, frame)));
        turns
    }

    /// Whether it is about to take what waits there, which nobody can come before.
    pub fn is_waking(&self) -> bool {
        self.machine.waking && self.machine.power == Power::On && !self.machine.paused
    }

    /// Whether it runs.
    pub fn is_up(&self) -> bool {
        self.machine.power == Power::On
    }

    /// Whether it has crashed and may boot again.
    pub fn is_down(&self) -> bool {
        self.machine.power == Power::Off
    }

    /// The slots of the timers that may run out next: whoever was set before another, and for no longer, is first.
    fn first_timers(&self) -> impl Iterator<Item = u32> {
        let waits = |slot: u32| {
            let t = self.machine.timers[slot as usize];
            let same = |i: &Input| matches!(i, Input::Timer { slot: s, round, .. } if *s == slot && *round == t.round);
            let worked_on = matches!(self.machine.busy.as_deref(), Some(Busy::Step(input)) if same(input));
            worked_on || self.machine.inbox.iter().any(same)
        };
        let running: Vec<(u32, u64)> = self.set.iter().copied().filter(|&(slot, _)| !waits(slot)).collect();
        let first = (0..running.len()).filter(|&i| running[..i].iter().all(|&(_, long)| long > running[i].1));
        first.map(|i| running[i].0).collect::<Vec<_>>().into_iter()
    }

    /// Takes note of which timers were set and which run no more.
    fn note_timers(&mut self, before: &[Option<u32>], now: SimTime) {
        let timers = &self.machine.timers;
        let is_new = |slot: u32| {
            let round = timers[slot as usize].round;
            before.get(slot as usize).copied().flatten() != Some(round)
        };
        self.set.retain(|&(slot, _)| timers[slot as usize].on && !is_new(slot));
        let raw = self.machine.clock.raw(now);
        let mut new: Vec<(u32, u64)> = (0..timers.len() as u32)
            .filter(|&slot| timers[slot as usize].on && is_new(slot))
            .map(|slot| (slot, timers[slot as usize].due_local.saturating_sub(raw).max(0) as u64))
            .collect();
        new.sort_by_key(|&(slot, long)| (long, slot));
        self.set.extend(new);
    }
}

fn feed_effect(effect: &Effect, mut h: &mut dyn Hasher) {
    std::mem::discriminant(effect).hash(&mut h);
    match effect {
        Effect::Send { to, payload } => {
            h.write_u16(to.0);
            if let Some(payload) = payload {
                feed(payload, h);
            }
        }
        Effect::SetTimer { slot, after } => (*slot, after.0).hash(&mut h),
        Effect::CancelTimer { slot } => h.write_u32(*slot),
        // Facts are told to promises, and promises remember: which ones are to come matters.
        Effect::Fact(fact) => format!("{fact:?}").hash(&mut h),
        Effect::Sync | Effect::Note(_) | Effect::Epoch { .. } => {}
    }
}
