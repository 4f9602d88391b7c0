//! What a learner has picked. One selection serves the stage, the diagram, the log and the inspector.
//!
//! The rule that is easy to break: a selection names things of a run by id only, and may outlive
//! them (after a rewind). Whoever draws it must cope with an id that is not there.

use crate::sim::{EventId, MsgId, NodeId};

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

impl Selection {
    /// True if `node` is the selection.
    pub fn is_node(self, node: NodeId) -> bool {
        self == Selection::Node(node)
    }

    /// True if the link between `a` and `b`, in either direction, is the selection.
    pub fn is_link_between(self, a: NodeId, b: NodeId) -> bool {
        self == Selection::Link(a, b) || self == Selection::Link(b, a)
    }
}
