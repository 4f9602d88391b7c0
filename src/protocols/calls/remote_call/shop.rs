//! The end that calls: it gives each call its number, and knows what it was told.
//!
//! The rule that is easy to break: "no answer" is not "not done". A call that is given up is unknown for ever; and a number is on
//! disk before it is sent, so that after a crash the same call goes on, under the same number.

use super::stub::{Open, Stub};
use super::{C, Fact, Msg, Timer};
use crate::kit::prelude::*;
use std::collections::BTreeMap;

/// What it knows of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Known {
    /// It has no answer, and is for this life of the bank.
    Open {
        life: u32,
    },
    Paid,
    Unknown,
}

/// What it has on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Notes {
    // How many calls it has made by itself.
    made: u32,
    // The life of the bank to which it is bound.
    life: u32,
    pub(super) calls: BTreeMap<C, Known>,
}

impl Notes {
    fn count(&self, known: Known) -> usize {
        self.calls.values().filter(|k| **k == known).count()
    }

    /// The calls without an answer, each with the life for which it is.
    fn open(&self) -> Vec<(C, u32)> {
        let open = |(call, known): (&C, &Known)| match known {
            Known::Open { life } => Some((*call, *life)),
            _ => None,
        };
        self.calls.iter().filter_map(open).collect()
    }
}

#[derive(Clone, Debug, Hash)]
pub(super) struct Shop {
    calls: u32,
    gap: Span,
    pub(super) stub: Stub,
    pub(super) notes: Notes,
}

/// The first call is made here.
const FIRST: Span = Span::ms(20);

type Cx<'a> = Ctx<'a, Shop>;

impl Shop {
    pub(super) fn new(p: &Params, stub: Stub) -> Self {
        Shop { calls: p.int("calls") as u32, gap: p.ms("gap_ms"), stub, notes: Notes::default() }
    }

    fn call(&mut self, ctx: &mut Cx<'_>) {
        let call = C(self.notes.calls.len() as u32 + 1);
        let life = self.notes.life;
        self.notes.calls.insert(call, Known::Open { life });
        ctx.persist(self.notes.clone());
        ctx.note(format!("calls: charge the card, {call}"));
        ctx.fact(Fact::Called { call });
        self.stub.begin(ctx, Open::new(call, life));
    }

    fn end(&mut self, ctx: &mut Cx<'_>, call: C, known: Known) {
        self.notes.calls.insert(call, known);
        ctx.persist(self.notes.clone());
        if known == Known::Paid {
            ctx.note(format!("is told that {call} is paid"));
            ctx.fact(Fact::Answered { call });
        } else {
            ctx.note(format!("gives {call} up, and does not know whether it was executed"));
            ctx.fact(Fact::GivenUp { call });
        }
    }

    fn given_up(&mut self, ctx: &mut Cx<'_>, open: Option<Open>) {
        if let Some(open) = open {
            self.end(ctx, open.call, Known::Unknown);
        }
    }
}

impl Protocol for Shop {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = Notes;

    fn start(&mut self, ctx: &mut Cx<'_>) {
        if self.calls > 0 {
            ctx.set_timer(Timer::Next, FIRST);
        }
    }

    fn restart(&mut self, ctx: &mut Cx<'_>) {
        self.notes = ctx.durable().clone();
        self.stub.forget();
        for (call, life) in self.notes.open() {
            let given_up = self.stub.resume(ctx, Open::new(call, life));
            self.given_up(ctx, given_up);
        }
        if self.notes.made < self.calls {
            ctx.set_timer(Timer::Next, self.gap);
        }
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, _: NodeId, msg: &Msg) {
        match *msg {
            Msg::Request { .. } => {}
            Msg::Reply { call, .. } if self.stub.answered(ctx, call).is_empty() => {
                ctx.note(format!("hears again, or too late, that {call} is paid"));
            }
            Msg::Reply { call, .. } => self.end(ctx, call, Known::Paid),
            Msg::Failed { call, slot, attempt } => {
                let given_up = self.stub.error(ctx, call, (slot, attempt));
                self.given_up(ctx, given_up);
            }
            // Section 2 of the paper: an exception, and a new binding for the calls to come.
            Msg::Rebind { call, life } => {
                self.notes.life = self.notes.life.max(life);
                if !self.stub.answered(ctx, call).is_empty() {
                    self.end(ctx, call, Known::Unknown);
                }
            }
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        match timer {
            Timer::Next => {
                self.notes.made += 1;
                self.call(ctx);
                if self.notes.made < self.calls {
                    ctx.set_timer(Timer::Next, self.gap);
                }
            }
            Timer::Call(slot) => {
                let given_up = self.stub.late(ctx, slot);
                self.given_up(ctx, given_up);
            }
            Timer::Step(_) => {}
        }
    }

    fn requests(&self) -> &'static [Form] {
        const { &[Form::bare("charge", "Charge a card")] }
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, _: &Asked) {
        self.call(ctx);
    }

    fn timer_name(timer: Timer) -> &'static str {
        timer.name()
    }

    fn inspect(&self) -> Inspect {
        let cell = |(call, known): (&C, &Known)| {
            let (tone, says) = match known {
                Known::Open { .. } => (CellTone::Tentative, "no answer yet"),
                Known::Paid => (CellTone::Firm, "paid, it was told"),
                Known::Unknown => (CellTone::Empty, "given up: it does not know"),
            };
            Cell::new(call.0 % 1_000, tone, format!("{call}: {says}"))
        };
        let open = self.notes.open().len();
        let older = self.notes.calls.len().saturating_sub(12);
        let paid = self.notes.count(Known::Paid);
        Inspect::of(if open > 0 { "waiting" } else { "idle" }, Glyph::Person)
            .badge(format!("told of {paid} of {}", self.notes.calls.len()))
            .cells(self.notes.calls.iter().skip(older).map(cell))
            .field("calls", self.notes.calls.len())
            .field("answered", paid)
            .field("given up", self.notes.count(Known::Unknown))
            .field("requests sent", self.stub.sent)
            .field("bound to life", self.notes.life)
    }
}
