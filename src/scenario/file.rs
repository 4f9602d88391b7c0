//! A run as a file: what a link carries, as JSON that people read, compare and keep.
//! `docs/files.md` describes it and `docs/scenario.schema.json` says it to machines.
//!
//! The rule that is easy to break: the text is stable. The same run gives the same bytes: names in
//! one order, one edit a line, so that two versions of a file differ in what was changed and in
//! nothing else.

use super::SharedRun;
use crate::sim::Refusal;
use crate::sim::data::{Way, Wrong, shown};
use crate::sim::json::{self, Flaw};
use crate::sim::letters::unmarked;
use serde_json::{Map, Value};

/// The version that is written, and the newest that is read.
pub const VERSION: u64 = 1;
/// The largest file that is read, in bytes.
pub const BYTES: usize = 4 << 20;
/// The name of the field with the version.
const NAME: &str = "faultline";
/// The order of the fields, the edits last.
const ORDER: [&str; 9] =
    ["scenario", "own", "seed", "params", "at_us", "events", "speed_us_s", "panel", "picked"];

/// `run` as the text of a file.
///
/// # Errors
/// An unknown scenario.
pub fn text(run: &SharedRun) -> Result<String, Refusal> {
    let fields = run.fields()?;
    let mut out = format!("{{\n  \"{NAME}\": {VERSION}");
    for name in ORDER {
        if let Some(value) = fields.get(name) {
            out += &format!(",\n  \"{name}\": {}", json::text(value));
        }
    }
    if let Some(Value::Array(edits)) = fields.get("edits") {
        let mut before = ",\n  \"edits\": [\n    ";
        for edit in edits {
            out += before;
            out += &json::text(edit);
            before = ",\n    ";
        }
        out += "\n  ]";
    }
    let mut before = ",\n  \"futures\": [\n";
    for saved in &run.futures {
        out += before;
        out += &saved.text();
        before = ",\n";
    }
    if !run.futures.is_empty() {
        out += "\n  ]";
    }
    Ok(out + "\n}\n")
}

/// The run that a file describes. It may still be refused by [`super::link::follow`].
///
/// # Errors
/// What is no JSON, with the line; a newer version; what is no scenario, with the way to the field.
pub fn read(text: &str) -> Result<SharedRun, Refusal> {
    let no = |why: String| Refusal::new("bad-file", format!("this file is no scenario: {why}"));
    if text.len() > BYTES {
        let why = format!("it is larger than {BYTES} bytes");
        return Err(Refusal::new("too-large", no(why).message));
    }
    let text = unmarked(text);
    let mut data =
        json::parse(text).map_err(|Flaw { line, what, .. }| no(format!("in line {line}, {what}")))?;
    let wrong = |wrong: Wrong| no(wrong.to_string());
    let version = data.as_object_mut().map_or(Ok(VERSION), version).map_err(wrong)?;
    if version > VERSION {
        return Err(Refusal::new(
            "newer-file",
            format!(
                "this file is of version {version}, and version {VERSION} is read here: open it \
                 with a newer Faultline"
            ),
        ));
    }
    let run = SharedRun::read(data).map_err(wrong)?;
    let def = run.opening.def()?;
    let others = run.futures.iter().filter_map(|s| s.other.as_ref());
    for opening in others.map(|o| &o.opening).chain([&run.opening]) {
        def.params(&opening.params)?;
    }
    Ok(run)
}

/// The version, taken out of the fields; what a script passes to `load` names none and is of the first.
fn version(fields: &mut Map<String, Value>) -> Result<u64, Wrong> {
    match fields.remove(NAME) {
        None | Some(Value::Null) => Ok(1),
        Some(value) => value.as_u64().filter(|version| *version > 0).ok_or_else(|| {
            let why =
                format!("this is the version of the file, and counts from 1: it is not {}", shown(&value));
            Wrong::at(Way::default().field(NAME), why)
        }),
    }
}
