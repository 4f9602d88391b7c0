//! Tests of Ben-Or's protocol: one a rule, all that can happen to three, orders of messages that never end, and coins that end them.
//! What it costs is published with its gauges.

mod orders;

use super::judged::InTheEnd;
use super::machine::{Deed, Phase, Say};
use super::valence::{Configuration, decision};
use super::{ENTRY, Fact, Rules, dealt};
use crate::check::Checks;
use crate::check::search::{Bounds, Ending, Faults, explore};
use crate::kit::bench::{Bench, Trial, down, fault};
use crate::kit::prelude::{Board, Promised};
use crate::sim::history::Run;
use crate::sim::{Fault, NodeId, SimTime};
use std::collections::{BTreeMap, BTreeSet};

const COINS: [&str; 5] = ["coin=local", "coin=common", "coin=other", "coin=zero", "coin=keep"];
const P1: NodeId = NodeId(0);
const P2: NodeId = NodeId(1);
const P3: NodeId = NodeId(2);

fn bench(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings)
}

/// Who has decided what, in which round.
fn decided(run: &Trial) -> Vec<(u16, u8, u32)> {
    let facts = run.trace().facts().iter();
    let one = |told: &crate::sim::Told| match told.as_fact::<Fact>() {
        Some(Fact::Decided { round, value }) => Some((told.node.0 + 1, *value, *round)),
        _ => None,
    };
    let mut all: Vec<_> = facts.filter_map(|(_, told)| one(told)).collect();
    all.sort_unstable();
    all
}

// ------------------------------------------------------------------ rounds

/// Who all have v report v, propose v and decide v in round 1, whatever the coin: 2 phases of n(n-1) messages and a farewell.
#[test]
fn who_all_have_the_same_value_decide_it_in_the_first_round() {
    for (n, t) in [(3, 1), (4, 1), (5, 1), (5, 2), (7, 3), (9, 4), (9, 0)] {
        let (nodes, bear) = (format!("nodes={n}"), format!("t={t}"));
        for coin in COINS {
            for (inputs, value) in [("inputs=zeros", 0), ("inputs=ones", 1)] {
                let bench = bench(&[&nodes, &bear, coin, inputs]);
                for seed in 0..3 {
                    let run = bench.run(seed);
                    let all: Vec<_> = (1..=n).map(|id| (id, value, 1)).collect();
                    assert_eq!(decided(&run), all);
                    let n = f64::from(n);
                    assert_eq!((run.number("messages"), run.number("tosses")), (4.0 * n * (n - 1.0), 0.0));
                    assert_eq!(run.all_hold(), 5);
                }
            }
        }
    }
}

/// The formula for the mean number of rounds, beside a chain that knows nothing of it: all ways in which m coins may fall, and what is
/// left of the chance that nobody has decided yet.
#[test]
fn the_formula_of_rounds_is_what_the_chain_of_all_tosses_says() {
    let chain = |n: u32, t: u32| {
        let m = n - t;
        let is_majority = |ones: u32| 2 * ones > n || 2 * (m - ones) > n;
        let stays = (0..1_u32 << m).filter(|coins| !is_majority(coins.count_ones())).count() as f64;
        let stays = stays / f64::from(1_u32 << m);
        let mut open = if is_majority(m - (n / 2).min(m)) { 0.0 } else { 1.0 };
        let mut mean = 1.0;
        while open > 1e-14 {
            mean += open;
            open *= stays;
        }
        mean
    };
    let rounds = ENTRY.gauges.iter().find(|g| g.id == "rounds").unwrap();
    for (n, t) in
        [(2, 0), (3, 0), (3, 1), (4, 0), (4, 1), (5, 1), (5, 2), (6, 2), (7, 3), (8, 3), (9, 2), (9, 4)]
    {
        let (nodes, bear, early) = (format!("nodes={n}"), format!("t={t}"), format!("early={t}"));
        let params = ENTRY.set(&[&nodes, &bear, &early]).unwrap();
        let (formula, chain) = (rounds.expects(&params).unwrap(), chain(n, t));
        assert!((formula - chain).abs() < 1e-9 * chain, "{n} {t}: {formula} {chain}");
    }
    // 1 + 2^t.
    let of_odd = [(3, 1), (5, 2), (7, 3), (9, 4)].map(|(n, t)| chain(n, t).round());
    assert_eq!(of_odd, [3.0, 5.0, 9.0, 17.0]);
}

/// What the coin that all share shows is a fair coin, round by round.
#[test]
fn the_common_coin_is_fair() {
    for key in 0..50 {
        let ones = (1..=10_000).filter(|round| dealt(key, *round) == 1).count();
        assert!((4_800..=5_200).contains(&ones), "{key}: {ones}");
    }
}

// ------------------------------------------------------------------ all that can happen

/// What the exhaustive walk below has met.
#[derive(Debug, Default, PartialEq, Eq)]
struct Met {
    states: usize,
    decided: BTreeSet<u8>,
    // Two decided differently; two proposed differently in a round; somebody waits for ever.
    parted: bool,
    two_proposals: bool,
    stuck: bool,
}

/// Everything that can happen to three processes of which one may crash, up to the end of the last round that is allowed: every order of
/// messages, every fall of coins, every moment for the crash.
fn walked(coin: &str, mutant: &str, values: [u8; 3]) -> Met {
    type State = (Configuration, Option<u8>, BTreeMap<u32, u8>, bool);
    let params = ENTRY.set(&[coin, "rounds_most=2", &format!("mutant={mutant}")]).unwrap();
    let first: State = (Configuration::start(Rules::of(&params), &values), None, BTreeMap::new(), false);
    let mut known = BTreeSet::from([first.clone()]);
    let (mut open, mut met) = (vec![first], Met::default());
    while let Some((now, decided, proposals, crashed)) = open.pop() {
        met.states += 1;
        let moves = now.moves();
        met.stuck |= moves.is_empty() && !now.machines().is_empty();
        let mut next: Vec<State> = Vec::new();
        for (after, deeds) in moves.into_iter().flat_map(|by| now.play(by)) {
            let mut proposals = proposals.clone();
            for deed in &deeds {
                if let Deed::Said(Say { round, phase: Phase::Proposals, value: Some(value) }) = *deed {
                    met.two_proposals |= *proposals.entry(round).or_insert(value) != value;
                }
            }
            let new = decision(&deeds);
            met.decided.extend(new);
            met.parted |= new.zip(decided).is_some_and(|(a, b)| a != b);
            next.push((after, decided.or(new), proposals, crashed));
        }
        if !crashed {
            let falls = (0..now.machines().len()).map(|place| now.crash(place));
            next.extend(falls.map(|after| (after, decided, proposals.clone(), true)));
        }
        open.extend(next.into_iter().filter(|state| known.insert(state.clone())));
    }
    met
}

/// Whatever the timing, whoever crashes, and however the coins fall: no two decide or propose differently, nobody waits for ever, and
/// who all have the same value decide it.
#[test]
fn nothing_breaks_in_all_that_can_happen_to_three() {
    for coin in COINS {
        for values in [[0, 0, 0], [0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]] {
            let met = walked(coin, "none", values);
            println!("{coin} {values:?}: {met:?}");
            assert!(!met.parted && !met.two_proposals && !met.stuck, "{coin} {values:?}: {met:?}");
            if values.iter().all(|v| *v == values[0]) {
                assert_eq!(met.decided, BTreeSet::from([values[0]]), "{coin} {met:?}");
            }
        }
    }
}

/// Each rule is needed: what goes wrong in all that can happen to three without it. (To take half of the heard for a majority takes
/// five.)
#[test]
fn without_a_rule_what_it_is_for_can_happen() {
    for (mutant, breaks) in [
        ("waits-for-all", "stuck"),
        ("bare-majority", "parted"),
        ("one-is-enough", "parted"),
        ("ignores-proposal", "parted"),
        ("stops-at-once", "stuck"),
    ] {
        let met = walked("coin=zero", mutant, [0, 1, 1]);
        println!("{mutant}: {met:?}");
        assert!(if breaks == "stuck" { met.stuck } else { met.parted }, "{mutant}: {met:?}");
    }
}

/// The same by the engine's own search, which knows nothing of it: two processes, none of which may crash, with every promise.
#[test]
fn nothing_breaks_in_all_that_can_happen_to_two() {
    let searched = |settings: &[&str]| {
        let bench = bench(&["nodes=2", "t=0", "rounds_most=2"]).set(settings);
        let progress =
            Promised::safety("progress", "nobody waits for ever", InTheEnd::new(bench.params(), false));
        let mut promises = (ENTRY.promises)(bench.params());
        promises.push(progress.boxed());
        let mut root = Run::new(bench.build(1).unwrap(), Checks::new(promises), Vec::new()).unwrap();
        root.run_until(SimTime::ZERO);
        let faults = Faults { crashes: 0, losses: 0, copies: 0 };
        explore(&root, Bounds { states: 300_000, depth: 200, faults })
    };
    for coin in COINS {
        let found = searched(&[coin]);
        assert!(found.violation.is_none() && found.left_out.is_empty(), "{:?}", found.left_out);
        println!("{coin}: {} states", found.states);
        assert_eq!(found.ending, Ending::Complete);
    }
}

// ------------------------------------------------------------------ crashes and bounds

/// Up to t may crash at any moment, and the rest decide: with probability 1, and here in all runs.
#[test]
fn who_is_left_decides_whenever_one_crashes() {
    for coin in ["coin=local", "coin=common"] {
        for settings in [&["nodes=3"][..], &["nodes=5", "t=2", "early=1"], &["nodes=4"]] {
            let runs = bench(&[coin]).set(settings).crash_at_each_event(1, 50, |run| {
                run.safe();
                run.hold(&["Termination", "Progress"]);
            });
            assert!(runs > 20, "{runs}");
        }
    }
}

/// n = 2t: a process waits for half of all, and half is no majority. Nobody ever proposes, so nothing ever breaks, and nothing is decided.
/// Who takes half for enough proposes two values, with the network in two halves.
#[test]
fn with_half_of_them_nothing_is_decided_and_nothing_breaks() {
    for coin in COINS {
        for seed in 0..10 {
            let run = bench(&["nodes=4", "t=2", coin]).until_ms(2_000).run(seed);
            assert_eq!(decided(&run), []);
            run.hold(&["Agreement", "Validity", "One proposal"]);
            let waits = run.pending("Termination");
            assert!(waits.contains("n > 2t is needed, and n is 4 and t is 2"), "{waits}");
        }
    }
    let wall = fault(r#"{"do":"partition","groups":[[0,1],[2,3]]}"#);
    let halves = bench(&["nodes=4", "t=2", "mutant=half-of-heard"]).at(5, wall);
    for seed in 0..10 {
        let broken = halves.run(seed).broken("One proposal");
        assert!(broken.assumption.contains("of all n processes"), "{broken:?}");
    }
}

/// One more than t: who is left waits, and the verdict says for whom there is no promise.
#[test]
fn one_crash_too_many_is_named() {
    let two = bench(&[]).at(10, Fault::crash(P2)).at(10, Fault::crash(P3));
    for seed in 0..10 {
        let run = two.run(seed);
        let named = "2 of 3 processes have crashed, and at most t = 1 are to be borne";
        for promise in ["Progress", "Termination"] {
            let waits = run.pending(promise);
            assert!(waits.contains(named), "{waits}");
        }
        let said: Vec<String> =
            ENTRY.absences.unwrap()(run.world(), run.trace()).into_iter().map(|a| a.what).collect();
        assert_eq!(said, ["P1 has not decided"]);
    }
}

/// Crash-stop: who is back takes no part, and neither it nor who has begun can be asked.
#[test]
fn who_has_crashed_takes_no_part_any_more() {
    for seed in 0..10 {
        let mut run = bench(&[]).edits(down(P3, 5, 15)).run(seed);
        assert_eq!((decided(&run).len(), run.all_hold()), (2, 5));
        for (node, says) in [(P3, "crash-stop"), (P1, "before the start")] {
            let refusal = run.edit(Fault::Request { node, request: "propose 1".to_owned() }).unwrap_err();
            assert!(refusal.message.contains(says), "{refusal}");
        }
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_the_reason() {
    for (settings, code) in [
        (&["nodes=2"][..], "nobody-to-wait-for"),
        (&["nodes=3", "t=2"], "nobody-to-wait-for"),
        (&["early=3"], "nobody-left"),
    ] {
        let refusal = bench(settings).build(1).err().unwrap();
        assert_eq!(refusal.code, code);
    }
}

/// What is lost is waited for, and named.
#[test]
fn a_wall_is_named() {
    let wall = fault(r#"{"do":"partition","groups":[[0],[1,2]]}"#);
    for seed in 0..10 {
        let run = bench(&[]).at(5, wall.clone()).run(seed);
        run.hold(&["Agreement", "Validity"]);
        let waits = run.pending("Termination");
        assert!(waits.contains("P1 has not decided") && waits.contains("no message is lost"), "{waits}");
    }
}

/// A liar may break what is promised for crashes, and is named.
#[test]
fn a_liar_is_named() {
    let lie = fault(r#"{"do":"byzantine","node":0,"rules":[{"to":1,"act":"lie"}]}"#);
    let mut broken = 0;
    for seed in 0..200 {
        let run = bench(&["inputs=drawn"]).at(1, lie.clone()).run(seed);
        for promise in ["Agreement", "Validity", "One proposal"] {
            if run.breaks(promise) {
                let assumption = run.broken(promise).assumption;
                assert!(assumption.contains("P1 lies"), "{assumption}");
                broken += 1;
            }
        }
    }
    assert!(broken > 0);
}

/// Whatever goes wrong: no promise is broken, and what waits says why.
#[test]
fn no_mix_of_faults_breaks_a_promise() {
    for coin in COINS {
        for settings in
            [&["nodes=3"][..], &["nodes=5", "t=2"], &["nodes=4"], &["nodes=4", "t=2"], &["nodes=2", "t=0"]]
        {
            let bench = bench(&[coin, "inputs=drawn"]).set(settings);
            bench.clone().until_ms(400).every_mix(0..40, Trial::safe);
            bench.until_ms(1_500).every_mix(40..50, Trial::safe);
        }
    }
}

// ------------------------------------------------------------------ what is shown

/// The lamp in words, from the start to the decision; and a rule that is left out leaves it dark.
#[test]
fn the_board_says_what_can_still_be_decided() {
    let lamps = |run: &Trial| {
        let boards = ENTRY.boards.unwrap()(&ENTRY.set(&[]).unwrap(), run.world());
        let Some(Board::Lamps { lamps, .. }) = boards.into_iter().next() else { panic!("no lamps") };
        lamps.into_iter().map(|l| l.label).collect::<Vec<_>>()
    };
    let mut run = bench(&["coin=zero"]).start(1);
    run.run_until(SimTime::from_ms(10));
    let said = lamps(&run);
    assert!(said[0].starts_with("bivalent ("), "{said:?}");
    assert_eq!(said[1..], ["0 can be decided", "1 can be decided"]);
    run.finish();
    let value = decided(&run)[0].1;
    assert_eq!(lamps(&run)[0], format!("{value} is decided"));
    let run = bench(&["mutant=one-is-enough"]).run(1);
    assert_eq!(lamps(&run), ["unknown: not all follow the rules"]);
}

/// Agreement is uniform: who has decided and crashes has decided the same as the others will.
#[test]
fn the_crashed_agree_as_well() {
    for seed in 0..100 {
        let mut run = bench(&["nodes=5", "t=2"]).start(seed);
        while decided(&run).is_empty() && run.step() {}
        let first = NodeId(decided(&run)[0].0 - 1);
        run.fault(Fault::crash(first));
        run.finish();
        assert_eq!(run.all_hold(), 5);
    }
}
