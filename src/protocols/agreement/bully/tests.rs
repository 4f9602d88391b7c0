//! Tests of the bully election. Its counts are published with its gauges.

use super::judged::settled_within;
use super::{ENTRY, Fact, LONGEST_MS, Process, STEP_MS};
use crate::check::Verdict;
use crate::check::faultmix::Mix;
use crate::kit::Params;
use crate::kit::bench::{Bench, Trial, down, fault};
use crate::sim::{Fault, NodeId, SimTime, Span, Timing};

fn bully(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings).until_ms(5_000)
}

fn leaders(run: &Trial) -> Vec<u16> {
    let nodes = run.world().node_ids().filter(|&n| run.world().is_up(n));
    nodes.filter(|&n| run.node::<Process>(n).leads()).map(|n| n.0 + 1).collect()
}

/// When a fact like this was told first after `from`.
fn first(run: &Trial, from: SimTime, is: impl Fn(&Fact) -> bool) -> Option<SimTime> {
    let told = run.trace().facts().iter().filter(|(_, t)| t.as_fact().is_some_and(&is));
    let times = told.map(|(e, _)| run.trace().event(*e).time);
    times.filter(|t| *t > from).min()
}

fn counts(run: &Trial) -> [f64; 3] {
    ["election_messages", "answers", "announcements"].map(|gauge| run.number(gauge))
}

/// Who calls an election asks all above it, once: n(n-1)/2 questions, as many answers; the highest announces itself to n-1. The
/// count is the same in every run, whoever hears what first.
#[test]
fn without_faults_an_election_costs_exactly_what_the_book_says() {
    for n in 3..=12 {
        let nodes = format!("nodes={n}");
        let (asked, n) = (f64::from(n * (n - 1) / 2), f64::from(n));
        for (start, expected) in [
            ("start=lowest", [asked, asked, n - 1.0]),
            ("start=all", [asked, asked, n - 1.0]),
            ("start=highest", [0.0, 0.0, n - 1.0]),
            ("start=missed", [0.0; 3]),
        ] {
            for seed in 0..20 {
                let run = bully(&[&nodes, start]).run(seed);
                assert_eq!(run.all_hold(), 3);
                assert_eq!(counts(&run), expected, "{nodes} {start}, seed {seed}");
            }
        }
    }
    let total = |nodes| bully(&[nodes]).run(1).number("messages");
    assert_eq!(["nodes=3", "nodes=5", "nodes=8"].map(total), [8.0, 24.0, 63.0]);
}

/// How soon another leads after the crash of a leader, at the latest: its last heartbeat has arrived, the next process has missed
/// the one after, and has had no answer.
fn taken_over_within(params: &Params) -> Span {
    let (heartbeat, answer) = (params.ms("heartbeat_ms"), params.ms("answer_ms"));
    let silence = heartbeat.0 + (LONGEST_MS + STEP_MS) * 1_000;
    Span(LONGEST_MS * 1_000 + silence + answer.0)
}

/// After the crash of the leader the next highest leads when the last heartbeat is there (16 ms), the next one is missed (17 ms after
/// it was due) and T is over; all know it a message later. The dead one is asked, too: n(n-1)/2 questions, (n-1)(n-2)/2 answers, n-2
/// announcements.
#[test]
fn the_next_highest_takes_over_within_the_bound_that_the_timeouts_give() {
    for (settings, within_ms) in [
        (&["start=missed"][..], 16 + 117 + 35),
        (&["start=missed", "nodes=8", "heartbeat_ms=40"], 16 + 57 + 35),
        (
            &["start=missed", "nodes=3", "answer_ms=80", "coordinator_ms=150", "heartbeat_ms=250"],
            16 + 267 + 80,
        ),
    ] {
        let bench = bully(settings);
        let n = bench.params().int("nodes") as u16;
        let within = taken_over_within(bench.params());
        assert_eq!(within, Span::ms(within_ms));
        for seed in 0..200 {
            let at = SimTime::from_ms(400 + seed);
            let run = bench.clone().at(400 + seed, Fault::crash(NodeId(n - 1))).run(seed);
            assert_eq!(run.all_hold(), 3);
            let won = first(&run, at, |f| matches!(f, Fact::Won { id } if *id == n - 1)).unwrap();
            assert!(won <= at + within, "seed {seed}: {won}");
            let learnt = run.trace().facts().iter().filter(|(_, t)| {
                t.as_fact().is_some_and(|f| matches!(f, Fact::Learnt { leader } if *leader == n - 1))
            });
            let last = learnt.map(|(e, _)| run.trace().event(*e).time).max().unwrap();
            assert!(last <= won + Span::ms(LONGEST_MS), "seed {seed}: {last}");
            let n = f64::from(n);
            let expected = [n * (n - 1.0) / 2.0, (n - 1.0) * (n - 2.0) / 2.0, n - 2.0];
            assert_eq!(counts(&run), expected, "{settings:?} seed {seed}");
        }
    }
}

/// The highest that comes back leads at once, whoever does, and is heard of within 16 ms; a lower one that comes back is told.
#[test]
fn who_comes_back_leads_if_it_is_the_highest_and_is_told_who_leads_if_not() {
    let back = SimTime::from_ms(1_000);
    for seed in 0..100 {
        let run = bully(&[]).edits(down(NodeId(4), 500, 1_000)).run(seed);
        assert_eq!(run.all_hold(), 3);
        let deposed = first(&run, back, |f| matches!(f, Fact::Deposed { by: 5 })).unwrap();
        assert!(deposed <= back + Span::ms(LONGEST_MS));
        let run = bully(&[]).edits(down(NodeId(1), 500, 1_000)).run(seed);
        assert_eq!((run.all_hold(), leaders(&run)), (3, vec![5]));
        let learnt = first(&run, back, |f| matches!(f, Fact::Learnt { leader: 5 })).unwrap();
        assert!(learnt <= back + Span::ms(2 * LONGEST_MS));
        // It is led all the time: nobody is elected anew.
        assert_eq!(first(&run, back, |f| matches!(f, Fact::Won { .. })), None);
    }
}

/// Silence from behind a wall is no crash: each side has a leader. It is named what was assumed. When the wall has fallen, a
/// heartbeat is enough.
#[test]
fn a_wall_makes_two_leaders_and_the_assumption_is_named() {
    for (nodes, groups, both) in [
        ("nodes=5", "[[0,1],[2,3,4]]", [2, 5]),
        ("nodes=3", "[[0],[1,2]]", [1, 3]),
        ("nodes=8", "[[7,2,0],[1,3,4,5,6]]", [7, 8]),
    ] {
        let wall = fault(&format!(r#"{{"do":"partition","groups":{groups}}}"#));
        let walled = bully(&[nodes]).at(500, wall);
        for seed in 0..50 {
            let run = walled.run(seed);
            assert_eq!(leaders(&run), both);
            for promise in ["One leader", "Highest"] {
                let broken = run.broken(promise);
                let named = "it is assumed that links are fair, and a partition stands (since 0.500 s)";
                assert_eq!(broken.assumption, named);
                assert!((2..=12).contains(&broken.witness.len()), "{broken:?}");
            }
            assert!(run.pending("Known in time").contains("a partition stands"));
            let healed = walled.clone().at(2_000, Fault::Heal).run(seed);
            assert_eq!(leaders(&healed), both[1..]);
            healed.hold(&["Known in time"]);
        }
    }
}

/// Links from the leader that take longer than the timeouts allow, which only another timing model permits.
#[test]
fn a_slow_link_makes_two_leaders_and_the_assumption_is_named() {
    let slow = |to: u16| {
        let set = r#"{"delay":{"kind":"constant","us":300000}}"#;
        fault(&format!(r#"{{"do":"link","from":4,"to":{to},"set":{set}}}"#))
    };
    let refused = bully(&[]).at(500, slow(0));
    let mut refused = refused.start(1);
    refused.run_until(SimTime::from_ms(1_000));
    assert_eq!(refused.refused().len(), 1, "a synchronous link is never so slow");
    let timing = Timing::Asynchronous;
    let bench = (0..4).fold(bully(&[]).at(500, Fault::Timing { timing }), |b, to| b.at(500, slow(to)));
    for seed in 0..50 {
        let run = bench.run(seed);
        for promise in ["One leader", "Highest"] {
            let assumption = run.broken(promise).assumption;
            let named = "within a known time, and the timing model gives delays no bound (since 0.500 s)";
            assert!(assumption.contains(named), "{assumption}");
        }
    }
}

/// T is to be a round trip. Where it is shorter, who asks leads before it can have been answered; where it is as long as that, never.
#[test]
fn a_timeout_below_a_round_trip_elects_who_is_not_the_highest() {
    for seed in 0..100 {
        let run = bully(&["answer_ms=12"]).run(seed);
        assert!(run.broken("Highest").assumption.contains("round trip"));
        run.hold(&["One leader", "Known in time"]);
        assert_eq!(leaders(&run), [5]);
        assert_eq!(bully(&["answer_ms=34", "coordinator_ms=66"]).run(seed).all_hold(), 3);
        let hasty = bully(&["answer_ms=1", "coordinator_ms=1", "heartbeat_ms=20"]);
        assert!(!hasty.until_ms(9_000).mixed(Mix::Crash, seed).breaks("Known in time"), "seed {seed}");
    }
}

/// Where its assumptions hold, safety does: without faults and with any crashes. Under the other mixes what breaks names what was
/// out of force; and in the end, when all is well again, the highest leads and all follow it.
#[test]
fn whatever_breaks_is_owed_to_the_world() {
    for settings in [&[][..], &["start=all", "nodes=3"], &["start=missed", "heartbeat_ms=30"]] {
        for seed in 0..200 {
            for mix in Mix::ALL {
                let run = bully(settings).until_ms(9_000).mixed(mix, seed);
                for name in ["Highest", "One leader", "Known in time"] {
                    let line = run.line(name);
                    let Verdict::Violated { assumption, why, .. } = line.verdict else { continue };
                    let free = matches!(mix, Mix::None | Mix::Crash) || name == "Known in time";
                    let owed = assumption.starts_with("it is assumed");
                    assert!(owed && !free, "{settings:?} {mix:?} seed {seed}: {name}: {why}; {assumption}");
                }
                let n = bully(settings).params().int("nodes") as u16;
                assert_eq!(leaders(&run), [n], "{settings:?} {mix:?} seed {seed}");
                run.hold(&["Known in time"]);
            }
        }
    }
    assert!(bully(&[]).until_ms(1_500).crash_at_each_event(1, 300, Trial::safe) > 50);
    assert!(bully(&["start=all"]).until_ms(1_500).crash_at_each_event(2, 20, Trial::safe) > 50);
}

/// From any state: two crashes of the highest at any moments, and who was about to lead among them.
#[test]
fn all_follow_the_highest_within_the_bound_after_the_last_crash() {
    let bench = bully(&[]);
    let within = settled_within(bench.params());
    for seed in 0..300 {
        let (a, b) = (300 + seed % 60, 310 + seed * 7 % 240);
        let crashes = bench.clone().at(a, Fault::crash(NodeId(4))).at(b, Fault::crash(NodeId(3)));
        let run = crashes.until_ms(a.max(b) + within.0 / 1_000).run(seed);
        assert_eq!((run.all_hold(), leaders(&run)), (3, vec![3]));
    }
}

/// A liar says of others that they lead; who believes it waits for a heartbeat that never comes, or for the true leader's.
#[test]
fn a_liar_leads_nobody_astray_for_long() {
    let lie = fault(r#"{"do":"byzantine","node":4,"rules":[{"act":"lie"}]}"#);
    let honest = fault(r#"{"do":"byzantine","node":4,"rules":[]}"#);
    let lying = bully(&[]).at(0, lie);
    let misled = (0..50).filter(|&seed| lying.run(seed).waits()).count();
    assert!(misled > 40, "{misled}");
    let waits = (0..50).map(|seed| lying.run(seed)).find(Trial::waits).unwrap();
    assert!(waits.pending("Known in time").contains("P5 lies"));
    for seed in 0..50 {
        lying.clone().at(2_000, honest.clone()).run(seed).hold(&["Known in time"]);
    }
}

/// What has not happened is said as each process sees it, and nothing is lacking where all follow the one leader.
#[test]
fn who_is_not_led_says_by_which_rule() {
    let said = |run: &Trial| {
        let all = ENTRY.absences.map_or_else(Vec::new, |read| read(run.world(), run.trace()));
        all.into_iter().map(|a| a.what).collect::<Vec<_>>()
    };
    let at = |bench: &Bench, ms| {
        let mut run = bench.start(3);
        run.run_until(SimTime::from_ms(ms));
        said(&run)
    };
    let crash = bully(&["nodes=3"]).at(500, Fault::crash(NodeId(2)));
    let unled = |who: &str| format!("{who} does not know who leads");
    assert_eq!(at(&crash, 5), ["P1 is not elected".to_owned(), unled("P2"), unled("P3")]);
    assert_eq!(at(&crash, 499), [""; 0]);
    let trusts = |who: &str| format!("{who} does not look for another leader than P3");
    assert_eq!(at(&crash, 520), [trusts("P1"), trusts("P2")]);
    let both = crash.clone().at(640, Fault::crash(NodeId(1)));
    let run = both.run(3);
    assert_eq!((said(&run), leaders(&run)), (Vec::new(), vec![1]));
    let wall = bully(&["nodes=3"]).at(500, fault(r#"{"do":"partition","groups":[[0,1],[2]]}"#));
    assert_eq!(at(&wall, 900), ["P2 does not give way to P3"]);
}
