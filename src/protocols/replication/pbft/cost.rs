//! What it costs to order a request, and how long a client waits.
//!
//! The rule that is easy to break: these formulas count messages and delays of the paper's figure 1, and look at no run.

use super::Fact;
use crate::kit::client::{ANSWER_MS, ANSWERED, RETRIES};
use crate::kit::prelude::*;

const FIGURE: &str = "figure 1: (n-1) + (n-1)(n-1) + n(n-1) = 2n(n-1)";
const FIVE: &str = "request, pre-prepare, prepare, commit, reply: five delays";
const SILENT: &str = "the client's retry, a backup's wait, and six delays: to all, view-change, new-view with pre-prepare, prepare, commit, reply";
const TORN: &str = "neither of two requests is prepared with one number; the next primary goes on";

pub(super) static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("messages", "pre-prepare, prepare and commit messages", "", |_| {
        gauges::sent(&["pre-prepare", "prepare", "commit"])
    })
    .theory(messages)
    .published(&[
        Published::of(&["clients=1", "requests=1"], 24.0, FIGURE).at_ms(1_000),
        Published::of(&["f=2", "clients=1", "requests=1"], 84.0, FIGURE).at_ms(1_000),
        Published::of(&["f=3", "clients=1", "requests=1"], 180.0, FIGURE).at_ms(1_000),
        Published::of(&["f=4", "clients=1", "requests=1"], 312.0, FIGURE).at_ms(1_000),
        Published::of(&["clients=2", "requests=3"], 144.0, FIGURE).at_ms(5_000),
    ]),
    ANSWER_MS.theory(answer_ms).published(&[
        Published::of(&["jitter_ms=0"], 50.0, FIVE).at_ms(5_000),
        Published::of(&["jitter_ms=0", "delay_ms=20", "f=2"], 100.0, FIVE).at_ms(5_000),
        Published::of(
            &["faulty=0", "strategy=silent", "clients=1", "requests=1", "jitter_ms=0"],
            560.0,
            SILENT,
        )
        .at_ms(5_000),
        Published::of(
            &["f=2", "faulty=0", "strategy=silent", "clients=1", "requests=1", "jitter_ms=0", "wait_ms=300"],
            660.0,
            SILENT,
        )
        .at_ms(5_000),
    ]),
    GaugeDef::new("new_views", "views that a new primary has begun", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::NewView { .. }))
    })
    .theory(|p| Some(f64::from(u8::from(first_fails(p)?))))
    .published(&[
        Published::of(&["faulty=0"], 1.0, TORN).at_ms(5_000),
        Published::of(&["faulty=0", "strategy=silent"], 1.0, "a silent primary is replaced").at_ms(5_000),
        Published::of(&["faulty=3", "strategy=silent"], 0.0, "a backup is not missed").at_ms(5_000),
    ]),
    GaugeDef::new("first_view", "commits in view 0, counted at each correct replica", "", |_| {
        gauges::distinct(pick!(Fact::Committed { view: 0, seq, .. } => *seq))
    })
    .theory(first_view)
    .published(&[
        Published::of(&["faulty=0"], 0.0, TORN).at_ms(5_000),
        Published::of(&["f=2", "faulty=0"], 0.0, TORN).at_ms(5_000),
        Published::of(&[], 24.0, "each of four replicas commits each of six requests").at_ms(5_000),
    ]),
    ANSWERED,
    RETRIES,
];

fn nobody(p: &Params) -> bool {
    p.int("faulty") < 0 && p.int("faulty2") < 0
}

/// Whether delays are so short that nobody loses patience, and all is asked for within the run.
fn is_usual(p: &Params) -> bool {
    let longest = number(p, "delay_ms") + number(p, "jitter_ms");
    let patient = 6.0 * longest <= number(p, "wait_ms") && 5.0 * longest < number(p, "retry_ms");
    patient && number(p, "requests") * (number(p, "gap_ms") + 5.0 * longest) < 4_000.0
}

/// Whether the first primary has to be replaced, where it is known: nobody else is Byzantine.
fn first_fails(p: &Params) -> Option<bool> {
    let asked = p.int("requests") > 0;
    match (p.int("faulty"), p.int("faulty2")) {
        _ if !is_usual(p) => None,
        (0, -1 | 0) if asked => Some(true),
        (_, -1) => Some(false),
        _ => None,
    }
}

fn n(p: &Params) -> f64 {
    3.0 * number(p, "f") + 1.0
}

fn messages(p: &Params) -> Option<f64> {
    let asked = number(p, "clients") * number(p, "requests");
    (nobody(p) && is_usual(p)).then(|| asked * 2.0 * n(p) * (n(p) - 1.0))
}

/// Five delays; or, where the first primary is silent and there is one request, all that it takes to replace it.
fn answer_ms(p: &Params) -> Option<f64> {
    let delay = number(p, "delay_ms");
    let one = number(p, "clients") * number(p, "requests") == 1.0;
    if number(p, "jitter_ms") > 0.0 || !is_usual(p) || number(p, "requests") == 0.0 {
        None
    } else if nobody(p) {
        Some(5.0 * delay)
    } else if one && first_fails(p) == Some(true) && p.word("strategy") == "silent" {
        Some(number(p, "retry_ms") + number(p, "wait_ms") + 6.0 * delay)
    } else {
        None
    }
}

fn first_view(p: &Params) -> Option<f64> {
    match first_fails(p)? {
        true => Some(0.0),
        false if nobody(p) => Some(n(p) * number(p, "clients") * number(p, "requests")),
        false => None,
    }
}
