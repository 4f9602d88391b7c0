//! What is installed on every process, and the channels between them.
//!
//! The rule that is easy to break: the channels keep the order of sending because the links do. No process puts markers in order.

use super::{Mutant, Process};
use crate::kit::load::Load;
use crate::kit::prelude::*;

/// How the money is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Way {
    Markers,
    ReadNow,
    Colours,
}

/// What accounts do by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Work {
    Random,
    Ring,
    ByHand,
}

/// What is installed on every process alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Config {
    pub nodes: u16,
    pub way: Way,
    pub work: Work,
    pub gap: Span,
    pub count: u32,
    pub snapshots: u32,
    pub every: Span,
    pub delay: Span,
    pub spread: Span,
    pub mutant: Mutant,
}

/// What is in each account at first.
pub(super) const OPENED: i64 = 100;

impl Config {
    pub fn of(p: &Params) -> Self {
        Config {
            nodes: p.int("nodes") as u16,
            way: match p.word("algorithm") {
                "read-now" => Way::ReadNow,
                "colours" => Way::Colours,
                _ => Way::Markers,
            },
            work: match p.word("work") {
                "ring" => Work::Ring,
                "by-hand" => Work::ByHand,
                _ => Work::Random,
            },
            gap: p.ms("gap_ms"),
            count: p.int("count") as u32,
            snapshots: p.int("snapshots") as u32,
            every: p.ms("every_ms"),
            delay: p.ms("delay_ms"),
            spread: p.ms("spread_ms"),
            mutant: Mutant::of(p),
        }
    }

    pub fn others(self, me: NodeId) -> impl Iterator<Item = NodeId> {
        (0..self.nodes).map(NodeId).filter(move |&n| n != me)
    }

    pub fn load(self) -> Load {
        match self.work {
            Work::Random => Load::Poisson(self.gap),
            Work::Ring => Load::Every(self.gap),
            Work::ByHand => Load::ByHand,
        }
    }

    /// The money that there is.
    pub fn total(self) -> i64 {
        i64::from(self.nodes) * OPENED
    }
}

pub(super) const WAYS: &[Choice] = &[
    Choice::new("markers", "markers (Chandy and Lamport)"),
    Choice::new("read-now", "read everyone now"),
    Choice::new("colours", "colours and counts (Lai and Yang, Mattern)"),
];

pub(super) const WORK: &[Choice] = &[
    Choice::new("random", "each pays anybody, at random times"),
    Choice::new("ring", "each pays the next £10, all in step"),
    Choice::new("by-hand", "nothing"),
];

pub(super) fn build(p: &Params, seed: u64) -> Result<Setup, Refusal> {
    let config = Config::of(p);
    let node =
        |i: u16| NodeSetup::server(format!("P{}", i + 1), Host::boxed(Process::fresh(config, NodeId(i))));
    let Config { delay, spread, .. } = config;
    let delay = match spread.0 {
        0 => Delay::Constant { us: delay.0 },
        _ => Delay::Uniform { min_us: delay.0, max_us: delay.0 + spread.0 },
    };
    let link = Link { fifo: p.flag("fifo"), ..Link::fair_loss(delay, 0) };
    Ok(Setup { seed, link, nodes: (0..config.nodes).map(node).collect(), ..Setup::default() })
}
