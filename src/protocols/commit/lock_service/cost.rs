//! What a lock costs: messages, time from one holder to the next, and time after the death of one.
//!
//! The rule that is easy to break: formulas are for runs in which nothing is lost or late, and for clients that are either alone or
//! so many that one waits whenever the lock is released; between these they say nothing.

use super::{Fact, LONGEST_MS, SHORTEST_MS};
use crate::kit::prelude::*;
use crate::sim::{Fault, SimTime};
use std::collections::BTreeSet;

const CYCLE: &str = "release, forced write, grant, and the holding: work, gap, write, forced write, answer";

pub(super) static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("cycle_ms", "from one holder to the next", "ms", |_| Box::new(Entries::of(Rate::Apart)))
        .theory(cycle)
        .published(&[
            Published::of(&[], 192.0, CYCLE).at_ms(20_000),
            Published::of(&["clients=4", "writes=2"], 358.0, CYCLE).at_ms(20_000),
            Published::of(&["clients=8", "work_ms=20"], 112.0, CYCLE).at_ms(20_000),
            Published::of(&["clients=1"], 318.0, "and alone: freed, pause, ask, and two forced writes")
                .at_ms(20_000),
        ]),
    GaugeDef::new("per_second", "holders a second", "1/s", |_| Box::new(Entries::of(Rate::PerSecond)))
        .theory(|p| cycle(p).map(|ms| 1_000.0 / ms)),
    GaugeDef::new("messages_each", "messages each time", "", |_| Box::new(Each::default()))
        .theory(each)
        .published(&[
            Published::of(&["clients=1", "lock=plain"], 6.0, "ask, grant, write, ack, release, freed")
                .at_ms(8_000),
            Published::of(&["clients=1"], 8.0, "and a renewal, two messages").at_ms(8_000),
            Published::of(&["clients=1", "writes=2"], 12.0, "4 + 2 for a write + 2 for a renewal")
                .at_ms(8_000),
            Published::of(&["clients=1", "writes=3"], 16.0, "4 + 2 for a write + 2 for a renewal")
                .at_ms(8_000),
        ]),
    GaugeDef::new("handover_ms", "from a holder's death to the next holder", "ms", |_| {
        Box::new(Handover::default())
    })
    .theory(handover)
    .published(&[
        Published::of(&["first=dies"], 550.0, "what is left of the lease, and a message").at_ms(3_000),
        Published::of(&["first=dies", "lease_ms=1000", "work_ms=400"], 800.0, "1000 - 400 / 2").at_ms(3_000),
        Published::of(&["first=dies", "lease_ms=900", "work_ms=1000"], 876.0, "900 - (500 - 2 * 225) + 26")
            .at_ms(3_000),
    ]),
    GaugeDef::new("stale_writes", "writes after one with a newer token", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Accepted { stale: true, .. }))
    })
    .theory(|p| p.flag("fencing").then_some(0.0)),
    GaugeDef::new("refused", "writes that were refused", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Refused { .. }))
    }),
];

/// A message takes so long, in the mean.
const MESSAGE: f64 = (SHORTEST_MS + LONGEST_MS) as f64 / 2.0;

/// How long a client holds the lock, if each message takes `message`.
fn holding(p: &Params, message: f64) -> f64 {
    let once = number(p, "work_ms") + number(p, "gap_ms") + 2.0 * message + number(p, "sync_ms");
    number(p, "writes") * once
}

/// Whether an answer is always there before it is asked for again.
fn is_patient(p: &Params) -> bool {
    number(p, "retry_ms") > 2.0 * LONGEST_MS as f64 + 2.0 * number(p, "sync_ms")
}

fn works(p: &Params) -> bool {
    is_patient(p) && p.word("first") == "works"
}

/// From one entry to the next.
fn cycle(p: &Params) -> Option<f64> {
    let (sync, think, clients) = (number(p, "sync_ms"), number(p, "think_ms"), number(p, "clients"));
    let held = holding(p, MESSAGE);
    if clients < 2.0 {
        return works(p).then_some(held + 4.0 * MESSAGE + 2.0 * sync + think);
    }
    // Who has released asks again before the others are through.
    let back = think + 2.0 * LONGEST_MS as f64;
    let others = (clients - 1.0) * (holding(p, SHORTEST_MS as f64) + 2.0 * SHORTEST_MS as f64);
    (works(p) && back < others).then_some(held + 2.0 * MESSAGE + sync)
}

/// Messages for one holding of a client that is alone.
fn each(p: &Params) -> Option<f64> {
    let renewals = |message: u64| match p.word("lock") {
        "plain" => 0.0,
        _ => (holding(p, message as f64) / (number(p, "lease_ms") / 4.0)).floor(),
    };
    let (least, most) = (renewals(SHORTEST_MS), renewals(LONGEST_MS));
    let known = works(p) && number(p, "clients") < 2.0 && least == most;
    known.then_some(4.0 + 2.0 * number(p, "writes") + 2.0 * least)
}

/// The lease runs from the last grant or renewal; half of the work was done at the death. A grant takes as long to the dead one as
/// to the next, in the mean, and a renewal comes a message later than it is sent.
fn handover(p: &Params) -> Option<f64> {
    let (lease, half) = (number(p, "lease_ms"), number(p, "work_ms") / 2.0);
    let renewals = (half / (lease / 4.0)).floor();
    let left = lease - (half - renewals * lease / 4.0);
    let dies = is_patient(p) && p.word("first") == "dies" && p.word("lock") != "plain";
    let ways = if renewals > 0.0 { 2.0 * MESSAGE + number(p, "sync_ms") } else { 0.0 };
    (dies && number(p, "clients") > 1.0).then_some(left + ways)
}

#[derive(Clone, Copy)]
enum Rate {
    Apart,
    PerSecond,
}

/// When clients have entered, first and last, and how many.
#[derive(Clone)]
struct Entries {
    rate: Rate,
    first: SimTime,
    last: SimTime,
    count: u32,
}

impl Entries {
    fn of(rate: Rate) -> Self {
        Entries { rate, first: SimTime::ZERO, last: SimTime::ZERO, count: 0 }
    }
}

impl Gauge for Entries {
    fn after(&mut self, seen: &Seen<'_>) {
        for (_, fact) in seen.facts::<Fact>() {
            if matches!(fact, Fact::Entered { .. }) {
                self.last = seen.event.time;
                if self.count == 0 {
                    self.first = self.last;
                }
                self.count += 1;
            }
        }
    }

    fn wake(&self) -> Wake {
        Wake::News
    }

    fn value(&self, _: &World) -> Option<f64> {
        let us = self.last.since(self.first).0;
        let apart = us as f64 / 1_000.0 / f64::from(self.count.max(2) - 1);
        (us > 0).then_some(match self.rate {
            Rate::Apart => apart,
            Rate::PerSecond => 1_000.0 / apart,
        })
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}

/// Messages for each time that the lock was asked for, up to the last of these moments.
#[derive(Clone, Default)]
struct Each {
    sent: u32,
    until_asked: u32,
    asked: u32,
}

impl Gauge for Each {
    fn after(&mut self, seen: &Seen<'_>) {
        if seen.facts::<Fact>().any(|(_, f)| matches!(f, Fact::Asked { .. })) {
            self.asked += 1;
            self.until_asked = self.sent;
        }
        self.sent += seen.sent().count() as u32;
    }

    fn value(&self, _: &World) -> Option<f64> {
        (self.asked > 1).then(|| f64::from(self.until_asked) / f64::from(self.asked - 1))
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}

/// From the death of a holder, by a crash or of itself, to the next that enters.
#[derive(Clone, Default)]
struct Handover {
    inside: BTreeSet<NodeId>,
    died: Option<SimTime>,
    ms: Option<f64>,
}

impl Gauge for Handover {
    fn after(&mut self, seen: &Seen<'_>) {
        let now = seen.event.time;
        if let Some(Fault::Crash { node, .. }) = seen.fault()
            && self.inside.remove(node)
        {
            self.died = Some(now);
        }
        for (node, fact) in seen.facts::<Fact>() {
            match fact {
                Fact::Entered { .. } => {
                    self.inside.insert(node);
                    if let Some(died) = self.died.take() {
                        self.ms = self.ms.or(Some(now.since(died).0 as f64 / 1_000.0));
                    }
                }
                Fact::Left { .. } => _ = self.inside.remove(&node),
                Fact::Gone { .. } => {
                    self.inside.remove(&node);
                    self.died = Some(now);
                }
                _ => {}
            }
        }
    }

    fn wake(&self) -> Wake {
        Wake::News
    }

    fn value(&self, _: &World) -> Option<f64> {
        self.ms
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}
