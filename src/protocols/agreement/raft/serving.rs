//! Serving clients: section 8, and sessions from the dissertation's section 6.3.
//!
//! The rule that is easy to break: a client is told that its command was executed only when the
//! command is applied, which is after it was committed. A retry is answered from the table of
//! sessions; it never has a second effect.

use super::facts::Fact;
use super::log::{Command, Entry};
use super::message::Msg;
use super::server::{Cx, Role, Server};
use crate::kit::store::{Answer, Execution, Op};
use crate::sim::NodeId;

impl Server {
    /// A client asks. Who does not lead says who does (section 8); the leader appends, replicates,
    /// and answers when the entry is applied.
    pub(super) fn on_client_request(&mut self, ctx: &mut Cx<'_>, client: NodeId, serial: u32, op: Op) {
        if let Some(session) = self.machine.session(client)
            && session.serial >= serial
        {
            // Executed already: the answer of then (Ongaro 2014, 6.3). A client that has moved on
            // to a later request waits for no answer to this one.
            if session.serial == serial {
                ctx.fact(Fact::AnsweredAgain { client, serial });
                let answer = session.answer;
                self.send(ctx, client, Msg::ClientReply { serial, answer });
            }
            return;
        }
        if self.role != Role::Leader {
            // Who is outside does not hear who leads now.
            let hint = self.leader.filter(|_| !self.is_outside());
            self.send(ctx, client, Msg::Redirect { serial, hint });
            return;
        }
        if self.awaits(client, serial) {
            return;
        }
        let command = Command::Client { client, serial, op };
        let term = self.current_term;
        self.append(Entry { term, command });
        ctx.note(format!("appends entry {}: {op}", self.log.last_index()));
        self.replicate(ctx);
        self.advance_commit(ctx);
    }

    /// Whether this request is in the log already, in an entry of this term, and will be answered
    /// when that is applied. A copy from an older term may never be committed without a new entry
    /// behind it (5.4.2), so it does not count.
    fn awaits(&self, client: NodeId, serial: u32) -> bool {
        let waiting = self.log.iter_from(self.last_applied + 1);
        waiting.filter(|(_, e)| e.term == self.current_term).any(|(_, e)| {
            matches!(e.command, Command::Client { client: c, serial: s, .. } if (c, s) == (client, serial))
        })
    }

    /// Tells `client` what became of its request.
    pub(super) fn answer(
        &mut self,
        ctx: &mut Cx<'_>,
        client: NodeId,
        serial: u32,
        executed: Execution<Answer>,
    ) {
        match executed {
            Execution::Done(answer) | Execution::Again(answer) => {
                self.send(ctx, client, Msg::ClientReply { serial, answer });
            }
            Execution::Stale => {}
        }
    }
}
