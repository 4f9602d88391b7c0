//! Reads and checks `scenarios/`, and writes what the engine takes in: a light index of all scenarios, and
//! each protocol's scenarios as bytes that need no parser.
//!
//! The rule that is easy to break: the reader here is the reader of the page and of the tool, from the same
//! source, so that what builds is what a teacher's file must be. A mistake fails the build with file,
//! line, field, and what would be accepted.

#![allow(dead_code, unused_imports, reason = "of the engine's data, the build needs but the reading")]
#![allow(missing_docs, reason = "they are documented where they live")]

#[path = "../src/scenario/front/mod.rs"]
mod front;
#[path = "../src/kit/params.rs"]
mod params;
#[path = "../src/sim/mod.rs"]
mod sim;

/// What the reader knows of the kit.
mod kit {
    pub use super::params::Value;
}

use front::Scenario;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What the folders hold.
#[derive(Default)]
struct Found {
    /// The scenarios, by chapter, in the order that their files say.
    scenarios: Vec<Scenario>,
    /// The names of the protocols' files: `ring_election`.
    protocols: BTreeSet<String>,
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    println!("cargo:rerun-if-changed={}", root.display());
    println!("cargo:rerun-if-changed={}", root.join("../src/protocols").display());
    let found = match found(&root) {
        Ok(found) => found,
        Err(mistakes) => {
            // Cargo shows what a failed build script says on its error output.
            eprintln!("\n{}\n", mistakes.join("\n"));
            return ExitCode::FAILURE;
        }
    };
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo names a folder for what is built"));
    let mut code = String::new();
    index(&found, &mut code);
    for name in &found.protocols {
        let own: Vec<&Scenario> = found.scenarios.iter().filter(|s| file_of(s) == *name).collect();
        let bytes = borsh::to_vec(&own).expect("a scenario can be written");
        fs::write(out.join(format!("{name}.bin")), bytes).expect("the folder can be written to");
    }
    fs::write(out.join("scenarios.rs"), code).expect("the folder can be written to");
    ExitCode::SUCCESS
}

/// The name of the file of a scenario's protocol.
fn file_of(scenario: &Scenario) -> String {
    scenario.front.protocol.replace('-', "_")
}

/// All there is; or every mistake in it.
fn found(root: &Path) -> Result<Found, Vec<String>> {
    let (mut found, mut mistakes) = (Found::default(), Vec::new());
    found.protocols = protocols(&root.join("../src/protocols"), &mut mistakes);
    let mut ids = BTreeMap::<String, String>::new();
    for file in files(root, &mut mistakes) {
        let name = shown(&file);
        let chapter = part(file.parent());
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(e) => {
                mistakes.push(format!("{name}: cannot be read: {e}"));
                continue;
            }
        };
        let mut scenario = match front::read(&text) {
            Ok(scenario) => scenario,
            Err(mistake) => {
                let field = match mistake.field.as_str() {
                    "" => String::new(),
                    field => format!(" {field}:"),
                };
                mistakes.push(format!("{name}:{}:{field} {}", mistake.line, mistake.message));
                continue;
            }
        };
        mistakes.extend(misplaced(&name, &chapter, &part(Some(&file.with_extension(""))), &scenario));
        if !found.protocols.contains(&file_of(&scenario)) {
            let known: Vec<_> = found.protocols.iter().map(|p| p.replace('_', "-")).collect();
            let (none, known) = (&scenario.front.protocol, known.join(", "));
            mistakes.push(format!("{name}: protocol: there is no '{none}': there are {known}"));
        }
        if let Some(other) = ids.insert(scenario.front.id.clone(), name.clone()) {
            mistakes.push(format!("{name}: {other} has this id, too"));
        }
        scenario.front.chapter = chapter;
        found.scenarios.push(scenario);
    }
    let place = |s: &Scenario| (s.front.chapter.clone(), s.front.order, s.front.id.clone());
    found.scenarios.sort_by_key(place);
    match mistakes.is_empty() {
        true => Ok(found),
        false => Err(mistakes),
    }
}

/// The names of the protocols: of the files in the chapters' folders, and of the folders of those that are more than a file.
fn protocols(root: &Path, mistakes: &mut Vec<String>) -> BTreeSet<String> {
    let chapters = entries(root, mistakes).into_iter().filter(|p| p.is_dir());
    let files: Vec<PathBuf> = chapters.flat_map(|c| entries(&c, mistakes)).collect();
    files.iter().map(|f| part(Some(&f.with_extension("")))).collect()
}

/// What does not fit together of a file's place and what it says.
fn misplaced(name: &str, chapter: &str, stem: &str, scenario: &Scenario) -> Vec<String> {
    let front = &scenario.front;
    let mut found = Vec::new();
    if front.id != stem {
        found.push(format!(
            "{name}: id: it is '{}', and the file is called '{stem}': make them equal",
            front.id
        ));
    }
    if !front.chapter.is_empty() && front.chapter != chapter {
        let said = &front.chapter;
        found.push(format!("{name}: chapter: it is '{said}', and the folder '{chapter}': make them equal"));
    }
    found
}

/// The files of all chapters, in order of their names.
fn files(root: &Path, mistakes: &mut Vec<String>) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for folder in entries(root, mistakes) {
        if !folder.is_dir() {
            continue;
        }
        if !front::check::is_slug(&part(Some(&folder))) {
            mistakes.push(format!(
                "{}: a chapter's folder is called by its id, of a-z, 0-9 and -",
                shown(&folder)
            ));
        }
        for file in entries(&folder, mistakes) {
            match file.extension().is_some_and(|e| e == "md") {
                true => all.push(file),
                false => mistakes.push(format!("{}: a chapter holds scenarios (.md)", shown(&file))),
            }
        }
    }
    all
}

fn entries(folder: &Path, mistakes: &mut Vec<String>) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = match fs::read_dir(folder) {
        Ok(list) => list.filter_map(|e| Some(e.ok()?.path())).collect(),
        Err(e) => {
            mistakes.push(format!("{}: cannot be read: {e}", shown(folder)));
            Vec::new()
        }
    };
    all.retain(|p| !part(Some(p)).starts_with('.'));
    all.sort();
    all
}

/// The last part of a path.
fn part(path: Option<&Path>) -> String {
    let name = path.and_then(Path::file_name).unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// A path from `scenarios` on.
fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    text.rsplit_once("/../").map_or(text.clone(), |(_, rest)| rest.to_owned())
}

/// The index and the protocols' scenarios, as Rust.
fn index(found: &Found, code: &mut String) {
    code.push_str("/// Every scenario in short.\npub static INDEX: &[Brief] = &[\n");
    for f in found.scenarios.iter().map(|s| &s.front) {
        let (id, title, chapter, summary) = (&f.id, &f.title, &f.chapter, &f.summary);
        let (protocol, rows, start) = (&f.protocol, &f.rows, f.start);
        let _ = writeln!(
            code,
            "Brief {{ id: {id:?}, title: {title:?}, chapter: {chapter:?}, summary: {summary:?}, rows: &{rows:?}, \
             protocol: {protocol:?}, start: {start:?} }},"
        );
    }
    code.push_str("];\n");
    for name in &found.protocols {
        let _ = writeln!(
            code,
            "/// The protocol of that name.\npub mod {name} {{\n/// Its scenarios.\npub static LESSONS: super::Lessons = \
             super::Lessons {{ part: {name:?}, bytes: || include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.bin\")), \
             read: std::sync::OnceLock::new() }};\n}}"
        );
    }
    // What comes on demand must be named nowhere but in its own part.
    let all: Vec<String> = found.protocols.iter().map(|name| format!("&{name}::LESSONS")).collect();
    let all = all.join(", ");
    let _ = writeln!(
        code,
        "#[cfg(not(feature = \"on-demand\"))]\npub(super) static ALL: &[&Lessons] = &[{all}];"
    );
}
