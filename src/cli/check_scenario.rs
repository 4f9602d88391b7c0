//! `check-scenario`: a scenario file's mistakes, and the proof of what it says.
//!
//! The rule that is easy to break: what is not as the file says is one line with file, line and field, and
//! exit 2; what a file of one's own may leave out is only noted.

use super::args::{Args, Next, shown};
use super::{Failure, Outcome, subject};
use crate::scenario::front::Mistake;
use crate::scenario::{Opening, Own, proof};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

pub(super) fn check_scenario(args: &mut Args, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let mut files = Vec::new();
    while let Some(next) = args.next()? {
        match next {
            Next::Option(o) => return Err(args.unknown(&o)),
            Next::Word(word) => files.push(word),
        }
    }
    if files.is_empty() {
        return Err(args.missing("a scenario file (docs/scenarios.md)"));
    }
    check(&files, out)
}

/// Checks each of `files`, and says of each what it found.
fn check(files: &[String], out: &mut dyn Write) -> Result<Outcome, Failure> {
    let mut flaws = 0;
    for file in files {
        flaws += one(file, out)?;
    }
    match flaws {
        0 => Ok(Outcome::Fine),
        n => Err(Failure::Input(format!(
            "{n} {} not as the {} says",
            if n == 1 { "thing is" } else { "things are" },
            if files.len() == 1 { "file" } else { "file that is named" }
        ))),
    }
}

fn one(file: &str, out: &mut dyn Write) -> Result<usize, Failure> {
    let path = Path::new(file);
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|e| Failure::Input(format!("{}: cannot be read: {e}", shown(file))))?;
    let scenario = Arc::new(subject::lesson(path, &text)?);
    super::panics::doing(scenario.id.clone());
    if let Some((way, why)) = proof::unknown_name(&scenario) {
        let line = Mistake::at(&text, &way, String::new()).line;
        return Err(Failure::Input(format!("{}:{line}: {way}: {why}", shown(file))));
    }
    let base = Opening::own(Own::of(scenario.clone()));
    let mut found = proof::flaws(&base)?;
    found.extend(proof::flaws_of_luck(&base)?);
    found.extend(proof::target_flaws(&base)?);
    for (way, why) in &found {
        let line = Mistake::at(&text, way, String::new()).line;
        writeln!(out, "{}:{line}: {way}: {why}", shown(file))?;
    }
    for (way, what) in proof::unproved(&scenario) {
        let line = Mistake::at(&text, &way, String::new()).line;
        writeln!(out, "{}:{line}: note: {way}: {what}", shown(file))?;
    }
    let s = &scenario;
    let (situations, steps, targets) = (s.situations.len(), s.steps.len(), s.targets.len());
    writeln!(
        out,
        "{}: {} ({}): {situations} situations, {steps} steps, {targets} targets, {} flaws",
        shown(file),
        s.title,
        s.protocol,
        found.len()
    )?;
    Ok(found.len())
}
