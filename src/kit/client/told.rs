//! What a client tells those who watch, and the promises and gauges that read it.
//!
//! The rule that is easy to break: a client tells that it asks when the request is on its disk and on its
//! way, and that a request has ended in the event in which it learns so. Between the two the request may
//! have taken effect; before and after it has not.

use crate::check::promise::{self, Operation, Promised, Rule, Step};
use crate::check::{Gauge, Level, Model};
use crate::kit::gauges::{self, GaugeDef};
use crate::sim::{Fact as Told, NodeId, Span};
use std::fmt;
use std::rc::Rc;

/// A request as those who watch know it. Sorted by number first, as requests come.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The client's number for it.
    pub serial: u32,
    /// Who asks.
    pub client: NodeId,
    /// What is asked, as a learner writes it.
    pub text: Rc<str>,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.text)
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was done.
    Ok,
    /// It was not done, and never will be.
    Failed,
    /// Nobody knows.
    Unknown,
}

/// What a client tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A learner's request waits at the client until the one under way has ended.
    Queued {
        /// What is asked.
        text: Rc<str>,
    },
    /// A request is on its way for the first time.
    Asked {
        /// Which.
        call: Call,
        /// The register and what begins on it, if it is an operation on one.
        begun: Option<(u64, Step)>,
    },
    /// The same request goes out again, to another server.
    Retried {
        /// Which.
        call: Call,
        /// To whom.
        to: NodeId,
    },
    /// A request has come to its end.
    Ended {
        /// Which.
        call: Call,
        /// How.
        end: End,
        /// The value that the answer told, as [`super::Service::value`] gives it.
        value: u64,
        /// How long it took, on the client's clock.
        waited: Span,
        /// The register, if it was an operation on one.
        register: Option<u64>,
    },
}

impl Fact {
    /// The names of all, as scenario files say them: an end has one for each way.
    pub const NAMES: &'static [&'static str] =
        &["queued", "asked", "retried", "answered", "refused", "gave-up"];

    /// The request that is on its way for the first time, if one is.
    pub fn asked(&self) -> Option<Call> {
        match self {
            Fact::Asked { call, .. } => Some(call.clone()),
            _ => None,
        }
    }

    /// The request that has ended, if one has.
    pub fn ended(&self) -> Option<Call> {
        match self {
            Fact::Ended { call, .. } => Some(call.clone()),
            _ => None,
        }
    }

    /// The step of an operation on a register, if it is one.
    pub fn operation(&self) -> Option<Operation> {
        let (call, key, step) = match self {
            Fact::Asked { call, begun: Some((key, step)) } => (call, *key, *step),
            Fact::Ended { call, end, value, register: Some(key), .. } => match end {
                End::Ok => (call, *key, Step::Done(*value)),
                End::Failed => (call, *key, Step::Not),
                End::Unknown => return None,
            },
            _ => return None,
        };
        Some(Operation { serial: call.serial.into(), key, step })
    }

    /// How long an answer took: done or not done, but known.
    fn answer(&self) -> Option<Span> {
        match self {
            Fact::Ended { end, waited, .. } => (*end != End::Unknown).then_some(*waited),
            _ => None,
        }
    }

    fn answer_ms(&self) -> Option<f64> {
        self.answer().map(|waited| waited.0 as f64 / 1_000.0)
    }
}

impl Told for Fact {
    fn name(&self) -> &'static str {
        match self {
            Fact::Queued { .. } => "queued",
            Fact::Asked { .. } => "asked",
            Fact::Retried { .. } => "retried",
            Fact::Ended { end, .. } => match end {
                End::Ok => "answered",
                End::Failed => "refused",
                End::Unknown => "gave-up",
            },
        }
    }
}

/// Every request that is asked ends: it is answered, or its client gives up.
pub fn answered(name: &'static str, claim: &'static str) -> Promised<impl Rule> {
    promise::leads_to(name, claim, Fact::asked, Fact::ended)
}

/// What the clients were told keeps `level`, on registers that hold 0 at first.
pub fn consistent(name: &'static str, claim: &'static str, level: Level) -> Promised<impl Rule> {
    promise::consistent(name, claim, level, Fact::operation)
}

/// What the clients were told keeps `model`, on registers that hold 0 at first.
pub fn keeps(model: Model) -> Promised<impl Rule> {
    promise::keeps(model, Fact::operation)
}

/// How many requests were answered, with yes or no.
pub const ANSWERED: GaugeDef = GaugeDef::new("requests_answered", "requests answered", "", |_| {
    gauges::count(|f: &Fact| f.answer().is_some())
});

/// How many requests nobody knows the end of.
pub const UNKNOWN: GaugeDef = GaugeDef::new(
    "requests_unknown",
    "requests of which the client does not know whether they were done",
    "",
    |_| gauges::count(|f: &Fact| matches!(f, Fact::Ended { end: End::Unknown, .. })),
);

/// How often a request was sent again.
pub const RETRIES: GaugeDef = GaugeDef::new("retries", "requests sent again", "", |_| {
    gauges::count(|f: &Fact| matches!(f, Fact::Retried { .. }))
});

/// The mean wait for an answer, in milliseconds of the clients' clocks.
pub const ANSWER_MS: GaugeDef =
    GaugeDef::new("answer_ms", "mean wait for an answer", "ms", |_| gauges::mean_ms(Fact::answer));

/// The wait for an answer that `per_mille` of a thousand answers stay below, in milliseconds: 500 is the
/// median, 990 the 99th percentile.
pub fn answer_quantile(per_mille: u32) -> Box<dyn Gauge> {
    gauges::quantile(per_mille, Fact::answer_ms)
}
