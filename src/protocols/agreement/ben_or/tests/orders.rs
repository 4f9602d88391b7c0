//! What can still be decided, held against runs; orders of messages that never end, and coins that end them.

use super::{COINS, P1, P2, P3, bench, decided};
use crate::kit::bench::{Bench, Trial, fault};
use crate::protocols::agreement::ben_or::machine::Phase;
use crate::protocols::agreement::ben_or::valence::{self, Configuration, decision};
use crate::protocols::agreement::ben_or::{Msg, Process, dealt};
use crate::sim::{Delay, Edit, Fault, NodeId, SimTime, Span};
use std::collections::BTreeSet;

fn round_of(run: &Trial, node: NodeId) -> u32 {
    run.node::<Process>(node).machine.round()
}

fn propose(node: NodeId, value: u8) -> Edit {
    Edit::at(1_000, Fault::Request { node, request: format!("propose {value}") })
}

/// Three processes with these values, and further settings.
fn three(values: [u8; 3], settings: &[&str]) -> Bench {
    bench(settings).edits([P1, P2, P3].into_iter().zip(values).map(|(node, value)| propose(node, value)))
}

/// Both directions between these two take a fifth of a second.
fn slow(bench: &Bench, a: u16, b: u16) -> Bench {
    let way = |from, to| {
        fault(&format!(
            r#"{{"do":"link","from":{from},"to":{to},"set":{{"delay":{{"kind":"constant","us":200000}}}}}}"#
        ))
    };
    bench.clone().at(0, way(a, b)).at(0, way(b, a))
}

/// The lamp against runs: of three with any values, what some of many runs decide is what the lamp says can be decided, and nothing else.
#[test]
fn the_lamp_says_what_runs_come_to() {
    for coin in COINS {
        for values in [[0, 0, 0], [0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]] {
            let bench = three(values, &[coin])
                .changed(|setup| setup.link.delay = Delay::Uniform { min_us: 1_000, max_us: 60_000 })
                .until_ms(1_500);
            let mut run = bench.start(1);
            run.run_until(SimTime::from_ms(10));
            let lamp = valence::of(run.world()).unwrap();
            let ever: BTreeSet<u8> =
                (0..150).flat_map(|seed| decided(&bench.run(seed))).map(|d| d.1).collect();
            for value in [0_u8, 1] {
                let can = lamp.can(usize::from(value)) == Some(true);
                assert_eq!(ever.contains(&value), can, "{coin} {values:?} {value}: {lamp:?}");
            }
        }
    }
}

/// Lemma 2 of the theorem: there is a bivalent start; and who all have the same value are univalent. The rule that keeps its value is a
/// case apart: of three with 0, 1, 1 none ever has another value but by a proposal, so that 0 is never decided; but a search cannot
/// look at all of what goes on for ever, and says so.
#[test]
fn the_valence_of_a_start() {
    let lamp = |values, coin| {
        let mut run = three(values, &[coin]).start(1);
        run.run_until(SimTime::from_ms(10));
        valence::of(run.world()).unwrap()
    };
    for coin in COINS {
        let (zeros, ones) = (lamp([0; 3], coin), lamp([1; 3], coin));
        assert_eq!([zeros.can(0), zeros.can(1)], [Some(true), Some(false)], "{coin} {zeros:?}");
        assert_eq!([ones.can(0), ones.can(1)], [Some(false), Some(true)], "{coin} {ones:?}");
        let mixed = lamp([0, 1, 1], coin);
        println!("{coin}: {mixed:?}");
        match coin {
            "coin=keep" => assert_eq!([mixed.can(0), mixed.can(1)], [None, Some(true)], "{mixed:?}"),
            _ => assert!(mixed.is_bivalent(), "{coin} {mixed:?}"),
        }
    }
    let zero = lamp([0, 0, 1], "coin=zero");
    println!("zero: {zero:?}");
    assert_eq!([zero.can(0), zero.can(1)], [Some(true), Some(false)], "{zero:?}");
}

/// Wherever a run stands, what it goes on to decide is among what the lamp says can be decided.
#[test]
fn the_lamp_never_rules_out_what_happens() {
    for coin in COINS {
        for nodes in [&["nodes=3"][..], &["nodes=5", "t=2"]] {
            for seed in 0..2 {
                let bench = bench(&[coin, "inputs=drawn"]).set(nodes).until_ms(400);
                let end = decided(&bench.run(seed)).first().map(|d| usize::from(d.1));
                let mut run = bench.start(seed);
                while let Some(value) = end
                    && (0..7).all(|_| run.step())
                {
                    let lamp = valence::of(run.world()).unwrap();
                    assert_ne!(
                        lamp.can(value),
                        Some(false),
                        "{coin} {nodes:?} {seed} {}: {lamp:?}",
                        run.time()
                    );
                }
            }
        }
    }
}

// ------------------------------------------------------------------ orders that never end

/// A slow line is enough against two of the rules; nobody crashes, and every message arrives. And one crash is.
#[test]
fn without_a_coin_a_slow_line_or_a_crash_keeps_it_open() {
    for coin in ["coin=other", "coin=keep"] {
        let line = slow(&bench(&[coin]), 1, 2);
        let crash = bench(&[coin]).at(10, Fault::crash(P3));
        for seed in 0..10 {
            for bench in [&line, &crash] {
                let run = bench.run(seed);
                assert_eq!(decided(&run), []);
                assert!(round_of(&run, P1) >= 100, "{}", round_of(&run, P1));
                run.hold(&["Agreement", "Validity", "One proposal"]);
                let waits = run.pending("Termination");
                assert!(
                    waits.contains("no deterministic protocol in an asynchronous system guarantees"),
                    "{waits}"
                );
            }
        }
    }
    let mut run = slow(&bench(&["coin=other"]), 1, 2).start(1);
    for ms in (40..3_000).step_by(20) {
        run.run_until(SimTime::from_ms(ms));
        let lamp = valence::of(run.world()).unwrap();
        assert!(lamp.is_bivalent(), "{ms}: {lamp:?}");
    }
}

/// The same line and the same crash, and coins: it ends, with either.
#[test]
fn a_coin_ends_it() {
    for coin in ["coin=local", "coin=common"] {
        for seed in 0..200 {
            let run = slow(&bench(&[coin]), 1, 2).run(seed);
            assert_eq!((decided(&run).len(), run.all_hold()), (3, 5));
            let run = bench(&[coin]).at(10, Fault::crash(P3)).run(seed);
            assert_eq!((decided(&run).len(), run.all_hold()), (2, 5));
        }
    }
}

/// It arrives now, the oldest of those between these two.
fn deliver(run: &mut Trial, from: u16, to: u16, at: (u32, Phase)) {
    let flights = run.world().in_flight();
    let of = |f: &&crate::sim::world::InFlight| {
        let say = f.payload.as_any().downcast_ref::<Msg>().map(Msg::say);
        (f.from.0 + 1, f.to.0 + 1) == (from, to) && say.is_some_and(|s| (s.round, s.phase) == at)
    };
    let msg = flights.iter().find(of).unwrap_or_else(|| panic!("{from} {to} {at:?}")).msg;
    run.fault(Fault::DeliverNow { msg });
    let now = run.time();
    run.run_until(now);
}

/// Against the rule that takes 0: of two with 1, one hears the other and proposes, and that is heard by the other and not by
/// P1. After a round all are where they were, and all that was held back arrives, too late to matter.
#[test]
fn against_the_rule_that_takes_0_there_is_an_order_as_well() {
    let bench = bench(&["coin=zero"])
        .changed(|setup| setup.link.delay = Delay::Constant { us: 5_000_000 })
        .until_ms(100_000);
    let mut run = bench.start(1);
    run.run_until(SimTime::from_ms(20));
    for round in 1..=40 {
        for (phase, from, to) in [
            (Phase::Reports, 3, 2),
            (Phase::Reports, 1, 3),
            (Phase::Reports, 3, 1),
            (Phase::Proposals, 3, 1),
            (Phase::Proposals, 2, 3),
            (Phase::Proposals, 1, 2),
        ] {
            deliver(&mut run, from, to, (round, phase));
            let later = run.time() + Span::ms(1);
            run.run_until(later);
        }
        let lamp = valence::of(run.world()).unwrap();
        assert!(lamp.is_bivalent(), "{round}: {lamp:?}");
        assert_eq!([P1, P2, P3].map(|n| round_of(&run, n)), [round + 1; 3]);
    }
    assert_eq!(decided(&run), []);
    run.finish();
    run.hold(&["Agreement", "Validity", "One proposal"]);
}

/// Lemma 3, played: from a bivalent configuration whoever knows what will come of each step takes one that leaves it bivalent, again and
/// again. So it is with every rule without a coin that can decide both; and with a common coin that he knows beforehand (Aguilera and
/// Toueg 2012), for then it is no coin to him. Where it is 1 in the first round he has lost already: only 1 can be proposed there.
#[test]
fn who_knows_what_comes_keeps_it_bivalent() {
    let mut kept = 0;
    for coin in ["coin=zero", "coin=other", "coin=common"] {
        for seed in 0..8 {
            let mut run = bench(&[coin]).start(seed);
            run.run_until(SimTime::from_ms(10));
            let key = run.node::<Process>(P1).key;
            let mut now = Configuration::of(run.world()).unwrap();
            if coin == "coin=common" {
                now.know((1..=40).map(|round| (round, dealt(key, round))));
                if !valence::search(now.clone(), 2_000).is_bivalent() {
                    assert_eq!(dealt(key, 1), 1);
                    continue;
                }
            }
            for step in 0..90 {
                let after = now.moves().into_iter().flat_map(|by| now.play(by));
                let open = after.filter(|(_, deeds)| decision(deeds).is_none()).map(|(next, _)| next);
                let next = open.into_iter().find(|c| valence::search(c.clone(), 2_000).is_bivalent());
                now = next.unwrap_or_else(|| panic!("{coin} {seed} {step}: {now:?}"));
            }
            assert_eq!(now.machines().len(), 3);
            kept += usize::from(coin == "coin=common");
        }
    }
    assert!(kept > 0);
}
