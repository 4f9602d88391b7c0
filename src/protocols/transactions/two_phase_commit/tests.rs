//! Tests of two-phase commit and of the ways without it.

use super::bank::{Book, State};
use super::judged::total;
use super::{COORDINATOR, ENTRY, Fact, T};
use crate::check::faultmix::{Mix, plan};
use crate::check::{Checks, Verdict};
use crate::kit::measures;
use crate::sim::history::Run;
use crate::sim::{Delay, Edit, Fault, LinkPatch, NodeId, SimTime, Span};

const A: NodeId = NodeId(1);
const B: NodeId = NodeId(2);

fn start(settings: &[&str], seed: u64, edits: Vec<Edit>) -> Run<Checks> {
    let params = ENTRY.set(settings).unwrap();
    Run::new(
        (ENTRY.build)(&params, seed).unwrap(),
        ENTRY.checks(&params),
        edits,
    )
    .unwrap()
}

fn verdict(run: &Run<Checks>, name: &str) -> Verdict {
    let lines = run.watcher().lines();
    lines.into_iter().find(|l| l.name == name).unwrap().verdict
}

fn measure(run: &Run<Checks>, name: &str) -> Option<f64> {
    let all = measures(run.watcher(), run.world());
    all.into_iter().find(|m| m.name == name).unwrap().value
}

fn states(run: &Run<Checks>, t: u32) -> [Option<State>; 2] {
    [A, B].map(|bank| {
        let book = run.world().durable_as::<Book>(bank).unwrap();
        book.lines.get(&T(t)).map(|line| line.1)
    })
}

fn balances(run: &Run<Checks>) -> [i64; 2] {
    [A, B].map(|bank| run.world().durable_as::<Book>(bank).unwrap().balance)
}

fn told(run: &Run<Checks>, fact: &Fact) -> bool {
    let facts = run.trace().facts().iter();
    facts
        .filter_map(|(_, told)| told.as_fact::<Fact>())
        .any(|f| f == fact)
}

/// Runs until `fact` is told.
fn until(run: &mut Run<Checks>, fact: &Fact) {
    while !told(run, fact) {
        assert!(run.step(), "{fact:?} is never told");
    }
}

fn crash(node: NodeId) -> Fault {
    Fault::Crash { node, stop: false }
}

fn seconds(run: &mut Run<Checks>, s: u64) {
    run.run_until(SimTime::from_ms(s * 1_000));
    assert!(run.refused().is_empty(), "{:?}", run.refused());
}

/// Drops the newest message of this kind that is on its way to `to` now.
fn catch(run: &mut Run<Checks>, kind: &str, to: NodeId) {
    let flights = run.world().in_flight();
    let mut these = flights
        .iter()
        .filter(|f| f.to == to && f.payload.kind().name == kind);
    let msg = these
        .next_back()
        .unwrap_or_else(|| panic!("no {kind} to {to}"))
        .msg;
    run.edit(Fault::Drop { msg }).unwrap();
}

/// Each published value: theory comes to it, and the mean of 3,000 runs within three standard errors.
#[test]
fn runs_come_to_the_published_values_and_formulas_to_the_same() {
    for gauge in ENTRY.gauges {
        for published in gauge.published {
            let params = ENTRY.set(published.params).unwrap();
            let theory = gauge.theory.and_then(|t| t(&params)).unwrap();
            let name = format!("{} under {:?}", gauge.id, published.params);
            assert!(
                (theory - published.mean).abs() < 1e-3,
                "{name}: theory {theory}"
            );
            let runs = 3_000;
            let value = |seed| {
                let mut run = start(published.params, seed, Vec::new());
                run.run_until(SimTime::from_ms(5_000));
                measure(&run, gauge.id).unwrap()
            };
            let sample: Vec<f64> = (0..runs).map(value).collect();
            let mean = sample.iter().sum::<f64>() / runs as f64;
            let spread = sample.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / runs as f64;
            let error = (spread / runs as f64).sqrt();
            assert!(
                (mean - published.mean).abs() <= 3.0 * error + 1e-3,
                "{name}: {mean} +- {error}, not {}",
                published.mean
            );
        }
    }
}

/// 200 seeds under each mix, in every way: nothing breaks but in the two ways that assume that nothing fails,
/// and when all is well again every bank that said Yes learns what was decided.
#[test]
fn many_seeds_under_every_mix() {
    for (assumes_much, settings) in [
        (false, &["transfers=12"][..]),
        (false, &["transfers=12", "presume=abort"]),
        (false, &["transfers=12", "ask=everyone"]),
        (
            false,
            &["transfers=12", "ask=everyone", "presume=abort", "banks=4"],
        ),
        (false, &["transfers=12", "way=retry-ids"]),
        (true, &["transfers=12", "way=retry"]),
        (true, &["transfers=12", "way=naive"]),
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
                        Verdict::Violated { .. } => assumes_much && mix != Mix::None,
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
                let Verdict::Violated {
                    witness,
                    assumption,
                    ..
                } = verdict(&run, mutant.breaks)
                else {
                    return None;
                };
                assert_eq!(assumption, mutant.rule);
                assert!(!witness.is_empty() && witness.len() <= 12);
                Some((mix, seed))
            })
        });
        let (mix, seed) = found.unwrap_or_else(|| panic!("{} is never found", mutant.id));
        let servers: Vec<NodeId> = (0..3).map(NodeId).collect();
        let edits = plan(mix, seed, &servers, SimTime::from_ms(6_000));
        settings.pop();
        let mut run = start(&settings, seed, edits);
        seconds(&mut run, 12);
        assert!(!matches!(
            verdict(&run, mutant.breaks),
            Verdict::Violated { .. }
        ));
    }
}

/// Row B9, naive: the coordinator crashes after the debit, and £10 are gone.
#[test]
fn naive_loses_ten_in_a_crash_between_debit_and_credit() {
    let mut run = start(&["way=naive"], 1, Vec::new());
    until(
        &mut run,
        &Fact::Moved {
            t: T(1),
            delta: -10,
        },
    );
    assert_eq!((balances(&run), total(run.world())), ([90, 100], Some(200)));
    run.edit(crash(COORDINATOR)).unwrap();
    run.step();
    assert_eq!((balances(&run), total(run.world())), ([90, 100], Some(190)));
    let Verdict::Violated {
        why, assumption, ..
    } = verdict(&run, "Conservation")
    else {
        panic!("not noticed");
    };
    assert_eq!(why, "the sum was 200 and is 190: 10 gone");
    assert_eq!(
        assumption,
        "it is assumed that no node crashes, and Coordinator crashed"
    );
}

/// Row B9, retry: the answer to the credit is lost, the credit is done twice, and £10 are made of nothing.
/// With ids it is done once.
#[test]
fn retry_without_ids_makes_ten_when_an_answer_is_lost() {
    for (way, after) in [("way=retry", [90, 120]), ("way=retry-ids", [90, 110])] {
        let mut run = start(&[way], 1, Vec::new());
        until(&mut run, &Fact::Moved { t: T(1), delta: 10 });
        catch(&mut run, "ACK", COORDINATOR);
        seconds(&mut run, 3);
        assert_eq!(balances(&run), after, "{way}");
        let broken = matches!(verdict(&run, "Conservation"), Verdict::Violated { .. });
        assert_eq!(broken, way == "way=retry");
        assert_eq!(verdict(&run, "Completion"), Verdict::Holding);
    }
}

/// Row E8: whoever crashes in whichever event, for three seconds: nothing is split, and in the end all is
/// decided. Only while the coordinator is down does a bank that runs wait for long, and some crashes of it
/// leave both waiting.
#[test]
fn a_crash_after_each_event_splits_nothing() {
    for settings in [
        &["gap_ms=40", "transfers=3"][..],
        &["gap_ms=40", "transfers=3", "presume=abort"],
    ] {
        let mut calm = start(settings, 1, Vec::new());
        seconds(&mut calm, 2);
        assert_eq!(calm.world().durable_as::<Book>(A).unwrap().lines.len(), 3);
        let mut most = 0;
        for node in [COORDINATOR, A, B] {
            for event in 1..calm.position() {
                let mut run = start(settings, 1, Vec::new());
                run.seek_event(event);
                run.edit(crash(node)).unwrap();
                run.run_until(run.time() + Span::ms(3_000));
                let stuck = |bank| run.world().inspect(bank).role == "uncertain";
                let waiting = [A, B]
                    .into_iter()
                    .filter(|&b| b != node && stuck(b))
                    .count();
                assert!(node == COORDINATOR || waiting == 0);
                most = most.max(waiting);
                run.edit(Fault::Recover { node }).unwrap();
                seconds(&mut run, 8);
                for line in run.watcher().lines() {
                    let waits = matches!(line.verdict, Verdict::Pending { .. });
                    let fine =
                        line.verdict == Verdict::Holding || waits && line.name == "Completion";
                    assert!(fine, "{settings:?}, {node} after {event}: {line:?}");
                }
            }
        }
        assert_eq!(most, 2);
    }
}

/// Blocked for as long as the coordinator is down. It crashes at once when both Yes are there, is back `down`
/// later, and aborts, for it finds a beginning without a decision: record of the boot, record of the abort, way
/// to the bank, record there. With constant delays of 12 ms and writes of 2 ms a Yes is on disk 12 ms before
/// the coordinator has it: 12 + down + 2 + 2 + 12 + 2.
#[test]
fn who_has_promised_is_blocked_for_as_long_as_the_coordinator_is_down() {
    for down in [100, 1_000, 10_000] {
        let delay = Some(Delay::Constant { us: 12_000 });
        let set = LinkPatch {
            delay,
            ..LinkPatch::default()
        };
        let mut run = start(&[], 1, vec![Edit::at(0, Fault::Links { set })]);
        until(&mut run, &Fact::Promised { t: T(1), bank: 2 });
        run.run_until(run.time() + Span(11_999));
        run.edit(crash(COORDINATOR)).unwrap();
        run.run_until(run.time() + Span::ms(down));
        let Verdict::Pending { why } = verdict(&run, "Termination") else {
            panic!("nobody waits");
        };
        assert!(
            why.starts_with("still open: T1 at Bank A, T1 at Bank B;")
                && why.contains("Coordinator is not running"),
            "{why}"
        );
        run.edit(Fault::Recover { node: COORDINATOR }).unwrap();
        seconds(&mut run, 12);
        let blocked = measure(&run, "uncertain_ms").unwrap();
        assert_eq!(blocked, down as f64 + 12.0 + 2.0 + 2.0 + 12.0 + 2.0 - 0.001);
        assert_eq!(
            (states(&run, 1), balances(&run)),
            ([Some(State::Aborted); 2], [100, 100])
        );
    }
}

/// The coordinator has committed, has told Bank A, and is down. Bank B learns it if it may ask Bank A.
#[test]
fn a_bank_that_knows_helps_one_that_is_uncertain() {
    for (ask, helped) in [("ask=everyone", true), ("ask=coordinator", false)] {
        let mut run = start(&[ask], 1, Vec::new());
        until(
            &mut run,
            &Fact::Decided {
                t: T(1),
                bank: 0,
                commit: true,
            },
        );
        catch(&mut run, "COMMIT", B);
        run.edit(crash(COORDINATOR)).unwrap();
        seconds(&mut run, 5);
        let at_b = if helped { State::Committed } else { State::Yes };
        assert_eq!(
            states(&run, 1),
            [Some(State::Committed), Some(at_b)],
            "{ask}"
        );
        assert_eq!(total(run.world()), Some(200));
    }
}

/// Who has not voted can abort, and so help who has (section 7.4).
#[test]
fn a_bank_that_has_not_voted_aborts_for_one_that_asks() {
    let mut run = start(&["ask=everyone"], 1, Vec::new());
    until(&mut run, &Fact::Begun { t: T(1) });
    run.run_until(run.time() + Span::ms(2));
    catch(&mut run, "VOTE-REQ", B);
    run.edit(crash(COORDINATOR)).unwrap();
    seconds(&mut run, 5);
    assert_eq!(states(&run, 1), [Some(State::Aborted); 2]);
}

/// One No is enough: n VOTE-REQ, n votes, an ABORT and its acknowledgement for each but who has said No.
#[test]
fn a_refusal_aborts_and_costs_less() {
    let request = "refuse".to_owned();
    let refuse = Edit::at(0, Fault::Request { node: B, request });
    for (presume, messages) in [("presume=nothing", 6.0), ("presume=abort", 5.0)] {
        let mut run = start(&[presume], 1, vec![refuse.clone()]);
        seconds(&mut run, 5);
        for bank in 0..3 {
            assert!(told(
                &run,
                &Fact::Decided {
                    t: T(1),
                    bank,
                    commit: false
                }
            ));
        }
        assert_eq!(balances(&run), [100, 100]);
        assert_eq!(measure(&run, "messages"), Some(messages), "{presume}");
        for line in run.watcher().lines() {
            assert_eq!(line.verdict, Verdict::Holding, "{}", line.name);
        }
    }
}

/// While Bank B waits for a coordinator that is down, its account is locked: that is what blocking costs.
#[test]
fn a_locked_account_refuses_the_next_transfer() {
    let mut run = start(
        &["transfers=2", "gap_ms=300", "patience_ms=100"],
        1,
        Vec::new(),
    );
    until(
        &mut run,
        &Fact::Decided {
            t: T(1),
            bank: 0,
            commit: true,
        },
    );
    let set = LinkPatch {
        cut: Some(true),
        ..LinkPatch::default()
    };
    run.edit(Fault::Link {
        from: COORDINATOR,
        to: B,
        set,
    })
    .unwrap();
    catch(&mut run, "COMMIT", B);
    run.run_until(SimTime::from_ms(390));
    let set = LinkPatch {
        cut: Some(false),
        ..LinkPatch::default()
    };
    run.edit(Fault::Link {
        from: COORDINATOR,
        to: B,
        set,
    })
    .unwrap();
    seconds(&mut run, 5);
    let [_, second] = states(&run, 2);
    assert_eq!(
        second,
        Some(State::Aborted),
        "VOTE-REQ 2 came before COMMIT 1 was told again"
    );
    assert_eq!(
        (states(&run, 1), balances(&run)),
        ([Some(State::Committed); 2], [90, 110])
    );
}
