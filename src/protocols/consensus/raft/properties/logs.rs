//! Two promises about logs: leader append-only and log matching (section 5.3).

use super::{Broken, Eyes, broken, safety};
use crate::check::{Class, Property, Seen, Verdict};
use crate::protocols::consensus::raft::config::{Config, Mutant};
use crate::protocols::consensus::raft::log::{Index, Log, Term};
use crate::protocols::consensus::raft::name_of;
use crate::protocols::consensus::raft::server::Role;
use crate::sim::ledger::Ledger;
use crate::sim::{EventId, NodeId};
use std::rc::Rc;

/// A leader never overwrites or deletes entries in its log; it only appends new entries.
#[derive(Clone)]
pub(super) struct LeaderAppendOnly {
    mutant: Mutant,
    eyes: Eyes,
    /// What each server's log was when it last was seen to lead, and in which term and event.
    led: Vec<Option<(Term, Log, EventId)>>,
    broken: Option<Rc<Broken>>,
}

impl LeaderAppendOnly {
    pub(super) fn new(config: Config) -> Self {
        LeaderAppendOnly {
            mutant: config.mutant,
            eyes: Eyes::new(config),
            led: vec![None; usize::from(config.servers)],
            broken: None,
        }
    }
}

impl Property for LeaderAppendOnly {
    fn name(&self) -> &'static str {
        "Leader append-only"
    }

    fn claim(&self) -> &'static str {
        "a leader only appends to its log"
    }

    fn class(&self) -> Class {
        Class::Safety
    }

    fn after(&mut self, seen: &Seen<'_>) {
        let Some((node, server)) = self.eyes.changed(seen) else {
            return;
        };
        let (term, log) = (server.current_term(), server.log());
        let led = &mut self.led[node.index()];
        if server.role() != Role::Leader {
            *led = None;
            return;
        }
        if let Some((then, before, event)) = led
            && *then == term
            && log.digest_at(before.last_index()) != Some(before.digest())
            && self.broken.is_none()
        {
            let why = format!(
                "{} changed entries of its own log while it led term {term}",
                name_of(node)
            );
            self.broken = broken(self.mutant, [*event, seen.id], why);
        }
        *led = Some((term, log.clone(), seen.id));
    }

    fn verdict(&self) -> Verdict {
        safety(self.broken.as_ref())
    }

    fn clone_box(&self) -> Box<dyn Property> {
        Box::new(self.clone())
    }
}

/// The first writing of an entry: the digest of the log up to it, where, and in which event.
type Written = (u64, NodeId, EventId);

/// If two logs contain an entry with the same index and term, then the logs are identical in all
/// entries up through that index.
#[derive(Clone)]
pub(super) struct LogMatching {
    mutant: Mutant,
    eyes: Eyes,
    logs: Vec<Log>,
    written: Ledger<(Index, Term), Written>,
    broken: Option<Rc<Broken>>,
}

impl LogMatching {
    pub(super) fn new(config: Config) -> Self {
        LogMatching {
            mutant: config.mutant,
            eyes: Eyes::new(config),
            logs: vec![Log::default(); usize::from(config.servers)],
            written: Ledger::default(),
            broken: None,
        }
    }

    /// Compares what is new in `log` with whoever wrote an entry of that index and term before.
    fn compare(&mut self, node: NodeId, log: &Log, event: EventId) {
        let known = self.logs[node.index()].common_prefix(log);
        for (index, entry) in log.iter_from(known + 1) {
            let digest = log.digest_at(index).unwrap_or(0);
            let key = (index, entry.term);
            match self.written.get(&key) {
                Some(first) if first.0 != digest => {
                    let why = format!(
                        "{} and {} both have an entry {index} of term {}, and differ in it or before it",
                        name_of(first.1),
                        name_of(node),
                        entry.term
                    );
                    self.broken = broken(self.mutant, [first.2, event], why);
                    return;
                }
                Some(_) => {}
                None => {
                    self.written.keep_first(key, (digest, node, event));
                }
            }
        }
    }
}

impl Property for LogMatching {
    fn name(&self) -> &'static str {
        "Log matching"
    }

    fn claim(&self) -> &'static str {
        "same index and term: same log up to there"
    }

    fn class(&self) -> Class {
        Class::Safety
    }

    fn after(&mut self, seen: &Seen<'_>) {
        let Some((node, server)) = self.eyes.changed(seen) else {
            return;
        };
        if self.broken.is_none() && self.logs[node.index()] != *server.log() {
            self.compare(node, server.log(), seen.id);
            self.logs[node.index()] = server.log().clone();
        }
    }

    fn verdict(&self) -> Verdict {
        safety(self.broken.as_ref())
    }

    fn weight(&self) -> usize {
        self.written.weight()
    }

    fn clone_box(&self) -> Box<dyn Property> {
        Box::new(self.clone())
    }
}
