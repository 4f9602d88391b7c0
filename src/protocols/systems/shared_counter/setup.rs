//! What is installed on every node, and the links between them.
//!
//! The rule that is easy to break: each node has a clock of its own. Nothing that is counted goes by it; timers measure spans by it.

use super::{Mutant, Node};
use crate::kit::load::Load;
use crate::kit::prelude::*;
use crate::sim::streams::{below, setup_stream};
use rand::Rng;

/// What a message carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Carries {
    Increments,
    Totals,
    Vectors,
    OneCell,
}

impl Carries {
    /// What is taken is put in the place of what was there.
    pub fn overwrites(self) -> bool {
        matches!(self, Carries::Totals | Carries::OneCell)
    }
}

/// When nodes count of their own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Work {
    Random,
    Together,
    ByHand,
}

/// What is installed on every node alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Config {
    pub nodes: u16,
    pub carries: Carries,
    pub work: Work,
    pub count: u32,
    pub gap: Span,
    pub delay: Span,
    pub spread: Span,
    pub read: Span,
    pub again: Span,
    pub mutant: Mutant,
}

pub(super) const PARAMS: &[Param] = &[
    Param::int("nodes", "Nodes", 3, 2..=8),
    Param::choice(
        "carries",
        "What a message carries",
        &[
            Choice::new("increments", "increments: one more"),
            Choice::new("totals", "totals: it is so many now"),
            Choice::new("vectors", "vectors: of each node so many (G-Counter)"),
            Choice::new("one-cell", "readings and writings of one cell, at N1"),
        ],
    ),
    Param::choice(
        "work",
        "Nodes count",
        &[
            Choice::new("random", "each at random times"),
            Choice::new("together", "all at the same moments"),
            Choice::new("by-hand", "only when asked to"),
        ],
    ),
    Param::int("count", "Increments of each node (0: without end)", 5, 0..=1_000),
    Param::ms("gap_ms", "From one increment of a node to its next", 400, 10..=10_000),
    Param::ms("delay_ms", "A message takes", 100, 0..=10_000),
    Param::ms("spread_ms", "And up to so much more", 0, 0..=10_000),
    Param::ms("read_ms", "A copy is read every (0: never)", 250, 0..=60_000),
    Param::ms("again_ms", "A vector is sent again every (0: never)", 500, 0..=60_000),
    Param::ms("clocks_ms", "Clocks differ by up to", 300, 0..=60_000),
    Mutant::PARAM,
];

impl Config {
    pub fn of(p: &Params) -> Self {
        Config {
            nodes: p.int("nodes") as u16,
            carries: match p.word("carries") {
                "totals" => Carries::Totals,
                "vectors" => Carries::Vectors,
                "one-cell" => Carries::OneCell,
                _ => Carries::Increments,
            },
            work: match p.word("work") {
                "together" => Work::Together,
                "by-hand" => Work::ByHand,
                _ => Work::Random,
            },
            count: p.int("count") as u32,
            gap: p.ms("gap_ms"),
            delay: p.ms("delay_ms"),
            spread: p.ms("spread_ms"),
            read: p.ms("read_ms"),
            again: p.ms("again_ms"),
            mutant: Mutant::of(p),
        }
    }

    pub fn load(self) -> Load {
        match self.work {
            Work::Random => Load::Poisson(self.gap),
            Work::Together => Load::Every(self.gap),
            Work::ByHand => Load::ByHand,
        }
    }
}

pub(super) fn build(p: &Params, seed: u64) -> Result<Setup, Refusal> {
    let config = Config::of(p);
    let mut dice = setup_stream(seed, "shared-counter");
    let node = |i: u16| {
        let node = Node::new(config, NodeId(i));
        let kept = node.kept.clone();
        let mut setup = NodeSetup::server(format!("N{}", i + 1), Box::new(Host::with_disk(node, kept)));
        setup.config.offset_us = below(dice.next_u64(), p.ms("clocks_ms").0 + 1) as i64;
        setup
    };
    let nodes = (0..config.nodes).map(node).collect();
    let Config { delay, spread, .. } = config;
    let delay = match spread.0 {
        0 => Delay::Constant { us: delay.0 },
        _ => Delay::Uniform { min_us: delay.0, max_us: delay.0 + spread.0 },
    };
    Ok(Setup { seed, link: Link::fair_loss(delay, 0), nodes, ..Setup::default() })
}
