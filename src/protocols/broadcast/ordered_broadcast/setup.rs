//! What is installed on every process, and the ways between them.
//!
//! The rule that is easy to break: links give no order here. Whatever order there is, the processes make.

use super::{Mutant, Process};
use crate::kit::prelude::*;

/// The order in which messages are delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Order {
    None,
    Fifo,
    Causal,
    Sequencer,
    Lamport,
}

impl Order {
    pub fn is_total(self) -> bool {
        self >= Order::Sequencer
    }
}

/// What processes broadcast by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Work {
    Random,
    Turns,
    Race,
    Chat,
    ByHand,
}

/// What is installed on every process alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Config {
    pub nodes: u16,
    pub order: Order,
    pub work: Work,
    pub gap: Span,
    pub count: u32,
    pub delay: Span,
    pub spread: Span,
    pub mutant: Mutant,
}

/// Who gives out places, where somebody does.
pub(super) const SEQUENCER: NodeId = NodeId(0);
/// Who begins the chat, and who answers.
pub(super) const CLAIMS: NodeId = NodeId(0);
pub(super) const ANSWERS: NodeId = NodeId(1);

impl Config {
    pub fn of(p: &Params) -> Self {
        Config {
            nodes: p.int("nodes") as u16,
            order: match p.word("order") {
                "fifo" => Order::Fifo,
                "causal" => Order::Causal,
                "sequencer" => Order::Sequencer,
                "lamport" => Order::Lamport,
                _ => Order::None,
            },
            work: match p.word("work") {
                "turns" => Work::Turns,
                "race" => Work::Race,
                "chat" => Work::Chat,
                "by-hand" => Work::ByHand,
                _ => Work::Random,
            },
            gap: p.ms("gap_ms"),
            count: p.int("count") as u32,
            delay: p.ms("delay_ms"),
            spread: p.ms("spread_ms"),
            mutant: Mutant::of(p),
        }
    }

    /// When `me` broadcasts first, and how long after each time again; nothing where it does not, or at random.
    pub fn pace(self, me: NodeId) -> Option<(Span, Span)> {
        let gap = self.gap;
        match self.work {
            Work::Turns => {
                let turn = u64::from(me.0) + 1;
                Some((Span(gap.0 * turn), Span(gap.0 * u64::from(self.nodes))))
            }
            // The last two: the sequencer is none of them, where there are more.
            Work::Race => (me.0 + 2 >= self.nodes).then_some((gap, gap)),
            Work::Chat => (me == CLAIMS).then_some((gap, gap)),
            Work::Random | Work::ByHand => None,
        }
    }
}

pub(super) const ORDERS: &[Choice] = &[
    Choice::new("none", "none: each message as it comes"),
    Choice::new("fifo", "FIFO: each sender's in the order of sending"),
    Choice::new("causal", "causal: none before what may have caused it"),
    Choice::new("sequencer", "total, by a sequencer, P1"),
    Choice::new("lamport", "total, by Lamport's times and acknowledgements"),
];

pub(super) const WORK: &[Choice] = &[
    Choice::new("random", "each sets x or doubles it, at random times"),
    Choice::new("turns", "the same, one after the other"),
    Choice::new("race", "the last but one sets x, the last doubles it, at the same moment"),
    Choice::new("chat", "P1 claims something, and P2 answers when it reads that"),
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
    Ok(Setup {
        seed,
        link: Link::fair_loss(delay, 0),
        nodes: (0..config.nodes).map(node).collect(),
        ..Setup::default()
    })
}
