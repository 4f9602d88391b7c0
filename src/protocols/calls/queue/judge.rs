//! What the queue promises, what its runs are measured by, and what theory says of it.
//!
//! The rule that is easy to break: formulas hold where their assumptions do (Poisson arrivals, exponential
//! service, a load below one where the buffer has no bound); elsewhere theory says nothing.

use super::{DELAY, Fact, SERVER, SOURCE, Server, Source};
use crate::check::promise::{fifo_order, invariant, leads_to, never, no_duplication};
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
                _ => None,
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
    if is_blocking(params) {
        all.extend(of_flow_control());
    }
    all
}

/// Whether the source waits for room.
fn is_blocking(params: &Params) -> bool {
    params.word("policy") == "block" && params.int("buffer") > 0
}

fn of_flow_control() -> [Box<dyn Property>; 2] {
    let dropped = |f: &Fact| {
        matches!(f, Fact::Dropped { .. }).then(|| "a job has come, and there is no room for it".to_owned())
    };
    let claim = "no job is sent for which there is no room";
    let held = |f: &Fact| match f {
        Fact::Held { number } => Some(*number),
        _ => None,
    };
    let freed = |f: &Fact| match f {
        Fact::Freed { number } => Some(*number),
        _ => None,
    };
    let goes = leads_to("Whoever waits goes", "each job that is held back is sent in the end", held, freed);
    // What is lost, at the links or with the server, takes its place along: see `ENTRY.leaves_out`.
    let needs =
        &[Need::NoLoss, Need::NoCrash, Need::Fair, Need::NoPause, Need::Correct, Need::Pace, Need::Onward];
    [never("Nothing is dropped", claim, dropped).needs(&[Need::Correct]).boxed(), goes.needs(needs).boxed()]
}

/// Where what comes is more than can be done by so much, in per cent, the source holds jobs back all the time, but for a
/// moment at the start.
const AHEAD: i64 = 150;

/// The share of time in which the server stands idle, while the source always holds jobs back: of `K` jobs that go round
/// between the server and a way of `a` service times all are on their way. That is Erlang's B(K, a), by his recursion (M/M/1//K;
/// how long the way takes counts in the mean alone). With constant service there is no luck in it: `K` jobs in `1 + a`.
fn idle(params: &Params) -> Option<f64> {
    let k = model(params).1.filter(|_| is_blocking(params))?;
    let goes_on = params.int("load_percent") >= AHEAD && params.word(load::PARAM.id) != "by-hand";
    let way = 2.0 * DELAY.0 as f64 / params.ms("service_ms").0 as f64;
    let erlang = (1..=k).fold(1.0, |b, n| way * b / (f64::from(n) + way * b));
    let share = match params.word("service") {
        "constant" => (1.0 - f64::from(k) / (1.0 + way)).max(0.0),
        _ => erlang,
    };
    goes_on.then_some(share)
}

/// The mean time at the server, in service times, of `K` that go round: Little, less the way.
fn stay_of_blocked(params: &Params) -> Option<f64> {
    let (k, way) = (model(params).1?, 2.0 * DELAY.0 as f64 / params.ms("service_ms").0 as f64);
    Some(f64::from(k) / (1.0 - idle(params)?) - way)
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
    if is_blocking(params) {
        return Some(0.0);
    }
    let power = (0..k).fold(1.0, |p, _| p * r);
    let share = if r == 1.0 { 1.0 / f64::from(k + 1) } else { (1.0 - r) * power / (1.0 - power * r) };
    is_markov(params).then_some(100.0 * share)
}

/// The mean time in the system in service times, where there is one.
pub(super) fn stay(params: &Params) -> Option<f64> {
    let (r, most) = model(params);
    let poisson = params.word(load::PARAM.id) == "poisson";
    if is_blocking(params) {
        return stay_of_blocked(params);
    }
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
    GaugeDef::new("held", "jobs held back at the source now", "", |_| {
        gauges::reading(|w| Some(f64::from(w.node_as::<Source>(SOURCE)?.held())))
    }),
    GaugeDef::new("pace_percent", "jobs served, of those that can be", "%", |p| {
        let service = p.ms("service_ms").0 as f64;
        gauges::reading(move |w| {
            let served = w.node_as::<Server>(SERVER)?.served as f64;
            (w.now().us() > 0).then(|| 100.0 * served * service / w.now().us() as f64)
        })
    })
    .theory(|p| Some(100.0 * (1.0 - idle(p)?)))
    .published(&[
        Published::of(&["policy=block", "load_percent=200", "buffer=1"], 94.5946, "M/M/1//2, way 0.4"),
        Published::of(
            &["policy=block", "load_percent=200", "buffer=1", "service_ms=2"],
            60.0,
            "M/M/1//2, way 2: 1 - (4 / 2) / (1 + 2 + 4 / 2)",
        )
        .at_ms(20_000),
        Published::of(
            &["policy=block", "load_percent=150", "buffer=4", "service_ms=4"],
            99.6933,
            "M/M/1//5, way 1: 1 - (1 / 120) / (1 + 1 + 1 / 2 + 1 / 6 + 1 / 24 + 1 / 120)",
        ),
    ]),
];

pub(super) fn boards(_: &Params, world: &World) -> Vec<Board> {
    let Some(server) = world.node_as::<Server>(SERVER) else {
        return Vec::new();
    };
    let row = |name: &str, count: u64, mood| (name.to_owned(), vec![Field::of(count).mood(mood)]);
    let full = server.buffer > 0 && server.waiting.len() >= server.buffer;
    let waiting = if full { Mood::Bad } else { Mood::Waiting };
    let lost = if server.dropped > 0 { Mood::Bad } else { Mood::Plain };
    let mut rows = vec![
        row("waiting", server.waiting.len() as u64, waiting),
        row("being served", u64::from(server.working.is_some()), Mood::Plain),
        row("served", server.served, Mood::Good),
        row("dropped", server.dropped, lost),
    ];
    if let Some(source) = world.node_as::<Source>(SOURCE).filter(|s| s.room().is_some()) {
        rows.insert(0, row("held back at the source", u64::from(source.held()), Mood::Waiting));
    }
    vec![Board::Table {
        title: "Where the jobs are".to_owned(),
        columns: vec![String::new(), "jobs".to_owned()],
        rows,
    }]
}
