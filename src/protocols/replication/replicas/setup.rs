//! What is installed on every node, and the links between them.
//!
//! The rule that is easy to break: copies come first, R1 with number 0; a client is at home at the copy of its own number, in turn.

use super::Mutant;
use super::client::Client;
use super::replica::Replica;
use crate::kit::prelude::*;

/// How copies keep in step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Keeping {
    Primary,
    Ordered,
    Causal,
    Newest,
}

/// When clients ask, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Work {
    Stays,
    Roams,
    ByHand,
}

/// What is installed on every node alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Config {
    pub copies: u16,
    pub clients: u16,
    pub keeping: Keeping,
    pub work: Work,
    pub count: u32,
    pub gap: Span,
    pub near: Span,
    pub delay: Span,
    pub spread: Span,
    pub mutant: Mutant,
}

pub(super) const PARAMS: &[Param] = &[
    Param::choice(
        "keeping",
        "Copies keep in step by",
        &[
            Choice::new("primary", "a primary: it answers when all have it, and answers all reads"),
            Choice::new("ordered", "one order of all writes; reads are answered nearby"),
            Choice::new("causal", "causes first: a write waits for what its writer knew"),
            Choice::new("newest", "time: the newest write wins"),
        ],
    ),
    Param::int("copies", "Copies", 3, 1..=6),
    Param::int("clients", "Clients", 3, 1..=5),
    Param::choice(
        "work",
        "Clients write and read in turn",
        &[
            Choice::new("stays", "each at its own copy"),
            Choice::new("roams", "each at any copy, another each time"),
            Choice::new("by-hand", "only when asked to"),
        ],
    ),
    Param::int("count", "So often each", 8, 1..=30),
    Param::ms("gap_ms", "From an answer to the next request", 100, 10..=10_000),
    Param::ms("near_ms", "From a client to a copy", 2, 0..=1_000),
    Param::ms("delay_ms", "From copy to copy", 60, 0..=10_000),
    Param::ms("spread_ms", "And up to so much more", 200, 0..=10_000),
    Mutant::PARAM,
];

impl Config {
    pub fn of(p: &Params) -> Self {
        Config {
            copies: p.int("copies") as u16,
            clients: p.int("clients") as u16,
            keeping: match p.word("keeping") {
                "ordered" => Keeping::Ordered,
                "causal" => Keeping::Causal,
                "newest" => Keeping::Newest,
                _ => Keeping::Primary,
            },
            work: match p.word("work") {
                "roams" => Work::Roams,
                "by-hand" => Work::ByHand,
                _ => Work::Stays,
            },
            count: p.int("count") as u32,
            gap: p.ms("gap_ms"),
            near: p.ms("near_ms"),
            delay: p.ms("delay_ms"),
            spread: p.ms("spread_ms"),
            mutant: Mutant::of(p),
        }
    }

    pub fn copies(self) -> impl Iterator<Item = NodeId> {
        (0..self.copies).map(NodeId)
    }

    /// Where client number `number`, from 0, is at home.
    pub fn home(self, number: u16) -> NodeId {
        NodeId(number.checked_rem(self.copies).unwrap_or(0))
    }
}

pub(super) fn build(p: &Params, seed: u64) -> Result<Setup, Refusal> {
    let config = Config::of(p);
    let Config { copies, near, delay, spread, .. } = config;
    let copy = |me: NodeId| {
        let replica = Replica::new(config, me);
        let kept = replica.kept.clone();
        NodeSetup::server(format!("R{}", me.0 + 1), Box::new(Host::with_disk(replica, kept)))
    };
    let client = |number: u16| {
        let client = Client::new(config, number);
        NodeSetup::client(format!("C{}", number + 1), Host::boxed(client))
    };
    let beside = Link::fair_loss(Delay::Constant { us: near.0 }, 0);
    let clients = (0..config.clients).map(|n| NodeId(copies + n));
    let pairs = clients.flat_map(|c| config.copies().map(move |r| (c, r)));
    let between = match spread.0 {
        0 => Delay::Constant { us: delay.0 },
        _ => Delay::Uniform { min_us: delay.0, max_us: delay.0 + spread.0 },
    };
    Ok(Setup {
        seed,
        link: Link::fair_loss(between, 0),
        links: pairs.flat_map(|(c, r)| [(c, r, beside.clone()), (r, c, beside.clone())]).collect(),
        nodes: config.copies().map(copy).chain((0..config.clients).map(client)).collect(),
        ..Setup::default()
    })
}
