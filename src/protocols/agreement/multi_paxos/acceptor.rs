//! The acceptor of a server: promises, and accepts what it has not promised to ignore.
//!
//! The rule that is easy to break: one promise is for all slots, and votes are kept by slot; both are on disk before they are told.

use super::server::{Cx, Server};
use super::slots::Slots;
use super::{Ballot, Command, Each, Fact, Found, Msg, Mutant, PValue, Slot};
use crate::sim::NodeId;

/// What it must never forget.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Votes {
    /// It accepts nothing below this ballot, in any slot.
    pub(super) promised: Ballot,
    /// What it has accepted last, by slot.
    pub(super) accepted: Slots<PValue>,
}

impl Votes {
    /// What it has accepted from `first` on.
    pub(super) fn found(&self, first: Slot) -> Found {
        Found(self.accepted.iter_from(first).map(|(slot, vote)| (slot, *vote)).collect())
    }
}

impl Server {
    /// To disk, before anything is told that rests on it.
    pub(super) fn save(&mut self, ctx: &mut Cx<'_>) {
        match self.rules.mutant {
            Mutant::NotOnDisk => ctx.write(self.votes.clone()),
            _ => ctx.persist(self.votes.clone()),
        }
    }

    /// Votes for a command; the write is to follow.
    pub(super) fn vote(&mut self, slot: Slot, ballot: Ballot, command: Command) {
        self.votes.accepted.set(slot, PValue { ballot, command });
    }

    /// Tells those who watch that a vote is on disk.
    pub(super) fn tell_vote(&self, ctx: &mut Cx<'_>, slot: Slot) {
        if let Some(&vote) = self.votes.accepted.get(slot) {
            ctx.fact(Each::Accepted { slot, vote });
        }
    }

    /// Phase 1b: it promises, unless it has promised a higher ballot. The same question again is answered as before.
    pub(super) fn on_prepare(&mut self, ctx: &mut Cx<'_>, from: NodeId, ballot: Ballot, first: Slot) {
        if ballot < self.votes.promised {
            return self.refuse(ctx, from, ballot);
        }
        self.overtaken_by(ctx, ballot);
        self.wait(ctx);
        if ballot > self.votes.promised {
            self.votes.promised = ballot;
            self.leader = None;
            self.save(ctx);
            ctx.note(format!("promises ballot {ballot}, for all slots from {first} on"));
            ctx.fact(Fact::Promised { ballot });
        }
        let found = self.votes.found(first);
        ctx.send(from, Msg::Promise { ballot, found });
    }

    /// Phase 2b: it accepts, unless it has promised a higher ballot; to accept is to promise, too.
    pub(super) fn on_accept(
        &mut self,
        ctx: &mut Cx<'_>,
        from: NodeId,
        ballot: Ballot,
        (slot, command): (Slot, Command),
    ) {
        if ballot < self.votes.promised {
            return self.refuse(ctx, from, ballot);
        }
        self.hear_leader(ctx, from, ballot);
        self.votes.promised = ballot;
        self.vote(slot, ballot, command);
        self.save(ctx);
        ctx.note(format!("accepts '{command}' for slot {slot} in ballot {ballot}"));
        self.tell_vote(ctx, slot);
        ctx.send(from, Msg::Accepted { ballot, slot });
    }

    /// It tells a leader that its ballot is hopeless.
    pub(super) fn refuse(&self, ctx: &mut Cx<'_>, from: NodeId, ballot: Ballot) {
        let promised = self.votes.promised;
        ctx.note(format!("ignores ballot {ballot}: it has promised {promised}"));
        ctx.fact(Fact::Ignored { ballot });
        ctx.send(from, Msg::Nack { ballot, promised });
    }
}
