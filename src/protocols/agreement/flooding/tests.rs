//! Tests of flooding. Its counts are published with its gauges.

use super::{ENTRY, Fact, Process};
use crate::check::Verdict;
use crate::check::faultmix::Mix;
use crate::kit::bench::{Bench, Trial, fault};
use crate::sim::{Edit, Fault, NodeId, Timing};
use std::collections::BTreeSet;

fn flooding(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings).until_ms(1_000)
}

/// What each process has decided, by its own words.
fn decisions(run: &Trial) -> Vec<(u16, u8)> {
    let told = run.trace().facts().iter();
    let decided = told.filter_map(|(_, t)| match t.as_fact::<Fact>() {
        Some(Fact::Decided { value, .. }) => Some((t.node.0 + 1, *value)),
        _ => None,
    });
    let decided: BTreeSet<_> = decided.collect();
    decided.into_iter().collect()
}

/// The crash of P`id` right after so many sends of this round: sends are 4 ms apart, and rounds 50 ms.
fn crash(id: u16, round: u64, sends: u64) -> Edit {
    let us = 20_000 + (round - 1) * 50_000 + sends * 4_000;
    Edit::at(us - 2_000, Fault::crash(NodeId(id - 1)))
}

/// Every process sends to n-1 others in each of f+1 rounds, and decides when they are over, the smallest value of all.
#[test]
fn without_a_crash_all_decide_the_smallest_after_f_plus_1_rounds() {
    for n in 2..=8_u16 {
        for f in 0..=5_u16 {
            for inputs in ["inputs=one", "inputs=own", "inputs=same", "inputs=drawn"] {
                let bench = flooding(&[&format!("nodes={n}"), &format!("f={f}"), inputs]);
                for seed in 0..3 {
                    let run = bench.run(seed);
                    assert_eq!(run.all_hold(), 3);
                    let least = (0..n).map(|i| run.node::<Process>(NodeId(i)).value).min().unwrap();
                    let all: Vec<_> = (1..=n).map(|id| (id, least)).collect();
                    assert_eq!(decisions(&run), all);
                    assert_eq!(run.number("messages"), f64::from((f + 1) * n * (n - 1)));
                    assert_eq!(run.number("decided_ms"), 20.0 + f64::from(f + 1) * 50.0);
                }
            }
        }
    }
}

/// Lynch's theorem 6.2 for all schedules of up to two crashes, each after any number of sends of any round: agreement, and all who
/// live decide.
#[test]
fn no_schedule_of_up_to_f_crashes_breaks_agreement() {
    let bench = flooding(&["f=2", "inputs=own"]);
    let all: Vec<(u16, u64, u64)> = (1..=4)
        .flat_map(|id| (1..=3).flat_map(move |round| (0..=3).map(move |sends| (id, round, sends))))
        .collect();
    let mut runs = 0;
    for (i, &(a, r, k)) in all.iter().enumerate() {
        for &(b, q, l) in all[i..].iter().filter(|(b, ..)| *b != a) {
            let run = bench.clone().edits([crash(a, r, k)]).edits([crash(b, q, l)]).run(7);
            assert_eq!(run.all_hold(), 3, "{a} {r} {k}, {b} {q} {l}");
            let values: BTreeSet<u8> = decisions(&run).into_iter().map(|d| d.1).collect();
            assert_eq!((decisions(&run).len(), values.len()), (2, 1));
            runs += 1;
        }
    }
    assert_eq!(runs, 6 * 12 * 12);
}

/// Section 6.7 by its own run: a crash a round keeps the smallest value with one process, and f rounds are one too few.
#[test]
fn a_crash_a_round_is_one_too_many_for_f_rounds() {
    // P1 tells P2 alone, which tells P3 alone, which tells P4 alone.
    for (f, n) in [(1, 3_u16), (2, 4), (3, 5)] {
        let chain: Vec<Edit> = (1..=f).map(|k| crash(k as u16, k, 1)).collect();
        let nodes = format!("nodes={n}");
        let enough = flooding(&[&nodes, &format!("f={f}")]).edits(chain.clone());
        let rest: Vec<u16> = (f as u16 + 1..=n).collect();
        for seed in 0..20 {
            let run = enough.run(seed);
            assert_eq!(run.all_hold(), 3);
            assert_eq!(decisions(&run), rest.iter().map(|&id| (id, 0)).collect::<Vec<_>>());
            let one_less = enough.set(&["mutant=one-round-less"]).run(seed);
            let broken = one_less.broken("Agreement");
            assert_eq!(broken.assumption, "there are f + 1 rounds, so that in one of them nobody crashes");
            let few = flooding(&[&nodes, &format!("f={}", f - 1)]).edits(chain.clone()).run(seed);
            let assumed = few.broken("Agreement").assumption;
            assert!(
                assumed.starts_with(&format!("it is assumed that at most f = {} crash", f - 1)),
                "{assumed}"
            );
            few.hold(&["Validity", "Termination"]);
        }
    }
}

/// Without a bound on messages all decide, in the same time, and not the same. Nobody crashes and nothing is lost.
#[test]
fn without_a_bound_the_clock_ends_the_rounds_and_agreement_breaks() {
    let slow = |to: u16| {
        let set = r#"{"delay":{"kind":"constant","us":300000}}"#;
        fault(&format!(r#"{{"do":"link","from":0,"to":{to},"set":{set}}}"#))
    };
    let bench = flooding(&[]).at(0, Fault::Timing { timing: Timing::Asynchronous });
    let bench = (1..4).fold(bench, |b, to| b.at(1, slow(to)));
    for seed in 0..50 {
        let run = bench.run(seed);
        assert_eq!(decisions(&run), [(1, 0), (2, 1), (3, 1), (4, 1)]);
        // Three others hear of the 0 in a message of each of two rounds.
        assert_eq!((run.number("decided_ms"), run.number("late")), (120.0, 6.0));
        let assumed = run.broken("Agreement").assumption;
        assert!(assumed.contains("the timing model gives delays no bound"), "{assumed}");
        run.hold(&["Validity", "Termination"]);
        // With rounds that happen to be as long as that it goes well, and nobody could have known.
        assert!(!bench.set(&["round_ms=400"]).until_ms(2_000).run(seed).breaks("Agreement"));
    }
    // Where the model keeps its promise, and a round is too short for it, that is what is named.
    let hasty = flooding(&["round_ms=5", "f=0"]).run(1).broken("Agreement").assumption;
    assert_eq!(
        hasty,
        "it is assumed that a round is as long as its sends and a message take, 26 ms, and it lasts 5 ms"
    );
}

/// Who comes back has no part in it, and is missed by nobody.
#[test]
fn whatever_crashes_and_comes_back_is_owed_to_the_world_or_harmless() {
    for settings in [&[][..], &["f=2", "nodes=5", "inputs=drawn"], &["inputs=own", "nodes=3"]] {
        let bench = flooding(settings);
        assert!(bench.crash_at_each_event(1, 30, Trial::safe) > 20);
        for seed in 0..150 {
            for mix in Mix::ALL {
                let run = bench.mixed(mix, seed);
                for name in ["Agreement", "Validity", "Termination"] {
                    let Verdict::Violated { assumption, why, .. } = run.line(name).verdict else { continue };
                    let owed = assumption.starts_with("it is assumed") && name == "Agreement";
                    assert!(
                        owed && mix != Mix::None,
                        "{settings:?} {mix:?} {seed}: {name}: {why}; {assumption}"
                    );
                }
            }
        }
    }
}

/// A value can be chosen before the first round, and not later.
#[test]
fn what_has_not_happened_is_said_until_all_have_decided() {
    let absent = |run: &Trial| {
        let all = ENTRY.absences.map_or_else(Vec::new, |read| read(run.world(), run.trace()));
        all.into_iter().map(|a| (a.what, a.conditions[0].says.clone())).collect::<Vec<_>>()
    };
    let mut run = flooding(&["nodes=2"]).start(1);
    run.fault(fault(r#"{"do":"request","node":1,"request":"propose 3"}"#));
    run.run_until(crate::sim::SimTime::from_ms(80));
    let says = |who: &str| (format!("{who} has not decided"), "its rounds are over: 1 of 2".to_owned());
    assert_eq!(absent(&run), [says("P1"), says("P2")]);
    assert_eq!(run.node::<Process>(NodeId(1)).value, 3);
    run.finish();
    assert_eq!(absent(&run), []);
    let boards = ENTRY.boards.map_or_else(Vec::new, |of| of(flooding(&["nodes=2"]).params(), run.world()));
    assert_eq!(boards[0].title(), "Who had heard of what, after each of 1 + 1 rounds");
}
