//! The server: its stub, with the table of calls that it has executed, and the procedure itself, which charges a card.
//!
//! The rule that is easy to break: the effect is on disk whatever the semantics, for a charge is a charge. What differs is
//! whether the disk also knows *that this call has made it*, from the same write.

use super::stub::Origin;
use super::{C, Fact, Msg, Mutant, REPLY_MS, Semantics, Timer, free};
use crate::kit::prelude::*;
use std::collections::BTreeMap;

/// A call's id: its number, and nothing else, unless a rule is left out.
type Id = (C, u32);

/// What it has on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Books {
    pub(super) life: u32,
    // How often each call was executed: the effect.
    pub(super) charges: BTreeMap<C, u32>,
    // The table of executed calls, with their replies, where it is kept here.
    done: BTreeMap<Id, u32>,
}

/// A call that is worked on, or executed and not replied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Job {
    call: C,
    id: Id,
    origin: Origin,
    receipt: Option<u32>,
}

#[derive(Clone, Debug, Hash)]
pub(super) struct Bank {
    semantics: Semantics,
    work: Span,
    failing: u32,
    mutant: Mutant,
    pub(super) books: Books,
    // The table in memory: what is under way, and what is executed, with its reply.
    table: BTreeMap<Id, Option<u32>>,
    jobs: BTreeMap<u16, Job>,
}

type Cx<'a> = Ctx<'a, Bank>;

impl Bank {
    pub(super) fn new(p: &Params) -> Self {
        Bank {
            semantics: Semantics::of(p),
            work: p.ms("work_ms"),
            failing: p.int("failing_percent") as u32,
            mutant: Mutant::of(p),
            books: Books::default(),
            table: BTreeMap::new(),
            jobs: BTreeMap::new(),
        }
    }

    /// What it does with a call, in two words for a board.
    pub(super) fn has(&self, call: C) -> &'static str {
        match self.jobs.values().find(|j| j.call == call) {
            Some(Job { receipt: None, .. }) => "works on it",
            Some(_) => "packs the reply",
            None if self.table.iter().any(|(id, done)| id.0 == call && done.is_some()) => "remembers it",
            None => "-",
        }
    }

    fn asked(&mut self, ctx: &mut Cx<'_>, (call, id, life): (C, Id, u32), origin: Origin) {
        // Section 2 of the paper: the caller is bound to one life of the server.
        if self.semantics == Semantics::Bound && life != self.books.life && self.mutant != Mutant::AnyLife {
            ctx.note(format!(
                "refuses {call}, which is for its life {life}: this is life {}",
                self.books.life
            ));
            ctx.fact(Fact::Refused { call });
            return ctx.send(origin.from, Msg::Rebind { call, life: self.books.life });
        }
        if self.semantics.filters() {
            match self.table.get(&id) {
                Some(None) => {
                    ctx.note(format!("is at {call} already, and does not begin it twice"));
                    return ctx.fact(Fact::Filtered { call, known: false });
                }
                Some(&Some(receipt)) if self.mutant != Mutant::NoReplies => {
                    ctx.note(format!("has executed {call} before, and sends the reply that it kept"));
                    ctx.fact(Fact::Filtered { call, known: true });
                    return ctx.send(origin.from, Msg::Reply { call, receipt });
                }
                _ => {}
            }
            if self.mutant == Mutant::NewestOnly {
                self.table.clear();
                self.books.done.clear();
            }
            self.table.insert(id, None);
        }
        ctx.note(format!("works on {call}"));
        if self.mutant == Mutant::RepliesFirst {
            ctx.send(origin.from, Msg::Reply { call, receipt: 0 });
        }
        let slot = free(&self.jobs);
        self.jobs.insert(slot, Job { call, id, origin, receipt: None });
        ctx.set_timer(Timer::Step(slot), self.work);
    }

    /// The procedure itself, or an error.
    fn perform(&mut self, ctx: &mut Cx<'_>, slot: u16, job: Job) {
        let Job { call, id, origin, .. } = job;
        if self.failing > 0 && ctx.random_below(100) < u64::from(self.failing) {
            self.jobs.remove(&slot);
            self.table.remove(&id);
            ctx.note(format!("cannot execute {call}, and says so"));
            return ctx.send(origin.from, Msg::Failed { call, slot: origin.slot, attempt: origin.attempt });
        }
        let receipt = self.books.charges.values().sum::<u32>() + 1;
        if self.semantics.filters() {
            self.table.insert(id, Some(receipt));
        }
        let on_disk = self.semantics == Semantics::ExactlyOnce && self.mutant != Mutant::MemoryOnly;
        if on_disk && self.mutant != Mutant::EffectFirst {
            self.books.done.insert(id, receipt);
        }
        if on_disk && self.mutant == Mutant::IdFirst {
            ctx.persist(self.books.clone());
        }
        let times = self.books.charges.entry(call).or_insert(0);
        *times += 1;
        let again = *times > 1;
        ctx.persist(self.books.clone());
        ctx.note(if again {
            format!("charges the card for {call} again")
        } else {
            format!("charges the card for {call}")
        });
        ctx.fact(Fact::Executed { call, again });
        if on_disk && self.mutant == Mutant::EffectFirst {
            self.books.done.insert(id, receipt);
            ctx.persist(self.books.clone());
        }
        self.jobs.insert(slot, Job { receipt: Some(receipt), ..job });
        ctx.set_timer(Timer::Step(slot), Span::ms(REPLY_MS));
    }
}

impl Protocol for Bank {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = Books;

    fn start(&mut self, _: &mut Cx<'_>) {}

    fn restart(&mut self, ctx: &mut Cx<'_>) {
        self.books = ctx.durable().clone();
        self.jobs.clear();
        self.table = self.books.done.iter().map(|(id, receipt)| (*id, Some(*receipt))).collect();
        if self.semantics.filters() {
            ctx.note(format!("is back, and knows of {} calls that it has executed", self.table.len()));
        }
        if self.semantics == Semantics::Bound {
            self.books.life += 1;
            ctx.persist(self.books.clone());
        }
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        if let Msg::Request { call, id, life, slot, attempt } = *msg {
            self.asked(ctx, (call, (call, id), life), Origin { from, slot, attempt });
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        let Timer::Step(slot) = timer else {
            return;
        };
        let Some(&job) = self.jobs.get(&slot) else {
            return;
        };
        let Some(receipt) = job.receipt else {
            return self.perform(ctx, slot, job);
        };
        self.jobs.remove(&slot);
        if self.mutant != Mutant::RepliesFirst {
            ctx.send(job.origin.from, Msg::Reply { call: job.call, receipt });
        }
    }

    fn timer_name(timer: Timer) -> &'static str {
        timer.name()
    }

    fn inspect(&self) -> Inspect {
        let cell = |(call, times): (&C, &u32)| {
            let tone = if *times > 1 { CellTone::Conflict } else { CellTone::Firm };
            Cell::new(call.0 % 1_000, tone, format!("{call}: charged {times} times"))
        };
        let (charges, jobs) = (&self.books.charges, self.jobs.len());
        let older = charges.len().saturating_sub(12);
        let twice = charges.values().filter(|t| **t > 1).count();
        Inspect::of(if jobs > 0 { "working" } else { "idle" }, Glyph::None)
            .badge(format!("has charged {}", charges.values().sum::<u32>()))
            .cells(charges.iter().skip(older).map(cell))
            .field("under way", jobs)
            .field("calls executed", charges.len())
            .field("more than once", twice)
            .field("calls in its table", self.table.len())
            .field("life", self.books.life)
    }
}
