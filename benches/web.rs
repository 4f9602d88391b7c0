//! The engine's workloads timed in a browser's wasm: the figures beside those of the tool's `bench`.
//!
//! The rule that is easy to break: it times the very functions that the tool times, in release, and
//! prints the best of several, for a page has only the wall clock. `./dev bench` runs it and sets the
//! two side by side.
#![cfg(target_arch = "wasm32")]

use faultline::scenario::workloads;
use faultline::sim::{SimTime, Trace};
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// How often a workload is repeated.
const REPEATS: u32 = 9;

/// Milliseconds since the page was opened.
fn now_ms() -> f64 {
    let performance = web_sys::window().and_then(|w| w.performance());
    performance.expect("a page has a clock").now()
}

fn workload(name: &str) {
    let mut best = f64::MAX;
    let mut events = 0;
    for _ in 0..REPEATS {
        let mut world = workloads::world(name).expect("it is one of the names");
        let mut trace = Trace::new();
        let began = now_ms();
        workloads::run(&mut world, &mut trace);
        best = best.min(now_ms() - began);
        events = workloads::counts(&trace).events();
    }
    console_log!("bench: wasm {name} {:.1} ns/event", best * 1e6 / events as f64);
}

#[wasm_bindgen_test]
fn the_three_workloads() {
    for name in workloads::NAMES {
        workload(name);
    }
}

#[wasm_bindgen_test]
fn an_idle_cluster() {
    let seconds = 3_000;
    let mut best = f64::MAX;
    for _ in 0..3 {
        let mut run = workloads::idle_raft().expect("there is a Raft");
        let began = now_ms();
        run.run_until(SimTime(seconds * 1_000_000));
        best = best.min(now_ms() - began);
    }
    let speed = seconds as f64 / (best / 1e3);
    console_log!("bench: wasm idle-raft {speed:.0} simulated s/s");
}
