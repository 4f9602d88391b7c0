//! Carrying out what a handler asked for: sending over a link, timers, disk, notes.
//!
//! The rule that is easy to break: everything random about a message is drawn when it is sent, from
//! draws keyed by link and number; so a later edit changes what it touches and nothing else.

use super::layers::frame::{self, Header};
use super::machine::Timer;
use super::{Pending, What, World};
use crate::sim::fact::Told;
use crate::sim::fault::ByzantineAct;
use crate::sim::ids::{EventId, MsgId, NodeId};
use crate::sim::links::Wired;
use crate::sim::message::Payload;
use crate::sim::protocol::Effect;
use crate::sim::streams::{Draws, Purpose};
use crate::sim::time::{SimTime, Span};
use crate::sim::timing::Timing;
use crate::sim::trace::{EpochMark, Loss, Mark, Trace};
use std::hash::Hasher;
use std::rc::Rc;

/// What is to be put on a link.
pub(super) struct Parcel {
    pub from: NodeId,
    pub to: NodeId,
    pub payload: Payload,
    pub mark: Mark,
    /// What the layers write on it.
    pub header: Header,
    /// How long a Byzantine sender keeps it back.
    pub kept_us: u64,
    /// Its number on the link, once it has one.
    pub on_link: u32,
}

impl Parcel {
    #[inline]
    pub fn new(from: NodeId, to: NodeId, payload: Payload) -> Self {
        Parcel { from, to, payload, mark: Mark::None, header: Header::default(), kept_us: 0, on_link: 0 }
    }
}

impl World {
    /// Carries out one effect of event `id`. True if what follows must wait for the disk.
    pub(super) fn carry_out(
        &mut self,
        trace: &mut Trace,
        node: NodeId,
        id: EventId,
        effect: &mut Effect,
    ) -> bool {
        match effect {
            Effect::Send { to, payload } => {
                let (to, payload) = (*to, payload.take());
                if let Some(payload) = payload {
                    self.send(trace, node, to, payload, id);
                }
            }
            Effect::SetTimer { slot, after } => self.set_timer(node, *slot, *after, id),
            Effect::CancelTimer { slot } => {
                if let Some(t) = self.nodes[node.index()].timers.get_mut(*slot as usize) {
                    t.on = false;
                    t.round = t.round.wrapping_add(1);
                }
            }
            Effect::Sync => return self.sync(node),
            Effect::Note(note) => {
                if self.fresh {
                    trace.push_note(id, note.clone());
                }
            }
            Effect::Fact(fact) => {
                let told = Told { node, fact: fact.clone() };
                if self.fresh && !told.fact.fleeting() {
                    trace.push_fact(id, told.clone());
                }
                self.told.push(told);
            }
            Effect::Epoch { number, label } => {
                self.hash.word(*number);
                if self.fresh {
                    trace.push_epoch(EpochMark { event: id, node, number: *number, label: label.clone() });
                }
            }
        }
        false
    }

    fn sync(&mut self, node: NodeId) -> bool {
        let machine = &mut self.nodes[node.index()];
        if machine.config.sync_us == 0 {
            machine.node.synced();
            return false;
        }
        machine.cpu_round = machine.cpu_round.wrapping_add(1);
        let round = machine.cpu_round;
        let done = self.now + Span(machine.config.sync_us);
        machine.busy_until = done;
        self.schedule(done, What::Cpu, node, 0, round);
        true
    }

    #[inline]
    fn set_timer(&mut self, node: NodeId, slot: u32, after: Span, cause: EventId) {
        let machine = &mut self.nodes[node.index()];
        let due_local = machine.clock.raw(self.now).saturating_add_unsigned(after.0);
        let due = machine.clock.when(self.now, due_local);
        let i = slot as usize;
        if i >= machine.timers.len() {
            let void = Timer {
                on: false,
                round: 0,
                due_local: 0,
                due: SimTime::ZERO,
                set_at: SimTime::ZERO,
                cause: EventId::NONE,
                queued: SimTime(u64::MAX),
                queue_round: 0,
            };
            machine.timers.resize(i + 1, void);
        }
        let timer = &mut machine.timers[i];
        timer.on = true;
        timer.round = timer.round.wrapping_add(1);
        timer.due_local = due_local;
        timer.due = due;
        timer.set_at = self.now;
        timer.cause = cause;
        self.queue_timer(node, slot);
    }

    /// Makes sure that a queue entry comes up when this timer is due, or before.
    #[inline]
    pub(super) fn queue_timer(&mut self, node: NodeId, slot: u32) {
        let timer = &mut self.nodes[node.index()].timers[slot as usize];
        if timer.queued <= timer.due {
            return;
        }
        timer.queued = timer.due;
        timer.queue_round = timer.queue_round.wrapping_add(1);
        let (due, round) = (timer.due, timer.queue_round);
        self.schedule(due, What::Timer, node, slot, round);
    }

    fn send(&mut self, trace: &mut Trace, from: NodeId, to: NodeId, payload: Payload, cause: EventId) {
        if self.nodes[from.index()].honest {
            return self.send_honestly(trace, (from, to), payload, cause);
        }
        self.check_receiver(from, to);
        let parcel = Parcel::new(from, to, payload);
        self.send_dishonestly(trace, parcel, cause);
    }

    #[inline(always)]
    fn check_receiver(&self, from: NodeId, to: NodeId) {
        assert!(to.index() < self.nodes.len(), "node {from} sends to node {to}, which does not exist");
    }

    /// The short way: if only the link's delay matters, it is drawn and the message is off.
    #[inline]
    pub(super) fn send_honestly(
        &mut self,
        trace: &mut Trace,
        (from, to): (NodeId, NodeId),
        payload: Payload,
        cause: EventId,
    ) {
        self.check_receiver(from, to);
        let (number, wired, walled) = self.links.next(from, to);
        let mut parcel = Parcel::new(from, to, payload);
        if wired.plain && !walled {
            parcel.on_link = number;
            let draws = Draws::of_message(self.seed, from, to, number);
            let delay = wired.link.delay.sample(draws.draw(Purpose::Delay));
            let due = self.bring_in(self.now + delay);
            self.launch_here(trace, parcel, due, Loss::None, cause);
        } else {
            let wired = wired.clone();
            self.send_over(trace, parcel, cause, (number, &wired, walled));
        }
    }

    /// The way of a node that lies or omits: few do, so it is kept out of the short way, which is then inlined.
    #[inline(never)]
    fn send_dishonestly(&mut self, trace: &mut Trace, mut parcel: Parcel, cause: EventId) {
        if self.betray(&mut parcel) {
            let (number, wired, walled) = self.links.next(parcel.from, parcel.to);
            let wired = wired.clone();
            self.send_over(trace, parcel, cause, (number, &wired, walled));
        }
    }

    /// The way over a link on which more than the delay matters; kept out of the short way as well.
    #[inline(never)]
    fn send_over(
        &mut self,
        trace: &mut Trace,
        mut parcel: Parcel,
        cause: EventId,
        (number, wired, walled): (u32, &Rc<Wired>, bool),
    ) {
        self.frame(&mut parcel, wired);
        self.transmit_numbered(trace, parcel, cause, (number, wired, walled));
    }

    /// What a Byzantine sender makes of a parcel; false if it sends nothing.
    fn betray(&mut self, parcel: &mut Parcel) -> bool {
        let seed = self.seed;
        // The number that it will have on its link.
        let number = self.links.carried(parcel.from, parcel.to);
        let machine = &mut self.nodes[parcel.from.index()];
        if machine.lies.is_empty() {
            return true;
        }
        let honest = parcel.payload.clone();
        let rule = machine.lies.iter().find(|r| r.to.is_none_or(|to| to == parcel.to));
        match rule.map(|r| r.act) {
            None => {}
            Some(ByzantineAct::Silence) => return false,
            Some(ByzantineAct::Delay(us)) => parcel.kept_us = us,
            Some(ByzantineAct::Replay) => {
                if let Some(old) = machine.last_to.get(&parcel.to) {
                    parcel.payload = old.clone();
                    parcel.mark = Mark::Lie;
                }
            }
            Some(ByzantineAct::Lie) => {
                let draws = Draws::of_message(seed, parcel.from, parcel.to, number);
                let draw = draws.draw(Purpose::Byzantine);
                if let Some(lie) = machine.node.lie(&parcel.payload, parcel.to, draw) {
                    parcel.payload = lie;
                    parcel.mark = Mark::Lie;
                }
            }
        }
        machine.last_to.insert(parcel.to, honest);
        true
    }

    /// Puts a parcel on its link: draws its luck and schedules its arrival or its loss.
    pub(super) fn transmit(&mut self, trace: &mut Trace, parcel: Parcel, cause: EventId) {
        let (number, wired, walled) = self.links.next(parcel.from, parcel.to);
        let wired = wired.clone();
        self.transmit_numbered(trace, parcel, cause, (number, &wired, walled));
    }

    /// Brings a moment of arrival within the bound that the timing model keeps.
    #[inline]
    fn bring_in(&self, due: SimTime) -> SimTime {
        if self.timing == Timing::Asynchronous {
            return due;
        }
        match self.timing.deadline(self.seed, self.now) {
            Some(deadline) => due.min(deadline),
            None => due,
        }
    }

    fn transmit_numbered(
        &mut self,
        trace: &mut Trace,
        mut parcel: Parcel,
        cause: EventId,
        (number, wired, walled): (u32, &Rc<Wired>, bool),
    ) {
        parcel.on_link = number;
        let link = &wired.link;
        let draws = Draws::of_message(self.seed, parcel.from, parcel.to, number);
        let delay = link.delay.sample(draws.draw(Purpose::Delay));
        let bytes = parcel.payload.bytes();
        let aside = if draws.happens(Purpose::Reorder, link.reorder_ppm) { link.reorder_us } else { 0 };
        let queued = self.queue_on_wire(&parcel, wired, bytes);
        let mut due = self.bring_in(self.now + delay + Span(aside) + Span(queued.unwrap_or(0)));
        if link.fifo {
            due = self.links.in_order(parcel.from, parcel.to, due);
        }
        due += Span(parcel.kept_us);
        let omission = self.nodes[parcel.from.index()].config.send_omission_ppm;
        let doom = if draws.happens(Purpose::SendOmission, omission) {
            Loss::SendOmission
        } else if queued.is_none() {
            Loss::BufferFull
        } else if link.cut {
            Loss::Cut
        } else if walled {
            Loss::Partition
        } else if draws.happens(Purpose::Loss, link.loss_of(link.fragments(bytes))) {
            Loss::Link
        } else {
            Loss::None
        };
        let copy = doom == Loss::None && draws.happens(Purpose::Duplicate, link.duplicate_ppm);
        let second = copy.then(|| Parcel { payload: parcel.payload.clone(), mark: Mark::Copy, ..parcel });
        let mut doom = doom;
        if draws.happens(Purpose::Corrupt, link.corrupt_ppm) {
            doom = corrupt(&mut parcel, &draws, link.layers.authenticate, doom);
        }
        self.launch(trace, parcel, due, doom, cause);
        if let Some(second) = second {
            let delay = link.delay.sample(draws.draw(Purpose::DuplicateDelay));
            let mut due = self.bring_in(self.now + delay);
            if link.fifo {
                due = self.links.in_order(second.from, second.to, due);
            }
            due += Span(second.kept_us);
            self.launch(trace, second, due, Loss::None, cause);
        }
    }

    /// How long the parcel waits before the bottleneck and how long sending it takes; `None` if
    /// the buffer has no room.
    fn queue_on_wire(&mut self, parcel: &Parcel, wired: &Wired, bytes: u32) -> Option<u64> {
        let rate = wired.link.bandwidth_bytes_s;
        if rate == 0 {
            return Some(0);
        }
        let now = self.now;
        let wire = self.links.wire(parcel.from, parcel.to);
        let wait = wire.free_at.since(now).0;
        let waiting_bytes = u128::from(wait) * u128::from(rate) / 1_000_000;
        let buffer = wired.link.buffer_bytes;
        // Where nothing waits there is room for one, however large, or a link with a small buffer
        // would lose everything for ever.
        if buffer > 0 && wait > 0 && waiting_bytes + u128::from(bytes) > u128::from(buffer) {
            return None;
        }
        let sending = u64::from(bytes) * 1_000_000 / rate;
        wire.free_at = now + Span(wait + sending);
        Some(wait + sending)
    }

    /// Numbers a message, records it and schedules the end of its way. A doomed one ends half-way,
    /// or at the sender if it never left.
    fn launch(&mut self, trace: &mut Trace, p: Parcel, due: SimTime, doom: Loss, cause: EventId) {
        self.launch_here(trace, p, due, doom, cause);
    }

    #[inline(always)]
    fn launch_here(&mut self, trace: &mut Trace, p: Parcel, due: SimTime, doom: Loss, cause: EventId) {
        let msg = MsgId(self.messages);
        self.messages += 1;
        self.in_flight += 1;
        let kind = p.payload.enter(&mut self.hash);
        self.hash.word(u64::from(p.from.0) << 32 | u64::from(p.to.0) << 8 | p.mark as u64);
        trace.push_sent(msg, &p.payload, kind, (cause, p.from, p.to, p.mark));
        let end = match doom {
            Loss::None | Loss::Checksum | Loss::Forged => due,
            Loss::SendOmission | Loss::BufferFull => self.now,
            _ => self.now + Span(due.since(self.now).0 / 2),
        };
        let now = self.now;
        let ticket = self.index.is_some().then(|| self.queue.next_ticket());
        let flight = self.queue.push(end);
        flight.payload = Some(frame::close(p.payload, p.header));
        flight.sent = now;
        flight.due = due;
        flight.cause = cause;
        flight.number = msg.0;
        flight.round = p.header.frame;
        flight.on_link = p.on_link;
        flight.from = p.from;
        flight.to = p.to;
        flight.what = What::Flight;
        flight.doom = doom;
        flight.mark = p.mark;
        flight.held = false;
        if let Some(ticket) = ticket {
            self.index_flight(ticket);
        }
    }

    /// A second copy of a message in flight, sent along by hand.
    pub(super) fn copy_flight(&mut self, trace: &mut Trace, flight: &Pending, cause: EventId) {
        let Some(payload) = flight.payload.clone() else {
            return;
        };
        let (payload, header) = frame::open(payload, flight.round);
        let (number, wired, walled) = self.links.next(flight.from, flight.to);
        let wired = wired.clone();
        let draws = Draws::of_message(self.seed, flight.from, flight.to, number);
        let delay = wired.link.delay.sample(draws.draw(Purpose::DuplicateDelay));
        let mut due = self.bring_in(self.now + delay);
        if wired.link.fifo {
            due = self.links.in_order(flight.from, flight.to, due);
        }
        let doom = match (wired.link.cut, walled) {
            (true, _) => Loss::Cut,
            (false, true) => Loss::Partition,
            (false, false) => Loss::None,
        };
        let parcel = Parcel {
            from: flight.from,
            to: flight.to,
            payload,
            mark: Mark::Copy,
            header,
            kept_us: 0,
            on_link: number,
        };
        self.launch(trace, parcel, due, doom, cause);
    }

    /// Whether a faulty receiver leaves out the message with number `on_link` on its link. A copy
    /// that the link made has the number of its original, and luck of its own.
    pub(super) fn omitted(&self, from: NodeId, to: NodeId, on_link: u32, mark: Mark) -> bool {
        let ppm = self.nodes[to.index()].config.receive_omission_ppm;
        let purpose = match mark {
            Mark::Copy => Purpose::CopyOmission,
            _ => Purpose::ReceiveOmission,
        };
        Draws::of_message(self.seed, from, to, on_link).happens(purpose, ppm)
    }

    /// Draws for what is done to a message by hand: keyed by the message, so that undoing another
    /// edit does not change them.
    pub(super) fn hand_draw(&self, msg: MsgId) -> u64 {
        let mut h = crate::sim::hash::Fx::of(self.seed);
        h.word(u64::from(msg.0));
        h.finish()
    }
}

/// Flips bits of a parcel on an arbitrary link. What the protocol can still read goes through
/// changed, unless a layer checks a code; what it cannot is caught by the receiver's checksum.
fn corrupt(parcel: &mut Parcel, draws: &Draws, authenticated: bool, doom: Loss) -> Loss {
    parcel.mark = Mark::Corrupted;
    let changed = parcel.payload.corrupted(draws.draw(Purpose::CorruptHow));
    let caught = match (&changed, authenticated) {
        (_, true) => Loss::Forged,
        (None, false) => Loss::Checksum,
        (Some(_), false) => Loss::None,
    };
    if let Some(changed) = changed {
        parcel.payload = changed;
    }
    if doom == Loss::None { caught } else { doom }
}
