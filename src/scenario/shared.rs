//! A run as it is shared, by a link or as a file: what decides it, and where it was looked at;
//! never the run itself.
//!
//! The rule that is easy to break: it has one reader, for links, files and whatever comes, and that
//! reader names the field that it refuses. Whether the run can be opened is judged by
//! [`super::link::follow`] alone.

use super::Opening;
use super::futures::{self, Saved};
use super::own::Own;
use crate::kit;
use crate::sim::data::{self, Wrong};
use crate::sim::letters::short;
use crate::sim::{Edit, EventId, MsgId, NodeId, Refusal, SimTime, limits};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A run as it is shared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SharedRun {
    /// Scenario, seed, parameters, edits.
    #[serde(flatten)]
    pub opening: Opening,
    /// The moment that is shown, in microseconds.
    #[serde(skip_serializing_if = "is_zero")]
    pub at_us: u64,
    /// How many events have happened, where the moment alone does not say: `None` shows all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<u32>,
    /// Simulated microseconds in a second of the reader's time; `None`: the scenario's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_us_s: Option<u64>,
    /// The page of the inspector that is on top; `None`: as it opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub panel: Option<Panel>,
    /// What is picked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picked: Option<Picked>,
    /// All futures of the run, in a file alone; none where there is but this one.
    #[serde(skip)]
    pub futures: Vec<Saved>,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// The fields of a run as it is shared, those of its opening among them: serde does not refuse what it does not know
/// where one thing is flattened into another.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    scenario: String,
    #[serde(default, deserialize_with = "data::long")]
    seed: Option<u64>,
    #[serde(default, deserialize_with = "data::or_default")]
    params: BTreeMap<String, kit::Value>,
    #[serde(default, deserialize_with = "data::list::<_, _, { limits::EDITS }>")]
    edits: Vec<Edit>,
    own: Option<Own>,
    #[serde(default, deserialize_with = "data::within::<_, _, 0, { limits::RUN_US }>")]
    at_us: Option<u64>,
    #[serde(default, deserialize_with = "data::within::<_, _, 0, { limits::EVENTS as u64 }>")]
    events: Option<u32>,
    #[serde(default, deserialize_with = "data::within::<_, _, 1, SPEED>")]
    speed_us_s: Option<u64>,
    panel: Option<Panel>,
    picked: Option<Picked>,
    #[serde(default, deserialize_with = "data::list::<_, _, { limits::FUTURES }>")]
    futures: Vec<futures::Wire>,
}

/// A page of the inspector, by the name that it keeps in links for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Panel {
    /// The settings of a link.
    Link,
    /// The state and the settings of a node.
    Node,
    /// The timing model.
    Timing,
    /// The promises of the protocol.
    Checks,
    /// The numbers of the protocol.
    Measures,
    /// What happened, in sentences.
    Log,
    /// The stage as text.
    Text,
}

/// Something of a run that is picked. It may name what is not there (yet, or any more).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Picked {
    /// A node: `n2`.
    Node(NodeId),
    /// One direction of a link, sender and receiver: `l0-1`.
    Link(NodeId, NodeId),
    /// A message: `m77`.
    Message(MsgId),
    /// An event: `e120`.
    Event(EventId),
}

/// The highest speed, in simulated microseconds a second: eleven days.
const SPEED: u64 = 1_000_000_000_000;

impl SharedRun {
    /// `opening` at its start.
    pub fn of(opening: Opening) -> Self {
        SharedRun { opening, ..SharedRun::default() }
    }

    /// Reads every field, by its long name, and refuses others.
    ///
    /// # Errors
    /// What is no shared run, with the way to the field.
    pub fn read(data: Value) -> Result<Self, Wrong> {
        let wire: Wire = data::read(data)?;
        let Wire { scenario, seed, params, edits, own, .. } = wire;
        let opening = Opening { scenario, seed, params, edits, own };
        opening.agree()?;
        Ok(SharedRun {
            futures: futures::of(wire.futures, &opening)?,
            opening,
            at_us: wire.at_us.unwrap_or(0),
            events: wire.events,
            speed_us_s: wire.speed_us_s,
            panel: wire.panel,
            picked: wire.picked,
        })
    }

    /// Its fields, by their long names, but for the futures; the seed is always among them.
    ///
    /// # Errors
    /// An unknown scenario.
    pub(super) fn fields(&self) -> Result<Map<String, Value>, Refusal> {
        let mut run = self.clone();
        run.opening.seed = Some(run.opening.seed.unwrap_or(run.opening.def()?.seed));
        match serde_json::to_value(&run) {
            Ok(Value::Object(fields)) => Ok(fields),
            _ => Err(Refusal::new("bad-run", "this run cannot be written down")),
        }
    }

    /// The moment that is shown; `None` where that is the very start, before anything has happened.
    pub fn moment(&self) -> Option<SimTime> {
        (self.at_us > 0 || self.events.is_some()).then_some(SimTime(self.at_us))
    }

    /// How many events are left to the place that is shown, after `position` of them.
    pub(super) fn events_left(&self, position: u32) -> u32 {
        self.events.map_or(u32::MAX, |n| n.saturating_sub(position))
    }
}

impl Panel {
    /// Every panel.
    pub const ALL: [Panel; 7] =
        [Panel::Link, Panel::Node, Panel::Timing, Panel::Checks, Panel::Measures, Panel::Log, Panel::Text];
}

/// Its name in links and files.
impl From<Picked> for String {
    fn from(picked: Picked) -> String {
        match picked {
            Picked::Node(n) => format!("n{n}"),
            Picked::Link(a, b) => format!("l{a}-{b}"),
            Picked::Message(m) => format!("m{m}"),
            Picked::Event(e) => format!("e{e}"),
        }
    }
}

impl TryFrom<String> for Picked {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        let number = |text: &str, most: u32| {
            let plain = text.bytes().all(|b| b.is_ascii_digit());
            let n = text.parse::<u32>().ok().filter(|n| plain && *n < most);
            n.map(|n| (n, n as u16))
        };
        let nodes = limits::NODES as u32;
        let found = match word.split_at_checked(1) {
            Some(("n", n)) => number(n, nodes).map(|n| Picked::Node(NodeId(n.1))),
            Some(("l", ends)) => ends.split_once('-').and_then(|(a, b)| {
                let (a, b) = (number(a, nodes)?, number(b, nodes)?);
                Some(Picked::Link(NodeId(a.1), NodeId(b.1)))
            }),
            Some(("m", m)) => number(m, u32::MAX).map(|m| Picked::Message(MsgId(m.0))),
            Some(("e", e)) => number(e, limits::EVENTS).map(|e| Picked::Event(EventId(e.0))),
            _ => None,
        };
        found.ok_or_else(|| {
            format!(
                "this must be a node (n2), a link (l0-1), a message (m77) or an event (e120), not '{}'",
                short(&word)
            )
        })
    }
}
