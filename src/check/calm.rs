//! Calm: a phase in which all that a promise assumes of the world has been in force. A promise that
//! something happens in time is judged in such phases alone.
//!
//! The rule that is easy to break: bad luck begins a new phase, as a change of the world does, and as what comes into
//! force by itself.

use super::account::reach::Reach;
use super::seen::Seen;
use crate::sim::{EventKind, SimTime, Span};
use std::rc::Rc;

/// Since when the world has been calm, and what is missing now, if anything.
#[derive(Clone, Debug)]
pub struct Calm<A> {
    assumes: A,
    since: SimTime,
    excuse: Option<Rc<str>>,
}

impl<T, A: Fn(Reach<'_>) -> Result<T, String>> Calm<A> {
    /// A phase that has just begun. `assumes` says which assumption is not in force, in words, or gives
    /// what a judge needs to know: who works.
    pub fn new(assumes: A) -> Self {
        Calm { assumes, since: SimTime::ZERO, excuse: None }
    }

    /// Takes note of an event.
    pub fn after(&mut self, seen: &Seen<'_>) {
        if matches!(seen.event.kind, EventKind::Fault | EventKind::Flap | EventKind::Start) {
            self.look(seen);
        }
    }

    /// Looks anew whether all is in force, and gives what a judge needs to know if it is.
    pub fn look(&mut self, seen: &Seen<'_>) -> Option<T> {
        let (found, excuse) = match (self.assumes)(seen.reach()) {
            Ok(found) => {
                // It has come into force since the last look.
                if self.excuse.is_some() {
                    self.since = seen.event.time;
                }
                (Some(found), None)
            }
            Err(why) => (None, Some(Rc::from(why))),
        };
        self.since = self.since.max(seen.account.stirred());
        self.excuse = excuse;
        found
    }

    /// Whether the phase has lasted longer than `span` at `now`.
    pub fn outlasts(&self, span: Span, now: SimTime) -> bool {
        self.excuse.is_none() && now.since(self.since) > span
    }

    /// The assumption that is not in force, in words.
    pub fn excuse(&self) -> Option<&str> {
        self.excuse.as_deref()
    }
}
