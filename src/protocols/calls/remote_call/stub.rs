//! The caller's stub: sends a call, waits, tries again as its policy says, and gives up. The shop has one, and so has every
//! tier on the way.
//!
//! The rule that is easy to break: a try that fails says nothing of the tries before it. An answer to any of them is an answer to
//! the call.

use super::{C, Fact, Msg, Mutant, Timer, free, tries};
use crate::kit::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Backoff {
    None,
    Exponential,
    Jitter,
}

/// When and how often a call is tried again.
#[derive(Clone, Debug, Hash)]
pub(super) struct Policy {
    timeout: Span,
    // 0: until it is answered.
    attempts: u32,
    backoff: Backoff,
    first_wait: Span,
    // Per cent of the calls; 0: no bound.
    budget: u32,
}

/// A retry costs so much of the credit to which each call adds its per cent; and so many retries are kept for later.
const RETRY: u32 = 100;
const RESERVE: u32 = 10 * RETRY;
/// Waits double so many times, and no more.
const DOUBLINGS: u32 = 6;

impl Policy {
    pub(super) fn of(p: &Params, retries: bool) -> Self {
        Policy {
            timeout: p.ms("timeout_ms"),
            attempts: if retries { tries(p).unwrap_or(0) } else { 1 },
            backoff: match p.word("backoff") {
                "exponential" => Backoff::Exponential,
                "jitter" => Backoff::Jitter,
                _ => Backoff::None,
            },
            first_wait: p.ms("backoff_ms"),
            budget: p.int("budget_percent") as u32,
        }
    }

    /// The wait after so many tries that failed, without jitter: the longest with it.
    pub(super) fn longest_wait(&self, tries: u32) -> Span {
        match self.backoff {
            Backoff::None => Span::ZERO,
            _ => Span(self.first_wait.0 << (tries.saturating_sub(1)).min(DOUBLINGS)),
        }
    }

    /// Full jitter: anything up to it.
    fn wait<P: Protocol>(&self, ctx: &mut Ctx<'_, P>, tries: u32) -> Span {
        let longest = self.longest_wait(tries);
        match self.backoff {
            Backoff::Jitter => ctx.random_span(Span::ZERO, longest),
            _ => longest,
        }
    }
}

/// Whom the answer is for, and which of their tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    pub(super) from: NodeId,
    pub(super) slot: u16,
    pub(super) attempt: u32,
}

/// A call that was made and has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Open {
    pub(super) call: C,
    pub(super) id: u32,
    // The life of the bank for which it is.
    pub(super) life: u32,
    pub(super) tries: u32,
    // Its next try is due; else its answer is.
    pub(super) waits: bool,
    pub(super) origin: Option<Origin>,
}

impl Open {
    pub(super) fn new(call: C, life: u32) -> Self {
        Open { call, id: 0, life, tries: 0, waits: false, origin: None }
    }
}

/// The stub.
#[derive(Clone, Debug, Hash)]
pub(super) struct Stub {
    to: NodeId,
    policy: Policy,
    mutant: Mutant,
    credit: u32,
    pub(super) open: BTreeMap<u16, Open>,
    // For people: what it has sent in all its lives.
    pub(super) sent: u64,
}

impl Stub {
    /// A stub for calls to tier `to`; whether it tries again.
    pub(super) fn of(p: &Params, to: u16, retries: bool) -> Self {
        Stub {
            to: NodeId(to),
            policy: Policy::of(p, retries),
            mutant: Mutant::of(p),
            credit: 0,
            open: BTreeMap::new(),
            sent: 0,
        }
    }

    /// Whom it calls.
    pub(super) fn to(&self) -> NodeId {
        self.to
    }

    /// What a crash takes.
    pub(super) fn forget(&mut self) {
        self.open.clear();
        self.credit = 0;
    }

    /// Makes a call.
    pub(super) fn begin<P: Protocol<Msg = Msg, Timer = Timer>>(&mut self, ctx: &mut Ctx<'_, P>, open: Open) {
        let slot = free(&self.open);
        self.credit = (self.credit + self.policy.budget).min(RESERVE);
        self.open.insert(slot, open);
        self.attempt(ctx, slot);
    }

    /// A call that was made in an earlier life: its next try, if it has one.
    pub(super) fn resume<P: Protocol<Msg = Msg, Timer = Timer>>(
        &mut self,
        ctx: &mut Ctx<'_, P>,
        call: Open,
    ) -> Option<Open> {
        let slot = free(&self.open);
        self.open.insert(slot, Open { tries: 1, ..call });
        self.failed(ctx, slot, "is back, and has no answer")
    }

    fn attempt<P: Protocol<Msg = Msg, Timer = Timer>>(&mut self, ctx: &mut Ctx<'_, P>, slot: u16) {
        let Some(open) = self.open.get_mut(&slot) else {
            return;
        };
        open.tries += 1;
        open.waits = false;
        let Open { call, life, tries, .. } = *open;
        // The shop makes ids, and who passes a call on has it from there.
        let fresh = self.mutant == Mutant::FreshIds && open.origin.is_none();
        let id = if fresh { tries } else { open.id };
        self.sent += 1;
        ctx.fact(Fact::Tried { call, tier: self.to.0 as u8, again: tries > 1 });
        ctx.send(self.to, Msg::Request { call, id, life, slot, attempt: tries });
        ctx.set_timer(Timer::Call(slot), self.policy.timeout);
    }

    /// Its timer has run out. Gives back the call if it is given up.
    pub(super) fn late<P: Protocol<Msg = Msg, Timer = Timer>>(
        &mut self,
        ctx: &mut Ctx<'_, P>,
        slot: u16,
    ) -> Option<Open> {
        if self.open.get(&slot)?.waits {
            self.attempt(ctx, slot);
            return None;
        }
        self.failed(ctx, slot, "has no answer in time")
    }

    /// A try was answered with an error: the one under way, or one that was given up before.
    pub(super) fn error<P: Protocol<Msg = Msg, Timer = Timer>>(
        &mut self,
        ctx: &mut Ctx<'_, P>,
        call: C,
        (slot, attempt): (u16, u32),
    ) -> Option<Open> {
        let open = self.open.get(&slot)?;
        let current = open.call == call && open.tries == attempt && !open.waits;
        if current { self.failed(ctx, slot, "is told that it failed") } else { None }
    }

    /// A try has failed: there is another, or the call is given up, and given back.
    fn failed<P: Protocol<Msg = Msg, Timer = Timer>>(
        &mut self,
        ctx: &mut Ctx<'_, P>,
        slot: u16,
        why: &str,
    ) -> Option<Open> {
        let Open { call, tries, .. } = *self.open.get(&slot)?;
        let paid = self.policy.budget > 0 && self.mutant != Mutant::FreeRetries;
        let over = self.policy.attempts > 0 && tries >= self.policy.attempts;
        let spent = paid && self.credit < RETRY;
        if over || spent {
            let end = if over { "that was its last try" } else { "its retry budget is spent" };
            ctx.note(format!("{why}, {call}: {end}"));
            if !over {
                ctx.fact(Fact::OutOfBudget { call });
            }
            ctx.cancel_timer(Timer::Call(slot));
            return self.open.remove(&slot);
        }
        if paid {
            self.credit -= RETRY;
        }
        let wait = self.policy.wait(ctx, tries);
        if wait == Span::ZERO {
            ctx.note(format!("{why}, {call}, and tries again"));
            self.attempt(ctx, slot);
        } else {
            ctx.note(format!("{why}, {call}, and tries again in {wait}"));
            ctx.set_timer(Timer::Call(slot), wait);
            if let Some(open) = self.open.get_mut(&slot) {
                open.waits = true;
            }
        }
        None
    }

    /// It is answered, whichever try it was: what waited for it.
    pub(super) fn answered<P: Protocol<Msg = Msg, Timer = Timer>>(
        &mut self,
        ctx: &mut Ctx<'_, P>,
        call: C,
    ) -> Vec<Open> {
        let slots: Vec<u16> = self.open.iter().filter(|(_, o)| o.call == call).map(|(s, _)| *s).collect();
        let end = |slot| {
            ctx.cancel_timer(Timer::Call(slot));
            self.open.remove(&slot)
        };
        slots.into_iter().filter_map(end).collect()
    }

    /// The tries that are under way, for people.
    pub(super) fn of_call(&self, call: C) -> Option<&Open> {
        self.open.values().find(|o| o.call == call)
    }
}
