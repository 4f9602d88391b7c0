//! What the queue promises, what its runs are measured by, and what theory says of it.
//!
//! The rule that is easy to break: formulas hold where their assumptions do (Poisson arrivals, exponential
//! service, a load below one where the buffer has no bound); elsewhere theory says nothing.

use super::{Fact, SERVER, SOURCE, Server};
use crate::check::promise::{fifo_order, invariant, leads_to, no_duplication};
use crate::check::{Need, Property};
use crate::kit::boards::{Field, Mood};
use crate::kit::{Board, GaugeDef, Params, Published, gauges, load};
use crate::sim::World;

pub(super) fn promises(params: &Params) -> Vec<Box<dyn Property>> {
    let served = |f: &Fact| match f {
        Fact::Served { place, .. } => Some(*place),
        _ => None,
    };
    let mut all = vec![
        fifo_order(
            "First come, first served",
            "no job is served before one that came earlier",
            |f: &Fact| match f {
                Fact::Served { place, .. } => Some((SOURCE, *place)),
                _ => None,
            },
        )
        .boxed(),
        no_duplication("No job twice", "no job is served twice", served).boxed(),
        leads_to(
            "Every job ends",
            "each job that was let in is served, or dropped to make room",
            |f: &Fact| match f {
                Fact::Accepted { place } => Some(*place),
                _ => None,
            },
            |f: &Fact| match f {
                Fact::Served { place, .. } => Some(*place),
                Fact::Dropped { place, .. } => *place,
                Fact::Accepted { .. } => None,
            },
        )
        .needs(&[Need::NoCrash, Need::NoPause, Need::Correct, Need::Pace, Need::Onward])
        .boxed(),
    ];
    if params.int("buffer") > 0 {
        let bound = invariant("The buffer keeps its bound", "no more jobs wait than there are places", |w| {
            match w.node_as::<Server>(SERVER) {
                Some(s) if s.waiting.len() > s.buffer => {
                    Err(format!("{} jobs wait in {} places", s.waiting.len(), s.buffer))
                }
                _ => Ok(()),
            }
        });
        all.push(bound.boxed());
    }
    all
}

/// The load as a fraction, and the most jobs in the system, if that is bounded.
fn model(params: &Params) -> (f64, Option<i32>) {
    let buffer = params.int("buffer") as i32;
    (params.int("load_percent") as f64 / 100.0, (buffer > 0).then_some(buffer + 1))
}

/// Whether gaps and service times are exponential.
fn is_markov(params: &Params) -> bool {
    params.word("service") == "exponential" && params.word(load::PARAM.id) == "poisson"
}

/// The share of jobs that find no room: (1 - r) r^K / (1 - r^(K+1)), and 1 / (K+1) at r = 1.
fn loss(params: &Params) -> Option<f64> {
    let (r, most) = model(params);
    let k = most?;
    let power = (0..k).fold(1.0, |p, _| p * r);
    let share = if r == 1.0 { 1.0 / f64::from(k + 1) } else { (1.0 - r) * power / (1.0 - power * r) };
    is_markov(params).then_some(100.0 * share)
}

/// The mean time in the system in service times, where there is one.
pub(super) fn stay(params: &Params) -> Option<f64> {
    let (r, most) = model(params);
    let poisson = params.word(load::PARAM.id) == "poisson";
    match most {
        // Pollaczek and Khinchine, without variance: half the wait of M/M/1.
        None if r < 1.0 && poisson && !is_markov(params) => Some(1.0 + r / (2.0 * (1.0 - r))),
        None if r < 1.0 && is_markov(params) => Some(1.0 / (1.0 - r)),
        // Little: jobs in the system over the rate of those let in.
        Some(k) if is_markov(params) && params.word("policy") != "drop-head" => {
            let weight = |n: i32| (0..n).fold(1.0, |p, _| p * r);
            let all: f64 = (0..=k).map(weight).sum();
            let inside: f64 = (0..=k).map(|n| f64::from(n) * weight(n)).sum::<f64>() / all;
            Some(inside / (r * (1.0 - weight(k) / all)))
        }
        _ => None,
    }
}

pub(super) static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("stay", "mean time here, in service times", "", |p| {
        let service = p.ms("service_ms").0 as f64;
        gauges::mean(move |f: &Fact| match f {
            Fact::Served { total_us, counts: true, .. } => Some(*total_us as f64 / service),
            _ => None,
        })
    })
    .theory(stay)
    .published(&[
        Published::of(&["load_percent=50", "warmup_ms=2000"], 2.0, "M/M/1: 1 / (1 - load)"),
        Published::of(&["load_percent=80", "warmup_ms=10000"], 5.0, "M/M/1: 1 / (1 - load)"),
        Published::of(&["load_percent=80", "service=constant", "warmup_ms=10000"], 3.0, "M/D/1"),
    ]),
    GaugeDef::new("stay_ms", "mean time here", "ms", |_| {
        gauges::mean(|f: &Fact| match f {
            Fact::Served { total_us, counts: true, .. } => Some(*total_us as f64 / 1_000.0),
            _ => None,
        })
    })
    .theory(|p| Some(stay(p)? * p.int("service_ms") as f64)),
    GaugeDef::new("p99_ms", "the slowest in a hundred, at least", "ms", |_| {
        gauges::quantile(990, |f: &Fact| match f {
            Fact::Served { total_us, counts: true, .. } => Some(*total_us as f64 / 1_000.0),
            _ => None,
        })
    }),
    GaugeDef::new("dropped_percent", "jobs dropped", "%", |_| {
        gauges::mean(|f: &Fact| match f {
            Fact::Served { counts: true, .. } => Some(0.0),
            Fact::Dropped { counts: true, .. } => Some(100.0),
            _ => None,
        })
    })
    .theory(loss)
    .published(&[
        Published::of(&["load_percent=80", "buffer=4", "warmup_ms=2000"], 8.882, "M/M/1/5"),
        Published::of(&["load_percent=100", "buffer=9", "warmup_ms=5000"], 100.0 / 11.0, "M/M/1/10"),
        Published::of(
            &["load_percent=150", "buffer=4", "policy=drop-head", "warmup_ms=2000"],
            36.541,
            "M/M/1/5",
        ),
    ]),
    GaugeDef::new("served", "jobs served", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Served { .. }))
    }),
    GaugeDef::new("waiting", "jobs waiting now", "", |_| {
        gauges::reading(|w| Some(w.node_as::<Server>(SERVER)?.waiting.len() as f64))
    }),
];

pub(super) fn boards(_: &Params, world: &World) -> Vec<Board> {
    let Some(server) = world.node_as::<Server>(SERVER) else {
        return Vec::new();
    };
    let row = |name: &str, count: u64, mood| (name.to_owned(), vec![Field::of(count).mood(mood)]);
    let full = server.buffer > 0 && server.waiting.len() >= server.buffer;
    let waiting = if full { Mood::Bad } else { Mood::Waiting };
    let lost = if server.dropped > 0 { Mood::Bad } else { Mood::Plain };
    vec![Board::Table {
        title: "Where the jobs are".to_owned(),
        columns: vec![String::new(), "jobs".to_owned()],
        rows: vec![
            row("waiting", server.waiting.len() as u64, waiting),
            row("being served", u64::from(server.working.is_some()), Mood::Plain),
            row("served", server.served, Mood::Good),
            row("dropped", server.dropped, lost),
        ],
    }]
}
