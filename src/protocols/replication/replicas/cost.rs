//! What it costs: how long reads and writes take, beside a formula.
//!
//! The rule that is easy to break: the formula knows no run. A request goes to a copy and back; what is passed on goes to R1 and back,
//! unless it was asked there; and a primary asks all, and waits for all.

use super::Fact;
use super::setup::{Config, Keeping, Work};
use crate::kit::prelude::*;

const NEAR: &str = "2 near: there and back (Attiya and Welch 1994: fast)";
const PASSED: &str = "2 near + 2 d for all but those at R1: one round trip";
const TWICE: &str = "2 near + 2 d for all but those at R1, and 2 d more: all must have it";

/// Whether messages take the same time each, so that there is a formula for it.
const EVEN: &str = "spread_ms=0";

pub(super) const GAUGES: &[GaugeDef] = &[
    GaugeDef::new("read_ms", "a read takes", "ms", |_| {
        gauges::mean_ms(|f: &Fact| match f {
            Fact::Read { waited, .. } => Some(*waited),
            _ => None,
        })
    })
    .theory(|p| takes(p, false))
    .published(&[
        Published::of(&["keeping=primary", EVEN], 84.0, PASSED),
        Published::of(
            &["keeping=primary", EVEN, "copies=5", "clients=5", "near_ms=0", "delay_ms=20"],
            32.0,
            PASSED,
        ),
        Published::of(&["keeping=ordered", EVEN], 4.0, NEAR),
        Published::of(&["keeping=causal", "near_ms=0"], 0.0, NEAR),
        Published::of(&["keeping=newest", "work=roams", "near_ms=5"], 10.0, NEAR),
    ]),
    GaugeDef::new("write_ms", "a write takes", "ms", |_| {
        gauges::mean_ms(|f: &Fact| match f {
            Fact::Wrote { waited, .. } => Some(*waited),
            _ => None,
        })
    })
    .theory(|p| takes(p, true))
    .published(&[
        Published::of(&["keeping=primary", EVEN], 204.0, TWICE),
        Published::of(
            &["keeping=primary", EVEN, "copies=5", "clients=5", "near_ms=0", "delay_ms=20"],
            72.0,
            TWICE,
        ),
        Published::of(&["keeping=ordered", EVEN], 84.0, PASSED),
        Published::of(
            &["keeping=ordered", EVEN, "copies=2", "clients=4", "near_ms=0", "delay_ms=100"],
            100.0,
            PASSED,
        ),
        Published::of(&["keeping=ordered", EVEN, "work=roams", "count=30"], 84.0, PASSED),
        Published::of(&["keeping=causal"], 4.0, NEAR),
        Published::of(&["keeping=newest", "near_ms=10"], 20.0, NEAR),
    ]),
];

/// The mean over clients, each of which asks equally often.
pub(super) fn takes(p: &Params, writes: bool) -> Option<f64> {
    let config = Config::of(p);
    let ms = |span: Span| span.0 as f64 / 1_000.0;
    let near = 2.0 * ms(config.near);
    let at_first = match config.work {
        Work::ByHand => return None,
        Work::Roams => 1.0 / f64::from(config.copies),
        Work::Stays => {
            let own = (0..config.clients).filter(|&c| config.home(c) == super::FIRST).count();
            own as f64 / f64::from(config.clients)
        }
    };
    let trip = 2.0 * ms(config.delay);
    let all = if config.copies > 1 { trip } else { 0.0 };
    let passed = (1.0 - at_first) * trip;
    let even = config.spread == Span::ZERO;
    match (config.keeping, writes) {
        (Keeping::Primary | Keeping::Ordered, _)
            if !even && (writes || config.keeping == Keeping::Primary) =>
        {
            None
        }
        (Keeping::Primary, false) => Some(near + passed),
        (Keeping::Primary, true) => Some(near + passed + all),
        (Keeping::Ordered, true) => Some(near + passed),
        _ => Some(near),
    }
}
