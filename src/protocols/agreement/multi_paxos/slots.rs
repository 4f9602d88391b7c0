//! Values by slot, some of which may be empty: what an acceptor has accepted, what a replica knows to be decided.
//!
//! The rule that is easy to break: it is copied all the time (to the disk's shelves, into checkpoints), so a copy must
//! cost little. Values lie in shared blocks, and only a block that is written to is copied. A digest goes along with what is
//! written, so that two can be told apart in one step.

use super::Slot;
use crate::sim::hash::Fx;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// How many slots a block holds.
const SIZE: usize = 32;

/// Values by slot.
#[derive(Clone)]
pub(super) struct Slots<T> {
    blocks: Vec<Rc<Vec<Option<T>>>>,
    // The sum of a hash for each value at its slot: in whatever order they came, it is the same.
    digest: u64,
    count: u32,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Slots { blocks: Vec::new(), digest: 0, count: 0 }
    }
}

fn print<T: Hash>(slot: Slot, value: &T) -> u64 {
    let mut h = Fx::of(u64::from(slot));
    value.hash(&mut h);
    h.finish()
}

fn place(slot: Slot) -> (usize, usize) {
    let i = slot.saturating_sub(1) as usize;
    (i / SIZE, i % SIZE)
}

impl<T: Clone + Hash> Slots<T> {
    /// The value at `slot`, if there is one.
    pub(super) fn get(&self, slot: Slot) -> Option<&T> {
        let (block, i) = place(slot);
        if slot == 0 {
            return None;
        }
        self.blocks.get(block)?[i].as_ref()
    }

    /// Puts a value at `slot`, which is at least 1, in place of what stood there.
    pub(super) fn set(&mut self, slot: Slot, value: T) {
        let (block, i) = place(slot);
        while self.blocks.len() <= block {
            self.blocks.push(Rc::new(vec![None; SIZE]));
        }
        self.digest = self.digest.wrapping_add(print(slot, &value));
        match Rc::make_mut(&mut self.blocks[block])[i].replace(value) {
            Some(old) => self.digest = self.digest.wrapping_sub(print(slot, &old)),
            None => self.count += 1,
        }
    }

    /// The values from `first` on, with their slots.
    pub(super) fn iter_from(&self, first: Slot) -> impl Iterator<Item = (Slot, &T)> {
        let end = (self.blocks.len() * SIZE) as Slot;
        (first.max(1)..=end).filter_map(|slot| Some((slot, self.get(slot)?)))
    }

    /// The highest slot with a value; 0 if there is none.
    pub(super) fn highest(&self) -> Slot {
        let end = (self.blocks.len() * SIZE) as Slot;
        (1..=end).rev().find(|&slot| self.get(slot).is_some()).unwrap_or(0)
    }

    /// How many values there are.
    pub(super) fn count(&self) -> u32 {
        self.count
    }
}

impl<T> PartialEq for Slots<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.count, self.digest) == (other.count, other.digest)
    }
}

impl<T> Eq for Slots<T> {}

impl<T> Hash for Slots<T> {
    fn hash<H: Hasher>(&self, h: &mut H) {
        h.write_u32(self.count);
        h.write_u64(self.digest);
    }
}

impl<T: Clone + Hash + fmt::Debug> fmt::Debug for Slots<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter_from(1)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::hash::mix;
    use std::collections::BTreeMap;

    /// The same random writes to a tree give the same values; a copy keeps what the original changes; and whatever the order of
    /// the writes, equal contents are equal.
    #[test]
    fn it_is_a_map() {
        let (mut slots, mut model) = (Slots::default(), BTreeMap::new());
        let mut x = 3_u64;
        for step in 0..2_000_u32 {
            x = mix(x);
            let slot = (x % 300) as Slot + 1;
            let before = slots.clone();
            slots.set(slot, step);
            assert_eq!(before.get(slot), model.get(&slot));
            model.insert(slot, step);
            assert!(before != slots);
        }
        assert_eq!(slots.iter_from(0).map(|(s, v)| (s, *v)).collect::<BTreeMap<_, _>>(), model);
        assert_eq!(slots.iter_from(100).count(), model.range(100..).count());
        assert_eq!((slots.count() as usize, slots.highest()), (model.len(), *model.keys().last().unwrap()));
        let mut again = Slots::default();
        model.iter().rev().for_each(|(slot, v)| again.set(*slot, *v));
        assert!(again == slots && again.get(0).is_none() && again.get(5_000).is_none());
    }
}
