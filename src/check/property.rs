//! A property: a promise that watches a run, event by event, and can say whether it still holds.
//!
//! The rule that is easy to break: a property is part of the run. It is cloned with every
//! checkpoint and must come to the same verdict after a rewind; it keeps no clock and no
//! reference. What it cannot decide it calls unknown, never holding.

use super::gauge::Gauges;
use super::ground::{Ground, Need};
use super::standing::Standings;
use crate::sim::{Event, EventId, Fact, Fault, Kind, Mark, MsgId, NodeId, Trace, World};
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
    /// A liveness property that is not satisfied yet.
    Pending {
        /// What is still missing: "2 requests unanswered".
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

/// What a property or a gauge is shown after each event.
pub struct Seen<'a> {
    /// The world as it is now.
    pub world: &'a World,
    /// What was recorded. It may hold a future that was taken back: only what belongs to events up to
    /// `id` counts.
    pub trace: &'a Trace,
    /// Which assumptions have been in force.
    pub ground: &'a Ground,
    /// The event that just happened.
    pub id: EventId,
    /// Its record.
    pub event: &'a Event,
}

impl<'a> Seen<'a> {
    /// The node at which it happened, if it happened at a node.
    pub fn node(&self) -> Option<NodeId> {
        (self.event.node != Event::NOBODY).then_some(self.event.node)
    }

    /// What was done to the world in it, if it is that.
    pub fn fault(&self) -> Option<&'a Fault> {
        super::ground::fault(self.trace, self.id)
    }

    /// The facts of type `F` that were told in it, each with the node that told it.
    pub fn facts<F: Fact>(&self) -> impl Iterator<Item = (NodeId, &'a F)> + use<'a, F> {
        let told = self.world.told().iter();
        told.filter_map(|t| Some((t.node, t.as_fact::<F>()?)))
    }

    /// The messages that were sent in it, each with its kind; copies that a link made are left out.
    pub fn sent(&self) -> impl Iterator<Item = (MsgId, Kind)> + use<'a> {
        let trace = self.trace;
        let own = trace.sent_in(self.id).filter(|(_, s)| s.mark != Mark::Copy);
        own.map(move |(m, _)| (m, trace.kind(m)))
    }
}

/// A promise of a protocol.
pub trait Property {
    /// Its name in the paper: "Election safety".
    fn name(&self) -> &'static str;
    /// What it promises, in one short sentence: "at most one leader per term".
    fn claim(&self) -> &'static str;
    /// Safety or liveness.
    fn class(&self) -> Class;
    /// Called after each event. Must be quick when nothing of interest has changed.
    fn after(&mut self, seen: &Seen<'_>);
    /// What it says now.
    fn verdict(&self) -> Verdict;
    /// What it assumes of links, nodes and clocks: a verdict that is pending says which of these is not so.
    fn needs(&self) -> &[Need] {
        &[]
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
    ground: Ground,
    properties: Vec<Box<dyn Property>>,
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
        Checks {
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
    pub fn ground(&self) -> &Ground {
        &self.ground
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
            Verdict::Pending { why } => Verdict::Pending {
                why: match self.ground.excuse(p.needs()) {
                    Some(excuse) => format!("{why}; {excuse}"),
                    None => why,
                },
            },
            other => other,
        }
    }

    /// The first violated safety property, if any.
    pub fn violation(&self) -> Option<CheckLine> {
        self.lines()
            .into_iter()
            .find(|l| matches!(l.verdict, Verdict::Violated { .. }))
    }
}

impl crate::sim::history::Watcher for Checks {
    fn after(&mut self, world: &World, trace: &Trace, id: EventId) {
        self.ground.after(world, trace, id);
        self.standings.after(world, id);
        let seen = Seen {
            world,
            trace,
            ground: &self.ground,
            id,
            event: world.last_event(),
        };
        for p in &mut self.properties {
            p.after(&seen);
        }
        self.gauges.after(&seen);
    }

    fn weight(&self) -> usize {
        let properties: usize = self.properties.iter().map(|p| 256 + p.weight()).sum();
        properties + self.gauges.weight() + self.standings.weight()
    }
}

/// A helper for witnesses: sorted, without repeats, at most a dozen.
pub fn witness(events: impl IntoIterator<Item = EventId>) -> Vec<EventId> {
    let known = events.into_iter().filter(|e| e.some().is_some());
    let sorted: BTreeSet<EventId> = known.collect();
    sorted.into_iter().take(12).collect()
}
