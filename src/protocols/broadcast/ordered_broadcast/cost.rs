//! What an order costs, in messages and in delays, and what becomes of replicas without one.
//!
//! The rule that is easy to break: the formulas know no run. They count who has to hear of a message, and over how many stations.

use super::setup::{Config, Order, Work};
use super::{Fact, Id, Process};
use crate::kit::prelude::*;
use crate::sim::SimTime;
use std::collections::BTreeMap;

const ALL: &str = "n - 1: to each of the others";
const SEQ: &str = "(n^2 - 1) / n: n, and n - 1 of the sequencer's own";
const ACKS: &str = "(n - 1) + (n - 1)^2: each of the others tells all but itself";
const ONE: &str = "straight from the sender";
const VIA: &str = "2 - 1/n: by the sequencer, but for its own";
const OVERTAKES: &str = "(n - 2) (1 - d/s)^3 / 6 of each claim: one way of d + U(0, s) takes longer than two";
const BACK: &str = "there, and the acknowledgements to all";

pub(super) const GAUGES: &[GaugeDef] = &[
    GaugeDef::new("per_broadcast", "messages per broadcast", "", |_| {
        Box::new(Ratio { sent: 0, broadcasts: 0 })
    })
    .theory(messages)
    .published(&[
        Published::of(&["order=none", "work=turns", "count=3", "nodes=4"], 3.0, ALL),
        Published::of(&["order=fifo", "work=turns", "count=3", "nodes=5"], 4.0, ALL),
        Published::of(&["order=causal", "work=turns", "count=3"], 2.0, ALL),
        Published::of(&["order=causal", "work=turns", "count=3", "nodes=4"], 3.0, ALL),
        Published::of(&["order=causal", "work=random", "count=5", "nodes=8"], 7.0, ALL),
        Published::of(&["order=sequencer", "work=turns", "count=3"], 8.0 / 3.0, SEQ),
        Published::of(&["order=sequencer", "work=turns", "count=3", "nodes=4"], 15.0 / 4.0, SEQ),
        Published::of(&["order=sequencer", "work=random", "count=5", "nodes=8"], 63.0 / 8.0, SEQ),
        Published::of(&["order=sequencer", "work=chat", "count=4"], 2.5, "n - 1 of P1's, n of P2's"),
        Published::of(
            &["order=sequencer", "work=race", "count=4", "nodes=4"],
            4.0,
            "n: none is the sequencer's",
        ),
        Published::of(&["order=lamport", "work=turns", "count=3"], 6.0, ACKS),
        Published::of(&["order=lamport", "work=race", "count=3", "nodes=4"], 12.0, ACKS),
        Published::of(&["order=lamport", "work=random", "count=5", "nodes=8"], 56.0, ACKS),
    ]),
    GaugeDef::new("hops", "delays until everybody has delivered", "hops", |p| {
        let config = Config::of(p);
        let delay = config.delay.0 as f64 + config.spread.0 as f64 / 2.0;
        Box::new(Spread { nodes: config.nodes, delay, open: BTreeMap::new(), sum_us: 0, count: 0 })
    })
    .theory(hops)
    .published(&[
        Published::of(&["order=none", "work=turns", "count=3", "spread_ms=0", "nodes=4"], 1.0, ONE),
        Published::of(&["order=fifo", "work=turns", "count=3", "spread_ms=0", "nodes=5"], 1.0, ONE),
        Published::of(&["order=causal", "work=turns", "count=3", "spread_ms=0", "nodes=3"], 1.0, ONE),
        Published::of(
            &["order=sequencer", "work=turns", "count=3", "spread_ms=0", "nodes=3"],
            5.0 / 3.0,
            VIA,
        ),
        Published::of(&["order=sequencer", "work=turns", "count=3", "spread_ms=0", "nodes=4"], 1.75, VIA),
        Published::of(&["order=sequencer", "work=turns", "count=3", "spread_ms=0", "nodes=8"], 1.875, VIA),
        Published::of(&["order=lamport", "work=turns", "count=3", "spread_ms=0", "nodes=3"], 2.0, BACK),
        Published::of(&["order=lamport", "work=turns", "count=3", "spread_ms=0", "nodes=4"], 2.0, BACK),
        Published::of(&["order=lamport", "work=turns", "count=3", "spread_ms=0", "nodes=8"], 2.0, BACK),
    ]),
    GaugeDef::new("diverged", "pairs that have delivered the same and have another x", "", |_| {
        gauges::reading(|w| Some(diverged(w) as f64))
    })
    .theory(|p| Config::of(p).order.is_total().then_some(0.0))
    .published(&[
        Published::of(&["order=sequencer", "work=race", "nodes=4"], 0.0, "one order, one state"),
        Published::of(&["order=lamport", "work=race", "nodes=4"], 0.0, "one order, one state"),
        Published::of(&["order=lamport", "count=5", "nodes=8"], 0.0, "one order, one state"),
    ]),
    GaugeDef::new("early", "answers delivered before what they answer", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Early { .. }))
    })
    .theory(early)
    .published(&[
        Published::of(&["order=fifo", "work=chat", "count=20"], 2.43, OVERTAKES),
        Published::of(&["order=fifo", "work=chat", "count=20", "nodes=5"], 7.29, OVERTAKES),
        Published::of(&["order=none", "work=chat", "count=20", "nodes=8", "spread_ms=100"], 10.24, OVERTAKES),
        Published::of(&["order=fifo", "work=chat", "count=20", "nodes=2"], 0.0, "of two none is a third"),
        Published::of(&["order=causal", "work=chat"], 0.0, "an answer comes after what it answers"),
        Published::of(&["order=sequencer", "work=chat"], 0.0, "an answer comes after what it answers"),
        Published::of(&["order=lamport", "work=chat"], 0.0, "an answer comes after what it answers"),
    ]),
    GaugeDef::new("held", "messages that wait to be delivered", "", |_| {
        gauges::reading(|w| {
            let all = w.node_ids().filter_map(|n| w.node_as::<Process>(n));
            Some(all.map(|p| p.held.len()).sum::<usize>() as f64)
        })
    }),
];

fn messages(p: &Params) -> Option<f64> {
    let config = Config::of(p);
    let n = f64::from(config.nodes);
    if config.count == 0 || config.work == Work::ByHand {
        return None;
    }
    Some(match (config.order, config.work) {
        (Order::None | Order::Fifo | Order::Causal, _) => n - 1.0,
        (Order::Sequencer, Work::Chat) => n - 0.5,
        (Order::Sequencer, Work::Race) if config.nodes > 2 => n,
        (Order::Sequencer, _) => (n * n - 1.0) / n,
        (Order::Lamport, _) => (n - 1.0) + (n - 1.0) * (n - 1.0),
    })
}

/// Where messages take equally long, and one is through before the next begins.
fn hops(p: &Params) -> Option<f64> {
    let config = Config::of(p);
    let n = f64::from(config.nodes);
    if config.work != Work::Turns || config.spread.0 > 0 || config.gap.0 < 3 * config.delay.0 {
        return None;
    }
    Some(match config.order {
        Order::None | Order::Fifo | Order::Causal => 1.0,
        Order::Sequencer => 2.0 - 1.0 / n,
        Order::Lamport => 2.0,
    })
}

/// At each third process: that one delay of d + s U takes longer than two, U1 > d/s + U2 + U3. Claims do not meet if the gap is long enough.
fn early(p: &Params) -> Option<f64> {
    let config = Config::of(p);
    let (n, delay, spread) = (f64::from(config.nodes), config.delay.0, config.spread.0);
    if config.order >= Order::Causal {
        return Some(0.0);
    }
    if config.work != Work::Chat || config.count == 0 || config.gap.0 < 2 * (delay + spread) {
        return None;
    }
    let room = if spread > delay { 1.0 - delay as f64 / spread as f64 } else { 0.0 };
    Some(f64::from(config.count) * (n - 2.0) * room * room * room / 6.0)
}

fn diverged(world: &World) -> usize {
    let all: Vec<&Process> = world.node_ids().filter_map(|n| world.node_as::<Process>(n)).collect();
    let pair = |i: usize, j: usize| {
        let (a, b) = (all[i], all[j]);
        !a.out && !b.out && a.shown == b.shown && a.x != b.x
    };
    (0..all.len()).map(|i| (0..i).filter(|&j| pair(i, j)).count()).sum()
}

/// How many messages were sent for each broadcast.
#[derive(Clone)]
struct Ratio {
    sent: u64,
    broadcasts: u64,
}

impl Gauge for Ratio {
    fn after(&mut self, seen: &Seen<'_>) {
        self.sent += seen.sent().count() as u64;
        let begun = |(_, f): &(NodeId, &Fact)| matches!(f, Fact::Broadcast { .. });
        self.broadcasts += seen.facts::<Fact>().filter(begun).count() as u64;
    }

    fn value(&self, _: &World) -> Option<f64> {
        (self.broadcasts > 0).then(|| self.sent as f64 / self.broadcasts as f64)
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}

/// How long it takes until all have delivered a message, in mean delays of a link.
#[derive(Clone)]
struct Spread {
    nodes: u16,
    delay: f64,
    // Since when, and how many have it.
    open: BTreeMap<Id, (SimTime, u16)>,
    sum_us: u64,
    count: u64,
}

impl Gauge for Spread {
    fn after(&mut self, seen: &Seen<'_>) {
        let now = seen.event.time;
        for (_, fact) in seen.facts::<Fact>() {
            match *fact {
                Fact::Broadcast { from, number, .. } => {
                    self.open.insert(Id { from, number }, (now, 0));
                }
                Fact::Delivered { from, number, .. } => {
                    let id = Id { from, number };
                    let Some((since, have)) = self.open.get_mut(&id) else {
                        continue;
                    };
                    *have += 1;
                    if *have == self.nodes {
                        self.sum_us += now.us() - since.us();
                        self.count += 1;
                        self.open.remove(&id);
                    }
                }
                _ => {}
            }
        }
    }

    fn wake(&self) -> Wake {
        Wake::News
    }

    fn value(&self, _: &World) -> Option<f64> {
        (self.count > 0).then(|| self.sum_us as f64 / self.count as f64 / self.delay)
    }

    fn weight(&self) -> usize {
        self.open.len() * 24
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}
