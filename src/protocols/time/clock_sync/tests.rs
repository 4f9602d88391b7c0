//! Tests of clock synchronisation.

use super::{Client, ENTRY, SERVER, judge};
use crate::check::{Checks, Verdict};
use crate::kit::measures;
use crate::sim::history::Run;
use crate::sim::{Edit, Fault, LinkPatch, NodeId, SimTime};

fn run(set: &[&str], seed: u64, ms: u64, edits: Vec<Edit>) -> Run<Checks> {
    let params = ENTRY.set(set).unwrap();
    let setup = (ENTRY.build)(&params, seed).unwrap();
    let mut run = Run::new(setup, ENTRY.checks(&params), edits).unwrap();
    run.run_until(SimTime::from_ms(ms));
    assert!(run.refused().is_empty(), "{:?}", run.refused());
    run
}

fn measure(run: &Run<Checks>, name: &str) -> f64 {
    let all = measures(run.watcher(), run.world());
    all.into_iter().find(|m| m.name == name).unwrap().value.unwrap()
}

fn verdict(run: &Run<Checks>, name: &str) -> Verdict {
    let lines = run.watcher().lines();
    lines.into_iter().find(|l| l.name == name).unwrap().verdict
}

#[test]
fn what_is_published_is_reached_to_the_microsecond() {
    for known in ENTRY.gauges[0].published {
        let run = run(known.params, 1, known.at_ms, Vec::new());
        let error = measure(&run, "error_ms");
        assert!((error - known.mean).abs() <= 0.002, "{:?}: {error}", known.params);
    }
}

/// Cristian's bound for every answer, whatever the ways: the promise looks at each.
#[test]
fn no_answer_leaves_more_than_the_round_trip_leaves_open() {
    for method in ["cristian", "ntp"] {
        for seed in 0..40 {
            let chosen = format!("method={method}");
            let set = [chosen.as_str(), "jitter_ms=80", "drift_ppm=200", "loss_percent=10"];
            let run = run(&set, seed, 30_000, Vec::new());
            assert_eq!(verdict(&run, "Error bound"), Verdict::Holding, "{method} {seed}");
            assert!(measure(&run, "corrections") > 20.0);
        }
    }
}

/// The best of eight has less jitter than one: so NTP's clocks are closer than Cristian's.
#[test]
fn the_best_of_a_burst_is_better_than_one() {
    let mean = |method: &str| {
        let errors = (0..100).map(|seed| {
            let chosen = format!("method={method}");
            measure(&run(&[&chosen, "jitter_ms=80", "drift_ppm=0"], seed, 5_500, Vec::new()), "error_ms")
        });
        errors.sum::<f64>() / 100.0
    };
    let (ntp, cristian) = (mean("ntp"), mean("cristian"));
    assert!(ntp < 0.85 * cristian, "{ntp} against {cristian}");
}

/// A request that is lost and sent again 200 ms later makes the way there 200 ms longer: 100 ms of error.
#[test]
fn one_retry_on_the_way_there_is_a_hundred_milliseconds_of_error() {
    let set = ["transport=retry", "jitter_ms=0", "drift_ppm=0", "clients=1", "offset_ms=0"];
    let lose = LinkPatch {
        loss_ppm: Some(999_999),
        ..LinkPatch::default()
    };
    let keep = LinkPatch {
        loss_ppm: Some(0),
        ..LinkPatch::default()
    };
    let link = |set| Fault::Link {
        from: NodeId(1),
        to: SERVER,
        set,
    };
    let edits = vec![Edit::at(999_000, link(lose)), Edit::at(1_010_000, link(keep))];
    let run = run(&set, 1, 1_900, edits);
    assert_eq!(measure(&run, "corrections"), 1.0);
    assert!((measure(&run, "error_ms") - 100.0).abs() < 0.01, "{}", measure(&run, "error_ms"));
}

/// Three clocks 400, 266.7 and 133.3 ms ahead and the master's: all go to the average, 200 ms ahead.
#[test]
fn berkeley_meets_at_the_average() {
    let set = ["method=berkeley", "jitter_ms=0", "drift_ppm=0"];
    let run = run(&set, 1, 1_500, Vec::new());
    for node in (1..=3).map(NodeId) {
        assert!(judge::ahead(run.world(), node).unwrap().abs() <= 3, "{node}");
        let client = run.world().node_as::<Client>(node).unwrap();
        assert_eq!(client.corrections, 1);
    }
    let master = run.world().node_as::<super::Server>(SERVER).unwrap();
    assert!((master.clock.aims_at(0) - 200_000).abs() <= 2, "{}", master.clock.aims_at(0));
}

/// Stepping back gives a later event an earlier stamp; slewing never does, and takes its time: 400 ms at
/// 500 ppm are 800 s.
#[test]
fn a_slew_never_goes_back_and_gets_there() {
    let set = ["adjust=slew", "jitter_ms=0", "drift_ppm=0", "interval_ms=60000"];
    let run = run(&set, 1, 1_000_000, Vec::new());
    assert_eq!(verdict(&run, "Never back"), Verdict::Holding);
    assert!(measure(&run, "error_ms") < 0.01, "{}", measure(&run, "error_ms"));
}

#[test]
fn each_mutant_breaks_the_promise_that_it_names() {
    for mutant in ENTRY.mutants {
        let chosen = format!("mutant={}", mutant.id);
        let set: Vec<&str> = mutant.with.iter().copied().chain([chosen.as_str()]).collect();
        let broken = run(&set, 1, 10_000, Vec::new());
        let Verdict::Violated { witness, assumption, .. } = verdict(&broken, mutant.breaks) else {
            panic!("{} does not break '{}'", mutant.id, mutant.breaks);
        };
        assert!(witness.len() <= 12 && assumption == mutant.rule);
        let healthy = run(mutant.with, 1, 10_000, Vec::new());
        assert_eq!(verdict(&healthy, mutant.breaks), Verdict::Holding);
    }
}

/// A clock that leaps between asking and hearing is corrected wrongly; the assumption is named.
#[test]
fn a_clock_that_leaps_is_blamed_and_not_the_protocol() {
    let leap = Fault::ClockJump {
        node: NodeId(1),
        by_us: -20_000,
    };
    let run = run(&["offset_ms=0"], 1, 3_000, vec![Edit::at(1_010_000, leap)]);
    let Verdict::Violated { assumption, .. } = verdict(&run, "Error bound") else {
        panic!("{:?}", verdict(&run, "Error bound"));
    };
    assert!(assumption.contains("the clock of C1 leapt"), "{assumption}");
}
