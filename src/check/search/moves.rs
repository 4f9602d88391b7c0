//! What a search may do next, and how much of it may go wrong.
//!
//! The rule that is easy to break: these are no edits of a learner. Only what was found becomes edits, for a link.

use crate::sim::{NodeId, World};

/// How often a search may let go wrong what can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Faults {
    /// The most crashes on a way.
    pub crashes: u8,
    /// The most messages that links lose on a way.
    pub losses: u8,
    /// The most second copies that links deliver on a way.
    pub copies: u8,
}

impl Faults {
    /// What a search of `world` allows where nobody says otherwise: one crash, one loss, and one second copy where
    /// links make some by themselves.
    pub fn usual(world: &World) -> Self {
        let all = || world.node_ids();
        let copies = all().any(|a| all().any(|b| a != b && world.link(a, b).duplicate_ppm > 0));
        Faults { crashes: 1, losses: 1, copies: u8::from(copies) }
    }
}

/// One step of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// A message, by its number in the model, arrives.
    Deliver(u32),
    /// It is lost.
    Drop(u32),
    /// It comes twice.
    Duplicate(u32),
    /// The timer in a slot of this node runs out.
    Ring(NodeId, u32),
    /// The processor or the disk of this node is done.
    Work(NodeId),
    /// This node takes the next input that waits.
    Wake(NodeId),
    /// A layer of the first node sends a frame to the second again.
    Resend(NodeId, NodeId, u32),
    /// This node crashes.
    Crash(NodeId),
    /// This node recovers.
    Recover(NodeId),
    /// What happens next by itself, where time goes on; messages have the numbers of the run there.
    Next,
}
