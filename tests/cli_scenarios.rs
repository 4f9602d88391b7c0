//! The tool and scenario files: checked, run, refused with file, line and field; and protocols on their own.
#![cfg(not(target_arch = "wasm32"))]

use faultline::scenario;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

fn faultline(args: &[&str]) -> Output {
    let mut tool = Command::new(env!("CARGO_BIN_EXE_faultline"));
    tool.args(args).output().unwrap()
}

/// What it says on success.
fn fine(args: &[&str]) -> String {
    let out = faultline(args);
    let told = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(0), "{args:?}: {told}");
    String::from_utf8(out.stdout).unwrap()
}

/// What it says on stdout and stderr when it refuses.
fn bad(args: &[&str]) -> (String, String) {
    let out = faultline(args);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (told, refused) = (text(out.stdout), text(out.stderr));
    assert_eq!(out.status.code(), Some(2), "{args:?}: {told}{refused}");
    assert_eq!(refused.lines().count(), 1, "{args:?}: {refused}");
    (told, refused)
}

/// A file of its own for one test.
fn file(name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn lesson() -> String {
    let docs = include_str!("../docs/scenarios.md");
    let example = docs.split("```toml\n").nth(1).unwrap();
    example.split("```").next().unwrap().to_owned()
}

/// The very example of `docs/scenarios.md` is right, and runs; a run of it can be kept and opened.
#[test]
fn a_scenario_file_is_checked_and_run() {
    let path = file("one-crash.md", &lesson());
    let told = fine(&["check-scenario", &path]);
    assert!(told.contains("1 situations, 1 steps, 0 targets, 0 flaws"), "{told}");
    let staged = fine(&["run", &path, "--stage", "crash", "--until", "2000"]);
    assert!(staged.contains("one-crash, seed 1, until 2.000 s"), "{staged}");
    assert!(staged.contains("crashes"), "{staged}");
    let hash = |args: &[&str]| fine(&[&["hash"], args].concat());
    assert_ne!(hash(&[&path]), hash(&[&path, "--seed", "2"]));
    let measured = fine(&["measure", &path, "--runs", "3"]);
    assert!(measured.contains("messages"), "{measured}");
}

#[test]
fn a_mistake_in_a_scenario_file_is_told_with_file_line_and_field() {
    let cases = [
        (
            "protocol = \"raft\"",
            "protocol = \"boat\"",
            ":5: protocol: one-crash needs the protocol 'boat': there are",
        ),
        ("servers = 3", "servers = 2", ":6: params: servers (servers) must be a whole number from 3"),
        ("servers = 3", "serfers = 3", ":6: params: Raft has no parameter 'serfers'"),
        ("id = \"one-crash\"", "id = \"One crash\"", ":2: id: 'One crash' is no id"),
        ("hint = ", "hnt = ", ":11: situation[0].hnt: there is no field 'hnt'"),
    ];
    for (from, to, part) in cases {
        let text = lesson().replacen(from, to, 1);
        let path = file("wrong.md", &text);
        let line = bad(&["check-scenario", &path]).1;
        assert!(line.contains(&format!("wrong.md{part}")), "{line}");
        bad(&["run", &path]);
    }
    // A step that ticks though nothing was done as told: what is not so is listed, and the exit is 2.
    let text = lesson().replace(
        "done = { fault = { do = \"crash\", node = \"leader\" } }",
        "done = { fault = { do = \"crash\" } }",
    );
    let path = file("loose.md", &text);
    let (out, err) = bad(&["check-scenario", &path]);
    assert!(
        out.contains("step[0].not_by[0]: the step ticks at") && err.contains("1 thing is not"),
        "{out}{err}"
    );
}

/// A protocol's id alone is a scenario without a text.
#[test]
fn a_protocol_runs_without_a_scenario() {
    let told = fine(&["run", "raft", "--until", "1000"]);
    assert!(told.contains("raft, seed 1, until 1.000 s") && told.contains("hash "), "{told}");
    let none = bad(&["run", "raft", "--stage", "split-vote"]).1;
    assert!(none.contains("it has none"), "{none}");
    let all = scenario::index();
    assert!(all.iter().all(|b| b.id != "raft"), "the gallery shows scenarios");
}
