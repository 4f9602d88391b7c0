//! Tests of the ring election.

use super::ENTRY;
use crate::check::{CheckLine, Checks, Verdict};
use crate::protocols::{Params, Value};
use crate::sim::history::Run;
use crate::sim::{Edit, Fault, LinkModel, LinkPatch, NodeId, SimTime};
use std::collections::BTreeMap;

const QUIET: SimTime = SimTime::from_ms(60_000);

fn params(set: &[(&str, &str)]) -> Params {
    let value = |(k, v): &(&str, &str)| {
        let number = v.parse().map(Value::Int);
        (
            (*k).to_owned(),
            number.unwrap_or(Value::Word((*v).to_owned())),
        )
    };
    ENTRY
        .params(&set.iter().map(value).collect::<BTreeMap<_, _>>())
        .unwrap()
}

fn run(set: &[(&str, &str)], seed: u64, edits: Vec<Edit>) -> (Params, Run<Checks>) {
    let params = params(set);
    let checks = Checks::new((ENTRY.properties)(&params));
    let setup = (ENTRY.build)(&params, seed).unwrap();
    let mut run = Run::new(setup, checks, edits).unwrap();
    run.run_until(QUIET);
    assert!(run.refused().is_empty(), "{:?}", run.refused());
    (params, run)
}

fn measure(params: &Params, run: &Run<Checks>, name: &str) -> Option<f64> {
    let all = (ENTRY.measures)(params, run.world(), run.trace());
    all.into_iter().find(|m| m.name == name).unwrap().value
}

/// Election messages and announcements of a run without faults, after everything held.
fn cost(set: &[(&str, &str)], seed: u64) -> (u32, u32) {
    let (params, run) = run(set, seed, Vec::new());
    for line in run.watcher().lines() {
        assert_eq!(
            line.verdict,
            Verdict::Holding,
            "{} at seed {seed}",
            line.name
        );
    }
    let count = |name| measure(&params, &run, name).unwrap() as u32;
    (count("election_messages"), count("announcements"))
}

fn line(run: &Run<Checks>, name: &str) -> CheckLine {
    let lines = run.watcher().lines();
    lines.into_iter().find(|l| l.name == name).unwrap()
}

/// Chang and Roberts's mean: with all starting, n * H_n election messages over random rings. 1,000
/// rings each; the mean is within three standard errors, and each ring within [2n-1, n(n+1)/2].
#[test]
fn the_mean_number_of_election_messages_is_n_times_the_harmonic_number() {
    for n in [3_u32, 5, 8, 13, 30] {
        let text = n.to_string();
        let runs = 1_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for seed in 0..runs {
            let (messages, announcements) = cost(&[("nodes", &text)], seed);
            assert!(
                (2 * n - 1..=n * (n + 1) / 2).contains(&messages),
                "{messages} of {n}"
            );
            assert_eq!(announcements, n);
            sum += f64::from(messages);
            squares += f64::from(messages) * f64::from(messages);
        }
        let mean = sum / runs as f64;
        let variance = (squares - sum * mean) / (runs - 1) as f64;
        let error = (variance / runs as f64).sqrt();
        let harmonic: f64 = (1..=n).map(|i| 1.0 / f64::from(i)).sum();
        let expected = f64::from(n) * harmonic;
        assert!(
            (mean - expected).abs() <= 3.0 * error,
            "n = {n}: {mean} +- {error}, not {expected}"
        );
        if n == 5 {
            assert!((expected - 11.42).abs() < 0.005, "{expected}");
        }
    }
}

/// Ascending clockwise, every id but the largest dies at the next process: n - 1 + n. Descending,
/// the i-th largest travels n - i + 1 hops: n + (n-1) + ... + 1.
#[test]
fn the_extreme_orders_reach_both_bounds_exactly() {
    for n in 3..=50_u32 {
        let text = n.to_string();
        let of = |order| cost(&[("nodes", &text), ("order", order)], 7);
        assert_eq!(of("ascending"), (2 * n - 1, n));
        assert_eq!(of("descending"), (n * (n + 1) / 2, n));
    }
}

/// One id at a time is under way until the largest takes over: d hops to it, and n round the ring.
/// From right behind it d = n - 1, and with the announcements 3n - 1 in all; from itself d = 0.
#[test]
fn a_single_caller_costs_its_distance_to_the_largest_and_one_round() {
    for n in [3_u32, 5, 20] {
        let text = n.to_string();
        let of = |start, order| cost(&[("nodes", &text), ("start", start), ("order", order)], 3);
        assert_eq!(of("lowest", "ascending"), (2 * n - 1, n));
        assert_eq!(of("lowest", "descending"), (n + 1, n));
        assert_eq!(of("highest", "random"), (n, n));
        assert_eq!(of("one", "descending"), (n, n));
    }
}

/// The order of the ids is drawn: 3 processes stand in 6 orders, each in a sixth of the seeds
/// (1,000 of 6,000, standard deviation 29).
#[test]
fn every_order_of_the_ids_is_equally_likely() {
    let params = params(&[("nodes", "3")]);
    let mut orders: BTreeMap<Vec<u16>, u32> = BTreeMap::new();
    for seed in 0..6_000 {
        *orders.entry(super::ids(&params, seed)).or_default() += 1;
    }
    assert_eq!(orders.len(), 6);
    for (order, &count) in &orders {
        assert!((884..=1_116).contains(&count), "{order:?}: {count}");
    }
}

/// A hole in the ring stops the election; it does not make it go wrong, and the check says whose
/// absence it is.
#[test]
fn a_crashed_process_leaves_the_election_pending_and_is_named() {
    let crash = Edit::at(
        1,
        Fault::Crash {
            node: NodeId(2),
            stop: false,
        },
    );
    let (_, run) = run(&[("order", "ascending")], 1, vec![crash.clone()]);
    assert_eq!(line(&run, "Election safety").verdict, Verdict::Holding);
    let Verdict::Pending { why } = line(&run, "Termination").verdict else {
        panic!("{:?}", line(&run, "Termination"));
    };
    assert!(
        why.starts_with("5 of 5 processes know no leader yet"),
        "{why}"
    );
    assert!(
        why.contains("no process fails") && why.contains("P3"),
        "{why}"
    );
    assert!(why.contains("receiver down"), "{why}");
}

/// It boots and calls an election; but whoever is marked as a participant swallows smaller ids and
/// believes that its own is on its way, though it was lost. Only asking the largest helps.
#[test]
fn after_a_recovery_the_lost_id_of_the_largest_must_be_sent_again() {
    let node = NodeId(0);
    let recovery = vec![
        Edit::at(1, Fault::Crash { node, stop: false }),
        Edit::at(1_000_000, Fault::Recover { node }),
    ];
    let set = [("order", "ascending")];
    let (_, stuck) = run(&set, 1, recovery.clone());
    assert!(matches!(
        line(&stuck, "Termination").verdict,
        Verdict::Pending { .. }
    ));

    let ask = Fault::Request {
        node: NodeId(4),
        request: "elect".to_owned(),
    };
    let edits = [recovery, vec![Edit::at(2_000_000, ask)]].concat();
    let (_, helped) = run(&set, 1, edits);
    assert_eq!(line(&helped, "Termination").verdict, Verdict::Holding);
    assert_eq!(line(&helped, "Election safety").verdict, Verdict::Holding);
}

/// Losses and copies break liveness at most: an id comes back only past all the others.
#[test]
fn loss_and_duplication_never_elect_a_second_leader() {
    let mut pending = 0;
    for seed in 0..200 {
        let set = LinkPatch {
            model: Some(LinkModel::FairLoss),
            loss_ppm: Some(50_000),
            duplicate_ppm: Some(300_000),
            fifo: Some(false),
            ..LinkPatch::default()
        };
        let (_, run) = run(
            &[("nodes", "6")],
            seed,
            vec![Edit::at(0, Fault::Links { set })],
        );
        assert_eq!(line(&run, "Election safety").verdict, Verdict::Holding);
        pending += u32::from(line(&run, "Termination").verdict != Verdict::Holding);
    }
    assert!(
        (10..190).contains(&pending),
        "{pending} of 200 elections were stopped by a loss"
    );
}

#[test]
fn each_mutant_is_caught_with_a_short_witness() {
    for mutant in ["swallow-nothing", "smallest-wins"] {
        for seed in 0..20 {
            let (_, run) = run(&[("mutant", mutant)], seed, Vec::new());
            let verdict = line(&run, "Election safety").verdict;
            let Verdict::Violated {
                witness,
                assumption,
                ..
            } = verdict
            else {
                panic!("{mutant} at seed {seed}: {verdict:?}");
            };
            assert!((1..=2).contains(&witness.len()));
            assert!(!assumption.contains("lies"), "{assumption}");
        }
    }
}

/// A Byzantine process can make another believe that it was elected: the ids are not signed.
#[test]
fn a_liar_breaks_safety_and_the_assumption_is_named() {
    use crate::sim::{ByzantineAct, ByzantineRule};
    let rules = vec![ByzantineRule {
        to: None,
        act: ByzantineAct::Lie,
    }];
    let lie = Edit::at(
        0,
        Fault::Byzantine {
            node: NodeId(0),
            rules,
        },
    );
    let violated = (0..50).filter(|&seed| {
        let params = params(&[]);
        let checks = Checks::new((ENTRY.properties)(&params));
        let setup = (ENTRY.build)(&params, seed).unwrap();
        let mut run = Run::new(setup, checks, vec![lie.clone()]).unwrap();
        run.run_until(SimTime::from_ms(2_000));
        matches!(line(&run, "Election safety").verdict,
            Verdict::Violated { assumption, .. } if assumption.contains("lies"))
    });
    assert!(violated.count() > 5);
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_seed_another() {
    let hash = |seed| run(&[], seed, Vec::new()).1.hash_text();
    assert_eq!(hash(5), hash(5));
    assert_ne!(hash(5), hash(6));
}
