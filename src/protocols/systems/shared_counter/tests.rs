//! Tests of the shared counter. Its formulas are published with its gauges.

use super::{CELL, ENTRY, Fact, Node};
use crate::check::Verdict;
use crate::check::faultmix::Mix;
use crate::check::search::{Bounds, Ending, Faults, explore};
use crate::kit::bench::{Bench, Trial, down, fault};
use crate::sim::{Fault, NodeId, SimTime, Span, Status};

const N2: NodeId = NodeId(1);
const N3: NodeId = NodeId(2);
const COMMUTING: [&str; 2] = ["carries=increments", "carries=vectors"];
const OVERWRITING: [&str; 2] = ["carries=totals", "carries=one-cell"];

fn bench(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings)
}

/// A bench on which nodes do what they are asked to.
fn by_hand(settings: &[&str]) -> Bench {
    bench(&["work=by-hand", "read_ms=0", "again_ms=0"]).set(settings).until_ms(5_000)
}

fn ask(run: &mut Trial, node: NodeId, request: &str) {
    run.fault(Fault::Request { node, request: request.to_owned() });
}

fn later(run: &mut Trial, ms: u64) {
    let at = run.time() + Span::ms(ms);
    run.run_until(at);
}

fn shows(run: &Trial) -> Vec<u64> {
    run.world().node_ids().map(|n| run.node::<Node>(n).kept.copy).collect()
}

/// The row's first target: whenever a message takes time, some reading is old. Where it takes none, none is.
#[test]
fn with_a_delay_some_reading_is_old_and_without_none() {
    for carries in COMMUTING {
        for seed in 0..20 {
            let run = |delay| bench(&[carries, delay, "count=20", "read_ms=50"]).run(seed);
            let old = |run: Trial| {
                run.trace().facts().iter().any(|(e, told)| {
                    let Some(Fact::Read { value, .. }) = told.as_fact::<Fact>() else { return false };
                    let before = run.trace().facts().iter().filter(|(at, _)| at < e);
                    let made = before
                        .filter(|(_, t)| matches!(t.as_fact::<Fact>(), Some(Fact::Counted { .. })))
                        .count();
                    *value < made as u64
                })
            };
            assert!(old(run("delay_ms=100")), "{carries} {seed}");
            assert!(!old(run("delay_ms=0")), "{carries} {seed}");
        }
    }
}

/// The row's second target: when all is quiet, all copies show the sum if messages carry increments or vectors, however often nodes
/// count and however messages overtake each other.
#[test]
fn increments_and_vectors_come_to_the_sum() {
    for carries in COMMUTING {
        for (nodes, gap) in [(2, 10), (3, 100), (5, 400), (8, 50)] {
            for work in ["work=random", "work=together"] {
                let settings =
                    [carries, work, &format!("nodes={nodes}"), &format!("gap_ms={gap}"), "spread_ms=300"];
                for seed in 0..10 {
                    let run = bench(&settings).run(seed);
                    assert_eq!(shows(&run), vec![5 * nodes; nodes as usize], "{settings:?} {seed}");
                    assert_eq!(run.all_hold(), 4);
                }
            }
        }
    }
}

/// Totals do not: all send the same, and all agree on what is wrong.
#[test]
fn totals_that_cross_are_one_increment() {
    for n in 2..=8_u64 {
        let run = bench(&["carries=totals", "work=together", "count=4", &format!("nodes={n}")]).run(1);
        assert_eq!(shows(&run), vec![4; n as usize]);
        let broken = run.broken("No lost increment");
        assert!(broken.why.contains("did not know of it"), "{}", broken.why);
        assert!(broken.assumption.starts_with("nobody counts between"), "{}", broken.assumption);
        assert!(broken.witness.len() <= 3);
        let waits = run.pending("Convergence");
        assert!(
            waits.contains(&format!("{} increments were made, and 0 of {n} copies show that", 4 * n)),
            "{waits}"
        );
    }
}

/// One after the other they lose nothing: what totals and the cell rest on is that nobody counts meanwhile.
#[test]
fn who_counts_when_all_is_quiet_loses_nothing() {
    for carries in OVERWRITING {
        for seed in 0..10 {
            let mut run = by_hand(&[carries, "spread_ms=100"]).start(seed);
            for k in 0..9 {
                ask(&mut run, NodeId(k % 3), "count");
                later(&mut run, 1_000);
            }
            assert_eq!(shows(&run)[0], 9, "{carries}");
            run.hold(&["No lost increment", "Counted once", "Convergence"]);
        }
    }
}

/// The lost update: N2 and N3 read 0 and write 1. Had N3 read after N2's writing came, it would be 2.
#[test]
fn two_that_read_the_same_number_write_the_same() {
    for (apart, sum) in [(0, 1), (150, 1), (250, 2)] {
        let mut run = by_hand(&["carries=one-cell"]).start(1);
        ask(&mut run, N2, "count");
        if apart > 0 {
            later(&mut run, apart);
        }
        ask(&mut run, N3, "count");
        run.finish();
        assert_eq!(run.node::<Node>(CELL).kept.copy, sum, "{apart}");
        assert_eq!(run.breaks("No lost increment"), sum == 1, "{apart}");
    }
}

/// An increment that is lost is lost; with vectors the next message makes it good, or the same one again.
#[test]
fn what_is_lost_is_made_good_by_vectors_alone() {
    for (settings, kind, heals) in [
        (&["carries=increments"][..], "increment", false),
        (&["carries=vectors"], "vector", false),
        (&["carries=vectors", "again_ms=500"], "vector", true),
    ] {
        let mut run = by_hand(settings).start(1);
        ask(&mut run, CELL, "count");
        run.lose(kind, 1);
        run.finish();
        assert_eq!(shows(&run), if heals { [1, 1, 1] } else { [1, 0, 1] }, "{settings:?}");
        if heals {
            run.hold(&["Convergence"]);
        } else {
            let waits = run.line("Convergence").verdict;
            assert!(
                matches!(&waits, Verdict::Pending { why } if why.contains("no message is lost")),
                "{waits:?}"
            );
            let said = ENTRY.absences.unwrap()(run.world(), run.trace());
            assert_eq!(said.len(), 1);
            assert_eq!(said[0].what, "the copy of N2 shows 0 of 1 increments");
            assert!(said[0].conditions[0].says.ends_with("of N1 have come: 0 of 1"));
        }
        if kind == "vector" {
            ask(&mut run, CELL, "count");
            later(&mut run, 200);
            assert_eq!(shows(&run), [2, 2, 2]);
        }
    }
}

/// Twice the same is once the same: by memory with increments, by itself with vectors.
#[test]
fn a_second_copy_changes_nothing() {
    for (carries, kind) in [("increments", "increment"), ("vectors", "vector"), ("totals", "total")] {
        let mut run = by_hand(&[&format!("carries={carries}")]).start(1);
        ask(&mut run, CELL, "count");
        run.double(kind, 1);
        run.double(kind, 2);
        run.finish();
        assert_eq!(shows(&run), [1, 1, 1]);
        assert!(run.all_hold() >= 3);
    }
}

/// A G-Counter's merge: the larger number in each place, whatever has come before (Specification 6).
#[test]
fn vectors_merge_by_the_larger_number() {
    let mut run = by_hand(&["carries=vectors", "nodes=2"]).start(1);
    for (node, times) in [(CELL, 3), (N2, 2)] {
        for _ in 0..times {
            later(&mut run, 1);
            ask(&mut run, node, "count");
        }
    }
    // The last vector of N1 overtakes the two before it.
    run.deliver("vector", 3);
    assert_eq!(run.node::<Node>(N2).kept.places.0, [3, 2]);
    run.finish();
    assert_eq!(run.node::<Node>(N2).kept.places.to_string(), "[3 2]");
    assert_eq!((shows(&run), run.all_hold()), (vec![5, 5], 4));
}

/// Who was down has kept its copy; what was sent to it meanwhile is lost, and made good by vectors.
#[test]
fn a_copy_survives_a_crash() {
    for carries in COMMUTING {
        for seed in 0..10 {
            let run = bench(&[carries]).edits(down(N2, 600, 1_400)).run(seed);
            run.safe();
            let lost = run.number("missing") != 0.0 || shows(&run).iter().any(|&n| n != shows(&run)[0]);
            assert!(carries == "carries=increments" || !lost, "{seed}");
            assert!(!lost || run.pending("Convergence").contains("copies show that"), "{seed}");
        }
        let runs = bench(&[carries, "count=2"]).until_ms(4_000).crash_at_each_event(1, 150, Trial::safe);
        assert!(runs > 20);
    }
}

/// Clocks differ, and nothing that is counted goes by them.
#[test]
fn clocks_of_their_own_change_nothing() {
    let alike = bench(&["clocks_ms=0"]).run(3);
    let apart = bench(&["clocks_ms=60000"]).run(3);
    let clocks: Vec<i64> = apart.world().node_ids().map(|n| apart.world().clock(n).offset_us).collect();
    assert!(clocks[0] != clocks[1] && clocks[1] != clocks[2], "{clocks:?}");
    assert_eq!((shows(&alike), alike.time()), (shows(&apart), apart.time()));
    assert_eq!(alike.number("behind"), apart.number("behind"));
}

/// A liar is named.
#[test]
fn a_liar_is_named() {
    let lie = fault(r#"{"do":"byzantine","node":0,"rules":[{"act":"lie"}]}"#);
    for carries in COMMUTING {
        for seed in 0..10 {
            let run = bench(&[carries]).at(1, lie.clone()).run(seed);
            let broken = run.broken("Counted once");
            assert!(broken.assumption.contains("N1 lies"), "{broken:?}");
        }
    }
}

/// Whatever goes wrong, increments and vectors lose nothing and count nothing twice. Vectors that are sent again come to the sum when
/// it is over.
#[test]
fn no_mix_of_faults_breaks_a_promise() {
    for settings in
        [&["carries=increments"][..], &["carries=vectors"], &["carries=vectors", "spread_ms=200", "nodes=5"]]
    {
        bench(settings).set(&["gap_ms=1000"]).every_mix(0..60, Trial::safe);
    }
    for mix in [Mix::None, Mix::Lossy, Mix::Partition, Mix::Crash] {
        for seed in 0..40 {
            let run = bench(&["carries=vectors", "gap_ms=1000"]).mixed(mix, seed);
            let all_up = run.world().node_ids().all(|n| run.world().status(n) == Status::Up);
            assert!(all_up, "{mix:?} {seed}");
            run.hold(&["Convergence"]);
        }
    }
    // What overwrites breaks nothing but what rests on nobody counting meanwhile.
    for carries in OVERWRITING {
        bench(&[carries, "gap_ms=1000"]).every_mix(0..40, |run| {
            assert!(!run.breaks("Counted once"));
            if run.breaks("No lost increment") {
                let assumption = run.broken("No lost increment").assumption;
                assert!(assumption.starts_with("nobody counts between"), "{assumption}");
            }
        });
    }
}

/// All orders in which two nodes count and their messages come, with one of these lost, one doubled, and one crash: no copy loses what
/// it had, and none counts anything twice. Totals and the cell lose something in a few moves.
#[test]
fn the_search_finds_no_order_in_which_something_is_lost() {
    let root = |settings: &[&str]| {
        let mut root = bench(&["nodes=2", "work=together", "read_ms=0", "again_ms=0"]).set(settings).start(1);
        root.run_until(SimTime::ZERO);
        root
    };
    let bounds = |crashes, copies| Bounds {
        states: 400_000,
        depth: 80,
        faults: Faults { crashes, losses: 1, copies },
    };
    for carries in COMMUTING {
        for (count, bounds) in [("count=2", bounds(0, 1)), ("count=1", bounds(1, 1))] {
            let found = explore(&root(&[carries, count]), bounds);
            println!("{carries} {count}: {} states, {:?}, {:?}", found.states, found.ending, found.left_out);
            assert!(found.violation.is_none(), "{carries}");
            assert_eq!(found.ending, Ending::Complete, "{carries} {count}: {} states", found.states);
        }
    }
    for (carries, moves) in [("carries=totals", 3), ("carries=one-cell", 5)] {
        let found = explore(&root(&[carries, "count=1"]), bounds(0, 0));
        let (line, way, _) = found.violation.unwrap();
        assert_eq!(line.name, "No lost increment");
        println!("{carries}: {way:?}");
        assert!(way.len() <= moves, "{carries}: {way:?}");
    }
}
