//! The futures of a run as a file holds them: of each its name, where it was forked, its parameters, its
//! edits and where it stands.
//!
//! The rule that is easy to break: the one that is shown is the run of the file itself, as if there were no
//! others: whoever knows nothing of futures reads that, and nothing is said twice.

use super::Opening;
use crate::kit;
use crate::sim::data::{self, Way, Wrong};
use crate::sim::{Edit, Refusal, json, limits};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A future of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Its name: no other's.
    pub name: String,
    /// From what it was forked; `None` for the first alone.
    pub fork: Option<Forked>,
    /// What it is; `None` for the one that is shown, which the file around it describes.
    pub other: Option<Other>,
}

/// Where a future was forked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forked {
    /// The number of its parent: lower than its own.
    pub parent: usize,
    /// When, in microseconds.
    pub at_us: u64,
    /// How many events had happened.
    pub events: u32,
}

/// A future that is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// The scenario and the seed are those of the one that is shown.
    pub opening: Opening,
    /// Where it stands, in microseconds.
    pub at_us: u64,
    /// How many events have happened, where the moment alone does not say.
    pub events: Option<u32>,
}

/// Refuses what is no name of a future: it has 1 to 40 characters that can be seen, in one line.
///
/// # Errors
/// Why it is none.
pub fn check_name(name: &str) -> Result<(), Refusal> {
    let most = limits::NAME_CHARS;
    let odd = |c: char| c.is_control() || json::is_hidden(c);
    let trimmed = name.trim();
    if trimmed.is_empty()
        || trimmed.len() != name.len()
        || name.chars().count() > most
        || name.chars().any(odd)
    {
        let message = format!("a future's name has 1 to {most} characters that can be seen");
        return Err(Refusal::new("bad-name", message));
    }
    Ok(())
}

/// The fields of a future in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wire {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    shown: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<usize>,
    #[serde(
        default,
        deserialize_with = "data::within::<_, _, 0, { limits::RUN_US }>",
        skip_serializing_if = "Option::is_none"
    )]
    forked_us: Option<u64>,
    #[serde(
        default,
        deserialize_with = "data::within::<_, _, 0, { limits::EVENTS as u64 }>",
        skip_serializing_if = "Option::is_none"
    )]
    forked_events: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<BTreeMap<String, kit::Value>>,
    #[serde(
        default,
        deserialize_with = "data::some_list::<_, _, { limits::EDITS }>",
        skip_serializing_if = "Option::is_none"
    )]
    edits: Option<Vec<Edit>>,
    #[serde(
        default,
        deserialize_with = "data::within::<_, _, 0, { limits::RUN_US }>",
        skip_serializing_if = "Option::is_none"
    )]
    at_us: Option<u64>,
    #[serde(
        default,
        deserialize_with = "data::within::<_, _, 0, { limits::EVENTS as u64 }>",
        skip_serializing_if = "Option::is_none"
    )]
    events: Option<u32>,
}

/// The futures of a run that opens as `shown`; none are said where there is but one.
pub(super) fn of(list: Vec<Wire>, shown: &Opening) -> Result<Vec<Saved>, Wrong> {
    let futures = Way::default().field("futures");
    let mut all: Vec<Saved> = Vec::new();
    for (i, wire) in list.into_iter().enumerate() {
        let no = |(field, why): (&str, String)| Wrong::at(futures.place(i).field(field), why);
        let saved = one(wire, shown, i).map_err(no)?;
        if all.iter().any(|s| s.name == saved.name) {
            return Err(no(("name", "another future has this name".to_owned())));
        }
        all.push(saved);
    }
    let count = all.iter().filter(|s| s.other.is_none()).count();
    match (count, all.is_empty()) {
        (1, _) | (_, true) => Ok(all),
        (n, _) => Err(Wrong::at(futures, format!("one of them is shown, not {n}"))),
    }
}

/// A future, or the field that is wrong and why.
fn one(wire: Wire, shown: &Opening, i: usize) -> Result<Saved, (&'static str, String)> {
    let no = |field, why: &str| Err((field, why.to_owned()));
    check_name(&wire.name).map_err(|r| ("name", r.message))?;
    let fork = match (i, wire.parent) {
        (0, None) if wire.forked_us.is_some() => return no("forked_us", "the first was not forked"),
        (0, None) if wire.forked_events.is_some() => return no("forked_events", "the first was not forked"),
        (0, None) => None,
        (0, Some(_)) => return no("parent", "the first has none"),
        (i, Some(parent)) if parent < i => Some(Forked {
            parent,
            at_us: wire.forked_us.unwrap_or(0),
            events: wire.forked_events.unwrap_or(0),
        }),
        _ => return no("parent", &format!("this must be a number below its own, {i}")),
    };
    let other = match wire.shown {
        Some(true) => {
            let of_the_file = "the one that is shown has none: the file around it says so";
            let said = [
                ("params", wire.params.is_some()),
                ("edits", wire.edits.is_some()),
                ("at_us", wire.at_us.is_some()),
                ("events", wire.events.is_some()),
            ];
            match said.into_iter().find(|(_, said)| *said) {
                Some((field, _)) => return no(field, of_the_file),
                None => None,
            }
        }
        _ => Some(Other {
            opening: Opening {
                params: wire.params.unwrap_or_default(),
                edits: wire.edits.unwrap_or_default(),
                ..shown.clone()
            },
            at_us: wire.at_us.unwrap_or(0),
            events: wire.events,
        }),
    };
    Ok(Saved { name: wire.name, fork, other })
}

/// The names of a future's fields in the order in which they are written, the edits last.
const ORDER: [&str; 8] =
    ["name", "shown", "parent", "forked_us", "forked_events", "params", "at_us", "events"];

impl From<&Saved> for Wire {
    fn from(saved: &Saved) -> Wire {
        let (fork, other) = (saved.fork.as_ref(), saved.other.as_ref());
        let opening = other.map(|o| &o.opening);
        Wire {
            name: saved.name.clone(),
            shown: other.is_none().then_some(true),
            parent: fork.map(|f| f.parent),
            forked_us: fork.map(|f| f.at_us).filter(|us| *us > 0),
            forked_events: fork.map(|f| f.events).filter(|n| *n > 0),
            params: opening.map(|o| o.params.clone()).filter(|p| !p.is_empty()),
            edits: opening.map(|o| o.edits.clone()).filter(|e| !e.is_empty()),
            at_us: other.map(|o| o.at_us).filter(|us| *us > 0),
            events: other.and_then(|o| o.events),
        }
    }
}

impl Saved {
    /// It in a file, indented, one edit a line.
    pub(super) fn text(&self) -> String {
        let fields = serde_json::to_value(Wire::from(self)).unwrap_or_default();
        let mut out = String::new();
        for name in ORDER {
            if let Some(value) = fields.get(name) {
                let before = if out.is_empty() { "    {" } else { ", " };
                out += &format!("{before}\"{name}\": {}", json::text(value));
            }
        }
        if let Some(Value::Array(edits)) = fields.get("edits") {
            let mut before = ", \"edits\": [\n      ";
            for edit in edits {
                out += before;
                out += &json::text(edit);
                before = ",\n      ";
            }
            out += "\n    ]";
        }
        out + "}"
    }
}
