//! The engine's "no": one sentence that names what and where, and what would be accepted.
//!
//! The rule that is easy to break: a refusal changes nothing. Whoever returns one has not yet
//! touched the world.

use serde::Serialize;
use std::fmt;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// A stable word for programs: `unknown-node`, `outside-timing`, `not-fair-loss`.
    pub code: &'static str,
    /// The sentence for people.
    pub message: String,
    /// The part of the program that has to come first, where that is all that is in the way.
    #[serde(skip)]
    pub part: Option<&'static str>,
}

impl Refusal {
    /// A refusal with a stable code and a sentence.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Refusal { code, message: message.into(), part: None }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}
