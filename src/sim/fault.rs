//! Everything that can be done to a running world, as data: the same value serves the editor, the
//! share link, the script and the test.
//!
//! The rule that is easy to break: a fault says *what*, never *how it went*. The outcome is always
//! recomputed; so an edit is undone by running again without it.

use super::ids::{MsgId, NodeId};
use super::link::LinkPatch;
use super::timing::Timing;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::Serialize;

/// One thing done to the world.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Fault {
    /// The node's power fails. It may recover (crash-recovery), or never does (crash-stop).
    Crash {
        /// Which node.
        node: NodeId,
        /// Crash-stop: a later [`Fault::Recover`] is refused.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        stop: bool,
    },
    /// A crashed node boots from its disk.
    Recover {
        /// Which node.
        node: NodeId,
    },
    /// The node stops for a while (a long GC, a sleeping laptop): nothing is lost, time is.
    Pause {
        /// Which node.
        node: NodeId,
    },
    /// A paused node goes on.
    Resume {
        /// Which node.
        node: NodeId,
    },
    /// Settings of a node: clock, processor, disk, failure modes.
    Node {
        /// Which node.
        node: NodeId,
        /// What changes.
        set: NodePatch,
    },
    /// The node's clock leaps.
    ClockJump {
        /// Which node.
        node: NodeId,
        /// By how much, forward or back.
        by_us: i64,
    },
    /// The node lies, or stops lying, by these rules.
    Byzantine {
        /// Which node.
        node: NodeId,
        /// What it does to whom; none makes it honest again.
        rules: Vec<ByzantineRule>,
    },
    /// Settings of one direction of a link.
    Link {
        /// The sender.
        from: NodeId,
        /// The receiver.
        to: NodeId,
        /// What changes.
        set: LinkPatch,
    },
    /// Settings of every link.
    Links {
        /// What changes.
        set: LinkPatch,
    },
    /// A wall through the network.
    Partition(Partition),
    /// Every partition is lifted and every cut link restored.
    Heal,
    /// The timing model becomes another.
    Timing {
        /// The new contract.
        timing: Timing,
    },
    /// This message in flight is lost, here and now.
    Drop {
        /// Which message.
        msg: MsgId,
    },
    /// This message in flight waits until it is released.
    Hold {
        /// Which message.
        msg: MsgId,
    },
    /// A held message travels on.
    Release {
        /// Which message.
        msg: MsgId,
    },
    /// A second copy of this message is sent along.
    Duplicate {
        /// Which message.
        msg: MsgId,
    },
    /// Bits of this message flip.
    Corrupt {
        /// Which message.
        msg: MsgId,
    },
    /// This message arrives at once, even if it was to be lost.
    DeliverNow {
        /// Which message.
        msg: MsgId,
    },
    /// A request to a node in its protocol's own words.
    Request {
        /// Which node.
        node: NodeId,
        /// What is asked.
        request: String,
    },
}

/// A wall: who cannot hear whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Partition {
    /// The sides. Nodes in different groups cannot talk; a node in no group talks to all.
    pub groups: Vec<Vec<NodeId>>,
    /// One way only: the first group cannot be heard by the others, but hears them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub one_way: bool,
    /// Flapping: the wall stands this long, in microseconds (0: it stays).
    #[serde(skip_serializing_if = "is_zero")]
    pub up_us: u64,
    /// Flapping: then it is gone this long.
    #[serde(skip_serializing_if = "is_zero")]
    pub down_us: u64,
}

fn is_zero(x: &u64) -> bool {
    *x == 0
}

/// A change of some settings of a node; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, BorshSerialize, BorshDeserialize)]
pub struct NodePatch {
    /// How fast its clock runs, against true time, in parts per million.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift_ppm: Option<i32>,
    /// How long it works on each message, timer or request, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_us: Option<u64>,
    /// How long its disk takes to force a write, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_us: Option<u64>,
    /// Omission failure: the chance that a message it sends never leaves, in parts per million.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_omission_ppm: Option<u32>,
    /// Omission failure: the chance that a message that reaches it is not received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receive_omission_ppm: Option<u32>,
    /// Timing failure: each step takes this much longer than its processor needs, whatever the
    /// timing model promises of correct nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_us: Option<u64>,
}

/// What a Byzantine node does with what its code wants to send. The first rule whose receiver
/// matches is applied to a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct ByzantineRule {
    /// To whom; `None`: to everyone. Rules that differ by receiver make it equivocate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<NodeId>,
    /// What it does.
    pub act: ByzantineAct,
}

/// One kind of misbehaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ByzantineAct {
    /// Says nothing.
    Silence,
    /// Says something false, as the protocol knows how to ([`super::Protocol::lie`]).
    Lie,
    /// Sends the last message to this receiver once more, instead.
    Replay,
    /// Keeps the message back for this many microseconds.
    Delay(u64),
}

/// A fault at a moment: one entry of a run's list of edits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edit {
    /// When, in microseconds: after everything that happens at that time.
    pub at_us: u64,
    /// More exactly, after this many steps of the engine: set when a learner edits between two
    /// events of one instant.
    pub after_steps: Option<u64>,
    /// What.
    pub fault: Fault,
}

impl Edit {
    /// `fault` after everything that happens at `at_us`.
    pub fn at(at_us: u64, fault: Fault) -> Self {
        Edit { at_us, after_steps: None, fault }
    }
}

impl Fault {
    /// The power of `node` fails; it may recover.
    pub const fn crash(node: NodeId) -> Self {
        Fault::Crash { node, stop: false }
    }

    /// `node` is asked for something, in its protocol's own words.
    pub fn request(node: NodeId, request: &str) -> Self {
        Fault::Request { node, request: request.to_owned() }
    }

    /// The one node that this strikes, if it is one.
    pub fn node(&self) -> Option<NodeId> {
        match self {
            Fault::Crash { node, .. }
            | Fault::Recover { node }
            | Fault::Pause { node }
            | Fault::Resume { node }
            | Fault::Node { node, .. }
            | Fault::ClockJump { node, .. }
            | Fault::Byzantine { node, .. }
            | Fault::Request { node, .. } => Some(*node),
            _ => None,
        }
    }

    /// The one message in flight that this names, if it names one.
    pub fn msg(&self) -> Option<MsgId> {
        match self {
            Fault::Drop { msg }
            | Fault::Hold { msg }
            | Fault::Release { msg }
            | Fault::Duplicate { msg }
            | Fault::Corrupt { msg }
            | Fault::DeliverNow { msg } => Some(*msg),
            _ => None,
        }
    }

    /// Whether this names one message in flight, and so means nothing in another future.
    pub fn names_a_message(&self) -> bool {
        self.msg().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_plain_json() {
        let text = r#"{"at_us":500000,"do":"crash","node":2}"#;
        let edit: Edit = serde_json::from_str(text).unwrap();
        assert_eq!(edit.fault, Fault::Crash { node: NodeId(2), stop: false });
        assert_eq!(serde_json::to_string(&edit).unwrap(), text);
    }

    #[test]
    fn unknown_words_are_refused_not_ignored() {
        for text in [
            r#"{"at_us":1,"do":"explode","node":2}"#,
            r#"{"at_us":1,"do":"crash","node":70000}"#,
            r#"{"at_us":1,"do":"links","set":{"los_ppm":3}}"#,
        ] {
            assert!(serde_json::from_str::<Edit>(text).is_err(), "{text}");
        }
    }
}
