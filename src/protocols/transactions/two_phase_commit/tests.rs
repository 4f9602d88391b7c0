//! Tests of two-phase commit and of the ways without it.

use super::bank::{Book, State};
use super::judged::total;
use super::{ENTRY, Fact, T};
use crate::check::faultmix::{Mix, plan};
use crate::check::{Checks, Verdict};
use crate::kit::measures;
use crate::sim::history::Run;
use crate::sim::{Edit, Fault, NodeId, SimTime};

fn start(settings: &[&str], seed: u64, edits: Vec<Edit>) -> Run<Checks> {
    let params = ENTRY.set(settings).unwrap();
    Run::new((ENTRY.build)(&params, seed).unwrap(), ENTRY.checks(&params), edits).unwrap()
}

fn verdict(run: &Run<Checks>, name: &str) -> Verdict {
    let lines = run.watcher().lines();
    lines.into_iter().find(|l| l.name == name).unwrap().verdict
}

fn measure(run: &Run<Checks>, name: &str) -> Option<f64> {
    let all = measures(run.watcher(), run.world());
    all.into_iter().find(|m| m.name == name).unwrap().value
}

fn state(run: &Run<Checks>, bank: u16, t: u32) -> Option<State> {
    let book = run.world().durable_as::<Book>(NodeId(bank)).unwrap();
    book.lines.get(&T(t)).map(|line| line.1)
}

/// Each published value: the mean of 400 runs, or of 4,000 where it is of chance, within three standard
/// errors of the sample; where runs do not differ, to four digits.
#[test]
fn runs_come_to_the_published_values_and_formulas_to_the_same() {
    for gauge in ENTRY.gauges {
        for published in gauge.published {
            let params = ENTRY.set(published.params).unwrap();
            let theory = gauge.theory.and_then(|t| t(&params)).unwrap();
            let name = format!("{} under {:?}", gauge.id, published.params);
            assert!((theory - published.mean).abs() < 1e-3, "{name}: theory {theory}");
            let runs = 3_000;
            let value = |seed| {
                let mut run = start(published.params, seed, Vec::new());
                run.run_until(SimTime::from_ms(20_000));
                measure(&run, gauge.id).unwrap()
            };
            let sample: Vec<f64> = (0..runs).map(value).collect();
            let mean = sample.iter().sum::<f64>() / runs as f64;
            let spread = sample.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / runs as f64;
            let error = (spread / runs as f64).sqrt();
            assert!(
                (mean - published.mean).abs() <= 3.0 * error + 1e-9,
                "{name}: {mean} +- {error}, not {}",
                published.mean
            );
        }
    }
}

/// 1,000 seeds under each mix, in every variant: nothing that is promised without assumptions breaks, and
/// when all is well again every bank that said Yes learns what was decided.
#[test]
fn many_seeds_under_every_mix() {
    for settings in [
        &["transfers=12"][..],
        &["transfers=12", "presume=abort"],
        &["transfers=12", "ask=everyone"],
        &["transfers=12", "ask=everyone", "presume=abort", "banks=4"],
        &["transfers=12", "way=retry-ids"],
    ] {
        for mix in Mix::ALL {
            for seed in 0..200 {
                let servers: Vec<NodeId> = (0..3).map(NodeId).collect();
                let edits = plan(mix, seed, &servers, SimTime::from_ms(6_000));
                let mut run = start(settings, seed, edits);
                run.run_until(SimTime::from_ms(12_000));
                for line in run.watcher().lines() {
                    let fine = match line.verdict {
                        Verdict::Holding => true,
                        Verdict::Pending { .. } => line.name == "Completion" && mix != Mix::None,
                        _ => false,
                    };
                    assert!(fine, "{settings:?} {} {seed}: {line:?}", mix.id());
                }
            }
        }
    }
}

/// Each mutant breaks the promise that it names in some run, and the protocol as in the book does not.
#[test]
fn every_mutant_is_found() {
    for mutant in ENTRY.mutants {
        let mut settings = mutant.with.to_vec();
        let name = format!("mutant={}", mutant.id);
        settings.extend(["transfers=12", &name]);
        let found = Mix::ALL.into_iter().find_map(|mix| {
            (0..1_000).find_map(|seed| {
                let servers: Vec<NodeId> = (0..3).map(NodeId).collect();
                let edits = plan(mix, seed, &servers, SimTime::from_ms(6_000));
                let mut run = start(&settings, seed, edits);
                run.run_until(SimTime::from_ms(12_000));
                let Verdict::Violated { witness, assumption, .. } = verdict(&run, mutant.breaks) else {
                    return None;
                };
                assert_eq!(assumption, mutant.rule);
                assert!(!witness.is_empty() && witness.len() <= 12);
                Some((mix, seed))
            })
        });
        println!("{}: {found:?}", mutant.id);
        assert!(found.is_some(), "{}", mutant.id);
    }
}
