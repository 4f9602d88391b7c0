//! Values by key, written once and kept for ever: what properties remember of a whole run.
//!
//! The rule that is easy to break: a new key should be the highest so far. Those lie in a list whose
//! clones share it, which is why a checkpoint of a long run costs little; a key that comes late lies
//! in a tree, which every clone copies.

use super::chunks::Slices;
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

/// Values by key. There is no way to change or remove one.
#[derive(Clone)]
pub struct Ledger<K, V> {
    // In the order of their keys.
    kept: Slices<(K, V)>,
    late: BTreeMap<K, V>,
}

impl<K, V> Default for Ledger<K, V> {
    fn default() -> Self {
        Ledger { kept: Slices::default(), late: BTreeMap::default() }
    }
}

impl<K: Ord + Clone, V: Clone> Ledger<K, V> {
    /// The value of `key`. A key among the newest is found at once.
    pub fn get(&self, key: &K) -> Option<&V> {
        // Who is asked about is mostly near the end: steps back from there double.
        let (mut high, mut step) = (self.kept.len(), 1);
        while high > 0 && self.kept.at(high - 1).0 > *key {
            high = high.saturating_sub(step);
            step *= 2;
        }
        let beyond = high == self.kept.len();
        let (mut low, mut high) = (high, (high + step).min(self.kept.len()));
        // All before `low` are at most `key`, all from `high` on are above it.
        while low < high {
            let mid = usize::midpoint(low, high);
            if self.kept.at(mid).0 <= *key {
                low = mid + 1;
            } else {
                high = mid;
            }
        }
        match low.checked_sub(1).map(|i| self.kept.at(i)) {
            Some((k, value)) if k == key => Some(value),
            _ if beyond => None,
            _ => self.late.get(key),
        }
    }

    /// Gives `key` a value, unless it has one.
    pub fn keep_first(&mut self, key: K, value: V) {
        if self.kept.last().is_none_or(|(k, _)| *k < key) {
            self.kept.push((key, value));
        } else if self.get(&key).is_none() {
            self.late.insert(key, value);
        }
    }

    /// Everything, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let kept = self.kept.iter_from(0).map(|(k, v)| (k, v));
        kept.chain(self.late.iter())
    }

    /// The keys above `key`, in no order that means anything.
    pub fn keys_after(&self, key: &K) -> impl Iterator<Item = &K> {
        let from = self.kept.partition_point(|(k, _)| k <= key);
        let kept = self.kept.iter_from(from).map(|(k, _)| k);
        kept.chain(self.late.range((Excluded(key), Unbounded)).map(|(k, _)| k))
    }

    /// The bytes that a clone copies, roughly.
    pub fn weight(&self) -> usize {
        self.kept.weight() + self.late.len() * size_of::<(K, V)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// Whatever the order of the keys: a tree of the standard library into which only new keys
        /// are put.
        #[test]
        fn it_is_a_map_that_keeps_what_came_first(
            keys in proptest::collection::vec(0u16..400, 0..600)
        ) {
            let (mut ledger, mut tree) = (Ledger::default(), BTreeMap::new());
            for (i, &key) in keys.iter().enumerate() {
                ledger.keep_first(key, i);
                tree.entry(key).or_insert(i);
            }
            for key in 0..400 {
                prop_assert_eq!(ledger.get(&key), tree.get(&key));
            }
            let mut after: Vec<u16> = ledger.keys_after(&200).copied().collect();
            after.sort_unstable();
            prop_assert!(after.iter().eq(tree.range(201..).map(|(k, _)| k)));
        }
    }

    /// 100,000 keys in order are 781 full slices and 32 more keys, not 100,000 pairs.
    #[test]
    fn a_clone_of_a_long_one_copies_little() {
        let mut ledger = Ledger::default();
        (0..100_000_u32).for_each(|i| ledger.keep_first(i, i));
        assert_eq!(ledger.weight(), 781 * size_of::<usize>() + 32 * 8);
    }
}
