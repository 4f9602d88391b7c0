//! How good a detector is (Chen, Toueg, Aguilera 2000): how soon it notices a crash, how often it is wrong, and
//! for how long; measured, and computed from period, T and the delays.
//!
//! The rule that is easy to break: rates are rates of a run that has settled. The first ten periods do
//! not count.

use super::age;
use super::judged::down;
use super::{Fact, bounds};
use crate::kit::heartbeat::Pulse;
use crate::kit::prelude::*;
use crate::sim::SimTime;
use std::collections::BTreeMap;

/// What is measured.
#[derive(Clone, Copy, PartialEq)]
enum What {
    LateShare,
    MistakesPerS,
    WrongMs,
    DetectionMs,
}

/// A pair of which the first watches the second.
type Pair = (NodeId, NodeId);

/// One look at the quality of all detectors of a run.
#[derive(Clone)]
struct Quality {
    what: What,
    nodes: u16,
    period: Span,
    late: Span,
    in_time: u32,
    too_late: u32,
    mistakes: u32,
    // Of mistakes that have ended: how many, and how long they took.
    ended: (u32, u64),
    since: BTreeMap<Pair, SimTime>,
    crashed: BTreeMap<NodeId, SimTime>,
}

fn quality(what: What, p: &Params) -> Box<dyn Gauge> {
    Box::new(Quality {
        what,
        nodes: p.int("nodes") as u16,
        period: p.ms("period_ms"),
        late: p.ms("timeout_ms"),
        in_time: 0,
        too_late: 0,
        mistakes: 0,
        ended: (0, 0),
        since: BTreeMap::new(),
        crashed: BTreeMap::new(),
    })
}

impl Quality {
    fn settled_us(&self) -> u64 {
        10 * self.period.0
    }

    fn suspects(&mut self, now: SimTime, pair: Pair) {
        self.since.insert(pair, now);
        let false_one = !self.crashed.contains_key(&pair.1);
        if false_one && now.us() >= self.settled_us() {
            self.mistakes += 1;
        }
    }

    fn trusts(&mut self, now: SimTime, pair: Pair) {
        let Some(since) = self.since.remove(&pair) else {
            return;
        };
        if !self.crashed.contains_key(&pair.1) && since.us() >= self.settled_us() {
            self.ended.0 += 1;
            self.ended.1 += now.us() - since.us();
        }
    }

    /// The mean over all who run and have noticed a crash that lasts; who suspected before, took no time.
    fn detection(&self, world: &World) -> Option<f64> {
        let took = self.since.iter().filter_map(|((p, q), since)| {
            let crash = self.crashed.get(q)?;
            (!down(world, *p)).then(|| since.us().saturating_sub(crash.us()) as f64)
        });
        let took: Vec<f64> = took.collect();
        (!took.is_empty()).then(|| took.iter().sum::<f64>() / took.len() as f64 / 1_000.0)
    }
}

impl Gauge for Quality {
    fn after(&mut self, seen: &Seen<'_>) {
        let now = seen.event.time;
        if seen.event.kind == EventKind::Fault {
            for node in seen.world.node_ids() {
                if down(seen.world, node) {
                    self.crashed.entry(node).or_insert(now);
                    self.since.retain(|(p, _), _| *p != node);
                } else {
                    self.crashed.remove(&node);
                }
            }
        }
        self.too_late += u32::from(seen.event.kind == EventKind::Lost);
        for (p, fact) in seen.facts::<Fact>() {
            match *fact {
                Fact::Suspects { whom } => self.suspects(now, (p, whom)),
                Fact::Trusts { whom } => self.trusts(now, (p, whom)),
                Fact::Heard { whom, number } => {
                    let sent = Pulse::of(whom, self.nodes, self.period).sent_us(number);
                    match now.us() <= sent + self.late.0 {
                        true => self.in_time += 1,
                        false => self.too_late += 1,
                    }
                }
            }
        }
    }

    fn value(&self, world: &World) -> Option<f64> {
        let now = world.now();
        match self.what {
            What::LateShare => {
                let (in_time, late) = (f64::from(self.in_time), f64::from(self.too_late));
                (in_time + late > 0.0).then(|| late / (in_time + late))
            }
            What::MistakesPerS => {
                let us = now.us().checked_sub(self.settled_us())?;
                let pairs = f64::from(self.nodes) * f64::from(self.nodes - 1);
                (us > 0).then(|| f64::from(self.mistakes) * 1e6 / us as f64 / pairs)
            }
            What::WrongMs => {
                let (n, us) = self.ended;
                (n > 0).then(|| us as f64 / 1_000.0 / f64::from(n))
            }
            What::DetectionMs => self.detection(world),
        }
    }

    fn weight(&self) -> usize {
        self.since.len() * 24
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}

/// The chance that a heartbeat has not come `ms` after it was sent.
pub(super) fn missing(p: &Params, ms: f64) -> f64 {
    let (loss, mean) = (number(p, "loss_percent") / 100.0, number(p, "mean_ms"));
    let slower = match bounds(p) {
        Some((min, max)) => {
            let (min, max) = (min.0 as f64 / 1e3, max.0 as f64 / 1e3);
            ((max - ms) / (max - min)).clamp(0.0, 1.0)
        }
        None => libm::exp(-ms.max(0.0) / mean),
    };
    loss + (1.0 - loss) * slower
}

/// NFD-S: how many mistakes a second, and how long each takes in milliseconds. `u(x)` is the chance that
/// nothing fresh is there `x` after a freshness point: that none of heartbeats i, i+1, ... sent by then has come.
fn mistakes(p: &Params) -> Option<(f64, f64)> {
    if p.word("rule") != "fresh" {
        return None;
    }
    let (period, late) = (number(p, "period_ms"), number(p, "timeout_ms"));
    let sent = (late / period).ceil() as i64;
    let u = |x: f64| -> f64 {
        let one = |j: i64| missing(p, late + x - j as f64 * period);
        (0..=sent).map(one).product()
    };
    // Before, it was trusted: heartbeat i-1 had come, which was sent T and a period ago.
    let start = (1.0 - missing(p, late + period)) * u(0.0);
    let steps = 4_000;
    let width = period / f64::from(steps);
    let weight = |i| match i {
        0 => 1.0,
        _ if i == steps => 1.0,
        _ => f64::from(2 + 2 * (i % 2)),
    };
    let sum: f64 = (0..=steps).map(|i| weight(i) * u(f64::from(i) * width)).sum();
    let wrong = sum * width / 3.0;
    Some((start / period * 1e3, wrong / start))
}

pub(super) static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("late", "heartbeats later than T, or lost", "", |p| quality(What::LateShare, p))
        .theory(|p| Some(missing(p, number(p, "timeout_ms"))))
        .published(&[
            Published::of(&["timeout_ms=100"], 0.135_335, "e^(-T/50)"),
            Published::of(&["timeout_ms=200"], 0.018_316, "e^(-T/50)"),
            Published::of(&["timeout_ms=400"], 0.000_335, "e^(-T/50)"),
        ]),
    GaugeDef::new("mistakes_per_s", "false suspicions of one by one", "1/s", |p| {
        quality(What::MistakesPerS, p)
    })
    .theory(|p| mistakes(p).map(|m| m.0))
    .published(&[
        Published::of(&[], 0.036_631, NFD_S),
        Published::of(&["timeout_ms=100"], 0.270_669, NFD_S),
        Published::of(&["loss_percent=10"], 0.209_671, NFD_S),
        Published::of(&["period_ms=100", "loss_percent=10"], 0.231_951, NFD_S),
    ]),
    GaugeDef::new("wrong_ms", "how long a false suspicion takes", "ms", |p| quality(What::WrongMs, p))
        .theory(|p| mistakes(p).map(|m| m.1).filter(|ms| ms.is_finite()))
        .published(&[
            Published::of(&[], 49.938, NFD_S),
            Published::of(&["timeout_ms=100"], 49.992, NFD_S),
            Published::of(&["loss_percent=10"], 355.231, NFD_S),
            Published::of(&["period_ms=100", "loss_percent=10"], 38.340, NFD_S),
        ]),
    GaugeDef::new("suspicions", "how often one suspected another", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Suspects { .. }))
    }),
    GaugeDef::new("detection_ms", "from a crash to suspicion for good", "ms", |p| {
        quality(What::DetectionMs, p)
    }),
    GaugeDef::new("staleness_ms", "how old what one knows of another is, in the mean", "ms", age::gauge)
        .theory(|p| Some(age::mean_ms(p)))
        .published(&[
            Published::of(&[], 300.0, AGE),
            Published::of(&["period_ms=1000"], 550.0, AGE),
            Published::of(&["loss_percent=50"], 800.0, "the same, and p / (1-p) periods for what is lost"),
            Published::of(&["period_ms=100"], 96.596, "a little less, for a newer one may overtake"),
        ]),
    GaugeDef::new("oldest_ms", "how old the oldest of what one knows is now", "ms", |_| {
        gauges::reading(age::oldest_ms)
    }),
    GaugeDef::new("messages", "heartbeats sent", "", |_| gauges::sent(&["heartbeat"])),
];

const AGE: &str = "half a period and the mean delay (Kaul, Yates, Gruteser 2012, with a fixed period)";
const NFD_S: &str = "Chen, Toueg, Aguilera 2000: the analysis of NFD-S";
