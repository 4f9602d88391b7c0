//! Tests of logical clocks. Their counts are published with their gauges.

use super::{ENTRY, Fact, Process, Stamp, Vector};
use crate::check::Verdict;
use crate::check::faultmix::Mix;
use crate::check::search::{Bounds, Ending, Explored, Faults, explore};
use crate::kit::bench::{Bench, Trial, down, fault};
use crate::sim::{Edit, EventId, Fault, NodeId, SimTime};

const P1: NodeId = NodeId(0);
const P2: NodeId = NodeId(1);
const P3: NodeId = NodeId(2);

const SAFETY: [&str; 3] = ["Clock condition", "Total order", "Strong clock condition"];

fn clocks(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings).until_ms(5_000)
}

fn by_hand() -> Bench {
    clocks(&["work=by-hand"])
}

fn ask(node: NodeId, request: &str) -> Fault {
    Fault::Request { node, request: request.to_owned() }
}

fn shows(run: &Trial, node: NodeId) -> String {
    run.node::<Process>(node).clock.to_string()
}

/// What `node` shows after each of its events.
fn stamps(run: &Trial, node: NodeId) -> Vec<String> {
    events(run).into_iter().filter(|e| e.node == node).map(|e| e.stamp.to_string()).collect()
}

// ------------------------------------------------------------------ what really happened, by brute force

struct Told {
    node: NodeId,
    stamp: Stamp,
    // The events that lead to it directly, by their places in this list.
    edges: Vec<usize>,
}

/// All events of a run, with the edges that program order and messages make. A receipt is led to by the sending as the trace has it, copies
/// by way of the copying: no name of a message is looked at.
fn events(run: &Trial) -> Vec<Told> {
    let trace = run.trace();
    let mut all: Vec<(EventId, Told)> = Vec::new();
    for (at, told) in trace.facts() {
        let (number, vector, received) = match told.as_fact::<Fact>() {
            Some(Fact::Local { number, vector, .. } | Fact::Sent { number, vector, .. }) => {
                (*number, vector.clone(), false)
            }
            Some(Fact::Received { number, vector, .. }) => (*number, vector.clone(), true),
            _ => continue,
        };
        let mut edges: Vec<usize> = all.iter().rposition(|(_, e)| e.node == told.node).into_iter().collect();
        if received {
            // Back from the event at this process to that at which it was sent, which is at another or of another kind.
            let mut cause = trace.event(*at).cause;
            loop {
                let found = all.iter().position(|(e, _)| *e == cause);
                if let Some(found) = found {
                    edges.push(found);
                    break;
                }
                cause = trace.event(cause).cause;
            }
        }
        all.push((*at, Told { node: told.node, stamp: Stamp { number, vector }, edges }));
    }
    all.into_iter().map(|(_, e)| e).collect()
}

/// Which of them happened before which: a search from each.
fn reach(all: &[Told]) -> Vec<Vec<bool>> {
    let from = |of: usize| {
        let mut found = vec![false; all.len()];
        let mut open = all[of].edges.clone();
        while let Some(i) = open.pop() {
            if !std::mem::replace(&mut found[i], true) {
                open.extend(&all[i].edges);
            }
        }
        found
    };
    (0..all.len()).map(from).collect()
}

/// The row's target: each pair, each way, by vector and by number against the graph. And the gauge counts what the graph says.
fn every_pair_is_as_it_was(run: &Trial) -> usize {
    let all = events(run);
    let before = reach(&all);
    let (mut ordered, mut concurrent) = (0.0, 0.0);
    for (b, eb) in all.iter().enumerate() {
        for (a, ea) in all.iter().enumerate() {
            let (numbers, truly) = (ea.stamp.number < eb.stamp.number, before[b][a]);
            assert_eq!(ea.stamp.vector.is_before(&eb.stamp.vector), truly, "{} {}", ea.stamp, eb.stamp);
            assert!(numbers || !truly, "{} {}", ea.stamp, eb.stamp);
            ordered += f64::from(u8::from(numbers));
            concurrent += f64::from(u8::from(numbers && !truly));
        }
    }
    assert_eq!(run.number("concurrent_pairs"), concurrent);
    let percent = run.measure("concurrent_percent").unwrap_or(f64::NAN);
    assert!(ordered == 0.0 || (percent - 100.0 * concurrent / ordered).abs() < 1e-9);
    assert_eq!(run.number("events"), all.len() as f64);
    all.len()
}

#[test]
fn all_pairs_are_classified_as_a_search_of_the_graph_does() {
    for settings in [
        &["nodes=2"][..],
        &["send_percent=100"],
        &["nodes=5", "send_percent=30"],
        &["nodes=8", "gap_ms=400"],
        &["nodes=4", "work=token", "gap_ms=50"],
    ] {
        for seed in 0..8 {
            let run = clocks(settings).until_ms(3_000).run(seed);
            run.hold(&SAFETY);
            assert!(every_pair_is_as_it_was(&run) > 30, "{settings:?}");
            // Copies, losses and messages that overtake each other; and crashes, with the clock on disk.
            let rough =
                r#"{"do":"links","set":{"loss_ppm":200000,"duplicate_ppm":400000,"reorder_ppm":300000}}"#;
            let rough = clocks(settings).set(&["memory=disk"]).until_ms(3_000).at(0, fault(rough));
            let run = rough.edits(down(P2, 900, 1_100)).run(seed);
            run.hold(&SAFETY);
            every_pair_is_as_it_was(&run);
        }
    }
}

/// Where clocks are set back the pairs are still counted by what happened, and by the numbers as they are.
#[test]
fn pairs_are_counted_right_where_numbers_fall_back() {
    for seed in 0..20 {
        let run = clocks(&["nodes=4"]).edits(down(P1, 1_000, 1_100)).edits(down(P3, 1_500, 1_900)).run(seed);
        let all = events(&run);
        let before = reach(&all);
        let less = |a: usize, b: usize| all[a].stamp.number < all[b].stamp.number;
        let both = |a: usize, b: usize| less(a, b) && !before[a][b] && !before[b][a];
        let pairs = (0..all.len()).flat_map(|a| (0..all.len()).map(move |b| (a, b)));
        assert_eq!(run.number("concurrent_pairs"), pairs.filter(|&(a, b)| both(a, b)).count() as f64);
    }
}

// ------------------------------------------------------------------ the rules, by hand

/// IR1: each event counts. IR2: the message carries its number, the receipt goes beyond the larger of the two. The same in every
/// place of a vector, but that only one's own place counts.
#[test]
fn a_small_run_by_hand_has_the_stamps_of_the_papers() {
    let run = by_hand()
        .at(0, ask(P1, "local"))
        .at(10, ask(P2, "local"))
        .at(20, ask(P1, "send 1"))
        .at(300, ask(P2, "send 2"))
        .at(310, ask(P3, "local"))
        .at(600, ask(P3, "send 0"))
        .run(1);
    assert_eq!(stamps(&run, P1), ["L 1 [1,0,0]", "L 2 [2,0,0]", "L 7 [3,3,3]"]);
    assert_eq!(stamps(&run, P2), ["L 1 [0,1,0]", "L 3 [2,2,0]", "L 4 [2,3,0]"]);
    assert_eq!(stamps(&run, P3), ["L 1 [0,0,1]", "L 5 [2,3,2]", "L 6 [2,3,3]"]);
    run.hold(&SAFETY);
    // A receiver that is ahead goes on from its own number.
    let ahead = (0..5).fold(by_hand(), |b, i| b.at(i, ask(P2, "local"))).at(10, ask(P1, "send 1")).run(1);
    assert_eq!(shows(&ahead, P2), "L 6 [1,6,0]");
}

/// The later message comes first, and each comes twice: the vector is what it would have been, but for the receiver's own place.
#[test]
fn what_comes_late_or_twice_teaches_nothing_false() {
    let mut run = by_hand().at(0, ask(P1, "send 1")).at(1, ask(P1, "send 1")).start(1);
    run.double("message", 1);
    run.deliver("message", 2);
    assert_eq!(shows(&run, P2), "L 3 [2,1,0]");
    run.finish();
    assert_eq!(shows(&run, P2), "L 5 [2,3,0]");
    run.hold(&SAFETY);
    every_pair_is_as_it_was(&run);
    let news = |f: &Fact| if let Fact::Received { news, .. } = f { Some(*news) } else { None };
    let told: Vec<usize> = run.trace().facts().iter().filter_map(|(_, t)| news(t.as_fact()?)).collect();
    assert_eq!(told, [1, 0, 0]);
    // One may send to oneself: that is two events, as any message.
    let own = by_hand().at(0, ask(P1, "send 0")).run(1);
    assert_eq!(stamps(&own, P1), ["L 1 [1,0,0]", "L 2 [2,0,0]"]);
    own.hold(&SAFETY);
}

/// A second copy of the token is a receipt, and no second token: hops stay one chain.
#[test]
fn a_token_that_comes_twice_is_one_token() {
    let bench = clocks(&["work=token", "gap_ms=100"]);
    let mut run = bench.start(1);
    for nth in 1..6 {
        run.double("token", nth);
    }
    run.finish();
    let hops = run.number("messages");
    let plain = bench.run(1).number("messages");
    assert!((hops - plain).abs() <= 3.0, "{hops} against {plain}");
    run.hold(&SAFETY);
}

#[test]
fn requests_that_name_nobody_are_refused_in_words() {
    let run = by_hand().at(0, ask(P1, "send 7")).at(0, ask(P1, "send 2")).start(1);
    let mut run = run;
    run.run_until(SimTime::from_ms(500));
    assert_eq!(run.refused().len(), 1);
    assert!(format!("{:?}", run.refused()).contains("the last one has number 2"));
    assert_eq!(shows(&run, P3), "L 2 [1,0,1]");
}

/// 2, then 1 and 2: of three pairs with different numbers two are concurrent.
#[test]
fn pairs_made_by_hand_are_found_and_no_others() {
    let found = |bench: Bench| bench.run(3).number("found");
    let apart = by_hand().at(0, ask(P1, "local")).at(0, ask(P3, "local"));
    assert_eq!(found(apart.clone()), 0.0);
    assert_eq!(found(apart.clone().at(1, ask(P3, "local"))), 1.0);
    assert_eq!(found(apart.at(1, ask(P3, "local")).at(2, ask(P1, "local"))), 2.0);
    assert_eq!(found(by_hand().at(0, ask(P1, "send 2")).at(500, ask(P3, "local"))), 0.0);
    assert_eq!(found(clocks(&[])), 0.0);
}

// ------------------------------------------------------------------ closed formulas

/// Silent processes: 1 - 1/n of the pairs that numbers order are concurrent, at every n and every end of a round.
#[test]
fn without_messages_all_pairs_of_two_processes_are_concurrent() {
    for n in 2..=8 {
        let nodes = format!("nodes={n}");
        for k in [2, 5, 17] {
            let steps = format!("steps={k}");
            let run = clocks(&["work=silent", &nodes, &steps]).run(1);
            let (n, k) = (f64::from(n), f64::from(k));
            assert_eq!(run.number("concurrent_pairs"), n * (n - 1.0) * k * (k - 1.0) / 2.0);
            assert!((run.number("concurrent_percent") - 100.0 * (1.0 - 1.0 / n)).abs() < 1e-9);
            assert_eq!(run.number("largest"), k);
            every_pair_is_as_it_was(&run);
        }
    }
}

/// In a chain the number of an event is how many there have been, and no two are concurrent.
#[test]
fn along_a_token_numbers_count_all_events() {
    for nodes in ["nodes=2", "nodes=3", "nodes=7"] {
        let run = clocks(&["work=token", "gap_ms=30", nodes]).run(2);
        assert_eq!(run.number("largest"), run.number("events"));
        assert_eq!(run.number("concurrent_percent"), 0.0);
        assert_eq!(run.all_hold(), 4);
    }
}

// ------------------------------------------------------------------ crashes, lies, walls

/// A clock in memory is gone; what breaks is named, with the crash. The same crash with the clock on disk breaks nothing.
#[test]
fn a_clock_in_memory_does_not_survive_a_crash_and_one_on_disk_does() {
    let mut crash = down(P2, 2_000, 2_300);
    crash.push(Edit::at(2_300_000, ask(P2, "local")));
    for settings in [&[][..], &["nodes=5"], &["nodes=8", "gap_ms=500"], &["clocks=lamport"]] {
        for seed in 0..30 {
            let run = clocks(settings).edits(crash.clone()).run(seed);
            for name in ["Clock condition", "Strong clock condition"] {
                if settings != ["clocks=lamport"] || name == "Clock condition" {
                    let broken = run.broken(name);
                    assert!(broken.assumption.contains("no node crashes, and P2"), "{broken:?}");
                    assert!((2..=12).contains(&broken.witness.len()));
                }
            }
            let kept = clocks(settings).set(&["memory=disk"]).edits(crash.clone()).run(seed);
            kept.safe();
        }
    }
    let run = by_hand().at(0, ask(P1, "local")).at(10, ask(P1, "local")).edits(down(P1, 20, 30));
    let run = run.at(40, ask(P1, "local")).run(1);
    assert_eq!(
        run.broken("Clock condition").why,
        "event 2 of P1 happened before event 3 of P1, but 2 is not less than 1"
    );
    let why = run.broken("Strong clock condition").why;
    assert_eq!(why, "event 2 of P1 happened before event 3 of P1, but [2,0,0] is not less than [1,0,0]");
    assert_eq!(run.broken("Total order").why, "event 1 of P1 and event 3 of P1 have the same number, 1");
}

/// With a disk that takes its time: what is not on it has not been told, to nobody.
#[test]
fn nobody_is_told_before_the_disk_has_it() {
    let slow = |bench: Bench| {
        (0..3).fold(bench, |b, n| {
            b.at(0, fault(&format!(r#"{{"do":"node","node":{n},"set":{{"sync_us":15000}}}}"#)))
        })
    };
    let bench = slow(clocks(&["memory=disk", "gap_ms=100"]).until_ms(1_500));
    assert!(bench.crash_at_each_event(1, 60, Trial::safe) > 60);
    let lazy = slow(clocks(&["memory=disk", "gap_ms=100", "mutant=lazy-disk"]));
    let broken = lazy.edits(down(P2, 1_000, 1_100)).run(1).broken("Strong clock condition");
    assert!(broken.assumption.contains("on disk before anybody is told"));
}

/// Whatever goes wrong: with clocks on disk nothing breaks; in memory a crash does it, and nothing else.
#[test]
fn under_every_mix_what_breaks_is_owed_to_a_crash() {
    for work in ["work=mixed", "work=token", "work=silent"] {
        clocks(&[work, "memory=disk", "nodes=4"]).until_ms(9_000).every_mix(0..25, Trial::safe);
        for seed in 0..25 {
            for mix in Mix::ALL {
                let run = clocks(&[work]).until_ms(9_000).mixed(mix, seed);
                for name in SAFETY {
                    let Verdict::Violated { assumption, why, .. } = run.line(name).verdict else { continue };
                    let owed = assumption.starts_with("it is assumed that no node crashes");
                    assert!(owed, "{work} {mix:?} seed {seed}: {name}: {why}; {assumption}");
                }
            }
        }
    }
    assert!(clocks(&["memory=disk"]).until_ms(2_000).crash_at_each_event(2, 50, Trial::safe) > 30);
}

/// A liar sends old stamps. Who goes by them breaks the promise, and the liar is named.
#[test]
fn a_lie_about_a_stamp_is_blamed_on_the_liar() {
    let lie = fault(r#"{"do":"byzantine","node":0,"rules":[{"act":"lie"}]}"#);
    let broken = clocks(&["memory=disk", "send_percent=90"]).at(500, lie).run(4);
    let broken = broken.broken("Strong clock condition");
    assert!(broken.assumption.contains("P1 lies"), "{broken:?}");
}

/// Word gets round while links are fair; behind a wall it waits, and says why; and then what is unheard of is listed.
#[test]
fn word_gets_round_unless_a_wall_stands() {
    for settings in [&[][..], &["nodes=8"], &["work=token", "nodes=5"], &["nodes=2", "send_percent=5"]] {
        for seed in 0..10 {
            clocks(settings).until_ms(60_000).run(seed).hold(&["Word gets round"]);
        }
    }
    let wall = fault(r#"{"do":"partition","groups":[[0],[1,2]]}"#);
    let walled = clocks(&[]).at(0, wall);
    let run = walled.run(1);
    assert!(run.pending("Word gets round").contains("a partition stands"));
    run.hold(&SAFETY);
    let absent = ENTRY.absences.map_or_else(Vec::new, |read| read(run.world(), run.trace()));
    let said: Vec<&str> = absent.iter().map(|a| a.what.as_str()).collect();
    let expected =
        ["P1 knows of no event of P2 or P3", "P2 knows of no event of P1", "P3 knows of no event of P1"];
    assert_eq!(said, expected);
    let healed = walled.at(3_000, Fault::Heal).until_ms(9_000).run(1);
    healed.hold(&["Word gets round"]);
    assert!(ENTRY.absences.map_or_else(Vec::new, |read| read(healed.world(), healed.trace())).is_empty());
}

// ------------------------------------------------------------------ all there are, at small size

/// Two processes, two events of their own each: every order, every draw, every message that comes or does not, and so many copies and
/// crashes.
fn searched(settings: &[&str], (crashes, copies): (u8, u8)) -> Explored {
    let small = clocks(&["nodes=2", "steps=2"]).set(settings);
    let mut root = small.start(1);
    root.run_until(SimTime::ZERO);
    explore(&root, Bounds { states: 400_000, depth: 60, faults: Faults { crashes, losses: 0, copies } })
}

#[test]
fn at_small_size_no_way_leads_to_a_wrong_stamp() {
    for (settings, faults) in [(&[][..], (0, 1)), (&["memory=disk", "steps=1"], (1, 0))] {
        let found = searched(settings, faults);
        assert_eq!(found.ending, Ending::Complete, "{settings:?}: {} states", found.states);
        let broken = found.violation.map(|(line, ..)| line);
        assert!(broken.is_none() && found.states > 100, "{broken:?}");
        // Draws of what an event is and when it comes: that there is more than two of them leads nowhere else.
        assert!(found.left_out.iter().all(|what| what.starts_with("luck of P")), "{:?}", found.left_out);
    }
}

/// A rule left out is found in as few moves as it takes: an event, a sending, a receipt. (Something done and something sent would show a sending
/// that does not count in two; with this seed nobody begins so, and a receipt makes it three.)
#[test]
fn the_shortest_way_to_a_wrong_stamp() {
    let expected = [
        ("no-maximum", 0, "Clock condition", 2),
        ("as-it-comes", 0, "Clock condition", 2),
        ("silent-send", 0, "Clock condition", 3),
        ("overwrites", 0, "Strong clock condition", 4),
        ("merge-alone", 0, "Strong clock condition", 2),
        ("lazy-disk", 1, "Clock condition", 4),
        ("none", 1, "Clock condition", 4),
    ];
    let found = expected.map(|(mutant, crashes, ..)| {
        let memory = if mutant == "none" { "memory=volatile" } else { "memory=disk" };
        let found = searched(&[&format!("mutant={mutant}"), memory], (crashes, 0));
        let (line, way, _) = found.violation.unwrap_or_else(|| panic!("{mutant}: {:?}", found.ending));
        (mutant, crashes, line.name, way.len())
    });
    assert_eq!(found, expected);
}

/// Vectors are ordered in part: neither of these is before the other, and each is before what is made of both.
#[test]
fn vectors_are_compared_in_every_place() {
    let of = |a: u32, b: u32| Vector::zero(2).with(P1, a).with(P2, b);
    assert!(!of(2, 1).is_before(&of(1, 2)) && !of(1, 2).is_before(&of(2, 1)));
    assert!(of(2, 1).is_before(&of(2, 1).merged(&of(1, 2))));
    assert!(!of(2, 2).is_before(&of(2, 2)));
    assert_eq!(of(2, 1).merged(&of(1, 2)), of(2, 2));
}
