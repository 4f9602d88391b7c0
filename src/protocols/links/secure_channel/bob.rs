//! Bob: reads what comes, checks tag and number as far as he was told to, and gives a receipt.
//!
//! The rule that is easy to break: what he has accepted, and the window, are on disk before the receipt leaves.

use super::frame::{Body, Content, Key, Tag};
use super::{Fact, MALLORY, Msg, Mutant, Payment, Rules};
use crate::kit::prelude::*;
use std::collections::BTreeMap;

/// How a number stands to those that were accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    New,
    Seen,
    Late,
}

/// The highest number that was accepted, and a bit for it and each of the 63 below (RFC 4303, section 3.4.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Window {
    top: u32,
    bits: u64,
}

impl Window {
    pub fn stands(self, number: u32) -> Stand {
        match self.top.checked_sub(number) {
            None => Stand::New,
            Some(below) if below >= u64::BITS => Stand::Late,
            Some(below) if self.bits >> below & 1 == 1 => Stand::Seen,
            Some(_) => Stand::New,
        }
    }

    pub fn mark(&mut self, number: u32) {
        match self.top.checked_sub(number) {
            None => {
                let up = number - self.top;
                self.bits = self.bits.checked_shl(up).unwrap_or(0) | 1;
                self.top = number;
            }
            Some(below) if below < u64::BITS => self.bits |= 1 << below,
            Some(_) => {}
        }
    }
}

/// How many of what he has accepted last he shows.
const SHOWN: usize = 12;

/// What he keeps on disk.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Ledger {
    window: Window,
    // How often he has accepted each, and the newest, in order.
    pub times: BTreeMap<Payment, u32>,
    newest: Vec<Payment>,
    total: u64,
}

/// The receiver.
#[derive(Clone, Hash)]
pub(super) struct Bob {
    rules: Rules,
    key: Key,
    pub ledger: Ledger,
}

type Cx<'a> = Ctx<'a, Bob>;

impl Bob {
    pub fn new(rules: Rules, key: Key) -> Self {
        Bob { rules, key, ledger: Ledger::default() }
    }

    /// What he was told to do.
    pub fn rules(&self) -> Rules {
        self.rules
    }

    fn hear(&mut self, ctx: &mut Cx<'_>, (number, body, tag): (u32, Body, Tag)) {
        let payment = Payment { number, amount: self.key.read(body) };
        let genuine = self.key.verifies(self.rules.covered(number, body), tag);
        let stand = self.ledger.window.stands(number);
        if self.rules.mutant == Mutant::MarksFirst && self.rules.numbers {
            self.ledger.window.mark(number);
        }
        let untagged = self.rules.mutant == Mutant::TakesUntagged && tag.is_missing();
        if self.rules.tags && !genuine && !untagged {
            let what = if tag.is_missing() { "there is none" } else { "it does not fit" };
            return self.refuse(ctx, payment, genuine, &format!("a tag that is Alice's, and {what}"), stand);
        }
        match stand {
            Stand::Seen if self.rules.numbers => {
                self.refuse(ctx, payment, genuine, "a number that he has not accepted before", stand);
                // The first receipt may be lost.
                self.confirm(ctx, number);
            }
            Stand::Late if self.rules.numbers => {
                self.refuse(ctx, payment, genuine, "a number that his window still reaches", stand);
            }
            _ => self.accept(ctx, payment),
        }
    }

    fn refuse(&self, ctx: &mut Cx<'_>, payment: Payment, genuine: bool, wanted: &str, stand: Stand) {
        let Payment { number, amount } = payment;
        ctx.note(format!("refuses #{number}: he wants {wanted}"));
        ctx.fact(Fact::Refused { number, amount, genuine, late: stand == Stand::Late });
    }

    fn accept(&mut self, ctx: &mut Cx<'_>, payment: Payment) {
        let ledger = &mut self.ledger;
        if self.rules.numbers {
            ledger.window.mark(payment.number);
        }
        *ledger.times.entry(payment).or_default() += 1;
        if ledger.newest.len() == SHOWN {
            ledger.newest.remove(0);
        }
        ledger.newest.push(payment);
        ledger.total += u64::from(payment.amount);
        ctx.persist(self.ledger.clone());
        let Payment { number, amount } = payment;
        ctx.note(format!("accepts #{number}: £{amount}"));
        ctx.fact(Fact::Accepted { number, amount });
        self.confirm(ctx, number);
    }

    fn confirm(&self, ctx: &mut Cx<'_>, number: u32) {
        let tag = match self.rules.tags {
            true => self.key.tag(Content::Receipt { number }),
            false => Tag::MISSING,
        };
        ctx.send(MALLORY, Msg::Receipt { number, tag });
    }
}

impl Protocol for Bob {
    type Msg = Msg;
    type Timer = ();
    type Stable = Ledger;

    fn restart(&mut self, ctx: &mut Cx<'_>) {
        self.ledger.clone_from(ctx.durable());
        if self.rules.mutant == Mutant::ForgetsWindow {
            self.ledger.window = Window::default();
            return ctx.note("is back, and has forgotten which numbers he has seen");
        }
        ctx.note("is back, with what he has accepted on his disk");
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, _: NodeId, msg: &Msg) {
        match *msg {
            Msg::Payment { number, body, tag } => self.hear(ctx, (number, body, tag)),
            Msg::Receipt { number, .. } => ctx.note(format!("has sent nobody #{number}")),
        }
    }

    fn inspect(&self) -> Inspect {
        let Ledger { window, times, newest, total } = &self.ledger;
        let cell = |(i, p): (usize, &Payment)| match newest[..i].contains(p) {
            true => Cell::new(p.number, CellTone::Conflict, format!("{p}, once more")),
            false => Cell::new(p.number, CellTone::Firm, p.to_string()),
        };
        let shown = Inspect::of("receiver", Glyph::None)
            .badge(format!("has £{total}"))
            .cells(newest.iter().enumerate().map(cell))
            .field("accepted", times.values().sum::<u32>())
            .field("of these different", times.len())
            .field("in all", format!("£{total}"));
        match self.rules.numbers {
            true => shown.field("highest number", window.top).field("window", format!("{:b}", window.bits)),
            false => shown,
        }
    }
}
