//! A server: what it keeps, and what it does with each message, as primary, as backup, and when it has been away.
//!
//! The rule that is easy to break: a message tells its epoch, and is looked at only after that. One from an older epoch is answered with
//! the newer one, and has no other effect.

use super::primary::Member;
use super::{Fact, Item, Mode, Msg, Mutant, Rules};
use crate::kit::journal::Journal;
use crate::kit::prelude::*;
use crate::kit::store::{Execution, Store};
use std::collections::{BTreeMap, VecDeque};

/// How many updates wait for one that they have overtaken.
const EARLY: usize = 64;

/// What a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Role {
    Primary,
    Backup,
    /// A backup that compares what it has with the others, for the primary is silent.
    Standing,
    /// It was down, or is out of date, and waits for the primary's state.
    Joining,
    /// Its process has come to an end.
    Gone,
}

/// What is on disk: the epoch, and all that was put in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Kept {
    pub(super) epoch: u32,
    pub(super) log: Journal<Item>,
}

/// A server's timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Timer {
    /// The next heartbeat; of who joins, the next time that it asks.
    Beat,
    /// The primary has been silent for too long.
    Silence,
    /// The lag of an update is over.
    Ship,
    /// The answers of the other backups are here.
    Answers,
    /// The process comes to its end.
    End,
}

/// What another server has told of its disk, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Told {
    pub(super) epoch: u32,
    pub(super) len: u32,
    pub(super) at: u64,
}

#[derive(Clone, Debug, Hash)]
pub(super) struct Server {
    pub(super) rules: Rules,
    pub(super) me: NodeId,
    dies: bool,
    pub(super) kept: Kept,
    pub(super) role: Role,
    // The state that executing the first `done` of the log gives.
    pub(super) machine: Store,
    pub(super) done: u32,
    pub(super) leader: Option<NodeId>,
    // As primary: who must have an update, up to where they were sent any, up to where at the last heartbeat, when the next are
    // due, and what was here when it became primary.
    pub(super) view: BTreeMap<NodeId, Member>,
    pub(super) shipped: u32,
    pub(super) at_beat: u32,
    pub(super) due: VecDeque<u64>,
    pub(super) found: u32,
    // As backup: updates that have overtaken others, and wait for them.
    pub(super) early: BTreeMap<u32, Item>,
    // As one that stands or joins: what others have.
    pub(super) told: BTreeMap<NodeId, Told>,
}

pub(super) type Cx<'a> = Ctx<'a, Server>;

impl Server {
    pub(super) fn new(rules: Rules, me: NodeId, dies: bool) -> Self {
        Server {
            rules,
            me,
            dies,
            kept: Kept { epoch: 1, log: Journal::default() },
            role: Role::Backup,
            machine: Store::default(),
            done: 0,
            leader: Some(rules.owner(1)),
            view: BTreeMap::new(),
            shipped: 0,
            at_beat: 0,
            due: VecDeque::new(),
            found: 0,
            early: BTreeMap::new(),
            told: BTreeMap::new(),
        }
    }

    /// How long it is patient with its primary: those before it in the line have a timeout each.
    pub(super) fn patience(&self) -> Span {
        let owner = self.rules.owner(self.kept.epoch);
        let before = self.rules.before(owner, self.me).count() as u64;
        match self.rules.complete {
            true => self.rules.timeout,
            false => Span(self.rules.timeout.0 * (before + 1)),
        }
    }

    pub(super) fn last(&self) -> u32 {
        self.kept.log.last_index()
    }

    /// Executes what comes next in its order.
    pub(super) fn apply_next(&mut self, ctx: &mut Cx<'_>) {
        let index = self.done + 1;
        let Some(&Item { epoch, client, serial, op }) = self.kept.log.get(index) else {
            return;
        };
        let executed = self.machine.apply(client, serial, op);
        self.done = index;
        ctx.fact(Fact::Applied { epoch, index, values: self.machine.digest() });
        let answers = self.role == Role::Primary && index > self.found;
        if let Execution::Done(answer) | Execution::Again(answer) = executed
            && answers
        {
            ctx.send(client, Msg::Reply { serial, answer });
        }
    }

    /// A backup executes what the primary has executed, as far as it has it.
    fn follow(&mut self, ctx: &mut Cx<'_>, done: u32) {
        while self.done < done.min(self.last()) {
            self.apply_next(ctx);
        }
    }

    /// Builds the state anew from the order that it was sent.
    fn rebuild(&mut self, ctx: &mut Cx<'_>, done: u32) {
        let done = done.min(self.last());
        self.machine = Store::default();
        self.done = done.saturating_sub(1);
        for (_, item) in self.kept.log.iter_from(1).take(self.done as usize) {
            _ = self.machine.apply(item.client, item.serial, item.op);
        }
        self.follow(ctx, done);
    }

    fn ack(&self, ctx: &mut Cx<'_>, to: NodeId) {
        ctx.send(to, Msg::Ack { epoch: self.kept.epoch, upto: self.last() });
    }

    /// Whether a message of another server is of its own epoch. An older one is told of the newer; a newer one ends what it was.
    fn is_of_now(&mut self, ctx: &mut Cx<'_>, from: NodeId, epoch: u32) -> bool {
        if epoch < self.kept.epoch {
            ctx.send(from, Msg::Newer { epoch: self.kept.epoch });
        } else if epoch > self.kept.epoch {
            self.yields(ctx, epoch);
        }
        epoch == self.kept.epoch
    }

    /// There is a newer epoch: whatever it was, it is out of date, and joins.
    pub(super) fn yields(&mut self, ctx: &mut Cx<'_>, epoch: u32) {
        if self.role == Role::Joining || !self.steps_down(ctx, epoch) {
            return;
        }
        self.join(ctx);
    }

    /// A primary that hears of a newer epoch is primary no longer. Whether it has stepped down, or was no primary.
    fn steps_down(&mut self, ctx: &mut Cx<'_>, epoch: u32) -> bool {
        if self.role == Role::Primary {
            if self.rules.mutant == Mutant::NoStepDown {
                return false;
            }
            ctx.note(format!("hears of epoch {epoch}, and steps down"));
            ctx.fact(Fact::SteppedDown { epoch: self.kept.epoch });
        }
        true
    }

    /// Asks who is the primary, and again until it is sent the state.
    fn join(&mut self, ctx: &mut Cx<'_>) {
        self.role = Role::Joining;
        self.leader = None;
        self.view.clear();
        self.due.clear();
        self.early.clear();
        self.told.clear();
        for timer in [Timer::Silence, Timer::Ship, Timer::Answers] {
            ctx.cancel_timer(timer);
        }
        self.hello(ctx);
    }

    fn hello(&mut self, ctx: &mut Cx<'_>) {
        let (epoch, len) = (self.kept.epoch, self.last());
        ctx.broadcast(self.rules.others(self.me), Msg::Hello { epoch, len });
        ctx.set_timer(Timer::Beat, Span(2 * self.rules.beat.0));
    }

    /// A backup takes what comes next, in order and without a gap; what has overtaken it waits. Its disk has it before it says so.
    fn update(&mut self, ctx: &mut Cx<'_>, sender: NodeId, (from, items): (u32, &[Item])) {
        let next = self.last() + 1;
        if from > next && self.rules.mutant != Mutant::AnyOrder {
            let room = EARLY.saturating_sub(self.early.len());
            self.early.extend((from..).zip(items.iter().copied()).take(room));
            return self.ack(ctx, sender);
        }
        let known = next.saturating_sub(from) as usize;
        items.iter().skip(known).for_each(|&item| self.kept.log.append(item));
        while let Some(item) = self.early.remove(&(self.last() + 1)) {
            self.kept.log.append(item);
        }
        if self.last() >= next {
            ctx.persist(self.kept.clone());
            for (index, item) in self.kept.log.iter_from(next) {
                ctx.fact(Fact::Took { epoch: item.epoch, index });
            }
        }
        self.early = self.early.split_off(&(self.last() + 1));
        self.ack(ctx, sender);
    }

    /// The primary's state: the order so far. Within an epoch orders only grow, so a longer one is kept.
    fn state(&mut self, ctx: &mut Cx<'_>, sender: NodeId, (epoch, log, done): (u32, &Journal<Item>, u32)) {
        if epoch < self.kept.epoch {
            return ctx.send(sender, Msg::Newer { epoch: self.kept.epoch });
        }
        if self.role == Role::Primary && epoch == self.kept.epoch || !self.steps_down(ctx, epoch) {
            return;
        }
        let longer = epoch == self.kept.epoch && self.last() >= log.last_index();
        let was = self.role;
        if !longer {
            self.kept = Kept { epoch, log: log.clone() };
            ctx.persist(self.kept.clone());
        }
        self.role = Role::Backup;
        self.leader = Some(sender);
        self.view.clear();
        self.due.clear();
        self.early.clear();
        [Timer::Beat, Timer::Ship, Timer::Answers].iter().for_each(|&t| ctx.cancel_timer(t));
        ctx.set_timer(Timer::Silence, self.patience());
        match longer && was == Role::Backup {
            true => self.follow(ctx, done),
            false => {
                self.rebuild(ctx, done);
                ctx.note(format!("has the state of epoch {epoch} from S{}", sender.0 + 1));
                ctx.fact(Fact::Joined { epoch });
            }
        }
        self.ack(ctx, sender);
    }

    /// The primary is there.
    fn beat_heard(&mut self, ctx: &mut Cx<'_>, sender: NodeId, done: u32) {
        self.role = Role::Backup;
        self.leader = Some(sender);
        ctx.cancel_timer(Timer::Answers);
        ctx.set_timer(Timer::Silence, self.patience());
        self.follow(ctx, done);
        self.ack(ctx, sender);
    }

    fn is_backup(&self) -> bool {
        matches!(self.role, Role::Backup | Role::Standing)
    }

    /// An update of an older epoch is not taken.
    fn takes(&mut self, ctx: &mut Cx<'_>, sender: NodeId, epoch: u32) -> bool {
        let old = epoch < self.kept.epoch && self.rules.mutant == Mutant::TakesOld;
        (old || self.is_of_now(ctx, sender, epoch)) && self.is_backup()
    }
}

impl Protocol for Server {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = Kept;

    fn start(&mut self, ctx: &mut Cx<'_>) {
        if self.dies {
            let end = ctx.random_span(Span::secs(3), Span::secs(5));
            ctx.set_timer(Timer::End, end);
        }
        match self.rules.owner(1) == self.me {
            true => self.lead(ctx, self.rules.others(self.me).collect()),
            false => ctx.set_timer(Timer::Silence, self.patience()),
        }
    }

    /// It has missed something, and does not know what.
    fn restart(&mut self, ctx: &mut Cx<'_>) {
        let fresh = Server::new(self.rules, self.me, false);
        *self = Server { kept: ctx.durable().clone(), ..fresh };
        let owner = self.rules.owner(self.kept.epoch);
        match self.rules.mutant {
            Mutant::BackAsPrimary if owner == self.me => {
                self.lead(ctx, self.rules.others(self.me).collect());
            }
            Mutant::StaleBackup => {
                self.leader = Some(owner);
                self.rebuild(ctx, self.last());
                ctx.set_timer(Timer::Silence, self.patience());
            }
            _ => {
                ctx.note("is back, and asks for the primary's state");
                self.join(ctx);
            }
        }
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        if self.role == Role::Gone {
            return;
        }
        match msg {
            Msg::Request { serial, op } => self.request(ctx, from, (*serial, *op)),
            Msg::Update { epoch, from: first, items, done } => {
                if self.takes(ctx, from, *epoch) {
                    self.update(ctx, from, (*first, items));
                    self.follow(ctx, *done);
                }
            }
            Msg::Ack { epoch, upto } => {
                if self.is_of_now(ctx, from, *epoch) && self.role == Role::Primary {
                    self.acked(ctx, from, *upto);
                }
            }
            Msg::Beat { epoch, done } => {
                if self.is_of_now(ctx, from, *epoch) && self.is_backup() {
                    self.beat_heard(ctx, from, *done);
                }
            }
            Msg::Newer { epoch } => {
                if *epoch > self.kept.epoch {
                    self.yields(ctx, *epoch);
                }
            }
            Msg::Hello { epoch, len } => self.hello_heard(ctx, from, (*epoch, *len)),
            Msg::State { epoch, log, done } => self.state(ctx, from, (*epoch, log, *done)),
            Msg::Compare { epoch, len, asks } => {
                if self.is_of_now(ctx, from, *epoch) && self.is_backup() {
                    self.compared(ctx, from, (*len, *asks));
                }
            }
            Msg::Reply { .. } | Msg::Redirect { .. } => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        match (timer, self.role) {
            (Timer::Beat, Role::Primary) => self.beat(ctx),
            (Timer::Beat, Role::Joining) => self.hello(ctx),
            (Timer::Silence, Role::Backup) => self.suspects(ctx),
            (Timer::Ship, Role::Primary) => self.ship_due(ctx),
            (Timer::Answers, Role::Standing) => self.decide(ctx),
            (Timer::End, _) => {
                ctx.note("has come to its end");
                ctx.fact(Fact::Gone { primary: self.role == Role::Primary });
                self.role = Role::Gone;
                for timer in [Timer::Beat, Timer::Silence, Timer::Ship, Timer::Answers] {
                    ctx.cancel_timer(timer);
                }
            }
            _ => {}
        }
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Beat => "heartbeat",
            Timer::Silence => "silence",
            Timer::Ship => "lag",
            Timer::Answers => "answers",
            Timer::End => "end",
        }
    }

    /// A liar says that it has what it does not have.
    fn lie(&self, msg: &Msg, _: NodeId, draw: u64) -> Option<Msg> {
        match *msg {
            Msg::Ack { epoch, upto } => Some(Msg::Ack { epoch, upto: upto + 1 + (draw % 4) as u32 }),
            _ => None,
        }
    }

    fn inspect(&self) -> Inspect {
        super::show::inspect(self)
    }
}

impl Mode {
    /// How many of so many backups must have an update before it is answered.
    pub(super) fn needs(self, backups: usize) -> usize {
        match self {
            Mode::Async => 0,
            Mode::Semi => backups.min(1),
            Mode::Sync => backups,
        }
    }
}
