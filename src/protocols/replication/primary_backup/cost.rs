//! What replication costs, and what its absence costs: answered writes that are lost, the wait for an answer, and the time without a primary.
//!
//! The rule that is easy to break: formulas are for runs in which nothing is done to the world. The end of a server comes at a moment
//! that is spread evenly over whole periods of clients and heartbeats, or they say nothing.

use super::failover::ANSWERS;
use super::judged::{Lost, servers};
use super::server::Role;
use super::{Fact, LONGEST_MS, Rules, SHORTEST_MS};
use crate::kit::client::{ANSWER_MS, ANSWERED, Fact as Told, RETRIES};
use crate::kit::prelude::*;

const WINDOW: &str = "rate of writes times lag: the writes that were answered and not sent";
const ROUND_TRIP: &str = "two messages of 12 ms; and two more to the backup and back";
const FAILOVER: &str = "the timeout, less half of a heartbeat's period, and a message";

pub(super) static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("lost", "answered writes that the newest primary does not have", "", |_| {
        Box::new(Lost::default())
    })
    .theory(lost)
    .published(&[
        Published::of(&["dies=primary"], 2.0, WINDOW).at_ms(8_000),
        Published::of(&["dies=primary", "lag_ms=500"], 5.0, WINDOW).at_ms(8_000),
        Published::of(&["dies=primary", "lag_ms=300", "clients=5", "think_ms=76"], 15.0, WINDOW).at_ms(8_000),
        Published::of(&["dies=primary", "mode=sync"], 0.0, "what is answered is everywhere").at_ms(8_000),
        Published::of(
            &["dies=primary", "mode=semi", "promote=complete"],
            0.0,
            "what is answered is somewhere",
        )
        .at_ms(8_000),
    ]),
    ANSWER_MS.theory(wait).published(&[
        Published::of(&["clients=1"], 24.0, ROUND_TRIP).at_ms(8_000),
        Published::of(&["clients=1", "mode=sync", "backups=1"], 48.0, ROUND_TRIP).at_ms(8_000),
        Published::of(
            &["clients=1", "mode=sync"],
            748.0 / 15.0,
            "and the later of two backups: 28/15 ms more",
        )
        .at_ms(8_000),
        Published::of(
            &["clients=1", "mode=semi"],
            692.0 / 15.0,
            "and the sooner of two backups: 28/15 ms less",
        )
        .at_ms(8_000),
    ]),
    GaugeDef::new("failover_ms", "from the end of a primary to the next primary", "ms", |_| {
        gauges::mean_between_ms(
            pick!(Fact::Gone { primary: true } => 0_u8),
            pick!(Fact::Promoted { .. } => 0_u8),
        )
    })
    .theory(failover)
    .published(&[
        Published::of(&["dies=primary"], 287.0, FAILOVER).at_ms(8_000),
        Published::of(&["dies=primary", "timeout_ms=600"], 587.0, FAILOVER).at_ms(8_000),
        Published::of(&["dies=primary", "beat_ms=100"], 262.0, FAILOVER).at_ms(8_000),
        Published::of(&["dies=primary", "promote=complete"], 337.0, "and 50 ms to compare").at_ms(8_000),
    ]),
    GaugeDef::new("unanswered_ms", "the longest that a request has waited", "ms", |_| {
        gauges::longest_between_ms(Told::asked, Told::ended)
    }),
    GaugeDef::new("behind", "updates that the last of the backups lacks", "", |_| gauges::reading(behind)),
    ANSWERED,
    RETRIES,
];

/// A message takes so long, in the mean.
const MESSAGE: f64 = (SHORTEST_MS + LONGEST_MS) as f64 / 2.0;
/// The end comes in a window of so many milliseconds.
const SPREAD: i64 = 2_000;

/// The writes that were answered within the lag before the end. With each answer a client begins to think, so it writes once in the time
/// of that and of two messages.
fn lost(p: &Params) -> Option<f64> {
    let (think, lag) = (p.int("think_ms"), number(p, "lag_ms"));
    let period = think + 2 * MESSAGE as i64;
    match (p.word("dies"), p.word("mode")) {
        ("primary", "async") => {
            let known = think > 0 && SPREAD % period == 0;
            known.then_some(number(p, "clients") * lag / period as f64)
        }
        _ => Some(0.0),
    }
}

/// Two messages, and as many more to a backup and back. The difference of two round trips, each the sum of two uniform delays, has the
/// mean size 7/15 of the delays' width (that of four uniform numbers about 2), and the later of the two is half of that above the mean.
fn wait(p: &Params) -> Option<f64> {
    let rules = Rules::of(p);
    let apart = 7.0 / 15.0 * (LONGEST_MS - SHORTEST_MS) as f64 / 2.0;
    let trip = 2.0 * MESSAGE;
    let calm =
        p.word("dies") == "nobody" && rules.lag.0 < rules.timeout.0 && number(p, "retry_ms") > 8.0 * MESSAGE;
    let further = match (p.word("mode"), p.int("backups")) {
        ("async", _) => 0.0,
        // Requests of several clients wait for each other: updates go in order.
        _ if p.int("clients") > 1 => return None,
        (_, 1) => trip,
        ("sync", 2) => trip + apart,
        ("semi", 2) => trip - apart,
        _ => return None,
    };
    calm.then_some(trip + further)
}

/// The last heartbeat left half a period before the end, in the mean; it is a message later with the first in line, whose timeout begins.
fn failover(p: &Params) -> Option<f64> {
    let beat = p.int("beat_ms");
    let compare = if p.word("promote") == "complete" { ANSWERS.0 as f64 / 1_000.0 } else { 0.0 };
    let known = p.word("dies") == "primary" && SPREAD % beat == 0;
    known.then_some(number(p, "timeout_ms") - beat as f64 / 2.0 + MESSAGE + compare)
}

/// How many updates the backup lacks that runs and has least.
fn behind(world: &World) -> Option<f64> {
    let (_, primary) =
        servers(world).filter(|(_, s)| s.role == Role::Primary).max_by_key(|(_, s)| s.kept.epoch)?;
    let running =
        servers(world).filter(|&(n, s)| world.is_up(n) && matches!(s.role, Role::Backup | Role::Standing));
    let lacks =
        running.map(|(_, s)| primary.last().saturating_sub(s.kept.log.common_prefix(&primary.kept.log)));
    lacks.max().map(f64::from)
}
