//! The three phases of the normal case (section 4.2), and execution in the order of the numbers.
//!
//! The rule that is easy to break: a vote is counted for what it is for. A number of votes proves nothing; 2f + 1 replicas that say the same of
//! the same number in the same view do.

use super::message::{Cert, Digest, Msg, Op, Phase, Proposal, Request, Vote};
use super::outbox::{Out, Outbox, To};
use super::replica::{Replica, Slot};
use super::{Fact, Mutant};
use crate::kit::prelude::NodeId;
use std::rc::Rc;

/// How far ahead of what a replica has executed a number may be (section 4.2: the high watermark keeps a bad primary from using up
/// all numbers with one very large one).
const WINDOW: u32 = 200;

impl Replica {
    /// Whether the client has been answered this already, or something newer: each request is executed once (section 4.1).
    pub(super) fn is_old(&self, request: &Request) -> bool {
        let last = self.log.replies.get(&request.client);
        last.is_some_and(|(serial, _)| *serial >= request.serial) && self.rules.mutant != Mutant::Twice
    }

    /// A backup waits for it and passes it on; the primary gives it a number.
    pub(super) fn on_request(&mut self, o: &mut Outbox, from: NodeId, request: Request) {
        if !request.is_genuine() {
            return o.refuse(from, format!("{request}, which its client has not signed"));
        }
        if self.is_old(&request) {
            if let Some(&(serial, value)) = self.log.replies.get(&request.client)
                && serial == request.serial
            {
                self.reply(o, request.client, (serial, value));
            }
            return;
        }
        self.awaits(request);
        if self.leads() && self.rules.mutant == Mutant::Twice {
            self.give_number(o, request);
        } else if self.leads() {
            self.propose(o);
        } else if self.rules.is_client(from) && !self.log.changing {
            let primary = self.rules.primary(self.log.view);
            o.send(To::One(primary), Msg::Request { request });
        }
    }

    pub(super) fn awaits(&mut self, request: Request) {
        if !self.pending.contains(&request) && !self.is_old(&request) {
            self.pending.push(request);
        }
    }

    pub(super) fn reply(&self, o: &mut Outbox, client: u16, (serial, value): (u32, u64)) {
        let value = self.treason.value(serial, value);
        o.push(Out::Send(To::Client(client), Msg::Reply { view: self.log.view, serial, value }));
    }

    // ------------------------------------------------------------------ pre-prepare

    pub(super) fn is_proposed(&self, digest: Digest) -> bool {
        let view = self.log.view;
        let here = self.log.slots.range((view, 0)..=(view, u32::MAX));
        let known = here.filter_map(|(_, slot)| slot.proposal);
        known.map(|p| p.digest()).any(|d| d == digest) || self.treason.offers(view, digest)
    }

    /// Gives each request that has none in this view a number (section 4.2: the next one), if it may be used.
    pub(super) fn propose(&mut self, o: &mut Outbox) {
        let fresh = |r: &&Request| !self.is_proposed(r.digest());
        let fresh: Vec<Request> = self.pending.iter().filter(fresh).copied().collect();
        if self.treason.is_two_faced() {
            return self.propose_both(o, &fresh);
        }
        for request in fresh {
            self.give_number(o, request);
        }
    }

    pub(super) fn give_number(&mut self, o: &mut Outbox, request: Request) {
        let (view, seq) = (self.log.view, self.log.last + 1);
        if !self.is_in_window(seq) {
            return;
        }
        self.log_mut().last = seq;
        let proposal = Proposal::new(view, seq, Some(request), &self.key);
        o.note(format!("gives number {seq} of view {view} to {request}"));
        o.push(Out::Fact(Fact::Proposed { view, seq, digest: proposal.digest() }));
        self.slot_mut((view, seq)).proposal = Some(proposal);
        o.send(To::Others, Msg::PrePrepare { proposal });
        self.advance(o, (view, seq));
    }

    /// A primary with two faces waits until it has two requests, and gives both the same number: a third of the backups hear of the one, a third of
    /// the other, and the last of none.
    pub(super) fn propose_both(&mut self, o: &mut Outbox, fresh: &[Request]) {
        let view = self.log.view;
        for pair in fresh.chunks_exact(2) {
            let seq = self.log.last + 1;
            self.log_mut().last = seq;
            let both = [pair[0], pair[1]].map(|r| Proposal::new(view, seq, Some(r), &self.key));
            o.note(format!(
                "gives number {seq} of view {view} to {} for some, and to {} for others",
                pair[0], pair[1]
            ));
            self.slot_mut((view, seq)).proposal = Some(both[0]);
            let backups = (0..self.rules.n).filter(|&id| id != self.id);
            let shares = self.treason.shares.clone();
            for (to, share) in backups.zip(shares.iter().cycle()) {
                if let Some(&proposal) = both.get(usize::from(*share)) {
                    o.whisper(to, Msg::PrePrepare { proposal });
                }
            }
            self.treason.offer((view, seq), both);
        }
    }

    /// Whether a number may be used now (the watermarks of section 4.2).
    pub(super) fn is_in_window(&self, seq: u32) -> bool {
        seq > 0 && seq <= self.log.executed + WINDOW
    }

    pub(super) fn on_pre_prepare(&mut self, o: &mut Outbox, from: NodeId, proposal: Proposal) {
        let Proposal { view, seq, request, .. } = proposal;
        if !proposal.is_genuine(&self.rules) || request.is_none() {
            return o.refuse(
                from,
                format!("number {seq} of view {view} for {}: it is not signed", proposal.digest()),
            );
        }
        if view < self.log.view || !self.is_in_window(seq) {
            return;
        }
        if view > self.log.view || self.log.changing {
            // The view has not begun here.
            self.slot_mut((view, seq)).heard.get_or_insert(proposal);
            return;
        }
        self.accept(o, proposal);
        self.echo(o, from, (view, seq), proposal.digest());
    }

    /// The first that the primary says of a number in a view is taken, and nothing else (section 4.2).
    pub(super) fn accept(&mut self, o: &mut Outbox, proposal: Proposal) {
        let (place, digest) = ((proposal.view, proposal.seq), proposal.digest());
        let (id, primary) = (self.id, self.rules.primary(proposal.view));
        let known = self.log.slots.get(&place).and_then(|s| s.proposal).map(|p| p.digest());
        if let Some(first) = known {
            if first == digest {
                return;
            }
            if self.rules.mutant != Mutant::SecondProposal {
                o.refuse(
                    NodeId(primary),
                    format!("number {} of view {} for {digest}: it is {first}'s", place.1, place.0),
                );
                return o.push(Out::Fact(Fact::Refused { view: place.0, seq: place.1, digest }));
            }
        }
        if let Some(request) = proposal.request {
            self.awaits(request);
            if self.treason.is_two_faced() {
                // A wrong answer need not wait for the right one.
                self.reply(o, request.client, (request.serial, 0));
            }
        }
        let vote = Vote::new(Phase::Prepare, place, digest, &self.key);
        let slot = self.slot_mut(place);
        (slot.proposal, slot.prepared, slot.committed) = (Some(proposal), false, false);
        if id != primary {
            slot.prepares.insert((id, digest), vote.seal);
            o.send(To::Others, Msg::Prepare { vote });
        }
        self.advance(o, place);
    }

    /// What came of this view before it had begun here.
    pub(super) fn take_early(&mut self, o: &mut Outbox) {
        let view = self.log.view;
        let places: Vec<_> =
            self.log.slots.range((view, 0)..=(view, u32::MAX)).map(|(p, s)| (*p, s.heard)).collect();
        for (place, heard) in places {
            if let Some(proposal) = heard.filter(|p| self.is_in_window(p.seq)) {
                self.accept(o, proposal);
            }
            self.advance(o, place);
        }
    }

    // ------------------------------------------------------------------ prepare, commit

    pub(super) fn on_vote(&mut self, o: &mut Outbox, from: NodeId, phase: Phase, vote: Vote) {
        let (by, place) = (from.0, vote.place());
        let late = vote.view < self.log.view || !self.is_in_window(vote.seq);
        if late || by >= self.rules.n || !vote.is_genuine(phase, by) {
            return;
        }
        let slot = self.slot_mut(place);
        match phase {
            Phase::Prepare => slot.prepares.insert((by, vote.digest), vote.seal),
            Phase::Commit => slot.commits.insert((by, vote.digest), vote.seal),
        };
        if vote.view == self.log.view && !self.log.changing {
            self.advance(o, place);
        }
        self.echo(o, from, place, vote.digest);
    }

    /// One with two faces votes, towards each, for what that one votes for.
    pub(super) fn echo(&mut self, o: &mut Outbox, to: NodeId, place: (u32, u32), digest: Digest) {
        if !self.treason.is_two_faced() || to.0 >= self.rules.n {
            return;
        }
        let says = self.treason.echo(to.0, place, digest);
        if !says.is_new {
            return;
        }
        if self.id != self.rules.primary(place.0) {
            o.whisper(to.0, Msg::Prepare { vote: Vote::new(Phase::Prepare, place, digest, &self.key) });
        }
        o.whisper(to.0, Msg::Commit { vote: Vote::new(Phase::Commit, place, digest, &self.key) });
        if let Some(proposal) = says.other {
            o.whisper(to.0, Msg::PrePrepare { proposal });
        }
    }

    /// Whatever follows from what is known of a number: it is prepared, it is committed (section 4.2).
    pub(super) fn advance(&mut self, o: &mut Outbox, place: (u32, u32)) {
        let (view, seq) = place;
        let (primary, id) = (self.rules.primary(view), self.id);
        let Some((slot, proposal)) = self.log.slots.get(&place).and_then(|s| Some((s, s.proposal?))) else {
            return;
        };
        let digest = proposal.digest();
        let voters = |slot: &Slot| {
            let all = slot.prepares.iter().filter(|((by, d), _)| *by != primary && *d == digest);
            all.map(|((by, _), seal)| (*by, *seal)).collect::<Vec<_>>()
        };
        if !slot.prepared && slot.prepares(primary) >= self.rules.prepares() {
            let cert = Rc::new(Cert { proposal, prepares: voters(slot) });
            let vote = Vote::new(Phase::Commit, place, digest, &self.key);
            self.log_mut().certs.insert(seq, cert);
            let slot = self.slot_mut(place);
            slot.prepared = true;
            slot.commits.insert((id, digest), vote.seal);
            o.push(Out::Fact(Fact::Prepared { view, seq, digest }));
            o.send(To::Others, Msg::Commit { vote });
        }
        let enough = |slot: &&Rc<Slot>| {
            let commits = slot.commits() >= self.rules.quorum() || self.rules.mutant == Mutant::TwoPhases;
            slot.prepared && !slot.committed && commits
        };
        if self.log.slots.get(&place).filter(enough).is_some() {
            self.slot_mut(place).committed = true;
            self.log_mut().committed.entry(seq).or_insert(proposal.request);
            o.push(Out::Fact(Fact::Committed { view, seq, digest }));
            self.execute(o);
        }
    }

    // ------------------------------------------------------------------ execution

    /// Number after number, without a gap; each request once (section 4.2).
    pub(super) fn execute(&mut self, o: &mut Outbox) {
        while let Some(&request) = self.log.committed.get(&(self.log.executed + 1)) {
            self.log_mut().executed += 1;
            match request {
                None => o.note(format!("has nothing to do for number {}", self.log.executed)),
                Some(request) if self.is_old(&request) => {
                    o.note(format!(
                        "has executed {request} before, and passes over number {}",
                        self.log.executed
                    ));
                }
                Some(request) => self.apply(o, request),
            }
        }
        if self.leads() && self.rules.mutant != Mutant::Twice {
            self.propose(o);
        }
    }

    pub(super) fn apply(&mut self, o: &mut Outbox, request: Request) {
        let log = self.log_mut();
        if let Op::Write(value) = request.op {
            log.value = value;
        }
        let (seq, value) = (log.executed, log.value);
        log.replies.insert(request.client, (request.serial, value));
        o.note(format!("executes number {seq}, {request}"));
        o.push(Out::Fact(Fact::Executed { seq, digest: request.digest() }));
        self.tries = 0;
        self.pending.retain(|r| r.client != request.client || r.serial > request.serial);
        self.reply(o, request.client, (request.serial, value));
    }
}
