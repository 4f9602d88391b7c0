//! Tests of snapshots. What they cost, and how often reading everyone now is wrong, is published with the gauges.

use super::{ENTRY, Fact, OPENED, Process};
use crate::check::search::{Bounds, Ending, Explored, Faults, explore};
use crate::kit::bench::{Bench, Trial, fault};
use crate::sim::{Fault, NodeId, SimTime};

const P1: NodeId = NodeId(0);
const P2: NodeId = NodeId(1);
const P3: NodeId = NodeId(2);

const SAFETY: [&str; 3] = ["Consistent cut", "Channels as they were", "Recorded total"];

fn bench(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings).until_ms(5_000)
}

/// Nothing happens by itself, and messages take 50 ms.
fn by_hand(settings: &[&str]) -> Bench {
    bench(&["work=by-hand", "snapshots=0", "delay_ms=50", "spread_ms=0"]).set(settings)
}

fn ask(node: NodeId, request: &str) -> Fault {
    Fault::Request { node, request: request.to_owned() }
}

/// What was counted, in order: by whom, and how much.
fn counted(run: &Trial) -> Vec<(u16, i64)> {
    let told = run.trace().facts().iter();
    let sums = told.filter_map(|(_, t)| match t.as_fact::<Fact>()? {
        Fact::Counted { sum, .. } => Some((t.node.0, *sum)),
        _ => None,
    });
    sums.collect()
}

/// Accounts, and channels that were not empty: receiver, sender, amount.
type Pieces = (Vec<(u16, i64)>, Vec<(u16, u16, i64)>);

/// What was recorded.
fn pieces(run: &Trial) -> Pieces {
    let told = || run.trace().facts().iter();
    let accounts = told().filter_map(|(_, t)| match t.as_fact::<Fact>()? {
        Fact::Recorded { balance, .. } => Some((t.node.0, *balance)),
        _ => None,
    });
    let channels = told().filter_map(|(_, t)| match t.as_fact::<Fact>()? {
        Fact::Closed { from, amount, .. } if *amount > 0 => Some((t.node.0, from.0, *amount)),
        _ => None,
    });
    (accounts.collect(), channels.collect())
}

/// The way from `from` to `to` takes so long.
fn slow(from: u16, to: u16, ms: u64) -> Fault {
    let us = ms * 1_000;
    let delay = format!(r#"{{"delay":{{"kind":"constant","us":{us}}}}}"#);
    fault(&format!(r#"{{"do":"link","from":{from},"to":{to},"set":{delay}}}"#))
}

// ------------------------------------------------------------------ a rule of the papers each

/// The single token of section 2, with two processes: it is in an account or in a channel, and in one of them alone.
#[test]
fn the_token_is_in_one_place_wherever_the_snapshot_begins() {
    for (at, accounts, channel) in [
        // Before it is sent; while it is on its way to P2; when it is there.
        (5, vec![(0, 100), (1, 100)], None),
        (30, vec![(0, 60), (1, 140)], None),
        (90, vec![(0, 60), (1, 140)], None),
    ] {
        let run = by_hand(&["nodes=2"]).at(10, ask(P1, "pay 1 40")).at(at, ask(P1, "snapshot")).run(1);
        assert_eq!(pieces(&run), (accounts, channel.into_iter().collect()), "{at}");
        assert_eq!(counted(&run), [(0, 200)]);
        run.hold(&SAFETY);
    }
    // P2 begins while it is on its way: P2 records 100, and the channel has 40.
    let run = by_hand(&["nodes=2"]).at(10, ask(P1, "pay 1 40")).at(30, ask(P2, "snapshot")).run(1);
    assert_eq!(pieces(&run), (vec![(1, 100), (0, 60)], vec![(1, 0, 40)]));
    assert_eq!(counted(&run), [(1, 200)]);
}

/// The marker-receiving rule: the channel of the first marker is empty, the others are recorded up to theirs.
#[test]
fn a_channel_is_recorded_from_the_own_record_to_its_marker() {
    // P2 hears of it late; before that P2 pays P3, which has recorded by then, and after that once more.
    let run = by_hand(&[])
        .at(0, slow(0, 1, 100))
        .at(100, ask(P1, "snapshot"))
        .at(140, ask(P2, "pay 2 5"))
        .at(210, ask(P2, "pay 2 7"))
        .run(1);
    // P3's marker is at P2 at 200 ms, as is P1's.
    assert_eq!(pieces(&run), (vec![(0, 100), (2, 100), (1, 95)], vec![(2, 1, 5)]));
    assert_eq!(counted(&run), [(0, 300)]);
    run.hold(&SAFETY);
}

/// Several may begin the same one (section 3.2): it takes no more markers, and both count the same.
#[test]
fn two_that_begin_at_once_have_one_snapshot() {
    for nodes in ["nodes=2", "nodes=3", "nodes=5"] {
        let run = by_hand(&[nodes, "work=random", "gap_ms=50"])
            .at(1_000, ask(P1, "snapshot"))
            .at(1_010, ask(P2, "snapshot"))
            .run(3);
        let n = f64::from(run.world().node_count() as u16);
        let total = run.world().node_count() as i64 * OPENED;
        let mut sums = counted(&run);
        sums.sort_unstable();
        assert_eq!(sums, [(0, total), (1, total)]);
        assert_eq!(run.number("markers"), n * (n - 1.0));
        run.hold(&SAFETY);
    }
}

/// Snapshots that overlap are kept apart.
#[test]
fn snapshots_may_overlap() {
    for algorithm in ["algorithm=markers", "algorithm=colours"] {
        let run = bench(&[algorithm, "nodes=5", "every_ms=100", "snapshots=20", "delay_ms=200", "gap_ms=40"])
            .run(1);
        assert_eq!(counted(&run), [(0, 500); 20], "{algorithm}");
        assert_eq!(run.all_hold(), 4);
    }
}

/// What a marker does where a payment overtakes it: it is recorded as received, and not as sent; £30 are there twice. Colours hold.
fn overtaken(settings: &[&str]) -> Trial {
    by_hand(settings)
        .at(0, slow(0, 1, 400))
        .at(100, ask(P1, "snapshot"))
        .at(110, slow(0, 1, 20))
        .at(120, ask(P1, "pay 1 30"))
        .run(1)
}

#[test]
fn a_payment_that_overtakes_a_marker_is_counted_twice() {
    let run = overtaken(&["fifo=off"]);
    assert_eq!(counted(&run), [(0, 330)]);
    let broken = run.broken("Consistent cut");
    assert!(broken.assumption.contains("keep the order of sending"), "{broken:?}");
    assert!(broken.why.contains("P2 has recorded payment 1 of P1 as received"), "{broken:?}");
    assert!(run.breaks("Channels as they were") || run.breaks("Recorded total"));
    run.hold(&["Every snapshot ends"]);
    for settings in [&["algorithm=colours", "fifo=off"][..], &["fifo=on"], &["algorithm=colours"]] {
        let run = overtaken(settings);
        assert_eq!(counted(&run), [(0, 300)], "{settings:?}");
        assert_eq!(run.all_hold(), 4, "{settings:?}");
    }
}

/// The same by hand, on links that keep the order: who holds a marker back lets others overtake it, and the account says so.
#[test]
fn a_marker_that_is_held_back_is_overtaken() {
    let mut run = by_hand(&[]).at(100, ask(P1, "snapshot")).start(1);
    run.hold_back("marker", 1);
    run.run_until(SimTime::from_ms(110));
    run.fault(ask(P1, "pay 1 30"));
    run.finish();
    let broken = run.broken("Consistent cut");
    assert!(broken.assumption.contains("is held back, and may be overtaken"), "{broken:?}");
    assert!(broken.witness.len() <= 12);
}

/// Colours: a payment of a later snapshot makes its receiver record first (Lai and Yang), and a marker waits for what went before it (Mattern).
#[test]
fn colours_turn_by_a_payment_and_wait_for_what_was_sent_before() {
    let run = overtaken(&["algorithm=colours", "fifo=off"]);
    let turned = run.trace().facts().iter().filter_map(|(_, t)| match t.as_fact::<Fact>()? {
        Fact::Turned { number, from } => Some((t.node, *number, *from)),
        _ => None,
    });
    assert_eq!(turned.collect::<Vec<_>>(), [(P2, 1, P1)]);
    // A payment that is sent before the marker, and comes long after it.
    let run = by_hand(&["algorithm=colours", "fifo=off"])
        .at(0, slow(1, 0, 900))
        .at(100, ask(P2, "pay 0 25"))
        .at(110, slow(1, 0, 20))
        .at(120, ask(P1, "snapshot"))
        .run(1);
    assert_eq!(pieces(&run).1, [(0, 1, 25)]);
    assert_eq!(counted(&run), [(0, 300)]);
}

/// Snapshots of which one overtakes the other: who hears of the second records the first, too.
#[test]
fn colours_mind_no_snapshot_that_overtakes_another() {
    for seed in 0..20 {
        let settings = [
            "algorithm=colours",
            "fifo=off",
            "nodes=4",
            "every_ms=100",
            "snapshots=30",
            "spread_ms=1000",
            "gap_ms=30",
        ];
        let run = bench(&settings).until_ms(9_000).run(seed);
        assert_eq!(counted(&run), [(0, 400); 30], "{seed}");
        assert_eq!(run.all_hold(), 4);
    }
}

// ------------------------------------------------------------------ the row's target

/// Recorded total = actual total, at every size and under the widest delays; and reading everyone now is wrong, by what is on its way.
#[test]
fn markers_add_up_and_reading_now_does_not() {
    for nodes in ["nodes=2", "nodes=3", "nodes=5", "nodes=8"] {
        let busy = ["gap_ms=60", "snapshots=10", "every_ms=300", "spread_ms=1000"];
        for seed in 0..10 {
            for algorithm in ["algorithm=markers", "algorithm=colours"] {
                let run = bench(&[nodes, algorithm]).set(&busy).until_ms(10_000).run(seed);
                assert_eq!(counted(&run).len(), 10);
                assert_eq!(run.number("wrong_percent"), 0.0);
                assert_eq!(run.all_hold(), 4);
            }
            let run = bench(&[nodes, "algorithm=read-now"]).set(&busy).until_ms(10_000).run(seed);
            assert!(run.number("wrong_percent") > 50.0, "{nodes} {seed}");
            run.hold(&["Every snapshot ends"]);
        }
    }
}

#[test]
fn whatever_happens_what_breaks_is_the_worlds() {
    for (algorithm, fifo) in
        [("markers", "fifo=on"), ("markers", "fifo=off"), ("colours", "fifo=off"), ("read-now", "fifo=on")]
    {
        let algorithm = format!("algorithm={algorithm}");
        let bench = bench(&[&algorithm, fifo, "every_ms=300", "snapshots=10"]).until_ms(6_000);
        let waiting = bench.every_mix(0..8, |run| {
            let given: &[&str] = if algorithm.ends_with("now") { &[] } else { &SAFETY };
            for name in given.iter().filter(|name| run.breaks(name)) {
                let broken = run.broken(name);
                assert!(broken.assumption.starts_with("it is assumed"), "{name} {broken:?}");
                assert!(broken.witness.len() <= 12);
            }
        });
        assert!(waiting > 0, "{algorithm} {fifo}");
    }
}

/// Colours ask for no order, and where something is lost they do not end; they do not err.
#[test]
fn colours_are_never_wrong_under_loss_copies_and_disorder() {
    let rough = r#"{"do":"links","set":{"loss_ppm":30000,"duplicate_ppm":400000,"reorder_ppm":300000,"reorder_us":300000}}"#;
    for seed in 0..30 {
        let settings = ["algorithm=colours", "fifo=off", "nodes=4", "every_ms=200", "snapshots=15"];
        bench(&settings).at(0, fault(rough)).run(seed).safe();
    }
}

/// Copies change no account and no record, and order is kept by the links alone.
#[test]
fn markers_mind_no_copies() {
    let copies = r#"{"do":"links","set":{"duplicate_ppm":500000}}"#;
    for seed in 0..10 {
        let run = bench(&["nodes=4", "gap_ms=60"]).at(0, fault(copies)).run(seed);
        assert_eq!(counted(&run), [(0, 400); 3]);
        assert_eq!(run.all_hold(), 4);
    }
}

/// A marker that is lost: the snapshot does not end, and it is said for what it waits.
#[test]
fn a_lost_marker_keeps_a_snapshot_open() {
    let mut run = by_hand(&[]).at(100, ask(P1, "snapshot")).start(1);
    run.lose("marker", 1);
    run.finish();
    assert!(run.pending("Every snapshot ends").contains("no message is lost"));
    run.hold(&SAFETY);
    let absent = super::show::absences(run.world(), run.trace());
    // P1 has no report of P2; and P2 no marker of P1.
    let open: Vec<(&str, usize)> =
        absent.iter().map(|a| (a.what.as_str(), a.conditions.iter().filter(|c| !c.met).count())).collect();
    assert_eq!(open, [("P1 has not counted snapshot 1", 1), ("P2 is not done with snapshot 1", 1)]);
}

/// Who has crashed stays out: a snapshot that begins when it is back does not end, and that is the crash's fault.
#[test]
fn who_has_crashed_keeps_later_snapshots_open() {
    let back = by_hand(&[]).at(100, Fault::crash(P3)).at(200, Fault::Recover { node: P3 });
    let run = back.at(300, ask(P1, "snapshot")).run(1);
    let why = run.pending("Every snapshot ends");
    assert!(why.contains("no node crashes, and P3 crashed (from 0.100 s to 0.200 s)"), "{why}");
}

#[test]
fn a_crash_after_any_event_makes_nothing_wrong() {
    for algorithm in ["algorithm=markers", "algorithm=colours", "algorithm=read-now"] {
        let small =
            bench(&[algorithm, "snapshots=1", "every_ms=300", "gap_ms=100", "count=3"]).until_ms(1_500);
        let runs = small.crash_at_each_event(1, 100, |run| {
            let broken =
                SAFETY.iter().filter(|_| algorithm != "algorithm=read-now").find(|name| run.breaks(name));
            assert!(broken.is_none_or(|name| run.broken(name).assumption.starts_with("it is assumed")));
        });
        assert!(runs > 25);
    }
}

#[test]
fn requests_that_cannot_be_are_refused_in_words() {
    let mut run = by_hand(&[]).start(1);
    for (request, why) in [("pay 7 1", "no such account"), ("pay 0 5", "pay itself")] {
        let refused = run.edit(ask(P1, request)).unwrap_err();
        assert!(refused.message.contains(why), "{refused}");
    }
    run.fault(ask(P1, "pay 1 60"));
    run.run_until(SimTime::from_ms(100));
    assert!(run.edit(ask(P1, "pay 1 60")).unwrap_err().message.contains("only £40"));
    run.fault(Fault::crash(P3));
    run.fault(Fault::Recover { node: P3 });
    assert!(run.edit(ask(P3, "snapshot")).unwrap_err().message.contains("takes no more part"));
    assert_eq!(run.node::<Process>(P2).balance, 160);
}

// ------------------------------------------------------------------ searches

fn searched(settings: &[&str], losses: u8) -> Explored {
    let small = bench(&["work=ring", "count=1", "snapshots=1"]).set(settings);
    let mut root = small.start(1);
    root.run_until(SimTime::ZERO);
    let faults = Faults { crashes: 0, losses, copies: 0 };
    explore(&root, Bounds { states: 400_000, depth: 80, faults })
}

/// Whatever way messages take over channels that keep their order, at small size: no snapshot is wrong. With colours over any.
#[test]
fn at_small_size_no_way_leads_to_a_wrong_snapshot() {
    for settings in [
        // A node's own timers run out in their order: a payment before the snapshot, and two after it; or all before, or all after.
        &["nodes=2", "count=3", "gap_ms=600"][..],
        &["nodes=3"],
        &["nodes=3", "gap_ms=1500"],
        &["nodes=2", "count=2", "gap_ms=600", "algorithm=colours", "fifo=off"],
    ] {
        let found = searched(settings, 0);
        let broken = found.violation.map(|(line, ..)| line);
        assert!(broken.is_none(), "{settings:?}: {broken:?}");
        assert_eq!(found.ending, Ending::Complete, "{settings:?}: {} states", found.states);
        assert!(found.left_out.is_empty(), "{:?}", found.left_out);
        assert!(found.states > 300, "{settings:?}: {} states", found.states);
    }
}

/// Without the order, with one loss, and with a rule left out, the shortest way is short.
#[test]
fn the_shortest_way_to_a_wrong_snapshot() {
    for (settings, losses) in [
        (&["nodes=2", "fifo=off", "gap_ms=1500"][..], 0),
        (&["nodes=2"], 1),
        (&["nodes=2", "mutant=late-markers", "gap_ms=1500"], 0),
        (&["nodes=2", "mutant=records-late", "gap_ms=1500"], 0),
        (&["nodes=3", "mutant=records-again"], 0),
        (&["nodes=2", "mutant=no-channels"], 0),
        (&["nodes=3", "mutant=records-on"], 0),
        (&["nodes=3", "mutant=impatient"], 0),
        (&["nodes=2", "mutant=no-colour", "gap_ms=1500", "algorithm=colours", "fifo=off"], 0),
        (&["nodes=2", "mutant=no-count", "algorithm=colours", "fifo=off"], 0),
    ] {
        let found = searched(settings, losses);
        let (line, way, _) = found.violation.unwrap_or_else(|| panic!("{settings:?} is not found"));
        assert!(SAFETY.contains(&line.name), "{settings:?}: {}", line.name);
        assert!(way.len() <= 14, "{settings:?}: {} moves", way.len());
    }
}
