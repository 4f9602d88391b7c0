//! Doing something to a running world.
//!
//! The rule that is easy to break: everything is checked before anything is changed. A refusal
//! leaves the world as it was, to the bit; an accepted fault is one event.

use super::layers::frame;
use super::machine::{Busy, Input, Power};
use super::{Pending, Wall, What, World};
use crate::sim::fault::{Fault, NodePatch, Partition};
use crate::sim::hash::Fx;
use crate::sim::ids::{EventId, MsgId, NodeId};
use crate::sim::link::LinkPatch;
use crate::sim::queue::Ticket;
use crate::sim::refusal::Refusal;
use crate::sim::time::{SimTime, Span};
use crate::sim::timing::Timing;
use crate::sim::trace::{Event, EventKind, Loss, Mark, Trace};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

impl World {
    /// Does `fault` to the world, as one event.
    ///
    /// # Errors
    /// What does not exist, is out of range, or breaks a link's or the timing model's promise is
    /// refused with the reason, and nothing has changed.
    pub fn apply(&mut self, fault: &Fault, trace: &mut Trace) -> Result<EventId, Refusal> {
        if fault.names_a_message() {
            self.index_if_many();
        }
        self.check(fault)?;
        self.told.clear();
        let node = fault.node().unwrap_or(Event::NOBODY);
        let index = self.faults;
        self.faults += 1;
        let cause = match fault.msg().and_then(|m| self.find_flight(m)) {
            Some((_, flight)) => flight.cause,
            None => EventId::NONE,
        };
        let mut h = Fx::default();
        fault.hash(&mut h);
        self.hash.word(h.finish());
        let id = self.record(trace, EventKind::Fault, node, index, cause);
        trace.push_fault(index, id, fault);
        self.carry(fault, trace, id, index);
        Ok(id)
    }

    fn carry(&mut self, fault: &Fault, trace: &mut Trace, id: EventId, index: u32) {
        match fault {
            Fault::Crash { node, stop } => self.crash(*node, *stop),
            Fault::Recover { node } => {
                self.nodes[node.index()].power = Power::On;
                self.call(trace, *node, id, |n, env| n.restart(env));
            }
            Fault::Pause { node } => self.nodes[node.index()].paused = true,
            Fault::Resume { node } => self.resume(*node),
            Fault::Node { node, set } => self.set_node(*node, set),
            Fault::ClockJump { node, by_us } => {
                let machine = &mut self.nodes[node.index()];
                if *by_us < 0 {
                    machine.clock_peak = machine.clock_peak.max(machine.clock.raw(self.now));
                }
                machine.clock.jump(*by_us);
                self.reclock(*node);
            }
            Fault::Byzantine { node, rules } => {
                let machine = &mut self.nodes[node.index()];
                machine.lies.clone_from(rules);
                machine.refit();
            }
            Fault::Link { from, to, set } => self.set_link(*from, *to, set),
            Fault::Links { set } => {
                let pairs: Vec<_> = self.links.pairs().collect();
                for (from, to) in pairs {
                    self.set_link(from, to, set);
                }
            }
            Fault::Partition(partition) => self.raise(partition),
            Fault::Heal => self.heal(),
            Fault::Timing { timing } => self.retime(*timing),
            Fault::Request { node, request } => {
                let input = Input::Request { fault: index, request: request.as_str().into(), cause: id };
                self.nodes[node.index()].inbox.push_back(input);
                self.schedule_wake(*node);
            }
            Fault::Drop { msg }
            | Fault::Hold { msg }
            | Fault::Release { msg }
            | Fault::Duplicate { msg }
            | Fault::Corrupt { msg }
            | Fault::DeliverNow { msg } => self.handle_by_hand(fault, *msg, trace, id),
        }
    }

    fn crash(&mut self, node: NodeId, stop: bool) {
        let machine = &mut self.nodes[node.index()];
        machine.power = if stop { Power::Gone } else { Power::Off };
        machine.paused = false;
        let busy = machine.busy.take().map(|b| *b);
        machine.cpu_due = false;
        machine.cpu_round = machine.cpu_round.wrapping_add(1);
        machine.node.crash();
        for timer in &mut machine.timers {
            timer.on = false;
            timer.round = timer.round.wrapping_add(1);
        }
        let worked_on = match busy {
            Some(Busy::Step(input)) => Some(input),
            _ => None,
        };
        let waited = machine.inbox.drain(..);
        let mut lost: Vec<Input> = worked_on.into_iter().chain(waited).collect();
        lost.extend(machine.ends.forget());
        for input in lost {
            self.lose_input(node, input);
        }
    }

    /// A message that had reached a node and waited there is lost with it, as an event to come.
    fn lose_input(&mut self, node: NodeId, input: Input) {
        let Input::Message { from, payload, msg, cause, mark, header, .. } = input else {
            return;
        };
        let now = self.now;
        self.in_flight += 1;
        let ticket = self.queue.next_ticket();
        *self.queue.push(now) = Pending {
            payload: Some(frame::close(payload, header)),
            sent: now,
            due: now,
            cause,
            number: msg.0,
            round: header.frame,
            // Already doomed: nothing more is drawn for it.
            on_link: 0,
            from,
            to: node,
            what: What::Flight,
            doom: Loss::ReceiverDown,
            mark,
            held: false,
        };
        self.index_flight(ticket);
    }

    fn resume(&mut self, node: NodeId) {
        let now = self.now;
        let machine = &mut self.nodes[node.index()];
        machine.paused = false;
        if std::mem::take(&mut machine.cpu_due) {
            let round = machine.cpu_round;
            self.schedule(now, What::Cpu, node, 0, round);
        }
        self.resume_layers(node);
        self.schedule_wake(node);
    }

    fn set_node(&mut self, node: NodeId, set: &NodePatch) {
        let now = self.now;
        let machine = &mut self.nodes[node.index()];
        machine.config = machine.config.with(set);
        machine.refit();
        if set.drift_ppm.is_some() {
            machine.clock.set_drift(now, machine.config.drift_ppm);
            self.reclock(node);
        }
    }

    /// The clock has changed: every running timer is due at another true time.
    fn reclock(&mut self, node: NodeId) {
        let now = self.now;
        for slot in 0..self.nodes[node.index()].timers.len() {
            let machine = &mut self.nodes[node.index()];
            let timer = &mut machine.timers[slot];
            if timer.on {
                timer.due = machine.clock.when(now, timer.due_local);
                self.queue_timer(node, slot as u32);
            }
        }
    }

    fn set_link(&mut self, from: NodeId, to: NodeId, set: &LinkPatch) {
        let link = set.on(&self.links.get(from, to).link);
        let cut = link.cut;
        self.links.set(from, to, link, self.now);
        self.change_layers(from, to);
        if cut {
            self.break_flights(Loss::Cut, |a, b| (a, b) == (from, to));
        }
    }

    fn raise(&mut self, partition: &Partition) {
        let wall = self.raised;
        self.raised += 1;
        self.walls.insert(wall, Wall { partition: Rc::new(partition.clone()), up: false, round: 0 });
        self.set_wall(wall, true);
    }

    /// Raises or takes down a wall, and arms its next flap.
    fn set_wall(&mut self, wall: u32, up: bool) {
        let Some(w) = self.walls.get_mut(&wall) else {
            return;
        };
        w.up = up;
        w.round = w.round.wrapping_add(1);
        let (partition, round) = (w.partition.clone(), w.round);
        let sides = Sides::of(&partition);
        for (from, to) in sides.separated() {
            self.links.wall(from, to, up);
        }
        if up {
            self.break_flights(Loss::Partition, |from, to| sides.separate(from, to));
        }
        let lasts = if up { partition.up_us } else { partition.down_us };
        if partition.up_us > 0 {
            let at = self.now + Span(lasts);
            self.schedule(at, What::Flap, Event::NOBODY, wall, round);
        }
    }

    pub(super) fn flap(&mut self, trace: &mut Trace, wall: u32, round: u32) {
        // One that has been healed is gone.
        let Some(w) = self.walls.get(&wall).filter(|w| w.round == round) else {
            return;
        };
        let up = !w.up;
        self.record(trace, EventKind::Flap, Event::NOBODY, u32::from(up), EventId::NONE);
        self.set_wall(wall, up);
    }

    fn heal(&mut self) {
        for wall in std::mem::take(&mut self.walls).into_values().filter(|w| w.up) {
            for (from, to) in Sides::of(&wall.partition).separated() {
                self.links.wall(from, to, false);
            }
        }
        let uncut = LinkPatch { cut: Some(false), ..LinkPatch::default() };
        let pairs: Vec<_> = self.links.pairs().collect();
        for (from, to) in pairs {
            if self.links.get(from, to).link.cut {
                self.set_link(from, to, &uncut);
            }
        }
    }

    /// A new timing contract: what is in flight is brought within its bound.
    fn retime(&mut self, timing: Timing) {
        self.timing = timing;
        if let Some(deadline) = timing.deadline(self.seed, self.now) {
            self.links.hurry(deadline);
        }
        let mut flights: Vec<(MsgId, Ticket, SimTime)> = self
            .flights()
            .filter_map(|(t, f)| Some((f.msg(), t, timing.deadline(self.seed, f.sent)?)))
            .collect();
        flights.sort_by_key(|(msg, ..)| u64::from(msg.0));
        for (_, ticket, deadline) in flights {
            let deadline = deadline.max(self.now);
            let flight = self.queue.at(ticket);
            if flight.due <= deadline && !flight.held {
                continue;
            }
            flight.due = deadline;
            flight.held = false;
            self.queue.reschedule(ticket, deadline);
        }
    }

    fn handle_by_hand(&mut self, fault: &Fault, msg: MsgId, trace: &mut Trace, id: EventId) {
        let Some((ticket, found)) = self.find_flight(msg) else {
            return;
        };
        let mut flight = Pending::clone(&found);
        let mut end = None;
        match fault {
            Fault::Drop { .. } => {
                flight.doom = Loss::ByHand;
                flight.held = false;
                end = Some(self.now);
            }
            Fault::Hold { .. } => match self.timing.deadline(self.seed, flight.sent) {
                // The model promises delivery in the end: the message waits as long as it may.
                Some(deadline) => {
                    flight.held = true;
                    end = Some(deadline.max(self.now));
                }
                None => {
                    flight.held = true;
                    self.queue.suspend(ticket);
                }
            },
            Fault::Release { .. } => {
                flight.held = false;
                flight.due = flight.due.max(self.now);
                end = Some(flight.due);
            }
            Fault::DeliverNow { .. } => {
                // What was changed on the way arrives, and is still rejected there.
                if !matches!(flight.doom, Loss::Checksum | Loss::Forged) {
                    flight.doom = Loss::None;
                }
                flight.held = false;
                flight.due = self.now;
                end = Some(self.now);
            }
            Fault::Corrupt { .. } => self.corrupt_by_hand(&mut flight),
            Fault::Duplicate { .. } => self.copy_flight(trace, &flight, id),
            _ => {}
        }
        *self.queue.at(ticket) = flight;
        self.index_flight(ticket);
        if let Some(end) = end {
            self.queue.reschedule(ticket, end);
        }
    }

    fn corrupt_by_hand(&self, flight: &mut Pending) {
        let link = &self.links.get(flight.from, flight.to).link;
        let draw = self.hand_draw(flight.msg());
        let Some(payload) = &mut flight.payload else {
            return;
        };
        flight.mark = Mark::Corrupted;
        let caught = match payload.corrupted(draw) {
            _ if link.layers.authenticate => Loss::Forged,
            Some(changed) => {
                *payload = changed;
                Loss::None
            }
            None => Loss::Checksum,
        };
        if flight.doom == Loss::None {
            flight.doom = caught;
        }
    }
}

/// Who stands on which side of a partition.
struct Sides {
    of: BTreeMap<NodeId, usize>,
    one_way: bool,
}

impl Sides {
    fn of(p: &Partition) -> Self {
        let sides = p.groups.iter().enumerate();
        let of = sides.flat_map(|(side, group)| group.iter().map(move |node| (*node, side))).collect();
        Sides { of, one_way: p.one_way }
    }

    fn apart(&self, from: usize, to: usize) -> bool {
        from != to && (!self.one_way || from == 0)
    }

    /// Whether it keeps `to` from hearing `from`.
    fn separate(&self, from: NodeId, to: NodeId) -> bool {
        let sides = self.of.get(&from).zip(self.of.get(&to));
        sides.is_some_and(|(&from, &to)| self.apart(from, to))
    }

    /// The directed links that it blocks.
    fn separated(&self) -> impl Iterator<Item = (NodeId, NodeId)> {
        let others = move |(from, here): (&NodeId, &usize)| {
            let (from, here) = (*from, *here);
            self.of.iter().filter(move |(_, there)| self.apart(here, **there)).map(move |(to, _)| (from, *to))
        };
        self.of.iter().flat_map(others)
    }
}
