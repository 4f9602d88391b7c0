//! A line of `edits` as it stands in a file, and how it becomes a [`Stroke`] and a line again.
//!
//! The rule that is easy to break: a field that a deed does not take is refused, not passed over: a
//! teacher who writes `nodes` for `node` must hear of it.

use super::Amount;
use super::condition::{Condition, FaultWord};
use super::stroke::{Deed, LieRule, Moment, MsgPick, Side, Stroke};
use crate::sim::data::{self, Step, Wrong};
use crate::sim::{LinkPatch, NodePatch, Timing};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Declares the line: every field may be absent, and is counted as left over until it is taken.
macro_rules! line {
    ($($name:literal $field:ident: $type:ty),* $(,)?) => {
        /// A moment, a word (`do`), and what that word needs.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub(super) struct Line {
            $(#[serde(rename = $name, skip_serializing_if = "Option::is_none")]
            $field: Option<$type>,)*
        }

        impl Line {
            /// The names of what has not been taken.
            fn left(&self) -> Vec<&'static str> {
                let mut left = Vec::new();
                $(if self.$field.is_some() { left.push($name); })*
                left
            }
        }
    };
}

line! {
    "at_ms" at_ms: Amount,
    "when" when: Condition,
    "after_ms" after_ms: Amount,
    "later_ms" later_ms: Amount,
    "found_ms" found_ms: Amount,
    "do" word: FaultWord,
    "node" node: Side,
    "stop" stop: bool,
    "by_ms" by_ms: Amount,
    "rules" rules: Vec<LieRule>,
    "from" from: Side,
    "to" to: Side,
    "both" both: bool,
    "set" set: Value,
    "groups" groups: Vec<Side>,
    "one_way" one_way: bool,
    "up_ms" up_ms: Amount,
    "down_ms" down_ms: Amount,
    "timing" timing: Timing,
    "msg" msg: MsgPick,
    "request" request: String,
}

/// A field that must be there.
fn need<T>(field: Option<T>, name: &str, what: &str) -> Result<T, String> {
    field.ok_or_else(|| format!("'{name}' is missing: {what}"))
}

impl Line {
    fn moment(&mut self) -> Result<Moment, String> {
        let when = self.when.take();
        let after = match &when {
            Some(_) => self.after_ms.take(),
            None => None,
        };
        let given = [self.at_ms.is_some(), when.is_some(), self.later_ms.is_some(), self.found_ms.is_some()];
        if given.iter().filter(|g| **g).count() != 1 {
            return Err("an edit has one moment: 'at_ms', 'when' (and 'after_ms'), 'later_ms' or 'found_ms'"
                .to_owned());
        }
        if let Some(condition) = when {
            condition.check()?;
            return Ok(Moment::When(Box::new(condition), after.unwrap_or_default()));
        }
        let other = self.at_ms.take().map(Moment::At);
        let other = other.or_else(|| self.later_ms.take().map(Moment::Later));
        need(other.or_else(|| self.found_ms.take().map(Moment::Found)), "at_ms", "when is it done?")
    }

    fn node(&mut self) -> Result<Side, String> {
        need(self.node.take(), "node", "whom does it strike?")
    }

    fn set<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, String> {
        let set = need(self.set.take(), "set", "which settings change?")?;
        data::read(set).map_err(|Wrong { mut way, why }| {
            way.0.insert(0, Step::Field("set".to_owned()));
            Wrong { way, why }.to_string()
        })
    }

    fn deed(&mut self) -> Result<Deed, String> {
        let word = need(self.word.take(), "do", "what is done?")?;
        Ok(match word {
            FaultWord::Crash | FaultWord::Recover | FaultWord::Pause | FaultWord::Resume => Deed::Power {
                word,
                node: self.node()?,
                stop: word == FaultWord::Crash && self.stop.take().unwrap_or_default(),
            },
            FaultWord::Node => Deed::Node { node: self.node()?, set: self.set::<NodePatch>()? },
            FaultWord::ClockJump => Deed::ClockJump {
                node: self.node()?,
                by: need(self.by_ms.take(), "by_ms", "how far does the clock leap?")?,
            },
            FaultWord::Byzantine => {
                Deed::Byzantine { node: self.node()?, rules: self.rules.take().unwrap_or_default() }
            }
            FaultWord::Link => Deed::Link {
                from: need(self.from.take(), "from", "which node sends?")?,
                to: need(self.to.take(), "to", "which node receives?")?,
                both: self.both.take().unwrap_or_default(),
                set: self.set::<LinkPatch>()?,
            },
            FaultWord::Links => Deed::Links { set: self.set::<LinkPatch>()? },
            FaultWord::Partition => self.partition()?,
            FaultWord::Heal => Deed::Heal,
            FaultWord::Timing => {
                Deed::Timing { timing: need(self.timing.take(), "timing", "which timing model?")? }
            }
            FaultWord::Request => Deed::Request {
                node: self.node()?,
                request: need(self.request.take(), "request", "what is asked?")?,
            },
            FaultWord::Drop
            | FaultWord::Hold
            | FaultWord::Release
            | FaultWord::Duplicate
            | FaultWord::Corrupt
            | FaultWord::DeliverNow => Deed::Hand { word, msg: self.msg.take().unwrap_or_default() },
        })
    }

    fn partition(&mut self) -> Result<Deed, String> {
        let groups = need(self.groups.take(), "groups", "who stands on which side?")?;
        if groups.len() < 2 {
            return Err("'groups' lists two sides or more".to_owned());
        }
        Ok(Deed::Partition {
            groups,
            one_way: self.one_way.take().unwrap_or_default(),
            up: self.up_ms.take().unwrap_or_default(),
            down: self.down_ms.take().unwrap_or_default(),
        })
    }
}

impl TryFrom<Line> for Stroke {
    type Error = String;

    fn try_from(mut line: Line) -> Result<Self, String> {
        let word = line.word;
        let stroke = Stroke { moment: line.moment()?, deed: line.deed()? };
        match (line.left().first(), word) {
            (Some(field), Some(word)) => {
                let word = serde_json::to_value(word).unwrap_or_default();
                let word = word.as_str().unwrap_or_default();
                Err(format!("'{field}' is nothing that '{word}' takes"))
            }
            _ => Ok(stroke),
        }
    }
}

/// A patch in a line.
fn written(patch: &impl Serialize) -> Option<Value> {
    serde_json::to_value(patch).ok()
}

/// A switch or an amount that says something.
fn said<T: Default + PartialEq>(value: T) -> Option<T> {
    Some(value).filter(|v| *v != T::default())
}

impl From<Stroke> for Line {
    fn from(stroke: Stroke) -> Line {
        let mut line = Line::default();
        match stroke.moment {
            Moment::At(at) => line.at_ms = Some(at),
            Moment::Later(later) => line.later_ms = Some(later),
            Moment::Found(found) => line.found_ms = Some(found),
            Moment::When(when, after) => {
                line.when = Some(*when);
                line.after_ms = said(after);
            }
        }
        line.put(stroke.deed);
        line
    }
}

impl Line {
    fn put(&mut self, deed: Deed) {
        self.word = Some(deed.word());
        match deed {
            Deed::Power { node, stop, .. } => (self.node, self.stop) = (Some(node), said(stop)),
            Deed::Node { node, set } => (self.node, self.set) = (Some(node), written(&set)),
            Deed::ClockJump { node, by } => (self.node, self.by_ms) = (Some(node), Some(by)),
            Deed::Byzantine { node, rules } => (self.node, self.rules) = (Some(node), said(rules)),
            Deed::Link { from, to, both, set } => {
                (self.from, self.to, self.both) = (Some(from), Some(to), said(both));
                self.set = written(&set);
            }
            Deed::Links { set } => self.set = written(&set),
            Deed::Partition { groups, one_way, up, down } => {
                (self.groups, self.one_way) = (Some(groups), said(one_way));
                (self.up_ms, self.down_ms) = (said(up), said(down));
            }
            Deed::Heal => {}
            Deed::Timing { timing } => self.timing = Some(timing),
            Deed::Hand { msg, .. } => self.msg = said(msg),
            Deed::Request { node, request } => (self.node, self.request) = (Some(node), Some(request)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Result<Stroke, String> {
        serde_json::from_str(json).map_err(|e| e.to_string())
    }

    #[test]
    fn what_is_written_is_read_again() {
        for json in [
            r#"{"at_ms":5,"do":"crash","node":"leader","stop":true}"#,
            r#"{"when":{"nodes":{"role":"leader"}},"after_ms":"k / 2","do":"recover","node":["S1","crashed 1"]}"#,
            r#"{"later_ms":5,"do":"pause","node":"2 others"}"#,
            r#"{"found_ms":0,"do":"resume","node":"S1"}"#,
            r#"{"at_ms":"0.25","do":"node","node":"servers","set":{"drift_ppm":-5}}"#,
            r#"{"at_ms":1,"do":"clock-jump","node":"S1","by_ms":-9}"#,
            r#"{"at_ms":1,"do":"byzantine","node":"S1","rules":[{"to":"S2","act":{"delay":4}},{"act":"lie"}]}"#,
            r#"{"at_ms":1,"do":"link","from":"S1","to":"others","both":true,"set":{"cut":true}}"#,
            r#"{"at_ms":1,"do":"links","set":{"loss_ppm":500000}}"#,
            r#"{"at_ms":1,"do":"partition","groups":["minority with leader",["others"]],"one_way":true,"up_ms":5,"down_ms":6}"#,
            r#"{"at_ms":1,"do":"heal"}"#,
            r#"{"at_ms":1,"do":"timing","timing":{"model":"asynchronous"}}"#,
            r#"{"at_ms":1,"do":"deliver-now"}"#,
            r#"{"at_ms":1,"do":"drop","msg":{"kind":"vote","nth":"k"}}"#,
            r#"{"at_ms":1,"do":"request","node":"client 1","request":"set x 3"}"#,
        ] {
            let stroke = of(json).unwrap_or_else(|e| panic!("{json}: {e}"));
            assert_eq!(serde_json::to_string(&stroke).unwrap(), json);
        }
    }

    #[test]
    fn what_a_deed_does_not_take_is_refused_by_name() {
        for (json, part) in [
            (r#"{"do":"heal"}"#, "one moment"),
            (r#"{"at_ms":1,"later_ms":1,"do":"heal"}"#, "one moment"),
            (r#"{"at_ms":1,"after_ms":1,"do":"heal"}"#, "'after_ms' is nothing that 'heal' takes"),
            (r#"{"at_ms":1}"#, "'do' is missing"),
            (r#"{"at_ms":1,"do":"crash"}"#, "'node' is missing"),
            (r#"{"at_ms":1,"do":"recover","node":"S1","stop":true}"#, "'stop' is nothing that 'recover'"),
            (r#"{"at_ms":1,"do":"explode"}"#, "unknown variant `explode`"),
            (r#"{"at_ms":1,"do":"heal","nod":"S1"}"#, "unknown field `nod`"),
            (r#"{"at_ms":1,"do":"links","set":{"los_ppm":1}}"#, "los_ppm"),
            (r#"{"at_ms":1,"do":"partition","groups":["leader"]}"#, "two sides"),
            (r#"{"at_ms":1,"do":"crash","node":""}"#, "named by its name"),
            (r#"{"when":{"then":[{"nodes":{}},{"time_ms":1}]},"do":"heal"}"#, "remembers"),
        ] {
            let error = of(json).unwrap_err();
            assert!(error.contains(part), "{json}: {error}");
        }
    }
}
