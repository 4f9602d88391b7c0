//! What a learner has picked. One selection serves the stage, the diagram, the log and the inspector.
//!
//! The rule that is easy to break: a selection names things of a run by id only, and may outlive
//! them (after a rewind). Whoever draws it must cope with an id that is not there.

use crate::scenario::Picked;
use crate::sim::world::World;
use crate::sim::{Event, EventId, MsgId, NodeId, Trace};

/// What is picked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selection {
    /// Nothing.
    #[default]
    None,
    /// A node.
    Node(NodeId),
    /// One direction of a link: sender, receiver.
    Link(NodeId, NodeId),
    /// A message, in flight or long since arrived.
    Message(MsgId),
    /// An event of the trace.
    Event(EventId),
}

impl From<Picked> for Selection {
    fn from(picked: Picked) -> Self {
        match picked {
            Picked::Node(n) => Selection::Node(n),
            Picked::Link(a, b) => Selection::Link(a, b),
            Picked::Message(m) => Selection::Message(m),
            Picked::Event(e) => Selection::Event(e),
        }
    }
}

impl Selection {
    /// It as links and files name it.
    pub fn picked(self) -> Option<Picked> {
        match self {
            Selection::None => None,
            Selection::Node(n) => Some(Picked::Node(n)),
            Selection::Link(a, b) => Some(Picked::Link(a, b)),
            Selection::Message(m) => Some(Picked::Message(m)),
            Selection::Event(e) => Some(Picked::Event(e)),
        }
    }

    /// The node that it is about: the one picked, the one at which the event happened, the receiver of
    /// the link, of the message or of the one that was lost; of nothing, the first. `None` for an event of
    /// the network.
    pub fn node_in(self, world: &World, trace: &Trace) -> Option<NodeId> {
        let receiver = |msg| trace.get_sent(msg).map(|s| s.to);
        let node = match self {
            Selection::Node(node) | Selection::Link(_, node) => Some(node),
            Selection::Message(msg) => receiver(msg),
            Selection::Event(event) => match trace.get(event) {
                Some(e) if e.node == Event::NOBODY => return e.msg().and_then(receiver),
                e => e.map(|e| e.node),
            },
            Selection::None => None,
        };
        let known = node.filter(|n| n.index() < world.node_count());
        known.or(Some(NodeId(0)))
    }

    /// It where the first `alike` events are the same in another future, too: a node and a link are the
    /// same thing there, an event or a message only if it is among them or was sent in one of them.
    pub fn among(self, alike: u32, trace: &Trace) -> Self {
        let same = |event: EventId| event.0 < alike;
        let stays = match self {
            Selection::Event(e) => same(e),
            Selection::Message(m) => trace.get_sent(m).is_some_and(|sent| same(sent.cause)),
            _ => true,
        };
        if stays { self } else { Selection::None }
    }

    /// True if `node` is the selection.
    pub fn is_node(self, node: NodeId) -> bool {
        self == Selection::Node(node)
    }

    /// True if the link between `a` and `b`, in either direction, is the selection.
    pub fn is_link_between(self, a: NodeId, b: NodeId) -> bool {
        self == Selection::Link(a, b) || self == Selection::Link(b, a)
    }
}
