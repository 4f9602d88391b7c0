//! The log: entries numbered from 1, each with the term in which a leader received it (section 5.3).
//!
//! The rule that is easy to break: a log is copied all the time (to the disk's shelves, into
//! checkpoints, by the properties that watch it), so a copy must cost nothing. Entries live in
//! shared blocks; only the last, short block is ever copied. Each entry also carries a digest of
//! everything up to it: no part of the algorithm, but two logs can be compared in one step.

use crate::kit::store::Op;
use crate::sim::NodeId;
use crate::sim::hash::Fx;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// A term: a number that only grows, with at most one leader each (section 5.1).
pub type Term = u32;
/// A place in the log, from 1 on; 0 is the place before the first entry.
pub type Index = u32;

const BLOCK: usize = 64;

/// What one entry tells the state machine to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Nothing: a leader's first entry, which lets it commit what it inherited (section 8).
    Noop,
    /// A client's operation. It names its client and its number, because the state machine itself, not the
    /// leader, decides whether it has been executed before (Ongaro 2014, section 6.3).
    Client {
        /// Who asks.
        client: NodeId,
        /// The client's number for this request: the same for every retry of it.
        serial: u32,
        /// What is asked.
        op: Op,
    },
}

impl Command {
    /// Who asks for what, if somebody does.
    pub fn request(self) -> Option<(NodeId, u32, Op)> {
        match self {
            Command::Noop => None,
            Command::Client { client, serial, op } => Some((client, serial, op)),
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Command::Noop => f.write_str("no-op"),
            Command::Client { op, .. } => op.fmt(f),
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' of term {}", self.command, self.term)
    }
}

/// One entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The term in which its leader received it.
    pub term: Term,
    /// What it tells the state machine to do.
    pub command: Command,
}

#[derive(Clone, Copy)]
struct Slot {
    entry: Entry,
    digest: u64,
}

/// A log. Cloning shares all but nothing: two pointers.
#[derive(Clone, Default)]
pub struct Log {
    full: Rc<Vec<Rc<Vec<Slot>>>>,
    tail: Rc<Vec<Slot>>,
}

impl Log {
    /// A log of no-ops with these terms: for the logs that the paper draws.
    pub fn of_terms(terms: &[Term]) -> Self {
        let mut log = Log::default();
        for &term in terms {
            log.append(Entry {
                term,
                command: Command::Noop,
            });
        }
        log
    }

    /// The index of the last entry; 0 if there is none.
    #[inline]
    pub fn last_index(&self) -> Index {
        (self.full.len() * BLOCK + self.tail.len()) as Index
    }

    /// The term of the last entry; 0 if there is none.
    #[inline]
    pub fn last_term(&self) -> Term {
        self.term_at(self.last_index()).unwrap_or(0)
    }

    #[inline]
    fn slot(&self, index: Index) -> Option<&Slot> {
        let i = (index as usize).checked_sub(1)?;
        match self.full.get(i / BLOCK) {
            Some(block) => block.get(i % BLOCK),
            None => self.tail.get(i - self.full.len() * BLOCK),
        }
    }

    /// The entry at `index`, if there is one.
    #[inline]
    pub fn get(&self, index: Index) -> Option<&Entry> {
        self.slot(index).map(|s| &s.entry)
    }

    /// The term of the entry at `index`; 0 before the first, `None` beyond the last.
    #[inline]
    pub fn term_at(&self, index: Index) -> Option<Term> {
        match index {
            0 => Some(0),
            i => self.slot(i).map(|s| s.entry.term),
        }
    }

    /// The digest of all entries up to `index`; `None` beyond the last.
    #[inline]
    pub fn digest_at(&self, index: Index) -> Option<u64> {
        match index {
            0 => Some(0),
            i => self.slot(i).map(|s| s.digest),
        }
    }

    /// The digest of the whole log.
    pub fn digest(&self) -> u64 {
        self.digest_at(self.last_index()).unwrap_or(0)
    }

    /// Appends `entry`.
    pub fn append(&mut self, entry: Entry) {
        let mut h = Fx::of(self.digest());
        entry.hash(&mut h);
        let digest = h.finish();
        let tail = Rc::make_mut(&mut self.tail);
        tail.push(Slot { entry, digest });
        if tail.len() == BLOCK {
            let block = std::mem::take(&mut self.tail);
            Rc::make_mut(&mut self.full).push(block);
        }
    }

    /// Removes the entry at `index` and all that follow it; `index` is at least 1.
    pub fn truncate_from(&mut self, index: Index) {
        let keep = index.saturating_sub(1) as usize;
        if keep >= self.last_index() as usize {
            return;
        }
        let blocks = keep / BLOCK;
        if blocks < self.full.len() {
            let full = Rc::make_mut(&mut self.full);
            full.truncate(blocks + 1);
            self.tail = full.pop().unwrap_or_default();
        }
        Rc::make_mut(&mut self.tail).truncate(keep - blocks * BLOCK);
    }

    /// At most `limit` entries from `from` on. Allocates nothing when there are none.
    pub fn entries_from(&self, from: Index, limit: usize) -> Vec<Entry> {
        self.iter_from(from).take(limit).map(|(_, e)| *e).collect()
    }

    /// The entries from `from` (or 1) on, with their indices.
    pub fn iter_from(&self, from: Index) -> impl Iterator<Item = (Index, &Entry)> {
        (from.max(1)..=self.last_index()).filter_map(|i| self.get(i).map(|e| (i, e)))
    }

    /// The first index of the run of entries around `index` that have its term.
    pub fn first_of_run(&self, index: Index) -> Index {
        let term = self.term_at(index);
        let mut first = index;
        while first > 1 && self.term_at(first - 1) == term {
            first -= 1;
        }
        first
    }

    /// The last index before `below` whose entry has `term`, if there is one.
    pub fn last_with_term(&self, term: Term, below: Index) -> Option<Index> {
        (1..below.min(self.last_index() + 1))
            .rev()
            .take_while(|&i| self.term_at(i) >= Some(term))
            .find(|&i| self.term_at(i) == Some(term))
    }

    /// How many leading entries this log and `other` share.
    pub fn common_prefix(&self, other: &Log) -> Index {
        let (mut low, mut high) = (0, self.last_index().min(other.last_index()));
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

    /// The terms of the last `n` entries, as `[… 2 3 3]`.
    pub fn terms(&self, n: usize) -> String {
        let last = self.last_index() as usize;
        let from = last.saturating_sub(n) + 1;
        let mut text = String::from(if from > 1 { "[…" } else { "[" });
        for (i, e) in self.iter_from(from as Index) {
            let gap = if i > 1 { " " } else { "" };
            text.push_str(&format!("{gap}{}", e.term));
        }
        text.push(']');
        text
    }
}

impl PartialEq for Log {
    fn eq(&self, other: &Self) -> bool {
        self.last_index() == other.last_index() && self.digest() == other.digest()
    }
}

impl Eq for Log {}

impl Hash for Log {
    fn hash<H: Hasher>(&self, h: &mut H) {
        h.write_u32(self.last_index());
        h.write_u64(self.digest());
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.terms(24))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(term: Term, value: i32) -> Entry {
        let op = Op::Set { key: 'x', value };
        let command = Command::Client {
            client: NodeId(9),
            serial: value as u32,
            op,
        };
        Entry { term, command }
    }

    /// The same random appends and cuts, done to a plain vector, give the same entries.
    #[test]
    fn it_is_a_list_and_a_copy_keeps_what_the_original_loses() {
        let (mut log, mut model) = (Log::default(), Vec::new());
        let mut x = 7u64;
        for step in 0..4_000 {
            x = crate::sim::hash::mix(x);
            if x.is_multiple_of(400) && !model.is_empty() {
                let keep = (x >> 8) as usize % model.len();
                let copy = log.clone();
                log.truncate_from(keep as Index + 1);
                assert_eq!(copy.last_index() as usize, model.len());
                assert_eq!(copy.common_prefix(&log) as usize, keep);
                model.truncate(keep);
            } else {
                log.append(entry(1, step));
                model.push(entry(1, step));
            }
            assert_eq!(log.last_index() as usize, model.len());
        }
        assert!(model.len() > 2 * BLOCK);
        assert_eq!(log.entries_from(1, usize::MAX), model);
        assert_eq!(log.entries_from(70, 3), model[69..72]);
    }

    #[test]
    fn equal_logs_are_equal_and_hash_equal_and_others_are_not() {
        let mut a = Log::of_terms(&[1, 1, 2]);
        let mut b = Log::of_terms(&[1, 1, 2, 3]);
        assert_ne!(a, b);
        b.truncate_from(4);
        assert_eq!(a, b);
        a.append(entry(3, 1));
        b.append(entry(3, 2));
        assert_ne!(a, b);
        assert_eq!(a.common_prefix(&b), 3);
    }

    #[test]
    fn runs_of_a_term_are_found_from_either_end() {
        let log = Log::of_terms(&[1, 1, 1, 4, 4, 5, 5]);
        assert_eq!(log.first_of_run(5), 4);
        assert_eq!(log.first_of_run(2), 1);
        assert_eq!(log.last_with_term(4, 8), Some(5));
        assert_eq!(log.last_with_term(4, 5), Some(4));
        assert_eq!(log.last_with_term(3, 8), None);
        assert_eq!(log.terms(3), "[… 4 5 5]");
    }
}
