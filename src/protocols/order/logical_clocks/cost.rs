//! What clocks cost, how far they count, and how many of the pairs that numbers order are ordered by nothing else.
//!
//! The rule that is easy to break: pairs are parted by what really happened before what, not by vectors; so they are counted where
//! no vector is kept, too.

use super::graph::Graph;
use super::{Config, Fact, Work};
use crate::kit::prelude::*;

const CHAIN: &str = "a token makes one chain: each of n k hops is two events, and numbers count them";
const APART: &str =
    "without messages each pair of two processes is concurrent: k (k-1) / 2 pairs in n (n-1) ways";
const SHARE: &str =
    "of n^2 k (k-1) / 2 pairs with different numbers n k (k-1) / 2 lie at one process: 1 - 1/n do not";

pub(super) static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("events", "events", "", |_| gauges::count(|f: &Fact| is_event(f)))
        .theory(events)
        .published(&[
            Published::of(&["steps=20"], 90.0, "n k own events, and a receipt for each half of them"),
            Published::of(&["steps=40", "nodes=5", "send_percent=20"], 240.0, "n k (1 + s)"),
            Published::of(&["steps=10", "nodes=8", "send_percent=100"], 160.0, "n k (1 + s)"),
            Published::of(&["work=token", "steps=5"], 30.0, CHAIN),
            Published::of(&["work=silent", "steps=10", "nodes=4"], 40.0, "n k"),
        ]),
    GaugeDef::new("largest", "the largest number", "", |_| {
        gauges::largest(pick!(
            Fact::Local { number, .. } | Fact::Sent { number, .. } | Fact::Received { number, .. }
                if *number > 0 => *number as f64
        ))
    })
    .theory(largest)
    .published(&[
        Published::of(&["work=token", "steps=5"], 30.0, CHAIN),
        Published::of(&["work=token", "steps=10", "nodes=5"], 100.0, CHAIN),
        Published::of(&["work=token", "steps=4", "nodes=8"], 64.0, CHAIN),
        Published::of(&["work=silent", "steps=10"], 10.0, "who hears nothing counts its own events"),
    ]),
    GaugeDef::new("concurrent_percent", "of the pairs that numbers order, concurrent", "%", |p| {
        Pairs::boxed(p, Count::Percent)
    })
    .theory(percent)
    .published(&[
        Published::of(&["work=silent", "steps=10"], 200.0 / 3.0, SHARE),
        Published::of(&["work=silent", "steps=10", "nodes=4"], 75.0, SHARE),
        Published::of(&["work=silent", "steps=5", "nodes=8"], 87.5, SHARE),
        Published::of(&["work=token", "steps=5"], 0.0, "in a chain no two events are concurrent"),
    ]),
    GaugeDef::new("concurrent_pairs", "pairs that numbers order, and that are concurrent", "", |p| {
        Pairs::boxed(p, Count::Concurrent)
    })
    .theory(pairs)
    .published(&[
        Published::of(&["work=silent", "steps=10"], 270.0, APART),
        Published::of(&["work=silent", "steps=10", "nodes=4"], 540.0, APART),
        Published::of(&["work=silent", "steps=5", "nodes=8"], 560.0, APART),
    ]),
    GaugeDef::new("found", "of these, made by hand", "", |p| Pairs::boxed(p, Count::Found)),
    GaugeDef::new("stamp_bytes", "size of a message's stamp", "bytes", |_| {
        gauges::mean(pick!(Fact::Sent { bytes, .. } => f64::from(*bytes)))
    })
    .theory(|p| {
        let config = Config::of(p);
        let talks = config.work == Work::Token || config.work == Work::Mixed && config.send_percent > 0;
        let numbers = f64::from(u8::from(config.numbers));
        let vector = if config.vectors { f64::from(config.nodes) } else { 0.0 };
        Some(8.0 * (numbers + vector)).filter(|_| talks)
    })
    .published(&[
        Published::of(&["clocks=lamport", "nodes=8"], 8.0, "one number of 8 bytes").at_ms(3_000),
        Published::of(&["clocks=vector"], 24.0, "n numbers of 8 bytes (Charron-Bost 1991)").at_ms(3_000),
        Published::of(&["clocks=vector", "nodes=8"], 64.0, "n numbers of 8 bytes").at_ms(3_000),
        Published::of(&["clocks=both", "nodes=5"], 48.0, "n + 1 numbers of 8 bytes").at_ms(3_000),
    ]),
    GaugeDef::new("messages", "messages sent", "", |_| gauges::sent(&["message", "token"])).theory(messages),
];

fn is_event(fact: &Fact) -> bool {
    matches!(fact, Fact::Local { .. } | Fact::Sent { .. } | Fact::Received { .. })
}

/// The number of processes, and of events of one's own, if they have an end.
fn sizes(p: &Params) -> Option<(f64, f64)> {
    let k = number(p, "steps");
    (k > 0.0).then(|| (number(p, "nodes"), k))
}

/// When all is done, every message is there.
fn events(p: &Params) -> Option<f64> {
    let (n, k) = sizes(p)?;
    Some(match Config::of(p).work {
        Work::Mixed => n * k * (1.0 + number(p, "send_percent") / 100.0),
        Work::Token => 2.0 * n * k,
        Work::Silent => n * k,
        Work::ByHand => return None,
    })
}

fn messages(p: &Params) -> Option<f64> {
    let (n, k) = sizes(p)?;
    Some(match Config::of(p).work {
        Work::Mixed => n * k * number(p, "send_percent") / 100.0,
        Work::Token => n * k,
        Work::Silent => 0.0,
        Work::ByHand => return None,
    })
}

fn largest(p: &Params) -> Option<f64> {
    let (n, k) = sizes(p).filter(|_| Config::of(p).numbers)?;
    match Config::of(p).work {
        Work::Token => Some(2.0 * n * k),
        Work::Silent => Some(k),
        Work::Mixed | Work::ByHand => None,
    }
}

fn pairs(p: &Params) -> Option<f64> {
    let (n, k) = sizes(p).filter(|_| Config::of(p).numbers)?;
    match Config::of(p).work {
        Work::Silent => Some(n * (n - 1.0) * k * (k - 1.0) / 2.0),
        Work::Token => Some(0.0),
        Work::Mixed | Work::ByHand => None,
    }
}

fn percent(p: &Params) -> Option<f64> {
    let config = Config::of(p);
    let n = f64::from(config.nodes);
    match config.work {
        Work::Silent if config.numbers && config.steps != 1 => Some(100.0 * (1.0 - 1.0 / n)),
        Work::Token if config.numbers => Some(0.0),
        _ => None,
    }
}

/// What is counted of pairs of events with different numbers.
#[derive(Clone, Copy)]
enum Count {
    Percent,
    Concurrent,
    Found,
}

#[derive(Clone)]
struct Pairs {
    count: Count,
    numbers: bool,
    graph: Graph,
    events: u64,
    ordered: u64,
    concurrent: u64,
    // The events that somebody asked for, and the pairs of them that are counted.
    asked: Vec<(NodeId, u32)>,
    found: u64,
}

impl Pairs {
    fn boxed(p: &Params, count: Count) -> Box<dyn Gauge> {
        let config = Config::of(p);
        Box::new(Pairs {
            count,
            numbers: config.numbers,
            graph: Graph::new(usize::from(config.nodes)),
            events: 0,
            ordered: 0,
            concurrent: 0,
            asked: Vec::new(),
            found: 0,
        })
    }

    /// The newest event of `node` makes a pair with each one before it.
    fn add(&mut self, node: NodeId) {
        let graph = &self.graph;
        let is_past = |(n, place): (NodeId, u32)| place <= graph.past(node, n);
        let alike = graph.alike(node);
        let apart = alike.iter().filter(|&&a| !is_past(a)).count() as u64;
        let past: u64 = graph.nodes().map(|n| u64::from(graph.past(node, n))).sum();
        // The past has the event itself in it.
        self.ordered += self.events - alike.len() as u64;
        self.concurrent += self.events + 1 - past - apart;
        self.events += 1;
        let newest = (node, graph.len(node));
        if graph.event(newest.0, newest.1).asked {
            let number = |(n, place): (NodeId, u32)| graph.event(n, place).number;
            let counts = |a: &&(NodeId, u32)| !is_past(**a) && number(**a) != number(newest);
            self.found += self.asked.iter().filter(counts).count() as u64;
            self.asked.push(newest);
        }
    }
}

impl Gauge for Pairs {
    fn after(&mut self, seen: &Seen<'_>) {
        for (node, fact) in seen.facts::<Fact>() {
            if self.numbers && self.graph.take(node, fact, seen.id) {
                self.add(node);
            }
        }
    }

    fn wake(&self) -> Wake {
        Wake::News
    }

    fn value(&self, _: &World) -> Option<f64> {
        match self.count {
            _ if !self.numbers => None,
            Count::Percent if self.ordered == 0 => None,
            Count::Percent => Some(100.0 * self.concurrent as f64 / self.ordered as f64),
            Count::Concurrent => Some(self.concurrent as f64),
            Count::Found => Some(self.found as f64),
        }
    }

    fn weight(&self) -> usize {
        self.graph.weight() + self.asked.len() * 8
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}
