//! The search goes through all orders and finds the shortest way to a broken promise; what it finds
//! is a run like any other, that a link carries.
#![cfg(not(target_arch = "wasm32"))]

use faultline::check::search::{Bounds, Ending, Explored, Faults, Move, explore};
use faultline::kit::Value;
use faultline::scenario::link::{decode, encode, follow};
use faultline::scenario::{self, Opening, SharedRun};
use faultline::sim::SimTime;
use std::process::Command;

const FAULTS: Faults = Faults { crashes: 1, losses: 1, copies: 0 };
const BOUNDS: Bounds = Bounds { states: 400_000, depth: 100, faults: FAULTS };

fn search(opening: &Opening, bounds: Bounds) -> Explored {
    let mut root = scenario::open(opening).unwrap();
    root.run_until(SimTime::ZERO);
    explore(&root, bounds)
}

fn raft(servers: i64, mutant: &str) -> Opening {
    Opening::of("raft-election")
        .seed(3)
        .param("servers", Value::Int(servers))
        .param("clients", Value::Int(0))
        .param("mutant", Value::Word(mutant.to_owned()))
}

fn ring(nodes: i64, mutant: &str) -> Opening {
    Opening::of("ring-election")
        .seed(3)
        .param("nodes", Value::Int(nodes))
        .param("mutant", Value::Word(mutant.to_owned()))
}

/// Finds a violation of `name` in `moves` moves, and none in fewer; and its link shows it.
fn found(opening: &Opening, name: &str, moves: usize) -> Vec<Move> {
    let found = search(opening, BOUNDS);
    assert_eq!(found.ending, Ending::Violated);
    let (line, way, run) = found.violation.unwrap();
    assert_eq!((line.name, way.len()), (name, moves), "{way:?}");
    let fewer = Bounds { depth: moves as u32 - 1, ..BOUNDS };
    assert_eq!(search(opening, fewer).ending, Ending::Bounded, "it was not the shortest");
    let shared = SharedRun {
        at_us: run.time().us(),
        events: Some(run.position()),
        ..SharedRun::of(opening.clone().and(run.edits().to_vec()))
    };
    let link = encode(&shared).unwrap();
    assert!(link.len() <= 500, "{} characters", link.len());
    let mut again = follow(&decode(&link).unwrap()).unwrap();
    again.seek_event(run.position());
    assert_eq!(again.hash_text(), run.hash_text());
    assert_eq!(again.watcher().violation(), Some(line));
    way
}

/// Half of four is two: each of two candidates gets there with one vote besides its own. A time-out,
/// a request and an answer, twice: six moves.
#[test]
fn half_of_four_is_no_majority() {
    let way = found(&raft(4, "half-is-enough"), "Election safety", 6);
    let rings = way.iter().filter(|m| matches!(m, Move::Ring(..))).count();
    assert_eq!(rings, 2);
}

/// A leader with two of three votes crashes, recovers, has forgotten that it voted for itself, and
/// votes for the third: three moves for the first leader, two for the crash, three for the second.
#[test]
fn a_forgotten_vote_makes_two_leaders_in_eight_moves() {
    let way = found(&raft(3, "forget-vote"), "Election safety", 8);
    assert!(way.iter().any(|m| matches!(m, Move::Crash(_))));
    // Without a crash nothing is forgotten.
    let bounds = Bounds { faults: Faults { crashes: 0, ..FAULTS }, depth: 8, ..BOUNDS };
    assert!(search(&raft(3, "forget-vote"), bounds).violation.is_none());
}

#[test]
fn raft_as_in_the_paper_keeps_its_promises_as_far_as_the_search_goes() {
    let found = search(&raft(3, "none"), BOUNDS);
    assert_eq!(found.ending, Ending::Bounded);
    assert_eq!(found.states, BOUNDS.states);
    assert!(found.depth >= 8, "{}", found.depth);
}

/// All states of a ring of three: whatever the order of arrival, only the largest is elected. Where
/// the smallest wins, six arrivals and nothing else show it.
#[test]
fn all_states_of_a_small_ring() {
    let bounds = Bounds { faults: Faults { crashes: 0, ..FAULTS }, ..BOUNDS };
    let states = |nodes, order: &str| {
        let whole = search(&ring(nodes, "none").param("order", Value::Word(order.into())), bounds);
        assert_eq!(whole.ending, Ending::Complete);
        assert!(whole.violation.is_none() && whole.left_out.is_empty(), "{:?}", whole.left_out);
        whole.states
    };
    // Counted by hand: no message overtakes another on its link.
    assert_eq!([3, 4].map(|n| states(n, "ascending")), [14, 27]);
    assert_eq!([3, 4].map(|n| states(n, "descending")), [17, 46]);
    // The winner's number goes round in three hops, and at each link the numbers that were sent before it arrive first:
    // none, one and two.
    let way = found(&ring(3, "smallest-wins"), "Election safety", 6);
    assert!(way.iter().all(|m| matches!(m, Move::Deliver(_))));
}

/// Gray 1978: there is no last message that need not arrive. Where delivery is bounded the search
/// chooses what is lost, and finds the one loss that lets a general attack alone.
#[test]
fn one_loss_is_enough_for_two_generals() {
    let opening = Opening::of("two-generals").seed(3);
    // Nothing is lost by itself.
    let opening = opening.param("loss_percent", Value::Int(0));
    let found = search(&opening, BOUNDS);
    let (line, way, _) = found.violation.unwrap();
    assert_eq!(line.name, "Agreement");
    let losses = way.iter().filter(|m| matches!(m, Move::Drop(_))).count();
    assert_eq!(losses, 1, "{way:?}");
}

#[test]
fn the_tool_prints_states_depth_and_a_link_to_the_violation() {
    let tool = |args: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_faultline")).args(args).output().unwrap();
        (out.status.code().unwrap(), String::from_utf8(out.stdout).unwrap())
    };
    let set = ["--set", "servers=4", "--set", "clients=0", "--set", "mutant=half-is-enough"];
    let (code, out) = tool(&[&["search", "raft-election"], &set[..]].concat());
    assert_eq!(code, 1, "{out}");
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines[0].ends_with("depth 6, a promise is broken"), "{out}");
    assert!(out.contains("VIOLATED  Election safety, in 6 moves: two leaders in term 1"), "{out}");
    let (code, shown) = tool(&["run", lines[lines.len() - 1]]);
    assert_eq!(code, 1);
    assert!(shown.contains("VIOLATED  Election safety"), "{shown}");
    let (code, out) = tool(&["search", "raft-election", "--max-states", "500"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("500 states, depth "), "{out}");
}
