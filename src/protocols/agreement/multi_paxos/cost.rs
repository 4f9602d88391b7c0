//! What Multi-Paxos costs: messages and message delays a command, and what phase 1 costs once.
//!
//! The rule that is easy to break: counted is what servers send to each other in the two phases and to tell decisions; what a server
//! says to itself is no message, and heartbeats and clients' messages are left out. Formulas are for one client and a leader that is left alone.

use super::{Fact, Why};
use crate::kit::client::{self, Fact as ClientFact};
use crate::kit::prelude::*;

const DELAYS_2: &str = "two delays of 8 to 16 ms, the (n/2)-th of n - 1 pairs, and a write";
const DELAYS_4: &str = "four delays, two of such waits, and three writes one after the other";
const STABLE: &str = "accept, accepted, decision: 3 (n - 1)";
const WITH_PHASE_1: &str = "and prepare, promise: 5 (n - 1)";
const ONCE: &str = "prepare and promise, once for all slots: 2 (n - 1)";

pub(super) static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("messages_each", "messages between servers a command, heartbeats left out", "", |_| {
        Box::new(Each::default())
    })
    .theory(messages_each)
    .published(&[
        Published::of(&[], 6.0, STABLE).at_ms(8_000),
        Published::of(&["servers=5"], 12.0, STABLE).at_ms(8_000),
        Published::of(&["servers=7"], 18.0, STABLE).at_ms(8_000),
        Published::of(&["phase1=each"], 10.0, WITH_PHASE_1).at_ms(8_000),
        Published::of(&["servers=5", "phase1=each"], 20.0, WITH_PHASE_1).at_ms(8_000),
        Published::of(&["servers=7", "phase1=each"], 30.0, WITH_PHASE_1).at_ms(8_000),
    ]),
    GaugeDef::new("decide_ms", "from a request at its leader to the decision", "ms", |_| {
        let begun: fn(&Fact) -> _ = pick!(Fact::Takes { client, serial } => (*client, *serial));
        gauges::mean_between_ms(begun, request)
    })
    .theory(decide_ms)
    .published(&[
        Published::of(&[], 24.133_3, DELAYS_2).at_ms(8_000),
        Published::of(&["servers=5"], 24.981_0, DELAYS_2).at_ms(8_000),
        Published::of(&["servers=7"], 25.304_9, DELAYS_2).at_ms(8_000),
        Published::of(&["phase1=each"], 50.266_7, DELAYS_4).at_ms(8_000),
        Published::of(&["servers=5", "phase1=each"], 51.961_9, DELAYS_4).at_ms(8_000),
        Published::of(&["servers=7", "phase1=each", "sync_ms=0"], 46.609_7, "four delays").at_ms(8_000),
    ]),
    GaugeDef::new("phase1_messages", "messages of phase 1", "", |_| gauges::sent(&["prepare", "promise"]))
        .theory(|p| (is_calm(p) && p.word("phase1") == "once").then(|| 2.0 * (number(p, "servers") - 1.0)))
        .published(&[
            Published::of(&[], 4.0, ONCE).at_ms(8_000),
            Published::of(&["servers=5"], 8.0, ONCE).at_ms(8_000),
            Published::of(&["servers=7"], 12.0, ONCE).at_ms(8_000),
        ]),
    GaugeDef::new("ballots", "ballots begun", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Begins { .. }))
    })
    .theory(|p| (is_calm(p) && p.word("phase1") == "once").then_some(1.0)),
    GaugeDef::new("outbid", "ballots given up for a higher one", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Outbid { .. }))
    })
    .theory(|p| is_calm(p).then_some(0.0)),
    GaugeDef::new("leads_ms", "until the first leader leads", "ms", |_| {
        gauges::first_ms(|f: &Fact| matches!(f, Fact::Leads { .. }))
    })
    .theory(|p| is_calm(p).then(|| wait_ms(p) + 2.0 * number(p, "sync_ms"))),
    GaugeDef::new("decided", "slots decided", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Decides { .. }))
    }),
    GaugeDef::new("noops", "holes filled with a no-op", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Proposes { why: Why::Filler, .. }))
    }),
    client::ANSWERED,
    client::RETRIES,
    client::ANSWER_MS,
];

/// The request that was decided, if it is one.
fn request(fact: &Fact) -> Option<(u16, u32)> {
    match fact {
        Fact::Decides { command: super::Command::Client { client, serial, .. }, .. } => {
            Some((*client, *serial))
        }
        _ => None,
    }
}

/// Whether one client asks one leader that nobody overtakes, and each request is over before the next comes: messages take 16 ms at
/// most.
fn is_calm(p: &Params) -> bool {
    let sync = number(p, "sync_ms");
    let phase = 32.0 + 2.0 * sync;
    let alone = p.word("start") == "s1" && number(p, "clients") == 1.0;
    let slow = number(p, "interval_ms") > 2.0 * phase && number(p, "retry_ms") > 3.0 * phase + 32.0;
    let heard = number(p, "heartbeat_ms") > phase
        && number(p, "timeout_ms") > number(p, "heartbeat_ms") + phase + 32.0;
    alone && slow && heard && number(p, "ballots_most") == 0.0
}

fn messages_each(p: &Params) -> Option<f64> {
    let kinds = if p.word("phase1") == "each" { 5.0 } else { 3.0 };
    is_calm(p).then(|| kinds * (number(p, "servers") - 1.0))
}

/// The mean wait, in milliseconds, for so many answers that they and the server's own vote are a majority of n: that of the (n/2)-th of n - 1
/// pairs of delays, each uniform from 8 to 16 ms. In units of 8 ms above 16 ms a pair has the distribution function
/// F(t) = t^2/2 up to 1, and 1 - (2-t)^2/2 from there to 2. Fewer than k of m are back at t with a chance that is the sum over
/// j < k of C(m, j) F^j (1-F)^(m-j); its integral, by Simpson's rule, is the mean.
fn wait_ms(p: &Params) -> f64 {
    const STEPS: u32 = 2_000;
    let n = p.int("servers");
    let (k, m) = (n / 2, n - 1);
    let missing = |t: f64| {
        let back = if t <= 1.0 { t * t / 2.0 } else { 1.0 - (2.0 - t) * (2.0 - t) / 2.0 };
        let (mut ways, mut sum) = (1.0, 0.0);
        for j in 0..k {
            sum += ways * (0..m).map(|i| if i < j { back } else { 1.0 - back }).product::<f64>();
            ways *= (m - j) as f64 / (j + 1) as f64;
        }
        sum
    };
    let weight = |i: u32| match i {
        0 | STEPS => 1.0,
        i if i % 2 == 1 => 4.0,
        _ => 2.0,
    };
    let step = 2.0 / f64::from(STEPS);
    let sum: f64 = (0..=STEPS).map(|i| weight(i) * missing(f64::from(i) * step)).sum();
    16.0 + 8.0 * sum * step / 3.0
}

/// Two delays and a write at the acceptors; with a first phase, that twice, and the write of the leader's own promise before it.
fn decide_ms(p: &Params) -> Option<f64> {
    let once = wait_ms(p) + number(p, "sync_ms");
    let decided = match p.word("phase1") {
        "each" => 2.0 * once + number(p, "sync_ms"),
        _ => once,
    };
    is_calm(p).then_some(decided)
}

/// Messages a command: from a client's second request to its newest, for the first may come before anybody leads.
#[derive(Clone, Default)]
struct Each {
    sent: u32,
    asked: u32,
    from: u32,
    to: u32,
}

const COUNTED: &[&str] = &["prepare", "promise", "accept", "accepted", "decision"];

impl Gauge for Each {
    fn after(&mut self, seen: &Seen<'_>) {
        if seen.facts::<ClientFact>().any(|(_, f)| matches!(f, ClientFact::Asked { .. })) {
            self.asked += 1;
            self.to = self.sent;
            if self.asked == 2 {
                self.from = self.sent;
            }
        }
        self.sent += seen.sent().filter(|(_, kind)| COUNTED.contains(&kind.name)).count() as u32;
    }

    fn value(&self, _: &World) -> Option<f64> {
        (self.asked > 2).then(|| f64::from(self.to - self.from) / f64::from(self.asked - 2))
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}
