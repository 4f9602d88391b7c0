//! What a broadcast costs, in messages and in time.
//!
//! The rule that is easy to break: there are two ways to count. The book's: each of the n sends of a broadcast counts, the one to
//! oneself among them (`sends`, n^2 in all if everybody sends on). The network's: what travels over a link (`messages`, n(n-1)).

use super::{FIRST, Fact, LONGEST_MS, SHORTEST_MS, Variant};
use crate::kit::prelude::*;

const BOOK: &str = "each of n processes sends to n, itself included: n^2";
const ONCE: &str = "the sender sends to n, itself included";
const WIRE: &str = "each of n processes sends to n-1 others";
const TIME: &str = "20 + (n-1) 10 + 20: the last send, and the mean way of a message";

pub(super) static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("sends", "sends, to oneself included", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Sent { .. }))
    })
    .theory(|p| Some(number(p, "nodes") * senders(p) * broadcasts(p)))
    .published(&[
        Published::of(&["nodes=3"], 3.0, ONCE).at_ms(2_000),
        Published::of(&[], 5.0, ONCE).at_ms(2_000),
        Published::of(&["variant=eager", "nodes=3"], 9.0, BOOK).at_ms(2_000),
        Published::of(&["variant=eager"], 25.0, BOOK).at_ms(2_000),
        Published::of(&["variant=eager", "nodes=7"], 49.0, BOOK).at_ms(2_000),
        Published::of(&["variant=eager", "nodes=9"], 81.0, BOOK).at_ms(2_000),
        Published::of(&["variant=uniform", "nodes=3"], 9.0, BOOK).at_ms(2_000),
        Published::of(&["variant=uniform"], 25.0, BOOK).at_ms(2_000),
        Published::of(&["variant=uniform", "nodes=7"], 49.0, BOOK).at_ms(2_000),
        Published::of(&["variant=eager", "nodes=4", "from=all"], 64.0, "n^2 for each of n broadcasts")
            .at_ms(3_000),
    ]),
    GaugeDef::new("messages", "messages over links", "", |_| gauges::sent(&["data", "relay"]))
        .theory(|p| Some((number(p, "nodes") - 1.0) * senders(p) * broadcasts(p)))
        .published(&[
            Published::of(&["variant=eager", "nodes=3"], 6.0, WIRE).at_ms(2_000),
            Published::of(&["variant=eager"], 20.0, WIRE).at_ms(2_000),
            Published::of(&["variant=eager", "nodes=7"], 42.0, WIRE).at_ms(2_000),
        ]),
    GaugeDef::new("deliveries", "deliveries", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Delivered { .. }))
    })
    .theory(|p| Some(number(p, "nodes") * broadcasts(p))),
    // The last send is the last to arrive where no delay differs from another by more than a gap; and no way round is shorter.
    GaugeDef::new("delivered_ms", "until all have delivered", "ms", |p| {
        let all = (number(p, "nodes") * broadcasts(p)) as usize;
        Box::new(Reached { all, count: 0, at_ms: None })
    })
    .theory(|p| {
        let (gap, n) = (number(p, "gap_ms"), number(p, "nodes"));
        let (shortest, longest) = (SHORTEST_MS as f64, LONGEST_MS as f64);
        let direct = Variant::of(p) != Variant::Uniform && p.word("from") == "one";
        let spaced = gap >= longest - shortest;
        let first = FIRST.0 as f64 / 1_000.0;
        Some(first + (n - 1.0) * gap + (shortest + longest) / 2.0).filter(|_| direct && spaced)
    })
    .published(&[
        Published::of(&["nodes=3"], 60.0, TIME).at_ms(2_000),
        Published::of(&[], 80.0, TIME).at_ms(2_000),
        Published::of(&["variant=eager"], 80.0, TIME).at_ms(2_000),
        Published::of(&["variant=eager", "nodes=9"], 120.0, TIME).at_ms(2_000),
    ]),
];

/// When so many deliveries had been told: who delivers is not in the fact, so events are counted.
#[derive(Clone)]
struct Reached {
    all: usize,
    count: usize,
    at_ms: Option<f64>,
}

impl Gauge for Reached {
    fn after(&mut self, seen: &Seen<'_>) {
        self.count += seen.facts::<Fact>().filter(|(_, f)| matches!(f, Fact::Delivered { .. })).count();
        if self.at_ms.is_none() && self.all > 0 && self.count >= self.all {
            self.at_ms = Some(seen.event.time.us() as f64 / 1_000.0);
        }
    }

    fn wake(&self) -> Wake {
        Wake::News
    }

    fn value(&self, _: &World) -> Option<f64> {
        self.at_ms
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}

/// How many processes send a message to all, if nobody crashes.
fn senders(p: &Params) -> f64 {
    if Variant::of(p) == Variant::BestEffort { 1.0 } else { number(p, "nodes") }
}

/// How many messages are broadcast.
fn broadcasts(p: &Params) -> f64 {
    match p.word("from") {
        "one" => 1.0,
        "all" => number(p, "nodes"),
        _ => 0.0,
    }
}
