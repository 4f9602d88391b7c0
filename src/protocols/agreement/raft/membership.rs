//! Changes of membership, one server at a time: Ongaro 2014, chapter 4.
//!
//! A configuration is an entry of the log like any other: it is replicated and committed, but a server uses the latest
//! one in its log, committed or not (section 4.1). A change adds or removes one server, so any majority of the old
//! configuration shares a server with any of the new; two changes at once would not.
//!
//! As the dissertation had it first, that was wrong: two leaders of different terms could each begin a change from the
//! same old configuration, and the two new ones share nothing. So a leader first commits an entry of its own term (Diego
//! Ongaro, "bug in single-server membership changes", raft-dev, 10 July 2015).
//!
//! What is left out: joint consensus (section 4.3), rounds of catching up with a limit of time (4.2.1), and
//! telling a server that it was removed.
//!
//! The rule that is easy to break: whom a server counts and asks follows from its log alone. Entries that go take
//! their configurations with them.

use super::config::Mutant;
use super::facts::Fact;
use super::log::{Command, Entry, Index};
use super::members::Members;
use super::name_of;
use super::server::{Cx, Role, Server, Timer};
use crate::kit::Quorum;
use crate::sim::form::{Asked, FieldKind, Form, FormField};
use crate::sim::{NodeId, Span};
use std::fmt;

/// What a configuration becomes: one server more, or one less.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// This server joins.
    Add(NodeId),
    /// This server leaves.
    Remove(NodeId),
}

impl Change {
    /// `members` after it.
    #[must_use]
    pub fn of(self, members: Members) -> Members {
        match self {
            Change::Add(node) => members.with(node),
            Change::Remove(node) => members.without(node),
        }
    }

    /// Whom it is about.
    pub fn node(self) -> NodeId {
        match self {
            Change::Add(node) | Change::Remove(node) => node,
        }
    }

    /// What a form asks for.
    fn asked(asked: &Asked) -> Self {
        match asked.form {
            ADD => Change::Add(asked.node(0)),
            _ => Change::Remove(asked.node(0)),
        }
    }
}

/// `add S5`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Add(node) => write!(f, "add {}", name_of(*node)),
            Change::Remove(node) => write!(f, "remove {}", name_of(*node)),
        }
    }
}

/// As it is displayed: scenario files read it off facts.
impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

const ADD: &str = "add";
const WHOM: FormField = FormField { label: "the server", kind: FieldKind::Node };

/// What a leader may be asked.
pub(super) const FORMS: &[Form] = &[
    Form { id: ADD, label: "Add a server", fields: &[WHOM] },
    Form { id: "remove", label: "Remove a server", fields: &[WHOM] },
];

/// The configurations in a log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Roster {
    /// The configuration at the log's beginning: the first of all, or a snapshot's.
    base: Members,
    /// The changes behind it: each entry's place, and the configuration from there on.
    changes: Vec<(Index, Members)>,
}

impl Roster {
    /// A log without changes behind this configuration.
    pub fn of(base: Members) -> Self {
        Roster { base, changes: Vec::new() }
    }

    /// Entry number `index` is appended.
    #[inline]
    pub(super) fn append(&mut self, index: Index, command: Command) {
        if let Command::Change(change) = command {
            self.changes.push((index, change.of(self.latest().1)));
        }
    }

    /// Entry number `index` is removed, and all behind it.
    pub(super) fn truncate_from(&mut self, index: Index) {
        self.changes.retain(|(i, _)| *i < index);
    }

    /// A snapshot stands for the entries up to `index`.
    pub(super) fn cut_off(&mut self, index: Index) {
        self.base = self.as_of(index).1;
        self.changes.retain(|(i, _)| *i > index);
    }

    /// The latest configuration, and the place of its entry; 0 if it is that of the log's beginning.
    pub fn latest(&self) -> (Index, Members) {
        self.changes.last().copied().unwrap_or((0, self.base))
    }

    /// The latest of the entries up to `index`.
    pub fn as_of(&self, index: Index) -> (Index, Members) {
        let until = self.changes.iter().rev().find(|(i, _)| *i <= index);
        until.copied().unwrap_or((0, self.base))
    }
}

impl Server {
    /// The configuration that it uses.
    pub fn members(&self) -> &Members {
        &self.members
    }
    /// The configurations in its log.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }
    /// As leader: what it was asked for and has not begun.
    pub fn pending(&self) -> Option<Change> {
        self.pending
    }
    /// Whether it is outside its own configuration.
    pub fn is_outside(&self) -> bool {
        !self.members.has(self.me)
    }
    /// Whether its latest configuration is committed, for all it knows.
    pub fn is_settled(&self) -> bool {
        self.roster.latest().0 <= self.commit_index
    }
    /// Whether an entry of its own term is committed, for all it knows.
    pub fn has_committed(&self) -> bool {
        self.log.term_at(self.commit_index) == Some(self.current_term)
    }
    /// As leader: whether `node` has stored all that is committed.
    pub fn is_caught_up(&self, node: NodeId) -> bool {
        self.match_index(node) >= Some(self.commit_index)
    }

    /// How many are a majority of the configuration that it uses (section 5.2).
    #[inline]
    pub fn majority(&self) -> usize {
        self.config.majority_of(self.members.count())
    }

    /// A question to all members, which a majority must answer with yes.
    pub(super) fn ballot(&self) -> Quorum {
        Quorum::of(self.majority(), self.members.count())
    }

    /// All members but itself.
    #[inline]
    pub fn peers(&self) -> impl Iterator<Item = NodeId> + use<> {
        let me = self.me;
        self.members.iter().filter(move |&s| s != me)
    }

    /// Who is being brought up to date before it is added (Ongaro 2014, section 4.2.1).
    pub(super) fn learner(&self) -> Option<NodeId> {
        match self.pending {
            Some(Change::Add(node)) => Some(node),
            _ => None,
        }
    }

    /// Whether it may stand: a member, or one whose removal is not committed; for it may still be needed to
    /// commit that (Ongaro 2014, section 4.2.2).
    pub(super) fn may_stand(&self) -> bool {
        !self.is_outside() || !self.is_settled()
    }

    /// Uses the latest configuration in its log, committed or not (Ongaro 2014, section 4.1).
    pub(super) fn reconfigure(&mut self, ctx: &mut Cx<'_>) {
        let (index, members) = match self.config.mutant {
            Mutant::UseCommitted => self.roster.as_of(self.commit_index),
            _ => self.roster.latest(),
        };
        if members != self.members {
            self.members = members;
            ctx.fact(Fact::Uses { index, members });
            ctx.note(format!("uses the configuration {members}, a majority of which is {}", self.majority()));
        }
    }

    /// What follows from an event for membership, once it is handled.
    pub(super) fn review(&mut self, ctx: &mut Cx<'_>) {
        self.reconfigure(ctx);
        if self.role == Role::Leader {
            self.try_change(ctx);
            self.retire(ctx);
        }
        if self.role == Role::Follower && self.stands_by == self.may_stand() {
            self.reset_election_timer(ctx);
        }
    }

    /// A leader that is removed steps down once that is committed (Ongaro 2014, section 4.2.2).
    fn retire(&mut self, ctx: &mut Cx<'_>) {
        if self.is_outside() && self.is_settled() {
            ctx.note("steps down: its own removal is committed");
            self.leader = None;
            self.become_follower(ctx);
        }
    }

    /// Begins the change that it was asked for, as soon as it may.
    fn try_change(&mut self, ctx: &mut Cx<'_>) {
        let Some(change) = self.pending else {
            return;
        };
        if change.of(self.roster.latest().1) == self.roster.latest().1 {
            // It has come about in the meantime.
            self.pending = None;
            return;
        }
        // An entry of its own term is committed: no other leader's change is still to be overwritten (raft-dev 2015).
        if !self.has_committed() && self.config.mutant != Mutant::ChangeEarly {
            if self.log.last_term() != self.current_term {
                self.add_entry(ctx, Command::Noop);
            }
            return;
        }
        // The last change is committed (Ongaro 2014, section 4.1).
        if !self.is_settled() && self.config.mutant != Mutant::TwoAtOnce {
            return;
        }
        // A new server is brought up to date first (section 4.2.1).
        if self.learner().is_some_and(|node| !self.is_caught_up(node)) {
            return;
        }
        self.pending = None;
        ctx.fact(Fact::Begins { change });
        self.add_entry(ctx, Command::Change(change));
    }

    /// Appends an entry of its own, as leader, and sends it on.
    fn add_entry(&mut self, ctx: &mut Cx<'_>, command: Command) {
        let term = self.current_term;
        self.append(Entry { term, command });
        ctx.note(format!("appends entry {}: {command}", self.log.last_index()));
        self.reconfigure(ctx);
        self.replicate(ctx);
        self.advance_commit(ctx);
    }

    /// Whether it would take on this change; if not, why.
    ///
    /// # Errors
    /// A sentence.
    pub(super) fn takes(&self, change: Change) -> Result<(), String> {
        let (node, name) = (change.node(), name_of(change.node()));
        let here = self.roster.latest().1.has(node);
        if node.0 >= self.config.all() {
            return Err(format!(
                "there is no such server: the last one is {}",
                name_of(NodeId(self.config.all() - 1))
            ));
        }
        if self.role != Role::Leader {
            let whom = self.leader.map_or("the leader".to_owned(), name_of);
            return Err(format!("{} does not lead: ask {whom}", name_of(self.me)));
        }
        match change {
            Change::Add(_) if here => Err(format!("{name} is a member already")),
            Change::Remove(_) if !here => Err(format!("{name} is not a member")),
            Change::Remove(_) if self.roster.latest().1.count() == 1 => {
                Err(format!("{name} is the last member, and a cluster needs one"))
            }
            _ => Ok(()),
        }
    }

    /// It was asked for a change by one of its forms.
    pub(super) fn accepts_change(&self, asked: &Asked) -> Result<(), String> {
        self.takes(Change::asked(asked))
    }

    /// It is asked for a change. A later request takes the place of one that has not begun.
    pub(super) fn on_change_asked(&mut self, ctx: &mut Cx<'_>, asked: &Asked) {
        self.ask_for(ctx, Change::asked(asked));
    }

    fn ask_for(&mut self, ctx: &mut Cx<'_>, change: Change) {
        if let Err(why) = self.takes(change) {
            ctx.note(format!("does not {change}: {why}"));
            return;
        }
        ctx.note(format!("is asked to {change}"));
        self.pending = Some(change);
        if let Some(learner) = self.learner() {
            self.replicate_to(ctx, learner);
        }
    }

    /// When a leader next changes members by itself: around as often as it is told.
    pub(super) fn set_churn(&self, ctx: &mut Cx<'_>) {
        let Span(every) = self.config.churn;
        if every > 0 {
            let after = ctx.random_span(Span(every / 2), Span(every + every / 2));
            ctx.set_timer(Timer::Churn, after);
        }
    }

    /// As leader it adds or removes a server, drawn by lot: what an operator would ask for. There is never more than
    /// one more or less than there were at the beginning.
    pub(super) fn churn(&mut self, ctx: &mut Cx<'_>) {
        self.set_churn(ctx);
        if self.role != Role::Leader {
            return;
        }
        let members = self.roster.latest().1;
        let (count, usual) = (members.count(), usize::from(self.config.servers));
        let outside: Vec<NodeId> = self.config.servers().filter(|&n| !members.has(n)).collect();
        let may_add = !outside.is_empty() && count <= usual;
        let add = may_add && (count < usual || ctx.random_below(2) == 0);
        let from: Vec<NodeId> = if add { outside } else { members.iter().collect() };
        let node = from[ctx.random_below(from.len() as u64) as usize];
        let change = if add { Change::Add(node) } else { Change::Remove(node) };
        self.ask_for(ctx, change);
    }
}
