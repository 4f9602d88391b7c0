//! Reads and checks `scenarios/`, and writes what the engine takes in: a light index of all scenarios, and
//! each chapter's scenarios as bytes that need no parser.
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
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A chapter's folder.
#[derive(Default)]
struct Folder {
    title: String,
    order: i64,
    scenarios: Vec<Scenario>,
    /// Whether protocols have a chapter of this name.
    protocols: bool,
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    println!("cargo:rerun-if-changed={}", root.display());
    println!("cargo:rerun-if-changed={}", root.join("../src/protocols").display());
    let folders = match folders(&root) {
        Ok(folders) => folders,
        Err(mistakes) => {
            // Cargo shows what a failed build script says on its error output.
            eprintln!("\n{}\n", mistakes.join("\n"));
            return ExitCode::FAILURE;
        }
    };
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo names a folder for what is built"));
    let mut code = String::new();
    index(&folders, &mut code);
    for (id, folder) in &folders {
        let bytes = borsh::to_vec(&folder.scenarios).expect("a scenario can be written");
        fs::write(out.join(format!("{id}.bin")), bytes).expect("the folder can be written to");
    }
    fs::write(out.join("scenarios.rs"), code).expect("the folder can be written to");
    ExitCode::SUCCESS
}

/// Every chapter's folder, by name; or every mistake in them.
fn folders(root: &Path) -> Result<BTreeMap<String, Folder>, Vec<String>> {
    let (mut folders, mut mistakes) = (BTreeMap::<String, Folder>::new(), Vec::new());
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
        let folder = folders.entry(chapter.clone()).or_default();
        if file.file_name().is_some_and(|n| n == "chapter.toml") {
            match toml::from_str::<ChapterLine>(sim::letters::unmarked(&text)) {
                Ok(line) => (folder.title, folder.order) = (line.title, line.order),
                Err(e) => mistakes.push(format!("{name}: {e}")),
            }
            continue;
        }
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
        if let Some(other) = ids.insert(scenario.front.id.clone(), name.clone()) {
            mistakes.push(format!("{name}: {other} has this id, too"));
        }
        scenario.front.chapter = chapter;
        folder.scenarios.push(scenario);
    }
    for folder in folders.values_mut() {
        folder.scenarios.sort_by(|a, b| (a.front.order, &a.front.id).cmp(&(b.front.order, &b.front.id)));
    }
    folders.retain(|_, folder| !folder.scenarios.is_empty());
    // A chapter of protocols has a folder even while nobody has written a scenario for it.
    for chapter in entries(&root.join("../src/protocols"), &mut mistakes) {
        if chapter.join("mod.rs").exists() {
            folders.entry(part(Some(&chapter))).or_default().protocols = true;
        }
    }
    match mistakes.is_empty() {
        true => Ok(folders),
        false => Err(mistakes),
    }
}

/// A chapter of scenarios whose title no chapter of protocols has.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ChapterLine {
    title: String,
    #[serde(default)]
    order: i64,
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
        let wanted = |p: &PathBuf| {
            p.extension().is_some_and(|e| e == "md") || p.file_name().is_some_and(|n| n == "chapter.toml")
        };
        for file in entries(&folder, mistakes) {
            match wanted(&file) {
                true => all.push(file),
                false => mistakes
                    .push(format!("{}: a chapter holds scenarios (.md) and chapter.toml", shown(&file))),
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

/// The index and the chapters, as Rust.
fn index(folders: &BTreeMap<String, Folder>, code: &mut String) {
    code.push_str("/// Every scenario in short.\npub static INDEX: &[Brief] = &[\n");
    for (chapter, folder) in folders {
        for f in folder.scenarios.iter().map(|s| &s.front) {
            let (id, title, summary, protocol, rows) = (&f.id, &f.title, &f.summary, &f.protocol, &f.rows);
            let _ = writeln!(
                code,
                "Brief {{ id: {id:?}, title: {title:?}, chapter: {chapter:?}, summary: {summary:?}, \
                 rows: &{rows:?}, protocol: {protocol:?} }},"
            );
        }
    }
    code.push_str("];\n");
    let _ = writeln!(code, "/// Chapters by id, with the title and the order in their `chapter.toml`.");
    let _ = writeln!(code, "pub static TITLES: &[(&str, &str, i64)] = &[");
    for (id, Folder { title, order, .. }) in folders {
        let _ = writeln!(code, "({id:?}, {title:?}, {order}),");
    }
    code.push_str("];\n");
    let (mut all, mut loose) = (String::new(), String::new());
    for (id, folder) in folders {
        let module = id.replace('-', "_");
        let _ = writeln!(
            code,
            "/// The chapter of that name.\npub mod {module} {{\n/// Its scenarios.\npub static FOLDER: super::Folder = \
             super::Folder {{ id: {id:?}, bytes: || include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{id}.bin\")), \
             read: std::sync::OnceLock::new() }};\n}}"
        );
        let _ = write!(all, "&{module}::FOLDER, ");
        if !folder.protocols {
            let _ = write!(loose, "&{module}::FOLDER, ");
        }
    }
    // A chapter that comes on demand must be named nowhere but in its own part.
    let _ = writeln!(
        code,
        "#[cfg(not(feature = \"on-demand\"))]\npub(super) static FOLDERS: &[&Folder] = &[{all}];"
    );
    let _ =
        writeln!(code, "#[cfg(feature = \"on-demand\")]\npub(super) static LOOSE: &[&Folder] = &[{loose}];");
}
