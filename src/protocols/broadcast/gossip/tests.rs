//! Tests of gossip. How many rounds it takes is published with its gauges.

use super::ENTRY;
use super::theory::rounds;
use crate::kit::bench::{Bench, Trial, down};
use crate::sim::{Fault, NodeId};

fn gossip(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings).until_ms(3_000)
}

/// The chain, by hand at the smallest sizes: of two, the other knows after one round. Of three with fanout
/// 1, the first tells one of two; then two tell, each the third with chance 1/2, so 1 + 1 / (3/4).
#[test]
fn the_chain_is_right_where_it_can_be_done_by_hand() {
    let of = |set: &[&str]| rounds(gossip(set).params()).unwrap();
    assert!((of(&["nodes=2", "fanout=1"]) - 1.0).abs() < 1e-9);
    assert!((of(&["nodes=3", "fanout=1"]) - 7.0 / 3.0).abs() < 1e-9);
    // Asked by chance 1/2 each in the first round: two, one or none of two learn it.
    // With u left of 3: from 2: 1/4 none, 1/2 one, 1/4 both; from 1 all others know: 1.
    // E2 = 1 + 1/4 E2 + 1/2 * 1 = 2.
    assert!((of(&["nodes=3", "fanout=1", "mode=pull"]) - 2.0).abs() < 1e-9);
}

/// One third are down; the others still all learn it. Who comes back asks, and learns it, too.
#[test]
fn crashed_nodes_do_not_stop_the_news() {
    let thirty = gossip(&["mode=push-pull"]);
    let third = || (10..20).map(NodeId);
    let crash = |b: Bench, node| b.at(10, Fault::crash(node));
    let why = third().fold(thirty.clone(), crash).run(3).pending("Everybody knows");
    let said = "20 of 30 nodes have version 1; it is assumed that no node fails, and N11";
    assert!(why.starts_with(said), "{why}");
    let back = thirty.edits(third().flat_map(|node| down(node, 10, 2_000)));
    back.run(3).hold(&["Everybody knows"]);
}

/// What a node knows is on disk: it comes back with it, and nobody goes back in time.
#[test]
fn a_crash_forgets_nothing() {
    let crashes = (0..30).flat_map(|i| down(NodeId(i), 400 + 10 * u64::from(i), 405 + 10 * u64::from(i)));
    let run = gossip(&["rewrite_ms=150"]).edits(crashes).run(5);
    run.hold(&["Never back", "No creation"]);
    gossip(&["nodes=6", "rewrite_ms=150"]).every_mix(0..20, Trial::safe);
}

/// Two who write at once give two values one version: neither is newer, and nobody is told that all have the newest.
#[test]
fn two_values_of_one_version_are_not_one() {
    let write = |node, what: &str| Fault::Request { node: NodeId(node), request: what.to_owned() };
    let run = gossip(&["nodes=6"]).at(1_000, write(1, "write p")).at(1_000, write(4, "write q")).run(3);
    let why = run.pending("Everybody knows");
    assert!(why.contains("version 2 is several values, none newer than the others: p at "), "{why}");
    let absent = super::absent::absences(run.world(), run.trace());
    assert_eq!(absent.len(), 1);
    assert_eq!(absent[0].what, "Version 2 is p and q, and neither is newer");
}
