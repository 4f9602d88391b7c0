//! Paxos, taken apart: every order in which messages can arrive and proposers give up, as far as that can be gone through.
#![cfg(not(target_arch = "wasm32"))]

use faultline::check::Verdict;
use faultline::check::search::{Bounds, Ending, Explored, Faults, explore};
use faultline::kit::Value;
use faultline::scenario::{Opening, open};
use faultline::sim::SimTime;

/// Both proposers begin at once, each at most so many ballots; nothing is drawn, and no write takes time.
fn searched(ballots: i64, (states, crashes): (usize, u8), mutant: &str) -> Explored {
    let opening = Opening::of("paxos")
        .param("ballots_most", Value::Int(ballots))
        .param("sync_ms", Value::Int(0))
        .param("start", Value::Word("together".to_owned()))
        .param("backoff", Value::Word("fixed".to_owned()))
        .param("nack", Value::Bool(false))
        .param("mutant", Value::Word(mutant.to_owned()));
    let mut root = open(&opening).unwrap();
    root.run_until(SimTime::ZERO);
    // What is lost is what never arrives, and no promise of safety tells the two apart.
    explore(&root, Bounds { states, depth: 200, faults: Faults { crashes, losses: 0, copies: 0 } })
}

/// Three acceptors, two proposers, a ballot each: these are all there are, and never are two values chosen. (Where acceptors tell
/// whom they refuse, as by default, there are 2,016,130.)
#[test]
fn one_ballot_each_is_gone_through_to_the_end() {
    let found = searched(1, (4_000_000, 0), "none");
    assert_eq!((found.ending, found.states, found.depth), (Ending::Complete, 1_067_102, 25));
    assert!(found.violation.is_none() && found.left_out.is_empty(), "{:?}", found.left_out);
}

/// With a crash, and a second ballot, there are more than can be gone through: nothing breaks in those that are.
#[test]
fn a_crash_and_more_ballots_break_nothing_as_far_as_it_goes() {
    let found = searched(2, (300_000, 1), "none");
    assert_eq!((found.ending, found.states), (Ending::Bounded, 300_000));
    assert!(found.violation.is_none() && found.depth >= 8);
}

/// Both have begun. A value is chosen in six moves: a majority of two is asked and answers, is asked again and accepts. So
/// two values take twelve, and a crash and a return more where somebody has to forget. Who takes one acceptance for enough
/// has it in four: asked, promised, asked, accepted.
#[test]
fn the_shortest_ways_to_two_values() {
    for (mutant, crashes, breaks, moves) in [
        ("own-value", 0, "Agreement", 12),
        ("accept-lower", 0, "Agreement", 12),
        ("same-numbers", 0, "Agreement", 12),
        ("forget-promise", 1, "Agreement", 14),
        ("minority-is-enough", 0, "Integrity", 4),
    ] {
        let found = searched(1, (4_000_000, crashes), mutant);
        let (line, way, _) = found.violation.unwrap_or_else(|| panic!("{mutant}: {:?}", found.ending));
        assert_eq!((line.name, way.len()), (breaks, moves), "{mutant}");
        let Verdict::Violated { witness, why, .. } = line.verdict else { panic!("{mutant}: {line:?}") };
        println!("{mutant}: {} events: {why}", witness.len());
        assert!((1..=12).contains(&witness.len()), "{mutant}");
    }
}
