//! A register on n replicas, read and written by quorums (Gifford 1979; Attiya, Bar-Noy, Dolev 1995; for several
//! writers Lynch and Shvartsman 1997).
//!
//! Each replica keeps a value with its version. There is no leader: whoever reads or writes is his own
//! coordinator, and talks to the replicas himself.
//!
//! - *Write* (Lynch and Shvartsman): ask for versions, until r replicas have answered; take the
//!   next number, with one's own name behind it, so that no two writers ever take the same; send the value with
//!   that version, until w replicas have it on disk.
//! - *Read* (Gifford, the basic algorithm): ask until r replicas have answered, and believe the newest version.
//! - *Write-back* (Attiya et al., the unbounded emulator): before a read answers, it sends what it found to w
//!   replicas. Or it sends that to the stale ones afterwards, in the *background* (DeCandia et al. 2007, section 5);
//!   or not at all.
//!
//! If r + w > n, any r replicas and any w have one in common, so a read sees every write that had ended before it
//! began: the register is *regular* (Lamport 1986). That is not yet *one copy*: while a write is under way, a
//! reader may find the new value and the next reader, at other replicas, the old one. Writing back
//! takes that away: then the register is linearizable.
//!
//! If r + w <= n, a read may miss. Where w and r replicas are drawn at random, the r that are asked are all among
//! the n - w that were passed over with the chance C(n-w, r) / C(n, r) (Bailis et al. 2012, equation 1): 2/3 for one of
//! three each, 3/10 for two of five. Where all are asked and the first answers count, the rest of them hear of
//! the write a little later, and the chance falls with time.
//!
//! The rule that is easy to break: a quorum is a set of replicas, not a number of answers; and what a replica
//! has acknowledged it must not forget, nor give up for something older.

mod client;
mod judged;
mod replica;

#[cfg(test)]
mod tests;

use crate::kit::client as kit_client;
use crate::kit::facts::joined;
use crate::kit::prelude::*;
use client::Client;
use replica::Replica;
use std::fmt;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "quorum-register",
    title: "Quorum register",
    source: "Gifford 1979; Attiya, Bar-Noy, Dolev 1995; Bailis et al. 2012, equation 1",
    leaves_out: "weighted votes, sloppy quorums with hinted handoff, anti-entropy, replicas that come and go",
    params: &[
        Param::int("nodes", "Replicas (n)", 3, 1..=9),
        Param::int("w", "A write waits for (w)", 2, 1..=9),
        Param::int("r", "A read waits for (r)", 2, 1..=9),
        Param::choice(
            "spread",
            "Who is asked",
            &[
                Choice::new("quorum", "as many as are needed, drawn at random"),
                Choice::new("all", "all: the first answers count"),
            ],
        ),
        Param::choice(
            "repair",
            "What a read does with what it found",
            &[
                Choice::new("write-back", "writes it back before it answers"),
                Choice::new("none", "nothing"),
                Choice::new("background", "answers, and then sends it to the stale"),
            ],
        ),
        Param::int("clients", "Clients", 3, 1..=5),
        Param::choice(
            "load",
            "Who does what without being asked",
            &[
                Choice::new("one-writer", "client 1 writes and reads at once, the others read now and then"),
                Choice::new("all-write", "each client writes and reads at once"),
                Choice::new("by-hand", "nobody does anything"),
            ],
        ),
        Param::ms("gap_ms", "From an answer to the next request", 500, 10..=10_000),
        Param::ms("retry_ms", "Others are asked after", 100, 20..=10_000),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: &FACTS,
    length: Span::secs(10),
    build,
    promises: judged::promises,
    gauges: judged::GAUGES,
    boards: Some(judged::boards),
    absences: Some(client::absences),
    ..Entry::BLANK
};

const FACTS: [&str; Fact::NAMES.len() + kit_client::Fact::NAMES.len()] =
    joined(Fact::NAMES, kit_client::Fact::NAMES);

mutants! {
    /// A register with a rule left out.
    enum Mutant {
        LateWins = "late-wins", "a replica keeps what came last, whatever its version" {
            rule: "a replica gives nothing up for something older",
            breaks: "Fresh reads",
            with: STRONG,
        }
        CountTwice = "count-twice", "an answer that comes twice counts twice" {
            rule: "a quorum is a set of replicas: each counts once",
            breaks: "Fresh reads",
            with: STRONG,
        }
        ForgetDisk = "forget-disk", "a replica acknowledges what is not on its disk" {
            rule: "what a replica acknowledges is on its disk",
            breaks: "Fresh reads",
            with: STRONG,
        }
        OwnCount = "own-count", "a writer numbers its versions by its own count alone" {
            rule: "a writer first asks which version is the newest",
            breaks: "Linearizable",
            with: &["w=2", "r=2", "repair=write-back", "load=all-write"],
        }
    }
    as it is: "as in the papers",
}

/// Settings under which a whole register is linearizable.
const STRONG: &[&str] = &["w=2", "r=2", "repair=write-back"];

messages! {
    /// What clients and replicas say. Each answer repeats the number of the question.
    #[derive(Copy)]
    enum Msg {
        /// "What do you have?"
        Query { serial: u32 } = "query", Arrow, Blue, "what do you have?";
        /// "This."
        Has { serial: u32, held: Held } = "has", Tag, Blue, "{held}";
        /// "Keep this, unless you have something newer."
        Store { serial: u32, held: Held } = "store", Square, Orange, "{held}";
        /// "I have that on disk, or something newer."
        Ack { serial: u32 } = "ack", Diamond, Green, "kept";
    }
}

facts! {
    /// What clients and replicas tell.
    enum Fact {
        /// A client begins to write.
        Writes = "writes",
        /// A client begins to read.
        Reads = "reads",
        /// It has written: w replicas have it.
        Wrote { value: u64, version: Version } = "wrote" => Decisive,
        /// It has read this.
        Read { value: u64, version: Version } = "read" => Decisive,
        /// A replica has this on disk now.
        Took { value: u64, version: Version } = "took",
    }
}

/// A version: numbers first, and of equal ones the writer's name decides (Lynch and Shvartsman 1997).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Version {
    number: u32,
    // The client's number, from 1; 0 for what was there at first.
    writer: u16,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Version { writer: 0, .. } => f.write_str("version 0"),
            Version { number, writer } => write!(f, "version {number} by C{writer}"),
        }
    }
}

/// A value and its version: at first 0, version 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Held {
    version: Version,
    value: u64,
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.value, self.version)
    }
}

/// What a read does with what it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Repair {
    None,
    WriteBack,
    Background,
}

/// What is installed on every node.
#[derive(Clone, Debug, Hash)]
struct Rules {
    nodes: u16,
    w: usize,
    r: usize,
    all: bool,
    repair: Repair,
    mutant: Mutant,
}

impl Rules {
    fn of(p: &Params) -> Self {
        Rules {
            nodes: p.int("nodes") as u16,
            w: p.int("w") as usize,
            r: p.int("r") as usize,
            all: p.word("spread") == "all",
            repair: match p.word("repair") {
                "none" => Repair::None,
                "background" => Repair::Background,
                _ => Repair::WriteBack,
            },
            mutant: Mutant::of(p),
        }
    }

    /// Whether any r replicas and any w have one in common.
    fn meet(&self) -> bool {
        self.r + self.w > usize::from(self.nodes)
    }

    fn replicas(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes).map(NodeId)
    }
}

fn build(p: &Params, seed: u64) -> Result<Setup, Refusal> {
    let rules = Rules::of(p);
    let most = rules.w.max(rules.r);
    if most > usize::from(rules.nodes) {
        let why =
            format!("{most} replicas are to answer, and there are {}: choose w and r up to n", rules.nodes);
        return Err(Refusal::new("quorum-too-large", why));
    }
    let replica = |id: NodeId| {
        let replica = Replica { held: Held::default(), mutant: rules.mutant };
        NodeSetup::server(format!("R{}", id.0 + 1), Host::boxed(replica))
    };
    let client = |number: u16| {
        let client = Client::new(rules.clone(), p, number);
        NodeSetup::client(format!("C{number}"), Host::boxed(client))
    };
    let clients = (1..=p.int("clients") as u16).map(client);
    let link = Link::fair_loss(Delay::default(), 0);
    Ok(Setup {
        seed,
        link,
        nodes: rules.replicas().map(replica).chain(clients).collect(),
        ..Setup::default()
    })
}
