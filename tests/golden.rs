//! Golden values, native side: what `tests/golden/*.txt` say is what this machine computes.
//!
//! The rule that is easy to break: `tests/web.rs` compares the same files in a browser, so a value
//! may only change here together with a reason that holds on both. `BLESS=1 cargo test --test golden`
//! rewrites the files; read the difference before you commit it. A new scenario passes before it is recorded.

mod golden_lines;

use std::fs;
use std::path::Path;

fn check(file: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, found).expect("the golden file can be written");
    }
    let recorded = fs::read_to_string(&path).unwrap_or_default();
    let wrong = golden_lines::differences(&recorded, found);
    assert!(wrong.is_empty(), "{file}; BLESS=1 cargo test --test golden rewrites it:\n{}", wrong.join("\n"));
}

#[test]
fn hashes_and_draws_are_the_golden_ones() {
    check("engine.txt", &golden_lines::engine());
}

#[test]
fn the_runs_of_every_scenario_are_the_golden_ones() {
    check("hashes.txt", &golden_lines::runs());
}
