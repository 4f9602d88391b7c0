//! Tests of the broadcasts. Their counts are published with their gauges.

use super::judged::{InTheEnd, Owed};
use super::{ENTRY, Fact, Id, Process};
use crate::check::search::{Bounds, Ending, Explored, Faults, explore};
use crate::check::{Checks, Verdict};
use crate::kit::bench::{Bench, Trial, down, fault};
use crate::kit::prelude::Promised;
use crate::sim::history::Run;
use crate::sim::{Fault, NodeId, SimTime};
use std::collections::BTreeSet;

const M: Id = Id { from: 1, number: 1 };
const P1: NodeId = NodeId(0);

fn bench(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings)
}

/// Who has delivered the first message, counted from 1.
fn delivered(run: &Trial) -> Vec<u16> {
    let told = run.trace().facts().iter();
    let who = told.filter(|(_, t)| t.as_fact::<Fact>() == Some(&Fact::Delivered { m: M }));
    let who: BTreeSet<u16> = who.map(|(_, t)| t.node.0 + 1).collect();
    who.into_iter().collect()
}

/// A run in which P1 crashes right after so many sends to others.
fn crashed_after(bench: &Bench, sends: usize, seed: u64) -> Trial {
    let mut run = bench.start(seed);
    match sends {
        0 => while delivered(&run).is_empty() && run.step() {},
        k => _ = run.reach("data", k),
    }
    run.fault(Fault::crash(P1));
    run.finish();
    run
}

/// The row's first target: of n-1 others exactly those have the message to whom it was sent before the crash, and what best-effort
/// promises holds: its sender is not correct.
#[test]
fn best_effort_is_split_by_a_crash_between_two_sends() {
    for n in [3_usize, 5, 7, 9] {
        let bench = bench(&[&format!("nodes={n}")]);
        for sent in 0..n {
            for seed in 0..10 {
                let run = crashed_after(&bench, sent, seed);
                let first: Vec<u16> = (1..=sent as u16 + 1).collect();
                assert_eq!(delivered(&run), first, "{n} {sent}");
                assert_eq!(run.all_hold(), 3);
            }
        }
    }
    let two_of_four = crashed_after(&bench(&[]), 2, 1);
    assert_eq!(delivered(&two_of_four), [1, 2, 3]);
}

/// RB4: one send to anybody who lives is enough for all. With none, the dead one has delivered alone, which agreement among the
/// correct allows.
#[test]
fn eager_reaches_all_or_none_of_the_living() {
    for n in [2_usize, 3, 5, 7, 9] {
        let bench = bench(&["variant=eager", &format!("nodes={n}")]);
        for sent in 0..n {
            for seed in 0..10 {
                let run = crashed_after(&bench, sent, seed);
                let all: Vec<u16> = (1..=n as u16).collect();
                assert_eq!(delivered(&run), if sent == 0 { vec![1] } else { all }, "{n} {sent}");
                assert_eq!(run.all_hold(), 4);
            }
        }
    }
}

/// The row's third target, by a schedule of two crashes: P2 gets the one copy that P1 has sent, delivers it, and dies before it
/// has sent it on.
#[test]
fn who_delivers_and_dies_leaves_nobody_with_it() {
    for seed in 0..20 {
        let mut run = bench(&["variant=eager", "nodes=5"]).start(seed);
        run.reach("data", 1);
        run.fault(Fault::crash(P1));
        while delivered(&run).len() < 2 && run.step() {}
        run.fault(Fault::crash(NodeId(1)));
        run.finish();
        assert_eq!((delivered(&run), run.all_hold()), (vec![1, 2], 4));
        let dead_alone = ENTRY.probes.iter().find(|p| p.id == "dead-alone").unwrap();
        assert_eq!((dead_alone.read)(run.world(), run.trace()), Some(1));
    }
}

/// The same schedules with majority acknowledgement: who delivers has copies of more than half, and whatever is delivered at all
/// is delivered by all who live, as long as more than half do.
#[test]
fn uniform_leaves_no_dead_process_alone() {
    for n in [3_usize, 5, 7] {
        let bench = bench(&["variant=uniform", &format!("nodes={n}")]);
        for sent in 0..n {
            for seed in 0..10 {
                let mut run = bench.start(seed);
                match sent {
                    0 => run.run_until(SimTime::from_ms(22)),
                    k => _ = run.reach("data", k),
                }
                run.fault(Fault::crash(P1));
                run.finish();
                let living: Vec<u16> = (2..=n as u16).collect();
                let who: Vec<u16> = delivered(&run).into_iter().filter(|id| *id != 1).collect();
                assert_eq!(who, if sent == 0 { vec![] } else { living }, "{n} {sent}");
                assert_eq!(run.all_hold(), 5);
            }
        }
        for seed in 0..3 {
            let runs = bench.clone().until_ms(1_000).crash_at_each_event(seed, 100, |t| {
                t.safe();
                t.hold(&["Uniform agreement"]);
            });
            assert!(runs > 2 * n);
        }
    }
}

/// What is searched: how many processes, which variant, which mutant, and how many may crash.
struct Small(u16, &'static str, &'static str, u8);

/// All the ways there are for messages to arrive, sends to follow each other, and processes to crash, as one promise sees them.
fn searched(Small(n, variant, mutant, crashes): Small, rule: InTheEnd) -> Explored {
    let settings = [format!("nodes={n}"), format!("variant={variant}"), format!("mutant={mutant}")];
    let settings = settings.each_ref().map(String::as_str);
    let promise = Promised::safety("agreed", "what is delivered is delivered by all that are correct", rule);
    let setup = bench(&settings).build(1).unwrap();
    let mut root = Run::new(setup, Checks::new(vec![promise.boxed()]), Vec::new()).unwrap();
    root.run_until(SimTime::ZERO);
    explore(&root, Bounds { states: 2_000_000, depth: 200, faults: Faults { crashes, losses: 0, copies: 0 } })
}

/// RB4 and URB4 with three processes, one of which may crash: these are all there are, and in none of them has a process delivered what
/// another that is correct never will. (With four there are 471,561, and none either.) When a copy is delivered is settled by
/// which have come, so both variants have as many states.
#[test]
fn agreement_is_never_broken_in_all_that_can_happen_to_three() {
    for (variant, owed) in [("uniform", Owed::Uniform), ("eager", Owed::Agreement)] {
        let found = searched(Small(3, variant, "none", 1), InTheEnd::new(3, owed, false));
        assert!(found.violation.is_none() && found.left_out.is_empty(), "{:?}", found.left_out);
        assert_eq!((found.ending, found.states, found.depth), (Ending::Complete, 1_481, 15), "{variant}");
    }
}

/// What is not promised is not so. Best-effort breaks RB4, and eager URB4: it broadcasts and delivers in one move, and crashes in
/// the next. So does who takes a first copy for enough. With two of three crashed, majority acknowledgement does not help, either.
#[test]
fn the_shortest_ways_to_what_is_not_promised() {
    for (small, owed, moves) in [
        (Small(3, "best-effort", "none", 1), Owed::Agreement, 4),
        (Small(3, "eager", "none", 1), Owed::Uniform, 2),
        (Small(3, "uniform", "first-copy", 1), Owed::Uniform, 2),
        (Small(3, "uniform", "none", 2), Owed::Uniform, 5),
    ] {
        let what = format!("{} {} {}", small.1, small.2, small.3);
        let found = searched(small, InTheEnd::new(3, owed, false));
        let (line, way, _) = found.violation.unwrap_or_else(|| panic!("{what}: {:?}", found.ending));
        let Verdict::Violated { witness, why, .. } = line.verdict else { panic!("{what}: {line:?}") };
        println!("{what}: {way:?}: {why}");
        assert_eq!(way.len(), moves, "{what}");
        assert!((1..=12).contains(&witness.len()), "{what}");
    }
    // A majority is needed, and where there is none nothing is judged.
    let found = searched(Small(3, "uniform", "none", 2), InTheEnd::new(3, Owed::Uniform, true));
    assert!(found.violation.is_none() && found.ending == Ending::Complete, "{:?}", found.ending);
}

/// n^2 sends for each message, whoever broadcasts and however the copies meet; n(n-1) of them over links. With best-effort n.
#[test]
fn sending_on_costs_exactly_the_square() {
    for n in 2..=9 {
        let nodes = format!("nodes={n}");
        let n = f64::from(n);
        for seed in 0..5 {
            for variant in ["variant=eager", "variant=uniform"] {
                for gap in ["gap_ms=0", "gap_ms=3", "gap_ms=10"] {
                    let run = bench(&[variant, &nodes, gap]).run(seed);
                    assert_eq!((run.number("sends"), run.number("messages")), (n * n, n * (n - 1.0)));
                    assert!(run.all_hold() >= 4);
                }
                let run = bench(&[variant, &nodes, "from=all"]).until_ms(5_000).run(seed);
                assert_eq!((run.number("sends"), run.number("deliveries")), (n * n * n, n * n));
            }
            let run = bench(&[&nodes]).run(seed);
            assert_eq!((run.number("sends"), run.number("messages")), (n, n - 1.0));
        }
    }
}

/// What is lost is waited for, and said. Where a lost copy is sent again, all deliver.
#[test]
fn a_lost_copy_is_named_and_sent_again_by_stubborn_links() {
    let variants = [("best-effort", "Validity"), ("eager", "Agreement"), ("uniform", "Uniform agreement")];
    for (variant, promise) in variants {
        let variant = format!("variant={variant}");
        let wall = fault(r#"{"do":"partition","groups":[[0,1,2],[3,4]]}"#);
        let cut = |links| bench(&[&variant, links]).at(5, wall.clone()).at(400, Fault::Heal);
        for seed in 0..10 {
            let run = cut("links=perfect").run(seed);
            assert_eq!(delivered(&run), [1, 2, 3]);
            let waits = run.pending(promise);
            assert!(waits.contains("P1#1 is not delivered by P4 and P5"), "{waits}");
            let line = run.line(promise);
            assert!(
                matches!(&line.verdict, Verdict::Pending { why } if why.contains("no message is lost")),
                "{line:?}"
            );
            let run = cut("links=stubborn").run(seed);
            assert_eq!(delivered(&run), [1, 2, 3, 4, 5]);
            run.hold(&[promise]);
        }
    }
}

/// Three of five crash: nobody delivers, and nothing is promised then.
#[test]
fn without_a_majority_uniform_promises_nothing() {
    let three = (2..5).fold(bench(&["variant=uniform"]), |b, n| b.at(10, Fault::crash(NodeId(n))));
    for seed in 0..10 {
        let run = three.run(seed);
        assert_eq!(delivered(&run), [0; 0]);
        let waits = run.pending("Validity");
        assert!(
            waits.contains("3 of 5 processes have crashed, and more than half must be correct"),
            "{waits}"
        );
        let said: Vec<String> =
            ENTRY.absences.unwrap()(run.world(), run.trace()).into_iter().map(|a| a.what).collect();
        assert_eq!(said, ["P1 has not delivered P1#1", "P2 has not delivered P1#1"]);
    }
    // Half of four is no majority, and two of five are few enough.
    let two = |n: &str| (2..4).fold(bench(&["variant=uniform", n]), |b, n| b.at(10, Fault::crash(NodeId(n))));
    assert_eq!(delivered(&two("nodes=4").run(1)), [0; 0]);
    assert_eq!(delivered(&two("nodes=5").run(1)), [1, 2, 5]);
}

/// Crash-stop: who is back takes no part, and says so to who asks it.
#[test]
fn who_has_crashed_takes_no_part_any_more() {
    for variant in ["best-effort", "eager", "uniform"] {
        let bench = bench(&[&format!("variant={variant}")]).edits(down(NodeId(2), 5, 15));
        for seed in 0..10 {
            let mut run = bench.run(seed);
            assert_eq!(delivered(&run), [1, 2, 4, 5]);
            assert!(run.all_hold() >= 3);
            assert!(run.node::<Process>(NodeId(2)).out);
            let request = "broadcast".to_owned();
            let refusal = run.edit(Fault::Request { node: NodeId(2), request }).unwrap_err();
            assert!(refusal.message.contains("crash-stop"), "{refusal}");
        }
    }
}

/// A copy that comes twice is one copy.
#[test]
fn doubled_copies_change_nothing() {
    for variant in ["best-effort", "eager", "uniform"] {
        for seed in 0..10 {
            let mut run = bench(&[&format!("variant={variant}"), "links=fair-loss"]).start(seed);
            (1..=4).for_each(|k| run.double("data", k));
            run.finish();
            assert_eq!(delivered(&run), [1, 2, 3, 4, 5]);
            assert!(run.all_hold() >= 3);
        }
    }
}

/// A liar can have a message delivered that nobody has broadcast, and it is named.
#[test]
fn a_liar_is_named() {
    let lie = fault(r#"{"do":"byzantine","node":0,"rules":[{"act":"lie"}]}"#);
    for variant in ["best-effort", "eager", "uniform"] {
        let lying = bench(&[&format!("variant={variant}")]).at(1, lie.clone());
        for seed in 0..10 {
            let run = lying.run(seed);
            let broken = run.broken("No creation");
            assert!(broken.assumption.contains("P1 lies"), "{broken:?}");
        }
    }
}

/// Whatever goes wrong: no promise is broken but by a liar, and what waits says why.
#[test]
fn no_mix_of_faults_breaks_a_promise() {
    for variant in ["best-effort", "eager", "uniform"] {
        for links in ["perfect", "fair-loss", "stubborn"] {
            for from in ["one", "all"] {
                let settings =
                    [format!("variant={variant}"), format!("links={links}"), format!("from={from}")];
                let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
                let bench = bench(&settings);
                bench.every_mix(0..20, Trial::safe);
                bench.clone().until_ms(240).every_mix(20..60, Trial::safe);
            }
        }
        let bench = bench(&[&format!("variant={variant}"), "from=all", "nodes=4"]).until_ms(600);
        assert!(bench.crash_at_each_event(1, 50, Trial::safe) > 12);
    }
}

/// What is told twice is told by the same process twice: one broadcast after another, each with a number of its own.
#[test]
fn a_process_that_is_asked_broadcasts_once_more() {
    let asked = |ms: u64| {
        let request = "broadcast".to_owned();
        crate::sim::Edit::at(ms * 1_000, Fault::Request { node: NodeId(3), request })
    };
    let bench = bench(&["variant=uniform", "from=none"]).edits([asked(30), asked(35)]);
    for seed in 0..10 {
        let run = bench.run(seed);
        assert_eq!((run.number("deliveries"), run.number("sends"), run.all_hold()), (10.0, 50.0, 5));
        let second = Id { from: 4, number: 2 };
        assert!(run.node::<Process>(P1).delivered.contains(&second));
    }
}
