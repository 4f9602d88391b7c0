//! A frame: a message with what its sender's layers write on it, and the acknowledgement of one.
//!
//! The rule that is easy to break: the two ends of a link share nothing. What one must know of the
//! other is written here and travels. And no hash sees it: links made long ago hold hashes of runs
//! whose messages were what their protocols made them.

use crate::sim::hash::Fx;
use crate::sim::message::{AnyMessage, Kind, Message, Payload, Shape, Tone};
use std::any::Any;
use std::rc::Rc;

/// What the layers write on a frame. Both are 0 on a message that no layer has numbered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::sim) struct Header {
    /// Its number on the link, from 1.
    pub frame: u32,
    /// The first number of the life that its sender leads: what an earlier life has sent is not sent
    /// again. 0 on an acknowledgement, which carries the number of what it acknowledges.
    pub first: u32,
}

impl Header {
    /// Of an acknowledgement of this frame.
    pub fn answers(self) -> Self {
        Header { first: 0, ..self }
    }
}

/// A message on its way with the rest of its header: its number lies beside it in the queue.
#[derive(Debug)]
struct Framed {
    first: u32,
    payload: Payload,
}

/// Writes the header on a message.
pub(in crate::sim) fn close(payload: Payload, header: Header) -> Payload {
    match header.first {
        0 => payload,
        first => Rc::new(Framed { first, payload }),
    }
}

/// The message in a frame with this number, and its header.
pub(in crate::sim) fn open(payload: Payload, frame: u32) -> (Payload, Header) {
    match payload.as_any().downcast_ref::<Framed>() {
        Some(framed) => (framed.payload.clone(), Header { frame, first: framed.first }),
        None => (payload, Header { frame, first: 0 }),
    }
}

/// By hand, so that a frame looks from outside like the message in it.
impl AnyMessage for Framed {
    fn kind(&self) -> Kind {
        self.payload.kind()
    }
    fn label(&self) -> String {
        self.payload.label()
    }
    fn bytes(&self) -> u32 {
        self.payload.bytes()
    }
    fn corrupted(&self, draw: u64) -> Option<Payload> {
        let payload = self.payload.corrupted(draw)?;
        Some(Rc::new(Framed { first: self.first, payload }))
    }
    fn fingerprint(&self, h: &mut Fx) {
        self.payload.fingerprint(h);
    }
    fn enter(&self, h: &mut Fx) -> Kind {
        self.payload.enter(h)
    }
    fn as_any(&self) -> &dyn Any {
        self
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
