//! Log compaction: Ongaro 2014, chapter 5 (section 7 of the extended paper).
//!
//! Each server takes its snapshots on its own, once it has applied so many entries; a leader sends its own to a
//! follower whose next entry is no longer in the leader's log. What is left out: snapshots in parts (the offset
//! of figure 5.3), and the time that taking one costs.
//!
//! The rule that is easy to break: a snapshot stands for *all* that the entries meant which it replaces: the
//! values, the table of sessions, and the index and term of the last of them, by which the next entry is checked
//! (5.1). It is on disk before the entries are gone from there.

use super::config::Mutant;
use super::facts::{Each, Fact};
use super::log::{Index, Log, Term};
use super::members::Members;
use super::membership::Roster;
use super::message::Msg;
use super::name_of;
use super::server::{Cx, Server};
use crate::kit::store::Store;
use crate::sim::NodeId;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// What stands for the beginning of a log (Ongaro 2014, figure 5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The index of the last entry that it stands for.
    pub last_index: Index,
    /// The term of that entry.
    pub last_term: Term,
    /// The state machine after that entry: values and sessions.
    pub machine: Store,
    /// The digest of the entries that it stands for: no part of the algorithm, but for those who watch.
    pub digest: u64,
    /// The latest configuration up to that entry, if it is not the first (Ongaro 2014, section 5.1).
    pub members: Option<Members>,
}

/// Without changes of membership a snapshot hashes as it did before there were any: recorded runs hold its hash.
impl Hash for Snapshot {
    fn hash<H: Hasher>(&self, h: &mut H) {
        (self.last_index, self.last_term, &self.machine, self.digest).hash(h);
        if let Some(members) = &self.members {
            members.hash(h);
        }
    }
}

impl Server {
    /// The newest snapshot on its disk.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_deref()
    }

    /// Takes a snapshot, if enough was applied since the last: of applied entries alone, which are committed
    /// (Ongaro 2014, section 5.1).
    pub(super) fn take_snapshot(&mut self, ctx: &mut Cx<'_>) {
        let every = self.config.snapshot_every;
        // (A mutant may have removed what it had applied; then there is nothing to cut off.)
        let there = self.last_applied <= self.log.last_index();
        if every == 0 || !there || self.last_applied - self.log.base() < every {
            return;
        }
        if self.config.mutant == Mutant::SnapshotUncommitted {
            self.apply_to(ctx, self.log.last_index());
        }
        let last_index = self.last_applied;
        let mut machine = self.machine.clone();
        if self.config.mutant == Mutant::ForgetSessions {
            machine.forget_sessions();
        }
        let last_term = match self.config.mutant {
            Mutant::ForgetLastTerm => 0,
            _ => self.log.term_at(last_index).unwrap_or(0),
        };
        let digest = self.log.digest_at(last_index).unwrap_or(0);
        let cut = last_index - self.log.base();
        self.log.cut_off(last_index, last_term);
        self.roster.cut_off(last_index);
        let first = Members::first(self.config.servers);
        let members = Some(self.roster.as_of(last_index).1).filter(|&m| m != first);
        self.snapshot = Some(Rc::new(Snapshot { last_index, last_term, machine, digest, members }));
        self.unsaved.snapshot = true;
        ctx.fact(Fact::Snapshots { index: last_index });
        ctx.note(format!("takes a snapshot of entries 1 to {last_index}, and cuts {cut} off its log"));
    }

    /// The leader's newest snapshot, for a follower whose next entry it has cut off (section 5.3 there).
    pub(super) fn install_snapshot(&self, snapshot: &Rc<Snapshot>) -> Msg {
        Msg::InstallSnapshot { term: self.current_term, snapshot: Rc::clone(snapshot) }
    }

    /// InstallSnapshot, receiver (Ongaro 2014, figure 5.3).
    pub(super) fn on_install_snapshot(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        let Msg::InstallSnapshot { term, snapshot } = msg else {
            return;
        };
        // 1. Reply immediately if term < currentTerm: the reply's term tells the old leader.
        let last_index = snapshot.last_index;
        if *term < self.current_term || !self.follow(ctx, from, *term) {
            let term = self.current_term;
            self.send(ctx, from, Msg::InstallReply { term, last_index: 0 });
            return;
        }
        if last_index > self.commit_index {
            // 6. If it has the snapshot's last entry, it keeps its log; that entry is committed. 7. Else all of its
            // log goes, 8. and the snapshot takes its place.
            match self.log.term_at(last_index) == Some(snapshot.last_term) {
                true => self.commit_to(ctx, last_index),
                false => self.install(ctx, from, snapshot),
            }
        }
        let term = self.current_term;
        self.send(ctx, from, Msg::InstallReply { term, last_index });
    }

    /// The snapshot takes the place of log and state machine.
    fn install(&mut self, ctx: &mut Cx<'_>, from: NodeId, snapshot: &Rc<Snapshot>) {
        let Snapshot { last_index: index, last_term: term, digest, members, .. } = **snapshot;
        if self.log.last_index() > self.log.base() {
            ctx.fact(Fact::Cut { from: self.log.base() + 1 });
        }
        self.log = Log::behind(index, term, digest);
        self.roster = Roster::of(members.unwrap_or(Members::first(self.config.servers)));
        self.commit_index = index;
        self.last_applied = index;
        self.machine = snapshot.machine.clone();
        self.snapshot = Some(Rc::clone(snapshot));
        self.unsaved.snapshot = true;
        ctx.fact(Each::Installed { index, term, digest });
        ctx.fact(Fact::Installs { index, from });
        ctx.note(format!("installs {}'s snapshot of entries 1 to {index}", name_of(from)));
    }

    /// The follower has the snapshot, or had all of it: its log matches up to there.
    pub(super) fn on_install_reply(&mut self, ctx: &mut Cx<'_>, from: NodeId, term: Term, last: Index) {
        self.on_append_ok(ctx, from, term, last);
    }
}
