//! The log: entries numbered from 1, each with the term in which a leader received it (section 5.3).
//!
//! The rule that is easy to break: index 0 is the place before the first entry, and its term is 0, so that
//! the very first entry has a previous one, too. Where a snapshot stands for the log's beginning, the entry
//! before the first is the snapshot's last (Ongaro 2014, section 5.1).

use super::membership::Change;
use crate::kit::journal::Journal;
use crate::kit::store::Op;
use crate::sim::{NodeId, Refusal};
use std::fmt;
use std::ops::{Deref, DerefMut};

/// A term: a number that only grows, with at most one leader each (section 5.1).
pub type Term = u32;
/// A place in the log, from 1 on; 0 is the place before the first entry.
pub type Index = u32;

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
    /// A configuration: the one before, and a server more or less (Ongaro 2014, section 4.1).
    Change(Change),
}

impl Command {
    /// Who asks for what, if somebody does.
    pub fn request(self) -> Option<(NodeId, u32, Op)> {
        match self {
            Command::Noop | Command::Change(_) => None,
            Command::Client { client, serial, op } => Some((client, serial, op)),
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Command::Noop => f.write_str("no-op"),
            Command::Client { op, .. } => op.fmt(f),
            Command::Change(change) => change.fmt(f),
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

/// A log. Copies cost nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Log {
    entries: Journal<Entry>,
    /// The term of the last entry for which a snapshot stands; 0 without one.
    base_term: Term,
}

impl Deref for Log {
    type Target = Journal<Entry>;

    fn deref(&self) -> &Journal<Entry> {
        &self.entries
    }
}

impl DerefMut for Log {
    fn deref_mut(&mut self) -> &mut Journal<Entry> {
        &mut self.entries
    }
}

impl FromIterator<Entry> for Log {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        Log { entries: entries.into_iter().collect(), base_term: 0 }
    }
}

impl Log {
    /// An empty log behind a snapshot: of entries up to `base`, the last of which is of `term`. `digest` is that of
    /// those entries.
    pub fn behind(base: Index, term: Term, digest: u64) -> Self {
        Log { entries: Journal::behind(base, digest), base_term: term }
    }

    /// Cuts off the entries up to `base`, the last of which is of `term`: a snapshot stands for them from now on.
    pub fn cut_off(&mut self, base: Index, term: Term) {
        self.entries.give_up(base);
        self.base_term = term;
    }

    /// How many entries of another's log are equal to this one's, from the first on.
    pub fn common_prefix(&self, other: &Log) -> Index {
        self.entries.common_prefix(&other.entries)
    }

    /// A log of no-ops with these terms: for the logs that the paper draws.
    ///
    /// # Errors
    /// Terms that fall along the log, or begin below 1: no server ever has such a log (sections 5.1 and 5.3).
    pub fn of_terms(terms: &[Term]) -> Result<Self, Refusal> {
        let mut before = 1;
        for (i, &term) in terms.iter().enumerate() {
            if term < before {
                let why = format!(
                    "entry {} of term {term} follows term {before}: terms never fall along a log",
                    i + 1
                );
                return Err(Refusal::new("falling-terms", why));
            }
            before = term;
        }
        let command = Command::Noop;
        Ok(terms.iter().map(|&term| Entry { term, command }).collect())
    }

    /// The term of the last entry; 0 if there is none.
    #[inline]
    pub fn last_term(&self) -> Term {
        self.term_at(self.last_index()).unwrap_or(0)
    }

    /// The term of the entry at `index`; 0 before the first, `None` beyond the last, and where all is cut off but
    /// for the very last of it.
    #[inline]
    pub fn term_at(&self, index: Index) -> Option<Term> {
        match index {
            i if i == self.base() => Some(self.base_term),
            i => self.get(i).map(|e| e.term),
        }
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
        (self.base().max(1)..below.min(self.last_index() + 1))
            .rev()
            .take_while(|&i| self.term_at(i) >= Some(term))
            .find(|&i| self.term_at(i) == Some(term))
    }

    /// The terms of the last `n` entries, as `[… 2 3 3]`.
    pub fn terms(&self, n: usize) -> String {
        let last = self.last_index() as usize;
        let from = last.saturating_sub(n).max(self.base() as usize) + 1;
        let mut text = String::from(if from > 1 { "[…" } else { "[" });
        for (i, e) in self.iter_from(from as Index) {
            let gap = if i > 1 { " " } else { "" };
            text.push_str(&format!("{gap}{}", e.term));
        }
        text.push(']');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_with_the_same_terms_and_other_commands_are_not_equal() {
        let entry = |value| {
            let op = Op::Set { key: 'x', value };
            let (client, serial) = (NodeId(9), 1);
            let command = Command::Client { client, serial, op };
            Entry { term: 3, command }
        };
        let mut a = Log::of_terms(&[1, 1, 2]).unwrap();
        let mut b = Log::of_terms(&[1, 1, 2, 3]).unwrap();
        b.truncate_from(4);
        assert_eq!(a, b);
        a.append(entry(1));
        b.append(entry(2));
        assert_ne!(a, b);
        assert_eq!((a.common_prefix(&b), a.terms(9)), (3, b.terms(9)));
    }

    #[test]
    fn runs_of_a_term_are_found_from_either_end() {
        let log = Log::of_terms(&[1, 1, 1, 4, 4, 5, 5]).unwrap();
        assert_eq!(log.first_of_run(5), 4);
        assert_eq!(log.first_of_run(2), 1);
        assert_eq!(log.last_with_term(4, 8), Some(5));
        assert_eq!(log.last_with_term(4, 5), Some(4));
        assert_eq!(log.last_with_term(3, 8), None);
        assert_eq!(log.terms(3), "[… 4 5 5]");
    }

    #[test]
    fn terms_never_fall_along_a_log() {
        let code = |terms: &[Term]| Log::of_terms(terms).map_err(|r| r.message).err();
        assert_eq!(code(&[1, 1, 4]), None);
        let why = "entry 3 of term 2 follows term 4: terms never fall along a log";
        assert_eq!(code(&[1, 4, 2]).as_deref(), Some(why));
        assert!(code(&[0]).is_some());
    }
}
