//! Tests of discovery. Its formulas are published with its gauges.

use super::{Config, ENTRY, Fact, Node, Role};
use crate::check::Verdict;
use crate::check::search::{Bounds, Faults, explore};
use crate::kit::bench::{Bench, Trial, down, fault};
use crate::sim::{Fault, NodeId, SimTime, Span, Timing};

const REGISTRY: NodeId = NodeId(0);
const A: NodeId = NodeId(1);
const B: NodeId = NodeId(2);
const C3: NodeId = NodeId(5);
const WAYS: [&str; 3] = ["way=registry", "way=multicast", "way=gossip"];

fn bench(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings)
}

fn ask(run: &mut Trial, node: NodeId, request: &str) {
    run.fault(Fault::Request { node, request: request.to_owned() });
}

fn later(run: &mut Trial, ms: u64) {
    let at = run.time() + Span::ms(ms);
    run.run_until(at);
}

fn probe(run: &Trial, id: &str) -> i64 {
    let probe = ENTRY.probes.iter().find(|p| p.id == id).unwrap();
    (probe.read)(run.world(), run.trace()).unwrap()
}

/// When calls were made of this host, in milliseconds.
fn called(run: &Trial, host: NodeId) -> Vec<f64> {
    let told = run.trace().facts().iter();
    let calls = told.filter(|(_, t)| t.as_fact::<Fact>() == Some(&Fact::Called { host }));
    calls.map(|(e, _)| run.trace().event(*e).time.us() as f64 / 1_000.0).collect()
}

/// The row's first target: the last call of the old address comes within a time to live after the move, and two messages; with
/// announcements within one message. And sometimes nearly as late.
#[test]
fn the_stale_window_is_a_time_to_live_and_what_is_on_its_way() {
    for (ttl, way, window) in [
        (500, "registry", 540.0),
        (1_000, "registry", 1_040.0),
        (3_000, "registry", 3_040.0),
        (1_000, "multicast", 20.0),
    ] {
        let settings = [&format!("way={way}")[..], &format!("ttl_ms={ttl}"), "calls_ms=50", "callers=8"];
        let mut latest = 0.0_f64;
        for seed in 0..30 {
            // At whatever moment of a caller's round.
            let at = 3_000 + 37 * seed;
            let run = bench(&settings).set(&[&format!("moves_ms={at}")]).run(seed);
            let host = if way == "registry" { A } else { NodeId(0) };
            let last = called(&run, host).into_iter().fold(0.0, f64::max) - at as f64;
            assert!(last <= window, "{settings:?} {seed}: {last}");
            latest = latest.max(last);
            assert_eq!((probe(&run, "stale-callers"), run.all_hold()), (0, 4));
            assert!(probe(&run, "right-callers") > 0);
        }
        assert!(latest > 0.8 * window, "{settings:?}: {latest}");
    }
}

/// Nobody takes over: the lease runs out at the registry, and what was looked up just before lives on.
#[test]
fn without_a_successor_the_lease_comes_on_top() {
    for seed in 0..30 {
        let run = bench(&["leaves=ends", "calls_ms=50"]).run(seed);
        let last = called(&run, A).into_iter().fold(0.0, f64::max) - 3_000.0;
        assert!((500.0..=2_540.0).contains(&last), "{seed}: {last}");
        run.safe();
        assert!(run.line("Found again").verdict != Verdict::Holding);
    }
}

/// The row's second target: callers that have an address go on, and one that has just booted finds none.
#[test]
fn while_the_registry_is_down_the_known_is_called_and_the_new_is_not_found() {
    for seed in 0..20 {
        let mut run = bench(&["moves_ms=0", "ttl_ms=5000"]).start(seed);
        later(&mut run, 2_000);
        assert_eq!(probe(&run, "right-callers"), 3);
        run.fault(Fault::crash(REGISTRY));
        run.fault(Fault::crash(C3));
        run.fault(Fault::Recover { node: C3 });
        let before = called(&run, A).len();
        later(&mut run, 2_000);
        assert_eq!(probe(&run, "right-callers"), 2);
        assert!(called(&run, A).len() > before && run.number("dead_percent") == 0.0);
        assert!(run.number("unknown") > 0.0);
        run.fault(Fault::Recover { node: REGISTRY });
        later(&mut run, 4_000);
        assert_eq!(probe(&run, "right-callers"), 3);
        run.hold(&["Found again", "Stale window"]);
    }
}

/// Where nobody is asked, nobody has to be up but the two.
#[test]
fn who_boots_is_told_by_who_serves() {
    for way in ["way=multicast", "way=gossip"] {
        for seed in 0..20 {
            let run = bench(&[way, "moves_ms=0"]).edits(down(NodeId(4), 2_000, 2_100)).run(seed);
            assert_eq!(probe(&run, "right-callers"), 3, "{way} {seed}");
            assert_eq!(run.all_hold(), if way == "way=gossip" { 3 } else { 4 });
        }
    }
}

/// Who says that it goes is forgotten by the registry at once, not by those who have asked it.
#[test]
fn a_farewell_reaches_whom_it_is_sent_to() {
    let mut run = bench(&["leaves=farewell", "ttl_ms=5000"]).start(1);
    run.run_until(SimTime::from_ms(3_050));
    let Role::Registry(entry) = &run.node::<Node>(REGISTRY).role else { panic!() };
    assert_eq!(entry.unwrap().0.host, B);
    assert_eq!(probe(&run, "stale-callers"), 3);
    let mut run = bench(&["leaves=farewell", "way=multicast"]).start(1);
    run.run_until(SimTime::from_ms(3_050));
    assert_eq!((probe(&run, "stale-callers"), probe(&run, "right-callers")), (0, 3));
}

/// With eviction a caller fails once, and a call that was on its way meanwhile.
#[test]
fn a_refusal_is_news() {
    let mean = |evicts| bench(&["calls_ms=100", evicts]).mean_of("dead_calls", 0..30).mean;
    assert!(mean("evicts=true") < 2.0 && mean("evicts=false") > 3.0);
}

/// What is overtaken is not taken for newer: the address that started last counts.
#[test]
fn an_older_announcement_that_comes_later_is_left() {
    let unbounded = bench(&["way=multicast", "moves_ms=0"]).changed(|s| s.timing = Timing::Asynchronous);
    let mut run = unbounded.start(1);
    later(&mut run, 1_900);
    run.hold_back("announce", 16);
    ask(&mut run, NodeId(0), "stop silently");
    ask(&mut run, NodeId(1), "start");
    later(&mut run, 40);
    run.deliver("announce", 16);
    assert_eq!(probe(&run, "right-callers"), 3);
    run.hold(&["Newest address"]);
}

/// SWIM, section 4.2: who hears itself called failed says otherwise, and is believed.
#[test]
fn who_is_alive_refutes_its_failure() {
    for seed in 0..20 {
        let run = bench(&["way=gossip", "moves_ms=0"]).edits(down(NodeId(0), 1_000, 4_000)).run(seed);
        let told = run.trace().facts().iter();
        assert!(told.filter(|(_, t)| matches!(t.as_fact::<Fact>(), Some(Fact::Declared { .. }))).count() > 0);
        assert_eq!(probe(&run, "right-callers"), 3, "{seed}");
        run.hold(&["Found again"]);
    }
}

/// Pings are answered in time, or by way of others: while all live and links are well nobody is called failed.
#[test]
fn nobody_is_called_failed_while_all_live() {
    for seed in 0..20 {
        let run = bench(&["way=gossip", "callers=8"]).run(seed);
        let told = run.trace().facts().iter();
        assert_eq!(
            told.filter(|(_, t)| matches!(t.as_fact::<Fact>(), Some(Fact::Declared { .. }))).count(),
            0
        );
        // One link between two members is cut: the others help (section 3.1).
        let cut = fault(r#"{"do":"link","from":2,"to":3,"set":{"cut":true}}"#);
        let run = bench(&["way=gossip", "callers=8"]).at(500, cut).run(seed);
        let told = run.trace().facts().iter();
        assert_eq!(
            told.filter(|(_, t)| matches!(t.as_fact::<Fact>(), Some(Fact::Declared { .. }))).count(),
            0
        );
    }
}

/// A liar is named.
#[test]
fn a_liar_is_named() {
    let lie = fault(r#"{"do":"byzantine","node":0,"rules":[{"act":"lie"}]}"#);
    for way in ["way=registry", "way=multicast"] {
        for seed in 0..10 {
            let broken = bench(&[way]).at(1, lie.clone()).run(seed).broken("No creation");
            assert!(broken.why.contains(" has an address at Host A since "), "{}", broken.why);
            assert!(broken.assumption.contains(if way == "way=registry" {
                "Registry lies"
            } else {
                "Host A lies"
            }));
        }
    }
}

/// In each way hosts and callers stand elsewhere; what is said of them says their names.
#[test]
fn sentences_call_nodes_by_their_names() {
    for way in ["way=registry", "way=multicast", "way=gossip"] {
        let run = bench(&[way, "leaves=dies"]).run(3);
        let notes: Vec<&str> = run.trace().notes().iter().map(|(_, note)| &**note).collect();
        assert!(notes.iter().all(|note| !note.contains("node ")), "{way}: {notes:?}");
        assert!(notes.contains(&"hears of Host A") && notes.contains(&"hears of Host B"), "{way}: {notes:?}");
        assert_eq!(notes.contains(&"calls Host A failed"), way == "way=gossip", "{way}");
        for node in run.world().node_ids() {
            let named = Config::of(bench(&[way]).params()).name(node);
            assert_eq!(named, run.world().name(node), "{way}");
        }
    }
}

/// Whatever goes wrong, what breaks breaks for what the world has done.
#[test]
fn no_mix_of_faults_breaks_a_promise_by_itself() {
    for way in WAYS {
        for leaves in ["leaves=silent", "leaves=farewell", "leaves=dies", "leaves=ends"] {
            bench(&[way, leaves, "spread_ms=20", "beat_ms=600"]).every_mix(0..30, |run| {
                assert!(!run.breaks("No creation") && !run.breaks("Newest address"));
                if way != "way=gossip" && run.breaks("Stale window") {
                    let assumption = run.broken("Stale window").assumption;
                    assert!(assumption.starts_with("it is assumed"), "{assumption}");
                }
            });
        }
    }
}

/// A crash of whom you like after each event: no promise breaks.
#[test]
fn a_crash_after_each_event_breaks_nothing() {
    for way in WAYS {
        let small = bench(&[way, "callers=1", "moves_ms=600", "beat_ms=300", "ttl_ms=300"]).until_ms(1_500);
        assert!(small.crash_at_each_event(1, 150, Trial::safe) > 20);
    }
}

/// No way of a small world that the search comes to breaks a promise.
#[test]
fn the_search_finds_nothing() {
    for way in WAYS {
        let mut root = bench(&[way, "callers=1", "calls_ms=0", "moves_ms=100"]).start(1);
        root.run_until(SimTime::ZERO);
        let faults = Faults { crashes: 1, losses: 1, copies: 0 };
        let found = explore(&root, Bounds { states: 1_500, depth: 40, faults });
        assert!(found.violation.is_none(), "{way}: {:?}", found.ending);
    }
}
