//! The TCP handshake (Tomlinson 1975; RFC 9293, sections 3.4 and 3.5): is the other there, and is it about *this* connection?
//!
//! A client opens a connection to a server over a network that loses segments, doubles them, and brings some very late. Each side
//! numbers what it sends, from an *initial sequence number* (ISN) on, and has to tell the other that number. The client's SYN says "my number is
//! x"; the server's SYN-ACK says "my number is y, and I have x".
//!
//! *Two-way*: the server takes the connection for open when the SYN comes. So does it with a SYN that is a late copy, of a connection that
//! is long over: then it has a connection that nobody at the other end knows of, a *ghost*. *Three-way*: it waits for the client's ACK of y.
//! A client that gets a SYN-ACK for what it has not just sent answers with a reset, RST, and the server listens again (RFC 9293, section 3.5, figure
//! 9). An old ACK does not help the ghost, for it does not acknowledge *this* y: that is why both numbers must be fresh. With ISNs that
//! always start at zero, what is old fits what is new.
//!
//! What the third segment cannot do is to tell the client that it has arrived. If it is lost the client has a connection, and the
//! server has none yet: the last messenger of the Two Generals. Here it is mended by what comes after it: every segment of data
//! carries the acknowledgement, too.
//!
//! A side that crashes forgets its connection, and the other does not know: a *half-open* connection (section 3.5.1). It is found when
//! somebody says something: data that comes to a server which knows nothing of it is answered with RST; a new SYN that comes to a server
//! which has an old connection is answered with an ACK of the old numbers, and that with RST (figure 10).
//!
//! Where this differs from TCP: one connection at a time between these two; one segment of data on its way, each with one number; the server
//! closes at once when the client does, and there is no TIME-WAIT. ISNs have six digits, so that people can read them, not 32 bits;
//! a segment is acceptable if it has the very number that is expected, for there is no window.
//!
//! The rule that is easy to break: each segment says the number of the connection it belongs to, for those who watch. No end looks at it.

mod client;
mod judged;
mod server;
mod show;

#[cfg(test)]
mod tests;

use crate::kit::prelude::*;
use client::Client;
use server::Server;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "handshake",
    title: "TCP handshake",
    source: "Tomlinson 1975; RFC 9293, sections 3.4 and 3.5",
    leaves_out: "windows, simultaneous opening, closing in two halves, TIME-WAIT, and that ISNs are made from a clock and a secret",
    params: &[
        Param::choice(
            "way",
            "When the server takes a connection for open",
            &[
                Choice::new("three-way", "when its own number is acknowledged: three-way"),
                Choice::new("two-way", "when the SYN comes: two-way"),
            ],
        ),
        Param::choice(
            "isn",
            "Initial sequence numbers",
            &[Choice::new("random", "drawn anew for each connection"), Choice::new("zero", "always zero")],
        ),
        Param::int("connections", "Connections, one after the other", 1, 0..=50),
        Param::ms("gap_ms", "From one to the next", 1_000, 50..=10_000),
        Param::int("data", "Segments of data in each; 0: it stays open", 1, 0..=20),
        Param::ms("think_ms", "From open to the first of them", 300, 0..=10_000),
        Param::ms("rto_ms", "What is not answered is said again after; 0: never", 1_000, 0..=10_000),
        Param::percent("loss_percent", "Segments that are lost", 0),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    length: Span::secs(5),
    build,
    promises: judged::promises,
    gauges: judged::GAUGES,
    boards: Some(show::boards),
    absences: Some(show::absences),
    ..Entry::BLANK
};

mutants! {
    /// An end with a rule left out.
    enum Mutant {
        AnySynAck = "any-syn-ack", "the client takes any SYN-ACK for the answer to its SYN" {
            rule: "a SYN-ACK is accepted only if it acknowledges the SYN that was just sent",
            breaks: "No ghost",
            with: &["connections=12", "gap_ms=60", "think_ms=10", "rto_ms=40"],
        }
        AnyAck = "any-ack", "the server takes any ACK for the answer to its SYN-ACK" {
            rule: "the server's connection is open only when its own number is acknowledged",
            breaks: "No ghost",
            with: &["connections=12", "gap_ms=60", "think_ms=10", "rto_ms=40"],
        }
        AnyNumber = "any-number", "the server takes data whatever its number is" {
            rule: "data is taken only if it has the number that comes next",
            breaks: "No duplication",
            with: &["data=6", "think_ms=10", "rto_ms=40"],
        }
        AnyReset = "any-reset", "a reset is believed whatever its number is" {
            rule: "a reset is believed only if it has the number that comes next",
            breaks: "No stray reset",
            with: &["connections=20", "gap_ms=60", "think_ms=10", "rto_ms=40"],
        }
    }
    as it is: "as in the RFC",
}

messages! {
    /// What goes over the network. `of` is the connection that it belongs to, for those who watch.
    #[derive(Copy)]
    enum Segment {
        /// "My number is `seq`."
        Syn { seq: u32, of: u16 } = "SYN", Arrow, Blue, "SYN {seq}";
        /// "Mine is `seq`, and I have yours: next is `ack`."
        SynAck { seq: u32, ack: u32, of: u16 } = "SYN-ACK", Diamond, Blue, "SYN {seq}, ACK {ack}";
        /// "Next is `ack`."
        Ack { seq: u32, ack: u32, of: u16 } = "ACK", Tag, Quiet, "ACK {ack}";
        /// The n-th that the client has to say in this connection.
        Data { seq: u32, ack: u32, n: u16, of: u16 } = "DATA", Disc, Green, "data {seq}";
        /// "That was all."
        Fin { seq: u32, ack: u32, of: u16 } = "FIN", Square, Orange, "FIN {seq}";
        /// "I know nothing of this."
        Rst { seq: u32, of: u16 } = "RST", Hollow, Red, "RST {seq}";
    }
}

facts! {
    /// What both ends tell. Connections are numbered from 1, as the client opens them.
    enum Fact {
        /// The client begins to open a connection.
        Opening { conn: u16 } = "opening",
        /// An end takes it for open.
        Open { conn: u16, client: bool } = "open" => Decisive,
        /// The server has heard a SYN, and waits for the acknowledgement of its own number.
        Half { conn: u16 } = "half" => Quiet,
        /// The server was given data.
        Delivered { conn: u16, of: u16, n: u16 } = "delivered",
        /// An end was told that the other knows nothing of it, and has given it up.
        Reset { conn: u16, client: bool } = "reset",
        /// An end has said that it knows nothing of what came.
        Rejected { of: u16 } = "rejected",
        /// An end has closed it in good order.
        Closed { conn: u16, client: bool } = "closed",
    }
}

/// What is installed on both ends alike.
#[derive(Clone, Copy, Debug, Hash)]
struct Rules {
    three_way: bool,
    zero: bool,
    connections: u16,
    gap: Span,
    data: u16,
    think: Span,
    rto: Span,
    mutant: Mutant,
}

impl Rules {
    fn of(p: &Params) -> Self {
        Rules {
            three_way: p.word("way") != "two-way",
            zero: p.word("isn") == "zero",
            connections: p.int("connections") as u16,
            gap: p.ms("gap_ms"),
            data: p.int("data") as u16,
            think: p.ms("think_ms"),
            rto: p.ms("rto_ms"),
            mutant: Mutant::of(p),
        }
    }

    /// An initial sequence number.
    fn isn<P: Protocol>(&self, ctx: &mut Ctx<'_, P>) -> u32 {
        if self.zero { 0 } else { 1 + ctx.random_below(NUMBERS) as u32 }
    }
}

/// So many initial sequence numbers there are.
const NUMBERS: u64 = 999_999;
const CLIENT: NodeId = NodeId(0);
const SERVER: NodeId = NodeId(1);
/// What a segment takes, unless it is held up.
const SHORTEST_MS: u64 = 8;
const LONGEST_MS: u64 = 16;

fn build(p: &Params, seed: u64) -> Result<Setup, Refusal> {
    let rules = Rules::of(p);
    let link = Link::fair_loss(Delay::uniform_ms(SHORTEST_MS, LONGEST_MS), p.ppm("loss_percent"));
    link.check()?;
    Ok(Setup {
        seed,
        link,
        nodes: vec![
            NodeSetup::server("Client", Host::boxed(Client::new(rules))),
            NodeSetup::server("Server", Host::boxed(Server::new(rules))).in_group(1),
        ],
        layout: Layout::TwoSides,
        ..Setup::default()
    })
}
