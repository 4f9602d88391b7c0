//! Practical Byzantine fault tolerance (Castro and Liskov 1999; 2002): a service on 3f + 1 replicas, of which f may do anything.
//!
//! The replicas execute the same requests in the same order; a client believes what f + 1 of them answer alike. The order is made by one of them,
//! the *primary* of the current *view*: replica `v mod n` (section 4). But the primary may lie.
//!
//! - *Normal case* (section 4.2). The primary gives a request a number, and tells all (*pre-prepare*). A backup takes the first that it is told
//!   of a number in a view, and tells all (*prepare*). Who has the primary's word and those of 2f backups, all alike, has it *prepared*: no other
//!   request can be prepared with that number in that view, for any two sets of 2f + 1 replicas share f + 1, one of them correct. It tells
//!   all (*commit*). Who has it prepared, and 2f + 1 commits, has it *committed*, and executes it when all lower numbers are executed.
//! - *View change* (section 4.4). A backup that waits too long for a request takes part no longer, and asks for the next view, with proofs of
//!   all that it has prepared. The primary of that view, when 2f + 1 ask, begins it: it shows what they have sent, and gives every
//!   number that somebody has prepared to that request anew, and to the *null request* where nobody has. Each backup works that out for itself.
//!   What was committed anywhere was prepared by f + 1 correct replicas, so one of any 2f + 1 proves it. Waiting times double.
//!
//! Safety needs no clock and no bound: at most f of n replicas are Byzantine, and signatures are not forged. Liveness needs that delays do not
//! grow faster than the waiting times, for ever: partial synchrony.
//!
//! The normal case costs (n-1) + (n-1)(n-1) + n(n-1) = 2n(n-1) messages between replicas: 24 for four. A primary that gives two requests the
//! same number gets neither prepared: nothing is executed in its view, and the next one goes on.
//!
//! What is exact here, and what is not: all messages are signed, as in 1999 (2002 has authenticators). What a replica has said is on its disk
//! before it is sent, so a crash is no Byzantine fault, and whoever comes back is told again what it lacks (2002). There are no
//! checkpoints: logs are kept whole, so a new view begins at number 1, and the high watermark moves with what a replica has executed. Waiting
//! times double twice, and no more: so that what follows a storm of faults ends in a known time.
//!
//! The rule that is easy to break: two phases are enough within a view, and the third is for the next one. Who executes what is prepared
//! may be the only one who knows that it is.

mod again;
mod client;
mod cost;
mod judged;
mod message;
mod normal;
mod outbox;
mod replica;
mod seal;
mod show;
mod treason;
mod view;

#[cfg(test)]
mod tests;

use crate::kit::client as kit_client;
use crate::kit::facts::joined;
use crate::kit::prelude::*;
use client::Client;
use message::Digest;
use replica::Replica;
use seal::{Key, Owner};
use treason::Treason;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "pbft",
    title: "PBFT",
    source: "Castro and Liskov 1999, section 4; 2002",
    leaves_out: "checkpoints and garbage collection, tentative execution, read-only requests, batches, authenticators, recovery",
    params: &[
        Param::int("f", "Byzantine replicas that are to be borne (f); there are 3f + 1", 1, 1..=4),
        Param::int("clients", "Clients", 2, 1..=4),
        Param::int("requests", "Requests that each makes by itself", 3, 0..=20),
        Param::ms("gap_ms", "From an answer to the next request", 300, 10..=10_000),
        Param::ms("delay_ms", "A message takes", 10, 1..=1_000),
        Param::ms("jitter_ms", "and at most longer by", 6, 0..=1_000),
        Param::ms("retry_ms", "A client asks all replicas after", 300, 20..=10_000),
        Param::ms("wait_ms", "A backup waits for a request", 200, 20..=10_000),
        Param::int("faulty", "A Byzantine replica (-1 nobody, 0 the first primary)", -1, -1..=12),
        Param::int("faulty2", "A second one", -1, -1..=12),
        Param::choice("strategy", "What these do", treason::STRATEGIES),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: &FACTS,
    length: Span::secs(10),
    build,
    promises: judged::promises,
    gauges: cost::GAUGES,
    boards: Some(show::boards),
    absences: Some(show::absences),
    probes: &[
        Probe { id: "replicas", label: "replicas", read: |w, _| Some(w.servers().count() as i64) },
        Probe {
            id: "byzantine",
            label: "replicas that are Byzantine by their own code",
            read: show::byzantine,
        },
    ],
    ..Entry::BLANK
};

const FACTS: [&str; Fact::NAMES.len() + kit_client::Fact::NAMES.len()] =
    joined(Fact::NAMES, kit_client::Fact::NAMES);

mutants! {
    /// A replica, or a client, with a rule left out.
    enum Mutant {
        FewPrepares = "few-prepares", "a request is prepared with the word of f backups" {
            rule: "a request is prepared when 2f backups have heard the same of the primary",
            breaks: "Order in a view", with: &["faulty=0"],
        }
        SecondProposal = "second-proposal", "a backup takes whatever the primary told it last" {
            rule: "a backup accepts one request for a number in a view",
            breaks: "Order in a view", with: &["faulty=0"],
        }
        TwoPhases = "two-phases", "what is prepared is executed, without a commit phase" {
            rule: "a request is executed when 2f + 1 replicas have it prepared",
            breaks: "Agreement", with: &["faulty=0"],
        }
        ForgetPrepared = "forget-prepared", "a new view begins with an empty order" {
            rule: "a new view gives every number that was prepared to the same request",
            breaks: "Agreement",
        }
        ForgetDisk = "forget-disk", "a replica keeps its log in memory alone" {
            rule: "what a replica has said is on its disk",
            breaks: "Once",
        }
        Twice = "twice", "nobody looks whether a request has been executed" {
            rule: "a replica executes each request of a client once",
            breaks: "Once",
        }
        FirstReply = "first-reply", "a client believes the first reply" {
            rule: "a client believes what f + 1 replicas say alike",
            breaks: "Linearizable", with: &["faulty=0"],
        }
        NoTimer = "no-timer", "a backup waits for the primary for ever" {
            rule: "a backup that waits too long for a request asks for another view",
            breaks: "Every request is answered", with: &["faulty=0"],
        }
    }
    as it is: "as in the paper",
}

facts! {
    /// What replicas and clients tell.
    enum Fact {
        /// A replica is Byzantine, or has become so.
        Betrays = "betrays" => Quiet,
        /// A client has made a request.
        Asks { digest: Digest } = "asks" => Quiet,
        /// The primary has given a request a number.
        Proposed { view: u32, seq: u32, digest: Digest } = "proposed" => Quiet,
        /// A backup has heard of another request for a number that is taken.
        Refused { view: u32, seq: u32, digest: Digest } = "contradicted",
        /// A replica has it from the primary and from 2f backups.
        Prepared { view: u32, seq: u32, digest: Digest } = "prepared",
        /// It knows that 2f + 1 have it prepared.
        Committed { view: u32, seq: u32, digest: Digest } = "committed",
        /// It has executed a request.
        Executed { seq: u32, digest: Digest } = "executed" => Decisive,
        /// It takes part no longer, and asks for this view.
        ViewChange { view: u32 } = "view-change",
        /// The primary begins this view.
        NewView { view: u32 } = "new-view" => Decisive,
    }
}

/// What is installed on every node.
#[derive(Clone, Debug, Hash)]
struct Rules {
    f: usize,
    n: u16,
    wait: Span,
    again: Span,
    retry: Span,
    mutant: Mutant,
}

impl Rules {
    fn of(p: &Params) -> Self {
        let (f, wait) = (p.int("f") as usize, p.ms("wait_ms"));
        let n = 3 * f as u16 + 1;
        Rules { f, n, wait, again: Span(wait.0 / 2), retry: p.ms("retry_ms"), mutant: Mutant::of(p) }
    }

    /// Any two sets of so many replicas have a correct one in common.
    fn quorum(&self) -> usize {
        2 * self.f + 1
    }

    /// So many backups must say what the primary says.
    fn prepares(&self) -> usize {
        if self.mutant == Mutant::FewPrepares { self.f } else { 2 * self.f }
    }

    /// So many replicas must answer a client alike: one of them is correct.
    fn replies(&self) -> usize {
        if self.mutant == Mutant::FirstReply { 1 } else { self.f + 1 }
    }

    /// Whose turn it is in a view (section 4).
    fn primary(&self, view: u32) -> u16 {
        (view % u32::from(self.n)) as u16
    }

    /// How long to wait for something after so many changes of view without a result: they double, twice.
    fn patience(&self, tries: u32) -> Span {
        Span(self.wait.0 << tries.saturating_sub(1).min(2))
    }

    fn replicas(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.n).map(NodeId)
    }

    fn is_client(&self, node: NodeId) -> bool {
        node.0 >= self.n
    }

    /// Client number so, from 1.
    fn client(&self, number: u16) -> NodeId {
        NodeId(self.n + number.saturating_sub(1))
    }
}

fn build(p: &Params, seed: u64) -> Result<Setup, Refusal> {
    assemble(p, seed, &|_| {})
}

/// Replicas and clients, each replica changed by `change` before it begins.
fn assemble(p: &Params, seed: u64, change: &dyn Fn(&mut Replica)) -> Result<Setup, Refusal> {
    let rules = Rules::of(p);
    let faulty = ["faulty", "faulty2"].map(|id| p.int(id));
    if let Some(id) = faulty.iter().find(|id| **id >= i64::from(rules.n)) {
        let last = rules.n - 1;
        let why = format!("there is no R{id} among {} replicas: the last is R{last}", rules.n);
        return Err(Refusal::new("no-such-replica", why));
    }
    let replica = |id: u16| {
        let betrays = faulty.contains(&i64::from(id));
        let treason = if betrays { Treason::of(p.word("strategy")) } else { Treason::none() };
        let mut replica = Replica::new(id, rules.clone(), Key::cut(Owner::Replica(id)), treason);
        change(&mut replica);
        NodeSetup::server(format!("R{id}"), Host::boxed(replica))
    };
    let client = |number: u16| {
        let client = Client::new(rules.clone(), p, number, Key::cut(Owner::Client(number)));
        NodeSetup::client(format!("C{number}"), Host::boxed(client))
    };
    let clients = (1..=p.int("clients") as u16).map(client);
    let (shortest, jitter) = (p.int("delay_ms") as u64, p.int("jitter_ms") as u64);
    Ok(Setup {
        seed,
        link: Link::fair_loss(Delay::uniform_ms(shortest, shortest + jitter), 0),
        nodes: (0..rules.n).map(replica).chain(clients).collect(),
        ..Setup::default()
    })
}
