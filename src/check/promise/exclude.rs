//! Mutual exclusion: at most one node at a time is inside.
//!
//! The rule that is easy to break: a node that crashes inside is outside, unless the protocol says that
//! it holds on to what it held; a node that is paused inside is still inside.

use super::{Broken, Promised, Rule};
use crate::check::{Recall, Seen, Wake};
use crate::sim::{EventId, EventKind, Fact, NodeId, Status};

/// What a node does to the critical section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// It goes in.
    Enter,
    /// It leaves.
    Leave,
}

/// At most one node at a time is in the critical section (or holds the lock).
pub fn mutual_exclusion<F: Fact>(
    name: &'static str,
    claim: &'static str,
    pick: fn(&F) -> Option<Move>,
) -> Promised<impl Rule> {
    Promised::safety(name, claim, Exclusion { pick, inside: Vec::new() })
}

struct Exclusion<F> {
    pick: fn(&F) -> Option<Move>,
    inside: Vec<(NodeId, EventId)>,
}

impl<F> Clone for Exclusion<F> {
    fn clone(&self) -> Self {
        Exclusion { pick: self.pick, inside: self.inside.clone() }
    }
}

impl<F: Fact> Rule for Exclusion<F> {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        if seen.event.kind == EventKind::Fault {
            let down = |n| matches!(seen.world.status(n), Status::Crashed | Status::Stopped);
            self.inside.retain(|&(n, _)| !down(n));
        }
        for (node, fact) in seen.facts::<F>() {
            match (self.pick)(fact) {
                Some(Move::Leave) => self.inside.retain(|&(n, _)| n != node),
                Some(Move::Enter) => {
                    if let Some(&(other, event)) = self.inside.iter().find(|(n, _)| *n != node) {
                        let name = |n| seen.world.name(n);
                        let why = format!("{} goes in while {} is inside", name(node), name(other));
                        return Err(Broken::new([event, seen.id], why));
                    }
                    self.inside.retain(|&(n, _)| n != node);
                    self.inside.push((node, seen.id));
                }
                None => {}
            }
        }
        Ok(())
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(&self.inside, |r, (node, _)| r.word(node.0));
    }
}
