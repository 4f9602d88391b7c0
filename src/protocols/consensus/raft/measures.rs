//! What a run of Raft yields in numbers.
//!
//! The rule that is easy to break: a number that a run did not yield is missing, not zero.

use super::Tally;
use super::client::{Client, Score};
use super::server::Server;
use crate::kit::{Measure, Params};
use crate::sim::Trace;
use crate::sim::world::World;

/// The sums over all servers.
pub fn servers(world: &World) -> Tally {
    let mut sum = Tally::default();
    for t in world
        .node_ids()
        .filter_map(|n| Some(world.node_as::<Server>(n)?.tally()))
    {
        sum.elections += t.elections;
        sum.won += t.won;
        sum.undecided += t.undecided;
        sum.conflicts += t.conflicts;
        sum.backups += t.backups;
        sum.duplicates += t.duplicates;
        sum.from_session += t.from_session;
        sum.restarts += t.restarts;
    }
    sum
}

/// The sums over all clients.
pub fn clients(world: &World) -> Score {
    let mut sum = Score::default();
    for s in world
        .node_ids()
        .filter_map(|n| Some(world.node_as::<Client>(n)?.score()))
    {
        sum.ok += s.ok;
        sum.failed += s.failed;
        sum.unknown += s.unknown;
        sum.retries += s.retries;
        sum.waited_us += s.waited_us;
    }
    sum
}

/// The measures of a finished run.
pub(super) fn of_run(_: &Params, world: &World, trace: &Trace) -> Vec<Measure> {
    let (s, c) = (servers(world), clients(world));
    let first = trace.epochs().first().map(|m| trace.event(m.event).time);
    let answered = c.ok + c.failed;
    let number = |name, value: u32| Measure {
        name,
        value: Some(f64::from(value)),
    };
    vec![
        Measure {
            name: "election_ms",
            value: first.map(|t| t.us() as f64 / 1_000.0),
        },
        number("elections", s.elections),
        number("leaders", s.won),
        number("elections_undecided", s.undecided),
        number("conflicts_repaired", s.conflicts),
        number("backups", s.backups),
        number("duplicates_suppressed", s.duplicates + s.from_session),
        number("messages", trace.messages() as u32),
        number("requests_answered", answered),
        number("requests_unknown", c.unknown),
        number("retries", c.retries),
        Measure {
            name: "answer_ms",
            value: (answered > 0).then(|| c.waited_us as f64 / 1_000.0 / f64::from(answered)),
        },
    ]
}
