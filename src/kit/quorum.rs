//! A quorum: who has answered a question that was put to several, and whether they are enough.
//!
//! The rule that is easy to break: each node counts once, however often its answer arrives; a yes stands,
//! and a no may still become one. And an answer belongs to a question: who asks anew (a new term, a new
//! ballot, a new transaction) counts anew.

use crate::kit::boards::{Lamp, Mood};
use crate::sim::NodeId;

/// How many of `n` are a majority: any two majorities share a node.
pub const fn majority(n: usize) -> usize {
    n / 2 + 1
}

/// Answers to one question: who said yes, each with what it said, and who said no.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Quorum<T = ()> {
    asked: usize,
    need: usize,
    // In the order in which they came.
    yes: Vec<(NodeId, T)>,
    no: Vec<NodeId>,
}

impl<T> Quorum<T> {
    /// A question to `asked` nodes, of which `need` must say yes.
    pub fn of(need: usize, asked: usize) -> Self {
        Quorum { asked, need, yes: Vec::new(), no: Vec::new() }
    }

    /// A question to `asked` nodes, of which more than half must say yes.
    pub fn majority(asked: usize) -> Self {
        Quorum::of(majority(asked), asked)
    }

    /// A question to `asked` nodes, all of which must say yes.
    pub fn all(asked: usize) -> Self {
        Quorum::of(asked, asked)
    }

    /// `node` says yes, and this with it. True if that makes a quorum, which happens once.
    pub fn yes(&mut self, node: NodeId, with: T) -> bool {
        if self.said_yes(node).is_some() {
            return false;
        }
        self.no.retain(|&n| n != node);
        self.yes.push((node, with));
        self.yes.len() == self.need
    }

    /// `node` says no. True if with that no quorum can come together any more.
    pub fn no(&mut self, node: NodeId) -> bool {
        if self.heard(node) {
            return false;
        }
        self.no.push(node);
        self.lacking() + 1 == self.need
    }

    /// Counts `node` without asking whether it has been counted: what a mutant gets wrong.
    pub fn count_again(&mut self, node: NodeId, with: T) -> bool {
        self.yes.push((node, with));
        self.yes.len() == self.need
    }

    /// How many could still say yes, or have.
    fn lacking(&self) -> usize {
        self.asked.saturating_sub(self.no.len())
    }

    /// Whether enough have said yes.
    pub fn is_reached(&self) -> bool {
        self.yes.len() >= self.need
    }

    /// Whether so many have said no that it cannot be reached.
    pub fn is_lost(&self) -> bool {
        self.lacking() < self.need
    }

    /// Whether `node` has answered, with yes or no.
    pub fn heard(&self, node: NodeId) -> bool {
        self.said_yes(node).is_some() || self.no.contains(&node)
    }

    /// What `node` said with its yes, if it said yes.
    pub fn said_yes(&self, node: NodeId) -> Option<&T> {
        let found = self.yes.iter().find(|(n, _)| *n == node);
        found.map(|(_, with)| with)
    }

    /// How many have said yes.
    pub fn count(&self) -> usize {
        self.yes.len()
    }

    /// How many must say yes.
    pub fn need(&self) -> usize {
        self.need
    }

    /// How many were asked.
    pub fn asked(&self) -> usize {
        self.asked
    }

    /// Who has said yes, in the order in which they did, each with what it said.
    pub fn answers(&self) -> impl Iterator<Item = (NodeId, &T)> {
        self.yes.iter().map(|(node, with)| (*node, with))
    }

    /// Who has said yes, in the order in which they did.
    pub fn voters(&self) -> impl Iterator<Item = NodeId> {
        self.yes.iter().map(|(node, _)| *node)
    }

    /// Those of `all` who have not answered: whom to ask again.
    pub fn silent(&self, all: impl IntoIterator<Item = NodeId>) -> impl Iterator<Item = NodeId> {
        all.into_iter().filter(|&n| !self.heard(n))
    }

    /// It in the fewest words, for the node that counts: `votes 2 of 3`.
    pub fn tally(&self, what: &str) -> String {
        format!("{what} {} of {}", self.count(), self.need)
    }

    /// It as a lamp of a board: `votes 2 of 3`, out of `what`.
    pub fn lamp(&self, what: &str) -> Lamp {
        Lamp {
            label: format!("{what} {} of {}", self.count(), self.need),
            mood: match self {
                q if q.is_reached() => Mood::Good,
                q if q.is_lost() => Mood::Bad,
                _ => Mood::Waiting,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// floor(n / 2) + 1: of 1 to 9 that is 1, 2, 2, 3, 3, 4, 4, 5, 5.
    #[test]
    fn a_majority_is_more_than_half() {
        let of: Vec<usize> = (1..=9).map(majority).collect();
        assert_eq!(of, [1, 2, 2, 3, 3, 4, 4, 5, 5]);
    }

    #[test]
    fn a_yes_that_comes_twice_counts_once_and_a_quorum_is_reached_once() {
        let mut q = Quorum::majority(5);
        let yes = [3, 3, 1, 3, 4, 0].map(|n| q.yes(NodeId(n), ()));
        assert_eq!(yes, [false, false, false, false, true, false]);
        assert_eq!(q.voters().collect::<Vec<_>>(), [3, 1, 4, 0].map(NodeId));
        assert_eq!(q.lamp("votes").label, "votes 4 of 3");
    }

    /// Three of five must agree: the third no makes that impossible.
    #[test]
    fn it_is_lost_when_too_few_are_left() {
        let mut q = Quorum::<u8>::majority(5);
        assert!(!q.yes(NodeId(0), 7));
        assert_eq!([1, 1, 2, 3, 4].map(|n| q.no(NodeId(n))), [false, false, false, true, false]);
        assert!(q.is_lost() && !q.is_reached());
        assert_eq!((q.said_yes(NodeId(0)), q.said_yes(NodeId(1))), (Some(&7), None));
        assert_eq!(q.silent((0..6).map(NodeId)).collect::<Vec<_>>(), [NodeId(5)]);
        assert!(Quorum::<()>::all(2).no(NodeId(1)), "of all, nobody may be missing");
    }

    #[test]
    fn what_a_mutant_counts_twice_is_two() {
        let mut q = Quorum::majority(3);
        assert!(!q.yes(NodeId(1), ()));
        assert!(q.count_again(NodeId(1), ()));
        assert!(q.is_reached());
    }

    proptest! {
        /// Whatever comes in whatever order: a yes stands, a no counts until then, and any two majorities
        /// share a node.
        #[test]
        fn it_counts_sets(
            n in 1usize..9,
            words in proptest::collection::vec((0u16..9, any::<bool>()), 0..40)
        ) {
            let mut q = Quorum::majority(n);
            let (mut yes, mut no) = (BTreeSet::new(), BTreeSet::new());
            for (node, says) in words.into_iter().filter(|w| usize::from(w.0) < n) {
                let (reached, lost) = (q.is_reached(), q.is_lost());
                if says {
                    yes.insert(node);
                    no.remove(&node);
                    prop_assert_eq!(q.yes(NodeId(node), ()), q.is_reached() && !reached);
                } else {
                    if !yes.contains(&node) {
                        no.insert(node);
                    }
                    prop_assert_eq!(q.no(NodeId(node)), q.is_lost() && !lost);
                }
                prop_assert_eq!(q.count(), yes.len());
                prop_assert_eq!(q.is_reached(), 2 * yes.len() > n);
                prop_assert_eq!(q.is_lost(), n - no.len() < majority(n));
                prop_assert!(2 * q.need() > n);
            }
        }
    }
}
