//! `docs/catalogue.md` says what is built, row by row, as the registry and the scenario files do.
//!
//! The rule that is easy to break: nobody writes that table. `BLESS=1 cargo test --test catalogue` does; a new scenario passes
//! before it is in it.
#![cfg(not(target_arch = "wasm32"))]

use faultline::kit::Entry;
use faultline::protocols;
use faultline::scenario::{self, Scenario};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const HEAD: &str = "| row | scenarios | protocol | what runs must come to | mutants | source lines |
|---|---|---|---|---:|---:|
";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// `E5` as one sorts it: the letter, then the number.
fn place(row: &str) -> (String, u32) {
    let (letter, number) = row.split_at(1);
    (letter.to_owned(), number.parse().unwrap_or(u32::MAX))
}

/// The lines of all Rust files below, without blank ones and without tests.
fn lines(path: &Path) -> usize {
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    if name == "tests" || name == "tests.rs" {
        return 0;
    }
    if let Ok(below) = fs::read_dir(path) {
        return below.flatten().map(|e| lines(&e.path())).sum();
    }
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().filter(|l| !l.trim().is_empty()).count()
}

fn source_lines(entry: &Entry) -> usize {
    let chapter = protocols::chapter_of(entry).expect("the course lists every protocol");
    let base = root().join("src/protocols").join(chapter.id).join(entry.id.replace('-', "_"));
    lines(&base) + lines(&base.with_extension("rs"))
}

/// Every number that runs are held to: the protocol's published ones, then those of its scenarios for this row.
fn targets(entry: &Entry, lessons: &[Arc<Scenario>]) -> String {
    let mut said: Vec<String> = Vec::new();
    for gauge in entry.gauges {
        let each = gauge.published.iter().map(|p| match p.params {
            [] => number(p.mean),
            with => format!("{} ({})", number(p.mean), with.join(", ")),
        });
        let each: Vec<String> = each.collect();
        let theory = gauge.theory.map(|_| "a formula");
        let all: Vec<&str> = each.iter().map(String::as_str).chain(theory).collect();
        if !all.is_empty() {
            said.push(format!("`{}`: {}", gauge.id, all.join(", ")));
        }
    }
    for target in lessons.iter().flat_map(|l| &l.targets) {
        said.push(format!("`{}`: {}, {}", target.gauge, number(target.mean), target.source));
    }
    said.join("; ").replace('|', "\\|")
}

fn number(value: f64) -> String {
    format!("{}", (value * 10_000.0).round() / 10_000.0)
}

/// The table: a line a row and protocol.
fn table(known: &[Arc<Scenario>]) -> String {
    let mut rows = BTreeMap::<_, BTreeMap<&str, Vec<Arc<Scenario>>>>::new();
    for lesson in known {
        for row in &lesson.rows {
            rows.entry((place(row), row))
                .or_default()
                .entry(&lesson.protocol)
                .or_default()
                .push(lesson.clone());
        }
    }
    let mut text = HEAD.to_owned();
    for ((_, row), by_protocol) in &rows {
        for (protocol, lessons) in by_protocol {
            let entry = protocols::find(protocol).expect("a scenario has a protocol");
            let ids: Vec<String> = lessons.iter().map(|l| format!("`{}`", l.id)).collect();
            let (targets, mutants) = (targets(entry, lessons), entry.mutants.len());
            let lines = source_lines(entry);
            text +=
                &format!("| {row} | {} | `{protocol}` | {targets} | {mutants} | {lines} |\n", ids.join(", "));
        }
    }
    text
}

#[test]
fn the_catalogue_says_what_is_built() {
    let path = root().join("docs/catalogue.md");
    let text = fs::read_to_string(&path).expect("docs/catalogue.md is there");
    let (before, written) = text.split_once(HEAD).expect("docs/catalogue.md has the table");
    if std::env::var_os("BLESS").is_some() {
        let all: Vec<_> = scenario::all().collect();
        fs::write(&path, format!("{before}{}", table(&all))).expect("docs/catalogue.md can be written");
        return;
    }
    // What is not published yet is not in it.
    let named: BTreeSet<&str> = written.split('`').skip(1).step_by(2).collect();
    let known: Vec<_> = scenario::all().filter(|s| named.contains(s.id.as_str())).collect();
    let (now, told) = (table(&known), format!("{HEAD}{written}"));
    // But for the last column: lines come and go with every change, and are counted anew with the next row.
    let said = |line: &str| line.trim_end_matches(" |").rsplit_once('|').map(|(said, _)| said.to_owned());
    for (is, was) in now.lines().zip(told.lines()) {
        assert_eq!(said(is), said(was), "BLESS=1 cargo test --test catalogue writes the table");
    }
    assert_eq!(
        now.lines().count(),
        told.lines().count(),
        "BLESS=1 cargo test --test catalogue writes the table"
    );
}
