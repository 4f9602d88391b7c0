//! Tests of the link stack.

use super::{ENTRY, RECEIVER, SENDER};
use crate::check::{CheckLine, Checks, Verdict};
use crate::protocols::{Params, Value};
use crate::sim::history::Run;
use crate::sim::{
    ByzantineAct, ByzantineRule, Edit, Fault, Layers, LinkModel, LinkPatch, SimTime, World,
};
use std::collections::BTreeMap;

const ALL_LAYERS: [(&str, &str); 3] = [("retransmit", "on"), ("dedupe", "on"), ("reorder", "on")];

fn params(set: &[(&str, &str)]) -> Params {
    let value = |(k, v): &(&str, &str)| {
        let param = ENTRY.params.iter().find(|p| p.id == *k).unwrap();
        ((*k).to_owned(), param.parse(v).unwrap())
    };
    let given: BTreeMap<String, Value> = set.iter().map(value).collect();
    ENTRY.params(&given).unwrap()
}

fn run(set: &[(&str, &str)], seed: u64, edits: Vec<Edit>) -> (Params, Run<Checks>) {
    let params = params(set);
    let checks = Checks::new((ENTRY.properties)(&params));
    let setup = (ENTRY.build)(&params, seed).unwrap();
    let mut run = Run::new(setup, checks, edits).unwrap();
    run.run_until(SimTime::from_ms(120_000));
    assert!(run.refused().is_empty(), "{:?}", run.refused());
    (params, run)
}

fn measure(set: &[(&str, &str)], seed: u64, edits: Vec<Edit>, name: &str) -> Option<f64> {
    let (params, run) = run(set, seed, edits);
    let all = (ENTRY.measures)(&params, run.world(), run.trace());
    all.into_iter().find(|m| m.name == name).unwrap().value
}

fn sum(set: &[(&str, &str)], seeds: u64, name: &str) -> f64 {
    (0..seeds)
        .map(|seed| measure(set, seed, Vec::new(), name).unwrap())
        .sum()
}

fn line(run: &Run<Checks>, name: &str) -> CheckLine {
    let lines = run.watcher().lines();
    lines.into_iter().find(|l| l.name == name).unwrap()
}

fn at(ms: u64, fault: Fault) -> Edit {
    Edit::at(ms * 1_000, fault)
}

/// A geometric variable has the mean 1/(1-p) and the variance p/(1-p)^2: with 10 messages in each
/// of 500 runs the standard error is sqrt(p / 5,000) / (1-p).
#[test]
fn the_mean_number_of_sends_until_the_first_arrival_is_one_over_one_minus_p() {
    for percent in ["10", "30", "50"] {
        let p = percent.parse::<f64>().unwrap() / 100.0;
        let set = [("loss_percent", percent), ("retransmit", "on")];
        let mean = sum(&set, 500, "sends_until_arrival") / 500.0;
        let error = (p / 5_000.0).sqrt() / (1.0 - p);
        let expected = 1.0 / (1.0 - p);
        assert!(
            (mean - expected).abs() <= 3.0 * error,
            "p = {p}: {mean}, not {expected} +- {error}"
        );
    }
}

/// Without layers 30 of 100 messages are lost (standard deviation 4.6 in 100; 1,000 are sent here,
/// so 14.5), and that breaks no promise, for none was given.
#[test]
fn a_bare_fair_loss_link_loses_doubles_and_reorders_and_violates_nothing() {
    let set = [("spacing_ms", "5")];
    let missing = sum(&set, 100, "missing");
    assert!((missing - 300.0).abs() < 4.0 * 14.5, "{missing} of 1000");
    assert!(sum(&set, 100, "duplicates") > 20.0);
    assert!(sum(&set, 100, "inversions") > 100.0);
    let (_, run) = run(&set, 1, Vec::new());
    let lines = run.watcher().lines();
    assert_eq!(lines.len(), 1);
    assert_eq!(
        (lines[0].name, &lines[0].verdict),
        ("No creation", &Verdict::Holding)
    );
}

/// The link itself doubles nothing here: what is delivered twice was sent twice, because the
/// acknowledgement was lost.
#[test]
fn retransmit_without_dedupe_delivers_duplicates_and_loses_nothing() {
    let set = [("retransmit", "on"), ("duplicate_percent", "0")];
    assert!(sum(&set, 50, "duplicates") > 50.0);
    assert_eq!(sum(&set, 50, "missing"), 0.0);
}

#[test]
fn each_layer_mends_its_own_fault_and_no_other() {
    let noisy = [
        ("loss_percent", "40"),
        ("duplicate_percent", "40"),
        ("spacing_ms", "5"),
    ];
    let of = |layers: &[(&'static str, &'static str)], name| {
        sum(&[&noisy[..], layers].concat(), 60, name)
    };
    let [retransmit, dedupe, reorder] = ALL_LAYERS;
    assert_eq!(of(&[dedupe], "duplicates"), 0.0);
    assert!(of(&[dedupe], "missing") > 0.0 && of(&[dedupe], "inversions") > 0.0);
    assert_eq!(of(&[reorder], "inversions"), 0.0);
    assert!(of(&[reorder], "missing") > 0.0 && of(&[reorder], "duplicates") > 0.0);
    assert_eq!(of(&[retransmit, dedupe], "duplicates"), 0.0);
    assert_eq!(of(&[retransmit, dedupe], "missing"), 0.0);
    assert!(of(&[retransmit, dedupe], "inversions") > 0.0);
}

#[test]
fn with_all_three_layers_every_message_comes_once_and_in_order() {
    for (loss, duplicates, count) in [("30", "10", "10"), ("60", "50", "50"), ("0", "90", "20")] {
        for seed in 0..100 {
            let noise = [
                ("loss_percent", loss),
                ("duplicate_percent", duplicates),
                ("count", count),
                ("spacing_ms", "3"),
            ];
            let (_, run) = run(&[&noise[..], &ALL_LAYERS].concat(), seed, Vec::new());
            let lines = run.watcher().lines();
            assert_eq!(lines.len(), 4);
            for line in lines {
                assert_eq!(
                    line.verdict,
                    Verdict::Holding,
                    "{} at seed {seed}",
                    line.name
                );
            }
            let receiver: &super::Receiver = run.world().node_as(RECEIVER).unwrap();
            let got: Vec<u16> = receiver.log().iter().map(|p| p.number).collect();
            let all: Vec<u16> = (1..=count.parse().unwrap()).collect();
            assert_eq!(got, all, "seed {seed}");
        }
    }
}

/// The same seeds without the crash are the control: no duplicate at all. What waited in the reorder
/// buffer was acknowledged already, so the crash can lose messages, too.
#[test]
fn a_crash_of_the_receiver_brings_duplicates_back_and_is_named() {
    let set = [&ALL_LAYERS[..], &[("loss_percent", "50")]].concat();
    let (mut back, mut lost) = (0, 0);
    for seed in 0..100 {
        let (_, calm) = run(&set, seed, Vec::new());
        assert_eq!(line(&calm, "No duplication").verdict, Verdict::Holding);
        let crash = vec![
            at(
                250,
                Fault::Crash {
                    node: RECEIVER,
                    stop: false,
                },
            ),
            at(260, Fault::Recover { node: RECEIVER }),
        ];
        let (_, run) = run(&set, seed, crash);
        match line(&run, "No loss").verdict {
            Verdict::Holding => {}
            Verdict::Pending { why } if why.contains("reorder buffer forgot") => lost += 1,
            other => panic!("seed {seed}: {other:?}"),
        }
        if let Verdict::Violated {
            witness,
            assumption,
            ..
        } = line(&run, "No duplication").verdict
        {
            back += 1;
            assert_eq!(witness.len(), 3, "both deliveries and the crash");
            assert!(
                assumption.starts_with("Receiver does not crash"),
                "{assumption}"
            );
        }
    }
    assert!(back > 30, "duplicates are back in {back} of 100 runs");
    assert!(
        lost > 5,
        "an acknowledged message is lost in {lost} of 100 runs"
    );
}

#[test]
fn a_crash_of_the_sender_loses_what_was_not_acknowledged_and_is_named() {
    let crash = vec![
        at(
            100,
            Fault::Crash {
                node: SENDER,
                stop: false,
            },
        ),
        at(200, Fault::Recover { node: SENDER }),
    ];
    let set = [&ALL_LAYERS[..], &[("loss_percent", "60")]].concat();
    let pending = (0..30).filter(|&seed| {
        let (_, run) = run(&set, seed, crash.clone());
        let sender: &super::Sender = run.world().node_as(SENDER).unwrap();
        assert_eq!(sender.sent(), 10);
        matches!(line(&run, "No loss").verdict,
            Verdict::Pending { why } if why.contains("sender does not crash"))
    });
    assert!(pending.count() > 20);
}

#[test]
fn a_loss_of_everything_is_a_cut_and_refused() {
    let set = params(&[("loss_percent", "100")]);
    let refusal = (ENTRY.build)(&set, 1).err().unwrap();
    assert_eq!(refusal.code, "not-fair-loss");
    assert!(
        refusal.message.contains("it is a cut"),
        "{}",
        refusal.message
    );
    let doubled = params(&[("duplicate_percent", "100")]);
    assert_eq!(
        (ENTRY.build)(&doubled, 1).err().unwrap().code,
        "not-fair-loss"
    );
    assert!(World::new((ENTRY.build)(&params(&[("loss_percent", "99")]), 1).unwrap()).is_ok());
}

#[test]
fn a_layer_taken_off_in_the_run_is_named() {
    let set = LinkPatch {
        layers: Some(Layers {
            retransmit_us: 150_000,
            ..Layers::default()
        }),
        ..LinkPatch::default()
    };
    let off = vec![at(50, Fault::Links { set })];
    let noise = [("duplicate_percent", "60"), ("spacing_ms", "5")];
    let (_, run) = run(&[&noise[..], &ALL_LAYERS].concat(), 1, off);
    let Verdict::Violated { assumption, .. } = line(&run, "No duplication").verdict else {
        panic!("{:?}", line(&run, "No duplication"));
    };
    assert_eq!(assumption, "the layer dedupe stays on");
}

/// A layer knows frames, not meanings: the mutant's second message is a new one to it.
#[test]
fn the_mutant_that_sends_twice_is_caught_below_every_layer() {
    let set = [&ALL_LAYERS[..], &[("mutant", "send-twice")]].concat();
    for seed in 0..20 {
        let (_, run) = run(&set, seed, Vec::new());
        let verdict = line(&run, "No duplication").verdict;
        assert!(
            matches!(&verdict, Verdict::Violated { assumption, .. } if assumption.contains("once")),
            "{verdict:?}"
        );
    }
}

#[test]
fn a_changed_letter_is_a_creation() {
    let set = LinkPatch {
        model: Some(LinkModel::Arbitrary),
        corrupt_ppm: Some(500_000),
        ..LinkPatch::default()
    };
    let rules = vec![ByzantineRule {
        to: None,
        act: ByzantineAct::Lie,
    }];
    let faults = [
        (Fault::Links { set }, "the link changes nothing"),
        (
            Fault::Byzantine {
                node: SENDER,
                rules,
            },
            "the sender is honest",
        ),
    ];
    for (fault, expected) in faults {
        let (_, run) = run(&[], 3, vec![at(50, fault)]);
        let Verdict::Violated { assumption, .. } = line(&run, "No creation").verdict else {
            panic!("{:?}", line(&run, "No creation"));
        };
        assert!(assumption.starts_with(expected), "{assumption}");
    }
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_seed_another() {
    let hash = |seed| run(&ALL_LAYERS, seed, Vec::new()).1.hash_text();
    assert_eq!(hash(5), hash(5));
    assert_ne!(hash(5), hash(6));
}
