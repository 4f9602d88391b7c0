//! The replica of a server: what is decided, applied in order and without a gap; clients, and catching up (PMMC, section 2).
//!
//! The rule that is easy to break: commands are decided in any order, and applied in one. A request that was decided twice, in two
//! slots, has one effect: the table of sessions, which is part of the state, sees to that.

use super::leader::Phase;
use super::server::{Cx, Server};
use super::{Command, Each, Fact, Hint, Msg, Mutant, Slot};
use crate::kit::store::{Execution, Op};
use crate::sim::{NodeId, Span};

/// The most commands in one message to a replica that lags behind.
const BATCH: usize = 64;

impl Server {
    /// This command is decided for this slot: it is applied when all before it are.
    pub(super) fn learn(&mut self, ctx: &mut Cx<'_>, slot: Slot, command: Command) {
        if self.decided.get(slot).is_none() {
            self.decided.set(slot, command);
        }
        if self.rules.mutant == Mutant::SkipGaps {
            self.next = self.next.max(slot);
        }
        while let Some(&command) = self.decided.get(self.next) {
            self.apply(ctx, command);
        }
    }

    fn apply(&mut self, ctx: &mut Cx<'_>, command: Command) {
        let slot = self.next;
        self.next += 1;
        let request = match command {
            Command::Noop => None,
            Command::Client { client, serial, op } => Some((self.rules.client(client), serial, op)),
        };
        let done = request.map(|(client, serial, op)| self.machine.apply(client, serial, op));
        let values = self.machine.digest();
        ctx.fact(Each::Applied { slot, command, request, values });
        // A command went through: a little less patience will do (PMMC, section 3).
        let less = Span(self.patience.0.saturating_sub(self.rules.timeout.0 / 10));
        self.patience = less.max(self.rules.timeout);
        if let (Some((client, serial, _)), Some(done), Phase::Active) = (request, done, &self.phase) {
            match done {
                Execution::Done(answer) | Execution::Again(answer) => {
                    ctx.send(client, Msg::ClientReply { serial, answer });
                }
                Execution::Stale => {}
            }
        }
    }

    pub(super) fn on_decision(&mut self, ctx: &mut Cx<'_>, first: Slot, commands: &[Command]) {
        for (slot, &command) in (first..).zip(commands) {
            self.learn(ctx, slot, command);
        }
        self.serve(ctx);
    }

    /// A client asks. What was executed is answered from the table of sessions; the leader takes the rest; others say who leads.
    pub(super) fn on_client_request(&mut self, ctx: &mut Cx<'_>, client: NodeId, serial: u32, op: Op) {
        if client.0 < self.rules.servers {
            return;
        }
        if let Some(session) = self.machine.session(client)
            && session.serial >= serial
        {
            if session.serial == serial {
                ctx.send(client, Msg::ClientReply { serial, answer: session.answer });
            }
            return;
        }
        if self.phase == Phase::Passive {
            return ctx.send(client, Msg::Redirect { serial, hint: Hint(self.leader) });
        }
        let command = Command::Client { client: self.rules.number(client), serial, op };
        if self.awaits(command) {
            return;
        }
        if self.phase == Phase::Active {
            ctx.fact(Fact::Takes { client: self.rules.number(client), serial });
        }
        self.requests.push_back(command);
        self.serve(ctx);
    }

    /// Whether this request is on its way into the log, or is there and not applied yet.
    fn awaits(&self, command: Command) -> bool {
        let decided = self.decided.iter_from(self.next).any(|(_, c)| *c == command);
        decided || self.requests.contains(&command) || self.commanders.values().any(|c| c.command == command)
    }

    /// The leader's heartbeat tells how far its replica is. Who was behind already at the one before has missed something.
    pub(super) fn on_heartbeat(&mut self, ctx: &mut Cx<'_>, from: NodeId, next: Slot) {
        let lags = self.next < self.told;
        self.told = next;
        if lags {
            let first = self.next;
            ctx.note(format!("lags behind, and asks what is decided from slot {first} on"));
            ctx.fact(Fact::LagsBehind { from: first });
            ctx.send(from, Msg::Missing { from: first });
        }
    }

    pub(super) fn on_missing(&self, ctx: &mut Cx<'_>, from: NodeId, first: Slot) {
        let known = (first.max(1)..).map_while(|slot| self.decided.get(slot).copied());
        let commands: Vec<Command> = known.take(BATCH).collect();
        if !commands.is_empty() {
            ctx.send(from, Msg::Decision { first, commands });
        }
    }
}
