//! What it costs: rounds, tosses, messages, with theory for schedules that leave chance to the coins alone.
//!
//! The rule that is easy to break: where a process waits for fewer than there are, the links choose whom it hears, and no
//! formula says how. Where exactly t have crashed before the start, each of the n - t others hears all n - t of them, in every round
//! and whatever the links do. Then all see the same, propose the same and decide in the same round.

use super::{Coin, Fact};
use crate::kit::prelude::*;

const ALONE: &str = "1 + 2^t: of 2t + 1, t are silent, and t + 1 must toss the same";
const TIES: &str = "1 + 1 / (1 - C(n, n/2) / 2^n): until n tosses are no tie";
const SHARED: &str = "all toss the same in round 1, and decide in round 2";
const SENT: &str = "2 (n-t)(n-1) a round, and as many in farewell";

pub(super) static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("rounds", "the round in which the last one decided", "rounds", |_| {
        gauges::largest(pick!(Fact::Decided { round, .. } => f64::from(*round)))
    })
    .theory(rounds)
    .published(&[
        Published::of(&["early=1"], 3.0, ALONE).at_ms(20_000),
        Published::of(&["nodes=5", "t=2", "early=2"], 5.0, ALONE).at_ms(20_000),
        Published::of(&["nodes=7", "t=3", "early=3"], 9.0, ALONE).at_ms(20_000),
        Published::of(&["nodes=2", "t=0"], 3.0, TIES).at_ms(20_000),
        Published::of(&["nodes=4", "t=0"], 2.6, TIES).at_ms(20_000),
        Published::of(&["nodes=6", "t=0"], 2.454_5, TIES).at_ms(20_000),
        Published::of(&["coin=common", "early=1"], 2.0, SHARED).at_ms(5_000),
        Published::of(&["coin=common", "nodes=5", "t=2", "early=2"], 2.0, SHARED).at_ms(5_000),
        Published::of(&["coin=common", "nodes=9", "t=4", "early=4"], 2.0, SHARED).at_ms(5_000),
    ]),
    GaugeDef::new("tosses", "tosses of a coin", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Tossed { .. }))
    })
    .theory(|p| {
        let tossed = if Coin::of(p).is_tossed() { alive(p) } else { 0.0 };
        Some(tossed * (rounds(p)? - 1.0))
    })
    .published(&[
        Published::of(&["early=1"], 4.0, "two processes, 2^t rounds with tosses").at_ms(20_000),
        Published::of(&["nodes=5", "t=2", "early=2"], 12.0, "three processes, 2^t rounds with tosses")
            .at_ms(20_000),
        Published::of(&["coin=common", "nodes=5", "t=2", "early=2"], 3.0, "three processes, once")
            .at_ms(5_000),
    ]),
    GaugeDef::new("messages", "messages", "", |_| gauges::sent(&["report", "proposal", "open"]))
        .theory(|p| Some(2.0 * alive(p) * (number(p, "nodes") - 1.0) * (rounds(p)? + 1.0)))
        .published(&[
            Published::of(&["inputs=ones", "early=1"], 16.0, SENT).at_ms(5_000),
            Published::of(&["coin=common", "early=1"], 24.0, SENT).at_ms(5_000),
            Published::of(&["coin=common", "nodes=5", "t=2", "early=2"], 72.0, SENT).at_ms(5_000),
        ]),
];

/// How many begin.
fn alive(p: &Params) -> f64 {
    number(p, "nodes") - number(p, "early")
}

/// The chance that of `m` fair coins more than n/2 show the same.
fn chance(n: u64, m: u64) -> f64 {
    let ways = |k: u64| (0..k).fold(1.0, |ways, i| ways * (m - i) as f64 / (i + 1) as f64);
    let enough = (0..=m).filter(|k| 2 * k > n || 2 * (m - k) > n);
    enough.map(ways).sum::<f64>() / (1_u64 << m) as f64
}

/// The mean of the round in which all decide, if each hears all others that there are.
fn rounds(p: &Params) -> Option<f64> {
    let [n, t, early] = ["nodes", "t", "early"].map(|id| p.int(id) as u64);
    if early != t || n <= 2 * t || p.int("rounds_most") > 0 {
        return None;
    }
    let m = n - t;
    let zeros = match p.word("inputs") {
        "zeros" => m,
        "ones" => 0,
        "split" => (n / 2).min(m),
        _ => return None,
    };
    if 2 * zeros > n || 2 * (m - zeros) > n {
        return Some(1.0);
    }
    match Coin::of(p) {
        Coin::Local => Some(1.0 + 1.0 / chance(n, m)),
        Coin::Common | Coin::Zero => Some(2.0),
        // The same again in every round, or its mirror image: for ever.
        Coin::Other | Coin::Keep => None,
    }
}
