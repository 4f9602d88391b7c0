//! The names of things in a run. Each is a newtype, so that a message is never used as a node.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A node, numbered from 0 in the order of the scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub u16);

/// A message (one copy in flight), numbered from 0 in the order of sending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MsgId(pub u32);

/// An event of the trace, numbered from 0 in the order in which it happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub u32);

impl NodeId {
    /// The position of this node in any list of nodes.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl MsgId {
    /// The position of this message in the trace's list of messages.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl EventId {
    /// No event: the cause of what has none.
    pub const NONE: EventId = EventId(u32::MAX);

    /// The position of this event in the trace.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// `None` for [`EventId::NONE`].
    pub const fn some(self) -> Option<EventId> {
        if self.0 == u32::MAX { None } else { Some(self) }
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for MsgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
