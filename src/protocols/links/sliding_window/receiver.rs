//! The receiver: it takes a packet by its number, keeps what comes early, and acknowledges.
//!
//! The rule that is easy to break: a number that lies in the window is taken, whatever packet it is. That it is the right one, the widths
//! of the two windows have to see to.

use super::{Config, Fact, Msg, Mutant, SENDER};
use crate::kit::prelude::*;
use std::collections::BTreeMap;

/// The receiving end.
#[derive(Clone, Hash)]
pub(super) struct Receiver {
    pub config: Config,
    pub out: bool,
    /// How many were handed over, and so the place of the next, from 0.
    pub expected: u64,
    /// What has come early, by its place.
    pub early: BTreeMap<u64, u64>,
    /// The latest that were handed over: the place, and which one it really is; from 1.
    pub recent: Vec<(u64, u64)>,
}

/// So many of them are remembered.
const REMEMBERED: usize = 12;

type Cx<'a> = Ctx<'a, Receiver>;

impl Receiver {
    pub fn new(config: Config) -> Self {
        Receiver { config, out: false, expected: 0, early: BTreeMap::new(), recent: Vec::new() }
    }

    /// How many numbers it takes, from the next one on.
    pub fn window(&self) -> u64 {
        match self.config.mutant {
            Mutant::WideOpen if self.config.selective => self.config.space() - 1,
            _ if self.config.selective => self.config.window,
            _ => 1,
        }
    }

    fn hand_over(&mut self, ctx: &mut Cx<'_>, item: u64) {
        self.expected += 1;
        let place = self.expected;
        if self.recent.len() == REMEMBERED {
            self.recent.remove(0);
        }
        self.recent.push((place, item));
        ctx.note(format!("hands over #{item} as packet {place}"));
        ctx.fact(Fact::Delivered { place, item });
        if item != place {
            ctx.fact(Fact::Stale { place, item });
        }
    }

    fn take(&mut self, ctx: &mut Cx<'_>, seq: u16, item: u64) {
        let ahead = self.config.ahead(seq, self.expected);
        if ahead < self.window() || self.config.mutant == Mutant::TakesAny {
            self.early.entry(self.expected + ahead).or_insert(item);
            if self.config.mutant == Mutant::TakesAny {
                self.early.clear();
                self.hand_over(ctx, item);
            }
            while let Some(item) = self.early.remove(&self.expected) {
                self.hand_over(ctx, item);
            }
        } else {
            ctx.note(format!("does not take {seq}: it waits for {}", self.config.seq(self.expected)));
            ctx.fact(Fact::Passed { seq, item });
        }
        let ack = match (self.config.selective, self.config.mutant) {
            (true, _) | (false, Mutant::AcksAny) => Some(seq),
            // The last one in its turn, if there is any.
            (false, _) => self.expected.checked_sub(1).map(|last| self.config.seq(last)),
        };
        if let Some(seq) = ack {
            ctx.send(SENDER, Msg::Ack { seq });
        }
    }
}

impl Protocol for Receiver {
    type Msg = Msg;
    type Timer = ();
    type Stable = ();

    fn restart(&mut self, ctx: &mut Cx<'_>) {
        *self = Receiver { out: true, ..Receiver::new(self.config) };
        ctx.note("is back, has forgotten its numbers, and takes no more part");
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, _: NodeId, msg: &Msg) {
        if let (Msg::Packet { seq, item }, false) = (msg, self.out) {
            self.take(ctx, *seq, *item);
        }
    }

    /// A liar acknowledges another number.
    fn lie(&self, msg: &Msg, _: NodeId, draw: u64) -> Option<Msg> {
        match *msg {
            Msg::Ack { seq } => {
                let space = self.config.space();
                Some(Msg::Ack { seq: ((u64::from(seq) + 1 + draw % 3) % space) as u16 })
            }
            Msg::Packet { .. } => None,
        }
    }

    fn inspect(&self) -> Inspect {
        super::show::receiver(self)
    }
}
