//! What a handshake promises and costs: no ghost, no old data, no stray reset; segments, round trips, and how often the two ends differ.
//!
//! The rule that is easy to break: that the client has a connection and the server not yet is no broken promise. It cannot be promised
//! away, as the Two Generals show; it is counted.

use super::client::{Client, Phase as AtClient};
use super::server::{Phase as AtServer, Server};
use super::{CLIENT, Fact, LONGEST_MS, Rules, SERVER, SHORTEST_MS};
use crate::kit::prelude::*;
use crate::sim::Status;
use std::collections::BTreeSet;
use std::fmt;

/// A piece of data: the n-th of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Piece(u16, u16);

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "data {} of connection {}", self.1, self.0)
    }
}

const NUMBERS: &str = "two connections do not begin with the same numbers";
const TWO_WAY: &str = "no segment outlives its connection";

pub(super) fn promises(p: &Params) -> Vec<Box<dyn Property>> {
    let rules = Rules::of(p);
    let rests_on = if rules.three_way { NUMBERS } else { TWO_WAY };
    let claim =
        "an end takes a connection for open only if the other takes part in it, too, and has not given it up";
    let ghost = Promised::safety("No ghost", claim, Ghost::default());
    let claim = "the server takes data only in the connection to which it belongs";
    let own: fn(&Fact) -> _ = |fact| match fact {
        Fact::Delivered { conn, of, n } if conn != of => {
            Some(format!("{} is taken in connection {conn}", Piece(*of, *n)))
        }
        _ => None,
    };
    let delivered: fn(&Fact) -> _ = pick!(Fact::Delivered { of, n, .. } => Piece(*of, *n));
    let claim_once = "the server takes each piece of data once";
    let claim_reset = "an end gives a connection up only if the other does not have it";
    let stray = Promised::safety("No stray reset", claim_reset, Ghost { resets: true, ..Ghost::default() });
    let mut all = vec![
        ghost.rests_on(rests_on).boxed(),
        never("Own data", claim, own).rests_on(rests_on).boxed(),
        no_duplication("No duplication", claim_once, delivered).rests_on(rests_on).boxed(),
        stray.rests_on(NUMBERS).boxed(),
    ];
    if rules.data > 0 && rules.rto > Span::ZERO {
        let begun: fn(&Fact) -> _ = pick!(Fact::Opening { conn } => *conn);
        let ended: fn(&Fact) -> _ = pick!(
            Fact::Closed { conn, client: true } => *conn, Fact::Reset { conn, client: true } => *conn);
        let claim = "a connection that is opened is used and closed in the end, or given up";
        let needs = &[Need::NoCrash, Need::Fair, Need::NoPause, Need::Correct, Need::Pace, Need::Onward];
        all.push(leads_to("Completion", claim, begun, ended).needs(needs).boxed());
    }
    all
}

/// Which connection each end has, and takes for open.
#[derive(Clone, Default)]
struct Ghost {
    // Whether it judges resets, or what is taken for open.
    resets: bool,
    client: Option<u16>,
    client_open: bool,
    server: Option<u16>,
    // Of which the server has ever heard the SYN; and which the client had open when it crashed.
    heard: BTreeSet<u16>,
    died: BTreeSet<u16>,
    opened_at: EventId,
}

impl Ghost {
    fn judge(&self, fact: &Fact) -> Option<String> {
        match *fact {
            Fact::Open { conn, client: true } if !self.resets && !self.heard.contains(&conn) => {
                Some(format!("Client takes connection {conn} for open, and Server has not heard of it"))
            }
            Fact::Open { conn, client: false }
                if !self.resets && self.client != Some(conn) && !self.died.contains(&conn) =>
            {
                Some(format!("Server takes connection {conn} for open, and Client does not have it"))
            }
            Fact::Reset { conn, client: true } if self.resets && self.server == Some(conn) => {
                Some(format!("Client gives connection {conn} up, and Server has it open"))
            }
            Fact::Reset { conn, client: false } if self.resets && self.client == Some(conn) => {
                Some(format!("Server gives connection {conn} up, and Client has it"))
            }
            _ => None,
        }
    }

    fn note(&mut self, fact: &Fact) {
        match *fact {
            Fact::Opening { conn } => (self.client, self.client_open) = (Some(conn), false),
            Fact::Open { client: true, .. } => self.client_open = true,
            Fact::Half { conn } => _ = self.heard.insert(conn),
            Fact::Open { conn, client: false } => {
                self.heard.insert(conn);
                self.died.remove(&conn);
                self.server = Some(conn);
            }
            Fact::Reset { client: true, .. } | Fact::Closed { client: true, .. } => self.client = None,
            Fact::Reset { client: false, .. } | Fact::Closed { client: false, .. } => self.server = None,
            _ => {}
        }
    }
}

impl Rule for Ghost {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        if seen.event.kind == EventKind::Fault {
            let down = |n| matches!(seen.world.status(n), Status::Crashed | Status::Stopped);
            if down(CLIENT)
                && let Some(conn) = self.client.take()
                && self.client_open
                && self.server != Some(conn)
            {
                self.died.insert(conn);
            }
            if down(SERVER) {
                self.server = None;
            }
        }
        for (_, fact) in seen.facts::<Fact>() {
            if let Some(why) = self.judge(fact) {
                return Err(Broken::new([self.opened_at, seen.event.cause, seen.id], why));
            }
            if matches!(fact, Fact::Opening { .. }) {
                self.opened_at = seen.id;
            }
            self.note(fact);
        }
        Ok(())
    }

    fn weight(&self) -> usize {
        (self.heard.len() + self.died.len()) * 16
    }

    fn recall(&self, recall: &mut Recall) {
        let of = |conn: Option<u16>| conn.map_or(0, |c| 1 + u64::from(c));
        recall.word(of(self.client));
        recall.word(of(self.server));
        recall.word(u64::from(self.client_open));
        recall.each(&self.heard, |r, conn| r.word(*conn));
        recall.each(&self.died, |r, conn| r.word(*conn));
    }
}

// ---------------------------------------------------------------------- what it costs

/// One connection that is opened and stays so.
fn only_opens(p: &Params) -> bool {
    p.int("connections") == 1 && p.int("data") == 0
}

fn arrives(p: &Params) -> f64 {
    1.0 - number(p, "loss_percent") / 100.0
}

fn is_three_way(p: &Params) -> bool {
    p.word("way") != "two-way"
}

/// So many messages one after the other, where none is lost.
fn ways(p: &Params, ways: f64) -> Option<f64> {
    let mean = (SHORTEST_MS + LONGEST_MS) as f64 / 2.0;
    // Nothing is said again meanwhile, and nothing but the handshake opens it.
    let calm = p.int("loss_percent") == 0 && (p.int("rto_ms") == 0 || p.int("rto_ms") >= 100);
    (calm && p.int("connections") == 1).then_some(ways * mean)
}

const LAST: &str = "p (1-p)^2: the ACK is lost, and what it answers is not";

pub(super) static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("segments", "segments", "", |_| {
        gauges::sent(&["SYN", "SYN-ACK", "ACK", "DATA", "FIN", "RST"])
    })
    .theory(|p| {
        let handshake = if is_three_way(p) { 3.0 } else { 2.0 };
        // Each segment of data, and FIN, has an acknowledgement.
        let data = number(p, "data");
        let rest = if data > 0.0 { 2.0 * (data + 1.0) } else { 0.0 };
        ways(p, 1.0).map(|_| handshake + rest)
    })
    .published(&[
        Published::of(&["data=0"], 3.0, "SYN, SYN-ACK, ACK").at_ms(2_000),
        Published::of(&["data=0", "way=two-way"], 2.0, "SYN, SYN-ACK").at_ms(2_000),
        Published::of(&[], 7.0, "3, and 2 (data + 1)").at_ms(2_000),
    ]),
    GaugeDef::new("client_ms", "until the client has it open", "ms", |_| {
        gauges::mean_between_ms(
            pick!(Fact::Opening { conn } => *conn),
            pick!(Fact::Open { conn, client: true } => *conn),
        )
    })
    .theory(|p| ways(p, 2.0))
    .published(&[
        Published::of(&[], 24.0, "a round trip").at_ms(2_000),
        Published::of(&["way=two-way"], 24.0, "a round trip").at_ms(2_000),
    ]),
    GaugeDef::new("server_ms", "until the server has it open", "ms", |_| {
        gauges::mean_between_ms(
            pick!(Fact::Opening { conn } => *conn),
            pick!(Fact::Open { conn, client: false } => *conn),
        )
    })
    .theory(|p| ways(p, if is_three_way(p) { 3.0 } else { 1.0 }))
    .published(&[
        Published::of(&[], 36.0, "a round trip and a half").at_ms(2_000),
        Published::of(&["way=two-way"], 12.0, "a message").at_ms(2_000),
    ]),
    // 1 or 0, so its mean over runs is the probability.
    GaugeDef::new("one_sided", "one end has it open, and the other not", "", |_| {
        gauges::reading(|w| {
            let client = w.node_as::<Client>(CLIENT)?.phase == AtClient::Established;
            let server = w.node_as::<Server>(SERVER)?.phase == AtServer::Established;
            Some(f64::from(u8::from(client != server)))
        })
    })
    .theory(|p| {
        let q = arrives(p);
        let alone = (1.0 - q) * if is_three_way(p) { q * q } else { q };
        (only_opens(p) && p.int("rto_ms") == 0).then_some(alone)
    })
    .published(&[
        Published::of(&["data=0", "rto_ms=0", "loss_percent=10"], 0.081, LAST).at_ms(1_000),
        Published::of(&["data=0", "rto_ms=0", "loss_percent=30"], 0.147, LAST).at_ms(1_000),
        Published::of(&["data=0", "rto_ms=0", "loss_percent=50"], 0.125, LAST).at_ms(1_000),
        Published::of(&["data=0", "rto_ms=0", "loss_percent=30", "way=two-way"], 0.21, "p (1-p)")
            .at_ms(1_000),
    ]),
    GaugeDef::new("rejected", "segments answered with a reset", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Rejected { .. }))
    }),
];
