//! Ready-made promises: what most protocols promise, written once.
//!
//! A promise is a name, a claim, what it needs of the world, and a [`Rule`]: the judgement itself, which is
//! shown every event and says what broke. [`Promised`] adds what is alike in all: the verdict that stays,
//! the witness, which assumption was missing, the weight and the copy.
//!
//! The rule that is easy to break: a rule reads facts and never compares states from one event with the
//! next. What it remembers of a long run lies in ledgers and slices, which checkpoints share.

mod agree;
mod beside;
mod deliver;
mod elect;
mod exclude;
mod happen;
mod history;
mod state;

pub use agree::{Only, agreement, at_most_one, integrity, no_creation, same_prefix};
pub use beside::Beside;
pub use deliver::{causal_order, fifo_order, no_duplication, no_loss, total_order};
pub use elect::{Ballots, Vote, elected};
pub use exclude::{Move, mutual_exclusion};
pub use happen::{leads_to, termination};
pub use history::{Operation, Record, Recorded, Step, consistent, keeps};
pub use state::{conserved, invariant, monotonic, never};

use super::account::Need;
use super::property::{Class, Property, Verdict, witness};
use super::recall::Recall;
use super::seen::{Seen, Wake};
use crate::sim::{EventId, Fault, NodeId, SimTime};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What broke a promise: the events that show it, and what went wrong, in a sentence with names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The events that show it, in any order.
    pub events: Vec<EventId>,
    /// What went wrong.
    pub why: String,
}

impl Broken {
    /// These events show that `why`.
    pub fn new(events: impl IntoIterator<Item = EventId>, why: impl Into<String>) -> Self {
        Broken { events: events.into_iter().collect(), why: why.into() }
    }
}

/// The judgement of a promise.
pub trait Rule: Clone + 'static {
    /// Called after each event that it wants to be shown, until it has broken.
    ///
    /// # Errors
    /// What broke, if it broke in this event.
    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken>;

    /// Which events it wants to be shown: who reads facts alone says [`Wake::News`].
    fn wake(&self) -> Wake {
        Wake::Always
    }

    /// What is still missing, in words: for promises that something happens in the end.
    fn missing(&self) -> Option<String> {
        None
    }

    /// What it needs that is out of force, in words, so that nothing is promised now; beside what the ground says.
    fn excuse(&self) -> Option<&str> {
        None
    }

    /// What it assumes beyond what is [needed](Promised::needs), and has itself seen out of force when it broke: how many may fail,
    /// say. The event by which that was so, and the assumption in words.
    fn lacked(&self) -> Option<(EventId, String)> {
        None
    }

    /// Since when the oldest waits of what is missing: what was over before then is no excuse.
    fn since(&self) -> SimTime {
        SimTime::ZERO
    }

    /// Why it cannot be judged any more.
    fn unknown(&self) -> Option<String> {
        None
    }

    /// The bytes that a copy takes, roughly: only what grows with the run counts.
    fn weight(&self) -> usize {
        0
    }

    /// Says what it remembers, for a search to tell states apart. A rule that judges by the moment in which
    /// something happens, or by the number of an event, does not say.
    fn recall(&self, recall: &mut Recall) {
        recall.silent();
    }
}

/// How a broken promise ended.
#[derive(Debug)]
struct End {
    witness: Vec<EventId>,
    why: String,
    assumption: String,
}

/// A rule, made a promise.
#[derive(Clone)]
pub struct Promised<R> {
    name: &'static str,
    claim: &'static str,
    class: Class,
    needs: &'static [Need],
    rests_on: &'static str,
    left_out: Option<&'static str>,
    calm: bool,
    crash_stop: bool,
    // Of those who stay out, when the first crashed.
    crashed: Option<SimTime>,
    rule: R,
    end: Option<Rc<End>>,
}

impl<R: Rule> Promised<R> {
    /// Something bad never happens.
    pub fn safety(name: &'static str, claim: &'static str, rule: R) -> Self {
        Promised {
            name,
            claim,
            class: Class::Safety,
            needs: &[],
            rests_on: "the protocol's own rules",
            left_out: None,
            calm: false,
            crash_stop: false,
            crashed: None,
            rule,
            end: None,
        }
    }

    /// Something good happens in the end.
    pub fn liveness(name: &'static str, claim: &'static str, rule: R) -> Self {
        Promised { class: Class::Liveness, ..Promised::safety(name, claim, rule) }
    }

    /// What it assumes of the world, most telling first: the first of these that was out of force is
    /// named when it breaks, and while it waits.
    #[must_use]
    pub fn needs(mut self, needs: &'static [Need]) -> Self {
        self.needs = needs;
        self
    }

    /// What it rests on when all of that is in force: the assumption that a violation names then.
    #[must_use]
    pub fn rests_on(mut self, assumption: &'static str) -> Self {
        self.rests_on = assumption;
        self
    }

    /// With a rule beside it that watches an assumption which it cannot see itself, and says what of it was out of force
    /// ([`Rule::lacked`]): how many are Byzantine by their own code, say.
    #[must_use]
    pub fn watched_by<W: Rule>(self, watch: W) -> Promised<Beside<R, W>> {
        Promised {
            name: self.name,
            claim: self.claim,
            class: self.class,
            needs: self.needs,
            rests_on: self.rests_on,
            left_out: self.left_out,
            calm: self.calm,
            crash_stop: self.crash_stop,
            crashed: self.crashed,
            rule: Beside::new(self.rule, watch),
            end: self.end,
        }
    }

    /// It is given only as long as nothing goes wrong: no message was lost, and nothing was done to the world
    /// but to ask for something ("if nothing fails, all commit").
    #[must_use]
    pub fn while_calm(mut self) -> Self {
        self.calm = true;
        self
    }

    /// Whoever has crashed takes no more part, though it comes back: what waits may wait because of any crash since the
    /// beginning.
    #[must_use]
    pub fn crash_stop(mut self) -> Self {
        self.crash_stop = true;
        self
    }

    /// It, for the list of a protocol's promises.
    pub fn boxed(self) -> Box<dyn Property> {
        Box::new(self)
    }

    /// The rule of the protocol that is left out explains most; then what the world did, by the rule's own count or by the
    /// account; then what the promise rests on.
    #[cold]
    fn break_it(&mut self, broken: Broken, seen: &Seen<'_>) {
        let missing = self.rule.lacked().or_else(|| seen.account.missing(self.needs));
        let (event, assumption) = match (self.left_out, missing) {
            (Some(rule), _) => (None, beside_a_liar(rule, seen)),
            (None, Some((event, what))) => (Some(event), what),
            (None, None) => (None, self.rests_on.to_owned()),
        };
        let lives = lives_between(&broken.events, seen);
        self.end = Some(Rc::new(End {
            witness: witness(broken.events.into_iter().chain(event).chain(lives)),
            why: broken.why,
            assumption,
        }));
    }
}

/// The last crash and the last recovery of each node between two of `events` at it: what it did before and after
/// contradicts each other, perhaps because it forgot.
fn lives_between(events: &[EventId], seen: &Seen<'_>) -> Vec<EventId> {
    let mut span: BTreeMap<NodeId, (EventId, EventId)> = BTreeMap::new();
    for (&id, node) in events.iter().filter_map(|id| Some((id, seen.trace.get(*id)?.node))) {
        let (first, last) = span.entry(node).or_insert((id, id));
        (*first, *last) = (id.min(*first), id.max(*last));
    }
    let mut lives: BTreeMap<(NodeId, bool), EventId> = BTreeMap::new();
    for (id, fault) in seen.trace.faults() {
        let (node, back) = match fault {
            Fault::Crash { node, .. } => (*node, false),
            Fault::Recover { node } => (*node, true),
            _ => continue,
        };
        if span.get(&node).is_some_and(|(first, last)| first < id && id < last) {
            lives.insert((node, back), *id);
        }
    }
    lives.into_values().collect()
}

/// The rule that is left out; a node that lies does as much harm.
fn beside_a_liar(rule: &str, seen: &Seen<'_>) -> String {
    let world = seen.world;
    match world.node_ids().find(|&n| !world.lies(n).is_empty()) {
        Some(liar) => format!("{rule}; and nobody lies, but {} does", world.name(liar)),
        None => rule.to_owned(),
    }
}

impl<R: Rule> Property for Promised<R> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn claim(&self) -> &'static str {
        self.claim
    }

    fn class(&self) -> Class {
        self.class
    }

    fn after(&mut self, seen: &Seen<'_>) {
        if self.crash_stop && matches!(seen.fault(), Some(Fault::Crash { .. })) {
            self.crashed.get_or_insert(seen.event.time);
        }
        if self.end.is_none()
            && !(self.calm && seen.account.disturbed())
            && let Err(broken) = self.rule.see(seen)
        {
            self.break_it(broken, seen);
        }
    }

    fn wake(&self) -> Wake {
        self.rule.wake()
    }

    fn verdict(&self) -> Verdict {
        if let Some(end) = &self.end {
            return Verdict::Violated {
                witness: end.witness.clone(),
                why: end.why.clone(),
                assumption: end.assumption.clone(),
            };
        }
        if let Some(why) = self.rule.unknown() {
            return Verdict::Unknown { why };
        }
        match self.rule.missing() {
            Some(why) => match self.rule.excuse() {
                Some(excuse) => Verdict::Pending { why: format!("{why}; nothing is promised now: {excuse}") },
                None => Verdict::InProgress { why },
            },
            None => Verdict::Holding,
        }
    }

    fn needs(&self) -> &[Need] {
        self.needs
    }

    fn waits_since(&self) -> SimTime {
        let since = self.rule.since();
        self.crashed.map_or(since, |crashed| since.min(crashed))
    }

    fn blame(&mut self, left_out: &'static str) {
        self.left_out = Some(left_out);
    }

    fn weight(&self) -> usize {
        self.rule.weight()
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn recall(&self, recall: &mut Recall) {
        recall.word(u64::from(self.end.is_some()));
        self.rule.recall(recall);
    }

    fn clone_box(&self) -> Box<dyn Property> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests;
