//! What the replicated log carries: a client's operation on a small key-value store, or nothing.
//!
//! The rule that is easy to break: a command names its client and its serial number, because the
//! state machine itself, not the leader, decides whether it has been executed before (Ongaro 2014,
//! section 6.3).

use crate::sim::NodeId;
use crate::sim::form::{self, Asked, FieldKind, Form, FormField};
use std::fmt;

const KEY: FormField = FormField {
    label: "the key",
    kind: FieldKind::Letter { default: 'x' },
};

const fn number(label: &'static str, default: i64) -> FormField {
    FormField {
        label,
        kind: FieldKind::Int {
            default,
            min: i32::MIN as i64,
            max: i32::MAX as i64,
        },
    }
}

/// An operation on one key of the store. Keys are single lower-case letters, values whole numbers;
/// a key that was never set holds 0.
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
    /// Reads `key`. It goes through the log like a write, and so is linearizable.
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

/// What one entry of the log tells the state machine to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Nothing: a leader's first entry, which lets it commit what it inherited (section 8).
    Noop,
    /// A client's operation.
    Client {
        /// Who asks.
        client: NodeId,
        /// The client's number for this request: the same for every retry of it.
        serial: u32,
        /// What is asked.
        op: Op,
    },
}

impl Op {
    /// What a client may be asked.
    pub const FORMS: [Form; 4] = [
        Form {
            id: "set",
            label: "Set a key",
            fields: &[KEY, number("the value", 3)],
        },
        Form {
            id: "add",
            label: "Add to a key",
            fields: &[KEY, number("the number", 1)],
        },
        Form {
            id: "cas",
            label: "Compare and swap",
            fields: &[KEY, number("the old value", 3), number("the new value", 4)],
        },
        Form {
            id: "get",
            label: "Read a key",
            fields: &[KEY],
        },
    ];

    /// The operation that a client is asked for by one of [`Op::FORMS`].
    pub fn asked(asked: &Asked) -> Op {
        let key = asked.letter(0);
        let int = |i| asked.int(i) as i32;
        match asked.form {
            "set" => Op::Set { key, value: int(1) },
            "add" => Op::Add { key, by: int(1) },
            "cas" => Op::Cas {
                key,
                from: int(1),
                to: int(2),
            },
            _ => Op::Get { key },
        }
    }

    /// Reads an operation as a person writes it. The error is a sentence.
    pub fn parse(text: &str) -> Result<Op, String> {
        static FORMS: [Form; 4] = Op::FORMS;
        form::read(&FORMS, text).map(|asked| Op::asked(&asked))
    }

    /// The key it is about.
    pub fn key(self) -> char {
        match self {
            Op::Set { key, .. } | Op::Add { key, .. } | Op::Cas { key, .. } | Op::Get { key } => {
                key
            }
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
            Answer::Refused(v) => write!(f, "failed, it is {v}"),
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Command::Noop => f.write_str("no-op"),
            Command::Client { op, .. } => op.fmt(f),
        }
    }
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
            assert!(Op::parse(text).unwrap_err().contains("set x 3"), "{text}");
        }
    }

    /// cas fails on 5 when it expects 4, and leaves 5.
    #[test]
    fn a_failed_comparison_changes_nothing() {
        let cas = Op::parse("cas x 4 9").unwrap();
        assert_eq!(cas.on(5), (5, Answer::Refused(5)));
        assert_eq!(cas.on(4), (9, Answer::Value(9)));
    }
}
