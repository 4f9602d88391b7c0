//! Tests of clock synchronisation. What asymmetry and drift cost is published with its gauges.

use super::{Client, ENTRY, SERVER, Server, judge};
use crate::kit::bench::{Bench, Trial, fault};
use crate::sim::{Edit, Fault, NodeId};

const C1: NodeId = NodeId(1);

fn clocks(settings: &[&str], ms: u64) -> Bench {
    Bench::of(&ENTRY, settings).until_ms(ms)
}

/// Cristian's bound for every answer, whatever the ways: the promise looks at each.
#[test]
fn no_answer_leaves_more_than_the_round_trip_leaves_open() {
    for method in ["method=cristian", "method=ntp"] {
        let rough = clocks(&[method, "jitter_ms=80", "drift_ppm=200", "loss_percent=10"], 30_000);
        for seed in 0..40 {
            let run = rough.run(seed);
            run.hold(&["Error bound"]);
            assert!(run.number("corrections") > 20.0);
        }
    }
}

/// The best of eight has less jitter than one: so NTP's clocks are closer than Cristian's.
#[test]
fn the_best_of_a_burst_is_better_than_one() {
    let mean =
        |method| clocks(&[method, "jitter_ms=80", "drift_ppm=0"], 5_500).mean_of("error_ms", 0..100).mean;
    let (ntp, cristian) = (mean("method=ntp"), mean("method=cristian"));
    assert!(ntp < 0.85 * cristian, "{ntp} against {cristian}");
}

/// A request that is lost and sent again 200 ms later makes the way there 200 ms longer: 100 ms of error.
#[test]
fn one_retry_on_the_way_there_is_a_hundred_milliseconds_of_error() {
    let still = ["transport=retry", "jitter_ms=0", "drift_ppm=0", "clients=1", "offset_ms=0"];
    let link = |loss| fault(&format!(r#"{{"do":"link","from":1,"to":0,"set":{{"loss_ppm":{loss}}}}}"#));
    let run = clocks(&still, 1_900).at(999, link(999_999)).at(1_010, link(0)).run(1);
    assert_eq!(run.number("corrections"), 1.0);
    assert!((run.number("error_ms") - 100.0).abs() < 0.01, "{}", run.number("error_ms"));
}

/// Three clocks 400, 266.7 and 133.3 ms ahead and the master's: all go to the average, 200 ms ahead.
#[test]
fn berkeley_meets_at_the_average() {
    let run = clocks(&["method=berkeley", "jitter_ms=0", "drift_ppm=0"], 1_500).run(1);
    for node in (1..=3).map(NodeId) {
        assert!(judge::ahead(run.world(), node).unwrap().abs() <= 3, "{node}");
        assert_eq!(run.node::<Client>(node).corrections, 1);
    }
    let master = run.node::<Server>(SERVER).clock.aims_at(0);
    assert!((master - 200_000).abs() <= 2, "{master}");
}

/// Stepping back gives a later event an earlier stamp; slewing never does, and takes its time: 400 ms at
/// 500 ppm are 800 s.
#[test]
fn a_slew_never_goes_back_and_gets_there() {
    let slow = ["adjust=slew", "jitter_ms=0", "drift_ppm=0", "interval_ms=60000"];
    let run = clocks(&slow, 1_000_000).run(1);
    run.hold(&["Never back"]);
    assert!(run.number("error_ms") < 0.01, "{}", run.number("error_ms"));
}

/// A clock that leaps between asking and hearing is corrected wrongly; the assumption is named. So it is in
/// whatever mix of faults the bound does not hold.
#[test]
fn a_clock_that_leaps_is_blamed_and_not_the_protocol() {
    let leap = Fault::ClockJump { node: C1, by_us: -20_000 };
    let run = clocks(&["offset_ms=0"], 3_000).edits([Edit::at(1_010_000, leap)]).run(1);
    let blamed = run.broken("Error bound").assumption;
    assert!(blamed.contains("the clock of C1 leapt"), "{blamed}");
    let judge = |run: &Trial| {
        if run.breaks("Error bound") {
            let blamed = run.broken("Error bound").assumption;
            assert!(blamed.starts_with("it is assumed"), "{blamed}");
        }
    };
    clocks(&[], 15_000).every_mix(0..10, judge);
}
