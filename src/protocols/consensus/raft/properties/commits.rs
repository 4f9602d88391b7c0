//! Two promises about what is committed: leader completeness (section 5.4) and state-machine
//! safety (5.4.3).

use super::{Ballots, Broken, Eyes, broken, safety};
use crate::check::{Class, Property, Seen, Verdict};
use crate::protocols::consensus::raft::config::{Config, Mutant};
use crate::protocols::consensus::raft::log::{Entry, Index, Log, Term};
use crate::protocols::consensus::raft::name_of;
use crate::protocols::consensus::raft::server::{Role, Server};
use crate::sim::chunks::Slices;
use crate::sim::ledger::Ledger;
use crate::sim::{EventId, NodeId};
use std::rc::Rc;

/// An entry that some server took for committed first: up to here, in which term, where, when.
#[derive(Clone, Copy)]
struct Committed {
    digest: u64,
    entry: Entry,
    in_term: Term,
    node: NodeId,
    event: EventId,
}

/// A leader, with its log as it was when it was elected.
#[derive(Clone)]
struct Elected {
    node: NodeId,
    event: EventId,
    log: Log,
}

/// If a log entry is committed in a given term, then that entry will be present in the logs of the
/// leaders for all higher-numbered terms.
#[derive(Clone)]
pub(super) struct LeaderCompleteness {
    mutant: Mutant,
    eyes: Eyes,
    ballots: Ballots,
    committed: Slices<Committed>,
    leaders: Ledger<Term, Elected>,
    broken: Option<Rc<Broken>>,
}

impl LeaderCompleteness {
    pub(super) fn new(config: Config) -> Self {
        LeaderCompleteness {
            mutant: config.mutant,
            eyes: Eyes::new(config),
            ballots: Ballots::default(),
            committed: Slices::default(),
            leaders: Ledger::default(),
            broken: None,
        }
    }

    /// Notes what `server` newly takes for committed, and holds it against leaders of later terms.
    fn note_commits(&mut self, node: NodeId, server: &Server, event: EventId) {
        let known = self.committed.len() as Index;
        if server.commit_index() <= known {
            return;
        }
        let in_term = server.current_term();
        for (index, &entry) in server.log().iter_from(known + 1) {
            if index > server.commit_index() {
                break;
            }
            let digest = server.log().digest_at(index).unwrap_or(0);
            self.committed.push(Committed {
                digest,
                entry,
                in_term,
                node,
                event,
            });
        }
        let mut later: Vec<Term> = self.leaders.keys_after(&in_term).copied().collect();
        later.sort_unstable();
        for term in later {
            self.compare(term);
        }
    }

    /// Whether the leader of `term` had, when it was elected, all that was committed before.
    fn compare(&mut self, term: Term) {
        let Some(leader) = self.leaders.get(&term).cloned() else {
            return;
        };
        let before = |&i: &usize| self.committed.at(i).in_term < term;
        let Some(newest) = (0..self.committed.len()).rev().find(before) else {
            return;
        };
        let last = *self.committed.at(newest);
        if leader.log.digest_at(newest as Index + 1) == Some(last.digest) || self.broken.is_some() {
            return;
        }
        let missing = self.first_missing(&leader.log, newest);
        let c = *self.committed.at(missing);
        let mut events = vec![c.event, last.event, leader.event];
        events.extend(self.ballots.events(term, leader.node));
        let why = format!(
            "{} leads term {term} without entry {} of term {} ({}), which {} committed in term {}",
            name_of(leader.node),
            missing + 1,
            c.entry.term,
            c.entry.command,
            name_of(c.node),
            c.in_term
        );
        self.broken = broken(self.mutant, events, why);
    }

    /// The first of the committed entries up to `newest` that `log` lacks.
    fn first_missing(&self, log: &Log, newest: usize) -> usize {
        let has = |i: usize| log.digest_at(i as Index + 1) == Some(self.committed.at(i).digest);
        (0..newest).find(|&i| !has(i)).unwrap_or(newest)
    }
}

impl Property for LeaderCompleteness {
    fn name(&self) -> &'static str {
        "Leader completeness"
    }

    fn claim(&self) -> &'static str {
        "what is committed is in every later leader's log"
    }

    fn class(&self) -> Class {
        Class::Safety
    }

    fn after(&mut self, seen: &Seen<'_>) {
        let Some((node, server)) = self.eyes.changed(seen) else {
            return;
        };
        if self.broken.is_some() {
            return;
        }
        self.ballots.note(node, server, seen.id);
        let term = server.current_term();
        if server.role() == Role::Leader && self.leaders.get(&term).is_none() {
            let elected = Elected {
                node,
                event: seen.id,
                log: server.log().clone(),
            };
            self.leaders.keep_first(term, elected);
            self.compare(term);
        }
        self.note_commits(node, server, seen.id);
    }

    fn verdict(&self) -> Verdict {
        safety(self.broken.as_ref())
    }

    fn weight(&self) -> usize {
        self.committed.weight() + self.leaders.weight()
    }

    fn clone_box(&self) -> Box<dyn Property> {
        Box::new(self.clone())
    }
}

/// If a server has applied a log entry at a given index to its state machine, no other server will
/// ever apply a different log entry for the same index.
#[derive(Clone)]
pub(super) struct StateMachineSafety {
    mutant: Mutant,
    eyes: Eyes,
    /// The first application at each index.
    applied: Slices<(Entry, NodeId, EventId)>,
    /// How far each server had come.
    seen: Vec<Index>,
    broken: Option<Rc<Broken>>,
}

impl StateMachineSafety {
    pub(super) fn new(config: Config) -> Self {
        StateMachineSafety {
            mutant: config.mutant,
            eyes: Eyes::new(config),
            applied: Slices::default(),
            seen: vec![0; usize::from(config.servers)],
            broken: None,
        }
    }

    fn compare(&mut self, node: NodeId, index: Index, entry: Entry, event: EventId) {
        let Some(&(first, by, then)) = self.applied.get(index as usize - 1) else {
            self.applied.push((entry, node, event));
            return;
        };
        if first == entry || self.broken.is_some() {
            return;
        }
        let why = format!(
            "at index {index}, {} applied '{}' of term {}, and {} '{}' of term {}",
            name_of(by),
            first.command,
            first.term,
            name_of(node),
            entry.command,
            entry.term
        );
        self.broken = broken(self.mutant, [then, event], why);
    }
}

impl Property for StateMachineSafety {
    fn name(&self) -> &'static str {
        "State-machine safety"
    }

    fn claim(&self) -> &'static str {
        "no two servers apply different entries at one index"
    }

    fn class(&self) -> Class {
        Class::Safety
    }

    fn after(&mut self, seen: &Seen<'_>) {
        let Some((node, server)) = self.eyes.changed(seen) else {
            return;
        };
        let before = std::mem::replace(&mut self.seen[node.index()], server.last_applied());
        for (index, &entry) in server.log().iter_from(before + 1) {
            if index > server.last_applied() {
                break;
            }
            self.compare(node, index, entry, seen.id);
        }
    }

    fn verdict(&self) -> Verdict {
        safety(self.broken.as_ref())
    }

    fn weight(&self) -> usize {
        self.applied.weight()
    }

    fn clone_box(&self) -> Box<dyn Property> {
        Box::new(self.clone())
    }
}
