//! Promises that something happens in the end.
//!
//! The rule that is easy to break: no finite run breaks such a promise. It waits, and says for what; which
//! of its assumptions is not in force is added by whoever shows the verdict.

use super::{Broken, Promised, Rule};
use crate::check::{Seen, Wake};
use crate::sim::ledger::Ledger;
use crate::sim::{Fact, NodeId, SimTime};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

/// Each of `who` comes to an end (decides, learns who leads).
///
/// `pick` says whether a fact is that end for the node that tells it.
pub fn termination<F: Fact>(
    name: &'static str,
    claim: &'static str,
    who: impl IntoIterator<Item = NodeId>,
    pick: fn(&F) -> bool,
) -> Promised<impl Rule> {
    let open: BTreeSet<NodeId> = who.into_iter().collect();
    let rule = Termination { pick, all: open.len(), open };
    Promised::liveness(name, claim, rule)
}

struct Termination<F> {
    pick: fn(&F) -> bool,
    all: usize,
    open: BTreeSet<NodeId>,
}

impl<F> Clone for Termination<F> {
    fn clone(&self) -> Self {
        Termination { pick: self.pick, all: self.all, open: self.open.clone() }
    }
}

impl<F: Fact> Rule for Termination<F> {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<F>() {
            if (self.pick)(fact) {
                self.open.remove(&node);
            }
        }
        Ok(())
    }

    fn missing(&self) -> Option<String> {
        let done = self.all - self.open.len();
        (!self.open.is_empty()).then(|| format!("{done} of {} have come to an end", self.all))
    }
}

/// What has begun ends: a request is answered, a message is delivered, a transaction is decided.
///
/// `begun` and `ended` read off a fact what begins and what ends.
pub fn leads_to<F: Fact, K>(
    name: &'static str,
    claim: &'static str,
    begun: fn(&F) -> Option<K>,
    ended: fn(&F) -> Option<K>,
) -> Promised<impl Rule>
where
    K: Ord + Clone + Display + 'static,
{
    let rule = LeadsTo { begun, ended, open: BTreeMap::new(), done: Ledger::default() };
    Promised::liveness(name, claim, rule)
}

struct LeadsTo<F, K> {
    begun: fn(&F) -> Option<K>,
    ended: fn(&F) -> Option<K>,
    // What is open, and since when.
    open: BTreeMap<K, SimTime>,
    // What has ended, for it may be told again, or before its beginning.
    done: Ledger<K, ()>,
}

impl<F, K: Clone> Clone for LeadsTo<F, K> {
    fn clone(&self) -> Self {
        LeadsTo { open: self.open.clone(), done: self.done.clone(), ..*self }
    }
}

/// How many of what is missing are named.
const NAMED: usize = 6;

impl<F: Fact, K: Ord + Clone + Display + 'static> Rule for LeadsTo<F, K> {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (_, fact) in seen.facts::<F>() {
            if let Some(key) = (self.begun)(fact)
                && self.done.get(&key).is_none()
            {
                self.open.entry(key).or_insert(seen.event.time);
            }
            if let Some(key) = (self.ended)(fact) {
                self.open.remove(&key);
                self.done.keep_first(key, ());
            }
        }
        Ok(())
    }

    fn missing(&self) -> Option<String> {
        if self.open.is_empty() {
            return None;
        }
        let few: Vec<String> = self.open.keys().take(NAMED).map(K::to_string).collect();
        let more = if self.open.len() > NAMED { ", ..." } else { "" };
        Some(format!("still open: {}{more}", few.join(", ")))
    }

    fn since(&self) -> SimTime {
        self.open.values().min().copied().unwrap_or_default()
    }

    fn weight(&self) -> usize {
        self.open.len() * size_of::<K>() + self.done.weight()
    }
}
