//! A lock service: leases (Gray and Cheriton 1989), and fencing tokens (Burrows 2006, section 2.4, calls them sequencers;
//! the name and the story are Kleppmann's, 2016).
//!
//! Several clients write to one storage, and only one at a time is to do so. They ask a lock server, which gives the lock to one after the
//! other, in the order in which they have asked. A *plain* lock is held until it is released: if its holder crashes, nobody enters any more.
//! So the server gives it for a while: a *lease*. When that is over, the server gives the lock to the next, whatever has become of the
//! holder, which *renews* its lease in time while it works.
//!
//! A lease is one promise, kept by two clocks. The server measures it from when it grants; the holder from when it *asked*, which
//! was earlier, and takes off a margin, for what it has sent may be on its way for a while (Gray and Cheriton, section 3.1: the term
//! at the holder is the server's, less the delay of a message, less the uncertainty of clocks). Each asks its own clock alone, so every
//! request carries the clock's reading, and the answer brings it back.
//!
//! The holder looks at its clock before it writes. That is not enough: between the look and the write it may stand still, for a
//! garbage collection or a busy host, for longer than the lease. It wakes, writes, and has no way to know. Whoever writes to the storage
//! cannot prevent this; the storage can keep it from doing harm to what is newer. With each grant comes a *token*, a number that
//! grows; with each write goes the token; and a storage that *fences* refuses a token that is lower than one it has accepted. A late
//! write that comes before the next holder's first is still taken.
//!
//! What must not be forgotten: the server keeps the number of the next token on disk, and who holds the lock. After a crash it waits
//! for a whole lease before it gives the lock to another, since it does not know when it was renewed last (as in Gray and
//! Cheriton). The storage keeps the newest token on disk.
//!
//! Where this differs from the sources: the leases of Gray and Cheriton protect cached files, which many may hold for reading. Chubby's
//! locks are held by sessions with keep-alives, and a lock-delay stands in for fencing where nobody checks tokens.
//!
//! The rule that is easy to break: a lease is no lock. It says until when the *server* waits, and nothing about what the holder does then.

mod client;
mod cost;
mod judged;
mod server;
mod show;
mod storage;

#[cfg(test)]
mod tests;

use crate::kit::prelude::*;
use client::Client;
use server::{Kept, LockServer};
use storage::Storage;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "lock-service",
    title: "Lock service",
    source: "Gray and Cheriton 1989; Burrows 2006, section 2.4; Kleppmann 2016",
    leaves_out: "shared locks, Chubby's sessions, lock-delay and replicas, and a storage that checks tokens with the server",
    params: &[
        Param::int("clients", "Clients", 2, 1..=8),
        Param::choice(
            "lock",
            "How long a lock is held",
            &[
                Choice::new("leased", "until it is released, or not renewed in time: a lease"),
                Choice::new("plain", "until it is released"),
            ],
        ),
        Param::ms("lease_ms", "A lease lasts", 600, 50..=60_000),
        Param::ms("margin_ms", "A holder takes its lease for shorter by", 100, 0..=10_000),
        Param::flag("fencing", "The storage refuses a token lower than one it has accepted", true),
        Param::int("first_token", "The first token", 33, 1..=1_000_000),
        Param::ms("work_ms", "Work before each write", 100, 0..=10_000),
        Param::ms("gap_ms", "From the look at the lease to the write", 40, 0..=10_000),
        Param::int("writes", "Writes each time it holds the lock", 1, 1..=20),
        Param::ms("think_ms", "From a release to asking again", 100, 0..=600_000),
        Param::ms("retry_ms", "What is not answered is said again after", 100, 20..=10_000),
        Param::ms("sync_ms", "A forced write takes", 2, 0..=1_000),
        Param::choice(
            "first",
            "What becomes of the first holder",
            &[
                Choice::new("works", "it works and releases, as all do"),
                Choice::new("dies", "its process ends in the middle of its work, for good"),
            ],
        ),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    length: Span::secs(10),
    build,
    promises: judged::promises,
    gauges: cost::GAUGES,
    boards: Some(show::boards),
    absences: Some(show::absences),
    probes: show::PROBES,
    ..Entry::BLANK
};

mutants! {
    /// A lock service with a rule left out.
    enum Mutant {
        ForgetCounter = "forget-counter", "after a crash the server counts tokens from the first again" {
            rule: "the number of the next token is on the server's disk",
            breaks: "Tokens grow",
        }
        NoGrace = "no-grace", "after a crash the server takes the lock for free" {
            rule: "after a crash the server waits for a whole lease",
            breaks: "One holder",
        }
        NoCheck = "no-check", "a holder does not look at its clock: it holds until it has released" {
            rule: "a holder whose lease is over by its own clock writes no more",
            breaks: "One holder",
        }
        RenewsAny = "renews-any", "the server renews whatever it is asked to" {
            rule: "a lease that is over is not renewed",
            breaks: "Tokens grow",
        }
        AnyToken = "any-token", "the storage does not look at tokens" {
            rule: "the storage refuses a token lower than one it has accepted",
            breaks: "Newest token",
        }
        RefusesEqual = "refuses-equal", "the storage wants a higher token for each write" {
            rule: "the storage refuses lower tokens, and none that is equal",
            breaks: "Fair refusals",
        }
    }
    as it is: "as in the sources",
}

messages! {
    /// What clients, lock server and storage say. `at` is the client's own clock, which the server gives back.
    #[derive(Copy)]
    enum Msg {
        /// "May I have the lock?"
        Ask { at: u64 } = "ask", Arrow, Blue, "the lock?";
        /// "You have it, with this token."
        Grant { token: u64, at: u64 } = "grant", Diamond, Green, "token {token}";
        /// "I work on."
        Renew { token: u64, at: u64 } = "renew", Arrow, Purple, "renew {token}";
        /// "Your lease begins anew."
        Renewed { token: u64, at: u64 } = "renewed", Tag, Purple, "renewed {token}";
        /// "That lease is over."
        Over { token: u64 } = "over", Hollow, Red, "{token} is over";
        /// "I am done."
        Release { token: u64, at: u64 } = "release", Square, Blue, "release {token}";
        /// "You no longer hold it."
        Freed { token: u64 } = "freed", Tag, Quiet, "{token} is free";
        /// "Write this": a client's write number `n` with this token.
        Write { token: u64, n: u32 } = "write", Disc, Orange, "write, token {token}";
        /// "It is written."
        Ack { token: u64, n: u32 } = "ack", Tag, Quiet, "written, {token}";
        /// "No: I have accepted a newer token."
        Refuse { token: u64, newest: u64 } = "refuse", Hollow, Red, "no: {token}, after {newest}";
    }
}

facts! {
    /// What clients, server and storage tell. Clients are numbered from 1: Client A.
    enum Fact {
        /// A client wants the lock.
        Asked { client: u16 } = "asked",
        /// The server has given it, for the first time or again to the same.
        Granted { client: u16, token: u64, again: bool } = "granted",
        /// The server has renewed a lease.
        Renewed { client: u16, token: u64 } = "renewed" => Quiet,
        /// A lease is over at the server.
        Expired { client: u16, token: u64 } = "expired",
        /// The server was told that the lock is released.
        Freed { client: u16, token: u64 } = "freed" => Quiet,
        /// A client believes that it holds the lock.
        Entered { client: u16, token: u64 } = "entered",
        /// It has looked at its lease, which is not over, and will write.
        Checked { client: u16, token: u64 } = "checked" => Decisive,
        /// It believes so no longer: it releases it, or its lease is over.
        Left { client: u16, token: u64, over: bool } = "left",
        /// Its process has ended while it held the lock.
        Gone { client: u16, token: u64 } = "gone",
        /// The storage has a write on disk; after one with a newer token, if it is stale.
        Accepted { client: u16, token: u64, stale: bool } = "accepted" => Decisive,
        /// The storage has refused a write, since it has accepted a newer token.
        Refused { client: u16, token: u64, newest: u64 } = "refused" => Decisive,
    }
}

const SERVER: NodeId = NodeId(0);
const STORAGE: NodeId = NodeId(1);
/// The timing model's bound on delivery, in milliseconds: a margin as long covers a write that is on its way.
const BOUND_MS: u64 = 100;
/// What links take here, in milliseconds.
const SHORTEST_MS: u64 = 8;
const LONGEST_MS: u64 = 16;

/// What is installed on all of them alike.
#[derive(Clone, Copy, Debug, Hash)]
struct Rules {
    leased: bool,
    lease: Span,
    margin: Span,
    fencing: bool,
    first_token: u64,
    work: Span,
    gap: Span,
    writes: u32,
    think: Span,
    retry: Span,
    mutant: Mutant,
}

impl Rules {
    fn of(p: &Params) -> Self {
        Rules {
            leased: p.word("lock") != "plain",
            lease: p.ms("lease_ms"),
            margin: p.ms("margin_ms"),
            fencing: p.flag("fencing"),
            first_token: p.int("first_token") as u64,
            work: p.ms("work_ms"),
            gap: p.ms("gap_ms"),
            writes: p.int("writes") as u32,
            think: p.ms("think_ms"),
            retry: p.ms("retry_ms"),
            mutant: Mutant::of(p),
        }
    }

    /// A holder renews its lease so often.
    fn renewal(&self) -> Span {
        Span(self.lease.0 / 4)
    }
}

/// The number of a client, from 1.
fn number(node: NodeId) -> u16 {
    node.0.saturating_sub(STORAGE.0)
}

/// `Client A`, by its number.
fn name(client: u16) -> String {
    format!("Client {}", char::from(b'A' + (client.max(1) - 1).min(25) as u8))
}

/// A lease that is over before the first renewal can be back would help nobody.
fn check(rules: &Rules, p: &Params) -> Result<(), Refusal> {
    let ways = p.int("sync_ms") as u64 + 4 * LONGEST_MS;
    let least = (rules.margin.0 + rules.retry.0) / 1_000 + ways;
    if rules.leased && rules.lease.0 / 1_000 * 3 / 4 <= least {
        let why = format!(
            "three quarters of a lease must be longer than margin, retry and four messages together, {least} ms, or it is over before it is renewed: {} is too short",
            rules.lease
        );
        return Err(Refusal::new("lease-too-short", why));
    }
    Ok(())
}

fn build(p: &Params, seed: u64) -> Result<Setup, Refusal> {
    let rules = Rules::of(p);
    check(&rules, p)?;
    let kept = Kept { next: rules.first_token, holder: None };
    let server = Host::with_disk(LockServer::new(rules), kept);
    let mut nodes = vec![
        NodeSetup::server("Lock server", Box::new(server)).in_group(1),
        NodeSetup::server("Storage", Host::boxed(Storage::new(rules))).in_group(1),
    ];
    for node in &mut nodes {
        node.config.sync_us = p.ms("sync_ms").0;
    }
    for client in 1..=p.int("clients") as u16 {
        let dies = client == 1 && p.word("first") == "dies";
        nodes.push(NodeSetup::server(name(client), Host::boxed(Client::new(rules, client, dies))));
    }
    Ok(Setup {
        seed,
        timing: Timing::BoundedAsync { delay_us: BOUND_MS * 1_000 },
        link: Link::fair_loss(Delay::uniform_ms(SHORTEST_MS, LONGEST_MS), 0),
        nodes,
        layout: Layout::TwoSides,
        ..Setup::default()
    })
}
