//! Layers on a link: retransmit, deduplicate, reorder buffer, authenticate (end-to-end arguments,
//! Saltzer, Reed, Clark 1984; stubborn and perfect links, Cachin, Guerraoui, Rodrigues 2011,
//! section 2.4). Any link can wear any of them.
//!
//! The rules that are easy to break: each end lies in its own node's machine, and an event at a node
//! changes no other node's; what the other must learn travels in a frame. Only an edit of the link may
//! change both. And what an end remembers is volatile. A sender that crashes forgets what was
//! unacknowledged, a receiver what it has had; then duplicates are back.

pub(in crate::sim) mod frame;
mod receiver;
mod sender;

use super::effects::Parcel;
use super::machine::{Arrival, Input, Power};
use super::{What, World};
use crate::sim::hash::Fx;
use crate::sim::ids::{EventId, NodeId};
use crate::sim::links::Wired;
use crate::sim::time::Span;
use crate::sim::trace::{EventKind, Loss, Mark, Trace};
use frame::{Ack, Header};
use receiver::{ReceiverEnd, Taken};
use sender::SenderEnd;
use std::collections::BTreeMap;
use std::hash::Hash;
use std::rc::Rc;

/// One node's ends of all its links with layers.
#[derive(Clone, Default)]
pub(in crate::sim) struct Ends {
    // Of the links on which it sends, by receiver.
    out: BTreeMap<NodeId, SenderEnd>,
    // Of the links on which it receives, by sender.
    into: BTreeMap<NodeId, ReceiverEnd>,
}

impl Ends {
    /// The node has crashed: its ends forget. Gives back what waited in its reorder buffers, which is lost.
    pub fn forget(&mut self) -> Vec<Input> {
        self.out.values_mut().for_each(SenderEnd::forget);
        self.into.values_mut().flat_map(ReceiverEnd::forget).collect()
    }

    /// The frames that are not acknowledged yet, each with its receiver: any of them may be sent again.
    pub fn unacknowledged(&self) -> impl Iterator<Item = (NodeId, u32)> {
        self.out.iter().flat_map(|(&to, end)| end.unacknowledged().map(move |frame| (to, frame)))
    }

    /// Whether what came from `from` waits here for what is missing before it.
    pub fn holds_back(&self, from: NodeId) -> bool {
        self.into.get(&from).is_some_and(ReceiverEnd::holds_back)
    }

    /// What would have been sent again while the node was paused.
    fn take_due(&mut self) -> Vec<(NodeId, u32)> {
        let due = |(to, end): (&NodeId, &mut SenderEnd)| {
            let to = *to;
            end.take_due().into_iter().map(move |frame| (to, frame))
        };
        self.out.iter_mut().flat_map(due).collect()
    }

    /// Feeds all of it to `h`.
    pub fn fingerprint(&self, h: &mut Fx) {
        for (to, end) in &self.out {
            to.hash(h);
            end.fingerprint(h);
        }
        for (from, end) in &self.into {
            from.hash(h);
            end.fingerprint(h);
        }
    }

    /// The bytes that a clone takes, roughly.
    pub fn weight(&self) -> usize {
        let out: usize = self.out.values().map(SenderEnd::weight).sum();
        let into: usize = self.into.values().map(ReceiverEnd::weight).sum();
        out + into
    }
}

impl World {
    /// Numbers a parcel if its link wears layers, and arms the retransmission.
    pub(super) fn frame(&mut self, parcel: &mut Parcel, wired: &Wired) {
        let layers = wired.link.layers;
        if !layers.any() {
            return;
        }
        let end = self.nodes[parcel.from.index()].ends.out.entry(parcel.to).or_default();
        parcel.header = end.next();
        if layers.retransmit_us > 0 {
            end.keep(parcel.header.frame, parcel.payload.clone());
            self.await_ack(parcel.from, parcel.to, parcel.header.frame, layers.retransmit_us);
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
        let machine = &mut self.nodes[from.index()];
        let Some(end) = machine.ends.out.get_mut(&to) else {
            return;
        };
        let Some((header, payload)) = end.kept(frame) else {
            return;
        };
        if machine.power != Power::On || layers.retransmit_us == 0 {
            return;
        }
        if machine.paused {
            end.put_off(frame);
            return;
        }
        let id = self.record(trace, EventKind::Resend, from, frame, EventId::NONE);
        self.await_ack(from, to, frame, layers.retransmit_us);
        let parcel = Parcel { header, mark: Mark::Resent, ..Parcel::new(from, to, payload) };
        self.transmit(trace, parcel, id);
    }

    /// A node goes on after a pause: it looks at once at what would have been sent again meanwhile.
    pub(super) fn resume_layers(&mut self, node: NodeId) {
        for (to, frame) in self.nodes[node.index()].ends.take_due() {
            self.await_ack(node, to, frame, 0);
        }
    }

    /// Takes a message up through the receiver's layers. `None` if they kept it, after recording
    /// why.
    #[inline]
    pub(super) fn through_layers(&mut self, trace: &mut Trace, node: NodeId, input: Input) -> Option<Input> {
        match &input {
            Input::Message { header: Header { frame: 0, .. }, .. } | Input::Message { through: true, .. } => {
                Some(input)
            }
            Input::Message { payload, .. } if payload.as_any().is::<Ack>() => {
                self.acknowledged(trace, node, &input);
                None
            }
            _ => self.receive_frame(trace, node, input),
        }
    }

    fn acknowledged(&mut self, trace: &mut Trace, node: NodeId, input: &Input) {
        let Input::Message { from, msg, cause, header, .. } = input else {
            return;
        };
        let id = self.record(trace, EventKind::Deliver, node, msg.0, *cause);
        trace.set_fate(*msg, id);
        if let Some(end) = self.nodes[node.index()].ends.out.get_mut(from) {
            end.acknowledged(header.frame);
        }
    }

    fn receive_frame(&mut self, trace: &mut Trace, node: NodeId, input: Input) -> Option<Input> {
        let Input::Message { from, msg, cause, header, .. } = input else {
            return Some(input);
        };
        let layers = self.links.get(from, node).link.layers;
        let end = self.nodes[node.index()].ends.into.entry(from).or_default();
        match end.take(layers, header, input) {
            Taken::Again => {
                let id = self.record_loss(trace, EventKind::Lost, node, msg.0, cause, Loss::Duplicate);
                trace.set_fate(msg, id);
                self.acknowledge(trace, layers.retransmit_us, (node, from), header, id);
            }
            Taken::Early { ready } => {
                let id = self.record(trace, EventKind::Arrive, node, msg.0, cause);
                self.acknowledge(trace, layers.retransmit_us, (node, from), header, id);
                if let Some(ready) = ready {
                    self.pass_on(node, ready);
                }
            }
            Taken::Now { input, ready } => {
                self.pass_on(node, ready);
                if let Some(arrival) = Arrival::of(node, input) {
                    // Acknowledged first, and then answered.
                    self.hand_over(trace, arrival, |world, trace, id| {
                        world.acknowledge(trace, layers.retransmit_us, (node, from), header, id);
                    });
                    self.schedule_wake(node);
                }
            }
        }
        None
    }

    /// Puts what left a reorder buffer, in order, before all that waits in the node's inbox.
    fn pass_on(&mut self, node: NodeId, ready: Vec<Input>) {
        let inbox = &mut self.nodes[node.index()].inbox;
        for input in ready.into_iter().rev() {
            inbox.push_front(with_through(input));
        }
        self.schedule_wake(node);
    }

    fn acknowledge(
        &mut self,
        trace: &mut Trace,
        retransmit_us: u64,
        (node, to): (NodeId, NodeId),
        header: Header,
        cause: EventId,
    ) {
        if retransmit_us == 0 {
            return;
        }
        let ack = Parcel::new(node, to, Rc::new(Ack));
        self.transmit(trace, Parcel { header: header.answers(), mark: Mark::Ack, ..ack }, cause);
    }

    /// An edit has changed the layers of a link: what one that is off now was keeping goes on its way.
    pub(super) fn change_layers(&mut self, from: NodeId, to: NodeId) {
        let layers = self.links.get(from, to).link.layers;
        if layers.retransmit_us == 0
            && let Some(end) = self.nodes[from.index()].ends.out.get_mut(&to)
        {
            end.give_up();
        }
        if !layers.reorder
            && let Some(end) = self.nodes[to.index()].ends.into.get_mut(&from)
            && let Some(ready) = end.let_all_go()
        {
            self.pass_on(to, ready);
        }
    }
}

fn with_through(mut input: Input) -> Input {
    if let Input::Message { through, .. } = &mut input {
        *through = true;
    }
    input
}
