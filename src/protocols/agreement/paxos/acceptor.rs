//! An acceptor: promises, and accepts what it has not promised to ignore (section 2.2, phases 1b and 2b).
//!
//! The rule that is easy to break: it answers when its disk has answered. What it has promised and accepted it
//! may never forget, and it need remember nothing else (section 2.2, after P1a).

use super::{Ballot, Fact, Last, Msg, Mutant, Proposal, Rules, Value};
use crate::kit::prelude::*;

/// What it must never forget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Votes {
    /// It accepts nothing below this ballot.
    pub(super) promised: Ballot,
    /// What it has accepted last.
    pub(super) accepted: Last,
}

#[derive(Clone, Debug, Hash)]
pub(super) struct Acceptor {
    rules: Rules,
    pub(super) votes: Votes,
}

type Cx<'a> = Ctx<'a, Acceptor>;

impl Acceptor {
    pub(super) fn new(rules: Rules) -> Self {
        Acceptor { rules, votes: Votes::default() }
    }

    /// Phase 1b: it answers a prepare request whose number is greater than any that it has answered. The same one
    /// again is a second copy, and is answered as the first.
    fn prepare(&mut self, ctx: &mut Cx<'_>, from: NodeId, ballot: Ballot) {
        if ballot < self.votes.promised {
            return self.refuse(ctx, from, ballot);
        }
        self.votes.promised = ballot;
        match self.rules.mutant {
            Mutant::ForgetPromise => ctx.write(self.votes),
            _ => ctx.persist(self.votes),
        }
        let last = self.votes.accepted;
        match last.0 {
            Some(proposal) => ctx.note(format!("promises ballot {ballot}, and tells that it has {proposal}")),
            None => ctx.note(format!("promises ballot {ballot}: it has accepted nothing yet")),
        }
        ctx.fact(Fact::Promised { ballot });
        ctx.send(from, Msg::Promise { ballot, last });
    }

    /// Phase 2b: it accepts unless it has promised a higher ballot. To accept is to promise, too: the paper needs
    /// no such promise, and all who build it give it.
    fn accept(&mut self, ctx: &mut Cx<'_>, from: NodeId, proposal: Proposal) {
        let Proposal { ballot, value } = proposal;
        if ballot < self.votes.promised && self.rules.mutant != Mutant::AcceptLower {
            return self.refuse(ctx, from, ballot);
        }
        self.votes.promised = self.votes.promised.max(ballot);
        self.votes.accepted = Last(Some(proposal));
        ctx.persist(self.votes);
        ctx.note(format!("accepts {value} in ballot {ballot}"));
        ctx.fact(Fact::Accepted { ballot, value });
        let told = Msg::Accepted { ballot, value };
        // Section 2.3: every learner, or one of them.
        match self.rules.tell_all {
            true => ctx.broadcast(self.rules.proposers(), told),
            false => ctx.send(from, told),
        }
    }

    /// The end of section 2.2: it is worth telling a proposer that its ballot is hopeless.
    fn refuse(&self, ctx: &mut Cx<'_>, from: NodeId, ballot: Ballot) {
        let promised = self.votes.promised;
        ctx.note(format!("ignores ballot {ballot}: it has promised {promised}"));
        ctx.fact(Fact::Refused { ballot });
        if self.rules.nack {
            ctx.send(from, Msg::Nack { ballot, promised });
        }
    }
}

impl Protocol for Acceptor {
    type Msg = Msg;
    type Timer = ();
    type Stable = Votes;

    fn restart(&mut self, ctx: &mut Cx<'_>) {
        self.votes = *ctx.durable();
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        match *msg {
            Msg::Prepare { ballot } => self.prepare(ctx, from, ballot),
            Msg::Accept { ballot, value } => self.accept(ctx, from, Proposal { ballot, value }),
            Msg::Promise { .. } | Msg::Accepted { .. } | Msg::Nack { .. } => {
                ctx.note("is no proposer, and ignores this");
            }
        }
    }

    /// A liar conceals what it has accepted, and promises what it should refuse.
    fn lie(&self, msg: &Msg, _: NodeId, draw: u64) -> Option<Msg> {
        match *msg {
            Msg::Promise { ballot, .. } | Msg::Nack { ballot, .. } => {
                Some(Msg::Promise { ballot, last: Last(None) })
            }
            Msg::Accepted { ballot, .. } => Some(Msg::Accepted { ballot, value: Value::of(draw) }),
            Msg::Prepare { .. } | Msg::Accept { .. } => None,
        }
    }

    fn inspect(&self) -> Inspect {
        let Votes { promised, accepted } = self.votes;
        let cell = |p: Proposal| {
            Cell::new(p.value, CellTone::Tentative, format!("accepted {} in ballot {}", p.value, p.ballot))
        };
        let shown = Inspect::of("acceptor", Glyph::None)
            .badge(format!("promised {promised}"))
            .cells(accepted.0.map(cell))
            .field("promised", promised)
            .field("accepted", accepted.0.map_or("nothing".to_owned(), |p| p.to_string()));
        Inspect { epoch: (promised != Ballot::NONE).then(|| promised.epoch()), ..shown }
    }
}
