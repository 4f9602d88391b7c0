//! Tests of the queue. Its means under load are published with its gauges.

use super::{Came, ENTRY, SERVER, SOURCE, Server, Source, judge::stay};
use crate::kit::bench::{Bench, Trial, down};
use crate::sim::link::LinkModel;
use crate::sim::{Fault, SimTime};

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
    for policy in ["policy=drop-tail", "policy=drop-head", "policy=reject", "policy=block"] {
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

/// Even jobs each 8 ms, services of 10, nine places. The first comes at 10 ms, and the server works from then on: by 10,000 ms it
/// has served 999. By then 998 of these have been heard of, 2 ms after their end: there is room to job 9 + 998 = 1,007. Of
/// 1,250 jobs 243 are held back; of those sent one is being served, and 7 wait.
#[test]
fn what_does_not_fit_waits_at_the_source_and_nothing_is_lost() {
    let even = ["policy=block", "arrivals=every", "service=constant", "load_percent=125", "buffer=8"];
    let run = queue(&even, 10).run(1);
    let of = |gauge| run.number(gauge);
    assert_eq!((of("served"), of("held"), of("waiting"), of("dropped_percent")), (999.0, 243.0, 7.0, 0.0));
    run.hold(&["Nothing is dropped", "The buffer keeps its bound", "First come, first served"]);
}

/// A burst of 20 for four places. Four go at once, and stay 10, 20, 30 and 40 ms; each of the other 16 comes 4 ms after a service
/// has ended, with three before it, the first of which has 6 ms left: 36 ms. (100 + 16 * 36) / 20 = 33.8.
#[test]
fn a_burst_goes_as_room_is_told_of() {
    let settings = ["policy=block", "arrivals=by-hand", "service=constant", "buffer=3"];
    let mut run = queue(&settings, 1).at(10, Fault::request(SOURCE, "burst 20")).start(1);
    run.run_until(SimTime::from_ms(11));
    assert_eq!((run.node::<Source>(SOURCE).sent, run.number("held")), (4, 16.0));
    run.finish();
    assert_eq!((run.number("stay_ms"), run.number("served"), run.number("held")), (33.8, 20.0, 0.0));
    run.all_hold();
}

/// At half load a source with room for nine finds the server idle, down, and sends it nine jobs. They are lost, and with them the
/// room: the server, back, knows of nobody who has left since. That is what is left out, and the promise names the crash.
#[test]
fn room_that_is_lost_with_a_crash_is_lost_for_good() {
    let half = ["policy=block", "arrivals=every", "service=constant", "load_percent=50", "buffer=8"];
    let run = queue(&half, 10).edits(down(SERVER, 1_996, 4_000)).run(1);
    let why = run.pending("Whoever waits goes");
    assert!(why.contains("no node crashes, and Server crashed"), "{why}");
    run.hold(&["Nothing is dropped"]);
    // Jobs are made each 20 ms: 99 by then, nine more that were sent, and 392 that wait.
    let source = run.node::<Source>(SOURCE);
    assert_eq!((source.done, source.sent, source.room(), source.held()), (99, 108, Some(108), 392));
}

/// While it is never short of jobs a saturated server loses no room with a crash: what was sent has come.
#[test]
fn a_source_that_was_blocked_goes_on_when_the_server_is_back() {
    let even = ["policy=block", "arrivals=every", "service=constant", "load_percent=125", "buffer=8"];
    // Down between the coming of a job, at ...4 ms, and the end of a service, at ...0.
    let run = queue(&even, 10).edits(down(SERVER, 5_006, 6_006)).run(1);
    assert!(run.number("pace_percent") > 89.0, "{}", run.number("pace_percent"));
    run.hold(&["Nothing is dropped"]);
}

#[test]
fn a_number_comes_once_in_whatever_order() {
    let mut came = Came::default();
    let new = [2, 1, 2, 5, 1, 3, 5, 4].map(|n| came.is_new(n));
    assert_eq!(new, [true, true, false, true, false, true, false, true]);
    assert_eq!((came.count(), came.below, came.above.len()), (5, 5, 0));
}

/// A copy takes no place, and room that is told twice is no more room.
#[test]
fn copies_of_jobs_and_of_room_change_nothing() {
    let settings = ["policy=block", "arrivals=by-hand", "service=constant", "buffer=1"];
    let bench = queue(&settings, 1).changed(|setup| {
        setup.link.model = LinkModel::FairLoss;
        setup.link.duplicate_ppm = 900_000;
    });
    let run = bench.at(10, Fault::request(SOURCE, "burst 20")).run(1);
    assert_eq!((run.number("served"), run.number("dropped_percent")), (20.0, 0.0));
    run.hold(&["Nothing is dropped", "No job twice"]);
}
