//! The lock server: gives the lock to one after the other, each with a token of its own.
//!
//! The rule that is easy to break: who holds the lock and which token is next are on disk before anybody hears of it. When a lease
//! was renewed last is not, so after a crash a whole lease is waited for.

use super::{Fact, Msg, Mutant, Rules, name, number};
use crate::kit::prelude::*;

/// Who holds the lock, as the server knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Holder {
    pub(super) client: NodeId,
    pub(super) token: u64,
    // The client's clock when it asked: what it released before then was another holding.
    asked: u64,
}

/// What is on the server's disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Kept {
    pub(super) next: u64,
    pub(super) holder: Option<Holder>,
}

/// A lease is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Expiry;

#[derive(Clone, Debug, Hash)]
pub(super) struct LockServer {
    rules: Rules,
    pub(super) kept: Kept,
    // Who waits, with what its clock showed when it asked last.
    pub(super) queue: Vec<(NodeId, u64)>,
    // When the lease is over, on the server's own clock.
    pub(super) until: u64,
}

type Cx<'a> = Ctx<'a, LockServer>;

impl LockServer {
    pub(super) fn new(rules: Rules) -> Self {
        let kept = Kept { next: rules.first_token, holder: None };
        LockServer { rules, kept, queue: Vec::new(), until: 0 }
    }

    pub(super) fn is_leased(&self) -> bool {
        self.rules.leased
    }

    /// The lease begins anew.
    fn begin(&mut self, ctx: &mut Cx<'_>) {
        if self.rules.leased {
            self.until = ctx.now_us() + self.rules.lease.0;
            ctx.set_timer(Expiry, self.rules.lease);
        }
    }

    fn asked(&mut self, ctx: &mut Cx<'_>, from: NodeId, at: u64) {
        match self.kept.holder {
            None => {
                self.queue.push((from, at));
                self.pass_on(ctx);
            }
            // It has never heard that it holds the lock, or has forgotten it. Others who wait wait no longer for that.
            Some(holder) if holder.client == from && (self.queue.is_empty() || !self.rules.leased) => {
                if at > holder.asked {
                    self.kept.holder = Some(Holder { asked: at, ..holder });
                    self.grant(ctx, true);
                }
            }
            Some(_) => match self.queue.iter_mut().find(|(n, _)| *n == from) {
                Some((_, newest)) => *newest = at.max(*newest),
                None => {
                    self.queue.push((from, at));
                    ctx.note(format!("lets {} wait: the lock is held", name(number(from))));
                }
            },
        }
    }

    /// The lock is free: the next that waits has it, with a token of its own.
    fn pass_on(&mut self, ctx: &mut Cx<'_>) {
        ctx.cancel_timer(Expiry);
        self.kept.holder = None;
        if self.queue.is_empty() {
            return ctx.persist(self.kept);
        }
        let (client, asked) = self.queue.remove(0);
        let token = self.kept.next;
        self.kept = Kept { next: token + 1, holder: Some(Holder { client, token, asked }) };
        self.grant(ctx, false);
    }

    /// Tells the holder that it has the lock, once that is on disk (Burrows 2006, section 2.4: the number of a lock grows with each
    /// time that it is acquired).
    fn grant(&mut self, ctx: &mut Cx<'_>, again: bool) {
        let Some(Holder { client, token, asked }) = self.kept.holder else {
            return;
        };
        self.begin(ctx);
        ctx.persist(self.kept);
        let who = name(number(client));
        match again {
            true => ctx.note(format!("gives {who} the lock again, which it has already: token {token}")),
            false => {
                ctx.note(format!("gives {who} the lock, with token {token}"));
                ctx.epoch(token, format!("token {token}, {who}"));
            }
        }
        ctx.fact(Fact::Granted { client: number(client), token, again });
        ctx.send(client, Msg::Grant { token, at: asked });
    }

    /// A lease is renewed while it runs, and not after (Gray and Cheriton 1989, section 2).
    fn renew(&mut self, ctx: &mut Cx<'_>, from: NodeId, (token, at): (u64, u64)) {
        let runs = self.kept.holder.is_some_and(|h| h.client == from && h.token == token);
        if runs {
            self.begin(ctx);
        } else if self.rules.mutant != Mutant::RenewsAny {
            ctx.note(format!("does not renew token {token}: that lease is over"));
            return ctx.send(from, Msg::Over { token });
        }
        ctx.note(format!("renews the lease of token {token}"));
        ctx.fact(Fact::Renewed { client: number(from), token });
        ctx.send(from, Msg::Renewed { token, at });
    }

    fn released(&mut self, ctx: &mut Cx<'_>, from: NodeId, (token, at): (u64, u64)) {
        let held = |h: &Holder| h.client == from && h.token == token && at > h.asked;
        if self.kept.holder.as_ref().is_some_and(held) {
            ctx.note(format!("has the lock back, token {token}"));
            ctx.fact(Fact::Freed { client: number(from), token });
            self.pass_on(ctx);
        }
        ctx.send(from, Msg::Freed { token });
    }
}

impl Protocol for LockServer {
    type Msg = Msg;
    type Timer = Expiry;
    type Stable = Kept;

    /// As in Gray and Cheriton 1989: a lease may have been renewed just before the crash, so all of it is waited for.
    fn restart(&mut self, ctx: &mut Cx<'_>) {
        self.kept = *ctx.durable();
        self.queue.clear();
        if self.rules.mutant == Mutant::ForgetCounter {
            self.kept.next = self.rules.first_token;
        }
        let Some(holder) = self.kept.holder.filter(|_| self.rules.leased) else {
            return;
        };
        if self.rules.mutant == Mutant::NoGrace {
            self.kept.holder = None;
            return ctx.note("is back, and takes the lock for free");
        }
        let who = name(number(holder.client));
        ctx.note(format!("is back, and waits for a whole lease: {who} may hold the lock"));
        self.begin(ctx);
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        match *msg {
            Msg::Ask { at } => self.asked(ctx, from, at),
            Msg::Renew { token, at } => self.renew(ctx, from, (token, at)),
            Msg::Release { token, at } => self.released(ctx, from, (token, at)),
            _ => ctx.note("gives locks, and ignores this"),
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, _: Expiry) {
        let Some(Holder { client, token, .. }) = self.kept.holder else {
            return;
        };
        let now = ctx.now_us();
        if now < self.until {
            return ctx.set_timer(Expiry, Span(self.until - now));
        }
        ctx.note(format!(
            "has heard nothing more from {}: the lease of token {token} is over",
            name(number(client))
        ));
        ctx.fact(Fact::Expired { client: number(client), token });
        self.pass_on(ctx);
    }

    fn timer_name(_: Expiry) -> &'static str {
        "lease"
    }

    /// A liar gives a token of its own making.
    fn lie(&self, msg: &Msg, _: NodeId, draw: u64) -> Option<Msg> {
        match *msg {
            Msg::Grant { at, .. } => Some(Msg::Grant { token: self.rules.first_token + draw % 8, at }),
            Msg::Over { token } => Some(Msg::Renewed { token, at: u64::MAX / 4 }),
            _ => None,
        }
    }

    fn inspect(&self) -> Inspect {
        let Kept { next, holder } = self.kept;
        let held = holder.map(|h| format!("{}, token {}", name(number(h.client)), h.token));
        let cell = |&(n, _): &(NodeId, u64)| {
            let who = name(number(n));
            Cell::new(&who[who.len() - 1..], CellTone::Tentative, format!("{who} waits"))
        };
        Inspect {
            epoch: holder.map(|h| h.token),
            ..Inspect::of("lock server", Glyph::None)
                .badge(holder.map_or_else(
                    || "free".to_owned(),
                    |h| format!("{}: {}", &name(number(h.client))[7..], h.token),
                ))
                .cells(self.queue.iter().map(cell))
                .field("holder", held.as_deref().unwrap_or("nobody"))
                .field("next token", next)
                .field("waiting", self.queue.len())
        }
    }
}
