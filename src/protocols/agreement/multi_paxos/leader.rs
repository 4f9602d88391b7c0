//! The leader of a server: a scout that asks for promises, and a commander for each slot that is open (PMMC, section 2).
//!
//! The rule that is easy to break: with promises in hand a leader is not free. For each slot that they tell of it proposes the
//! command of the highest ballot, and only above all of these has it slots to give away.

use super::acceptor::Votes;
use super::server::{Cx, Server, Timer};
use super::{Ballot, Command, Fact, Found, Msg, Mutant, PValue, Slot, Why, name_of};
use crate::kit::Quorum;
use crate::sim::{NodeId, Span};
use std::collections::BTreeMap;

/// What a server is as a leader.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    /// It follows whoever leads.
    Passive,
    /// Its scout collects promises.
    Scout(Quorum<Found>),
    /// A majority has promised.
    Active,
}

/// What it wants decided for a slot, and who has accepted it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Commander {
    pub(super) command: Command,
    pub(super) accepted: Quorum,
    // It was there at the last heartbeat: who is silent yet is asked again at the next.
    old: bool,
}

impl Server {
    fn quorum<T>(&self) -> Quorum<T> {
        Quorum::of(self.rules.need(), usize::from(self.rules.servers))
    }

    /// Phase 1a: a ballot above all that it knows, on disk as its own acceptor's promise before anybody hears of it. So
    /// no ballot is ever used twice.
    pub(super) fn begin(&mut self, ctx: &mut Cx<'_>) {
        let most = self.rules.most;
        if !self.rules.may_lead(self.me) || most > 0 && self.begun >= most {
            return;
        }
        self.begun += 1;
        let round = self.votes.promised.round.max(self.seen) + 1;
        let ballot = Ballot { round, leader: self.me.0 + 1 };
        (self.ballot, self.leader) = (ballot, None);
        self.votes.promised = ballot;
        ctx.cancel_timer(Timer::Silence);
        ctx.persist(self.votes.clone());
        let first = self.next;
        ctx.note(format!("begins ballot {ballot}: asks for promises, for all slots from {first} on"));
        ctx.fact(Fact::Begins { ballot });
        ctx.broadcast(self.rules.peers(self.me), Msg::Prepare { ballot, from: first });
        let mut promises = self.quorum();
        promises.yes(self.me, self.votes.found(first));
        let enough = promises.is_reached();
        self.phase = Phase::Scout(promises);
        self.commanders.clear();
        self.beat(ctx);
        if enough {
            self.adopted(ctx);
        }
    }

    /// Whether an answer to `ballot` counts now.
    fn counts(&self, ballot: Ballot) -> bool {
        ballot == self.ballot || self.rules.mutant == Mutant::AnyBallot && ballot.leader == self.ballot.leader
    }

    pub(super) fn on_promise(&mut self, ctx: &mut Cx<'_>, from: NodeId, ballot: Ballot, found: &Found) {
        if self.counts(ballot)
            && let Phase::Scout(promises) = &mut self.phase
            && promises.yes(from, found.clone())
        {
            self.adopted(ctx);
        }
    }

    /// What it must propose, by slot: the command of the highest ballot that a promise tells of (`pmax`).
    fn pmax(&self) -> BTreeMap<Slot, PValue> {
        let mut most: BTreeMap<Slot, PValue> = BTreeMap::new();
        let Phase::Scout(promises) = &self.phase else {
            return most;
        };
        if self.rules.mutant == Mutant::IgnoreFound {
            return most;
        }
        for &(slot, vote) in promises.answers().flat_map(|(_, found)| &found.0) {
            let known = most.entry(slot).or_insert(vote);
            let better = match self.rules.mutant {
                Mutant::LowestBallot => vote.ballot < known.ballot,
                _ => vote.ballot > known.ballot,
            };
            if better {
                *known = vote;
            }
        }
        most
    }

    /// A majority has promised: its ballot is *adopted*. It proposes what it has found, fills the holes (Lamport, section 3), and
    /// has all slots behind them to give away.
    fn adopted(&mut self, ctx: &mut Cx<'_>) {
        let (ballot, found) = (self.ballot, self.pmax());
        let last = found.keys().last().copied().unwrap_or(0).max(self.decided.highest());
        self.phase = Phase::Active;
        self.leader = Some(self.me);
        self.free = self.next.max(last + 1);
        let open: Vec<Slot> = (self.next..self.free).filter(|&s| self.decided.get(s).is_none()).collect();
        let holes = open.iter().filter(|s| !found.contains_key(s)).count() as u32;
        ctx.note(match open.len() {
            0 => format!("leads, in ballot {ballot}: no slot is open"),
            n => format!("leads, in ballot {ballot}: of {n} open slots, {holes} are holes"),
        });
        ctx.fact(Fact::Leads { ballot, found: open.len() as u32 - holes, holes });
        ctx.epoch(ballot.epoch(), format!("ballot {ballot}, leader {}", name_of(self.me)));
        // A ballot that begins with a command on the list carries that one.
        self.used = self.requests.is_empty();
        let own: Vec<(Slot, Command, Why)> = open
            .iter()
            .filter_map(|&slot| match found.get(&slot) {
                Some(vote) => Some((slot, vote.command, Why::Found)),
                None if self.rules.mutant == Mutant::LeaveHoles => None,
                None => Some((slot, Command::Noop, Why::Filler)),
            })
            .collect();
        ctx.broadcast(self.rules.peers(self.me), Msg::Heartbeat { ballot, next: self.next });
        self.propose(ctx, &own);
        self.serve(ctx);
        self.beat(ctx);
    }

    /// Phase 2a: asks all acceptors, and votes itself; one write for all.
    fn propose(&mut self, ctx: &mut Cx<'_>, all: &[(Slot, Command, Why)]) {
        let ballot = self.ballot;
        for &(slot, command, why) in all {
            ctx.note(match why {
                Why::Asked => format!("proposes '{command}' for slot {slot}"),
                Why::Found => format!("must propose '{command}' for slot {slot}: a promise told of it"),
                Why::Filler => format!("proposes a no-op for slot {slot}: no promise told of anything there"),
            });
            ctx.fact(Fact::Proposes { slot, ballot, why });
            ctx.broadcast(self.rules.peers(self.me), Msg::Accept { ballot, slot, command });
            self.vote(slot, ballot, command);
        }
        if all.is_empty() {
            return;
        }
        self.save(ctx);
        for &(slot, command, _) in all {
            self.tell_vote(ctx, slot);
            let mut accepted = self.quorum();
            accepted.yes(self.me, ());
            let enough = accepted.is_reached();
            self.commanders.insert(slot, Commander { command, accepted, old: false });
            if enough {
                self.decide(ctx, slot);
            }
        }
    }

    /// Takes what clients have asked for, as far as the window goes (PMMC, section 2); or begins a ballot for it, if each command
    /// has one of its own.
    pub(super) fn serve(&mut self, ctx: &mut Cx<'_>) {
        if self.phase != Phase::Active {
            return;
        }
        if self.rules.each && self.used {
            if !self.requests.is_empty() && self.commanders.is_empty() {
                self.begin(ctx);
            }
            return;
        }
        let mut all = Vec::new();
        while self.free < self.next + self.rules.window
            && !(self.rules.each && self.used)
            && let Some(command) = self.requests.pop_front()
        {
            all.push((self.free, command, Why::Asked));
            self.free += 1;
            self.used = true;
        }
        self.propose(ctx, &all);
    }

    pub(super) fn on_accepted(&mut self, ctx: &mut Cx<'_>, from: NodeId, ballot: Ballot, slot: Slot) {
        if self.phase == Phase::Active
            && self.counts(ballot)
            && let Some(commander) = self.commanders.get_mut(&slot)
            && commander.accepted.yes(from, ())
        {
            self.decide(ctx, slot);
            self.serve(ctx);
        }
    }

    /// A majority has accepted the command in this ballot: it is chosen, and all replicas are told.
    fn decide(&mut self, ctx: &mut Cx<'_>, slot: Slot) {
        let Some(Commander { command, .. }) = self.commanders.remove(&slot) else {
            return;
        };
        let ballot = self.ballot;
        ctx.note(format!("knows that '{command}' is chosen for slot {slot}"));
        ctx.fact(Fact::Decides { slot, ballot, command });
        let commands = vec![command];
        ctx.broadcast(self.rules.peers(self.me), Msg::Decision { first: slot, commands });
        self.learn(ctx, slot, command);
    }

    /// A higher ballot than its own: whoever scouts or leads gives up (PMMC: preempted), and is more patient next time.
    pub(super) fn overtaken_by(&mut self, ctx: &mut Cx<'_>, by: Ballot) {
        self.seen = self.seen.max(by.round);
        if by <= self.ballot || self.phase == Phase::Passive {
            return;
        }
        let ballot = self.ballot;
        ctx.note(format!("is overtaken: {by} is above its ballot {ballot}"));
        ctx.fact(Fact::Outbid { ballot, by });
        self.phase = Phase::Passive;
        self.leader = None;
        self.commanders.clear();
        self.requests.clear();
        ctx.cancel_timer(Timer::Beat);
        let longer = Span((2 * self.patience.0).min(self.rules.longest_timeout().0));
        if self.rules.growing && longer > self.patience {
            self.patience = longer;
            ctx.fact(Fact::Grows { ms: longer.0 / 1_000 });
        }
        self.wait(ctx);
    }

    /// Waits for a leader's word, from now on.
    pub(super) fn wait(&mut self, ctx: &mut Cx<'_>) {
        let most = self.rules.most;
        if !self.rules.may_lead(self.me) || most > 0 && self.begun >= most || self.phase != Phase::Passive {
            return;
        }
        let after = match self.rules.growing {
            true => ctx.random_span(self.patience, Span(2 * self.patience.0)),
            false => self.patience,
        };
        ctx.set_timer(Timer::Silence, after);
    }

    /// A leader of a ballot that is not below its promise was heard.
    pub(super) fn hear_leader(&mut self, ctx: &mut Cx<'_>, from: NodeId, ballot: Ballot) {
        self.overtaken_by(ctx, ballot);
        self.leader = Some(from);
        self.wait(ctx);
    }

    /// Its next heartbeat.
    pub(super) fn beat(&mut self, ctx: &mut Cx<'_>) {
        if self.rules.heartbeat > Span::ZERO {
            ctx.set_timer(Timer::Beat, self.rules.heartbeat);
        }
    }

    /// A leader lets itself be heard, and asks those again who have not answered.
    pub(super) fn on_beat(&mut self, ctx: &mut Cx<'_>) {
        let (ballot, peers) = (self.ballot, self.rules.peers(self.me));
        match &self.phase {
            Phase::Passive => return,
            Phase::Scout(promises) => {
                ctx.broadcast(promises.silent(peers), Msg::Prepare { ballot, from: self.next });
            }
            Phase::Active => {
                ctx.broadcast(peers, Msg::Heartbeat { ballot, next: self.next });
                for (&slot, commander) in &mut self.commanders {
                    let command = commander.command;
                    if commander.old {
                        let silent = commander.accepted.silent(self.rules.peers(self.me));
                        ctx.broadcast(silent, Msg::Accept { ballot, slot, command });
                    }
                    commander.old = true;
                }
            }
        }
        self.beat(ctx);
    }

    /// After a crash, with a rule left out: on with the ballot that is on disk, if it was its own.
    pub(super) fn resume(&mut self, ctx: &mut Cx<'_>) -> bool {
        let Votes { promised, .. } = self.votes;
        let own = self.rules.mutant == Mutant::SameBallot && promised.leader == self.me.0 + 1;
        if own {
            (self.ballot, self.phase, self.leader) = (promised, Phase::Active, Some(self.me));
            (self.free, self.used) = (self.next, true);
            self.beat(ctx);
        }
        own
    }
}
