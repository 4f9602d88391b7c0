//! Small worlds of which a search once said that nothing can go wrong, and runs that show what can: processors and
//! disks that take their time, layers that forget, walls. Nothing here is called impossible that a run does.
#![cfg(not(target_arch = "wasm32"))]

use faultline::check::Checks;
use faultline::check::search::{Bounds, Ending, Explored, Faults, explore};
use faultline::kit::Value;
use faultline::scenario::{Opening, open};
use faultline::sim::history::Run;
use faultline::sim::{Delay, Edit, Fault, LinkPatch, NodeId, NodePatch, Partition, SimTime};

fn searched(opening: &Opening, faults: Faults, states: usize) -> Explored {
    let mut root = open(opening).unwrap();
    root.run_until(SimTime::ZERO);
    explore(&root, Bounds { states, depth: 200, faults })
}

const CRASH: Faults = Faults { crashes: 1, losses: 0, copies: 0 };

/// Whether the search says that this is all there is, and nothing can be broken.
fn proves(found: &Explored) -> bool {
    found.ending == Ending::Complete && found.left_out.is_empty() && found.violation.is_none()
}

fn forgetful() -> Opening {
    Opening::of("raft-election")
        .param("servers", Value::Int(3))
        .param("clients", Value::Int(0))
        .param("mutant", Value::Word("forget-vote".to_owned()))
}

fn all_nodes(set: &NodePatch) -> Vec<Edit> {
    (0..3).map(|n| Edit::at(0, Fault::Node { node: NodeId(n), set: set.clone() })).collect()
}

fn broken(run: &Run<Checks>) -> Option<&'static str> {
    run.watcher().violation().map(|line| line.name)
}

/// S1 is elected by S2, crashes, forgets that it voted, and votes for S3: with steps that take 1 ms, or a disk that does.
fn one_crash(slow: &NodePatch) -> Vec<Edit> {
    let cut = |at, cut| {
        let set = LinkPatch { cut: Some(cut), ..LinkPatch::default() };
        Edit::at(at, Fault::Link { from: NodeId(0), to: NodeId(2), set })
    };
    let leap = |at, node| Edit::at(at, Fault::ClockJump { node: NodeId(node), by_us: 300_000 });
    let delay = LinkPatch { delay: Some(Delay::Constant { us: 10_000 }), ..LinkPatch::default() };
    let mut edits = all_nodes(slow);
    edits.extend([
        Edit::at(0, Fault::Links { set: delay }),
        cut(0, true),
        leap(1_000, 0),
        cut(60_000, false),
        Edit::at(60_000, Fault::Crash { node: NodeId(0), stop: false }),
        Edit::at(61_000, Fault::Recover { node: NodeId(0) }),
        leap(62_000, 2),
    ]);
    edits
}

#[test]
fn steps_and_disks_that_take_time_hide_nothing() {
    let slow = NodePatch { service_us: Some(1_000), ..NodePatch::default() };
    let disk = NodePatch { sync_us: Some(1_000), ..NodePatch::default() };
    for set in [slow, disk] {
        let mut run = open(&forgetful().and(one_crash(&set))).unwrap();
        run.run_until(SimTime::from_ms(1_000));
        assert_eq!(broken(&run), Some("Election safety"), "{set:?}");
        let found = searched(&forgetful().and(all_nodes(&set)), CRASH, 50_000);
        assert!(!proves(&found), "{set:?}");
    }
}

/// Nobody hears anybody, so there are never two leaders: a message that a wall has stopped is not delivered.
#[test]
fn nothing_passes_a_wall() {
    let groups = (0..3).map(|n| vec![NodeId(n)]).collect();
    let wall = Fault::Partition(Partition { groups, one_way: false, up_us: 0, down_us: 0 });
    let opening = forgetful().and(vec![Edit::at(0, wall)]);
    assert!(searched(&opening, CRASH, 50_000).violation.is_none());
}

fn stack(given: &[(&str, Value)]) -> Opening {
    given.iter().fold(Opening::of("link-stack"), |o, (id, value)| o.param(id, value.clone()))
}

/// A receiver that crashes has forgotten what it had: a copy of it is new to it. And an acknowledgement that is on its
/// way when it crashes comes too late: the frame is sent again.
#[test]
fn what_a_layer_forgets_is_found() {
    let one = stack(&[
        ("count", Value::Int(1)),
        ("dedupe", Value::Bool(true)),
        ("duplicate_percent", Value::Int(99)),
        ("loss_percent", Value::Int(0)),
    ]);
    let found = searched(&one, Faults { copies: 1, ..CRASH }, 10_000);
    assert_eq!(found.violation.unwrap().0.name, "No duplication");
    let two =
        stack(&[("count", Value::Int(2)), ("retransmit", Value::Bool(true)), ("dedupe", Value::Bool(true))]);
    let found = searched(&two, CRASH, 10_000);
    assert_eq!(found.violation.unwrap().0.name, "No duplication");
}

/// Gray 1978: whoever retreats at the first loss is safe only as far as the search has looked, whatever the seed drew.
#[test]
fn the_luck_of_one_seed_proves_nothing() {
    for seed in 0..2 {
        let opening =
            Opening::of("two-generals").seed(seed).param("mutant", Value::Word("always-retreat".to_owned()));
        assert!(!proves(&searched(&opening, CRASH, 10_000)), "seed {seed}");
    }
}

/// A root in which more is to be done later is not the whole story.
#[test]
fn what_is_done_later_is_named() {
    let later = vec![Edit::at(40_000, Fault::Crash { node: NodeId(1), stop: false })];
    let found = searched(&stack(&[("count", Value::Int(1))]).and(later), CRASH, 10_000);
    assert!(found.left_out.iter().any(|l| l.contains("later")), "{:?}", found.left_out);
}
