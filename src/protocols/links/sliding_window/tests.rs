//! Tests of the sliding window. How much of the link it uses is published with its gauges.

use super::{ENTRY, Fact, RECEIVER, SENDER};
use crate::check::search::{Bounds, Ending, Explored, Faults, explore};
use crate::kit::bench::{Bench, Trial, fault};
use crate::sim::{Fault, SimTime};

fn bench(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings)
}

/// What was handed over, in that order.
fn handed(run: &Trial) -> Vec<u64> {
    let told = run.trace().facts().iter();
    let items = told.filter_map(|(_, t)| match t.as_fact::<Fact>()? {
        Fact::Delivered { item, .. } => Some(*item),
        _ => None,
    });
    items.collect()
}

/// The row's target: 2-bit numbers, window 3, selective repeat. Three come, their acknowledgements do not, and the first, sent again, is taken for
/// the fifth. With a window of 2 the same schedule does no harm.
#[test]
fn three_of_four_numbers_let_an_old_packet_pass_for_a_new_one() {
    let run = |window: &str, acks: usize| {
        let mut run = bench(&["loss_percent=0", window]).start(1);
        (1..=acks).for_each(|ack| run.lose("ack", ack));
        run.finish();
        run
    };
    let wrong = run("window=3", 3);
    assert_eq!(handed(&wrong)[..6], [1, 2, 3, 4, 1, 2]);
    let broken = wrong.broken("Right packet");
    assert!(broken.witness.len() <= 12 && broken.assumption.contains("no wider"), "{broken:?}");
    let right = run("window=2", 2);
    assert_eq!(handed(&right), (1..=12).collect::<Vec<u64>>());
    assert_eq!(right.all_hold(), 2);
}

/// Under any loss both variants hand over all, in order, with the widest window that their numbers allow.
#[test]
fn the_widest_windows_lose_and_confuse_nothing() {
    for (variant, bits, window) in [
        ("selective", 1, 1),
        ("selective", 2, 2),
        ("selective", 3, 4),
        ("selective", 4, 8),
        ("go-back-n", 1, 1),
        ("go-back-n", 2, 3),
        ("go-back-n", 3, 7),
    ] {
        let (variant, bits, window) =
            (format!("variant={variant}"), format!("bits={bits}"), format!("window={window}"));
        for loss in ["loss_percent=5", "loss_percent=40"] {
            for seed in 0..15 {
                let run = bench(&[&variant, &bits, &window, loss]).until_ms(120_000).run(seed);
                assert_eq!(handed(&run), (1..=12).collect::<Vec<u64>>(), "{variant} {bits} {window} {seed}");
                assert_eq!(run.all_hold(), 2);
            }
        }
    }
}

/// One wider, and some schedule confuses packets: seeds find it, under loss.
#[test]
fn one_wider_confuses_packets() {
    for (variant, bits, window) in
        [("selective", 2, 3), ("selective", 3, 5), ("go-back-n", 2, 4), ("go-back-n", 1, 2)]
    {
        let (variant, bits, window) =
            (format!("variant={variant}"), format!("bits={bits}"), format!("window={window}"));
        let found = (0..200).any(|seed| {
            let run = bench(&[&variant, &bits, &window, "loss_percent=40", "count=40"]).run(seed);
            run.breaks("Right packet")
        });
        assert!(found, "{variant} {bits} {window}");
    }
}

/// Go-back-n sends everything again from the missing one on; selective repeat that one alone.
#[test]
fn one_loss_costs_one_packet_or_all_behind_it() {
    let again = |settings: &[&str]| {
        let mut run = bench(&["loss_percent=0", "bits=3", "window=4", "count=4"]).set(settings).start(1);
        run.lose("packet", 2);
        run.finish();
        assert_eq!(handed(&run), [1, 2, 3, 4]);
        run.number("again")
    };
    assert_eq!(again(&["variant=selective"]), 1.0);
    assert_eq!(again(&["variant=go-back-n"]), 3.0);
}

#[test]
fn whatever_happens_what_breaks_is_the_worlds() {
    for settings in [&["variant=selective"][..], &["variant=go-back-n", "window=3"], &["fifo=off"]] {
        let bench = bench(settings).set(&["count=40"]).until_ms(9_000);
        let waiting = bench.every_mix(0..8, |run| {
            if run.breaks("Right packet") {
                let broken = run.broken("Right packet");
                assert!(broken.assumption.starts_with("it is assumed"), "{settings:?} {broken:?}");
            }
        });
        assert!(waiting > 0, "{settings:?}");
    }
}

/// An old packet that has waited for the numbers to come round is taken for a new one: here by hand, as a slow way would have it.
#[test]
fn an_old_packet_that_comes_late_is_taken_for_a_new_one() {
    let mut run = bench(&["loss_percent=0"]).start(1);
    run.hold_back("packet", 1);
    // It is sent again, and the numbers come round: 0, 1, 2, 3.
    while handed(&run).len() < 4 {
        assert!(run.step());
    }
    let before = handed(&run).len();
    run.deliver("packet", 1);
    assert_eq!(handed(&run)[before], 1);
    let broken = run.broken("Right packet");
    assert!(broken.assumption.contains("keep the order of sending"), "{broken:?}");
}

#[test]
fn a_window_wider_than_the_numbers_is_refused_and_a_loss_of_all_is_said() {
    let refused = bench(&["bits=2", "window=5"]).build(1).err().map(|r| r.code);
    assert_eq!(refused, Some("window-too-wide"));
    let cut = bench(&["loss_percent=0"])
        .at(0, fault(r#"{"do":"links","set":{"cut":true}}"#))
        .until_ms(5_000)
        .run(1);
    assert!(cut.pending("Everything arrives").contains("links are fair"));
    let mut over = bench(&["loss_percent=0"]).run(1);
    let again = Fault::Request { node: SENDER, request: "again".to_owned() };
    assert!(over.edit(again).unwrap_err().message.contains("is acknowledged"));
    over.fault(Fault::crash(RECEIVER));
}

// ------------------------------------------------------------------ searches

/// Timers never run out in one moment here: the link is free at even tens of milliseconds, and patience ends at odd ones.
fn searched(settings: &[&str], losses: u8) -> Explored {
    let small = bench(&["loss_percent=0", "tries=2", "timeout_ms=30"]).set(settings);
    let mut root = small.start(1);
    root.run_until(SimTime::ZERO);
    let faults = Faults { crashes: 0, losses, copies: 0 };
    explore(&root, Bounds { states: 600_000, depth: 80, faults })
}

/// Half of the numbers, over links that lose and keep the order: no schedule confuses two packets.
#[test]
fn with_half_of_the_numbers_no_schedule_confuses_packets() {
    for settings in [
        &["bits=1", "window=1", "count=4"][..],
        &["bits=2", "window=2", "count=5"],
        &["variant=go-back-n", "bits=1", "window=1", "count=4"],
        &["variant=go-back-n", "bits=2", "window=3", "count=5"],
    ] {
        let found = searched(settings, 3);
        let broken = found.violation.map(|(line, ..)| line);
        assert!(broken.is_none(), "{settings:?}: {broken:?}");
        assert_eq!(found.ending, Ending::Complete, "{settings:?}: {} states", found.states);
    }
}

/// One more, or links that let packets overtake each other: the shortest schedule that does.
#[test]
fn the_shortest_schedules_that_confuse_packets() {
    for (settings, losses) in [
        (&["bits=2", "window=3", "count=5"][..], 3),
        (&["bits=1", "window=2", "count=3"], 2),
        (&["bits=1", "window=1", "count=4", "fifo=off"], 0),
        (&["bits=2", "window=2", "count=5", "fifo=off"], 0),
        (&["variant=go-back-n", "bits=2", "window=4", "count=5"], 2),
        (&["variant=go-back-n", "bits=1", "window=1", "count=4", "fifo=off"], 0),
    ] {
        let found = searched(settings, losses);
        let (line, way, _) = found.violation.unwrap_or_else(|| {
            panic!("{settings:?}: {} states, {:?}, {:?}", found.states, found.ending, found.left_out)
        });
        assert_eq!(line.name, "Right packet", "{settings:?}");
        assert!(way.len() <= 30, "{settings:?}: {} moves", way.len());
    }
}
