//! Ordered maps and sets as one sorted list: the ordered collections of everything below the page.
//!
//! The rule that is easy to break: a new key should be the highest, or the map small. Appending is
//! as cheap as with a tree and looking up as fast; a key that comes in the middle moves all that
//! follow. In return each use costs the page a tenth of what a tree does (4 KB for each pair of
//! types), and cloning one, which checkpoints do all the time, is cloning a list.

use serde::{Serialize, Serializer};
use std::borrow::Borrow;

/// Values by key, in the order of the keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SmallMap<K, V>(Vec<(K, V)>);

/// Keys, in order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SmallSet<K>(Vec<K>);

impl<K, V> Default for SmallMap<K, V> {
    fn default() -> Self {
        SmallMap(Vec::new())
    }
}

impl<K: Ord, V> SmallMap<K, V> {
    /// No keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where `key` is, or belongs.
    fn place<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.0.binary_search_by(|(k, _)| k.borrow().cmp(key))
    }

    /// The value of `key`.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.place(key).ok().map(|i| &self.0[i].1)
    }

    /// The value of `key`, to be changed.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.place(key).ok().map(|i| &mut self.0[i].1)
    }

    /// Whether `key` has a value.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.place(key).is_ok()
    }

    /// Gives `key` a value; returns the one it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.place(&key) {
            Ok(i) => Some(std::mem::replace(&mut self.0[i].1, value)),
            Err(i) => {
                self.0.insert(i, (key, value));
                None
            }
        }
    }

    /// Takes `key` and its value out.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.place(key).ok().map(|i| self.0.remove(i).1)
    }

    /// The value of `key`, which is given the default one first if it has none.
    pub fn or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        let i = match self.place(&key) {
            Ok(i) => i,
            Err(i) => {
                self.0.insert(i, (key, V::default()));
                i
            }
        };
        &mut self.0[i].1
    }

    /// Takes the lowest key and its value out.
    pub fn pop_first(&mut self) -> Option<(K, V)> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    /// Gives `key` a value unless it has one.
    pub fn keep_first(&mut self, key: K, value: V) {
        if let Err(i) = self.place(&key) {
            self.0.insert(i, (key, value));
        }
    }

    /// Takes out the keys from `key` on, and their values.
    #[must_use]
    pub fn split_off(&mut self, key: &K) -> Self {
        let from = self.0.partition_point(|(k, _)| k < key);
        SmallMap(self.0.split_off(from))
    }

    /// The keys above `key` and their values, in order.
    pub fn after(&self, key: &K) -> impl Iterator<Item = (&K, &V)> {
        let from = self.0.partition_point(|(k, _)| k <= key);
        self.0[from..].iter().map(|(k, v)| (k, v))
    }
}

impl<K, V> SmallMap<K, V> {
    /// Keys and values in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> + Clone {
        self.0.iter().map(|(k, v)| (k, v))
    }

    /// Keys and values in order; the values may be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.0.iter_mut().map(|(k, v)| (&*k, v))
    }

    /// The keys in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.0.iter().map(|(k, _)| k)
    }

    /// The values in the order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.0.iter().map(|(_, v)| v)
    }

    /// The values alone.
    pub fn into_values(self) -> impl DoubleEndedIterator<Item = V> {
        self.0.into_iter().map(|(_, v)| v)
    }

    /// The lowest key and its value.
    pub fn first_key_value(&self) -> Option<(&K, &V)> {
        self.0.first().map(|(k, v)| (k, v))
    }

    /// The highest key and its value.
    pub fn last_key_value(&self) -> Option<(&K, &V)> {
        self.0.last().map(|(k, v)| (k, v))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Forgets what `keep` says no to.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        self.0.retain(|(k, v)| keep(k, v));
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for SmallMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut map = SmallMap::new();
        for (key, value) in pairs {
            map.insert(key, value);
        }
        map
    }
}

impl<'a, K, V> IntoIterator for &'a SmallMap<K, V> {
    type Item = &'a (K, V);
    type IntoIter = std::slice::Iter<'a, (K, V)>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// As an object, like any map.
impl<K: Serialize, V: Serialize> Serialize for SmallMap<K, V> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.iter())
    }
}

impl<K> Default for SmallSet<K> {
    fn default() -> Self {
        SmallSet(Vec::new())
    }
}

impl<K: Ord> SmallSet<K> {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether `key` is among them.
    pub fn contains(&self, key: &K) -> bool {
        self.0.binary_search(key).is_ok()
    }

    /// Puts `key` in; whether it is new.
    pub fn insert(&mut self, key: K) -> bool {
        match self.0.binary_search(&key) {
            Ok(_) => false,
            Err(i) => {
                self.0.insert(i, key);
                true
            }
        }
    }

    /// Takes `key` out; whether it was among them.
    pub fn remove(&mut self, key: &K) -> bool {
        match self.0.binary_search(key) {
            Ok(i) => {
                self.0.remove(i);
                true
            }
            Err(_) => false,
        }
    }

    /// The keys in order.
    pub fn iter(&self) -> std::slice::Iter<'_, K> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl<K: Ord> FromIterator<K> for SmallSet<K> {
    fn from_iter<I: IntoIterator<Item = K>>(keys: I) -> Self {
        let mut set = SmallSet::new();
        for key in keys {
            set.insert(key);
        }
        set
    }
}

/// Sorts by a number; what has the same one stays in its order.
///
/// It is the one sort of the page: the standard library's costs 4 KB for each type that is sorted.
pub fn sort_by_key<T: Clone>(list: &mut [T], key: impl Fn(&T) -> u64) {
    let numbered = list.iter().zip(0_u32..).map(|(item, i)| (key(item), i));
    let mut order: Vec<(u64, u32)> = numbered.collect();
    // No two are equal, for each has its own place.
    order.sort_unstable();
    let sorted: Vec<T> = order.iter().map(|o| list[o.1 as usize].clone()).collect();
    list.clone_from_slice(&sorted);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::hash::Fx;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};
    use std::hash::{Hash, Hasher};

    fn hash(it: &impl Hash) -> u64 {
        let mut h = Fx::default();
        it.hash(&mut h);
        h.finish()
    }

    proptest! {
        /// After any list of insertions and removals: what a tree of the standard library holds, in
        /// its order, and the same hash.
        #[test]
        fn it_is_the_map_and_the_set_of_the_standard_library(
            does in proptest::collection::vec((0u8..3, 0u16..20, 0i32..100), 0..80)
        ) {
            let (mut map, mut tree) = (SmallMap::new(), BTreeMap::new());
            let (mut set, mut keys) = (SmallSet::new(), BTreeSet::new());
            for (what, key, value) in does {
                if what == 0 {
                    prop_assert_eq!(map.remove(&key), tree.remove(&key));
                    prop_assert_eq!(set.remove(&key), keys.remove(&key));
                } else if what == 1 {
                    prop_assert_eq!(map.insert(key, value), tree.insert(key, value));
                    prop_assert_eq!(set.insert(key), keys.insert(key));
                } else {
                    *map.or_default(key) += 1;
                    *tree.entry(key).or_default() += 1;
                    map.keep_first(key + 1, value);
                    tree.entry(key + 1).or_insert(value);
                }
                prop_assert!(map.iter().eq(tree.iter()));
                prop_assert!(set.iter().eq(keys.iter()));
                prop_assert_eq!(map.get(&key), tree.get(&key));
                prop_assert!(map.after(&key).eq(tree.range(key + 1..)));
                let mut pairs: Vec<_> = tree.iter().map(|(&k, &v)| (k, v)).collect();
                let mut stable = pairs.clone();
                stable.sort_by_key(|p| p.1);
                sort_by_key(&mut pairs, |p| u64::from(p.1.unsigned_abs()));
                prop_assert_eq!(pairs, stable);
                prop_assert_eq!(map.first_key_value(), tree.first_key_value());
                prop_assert_eq!(map.last_key_value(), tree.last_key_value());
                let (mut low, mut below) = (map.clone(), tree.clone());
                prop_assert!(low.split_off(&key).iter().eq(below.split_off(&key).iter()));
                prop_assert!(low.iter().eq(below.iter()));
                prop_assert_eq!(hash(&map), hash(&tree));
            }
        }
    }
}
