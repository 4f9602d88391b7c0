//! What is installed on every process, and the ways between them.
//!
//! The rule that is easy to break: nothing here asks for an order of messages, nor for any to arrive.

use super::stamp::{Stamp, Vector};
use super::{Mutant, Process};
use crate::kit::load::Load;
use crate::kit::prelude::*;

/// What processes do by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Work {
    Mixed,
    Silent,
    Token,
    ByHand,
}

/// What is installed on every process alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Config {
    pub nodes: u16,
    pub numbers: bool,
    pub vectors: bool,
    pub work: Work,
    pub gap: Span,
    pub send_percent: u64,
    pub steps: u32,
    pub disk: bool,
    pub mutant: Mutant,
}

impl Config {
    pub fn of(p: &Params) -> Self {
        Config {
            nodes: p.int("nodes") as u16,
            numbers: p.word("clocks") != "vector",
            vectors: p.word("clocks") != "lamport",
            work: match p.word("work") {
                "silent" => Work::Silent,
                "token" => Work::Token,
                "by-hand" => Work::ByHand,
                _ => Work::Mixed,
            },
            gap: p.ms("gap_ms"),
            send_percent: p.int("send_percent").unsigned_abs(),
            steps: p.int("steps") as u32,
            disk: p.word("memory") == "disk",
            mutant: Mutant::of(p),
        }
    }

    pub fn zero(self) -> Stamp {
        Stamp { number: 0, vector: Vector::zero(if self.vectors { self.nodes } else { 0 }) }
    }

    pub fn load(self) -> Load {
        match self.work {
            Work::Mixed => Load::Poisson(self.gap),
            Work::Silent | Work::Token => Load::Every(self.gap),
            Work::ByHand => Load::ByHand,
        }
    }
}

/// Messages overtake each other: nothing here asks for an order.
const SHORTEST_MS: u64 = 20;
const LONGEST_MS: u64 = 120;

pub(super) fn build(p: &Params, seed: u64) -> Result<Setup, Refusal> {
    let config = Config::of(p);
    let node = |i: u16| {
        let process = Process::fresh(config, 0, config.zero());
        NodeSetup::server(format!("P{}", i + 1), Host::boxed(process))
    };
    Ok(Setup {
        seed,
        link: Link::fair_loss(Delay::uniform_ms(SHORTEST_MS, LONGEST_MS), 0),
        nodes: (0..config.nodes).map(node).collect(),
        ..Setup::default()
    })
}
