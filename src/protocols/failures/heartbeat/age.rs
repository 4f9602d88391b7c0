//! How old what one knows of another is: drawn, measured, and computed from period, loss and delays.
//!
//! The rule that is easy to break: news is as old as the *sending* of the heartbeat that brought it. It does not
//! become younger by arriving late, and a picture made of old news looks like any other.

use super::judged::down;
use super::quality::missing;
use super::{Fact, Process};
use crate::kit::heartbeat::Pulse;
use crate::kit::prelude::*;
use crate::sim::{Loss, SimTime};
use std::collections::BTreeMap;

/// How old the newest is that `p` has of `q`, if `p` runs.
pub(super) fn age(world: &World, p: NodeId, q: NodeId) -> Option<Span> {
    let watcher = world.node_as::<Process>(p).filter(|_| world.is_up(p))?;
    let (_, newest, _) = watcher.detector.peers().find(|(node, ..)| *node == q)?;
    let sent = watcher.pulse_of(q).sent_us(newest);
    Some(Span(world.now().us().saturating_sub(sent)))
}

fn pairs(world: &World) -> impl Iterator<Item = (NodeId, NodeId)> {
    world.node_ids().flat_map(|p| world.node_ids().filter(move |q| *q != p).map(move |q| (p, q)))
}

/// How old each picture is. One that nothing can renew now, while it looks well, is marked: no process can see that.
pub(super) fn board(world: &World) -> Board {
    let nodes: Vec<NodeId> = world.node_ids().collect();
    let cell = |p: NodeId, q: NodeId| {
        let Some(Span(us)) = age(world, p, q) else {
            return Field::of("-");
        };
        let field = Field::of(Span(us - us % 1_000));
        let trusts = world.node_as::<Process>(p).is_some_and(|w| !w.detector.suspects(q));
        let silent = down(world, q) || world.blocked(q, p) != Loss::None;
        if trusts && silent { field.mood(Mood::Waiting) } else { field }
    };
    Board::Matrix {
        title: "How old the newest is that each has heard of each".to_owned(),
        names: nodes.iter().map(|&n| world.name(n).to_owned()).collect(),
        cells: nodes.iter().map(|&p| nodes.iter().map(|&q| cell(p, q)).collect()).collect(),
    }
}

/// The age of the oldest picture that a process has now, in milliseconds.
pub(super) fn oldest_ms(world: &World) -> Option<f64> {
    let oldest = pairs(world).filter_map(|(p, q)| age(world, p, q)).max()?;
    Some(oldest.0 as f64 / 1_000.0)
}

/// Whom scenario files ask about.
pub(super) static PROBES: &[Probe] = &[
    Probe {
        id: "patience-ms",
        label: "how long the most patient waits for another, in milliseconds",
        read: |world, _| {
            let running = world.node_ids().filter(|&n| world.is_up(n));
            let watchers = running.filter_map(|n| world.node_as::<Process>(n));
            let longest = watchers.flat_map(|w| w.detector.peers().map(|(_, _, patience)| patience)).max();
            longest.map(|span| (span.0 / 1_000) as i64)
        },
    },
    Probe {
        id: "oldest-trusted-ms",
        label: "the age of the oldest news of one who is trusted, in milliseconds",
        read: |world, _| {
            let trusted = |&(p, q): &(NodeId, NodeId)| {
                world.node_as::<Process>(p).is_some_and(|w| !w.detector.suspects(q))
            };
            let oldest = pairs(world).filter(trusted).filter_map(|(p, q)| age(world, p, q)).max();
            Some(oldest.map_or(0, |span| (span.0 / 1_000) as i64))
        },
    },
];

/// What one knows of another: since when, and when it was sent.
#[derive(Clone, Copy, Default)]
struct Picture {
    since_us: u64,
    sent_us: u64,
}

/// The age of all pictures, over time. The first ten periods do not count.
#[derive(Clone)]
struct Ages {
    nodes: u16,
    period: Span,
    pictures: BTreeMap<(NodeId, NodeId), Picture>,
    // Twice the area under the curves of all pictures that were replaced.
    doubled: u128,
}

pub(super) fn gauge(p: &Params) -> Box<dyn Gauge> {
    let nodes = p.int("nodes") as u16;
    Box::new(Ages { nodes, period: p.ms("period_ms"), pictures: BTreeMap::new(), doubled: 0 })
}

impl Ages {
    fn settled_us(&self) -> u64 {
        10 * self.period.0
    }

    /// Twice the area under the age of `picture` until `now_us`: a trapezium.
    fn doubled(&self, picture: Picture, now_us: u64) -> u128 {
        let from = picture.since_us.max(self.settled_us());
        let lasted = now_us.saturating_sub(from);
        let (first, last) = (from.saturating_sub(picture.sent_us), now_us.saturating_sub(picture.sent_us));
        u128::from(lasted) * u128::from(first + last)
    }
}

impl Gauge for Ages {
    fn after(&mut self, seen: &Seen<'_>) {
        let now_us = seen.event.time.us();
        for (p, fact) in seen.facts::<Fact>() {
            let Fact::Heard { whom, number } = *fact else {
                continue;
            };
            let sent_us = Pulse::of(whom, self.nodes, self.period).sent_us(number).min(now_us);
            let old = self.pictures.get(&(p, whom)).copied().unwrap_or_default();
            if sent_us > old.sent_us {
                self.doubled += self.doubled(old, now_us);
                self.pictures.insert((p, whom), Picture { since_us: now_us, sent_us });
            }
        }
    }

    fn wake(&self) -> Wake {
        Wake::News
    }

    fn value(&self, world: &World) -> Option<f64> {
        let SimTime(now_us) = world.now();
        let lasted = now_us.checked_sub(self.settled_us()).filter(|us| *us > 0)?;
        let pair = |pair| self.pictures.get(&pair).copied().unwrap_or_default();
        let open: u128 = pairs(world).map(|p| self.doubled(pair(p), now_us)).sum();
        let many = f64::from(self.nodes) * f64::from(self.nodes - 1) * lasted as f64;
        Some((self.doubled + open) as f64 / 2.0 / many / 1_000.0)
    }

    fn weight(&self) -> usize {
        self.pictures.len() * 24
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}

/// `x` after the newest heartbeat was sent, which is anything up to a period, the age is `x` if that has come; a period
/// more if it has not, but the one before has; and so on. Half a period is the mean of `x`.
pub(super) fn mean_ms(p: &Params) -> f64 {
    let period = number(p, "period_ms");
    let steps = 1_000;
    let width = period / f64::from(steps);
    // The chance, for each `x`, that none of the newest has come; thinner with each that is added.
    let mut none = vec![1.0; steps as usize];
    let mut sum = period / 2.0;
    for older in 0..5_000 {
        for (i, chance) in none.iter_mut().enumerate() {
            *chance *= missing(p, (i as f64 + 0.5) * width + f64::from(older) * period);
        }
        let more = none.iter().sum::<f64>() * width;
        sum += more;
        if more < 1e-6 * sum {
            break;
        }
    }
    sum
}
