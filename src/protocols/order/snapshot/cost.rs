//! What a snapshot costs, in messages and in delays, and how often it is wrong to read everyone now.
//!
//! The rule that is easy to break: the formulas know no run. They count channels, and payments that fall into a window of time.

use super::Fact;
use super::setup::{Config, Way, Work};
use crate::kit::prelude::*;
use std::collections::BTreeMap;

const MARKERS: &str = "n (n - 1): one on each channel";
const REPORTS: &str = "n^2 - 1: n (n - 1) markers and n - 1 reports";
const ASKED: &str = "2 (n - 1): there and back";
const THREE: &str = "markers there, markers on, reports back";
const WRONG: &str = "1 - e^-x, of x = n d / g payments that are on their way across the cut";
const ON_WAY: &str = "n d / g: of each process's payments, one a gap, those of one delay; of those to P1 two, and of P1's own none";

pub(super) const GAUGES: &[GaugeDef] = &[
    GaugeDef::new("markers", "markers per snapshot", "", |_| Share::boxed(&["marker"]))
        .theory(|p| {
            let (config, n) = sizes(p)?;
            Some(if config.way == Way::ReadNow { 0.0 } else { n * (n - 1.0) })
        })
        .published(&[
            Published::of(&["nodes=3"], 6.0, MARKERS).at_ms(6_000),
            Published::of(&["nodes=5"], 20.0, MARKERS).at_ms(6_000),
            Published::of(&["nodes=8"], 56.0, MARKERS).at_ms(6_000),
            Published::of(&["nodes=5", "algorithm=colours", "fifo=off"], 20.0, MARKERS).at_ms(6_000),
            Published::of(&["nodes=2", "work=by-hand"], 2.0, MARKERS).at_ms(6_000),
        ]),
    GaugeDef::new("messages", "messages per snapshot, payments left out", "", |_| {
        Share::boxed(&["marker", "read", "report"])
    })
    .theory(|p| {
        let (config, n) = sizes(p)?;
        Some(if config.way == Way::ReadNow { 2.0 * (n - 1.0) } else { n * n - 1.0 })
    })
    .published(&[
        Published::of(&["nodes=3"], 8.0, REPORTS).at_ms(6_000),
        Published::of(&["nodes=5"], 24.0, REPORTS).at_ms(6_000),
        Published::of(&["nodes=8"], 63.0, REPORTS).at_ms(6_000),
        Published::of(&["nodes=3", "algorithm=read-now"], 4.0, ASKED).at_ms(6_000),
        Published::of(&["nodes=5", "algorithm=read-now"], 8.0, ASKED).at_ms(6_000),
        Published::of(&["nodes=8", "algorithm=read-now"], 14.0, ASKED).at_ms(6_000),
    ]),
    GaugeDef::new("hops", "delays until a snapshot is counted", "hops", |p| {
        let config = Config::of(p);
        let delay = config.delay.0 as f64 + config.spread.0 as f64 / 2.0;
        Box::new(Lasts { delay, open: BTreeMap::new(), sum_us: 0, count: 0 })
    })
    .theory(|p| {
        let (config, _) = sizes(p)?;
        (config.spread.0 == 0).then_some(if config.way == Way::ReadNow { 2.0 } else { 3.0 })
    })
    .published(&[
        Published::of(&["spread_ms=0", "nodes=3"], 3.0, THREE).at_ms(6_000),
        Published::of(&["spread_ms=0", "nodes=5", "delay_ms=200"], 3.0, THREE).at_ms(6_000),
        Published::of(&["spread_ms=0", "nodes=8", "delay_ms=20"], 3.0, THREE).at_ms(6_000),
        Published::of(&["spread_ms=0", "nodes=5", "algorithm=read-now"], 2.0, "there and back").at_ms(6_000),
    ]),
    GaugeDef::new("wrong_percent", "of the snapshots, with a wrong sum", "%", |_| {
        Box::new(Percent { counted: 0, off: 0 })
    })
    .theory(wrong)
    .published(&[
        Published::of(
            &["algorithm=read-now", "delay_ms=100", "spread_ms=0", "gap_ms=400", "snapshots=20"],
            52.763_344_725_898_53,
            WRONG,
        )
        .at_ms(22_000),
        Published::of(
            &["algorithm=read-now", "nodes=5", "delay_ms=50", "spread_ms=0", "gap_ms=500", "snapshots=20"],
            39.346_934_028_736_66,
            WRONG,
        )
        .at_ms(22_000),
        Published::of(
            &["algorithm=read-now", "nodes=8", "delay_ms=20", "spread_ms=0", "gap_ms=160", "snapshots=20"],
            63.212_055_882_855_77,
            WRONG,
        )
        .at_ms(22_000),
        Published::of(&["nodes=5"], 0.0, "a cut that is consistent adds up").at_ms(6_000),
        Published::of(&["nodes=8", "algorithm=colours", "fifo=off"], 0.0, "a cut that is consistent adds up")
            .at_ms(6_000),
    ]),
    GaugeDef::new("on_their_way", "payments recorded in channels, per snapshot", "", |p| {
        let nodes = Config::of(p).nodes;
        Box::new(Found { nodes, payments: 0, finished: 0 })
    })
    .theory(|p| crossing(p).filter(|_| Config::of(p).way != Way::ReadNow))
    .published(&[
        Published::of(&["delay_ms=100", "spread_ms=0", "gap_ms=400", "snapshots=20"], 0.75, ON_WAY)
            .at_ms(22_000),
        Published::of(&["nodes=5", "delay_ms=50", "spread_ms=0", "gap_ms=500", "snapshots=20"], 0.5, ON_WAY)
            .at_ms(22_000),
        Published::of(&["nodes=8", "delay_ms=20", "spread_ms=0", "gap_ms=160", "snapshots=20"], 1.0, ON_WAY)
            .at_ms(22_000),
    ]),
    GaugeDef::new("sum", "the newest sum", "£", |_| {
        gauges::last(pick!(Fact::Counted { sum, .. } => *sum as f64))
    }),
    GaugeDef::new("off_by", "money that is missing or too much, per wrong sum", "£", |_| {
        gauges::mean(pick!(Fact::Off { by, .. } => by.unsigned_abs() as f64))
    }),
];

/// The number of processes, if snapshots come to an end.
fn sizes(p: &Params) -> Option<(Config, f64)> {
    let config = Config::of(p);
    (config.snapshots > 0).then_some((config, f64::from(config.nodes)))
}

/// How many payments cross a cut that begins at P1, in the mean, where each message takes d and each process pays anybody once in a gap g.
///
/// P1 records at 0, the others at d. A payment from i to j crosses if i sends it before its record, and it comes after j's: between two others,
/// if it is sent in (0, d]; to P1, in (-d, d]; from P1 never. Each other sends 1 / (n - 1) of its payments to P1: n - 1 processes, 2 d / (g (n - 1)) and
/// d (n - 2) / (g (n - 1)) each, which is n d / g in all.
fn crossing(p: &Params) -> Option<f64> {
    let (config, n) = sizes(p)?;
    let steady = config.work == Work::Random && config.count == 0 && config.every.0 >= 2 * config.delay.0;
    (steady && config.spread.0 == 0).then(|| n * config.delay.0 as f64 / config.gap.0 as f64)
}

/// Read now, a sum is too small by what crosses, and right only if nothing does: of a Poisson number the chance of none.
fn wrong(p: &Params) -> Option<f64> {
    let (config, _) = sizes(p)?;
    match config.way {
        Way::ReadNow => crossing(p).map(|x| 100.0 * (1.0 - libm::exp(-x))),
        Way::Markers if !p.flag("fifo") => None,
        Way::Markers | Way::Colours => Some(0.0),
    }
}

/// How many messages of these kinds were sent for each snapshot.
#[derive(Clone)]
struct Share {
    kinds: &'static [&'static str],
    sent: u64,
    snapshots: u32,
}

impl Share {
    fn boxed(kinds: &'static [&'static str]) -> Box<dyn Gauge> {
        Box::new(Share { kinds, sent: 0, snapshots: 0 })
    }
}

impl Gauge for Share {
    fn after(&mut self, seen: &Seen<'_>) {
        self.sent += seen.sent().filter(|(_, kind)| self.kinds.contains(&kind.name)).count() as u64;
        for (_, fact) in seen.facts::<Fact>() {
            // Several may begin the same one.
            if let Fact::Began { number } = fact {
                self.snapshots = self.snapshots.max(*number);
            }
        }
    }

    fn value(&self, _: &World) -> Option<f64> {
        (self.snapshots > 0).then(|| self.sent as f64 / f64::from(self.snapshots))
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}

/// How long it takes from the beginning until whoever has begun has counted, in mean delays of a link.
#[derive(Clone)]
struct Lasts {
    delay: f64,
    open: BTreeMap<(NodeId, u32), u64>,
    sum_us: u64,
    count: u64,
}

impl Gauge for Lasts {
    fn after(&mut self, seen: &Seen<'_>) {
        let now = seen.event.time.us();
        for (node, fact) in seen.facts::<Fact>() {
            match fact {
                Fact::Began { number } => {
                    self.open.insert((node, *number), now);
                }
                Fact::Counted { number, .. } => {
                    if let Some(since) = self.open.remove(&(node, *number)) {
                        self.sum_us += now - since;
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
        (self.count > 0).then(|| self.sum_us as f64 / self.count as f64 / self.delay)
    }

    fn weight(&self) -> usize {
        self.open.len() * 16
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}

/// Of what was counted, how much was off.
#[derive(Clone)]
struct Percent {
    counted: u32,
    off: u32,
}

impl Gauge for Percent {
    fn after(&mut self, seen: &Seen<'_>) {
        for (_, fact) in seen.facts::<Fact>() {
            self.counted += u32::from(matches!(fact, Fact::Counted { .. }));
            self.off += u32::from(matches!(fact, Fact::Off { .. }));
        }
    }

    fn wake(&self) -> Wake {
        Wake::News
    }

    fn value(&self, _: &World) -> Option<f64> {
        (self.counted > 0).then(|| 100.0 * f64::from(self.off) / f64::from(self.counted))
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}

/// How many payments are recorded in the channels of a snapshot: as many as each process finds, times the processes.
#[derive(Clone)]
struct Found {
    nodes: u16,
    payments: u64,
    finished: u64,
}

impl Gauge for Found {
    fn after(&mut self, seen: &Seen<'_>) {
        for (_, fact) in seen.facts::<Fact>() {
            if let Fact::Finished { payments, .. } = fact {
                self.payments += *payments as u64;
                self.finished += 1;
            }
        }
    }

    fn wake(&self) -> Wake {
        Wake::News
    }

    fn value(&self, _: &World) -> Option<f64> {
        let nodes = f64::from(self.nodes);
        (self.finished > 0).then(|| self.payments as f64 * nodes / self.finished as f64)
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}
