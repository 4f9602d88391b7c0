//! Tests of Paxos: one a rule of the paper, and what follows from all of them together.

use super::acceptor::Votes;
use super::proposer::Proposer;
use super::{Ballot, ENTRY, Fact, Last, Proposal, Value};
use crate::kit::bench::{Bench, Trial, against_theory, down, fault};
use crate::sim::{Delay, EventId, Fault, Link, NodeId, SimTime, Span};
use std::collections::{BTreeMap, BTreeSet};

const P1: NodeId = NodeId(0);
const P2: NodeId = NodeId(1);
/// With two proposers.
const A1: NodeId = NodeId(2);
const A2: NodeId = NodeId(3);
const A3: NodeId = NodeId(4);

fn bench(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings).until_ms(12_000)
}

/// Every message takes 12 ms.
fn even(settings: &[&str]) -> Bench {
    bench(settings).changed(|s| s.link = Link::fair_loss(Delay::Constant { us: 12_000 }, 0))
}

fn ballot(round: u32, proposer: u16) -> Ballot {
    Ballot { round, proposer }
}

fn votes(run: &Trial, acceptor: NodeId) -> Votes {
    *run.world().durable_as(acceptor).unwrap()
}

/// What was told so far, with who told it.
fn told(run: &Trial) -> Vec<(EventId, NodeId, Fact)> {
    let facts = run.trace().facts().iter().filter(|(event, _)| event.0 < run.position());
    facts.filter_map(|(event, told)| Some((*event, told.node, told.as_fact::<Fact>()?.clone()))).collect()
}

/// Runs until a fact is so.
fn until(run: &mut Trial, is: impl Fn(NodeId, &Fact) -> bool) {
    while !told(run).iter().any(|(_, node, fact)| is(*node, fact)) {
        assert!(run.step(), "it is never told");
    }
}

fn later(run: &mut Trial, ms: u64) {
    let then = run.time() + Span::ms(ms);
    run.run_until(then);
}

fn learnt(run: &Trial) -> BTreeMap<NodeId, Value> {
    let all = told(run).into_iter();
    let one = |(_, node, fact)| match fact {
        Fact::Learnt { value, .. } => Some((node, value)),
        _ => None,
    };
    all.filter_map(one).collect()
}

#[test]
fn runs_come_to_what_theory_says() {
    for compared in against_theory(&ENTRY) {
        assert!(compared.agrees(), "{compared:?}");
    }
}

/// Row E5: whatever happens, no promise of safety breaks; and when all is well again every proposer learns the value.
#[test]
fn many_seeds_under_every_mix() {
    for settings in [
        &["proposers=3", "start=in-turn", "gap_ms=2500"][..],
        &["proposers=2"],
        &["proposers=3", "start=together", "acceptors=5"],
        &["proposers=2", "acceptors=4", "nack=false"],
        &["proposers=3", "acceptors=7", "nack=false", "sync_ms=20"],
        &["proposers=3", "start=in-turn", "gap_ms=1000", "tell=all"],
        &["proposers=2", "start=together", "backoff=fixed"],
    ] {
        bench(settings).every_mix(0..200, |run| {
            run.safe();
            numbers_are_used_once_and_values_carried_on(run);
            // Who is not told of higher ballots climbs to them one by one, which may take longer than this.
            if !settings.contains(&"nack=false") {
                run.hold(&["Termination"]);
            }
        });
    }
}

/// Section 2.5: no two ballots have the same number, crashes or not. And P2b of section 2.2: once a value is chosen, every higher
/// ballot that asks for a value asks for this one.
fn numbers_are_used_once_and_values_carried_on(run: &Trial) {
    let majority =
        run.world().node_ids().filter(|&n| run.world().durable_as::<Votes>(n).is_some()).count() / 2;
    let (mut used, mut asked) = (BTreeSet::new(), BTreeMap::new());
    let mut accepted: BTreeMap<(Ballot, Value), BTreeSet<NodeId>> = BTreeMap::new();
    for (_, node, fact) in told(run) {
        match fact {
            Fact::Begins { ballot, .. } => assert!(used.insert(ballot), "{ballot} is used twice"),
            Fact::Issues { ballot, value, .. } => assert_eq!(asked.insert(ballot, value), None),
            Fact::Accepted { ballot, value } => {
                accepted.entry((ballot, value)).or_default().insert(node);
            }
            _ => {}
        }
    }
    let chosen = accepted.iter().filter(|(_, by)| by.len() > majority).map(|(proposal, _)| *proposal);
    if let Some((first, value)) = chosen.min() {
        assert!(asked.range(first..).all(|(_, v)| *v == value), "{value} is chosen in {first}: {asked:?}");
    }
}

/// Whoever crashes after whichever event, for however long: nothing breaks, and all learn the value in the end.
#[test]
fn a_crash_after_each_event_breaks_nothing() {
    for (settings, away_ms) in [(&["proposers=2"][..], 5), (&["start=together", "sync_ms=20"], 1_000)] {
        let runs = bench(settings).crash_at_each_event(1, away_ms, |run| {
            run.safe();
            numbers_are_used_once_and_values_carried_on(run);
            run.hold(&["Termination"]);
        });
        assert!(runs > 40, "{runs}");
    }
}

/// Two round trips are four message delays, to the microsecond, however many acceptors there are; each phase has a forced
/// write; and 4n messages.
#[test]
fn alone_it_takes_four_delays_and_two_writes() {
    for n in 3..=7_u16 {
        for sync in [0, 7] {
            let (acceptors, sync_ms) = (format!("acceptors={n}"), format!("sync_ms={sync}"));
            let run = even(&["proposers=1", &acceptors, &sync_ms]).run(1);
            assert_eq!(run.number("chosen_ms"), 48.0 + 2.0 * f64::from(sync));
            assert_eq!(run.number("messages"), 4.0 * f64::from(n));
            assert_eq!(run.all_hold(), 4);
        }
    }
}

/// P2c: P2 comes later, is told of X, and proposes it. It has heard of nothing but by its promises.
#[test]
fn a_later_proposer_finds_what_is_chosen() {
    for n in ["acceptors=3", "acceptors=5", "acceptors=7"] {
        for seed in 0..50 {
            let run = bench(&["start=in-turn", n]).run(seed);
            let issue = Fact::Issues { ballot: ballot(1, 2), value: Value::X, found: true };
            assert!(told(&run).iter().any(|(_, node, fact)| *node == P2 && *fact == issue));
            assert_eq!(learnt(&run), BTreeMap::from([(P1, Value::X), (P2, Value::X)]));
            assert_eq!(run.all_hold(), 4);
        }
    }
}

/// Of two values that it is told of, it takes that of the higher ballot: A1 has X of 1.1, A3 has Y of 1.2, and neither
/// is chosen. P1 asks again and is told of both.
#[test]
fn the_value_of_the_highest_ballot_counts() {
    let mut run = even(&["start=together", "nack=false", "sync_ms=0"]).start(1);
    // P1 is promised 1.1 by A1 and A2, and its value reaches A1 alone, before anybody hears of 1.2.
    [4, 5, 6].iter().for_each(|&nth| run.hold_back("prepare", nth));
    [1, 2].iter().for_each(|&nth| run.deliver("prepare", nth));
    [1, 2].iter().for_each(|&nth| run.deliver("promise", nth));
    run.deliver("accept", 1);
    assert_eq!(votes(&run, A1).accepted, Last(Some(Proposal { ballot: ballot(1, 1), value: Value::X })));
    run.lose("accept", 2);
    run.lose("accept", 3);
    // P2 is promised 1.2 by A2 and A3, which have accepted nothing, and its value reaches A3 alone.
    [5, 6].iter().for_each(|&nth| run.deliver("prepare", nth));
    until(&mut run, |node, fact| node == P2 && matches!(fact, Fact::Issues { .. }));
    run.lose("accept", 4);
    run.lose("accept", 5);
    run.deliver("accept", 6);
    assert_eq!(votes(&run, A3).accepted, Last(Some(Proposal { ballot: ballot(1, 2), value: Value::Y })));
    // P2 is gone; P1 asks again, and hears A1 and A3.
    run.fault(Fault::crash(P2));
    run.lose("prepare", 8);
    until(&mut run, |_, fact| matches!(fact, Fact::Issues { ballot, .. } if ballot.round == 2));
    let (_, node, fact) = told(&run).pop().unwrap();
    assert_eq!((node, fact), (P1, Fact::Issues { ballot: ballot(2, 1), value: Value::Y, found: true }));
    run.finish();
    run.safe();
    assert_eq!(learnt(&run), BTreeMap::from([(P1, Value::Y)]));
}

/// Phase 1b: a promise holds across a crash. A2 has promised 1.2, crashes, and still refuses 1.1. Where the promise is not on
/// disk it accepts, and X is chosen by A1, which P2 has not reached, and A2; and Y by all whom P2 asks.
#[test]
fn a_promise_survives_a_crash() {
    for (mutant, refuses) in [("mutant=none", true), ("mutant=forget-promise", false)] {
        let mut run = even(&["start=in-turn", "gap_ms=10", mutant]).start(1);
        run.lose("prepare", 4);
        run.hold_back("accept", 2);
        run.lose("accept", 3);
        until(&mut run, |node, fact| node == A2 && *fact == Fact::Promised { ballot: ballot(1, 2) });
        run.fault(Fault::crash(A2));
        run.fault(Fault::Recover { node: A2 });
        run.deliver("accept", 2);
        let refused = |(_, node, fact): &(EventId, NodeId, Fact)| {
            *node == A2 && *fact == Fact::Refused { ballot: ballot(1, 1) }
        };
        assert_eq!(told(&run).iter().any(refused), refuses, "{mutant}");
        run.finish();
        if refuses {
            assert_eq!(run.all_hold(), 4);
            continue;
        }
        let broken = run.broken("Agreement");
        let why = broken.why;
        assert!(why.starts_with("two values are chosen: X in ballot 1.1 by A1 and A2, and Y in "), "{why}");
        // Two majorities, and the crash and the return of A2 between its votes, if they lie there.
        assert!((4..=12).contains(&broken.witness.len()));
    }
}

/// Section 2.4: the two take turns for a minute, and nothing is chosen, by no luck of the links, whose delays are 8 to 16 ms. A forced
/// write takes 25 ms, so promises are back after 57 at most, and values arrive after 49 at least. One begins at 0, 62, 124,
/// the other at 31, 93, ...: its question arrives 47 ms after the first one's began, before its values. With a random
/// wait it is over soon, with the same luck.
#[test]
fn a_duel_lasts_for_as_long_as_the_wait_is_fixed() {
    let duel = &["start=in-turn", "gap_ms=31", "patience_ms=60", "backoff_ms=2", "nack=false", "sync_ms=25"];
    for n in ["acceptors=3", "acceptors=5", "acceptors=7"] {
        let both = bench(duel).set(&[n]);
        for seed in 0..10 {
            let mut run = both.set(&["backoff=fixed"]).until_ms(60_000).run(seed);
            assert!(learnt(&run).is_empty(), "{n}, seed {seed}");
            assert!(run.number("ballots") > 1_000.0);
            run.safe();
            assert!(run.pending("Termination").starts_with("0 of 2 have come to an end"));
            // One that is left alone ends it.
            run.fault(Fault::Pause { node: P1 });
            later(&mut run, 300);
            assert_eq!(learnt(&run).len(), 1);
            let run = both.set(&["backoff=random"]).until_ms(5_000).run(seed);
            assert_eq!(run.all_hold(), 4);
        }
    }
}

/// Section 2.4 needs time, too: with delays of 12 ms and writes of 2 ms promises are back after 26 ms. A proposer whose patience
/// ends before that begins ballot after ballot, and never gets as far as a value.
#[test]
fn patience_must_outlast_a_round_trip() {
    for (patience, decides) in [("patience_ms=25", false), ("patience_ms=30", true)] {
        let run = even(&["proposers=1", patience]).run(1);
        assert_eq!(learnt(&run).len(), usize::from(decides), "{patience}");
        run.safe();
    }
}

/// A majority is enough, and less is not: with so many of n acceptors down, for good.
#[test]
fn a_majority_decides_and_a_minority_waits() {
    for n in 3..=7_u16 {
        for dead in 0..=n {
            let acceptors = format!("acceptors={n}");
            let crashed = (0..dead).map(|i| Fault::Crash { node: NodeId(2 + i), stop: true });
            let bench = bench(&[&acceptors]);
            let run = crashed.fold(bench, |b, fault| b.at(0, fault)).run(1);
            if n - dead > n / 2 {
                assert_eq!(run.all_hold(), 4, "{dead} of {n}");
            } else {
                assert!(learnt(&run).is_empty() && run.number("ballots") > 50.0, "{dead} of {n}");
                let why = run.pending("Termination");
                assert!(why.contains("A1 is not running"), "{why}");
            }
        }
    }
}

/// Where all are told of what is accepted, who has not begun need not begin (section 2.3).
#[test]
fn who_hears_what_is_accepted_need_not_ask() {
    let run = bench(&["start=in-turn", "proposers=3", "tell=all"]).run(1);
    assert_eq!((run.number("ballots"), run.all_hold()), (1.0, 4));
    assert_eq!(learnt(&run).len(), 3);
}

/// What a proposer knew and forgot in a crash it finds out anew, with a number that it has not used.
#[test]
fn a_proposer_that_has_forgotten_asks_again() {
    let run = bench(&["proposers=1"]).edits(down(P1, 500, 600)).run(1);
    let begun: Vec<Ballot> = told(&run)
        .into_iter()
        .filter_map(|(_, _, fact)| match fact {
            Fact::Begins { ballot, .. } => Some(ballot),
            _ => None,
        })
        .collect();
    assert_eq!(begun, [ballot(1, 1), ballot(2, 1)]);
    assert_eq!(run.all_hold(), 4);
}

/// Paxos is not for liars: one acceptor that conceals what it has accepted makes two values of one, and that is what is said.
#[test]
fn a_liar_is_named() {
    let mut run = even(&["start=in-turn"]).start(1);
    // X is chosen by A1 and A2; of P2's majority only A2 could tell, and conceals it.
    run.lose("accept", 3);
    run.run_until(SimTime::from_ms(250));
    run.fault(fault(r#"{"do":"byzantine","node":3,"rules":[{"act":"lie"}]}"#));
    run.lose("prepare", 4);
    run.finish();
    let broken = run.broken("Agreement");
    assert!(
        broken
            .why
            .starts_with("two values are chosen: X in ballot 1.1 by A1 and A2, and Y in ballot 1.2 by ")
    );
    assert!(broken.assumption.contains("A2 lies"), "{}", broken.assumption);
}

/// Why not: what a proposer waits for, with counts.
#[test]
fn what_is_not_known_says_why() {
    let mut run = even(&["proposers=1"]).start(1);
    run.fault(Fault::crash(NodeId(1)));
    run.fault(Fault::crash(NodeId(2)));
    run.run_until(SimTime::from_ms(150));
    let absences = super::judged::absences(run.world(), run.trace());
    assert_eq!(absences.len(), 1);
    let says: Vec<(&str, bool)> = absences[0].conditions.iter().map(|c| (&*c.says, c.met)).collect();
    assert_eq!(says[0], ("acceptors that run: 1, and 2 are needed", false));
    assert_eq!(run.node::<Proposer>(P1).knows, None);
    let done = even(&["proposers=1"]).run(1);
    assert!(super::judged::absences(done.world(), done.trace()).is_empty());
}
