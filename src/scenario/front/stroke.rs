//! What a scenario file does to a run: a deed at a moment, with its targets by name.
//!
//! The rule that is easy to break: a target is who it is *at that moment*. `leader` is looked up in the
//! run, under the seed and the parameters that the learner has chosen, never written down as a number.

use super::Amount;
use super::condition::{Condition, FaultWord};
use super::line::Line;
use crate::sim::{ByzantineAct, LinkPatch, NodePatch, Timing};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// One node: its name (`S3`), or what it is (`leader`, `follower 2`, `client 1`, `server 1`, `crashed 1`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Who(pub String);

/// Nodes: one of them or several, `2 others`, `others`, `servers`, `minority with leader`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, BorshSerialize, BorshDeserialize)]
#[serde(untagged)]
pub enum Side {
    /// What one word or two say.
    One(Who),
    /// Several of those.
    Several(Vec<Who>),
}

impl TryFrom<String> for Who {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let plain = text.trim() == text && !text.chars().any(char::is_control);
        if text.is_empty() || text.chars().count() > 60 || !plain {
            return Err("a node is named by its name (\"S3\") or by what it is (\"leader\", \"follower 2\")"
                .to_owned());
        }
        Ok(Who(text))
    }
}

impl From<Who> for String {
    fn from(who: Who) -> String {
        who.0
    }
}

impl<'de> Deserialize<'de> for Side {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        source.deserialize_any(SideVisitor)
    }
}

struct SideVisitor;

impl<'de> Visitor<'de> for SideVisitor {
    type Value = Side;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a node (\"leader\"), several (\"2 others\"), or a list of those")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Side, E> {
        let who = Who::try_from(text.to_owned());
        who.map(Side::One).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Side, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = list.next_element()? {
            words.push(word);
        }
        Ok(Side::Several(words))
    }
}

impl Side {
    /// The words, in order.
    pub fn words(&self) -> &[Who] {
        match self {
            Side::One(who) => std::slice::from_ref(who),
            Side::Several(list) => list,
        }
    }
}

/// When something is done.
#[derive(Clone, Debug, PartialEq, BorshSerialize, BorshDeserialize)]
pub enum Moment {
    /// At this time, in milliseconds.
    At(Amount),
    /// So many milliseconds after a condition has first held.
    When(Box<Condition>, Amount),
    /// So many milliseconds after what stands before it in the list.
    Later(Amount),
    /// So many milliseconds after the moment that the situation's `search` has found.
    Found(Amount),
}

/// A message on its way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct MsgPick {
    /// Its kind's name; nothing: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Who>,
    /// Its receiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Who>,
    /// Which of those that were ever sent, counted from 1; nothing: the latest that is on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nth: Option<Amount>,
}

/// What a Byzantine node does to whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct LieRule {
    /// To whom; nothing: to everyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Who>,
    /// What it does.
    pub act: ByzantineAct,
}

/// What is done: a fault whose targets are words.
#[derive(Clone, Debug, PartialEq, BorshSerialize, BorshDeserialize)]
pub enum Deed {
    /// Crash, recover, pause, resume; `stop` for a crash for ever.
    Power {
        /// Which of the four.
        word: FaultWord,
        /// Whom.
        node: Side,
        /// Crash-stop.
        stop: bool,
    },
    /// Settings of nodes.
    Node {
        /// Whose.
        node: Side,
        /// What changes.
        set: NodePatch,
    },
    /// Clocks leap by so many milliseconds.
    ClockJump {
        /// Whose.
        node: Side,
        /// By how much.
        by: Amount,
    },
    /// Nodes lie, or stop lying.
    Byzantine {
        /// Who.
        node: Side,
        /// How.
        rules: Vec<LieRule>,
    },
    /// Settings of links from every node of one side to every node of the other.
    Link {
        /// The senders.
        from: Side,
        /// The receivers.
        to: Side,
        /// The other direction, too.
        both: bool,
        /// What changes.
        set: LinkPatch,
    },
    /// Settings of every link.
    Links {
        /// What changes.
        set: LinkPatch,
    },
    /// A wall.
    Partition {
        /// Its sides.
        groups: Vec<Side>,
        /// The first side is not heard, but hears.
        one_way: bool,
        /// Flapping: it stands so many milliseconds.
        up: Amount,
        /// Flapping: then it is gone so many.
        down: Amount,
    },
    /// All walls fall, all cut links are restored.
    Heal,
    /// Another timing model.
    Timing {
        /// Which.
        timing: Timing,
    },
    /// Something done to one message.
    Hand {
        /// What.
        word: FaultWord,
        /// To which.
        msg: MsgPick,
    },
    /// A request in the protocol's own words.
    Request {
        /// To whom.
        node: Side,
        /// What.
        request: String,
    },
}

/// A deed at a moment: one line of `edits`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(try_from = "Line", into = "Line")]
pub struct Stroke {
    /// When.
    pub moment: Moment,
    /// What.
    pub deed: Deed,
}

impl Deed {
    /// Its word in edits.
    pub fn word(&self) -> FaultWord {
        match self {
            Deed::Power { word, .. } | Deed::Hand { word, .. } => *word,
            Deed::Node { .. } => FaultWord::Node,
            Deed::ClockJump { .. } => FaultWord::ClockJump,
            Deed::Byzantine { .. } => FaultWord::Byzantine,
            Deed::Link { .. } => FaultWord::Link,
            Deed::Links { .. } => FaultWord::Links,
            Deed::Partition { .. } => FaultWord::Partition,
            Deed::Heal => FaultWord::Heal,
            Deed::Timing { .. } => FaultWord::Timing,
            Deed::Request { .. } => FaultWord::Request,
        }
    }
}
