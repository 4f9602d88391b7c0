//! Tests of the two generals.

use super::{A, B, Decision, ENTRY, General, Messenger};
use crate::check::{CheckLine, Checks, Verdict};
use crate::protocols::{Params, Value};
use crate::sim::history::Run;
use crate::sim::{Edit, EventKind, Fault, NodeId, SimTime};
use std::collections::BTreeMap;

fn params(k: i64, loss_percent: i64, mutant: &str) -> Params {
    let given = [
        ("k", Value::Int(k)),
        ("loss_percent", Value::Int(loss_percent)),
        ("mutant", Value::Word(mutant.to_owned())),
    ];
    let given: BTreeMap<String, Value> = given
        .map(|(id, v)| (id.to_owned(), v))
        .into_iter()
        .collect();
    ENTRY.params(&given).unwrap()
}

fn start(params: &Params, seed: u64, edits: Vec<Edit>) -> Run<Checks> {
    let checks = Checks::new((ENTRY.properties)(params));
    Run::new((ENTRY.build)(params, seed).unwrap(), checks, edits).unwrap()
}

fn finish(run: &mut Run<Checks>) {
    run.run_until(SimTime::from_ms(10_000));
    assert!(run.refused().is_empty(), "{:?}", run.refused());
}

fn decision(run: &Run<Checks>, node: NodeId) -> Option<Decision> {
    run.world().node_as::<General>(node).unwrap().decision()
}

fn minds(run: &Run<Checks>) -> (bool, bool) {
    let attacks = |node| decision(run, node).unwrap() == Decision::Attack;
    (attacks(A), attacks(B))
}

fn line(run: &Run<Checks>, name: &str) -> CheckLine {
    let lines = run.watcher().lines();
    lines.into_iter().find(|l| l.name == name).unwrap()
}

/// Runs until messenger `number` is on his way, and catches him.
fn catch(run: &mut Run<Checks>, number: u8) {
    while run.step() {
        let caught = run
            .world()
            .in_flight()
            .into_iter()
            .find(|f| f.payload.as_any().downcast_ref() == Some(&Messenger { number }));
        if let Some(flight) = caught {
            return run.edit(Fault::Drop { msg: flight.msg }).unwrap();
        }
    }
    panic!("messenger {number} was never sent");
}

/// P(exactly one attacks) = p (1-p)^(k-1): messengers 1 to k-1 arrive, the k-th does not. 6,000 runs
/// for each (p, k), within three standard errors of a share, sqrt(P (1-P) / 6,000). And never 0.
/// The figures of the module's comment are 0.3 * 0.7^4 = 0.07203 and 0.3 * 0.7^8 = 0.01729.
#[test]
fn the_probability_of_disagreement_follows_the_formula() {
    for (percent, k) in [
        (30, 1),
        (30, 2),
        (30, 5),
        (30, 9),
        (10, 4),
        (50, 3),
        (90, 2),
        (5, 20),
    ] {
        let params = params(k, percent, "none");
        let runs = 6_000;
        let mut disagree = 0.0;
        for seed in 0..runs {
            let mut run = start(&params, seed, Vec::new());
            finish(&mut run);
            let all = (ENTRY.measures)(&params, run.world(), run.trace());
            let of = |name| all.iter().find(|m| m.name == name).unwrap().value.unwrap();
            disagree += of("disagree");
            let violated = matches!(line(&run, "Agreement").verdict, Verdict::Violated { .. });
            assert_eq!(violated, of("disagree") == 1.0);
            assert!(of("messengers") <= k as f64 && of("lost") <= 1.0);
        }
        let p = f64::from(percent as i32) / 100.0;
        let expected = (1..k).fold(p, |product, _| product * (1.0 - p));
        let share = disagree / runs as f64;
        let error = (expected * (1.0 - expected) / runs as f64).sqrt();
        assert!(
            (share - expected).abs() <= 3.0 * error,
            "p = {p}, k = {k}: {share}, not {expected} +- {error}"
        );
        assert!(disagree > 0.0);
    }
}

#[test]
fn without_loss_both_always_attack() {
    for k in 1..=20 {
        let mut run = start(&params(k, 0, "none"), 1, Vec::new());
        finish(&mut run);
        assert_eq!(minds(&run), (true, true));
        for line in run.watcher().lines() {
            assert_eq!(line.verdict, Verdict::Holding, "{}", line.name);
        }
    }
}

/// The chain argument, run by run: whichever messenger is the first to be caught decides all (none
/// is sent after him), so these k runs and the one without loss are all there are. Exactly one of
/// them is a disagreement: that in which the last is caught, and his sender attacks alone.
#[test]
fn the_last_messenger_is_the_one_whose_loss_changes_one_mind() {
    for k in 1..=20_u8 {
        for caught in 1..=k {
            let mut run = start(&params(k.into(), 0, "none"), 1, Vec::new());
            catch(&mut run, caught);
            finish(&mut run);
            let (sender_is_a, last) = (caught % 2 == 1, caught == k);
            let expected = (last && sender_is_a, last && !sender_is_a);
            assert_eq!(minds(&run), expected, "k = {k}, caught {caught}");
            assert_eq!(line(&run, "Validity").verdict, Verdict::Holding);
            let verdict = line(&run, "Agreement").verdict;
            let Verdict::Violated {
                witness,
                assumption,
                ..
            } = verdict
            else {
                assert!(!last);
                continue;
            };
            assert!(last);
            let kinds = witness.iter().map(|&e| run.trace().event(e).kind);
            assert_eq!(
                kinds.collect::<Vec<_>>(),
                [EventKind::Lost, EventKind::Timer, EventKind::Timer]
            );
            assert_eq!(assumption, "no messenger is lost; one was: dropped by hand");
        }
    }
}

#[test]
fn a_valley_that_nobody_crosses_is_a_cut_and_refused() {
    let refusal = (ENTRY.build)(&params(5, 100, "none"), 1).err().unwrap();
    assert_eq!(refusal.code, "not-fair-loss");
}

#[test]
fn wanting_certainty_breaks_agreement_even_without_loss() {
    for k in [1, 2, 5] {
        let mut run = start(&params(k, 0, "want-certainty"), 1, Vec::new());
        finish(&mut run);
        for name in ["Agreement", "Validity"] {
            let verdict = line(&run, name).verdict;
            assert!(
                matches!(verdict, Verdict::Violated { .. }),
                "{name}: {verdict:?}"
            );
        }
    }
}

#[test]
fn always_retreating_agrees_and_is_caught_by_validity() {
    let mut run = start(&params(5, 0, "always-retreat"), 1, Vec::new());
    finish(&mut run);
    assert_eq!(minds(&run), (false, false));
    assert_eq!(line(&run, "Agreement").verdict, Verdict::Holding);
    let validity = line(&run, "Validity").verdict;
    assert!(matches!(validity, Verdict::Violated { .. }), "{validity:?}");
}

/// A second copy of a messenger is not answered a second time: each is sent once.
#[test]
fn a_doubled_messenger_changes_nothing() {
    let mut run = start(&params(5, 0, "none"), 1, Vec::new());
    run.step();
    let plan = run.world().in_flight()[0].msg;
    run.edit(Fault::Duplicate { msg: plan }).unwrap();
    finish(&mut run);
    assert_eq!(minds(&run), (true, true));
    assert_eq!(run.trace().messages(), 6, "five, and one copy");
}

/// What is decided is on disk; who is down at dawn decides when he is back, by what he had on paper.
#[test]
fn a_crash_leaves_the_decision_pending_and_then_the_orders_hold() {
    let params = params(3, 0, "none");
    let crash = Edit::at(
        390_000,
        Fault::Crash {
            node: B,
            stop: false,
        },
    );
    let mut run = start(&params, 1, vec![crash.clone()]);
    finish(&mut run);
    let verdict = line(&run, "Termination").verdict;
    assert!(
        matches!(&verdict, Verdict::Pending { why } if why.contains("General B is not running")),
        "{verdict:?}"
    );
    let back = Edit::at(900_000, Fault::Recover { node: B });
    let again = Edit::at(
        950_000,
        Fault::Crash {
            node: B,
            stop: false,
        },
    );
    let on = Edit::at(990_000, Fault::Recover { node: B });
    let mut run = start(&params, 1, vec![crash, back, again, on]);
    finish(&mut run);
    assert_eq!(minds(&run), (true, true));
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_seed_another() {
    let hash = |seed| {
        let mut run = start(&params(5, 30, "none"), seed, Vec::new());
        finish(&mut run);
        run.hash_text()
    };
    assert_eq!(hash(5), hash(5));
    assert_ne!(hash(5), hash(6));
}
