//! What has not happened, though somebody may wait for it: no leader, no decision, no answer. A protocol states the
//! conditions as data, each met or not, and what is lacking where it is not; what stood in the way is found in the trace, by whoever
//! shows it.
//!
//! The rule that is easy to break: like a board it is read off the world on demand and nothing in the engine reads it. A
//! condition is what the protocol decides by (the votes that the candidate has counted), not what a bird's eye sees.

use super::quorum::Quorum;
use crate::sim::{EventId, NodeId};

/// The kinds of what may be absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lacking {
    /// Nobody leads.
    Leader,
    /// Something is not decided, or not committed.
    Decision,
    /// A request has no answer.
    Answer,
    /// What was sent has not arrived.
    Delivery,
    /// Nodes do not agree yet on what they should come to share.
    Convergence,
}

/// Something that has not happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    /// Of which kind.
    pub lacking: Lacking,
    /// What has not happened, as a sentence without its end: "S2 is not elected for term 3".
    pub what: String,
    /// What it takes, all of it.
    pub conditions: Vec<Condition>,
}

/// One of the conditions of what has not happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// In words, with counts: "votes of more than half: 1 of 2".
    pub says: String,
    /// Whether it is met.
    pub met: bool,
    /// What is lacking, most telling first; nothing where the state alone tells.
    pub lacks: Vec<Lack>,
}

/// What is lacking for a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// That this node runs.
    Running(NodeId),
    /// That a message of one of these kinds gets from the first to the second; no kinds: of any.
    Way(NodeId, NodeId, &'static [&'static str]),
    /// That the second asks and the first answers, in messages of these kinds.
    Word(NodeId, NodeId, &'static [&'static str]),
    /// That what was sent to this node in this event arrives.
    Sent(EventId, NodeId),
    /// That time passes at this node: a timer that is set has to run out.
    Time(NodeId),
    /// That this had not happened.
    Not(EventId),
}

impl Absence {
    /// `what` has not happened, for these take place first.
    pub fn of(lacking: Lacking, what: impl Into<String>, conditions: Vec<Condition>) -> Self {
        Absence { lacking, what: what.into(), conditions }
    }
}

impl Condition {
    /// A condition, met or not.
    pub fn of(says: impl Into<String>, met: bool) -> Self {
        Condition { says: says.into(), met, lacks: Vec::new() }
    }

    /// With what is lacking, if it is not met.
    #[must_use]
    pub fn lacks(mut self, lacks: impl IntoIterator<Item = Lack>) -> Self {
        if !self.met {
            self.lacks.extend(lacks);
        }
        self
    }

    /// More than enough of `all` have answered with yes: who has not, is lacking, by messages of these kinds to and from
    /// `asker`.
    pub fn quorum<T>(
        says: &str,
        quorum: &Quorum<T>,
        (asker, all): (NodeId, impl IntoIterator<Item = NodeId>),
        kinds: &'static [&'static str],
    ) -> Self {
        let silent = all.into_iter().filter(|&n| n != asker && quorum.said_yes(n).is_none());
        let condition = Condition::of(quorum.lamp(says).label, quorum.is_reached());
        condition.lacks(silent.map(|n| Lack::Word(n, asker, kinds)).collect::<Vec<_>>())
    }
}
