//! Tests of the failure detector. How often it is wrong, and for how long, is published with its gauges.

use super::{ENTRY, Fact, Process, age};
use crate::check::Verdict;
use crate::check::faultmix::Mix;
use crate::kit::bench::{Bench, Mean, Trial, against_theory};
use crate::sim::{Delay, Edit, Fault, LinkPatch, NodeId, Setup, SimTime, Span, Timing};

fn bench(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings).until_ms(20_000)
}

/// Who suspected whom from this time on, in order.
fn suspicions(run: &Trial, from: SimTime) -> Vec<(NodeId, NodeId)> {
    let facts = run.trace().facts().iter();
    let late = facts.filter(|(event, _)| run.trace().event(*event).time >= from);
    let pair = |told: &crate::sim::Told| match told.as_fact()? {
        Fact::Suspects { whom } => Some((told.node, *whom)),
        _ => None,
    };
    late.filter_map(|(_, told)| pair(told)).collect()
}

#[test]
fn runs_come_to_what_theory_says() {
    for compared in against_theory(&ENTRY) {
        assert!(compared.agrees(), "{compared:?}");
    }
}

/// A crash at any moment of a period. Fresh: noticed T after the next heartbeat was to be sent, so within T and a
/// period, and in the mean after T + period / 2. Timeout: period + T after the last heartbeat has arrived, which
/// was sent half a period ago in the mean: T + mean delay + period / 2. (P(D > T) is 0.03 %, so that earlier
/// suspicion is rare.) The crash walks through the period in 997 steps, and P2 crashes, P1 watches.
#[test]
fn a_crash_is_noticed_after_the_time_that_theory_says() {
    for (period, late) in [(500, 400), (1_000, 400), (200, 600)] {
        for (rule, travels) in [("fresh", 0), ("timeout", 50)] {
            let settings =
                [format!("period_ms={period}"), format!("timeout_ms={late}"), format!("rule={rule}")];
            let bench = bench(&settings.each_ref().map(String::as_str)).set(&["nodes=2"]);
            let took = (0..997).map(|k| {
                let at_us = 5_000_000 + k * 1_000 * period / 997;
                let crash = Edit::at(at_us, Fault::crash(NodeId(1)));
                let run = bench.clone().edits([crash]).until_ms(9_000).run(k);
                run.number("detection_ms")
            });
            let took: Vec<f64> = took.collect();
            let longest = took.iter().copied().fold(0.0, f64::max);
            assert!(rule == "timeout" || longest <= (late + period) as f64, "{longest}");
            let expected = (late + travels) as f64 + period as f64 / 2.0;
            Mean::of(took).assert_agrees_with(expected);
        }
    }
}

/// What is promised with bounds breaks only where the world breaks what is assumed, and says so; and when all is
/// well again, opinions become right.
#[test]
fn many_seeds_under_every_mix() {
    for settings in [
        &["rule=fresh"][..],
        &["rule=timeout", "nodes=5"],
        &["rule=growing"],
        &["rule=fresh", "delays=bounded"],
        &["rule=growing", "delays=bounded", "timeout_ms=10"],
        &["rule=timeout", "delays=bounded"],
    ] {
        let bench = bench(settings);
        bench.every_mix(0..100, |run| {
            run.hold(&["Strong completeness"]);
            for line in run.watcher().lines() {
                if let Verdict::Violated { assumption, .. } = &line.verdict {
                    assert!(assumption.starts_with("it is assumed"), "{settings:?} {line:?}");
                }
            }
        });
        bench.mixed(Mix::None, 1).safe();
    }
}

#[test]
fn every_mutant_is_found() {
    for mutant in ENTRY.mutants {
        let whole = bench(mutant.with);
        let bench = whole.set(&[&format!("mutant={}", mutant.id)]);
        let pairs = (0..1_000).flat_map(|seed| Mix::ALL.map(|mix| (mix, seed)));
        let mut tried = pairs.map(|(mix, seed)| (mix, seed, bench.mixed(mix, seed)));
        let fair = |mix, seed| !whole.mixed(mix, seed).breaks(mutant.breaks);
        let found = tried.find(|(mix, seed, run)| run.breaks(mutant.breaks) && fair(*mix, *seed));
        let (.., run) = found.unwrap_or_else(|| panic!("{} is never found", mutant.id));
        let broken = run.broken(mutant.breaks);
        assert_eq!(broken.assumption, mutant.rule);
        assert!((1..=12).contains(&broken.witness.len()));
    }
}

/// Row D1: delays of 25 to 75 ms, and T of 76 ms: nobody is ever suspected who runs, by any rule; with T of
/// 60 ms some are, by the rule that counts from the sending.
#[test]
fn with_a_bound_and_enough_patience_it_is_perfect() {
    for rule in ["rule=fresh", "rule=timeout", "rule=growing"] {
        let bench = bench(&[rule, "delays=bounded", "nodes=4"]);
        for seed in 0..50 {
            let run = bench.set(&["timeout_ms=76"]).run(seed);
            assert_eq!(suspicions(&run, SimTime::ZERO), []);
            assert_eq!(run.all_hold(), 5);
        }
    }
    let run = bench(&["delays=bounded", "timeout_ms=60"]).run(1);
    assert!(suspicions(&run, SimTime::ZERO).len() > 50);
}

/// There is a bound on delays, at most 500 ms, and nobody knows it. A timeout that grows by 200 ms is wrong at
/// most three times about each, for then it is above the bound; one that does not grow is wrong again and again.
#[test]
fn under_an_unknown_bound_only_growing_patience_comes_to_an_end_of_mistakes() {
    let worst = |rule: &str, seed| {
        let bench = bench(&[rule, "timeout_ms=1", "step_ms=200", "mean_ms=300"]).until_ms(60_000);
        let unknown = |s: &mut Setup| s.timing = Timing::UnknownBound { at_most_us: 500_000 };
        let run = bench.changed(unknown).run(seed);
        let all = suspicions(&run, SimTime::ZERO);
        let times = |pair| all.iter().filter(|p| *p == pair).count();
        all.iter().map(times).max().unwrap_or(0)
    };
    for seed in 0..20 {
        assert!((1..=3).contains(&worst("rule=growing", seed)), "seed {seed}");
        assert!(worst("rule=timeout", seed) > 10, "seed {seed}");
    }
}

/// The first mistake at 200 + 500 ms of silence adds the step of 50 ms, for that process alone.
#[test]
fn a_mistake_makes_it_more_patient_with_one() {
    let mut run = bench(&["rule=growing"]).start(1);
    run.run_until(SimTime::from_ms(2_000));
    let patience = |run: &Trial, node| run.node::<Process>(NodeId(0)).detector.patience(NodeId(node));
    let before = patience(&run, 1).unwrap();
    run.fault(Fault::Pause { node: NodeId(1) });
    run.run_until(SimTime::from_ms(5_000));
    run.pending("Eventual strong accuracy");
    run.fault(Fault::Resume { node: NodeId(1) });
    run.run_until(SimTime::from_ms(6_500));
    assert_eq!(patience(&run, 1), Some(Span(before.0 + 50_000)));
    assert_eq!(patience(&run, 2), Some(Span::ms(700)));
    run.hold(&["Eventual strong accuracy"]);
}

/// A heartbeat that is held back until its sender is long dead says nothing new, and proves nothing.
#[test]
fn an_old_heartbeat_is_no_news() {
    for (mutant, trusts) in [("mutant=none", false), ("mutant=stale-is-news", true)] {
        let mut run = bench(&["nodes=2", "timeout_ms=400", mutant]).start(3);
        // Odd numbers are P1's: P2's third.
        run.hold_back("heartbeat", 6);
        run.fault(Fault::crash(NodeId(1)));
        run.run_until(SimTime::from_ms(5_000));
        run.hold(&["Strong completeness"]);
        run.deliver("heartbeat", 6);
        let suspects = run.node::<Process>(NodeId(0)).detector.suspects(NodeId(1));
        assert_eq!(suspects, !trusts);
    }
}

/// Row A2: from a cut on, what P2 has of P1 grows older by a millisecond each millisecond, and P2 goes on trusting P1 until
/// the next heartbeat is T late. P1 sends at multiples of the period; with a constant delay nothing else is old.
#[test]
fn behind_a_cut_a_picture_grows_old_in_a_straight_line_and_looks_well_until_the_timeout() {
    for (period, late) in [(500, 200), (300, 900), (1_000, 50)] {
        let settings = [format!("period_ms={period}"), format!("timeout_ms={late}")];
        let steady = |s: &mut Setup| s.link.delay = Delay::Constant { us: 20_000 };
        let mut run =
            bench(&settings.each_ref().map(String::as_str)).set(&["nodes=2"]).changed(steady).start(1);
        // Number 5 of P1 has come, and is the last that does.
        let cut_at = 5 * period + 30;
        run.run_until(SimTime::from_ms(cut_at));
        run.fault(Fault::Link {
            from: NodeId(0),
            to: NodeId(1),
            set: LinkPatch { cut: Some(true), ..LinkPatch::default() },
        });
        let due = 6 * period + late;
        for ms in [cut_at + 1, cut_at + period / 2, due - 1] {
            run.run_until(SimTime::from_ms(ms));
            let now_us = run.world().now().us();
            let picture = age::age(run.world(), NodeId(1), NodeId(0));
            assert_eq!(picture, Some(Span(now_us - 5_000 * period)));
            assert!(!run.node::<Process>(NodeId(1)).detector.suspects(NodeId(0)), "too soon: {ms} of {due}");
        }
        run.run_until(SimTime::from_ms(due));
        assert!(run.node::<Process>(NodeId(1)).detector.suspects(NodeId(0)));
    }
}

/// Row D2: delays of 200 to 600 ms, which nobody knows. Silence lasts at most a period and the longest delay, 650 ms, and
/// patience begins with a period and T: so it doubles at most log2(650 / (50 + T)) times, rounded up.
#[test]
fn doubling_patience_is_enough_after_as_many_mistakes_as_the_logarithm_says() {
    for (late, most) in [(1, 4), (30, 4), (150, 2), (320, 1)] {
        let settings = [format!("timeout_ms={late}")];
        let fast = ["rule=doubling", "delays=bounded", "period_ms=50", "mean_ms=400"];
        let bench = bench(&settings.each_ref().map(String::as_str)).set(&fast);
        assert_eq!(most, libm::log2(650.0 / (50.0 + f64::from(late))).ceil() as usize);
        let worst = (0..20).map(|seed| {
            let run = bench.run(seed);
            run.hold(&["Mistakes end"]);
            let all = suspicions(&run, SimTime::ZERO);
            all.iter().map(|pair| all.iter().filter(|p| *p == pair).count()).max().unwrap_or(0)
        });
        let worst = worst.max().unwrap();
        assert!((1..=most).contains(&worst), "T = {late}: {worst}");
    }
}

/// P1 sends its first heartbeat in the instant in which P2 begins to watch, which counts as heard: when it arrives, P2 has long
/// lost patience, and its opinion stays. That is no broken trust; nor is it after a crash.
#[test]
fn what_was_sent_before_one_began_to_watch_is_no_news_to_it() {
    let impatient = bench(&["rule=timeout", "nodes=2", "period_ms=100", "timeout_ms=10"]);
    let slow = |s: &mut Setup| s.link.delay = Delay::Constant { us: 400_000 };
    impatient.clone().changed(slow).run(1).hold(&["Trust"]);
    let down = |at_us| {
        [
            Edit::at(at_us, Fault::crash(NodeId(1))),
            Edit::at(at_us + 50_000, Fault::Recover { node: NodeId(1) }),
        ]
    };
    for at_us in (1_000_000..1_100_000).step_by(10_000) {
        impatient.clone().changed(slow).edits(down(at_us)).run(1).hold(&["Trust"]);
    }
}
