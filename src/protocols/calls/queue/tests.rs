//! Tests of the queue. Its means under load are published with its gauges.

use super::{ENTRY, SERVER, SOURCE, Server, judge::stay};
use crate::kit::bench::{Bench, Trial, down};
use crate::sim::Fault;

fn queue(settings: &[&str], seconds: u64) -> Bench {
    Bench::of(&ENTRY, settings).until_ms(seconds * 1_000)
}

/// Little: at 150 % of M/M/1/5, L = sum n r^n / sum r^n = 3.575..., over 1 / (1 - 0.36541) jobs let in.
#[test]
fn a_bounded_buffer_bounds_the_stay() {
    let tail = queue(&["load_percent=150", "buffer=4", "warmup_ms=2000"], 60);
    let mean = tail.mean_of("stay", 0..20);
    mean.assert_agrees_with(stay(tail.params()).unwrap());
    let head = tail.set(&["policy=drop-head"]).mean_of("stay", 0..20);
    let fresher = head.mean < mean.mean - 3.0 * mean.error();
    assert!(fresher, "drop-head keeps what is served fresher: {head:?} < {mean:?}");
}

#[test]
fn promises_hold_under_every_policy_and_load_and_mix() {
    for policy in ["policy=drop-tail", "policy=drop-head", "policy=reject"] {
        for load in ["load_percent=50", "load_percent=120"] {
            queue(&[policy, load, "buffer=5"], 15).every_mix(0..5, Trial::safe);
        }
    }
}

/// What waits is in memory. It is never served, and the promise says which assumption was missing.
#[test]
fn a_crash_loses_what_waits_and_the_promise_says_why() {
    let run = queue(&["load_percent=180"], 6).edits(down(SERVER, 5_000, 5_000)).run(1);
    let why = run.pending("Every job ends");
    assert!(why.contains("no node crashes, and Server crashed"), "{why}");
    assert!(run.node::<Server>(SERVER).served > 0);
}

/// A burst of 20 at an idle server: the k-th waits for k - 1 services, so with constant ones of 10 ms the
/// mean stay is (10 + 20 + ... + 200) / 20 = 105 ms.
#[test]
fn a_burst_waits_in_line() {
    let idle = queue(&["arrivals=by-hand", "service=constant"], 1);
    let run = idle.at(1, Fault::request(SOURCE, "burst 20")).run(1);
    assert_eq!((run.number("stay_ms"), run.number("served")), (105.0, 20.0));
}
