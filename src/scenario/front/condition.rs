//! Conditions: what a scenario file can ask of a run, as closed data.
//!
//! The rule that is easy to break: a condition is of one of two kinds. What the run *remembers* (a fact
//! told, an epoch begun, something done to it, a message) has a moment, and may come before something
//! else in `then`. What it only *shows now* (roles, links, gauges, promises, probes) has none. What can be
//! said in neither way is a named probe of the protocol, never a new word for one scenario.

use super::Amount;
use super::stroke::Who;
use crate::kit::Value;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that is so, or not, at a moment of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Every one of these.
    All(Vec<Condition>),
    /// At least one of these.
    Any(Vec<Condition>),
    /// Not this, now.
    Not(Box<Condition>),
    /// This, and later the next, and so on; all but the last are remembered ones.
    Then(Vec<Condition>),
    /// Simulated time has come so far, in milliseconds.
    TimeMs(Amount),
    /// A node has told a fact of its protocol.
    Fact(FactTold),
    /// An epoch (term, ballot, view) has begun.
    Epoch(EpochBegun),
    /// Something was done to the world, by hand or by a situation.
    Fault(FaultMade),
    /// A message was sent, delivered, lost.
    Message(MessageSeen),
    /// So many nodes show this now.
    Nodes(NodesShow),
    /// A link is set so now.
    Link(LinkIs),
    /// A gauge of the protocol shows so much now.
    Gauge(GaugeShows),
    /// A promise of the protocol says this now.
    Promise(PromiseSays),
    /// A probe of the protocol reads so much now.
    Probe(ProbeReads),
}

/// A range of whole numbers, where at most one end need be given: `at_least` (1 if nothing is said),
/// `at_most`, `exactly`.
#[derive(Clone, Copy, Debug)]
pub struct Range<'a> {
    /// At least so many.
    pub at_least: Option<&'a Amount>,
    /// At most so many.
    pub at_most: Option<&'a Amount>,
    /// So many and no other number.
    pub exactly: Option<&'a Amount>,
}

impl Range<'_> {
    /// Whether it has an upper end, so that what once was so may not be so any more.
    pub fn ends(&self) -> bool {
        self.at_most.is_some() || self.exactly.is_some()
    }
}

/// Gives a condition its range.
macro_rules! ranged {
    ($($type:ty),*) => { $(
        impl $type {
            /// How many.
            pub fn range(&self) -> Range<'_> {
                Range {
                    at_least: self.at_least.as_ref(),
                    at_most: self.at_most.as_ref(),
                    exactly: self.exactly.as_ref(),
                }
            }
        }
    )* };
}
ranged!(FactTold, EpochBegun, FaultMade, MessageSeen, NodesShow);

/// A fact that nodes tell, by its name in the protocol's list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct FactTold {
    /// Its name: `decided`.
    pub name: String,
    /// What its fields are: `{ attack = true }`.
    #[serde(default, rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Value>,
    /// Who told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Who>,
    /// Told by so many different nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<Amount>,
    /// Told at least so often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Amount>,
    /// Told at most so often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Amount>,
    /// Told exactly so often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exactly: Option<Amount>,
}

/// An epoch that has begun.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct EpochBegun {
    /// This number, and no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Amount>,
    /// Who declared it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Who>,
    /// At least so many have begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Amount>,
    /// At most so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Amount>,
    /// Exactly so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exactly: Option<Amount>,
}

/// A kind of fault, by its word in edits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each word is explained at the fault of that name")]
pub enum FaultWord {
    Crash,
    Recover,
    Pause,
    Resume,
    Node,
    ClockJump,
    Byzantine,
    Link,
    Links,
    Partition,
    Heal,
    Timing,
    Drop,
    Hold,
    Release,
    Duplicate,
    Corrupt,
    DeliverNow,
    Request,
}

/// A side of a partition, by how many of the servers stand on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Fewer than half.
    Minority,
    /// More than half.
    Majority,
}

/// Something that was done to the world. Who is meant (`leader`) is judged as it was at that moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultMade {
    /// What: `crash`; nothing: anything.
    #[serde(default, rename = "do", skip_serializing_if = "Option::is_none")]
    pub word: Option<FaultWord>,
    /// Whom it struck.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Who>,
    /// Of a link: its sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Who>,
    /// Of a link: its receiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Who>,
    /// Of a link or a node: a setting that it changed, as in `set`: `loss_ppm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sets: Option<String>,
    /// Of a partition: whose side `side` is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side_of: Option<Who>,
    /// Of a partition: how many servers stand on that side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Part>,
    /// Of a partition: into at least so many sides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sides: Option<Amount>,
    /// Of a partition: no side has more servers than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest_side: Option<Amount>,
    /// Of one message: its kind's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Of a request: the form's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<String>,
    /// At least so often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Amount>,
    /// At most so often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Amount>,
    /// Exactly so often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exactly: Option<Amount>,
}

/// What became of a message.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It was sent, whatever came of it.
    #[default]
    Sent,
    /// Its receiver handled it.
    Delivered,
    /// It was lost, for whatever reason.
    Lost,
    /// It was dropped by hand.
    Dropped,
    /// It was lost in a partition or on a cut link.
    Walled,
}

/// Messages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageSeen {
    /// The name of their kind; nothing: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Who>,
    /// The receiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Who>,
    /// What became of them; nothing: they were sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fate: Option<Fate>,
    /// At least so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Amount>,
    /// At most so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Amount>,
    /// Exactly so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exactly: Option<Amount>,
}

/// Whether a node runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Power {
    /// It runs.
    Up,
    /// It has crashed (for ever or not).
    Crashed,
    /// It is paused.
    Paused,
}

/// A cell of the row under a node, by how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CellLook {
    /// Solid: decided, committed, delivered.
    Firm,
    /// Dashed: not yet.
    Tentative,
    /// Contradicts what others have decided.
    Conflict,
}

/// Nodes by what they show: a node counts if all that is given is so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct NodesShow {
    /// Only this one counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<Who>,
    /// Its role, in the paper's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether it runs; nothing: it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power: Option<Power>,
    /// The row under it has such a cell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<CellLook>,
    /// Its epoch is at least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch_from: Option<Amount>,
    /// Its epoch is not the latest among those that count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outdated: bool,
    /// Only those of one epoch are counted together: the largest such group.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub same_epoch: bool,
    /// At least so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Amount>,
    /// At most so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Amount>,
    /// Exactly so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exactly: Option<Amount>,
}

/// A layer on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerWord {
    /// Sends again until it is acknowledged.
    Retransmit,
    /// Drops second copies.
    Dedupe,
    /// Hands over in the order of sending.
    Reorder,
    /// Drops what was changed on the way.
    Authenticate,
}

/// How one direction of a link is set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkIs {
    /// The sender.
    pub from: Who,
    /// The receiver.
    pub to: Who,
    /// It has these layers, perhaps others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<LayerWord>,
    /// It is cut, or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<bool>,
    /// It loses at least this part of the messages, in per cent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_from_percent: Option<Amount>,
}

/// What a gauge shows; a gauge that shows nothing yet is in no range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct GaugeShows {
    /// Its name: `election_ms`.
    pub id: String,
    /// At least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Amount>,
    /// At most this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Amount>,
    /// This.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exactly: Option<Amount>,
}

/// What a promise may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictWord {
    /// It holds so far.
    Holding,
    /// It is not fulfilled yet.
    Pending,
    /// It is broken.
    Violated,
    /// It could not be decided.
    Unknown,
}

/// What a promise of the protocol says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct PromiseSays {
    /// Its name: `Election safety`.
    pub name: String,
    /// What it says.
    pub is: VerdictWord,
}

/// What a probe of the protocol reads; one that reads nothing is in no range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeReads {
    /// Its name: `stale-leaders`.
    pub id: String,
    /// At least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Amount>,
    /// At most this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Amount>,
    /// This.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exactly: Option<Amount>,
}

impl Condition {
    /// Whether the run remembers when it came about, so that something can come later.
    pub fn is_remembered(&self) -> bool {
        match self {
            Condition::All(list) | Condition::Any(list) | Condition::Then(list) => {
                !list.is_empty() && list.iter().all(Condition::is_remembered)
            }
            Condition::TimeMs(_) => true,
            Condition::Fact(c) => !c.range().ends(),
            Condition::Epoch(c) => !c.range().ends(),
            Condition::Fault(c) => !c.range().ends(),
            Condition::Message(c) => !c.range().ends(),
            _ => false,
        }
    }

    /// Why it cannot be asked, if it cannot: an empty list, or something in the middle of a `then` that
    /// leaves no mark.
    pub fn check(&self) -> Result<(), String> {
        let list = match self {
            Condition::Not(one) => return one.check(),
            Condition::All(list) | Condition::Any(list) | Condition::Then(list) => list,
            _ => return Ok(()),
        };
        if list.is_empty() {
            return Err("'all', 'any' and 'then' want at least one condition".to_owned());
        }
        if let Condition::Then(list) = self
            && let Some((_, before)) = list.split_last()
            && !before.iter().all(Condition::is_remembered)
        {
            return Err(
                "what comes before the last in 'then' must be something that a run remembers: time_ms, \
                 fact, epoch, fault or message, without 'at_most' and 'exactly'"
                    .to_owned(),
            );
        }
        list.iter().try_for_each(Condition::check)
    }

    /// Shows `each` every condition in this one, itself first.
    pub fn walk<'a>(&'a self, each: &mut dyn FnMut(&'a Condition)) {
        each(self);
        match self {
            Condition::All(list) | Condition::Any(list) | Condition::Then(list) => {
                list.iter().for_each(|c| c.walk(each));
            }
            Condition::Not(one) => one.walk(each),
            _ => {}
        }
    }
}
