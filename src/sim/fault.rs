//! Everything that can be done to a running world, as data: the same value serves the editor, the
//! share link, the script and the test.
//!
//! The rule that is easy to break: a fault says *what*, never *how it went*. The outcome is always
//! recomputed; so an edit is undone by running again without it.

use super::data;
use super::ids::{MsgId, NodeId};
use super::link::LinkPatch;
use super::timing::Timing;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// One thing done to the world.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
// With its tag among its fields: see `data::tagged_by`.
#[serde(remote = "Self", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Fault {
    /// The node's power fails. It may recover (crash-recovery), or never does (crash-stop).
    Crash {
        /// Which node.
        node: NodeId,
        /// Crash-stop: a later [`Fault::Recover`] is refused.
        #[serde(default, deserialize_with = "data::or_default", skip_serializing_if = "std::ops::Not::not")]
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
    #[serde(deserialize_with = "data::nothing")]
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

data::tagged_by!(Fault, "do");

/// A wall: who cannot hear whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partition {
    /// The sides. Nodes in different groups cannot talk; a node in no group talks to all.
    pub groups: Vec<Vec<NodeId>>,
    /// One way only: the first group cannot be heard by the others, but hears them.
    #[serde(default, deserialize_with = "data::or_default", skip_serializing_if = "std::ops::Not::not")]
    pub one_way: bool,
    /// Flapping: the wall stands this long, in microseconds (0: it stays).
    #[serde(default, deserialize_with = "data::or_default", skip_serializing_if = "is_zero")]
    pub up_us: u64,
    /// Flapping: then it is gone this long.
    #[serde(default, deserialize_with = "data::or_default", skip_serializing_if = "is_zero")]
    pub down_us: u64,
}

fn is_zero(x: &u64) -> bool {
    *x == 0
}

/// A change of some settings of a node; what is `None` stays.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(deny_unknown_fields)]
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
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByzantineRule {
    /// To whom; `None`: to everyone. Rules that differ by receiver make it equivocate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<NodeId>,
    /// What it does.
    pub act: ByzantineAct,
}

/// One kind of misbehaviour.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
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
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Edit {
    /// When, in microseconds: after everything that happens at that time.
    pub at_us: u64,
    /// More exactly, after this many steps of the engine: set when a learner edits between two
    /// events of one instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_steps: Option<u64>,
    /// What.
    #[serde(flatten)]
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
    use crate::sim::{Delay, Layers, LinkModel};

    fn full_patch() -> LinkPatch {
        LinkPatch {
            model: Some(LinkModel::Arbitrary),
            delay: Some(Delay::HeavyTailed { min_us: 5, shape_milli: 1_500 }),
            loss_ppm: Some(1),
            fifo: Some(true),
            buffer_bytes: Some(9),
            layers: Some(Layers { dedupe: true, ..Layers::default() }),
            ..LinkPatch::default()
        }
    }

    fn every_delay() -> Vec<Delay> {
        let (min_us, mean_us) = (1, 2);
        vec![
            Delay::Constant { us: 1 },
            Delay::default(),
            Delay::Normal { mean_us, sd_us: 2 },
            Delay::Exponential { min_us, mean_us },
        ]
    }

    fn every_timing() -> Vec<Timing> {
        let (delay_us, gst_us) = (7, 8);
        vec![
            Timing::Synchronous { delay_us, step_us: 1, drift_ppm: 2 },
            Timing::UnknownBound { at_most_us: 3 },
            Timing::Gst { gst_us, delay_us },
            Timing::Alternating { good_us: 1, bad_us: 2, delay_us },
            Timing::Asynchronous,
            Timing::BoundedAsync { delay_us },
        ]
    }

    fn every_rule(node: NodeId) -> Vec<ByzantineRule> {
        let acts = [ByzantineAct::Silence, ByzantineAct::Lie, ByzantineAct::Replay, ByzantineAct::Delay(4)];
        let rule = |act| ByzantineRule { to: Some(node), act };
        acts.map(rule).to_vec()
    }

    fn every_kind() -> Vec<Fault> {
        let (node, msg) = (NodeId(3), MsgId(77));
        let mut all = vec![
            Fault::Crash { node, stop: true },
            Fault::Recover { node },
            Fault::Pause { node },
            Fault::Resume { node },
            Fault::Node {
                node,
                set: NodePatch { drift_ppm: Some(-5), late_us: Some(6), ..NodePatch::default() },
            },
            Fault::ClockJump { node, by_us: -9 },
            Fault::Byzantine { node, rules: every_rule(node) },
            Fault::Link { from: node, to: NodeId(0), set: full_patch() },
            Fault::Links { set: full_patch() },
            Fault::Partition(Partition {
                groups: vec![vec![NodeId(1)], vec![node]],
                one_way: true,
                up_us: 5,
                down_us: 6,
            }),
            Fault::Heal,
            Fault::Drop { msg },
            Fault::Hold { msg },
            Fault::Release { msg },
            Fault::Duplicate { msg },
            Fault::Corrupt { msg },
            Fault::DeliverNow { msg },
            Fault::Request { node, request: "set x 3".into() },
        ];
        all.extend(every_timing().into_iter().map(|timing| Fault::Timing { timing }));
        all.extend(
            every_delay()
                .into_iter()
                .map(|delay| Fault::Links { set: LinkPatch { delay: Some(delay), ..LinkPatch::default() } }),
        );
        all
    }

    #[test]
    fn an_edit_is_plain_json() {
        let text = r#"{"at_us":500000,"do":"crash","node":2}"#;
        let edit: Edit = serde_json::from_str(text).unwrap();
        assert_eq!(edit.fault, Fault::Crash { node: NodeId(2), stop: false });
        assert_eq!(serde_json::to_string(&edit).unwrap(), text);
    }

    #[test]
    fn null_is_as_if_nothing_was_said() {
        let read = |json: &str| data::read::<Fault>(serde_json::from_str(json).unwrap()).unwrap();
        let crash = read(r#"{"do":"crash","node":1,"stop":null}"#);
        assert_eq!(crash, Fault::crash(NodeId(1)));
        let layers = r#"{"do":"links","set":{"layers":{"dedupe":true,"retransmit_us":null}}}"#;
        let set =
            LinkPatch { layers: Some(Layers { dedupe: true, ..Layers::default() }), ..LinkPatch::default() };
        assert_eq!(read(layers), Fault::Links { set });
    }

    #[test]
    fn what_is_written_is_read_again() {
        for fault in every_kind() {
            let edit = Edit { at_us: 5, after_steps: Some(6), fault };
            let text = serde_json::to_string(&edit).unwrap();
            assert_eq!(serde_json::from_str::<Edit>(&text).unwrap(), edit, "{text}");
            let text = serde_json::to_string(&edit.fault).unwrap();
            let again: Fault = serde_json::from_str(&text).unwrap();
            assert_eq!(again, edit.fault, "{text}");
        }
    }

    #[test]
    fn an_error_says_where_what_and_what_is_accepted() {
        let edit = |more: &str| format!(r#"{{"at_us":1,{more}}}"#);
        let cases = [
            (edit(r#""do":"explode""#), "do: there is no 'explode': there are 'crash', 'recover', "),
            (edit(r#""do":7"#), "do: this must be a text, not 7"),
            (edit(r#""node":7"#), "'do' is missing"),
            (edit(r#""do":"crash""#), "'node' is missing"),
            (
                edit(r#""do":"crash","node":70000"#),
                "node: this must be a whole number from 0 to 65535, not 70000",
            ),
            (r#"{"at_us":-1,"do":"heal"}"#.to_owned(), "at_us: this must be a whole number from 0 to "),
            (edit(r#""do":"heal","now":1"#), "now: there is no field 'now'"),
            (
                edit(r#""do":"links","set":{"loss_ppm":"much"}"#),
                "set.loss_ppm: this must be a whole number from 0 to 4294967295, not 'much'",
            ),
            (
                edit(r#""do":"links","set":{"los_ppm":3}"#),
                "set.los_ppm: there is no field 'los_ppm': there are ",
            ),
            (
                edit(r#""do":"links","set":{"model":"wet"}"#),
                "set.model: there is no 'wet': there are 'reliable', 'fair-loss', 'arbitrary'",
            ),
            (
                edit(r#""do":"links","set":{"delay":{"kind":"normal","mean_us":1,"sd_us":true}}"#),
                "set.delay.sd_us: this must be a whole number from 0 to 18446744073709551615, not true",
            ),
            (
                edit(r#""do":"timing","timing":{"model":"asynchronous","delay_us":1}"#),
                "timing.delay_us: there is no field 'delay_us'",
            ),
            (
                edit(r#""do":"partition","groups":[[0],[1,null]]"#),
                "groups[1][1]: this must be a whole number from 0 to 65535, not null",
            ),
            (edit(r#""do":"links","set":[]"#), "set: this must be an object, not a list"),
            (
                edit(r#""do":"byzantine","node":1,"rules":[{"act":5}]"#),
                "rules[0].act: this must be a word or an object, not 5",
            ),
            (
                edit(r#""do":"byzantine","node":1,"rules":[{"act":"sing"}]"#),
                "rules[0].act: there is no 'sing': there are 'silence', 'lie', 'replay', 'delay'",
            ),
            ("[1]".to_owned(), "this must be an object, not a list"),
        ];
        for (text, wrong) in cases {
            let error = data::read::<Edit>(serde_json::from_str(&text).unwrap()).unwrap_err().to_string();
            assert!(error.starts_with(wrong), "{text}: {error}");
        }
    }
}
