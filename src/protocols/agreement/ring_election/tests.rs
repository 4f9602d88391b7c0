//! Tests of the ring election. Its means over random rings are published with its gauges.

use super::{ENTRY, ids};
use crate::kit::bench::{Bench, Trial, down, fault};
use crate::sim::{Fault, NodeId};
use std::collections::BTreeMap;

fn ring(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings).until_ms(60_000)
}

/// Election messages and announcements of a run without faults, after everything held.
fn cost(settings: &[&str], seed: u64) -> (f64, f64) {
    let run = ring(settings).run(seed);
    assert_eq!(run.all_hold(), 2);
    (run.number("election_messages"), run.number("announcements"))
}

/// Ascending clockwise, every id but the largest dies at the next process: n - 1 + n. Descending, the
/// i-th largest travels n - i + 1 hops: n + (n-1) + ... + 1. Any other ring lies between. A single
/// caller costs its distance d to the largest, and one round: from right behind it d = n - 1, from
/// right before it 1, from itself 0.
#[test]
fn the_extreme_orders_and_a_single_caller_cost_exactly_what_they_should() {
    for n in (3..=50).map(f64::from) {
        let nodes = format!("nodes={n}");
        let of = |start, order| cost(&[&nodes, start, order], 7);
        let (best, worst) = (2.0 * n - 1.0, n * (n + 1.0) / 2.0);
        assert_eq!(of("start=all", "order=ascending"), (best, n));
        assert_eq!(of("start=all", "order=descending"), (worst, n));
        let (messages, announcements) = of("start=all", "order=random");
        assert!((best..=worst).contains(&messages) && announcements == n);
        assert_eq!(of("start=lowest", "order=ascending"), (best, n));
        assert_eq!(of("start=lowest", "order=descending"), (n + 1.0, n));
        assert_eq!(of("start=highest", "order=random"), (n, n));
        assert_eq!(of("start=one", "order=descending"), (n, n));
    }
}

/// 3 processes stand in 6 orders, each in a sixth of the seeds (1,000 of 6,000, deviation 29).
#[test]
fn every_order_of_the_ids_is_equally_likely() {
    let mut orders: BTreeMap<Vec<u16>, u32> = BTreeMap::new();
    for seed in 0..6_000 {
        *orders.entry(ids(ring(&["nodes=3"]).params(), seed)).or_default() += 1;
    }
    assert_eq!(orders.len(), 6);
    assert!(orders.values().all(|n| (884..=1_116).contains(n)), "{orders:?}");
}

/// A hole in the ring stops the election; it does not make it go wrong, and the check says whose
/// absence it is. Whoever boots calls an election; but who is marked as a participant swallows smaller ids
/// and believes that its own is on its way, though it was lost. Only asking the largest helps.
#[test]
fn a_crash_leaves_the_election_pending_until_the_lost_id_of_the_largest_is_sent_again() {
    let ascending = ring(&["order=ascending"]);
    let run = ascending.clone().at(0, Fault::crash(NodeId(2))).run(1);
    run.hold(&["Election safety"]);
    let why = run.pending("Termination");
    let failed = "no node fails, and P3 is not running";
    let parts = ["0 of 5", failed, "receiver down"];
    assert!(parts.iter().all(|p| why.contains(p)), "{why}");

    let stuck = ascending.edits(down(NodeId(0), 0, 1_000));
    stuck.run(1).pending("Termination");
    let ask = Fault::request(NodeId(4), "elect");
    stuck.at(2_000, ask).run(1).all_hold();
}

/// Losses and copies break liveness at most: an id comes back only past all the others.
#[test]
fn faults_never_elect_a_second_leader() {
    let bad =
        r#"{"do":"links","set":{"model":"fair-loss","loss_ppm":50000,"duplicate_ppm":300000,"fifo":false}}"#;
    let noisy = ring(&["nodes=6"]).at(0, fault(bad));
    let runs = (0..200).map(|seed| noisy.run(seed)).inspect(Trial::safe);
    assert!((10..190).contains(&runs.filter(Trial::waits).count()));
    ring(&[]).every_mix(0..50, Trial::safe);
    assert!(ring(&[]).crash_at_each_event(1, 500, Trial::safe) > 20);
}

/// A Byzantine process can make another believe that it was elected: the ids are not signed.
#[test]
fn a_liar_breaks_safety_and_the_assumption_is_named() {
    let lie = fault(r#"{"do":"byzantine","node":0,"rules":[{"act":"lie"}]}"#);
    let lying = ring(&[]).at(0, lie).until_ms(2_000);
    let runs = (0..50).map(|seed| lying.run(seed));
    let broken = runs.filter(|r| r.breaks("Election safety"));
    let named = |r: &Trial| r.broken("Election safety").assumption.contains(" lies");
    assert!(broken.filter(named).count() > 5);
}
