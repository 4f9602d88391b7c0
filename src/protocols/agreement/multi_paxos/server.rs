//! A server: the state of its three roles, and which of them handles what.
//!
//! The rule that is easy to break: a crash leaves the acceptor's votes, and nothing else. What was decided, and so the state, is learnt
//! anew; and who led does not lead any more.

use super::acceptor::Votes;
use super::leader::{Commander, Phase};
use super::slots::Slots;
use super::{Ballot, Command, Fact, Found, Msg, Rules, Slot, show};
use crate::kit::store::Store;
use crate::sim::{Ctx, Inspect, NodeId, Protocol, Span};
use std::collections::{BTreeMap, VecDeque};

/// A server's timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Timer {
    /// No leader was heard for too long.
    Silence,
    /// The leader's next heartbeat.
    Beat,
}

/// A server.
#[derive(Clone, Debug, Hash)]
pub(super) struct Server {
    pub(super) me: NodeId,
    pub(super) rules: Rules,
    // It begins a ballot at its first boot.
    at_once: bool,

    /// Its acceptor's, as on its disk.
    pub(super) votes: Votes,

    /// What its replica knows to be decided.
    pub(super) decided: Slots<Command>,
    /// The slot that it applies next (PMMC: `slot_out`).
    pub(super) next: Slot,
    pub(super) machine: Store,
    /// How far the leader's replica was at its last heartbeat.
    pub(super) told: Slot,

    /// What it is as a leader, and its newest ballot.
    pub(super) phase: Phase,
    pub(super) ballot: Ballot,
    pub(super) commanders: BTreeMap<Slot, Commander>,
    /// The first slot that it has to give away (PMMC: `slot_in`).
    pub(super) free: Slot,
    /// What it was asked for and has not proposed yet.
    pub(super) requests: VecDeque<Command>,
    /// Its ballot has carried a command, where each command has a ballot of its own.
    pub(super) used: bool,
    /// Who leads, as far as it knows.
    pub(super) leader: Option<NodeId>,
    /// The highest round that it has heard of.
    pub(super) seen: u32,
    /// Its timeout now.
    pub(super) patience: Span,
    /// How many ballots it has begun since it booted.
    pub(super) begun: u32,
}

/// A shorter name for the view that a handler has.
pub(super) type Cx<'a> = Ctx<'a, Server>;

impl Server {
    pub(super) fn new(me: NodeId, rules: Rules, at_once: bool) -> Self {
        Server {
            me,
            rules,
            at_once,
            votes: Votes::default(),
            decided: Slots::default(),
            next: 1,
            machine: Store::default(),
            told: 0,
            phase: Phase::Passive,
            ballot: Ballot::NONE,
            commanders: BTreeMap::new(),
            free: 1,
            requests: VecDeque::new(),
            used: false,
            leader: None,
            seen: 0,
            patience: rules.timeout,
            begun: 0,
        }
    }

    fn heartbeat(&mut self, ctx: &mut Cx<'_>, from: NodeId, ballot: Ballot, next: Slot) {
        if ballot < self.votes.promised {
            return self.refuse(ctx, from, ballot);
        }
        self.hear_leader(ctx, from, ballot);
        self.on_heartbeat(ctx, from, next);
    }
}

impl Protocol for Server {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = Votes;

    fn start(&mut self, ctx: &mut Cx<'_>) {
        match self.at_once && self.rules.may_lead(self.me) {
            true => ctx.set_timer(Timer::Silence, Span::ZERO),
            false => self.wait(ctx),
        }
    }

    fn restart(&mut self, ctx: &mut Cx<'_>) {
        let votes = ctx.durable().clone();
        *self = Server { votes, ..Server::new(self.me, self.rules, self.at_once) };
        let (promised, count) = (self.votes.promised, self.votes.accepted.count());
        ctx.fact(Fact::Boots);
        ctx.note(format!("boots with its promise ({promised}) and votes for {count} slots from its disk"));
        if !self.resume(ctx) {
            self.wait(ctx);
        }
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        match *msg {
            Msg::Prepare { ballot, from: first } => self.on_prepare(ctx, from, ballot, first),
            Msg::Promise { ballot, ref found } => self.on_promise(ctx, from, ballot, found),
            Msg::Accept { ballot, slot, command } => self.on_accept(ctx, from, ballot, (slot, command)),
            Msg::Accepted { ballot, slot } => self.on_accepted(ctx, from, ballot, slot),
            Msg::Nack { promised, .. } => self.overtaken_by(ctx, promised),
            Msg::Decision { first, ref commands } => self.on_decision(ctx, first, commands),
            Msg::Heartbeat { ballot, next } => self.heartbeat(ctx, from, ballot, next),
            Msg::Missing { from: first } => self.on_missing(ctx, from, first),
            Msg::ClientRequest { serial, op } => self.on_client_request(ctx, from, serial, op),
            // Meant for clients.
            Msg::ClientReply { .. } | Msg::Redirect { .. } => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        match timer {
            Timer::Silence if self.phase == Phase::Passive => self.begin(ctx),
            Timer::Silence => {}
            Timer::Beat => self.on_beat(ctx),
        }
    }

    /// A liar conceals what it has accepted, says that it has accepted what it has not, and asks each for something else.
    fn lie(&self, msg: &Msg, _: NodeId, draw: u64) -> Option<Msg> {
        match *msg {
            Msg::Promise { ballot, .. } => Some(Msg::Promise { ballot, found: Found::default() }),
            Msg::Accept { ballot, slot, .. } if draw.is_multiple_of(2) => {
                Some(Msg::Accept { ballot, slot, command: Command::Noop })
            }
            Msg::Nack { ballot, .. } if self.next > 0 => Some(Msg::Accepted { ballot, slot: self.next }),
            _ => None,
        }
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Silence => "waits for a leader",
            Timer::Beat => "heartbeat",
        }
    }

    fn inspect(&self) -> Inspect {
        show::server(self)
    }
}
