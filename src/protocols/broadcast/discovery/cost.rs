//! How often callers call where nobody is, how long it takes to hear of the new address, and to see that a member has failed.
//!
//! The rule that is easy to break: the formulas know no run. They are renewal theory: a caller's life is a row of rounds, each of which is a lookup, a
//! time to live, and a wait for the next call; and the service moves at some moment of some round.

use super::Fact;
use super::setup::{Config, Leaves, Way};
use crate::kit::prelude::*;
use crate::sim::SimTime;
use std::collections::BTreeMap;

const ROUNDS: &str = "renewal theory: rounds of a lookup, a time to live, and a wait for the next call";
const ON_WAY: &str = "2 d / g: calls sent before the announcement has come, and not answered any more";
const ONE_WAY: &str = "one message";
const FIRST_PING: &str = "the first of n - 1 members to draw the dead one of n - 1 (SWIM, section 3: e / (e - 1) periods for many), and both waits";

pub(super) const GAUGES: &[GaugeDef] = &[
    GaugeDef::new("dead_calls", "failed calls of an address, per caller", "", |p| {
        let callers = number(p, "callers");
        Box::new(Calls { of: Of::PerCaller(callers), failed: 0, answered: 0, unknown: 0 })
    })
    .theory(dead_calls)
    .published(&[
        Published::of(&["moves_ms=20000"], 2.31613, ROUNDS).at_ms(26_000),
        Published::of(&["moves_ms=20000", "calls_ms=500"], 0.7694, ROUNDS).at_ms(30_000),
        Published::of(&["moves_ms=20000", "ttl_ms=500", "calls_ms=100", "delay_ms=10"], 2.31613, ROUNDS)
            .at_ms(24_000),
        Published::of(&["moves_ms=5000", "way=multicast", "calls_ms=100", "delay_ms=50"], 1.0, ON_WAY)
            .at_ms(7_000),
    ]),
    GaugeDef::new("discover_ms", "until a caller has heard of the new address", "ms", |_| {
        Box::new(Discovery::default())
    })
    .theory(discover_ms)
    .published(&[
        Published::of(&["moves_ms=20000"], 676.129, ROUNDS).at_ms(26_000),
        Published::of(&["moves_ms=20000", "calls_ms=500"], 891.169, ROUNDS).at_ms(30_000),
        Published::of(&["moves_ms=20000", "ttl_ms=500", "calls_ms=100", "delay_ms=10"], 338.065, ROUNDS)
            .at_ms(24_000),
        Published::of(&["moves_ms=5000", "way=multicast", "delay_ms=50"], 50.0, ONE_WAY).at_ms(7_000),
    ]),
    GaugeDef::new("detect_ms", "until somebody calls a dead member failed", "ms", |_| {
        Box::new(Detection::default())
    })
    .theory(detect_ms)
    .published(&[
        Published::of(&["way=gossip", "leaves=dies"], 603.695, FIRST_PING).at_ms(12_000),
        Published::of(&["way=gossip", "leaves=dies", "callers=8", "beat_ms=1000"], 1599.674, FIRST_PING)
            .at_ms(20_000),
        Published::of(&["way=gossip", "leaves=dies", "callers=1"], 557.777, FIRST_PING).at_ms(12_000),
    ]),
    GaugeDef::new("dead_percent", "of the calls that have ended, failed ones", "%", |_| {
        Box::new(Calls { of: Of::Percent, failed: 0, answered: 0, unknown: 0 })
    }),
    GaugeDef::new("unknown", "calls for which no address was found", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Unknown))
    }),
    GaugeDef::new("messages", "messages sent", "", gauges::messages),
];

/// Milliseconds of a span.
fn ms(span: Span) -> f64 {
    span.0 as f64 / 1_000.0
}

/// Whether it moves once, silently, when callers have long been at it, each in a round of its own.
fn moves(config: &Config) -> bool {
    let round = config.ttl.0 + config.calls.0 + 2 * config.delay.0;
    let late = config.moves.0 >= if config.way == Way::Registry { 8 * round } else { round };
    let patient = config.patience.0 > 2 * config.delay.0 && config.beat.0 < config.lease.0;
    late && patient
        && !config.evicts
        && config.spread == Span::ZERO
        && config.leaves == Leaves::Silent
        && config.calls > Span::ZERO
}

/// Calls that are sent later than a message before the end reach nobody.
fn dead_calls(p: &Params) -> Option<f64> {
    let config = Config::of(p);
    if !moves(&config) {
        return None;
    }
    let (d, ttl, gap) = (ms(config.delay), ms(config.ttl), ms(config.calls));
    match config.way {
        Way::Registry => {
            // Whose lookup is answered from two messages before the end to one after it has a dead address for its whole
            // life, and with it the call that asked, and those that came meanwhile; whose was earlier, for the rest of it.
            let round = ttl + gap + 2.0 * d;
            let whole = 3.0 * d * (1.0 + 2.0 * d / gap + ttl / gap);
            Some((whole + ttl * ttl / 2.0 / gap) / round)
        }
        Way::Multicast if config.ttl.0 > config.beat.0 + config.delay.0 => Some(2.0 * d / gap),
        _ => None,
    }
}

/// A round lasts its fixed part and an exponential wait: the rest of one is half of its square's mean over its mean.
fn discover_ms(p: &Params) -> Option<f64> {
    let config = Config::of(p);
    if !moves(&config) {
        return None;
    }
    let (d, gap) = (ms(config.delay), ms(config.calls));
    match config.way {
        Way::Registry => {
            let fixed = ms(config.ttl) + 2.0 * d;
            let square = fixed * fixed + 2.0 * fixed * gap + 2.0 * gap * gap;
            Some(2.0 * d + square / 2.0 / (fixed + gap))
        }
        Way::Multicast => Some(d),
        Way::Gossip => None,
    }
}

/// Each of m members pings once a period, at a moment of its own, one of m others. A ping on its way at the death is the first, too.
fn detect_ms(p: &Params) -> Option<f64> {
    let config = Config::of(p);
    let known = config.way == Way::Gossip && config.leaves == Leaves::Dies && config.moves > Span::ZERO;
    if !known || config.spread > Span::ZERO || config.moves.0 < 2 * config.beat.0 {
        return None;
    }
    let m = config.group().count() as f64 - 1.0;
    let missed = libm::pow(1.0 - 1.0 / m, m);
    let in_a_period = (1.0 - missed * (1.0 - 1.0 / m)) * m / (m + 1.0);
    let waits = 2.0 * ms(Span(config.beat.0 / 3));
    Some(ms(config.beat) * in_a_period / (1.0 - missed) + waits - ms(config.delay))
}

#[derive(Clone, Copy)]
enum Of {
    PerCaller(f64),
    Percent,
}

/// What became of calls.
#[derive(Clone)]
struct Calls {
    of: Of,
    failed: u32,
    answered: u32,
    unknown: u32,
}

impl Gauge for Calls {
    fn after(&mut self, seen: &Seen<'_>) {
        for (_, fact) in seen.facts::<Fact>() {
            match fact {
                Fact::Failed { .. } => self.failed += 1,
                Fact::Answered { .. } => self.answered += 1,
                Fact::Unknown => self.unknown += 1,
                _ => {}
            }
        }
    }

    fn wake(&self) -> Wake {
        Wake::News
    }

    fn value(&self, _: &World) -> Option<f64> {
        let all = self.failed + self.answered + self.unknown;
        match self.of {
            Of::PerCaller(callers) => Some(f64::from(self.failed) / callers),
            Of::Percent => (all > 0).then(|| 100.0 * f64::from(self.failed) / f64::from(all)),
        }
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}

/// When the newest service started, and how long callers took to hear of it. The first one is no news.
#[derive(Clone, Default)]
struct Discovery {
    starts: u32,
    newest: Option<(u64, SimTime)>,
    sum_us: u64,
    count: u32,
}

impl Gauge for Discovery {
    fn after(&mut self, seen: &Seen<'_>) {
        for (_, fact) in seen.facts::<Fact>() {
            match *fact {
                Fact::Started { since, .. } => {
                    self.starts += 1;
                    self.newest = (self.starts > 1).then_some((since, seen.event.time));
                }
                Fact::Learned { since, .. } => {
                    if let Some((newest, at)) = self.newest
                        && newest == since
                    {
                        self.sum_us += seen.event.time.since(at).0;
                        self.count += 1;
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
        (self.count > 0).then(|| self.sum_us as f64 / 1_000.0 / f64::from(self.count))
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}

/// When each host stopped, and how long it took until somebody called it failed.
#[derive(Clone, Default)]
struct Detection {
    stopped: BTreeMap<NodeId, SimTime>,
    took: Option<f64>,
}

impl Gauge for Detection {
    fn after(&mut self, seen: &Seen<'_>) {
        for (_, fact) in seen.facts::<Fact>() {
            match *fact {
                Fact::Stopped { host, .. } => _ = self.stopped.insert(host, seen.event.time),
                Fact::Declared { of } => {
                    if let Some(&at) = self.stopped.get(&of)
                        && self.took.is_none()
                    {
                        self.took = Some(ms(seen.event.time.since(at)));
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
        self.took
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}
