//! What got through to Bob, and what a wire that takes away costs; with the formulas for a wire that does one thing with chance `q`.
//!
//! The rule that is easy to break: what is forged is told by what Alice has sent, which Bob cannot see. The formulas
//! know the variant and `q`, and look at no run.

use super::judged::ACCEPTED;
use super::{Fact, Payment};
use crate::kit::prelude::*;
use std::collections::BTreeSet;

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Forged,
    Replayed,
    Delivered,
}

/// What Bob has accepted, told apart by what Alice has sent.
#[derive(Clone)]
struct Through {
    what: What,
    sent: BTreeSet<Payment>,
    accepted: BTreeSet<Payment>,
    count: u32,
}

impl Through {
    fn of(what: What) -> Box<dyn Gauge> {
        Box::new(Through { what, sent: BTreeSet::new(), accepted: BTreeSet::new(), count: 0 })
    }
}

impl Gauge for Through {
    fn after(&mut self, seen: &Seen<'_>) {
        for (_, fact) in seen.facts::<Fact>() {
            if let Fact::Ordered { number, amount } = *fact {
                self.sent.insert(Payment { number, amount });
            }
            let Some(payment) = ACCEPTED(fact) else {
                continue;
            };
            let is = match self.sent.contains(&payment) {
                false => What::Forged,
                true if self.accepted.insert(payment) => What::Delivered,
                true => What::Replayed,
            };
            self.count += u32::from(is == self.what);
        }
    }

    fn wake(&self) -> Wake {
        Wake::News
    }

    fn value(&self, _: &World) -> Option<f64> {
        Some(f64::from(self.count))
    }

    fn weight(&self) -> usize {
        (self.sent.len() + self.accepted.len()) * 16
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}

const NONE: &str = "no promise of this variant allows it";
const NQ: &str = "each of n payments, with chance q: n q";
const GEOMETRIC: &str = "the first of q, q, ... to fail: 1/(1-q)";

pub(super) static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("read", "amounts that the wire has read", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Read { .. }))
    })
    .theory(read)
    .published(&[
        Published::of(&["count=20"], 20.0, "each payment goes in clear").at_ms(20_000),
        Published::of(&["count=20", "variant=mac"], 20.0, "a tag hides nothing").at_ms(20_000),
        Published::of(&["count=20", "variant=encrypted"], 0.0, NONE).at_ms(20_000),
        Published::of(&["count=20", "variant=all", "tap=busy"], 0.0, NONE).at_ms(20_000),
    ]),
    GaugeDef::new("forged", "accepted, and not sent by Alice", "", |_| Through::of(What::Forged))
        .theory(forged)
        .published(&[
            Published::of(&["count=20", "tap=forges", "attack_percent=25"], 5.0, NQ).at_ms(20_000),
            Published::of(&["count=20", "tap=flips", "attack_percent=75"], 15.0, NQ).at_ms(20_000),
            Published::of(&["count=20", "variant=encrypted", "tap=flips"], 10.0, NQ).at_ms(20_000),
            Published::of(&["count=20", "variant=mac", "tap=flips"], 0.0, NONE).at_ms(20_000),
            Published::of(&["count=20", "variant=mac", "tap=forges"], 0.0, NONE).at_ms(20_000),
            Published::of(&["count=20", "variant=all", "tap=busy"], 0.0, NONE).at_ms(20_000),
        ]),
    GaugeDef::new("replayed", "accepted once more", "", |_| Through::of(What::Replayed))
        .theory(replayed)
        .published(&[
            Published::of(&["count=20", "tap=replays", "attack_percent=20"], 4.0, NQ).at_ms(20_000),
            Published::of(&["count=20", "variant=encrypted", "tap=replays"], 10.0, NQ).at_ms(20_000),
            Published::of(&["count=20", "variant=mac", "tap=replays", "attack_percent=80"], 16.0, NQ)
                .at_ms(20_000),
            Published::of(&["count=20", "variant=mac-number", "tap=replays"], 0.0, NONE).at_ms(20_000),
            Published::of(&["count=20", "variant=all", "tap=busy"], 0.0, NONE).at_ms(20_000),
        ]),
    GaugeDef::new("tries_each", "sends of a payment until its receipt", "", |_| {
        gauges::mean(pick!(Fact::Confirmed { tries, .. } => f64::from(*tries)))
    })
    .theory(tries)
    .published(&[
        Published::of(&["variant=all", "tap=drops", "attack_percent=20"], 1.25, GEOMETRIC).at_ms(20_000),
        Published::of(&["variant=all", "tap=drops"], 2.0, GEOMETRIC).at_ms(20_000),
        Published::of(&["tap=drops", "attack_percent=75"], 4.0, GEOMETRIC).at_ms(20_000),
        Published::of(&["variant=mac", "tap=flips"], 2.0, "what is refused is sent again: 1/(1-q)")
            .at_ms(20_000),
    ]),
    GaugeDef::new("delivered", "of Alice's, accepted", "", |_| Through::of(What::Delivered)),
    GaugeDef::new("refused", "refused", "", |_| gauges::count(|f: &Fact| matches!(f, Fact::Refused { .. }))),
    GaugeDef::new("messages", "messages", "", gauges::messages),
];

fn encrypts(p: &Params) -> bool {
    matches!(p.word("variant"), "encrypted" | "all")
}

fn tags(p: &Params) -> bool {
    p.word("variant").starts_with("mac") || p.word("variant") == "all"
}

fn numbers(p: &Params) -> bool {
    matches!(p.word("variant"), "mac-number" | "all")
}

/// How many of `count` payments the wire does its thing with.
fn struck(p: &Params) -> f64 {
    number(p, "count") * number(p, "attack_percent") / 100.0
}

/// Whether a receipt is back before a payment is sent again: four messages of at most 15 ms.
fn patient(p: &Params) -> bool {
    !p.flag("retry") || p.int("resend_ms") > 60
}

fn read(p: &Params) -> Option<f64> {
    Some(if encrypts(p) { 0.0 } else { number(p, "count") })
}

fn forged(p: &Params) -> Option<f64> {
    match p.word("tap") {
        _ if tags(p) => Some(0.0),
        "by-hand" | "replays" | "drops" => Some(0.0),
        "flips" if patient(p) => Some(struck(p)),
        // Behind a cipher it says anything, now and then even what Alice will say.
        "forges" if patient(p) && !encrypts(p) => Some(struck(p)),
        _ => None,
    }
}

fn replayed(p: &Params) -> Option<f64> {
    match p.word("tap") {
        _ if numbers(p) => Some(0.0),
        _ if !patient(p) => None,
        "replays" => Some(struck(p)),
        "by-hand" | "flips" | "drops" => Some(0.0),
        "forges" if !encrypts(p) => Some(0.0),
        _ => None,
    }
}

fn tries(p: &Params) -> Option<f64> {
    let q = number(p, "attack_percent") / 100.0;
    let taken = 1.0 / (1.0 - q);
    match p.word("tap") {
        _ if !patient(p) || !p.flag("retry") || p.int("count") == 0 => None,
        "by-hand" | "replays" => Some(1.0),
        "flips" if !tags(p) => Some(1.0),
        "drops" | "flips" if q <= 0.8 => Some(taken),
        _ => None,
    }
}
