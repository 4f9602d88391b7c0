//! Parameters: typed and ranged once, with the constructors by which a protocol's table reads as one.
//!
//! The rule that is easy to break: whoever takes a value from outside (a link, the command line, the
//! page) passes it through [`super::Entry::params`], which refuses what is not in the table.

use crate::sim::letters::short;
use crate::sim::{Refusal, Span};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A parameter's value.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(untagged, expecting = "a parameter is true, false, a whole number or a word")]
pub enum Value {
    /// On or off.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// One of a list of words.
    Word(String),
}

/// One of the words that a parameter may take.
pub struct Choice {
    /// The word in links and on the command line: `forget-vote`.
    pub id: &'static str,
    /// What it means, for people.
    pub label: &'static str,
}

impl Choice {
    /// The word `id`, and what it means.
    pub const fn new(id: &'static str, label: &'static str) -> Self {
        Choice { id, label }
    }
}

/// What a parameter may be.
pub enum ParamKind {
    /// On or off.
    Bool(bool),
    /// A whole number.
    Int {
        /// The default.
        default: i64,
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
        /// `ms`, `ppm`, or nothing.
        unit: &'static str,
    },
    /// One of these; the first is the default.
    Choice(&'static [Choice]),
}

/// A parameter of a protocol.
pub struct Param {
    /// Its name in links and on the command line: `nodes`, `prevote`, `mutant`.
    pub id: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// What it may be.
    pub kind: ParamKind,
}

/// A full set of checked values: every parameter of the protocol, none else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Params(pub BTreeMap<&'static str, Value>);

impl Params {
    /// The number called `id`; 0 if it is none (a programming error, caught by the registry test).
    pub fn int(&self, id: &str) -> i64 {
        match self.0.get(id) {
            Some(Value::Int(i)) => *i,
            _ => 0,
        }
    }

    /// The switch called `id`.
    pub fn flag(&self, id: &str) -> bool {
        matches!(self.0.get(id), Some(Value::Bool(true)))
    }

    /// The milliseconds called `id`, as a span.
    pub fn ms(&self, id: &str) -> Span {
        Span::ms(self.int(id).max(0) as u64)
    }

    /// The per cent called `id`, in parts per million.
    pub fn ppm(&self, id: &str) -> u32 {
        (self.int(id).clamp(0, 100) * 10_000) as u32
    }

    /// The word called `id`.
    pub fn word(&self, id: &str) -> &str {
        match self.0.get(id) {
            Some(Value::Word(w)) => w,
            _ => "",
        }
    }
}

impl Param {
    /// A whole number, with its default and range.
    pub const fn int(
        id: &'static str,
        label: &'static str,
        default: i64,
        range: std::ops::RangeInclusive<i64>,
    ) -> Self {
        Param::measured(id, label, "", default, range)
    }

    /// A whole number with a unit.
    pub const fn measured(
        id: &'static str,
        label: &'static str,
        unit: &'static str,
        default: i64,
        range: std::ops::RangeInclusive<i64>,
    ) -> Self {
        Param { id, label, kind: ParamKind::Int { default, min: *range.start(), max: *range.end(), unit } }
    }

    /// Whole milliseconds.
    pub const fn ms(
        id: &'static str,
        label: &'static str,
        default: i64,
        range: std::ops::RangeInclusive<i64>,
    ) -> Self {
        Param::measured(id, label, "ms", default, range)
    }

    /// A chance in per cent.
    pub const fn percent(id: &'static str, label: &'static str, default: i64) -> Self {
        Param::measured(id, label, "%", default, 0..=100)
    }

    /// On or off.
    pub const fn flag(id: &'static str, label: &'static str, on: bool) -> Self {
        Param { id, label, kind: ParamKind::Bool(on) }
    }

    /// One of these words; the first is the default.
    pub const fn choice(id: &'static str, label: &'static str, words: &'static [Choice]) -> Self {
        Param { id, label, kind: ParamKind::Choice(words) }
    }

    /// The value it has when nothing is said.
    pub fn default(&self) -> Value {
        match &self.kind {
            ParamKind::Bool(b) => Value::Bool(*b),
            ParamKind::Int { default, .. } => Value::Int(*default),
            ParamKind::Choice(words) => Value::Word(words[0].id.to_owned()),
        }
    }

    /// Reads a value from text, as the command line and routes give it.
    pub fn parse(&self, text: &str) -> Result<Value, Refusal> {
        let value = match (&self.kind, text) {
            (ParamKind::Bool(_), "true" | "on" | "1" | "yes") => Value::Bool(true),
            (ParamKind::Bool(_), "false" | "off" | "0" | "no") => Value::Bool(false),
            (ParamKind::Int { .. }, t) => match t.parse() {
                Ok(i) => Value::Int(i),
                Err(_) => Value::Word(t.to_owned()),
            },
            (_, t) => Value::Word(t.to_owned()),
        };
        self.accept(&value)
    }

    /// `value` if it is one this parameter may take, else a refusal that says what is.
    pub fn accept(&self, value: &Value) -> Result<Value, Refusal> {
        let refuse = |wanted: String| {
            let got = match value {
                Value::Bool(b) => b.to_string(),
                Value::Int(i) => i.to_string(),
                Value::Word(w) => format!("'{}'", short(w)),
            };
            Err(Refusal::new(
                "bad-parameter",
                format!("{} ({}) must be {wanted}, not {got}", self.id, self.label),
            ))
        };
        match (&self.kind, value) {
            (ParamKind::Bool(_), Value::Bool(_)) => Ok(value.clone()),
            (ParamKind::Bool(_), _) => refuse("true or false".to_owned()),
            (ParamKind::Int { min, max, .. }, Value::Int(i)) if (*min..=*max).contains(i) => {
                Ok(value.clone())
            }
            (ParamKind::Int { min, max, unit, .. }, _) => {
                refuse(format!("a whole number from {min} to {max} {unit}").trim_end().to_owned())
            }
            (ParamKind::Choice(words), Value::Word(w)) if words.iter().any(|c| c.id == w) => {
                Ok(value.clone())
            }
            (ParamKind::Choice(words), _) => {
                let ids: Vec<_> = words.iter().map(|c| c.id).collect();
                refuse(format!("one of {}", ids.join(", ")))
            }
        }
    }
}
