//! A server: its state (Figure 2), the rules for all servers, and which rule handles what.
//!
//! The rule that is easy to break: currentTerm, votedFor and log are on disk before anything that
//! rests on them leaves the server. Every message goes out through [`Server::send`] or
//! [`Server::broadcast`], which save first; no handler calls `ctx.send` itself.

use super::config::{Config, Mutant};
use super::facts::{Each, Fact};
use super::log::{Index, Log, Term};
use super::members::Members;
use super::membership::{Change, FORMS, Roster};
use super::message::Msg;
use super::name_of;
use super::snapshot::Snapshot;
use crate::kit::Quorum;
use crate::kit::store::Store;
use crate::sim::form::{Asked, Form};
use crate::sim::{Ctx, Inspect, NodeId, Protocol, Span};
use std::fmt;
use std::rc::Rc;

/// What a server is at the moment (section 5.1, Figure 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Answers, and waits for a leader's word.
    Follower,
    /// Asks whether standing would make sense (Ongaro 2014, section 9.6).
    PreCandidate,
    /// Asks for votes.
    Candidate,
    /// Replicates its log.
    Leader,
}

/// A server's timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    /// Runs out when no leader and no candidate was heard for too long (section 5.2).
    Election,
    /// The leader's next heartbeat (section 5.2).
    Heartbeat,
    /// The candidate asks those again who did not answer (section 5.1).
    Ask,
    /// The leader counts whom it has heard (Ongaro 2014, section 6.2).
    Quorum,
    /// A leader changes the membership by itself.
    Churn,
}

/// The persistent state of Figure 2.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Disk {
    /// The latest term the server has seen.
    pub current_term: Term,
    /// Whom it voted for in that term.
    pub voted_for: Option<NodeId>,
    /// Its log.
    pub log: Log,
    /// What stands for the beginning of the log that was cut off (Ongaro 2014, section 5.1).
    pub snapshot: Option<Rc<Snapshot>>,
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let vote = self.voted_for.map_or("nobody".to_owned(), name_of);
        write!(f, "term {}, vote for {vote}, log {}", self.current_term, self.log.terms(24))?;
        match &self.snapshot {
            Some(s) => write!(f, ", snapshot of entries 1 to {}", s.last_index),
            None => Ok(()),
        }
    }
}

/// What has changed in memory since the disk was last written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Unsaved {
    /// Term or vote.
    pub(super) vote: bool,
    /// The log, all but this many of its first entries.
    pub(super) kept: Option<Index>,
    /// The snapshot.
    pub(super) snapshot: bool,
}

impl Unsaved {
    /// The log changes behind entry `kept`.
    pub(super) fn keep(&mut self, kept: Index) {
        self.kept = Some(self.kept.map_or(kept, |k| k.min(kept)));
    }
}

/// A server.
#[derive(Clone, Hash)]
pub struct Server {
    pub(super) me: NodeId,
    pub(super) config: Config,
    /// An election timeout for the first boot alone, which stages who stands first.
    pub(super) first_timeout_us: Option<u64>,

    pub(super) current_term: Term,
    pub(super) voted_for: Option<NodeId>,
    pub(super) log: Log,
    pub(super) snapshot: Option<Rc<Snapshot>>,
    pub(super) unsaved: Unsaved,
    /// The configurations in the log, and the one that it uses (Ongaro 2014, section 4.1).
    pub(super) roster: Roster,
    pub(super) members: Members,

    pub(super) role: Role,
    pub(super) leader: Option<NodeId>,
    /// The local time of the last word from a leader of this term.
    pub(super) heard_leader_at: Option<u64>,
    pub(super) commit_index: Index,
    pub(super) last_applied: Index,
    pub(super) machine: Store,

    /// Who voted for this server and who did not, in this term or in its pre-vote.
    pub(super) votes: Quorum,

    pub(super) next_index: Vec<Index>,
    pub(super) match_index: Vec<Index>,
    /// Whom the leader has heard since it last counted.
    pub(super) heard: Vec<bool>,
    /// What the leader was asked for and has not begun.
    pub(super) pending: Option<Change>,
    /// Whether the election timer is off, for it may not stand.
    pub(super) stands_by: bool,
}

/// A shorter name for the view that a handler has.
pub(super) type Cx<'a> = Ctx<'a, Server>;

impl Server {
    /// Server `me` with an empty memory; what its disk holds it reads when it boots.
    pub fn new(me: NodeId, config: Config) -> Self {
        let members = Members::first(config.servers);
        Server {
            me,
            config,
            first_timeout_us: None,
            current_term: 0,
            voted_for: None,
            log: Log::default(),
            snapshot: None,
            unsaved: Unsaved::default(),
            roster: Roster::of(members),
            members,
            role: Role::Follower,
            leader: None,
            heard_leader_at: None,
            commit_index: 0,
            last_applied: 0,
            machine: Store::default(),
            votes: Quorum::of(config.majority_of(members.count()), members.count()),
            next_index: Vec::new(),
            match_index: Vec::new(),
            heard: Vec::new(),
            pending: None,
            stands_by: false,
        }
    }

    /// The same, with the first election timeout set: for staging who stands first.
    pub fn with_first_timeout(mut self, us: u64) -> Self {
        self.first_timeout_us = Some(us);
        self
    }

    /// currentTerm.
    pub fn current_term(&self) -> Term {
        self.current_term
    }
    /// votedFor.
    pub fn voted_for(&self) -> Option<NodeId> {
        self.voted_for
    }
    /// log[].
    pub fn log(&self) -> &Log {
        &self.log
    }
    /// Its role.
    pub fn role(&self) -> Role {
        self.role
    }
    /// The leader of its term, as far as it knows.
    pub fn leader(&self) -> Option<NodeId> {
        self.leader
    }
    /// commitIndex.
    pub fn commit_index(&self) -> Index {
        self.commit_index
    }
    /// lastApplied.
    pub fn last_applied(&self) -> Index {
        self.last_applied
    }
    /// The state machine.
    pub fn machine(&self) -> &Store {
        &self.machine
    }
    /// nextIndex for `peer`, while it leads.
    pub fn next_index(&self, peer: NodeId) -> Option<Index> {
        self.next_index.get(peer.index()).copied()
    }
    /// matchIndex for `peer`, while it leads.
    pub fn match_index(&self, peer: NodeId) -> Option<Index> {
        self.match_index.get(peer.index()).copied()
    }
    /// What is installed on it.
    pub fn config(&self) -> &Config {
        &self.config
    }
    /// Who has voted for it, while it stands; how it came to lead, while it leads.
    pub fn votes(&self) -> &Quorum {
        &self.votes
    }

    /// Saves what has changed: the log too, before it is acknowledged (Figure 2: "updated on
    /// stable storage before responding to RPCs").
    pub(super) fn save(&mut self, ctx: &mut Cx<'_>) {
        let unsaved = std::mem::take(&mut self.unsaved);
        if unsaved == Unsaved::default() {
            return;
        }
        let disk = Disk {
            current_term: self.current_term,
            voted_for: self.voted_for,
            log: self.log.clone(),
            snapshot: self.snapshot.clone(),
        };
        if self.config.mutant == Mutant::LoseSuffix && !unsaved.vote {
            ctx.write(disk);
        } else {
            ctx.persist(disk);
        }
        if let Some(candidate) = self.voted_for.filter(|_| unsaved.vote) {
            let term = self.current_term;
            ctx.fact(Fact::Voted { term, candidate });
        }
        if let Some(kept) = unsaved.kept {
            self.tell_entries(ctx, kept);
        }
    }

    /// Tells those who watch what is in its log behind entry `kept`.
    fn tell_entries(&self, ctx: &mut Cx<'_>, kept: Index) {
        let mut after = self.log.term_at(kept).unwrap_or(0);
        for (index, entry) in self.log.iter_from(kept + 1) {
            let digest = self.log.digest_at(index).unwrap_or(0);
            ctx.fact(Each::Wrote { index, term: entry.term, after, digest });
            after = entry.term;
        }
    }

    /// Sends, after what it rests on is on disk.
    #[inline]
    pub(super) fn send(&mut self, ctx: &mut Cx<'_>, to: NodeId, msg: Msg) {
        self.save(ctx);
        ctx.send(to, msg);
    }

    /// Sends one message to all other servers, after what it rests on is on disk.
    #[inline]
    pub(super) fn broadcast(&mut self, ctx: &mut Cx<'_>, msg: Msg) {
        self.save(ctx);
        ctx.broadcast(self.peers(), msg);
    }

    /// Rules for all servers (section 5.1): a higher term in any message makes it a follower there.
    pub(super) fn enter_term(&mut self, ctx: &mut Cx<'_>, term: Term, from: NodeId) {
        let was = self.role;
        self.current_term = term;
        self.voted_for = None;
        self.unsaved.vote = true;
        self.leader = None;
        self.heard_leader_at = None;
        if was != Role::Follower {
            ctx.note(format!("steps down: {} is already in term {term}", name_of(from)));
        }
        self.become_follower(ctx);
    }

    /// Becomes a follower in the term it is in. A leader, whose election timer does not run, sets it.
    pub(super) fn become_follower(&mut self, ctx: &mut Cx<'_>) {
        match self.role {
            Role::Leader => {
                ctx.fact(Fact::StepsDown);
                ctx.cancel_timer(Timer::Heartbeat);
                if self.config.check_quorum {
                    ctx.cancel_timer(Timer::Quorum);
                }
                self.reset_election_timer(ctx);
            }
            Role::Candidate | Role::PreCandidate => ctx.cancel_timer(Timer::Ask),
            Role::Follower => {}
        }
        self.role = Role::Follower;
        self.votes = self.ballot();
        self.next_index.clear();
        self.match_index.clear();
        self.heard.clear();
        self.pending = None;
    }

    /// Sets a fresh random timeout (section 5.2: chosen anew for each election), if it may stand at all.
    pub(super) fn reset_election_timer(&mut self, ctx: &mut Cx<'_>) {
        if self.config.membership {
            self.stands_by = !self.may_stand();
            if self.stands_by {
                ctx.cancel_timer(Timer::Election);
                return;
            }
        }
        let after = ctx.random_span(self.config.election_min, self.config.election_max);
        ctx.set_timer(Timer::Election, after);
    }

    fn boot(&mut self, ctx: &mut Cx<'_>) {
        let Disk { current_term, voted_for, log, snapshot } = ctx.durable().clone();
        let mut fresh = Server { current_term, voted_for, log, ..Server::new(self.me, self.config) };
        if let Some(snapshot) = &snapshot {
            // What the snapshot stands for is committed, and applied to its state.
            fresh.commit_index = snapshot.last_index;
            fresh.last_applied = snapshot.last_index;
            fresh.machine = snapshot.machine.clone();
        }
        if self.config.membership {
            let base = snapshot.as_ref().and_then(|s| s.members).unwrap_or(fresh.members);
            fresh.roster = Roster::of(base);
            fresh.log.iter_from(1).for_each(|(i, e)| fresh.roster.append(i, e.command));
            fresh.members = match self.config.mutant {
                Mutant::UseCommitted => base,
                _ => fresh.roster.latest().1,
            };
        }
        *self = Server { snapshot, ..fresh };
    }

    /// Whether a candidate is ignored by whoever hears a leader: a variant (etcd's), and a rule where members change
    /// (Ongaro 2014, section 4.2.3), for a server that was removed is not told and stands again and again.
    fn is_deaf(&self) -> bool {
        let removed = self.config.membership && self.config.mutant != Mutant::HeedRemoved;
        removed || (self.config.lease && self.config.check_quorum)
    }
}

impl Protocol for Server {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = Disk;

    fn start(&mut self, ctx: &mut Cx<'_>) {
        let first = self.first_timeout_us;
        self.boot(ctx);
        self.tell_entries(ctx, 0);
        match first {
            Some(us) => ctx.set_timer(Timer::Election, Span(us)),
            None => self.reset_election_timer(ctx),
        }
        self.set_churn(ctx);
    }

    fn restart(&mut self, ctx: &mut Cx<'_>) {
        self.boot(ctx);
        if self.config.mutant == Mutant::ForgetVote {
            self.voted_for = None;
        }
        ctx.fact(Fact::Boots);
        let behind = match self.log.base() {
            0 => String::new(),
            base => format!(" behind a snapshot of entries 1 to {base}"),
        };
        ctx.note(format!(
            "boots with term {} and {} log entries{behind} from its disk",
            self.current_term,
            self.log.last_index() - self.log.base()
        ));
        self.reset_election_timer(ctx);
        self.set_churn(ctx);
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        if self.is_deaf() && self.ignores(ctx, from, msg) {
            return;
        }
        if let Some(term) = msg.term().filter(|&t| t > self.current_term) {
            if self.config.membership
                && matches!(msg, Msg::RequestVote { .. })
                && self.hears_leader(ctx.now_us())
            {
                ctx.fact(Fact::Disrupted { by: from, term });
            }
            self.enter_term(ctx, term, from);
        }
        match msg {
            Msg::RequestVote { .. } => self.on_request_vote(ctx, from, msg),
            Msg::VoteReply { term, granted } => self.on_vote(ctx, from, *term, *granted),
            Msg::PreVote { .. } => self.on_pre_vote(ctx, from, msg),
            Msg::PreVoteReply { next_term, granted, .. } => {
                self.on_pre_vote_reply(ctx, from, *next_term, *granted);
            }
            Msg::AppendEntries { .. } => self.on_append_entries(ctx, from, msg),
            Msg::AppendOk { term, match_index } => {
                self.on_append_ok(ctx, from, *term, *match_index);
            }
            Msg::AppendNo { .. } => self.on_append_no(ctx, from, msg),
            Msg::ClientRequest { serial, op } => self.on_client_request(ctx, from, *serial, *op),
            Msg::InstallSnapshot { .. } => self.on_install_snapshot(ctx, from, msg),
            Msg::InstallReply { term, last_index } => {
                self.on_install_reply(ctx, from, *term, *last_index);
            }
            // Meant for clients; a server that gets one by mistake has nothing to do with it.
            Msg::ClientReply { .. } | Msg::Redirect { .. } => {}
        }
        if self.config.membership {
            self.review(ctx);
        }
        self.save(ctx);
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        match timer {
            Timer::Election => self.on_election_timeout(ctx),
            Timer::Heartbeat => self.on_heartbeat(ctx),
            Timer::Ask => self.ask_again(ctx),
            Timer::Quorum => self.check_quorum(ctx),
            Timer::Churn => self.churn(ctx),
        }
        if self.config.membership {
            self.review(ctx);
        }
        self.save(ctx);
    }

    fn requests(&self) -> &'static [Form] {
        if self.config.membership { FORMS } else { &[] }
    }

    fn accepts(&self, asked: &Asked) -> Result<(), String> {
        self.accepts_change(asked)
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, asked: &Asked) {
        self.on_change_asked(ctx, asked);
        self.review(ctx);
        self.save(ctx);
    }

    /// A lying voter says yes to everyone; a lying follower says that it has stored everything.
    fn lie(&self, msg: &Msg, _: NodeId, _: u64) -> Option<Msg> {
        match *msg {
            Msg::VoteReply { term, granted: false } => Some(Msg::VoteReply { term, granted: true }),
            Msg::AppendNo { term, prev_log_index, .. } => {
                Some(Msg::AppendOk { term, match_index: prev_log_index })
            }
            _ => None,
        }
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Election => "election timeout",
            Timer::Heartbeat => "heartbeat",
            Timer::Ask => "ask again",
            Timer::Quorum => "quorum check",
            Timer::Churn => "next change of members",
        }
    }

    fn inspect(&self) -> Inspect {
        super::show::server(self)
    }
}
