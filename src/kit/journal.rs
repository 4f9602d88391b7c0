//! A journal: a list of entries, numbered from 1, that grows at its end and is cut at its end. The log of a
//! replicated state machine; what a coordinator or a database keeps on disk. Its beginning may be given up,
//! too, when something else stands for it; the numbers go on.
//!
//! The rule that is easy to break: a journal is copied all the time (to the disk's shelves, into
//! checkpoints, into facts), so a copy must cost nothing. Entries lie in shared blocks, and blocks on shared
//! shelves; only the last, short block is ever copied. Each entry also carries a digest of everything up to
//! it: no part of any algorithm, but two journals can be compared in one step.

use crate::sim::hash::Fx;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// How many entries a block holds: who appends to a shared block copies half of that, in the mean.
const SIZE: usize = 32;
/// How many blocks a shelf holds.
const BLOCKS: usize = 64;
/// How many are shown of a long one.
const SHOWN: u32 = 24;

#[derive(Clone, Copy)]
struct Slot<T> {
    entry: T,
    digest: u64,
}

type Block<T> = Rc<Vec<Slot<T>>>;

/// A journal. Cloning shares all: two pointers and a few numbers.
#[derive(Clone)]
pub struct Journal<T> {
    shelves: Rc<Vec<Rc<Vec<Block<T>>>>>,
    tail: Block<T>,
    // The number of the last entry.
    len: u32,
    // The number of the last entry that was given up, and the digest up to it.
    base: u32,
    below: u64,
}

impl<T> Default for Journal<T> {
    fn default() -> Self {
        Journal::behind(0, 0)
    }
}

impl<T> Journal<T> {
    /// An empty journal whose first entry will be number `base + 1`; `digest` is that of all entries before.
    pub fn behind(base: u32, digest: u64) -> Self {
        Journal { shelves: Rc::default(), tail: Rc::default(), len: base, base, below: digest }
    }
}

impl<T: Clone + Hash> Journal<T> {
    /// The number of the last entry that was given up; 0 if none was.
    #[inline]
    pub fn base(&self) -> u32 {
        self.base
    }

    /// Gives up the entries up to `index`.
    pub fn give_up(&mut self, index: u32) {
        let base = index.min(self.len);
        if base > self.base {
            let mut rest = Journal::behind(base, self.digest_at(base).unwrap_or(0));
            self.iter_from(base + 1).for_each(|(_, e)| rest.append(e.clone()));
            *self = rest;
        }
    }

    /// The number of the last entry; 0 if there is none.
    #[inline]
    pub fn last_index(&self) -> u32 {
        self.len
    }

    #[inline]
    fn slot(&self, index: u32) -> Option<&Slot<T>> {
        let i = index.checked_sub(self.base + 1)? as usize;
        let from = (self.len - self.base) as usize - self.tail.len();
        if i >= from {
            return self.tail.get(i - from);
        }
        let block = i / SIZE;
        self.shelves[block / BLOCKS][block % BLOCKS].get(i % SIZE)
    }

    /// Entry number `index`, if there is one.
    #[inline]
    pub fn get(&self, index: u32) -> Option<&T> {
        self.slot(index).map(|s| &s.entry)
    }

    /// The digest of all entries up to `index`; `None` beyond the last, and where all is given up.
    #[inline]
    pub fn digest_at(&self, index: u32) -> Option<u64> {
        match index {
            i if i == self.base => Some(self.below),
            i => self.slot(i).map(|s| s.digest),
        }
    }

    /// The digest of the whole journal.
    pub fn digest(&self) -> u64 {
        self.digest_at(self.len).unwrap_or(0)
    }

    /// Appends `entry`.
    pub fn append(&mut self, entry: T) {
        let mut h = Fx::of(self.digest());
        entry.hash(&mut h);
        let digest = h.finish();
        let slot = Slot { entry, digest };
        match Rc::get_mut(&mut self.tail) {
            Some(tail) => tail.push(slot),
            None => {
                let mut tail = Vec::with_capacity(SIZE);
                tail.extend_from_slice(&self.tail);
                tail.push(slot);
                self.tail = Rc::new(tail);
            }
        }
        self.len += 1;
        if self.tail.len() == SIZE {
            let block = std::mem::take(&mut self.tail);
            let shelves = Rc::make_mut(&mut self.shelves);
            match shelves.last_mut().filter(|shelf| shelf.len() < BLOCKS) {
                Some(shelf) => Rc::make_mut(shelf).push(block),
                None => shelves.push(Rc::new(vec![block])),
            }
        }
    }

    /// Removes entry number `index` and all that follow it; `index` is at least 1. What was given up stays so.
    pub fn truncate_from(&mut self, index: u32) {
        let last = index.saturating_sub(1).max(self.base);
        if last >= self.len {
            return;
        }
        let keep = (last - self.base) as usize;
        let (block, rest) = (keep / SIZE, keep % SIZE);
        if block < ((self.len - self.base) as usize - self.tail.len()) / SIZE {
            let shelves = Rc::make_mut(&mut self.shelves);
            shelves.truncate(block / BLOCKS + 1);
            if let Some(shelf) = shelves.last_mut() {
                let shelf = Rc::make_mut(shelf);
                shelf.truncate(block % BLOCKS + 1);
                self.tail = shelf.pop().unwrap_or_default();
            }
            if block.is_multiple_of(BLOCKS) {
                shelves.pop();
            }
        }
        Rc::make_mut(&mut self.tail).truncate(rest);
        self.len = last;
    }

    /// At most `limit` entries from `from` on. Allocates nothing when there are none.
    pub fn entries_from(&self, from: u32, limit: usize) -> Vec<T> {
        let entries = self.iter_from(from).take(limit);
        entries.map(|(_, e)| e.clone()).collect()
    }

    /// The entries from `from` (or the first that is there) on, with their numbers.
    pub fn iter_from(&self, from: u32) -> impl Iterator<Item = (u32, &T)> {
        (from.max(self.base + 1)..=self.len).filter_map(|i| self.get(i).map(|e| (i, e)))
    }

    /// How many leading entries this journal and `other` share; 0 where one begins behind the other's end, or
    /// they differ already before the first entry that both hold.
    pub fn common_prefix(&self, other: &Self) -> u32 {
        let (mut low, mut high) = (self.base.max(other.base), self.len.min(other.len));
        if low > high || self.digest_at(low) != other.digest_at(low) {
            return 0;
        }
        while low < high {
            let mid = low + (high - low).div_ceil(2);
            if self.digest_at(mid) == other.digest_at(mid) {
                low = mid;
            } else {
                high = mid - 1;
            }
        }
        low
    }
}

impl<T: Clone + Hash> FromIterator<T> for Journal<T> {
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Self {
        let mut journal = Journal::default();
        entries.into_iter().for_each(|e| journal.append(e));
        journal
    }
}

impl<T: Clone + Hash> PartialEq for Journal<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.digest() == other.digest()
    }
}

impl<T: Clone + Hash> Eq for Journal<T> {}

impl<T: Clone + Hash> Hash for Journal<T> {
    fn hash<H: Hasher>(&self, h: &mut H) {
        h.write_u32(self.len);
        h.write_u64(self.digest());
    }
}

/// The newest entries, behind an ellipsis if there are more.
impl<T: Clone + Hash + fmt::Debug> fmt::Debug for Journal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.len.saturating_sub(SHOWN) + 1;
        let mut list = f.debug_list();
        if first > 1 {
            list.entry(&format_args!("…"));
        }
        list.entries(self.iter_from(first).map(|(_, e)| e)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::hash::mix;

    fn check(journal: &Journal<u32>, model: &[u32]) {
        assert_eq!(journal.last_index() as usize, model.len());
        assert_eq!(journal.entries_from(1, usize::MAX), model);
        assert_eq!(*journal, model.iter().copied().collect(), "the digests");
    }

    /// The same random appends and cuts, done to a plain vector, give the same entries. Cuts go back to the
    /// edges of blocks and shelves, too.
    #[test]
    fn it_is_a_list_and_a_copy_keeps_what_the_original_loses() {
        let (mut journal, mut model) = (Journal::default(), Vec::new());
        let mut x = 7_u64;
        for step in 0..12_000_u32 {
            x = mix(x);
            if x.is_multiple_of(1_500) && !model.is_empty() {
                let near = (x >> 8) as usize % model.len();
                let keep = match x >> 32 & 3 {
                    0 => near - near % SIZE,
                    1 => near - near % (SIZE * BLOCKS),
                    _ => near,
                };
                let copy = journal.clone();
                journal.truncate_from(keep as u32 + 1);
                assert_eq!(copy.common_prefix(&journal) as usize, keep);
                check(&copy, &model);
                model.truncate(keep);
                check(&journal, &model);
            } else {
                journal.append(step);
                model.push(step);
            }
        }
        check(&journal, &model);
        assert_eq!(journal.entries_from(70, 3), model[69..72]);
    }

    /// Cut here and there, and at the edges of blocks and shelves (64 blocks of 32 are 2,048): what is left
    /// is a journal like any.
    #[test]
    fn it_can_be_cut_anywhere() {
        let whole: Journal<u32> = (1..=4_200).collect();
        for keep in (0..=4_200).step_by(61).chain([31, 32, 33, 2_047, 2_048, 2_049, 2_080, 4_096]) {
            let mut cut = whole.clone();
            cut.truncate_from(keep + 1);
            check(&cut, &(1..=keep).collect::<Vec<_>>());
            (keep + 1..=4_200).for_each(|i| cut.append(i));
            assert!(cut == whole);
        }
    }

    /// Given up here and there, and appended to, and cut at its end: what is left has its numbers and digests.
    #[test]
    fn its_beginning_can_be_given_up() {
        let whole: Journal<u32> = (1..=200).collect();
        for base in [1, 31, 32, 33, 64, 199, 200] {
            let mut rest = whole.clone();
            rest.give_up(base);
            rest.give_up(base - 1);
            assert_eq!((rest.base(), rest.last_index(), rest.get(base)), (base, 200, None));
            assert_eq!(rest.digest_at(base), whole.digest_at(base));
            assert_eq!(rest.digest_at(base - 1), None);
            assert!(rest == whole && rest.iter_from(1).eq(whole.iter_from(base + 1)));
            assert_eq!((rest.common_prefix(&whole), whole.common_prefix(&rest)), (200, 200));
            rest.truncate_from(base / 2 + 1);
            assert_eq!((rest.last_index(), rest.digest()), (base, whole.digest_at(base).unwrap()));
            (base + 1..=300).for_each(|i| rest.append(i));
            assert_eq!(rest.common_prefix(&whole), 200);
            rest.truncate_from(201);
            assert!(rest == whole);
        }
        let (mut a, b) = (whole.clone(), (1..=5).collect::<Journal<u32>>());
        a.give_up(10);
        assert_eq!((a.common_prefix(&b), b.common_prefix(&a)), (0, 0));
    }

    #[test]
    fn equal_journals_are_equal_and_others_are_not() {
        let of = |entries: &[u32]| entries.iter().copied().collect::<Journal<u32>>();
        let (a, mut b) = (of(&[1, 2]), of(&[1, 2, 3]));
        assert!(a != b);
        b.truncate_from(3);
        assert!(a == b);
        assert!(of(&[1, 2, 3, 9]) != of(&[1, 2, 4, 9]), "they differ before the end");
        assert_eq!(of(&[1, 2, 3]).common_prefix(&of(&[1, 2, 4])), 2);
        assert_eq!(format!("{:?}", of(&[1, 2])), "[1, 2]");
    }
}
