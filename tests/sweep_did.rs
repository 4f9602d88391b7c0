//! What a sweep's faults do: every mix makes a difference to every protocol, or says that it made none, and why.
//!
//! The rule that is easy to break: faults that come when a protocol is done, or that its world refuses, prove nothing,
//! however many seeds there are.
#![cfg(not(target_arch = "wasm32"))]

use faultline::check::faultmix::Mix;
use faultline::scenario::sweep::{Did, LENGTH, Sweep};
use faultline::scenario::{self, Scenario};
use faultline::sim::SimTime;

const SEEDS: u64 = 50;

/// What the mix did under the first seeds, until it has made a difference.
fn did(def: &Scenario, mix: Mix) -> Did {
    let sweep = Sweep::of(&def.opening(), mix, LENGTH).unwrap();
    let mut did = Did::default();
    for seed in 0..SEEDS {
        did.add(sweep.run(seed).unwrap().did);
        if did.touched > 0 {
            break;
        }
    }
    did
}

/// Whether nodes only start there, and then wait for a hand: no fault makes a difference to that.
fn waits_for_a_hand(def: &Scenario) -> bool {
    let mut run = scenario::open(&def.opening()).unwrap();
    run.run_until(LENGTH);
    run.position() as usize <= run.world().node_ids().count()
}

/// That something was done is not enough: in at least one run nodes fared otherwise than without it.
#[test]
fn every_mix_makes_a_difference_to_every_protocol_or_says_why_not() {
    let mut nothing = Vec::new();
    let (waiting, all): (Vec<_>, Vec<_>) = scenario::all().partition(|def| waits_for_a_hand(def));
    for def in waiting {
        assert!(
            all.iter().any(|other| other.protocol == def.protocol),
            "{} has no run of its own",
            def.protocol
        );
    }
    for def in all {
        for mix in Mix::ALL.into_iter().filter(|m| *m != Mix::None) {
            let did = did(&def, mix);
            let words = did.words();
            match did.nothing() {
                None => assert!(!words.is_empty(), "{} {mix:?}: {did:?}", def.id),
                Some(why) => nothing.push(format!("{}, mix {}: {why}", def.id, mix.id())),
            }
        }
    }
    assert!(nothing.iter().all(|n| n.contains("refused")), "{nothing:#?}");
    assert!(nothing.len() <= 3, "{nothing:#?}");
}

#[test]
fn without_faults_nothing_is_done() {
    for def in scenario::all().take(3) {
        let did = Sweep::of(&def.opening(), Mix::None, LENGTH).unwrap().run(7).unwrap().did;
        assert_eq!((did.runs, did.touched, did.words()), (1, 0, String::new()));
    }
}

/// A hundred milliseconds of fifteen seconds: most seeds strike while the ring elects.
#[test]
fn what_is_over_soon_is_struck_soon() {
    let ring = scenario::find("ring-election").unwrap();
    let sweep = Sweep::of(&ring.opening(), Mix::Partition, LENGTH).unwrap();
    let walled = (0..SEEDS).filter(|&s| sweep.run(s).unwrap().did.walled > 0).count();
    assert!(walled >= 15, "in {walled} of {SEEDS} runs a wall stopped a message");
}

/// Neither which seeds are swept nor the order decides what a seed means.
#[test]
fn a_seed_means_the_same_run_in_every_sweep() {
    let ring = scenario::find("ring-election").unwrap();
    let at = |opening| Sweep::of(&opening, Mix::All, LENGTH).unwrap().at(9).unwrap();
    assert_eq!(at(ring.opening()), at(ring.opening().seed(1_000)));
}

#[test]
fn a_sweep_too_long_for_its_edits_is_refused_before_it_is_drawn() {
    let month = SimTime(faultline::sim::limits::RUN_US);
    for def in scenario::all() {
        for mix in Mix::ALL.into_iter().filter(|m| *m != Mix::None) {
            let refusal = Sweep::of(&def.opening(), mix, month).err().expect("thirty days are too long");
            assert_eq!(refusal.code, "too-many-edits");
            assert!(refusal.message.contains("10000 edits"), "{refusal}");
        }
    }
}
