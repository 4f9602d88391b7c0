//! The engine in a browser: what wasm computes is what native computes, to the bit.
//!
//! The rule that is easy to break: a determinism that is not tested on both targets is not tested.
//! The golden files were written natively (`tests/golden.rs`); this file only compares.
#![cfg(target_arch = "wasm32")]

mod golden_lines;

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn check(expected: &str, found: &str) {
    for (line, (want, got)) in expected.lines().zip(found.lines()).enumerate() {
        assert_eq!(want, got, "line {}", line + 1);
    }
    assert_eq!(expected.lines().count(), found.lines().count());
}

#[wasm_bindgen_test]
fn hashes_and_draws_are_those_of_native() {
    check(include_str!("golden/engine.txt"), &golden_lines::engine());
}

#[wasm_bindgen_test]
fn the_runs_of_every_scenario_are_those_of_native() {
    check(include_str!("golden/hashes.txt"), &golden_lines::runs());
}
