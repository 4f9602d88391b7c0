//! What a client is made of: what is installed on it, what is on its disk, its timers, and what it knows of
//! requests.
//!
//! The rule that is easy to break: the score is for people. It survives a crash of the client, so it is no
//! part of its state, and not hashed.

use crate::sim::Span;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::rc::Rc;

/// What is installed on a client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientConfig {
    /// The servers it may ask.
    pub servers: Range<u16>,
    /// How long it thinks between an answer and its next request; zero: it asks only when told to.
    pub interval: Span,
    /// How long it waits before it asks another server; zero: it asks once.
    pub retry: Span,
    /// How long it wants an answer before it gives up and does not know; zero: for ever.
    pub patience: Span,
}

/// What a client knows of a request in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome<A> {
    /// It was executed, with this answer.
    Ok(A),
    /// It was not executed, and never will be; the answer says why.
    Failed(A),
    /// It may or may not have been executed, or be executed yet.
    Unknown,
}

/// A request under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Asked<O> {
    /// Its number.
    pub serial: u32,
    /// What is asked.
    pub op: O,
}

/// A request that has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ended<O, A> {
    /// What was asked.
    pub asked: Asked<O>,
    /// What became of it.
    pub outcome: Outcome<A>,
}

/// How many requests ended how, over the whole run, crashes included: for people, no part of the state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Executed.
    pub ok: u32,
    /// Certainly not executed.
    pub failed: u32,
    /// Not known.
    pub unknown: u32,
    /// How often a request was sent again.
    pub retries: u32,
}

impl Hash for Score {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// A client's timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientTimer {
    /// It has thought long enough.
    Next,
    /// It has waited long enough for this server.
    Retry,
    /// It has waited long enough altogether.
    GiveUp,
}

/// What a client keeps on disk: the last serial number that it used, and that request while it is
/// unanswered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientDisk<O> {
    /// The number of the newest request.
    pub serial: u32,
    /// That request, while it is unanswered.
    pub open: Option<Asked<O>>,
}

impl<O> Default for ClientDisk<O> {
    fn default() -> Self {
        ClientDisk { serial: 0, open: None }
    }
}

/// The newest request in words: made once for all that is told of it, no part of the state.
#[derive(Clone, Debug, Default)]
pub(super) struct Said(Option<(u32, Rc<str>)>);

impl Said {
    /// The words for request number `serial`.
    pub(super) fn text(&mut self, serial: u32, make: impl FnOnce() -> Rc<str>) -> Rc<str> {
        let known = self.0.take().filter(|k| k.0 == serial);
        let (_, text) = self.0.insert(known.unwrap_or_else(|| (serial, make())));
        text.clone()
    }
}

impl Hash for Said {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}
