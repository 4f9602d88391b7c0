//! A rule, and beside it one that watches an assumption which it rests on.
//!
//! The rule that is easy to break: who watches judges nothing. What breaks, waits or cannot be judged is the first rule's word; the
//! second says which assumption was missing then.

use super::{Broken, Rule};
use crate::check::{Recall, Seen, Wake};
use crate::sim::{EventId, SimTime};

/// A rule that another one watches: see [`super::Promised::watched_by`].
#[derive(Clone)]
pub struct Beside<R, W> {
    rule: R,
    watch: W,
}

impl<R: Rule, W: Rule> Beside<R, W> {
    pub(super) fn new(rule: R, watch: W) -> Self {
        Beside { rule, watch }
    }
}

impl<R: Rule, W: Rule> Rule for Beside<R, W> {
    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        // First, so that it knows of this event when the other one breaks in it.
        _ = self.watch.see(seen);
        self.rule.see(seen)
    }

    fn wake(&self) -> Wake {
        match (self.rule.wake(), self.watch.wake()) {
            (Wake::News, Wake::News) => Wake::News,
            _ => Wake::Always,
        }
    }

    fn missing(&self) -> Option<String> {
        self.rule.missing()
    }

    fn excuse(&self) -> Option<&str> {
        self.rule.excuse()
    }

    fn lacked(&self) -> Option<(EventId, String)> {
        self.watch.lacked().or_else(|| self.rule.lacked())
    }

    fn since(&self) -> SimTime {
        self.rule.since()
    }

    fn unknown(&self) -> Option<String> {
        self.rule.unknown()
    }

    fn weight(&self) -> usize {
        self.rule.weight() + self.watch.weight()
    }

    fn recall(&self, recall: &mut Recall) {
        self.rule.recall(recall);
        self.watch.recall(recall);
    }
}
