//! How old copies are, what is lost, and what it costs in messages.
//!
//! The rule that is easy to break: the formulas know no run. How far a copy is behind is Little's law: what is on its way to it is the rate
//! at which others count, times how long a message takes.

use super::setup::{Carries, Config, Work};
use super::{CELL, Fact, Node};
use crate::kit::prelude::*;

const BEHIND: &str = "(n - 1) d / g: what the others count while a message is on its way";
const STALE: &str = "1 - e^-x of x = (n - 1) d / g";
const IN_STEP: &str = "n - 1 of n in each round: all send the same total";
const IN_CELL: &str = "n - 2 of n in each round: all but N1 read the same number, and write the same";
const WINDOW: &str = "2 d / g: what N1 counts between N2's reading and its writing";
const TO_ALL: &str = "n (n - 1) for each round";
const FOUR: &str = "read, value, write, written, of n - 1 nodes each round";

pub(super) const GAUGES: &[GaugeDef] = &[
    GaugeDef::new("behind", "increments that a copy lacks when it is read", "", |_| {
        Reads::boxed(Of::Lacking)
    })
    .theory(behind)
    .published(&[
        Published::of(&["count=0", "gap_ms=200"], 1.0, BEHIND).at_ms(20_000),
        Published::of(&["count=0", "nodes=5", "gap_ms=500", "delay_ms=50"], 0.4, BEHIND).at_ms(20_000),
        Published::of(&["count=0", "nodes=8", "delay_ms=200"], 3.5, BEHIND).at_ms(20_000),
        Published::of(&["count=0", "nodes=8", "delay_ms=100", "carries=vectors"], 1.75, BEHIND).at_ms(20_000),
    ]),
    GaugeDef::new("stale_percent", "of the readings, old ones", "%", |_| Reads::boxed(Of::Stale))
        .theory(|p| behind(p).map(|x| 100.0 * (1.0 - libm::exp(-x))))
        .published(&[
            Published::of(&["count=0", "gap_ms=200"], 63.212_055_882_855_77, STALE).at_ms(20_000),
            Published::of(&["count=0", "nodes=5", "gap_ms=500", "delay_ms=50"], 32.967_995_396_436_07, STALE)
                .at_ms(20_000),
            Published::of(&["count=0", "nodes=8", "delay_ms=200"], 96.980_261_657_768_15, STALE)
                .at_ms(20_000),
            Published::of(&["count=0", "delay_ms=0"], 0.0, "a message that takes no time").at_ms(20_000),
        ]),
    GaugeDef::new("old_reads", "old readings by hand", "", |_| Reads::boxed(Of::ByHand)),
    GaugeDef::new("missing", "increments that N1's copy does not show", "", |_| gauges::reading(missing))
        .theory(lost)
        .published(&[
            Published::of(&[], 0.0, "increments commute"),
            Published::of(&["carries=vectors", "spread_ms=200", "nodes=8"], 0.0, "a maximum forgets nothing"),
            Published::of(&["carries=totals", "work=together"], 10.0, IN_STEP).at_ms(15_000),
            Published::of(&["carries=totals", "work=together", "nodes=8", "count=10"], 70.0, IN_STEP)
                .at_ms(15_000),
            Published::of(&["carries=totals", "work=together", "nodes=2", "count=20"], 20.0, IN_STEP)
                .at_ms(15_000),
            Published::of(&["carries=one-cell", "work=together", "gap_ms=500"], 5.0, IN_CELL).at_ms(15_000),
            Published::of(
                &["carries=one-cell", "work=together", "gap_ms=500", "nodes=8", "count=10"],
                60.0,
                IN_CELL,
            )
            .at_ms(15_000),
            Published::of(&["carries=one-cell", "work=together", "gap_ms=500", "nodes=2"], 0.0, IN_CELL)
                .at_ms(15_000),
        ]),
    GaugeDef::new("lost_each", "increments overwritten by a writing", "", |_| {
        gauges::mean(|f: &Fact| match *f {
            Fact::Took { from, before, value, .. } if from != CELL => {
                Some(before as f64 + 1.0 - value as f64)
            }
            _ => None,
        })
    })
    .theory(window)
    .published(&[
        Published::of(&["carries=one-cell", "nodes=2", "count=0"], 0.5, WINDOW).at_ms(40_000),
        Published::of(&["carries=one-cell", "nodes=2", "count=0", "gap_ms=200", "delay_ms=20"], 0.2, WINDOW)
            .at_ms(40_000),
        Published::of(
            &["carries=one-cell", "nodes=2", "count=0", "gap_ms=1000", "delay_ms=50", "spread_ms=100"],
            0.2,
            WINDOW,
        )
        .at_ms(60_000),
    ]),
    GaugeDef::new("messages", "messages sent", "", gauges::messages).theory(messages).published(&[
        Published::of(&[], 30.0, TO_ALL),
        Published::of(&["nodes=8", "carries=totals"], 280.0, TO_ALL),
        Published::of(&["nodes=5", "carries=vectors", "again_ms=0"], 100.0, TO_ALL),
        Published::of(&["carries=one-cell"], 40.0, FOUR),
        Published::of(&["carries=one-cell", "nodes=5", "count=10"], 160.0, FOUR),
    ]),
];

/// Whether it has ended in the time that gauges are looked at: random gaps are not ten times as long as they should be.
fn ends(config: &Config) -> bool {
    let us = u64::from(config.count) * config.gap.0;
    config.count > 0 && config.work != Work::ByHand && us * 3 < 15_000_000
}

/// A message takes so long in the mean, in gaps.
fn on_its_way(config: &Config) -> f64 {
    (config.delay.0 as f64 + config.spread.0 as f64 / 2.0) / config.gap.0 as f64
}

/// The first reading comes when a message may have come. With vectors one may come by way of another, if that is quicker.
fn behind(p: &Params) -> Option<f64> {
    let config = Config::of(p);
    let known = match config.carries {
        Carries::Increments => true,
        Carries::Vectors => config.spread == Span::ZERO,
        _ => false,
    };
    let steady = config.count == 0 && config.work == Work::Random;
    let read = config.read.0 >= config.delay.0 + config.spread.0 && config.read > Span::ZERO;
    (known && steady && read).then(|| f64::from(config.nodes - 1) * on_its_way(&config))
}

/// What is lost in the end, if all count in step and a round is over before the next.
fn lost(p: &Params) -> Option<f64> {
    let config = Config::of(p);
    let (n, rounds) = (f64::from(config.nodes), f64::from(config.count));
    let in_step = config.work == Work::Together && config.spread == Span::ZERO && config.delay > Span::ZERO;
    let ways = |k: u64| k * config.delay.0 < config.gap.0;
    let each = match config.carries {
        Carries::Increments | Carries::Vectors => 0.0,
        Carries::Totals if in_step && ways(1) => n - 1.0,
        Carries::OneCell if in_step && ways(4) => n - 2.0,
        _ => return None,
    };
    let soon = config.delay.0 + config.spread.0 < 1_000_000;
    (ends(&config) && soon).then_some(rounds * each)
}

/// What the only other node counts between a reading and a writing.
fn window(p: &Params) -> Option<f64> {
    let config = Config::of(p);
    let two = config.nodes == 2 && config.carries == Carries::OneCell;
    let steady = config.count == 0 && config.work == Work::Random;
    (two && steady).then(|| 2.0 * on_its_way(&config))
}

fn messages(p: &Params) -> Option<f64> {
    let config = Config::of(p);
    let (n, rounds) = (f64::from(config.nodes), f64::from(config.count));
    let soon = config.delay.0 + config.spread.0 < 200_000;
    let each = match config.carries {
        Carries::OneCell => 4.0 * (n - 1.0),
        Carries::Vectors if config.again > Span::ZERO => return None,
        _ => n * (n - 1.0),
    };
    (ends(&config) && soon).then_some(rounds * each)
}

/// All that were made, less what the copy of N1 shows.
fn missing(world: &World) -> Option<f64> {
    let made: Option<u64> =
        world.node_ids().map(|n| Some(u64::from(world.node_as::<Node>(n)?.kept.own))).sum();
    let shows = world.node_as::<Node>(CELL)?.kept.copy;
    Some(made? as f64 - shows as f64)
}

#[derive(Clone, Copy)]
enum Of {
    Lacking,
    Stale,
    ByHand,
}

/// What readings show, beside what was counted up to then.
#[derive(Clone)]
struct Reads {
    of: Of,
    made: u64,
    reads: u32,
    lacking: f64,
    old: u32,
    old_by_hand: u32,
}

impl Reads {
    fn boxed(of: Of) -> Box<dyn Gauge> {
        Box::new(Reads { of, made: 0, reads: 0, lacking: 0.0, old: 0, old_by_hand: 0 })
    }
}

impl Gauge for Reads {
    fn after(&mut self, seen: &Seen<'_>) {
        for (_, fact) in seen.facts::<Fact>() {
            match *fact {
                Fact::Counted { .. } => self.made += 1,
                Fact::Read { value, asked } => {
                    let old = value < self.made;
                    self.reads += 1;
                    self.lacking += self.made as f64 - value as f64;
                    self.old += u32::from(old);
                    self.old_by_hand += u32::from(old && asked);
                }
                _ => {}
            }
        }
    }

    fn wake(&self) -> Wake {
        Wake::News
    }

    fn value(&self, _: &World) -> Option<f64> {
        let each = |sum: f64| (self.reads > 0).then(|| sum / f64::from(self.reads));
        match self.of {
            Of::Lacking => each(self.lacking),
            Of::Stale => each(100.0 * f64::from(self.old)),
            Of::ByHand => Some(f64::from(self.old_by_hand)),
        }
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}
