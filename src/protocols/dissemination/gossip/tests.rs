//! Tests of gossip.

use super::ENTRY;
use super::theory::rounds;
use crate::check::{Checks, Verdict};
use crate::kit::measures;
use crate::sim::history::Run;
use crate::sim::{Edit, Fault, NodeId, SimTime};

fn run(set: &[&str], seed: u64, ms: u64, edits: Vec<Edit>) -> Run<Checks> {
    let params = ENTRY.set(set).unwrap();
    let setup = (ENTRY.build)(&params, seed).unwrap();
    let mut run = Run::new(setup, ENTRY.checks(&params), edits).unwrap();
    run.run_until(SimTime::from_ms(ms));
    assert!(run.refused().is_empty(), "{:?}", run.refused());
    run
}

fn verdict(run: &Run<Checks>, name: &str) -> Verdict {
    let lines = run.watcher().lines();
    lines.into_iter().find(|l| l.name == name).unwrap().verdict
}

fn rounds_of(set: &[&str], seed: u64) -> f64 {
    let run = run(set, seed, 4_000, Vec::new());
    let all = measures(run.watcher(), run.world());
    all.into_iter().find(|m| m.name == "rounds").unwrap().value.unwrap()
}

/// The chain, by hand at the smallest sizes: of two, the other knows after one round. Of three with fanout
/// 1, the first tells one of two; then two tell, each the third with chance 1/2, so 1 + 1 / (3/4).
#[test]
fn the_chain_is_right_where_it_can_be_done_by_hand() {
    let of = |set: &[&str]| rounds(&ENTRY.set(set).unwrap()).unwrap();
    assert!((of(&["nodes=2", "fanout=1"]) - 1.0).abs() < 1e-9);
    assert!((of(&["nodes=3", "fanout=1"]) - 7.0 / 3.0).abs() < 1e-9);
    // Asked by chance 1/2 each in the first round: two, one or none of two learn it.
    // With u left of 3: from 2: 1/4 none, 1/2 one, 1/4 both; from 1 all others know: 1.
    // E2 = 1 + 1/4 E2 + 1/2 * 1 = 2.
    assert!((of(&["nodes=3", "fanout=1", "mode=pull"]) - 2.0).abs() < 1e-9);
}

/// Each published mean equals the formula to its digits, and 600 runs within three standard errors.
#[test]
fn runs_take_the_rounds_that_theory_says() {
    for known in ENTRY.gauges[0].published {
        let theory = rounds(&ENTRY.set(known.params).unwrap()).unwrap();
        assert!((theory - known.mean).abs() < 0.001, "{:?}: {theory}", known.params);
        let all: Vec<f64> = (0..600).map(|seed| rounds_of(known.params, seed)).collect();
        let n = all.len() as f64;
        let mean = all.iter().sum::<f64>() / n;
        let variance = all.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0);
        let error = (variance / n).sqrt();
        assert!(
            (mean - theory).abs() <= 3.0 * error,
            "{:?}: {mean} +- {error}, not {theory}",
            known.params
        );
    }
}

#[test]
fn each_mutant_breaks_the_promise_that_it_names() {
    for mutant in ENTRY.mutants {
        let chosen = format!("mutant={}", mutant.id);
        let set: Vec<&str> = mutant.with.iter().copied().chain([chosen.as_str()]).collect();
        let broken = run(&set, 1, 3_000, Vec::new());
        let Verdict::Violated { witness, assumption, .. } = verdict(&broken, mutant.breaks) else {
            panic!("{} does not break '{}'", mutant.id, mutant.breaks);
        };
        assert!(witness.len() <= 12 && assumption == mutant.rule);
        let healthy = run(mutant.with, 1, 3_000, Vec::new());
        assert!(!matches!(verdict(&healthy, mutant.breaks), Verdict::Violated { .. }));
    }
}

/// One third are down; the others still all learn it. Who comes back asks, and learns it, too.
#[test]
fn crashed_nodes_do_not_stop_the_news() {
    let crash = |i| Edit::at(10_000, Fault::Crash { node: NodeId(i), stop: false });
    let mut edits: Vec<Edit> = (10..20).map(crash).collect();
    let stopped = run(&["mode=push-pull"], 3, 3_000, edits.clone());
    let Verdict::Pending { why } = verdict(&stopped, "Everybody knows") else {
        panic!("ten are down");
    };
    assert!(why.starts_with("20 of 30 nodes have version 1; it is assumed that no node fails, and N11"), "{why}");
    edits.extend((10..20).map(|i| Edit::at(2_000_000, Fault::Recover { node: NodeId(i) })));
    let back = run(&["mode=push-pull"], 3, 3_000, edits);
    assert_eq!(verdict(&back, "Everybody knows"), Verdict::Holding);
}

/// What a node knows is on disk: it comes back with it, and nobody goes back in time.
#[test]
fn a_crash_forgets_nothing() {
    let mut edits = Vec::new();
    for i in 0..30 {
        let at = 400_000 + u64::from(i) * 10_000;
        edits.push(Edit::at(at, Fault::Crash { node: NodeId(i), stop: false }));
        edits.push(Edit::at(at + 5_000, Fault::Recover { node: NodeId(i) }));
    }
    let run = run(&["rewrite_ms=150"], 5, 3_000, edits);
    assert_eq!(verdict(&run, "Never back"), Verdict::Holding);
    assert_eq!(verdict(&run, "No creation"), Verdict::Holding);
}
