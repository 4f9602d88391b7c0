//! Promises about values that several nodes come to: agreement, at most one holder an epoch, integrity,
//! no creation, equal prefixes.
//!
//! The rule that is easy to break: agreement is uniform here, as long as the protocol tells a decision
//! in the event in which it is made: what a node decided before it crashed counts.

use super::{Broken, Promised, Rule};
use crate::check::{Recall, Seen, Wake};
use crate::sim::ledger::Ledger;
use crate::sim::{EventId, Fact, NodeId};
use std::collections::BTreeMap;
use std::fmt::Display;

/// What a decision is about, where there is only one thing to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Only;

impl Display for Only {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

/// ` (entry 3)`, or nothing.
fn about(key: &impl Display) -> String {
    match key.to_string() {
        key if key.is_empty() => key,
        key => format!(" ({key})"),
    }
}

/// No two nodes decide differently about the same thing.
///
/// `pick` reads a decision off a fact: what it is about ([`Only`] where there is one thing), and the value;
/// `verb` stands before the value in a sentence: "decides"; nothing, where the value is a verb.
pub fn agreement<F: Fact, K, V>(
    name: &'static str,
    claim: &'static str,
    verb: &'static str,
    pick: fn(&F) -> Option<(K, V)>,
) -> Promised<impl Rule>
where
    K: Ord + Clone + Display + 'static,
    V: PartialEq + Clone + Display + 'static,
{
    let rule = Agreement { verb, pick, first: Ledger::default() };
    Promised::safety(name, claim, rule)
}

struct Agreement<F, K, V> {
    verb: &'static str,
    pick: fn(&F) -> Option<(K, V)>,
    first: Ledger<K, (V, NodeId, EventId)>,
}

impl<F, K: Clone, V: Clone> Clone for Agreement<F, K, V> {
    fn clone(&self) -> Self {
        Agreement { verb: self.verb, pick: self.pick, first: self.first.clone() }
    }
}

impl<F: Fact, K, V> Rule for Agreement<F, K, V>
where
    K: Ord + Clone + Display + 'static,
    V: PartialEq + Clone + Display + 'static,
{
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<F>() {
            let Some((key, value)) = (self.pick)(fact) else {
                continue;
            };
            match self.first.get(&key) {
                Some((first, by, event)) if *first != value => {
                    let name = |n| seen.world.name(n);
                    let (a, b) = (name(*by), name(node));
                    let first = format!("{} {first}", self.verb);
                    let why = format!("{a} {}, and {b} {value}{}", first.trim(), about(&key));
                    return Err(Broken::new([*event, seen.id], why));
                }
                Some(_) => {}
                None => self.first.keep_first(key, (value, node, seen.id)),
            }
        }
        Ok(())
    }

    fn weight(&self) -> usize {
        self.first.weight()
    }

    fn recall(&self, recall: &mut Recall) {
        // Who was first is told in the sentence alone.
        recall.each(self.first.iter(), |r, (key, (value, ..))| {
            r.shown(key);
            r.shown(value);
        });
    }
}

/// At most one node holds what there is one of in an epoch: a leader a term, a holder a token.
///
/// `pick` reads the epoch off the fact by which a node says that it holds it now.
pub fn at_most_one<F: Fact, K>(
    name: &'static str,
    claim: &'static str,
    pick: fn(&F) -> Option<K>,
) -> Promised<impl Rule>
where
    K: Ord + Clone + Display + 'static,
{
    let rule = AtMostOne { pick, first: Ledger::default() };
    Promised::safety(name, claim, rule)
}

struct AtMostOne<F, K> {
    pick: fn(&F) -> Option<K>,
    first: Ledger<K, (NodeId, EventId)>,
}

impl<F, K: Clone> Clone for AtMostOne<F, K> {
    fn clone(&self) -> Self {
        AtMostOne { pick: self.pick, first: self.first.clone() }
    }
}

impl<F: Fact, K: Ord + Clone + Display + 'static> Rule for AtMostOne<F, K> {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<F>() {
            let Some(key) = (self.pick)(fact) else {
                continue;
            };
            match self.first.get(&key) {
                Some(&(by, event)) if by != node => {
                    let name = |n| seen.world.name(n);
                    let why = format!("both {} and {} in {key}", name(by), name(node));
                    return Err(Broken::new([event, seen.id], why));
                }
                Some(_) => {}
                None => self.first.keep_first(key, (node, seen.id)),
            }
        }
        Ok(())
    }

    fn weight(&self) -> usize {
        self.first.weight()
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(self.first.iter(), |r, (key, (node, _))| {
            r.shown(key);
            r.word(node.0);
        });
    }
}

/// No node changes its mind: what it has decided about a thing it decides for ever. It may say so again.
pub fn integrity<F: Fact, K, V>(
    name: &'static str,
    claim: &'static str,
    pick: fn(&F) -> Option<(K, V)>,
) -> Promised<impl Rule>
where
    K: Ord + Clone + Display + 'static,
    V: PartialEq + Clone + Display + 'static,
{
    let rule = Integrity { pick, first: Ledger::default() };
    Promised::safety(name, claim, rule)
}

struct Integrity<F, K, V> {
    pick: fn(&F) -> Option<(K, V)>,
    first: Ledger<(K, NodeId), (V, EventId)>,
}

impl<F, K: Clone, V: Clone> Clone for Integrity<F, K, V> {
    fn clone(&self) -> Self {
        Integrity { pick: self.pick, first: self.first.clone() }
    }
}

impl<F: Fact, K, V> Rule for Integrity<F, K, V>
where
    K: Ord + Clone + Display + 'static,
    V: PartialEq + Clone + Display + 'static,
{
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<F>() {
            let Some((key, value)) = (self.pick)(fact) else {
                continue;
            };
            let place = (key, node);
            match self.first.get(&place) {
                Some((first, event)) if *first != value => {
                    let (key, who) = (&place.0, seen.world.name(node));
                    let why = format!("{who} said {first} first, and now {value}{}", about(key));
                    return Err(Broken::new([*event, seen.id], why));
                }
                Some(_) => {}
                None => self.first.keep_first(place, (value, seen.id)),
            }
        }
        Ok(())
    }

    fn weight(&self) -> usize {
        self.first.weight()
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(self.first.iter(), |r, ((key, node), (value, _))| {
            r.shown(key);
            r.word(node.0);
            r.shown(value);
        });
    }
}

/// What is decided, delivered or read was proposed, sent or written before (validity, no creation).
///
/// `made` reads off a fact what came into the world, `used` what was made use of.
pub fn no_creation<F: Fact, V>(
    name: &'static str,
    claim: &'static str,
    made: fn(&F) -> Option<V>,
    used: fn(&F) -> Option<V>,
) -> Promised<impl Rule>
where
    V: Ord + Clone + Display + 'static,
{
    let rule = NoCreation { made, used, known: Ledger::default() };
    Promised::safety(name, claim, rule)
}

struct NoCreation<F, V> {
    made: fn(&F) -> Option<V>,
    used: fn(&F) -> Option<V>,
    known: Ledger<V, ()>,
}

impl<F, V: Clone> Clone for NoCreation<F, V> {
    fn clone(&self) -> Self {
        NoCreation { known: self.known.clone(), ..*self }
    }
}

impl<F: Fact, V: Ord + Clone + Display + 'static> Rule for NoCreation<F, V> {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<F>() {
            if let Some(value) = (self.made)(fact) {
                self.known.keep_first(value, ());
            }
            if let Some(value) = (self.used)(fact)
                && self.known.get(&value).is_none()
            {
                let why = format!("{} has {value}, which nobody brought in", seen.world.name(node));
                return Err(Broken::new([seen.event.cause, seen.id], why));
            }
        }
        Ok(())
    }

    fn weight(&self) -> usize {
        self.known.weight()
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(self.known.iter(), |r, (value, ())| r.shown(value));
    }
}

/// The lists of all nodes are equal as far as both go: one is a prefix of the other.
///
/// `pick` reads off a fact what a node has appended to its list.
pub fn same_prefix<F: Fact, V>(
    name: &'static str,
    claim: &'static str,
    pick: fn(&F) -> Option<V>,
) -> Promised<impl Rule>
where
    V: PartialEq + Clone + Display + 'static,
{
    let rule = SamePrefix { pick, longest: Ledger::default(), lengths: BTreeMap::new() };
    Promised::safety(name, claim, rule)
}

struct SamePrefix<F, V> {
    pick: fn(&F) -> Option<V>,
    // What stands at each place of the longest list, and who put it there first.
    longest: Ledger<u32, (V, NodeId, EventId)>,
    lengths: BTreeMap<NodeId, u32>,
}

impl<F, V: Clone> Clone for SamePrefix<F, V> {
    fn clone(&self) -> Self {
        SamePrefix { pick: self.pick, longest: self.longest.clone(), lengths: self.lengths.clone() }
    }
}

impl<F: Fact, V: PartialEq + Clone + Display + 'static> Rule for SamePrefix<F, V> {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<F>() {
            let Some(value) = (self.pick)(fact) else {
                continue;
            };
            let place = self.lengths.entry(node).or_default();
            *place += 1;
            match self.longest.get(place) {
                Some((first, by, event)) if *first != value => {
                    let name = |n| seen.world.name(n);
                    let why =
                        format!("at place {place}, {} has {first}, and {} {value}", name(*by), name(node));
                    return Err(Broken::new([*event, seen.id], why));
                }
                Some(_) => {}
                None => self.longest.keep_first(*place, (value, node, seen.id)),
            }
        }
        Ok(())
    }

    fn weight(&self) -> usize {
        self.longest.weight() + self.lengths.len() * 16
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(self.longest.iter(), |r, (place, (value, ..))| {
            r.word(*place);
            r.shown(value);
        });
        recall.each(&self.lengths, |r, (node, length)| {
            r.word(node.0);
            r.word(*length);
        });
    }
}
