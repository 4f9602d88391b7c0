//! Log replication and commitment: sections 5.3 and 5.4.2.
//!
//! The rule that is easy to break: AppendEntries may come late, twice and out of order. So a
//! follower removes entries only where they conflict, a leader believes only what a reply itself
//! says, and neither index ever goes back because of an old message.

use super::config::Mutant;
use super::facts::{Each, Fact};
use super::log::{Entry, Index, Term};
use super::message::Msg;
use super::name_of;
use super::server::{Cx, Role, Server, Timer};
use crate::kit::store::{Answer, Execution};
use crate::sim::NodeId;

/// The most entries in one message.
const BATCH: usize = 64;

impl Server {
    /// Appends to its own log, as leader.
    pub(super) fn append(&mut self, entry: Entry) {
        self.unsaved.keep(self.log.last_index());
        self.log.append(entry);
        self.roster.append(self.log.last_index(), entry.command);
    }

    /// The leader's heartbeat: whatever each follower lacks, or nothing (section 5.2).
    pub(super) fn on_heartbeat(&mut self, ctx: &mut Cx<'_>) {
        if self.role != Role::Leader {
            return;
        }
        self.replicate(ctx);
        ctx.set_timer(Timer::Heartbeat, self.config.heartbeat);
    }

    /// Sends each follower what it lacks. When all lack the same, they share one message.
    pub(super) fn replicate(&mut self, ctx: &mut Cx<'_>) {
        let mut peers = self.peers().map(|p| self.next_index[p.index()]);
        let first = peers.next().unwrap_or(1);
        if peers.all(|next| next == first) {
            let msg = self.entries_or_snapshot(first);
            self.broadcast(ctx, msg);
        } else {
            for peer in self.peers() {
                self.replicate_to(ctx, peer);
            }
        }
        if let Some(learner) = self.learner() {
            self.replicate_to(ctx, learner);
        }
    }

    pub(super) fn replicate_to(&mut self, ctx: &mut Cx<'_>, peer: NodeId) {
        let msg = self.entries_or_snapshot(self.next_index[peer.index()]);
        self.send(ctx, peer, msg);
    }

    /// What a follower gets whose next entry is `next`: entries, or what stands for them (Ongaro 2014, section 5.3).
    fn entries_or_snapshot(&self, next: Index) -> Msg {
        match &self.snapshot {
            Some(snapshot) if next <= self.log.base() => self.install_snapshot(snapshot),
            _ => self.append_entries(next),
        }
    }

    fn append_entries(&self, next: Index) -> Msg {
        let prev_log_index = next - 1;
        Msg::AppendEntries {
            term: self.current_term,
            prev_log_index,
            prev_log_term: self.log.term_at(prev_log_index).unwrap_or(0),
            entries: self.log.entries_from(next, BATCH),
            leader_commit: self.commit_index,
        }
    }

    /// AppendEntries, receiver (Figure 2, rules 1 to 5).
    pub(super) fn on_append_entries(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        let Msg::AppendEntries { term, prev_log_index, prev_log_term, entries, leader_commit } = msg else {
            return;
        };
        // 1. Reply false if term < currentTerm (5.1). The reply's term tells the old leader.
        if *term < self.current_term {
            ctx.note(format!(
                "rejects {}'s entries: term {term} is over, it is in term {}",
                name_of(from),
                self.current_term
            ));
            self.reject(ctx, from, *prev_log_index);
            return;
        }
        if !self.follow(ctx, from, *term) {
            return;
        }
        // What a snapshot stands for is committed, so it is the same in the leader's log.
        let covered = self.log.base().saturating_sub(*prev_log_index);
        let entries = &entries[entries.len().min(covered as usize)..];
        let (prev_log_index, prev_log_term) = match covered {
            0 => (*prev_log_index, *prev_log_term),
            _ => (self.log.base(), self.log.term_at(self.log.base()).unwrap_or(0)),
        };
        // 2. Reply false if log has no entry at prevLogIndex with prevLogTerm (5.3).
        if self.log.term_at(prev_log_index) != Some(prev_log_term) {
            ctx.note(format!(
                "rejects {}'s entries: no entry {prev_log_index} of term {prev_log_term} here",
                name_of(from)
            ));
            self.reject(ctx, from, prev_log_index);
            return;
        }
        self.store(ctx, from, prev_log_index, entries);
        // 5. commitIndex = min(leaderCommit, index of last new entry).
        let match_index = prev_log_index + entries.len() as Index;
        let commit = match_index.min(*leader_commit);
        if commit > self.commit_index {
            self.commit_to(ctx, commit);
        }
        let term = self.current_term;
        self.send(ctx, from, Msg::AppendOk { term, match_index });
    }

    /// A leader of this term was heard: a candidate gives up (section 5.2), the timeout starts anew. False if this
    /// server leads that term itself.
    #[inline]
    pub(super) fn follow(&mut self, ctx: &mut Cx<'_>, leader: NodeId, term: Term) -> bool {
        if self.role == Role::Leader {
            // Only a broken or lying server can bring this about; a leader never overwrites its log.
            ctx.note(format!("hears {} lead its own term {term}", name_of(leader)));
            return false;
        }
        if self.role != Role::Follower {
            ctx.note(format!("gives up: {} leads term {}", name_of(leader), self.current_term));
            self.become_follower(ctx);
        }
        self.leader = Some(leader);
        if self.config.prevote || self.config.lease || self.config.membership {
            self.heard_leader_at = Some(ctx.now_us());
        }
        self.reset_election_timer(ctx);
        true
    }

    /// Says no, and where the logs may still agree: the term of the conflicting entry and the first
    /// index it has for that term (end of section 5.3).
    fn reject(&mut self, ctx: &mut Cx<'_>, to: NodeId, prev_log_index: Index) {
        let term = self.current_term;
        let (conflict_term, conflict_index) = match self.log.term_at(prev_log_index) {
            _ if !self.config.fast_backup => (0, prev_log_index),
            Some(t) => (t, self.log.first_of_run(prev_log_index)),
            None => (0, self.log.last_index() + 1),
        };
        let no = Msg::AppendNo { term, prev_log_index, conflict_term, conflict_index };
        self.send(ctx, to, no);
    }

    /// Rules 3 and 4 (section 5.3): an entry that conflicts with a new one (same index, other term)
    /// goes, with all that follow it; entries not yet in the log are appended.
    fn store(&mut self, ctx: &mut Cx<'_>, leader: NodeId, prev: Index, entries: &[Entry]) {
        let new = (prev + 1..).zip(entries);
        let known = new.take_while(|(i, e)| self.log.term_at(*i) == Some(e.term)).count();
        let first_new = prev + 1 + known as Index;
        let all_known = known == entries.len();
        let cut = self.log.last_index() >= first_new
            && (!all_known || self.config.mutant == Mutant::TruncateAlways);
        if cut {
            ctx.fact(Fact::Cut { from: first_new });
            ctx.note(self.cut_note(leader, first_new));
            self.log.truncate_from(first_new);
            self.roster.truncate_from(first_new);
            // Correct Raft never removes what is committed; a mutant may, and must not fall over it.
            self.commit_index = self.commit_index.min(self.log.last_index());
        }
        if cut || !all_known {
            self.unsaved.keep(first_new - 1);
        }
        for &entry in &entries[known..] {
            self.log.append(entry);
            self.roster.append(self.log.last_index(), entry.command);
        }
    }

    fn cut_note(&self, leader: NodeId, first: Index) -> String {
        let last = self.log.last_index();
        let which = match first {
            f if f == last => format!("entry {f}"),
            f => format!("entries {f} to {last}"),
        };
        format!("removes {which}, which {} does not have", name_of(leader))
    }

    /// A follower's log matches (Figure 2, rules for leaders): nextIndex and matchIndex go on.
    pub(super) fn on_append_ok(&mut self, ctx: &mut Cx<'_>, from: NodeId, term: u32, match_index: Index) {
        if self.role != Role::Leader || term != self.current_term {
            return;
        }
        let i = from.index();
        if self.config.check_quorum {
            self.heard[i] = true;
        }
        // A reply that brings nothing new (a heartbeat's, a late or second copy) ends here.
        if match_index <= self.match_index[i] && match_index < self.next_index[i] {
            return;
        }
        self.match_index[i] = self.match_index[i].max(match_index);
        self.next_index[i] = self.next_index[i].max(match_index + 1);
        self.advance_commit(ctx);
        if self.next_index[i] <= self.log.last_index() {
            self.replicate_to(ctx, from);
        }
    }

    /// A follower's log does not match: nextIndex goes back, and the leader tries again. With fast
    /// back-up it skips all entries of the conflicting term at once (end of section 5.3).
    pub(super) fn on_append_no(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        let Msg::AppendNo { term, prev_log_index, conflict_term, conflict_index } = *msg else {
            return;
        };
        if self.role != Role::Leader || term != self.current_term {
            return;
        }
        let i = from.index();
        if self.config.check_quorum {
            self.heard[i] = true;
        }
        // An answer to an older attempt, or a second copy: it was acted upon already.
        if prev_log_index + 1 != self.next_index[i] {
            return;
        }
        let beyond = self.log.last_with_term(conflict_term, prev_log_index + 1);
        let next = match (conflict_term, beyond) {
            (0, _) | (_, None) => conflict_index,
            (_, Some(last)) => last + 1,
        };
        let next = next.min(prev_log_index).max(1);
        self.next_index[i] = next;
        ctx.fact(Fact::BacksUp { follower: from, next });
        self.replicate_to(ctx, from);
    }

    /// If there is an N above commitIndex that a majority has stored, and the entry at N is of the
    /// current term, then commitIndex = N (5.3, 5.4.2). Never by counting copies of an old term's
    /// entry: Figure 8 shows why.
    pub(super) fn advance_commit(&mut self, ctx: &mut Cx<'_>) {
        self.match_index[self.me.index()] = self.log.last_index();
        let stored = |s: NodeId| self.match_index[s.index()];
        let copies = |n: Index| self.members.iter().filter(|&s| stored(s) >= n).count();
        let majority = self.majority();
        let by_majority = |&n: &Index| n > self.commit_index && copies(n) >= majority;
        let n = self.members.iter().map(stored).filter(by_majority).max();
        let n = n.map_or(0, |n| n.min(self.log.last_index()));
        let own_term = self.log.term_at(n) == Some(self.current_term);
        if n > self.commit_index && (own_term || self.config.mutant == Mutant::CommitOldTerm) {
            let copies = copies(n);
            ctx.note(format!("commits entry {n}: on {copies} of {} servers", self.members.count()));
            ctx.fact(Fact::Commits { index: n });
            self.commit_to(ctx, n);
        }
    }

    /// Applies what is committed, in order; and takes a snapshot, if it is time to.
    pub(super) fn commit_to(&mut self, ctx: &mut Cx<'_>, commit: Index) {
        self.apply_to(ctx, commit);
        self.take_snapshot(ctx);
    }

    /// Applies entries up to `commit`; the leader answers the clients (5.3, rules for all).
    pub(super) fn apply_to(&mut self, ctx: &mut Cx<'_>, commit: Index) {
        self.commit_index = commit;
        while self.last_applied < self.commit_index {
            let Some(&entry) = self.log.get(self.last_applied + 1) else {
                break;
            };
            self.last_applied += 1;
            let request = entry.command.request();
            let executed = request.map(|(client, serial, op)| self.machine.apply(client, serial, op));
            self.tell_applied(ctx, entry, executed);
            if let (Some((client, serial, _)), Some(executed), Role::Leader) = (request, executed, self.role)
            {
                self.answer(ctx, client, serial, executed);
            }
        }
    }

    /// Tells those who watch that the entry at lastApplied is applied.
    fn tell_applied(&self, ctx: &mut Cx<'_>, entry: Entry, executed: Option<Execution<Answer>>) {
        let index = self.last_applied;
        ctx.fact(Each::Applied {
            index,
            entry,
            in_term: self.current_term,
            digest: self.log.digest_at(index).unwrap_or(0),
            values: self.machine.digest(),
        });
        if matches!(executed, Some(Execution::Again(_))) {
            ctx.fact(Fact::Skipped { index });
        }
    }
}
