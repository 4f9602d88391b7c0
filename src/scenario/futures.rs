//! The futures of a run as a file holds them: of each its name, where it was forked, its parameters, its
//! edits and where it stands.
//!
//! The rule that is easy to break: the one that is shown is the run of the file itself, as if there were no
//! others: whoever knows nothing of futures reads that, and nothing is said twice.

use super::Opening;
use crate::sim::fields::{Fields, Read};
use crate::sim::{Refusal, json, limits};
use serde_json::{Map, Value};

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

/// Reads the futures of a run that opens as `shown`; none are said where there is but one.
pub(super) fn read(f: &mut Fields, shown: &Opening) -> Read<Vec<Saved>> {
    let list = f.opt_list("futures")?;
    if list.len() > limits::FUTURES {
        let (n, most) = (list.len(), limits::FUTURES);
        return Err(format!("'futures' lists {n}: a run has at most {most}"));
    }
    let mut all: Vec<Saved> = Vec::new();
    for (i, value) in list.into_iter().enumerate() {
        let saved = one(value, shown, i).map_err(|why| format!("futures[{i}]: {why}"))?;
        if all.iter().any(|s| s.name == saved.name) {
            return Err(format!("futures[{i}]: another future has this name"));
        }
        all.push(saved);
    }
    let count = all.iter().filter(|s| s.other.is_none()).count();
    match (count, all.is_empty()) {
        (1, _) | (_, true) => Ok(all),
        (n, _) => Err(format!("one of 'futures' is shown, not {n}")),
    }
}

fn one(value: Value, shown: &Opening, i: usize) -> Read<Saved> {
    let mut f = Fields::of(value, "a future")?;
    let name = f.text("name")?;
    check_name(&name).map_err(|r| r.message)?;
    let fork = match (i, f.number("parent", limits::FUTURES as u64)?) {
        (0, None) => None,
        (0, Some(_)) => return Err("the first has no 'parent'".to_owned()),
        (i, Some(parent)) if (parent as usize) < i => Some(Forked {
            parent: parent as usize,
            at_us: f.number("forked_us", limits::RUN_US)?.unwrap_or(0),
            events: f.number("forked_events", limits::EVENTS.into())?.unwrap_or(0) as u32,
        }),
        _ => return Err(format!("'parent' must be a number below its own, {i}")),
    };
    let other = match f.flag("shown")? {
        Some(true) => None,
        _ => {
            let (params, edits) = Opening::read_changes(&mut f)?;
            Some(Other {
                opening: Opening { params, edits, ..shown.clone() },
                at_us: f.number("at_us", limits::RUN_US)?.unwrap_or(0),
                events: f.number("events", limits::EVENTS.into())?.map(|n| n as u32),
            })
        }
    };
    f.end().map(|()| Saved { name, fork, other })
}

/// The names of a future's fields in the order in which they are written, the edits last.
const ORDER: [&str; 8] =
    ["name", "shown", "parent", "forked_us", "forked_events", "params", "at_us", "events"];

impl Saved {
    fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value);
            }
        };
        put("name", Some(self.name.as_str().into()));
        if let Some(fork) = &self.fork {
            put("parent", Some(fork.parent.into()));
            put("forked_us", (fork.at_us > 0).then(|| fork.at_us.into()));
            put("forked_events", (fork.events > 0).then(|| fork.events.into()));
        }
        match &self.other {
            None => put("shown", Some(true.into())),
            Some(other) => {
                put("at_us", (other.at_us > 0).then(|| other.at_us.into()));
                put("events", other.events.map(Value::from));
                if let Ok(Value::Object(mut opening)) = serde_json::to_value(&other.opening) {
                    put("params", opening.remove("params"));
                    put("edits", opening.remove("edits"));
                }
            }
        }
        fields
    }

    /// It in a file, indented, one edit a line.
    pub(super) fn text(&self) -> String {
        let fields = self.fields();
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
