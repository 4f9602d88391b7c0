//! A replica: what it keeps, what it hears, and in which order it writes, speaks and sets its timers.
//!
//! The rule that is easy to break: what it says is on its disk first. A replica that forgets what it has said is as bad as one that lies.

use super::message::{Cert, Change, Digest, Msg, NewView, Phase, Proposal, Request};
use super::outbox::Outbox;
use super::seal::{Key, Seal};
use super::treason::Treason;
use super::{Fact, Mutant, Rules};
use crate::kit::prelude::*;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What is known of one number in one view.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Slot {
    /// The pre-prepare that was accepted.
    pub proposal: Option<Proposal>,
    /// One that came before its view began.
    pub heard: Option<Proposal>,
    /// Who votes for what.
    pub prepares: BTreeMap<(u16, Digest), Seal>,
    pub commits: BTreeMap<(u16, Digest), Seal>,
    pub prepared: bool,
    pub committed: bool,
}

impl Slot {
    /// How many backups have prepared what was proposed. The primary's own word is the proposal.
    pub fn prepares(&self, primary: u16) -> usize {
        let Some(d) = self.proposal.map(|p| p.digest()) else {
            return 0;
        };
        self.prepares.keys().filter(|(by, digest)| *by != primary && *digest == d).count()
    }

    /// How many replicas have committed it.
    pub fn commits(&self) -> usize {
        let Some(d) = self.proposal.map(|p| p.digest()) else {
            return 0;
        };
        self.commits.keys().filter(|(_, digest)| *digest == d).count()
    }
}

/// What is on a replica's disk.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Log {
    pub view: u32,
    /// It has asked for this view, and the view has not begun.
    pub changing: bool,
    /// By view and number: of this view, and what came early of later ones.
    pub slots: BTreeMap<(u32, u32), Rc<Slot>>,
    /// For each number the latest proof that a request is prepared.
    pub certs: BTreeMap<u32, Rc<Cert>>,
    pub committed: BTreeMap<u32, Option<Request>>,
    pub executed: u32,
    /// The service's state: a register.
    pub value: u64,
    /// The last reply to each client: to which of its requests, and what.
    pub replies: BTreeMap<u16, (u32, u64)>,
    /// What began this view.
    pub begun: Option<Rc<NewView>>,
    /// The last number that was given away in this view.
    pub last: u32,
}

/// What a replica waits for, and no longer than a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Wish {
    /// That this request is executed.
    Executed(Digest),
    /// That this view begins.
    Begun(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Timer {
    Wait,
    Again,
}

/// A replica.
#[derive(Clone, Hash)]
pub(super) struct Replica {
    pub id: u16,
    pub rules: Rules,
    pub key: Key,
    pub treason: Treason,
    pub log: Log,
    /// Requests that it knows of and has not executed, in the order in which they came.
    pub pending: Vec<Request>,
    /// The latest view that each wants.
    pub changes: BTreeMap<u16, Change>,
    /// How many views it has asked for since it last executed a request.
    pub tries: u32,
    pub wish: Option<Wish>,
    asks_again: bool,
    // Whether something is to be written to disk.
    dirty: bool,
}

impl Replica {
    pub fn new(id: u16, rules: Rules, key: Key, treason: Treason) -> Self {
        Replica {
            id,
            rules,
            key,
            treason,
            log: Log::default(),
            pending: Vec::new(),
            changes: BTreeMap::new(),
            tries: 0,
            wish: None,
            asks_again: false,
            dirty: false,
        }
    }

    /// Whether it is the primary of a view that goes on.
    pub fn leads(&self) -> bool {
        !self.log.changing && self.rules.primary(self.log.view) == self.id
    }

    /// The log, to be changed.
    pub fn log_mut(&mut self) -> &mut Log {
        self.dirty = true;
        &mut self.log
    }

    pub fn slot_mut(&mut self, place: (u32, u32)) -> &mut Slot {
        Rc::make_mut(self.log_mut().slots.entry(place).or_default())
    }

    fn hear(&mut self, o: &mut Outbox, from: NodeId, msg: &Msg) {
        match msg {
            Msg::Request { request } => self.on_request(o, from, *request),
            Msg::PrePrepare { proposal } => self.on_pre_prepare(o, from, *proposal),
            Msg::Prepare { vote } => self.on_vote(o, from, Phase::Prepare, *vote),
            Msg::Commit { vote } => self.on_vote(o, from, Phase::Commit, *vote),
            Msg::ViewChange { change } => self.on_view_change(o, from, change),
            Msg::NewView { new } => self.on_new_view(o, from, new),
            Msg::Status { view, executed } => self.on_status(o, from, (*view, *executed)),
            Msg::Reply { .. } => {}
        }
    }

    /// What it waits for: a backup, that the oldest request which it knows is executed; who has asked for a view, that this begins, once
    /// a quorum wants it (section 4.4).
    fn wishes(&self) -> Option<Wish> {
        let view = self.log.view;
        if self.rules.mutant == Mutant::NoTimer {
            None
        } else if self.log.changing {
            self.wanted(view).then_some(Wish::Begun(view))
        } else if self.rules.primary(view) == self.id {
            None
        } else {
            self.pending.first().map(|r| Wish::Executed(r.digest()))
        }
    }

    /// Writes, says what is to be said, and sets the timers: in this order.
    fn settle(&mut self, ctx: &mut Ctx<'_, Replica>, o: Outbox) {
        if std::mem::take(&mut self.dirty) && self.rules.mutant != Mutant::ForgetDisk {
            ctx.persist(self.log.clone());
        }
        o.empty(ctx, &self.rules, self.id, &self.treason);
        let wish = self.wishes();
        if wish != self.wish {
            self.wish = wish;
            match wish {
                Some(_) => ctx.set_timer(Timer::Wait, self.rules.patience(self.tries)),
                None => ctx.cancel_timer(Timer::Wait),
            }
        }
        let again = self.is_behind();
        match (again, self.asks_again) {
            (true, false) => ctx.set_timer(Timer::Again, self.rules.again),
            (false, true) => ctx.cancel_timer(Timer::Again),
            _ => {}
        }
        self.asks_again = again;
    }
}

impl Protocol for Replica {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = Log;

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.treason.betrays() {
            ctx.note(format!("is Byzantine: {}", self.treason.face()));
            ctx.fact(Fact::Betrays);
        }
    }

    /// What it has said is on its disk, and binds it; what others have said is told again.
    fn restart(&mut self, ctx: &mut Ctx<'_, Self>) {
        let installed = Replica::new(self.id, self.rules.clone(), self.key.clone(), self.treason.clone());
        *self = Replica { log: ctx.durable().clone(), ..installed };
        if self.log.changing {
            self.changes.insert(self.id, self.change());
        }
        self.settle(ctx, Outbox::default());
    }

    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, from: NodeId, msg: &Msg) {
        let mut o = Outbox::default();
        self.hear(&mut o, from, msg);
        self.settle(ctx, o);
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_, Self>, timer: Timer) {
        let mut o = Outbox::default();
        match timer {
            Timer::Wait => {
                self.wish = None;
                self.start_change(&mut o, self.log.view + 1);
            }
            Timer::Again => {
                self.asks_again = false;
                self.say_again(&mut o);
            }
        }
        self.settle(ctx, o);
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Wait => "view change",
            Timer::Again => "say again",
        }
    }

    fn requests(&self) -> &'static [Form] {
        super::treason::FORMS
    }

    /// It is bribed, or comes to its senses.
    fn on_request(&mut self, ctx: &mut Ctx<'_, Self>, asked: &Asked) {
        let was = self.treason.betrays();
        self.treason.turn(asked.word(0));
        ctx.note(format!("is {} from now on", asked.word(0)));
        if !was && self.treason.betrays() {
            ctx.fact(Fact::Betrays);
        }
    }

    /// Whatever else it may say in its own name.
    fn lie(&self, msg: &Msg, _: NodeId, draw: u64) -> Option<Msg> {
        super::treason::lie(self, msg, draw)
    }

    fn inspect(&self) -> Inspect {
        super::show::inspect(self)
    }
}
