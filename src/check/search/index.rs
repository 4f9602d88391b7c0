//! Numbers for things that are told apart by their fingerprint: each kind of thing gets 0, 1, 2, ... as it comes.
//!
//! The rule that is easy to break: nothing here is ever walked through, so the order in which the table keeps things
//! decides nothing.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// Numbers by fingerprint.
#[derive(Default)]
pub(super) struct Index(HashTable<(u128, u32)>);

impl Index {
    /// The number of what has this fingerprint, and whether it is new: then it is `next`.
    pub fn number(&mut self, print: u128, next: usize) -> (u32, bool) {
        let next = u32::try_from(next).unwrap_or(u32::MAX);
        match self.0.entry(print as u64, |(p, _)| *p == print, |(p, _)| *p as u64) {
            Entry::Occupied(known) => (known.get().1, false),
            Entry::Vacant(free) => {
                free.insert((print, next));
                (next, true)
            }
        }
    }

    /// The number of what has this fingerprint, if it has one.
    pub fn get(&self, print: u128) -> Option<u32> {
        self.0.find(print as u64, |(p, _)| *p == print).map(|(_, n)| *n)
    }

    /// Gives what has this fingerprint a number.
    pub fn set(&mut self, print: u128, number: u32) {
        self.number(print, number as usize);
    }
}
