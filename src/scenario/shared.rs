//! A run as it is shared, by a link or as a file: what decides it, and where it was looked at;
//! never the run itself.
//!
//! The rule that is easy to break: it has one reader, for links, files and whatever comes, and that
//! reader names the field that it refuses. Whether the run can be opened is judged by
//! [`super::link::follow`] alone.

use super::Opening;
use super::futures::Saved;
use crate::sim::fields::{Fields, Read};
use crate::sim::{EventId, MsgId, NodeId, Refusal, SimTime, limits};
use serde_json::{Map, Value};

/// A run as it is shared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedRun {
    /// Scenario, seed, parameters, edits.
    pub opening: Opening,
    /// The moment that is shown, in microseconds.
    pub at_us: u64,
    /// How many events have happened, where the moment alone does not say: `None` shows all of it.
    pub events: Option<u32>,
    /// Simulated microseconds in a second of the reader's time; `None`: the scenario's own.
    pub speed_us_s: Option<u64>,
    /// The page of the inspector that is on top; `None`: as it opens.
    pub panel: Option<Panel>,
    /// What is picked.
    pub picked: Option<Picked>,
    /// All futures of the run, in a file alone; none where there is but this one.
    pub futures: Vec<Saved>,
}

/// A page of the inspector, by the name that it keeps in links for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// What is no shared run, in a sentence that names the field.
    pub fn read(mut f: Fields) -> Read<Self> {
        let opening = Opening::read_fields(&mut f)?;
        let speed_us_s = f.number("speed_us_s", SPEED)?;
        if speed_us_s == Some(0) {
            return Err("'speed_us_s' must not be 0: time would stand still".to_owned());
        }
        let futures = super::futures::read(&mut f, &opening)?;
        let run = SharedRun {
            futures,
            opening,
            at_us: f.number("at_us", limits::RUN_US)?.unwrap_or(0),
            events: f.number("events", limits::EVENTS.into())?.map(|n| n as u32),
            speed_us_s,
            panel: f.opt_text("panel")?.map(|w| Panel::read(&w)).transpose()?,
            picked: f.opt_text("picked")?.map(|w| Picked::read(&w)).transpose()?,
        };
        f.end().map(|()| run)
    }

    /// Its fields, by their long names; the seed is always among them.
    ///
    /// # Errors
    /// An unknown scenario.
    pub(super) fn fields(&self) -> Result<Map<String, Value>, Refusal> {
        let mut opening = self.opening.clone();
        opening.seed = Some(opening.seed.unwrap_or(opening.def()?.seed));
        let Ok(Value::Object(mut fields)) = serde_json::to_value(&opening) else {
            return Err(Refusal::new("bad-run", "this run cannot be written down"));
        };
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value);
            }
        };
        put("at_us", (self.at_us > 0).then(|| self.at_us.into()));
        put("events", self.events.map(Value::from));
        put("speed_us_s", self.speed_us_s.map(Value::from));
        put("panel", self.panel.map(|p| p.word().into()));
        put("picked", self.picked.map(|p| p.word().into()));
        Ok(fields)
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

    /// Its name in links and files.
    pub fn word(self) -> &'static str {
        match self {
            Panel::Link => "link",
            Panel::Node => "node",
            Panel::Timing => "timing",
            Panel::Checks => "checks",
            Panel::Measures => "measures",
            Panel::Log => "log",
            Panel::Text => "text",
        }
    }

    fn read(word: &str) -> Read<Self> {
        let found = Panel::ALL.into_iter().find(|p| p.word() == word);
        found.ok_or_else(|| {
            let known = Panel::ALL.map(Panel::word).join(", ");
            format!("'panel' must be one of {known}, not '{}'", crate::sim::fields::short(word))
        })
    }
}

impl Picked {
    /// Its name in links and files.
    pub fn word(self) -> String {
        match self {
            Picked::Node(n) => format!("n{n}"),
            Picked::Link(a, b) => format!("l{a}-{b}"),
            Picked::Message(m) => format!("m{m}"),
            Picked::Event(e) => format!("e{e}"),
        }
    }

    fn read(word: &str) -> Read<Self> {
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
                "'picked' must be a node (n2), a link (l0-1), a message (m77) or an event (e120), \
                 not '{}'",
                crate::sim::fields::short(word)
            )
        })
    }
}
