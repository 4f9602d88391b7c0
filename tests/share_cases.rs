//! One link of every kind, kept for ever: each line of `share_cases.txt` is a name, the trace hash
//! of the run at the moment that the link shows (five seconds, if it shows the start), and the
//! link's payload.
//!
//! The rule that is easy to break: no payload in that file ever changes or goes. `BLESS=1 cargo test
//! --test share_cases` adds links of kinds that are new, and writes hashes anew where the engine was
//! changed on purpose; it never touches a payload.
#![cfg(not(target_arch = "wasm32"))]

mod link_kit;

use faultline::check::Checks;
use faultline::scenario::link::{decode, encode, follow};
use faultline::scenario::{Opening, SharedRun, file};
use faultline::sim::SimTime;
use faultline::sim::history::Run;
use link_kit::cases;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Once;

struct Line {
    name: String,
    hash: String,
    payload: String,
}

fn path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/share_cases.txt")
}

fn lines() -> Vec<Line> {
    static BLESSED: Once = Once::new();
    if std::env::var_os("BLESS").is_some() {
        BLESSED.call_once(bless);
    }
    read_lines()
}

fn read_lines() -> Vec<Line> {
    let text = fs::read_to_string(path()).unwrap_or_default();
    let line = |l: &str| {
        let mut words = l.split(' ').map(str::to_owned);
        let mut next = || words.next().unwrap_or_else(|| panic!("three words: {l}"));
        Line { name: next(), hash: next(), payload: next() }
    };
    text.lines().map(line).collect()
}

/// The run at the moment that is shared; at five seconds, where that is the start.
fn shown(run: &SharedRun) -> Run<Checks> {
    let mut shown = follow(run).unwrap_or_else(|r| panic!("{}: {r}", run.opening.scenario));
    match run.events {
        Some(events) => shown.seek_event(events),
        None => shown.run_until(run.moment().unwrap_or(SimTime::from_ms(5_000))),
    }
    shown
}

fn bless() {
    let mut lines = read_lines();
    for (name, run) in cases::all() {
        if lines.iter().all(|l| l.name != name) {
            lines.push(Line { name, hash: String::new(), payload: encode(&run).unwrap() });
        }
    }
    let write = |l: &Line| {
        let hash = shown(&decode(&l.payload).unwrap()).hash_text();
        format!("{} {hash} {}\n", l.name, l.payload)
    };
    fs::write(path(), lines.iter().map(write).collect::<String>()).unwrap();
}

#[test]
fn every_link_that_was_ever_made_opens_the_same_run() {
    let lines = lines();
    assert!(lines.len() > 150);
    for Line { name, hash, payload } in lines {
        let run = decode(&payload).unwrap_or_else(|r| panic!("{name}: {r}"));
        let shown = shown(&run);
        assert_eq!(shown.hash_text(), hash, "{name}");
        assert!(shown.refused().is_empty(), "{name}: {:?}", shown.refused());
        // What it says can be said again, as a link and as a file.
        assert_eq!(decode(&encode(&run).unwrap()).unwrap(), run, "{name}");
        assert_eq!(file::read(&file::text(&run).unwrap()).unwrap(), run, "{name}");
    }
}

#[test]
fn every_kind_of_run_has_its_link_in_the_file() {
    let lines = lines();
    // A scenario of which no link is kept yet is new: its links are kept when it is published.
    let of = |name: &str| name.split('/').next().unwrap_or_default().to_owned();
    let known: BTreeSet<String> = lines.iter().map(|l| of(&l.name)).collect();
    for (name, run) in cases::all().into_iter().filter(|c| known.contains(&of(&c.0))) {
        let line = lines.iter().find(|l| l.name == name);
        let line = line.unwrap_or_else(|| panic!("{name}: BLESS=1 cargo test --test share_cases"));
        let old = decode(&line.payload).unwrap();
        assert_eq!(old.opening.scenario, run.opening.scenario, "{name}");
    }
}

/// A typical run: a staged situation, and what a learner does to it in a few minutes.
#[test]
fn a_typical_link_has_at_most_five_hundred_characters() {
    let edits = [
        (2_000_123, r#"{"do":"crash","node":1}"#),
        (2_100_456, r#"{"do":"link","from":0,"to":1,"set":{"loss_ppm":200000}}"#),
        (2_300_789, r#"{"do":"recover","node":1}"#),
        (2_512_345, r#"{"do":"partition","groups":[[0],[1]]}"#),
        (3_012_345, r#"{"do":"heal"}"#),
        (3_512_345, r#"{"do":"clock-jump","node":0,"by_us":150000}"#),
        (4_012_345, r#"{"do":"links","set":{"delay":{"kind":"exponential","min_us":5000,"mean_us":20000}}}"#),
        (4_512_345, r#"{"do":"pause","node":0}"#),
        (4_912_345, r#"{"do":"resume","node":0}"#),
    ];
    for (name, run) in cases::all() {
        let id = &run.opening.scenario;
        let staged = name.starts_with(&format!("{id}/staged/"));
        if !staged && name != *id {
            continue;
        }
        let opening: Opening = run.opening.clone();
        let run = SharedRun {
            opening: opening.and(edits.map(|(at, fault)| cases::edit(at, fault))),
            at_us: 5_123_456,
            events: Some(1_234),
            speed_us_s: Some(100_000),
            ..run
        };
        let length = encode(&run).unwrap().len();
        println!("{name}: {length} characters with {} edits", run.opening.edits.len());
        assert!(length <= 500, "{name}: {length} characters");
    }
}
