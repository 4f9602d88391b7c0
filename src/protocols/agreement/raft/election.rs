//! Leader election: sections 5.2 and 5.4.1, with PreVote (Ongaro 2014, section 9.6) and
//! CheckQuorum (section 6.2 there) as switches.
//!
//! The rule that is easy to break: a vote is given once a term, to the first who asks and whose log
//! is at least as up to date, and it is on disk before it is given.

use super::config::Mutant;
use super::facts::Fact;
use super::log::{Command, Entry, Index, Term};
use super::message::Msg;
use super::server::{Cx, Role, Server, Timer};
use super::{name_of, names};
use crate::sim::NodeId;

impl Server {
    /// The election timeout ran out: no leader was heard, or nobody won (section 5.2).
    pub(super) fn on_election_timeout(&mut self, ctx: &mut Cx<'_>) {
        if self.role == Role::Candidate {
            let term = self.current_term;
            ctx.fact(Fact::Undecided { term });
        }
        if self.config.prevote {
            self.ask_before_standing(ctx);
        } else {
            self.stand(ctx);
        }
    }

    /// Increments the term, votes for itself, and asks all others for their votes (section 5.2).
    fn stand(&mut self, ctx: &mut Cx<'_>) {
        self.current_term += 1;
        self.voted_for = Some(self.me);
        self.unsaved.vote = true;
        self.role = Role::Candidate;
        self.leader = None;
        self.heard_leader_at = None;
        let term = self.current_term;
        ctx.fact(Fact::Stands { term });
        ctx.note(format!("times out and stands for term {term}"));
        self.start_asking(ctx);
        if self.votes.is_reached() {
            self.become_leader(ctx);
        }
    }

    /// PreVote: learns whether it could win before it disturbs anyone with a new term (9.6).
    fn ask_before_standing(&mut self, ctx: &mut Cx<'_>) {
        self.role = Role::PreCandidate;
        self.leader = None;
        let next = self.current_term + 1;
        ctx.note(format!("times out and asks whether to stand for term {next}"));
        self.start_asking(ctx);
        if self.votes.is_reached() {
            self.stand(ctx);
        }
    }

    fn start_asking(&mut self, ctx: &mut Cx<'_>) {
        self.votes = self.ballot();
        // Who is outside its own configuration does not count itself (Ongaro 2014, section 4.2.2).
        if !self.is_outside() {
            self.votes.yes(self.me, ());
        }
        self.reset_election_timer(ctx);
        ctx.set_timer(Timer::Ask, self.config.heartbeat);
        let question = self.question();
        self.broadcast(ctx, question);
    }

    /// What a candidate, or one that would be, asks.
    fn question(&self) -> Msg {
        let (last_log_index, last_log_term) = (self.log.last_index(), self.log.last_term());
        match self.role {
            Role::PreCandidate => {
                Msg::PreVote { next_term: self.current_term + 1, last_log_index, last_log_term }
            }
            _ => Msg::RequestVote { term: self.current_term, last_log_index, last_log_term },
        }
    }

    /// Servers retry RPCs that are not answered in time (section 5.1).
    pub(super) fn ask_again(&mut self, ctx: &mut Cx<'_>) {
        if !matches!(self.role, Role::Candidate | Role::PreCandidate) {
            return;
        }
        let question = self.question();
        let silent: Vec<NodeId> = self.votes.silent(self.peers()).collect();
        for peer in silent {
            self.send(ctx, peer, question.clone());
        }
        ctx.set_timer(Timer::Ask, self.config.heartbeat);
    }

    /// Which of two logs is more up to date: the later last term, then the longer log (5.4.1).
    fn is_up_to_date(&self, last_log_index: Index, last_log_term: Term) -> bool {
        (last_log_term, last_log_index) >= (self.log.last_term(), self.log.last_index())
            || self.config.mutant == Mutant::VoteBlindly
    }

    /// RequestVote, receiver (Figure 2): 1. no, if its term is old. 2. Yes, if this server has not
    /// voted for another in this term, and the candidate's log is at least as up to date.
    pub(super) fn on_request_vote(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        let Msg::RequestVote { term, last_log_index, last_log_term } = *msg else {
            return;
        };
        let free = self.voted_for.is_none_or(|v| v == from);
        let fresh = self.is_up_to_date(last_log_index, last_log_term);
        let granted = term == self.current_term && free && fresh;
        if granted && self.voted_for.is_none() {
            self.voted_for = Some(from);
            self.unsaved.vote = true;
        }
        if granted {
            self.reset_election_timer(ctx);
        }
        ctx.note(self.vote_note(from, term, granted, free));
        let term = self.current_term;
        self.send(ctx, from, Msg::VoteReply { term, granted });
    }

    fn vote_note(&self, from: NodeId, term: Term, granted: bool, free: bool) -> String {
        let candidate = name_of(from);
        let now = self.current_term;
        match self.voted_for {
            _ if granted => format!("grants its vote to {candidate} for term {term}"),
            _ if term < now => {
                format!("refuses {candidate} its vote for term {term}: it is in term {now}")
            }
            Some(other) if !free => {
                format!("refuses {candidate} its vote for term {term}: it voted for {}", name_of(other))
            }
            _ => format!("refuses {candidate} its vote for term {term}: its own log is more up to date"),
        }
    }

    /// A vote has come in (section 5.2). Each server counts once.
    pub(super) fn on_vote(&mut self, ctx: &mut Cx<'_>, from: NodeId, term: Term, granted: bool) {
        if self.role != Role::Candidate || term != self.current_term {
            return;
        }
        self.count(from, granted);
        if self.votes.is_reached() {
            self.become_leader(ctx);
        }
    }

    fn count(&mut self, from: NodeId, granted: bool) {
        if !self.members.has(from) {
            return;
        }
        match granted {
            true if self.config.mutant == Mutant::CountTwice => self.votes.count_again(from, ()),
            true => self.votes.yes(from, ()),
            false => self.votes.no(from),
        };
    }

    /// Whether a leader of this term was heard within the shortest election timeout. A clock that
    /// went back since proves nothing.
    pub(super) fn hears_leader(&self, now_us: u64) -> bool {
        let min = self.config.election_min.0;
        let since = |at| now_us.checked_sub(at);
        self.role == Role::Leader || self.heard_leader_at.and_then(since).is_some_and(|passed| passed < min)
    }

    /// Whether a candidate of a later term is ignored, as etcd's raft does with CheckQuorum and Ongaro 2014, section 4.2.3,
    /// where members change: by whoever leads, or has heard a leader within the shortest election timeout. Its term is
    /// not taken over either.
    pub(super) fn ignores(&self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) -> bool {
        let (Msg::RequestVote { term, .. } | Msg::PreVote { next_term: term, .. }) = *msg else {
            return false;
        };
        let ignores = term > self.current_term && self.hears_leader(ctx.now_us());
        if ignores {
            ctx.note(format!("ignores {}, who asks about term {term}: it hears a leader", name_of(from)));
        }
        ignores
    }

    /// PreVote, receiver (Ongaro 2014, section 9.6): yes, if it would vote for that log in that
    /// term and has not heard from a leader for the shortest election timeout. It promises nothing
    /// and changes nothing.
    pub(super) fn on_pre_vote(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        let Msg::PreVote { next_term, last_log_index, last_log_term } = *msg else {
            return;
        };
        let hears = self.hears_leader(ctx.now_us());
        let fresh = self.is_up_to_date(last_log_index, last_log_term);
        let granted = next_term > self.current_term && fresh && !hears;
        let who = name_of(from);
        ctx.note(match granted {
            true => format!("would vote for {who} in term {next_term}"),
            false if hears => format!("would not vote for {who}: it hears a leader"),
            false if !fresh => format!("would not vote for {who}: its own log is more up to date"),
            false => format!("would not vote for {who}: it is in term {}", self.current_term),
        });
        let term = self.current_term;
        let reply = Msg::PreVoteReply { term, next_term, granted };
        self.send(ctx, from, reply);
    }

    /// Enough servers would vote for it: now it stands.
    pub(super) fn on_pre_vote_reply(
        &mut self,
        ctx: &mut Cx<'_>,
        from: NodeId,
        next_term: Term,
        granted: bool,
    ) {
        if self.role != Role::PreCandidate || next_term != self.current_term + 1 {
            return;
        }
        self.count(from, granted);
        if self.votes.is_reached() {
            self.stand(ctx);
        }
    }

    /// It has a majority: it leads until it hears of a higher term (section 5.2).
    fn become_leader(&mut self, ctx: &mut Cx<'_>) {
        let term = self.current_term;
        self.role = Role::Leader;
        self.leader = Some(self.me);
        ctx.fact(Fact::Leads { term, log: self.log.clone() });
        let n = usize::from(self.config.all());
        self.next_index = vec![self.log.last_index() + 1; n];
        self.match_index = vec![0; n];
        self.heard = vec![false; n];
        ctx.note(format!("leads term {term}, with the votes of {}", names(self.votes.voters())));
        ctx.epoch(term.into(), format!("term {term}, leader {}", name_of(self.me)));
        ctx.cancel_timer(Timer::Ask);
        ctx.cancel_timer(Timer::Election);
        if self.config.check_quorum {
            ctx.set_timer(Timer::Quorum, self.config.election_min);
        }
        if self.config.noop {
            self.append(Entry { term, command: Command::Noop });
        }
        self.on_heartbeat(ctx);
        self.advance_commit(ctx);
    }

    /// CheckQuorum: steps down if no majority was heard since the last count (Ongaro 2014, 6.2).
    pub(super) fn check_quorum(&mut self, ctx: &mut Cx<'_>) {
        if self.role != Role::Leader {
            return;
        }
        let others = self.peers().filter(|p| self.heard[p.index()]).count();
        if others + usize::from(!self.is_outside()) < self.majority() {
            ctx.note(format!("steps down: it heard only {others} of {} others", self.peers().count()));
            self.leader = None;
            self.become_follower(ctx);
            return;
        }
        self.heard.fill(false);
        ctx.set_timer(Timer::Quorum, self.config.election_min);
    }
}
