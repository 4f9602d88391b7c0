//! What flooding costs: messages, and the time of its rounds, with theory for runs in which nobody crashes.
//!
//! The rule that is easy to break: the time is that of the rounds and not of the messages. It does not depend on how fast these are.

use super::{FIRST, Fact, Mutant};
use crate::kit::prelude::*;

const SENT: &str = "(f+1) n (n-1): in each round each sends to all others (Lynch 1996, section 6.2.1)";
const TAKES: &str = "f+1 rounds (Lynch 1996, section 6.2.1), after the 20 ms before the first";

pub(super) static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("messages", "messages", "", |_| gauges::sent(&["values"]))
        .theory(|p| {
            let n = number(p, "nodes");
            // With a round too short for all sends some are left out.
            let fits = p.int("round_ms") > (p.int("nodes") - 2) * p.int("gap_ms");
            fits.then_some((number(p, "f") + 1.0) * n * (n - 1.0))
        })
        .published(&[
            Published::of(&["nodes=3"], 12.0, SENT).at_ms(1_000),
            Published::of(&[], 24.0, SENT).at_ms(1_000),
            Published::of(&["nodes=4", "f=0"], 12.0, SENT).at_ms(1_000),
            Published::of(&["nodes=7", "f=2"], 126.0, SENT).at_ms(1_000),
            Published::of(&["nodes=8", "f=5"], 336.0, SENT).at_ms(1_000),
        ]),
    GaugeDef::new("decided_ms", "until all have decided", "ms", |p| {
        gauges::all_ms(p.int("nodes") as usize, pick!(Fact::Decided { .. } => ()))
    })
    .theory(|p| Some(FIRST.0 as f64 / 1_000.0 + (number(p, "f") + 1.0) * number(p, "round_ms")))
    .published(&[
        Published::of(&["f=0"], 70.0, TAKES).at_ms(1_000),
        Published::of(&[], 120.0, TAKES).at_ms(1_000),
        Published::of(&["nodes=8", "f=3"], 220.0, TAKES).at_ms(1_000),
    ]),
    GaugeDef::new("rounds", "rounds until the last decision", "rounds", |_| {
        gauges::largest(pick!(Fact::Decided { round, .. } => f64::from(*round)))
    })
    .theory(|p| Some(number(p, "f") + 1.0).filter(|_| Mutant::of(p) == Mutant::None)),
    GaugeDef::new("late", "times a value came after the decision", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::TooLate { .. }))
    }),
];
