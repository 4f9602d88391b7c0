//! Tests of the queue.

use super::{ENTRY, SERVER, Server};
use crate::check::{Checks, Verdict};
use crate::kit::measures;
use crate::sim::history::Run;
use crate::sim::{Edit, Fault, SimTime};

fn run(set: &[&str], seed: u64, seconds: u64, edits: Vec<Edit>) -> Run<Checks> {
    let params = ENTRY.set(set).unwrap();
    let setup = (ENTRY.build)(&params, seed).unwrap();
    let mut run = Run::new(setup, ENTRY.checks(&params), edits).unwrap();
    run.run_until(SimTime::from_ms(seconds * 1_000));
    assert!(run.refused().is_empty(), "{:?}", run.refused());
    run
}

fn measure(run: &Run<Checks>, name: &str) -> Option<f64> {
    let all = measures(run.watcher(), run.world());
    all.into_iter().find(|m| m.name == name).unwrap().value
}

fn verdict(run: &Run<Checks>, name: &str) -> Verdict {
    let lines = run.watcher().lines();
    lines.into_iter().find(|l| l.name == name).unwrap().verdict
}

/// The mean over seeds of `name`, and its standard error.
fn mean(set: &[&str], seconds: u64, seeds: u64, name: &str) -> (f64, f64) {
    let all: Vec<f64> = (0..seeds).map(|s| measure(&run(set, s, seconds, Vec::new()), name).unwrap()).collect();
    let n = all.len() as f64;
    let mean = all.iter().sum::<f64>() / n;
    let variance = all.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// Each published value, and the formula under the same settings, within three standard errors.
#[test]
fn runs_come_to_what_theory_says() {
    for gauge in ENTRY.gauges {
        for known in gauge.published {
            let params = ENTRY.set(known.params).unwrap();
            let theory = gauge.theory.and_then(|t| t(&params));
            if let Some(theory) = theory.filter(|_| params.word("policy") != "drop-head") {
                assert!((theory - known.mean).abs() < 0.001, "{:?}: {theory}", known.params);
            }
            let (mean, error) = mean(known.params, 60, 40, gauge.id);
            assert!(
                (mean - known.mean).abs() <= 3.0 * error,
                "{} {:?}: {mean} +- {error}, not {}",
                gauge.id,
                known.params,
                known.mean
            );
        }
    }
}

/// Little: at 150 % of M/M/1/5, L = sum n r^n / sum r^n = 3.575..., over 1 / (1 - 0.36541) jobs let in.
#[test]
fn a_bounded_buffer_bounds_the_stay() {
    let set = ["load_percent=150", "buffer=4", "warmup_ms=2000"];
    let theory = super::judge::stay(&ENTRY.set(&set).unwrap()).unwrap();
    let (mean, error) = mean(&set, 60, 20, "stay");
    assert!((mean - theory).abs() <= 3.0 * error, "{mean} +- {error}, not {theory}");
    let (head, _) = self::mean(&[set[0], set[1], set[2], "policy=drop-head"], 60, 20, "stay");
    assert!(head < mean - 3.0 * error, "drop-head keeps what is served fresher: {head} < {mean}");
}

#[test]
fn promises_hold_under_every_policy_and_load() {
    for policy in ["drop-tail", "drop-head", "reject"] {
        for load in [50, 120] {
            for seed in 0..5 {
                let set = [&format!("policy={policy}"), "buffer=5", &format!("load_percent={load}")];
                let run = run(&set, seed, 20, Vec::new());
                for line in run.watcher().lines() {
                    assert!(
                        !matches!(line.verdict, Verdict::Violated { .. }),
                        "{policy} {load}: {line:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn each_mutant_breaks_the_promise_that_it_names() {
    for mutant in ENTRY.mutants {
        let chosen = format!("mutant={}", mutant.id);
        let set: Vec<&str> = mutant.with.iter().copied().chain([chosen.as_str()]).collect();
        let run = run(&set, 1, 20, Vec::new());
        let Verdict::Violated { witness, assumption, .. } = verdict(&run, mutant.breaks) else {
            panic!("{} does not break '{}'", mutant.id, mutant.breaks);
        };
        assert!(witness.len() <= 12 && assumption == mutant.rule);
        let healthy = self::run(mutant.with, 1, 20, Vec::new());
        assert!(!matches!(verdict(&healthy, mutant.breaks), Verdict::Violated { .. }));
    }
}

/// What waits is in memory. It is never served, and the promise says which assumption was missing.
#[test]
fn a_crash_loses_what_waits_and_the_promise_says_why() {
    let crash = Fault::Crash {
        node: SERVER,
        stop: false,
    };
    let edits = vec![
        Edit::at(5_000_000, crash),
        Edit::at(5_000_000, Fault::Recover { node: SERVER }),
    ];
    let run = run(&["load_percent=180"], 1, 6, edits);
    let Verdict::Pending { why } = verdict(&run, "Every job ends") else {
        panic!("{:?}", verdict(&run, "Every job ends"));
    };
    assert!(why.contains("no node crashes, and Server crashed"), "{why}");
    assert!(run.world().node_as::<Server>(SERVER).unwrap().served > 0);
}

/// A burst of 20 at an idle server: the k-th waits for k - 1 services, so with constant ones of 10 ms the
/// mean stay is (10 + 20 + ... + 200) / 20 = 105 ms.
#[test]
fn a_burst_waits_in_line() {
    let burst = Fault::Request {
        node: super::SOURCE,
        request: "burst 20".to_owned(),
    };
    let set = ["arrivals=by-hand", "service=constant"];
    let run = run(&set, 1, 1, vec![Edit::at(1_000, burst)]);
    assert_eq!(measure(&run, "stay_ms"), Some(105.0));
    assert_eq!(measure(&run, "served"), Some(20.0));
}
