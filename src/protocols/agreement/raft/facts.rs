//! What servers tell those who watch.
//!
//! The rule that is easy to break: something is told once, where it happens, and only if it is news: a
//! heartbeat tells nothing. Votes and entries are told when they are on disk, as they are promised. What
//! every server tells of every entry is fleeting: a long run would remember little else.

use super::log::{Entry, Index, Log, Term};
use super::members::Members;
use super::membership::Change;
use crate::kit::facts;
use crate::kit::store;
use crate::sim::NodeId;
use std::fmt;

facts! {
    /// What a server tells.
    pub enum Fact {
        /// It has booted again after a crash.
        Boots = "boots",
        /// It stands for a term.
        Stands { term: Term } = "stands",
        /// Its timeout has run out again, and nobody has won the term for which it stood.
        Undecided { term: Term } = "undecided",
        /// It has given its vote of a term, maybe to itself.
        Voted { term: Term, candidate: NodeId } = "voted",
        /// It has won a term, with this log.
        Leads { term: Term, log: Log } = "leads" => Decisive,
        /// It leads no more.
        StepsDown = "steps-down",
        /// It has removed this entry from its log, and all behind it.
        Cut { from: Index } = "cut",
        /// As leader it goes back in a follower's log, which lacked what it sent.
        BacksUp { follower: NodeId, next: Index } = "backs-up" => Quiet,
        /// As leader it has found this entry, and all before it, on a majority.
        Commits { index: Index } = "commits" => Decisive,
        /// The request in an entry that it applied had been executed before.
        Skipped { index: Index } = "skipped",
        /// It has answered a request from its table of sessions.
        AnsweredAgain { client: NodeId, serial: u32 } = "answered-again" => Quiet,
        /// It has taken a snapshot of all entries up to this one.
        Snapshots { index: Index } = "snapshots" => Quiet,
        /// A leader's snapshot of all entries up to this one has taken the place of its log.
        Installs { index: Index, from: NodeId } = "installs" => Decisive,
        /// As leader it has appended this change of the configuration.
        Begins { change: Change } = "begins" => Decisive,
        /// From now on it uses the configuration of this entry.
        Uses { index: Index, members: Members } = "uses",
        /// It heard a leader, and entered this candidate's term all the same.
        Disrupted { by: NodeId, term: Term } = "disrupted",
    }
}

/// What a server tells of each entry of its log, to promises and gauges alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Each {
    /// A new entry is in its log.
    Wrote {
        /// Its place.
        index: Index,
        /// Its term.
        term: Term,
        /// The term of the entry before it.
        after: Term,
        /// The digest of the log up to it.
        digest: u64,
    },
    /// An entry is committed for all it knows, and applied.
    Applied {
        /// Its place.
        index: Index,
        /// The entry.
        entry: Entry,
        /// The server's own term.
        in_term: Term,
        /// The digest of the log up to it.
        digest: u64,
        /// The digest of the state machine's values after it.
        values: u64,
    },
    /// A snapshot has taken the place of its log.
    Installed {
        /// The place of the last entry for which it stands.
        index: Index,
        /// The term of that entry.
        term: Term,
        /// The digest of the log up to it.
        digest: u64,
    },
}

impl crate::sim::Fact for Each {
    fn name(&self) -> &'static str {
        match self {
            Each::Wrote { .. } => "wrote",
            Each::Applied { .. } => "applied",
            Each::Installed { .. } => "installed",
        }
    }

    fn fleeting(&self) -> bool {
        true
    }
}

/// A term, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InTerm(pub Term);

/// A place in the log, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct At(pub Index);

impl fmt::Display for InTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "term {}", self.0)
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "index {}", self.0)
    }
}

impl Fact {
    /// The term that it has won.
    pub fn won(&self) -> Option<InTerm> {
        match self {
            Fact::Leads { term, .. } => Some(InTerm(*term)),
            _ => None,
        }
    }

    /// The vote that it has given.
    pub fn vote(&self) -> Option<(InTerm, NodeId)> {
        match self {
            Fact::Voted { term, candidate } => Some((InTerm(*term), *candidate)),
            _ => None,
        }
    }
}

impl Each {
    /// The entry that it has applied.
    pub fn applied(&self) -> Option<(At, Entry)> {
        match self {
            Each::Applied { index, entry, .. } => Some((At(*index), *entry)),
            _ => None,
        }
    }

    /// What that was to its state machine.
    pub fn executed(&self) -> Option<store::Applied> {
        match *self {
            Each::Applied { index, entry, values, .. } => {
                Some(store::Applied { index, request: entry.command.request(), values })
            }
            _ => None,
        }
    }
}
