//! What an election costs, in messages and in time.
//!
//! The rule that is easy to break: messages are counted by one convention, that of Coulouris: questions, answers and announcements, each
//! for every receiver; heartbeats belong to no election.

use super::{Fact, LONGEST_MS, SHORTEST_MS, STEP_MS};
use crate::kit::prelude::*;

/// Who says so knows who leads.
const KNOWS: fn(&Fact) -> Option<()> = pick!(Fact::Won { .. } | Fact::Learnt { .. } => ());

const BOOK: &str = "n (n-1) / 2 questions, as many answers, n-1 announcements";

pub(super) static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("election_messages", "election messages", "", |_| gauges::sent(&["election"]))
        .theory(asked),
    GaugeDef::new("answers", "answers", "", |_| gauges::sent(&["answer"])).theory(asked),
    GaugeDef::new("announcements", "announcements", "", |_| gauges::sent(&["coordinator"])).theory(announced),
    GaugeDef::new("messages", "messages, heartbeats left out", "", |_| {
        gauges::sent(&["election", "answer", "coordinator"])
    })
    .theory(|p| Some(2.0 * asked(p)? + announced(p)?))
    .published(&[
        Published::of(&["nodes=3"], 8.0, BOOK).at_ms(2_000),
        Published::of(&[], 24.0, BOOK).at_ms(2_000),
        Published::of(&["nodes=8"], 63.0, BOOK).at_ms(2_000),
        Published::of(&["nodes=12", "start=all"], 143.0, BOOK).at_ms(2_000),
        Published::of(&["nodes=8", "start=highest"], 7.0, "n-1 announcements").at_ms(2_000),
    ]),
    // One message, from the lowest to the highest: no way through another is shorter, for none takes less than half of the
    // longest.
    GaugeDef::new("elected_ms", "until a leader is elected", "ms", |_| {
        gauges::first_ms(|f: &Fact| matches!(f, Fact::Won { .. }))
    })
    .theory(|p| match p.word("start") {
        "lowest" => Some((SHORTEST_MS + LONGEST_MS) as f64 / 2.0).filter(|_| is_patient(p)),
        "missed" => None,
        _ => Some(0.0).filter(|_| is_patient(p)),
    }),
    // And the slowest of n-1 announcements, which are uniform: n-1 parts of n of the way from the shortest to the longest.
    GaugeDef::new("known_ms", "until everyone knows it", "ms", |p| {
        gauges::all_ms(p.int("nodes") as usize, KNOWS)
    })
    .theory(|p| {
        let (n, shortest, longest) = (number(p, "nodes"), SHORTEST_MS as f64, LONGEST_MS as f64);
        let news = shortest + (longest - shortest) * (n - 1.0) / n;
        let first = if p.word("start") == "lowest" { (shortest + longest) / 2.0 } else { 0.0 };
        Some(first + news).filter(|_| is_patient(p) && p.word("start") != "missed")
    })
    .published(&[
        Published::of(&["nodes=3"], 25.333_333, "12 + 8 + 8 (n-1) / n").at_ms(2_000),
        Published::of(&[], 26.4, "12 + 8 + 8 (n-1) / n").at_ms(2_000),
        Published::of(&["nodes=8"], 27.0, "12 + 8 + 8 (n-1) / n").at_ms(2_000),
    ]),
    GaugeDef::new("takeover_ms", "from missing a leader to the next", "ms", |_| {
        gauges::mean_between_ms(pick!(Fact::Missed { .. } => Only), pick!(Fact::Won { .. } => Only))
    }),
];

/// Whether the timeouts are as long as the bounds ask for.
fn is_patient(p: &Params) -> bool {
    let (answer, coordinator) = (p.int("answer_ms") as u64, p.int("coordinator_ms") as u64);
    answer >= 2 * (LONGEST_MS + STEP_MS) && coordinator >= answer + 2 * LONGEST_MS
}

/// How many election messages there are, if nobody fails: each process asks all that are higher, once.
fn asked(p: &Params) -> Option<f64> {
    let n = number(p, "nodes");
    let asked = if matches!(p.word("start"), "lowest" | "all") { n * (n - 1.0) / 2.0 } else { 0.0 };
    Some(asked).filter(|_| is_patient(p))
}

/// How many announcements: one to each that is lower than the highest.
fn announced(p: &Params) -> Option<f64> {
    let announced = if p.word("start") == "missed" { 0.0 } else { number(p, "nodes") - 1.0 };
    Some(announced).filter(|_| is_patient(p))
}
