//! Election safety: at most one leader can be elected in a given term (section 5.2).

use super::{Ballots, Broken, Eyes, broken, safety};
use crate::check::{Class, Property, Seen, Verdict};
use crate::protocols::consensus::raft::config::{Config, Mutant};
use crate::protocols::consensus::raft::log::Term;
use crate::protocols::consensus::raft::server::Role;
use crate::sim::ledger::Ledger;
use crate::sim::{EventId, NodeId};
use std::rc::Rc;

/// At most one leader a term.
#[derive(Clone)]
pub(super) struct ElectionSafety {
    mutant: Mutant,
    eyes: Eyes,
    ballots: Ballots,
    leaders: Ledger<Term, (NodeId, EventId)>,
    broken: Option<Rc<Broken>>,
}

impl ElectionSafety {
    pub(super) fn new(config: Config) -> Self {
        ElectionSafety {
            mutant: config.mutant,
            eyes: Eyes::new(config),
            ballots: Ballots::default(),
            leaders: Ledger::default(),
            broken: None,
        }
    }

    fn second_leader(&mut self, term: Term, first: (NodeId, EventId), second: (NodeId, EventId)) {
        let mut events = vec![first.1, second.1];
        events.extend(self.ballots.events(term, first.0));
        events.extend(self.ballots.events(term, second.0));
        let why = format!(
            "two leaders in term {term}: {}, and {}",
            self.ballots.story(term, first.0),
            self.ballots.story(term, second.0)
        );
        self.broken = broken(self.mutant, events, why);
    }
}

impl Property for ElectionSafety {
    fn name(&self) -> &'static str {
        "Election safety"
    }

    fn claim(&self) -> &'static str {
        "at most one leader in a term"
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
        if server.role() != Role::Leader {
            return;
        }
        let term = server.current_term();
        match self.leaders.get(&term).copied() {
            Some(first) if first.0 != node => self.second_leader(term, first, (node, seen.id)),
            Some(_) => {}
            None => self.leaders.keep_first(term, (node, seen.id)),
        }
    }

    fn verdict(&self) -> Verdict {
        safety(self.broken.as_ref())
    }

    fn weight(&self) -> usize {
        self.leaders.weight()
    }

    fn clone_box(&self) -> Box<dyn Property> {
        Box::new(self.clone())
    }
}
