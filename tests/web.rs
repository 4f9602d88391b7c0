//! The engine in a browser: what wasm computes is what native computes, to the bit.
//!
//! The rule that is easy to break: a determinism that is not tested on both targets is not tested.
//! The golden files were written natively (`tests/golden.rs`); this file only compares.
#![cfg(target_arch = "wasm32")]

mod golden_lines;

use faultline::scenario::link::{decode, follow};
use faultline::scenario::{self, open};
use faultline::sim::SimTime;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn hashes_and_draws_are_those_of_native() {
    assert_eq!(include_str!("golden/engine.txt"), golden_lines::engine());
}

#[wasm_bindgen_test]
fn the_runs_of_every_scenario_are_those_of_native() {
    let wrong = golden_lines::differences(include_str!("golden/hashes.txt"), &golden_lines::runs());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every link that was ever made, opened here: `tests/share_cases.rs` says what the lines are.
#[wasm_bindgen_test]
fn every_link_opens_the_run_that_native_opens() {
    for line in include_str!("share_cases.txt").lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let run = decode(words[2]).expect(words[0]);
        let mut shown = follow(&run).expect(words[0]);
        match run.events {
            Some(events) => shown.seek_event(events),
            None => shown.run_until(run.moment().unwrap_or(SimTime::from_ms(5_000))),
        }
        assert_eq!(shown.hash_text(), words[1], "{}", words[0]);
    }
}

/// Half a second of every scenario, walked back and forth over checkpoints: wherever one comes from, the
/// first n events are the same n events.
#[wasm_bindgen_test]
fn a_run_travelled_through_is_the_run() {
    for def in scenario::all() {
        let mut run = open(&def.opening().seed(3)).expect("a scenario opens");
        let mut hashes = vec![run.world().hash()];
        while run.time() < SimTime::from_ms(500) && run.step() {
            hashes.push(run.world().hash());
        }
        let end = run.position();
        for part in [7, 2, 5, 1, 6, 3] {
            run.seek_event(end * part / 8);
            assert_eq!(run.world().hash(), hashes[(end * part / 8) as usize]);
            run.back(3);
            assert_eq!(run.world().hash(), hashes[run.position() as usize]);
        }
        run.run_until(SimTime::from_ms(500));
        let there = run.world().hash();
        run.seek(SimTime::ZERO);
        run.run_until(SimTime::from_ms(500));
        assert_eq!(run.world().hash(), there, "{}", def.id);
    }
}
