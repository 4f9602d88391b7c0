//! Golden values, native side: what `tests/golden/*.txt` say is what this machine computes.
//!
//! The rule that is easy to break: `tests/web.rs` compares the same files in a browser, so a value
//! may only change here together with a reason that holds on both. `BLESS=1 cargo test --test golden`
//! rewrites the files; read the difference before you commit it.

mod golden_lines;

use std::fs;
use std::path::Path;

fn check(file: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, found).expect("the golden file can be written");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    for (line, (want, got)) in expected.lines().zip(found.lines()).enumerate() {
        assert_eq!(want, got, "{file}, line {}", line + 1);
    }
    assert_eq!(
        expected.lines().count(),
        found.lines().count(),
        "{file} has another number of lines; BLESS=1 cargo test --test golden rewrites it"
    );
}

#[test]
fn hashes_and_draws_are_the_golden_ones() {
    check("engine.txt", &golden_lines::engine());
}

#[test]
fn the_runs_of_every_scenario_are_the_golden_ones() {
    check("hashes.txt", &golden_lines::runs());
}
