//! Golden values, native side: what `tests/golden/*.txt` say is what this machine computes.
//!
//! The rule that is easy to break: `tests/web.rs` compares the same files in a browser, so a value
//! may only change here together with a reason that holds on both. `BLESS=1 cargo test --test golden`
//! rewrites the files; read the difference before you commit it. A new scenario passes before it is recorded.

mod golden_lines;

use std::fs;
use std::path::Path;

/// What `file` records; with `BLESS`, from now on what was `found`.
fn recorded(file: &str, found: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, found).expect("the golden file can be written");
    }
    fs::read_to_string(&path).expect("the golden file is there")
}

#[test]
fn hashes_and_draws_are_the_golden_ones() {
    let found = golden_lines::engine();
    assert_eq!(recorded("engine.txt", &found), found);
}

#[test]
fn the_runs_of_every_scenario_are_the_golden_ones() {
    let found = golden_lines::runs();
    let wrong = golden_lines::differences(&recorded("hashes.txt", &found), &found);
    assert!(wrong.is_empty(), "BLESS=1 cargo test --test golden rewrites hashes.txt:\n{}", wrong.join("\n"));
}

#[test]
fn a_run_that_differs_is_found_and_a_new_scenario_is_none() {
    let recorded = "raft-election seed 19 a\nraft-election staged crash b\n";
    let wrong = |found: &str| golden_lines::differences(recorded, found);
    assert!(wrong(&format!("{recorded}token seed 0 c\n")).is_empty());
    assert_eq!(wrong("raft-election seed 19 a\n"), ["- raft-election staged crash b"]);
    let other = recorded.replace("crash b", "crash c");
    assert_eq!(wrong(&other), ["- raft-election staged crash b", "+ raft-election staged crash c"]);
    assert_eq!(wrong(&format!("{recorded}raft-election staged more d\n")), ["+ raft-election staged more d"]);
}
