//! What a commit costs: messages as the book counts, forced writes, and time.
//!
//! The rule that is easy to break: messages are counted by one convention, that of section 7.5: VOTE-REQ, vote, PRE-COMMIT, ACK and
//! decision, each for every bank. What a termination costs is counted apart.

use super::judged::is_patient;
use super::{Fact, LONGEST_MS, SHORTEST_MS};
use crate::kit::prelude::*;

const BOOK: &str = "5n: VOTE-REQ, vote, PRE-COMMIT, ACK, COMMIT";

pub(super) static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("messages", "messages as the book counts", "", |_| {
        gauges::sent(&["VOTE-REQ", "YES", "NO", "PRE-COMMIT", "ACK", "COMMIT", "ABORT"])
    })
    .theory(|p| calm(p, |n| 5.0 * n))
    .published(&[
        Published::of(&["banks=2"], 10.0, BOOK).at_ms(2_000),
        Published::of(&[], 15.0, BOOK).at_ms(2_000),
        Published::of(&["banks=5"], 25.0, BOOK).at_ms(2_000),
        Published::of(&["banks=8"], 40.0, BOOK).at_ms(2_000),
    ]),
    GaugeDef::new("termination_messages", "messages to find out how all stand", "", |_| {
        gauges::sent(&["UR-ELECTED", "STATE-REQ", "STATE"])
    })
    .theory(|p| calm(p, |_| 0.0)),
    GaugeDef::new("forced", "forced log writes", "", |_| gauges::count(|f: &Fact| *f == Fact::Forced))
        .theory(|p| calm(p, |n| 2.0 * n + 2.0))
        .published(&[
            Published::of(&["banks=2"], 6.0, "2n + 2").at_ms(2_000),
            Published::of(&[], 8.0, "2n + 2").at_ms(2_000),
            Published::of(&["banks=5"], 12.0, "2n + 2").at_ms(2_000),
        ]),
    GaugeDef::new("commit_ms", "from the beginning to the coordinator's decision", "ms", |_| {
        let decided: fn(&Fact) -> _ = pick!(Fact::Decided { t, bank: 0, .. } => *t);
        gauges::mean_between_ms(pick!(Fact::Begun { t } => *t), decided)
    })
    .theory(|p| {
        let asks = all_answer(p.int("banks") as u32, p.int("pace_ms") as f64);
        calm(p, |_| 2.0 * asks + 2.0 * p.int("sync_ms") as f64)
    })
    .published(&[
        Published::of(&["banks=2", "pace_ms=0"], 55.733_333, "2 (16 + 8 M(2)) + 2 s, M(2) = 37/30")
            .at_ms(2_000),
        Published::of(&["pace_ms=0"], 57.6, "2 (16 + 8 M(3)) + 2 s, M(3) = 27/20").at_ms(2_000),
        Published::of(&["banks=5", "pace_ms=0", "sync_ms=0"], 55.634_921, "2 (16 + 8 M(5))").at_ms(2_000),
    ]),
    GaugeDef::new("uncertain_ms", "longest time that a bank did not know the outcome", "ms", |_| {
        let promised: fn(&Fact) -> _ = pick!(Fact::Promised { t, bank } => (*t, *bank));
        gauges::longest_between_ms(promised, pick!(Fact::Decided { t, bank, .. } => (*t, *bank)))
    }),
    GaugeDef::new("takeovers", "backup coordinators", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::TookOver { .. }))
    })
    .theory(|p| calm(p, |_| 0.0)),
];

/// A commit without failures, as theory counts it.
fn calm(p: &Params, of: impl Fn(f64) -> f64) -> Option<f64> {
    let calm = p.int("transfers") == 1 && is_patient(p);
    calm.then(|| of(p.int("banks") as f64))
}

/// The mean time until all of n have answered who are asked one after the other, `pace` apart: the largest of n sums of two uniform
/// draws, each later by one pace than the one before. It is the integral of 1 - F(x) F(x - pace) ..., with F of the sum of two.
pub(super) fn all_answer(n: u32, pace: f64) -> f64 {
    const PARTS: u32 = 4_000;
    let (shortest, spread) = (SHORTEST_MS as f64, (LONGEST_MS - SHORTEST_MS) as f64);
    let two = |x: f64| match x / spread {
        u if u <= 0.0 => 0.0,
        u if u <= 1.0 => u * u / 2.0,
        u if u <= 2.0 => 1.0 - (2.0 - u) * (2.0 - u) / 2.0,
        _ => 1.0,
    };
    let not_yet = |x: f64| 1.0 - (0..n).map(|i| two(x - pace * f64::from(i))).product::<f64>();
    let end = 2.0 * spread + pace * f64::from(n - 1);
    let h = end / f64::from(PARTS);
    // By Simpson's rule: 1, 4, 2, 4, ..., 4, 1.
    let inner = (1..PARTS).map(|i| (2.0 + 2.0 * f64::from(i % 2)) * not_yet(h * f64::from(i)));
    2.0 * shortest + (not_yet(0.0) + inner.sum::<f64>() + not_yet(end)) * h / 3.0
}
