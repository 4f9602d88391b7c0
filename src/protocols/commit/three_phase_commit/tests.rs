//! Three-phase commit, rule by rule, and what row E8 asks for.

use super::cost::all_answer;
use super::process::{Log, Process, Record};
use super::*;
use crate::check::Verdict;
use crate::check::faultmix::Mix;
use crate::check::search::{Bounds, Faults, explore};
use crate::kit::bench::{Bench, Trial, against_theory, fault};
use crate::sim::{Edit, Fault, SimTime};

const B: NodeId = NodeId(2);
const C: NodeId = NodeId(3);

fn bench(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings).until_ms(12_000)
}

/// Every message takes 12 ms, and sends go out at once.
fn even(settings: &[&str]) -> Bench {
    let bench = bench(&["pace_ms=0"]).set(settings);
    bench.changed(|s| s.link = Link::reliable(Delay::Constant { us: 12_000 }))
}

fn facts(run: &Trial) -> Vec<Fact> {
    let end = run.position();
    let told = run.trace().facts().iter().filter(|(e, _)| e.0 < end);
    told.filter_map(|(_, told)| told.as_fact::<Fact>().cloned()).collect()
}

fn count(run: &Trial, is: impl Fn(&Fact) -> bool) -> usize {
    facts(run).iter().filter(|f| is(f)).count()
}

/// Runs until so many facts are so.
fn until(run: &mut Trial, times: usize, is: impl Fn(&Fact) -> bool) {
    while count(run, &is) < times {
        assert!(run.step(), "it is never told");
    }
}

fn later(run: &mut Trial, ms: u64) {
    let then = run.time() + Span::ms(ms);
    run.run_until(then);
}

fn records(run: &Trial) -> Vec<Option<Record>> {
    let record = |n| run.world().durable_as::<Log>(n)?.lines.get(&T(1)).map(|line| line.1);
    run.world().node_ids().map(record).collect()
}

fn balances(run: &Trial) -> Vec<i64> {
    [A, B, C].map(|n| run.world().durable_as::<Log>(n).unwrap().balance).to_vec()
}

fn promised(f: &Fact) -> bool {
    matches!(f, Fact::Promised { .. })
}

fn committable(f: &Fact) -> bool {
    matches!(f, Fact::Committable { .. })
}

fn took_over(f: &Fact) -> bool {
    matches!(f, Fact::TookOver { .. })
}

fn crash(run: &mut Trial, nodes: &[NodeId]) {
    nodes.iter().for_each(|&node| run.fault(Fault::crash(node)));
}

fn sent(run: &Trial, kind: &str) -> usize {
    use crate::sim::MsgId;
    (0..run.world().messages()).filter(|&m| run.trace().kind(MsgId(m)).name == kind).count()
}

#[test]
fn runs_come_to_what_theory_says() {
    for compared in against_theory(&ENTRY) {
        assert!(compared.agrees(), "{compared:?}");
    }
}

/// Two answers at once: 16 + 8 M(2) with M(2) = 37/30, as two-phase commit has it. Far apart, the last counts alone.
#[test]
fn the_last_of_many_answers_by_other_arithmetic() {
    assert!((all_answer(2, 0.0) - (16.0 + 8.0 * 37.0 / 30.0)).abs() < 1e-6);
    assert!((all_answer(1, 0.0) - 24.0).abs() < 1e-6);
    assert!((all_answer(5, 20.0) - (24.0 + 80.0)).abs() < 1e-6);
}

/// Row E8: with 2PC all wait for as long as the coordinator is down. Here they wait for T' after their own Yes, and ask: Bank A
/// takes over 160 ms after its Yes is on disk, asks and hears (24 ms), forces its abort (2 ms); it is told (12) and forced (2).
#[test]
fn without_a_coordinator_all_who_are_uncertain_abort() {
    for back in [false, true] {
        let mut run = even(&[]).start(1);
        until(&mut run, 3, promised);
        crash(&mut run, &[COORDINATOR]);
        if back {
            later(&mut run, 2_000);
            assert_eq!(records(&run)[0], Some(Record::Begun));
            run.fault(Fault::Recover { node: COORDINATOR });
        }
        run.finish();
        let end = if back { Record::Aborted } else { Record::Begun };
        let all = [end, Record::Aborted, Record::Aborted, Record::Aborted];
        assert_eq!(records(&run), all.map(Some));
        assert_eq!(run.number("uncertain_ms"), 160.0 + 24.0 + 2.0 + 12.0 + 2.0);
        assert_eq!(balances(&run), [100, 100, 100]);
        // All have lost patience at the same moment: two have told Bank A that it is next.
        let told = ["UR-ELECTED", "STATE-REQ", "STATE", "ABORT"].map(|kind| sent(&run, kind));
        assert_eq!(told, [2, 2, 2, if back { 5 } else { 2 }]);
        run.hold(&["Agreement", "No blocking"]);
        if !back {
            let why = run.pending("Termination");
            assert!(why.contains("T1 at Coordinator") && why.contains("Coordinator is not running"), "{why}");
        }
    }
}

/// The coordinator crashes when the first of its pre-commits has left: Bank A brings the others so far, and all commit.
#[test]
fn one_who_is_committable_takes_all_along() {
    for seed in 0..20 {
        let mut run = bench(&[]).start(seed);
        run.reach("PRE-COMMIT", 1);
        crash(&mut run, &[COORDINATOR]);
        run.finish();
        assert_eq!(records(&run)[1..], [Some(Record::Committed); 3]);
        assert_eq!((sent(&run, "PRE-COMMIT"), balances(&run)), (3, vec![80, 110, 110]));
    }
}

/// If that one crashes before it has told anybody, the others are all uncertain, and abort; it learns that when it is back.
#[test]
fn the_only_one_that_is_committable_is_overruled_when_it_crashes() {
    let mut run = bench(&[]).start(1);
    run.reach("PRE-COMMIT", 1);
    crash(&mut run, &[COORDINATOR]);
    until(&mut run, 1, took_over);
    assert_eq!(count(&run, committable), 1);
    crash(&mut run, &[A]);
    later(&mut run, 2_000);
    assert_eq!(records(&run)[2..], [Some(Record::Aborted); 2]);
    run.hold(&["No blocking"]);
    for node in [A, COORDINATOR] {
        run.fault(Fault::Recover { node });
    }
    run.finish();
    assert_eq!(records(&run), [Some(Record::Aborted); 4]);
    assert_eq!(run.all_hold(), 6, "that all must commit is promised where nothing fails");
}

/// It has committed, and crashes before anybody knows: those who run find themselves committable, and commit without it.
#[test]
fn what_the_dead_have_decided_the_living_decide_too() {
    let mut run = bench(&[]).start(1);
    until(&mut run, 1, |f| matches!(f, Fact::Decided { bank: 0, commit: true, .. }));
    assert_eq!(sent(&run, "COMMIT"), 1);
    run.fault(Fault::crash(COORDINATOR));
    run.finish();
    assert_eq!(records(&run), [Some(Record::Committed); 4]);
}

/// Row E8: the wall stands behind the first pre-commit. One side commits, the other aborts, and the wall is named; with any number of
/// banks.
#[test]
fn behind_a_wall_each_side_decides_for_itself() {
    for (banks, seed) in [("banks=2", 1), ("banks=3", 2), ("banks=5", 3), ("banks=8", 4)] {
        for seed in seed..seed + 20 {
            let mut run = bench(&[banks]).start(seed);
            until(&mut run, 1, committable);
            let who = facts(&run).iter().find_map(|f| match f {
                Fact::Committable { bank, .. } => Some(*bank),
                _ => None,
            });
            let n = run.world().node_count() as u16;
            let others: Vec<String> = (1..n).filter(|b| Some(*b) != who).map(|b| b.to_string()).collect();
            let groups = format!("[[0,{}],[{}]]", who.unwrap(), others.join(","));
            run.fault(fault(&format!(r#"{{"do":"partition","groups":{groups}}}"#)));
            later(&mut run, 4_000);
            let broken = run.broken("Agreement");
            assert!(
                broken.assumption.starts_with("it is assumed that links are fair, and a partition stands"),
                "{broken:?}"
            );
            assert!((2..=12).contains(&broken.witness.len()));
            let committed = |r: &&Option<Record>| **r == Some(Record::Committed);
            assert_eq!(records(&run).iter().filter(committed).count(), 2);
            run.fault(Fault::Heal);
            run.finish();
            run.hold(&["Termination", "Stability", "Validity"]);
        }
    }
}

/// A wall before the first pre-commit, or behind the last, splits nothing.
#[test]
fn a_wall_where_all_stand_alike_splits_nothing() {
    for (is, end) in [(promised as fn(&Fact) -> bool, Record::Aborted), (committable, Record::Committed)] {
        for seed in 0..20 {
            let mut run = bench(&[]).start(seed);
            until(&mut run, 3, is);
            run.fault(fault(r#"{"do":"partition","groups":[[0,2],[1,3]]}"#));
            run.finish();
            assert_eq!(records(&run), [Some(end); 4], "seed {seed}");
        }
    }
}

/// All crash when all are committable and nobody has decided. Who is back asks in vain; when the last is back they know that
/// nobody has decided.
#[test]
fn after_a_total_failure_all_must_be_back() {
    let mut run = bench(&[]).start(1);
    until(&mut run, 3, committable);
    let all = [COORDINATOR, A, B, C];
    crash(&mut run, &all);
    for node in [B, COORDINATOR, C] {
        later(&mut run, 500);
        run.fault(Fault::Recover { node });
    }
    later(&mut run, 1_000);
    assert_eq!(records(&run), [Record::Begun, Record::Yes, Record::Yes, Record::Yes].map(Some));
    let why = run.pending("Termination");
    assert!(why.contains("Bank A is not running"), "{why}");
    run.fault(Fault::Recover { node: A });
    run.finish();
    assert_eq!(records(&run), [Some(Record::Aborted); 4]);
    run.hold(&["Agreement", "Termination", "No blocking"]);
}

/// One that had decided before the crash is enough.
#[test]
fn after_a_total_failure_one_who_has_decided_is_enough() {
    let mut run = bench(&[]).start(1);
    until(&mut run, 1, |f| matches!(f, Fact::Decided { bank: 0, .. }));
    crash(&mut run, &[COORDINATOR, A, B, C]);
    for node in [COORDINATOR, B] {
        run.fault(Fault::Recover { node });
    }
    later(&mut run, 1_000);
    assert_eq!(records(&run)[2], Some(Record::Committed));
}

/// One No is enough: n VOTE-REQ, n votes, an ABORT for each but who has said No.
#[test]
fn a_refusal_aborts_and_costs_less() {
    let refuse = Edit::at(0, Fault::Request { node: B, request: "refuse".to_owned() });
    let run = bench(&[]).edits([refuse]).run(1);
    assert_eq!((records(&run), run.number("messages")), (vec![Some(Record::Aborted); 4], 8.0));
    assert_eq!(run.all_hold(), 6);
}

/// Whoever crashes after whichever event, back soon, late, or never: nothing is split, and whoever runs decides.
#[test]
fn a_crash_after_each_event_blocks_nobody() {
    let bench = bench(&["transfers=2", "gap_ms=150"]).until_ms(8_000);
    for away in [5, 40, 3_000] {
        let runs = bench.crash_at_each_event(1, away, |run| {
            run.safe();
            run.hold(&["Termination", "No blocking"]);
        });
        assert!(runs > 60, "{runs}");
    }
    let calm = bench.run(1);
    for node in [COORDINATOR, A, B, C] {
        for event in 1..calm.position() {
            let mut run = bench.start(1);
            run.seek_event(event);
            run.fault(Fault::crash(node));
            run.finish();
            run.safe();
            run.hold(&["No blocking"]);
        }
    }
}

/// Two crash, at any two moments of a commit: who is left decides, and as the dead have.
#[test]
fn any_two_crashes_split_nothing() {
    let bench = bench(&[]).until_ms(6_000);
    let mut runs = 0;
    for first in 0..70 {
        for second in (0..300).step_by(9) {
            for (x, y) in [(COORDINATOR, A), (COORDINATOR, C), (A, B)] {
                let (a, b) = (100 + first, 100 + first + second);
                let run = bench.clone().at(a, Fault::crash(x)).at(b, Fault::crash(y)).run(first);
                run.safe();
                run.hold(&["No blocking"]);
                runs += 1;
            }
        }
    }
    assert!(runs > 7_000, "{runs}");
}

/// Under crashes alone nothing breaks; under the other mixes what breaks names what was out of force. When all is well again, all
/// know the outcome.
#[test]
fn whatever_breaks_is_owed_to_the_world() {
    for settings in
        [&["transfers=8"][..], &["transfers=20", "gap_ms=90", "banks=2"], &["transfers=4", "banks=6"]]
    {
        for seed in 0..120 {
            for mix in Mix::ALL {
                let run = bench(settings).until_ms(15_000).mixed(mix, seed);
                for line in run.watcher().lines() {
                    if let Verdict::Violated { assumption, why, .. } = &line.verdict {
                        let what =
                            format!("{settings:?} {mix:?} seed {seed}: {}: {why}; {assumption}", line.name);
                        assert!(assumption.starts_with("it is assumed"), "{what}");
                        assert!(!matches!(mix, Mix::None | Mix::Crash), "{what}");
                        assert!(["Agreement", "No blocking"].contains(&line.name), "{what}");
                    }
                }
                run.hold(&["Termination"]);
            }
        }
    }
    assert_eq!(bench(&[]).run(1).all_hold(), 6);
}

/// Timeouts below what the bounds ask for take the slow for dead: then it is they on which the promise rests.
#[test]
fn timeouts_that_are_too_short_break_what_rests_on_them() {
    let hasty = |seed| bench(&["patience_ms=20", "answer_ms=20"]).run(seed);
    let broken = (0..200).map(hasty).find(|run| run.breaks("Agreement") || run.breaks("Non-triviality"));
    let run = broken.expect("20 ms are less than a round trip");
    for line in run.watcher().lines() {
        if let Verdict::Violated { assumption, .. } = line.verdict {
            assert!(assumption.contains("T'"), "{assumption}");
        }
    }
}

/// The newest state that a test looks at is that of a process: it follows nobody when all is over.
#[test]
fn a_transfer_that_is_over_leaves_nothing_open() {
    let run = bench(&["transfers=5", "gap_ms=120"]).run(3);
    for node in [COORDINATOR, A, B, C] {
        let process = run.node::<Process>(node);
        assert!(process.open.is_empty() && process.doubts.is_empty());
    }
    assert_eq!(balances(&run), [0, 150, 150], "five times £10 each");
}

/// Two banks, any crash at any time, messages that come at once or as drawn: no way that the search finds splits them.
#[test]
fn the_search_finds_no_split_by_crashes() {
    let mut root = bench(&["banks=2", "sync_ms=0"]).start(1);
    root.run_until(SimTime::from_ms(99));
    for crashes in [1, 2] {
        let faults = Faults { crashes, losses: 0, copies: 0 };
        let found = explore(&root, Bounds { states: 2_000, depth: 60, faults });
        assert!(found.violation.is_none() && found.states == 2_000, "{:?}", found.ending);
    }
}
