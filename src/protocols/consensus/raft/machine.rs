//! The replicated state machine: a key-value store that executes each request exactly once.
//!
//! The rule that is easy to break: the table of sessions is part of the replicated state. It is
//! built from the log alone, so every server, after any crash, comes to the same decision about
//! what is a duplicate (Ongaro 2014, section 6.3).

use super::command::{Answer, Command, Op};
use crate::sim::NodeId;
use std::collections::BTreeMap;

/// What the machine remembers of a client: one request at a time is under way, so one is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    /// The newest request that was executed.
    pub serial: u32,
    /// What it was answered.
    pub answer: Answer,
}

/// What applying a command did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It was executed.
    Done(Answer),
    /// It had been executed before; this is the answer it was given then.
    Again(Answer),
    /// The client has moved on to a later request; nobody waits for this one, and it is not done.
    Stale,
    /// It was a no-op.
    Nothing,
}

/// The store and its sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Machine {
    values: BTreeMap<char, i32>,
    sessions: BTreeMap<NodeId, Session>,
}

impl Machine {
    /// Applies `command`, which is next in the log.
    pub fn apply(&mut self, command: Command) -> Applied {
        let Command::Client { client, serial, op } = command else {
            return Applied::Nothing;
        };
        match self.sessions.get(&client) {
            Some(s) if s.serial == serial => Applied::Again(s.answer),
            Some(s) if s.serial > serial => Applied::Stale,
            _ => {
                let answer = self.execute(op);
                self.sessions.insert(client, Session { serial, answer });
                Applied::Done(answer)
            }
        }
    }

    fn execute(&mut self, op: Op) -> Answer {
        let (value, answer) = op.on(self.value(op.key()));
        self.values.insert(op.key(), value);
        answer
    }

    /// What `key` holds.
    pub fn value(&self, key: char) -> i32 {
        self.values.get(&key).copied().unwrap_or(0)
    }

    /// What is remembered of `client`.
    pub fn session(&self, client: NodeId) -> Option<Session> {
        self.sessions.get(&client).copied()
    }

    /// Keys and values, in order.
    pub fn values(&self) -> &BTreeMap<char, i32> {
        &self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// add x 1 twice with one serial is 1, with two serials is 2.
    #[test]
    fn a_repeated_serial_has_no_second_effect() {
        let mut m = Machine::default();
        let add = |serial| Command::Client {
            client: NodeId(5),
            serial,
            op: Op::Add { key: 'x', by: 1 },
        };
        assert_eq!(m.apply(add(1)), Applied::Done(Answer::Value(1)));
        assert_eq!(m.apply(add(1)), Applied::Again(Answer::Value(1)));
        assert_eq!(m.apply(add(2)), Applied::Done(Answer::Value(2)));
        assert_eq!(m.apply(add(1)), Applied::Stale);
        assert_eq!(m.value('x'), 2);
    }
}
