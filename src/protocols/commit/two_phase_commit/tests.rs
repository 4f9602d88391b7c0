//! Tests of two-phase commit and of the ways without it.

use super::bank::{Book, State};
use super::judged::total;
use super::{A, COORDINATOR, ENTRY, Fact, T};
use crate::check::faultmix::Mix;
use crate::kit::bench::{Bench, Trial, against_theory};
use crate::sim::{Delay, Edit, Fault, Link, NodeId, SimTime, Span};

const B: NodeId = NodeId(2);

fn bench(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings).until_ms(12_000)
}

fn book(run: &Trial, bank: NodeId) -> &Book {
    run.world().durable_as(bank).unwrap()
}

fn states(run: &Trial, t: u32) -> [Option<State>; 2] {
    [A, B].map(|bank| book(run, bank).lines.get(&T(t)).map(|line| line.1))
}

fn balances(run: &Trial) -> [i64; 2] {
    [A, B].map(|bank| book(run, bank).balance)
}

fn told(run: &Trial, fact: &Fact) -> bool {
    let facts = run.trace().facts().iter();
    facts.filter_map(|(_, told)| told.as_fact::<Fact>()).any(|f| f == fact)
}

/// Runs until `fact` is told.
fn until(run: &mut Trial, fact: &Fact) {
    while !told(run, fact) {
        assert!(run.step(), "{fact:?} is never told");
    }
}

fn later(run: &mut Trial, span: Span) {
    let then = run.time() + span;
    run.run_until(then);
}

#[test]
fn runs_come_to_what_theory_says() {
    for compared in against_theory(&ENTRY) {
        assert!(compared.agrees(), "{compared:?}");
    }
}

/// In every way, under every mix: nothing breaks but in the two ways that assume that nothing fails, and when
/// all is well again every bank that has said Yes has learnt what was decided.
#[test]
fn many_seeds_under_every_mix() {
    for settings in [
        &["way=two-phase"][..],
        &["presume=abort"],
        &["ask=everyone"],
        &["ask=everyone", "presume=abort", "banks=4"],
        &["way=retry-ids"],
        &["way=retry"],
        &["way=naive"],
    ] {
        let frail = matches!(settings, ["way=retry" | "way=naive"]);
        let atomic = !settings[0].starts_with("way=r") && !frail;
        bench(settings).set(&["transfers=12"]).every_mix(0..200, |run| {
            if !frail {
                run.safe();
            }
            if atomic {
                run.hold(&["Termination"]);
            }
        });
        assert_eq!(bench(settings).mixed(Mix::None, 1).all_hold(), if atomic { 7 } else { 2 });
    }
}

/// Each mutant breaks the promise that it names in some run, and there the protocol as in the book does not.
#[test]
fn every_mutant_is_found() {
    for mutant in ENTRY.mutants {
        let whole = bench(mutant.with).set(&["transfers=12"]);
        let bench = whole.set(&[&format!("mutant={}", mutant.id)]);
        let pairs = (0..1_000).flat_map(|seed| Mix::ALL.map(|mix| (mix, seed)));
        let mut tried = pairs.map(|(mix, seed)| (mix, seed, bench.mixed(mix, seed)));
        let found = tried.find(|(.., run)| run.breaks(mutant.breaks));
        let (mix, seed, run) = found.unwrap_or_else(|| panic!("{} is never found", mutant.id));
        let broken = run.broken(mutant.breaks);
        assert_eq!(broken.assumption, mutant.rule);
        assert!((1..=12).contains(&broken.witness.len()));
        assert!(!whole.mixed(mix, seed).breaks(mutant.breaks));
    }
}

/// Row B9, naive: the coordinator crashes after the debit, and £10 are gone.
#[test]
fn naive_loses_ten_in_a_crash_between_debit_and_credit() {
    let mut run = bench(&["way=naive"]).start(1);
    until(&mut run, &Fact::Moved { t: T(1), delta: -10 });
    assert_eq!((balances(&run), total(run.world())), ([90, 100], Some(200)));
    run.fault(Fault::crash(COORDINATOR));
    run.finish();
    assert_eq!((balances(&run), total(run.world())), ([90, 100], Some(190)));
    let broken = run.broken("Conservation");
    assert_eq!(broken.why, "the sum was 200 and is 190: 10 gone");
    assert!(broken.assumption.contains("and Coordinator is not running (since "));
}

/// Row B9, retry: the answer to the credit is lost, the credit is done twice, and £10 are made of nothing.
/// With ids it is done once.
#[test]
fn retry_without_ids_makes_ten_when_an_answer_is_lost() {
    for (way, after) in [("way=retry", [90, 120]), ("way=retry-ids", [90, 110])] {
        let mut run = bench(&[way]).start(1);
        run.lose("ACK", 2);
        run.finish();
        assert_eq!(balances(&run), after, "{way}");
        assert_eq!(run.breaks("Conservation"), way == "way=retry");
        run.hold(&["Completion"]);
    }
}

/// Row E8: whoever crashes after whichever event, for three seconds: nothing is split, and in the end all is
/// decided. Of the banks that run one waits for long only while the coordinator is down, and after some
/// crashes both do.
#[test]
fn a_crash_after_each_event_splits_nothing() {
    for presume in ["presume=nothing", "presume=abort"] {
        let bench = bench(&["gap_ms=40", "transfers=3", presume]);
        let runs = bench.crash_at_each_event(1, 3_000, |run| {
            run.safe();
            run.hold(&["Termination"]);
        });
        assert!(runs > 40, "{runs}");
        let calm = bench.run(1);
        let waits = |event| {
            let mut run = bench.start(1);
            run.seek_event(event);
            run.fault(Fault::crash(COORDINATOR));
            later(&mut run, Span::secs(3));
            let role = |bank| run.world().inspect(bank).role;
            [A, B].map(role).iter().filter(|r| *r == "uncertain").count()
        };
        let most = (1..calm.position()).map(waits).max();
        assert_eq!(most, Some(2), "{presume}");
    }
}

/// Blocked for as long as the coordinator is down. It crashes at once when both Yes are there, is back `down`
/// later, and aborts, for it finds a beginning without a decision: record of the boot, record of the abort, way
/// to the bank, record there. With constant delays of 12 ms and writes of 2 ms a Yes is on disk 12 ms before
/// the coordinator has it: 12 + down + 2 + 2 + 12 + 2.
#[test]
fn who_has_promised_is_blocked_for_as_long_as_the_coordinator_is_down() {
    let even = bench(&[]).changed(|s| s.link = Link::reliable(Delay::Constant { us: 12_000 }));
    for down in [100, 1_000, 10_000] {
        let mut run = even.start(1);
        until(&mut run, &Fact::Promised { t: T(1), bank: 2 });
        later(&mut run, Span(11_999));
        run.fault(Fault::crash(COORDINATOR));
        later(&mut run, Span::ms(down));
        let waits = run.pending("Termination");
        assert!(waits.starts_with("still open: T1 at Bank A, T1 at Bank B;"), "{waits}");
        assert!(waits.contains("Coordinator is not running"), "{waits}");
        run.fault(Fault::Recover { node: COORDINATOR });
        run.finish();
        assert_eq!(run.number("uncertain_ms"), down as f64 + 30.0 - 0.001);
        assert_eq!(states(&run, 1), [Some(State::Aborted); 2]);
        assert_eq!(balances(&run), [100, 100]);
    }
}

/// The coordinator has committed, has told Bank A, and is down. Bank B learns it if it may ask Bank A.
#[test]
fn a_bank_that_knows_helps_one_that_is_uncertain() {
    for (ask, at_b) in [("ask=everyone", State::Committed), ("ask=coordinator", State::Yes)] {
        let mut run = bench(&[ask]).start(1);
        run.lose("COMMIT", 2);
        run.fault(Fault::crash(COORDINATOR));
        run.finish();
        assert_eq!(states(&run, 1), [Some(State::Committed), Some(at_b)], "{ask}");
        run.hold(&["Agreement", "Conservation"]);
    }
}

/// Who has not voted can abort, and so help who has (section 7.4).
#[test]
fn a_bank_that_has_not_voted_aborts_for_one_that_asks() {
    let mut run = bench(&["ask=everyone"]).start(1);
    run.lose("VOTE-REQ", 2);
    run.fault(Fault::crash(COORDINATOR));
    run.finish();
    assert_eq!(states(&run, 1), [Some(State::Aborted); 2]);
}

/// One No is enough: n VOTE-REQ, n votes, an ABORT and its acknowledgement for each but who has said No;
/// where abort is presumed, no acknowledgement.
#[test]
fn a_refusal_aborts_and_costs_less() {
    let request = "refuse".to_owned();
    let refuse = Edit::at(0, Fault::Request { node: B, request });
    for (presume, messages) in [("presume=nothing", 6.0), ("presume=abort", 5.0)] {
        let run = bench(&[presume]).edits([refuse.clone()]).run(1);
        for bank in 0..3 {
            assert!(told(&run, &Fact::Decided { t: T(1), bank, commit: false }));
        }
        assert_eq!((balances(&run), run.number("messages")), ([100, 100], messages));
        assert_eq!(run.all_hold(), 7);
    }
}

/// While a bank waits for a decision that does not come its account is locked: that is what blocking costs.
#[test]
fn a_locked_account_refuses_the_next_transfer() {
    let mut run = bench(&["transfers=2", "gap_ms=300", "patience_ms=1000"]).start(1);
    run.lose("COMMIT", 2);
    run.run_until(SimTime::from_ms(1_000));
    assert_eq!(states(&run, 1), [Some(State::Committed), Some(State::Yes)]);
    run.finish();
    assert_eq!(states(&run, 1), [Some(State::Committed); 2]);
    assert_eq!(states(&run, 2), [Some(State::Aborted); 2]);
    assert_eq!(balances(&run), [90, 110]);
}
