//! Failover: who takes over when the primary is silent, and what happens when all have been down.
//!
//! The rule that is easy to break: a backup that takes over keeps all that it has, answered or not; it cannot know which of it a client has
//! been told of.

use super::server::{Cx, Role, Server, Timer, Told};
use super::{BOUND_MS, Fact, Msg, Mutant};
use crate::kit::prelude::*;
use std::cmp::Reverse;

/// A question and an answer are there in so long.
pub(super) const ANSWERS: Span = Span::ms(2 * BOUND_MS + 10);

impl Server {
    /// The primary has been silent for a timeout. By rank, those before me in the line have been silent, too.
    pub(super) fn suspects(&mut self, ctx: &mut Cx<'_>) {
        let of = self.rules.owner(self.kept.epoch);
        ctx.note(format!(
            "has heard nothing from S{} for {}, and takes it to have failed",
            of.0 + 1,
            self.patience()
        ));
        ctx.fact(Fact::Suspected { of });
        if self.rules.complete {
            return self.stand(ctx, of);
        }
        let before: Vec<NodeId> = self.rules.before(of, self.me).collect();
        let left = self.rules.others(self.me).filter(|n| *n != of && !before.contains(n));
        self.take_over(ctx, left.collect());
    }

    /// Compares what it has with the other backups.
    fn stand(&mut self, ctx: &mut Cx<'_>, failed: NodeId) {
        self.role = Role::Standing;
        self.told.clear();
        let others = self.rules.others(self.me).filter(|&n| n != failed);
        ctx.broadcast(others, Msg::Compare { epoch: self.kept.epoch, len: self.last(), asks: true });
        ctx.set_timer(Timer::Answers, ANSWERS);
    }

    pub(super) fn compared(&mut self, ctx: &mut Cx<'_>, from: NodeId, (len, asks): (u32, bool)) {
        let epoch = self.kept.epoch;
        self.told.insert(from, Told { epoch, len, at: ctx.now_us() });
        if asks && self.role == Role::Backup {
            ctx.send(from, Msg::Compare { epoch, len: self.last(), asks: false });
        }
    }

    /// All answers are here that will come: who has most takes over, of equals the first. The others wait for a timeout more.
    pub(super) fn decide(&mut self, ctx: &mut Cx<'_>) {
        let mine = (self.last(), Reverse(self.me));
        if self.told.iter().all(|(&n, t)| (t.len, Reverse(n)) < mine) {
            return self.take_over(ctx, self.told.keys().copied().collect());
        }
        self.role = Role::Backup;
        ctx.set_timer(Timer::Silence, self.rules.timeout);
    }

    /// It is the primary from now on, in an epoch of its own, once that is on disk.
    fn take_over(&mut self, ctx: &mut Cx<'_>, backups: Vec<NodeId>) {
        if self.rules.mutant == Mutant::DropsTail {
            self.kept.log.truncate_from(self.done + 1);
        }
        let newest = self.told.values().map(|t| t.epoch).max();
        self.kept.epoch = self.rules.next_epoch(self.kept.epoch.max(newest.unwrap_or(0)), self.me);
        ctx.persist(self.kept.clone());
        self.lead(ctx, backups);
    }

    /// Somebody joins. A primary sends its state; who joins as well notes what the other has.
    pub(super) fn hello_heard(&mut self, ctx: &mut Cx<'_>, from: NodeId, (epoch, len): (u32, u32)) {
        if self.role == Role::Joining {
            self.told.insert(from, Told { epoch, len, at: ctx.now_us() });
            return self.gather(ctx);
        }
        // There has been a newer epoch than the one known here.
        if epoch > self.kept.epoch {
            return self.yields(ctx, epoch);
        }
        if self.role == Role::Primary {
            self.admit(ctx, from);
        }
    }

    /// If all have been down, and all are back, who has the newest goes on. A disk that is not there might have something newer.
    fn gather(&mut self, ctx: &mut Cx<'_>) {
        let now = ctx.now_us();
        let recent = 6 * self.rules.beat.0;
        self.told.retain(|_, t| now.saturating_sub(t.at) <= recent);
        let all = self.told.len() + 1 == usize::from(self.rules.servers);
        let mine = (self.kept.epoch, self.last(), Reverse(self.me));
        if all && self.told.iter().all(|(&n, t)| (t.epoch, t.len, Reverse(n)) < mine) {
            ctx.note("has the newest of all, and all have been down: goes on");
            self.take_over(ctx, self.rules.others(self.me).collect());
        }
    }
}
