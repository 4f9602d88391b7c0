//! Reading and writing faults and edits as JSON: `{"at_us": 500000, "do": "crash", "node": 2}`.
//!
//! The rule that is easy to break: every fault that can be written can be read again, and unknown
//! words and fields are refused with their name. The test below goes through all of them.

use super::fault::{ByzantineAct, ByzantineRule, Edit, Fault, NodePatch, Partition};
use super::fields::{self, Fields, Read, read_as, unknown};
use super::ids::{MsgId, NodeId};
use super::link::LinkPatch;
use super::timing::Timing;
use serde::{Serialize, Serializer};
use serde_json::Value;

read_as!(Edit, Fault, NodePatch, ByzantineAct);

const KNOWN: &str = "crash, recover, pause, resume, node, clock-jump, byzantine, link, links, \
    partition, heal, timing, drop, hold, release, duplicate, corrupt, deliver-now, request";

impl Edit {
    /// Reads an edit.
    ///
    /// # Errors
    /// What is no edit, in a sentence.
    pub fn read(value: Value) -> Read<Self> {
        let mut f = Fields::of(value, "an edit")?;
        Ok(Edit {
            at_us: f.u64("at_us")?,
            after_steps: f.number("after_steps", u64::MAX)?,
            fault: Fault::read_fields(f)?,
        })
    }
}

impl Serialize for Edit {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut value = serde_json::to_value(&self.fault).map_err(serde::ser::Error::custom)?;
        if let Value::Object(map) = &mut value {
            map.insert("at_us".to_owned(), self.at_us.into());
            if let Some(steps) = self.after_steps {
                map.insert("after_steps".to_owned(), steps.into());
            }
        }
        value.serialize(to)
    }
}

impl Fault {
    /// Reads a fault.
    ///
    /// # Errors
    /// What is no fault, in a sentence.
    pub fn read(value: Value) -> Read<Self> {
        Fault::read_fields(Fields::of(value, "a fault")?)
    }

    fn read_fields(mut f: Fields) -> Read<Self> {
        let word = f.text("do")?;
        let fault = match word.as_str() {
            "crash" => Fault::Crash { node: node(&mut f)?, stop: f.flag("stop")?.unwrap_or(false) },
            "recover" => Fault::Recover { node: node(&mut f)? },
            "pause" => Fault::Pause { node: node(&mut f)? },
            "resume" => Fault::Resume { node: node(&mut f)? },
            "node" => Fault::Node { node: node(&mut f)?, set: NodePatch::read(f.need("set")?)? },
            "clock-jump" => Fault::ClockJump {
                node: node(&mut f)?,
                by_us: f.opt_i64("by_us")?.ok_or("'by_us' is missing in a clock-jump")?,
            },
            "byzantine" => Fault::Byzantine {
                node: node(&mut f)?,
                rules: f.list("rules")?.into_iter().map(ByzantineRule::read).collect::<Read<_>>()?,
            },
            "link" => Fault::Link {
                from: NodeId(f.u16("from")?),
                to: NodeId(f.u16("to")?),
                set: LinkPatch::read(f.need("set")?)?,
            },
            "links" => Fault::Links { set: LinkPatch::read(f.need("set")?)? },
            "partition" => Fault::Partition(Partition::read_fields(&mut f)?),
            "heal" => Fault::Heal,
            "timing" => Fault::Timing { timing: Timing::read(f.need("timing")?)? },
            "request" => Fault::Request { node: node(&mut f)?, request: f.text("request")? },
            by_hand => Fault::by_hand(by_hand, &mut f)?,
        };
        f.end().map(|()| fault)
    }

    fn by_hand(word: &str, f: &mut Fields) -> Read<Self> {
        let make = match word {
            "drop" => |msg| Fault::Drop { msg },
            "hold" => |msg| Fault::Hold { msg },
            "release" => |msg| Fault::Release { msg },
            "duplicate" => |msg| Fault::Duplicate { msg },
            "corrupt" => |msg| Fault::Corrupt { msg },
            "deliver-now" => |msg| Fault::DeliverNow { msg },
            _ => return unknown("fault", word, KNOWN),
        };
        Ok(make(MsgId(f.u32("msg")?)))
    }
}

fn node(f: &mut Fields) -> Read<NodeId> {
    f.u16("node").map(NodeId)
}

impl Partition {
    fn read_fields(f: &mut Fields) -> Read<Self> {
        let group = |v: Value| match v {
            Value::Array(nodes) => nodes.iter().map(fields::node).collect(),
            _ => Err("each group of a partition is a list of nodes".to_owned()),
        };
        Ok(Partition {
            groups: f.list("groups")?.into_iter().map(group).collect::<Read<_>>()?,
            one_way: f.flag("one_way")?.unwrap_or(false),
            up_us: f.number("up_us", u64::MAX)?.unwrap_or(0),
            down_us: f.number("down_us", u64::MAX)?.unwrap_or(0),
        })
    }
}

impl NodePatch {
    fn read(value: Value) -> Read<Self> {
        let mut f = Fields::of(value, "a node's settings")?;
        let drift = f.opt_i64("drift_ppm")?.map(i32::try_from).transpose();
        let patch = NodePatch {
            drift_ppm: drift.map_err(|_| "'drift_ppm' of a node's settings is far too large")?,
            service_us: f.number("service_us", u64::MAX)?,
            sync_us: f.number("sync_us", u64::MAX)?,
            send_omission_ppm: f.opt_u32("send_omission_ppm")?,
            receive_omission_ppm: f.opt_u32("receive_omission_ppm")?,
            late_us: f.number("late_us", u64::MAX)?,
        };
        f.end().map(|()| patch)
    }
}

impl ByzantineRule {
    fn read(value: Value) -> Read<Self> {
        let mut f = Fields::of(value, "a rule of a Byzantine node")?;
        let to = f.number("to", u64::from(u16::MAX))?;
        let rule =
            ByzantineRule { to: to.map(|n| NodeId(n as u16)), act: ByzantineAct::read(f.need("act")?)? };
        f.end().map(|()| rule)
    }
}

impl ByzantineAct {
    fn read(value: Value) -> Read<Self> {
        match value.as_str() {
            Some("silence") => Ok(ByzantineAct::Silence),
            Some("lie") => Ok(ByzantineAct::Lie),
            Some("replay") => Ok(ByzantineAct::Replay),
            Some(word) => unknown("act", word, "silence, lie, replay, {\"delay\": us}"),
            None => {
                let mut f = Fields::of(value, "an act")?;
                let act = ByzantineAct::Delay(f.u64("delay")?);
                f.end().map(|()| act)
            }
        }
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
    fn an_error_names_the_field_and_what_it_must_be() {
        let error = |text: &str| serde_json::from_str::<Edit>(text).unwrap_err().to_string();
        let cases = [
            (r#"{"at_us":1,"do":"explode"}"#, "there is no fault 'explode'"),
            (r#"{"at_us":1,"do":"crash"}"#, "'node' is missing"),
            (r#"{"at_us":1,"do":"crash","node":70000}"#, "from 0 to 65535, not 70000"),
            (r#"{"at_us":-1,"do":"heal"}"#, "'at_us' of an edit must be a whole number"),
            (r#"{"at_us":1,"do":"heal","now":1}"#, "no field 'now'"),
            (r#"{"at_us":1,"do":"links","set":{"los_ppm":3}}"#, "no field 'los_ppm'"),
            (r#"{"at_us":1,"do":"links","set":{"model":"wet"}}"#, "no link model 'wet'"),
            (r#"[1]"#, "an edit must be an object, not a list"),
        ];
        for (text, part) in cases {
            assert!(error(text).contains(part), "{text}: {}", error(text));
        }
    }
}
