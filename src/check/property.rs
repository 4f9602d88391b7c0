//! A property: a promise that watches a run, event by event, and can say whether it still holds.
//!
//! The rule that is easy to break: a property is part of the run. It is cloned with every
//! checkpoint and must come to the same verdict after a rewind; it keeps no clock and no
//! reference. What it cannot decide it calls unknown, never holding.

use super::account::{Account, Need};
use super::gauge::Gauges;
#[cfg(not(target_arch = "wasm32"))]
use super::recall::Recall;
use super::seen::{Seen, Wake};
use super::standing::Standings;
use crate::sim::history::Run;
use crate::sim::{EventId, SimTime, Trace, World};
use serde::Serialize;
use std::collections::BTreeSet;

/// The two kinds of promise (Alpern and Schneider 1985).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Nothing bad ever happens; a finite run can violate it, for ever.
    Safety,
    /// Something good happens in the end; no finite run violates it, a fair quiet phase tells.
    Liveness,
}

/// What a property has come to say of the run so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Verdict {
    /// It holds so far.
    Holding,
    /// A liveness property that is not satisfied yet, while all that it needs is in force: there is work under way.
    InProgress {
        /// What is still missing: "2 requests unanswered".
        why: String,
    },
    /// A liveness property that is not satisfied, while something that it needs is out of force, or nothing is left to happen.
    Pending {
        /// What is still missing, and what is out of force: "1 request unanswered; nothing is promised now: S1 lies".
        why: String,
    },
    /// It is broken, and stays so.
    Violated {
        /// The events that show it, at most a dozen, in order.
        witness: Vec<EventId>,
        /// What went wrong, in a sentence with names.
        why: String,
        /// The assumption whose absence allowed it: "a vote is on disk before it is answered".
        assumption: String,
    },
    /// It could not be decided.
    Unknown {
        /// Why not.
        why: String,
    },
}

/// A promise of a protocol.
pub trait Property {
    /// Its name in the paper: "Election safety".
    fn name(&self) -> &'static str;
    /// What it promises, in one short sentence: "at most one leader per term".
    fn claim(&self) -> &'static str;
    /// Safety or liveness.
    fn class(&self) -> Class;
    /// Called after each event that it wants to be shown. Must be quick when nothing of interest has
    /// changed.
    fn after(&mut self, seen: &Seen<'_>);
    /// Which events it wants to be shown.
    fn wake(&self) -> Wake {
        Wake::Always
    }
    /// What it says now.
    fn verdict(&self) -> Verdict;
    /// What it assumes of links, nodes and clocks: a verdict that is pending says which of these is not so.
    fn needs(&self) -> &[Need] {
        &[]
    }
    /// Since when the oldest waits of what it waits for.
    fn waits_since(&self) -> SimTime {
        SimTime::ZERO
    }
    /// The rule of the paper that this run leaves out, on which a violation is blamed.
    fn blame(&mut self, left_out: &'static str) {
        let _ = left_out;
    }
    /// The bytes that a copy takes, roughly: by this checkpoints are spaced. Only what grows with the
    /// run counts.
    fn weight(&self) -> usize {
        0
    }
    /// Says what it remembers, for a search to tell states apart. The page does not search, and need not carry it.
    #[cfg(not(target_arch = "wasm32"))]
    fn recall(&self, recall: &mut Recall) {
        recall.silent();
    }
    /// A copy with the same future.
    fn clone_box(&self) -> Box<dyn Property>;
}

impl Clone for Box<dyn Property> {
    fn clone(&self) -> Self {
        self.clone_box()
    }
}

/// All the properties and gauges of a run, watching it together.
#[derive(Clone, Default)]
pub struct Checks {
    account: Account,
    properties: Vec<Box<dyn Property>>,
    // Which of them want every event, by their place.
    restless: Vec<usize>,
    gauges: Gauges,
    standings: Standings,
}

/// A property's line in the list of checks: plain data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckLine {
    /// The property's name.
    pub name: &'static str,
    /// What it promises.
    pub claim: &'static str,
    /// Safety or liveness.
    pub class: Class,
    /// What it says now.
    pub verdict: Verdict,
}

impl Checks {
    /// These properties, watching.
    pub fn new(properties: Vec<Box<dyn Property>>) -> Self {
        let restless = |(i, p): (usize, Wake)| (p == Wake::Always).then_some(i);
        Checks {
            restless: properties.iter().map(|p| p.wake()).enumerate().filter_map(restless).collect(),
            properties,
            ..Checks::default()
        }
    }

    /// With these gauges beside them.
    #[must_use]
    pub fn with_gauges(mut self, gauges: Gauges) -> Self {
        self.gauges = gauges;
        self
    }

    /// The gauges.
    pub fn gauges(&self) -> &Gauges {
        &self.gauges
    }

    /// Which assumptions have been in force.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Who stood how whenever something was done.
    pub fn standings(&self) -> &Standings {
        &self.standings
    }

    /// What each says now.
    pub fn lines(&self) -> Vec<CheckLine> {
        let line = |p: &dyn Property| CheckLine {
            name: p.name(),
            claim: p.claim(),
            class: p.class(),
            verdict: self.grounded(p),
        };
        self.properties.iter().map(|p| line(p.as_ref())).collect()
    }

    /// The verdict of `p`; what is pending says which of its assumptions is not in force.
    fn grounded(&self, p: &dyn Property) -> Verdict {
        match p.verdict() {
            Verdict::InProgress { why } => match self.account.excuse(p.needs(), p.waits_since()) {
                Some(excuse) => Verdict::Pending { why: format!("{why}; {excuse}") },
                None => Verdict::InProgress { why },
            },
            Verdict::Pending { why } => Verdict::Pending {
                why: match self.account.excuse(p.needs(), p.waits_since()) {
                    Some(excuse) => format!("{why}; {excuse}"),
                    None => why,
                },
            },
            other => other,
        }
    }

    /// These checks for a search: what promises that something bad never happens, without gauges and without the
    /// story. The promises that are left out, by name: they speak of what happens in the end.
    pub fn for_search(&self) -> (Self, Vec<&'static str>) {
        let (safety, others): (Vec<_>, Vec<_>) =
            self.properties.iter().cloned().partition(|p| p.class() == Class::Safety);
        let checks = Checks { account: self.account.clone(), ..Checks::new(safety) };
        (checks, others.iter().map(|p| p.name()).collect())
    }

    /// What all of them remember, and the account they stand on; the names of those that do not say.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn recall(&self, recall: &mut Recall) -> Vec<&'static str> {
        self.account.recall(recall);
        let mut silent = Vec::new();
        for p in &self.properties {
            let mut own = Recall::default();
            p.recall(&mut own);
            if own.is_silent() {
                silent.push(p.name());
            }
            if own.looks() || own.is_silent() {
                recall.looks_at_world();
            }
            own.ends().into_iter().for_each(|w| recall.word(w));
        }
        silent
    }

    /// The names of those that could not be decided.
    pub fn undecided(&self) -> Vec<&'static str> {
        let open = self.properties.iter().filter(|p| matches!(p.verdict(), Verdict::Unknown { .. }));
        open.map(|p| p.name()).collect()
    }

    /// Whether the event that the world shows can change nothing here.
    pub fn passes_over(&self, news: bool) -> bool {
        !news && self.restless.is_empty()
    }

    /// The first violated safety property, if any.
    pub fn violation(&self) -> Option<CheckLine> {
        self.lines().into_iter().find(|l| matches!(l.verdict, Verdict::Violated { .. }))
    }
}

impl crate::sim::history::Watcher for Checks {
    fn after(&mut self, world: &World, trace: &Trace, id: EventId) {
        self.account.after(world, trace, id);
        self.standings.after(world, id);
        let seen = Seen { world, trace, account: &self.account, id, event: world.last_event() };
        if seen.is_news() {
            for p in &mut self.properties {
                p.after(&seen);
            }
        } else {
            for &i in &self.restless {
                self.properties[i].after(&seen);
            }
        }
        self.gauges.after(&seen);
    }

    fn weight(&self) -> usize {
        let properties: usize = self.properties.iter().map(|p| 256 + p.weight()).sum();
        properties + self.account.weight() + self.gauges.weight() + self.standings.weight()
    }
}

/// What each promise says of `run` now. Where nothing is left to happen, nothing is in progress.
pub fn verdicts(run: &Run<Checks>) -> Vec<CheckLine> {
    let mut lines = run.watcher().lines();
    if run.is_over() {
        for line in &mut lines {
            if let Verdict::InProgress { why } = &line.verdict {
                line.verdict =
                    Verdict::Pending { why: format!("{why}; and nothing is left that happens by itself") };
            }
        }
    }
    lines
}

/// A helper for witnesses: sorted, without repeats, at most a dozen. Of more the last are kept, for the last is
/// the one in which it broke.
pub fn witness(events: impl IntoIterator<Item = EventId>) -> Vec<EventId> {
    let known = events.into_iter().filter(|e| e.some().is_some());
    let sorted: BTreeSet<EventId> = known.collect();
    let more = sorted.len().saturating_sub(12);
    sorted.into_iter().skip(more).collect()
}
