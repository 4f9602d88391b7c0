//! Tests of ordered broadcast. What its orders cost is published with its gauges.

use super::{ENTRY, Fact, Process};
use crate::check::search::{Bounds, Ending, Explored, Faults, explore};
use crate::kit::bench::{Bench, Trial, fault};
use crate::sim::{Fault, NodeId, SimTime};

const P1: NodeId = NodeId(0);
const P2: NodeId = NodeId(1);
const P3: NodeId = NodeId(2);

const ORDERS: [&str; 5] = ["order=none", "order=fifo", "order=causal", "order=sequencer", "order=lamport"];
const TOTAL: [&str; 2] = ["order=sequencer", "order=lamport"];

fn bench(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings).until_ms(5_000)
}

fn by_hand(order: &str) -> Bench {
    bench(&["work=by-hand", order])
}

fn ask(node: NodeId, request: &str) -> Fault {
    Fault::Request { node, request: request.to_owned() }
}

/// What `node` has delivered, in its order.
fn lane(run: &Trial, node: NodeId) -> Vec<String> {
    let told = run.trace().facts().iter().filter(|(_, t)| t.node == node);
    let said = told.filter_map(|(_, t)| match t.as_fact::<Fact>()? {
        Fact::Delivered { from, number, .. } => Some(format!("{}.{number}", from.0 + 1)),
        _ => None,
    });
    said.collect()
}

fn x(run: &Trial, node: NodeId) -> i64 {
    run.node::<Process>(node).x
}

/// The way from `from` to `to` takes so long.
fn slow(from: u16, to: u16, ms: u64) -> Fault {
    let us = ms * 1_000;
    let delay = format!(r#"{{"delay":{{"kind":"constant","us":{us}}}}}"#);
    fault(&format!(r#"{{"do":"link","from":{from},"to":{to},"set":{delay}}}"#))
}

// ------------------------------------------------------------------ a rule of the papers each

/// FIFO (CGR 3.9): what comes before an earlier one of the same sender waits for it; what another sends does not.
#[test]
fn fifo_holds_back_what_overtakes_its_own_senders_earlier_ones() {
    let run = |order| {
        let bench = by_hand(order).at(0, slow(0, 2, 400)).at(10, ask(P1, "set 1"));
        bench.at(20, slow(0, 2, 5)).at(30, ask(P1, "set 2")).at(40, ask(P2, "set 3")).run(1)
    };
    let fifo = run("order=fifo");
    assert_eq!(lane(&fifo, P3), ["2.1", "1.1", "1.2"]);
    fifo.hold(&["FIFO order"]);
    assert_eq!(lane(&run("order=none"), P3)[0], "1.2");
}

/// The row's target: with three users FIFO shows an answer before what it answers; with two it cannot; causal order never does.
#[test]
fn an_answer_overtakes_under_fifo_and_waits_under_causal_order() {
    for nodes in ["nodes=3", "nodes=4", "nodes=6"] {
        for order in ORDERS {
            let run = bench(&["work=chat", "count=1", order, nodes]).at(0, slow(0, 2, 900)).run(1);
            let early = run.number("early");
            assert_eq!(
                early,
                if order == "order=none" || order == "order=fifo" { 1.0 } else { 0.0 },
                "{order}"
            );
            run.hold(&["Everything arrives"]);
        }
    }
    for seed in 0..30 {
        let pair = bench(&["work=chat", "order=fifo", "nodes=2"]).run(seed);
        assert_eq!(pair.number("early"), 0.0);
    }
}

/// Causal order is as many as the sender had *delivered*: P3 waits through a chain, and not for what P2 did not know.
#[test]
fn causal_order_waits_through_a_chain_and_for_nothing_else() {
    let run = by_hand("order=causal")
        .set(&["nodes=4", "delay_ms=10", "spread_ms=0"])
        .at(0, slow(0, 3, 900))
        .at(10, ask(P1, "say moon"))
        .at(100, ask(P2, "say no"))
        .at(200, ask(P3, "say so"))
        .at(201, slow(0, 3, 10))
        .run(1);
    assert_eq!(lane(&run, NodeId(3)), ["1.1", "2.1", "3.1"]);
    let free = by_hand("order=causal")
        .set(&["delay_ms=10", "spread_ms=0"])
        .at(0, slow(0, 2, 900))
        .at(10, ask(P1, "set 1"))
        .at(15, ask(P2, "set 2"))
        .run(1);
    assert_eq!(lane(&free, P3), ["2.1", "1.1"]);
    free.hold(&["Causal order"]);
}

/// The sequencer gives places to each sender's messages in the order of sending, and to a copy none.
#[test]
fn the_sequencer_keeps_each_senders_order_and_numbers_once() {
    let bench = by_hand("order=sequencer").at(10, ask(P2, "set 1")).at(11, ask(P2, "double"));
    let mut run = bench.start(1);
    run.double("request", 2);
    run.deliver("request", 2);
    assert_eq!(run.node::<Process>(P1).desk.places, 0);
    run.deliver("request", 1);
    assert_eq!(run.node::<Process>(P1).desk.places, 2);
    run.finish();
    assert_eq!(lane(&run, P3), ["2.1", "2.2"]);
    assert_eq!((run.node::<Process>(P1).desk.places, x(&run, P3)), (2, 2));
    run.hold(&["FIFO order", "Total order", "No duplication"]);
}

/// Rule 5 (ii): the first in the queue waits for something later from everybody, and the page is told from whom.
#[test]
fn lamports_first_waits_for_a_word_from_each() {
    let bench = by_hand("order=lamport").set(&["delay_ms=10", "spread_ms=0"]).at(10, ask(P1, "set 7"));
    let mut run = bench.start(1);
    // P2 tells P1 and P3; then P3 tells P1, which is held back, and P2.
    run.hold_back("ack", 3);
    run.finish();
    assert_eq!(lane(&run, P2), ["1.1"]);
    assert_eq!(lane(&run, P3), ["1.1"]);
    assert!(lane(&run, P1).is_empty());
    let absent = super::show::absences(run.world(), run.trace());
    let met: Vec<bool> = absent[0].conditions.iter().map(|c| c.met).collect();
    assert_eq!((absent.len(), met), (1, vec![true, false]), "{absent:?}");
}

/// The row's target: x := 1 and x := x * 2 at the same moment. Causal order lets replicas come apart, a total order does not.
#[test]
fn a_race_diverges_under_causal_order_and_agrees_under_total_order() {
    for nodes in ["nodes=2", "nodes=4", "nodes=7"] {
        let race = |order| bench(&["work=race", "count=1", nodes, order]).run(1);
        for order in &ORDERS[..3] {
            let run = race(order);
            assert!(run.number("diverged") >= 1.0, "{nodes} {order}");
            run.hold(&["Everything arrives"]);
        }
        for order in TOTAL {
            let run = race(order);
            assert_eq!(run.number("diverged"), 0.0, "{nodes} {order}");
            run.hold(&["Everything arrives"]);
            run.hold(&["FIFO order", "Causal order", "Total order", "One history"]);
        }
    }
    let run = bench(&["work=race", "count=1", "nodes=2", "order=causal"]).run(1);
    assert_eq!((x(&run, P1), x(&run, P2)), (2, 1));
}

/// A total order is causal here, too, under the widest delays, and everybody has the same x.
#[test]
fn total_orders_are_causal_too_and_replicas_agree() {
    for order in TOTAL {
        for nodes in ["nodes=2", "nodes=3", "nodes=5"] {
            for seed in 0..10 {
                let run = bench(&[order, nodes, "gap_ms=100", "count=10", "spread_ms=1000"])
                    .until_ms(15_000)
                    .run(seed);
                assert_eq!(run.all_hold(), 7, "{order} {nodes} {seed}");
                assert_eq!(lane(&run, P1), lane(&run, P2));
                assert_eq!(x(&run, P1), x(&run, P2));
            }
        }
    }
}

/// Without a sequencer nothing is delivered any more, and nobody errs; without another process its order goes on.
#[test]
fn the_sequencers_crash_stops_total_order_and_anybodys_stops_lamports() {
    let crash = |order, node| bench(&[order, "nodes=4", "gap_ms=200"]).at(1_500, Fault::crash(node)).run(2);
    let after = |run: &Trial| {
        let settled = SimTime::from_ms(2_300);
        let facts = run.trace().facts().iter();
        let late = facts.filter(|(e, t)| {
            run.trace().event(*e).time > settled && matches!(t.as_fact(), Some(Fact::Delivered { .. }))
        });
        late.count()
    };
    for (order, node, goes_on) in [
        ("order=sequencer", P1, false),
        ("order=sequencer", P3, true),
        ("order=lamport", P1, false),
        ("order=lamport", P3, false),
        ("order=causal", P1, true),
    ] {
        let run = crash(order, node);
        assert_eq!(after(&run) > 0, goes_on, "{order} {node}");
        assert!(run.pending("Everything arrives").contains("not delivered yet"));
        run.safe();
        let absent = super::show::absences(run.world(), run.trace());
        assert!(goes_on || absent.len() == 3, "{order} {node}: {absent:?}");
    }
}

/// Crash-stop: whoever is back says so, and takes nothing and nobody's requests.
#[test]
fn whoever_comes_back_stays_out() {
    let bench = by_hand("order=causal").at(10, Fault::crash(P2)).at(20, Fault::Recover { node: P2 });
    let mut run = bench.at(30, ask(P1, "set 4")).start(1);
    run.run_until(SimTime::from_ms(900));
    assert!(lane(&run, P2).is_empty());
    let refused = run.edit(ask(P2, "double")).unwrap_err();
    assert!(refused.message.contains("takes no more part"), "{refused}");
}

/// Copies, losses and messages that overtake each other: no order minds, but what is lost keeps all behind it.
#[test]
fn no_order_minds_copies_and_reordering() {
    let rough = r#"{"do":"links","set":{"duplicate_ppm":400000,"reorder_ppm":300000,"reorder_us":300000}}"#;
    for order in ORDERS {
        for seed in 0..6 {
            let run = bench(&[order, "gap_ms=150", "count=8", "nodes=4"]).at(0, fault(rough)).run(seed);
            run.hold(&["Everything arrives"]);
            assert_eq!(lane(&run, P3).len(), 32);
            run.safe();
        }
    }
}

#[test]
fn whatever_happens_no_order_is_broken() {
    for order in ORDERS {
        let waiting = bench(&[order, "gap_ms=250"]).until_ms(6_000).every_mix(0..6, Trial::safe);
        assert!(waiting > 0, "{order}");
    }
}

#[test]
fn a_crash_after_any_event_breaks_no_order() {
    for order in TOTAL {
        let small = bench(&[order, "work=race", "count=2", "gap_ms=100"]).until_ms(1_500);
        assert!(small.crash_at_each_event(1, 100, Trial::safe) > 15);
    }
}

// ------------------------------------------------------------------ searches

fn searched(settings: &[&str]) -> Explored {
    let small = bench(&["count=1"]).set(settings);
    let mut root = small.start(1);
    root.run_until(SimTime::ZERO);
    explore(&root, Bounds { states: 400_000, depth: 60, faults: Faults { crashes: 0, losses: 0, copies: 0 } })
}

/// Whatever way messages take, at small size: no order is broken.
#[test]
fn at_small_size_no_way_leads_to_a_wrong_order() {
    for settings in [
        &["work=chat", "order=fifo"][..],
        &["work=chat", "order=causal"],
        &["work=race", "order=sequencer"],
        &["work=race", "order=lamport", "nodes=2"],
    ] {
        let found = searched(settings);
        let broken = found.violation.map(|(line, ..)| line);
        assert!(broken.is_none(), "{settings:?}: {broken:?}");
        assert_eq!(found.ending, Ending::Complete, "{settings:?}: {} states", found.states);
    }
}

/// And with a rule left out, the shortest way is short.
#[test]
fn the_shortest_way_to_a_wrong_order() {
    for (mutant, order, work, breaks) in [
        ("mutant=no-wait", "order=causal", "work=chat", "Causal order"),
        ("mutant=merges-early", "order=causal", "work=chat", "Causal order"),
        ("mutant=lonely-stamp", "order=causal", "work=chat", "Causal order"),
        ("mutant=no-acks", "order=lamport", "work=race", "Total order"),
        ("mutant=ties", "order=lamport", "work=race", "Total order"),
    ] {
        let found = searched(&[mutant, order, work]);
        let (line, way, _) = found.violation.unwrap_or_else(|| panic!("{mutant} is not found"));
        assert!([breaks, "One history"].contains(&line.name), "{mutant}: {}", line.name);
        assert!(way.len() <= 14, "{mutant}: {} moves", way.len());
    }
}
