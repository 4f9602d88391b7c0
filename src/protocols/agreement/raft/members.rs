//! A configuration: which servers a cluster consists of (Ongaro 2014, chapter 4).
//!
//! The rule that is easy to break: two sets of the same servers are equal and hash alike, however they came about.

use super::names;
use crate::sim::{NodeId, limits};
use std::fmt;

const WORDS: usize = limits::SCENARIO_NODES.div_ceil(64);

/// A set of servers. A copy costs a few words.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Members {
    bits: [u64; WORDS],
    count: u16,
    /// One more than the last server's number.
    end: u16,
}

impl Members {
    /// The first `n` servers.
    pub fn first(n: u16) -> Self {
        (0..n).map(NodeId).fold(Members { bits: [0; WORDS], count: 0, end: 0 }, Members::with)
    }

    /// Whether `node` is one of them.
    #[inline]
    pub fn has(&self, node: NodeId) -> bool {
        let word = self.bits.get(node.index() / 64);
        word.is_some_and(|w| w >> (node.0 % 64) & 1 == 1)
    }

    /// How many they are.
    #[inline]
    pub fn count(&self) -> usize {
        usize::from(self.count)
    }

    /// All of them, by number.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = NodeId> {
        (0..self.end).map(NodeId).filter(move |&n| self.has(n))
    }

    /// These and `node`.
    #[must_use]
    pub fn with(mut self, node: NodeId) -> Self {
        if !self.has(node) {
            self.bits[node.index() / 64] |= 1 << (node.0 % 64);
            self.count += 1;
            self.end = self.end.max(node.0 + 1);
        }
        self
    }

    /// These without `node`.
    #[must_use]
    pub fn without(mut self, node: NodeId) -> Self {
        if self.has(node) {
            self.bits[node.index() / 64] &= !(1 << (node.0 % 64));
            self.count -= 1;
            self.end = self.iter().last().map_or(0, |n| n.0 + 1);
        }
        self
    }
}

/// `S1, S3 and S4`.
impl fmt::Display for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&names(self.iter()))
    }
}

/// As it is displayed: scenario files read it off facts.
impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn set(nodes: impl IntoIterator<Item = u16>) -> Members {
        nodes.into_iter().map(NodeId).fold(Members::first(0), Members::with)
    }

    #[test]
    fn it_reads_as_a_list() {
        assert_eq!(set([3, 0, 2]).to_string(), "S1, S3 and S4");
        assert_eq!(format!("{:?}", Members::first(2)), "S1 and S2");
    }

    proptest! {
        /// Added and removed in any order, it is the set of the same numbers, and equal to it.
        #[test]
        fn it_is_a_set(words in proptest::collection::vec((0u16..200, any::<bool>()), 0..60)) {
            let (mut members, mut model) = (Members::first(3), BTreeSet::from([0, 1, 2]));
            for (n, add) in words {
                (members, _) = match add {
                    true => (members.with(NodeId(n)), model.insert(n)),
                    false => (members.without(NodeId(n)), model.remove(&n)),
                };
                prop_assert_eq!(members.has(NodeId(n)), add);
                prop_assert_eq!(members, set(model.iter().copied()));
            }
            prop_assert_eq!(members.count(), model.len());
            prop_assert!(members.iter().map(|n| n.0).eq(model));
        }
    }
}
