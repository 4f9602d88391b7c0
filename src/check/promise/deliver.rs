//! Promises of links and broadcasts: no duplication, no loss, FIFO, causal and total order.
//!
//! The rule that is easy to break: orders look at first deliveries only. A copy breaks "no duplication"
//! and no order; a gap breaks "no loss" and no order.

use super::happen::leads_to;
use super::{Broken, Promised, Rule};
use crate::check::{Recall, Seen, Wake};
use crate::sim::chunks::Slices;
use crate::sim::ledger::Ledger;
use crate::sim::{EventId, Fact, NodeId};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

/// No node delivers the same message twice. `pick` reads a delivered message off a fact.
pub fn no_duplication<F: Fact, K: Ord + Clone + Display + 'static>(
    name: &'static str,
    claim: &'static str,
    pick: fn(&F) -> Option<K>,
) -> Promised<impl Rule> {
    let rule = Once { pick, first: Ledger::default() };
    Promised::safety(name, claim, rule)
}

struct Once<F, K> {
    pick: fn(&F) -> Option<K>,
    first: Ledger<(K, NodeId), EventId>,
}

impl<F, K: Clone> Clone for Once<F, K> {
    fn clone(&self) -> Self {
        Once { pick: self.pick, first: self.first.clone() }
    }
}

impl<F: Fact, K: Ord + Clone + Display + 'static> Rule for Once<F, K> {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<F>() {
            let Some(key) = (self.pick)(fact) else {
                continue;
            };
            let place = (key, node);
            if let Some(&event) = self.first.get(&place) {
                let why = format!("{} delivers {} a second time", seen.world.name(node), place.0);
                return Err(Broken::new([event, seen.id], why));
            }
            self.first.keep_first(place, seen.id);
        }
        Ok(())
    }

    fn weight(&self) -> usize {
        self.first.weight()
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(self.first.iter(), |r, ((key, node), _)| {
            r.shown(key);
            r.word(node.0);
        });
    }
}

/// Every message that is sent is delivered in the end.
pub fn no_loss<F: Fact, K: Ord + Clone + Display + 'static>(
    name: &'static str,
    claim: &'static str,
    sent: fn(&F) -> Option<K>,
    delivered: fn(&F) -> Option<K>,
) -> Promised<impl Rule> {
    leads_to(name, claim, sent, delivered)
}

/// Messages of one sender are delivered in the order in which they were sent. `pick` reads the sender
/// and the message's number off a delivery; a sender's numbers grow.
pub fn fifo_order<F: Fact>(
    name: &'static str,
    claim: &'static str,
    pick: fn(&F) -> Option<(NodeId, u64)>,
) -> Promised<impl Rule> {
    let rule = Fifo { pick, newest: BTreeMap::new(), delivered: Ledger::default() };
    Promised::safety(name, claim, rule)
}

struct Fifo<F> {
    pick: fn(&F) -> Option<(NodeId, u64)>,
    // The highest number from a sender at a receiver, and when.
    newest: BTreeMap<(NodeId, NodeId), (u64, EventId)>,
    delivered: Ledger<(u64, NodeId, NodeId), ()>,
}

impl<F> Clone for Fifo<F> {
    fn clone(&self) -> Self {
        Fifo { pick: self.pick, newest: self.newest.clone(), delivered: self.delivered.clone() }
    }
}

impl<F: Fact> Rule for Fifo<F> {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<F>() {
            let Some((from, number)) = (self.pick)(fact) else {
                continue;
            };
            let key = (number, from, node);
            if self.delivered.get(&key).is_some() {
                continue;
            }
            self.delivered.keep_first(key, ());
            let newest = self.newest.entry((from, node)).or_insert((number, seen.id));
            if newest.0 > number {
                let why = format!(
                    "{} delivers #{number} after #{}, which was sent later",
                    seen.world.name(node),
                    newest.0
                );
                return Err(Broken::new([newest.1, seen.id], why));
            }
            *newest = (number, seen.id);
        }
        Ok(())
    }

    fn weight(&self) -> usize {
        self.delivered.weight() + self.newest.len() * 24
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(self.delivered.iter(), |r, ((number, from, to), ())| {
            r.word(*number);
            r.word(u64::from(from.0) << 16 | u64::from(to.0));
        });
        recall.each(&self.newest, |r, ((from, to), (number, _))| {
            r.word(u64::from(from.0) << 16 | u64::from(to.0));
            r.word(*number);
        });
    }
}

/// No two nodes deliver two messages in different orders.
pub fn total_order<F: Fact, K: Ord + Clone + Display + 'static>(
    name: &'static str,
    claim: &'static str,
    pick: fn(&F) -> Option<K>,
) -> Promised<impl Rule> {
    let rule =
        TotalOrder { pick, place: BTreeMap::new(), counts: BTreeMap::new(), furthest: BTreeMap::new() };
    Promised::safety(name, claim, rule)
}

struct TotalOrder<F, K> {
    pick: fn(&F) -> Option<K>,
    // Where each node has each message in its order, and when it was delivered.
    place: BTreeMap<K, BTreeMap<NodeId, (u32, EventId)>>,
    counts: BTreeMap<NodeId, u32>,
    // Of what the first node has delivered: the furthest place that any of it has at the second.
    furthest: BTreeMap<(NodeId, NodeId), (u32, K)>,
}

impl<F, K: Clone> Clone for TotalOrder<F, K> {
    fn clone(&self) -> Self {
        TotalOrder {
            pick: self.pick,
            place: self.place.clone(),
            counts: self.counts.clone(),
            furthest: self.furthest.clone(),
        }
    }
}

impl<F: Fact, K: Ord + Clone + Display + 'static> TotalOrder<F, K> {
    fn deliver(&mut self, node: NodeId, key: &K, seen: &Seen<'_>) -> Result<(), Broken> {
        let places = self.place.entry(key.clone()).or_default();
        if places.contains_key(&node) {
            return Ok(());
        }
        let others = places.clone();
        let count = self.counts.entry(node).or_default();
        *count += 1;
        let here = *count;
        places.insert(node, (here, seen.id));
        for (other, (there, event)) in others {
            if let Some((furthest, earlier)) = self.furthest.get(&(node, other))
                && *furthest > there
            {
                let (a, b) = (seen.world.name(node), seen.world.name(other));
                let why = format!("{a} delivers {earlier} before {key}, and {b} {key} before {earlier}");
                let at = |n: NodeId| self.place.get(earlier).and_then(|p| p.get(&n)).map(|p| p.1);
                let events = at(node).into_iter().chain(at(other)).chain([event, seen.id]);
                return Err(Broken::new(events, why));
            }
            self.raise(node, other, there, key);
            self.raise(other, node, here, key);
        }
        Ok(())
    }

    fn raise(&mut self, of: NodeId, at: NodeId, place: u32, key: &K) {
        let furthest = self.furthest.entry((of, at)).or_insert((0, key.clone()));
        if furthest.0 < place {
            *furthest = (place, key.clone());
        }
    }
}

impl<F: Fact, K: Ord + Clone + Display + 'static> Rule for TotalOrder<F, K> {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<F>() {
            if let Some(key) = (self.pick)(fact) {
                self.deliver(node, &key, seen)?;
            }
        }
        Ok(())
    }

    fn weight(&self) -> usize {
        let places: usize = self.place.values().map(|p| 48 + p.len() * 16).sum();
        places + self.furthest.len() * 32
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(&self.place, |r, (key, places)| {
            r.shown(key);
            r.each(places, |r, (node, (place, _))| {
                r.word(node.0);
                r.word(*place);
            });
        });
    }
}

/// No message is delivered before one that may have caused it: that its sender had sent or delivered
/// before it was sent (Birman and Joseph 1987).
pub fn causal_order<F: Fact, K: Ord + Clone + Display + 'static>(
    name: &'static str,
    claim: &'static str,
    sent: fn(&F) -> Option<K>,
    delivered: fn(&F) -> Option<K>,
) -> Promised<impl Rule> {
    let rule = CausalOrder {
        sent,
        delivered,
        past: BTreeMap::new(),
        known: BTreeMap::new(),
        order: Slices::default(),
    };
    Promised::safety(name, claim, rule)
}

struct CausalOrder<F, K> {
    sent: fn(&F) -> Option<K>,
    delivered: fn(&F) -> Option<K>,
    // What each message comes after, by its number in `order`.
    past: BTreeMap<K, (u32, BTreeSet<u32>)>,
    // What each node has sent or delivered, with everything before it.
    known: BTreeMap<NodeId, BTreeSet<u32>>,
    order: Slices<(K, EventId)>,
}

impl<F, K: Clone> Clone for CausalOrder<F, K> {
    fn clone(&self) -> Self {
        CausalOrder { past: self.past.clone(), known: self.known.clone(), order: self.order.clone(), ..*self }
    }
}

impl<F: Fact, K: Ord + Clone + Display + 'static> CausalOrder<F, K> {
    fn send(&mut self, node: NodeId, key: K, event: EventId) {
        let known = self.known.entry(node).or_default();
        // Who sends on what another has sent adds no cause.
        if let Some((number, _)) = self.past.get(&key) {
            known.insert(*number);
            return;
        }
        let number = self.order.len() as u32;
        self.past.insert(key.clone(), (number, known.clone()));
        known.insert(number);
        self.order.push((key, event));
    }

    fn deliver(&mut self, node: NodeId, key: &K, seen: &Seen<'_>) -> Result<(), Broken> {
        let Some((number, past)) = self.past.get(key) else {
            return Ok(());
        };
        let known = self.known.entry(node).or_default();
        if let Some(&missing) = past.difference(known).next() {
            let (earlier, event) = self.order.at(missing as usize).clone();
            let who = seen.world.name(node);
            let why = format!("{who} delivers {key} before {earlier}, which came before it");
            return Err(Broken::new([event, seen.event.cause, seen.id], why));
        }
        known.insert(*number);
        Ok(())
    }
}

impl<F: Fact, K: Ord + Clone + Display + 'static> Rule for CausalOrder<F, K> {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<F>() {
            if let Some(key) = (self.sent)(fact) {
                self.send(node, key, seen.id);
            }
            if let Some(key) = (self.delivered)(fact) {
                self.deliver(node, &key, seen)?;
            }
        }
        Ok(())
    }

    fn weight(&self) -> usize {
        let sets: usize = self.known.values().map(|s| 24 + s.len() * 4).sum();
        let past: usize = self.past.values().map(|(_, p)| 48 + p.len() * 4).sum();
        sets + past + self.order.weight()
    }

    fn recall(&self, recall: &mut Recall) {
        let named = |r: &mut Recall, number: &u32| r.shown(&self.order.at(*number as usize).0);
        recall.each(&self.past, |r, (key, (_, past))| {
            r.shown(key);
            r.each(past, named);
        });
        recall.each(&self.known, |r, (node, known)| {
            r.word(node.0);
            r.each(known, named);
        });
    }
}
