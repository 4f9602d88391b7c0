//! What travels on a link: any protocol's message, its type erased.
//!
//! The rule that is easy to break: a message is immutable once sent. What a fault changes, it
//! changes in a copy; the sender's copy stays what it was.

use std::any::Any;
use std::fmt::Debug;
use std::hash::Hash;
use std::rc::Rc;

/// The outline by which a kind of message is told apart without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A question that expects an answer.
    Arrow,
    /// An answer.
    Tag,
    /// A vote, a grant.
    Diamond,
    /// Data, a token, a value.
    Disc,
    /// A client's request or its reply.
    Square,
    /// A refusal.
    Hollow,
}

/// The palette entry of a kind of message; the page maps it to colour-blind safe colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Grey: an acknowledgement.
    Quiet,
    /// Blue.
    Blue,
    /// Green.
    Green,
    /// Purple.
    Purple,
    /// Orange.
    Orange,
    /// Red.
    Red,
}

impl Tone {
    /// Its place in a palette, which lists the colours in this order.
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// What a reader is told of a message at first sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kind {
    /// The paper's name: `RequestVote`, `AppendEntries reply`.
    pub name: &'static str,
    /// Its outline on the stage.
    pub shape: Shape,
    /// Its colour.
    pub tone: Tone,
}

impl Kind {
    /// A kind of message with this name and look.
    pub const fn new(name: &'static str, shape: Shape, tone: Tone) -> Self {
        Kind { name, shape, tone }
    }
}

/// A protocol's message. `Hash` must be independent of addresses: it goes into the trace hash.
pub trait Message: Clone + Debug + Hash + 'static {
    /// Its kind: name, shape and tone.
    fn kind(&self) -> Kind;
    /// A short label with what matters, for the stage: `RequestVote t4`.
    fn label(&self) -> String {
        self.kind().name.to_owned()
    }
    /// Its size on the wire in bytes; counts against bandwidth and MTU.
    fn bytes(&self) -> u32 {
        64
    }
    /// What it turns into when bits flip and no checksum catches it, or `None` if it becomes
    /// unreadable. `draw` is a uniform 64-bit number of the link's corruption stream.
    fn corrupted(&self, draw: u64) -> Option<Self> {
        let _ = draw;
        None
    }
}

/// [`Message`] with its type erased. Implemented for every message; not to be implemented by hand.
pub trait AnyMessage: Any + Debug {
    /// See [`Message::kind`].
    fn kind(&self) -> Kind;
    /// See [`Message::label`].
    fn label(&self) -> String;
    /// See [`Message::bytes`].
    fn bytes(&self) -> u32;
    /// See [`Message::corrupted`].
    fn corrupted(&self, draw: u64) -> Option<Payload>;
    /// Feeds the contents to `h`.
    fn fingerprint(&self, h: &mut super::hash::Fx);
    /// Feeds the contents to `h` and gives the kind, in one call: for the sending of a message.
    fn enter(&self, h: &mut super::hash::Fx) -> Kind;
    /// For the receiving host, which knows the type.
    fn as_any(&self) -> &dyn Any;
}

/// A message in flight or in the trace.
pub type Payload = Rc<dyn AnyMessage>;

impl<M: Message> AnyMessage for M {
    fn kind(&self) -> Kind {
        Message::kind(self)
    }
    fn label(&self) -> String {
        Message::label(self)
    }
    fn bytes(&self) -> u32 {
        Message::bytes(self)
    }
    fn corrupted(&self, draw: u64) -> Option<Payload> {
        Message::corrupted(self, draw).map(|m| Rc::new(m) as Payload)
    }
    fn fingerprint(&self, h: &mut super::hash::Fx) {
        self.hash(h);
    }
    fn enter(&self, h: &mut super::hash::Fx) -> Kind {
        self.hash(h);
        Message::kind(self)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}
