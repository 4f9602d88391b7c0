//! How much of the time the link is in use, how often packets are sent, and how many are taken for others.
//!
//! The rule that is easy to break: the formula knows no run. It counts a window of packets in the time that an acknowledgement takes.

use super::{Config, Fact};
use crate::kit::prelude::*;

const USED: &str = "min(1, W / (1 + 2 a)) of the time, a = delay / packet";
const AGAIN: &str = "1 / (1-p)^2: there, and the acknowledgement back";

pub(super) const GAUGES: &[GaugeDef] = &[
    GaugeDef::new("use_percent", "of the time, the link brings something new", "%", |p| {
        let packet_us = Config::of(p).packet.0;
        Box::new(Used { packet_us, first: None, last: 0, count: 0 })
    })
    .theory(used)
    .published(&[
        Published::of(
            &["loss_percent=0", "window=1", "count=41", "delay_ms=100"],
            100.0 / 11.0,
            "1 / (1 + 2 a) of the time: stop-and-wait",
        ),
        Published::of(
            &["loss_percent=0", "bits=3", "window=4", "count=41", "delay_ms=100"],
            400.0 / 11.0,
            USED,
        ),
        Published::of(
            &["loss_percent=0", "bits=4", "window=8", "count=41", "delay_ms=100"],
            800.0 / 11.0,
            USED,
        ),
        Published::of(&["loss_percent=0", "bits=5", "window=11", "count=45", "delay_ms=100"], 100.0, USED),
        Published::of(
            &["variant=go-back-n", "loss_percent=0", "bits=2", "window=3", "count=31", "delay_ms=40"],
            60.0,
            USED,
        ),
        Published::of(
            &["variant=go-back-n", "loss_percent=0", "bits=3", "window=7", "count=36", "delay_ms=60"],
            100.0,
            USED,
        ),
    ]),
    GaugeDef::new("sends_per_packet", "sends per packet", "", |_| Box::new(Sends { sends: 0, packets: 0 }))
        .theory(|p| {
            let config = Config::of(p);
            // One packet alone: it is sent until its acknowledgement is there, each time within the timeout.
            let alone = config.window == 1 && config.tries == 0 && in_time(config);
            let kept = 1.0 - number(p, "loss_percent") / 100.0;
            (alone && kept > 0.0).then(|| 1.0 / (kept * kept))
        })
        .published(&[
            Published::of(&["bits=1", "window=1"], 1.0 / 0.81, AGAIN),
            Published::of(&["bits=1", "window=1", "loss_percent=20"], 1.5625, AGAIN),
            Published::of(&["bits=1", "window=1", "loss_percent=30"], 1.0 / 0.49, AGAIN),
        ]),
    GaugeDef::new("stale", "packets taken for others", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Stale { .. }))
    }),
    GaugeDef::new("delivered", "packets handed over", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Delivered { .. }))
    }),
    GaugeDef::new("again", "packets sent again", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Sent { again: true, .. }))
    }),
];

/// Whether an acknowledgement is there before the timeout.
fn in_time(config: Config) -> bool {
    config.timeout.0 > config.packet.0 + 2 * config.delay.0
}

/// Where nothing is lost, from the first packet to the last: whole windows lie between, or the link never rests.
fn used(p: &Params) -> Option<f64> {
    let config = Config::of(p);
    let a = config.delay.0 as f64 / config.packet.0 as f64;
    let share = config.window as f64 / (1.0 + 2.0 * a);
    let whole = (config.count - 1).is_multiple_of(config.window) || share >= 1.0;
    let calm = number(p, "loss_percent") == 0.0 && in_time(config) && config.count > 1;
    (calm && whole && config.window <= config.widest()).then(|| 100.0 * share.min(1.0))
}

/// From the first packet that is handed over to the last: the time that the packets since the first took on the link, of all.
#[derive(Clone)]
struct Used {
    packet_us: u64,
    first: Option<u64>,
    last: u64,
    count: u64,
}

impl Gauge for Used {
    fn after(&mut self, seen: &Seen<'_>) {
        let now = seen.event.time.us();
        for (_, fact) in seen.facts::<Fact>() {
            if matches!(fact, Fact::Delivered { .. }) {
                self.first.get_or_insert(now);
                (self.last, self.count) = (now, self.count + 1);
            }
        }
    }

    fn wake(&self) -> Wake {
        Wake::News
    }

    fn value(&self, _: &World) -> Option<f64> {
        let span = self.last - self.first?;
        (span > 0).then(|| 100.0 * (self.count - 1) as f64 * self.packet_us as f64 / span as f64)
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}

/// How often a packet is sent, of those that the sender has done with.
#[derive(Clone)]
struct Sends {
    sends: u64,
    packets: u64,
}

impl Gauge for Sends {
    fn after(&mut self, seen: &Seen<'_>) {
        for (_, fact) in seen.facts::<Fact>() {
            if let Fact::Sent { again, .. } = fact {
                self.sends += 1;
                self.packets += u64::from(!again);
            }
        }
    }

    fn wake(&self) -> Wake {
        Wake::News
    }

    fn value(&self, _: &World) -> Option<f64> {
        (self.packets > 0).then(|| self.sends as f64 / self.packets as f64)
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}
