//! What clock synchronisation promises, and what its runs are measured by.
//!
//! The rule that is easy to break: these look at true time, which no node can. A bound on the error holds
//! for what was known when the answer came: the round trip, and the shortest way that a message can take.

use super::{Client, Fact, SERVER, Server};
use crate::check::promise::{monotonic, termination};
use crate::check::{Broken, Need, Promised, Property, Rule, Seen};
use crate::kit::boards::{Bar, Mood};
use crate::kit::{Board, GaugeDef, Params, Published, gauges};
use crate::sim::{EventKind, Fault, NodeId, World};

/// What the software clock of `node` shows now: the server's, or a client's.
fn shows(world: &World, node: NodeId) -> Option<i64> {
    let hardware = world.clock(node).shows_us.max(0) as u64;
    let client = world.node_as::<Client>(node).map(|c| c.clock.shows(hardware));
    client.or_else(|| world.node_as::<Server>(node).map(|s| s.clock.shows(hardware)))
}

/// How far `node` is ahead of the server, in microseconds.
pub(super) fn ahead(world: &World, node: NodeId) -> Option<i64> {
    Some(shows(world, node)? - shows(world, SERVER)?)
}

fn clients(world: &World) -> impl Iterator<Item = NodeId> {
    world.node_ids().filter(|&n| n != SERVER)
}

/// How far the worst client is off the server now.
fn worst_us(world: &World) -> Option<f64> {
    let all = clients(world).filter_map(|n| ahead(world, n));
    all.map(|us| us.unsigned_abs() as f64).reduce(f64::max)
}

pub(super) fn promises(params: &Params) -> Vec<Box<dyn Property>> {
    let method = params.word("method");
    let mut all = Vec::new();
    if method == "cristian" || method == "ntp" {
        let bound = Bound { shortest_us: None, drift_ppm: params.int("drift_ppm").unsigned_abs() };
        all.push(
            Promised::safety(
                "Error bound",
                "an answer corrects a clock to within (round trip - 2 shortest way) / 2",
                bound,
            )
            .needs(&[Need::Correct, Need::Pace, Need::Clocks])
            .rests_on("the way there and the way back each take at least the shortest way")
            .boxed(),
        );
    }
    if params.word("adjust") == "slew" {
        let stamps =
            monotonic("Never back", "no clock gives a stamp earlier than one before", |f: &Fact| match f {
                Fact::Stamped { us } => Some(*us),
                Fact::Synced { .. } => None,
            });
        all.push(stamps.needs(&[Need::Clocks]).boxed());
    }
    if method != "none" {
        let who = (1..=params.int("clients") as u16).map(NodeId);
        all.push(
            termination(
                "Everybody is corrected",
                "in the end each clock is corrected once",
                who,
                |f: &Fact| matches!(f, Fact::Synced { .. }),
            )
            .needs(&[Need::AllUp, Need::NoPause, Need::NoLoss, Need::Correct, Need::Pace, Need::Onward])
            .boxed(),
        );
    }
    all
}

/// Cristian 1989, section 2: the server's time lies within half of what the round trip leaves open.
#[derive(Clone)]
struct Bound {
    // The shortest way that any message may have taken so far.
    shortest_us: Option<u64>,
    drift_ppm: u64,
}

impl Bound {
    /// A link that was changed, or a message that a hand brought, may have made a shorter way.
    fn note_ways(&mut self, seen: &Seen<'_>) {
        let world = seen.world;
        let way = |a, b| world.link(a, b).delay.shortest().0;
        let both = clients(world).flat_map(|c| [way(c, SERVER), way(SERVER, c)]);
        let shortest = both.min().unwrap_or(0);
        let by_hand = |f: &Fault| matches!(f, Fault::DeliverNow { .. });
        let faults = seen.trace.faults();
        let at = faults.partition_point(|(e, _)| *e < seen.id);
        let by_hand = faults.get(at).is_some_and(|(e, f)| *e == seen.id && by_hand(f));
        let shortest = if by_hand { 0 } else { shortest };
        self.shortest_us = Some(self.shortest_us.map_or(shortest, |s| s.min(shortest)));
    }
}

impl Rule for Bound {
    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        if self.shortest_us.is_none() || seen.event.kind == EventKind::Fault {
            self.note_ways(seen);
        }
        for (node, fact) in seen.facts::<Fact>() {
            let Fact::Synced { trip_us, age_us, .. } = fact else {
                continue;
            };
            let hardware = seen.world.clock(node).shows_us.max(0) as u64;
            let client = seen.world.node_as::<Client>(node).map(|c| c.clock.aims_at(hardware));
            let Some((client, server)) = client.zip(shows(seen.world, SERVER)) else {
                continue;
            };
            let error = (client - server).unsigned_abs();
            let open = trip_us.saturating_sub(2 * self.shortest_us.unwrap_or(0)) / 2;
            // Both clocks drift on the way, and times are whole microseconds.
            let drift = 2 * self.drift_ppm * (trip_us + age_us) / 1_000_000 + 2;
            if error > open + drift {
                let who = seen.world.name(node);
                let why = format!(
                    "{who} is {error} us off after a round trip of {trip_us} us, which leaves open {open} us"
                );
                return Err(Broken::new([seen.event.cause, seen.id], why));
            }
        }
        Ok(())
    }
}

/// What can be told beforehand: without drift and jitter, half the difference of the two ways.
fn asymmetry(params: &Params) -> Option<f64> {
    let still =
        params.int("drift_ppm") == 0 && params.int("jitter_ms") == 0 && params.int("loss_percent") == 0;
    let two_way = matches!(params.word("method"), "cristian" | "ntp") && params.word("adjust") == "step";
    let apart = (params.int("out_ms") - params.int("back_ms")).abs() as f64;
    (still && two_way).then_some(apart / 2.0)
}

pub(super) static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("error_ms", "the worst clock against the server's, now", "ms", |_| {
        gauges::reading(|w| Some(worst_us(w)? / 1_000.0))
    })
    .theory(asymmetry)
    .published(&[
        Published::of(
            &["out_ms=90", "back_ms=10", "jitter_ms=0", "drift_ppm=0"],
            40.0,
            "half the difference of the ways (RFC 5905, section 8)",
        ),
        Published::of(
            &["out_ms=90", "back_ms=10", "jitter_ms=0", "drift_ppm=0", "method=ntp"],
            40.0,
            "half the difference of the ways: no filter sees it",
        ),
        Published::of(
            &["method=none", "offset_ms=0", "drift_ppm=50", "clients=1", "stamp_ms=0"],
            4_320.0,
            "50 ppm of a day",
        )
        .at_ms(86_400_000),
    ]),
    GaugeDef::new("corrections", "corrections made", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Synced { .. }))
    }),
    GaugeDef::new("correction_ms", "size of a correction, mean", "ms", |_| {
        gauges::mean(|f: &Fact| match f {
            Fact::Synced { by_us, .. } => Some(by_us.unsigned_abs() as f64 / 1_000.0),
            Fact::Stamped { .. } => None,
        })
    }),
    GaugeDef::new("trip_ms", "round trip, mean", "ms", |_| {
        gauges::mean(|f: &Fact| match f {
            Fact::Synced { trip_us, .. } => Some(*trip_us as f64 / 1_000.0),
            Fact::Stamped { .. } => None,
        })
    }),
    GaugeDef::new("messages", "messages sent", "", gauges::messages),
];

pub(super) fn boards(_: &Params, world: &World) -> Vec<Board> {
    let bar = |node: NodeId| {
        let us = ahead(world, node)?;
        let side = match us {
            0 => "right",
            us if us > 0 => "ahead",
            _ => "behind",
        };
        Some(Bar {
            label: format!("{}, {side}", world.name(node)),
            value: us.unsigned_abs() as f64 / 1_000.0,
            mood: if us == 0 { Mood::Good } else { Mood::Waiting },
        })
    };
    vec![Board::Bars {
        title: "How far each clock is off the server's".to_owned(),
        unit: "ms".to_owned(),
        bars: clients(world).filter_map(bar).collect(),
        mark: None,
    }]
}
