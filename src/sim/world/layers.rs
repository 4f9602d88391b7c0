//! Layers on a link: retransmit, deduplicate, reorder buffer, authenticate (end-to-end arguments,
//! Saltzer, Reed, Clark 1984; stubborn and perfect links, Cachin, Guerraoui, Rodrigues 2011,
//! section 2.4). Any link can wear any of them.
//!
//! The rule that is easy to break: what an end remembers is volatile. A sender that crashes forgets
//! what was unacknowledged, a receiver what it has had; then duplicates are back. Only the sender's
//! counter goes on, as the initial sequence number of a new connection would.

use super::effects::Parcel;
use super::machine::{Arrival, Input, Power};
use super::{What, World};
use crate::sim::ids::{EventId, NodeId};
use crate::sim::links::Wired;
use crate::sim::message::{Kind, Message, Payload, Shape, Tone};
use crate::sim::time::Span;
use crate::sim::trace::{EventKind, Loss, Mark, Trace};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// What the two ends of a link with layers remember.
#[derive(Clone, Default)]
pub(in crate::sim) struct LayerState {
    // The sender's end.
    last_frame: u32,
    floor: u32,
    unacknowledged: BTreeMap<u32, Payload>,
    // Frames whose time came while the sender was paused: it looks at them when it is resumed.
    due: BTreeSet<u32>,
    // The receiver's end. `expected` is none after a crash: the next frame sets it.
    fresh: bool,
    expected: Option<u32>,
    seen: BTreeSet<u32>,
    early: BTreeMap<u32, Input>,
}

impl LayerState {
    /// The bytes that a clone takes, roughly.
    pub fn weight(&self) -> usize {
        size_of::<Self>()
            + self.unacknowledged.len() * size_of::<(u32, Payload)>()
            + (self.seen.len() + self.due.len()) * size_of::<u32>()
            + self.early.len() * size_of::<(u32, Input)>()
    }
}

/// The acknowledgement that the retransmitting layer sends.
#[derive(Clone, Debug, Hash)]
pub(in crate::sim) struct Ack;

impl Message for Ack {
    fn kind(&self) -> Kind {
        Kind { name: "link ack", shape: Shape::Tag, tone: Tone::Quiet }
    }
    fn bytes(&self) -> u32 {
        16
    }
}

impl World {
    /// Numbers a parcel if its link wears layers, and arms the retransmission.
    pub(super) fn frame(&mut self, parcel: &mut Parcel, wired: &Wired) {
        let layers = wired.link.layers;
        if !layers.any() {
            return;
        }
        let state = self.layers.entry((parcel.from, parcel.to)).or_default();
        state.last_frame += 1;
        parcel.frame = state.last_frame;
        if layers.retransmit_us > 0 {
            state.unacknowledged.insert(parcel.frame, parcel.payload.clone());
            self.await_ack(parcel.from, parcel.to, parcel.frame, layers.retransmit_us);
        }
    }

    fn await_ack(&mut self, from: NodeId, to: NodeId, frame: u32, after_us: u64) {
        let at = self.now + Span(after_us);
        let p = self.queue.push(at);
        p.what = What::Resend;
        (p.from, p.to, p.round) = (from, to, frame);
    }

    /// The layer looks whether a frame was acknowledged, and sends it again if not.
    pub(super) fn resend(&mut self, trace: &mut Trace, from: NodeId, to: NodeId, frame: u32) {
        let layers = self.links.get(from, to).link.layers;
        let machine = &self.nodes[from.index()];
        let Some(payload) = self.layers.get(&(from, to)).and_then(|s| s.unacknowledged.get(&frame)).cloned()
        else {
            return;
        };
        if machine.power != Power::On || layers.retransmit_us == 0 {
            return;
        }
        if machine.paused {
            self.layers.entry((from, to)).or_default().due.insert(frame);
            return;
        }
        let id = self.record(trace, EventKind::Resend, from, frame, EventId::NONE);
        self.await_ack(from, to, frame, layers.retransmit_us);
        let parcel = Parcel { from, to, payload, mark: Mark::Resent, frame, kept_us: 0, on_link: 0 };
        self.transmit(trace, parcel, id);
    }

    /// A node goes on after a pause: it looks at once at what would have been sent again meanwhile.
    pub(super) fn resume_layers(&mut self, node: NodeId) {
        let mut due: Vec<(NodeId, u32)> = Vec::new();
        for ((from, to), state) in &mut self.layers {
            if *from == node {
                due.extend(state.due.iter().map(|&frame| (*to, frame)));
                state.due.clear();
            }
        }
        for (to, frame) in due {
            self.await_ack(node, to, frame, 0);
        }
    }

    /// Takes a message up through the receiver's layers. `None` if they kept it, after recording
    /// why.
    #[inline]
    pub(super) fn through_layers(&mut self, trace: &mut Trace, node: NodeId, input: Input) -> Option<Input> {
        match &input {
            Input::Message { frame: 0, .. } | Input::Message { through: true, .. } => Some(input),
            Input::Message { payload, .. } if payload.as_any().is::<Ack>() => {
                self.acknowledged(trace, node, &input);
                None
            }
            _ => self.receive_frame(trace, node, input),
        }
    }

    fn acknowledged(&mut self, trace: &mut Trace, node: NodeId, input: &Input) {
        let Input::Message { from, msg, cause, frame, .. } = input else {
            return;
        };
        let id = self.record(trace, EventKind::Deliver, node, msg.0, *cause);
        trace.set_fate(*msg, id);
        if let Some(state) = self.layers.get_mut(&(node, *from)) {
            state.unacknowledged.remove(frame);
        }
    }

    fn receive_frame(&mut self, trace: &mut Trace, node: NodeId, input: Input) -> Option<Input> {
        let Input::Message { from, msg, cause, frame, .. } = input else {
            return Some(input);
        };
        let layers = self.links.get(from, node).link.layers;
        let state = self.layers.entry((from, node)).or_default();
        if !state.fresh {
            state.fresh = true;
            state.expected.get_or_insert(1);
        }
        // The reorder buffer has one place for each frame, also where nothing removes copies.
        let again = !state.seen.insert(frame) && layers.dedupe || state.early.contains_key(&frame);
        let expected = *state.expected.get_or_insert(frame);
        let expected = expected.max(state.floor + 1);
        // After a crash of the sender what is missing never comes: what waited behind it goes first.
        let behind = state.early.first_key_value().is_some_and(|(&f, _)| f < expected);
        let early = layers.reorder && (frame > expected || behind) && !again;
        if again {
            let id = self.record_loss(trace, EventKind::Lost, node, msg.0, cause, Loss::Duplicate);
            trace.set_fate(msg, id);
            self.acknowledge(trace, layers.retransmit_us, node, from, frame, id);
            return None;
        }
        if early {
            let id = self.record(trace, EventKind::Arrive, node, msg.0, cause);
            if let Some(state) = self.layers.get_mut(&(from, node)) {
                state.early.entry(frame).or_insert(input);
            }
            self.acknowledge(trace, layers.retransmit_us, node, from, frame, id);
            if frame <= expected {
                self.pass_on(node, from, expected);
            }
            return None;
        }
        self.pass_on(node, from, expected.max(frame + 1));
        if let Some(arrival) = Arrival::of(node, input) {
            // Acknowledged first, and then answered.
            self.hand_over(trace, arrival, |world, trace, id| {
                world.acknowledge(trace, layers.retransmit_us, node, from, frame, id);
            });
            self.schedule_wake(node);
        }
        None
    }

    /// Moves what is before frame `next`, and what follows from there without a gap, from the
    /// reorder buffer to the node's inbox.
    fn pass_on(&mut self, node: NodeId, from: NodeId, mut next: u32) {
        let Some(state) = self.layers.get_mut(&(from, node)) else {
            return;
        };
        while state.early.contains_key(&next) {
            next += 1;
        }
        state.expected = Some(next);
        let later = state.early.split_off(&next);
        let ready = std::mem::replace(&mut state.early, later);
        let inbox = &mut self.nodes[node.index()].inbox;
        for input in ready.into_values().rev() {
            inbox.push_front(with_through(input));
        }
        self.schedule_wake(node);
    }

    fn acknowledge(
        &mut self,
        trace: &mut Trace,
        retransmit_us: u64,
        node: NodeId,
        to: NodeId,
        frame: u32,
        cause: EventId,
    ) {
        if retransmit_us == 0 {
            return;
        }
        let parcel =
            Parcel { from: node, to, payload: Rc::new(Ack), mark: Mark::Ack, frame, kept_us: 0, on_link: 0 };
        self.transmit(trace, parcel, cause);
    }

    /// The layers of a link have changed: what one that is off now was keeping goes on its way.
    pub(super) fn change_layers(&mut self, from: NodeId, to: NodeId) {
        let layers = self.links.get(from, to).link.layers;
        let Some(state) = self.layers.get_mut(&(from, to)) else {
            return;
        };
        if layers.retransmit_us == 0 {
            state.unacknowledged.clear();
        }
        if !layers.reorder
            && let Some((&last, _)) = state.early.last_key_value()
        {
            self.pass_on(to, from, last + 1);
        }
    }

    /// A node has crashed: its ends of all its links forget. Gives back what waited in its reorder
    /// buffers, which is lost.
    pub(super) fn forget_layers(&mut self, node: NodeId) -> Vec<Input> {
        let mut lost = Vec::new();
        for ((from, to), state) in &mut self.layers {
            if *from == node {
                state.unacknowledged.clear();
                state.due.clear();
                state.floor = state.last_frame;
            }
            if *to == node {
                state.seen.clear();
                state.expected = None;
                lost.extend(std::mem::take(&mut state.early).into_values());
            }
        }
        lost
    }
}

fn with_through(mut input: Input) -> Input {
    if let Input::Message { through, .. } = &mut input {
        *through = true;
    }
    input
}
