//! A caller: it keeps an address for its time to live, looks for another when it has none, and calls.
//!
//! The rule that is easy to break: an address lives from when it was heard of. Neither a call that is answered nor one that fails makes it live longer.

use super::members::Members;
use super::setup::{Config, Way};
use super::{Claim, Cx, Fact, Kept, Msg, Mutant, Timer};
use crate::kit::load::Load;
use crate::kit::prelude::*;
use std::collections::VecDeque;

/// A call that has no answer yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Open {
    id: u32,
    host: NodeId,
    // Until when it is waited for, by its own clock.
    until: u64,
}

#[derive(Clone, Debug, Hash)]
pub(super) struct Caller {
    config: Config,
    // The newest that it has ever heard of.
    newest: Option<Claim>,
    // The address that it has, and until when by its own clock.
    cached: Option<(Claim, u64)>,
    // The number of what it looks up.
    looking: Option<u32>,
    numbers: u32,
    // Calls that wait for an address, and for an answer.
    waiting: u32,
    open: VecDeque<Open>,
}

impl Caller {
    pub fn new(config: Config, newest: Option<Claim>) -> Self {
        Caller { config, newest, cached: None, looking: None, numbers: 0, waiting: 0, open: VecDeque::new() }
    }

    pub fn begin(&self, ctx: &mut Cx<'_>) {
        if self.config.calls > Span::ZERO
            && let Some(gap) = Load::Poisson(self.config.calls).gap(ctx)
        {
            ctx.set_timer(Timer::Call, gap);
        }
    }

    /// What it has heard of, and until when it keeps that.
    pub fn cached(&self) -> Option<(Claim, u64)> {
        self.cached
    }

    pub fn is_looking(&self) -> bool {
        self.looking.is_some()
    }

    pub fn calls_open(&self) -> usize {
        self.open.len() + self.waiting as usize
    }

    /// The address that is good at this moment of its own clock.
    pub fn address(&self, now: u64, members: &Members) -> Option<NodeId> {
        match self.config.way {
            Way::Gossip => members.address(),
            _ => self.cached.filter(|(_, until)| now < *until).map(|(claim, _)| claim.host),
        }
    }

    /// It has heard of an address: the one that has started last counts.
    fn learn(&mut self, ctx: &mut Cx<'_>, claim: Claim) -> bool {
        let anything = self.config.mutant == Mutant::TakesAnything;
        if self.newest.is_some_and(|newest| claim < newest) && !anything {
            ctx.note("hears of an address that is older than what it knows, and leaves it");
            return false;
        }
        let until = match self.config.mutant {
            Mutant::NoTtl => u64::MAX,
            _ => ctx.now_us() + self.config.ttl.0,
        };
        self.cached = Some((claim, until));
        if self.newest != Some(claim) {
            self.newest = Some(claim);
            ctx.persist(Kept { claim: self.newest });
            ctx.note(format!("hears of {}", self.config.name(claim.host)));
            ctx.fact(Fact::Learned { host: claim.host, since: claim.since });
        }
        true
    }

    /// One more call, by itself or by hand.
    pub fn call(&mut self, ctx: &mut Cx<'_>, members: &Members) {
        self.waiting += 1;
        self.serve(ctx, members);
    }

    /// Calls what waits, if there is an address; else looks for one.
    fn serve(&mut self, ctx: &mut Cx<'_>, members: &Members) {
        let now = ctx.now_us();
        match self.address(now, members) {
            Some(host) => (0..std::mem::take(&mut self.waiting)).for_each(|_| self.call_at(ctx, host)),
            None if self.looking.is_some() => {}
            None => self.look_up(ctx),
        }
    }

    fn call_at(&mut self, ctx: &mut Cx<'_>, host: NodeId) {
        self.numbers += 1;
        let (id, until) = (self.numbers, ctx.now_us() + self.config.patience.0);
        if self.open.is_empty() {
            ctx.set_timer(Timer::Patience, self.config.patience);
        }
        self.open.push_back(Open { id, host, until });
        if self.config.mutant == Mutant::SlidingTtl
            && let Some((_, until)) = &mut self.cached
        {
            *until = ctx.now_us() + self.config.ttl.0;
        }
        ctx.fact(Fact::Called { host });
        ctx.send(host, Msg::Call { id });
    }

    fn look_up(&mut self, ctx: &mut Cx<'_>) {
        if self.config.way == Way::Gossip {
            return self.give_up(ctx);
        }
        self.numbers += 1;
        let id = self.numbers;
        self.looking = Some(id);
        ctx.note("knows of no address, and asks");
        match self.config.way {
            Way::Registry => ctx.broadcast(self.config.registry(), Msg::Lookup { id }),
            _ => ctx.broadcast(self.config.hosts(), Msg::Query { id }),
        }
        ctx.set_timer(Timer::Lookup, self.config.patience);
    }

    /// Nobody has told it of an address: what waits for one has failed.
    fn give_up(&mut self, ctx: &mut Cx<'_>) {
        self.looking = None;
        ctx.cancel_timer(Timer::Lookup);
        for _ in 0..std::mem::take(&mut self.waiting) {
            ctx.note("finds nobody to call");
            ctx.fact(Fact::Unknown);
        }
    }

    fn found(&mut self, ctx: &mut Cx<'_>, claim: Claim) {
        if !self.learn(ctx, claim) {
            return;
        }
        self.looking = None;
        ctx.cancel_timer(Timer::Lookup);
        (0..std::mem::take(&mut self.waiting)).for_each(|_| self.call_at(ctx, claim.host));
    }

    /// Takes a call off the list.
    fn ended(&mut self, id: u32) -> Option<NodeId> {
        let place = self.open.iter().position(|open| open.id == id)?;
        self.open.remove(place).map(|open| open.host)
    }

    fn failed(&mut self, ctx: &mut Cx<'_>, host: NodeId) {
        ctx.fact(Fact::Failed { host });
        if self.config.evicts && self.cached.is_some_and(|(claim, _)| claim.host == host) {
            ctx.note("drops the address");
            self.cached = None;
        }
    }

    pub fn hears(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        match *msg {
            Msg::Found { id, claim } if self.looking == Some(id) => {
                self.found(ctx, claim);
                // What is older than it knows is of no use.
                if self.looking.is_some() {
                    self.give_up(ctx);
                }
            }
            Msg::Nobody { id } if self.looking == Some(id) => self.give_up(ctx),
            Msg::Announce { since } => self.found(ctx, Claim { since, host: from }),
            Msg::Bye { since }
                if self.cached.is_some_and(|(claim, _)| claim == Claim { since, host: from }) =>
            {
                ctx.note("is told that it is over, and drops the address");
                self.cached = None;
            }
            Msg::Reply { id } => {
                if let Some(host) = self.ended(id) {
                    ctx.fact(Fact::Answered { host });
                }
            }
            Msg::Refuse { id } => {
                if let Some(host) = self.ended(id) {
                    ctx.note("is refused: the service is not there");
                    self.failed(ctx, host);
                }
            }
            _ => {}
        }
    }

    pub fn goes_on(&mut self, ctx: &mut Cx<'_>, timer: Timer, members: &Members) {
        match timer {
            Timer::Call => {
                self.call(ctx, members);
                self.begin(ctx);
            }
            Timer::Lookup => self.give_up(ctx),
            Timer::Patience => self.lose_patience(ctx),
            _ => {}
        }
    }

    fn lose_patience(&mut self, ctx: &mut Cx<'_>) {
        let now = ctx.now_us();
        while let Some(first) = self.open.front().copied().filter(|open| open.until <= now) {
            self.open.pop_front();
            ctx.note("has no answer, and waits no longer");
            self.failed(ctx, first.host);
        }
        if let Some(first) = self.open.front() {
            ctx.set_timer(Timer::Patience, Span((first.until - now).max(1)));
        }
    }

    /// The group has told of an address.
    pub fn hear_news(&mut self, ctx: &mut Cx<'_>, members: &Members) {
        if let Some(claim) = members.claim()
            && self.newest.is_none_or(|newest| newest < claim)
        {
            self.learn(ctx, claim);
        }
    }
}
