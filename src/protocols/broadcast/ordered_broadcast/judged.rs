//! What an ordered broadcast promises: of each order what it gives, and of all that nothing is doubled, made up or forgotten.
//!
//! The rule that is easy to break: order is judged by who really sent and delivered what before what. No place, vector or time of the
//! protocol's own is read.

use super::item::{Id, Op, name};
use super::{Config, Fact, Order};
use crate::kit::prelude::*;
use crate::sim::SimTime;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A message and what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Said(Id, Op);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.1, self.0)
    }
}

fn sent(fact: &Fact) -> Option<Said> {
    match fact {
        Fact::Broadcast { from, number, op, .. } => Some(Said(Id { from: *from, number: *number }, *op)),
        _ => None,
    }
}

fn delivered(fact: &Fact) -> Option<Said> {
    match fact {
        Fact::Delivered { from, number, op, .. } => Some(Said(Id { from: *from, number: *number }, *op)),
        _ => None,
    }
}

const WAITS: &str = "each waits until it is its turn, and nobody lies";

pub(super) fn promises(params: &Params) -> Vec<Box<dyn Property>> {
    let config = Config::of(params);
    let mut all: Vec<Box<dyn Property>> = Vec::new();
    let honest: &[Need] = &[Need::Correct];
    if config.order != Order::None {
        let claim = "messages of one sender are delivered in the order of sending";
        let rule = fifo_order("FIFO order", claim, |f| delivered(f).map(|said| (said.0.from, said.0.number)));
        all.push(rule.needs(honest).rests_on(WAITS).boxed());
    }
    if config.order >= Order::Causal {
        let claim = "no message is delivered before one that its sender had sent or delivered before it";
        let before: fn(&Fact) -> Option<Id> = |f| sent(f).map(|said| said.0);
        let rule = causal_order("Causal order", claim, before, |f| delivered(f).map(|said| said.0));
        all.push(rule.needs(honest).rests_on(WAITS).boxed());
    }
    if config.order.is_total() {
        let claim = "no two processes deliver two messages in different orders";
        let rule = total_order("Total order", claim, |f| delivered(f).map(|said| said.0));
        all.push(rule.needs(honest).rests_on(WAITS).boxed());
        let claim = "what two processes have delivered is the same, as far as both have come";
        all.push(same_prefix("One history", claim, delivered).needs(honest).rests_on(WAITS).boxed());
    }
    let claim = "no process delivers a message twice";
    let twice = no_duplication("No duplication", claim, |f| delivered(f).map(|said| said.0));
    all.push(twice.needs(honest).rests_on("each remembers what it has delivered").boxed());
    let claim = "what is delivered was broadcast, by that process, in these words";
    let made = no_creation("No creation", claim, sent, delivered);
    all.push(made.needs(honest).rests_on("nobody lies, and messages arrive as they were sent").boxed());
    let claim = "what is broadcast is delivered by everybody in the end";
    let everybody = Everybody { nodes: config.nodes, open: BTreeMap::new() };
    all.push(
        Promised::liveness("Everything arrives", claim, everybody)
            .needs(&[Need::NoLoss, Need::NoCrash, Need::NoPause, Need::Correct, Need::Pace])
            .rests_on("what is sent is received, and nobody crashes: nothing is sent again")
            .boxed(),
    );
    all
}

/// Who has not delivered what, and since when it is on its way.
#[derive(Clone)]
struct Everybody {
    nodes: u16,
    open: BTreeMap<Id, (SimTime, BTreeSet<NodeId>)>,
}

/// How many of what is missing are named.
const NAMED: usize = 4;

impl Rule for Everybody {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<Fact>() {
            if let Some(Said(id, _)) = sent(fact) {
                self.open.insert(id, (seen.event.time, (0..self.nodes).map(NodeId).collect()));
            }
            if let Some(Said(id, _)) = delivered(fact)
                && let Some((_, missing)) = self.open.get_mut(&id)
            {
                missing.remove(&node);
                if missing.is_empty() {
                    self.open.remove(&id);
                }
            }
        }
        Ok(())
    }

    fn missing(&self) -> Option<String> {
        let few = self.open.iter().take(NAMED).map(|(id, (_, missing))| {
            let who: Vec<String> = missing.iter().map(|&n| name(n)).collect();
            format!("{id} at {}", who.join(", "))
        });
        let few: Vec<String> = few.collect();
        let more = if self.open.len() > NAMED { "; ..." } else { "" };
        (!few.is_empty()).then(|| format!("not delivered yet: {}{more}", few.join("; ")))
    }

    fn since(&self) -> SimTime {
        self.open.values().map(|(since, _)| *since).min().unwrap_or_default()
    }

    fn weight(&self) -> usize {
        self.open.values().map(|(_, missing)| 64 + missing.len() * 2).sum()
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(&self.open, |r, (id, (_, missing))| {
            r.shown(id);
            r.each(missing, |r, node| r.word(node.0));
        });
    }
}
