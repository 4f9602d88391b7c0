//! The primary: puts requests in order, sends updates on, and answers.
//!
//! The rule that is easy to break: a synchronous primary executes and answers a request when its backups have it on disk, not when it has
//! sent it. And who joins counts among the backups from the moment in which its state is sent, or an answer could come in between.

use super::server::{Cx, Role, Server, Timer};
use super::{Fact, Item, Mode, Msg, Mutant};
use crate::kit::prelude::*;
use crate::kit::store::Op;

/// How many updates go out again at once.
const BATCH: usize = 8;

/// A backup, as its primary knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Member {
    // Up to where it has all; nothing, until it has said that it has the state.
    pub(super) acked: Option<u32>,
    // When it was heard last.
    pub(super) heard: u64,
}

impl Server {
    /// It is the primary, with these backups, which are sent its state.
    pub(super) fn lead(&mut self, ctx: &mut Cx<'_>, backups: Vec<NodeId>) {
        let (epoch, now) = (self.kept.epoch, ctx.now_us());
        self.role = Role::Primary;
        self.leader = Some(self.me);
        self.told.clear();
        self.due.clear();
        self.early.clear();
        self.view = backups.iter().map(|&n| (n, Member { acked: None, heard: now })).collect();
        (self.shipped, self.at_beat, self.found) = (self.last(), self.last(), self.last());
        ctx.cancel_timer(Timer::Silence);
        ctx.cancel_timer(Timer::Answers);
        ctx.note(format!("is the primary of epoch {epoch}"));
        ctx.epoch(u64::from(epoch), format!("epoch {epoch}, S{}", self.me.0 + 1));
        ctx.fact(Fact::Promoted { epoch, log: self.kept.log.clone() });
        // At the very start all have the same: nothing.
        if self.last() > 0 || epoch > 1 {
            backups.into_iter().for_each(|n| self.send_state(ctx, n));
        }
        self.beat(ctx);
        self.advance(ctx);
    }

    fn send_state(&self, ctx: &mut Cx<'_>, to: NodeId) {
        let state = Msg::State { epoch: self.kept.epoch, log: self.kept.log.clone(), done: self.done };
        ctx.send(to, state);
    }

    /// A client asks. Who is not the primary says who might be; what was executed is answered again.
    pub(super) fn request(&mut self, ctx: &mut Cx<'_>, client: NodeId, (serial, op): (u32, Op)) {
        if self.role != Role::Primary {
            let hint = self.leader;
            return ctx.send(client, Msg::Redirect { serial, hint });
        }
        if let Some(session) = self.machine.session(client)
            && session.serial >= serial
        {
            if session.serial == serial {
                ctx.send(client, Msg::Reply { serial, answer: session.answer });
            }
            return;
        }
        let waits =
            self.kept.log.iter_from(self.done + 1).any(|(_, i)| (i.client, i.serial) == (client, serial));
        if !waits {
            self.append(ctx, (client, serial, op));
        }
    }

    fn append(&mut self, ctx: &mut Cx<'_>, (client, serial, op): (NodeId, u32, Op)) {
        let epoch = self.kept.epoch;
        self.kept.log.append(Item { epoch, client, serial, op });
        ctx.persist(self.kept.clone());
        let index = self.last();
        ctx.note(format!("puts '{op}' in order, as number {index}"));
        ctx.fact(Fact::Appended { epoch, index, client, serial });
        if self.rules.mode == Mode::Async && self.rules.lag > Span::ZERO {
            self.due.push_back(ctx.now_us() + self.rules.lag.0);
            if self.due.len() == 1 {
                ctx.set_timer(Timer::Ship, self.rules.lag);
            }
        } else {
            self.ship(ctx, index);
        }
        self.advance(ctx);
    }

    /// Updates whose lag is over go out.
    pub(super) fn ship_due(&mut self, ctx: &mut Cx<'_>) {
        let now = ctx.now_us();
        let over = self.due.iter().take_while(|&&at| at <= now).count();
        self.due.drain(..over);
        if over > 0 {
            self.ship(ctx, self.shipped + over as u32);
        }
        if let Some(&at) = self.due.front() {
            ctx.set_timer(Timer::Ship, Span(at.saturating_sub(now).max(1)));
        }
    }

    fn ship(&mut self, ctx: &mut Cx<'_>, upto: u32) {
        let from = self.shipped + 1;
        self.shipped = upto;
        let update = self.updates(from, (upto + 1 - from) as usize);
        ctx.broadcast(self.view.keys().copied(), update);
    }

    fn updates(&self, from: u32, many: usize) -> Msg {
        let items = self.kept.log.entries_from(from, many);
        Msg::Update { epoch: self.kept.epoch, from, items, done: self.done }
    }

    /// A heartbeat; what was not acknowledged since the last goes out again, to those that are heard.
    pub(super) fn beat(&mut self, ctx: &mut Cx<'_>) {
        let (epoch, now) = (self.kept.epoch, ctx.now_us());
        ctx.broadcast(self.rules.others(self.me), Msg::Beat { epoch, done: self.done });
        self.drop_silent(ctx, now);
        let heard = |m: &Member| now.saturating_sub(m.heard) <= self.rules.timeout.0;
        for (&node, member) in self.view.iter().filter(|(_, m)| heard(m)) {
            match member.acked {
                None if self.at_beat > 0 || epoch > 1 => self.send_state(ctx, node),
                Some(acked) if acked < self.at_beat => {
                    let many = ((self.at_beat - acked) as usize).min(BATCH);
                    ctx.send(node, self.updates(acked + 1, many));
                }
                _ => {}
            }
        }
        self.at_beat = self.shipped;
        ctx.set_timer(Timer::Beat, self.rules.beat);
    }

    /// A primary that goes on without the silent waits for them no longer.
    fn drop_silent(&mut self, ctx: &mut Cx<'_>, now: u64) {
        if !self.rules.goes_on || self.rules.mode == Mode::Async {
            return;
        }
        let timeout = self.rules.timeout.0;
        let silent = self.view.iter().filter(|(_, m)| now.saturating_sub(m.heard) > timeout);
        let silent: Vec<NodeId> = silent.map(|(&n, _)| n).collect();
        for node in silent {
            self.view.remove(&node);
            ctx.note(format!("goes on without S{}, which is silent", node.0 + 1));
            ctx.fact(Fact::Dropped { node });
        }
        self.advance(ctx);
    }

    /// A backup has all up to here. One that was left out is a member again when it has the state.
    pub(super) fn acked(&mut self, ctx: &mut Cx<'_>, from: NodeId, upto: u32) {
        let now = ctx.now_us();
        match self.view.get_mut(&from) {
            None => self.admit(ctx, from),
            Some(member) => {
                *member = Member { acked: member.acked.max(Some(upto)), heard: now };
                self.advance(ctx);
            }
        }
    }

    /// Who joins counts from now on, and is sent the state.
    pub(super) fn admit(&mut self, ctx: &mut Cx<'_>, node: NodeId) {
        self.view.insert(node, Member { acked: None, heard: ctx.now_us() });
        self.send_state(ctx, node);
    }

    /// How many backups must have an update before it is answered.
    pub(super) fn need(&self) -> usize {
        match self.rules.mutant {
            Mutant::EarlyAnswer => 0,
            _ => self.rules.mode.needs(self.view.len()),
        }
    }

    /// Up to where as many have all as must.
    pub(super) fn safe(&self) -> u32 {
        let mut acked: Vec<u32> = self.view.values().map(|m| m.acked.unwrap_or(0)).collect();
        acked.sort_unstable_by(|a, b| b.cmp(a));
        match self.need() {
            0 => self.last(),
            need => acked.get(need - 1).map_or(0, |&a| a.min(self.last())),
        }
    }

    /// Executes and answers what enough backups have.
    pub(super) fn advance(&mut self, ctx: &mut Cx<'_>) {
        while self.done < self.safe() {
            self.apply_next(ctx);
        }
    }
}
