//! Replicated key-value state: the operations, the values, and the table of sessions that makes each
//! request take effect once. With it, the client's half ([`KeyValue`]) and the promise ([`exactly_once`]).
//!
//! Keys are single lower-case letters, values whole numbers; a key that was never set holds 0.
//!
//! The rule that is easy to break: the table of sessions is part of the replicated state. It is built from
//! the log alone, so every server, after any crash, comes to the same decision about what is a duplicate
//! (Ongaro 2014, section 6.3).

mod once;
mod service;

pub use once::{Applied, exactly_once};
pub use service::{KeyValue, KeyValueMsg};

use crate::sim::NodeId;
use crate::sim::form::{self, Asked, FieldKind, Form, FormField};
use crate::sim::hash::Fx;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};

/// An operation on one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Sets `key` to `value`.
    Set {
        /// The key.
        key: char,
        /// Its new value.
        value: i32,
    },
    /// Adds `by` to `key`: not idempotent, so that a second execution would show.
    Add {
        /// The key.
        key: char,
        /// How much is added.
        by: i32,
    },
    /// Sets `key` to `to` if it holds `from`, else fails and changes nothing.
    Cas {
        /// The key.
        key: char,
        /// The value it must hold.
        from: i32,
        /// Its new value.
        to: i32,
    },
    /// Reads `key`. What goes through the log like a write is linearizable.
    Get {
        /// The key.
        key: char,
    },
}

/// What the store answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It was done; the key now holds this.
    Value(i32),
    /// It was not done, and never will be: the key held this instead.
    Refused(i32),
}

const KEY: FormField = FormField { label: "the key", kind: FieldKind::Letter { default: 'x' } };

const fn number(label: &'static str, default: i64) -> FormField {
    FormField { label, kind: FieldKind::Int { default, min: i32::MIN as i64, max: i32::MAX as i64 } }
}

const fn ask(id: &'static str, label: &'static str, fields: &'static [FormField]) -> Form {
    Form { id, label, fields }
}

impl Op {
    /// What a client may be asked.
    pub const FORMS: &'static [Form] = &[
        ask("set", "Set a key", &[KEY, number("the value", 3)]),
        ask("add", "Add to a key", &[KEY, number("the number", 1)]),
        ask("cas", "Compare and swap", &[KEY, number("the old value", 3), number("the new value", 4)]),
        ask("get", "Read a key", &[KEY]),
    ];

    /// The operation that a client is asked for by one of [`Op::FORMS`].
    pub fn asked(asked: &Asked) -> Op {
        let key = asked.letter(0);
        let int = |i| asked.int(i) as i32;
        match asked.form {
            "set" => Op::Set { key, value: int(1) },
            "add" => Op::Add { key, by: int(1) },
            "cas" => Op::Cas { key, from: int(1), to: int(2) },
            _ => Op::Get { key },
        }
    }

    /// Reads an operation as a person writes it.
    ///
    /// # Errors
    /// A sentence that says what would be one.
    pub fn parse(text: &str) -> Result<Op, String> {
        form::read(Op::FORMS, text).map(|asked| Op::asked(&asked))
    }

    /// The key it is about.
    pub fn key(self) -> char {
        match self {
            Op::Set { key, .. } | Op::Add { key, .. } | Op::Cas { key, .. } | Op::Get { key } => key,
        }
    }

    /// What it makes of the value that its key holds: the new value, and the answer.
    pub fn on(self, held: i32) -> (i32, Answer) {
        match self {
            Op::Set { value, .. } => (value, Answer::Value(value)),
            Op::Add { by, .. } => {
                let sum = held.wrapping_add(by);
                (sum, Answer::Value(sum))
            }
            Op::Cas { from, to, .. } if held == from => (to, Answer::Value(to)),
            Op::Cas { .. } => (held, Answer::Refused(held)),
            Op::Get { .. } => (held, Answer::Value(held)),
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Op::Set { key, value } => write!(f, "set {key} {value}"),
            Op::Add { key, by } => write!(f, "add {key} {by}"),
            Op::Cas { key, from, to } => write!(f, "cas {key} {from} {to}"),
            Op::Get { key } => write!(f, "get {key}"),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Value(v) => write!(f, "ok {v}"),
            Answer::Refused(v) => write!(f, "no match, it is {v}"),
        }
    }
}

/// What is remembered of a client: one request at a time is under way, so one is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Session<A> {
    /// The newest request that was executed.
    pub serial: u32,
    /// What it was answered.
    pub answer: A,
}

/// What became of a request that was put to a state machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Execution<A> {
    /// It was executed.
    Done(A),
    /// It had been executed before; this is the answer it was given then.
    Again(A),
    /// The client has moved on to a later request; nobody waits for this one, and it is not done.
    Stale,
}

/// The table of sessions of any state machine, whatever it answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sessions<A>(BTreeMap<NodeId, Session<A>>);

impl<A> Default for Sessions<A> {
    fn default() -> Self {
        Sessions(BTreeMap::new())
    }
}

impl<A: Copy> Sessions<A> {
    /// What is remembered of `client`.
    pub fn get(&self, client: NodeId) -> Option<Session<A>> {
        self.0.get(&client).copied()
    }

    /// Executes request number `serial` of `client`, unless it has been.
    pub fn once(&mut self, client: NodeId, serial: u32, execute: impl FnOnce() -> A) -> Execution<A> {
        match self.get(client) {
            Some(s) if s.serial == serial => Execution::Again(s.answer),
            Some(s) if s.serial > serial => Execution::Stale,
            _ => {
                let answer = execute();
                self.0.insert(client, Session { serial, answer });
                Execution::Done(answer)
            }
        }
    }
}

/// Keys and values, with the sessions of those who changed them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Store {
    values: BTreeMap<char, i32>,
    sessions: Sessions<Answer>,
}

impl Store {
    /// Executes request number `serial` of `client`, which is next in the log.
    pub fn apply(&mut self, client: NodeId, serial: u32, op: Op) -> Execution<Answer> {
        let Store { values, sessions } = self;
        sessions.once(client, serial, || {
            let held = values.entry(op.key()).or_insert(0);
            let (value, answer) = op.on(*held);
            *held = value;
            answer
        })
    }

    /// What `key` holds.
    pub fn value(&self, key: char) -> i32 {
        self.values.get(&key).copied().unwrap_or(0)
    }

    /// What is remembered of `client`.
    pub fn session(&self, client: NodeId) -> Option<Session<Answer>> {
        self.sessions.get(client)
    }

    /// Keys and values, in order.
    pub fn values(&self) -> &BTreeMap<char, i32> {
        &self.values
    }

    /// Forgets all sessions: what a snapshot gets wrong that holds the values alone.
    pub fn forget_sessions(&mut self) {
        self.sessions = Sessions::default();
    }

    /// A digest of all values: two stores with the same are taken for equal.
    pub fn digest(&self) -> u64 {
        digest(&self.values)
    }
}

/// A digest of keys and values.
fn digest(values: &BTreeMap<char, i32>) -> u64 {
    let mut h = Fx::default();
    values.hash(&mut h);
    h.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_reads_as_it_is_written() {
        for text in ["set x 3", "add y -1", "cas a 3 4", "get z"] {
            assert_eq!(Op::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "set", "set xy 3", "set X 3", "set x three", "get x 1"] {
            assert!(Op::parse(text).is_err(), "{text}");
        }
        assert!(Op::parse("put").unwrap_err().contains("set x 3"));
    }

    /// cas fails on 5 when it expects 4, and leaves 5.
    #[test]
    fn a_failed_comparison_changes_nothing() {
        let cas = Op::parse("cas x 4 9").unwrap();
        assert_eq!(cas.on(5), (5, Answer::Refused(5)));
        assert_eq!(cas.on(4), (9, Answer::Value(9)));
    }

    /// add x 1 twice with one serial is 1, with two serials is 2.
    #[test]
    fn a_repeated_serial_has_no_second_effect() {
        let mut m = Store::default();
        let mut add = |serial| m.apply(NodeId(5), serial, Op::Add { key: 'x', by: 1 });
        assert_eq!(add(1), Execution::Done(Answer::Value(1)));
        assert_eq!(add(1), Execution::Again(Answer::Value(1)));
        assert_eq!(add(2), Execution::Done(Answer::Value(2)));
        assert_eq!(add(1), Execution::Stale);
        assert_eq!(m.value('x'), 2);
        assert_eq!(m.session(NodeId(5)).map(|s| s.serial), Some(2));
    }
}
