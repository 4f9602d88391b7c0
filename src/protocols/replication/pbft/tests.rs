//! Tests of PBFT. Its counts are published with its gauges.

mod proofs;

use super::message::Digest;
use super::replica::Replica;
use super::{ENTRY, Fact, Rules, judged};
use crate::check::faultmix::Mix;
use crate::check::search::{Bounds, Ending, Faults, explore};
use crate::check::{Checks, Verdict, verdicts};
use crate::kit::Board;
use crate::kit::bench::{Bench, Trial, fault};
use crate::kit::boards::Mood;
use crate::sim::history::Run;
use crate::sim::{Fault, NodeId, SimTime};
use std::collections::BTreeSet;

const R0: NodeId = NodeId(0);
const R3: NodeId = NodeId(3);

fn bench(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings).until_ms(5_000)
}

fn turn(node: NodeId, word: &str) -> Fault {
    Fault::request(node, &format!("turn {word}"))
}

/// What of the facts is so, by whom.
fn told<T>(run: &Trial, pick: impl Fn(&Fact) -> Option<T>) -> Vec<(u16, T)> {
    let all = run.trace().facts().iter();
    all.filter_map(|(_, t)| Some((t.node.0, pick(t.as_fact()?)?))).collect()
}

/// Who has executed what, number after number.
fn executed(run: &Trial, node: u16) -> Vec<(u32, Digest)> {
    let one = |f: &Fact| match *f {
        Fact::Executed { seq, digest } => Some((seq, digest)),
        _ => None,
    };
    told(run, one).into_iter().filter(|(by, _)| *by == node).map(|(_, what)| what).collect()
}

fn committed_in(run: &Trial, in_view: u32) -> Vec<(u16, u32)> {
    told(run, |f| match *f {
        Fact::Committed { view, seq, .. } if view == in_view => Some(seq),
        _ => None,
    })
}

fn sent(run: &Trial, kind: &str) -> usize {
    let all = (0..run.world().messages()).map(crate::sim::MsgId);
    all.filter(|&m| run.trace().kind(m).name == kind).count()
}

/// Figure 1, phase by phase: n-1 pre-prepares, (n-1)^2 prepares, n(n-1) commits, n replies; and nothing else.
#[test]
fn the_normal_case_costs_what_figure_1_shows() {
    for f in 1..=4_usize {
        let n = 3 * f + 1;
        for seed in 0..5 {
            let run = bench(&[&format!("f={f}"), "clients=1", "requests=1"]).run(seed);
            let counts =
                ["request", "pre-prepare", "prepare", "commit", "reply"].map(|kind| sent(&run, kind));
            assert_eq!(counts, [1, n - 1, (n - 1) * (n - 1), n * (n - 1), n], "f = {f}");
            assert_eq!(counts.iter().sum::<usize>(), run.world().messages() as usize);
            assert_eq!(run.all_hold(), 6);
        }
    }
}

/// Section 4.2: with one primary and no faults, all execute all requests in one order.
#[test]
fn all_execute_the_same_in_the_same_order() {
    for seed in 0..20 {
        let run = bench(&["clients=4", "gap_ms=20"]).run(seed);
        assert_eq!(run.all_hold(), 6);
        let first = executed(&run, 0);
        assert_eq!(first.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
        assert!((1..4).all(|r| executed(&run, r) == first));
    }
}

/// A primary that gives two requests one number: nothing is committed in its view, the next one begins, and everything is answered.
#[test]
fn an_equivocating_primary_commits_nothing_and_is_replaced() {
    for f in ["f=1", "f=2"] {
        for seed in 0..40 {
            let run = bench(&[f, "faulty=0"]).run(seed);
            assert_eq!(run.all_hold(), 6, "{f} {seed}");
            assert_eq!(committed_in(&run, 0), []);
            assert_eq!((run.number("new_views"), run.number("requests_answered")), (1.0, 6.0));
            let first = executed(&run, 1);
            assert!(first.len() == 6 && executed(&run, 2) == first);
        }
    }
}

/// All ways in which a two-faced primary can hand out two requests to three backups, each the first, the second or none; it votes for everything,
/// towards everyone. Whatever it does, honest replicas agree, and every request is answered.
#[test]
fn no_way_to_hand_out_two_requests_divides_three_honest_replicas() {
    for (shares, run) in every_share(&[R0]) {
        let lines = verdicts(&run);
        assert!(
            lines.len() == 6 && lines.iter().all(|l| l.verdict == Verdict::Holding),
            "{shares:?}: {lines:?}"
        );
    }
}

/// With an accomplice it takes two honest backups that have heard different things, and nothing else; and the verdict says what was assumed.
#[test]
fn with_an_accomplice_two_honest_backups_are_divided() {
    for accomplice in 1..=3_u16 {
        for (shares, run) in every_share(&[R0, NodeId(accomplice)]) {
            let honest: Vec<u8> =
                (1..=3).filter(|&id| id != accomplice).map(|id| shares[usize::from(id) - 1]).collect();
            let torn = matches!(honest[..], [0, 1] | [1, 0]);
            let mut broken = 0;
            for line in verdicts(&run) {
                if let Verdict::Violated { assumption, witness, .. } = line.verdict {
                    let names = format!(
                        "it is assumed that at most f = 1 of 3f + 1 replicas are Byzantine, and R0 and R{accomplice} are"
                    );
                    assert!(assumption == names && witness.len() <= 12, "{}: {assumption}", line.name);
                    broken += u32::from(matches!(line.name, "Order in a view" | "Agreement"));
                }
            }
            assert!(!torn || broken == 2, "{accomplice} {shares:?}");
        }
    }
}

/// A run for each of 27 ways, with these two-faced replicas.
fn every_share(liars: &[NodeId]) -> Vec<([u8; 3], Run<Checks>)> {
    let all = (0..27_u8).map(|way| [way % 3, way / 3 % 3, way / 9]);
    let run = |shares: [u8; 3]| {
        let settings: Vec<String> =
            ["faulty", "faulty2"].iter().zip(liars).map(|(id, n)| format!("{id}={}", n.0)).collect();
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        let params = ENTRY.set(&settings).unwrap();
        let change = |r: &mut Replica| r.treason.shares = shares.to_vec();
        let setup = super::assemble(&params, 7, &change).unwrap();
        let mut run = Run::new(setup, ENTRY.checks(&params), Vec::new()).unwrap();
        run.run_until(SimTime::from_ms(5_000));
        (shares, run)
    };
    all.map(run).collect()
}

/// One replica of four, any, two-faced or silent, from the start or made to lie, under every mix of faults: nothing breaks.
#[test]
fn one_byzantine_replica_breaks_nothing_under_any_mix() {
    for (strategy, seeds) in [("strategy=two-faced", 0..12), ("strategy=silent", 20..26)] {
        for id in -1..4 {
            bench(&[&format!("faulty={id}"), strategy]).until_ms(9_000).every_mix(seeds.clone(), Trial::safe);
        }
    }
    bench(&["f=2", "faulty=0", "faulty2=4"]).until_ms(9_000).every_mix(0..6, Trial::safe);
    for id in 0..4 {
        let lies = fault(&format!(r#"{{"do":"byzantine","node":{id},"rules":[{{"act":"lie"}}]}}"#));
        bench(&[]).at(5, lies).until_ms(9_000).every_mix(0..12, Trial::safe);
    }
}

/// What breaks with two liars of four is owed to them; and something does.
#[test]
fn whatever_breaks_is_owed_to_too_many_liars() {
    let mut broken = 0;
    for seed in 0..20 {
        for mix in Mix::ALL {
            for settings in [&["faulty=0", "faulty2=3"][..], &["faulty=1", "faulty2=2", "requests=6"]] {
                let run = bench(settings).mixed(mix, seed);
                for name in [
                    "Order in a view",
                    "Agreement",
                    "Validity",
                    "Once",
                    "Linearizable",
                    "Every request is answered",
                ] {
                    if let Verdict::Violated { assumption, why, .. } = run.line(name).verdict {
                        assert!(
                            assumption.starts_with("it is assumed that at most f = 1"),
                            "{name}: {why}; {assumption}"
                        );
                        broken += 1;
                    }
                }
            }
        }
    }
    assert!(broken > 60, "{broken}");
}

/// A crash at any moment, of whom it may be, is no Byzantine fault: what was said is on disk.
#[test]
fn a_crash_at_any_moment_breaks_nothing() {
    let short = bench(&["requests=1"]).until_ms(1_500);
    assert!(short.crash_at_each_event(1, 300, Trial::safe) > 60);
    let liar = bench(&["requests=1", "faulty=0"]).until_ms(1_500);
    assert!(liar.crash_at_each_event(2, 300, Trial::safe) > 60);
}

/// Drops all messages of this kind, but those to one replica, until `done`.
fn only_to(run: &mut Trial, kind: &str, lucky: NodeId, done: impl Fn(&Trial) -> bool) {
    while !done(run) {
        assert!(run.step(), "it never happens");
        let flying = run.world().in_flight();
        let lost = flying.iter().filter(|f| f.payload.kind().name == kind && f.to != lucky);
        for msg in lost.map(|f| f.msg).collect::<Vec<_>>() {
            run.fault(Fault::Drop { msg });
        }
    }
}

/// Section 4.4: one replica alone has executed a request; then the primary is gone, and the new one gives that number to the same request.
#[test]
fn what_one_replica_has_executed_keeps_its_number_in_the_next_view() {
    for lucky in 1..=3 {
        let mut run = bench(&["requests=1"]).start(3);
        only_to(&mut run, "commit", NodeId(lucky), |run| !executed(run, lucky).is_empty());
        let first = executed(&run, lucky)[0];
        run.fault(Fault::Crash { node: R0, stop: true });
        only_to(&mut run, "commit", NodeId(lucky), |run| sent(run, "new-view") > 0);
        run.finish();
        assert_eq!(run.all_hold(), 6);
        assert!((1..=3).all(|r| executed(&run, r)[0] == first), "{lucky}");
        assert!(committed_in(&run, 1).contains(&(lucky, 1)));
    }
}

/// Why there is a third phase: without it the one who has prepared may be the only one who knows. R3 alone hears the prepares, and is cut off;
/// R0, which lies from then on, says that it has prepared nothing.
#[test]
fn without_a_commit_phase_what_was_executed_may_be_forgotten() {
    let prepared = |run: &Trial| {
        let all = told(run, |f| matches!(f, Fact::Prepared { .. }).then_some(()));
        all.iter().filter(|(by, ())| *by == 3).count()
    };
    let broken = |mutant: &str| {
        let all = (0..40).map(|seed| {
            let mut run = bench(&["requests=1", "jitter_ms=30", mutant]).start(seed);
            only_to(&mut run, "prepare", R3, |run| prepared(run) == 2);
            run.fault(fault(r#"{"do":"partition","groups":[[3],[0,1,2,4,5]]}"#));
            run.fault(turn(R0, "two-faced"));
            only_to(&mut run, "prepare", R3, |run| sent(run, "new-view") > 0);
            run.finish();
            run.breaks("Agreement")
        });
        all.filter(|broken| *broken).count()
    };
    assert_eq!(broken("mutant=none"), 0);
    assert!(broken("mutant=two-phases") > 0);
}

/// A second proposal for a number is refused, and so is a request that no client has signed.
#[test]
fn what_is_not_to_be_accepted_is_refused() {
    let run = bench(&["faulty=0"]).run(1);
    let refused = told(&run, |f| matches!(f, Fact::Refused { .. }).then_some(()));
    let who: BTreeSet<u16> = refused.into_iter().map(|(by, ())| by).collect();
    assert_eq!(who, BTreeSet::from([1, 2]));
    // With one request alone a liar can only forge another.
    let lies = fault(r#"{"do":"byzantine","node":0,"rules":[{"act":"lie"}]}"#);
    let forged = bench(&["clients=1"]).at(5, lies).run(1);
    assert_eq!(forged.all_hold(), 6);
    let notes = forged.trace().notes().iter().filter(|(_, n)| n.contains("it is not signed"));
    assert!(notes.count() > 0);
}

/// A replica that is bribed in mid-run counts from then on; two of them are too many, and liveness says so as well.
#[test]
fn a_bribe_counts_from_then_on() {
    let one = bench(&[]).at(150, turn(R0, "silent")).run(1);
    assert_eq!((one.all_hold(), one.number("new_views")), (6, 1.0));
    let two = bench(&[]).at(5, turn(R0, "silent")).at(5, turn(R3, "silent")).run(1);
    let waits = two.pending("Every request is answered");
    assert!(waits.contains("2 replicas are Byzantine, and at most f = 1 may be"), "{waits}");
    let back = bench(&[]).at(5, turn(R3, "silent")).at(400, turn(R3, "honest")).run(1);
    assert_eq!(back.all_hold(), 6);
}

/// A client waits for f + 1 that answer alike: one liar deceives nobody, two do.
#[test]
fn false_answers_need_f_plus_one_liars() {
    let many = ["requests=8", "gap_ms=50"];
    assert_eq!(bench(&many).set(&["faulty=2"]).run(1).all_hold(), 6);
    let deceived =
        (0..10).filter(|&seed| bench(&many).set(&["faulty=2", "faulty2=3"]).run(seed).breaks("Linearizable"));
    assert!(deceived.count() > 5);
}

/// Delays of five messages, and no clock: with slower links and impatient backups nothing breaks, and the promise names what keeps it.
#[test]
fn slow_links_cost_time_and_no_agreement() {
    let slow = fault(r#"{"do":"links","set":{"delay":{"kind":"constant","us":300000}}}"#);
    for seed in 0..6 {
        let mut run = bench(&["faulty=0"]).at(20, slow.clone()).until_ms(20_000).run(seed);
        run.safe();
        if run.waits() {
            let why = run.pending("Every request is answered");
            assert!(why.contains("longer than a sixth"), "{why}");
        }
        run.fault(fault(r#"{"do":"links","set":{"delay":{"kind":"constant","us":10000}}}"#));
        run.run_until(SimTime::from_ms(40_000));
        assert_eq!(run.all_hold(), 6);
    }
}

/// A search from where a two-faced primary has said its two things: in all that it reaches nobody commits different requests. With an
/// accomplice, from where R1 has prepared the one, it finds how R2 commits the other.
#[test]
fn a_search_finds_a_division_with_two_liars_and_none_with_one() {
    let search = |settings: &[&str], (kind, from): (&str, u16), states: usize| {
        let bench = bench(&["requests=1", "jitter_ms=0"]).set(settings);
        let mut root =
            Run::new(bench.build(1).unwrap(), Checks::new(vec![judged::agreed(1)]), Vec::new()).unwrap();
        let is_sent = |run: &Run<Checks>| {
            run.world().in_flight().iter().any(|f| f.payload.kind().name == kind && f.from == NodeId(from))
        };
        while !is_sent(&root) {
            assert!(root.step());
        }
        explore(&root, Bounds { states, depth: 40, faults: Faults { crashes: 0, losses: 0, copies: 0 } })
    };
    let one = search(&["faulty=0"], ("pre-prepare", 0), 20_000);
    assert!(one.violation.is_none() && one.ending == Ending::Bounded && one.states >= 20_000);
    let two = search(&["faulty=0", "faulty2=3"], ("commit", 1), 200_000);
    let (line, way, _) = two.violation.unwrap();
    let Verdict::Violated { assumption, witness, .. } = line.verdict else { panic!("{line:?}") };
    println!("{} states, {} moves: {way:?}", two.states, way.len());
    assert!(assumption.starts_with("it is assumed that at most f = 1") && witness.len() <= 12);
}

/// Who waits for what is said as each decides it, and the boards count the same.
#[test]
fn boards_and_absences_say_what_is_counted() {
    let at = |bench: &Bench, ms| {
        let mut run = bench.start(1);
        run.run_until(SimTime::from_ms(ms));
        run
    };
    let boards = |run: &Trial, bench: &Bench| (ENTRY.boards.unwrap())(bench.params(), run.world());
    let cells = |board: &Board| match board {
        Board::Table { rows, .. } => rows
            .iter()
            .map(|(name, cells)| {
                let all =
                    cells.iter().map(|c| format!("{}{}", c.text, if c.mood == Mood::Bad { "!" } else { "" }));
                format!("{name} | {}", all.collect::<Vec<_>>().join(" | "))
            })
            .collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let one = bench(&["clients=1", "requests=1"]);
    let rows = cells(&boards(&at(&one, 1_000), &one)[0]);
    assert_eq!(rows[0], "R0 | primary, view 0 | C1 #1: executed");
    let torn = bench(&["faulty=0", "jitter_ms=0"]);
    let run = at(&torn, 150);
    let rows = cells(&boards(&run, &torn)[0]);
    assert_eq!(rows[0].split(" | ").nth(1), Some("two-faced!"));
    assert!(rows[1].contains("pre-prepared, prepares 1 of 2"), "{rows:?}");
    assert!(rows[3].ends_with("| -"), "{rows:?}");
    let absent = (ENTRY.absences.unwrap())(run.world(), run.trace());
    let said: Vec<String> = absent.iter().map(|a| a.what.clone()).collect();
    assert!(said.iter().any(|s| s.starts_with("C1 has no answer to C1 #1")), "{said:?}");
    assert!(said.iter().any(|s| s.starts_with("R1 has not committed number 1, C")), "{said:?}");
    let mut late = at(&torn, 150);
    while !(1..=3).any(|r| late.node::<Replica>(NodeId(r)).log.changing) {
        assert!(late.step());
    }
    let rows = cells(&boards(&late, &torn)[1]);
    assert!(rows.iter().any(|r| r.contains("| 1 | view 1 | R")), "{rows:?}");
    let absent = (ENTRY.absences.unwrap())(late.world(), late.trace());
    assert!(absent.iter().any(|a| a.what.starts_with("view 1 has not begun at R")));
    let both = bench(&["faulty=0", "faulty2=3"]);
    let run = at(&both, 240);
    let rows = cells(&boards(&run, &both)[0]);
    assert!(rows[1].ends_with("executed!") && rows[2].ends_with("executed!"), "{rows:?}");
}

#[test]
fn a_replica_that_is_not_there_is_refused() {
    let refusal = bench(&["faulty=4"]).build(1).err().unwrap();
    assert_eq!(refusal.code, "no-such-replica");
    assert!(bench(&["f=2", "faulty=4", "faulty2=6"]).build(1).is_ok());
}

/// Quorums: any two share f + 1; waiting times double, twice.
#[test]
fn quorums_share_an_honest_replica() {
    for f in 1..=4 {
        let rules = Rules::of(bench(&[&format!("f={f}")]).params());
        assert!(
            2 * rules.quorum() - usize::from(rules.n) == f + 1 && rules.quorum() + f == usize::from(rules.n)
        );
        assert_eq!([0, 1, 2, 3, 9].map(|tries| rules.patience(tries).0 / 1_000), [200, 200, 400, 800, 800]);
    }
}
