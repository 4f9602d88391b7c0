//! One step of the world: the next entry of the queue, and at most one event from it.

use super::layers::frame;
use super::machine::{Arrival, Busy, Input, Machine, Power};
use super::{What, World};
use crate::sim::host::{Env, Node};
use crate::sim::ids::{EventId, MsgId, NodeId};
use crate::sim::limits;
use crate::sim::protocol::Effect;
use crate::sim::queue::Ticket;
use crate::sim::time::{SimTime, Span};
use crate::sim::trace::{Event, EventKind, Loss, Trace};
use std::collections::VecDeque;

impl World {
    /// Takes the next entry of the queue. False if nothing is left to happen, or a limit stopped
    /// the run. Most entries bring one event; some (a timer that was put off) bring none.
    #[inline]
    pub fn step(&mut self, trace: &mut Trace) -> bool {
        if self.stopped.is_some() {
            return false;
        }
        let Some((time, ticket)) = self.queue.pop() else {
            return false;
        };
        self.steps += 1;
        self.told.clear();
        if time > self.now {
            self.now = time;
            self.at_instant = 0;
        }
        let p = self.queue.at(ticket);
        let (to, number, round) = (p.to, p.number, p.round);
        match p.what {
            What::Flight => self.land(trace, ticket),
            What::Timer => self.ring(trace, to, number, round),
            What::Boot => self.boot(trace, to, round),
            What::Cpu => self.cpu_done(trace, to, round),
            What::Wake => self.wake(trace, to),
            What::Flap => self.flap(trace, number, round),
            What::Resend => {
                let from = p.from;
                self.resend(trace, from, to, round);
            }
        }
        if self.events >= limits::EVENTS
            || self.in_flight as usize > limits::IN_FLIGHT
            || self.at_instant > limits::EVENTS_AN_INSTANT
            || self.now.0 > limits::RUN_US
        {
            self.stop_at_limit();
        }
        true
    }

    /// Runs until nothing at or before `time` is left, and sets the clock to it. False if a limit
    /// stopped the run before.
    pub fn run_until(&mut self, trace: &mut Trace, time: SimTime) -> bool {
        while self.queue.next_time().is_some_and(|t| t <= time) {
            if !self.step(trace) {
                return false;
            }
        }
        self.wait_until(time);
        self.stopped.is_none()
    }

    /// Lets time pass in which nothing happens: to `time`, or to just before the next entry.
    pub fn wait_until(&mut self, time: SimTime) {
        let time = time.min(SimTime(limits::RUN_US));
        let free = self.queue.next_time().map_or(time, |t| t.min(time));
        if free > self.now && self.stopped.is_none() {
            self.now = free;
            self.at_instant = 0;
        }
    }

    /// Writes an event and makes it the one that is being carried out.
    #[inline]
    pub(super) fn record(
        &mut self,
        trace: &mut Trace,
        kind: EventKind,
        node: NodeId,
        data: u32,
        cause: EventId,
    ) -> EventId {
        self.record_loss(trace, kind, node, data, cause, Loss::None)
    }

    #[inline]
    pub(super) fn record_loss(
        &mut self,
        trace: &mut Trace,
        kind: EventKind,
        node: NodeId,
        data: u32,
        cause: EventId,
        loss: Loss,
    ) -> EventId {
        let id = EventId(self.events);
        let prev = match self.nodes.get_mut(node.index()) {
            Some(m) => std::mem::replace(&mut m.last, id),
            None => EventId::NONE,
        };
        let event = Event { time: self.now, cause, prev, data, node, kind, loss };
        self.write(trace, event);
        id
    }

    #[inline(always)]
    fn write(&mut self, trace: &mut Trace, event: Event) {
        let id = EventId(self.events);
        self.events += 1;
        self.at_instant += 1;
        self.last = event;
        let what = event.kind as u64 | (event.loss as u64) << 8 | u64::from(event.node.0) << 16;
        let what = what | u64::from(event.data) << 32;
        let Event { time, cause, .. } = event;
        self.hash.triple(time.0, what, u64::from(cause.0));
        self.fresh = trace.wants(id);
        if self.fresh {
            trace.push_event(event);
        }
    }

    /// The first boot; a node that has crashed before it boots when it recovers, one that is paused
    /// when it is resumed.
    fn boot(&mut self, trace: &mut Trace, node: NodeId, round: u32) {
        let machine = &mut self.nodes[node.index()];
        if machine.cpu_round != round {
            return;
        }
        if machine.paused {
            machine.inbox.push_front(Input::Boot);
            return;
        }
        self.start(trace, node);
    }

    fn start(&mut self, trace: &mut Trace, node: NodeId) {
        let id = self.record(trace, EventKind::Start, node, 0, EventId::NONE);
        self.call(trace, node, id, |n, env| n.start(env));
    }

    /// A message has come to the end of its way. If nothing is in its way there either it is handled here, which is
    /// most of what the engine does: this is the short way of [`World::hand_over`], with each thing looked up once,
    /// for worlds in which whatever arrives is understood. Writing the event first lets it be hashed while the
    /// handler runs, which is a tenth of the time of a small event.
    #[inline]
    pub(super) fn land(&mut self, trace: &mut Trace, ticket: Ticket) {
        self.in_flight -= 1;
        let p = self.queue.at(ticket);
        let (from, to, frame, msg, cause) = (p.from, p.to, p.round, MsgId(p.number), p.cause);
        let (doom, mark, on_link) = (p.doom, p.mark, p.on_link);
        let Some(payload) = p.payload.take() else {
            return;
        };
        if let Some(index) = &mut self.index {
            index.leave((from, to), msg.0);
        }
        let id = EventId(self.events);
        let nodes = self.nodes.len() as u16;
        let machine = &mut self.nodes[to.index()];
        if doom != Loss::None || frame != 0 || !machine.takes_at_once() {
            let (payload, header) = frame::open(payload, frame);
            let input = Input::Message { from, payload, msg, cause, mark, header, through: false };
            return self.land_slowly(trace, to, (doom, on_link), input);
        }
        let event = Event {
            time: self.now,
            cause,
            prev: std::mem::replace(&mut machine.last, id),
            data: msg.0,
            node: to,
            kind: EventKind::Deliver,
            loss: Loss::None,
        };
        self.write(trace, event);
        trace.set_fate(msg, id);
        let machine = &mut self.nodes[to.index()];
        let env = Env {
            me: to,
            nodes,
            now_local: machine.clock.raw(self.now).max(0) as u64,
            luck: &mut machine.luck,
            out: &mut self.scratch,
        };
        let understood = machine.node.message(env, from, payload);
        debug_assert!(understood, "one protocol's messages, and one is not understood");
        if !self.scratch.is_empty() {
            self.carry_out_all(trace, to, id);
        }
    }

    /// Hands a message over to the node that it has reached: one event, what a layer `owes` for it, and what the
    /// protocol wants done. The handler runs before the event is written, for it alone knows whether it understands
    /// the message; what it asks for is done after.
    pub(super) fn hand_over(
        &mut self,
        trace: &mut Trace,
        arrival: Arrival,
        owes: impl FnOnce(&mut Self, &mut Trace, EventId),
    ) {
        let Arrival { from, to, msg, cause, payload } = arrival;
        let id = EventId(self.events);
        let nodes = self.nodes.len() as u16;
        let machine = &mut self.nodes[to.index()];
        let env = Env {
            me: to,
            nodes,
            now_local: machine.clock.raw(self.now).max(0) as u64,
            luck: &mut machine.luck,
            out: &mut self.scratch,
        };
        let understood = machine.node.message(env, from, payload);
        let (kind, loss) = match understood {
            true => (EventKind::Deliver, Loss::None),
            false => (EventKind::Lost, Loss::NotUnderstood),
        };
        let event = Event {
            time: self.now,
            cause,
            prev: std::mem::replace(&mut machine.last, id),
            data: msg.0,
            node: to,
            kind,
            loss,
        };
        self.write(trace, event);
        trace.set_fate(msg, id);
        owes(self, trace, id);
        if !self.scratch.is_empty() {
            self.carry_out_all(trace, to, id);
        }
    }

    /// The long way: it is lost, or waits, or goes through layers, or is worked on for a while. It is kept out of the
    /// loop over events, in which nearly every message is simply handed over.
    #[inline(never)]
    fn land_slowly(&mut self, trace: &mut Trace, to: NodeId, (doom, on_link): (Loss, u32), input: Input) {
        let Input::Message { from, msg, cause, mark, .. } = input else {
            return;
        };
        let machine = &self.nodes[to.index()];
        let loss = if doom != Loss::None {
            doom
        } else if machine.power != Power::On {
            Loss::ReceiverDown
        } else if machine.inbox.len() >= limits::INBOX {
            Loss::InboxFull
        } else if self.omitted(from, to, on_link, mark) {
            Loss::ReceiveOmission
        } else {
            Loss::None
        };
        if loss != Loss::None {
            let nobody = Event::NOBODY;
            let id = self.record_loss(trace, EventKind::Lost, nobody, msg.0, cause, loss);
            trace.set_fate(msg, id);
            return;
        }
        if machine.occupied() {
            self.record(trace, EventKind::Arrive, to, msg.0, cause);
        }
        self.give(trace, to, input);
    }

    /// A queue entry of a timer came up: it fires, or puts itself off, or is void.
    fn ring(&mut self, trace: &mut Trace, node: NodeId, slot: u32, queue_round: u32) {
        let machine = &mut self.nodes[node.index()];
        let timer = &mut machine.timers[slot as usize];
        if timer.queue_round != queue_round {
            return;
        }
        timer.queued = SimTime(u64::MAX);
        if !timer.on {
            return;
        }
        if timer.due > self.now {
            let due = timer.due;
            timer.queued = due;
            self.schedule(due, What::Timer, node, slot, queue_round);
            return;
        }
        let (round, cause) = (timer.round, timer.cause);
        self.give(trace, node, Input::Timer { slot, round, cause });
    }

    /// Gives a node something to work on: now, or when it has time.
    #[inline]
    pub(super) fn give(&mut self, trace: &mut Trace, node: NodeId, input: Input) {
        let machine = &mut self.nodes[node.index()];
        if machine.occupied() {
            machine.inbox.push_back(input);
        } else {
            self.begin(trace, node, input);
        }
    }

    /// Starts to work on an input; at once to the end if the processor takes no time.
    #[inline]
    fn begin(&mut self, trace: &mut Trace, node: NodeId, input: Input) {
        let machine = &mut self.nodes[node.index()];
        let step_us = machine.step_us();
        if step_us == 0 {
            self.handle(trace, node, input);
            return;
        }
        machine.busy = Some(Box::new(Busy::Step(input)));
        let round = machine.cpu_round;
        let done = self.now + Span(step_us);
        machine.busy_until = done;
        self.schedule(done, What::Cpu, node, 0, round);
    }

    /// Carries out an input: one event, and what the protocol wants done.
    #[inline]
    fn handle(&mut self, trace: &mut Trace, node: NodeId, input: Input) {
        match input {
            Input::Boot => self.start(trace, node),
            Input::Message { .. } => self.handle_message(trace, node, input),
            Input::Timer { slot, round, cause } => {
                let timer = &mut self.nodes[node.index()].timers[slot as usize];
                if !timer.on || timer.round != round {
                    return;
                }
                timer.on = false;
                let id = self.record(trace, EventKind::Timer, node, slot, cause);
                self.call(trace, node, id, |n, env| n.timer(env, slot));
            }
            Input::Request { fault, request, cause } => {
                let id = self.record(trace, EventKind::Request, node, fault, cause);
                self.call(trace, node, id, |n, env| n.request(env, &request));
            }
        }
    }

    #[inline]
    fn handle_message(&mut self, trace: &mut Trace, node: NodeId, input: Input) {
        let Some(input) = self.through_layers(trace, node, input) else {
            return;
        };
        if let Some(arrival) = Arrival::of(node, input) {
            self.hand_over(trace, arrival, |_, _, _| {});
            self.schedule_wake(node);
        }
    }

    /// Runs one handler and carries out its effects.
    #[inline]
    pub(super) fn call(
        &mut self,
        trace: &mut Trace,
        node: NodeId,
        id: EventId,
        handler: impl FnOnce(&mut dyn Node, Env<'_>),
    ) {
        let nodes = self.nodes.len() as u16;
        let Machine { node: code, luck, clock, .. } = &mut self.nodes[node.index()];
        let env = Env {
            me: node,
            nodes,
            now_local: clock.raw(self.now).max(0) as u64,
            luck,
            out: &mut self.scratch,
        };
        handler(code.as_mut(), env);
        if !self.scratch.is_empty() {
            self.carry_out_all(trace, node, id);
        }
        if !self.nodes[node.index()].inbox.is_empty() {
            self.schedule_wake(node);
        }
    }

    /// Carries out what a handler has asked for. Sending by an honest node, the most frequent, is
    /// told apart first.
    #[inline]
    fn carry_out_all(&mut self, trace: &mut Trace, node: NodeId, id: EventId) {
        let mut out = std::mem::take(&mut self.scratch);
        let honest = self.nodes[node.index()].honest;
        for i in 0..out.len() {
            let effect = &mut out[i];
            if honest
                && let Effect::Send { to, payload } = effect
                && let Some(payload) = payload.take()
            {
                self.send_honestly(trace, (node, *to), payload, id);
            } else if self.carry_out(trace, node, id, effect) {
                self.await_disk(node, out.drain(i + 1..).collect(), id);
                break;
            }
        }
        out.clear();
        self.scratch = out;
    }

    /// What follows a forced write waits for it.
    #[cold]
    fn await_disk(&mut self, node: NodeId, rest: VecDeque<Effect>, cause: EventId) {
        self.nodes[node.index()].busy = Some(Box::new(Busy::Disk { rest, cause }));
    }

    pub(super) fn cpu_done(&mut self, trace: &mut Trace, node: NodeId, round: u32) {
        let machine = &mut self.nodes[node.index()];
        if machine.cpu_round != round {
            return;
        }
        if machine.paused {
            machine.cpu_due = true;
            return;
        }
        match machine.busy.take().map(|b| *b) {
            Some(Busy::Step(input)) => self.handle(trace, node, input),
            Some(Busy::Disk { rest, cause }) => self.disk_done(trace, node, rest, cause),
            None => {}
        }
        self.schedule_wake(node);
    }

    fn disk_done(&mut self, trace: &mut Trace, node: NodeId, mut rest: VecDeque<Effect>, cause: EventId) {
        let id = self.record(trace, EventKind::Synced, node, 0, cause);
        self.nodes[node.index()].node.synced();
        while let Some(mut effect) = rest.pop_front() {
            if self.carry_out(trace, node, id, &mut effect) {
                self.await_disk(node, rest, id);
                return;
            }
        }
    }

    /// Lets a node take the next input that waits, as an entry of its own.
    pub(super) fn schedule_wake(&mut self, node: NodeId) {
        let machine = &mut self.nodes[node.index()];
        if machine.inbox.is_empty() || machine.busy.is_some() || machine.paused || machine.waking {
            return;
        }
        machine.waking = true;
        self.schedule(self.now, What::Wake, node, 0, 0);
    }

    pub(super) fn wake(&mut self, trace: &mut Trace, node: NodeId) {
        let machine = &mut self.nodes[node.index()];
        machine.waking = false;
        if machine.paused || machine.busy.is_some() {
            return;
        }
        if let Some(input) = machine.inbox.pop_front() {
            self.begin(trace, node, input);
            self.schedule_wake(node);
        }
    }
}
