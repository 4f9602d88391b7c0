//! What a comparison says of pairs of runs that differ in one thing.

use super::*;
use crate::kit::Value;
use crate::scenario;
use crate::sim::{Delay, EventKind, Fault, LinkPatch, SimTime};

fn opened(opening: &Opening, ms: u64) -> Run<Checks> {
    let mut run = scenario::open(opening).unwrap();
    run.run_until(SimTime::from_ms(ms));
    run
}

/// The first number of events after which two fresh runs differ in hash or time, one step at a time.
fn one_by_one(a: &Opening, b: &Opening, most: u32) -> Option<EventId> {
    let (mut a, mut b) = (scenario::open(a).unwrap(), scenario::open(b).unwrap());
    (0..most).map(EventId).find(|_| {
        let went = (a.step(), b.step());
        went.0 != went.1 || a.hash_text() != b.hash_text() || a.time() != b.time()
    })
}

fn slow_link(at_us: u64, from: u16, to: u16) -> Edit {
    let set = LinkPatch { delay: Some(Delay::Constant { us: 90_000 }), ..LinkPatch::default() };
    let (from, to) = (NodeId(from), NodeId(to));
    Edit::at(at_us, Fault::Link { from, to, set })
}

#[test]
fn a_run_does_not_differ_from_itself_wherever_it_stands() {
    let opening = Opening::of("raft-replication").seed(2);
    let (a, mut b) = (opened(&opening, 1_000), opened(&opening, 3_000));
    assert_eq!(parting(&a, &b), None, "what one has not seen does not count");
    b.seek(SimTime::from_ms(1_000));
    let same = Comparison::of(&a, &b, parting(&a, &b));
    assert_eq!((same.parting, same.nodes, same.checks), (None, vec![], vec![]));
}

#[test]
fn with_one_edit_the_edit_is_the_first_event_that_differs() {
    let plain = Opening::of("raft-replication").seed(2);
    let edited = plain.clone().and([slow_link(700_000, 0, 1)]);
    let (a, b) = (opened(&plain, 2_500), opened(&edited, 2_500));
    let p = parting(&a, &b).unwrap();
    assert_eq!((p.time_us, p.how), (700_000, How::Event));
    assert_eq!(b.trace().event(p.event).kind, EventKind::Fault);
    assert_eq!(one_by_one(&plain, &edited, 5_000), Some(p.event));
    assert_eq!(parting(&b, &a), Some(p), "whichever comes first");
}

/// One crash after everything: the shorter run was past that moment without it.
#[test]
fn an_event_that_only_one_run_has_counts_once_the_other_has_passed_its_moment() {
    let plain = Opening::of("two-generals").seed(4);
    let node = NodeId(1);
    let crash = Edit::at(9_000_000, Fault::Crash { node, stop: true });
    let edited = plain.clone().and([crash]);
    let b = opened(&edited, 9_500);
    assert_eq!(parting(&opened(&plain, 8_500), &b), None);
    for ms in [9_000, 9_100, 20_000] {
        let p = parting(&opened(&plain, ms), &b).unwrap();
        assert_eq!((p.time_us, p.how), (9_000_000, How::Event), "{ms} ms");
        assert_eq!(p.event.index() + 1, b.trace().len());
    }
}

/// A server that votes without comparing logs, and so on: every mutant, under seeds and with crashes,
/// parts from the true protocol where two fresh runs do that are stepped side by side.
#[test]
fn with_a_mutant_the_runs_part_where_stepping_them_side_by_side_finds_it() {
    let mutants = [
        "vote-blindly",
        "commit-old-term",
        "forget-vote",
        "truncate-always",
        "half-is-enough",
        "count-twice",
        "lose-suffix",
    ];
    let mut outcomes = 0;
    for (seed, mutant) in (0..4).flat_map(|s| mutants.map(|m| (s, m))) {
        let crash = |at_us, node| {
            let node = NodeId(node);
            Edit::at(at_us, Fault::Crash { node, stop: false })
        };
        let back = |at_us, node| Edit::at(at_us, Fault::Recover { node: NodeId(node) });
        let edits = (0..5).flat_map(|i| {
            let at = 600_000 + 500_000 * u64::from(i);
            [crash(at, i), back(at + 400_000, i)]
        });
        let plain = Opening::of("raft-replication").seed(seed).and(edits);
        let other = plain.clone().param("mutant", Value::Word(mutant.to_owned()));
        let (a, b) = (opened(&plain, 4_000), opened(&other, 4_000));
        let both = a.trace().len().min(b.trace().len()) as u32;
        let found = parting(&a, &b);
        let expected = one_by_one(&plain, &other, both);
        assert_eq!(found.map(|p| p.event), expected, "{mutant}, seed {seed}");
        outcomes += u32::from(found.is_some_and(|p| p.how == How::Outcome));
    }
    assert!(outcomes > 0, "some answer one message in two ways");
}

/// The staged situation with the vote forgotten at restart, and without the mutant.
#[test]
fn states_and_checks_that_differ_are_named() {
    let base = Opening::of("raft-recovery");
    let def = base.def().unwrap();
    let broken = def.situations.iter().find_map(|s| {
        let (opening, seek_us) = scenario::stage(&base, &s.id).unwrap();
        let mut run = opened(&opening, seek_us / 1_000 + 2_000);
        run.watcher().violation()?;
        run.seek(SimTime(seek_us + 2_000_000));
        Some((Origin::of(opening).unwrap(), run))
    });
    let (origin, run) = broken.expect("one of them shows two leaders in a term");
    let honest = |o: &mut Opening| {
        o.params.insert("mutant".to_owned(), Value::Word("none".to_owned()));
    };
    let other_origin = varied(&origin, &run, honest).unwrap();
    let other = beside(&other_origin, &run).unwrap();
    assert_eq!((other.time(), other_origin.seed()), (run.time(), origin.seed()));
    assert_eq!(other.edits(), run.edits());
    let c = Comparison::of(&other, &run, parting(&other, &run));
    assert!(c.parting.is_some());
    let safety = c.checks.iter().find(|c| c.name == "Election safety").unwrap();
    assert_eq!(safety.here, Some(Verdict::Holding));
    assert!(matches!(safety.there, Some(Verdict::Violated { .. })));
    assert!(c.checks.iter().all(|c| c.here != c.there));
    for node in run.world().node_ids() {
        let differs = c.nodes.iter().find(|n| n.node == node);
        let (a, b) = (other.world().inspect(node), run.world().inspect(node));
        assert_eq!(differs.is_some(), a != b, "{node}");
        let role = differs.and_then(|d| d.fields.iter().find(|f| f.name == "role"));
        assert_eq!(role.is_some(), a.role != b.role, "{node}");
    }
    assert!(!c.nodes.is_empty());
}

#[test]
fn a_node_that_only_one_world_has_differs_in_all_it_shows() {
    let five = Opening::of("raft-election").seed(1);
    let seven = five.clone().param("servers", Value::Int(7));
    let (a, b) = (opened(&five, 300), opened(&seven, 300));
    let last = nodes(a.world(), b.world()).pop().unwrap();
    assert_eq!(last.node.index() + 1, b.world().node_count());
    assert!(last.fields.len() >= 4 && last.fields.iter().all(|f| f.here.is_none()));
    let status = &last.fields[0];
    assert_eq!((status.name, status.there.as_deref()), ("status", Some("up")));
}

#[test]
fn a_variant_keeps_the_edits_that_mean_something_in_it() {
    let origin = Origin::of(Opening::of("raft-replication").seed(3)).unwrap();
    let mut run = origin.open().unwrap();
    run.run_until(SimTime::from_ms(500));
    let node = NodeId(4);
    run.edit(Fault::Crash { node, stop: false }).unwrap();
    let msg = run.world().in_flight()[0].msg;
    run.edit(Fault::Drop { msg }).unwrap();
    run.run_until(SimTime::from_ms(900));
    let same = varied(&origin, &run, |_| {}).unwrap();
    let same = beside(&same, &run).unwrap();
    assert_eq!(same.edits(), &run.edits()[..1]);
    let p = parting(&run, &same).unwrap();
    assert_eq!(run.trace().event(p.event).kind, EventKind::Fault);
    let none = |o: &mut Opening| o.scenario = "no-such".to_owned();
    assert!(varied(&origin, &run, none).is_err());
}
