//! Primary and backups, rule by rule, and what row H1 asks for.

use super::server::{Role, Server};
use super::*;
use crate::check::Verdict;
use crate::check::search::{Bounds, Ending, Faults, explore};
use crate::kit::bench::{Bench, Trial, fault};
use crate::kit::client::Fact as Told;
use crate::sim::{Fault, SimTime};

const S1: NodeId = NodeId(0);
const S2: NodeId = NodeId(1);
const S3: NodeId = NodeId(2);
const C1: NodeId = NodeId(3);

fn bench(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings).until_ms(10_000)
}

fn later(run: &mut Trial, ms: u64) {
    let then = run.time() + Span::ms(ms);
    run.run_until(then);
}

fn ask(run: &mut Trial, what: &str) {
    run.fault(Fault::Request { node: C1, request: what.to_owned() });
}

fn role(run: &Trial, node: NodeId) -> Role {
    run.node::<Server>(node).role
}

fn log(run: &Trial, node: NodeId) -> Vec<String> {
    let server = run.node::<Server>(node);
    server.kept.log.iter_from(1).map(|(_, i)| i.op.to_string()).collect()
}

/// What C1 was told, in order.
fn told(run: &Trial) -> Vec<String> {
    let end = run.position();
    let facts = run.trace().facts().iter().filter(|(e, _)| e.0 < end);
    let ended = facts.filter_map(|(_, told)| match told.as_fact::<Told>()? {
        Told::Ended { call, .. } if call.client == C1 => Some(call.text.to_string()),
        _ => None,
    });
    ended.collect()
}

fn by_hand(settings: &[&str]) -> Trial {
    let mut run = bench(&["think_ms=0", "clients=1"]).set(settings).start(1);
    later(&mut run, 100);
    run
}

/// Of three servers S1 begins the epochs 1, 4, 7, S2 2, 5, 8, S3 3, 6, 9. In line for S1's place stand S2 and S3; for that of S2, S1 and S3.
#[test]
fn epochs_and_the_line() {
    let rules = Rules::of(bench(&[]).params());
    let owners: Vec<u16> = (1..=7).map(|e| rules.owner(e).0).collect();
    assert_eq!(owners, [0, 1, 2, 0, 1, 2, 0]);
    assert_eq!([S1, S2, S3].map(|n| rules.next_epoch(1, n)), [4, 2, 3]);
    assert_eq!([S1, S2, S3].map(|n| rules.next_epoch(5, n)), [7, 8, 6]);
    let before = |primary, me| rules.before(primary, me).collect::<Vec<_>>();
    assert_eq!(
        [before(S1, S2), before(S1, S3), before(S2, S1), before(S2, S3)],
        [vec![], vec![S2], vec![], vec![S1]]
    );
}

/// Row H1: what was answered within the lag is lost; what was answered before is not.
#[test]
fn asynchronous_loses_what_was_answered_within_the_lag() {
    let mut run = by_hand(&["lag_ms=500"]);
    ask(&mut run, "set x 1");
    later(&mut run, 600);
    ask(&mut run, "set x 2");
    later(&mut run, 60);
    assert_eq!(told(&run), ["set x 1", "set x 2"]);
    run.fault(Fault::crash(S1));
    later(&mut run, 600);
    assert_eq!(role(&run, S2), Role::Primary);
    assert_eq!([log(&run, S1), log(&run, S2)], [vec!["set x 1", "set x 2"], vec!["set x 1"]]);
    assert_eq!(run.number("lost"), 1.0);
    let broken = run.broken("Nothing lost");
    assert_eq!(
        broken.why,
        "C1 was told that 'set x 2' is done, and S2, primary of epoch 2, does not have it"
    );
    assert!(
        broken.assumption.starts_with("it is assumed that no node crashes, and S1"),
        "{}",
        broken.assumption
    );
    // What it still has on disk is overwritten.
    run.fault(Fault::Recover { node: S1 });
    later(&mut run, 300);
    assert_eq!((role(&run, S1), log(&run, S1)), (Role::Backup, vec!["set x 1".to_owned()]));
    assert!(run.breaks("Nothing lost"));
    run.hold(&["One primary", "Same copy", "One in the end"]);
}

/// Row H1: synchronous, whoever crashes and whenever: what was answered is there.
#[test]
fn synchronous_loses_nothing() {
    for settings in [&["mode=sync"][..], &["mode=sync", "silent=go-on"], &["mode=sync", "promote=complete"]] {
        let runs = bench(settings).set(&["think_ms=76"]).until_ms(2_500).crash_at_each_event(1, 700, |run| {
            run.safe();
            assert_eq!(run.number("lost"), 0.0);
        });
        assert!(runs > 200, "{runs}");
    }
}

/// Row H1: with a backup down, a synchronous primary answers nobody, until it is back; one that goes on does after a timeout; and the
/// others do not notice.
#[test]
fn a_synchronous_primary_waits_for_a_backup_that_is_down() {
    let ways: [(&[&str], [bool; 2]); 4] = [
        (&["mode=sync"], [false, false]),
        (&["mode=sync", "silent=go-on"], [false, true]),
        (&["mode=semi"], [true, true]),
        (&["mode=async"], [true, true]),
    ];
    for (settings, answered) in ways {
        let mut run = by_hand(settings);
        run.fault(Fault::crash(S3));
        ask(&mut run, "set x 1");
        later(&mut run, 150);
        let soon = told(&run).len() == 1;
        later(&mut run, 3_000);
        assert_eq!([soon, told(&run).len() == 1], answered, "{settings:?}");
        if !answered[1] {
            let why = run.pending("Every request ends");
            assert!(why.contains("the primary waits for its backups, and S3 does not run"), "{why}");
        }
        run.fault(Fault::Recover { node: S3 });
        later(&mut run, 700);
        assert_eq!(told(&run), ["set x 1"]);
        assert_eq!(log(&run, S3), ["set x 1"]);
        run.all_hold();
    }
}

/// Row H1: a wall is taken for a crash, and both sides have a primary; what each side is told, the other does not know. The verdict
/// names the wall. Synchronous, with nobody to go on alone, the old one answers nothing.
#[test]
fn a_wall_splits_the_brain() {
    let ways: [(&[&str], bool); 3] =
        [(&["mode=async"], true), (&["mode=sync", "silent=go-on"], true), (&["mode=sync"], false)];
    for (settings, loses) in ways {
        let mut run = by_hand(settings);
        run.fault(fault(r#"{"do":"partition","groups":[[0,3],[1,2]]}"#));
        later(&mut run, 400);
        assert_eq!([role(&run, S1), role(&run, S2)], [Role::Primary, Role::Primary]);
        let broken = run.broken("One primary");
        assert_eq!(broken.why, "S2 goes in while S1 is inside");
        assert!(
            broken.assumption.starts_with("it is assumed that links are fair, and"),
            "{}",
            broken.assumption
        );
        ask(&mut run, "set x 1");
        later(&mut run, 700);
        assert_eq!(run.breaks("Nothing lost"), loses, "{settings:?}");
        assert_eq!(told(&run).len(), usize::from(loses));
        run.fault(Fault::Heal);
        later(&mut run, 1_500);
        assert_eq!([S1, S2, S3].map(|n| role(&run, n)), [Role::Backup, Role::Primary, Role::Backup]);
        run.hold(&["Same copy", "One in the end", "Every request ends"]);
    }
}

/// S3 has number 1, and S2 has not. By rank S2 takes over, and it is lost; by comparing, S3 does.
#[test]
fn the_rule_of_promotion_matters_where_one_backup_is_enough() {
    for (rule, lost, primary) in [("rank", 1.0, S2), ("complete", 0.0, S3)] {
        let mut run = by_hand(&["mode=semi", &format!("promote={rule}")]);
        run.fault(fault(r#"{"do":"link","from":0,"to":1,"set":{"cut":true}}"#));
        ask(&mut run, "set x 1");
        later(&mut run, 60);
        assert_eq!(told(&run), ["set x 1"]);
        run.fault(Fault::crash(S1));
        run.fault(fault(r#"{"do":"link","from":0,"to":1,"set":{"cut":false}}"#));
        later(&mut run, 700);
        assert_eq!(role(&run, primary), Role::Primary, "{rule}");
        assert_eq!(run.number("lost"), lost);
        assert_eq!(run.breaks("Nothing lost"), lost > 0.0);
    }
}

/// All have been down: who has the newest goes on, when all are there and not before.
#[test]
fn after_a_total_failure_the_newest_disk_goes_on() {
    let mut run = by_hand(&["mode=semi"]);
    run.fault(Fault::crash(S2));
    ask(&mut run, "set x 1");
    later(&mut run, 100);
    run.fault(Fault::crash(S1));
    run.fault(Fault::crash(S3));
    run.fault(Fault::Recover { node: S2 });
    run.fault(Fault::Recover { node: S1 });
    later(&mut run, 2_000);
    assert_eq!([S1, S2].map(|n| role(&run, n)), [Role::Joining, Role::Joining]);
    run.fault(Fault::Recover { node: S3 });
    later(&mut run, 600);
    assert_eq!([S1, S2, S3].map(|n| role(&run, n)), [Role::Primary, Role::Backup, Role::Backup]);
    assert_eq!(log(&run, S2), ["set x 1"]);
    run.all_hold();
}

/// A retry at the new primary is the same request: it is executed once, and answered.
#[test]
fn a_retry_has_no_second_effect() {
    let mut run = by_hand(&["mode=sync"]);
    ask(&mut run, "add x 1");
    run.lose("reply", 1);
    run.fault(Fault::crash(S1));
    later(&mut run, 1_500);
    assert_eq!(told(&run), ["add x 1"]);
    assert_eq!(run.node::<Server>(S2).machine.value('x'), 1);
    assert_eq!(log(&run, S3), ["add x 1"]);
}

/// Updates that overtake each other, or are lost, are taken in order all the same; an old copy does nothing.
#[test]
fn updates_are_taken_in_order() {
    let free = bench(&["think_ms=0", "clients=1", "lag_ms=0"]).changed(|s| s.timing = Timing::Asynchronous);
    let mut run = free.start(1);
    later(&mut run, 100);
    ask(&mut run, "set x 1");
    run.hold_back("update", 1);
    later(&mut run, 30);
    ask(&mut run, "set x 2");
    later(&mut run, 40);
    run.deliver("update", 1);
    later(&mut run, 200);
    for node in [S1, S2, S3] {
        assert_eq!(log(&run, node), ["set x 1", "set x 2"]);
        assert_eq!(run.node::<Server>(node).machine.value('x'), 2);
    }
    run.all_hold();
}

/// A timeout that a heartbeat cannot meet is refused.
#[test]
fn a_timeout_that_is_too_short_is_refused() {
    assert!(bench(&["timeout_ms=90"]).build(1).is_err_and(|r| r.code == "timeout-too-short"));
    assert!(bench(&["timeout_ms=91"]).build(1).is_ok());
}

/// What breaks breaks for what the world has done, and equal copies never do.
fn excused(run: &Trial) {
    for line in run.watcher().lines() {
        if let Verdict::Violated { assumption, why, .. } = &line.verdict {
            assert!(assumption.starts_with("it is assumed"), "{}: {why}: {assumption}", line.name);
            assert!(
                !["Same copy", "One in the end", "Every request ends"].contains(&line.name),
                "{}: {why}: {assumption}",
                line.name
            );
        }
    }
}

#[test]
fn many_seeds_under_every_mix() {
    let ways: [&[&str]; 7] = [
        &[],
        &["lag_ms=0", "promote=complete"],
        &["mode=sync"],
        &["mode=sync", "silent=go-on", "promote=complete"],
        &["mode=semi", "promote=complete"],
        &["mode=semi", "silent=go-on"],
        &["mode=sync", "backups=1", "silent=go-on"],
    ];
    for settings in ways {
        bench(settings).every_mix(0..40, excused);
    }
}

/// Crashes alone, of whom you like and as often: with synchronous replication nothing breaks at all.
#[test]
fn crashes_alone_break_nothing() {
    use crate::check::faultmix::Mix;
    for settings in
        [&["mode=sync"][..], &["mode=sync", "silent=go-on"], &["mode=sync", "promote=complete", "backups=4"]]
    {
        for seed in 0..150 {
            bench(settings).mixed(Mix::Crash, seed).safe();
        }
    }
}

/// One write, one backup, one crash of whom you like at any moment: there is no way to lose it, of all that there are in this time.
#[test]
fn the_search_finds_no_way_to_lose_a_write() {
    let small = &[
        "backups=1",
        "clients=1",
        "think_ms=0",
        "mode=sync",
        "beat_ms=200",
        "timeout_ms=300",
        "retry_ms=10000",
    ];
    let search = |settings: &[&str]| {
        let mut root = bench(small).set(settings).start(1);
        root.fault(Fault::Request { node: NodeId(2), request: "set x 1".to_owned() });
        root.run_until(SimTime::ZERO);
        explore(
            &root,
            Bounds { states: 3_000, depth: 26, faults: Faults { crashes: 1, losses: 0, copies: 0 } },
        )
    };
    let whole = search(&[]);
    assert!(
        whole.violation.is_none() && whole.ending == Ending::Bounded && whole.states > 100,
        "{:?} {}",
        whole.ending,
        whole.states
    );
    let lagging = search(&["mode=async", "lag_ms=1000"]);
    let (line, ..) = lagging.violation.expect("an answer ahead of its update can be lost");
    assert_eq!(line.name, "Nothing lost");
}
