//! Alice: numbers her payments, encrypts and tags them, and sends each again until she has a receipt.
//!
//! The rule that is easy to break: a number is on disk before it is used. And she is never further ahead of her oldest
//! open payment than the receiver's window reaches.

use super::frame::{Body, Content, Key, Tag};
use super::{Fact, MALLORY, Msg, Mutant, Payment, Rules};
use crate::kit::prelude::*;
use crate::sim::{FieldKind, FormField};
use std::collections::{BTreeMap, BTreeSet};

/// A payment without a receipt.
#[derive(Clone, Copy, Debug, Hash)]
pub(super) struct Open {
    pub amount: u8,
    pub tries: u32,
}

/// What she keeps on disk.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Book {
    // How many she has made by herself, and the number of the newest of all.
    made: u16,
    number: u32,
    pub sent: BTreeSet<Payment>,
    pub open: BTreeMap<u32, Open>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Timer {
    Next,
    Resend(u32),
}

/// The sender.
#[derive(Clone, Hash)]
pub(super) struct Alice {
    rules: Rules,
    key: Key,
    count: u16,
    spacing: Span,
    pub book: Book,
}

type Cx<'a> = Ctx<'a, Alice>;

/// How far she goes on while a payment is open.
const AHEAD: u32 = 64;

impl Alice {
    pub fn new(rules: Rules, key: Key, count: u16, spacing: Span) -> Self {
        Alice { rules, key, count, spacing, book: Book::default() }
    }

    /// Whether she may use the next number: the receiver's window still holds her oldest open payment then.
    fn may_go_on(&self) -> bool {
        self.book.open.keys().next().is_none_or(|oldest| self.book.number + 1 < oldest + AHEAD)
    }

    fn pay(&mut self, ctx: &mut Cx<'_>, amount: u8) {
        self.book.number += 1;
        let number = self.book.number;
        self.book.sent.insert(Payment { number, amount });
        self.book.open.insert(number, Open { amount, tries: 0 });
        ctx.persist(self.book.clone());
        ctx.note(format!("pays £{amount}: payment #{number}"));
        ctx.fact(Fact::Ordered { number, amount });
        self.send(ctx, number);
    }

    /// Encrypt, then MAC: the tag covers what travels.
    fn frame(&self, number: u32, amount: u8) -> Msg {
        let nonce = if self.rules.mutant == Mutant::SameStream { 0 } else { number };
        let body = match self.rules.encrypts {
            true => self.key.seal(nonce, amount),
            false => Body::Clear(amount),
        };
        let tag = match self.rules.tags {
            true => self.key.tag(self.rules.covered(number, body)),
            false => Tag::MISSING,
        };
        Msg::Payment { number, body, tag }
    }

    fn send(&mut self, ctx: &mut Cx<'_>, number: u32) {
        let Some(open) = self.book.open.get_mut(&number) else {
            return;
        };
        open.tries += 1;
        let Open { amount, tries } = *open;
        ctx.fact(Fact::Sent { number, tries });
        ctx.send(MALLORY, self.frame(number, amount));
        if let Some(after) = self.rules.retry {
            ctx.set_timer(Timer::Resend(number), after);
        }
    }

    fn confirmed(&mut self, ctx: &mut Cx<'_>, number: u32, tag: Tag) {
        let genuine = self.key.verifies(Content::Receipt { number }, tag);
        if self.rules.tags && !genuine && self.rules.mutant != Mutant::UntaggedReceipts {
            ctx.note(format!("does not believe a receipt for #{number}: its tag is not Bob's"));
            ctx.fact(Fact::Distrusted { number });
            return;
        }
        let Some(Open { amount, tries }) = self.book.open.remove(&number) else {
            return ctx.note(format!("has had the receipt for #{number}"));
        };
        ctx.cancel_timer(Timer::Resend(number));
        ctx.persist(self.book.clone());
        ctx.note(format!("has a receipt for #{number}"));
        ctx.fact(Fact::Confirmed { number, amount, tries });
    }

    fn goes_on(&self, ctx: &mut Cx<'_>) {
        if self.book.made < self.count {
            ctx.set_timer(Timer::Next, self.spacing);
        }
    }
}

impl Protocol for Alice {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = Book;

    fn start(&mut self, ctx: &mut Cx<'_>) {
        self.goes_on(ctx);
    }

    fn restart(&mut self, ctx: &mut Cx<'_>) {
        self.book.clone_from(ctx.durable());
        if self.rules.mutant == Mutant::ForgetsNumber {
            self.book.number = 0;
        }
        ctx.note(format!("is back: {} of her payments have no receipt", self.book.open.len()));
        if self.rules.retry.is_some() {
            let open: Vec<u32> = self.book.open.keys().copied().collect();
            open.into_iter().for_each(|number| self.send(ctx, number));
        }
        self.goes_on(ctx);
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, _: NodeId, msg: &Msg) {
        match *msg {
            Msg::Receipt { number, tag } => self.confirmed(ctx, number, tag),
            Msg::Payment { number, .. } => {
                ctx.note(format!("is paid nothing here: #{number} is not for her"));
            }
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        match timer {
            Timer::Next if self.may_go_on() => {
                self.book.made += 1;
                // £10, 20, 30, 40, 50, and again.
                let amount = 10 * (1 + (self.book.made - 1) % 5) as u8;
                self.pay(ctx, amount);
                self.goes_on(ctx);
            }
            Timer::Next => {
                ctx.note(format!("waits for receipts before she goes further than {AHEAD} ahead"));
                self.goes_on(ctx);
            }
            Timer::Resend(number) => {
                if self.book.open.contains_key(&number) {
                    ctx.note(format!("has no receipt for #{number}, and sends it again"));
                }
                self.send(ctx, number);
            }
        }
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Next => "next payment",
            Timer::Resend(_) => "patience with a receipt",
        }
    }

    fn requests(&self) -> &'static [Form] {
        const {
            &[Form {
                id: "pay",
                label: "Pay Bob",
                fields: &[FormField {
                    label: "how much",
                    kind: FieldKind::Int { default: 20, min: 1, max: 200 },
                }],
            }]
        }
    }

    fn accepts(&self, _: &Asked) -> Result<(), String> {
        match self.may_go_on() {
            true => Ok(()),
            false => Err(format!("she is {AHEAD} payments ahead of the oldest without a receipt, and waits")),
        }
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, asked: &Asked) {
        if !self.may_go_on() {
            return ctx.note(format!("is {AHEAD} payments ahead, and does not pay"));
        }
        self.pay(ctx, asked.int(0) as u8);
    }

    fn inspect(&self) -> Inspect {
        let book = &self.book;
        let cell = |p: &Payment| match book.open.get(&p.number) {
            Some(_) => Cell::new(p.number, CellTone::Tentative, format!("{p}, no receipt yet")),
            None => Cell::new(p.number, CellTone::Firm, format!("{p}, and a receipt")),
        };
        let first = book.sent.len().saturating_sub(12);
        let done = book.sent.len() - book.open.len().min(book.sent.len());
        Inspect::of("sender", Glyph::Person)
            .badge(format!("receipts {done}/{}", book.sent.len()))
            .cells(book.sent.iter().skip(first).map(cell))
            .field("payments made", book.sent.len())
            .field("without a receipt", book.open.len())
            .field("newest number", book.number)
    }
}
