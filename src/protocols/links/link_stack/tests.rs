//! Tests of the link stack. The mean number of sends until one arrives is published with its gauges.

use super::{ENTRY, RECEIVER, Receiver, SENDER, SHOWN, Sender};
use crate::check::Verdict;
use crate::kit::bench::{Bench, Trial, down, fault};
use crate::sim::{Protocol, World};

const ALL_LAYERS: &[&str] = &["retransmit=on", "dedupe=on", "reorder=on"];

fn stack(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings)
}

fn sum(bench: &Bench, seeds: u64, gauge: &str) -> f64 {
    bench.mean_of(gauge, 0..seeds).sum()
}

/// Without layers 30 of 100 messages are lost (standard deviation 4.6 in 100; 1,000 are sent here, so
/// 14.5), and that breaks no promise, for none was given.
#[test]
fn a_bare_fair_loss_link_loses_doubles_and_reorders_and_violates_nothing() {
    let bare = stack(&["spacing_ms=5"]);
    let missing = sum(&bare, 100, "missing");
    assert!((missing - 300.0).abs() < 4.0 * 14.5, "{missing} of 1000");
    assert!(sum(&bare, 100, "duplicates") > 20.0);
    assert!(sum(&bare, 100, "inversions") > 100.0);
    assert_eq!(bare.run(1).all_hold(), 1);
}

/// In the last stack the link itself doubles nothing: what is delivered twice was sent twice, because the
/// acknowledgement was lost.
#[test]
fn each_layer_mends_its_own_fault_and_no_other() {
    let noisy = stack(&["loss_percent=40", "duplicate_percent=40", "spacing_ms=5"]);
    let of = |layers: &[&str]| {
        let stack = noisy.set(layers);
        ["missing", "duplicates", "inversions"].map(|g| sum(&stack, 60, g) > 20.0)
    };
    assert_eq!(of(&["dedupe=on"]), [true, false, true]);
    assert_eq!(of(&["reorder=on"]), [true, true, false]);
    assert_eq!(of(&["retransmit=on", "dedupe=on"]), [false, false, true]);
    let acknowledged = ["retransmit=on", "duplicate_percent=0"];
    assert_eq!(of(&acknowledged), [false, true, true]);
}

#[test]
fn with_all_three_layers_every_message_comes_once_and_in_order() {
    let calm = ["loss_percent=30", "duplicate_percent=10", "count=10"];
    let noisy = ["loss_percent=60", "duplicate_percent=50", "count=50"];
    let twice = ["loss_percent=0", "duplicate_percent=90", "count=20"];
    for noise in [calm, noisy, twice] {
        let stack = stack(ALL_LAYERS).set(&noise).set(&["spacing_ms=3"]);
        for seed in 0..100 {
            let run = stack.run(seed);
            assert_eq!(run.all_hold(), 4);
            let numbers = run.node::<Receiver>(RECEIVER).log();
            let count = stack.params().int("count") as u16;
            assert!(numbers.map(|p| p.number).eq(1..=count), "seed {seed}");
        }
    }
}

/// The same seeds without the crash are the control: no duplicate at all. What waited in the reorder
/// buffer was acknowledged already, so the crash can lose messages, too.
#[test]
fn a_crash_of_the_receiver_brings_duplicates_back_and_is_named() {
    let calm = stack(ALL_LAYERS).set(&["loss_percent=50"]);
    let crashing = calm.clone().edits(down(RECEIVER, 250, 260));
    let (mut back, mut lost) = (0, 0);
    for seed in 0..100 {
        calm.run(seed).hold(&["No duplication"]);
        let run = crashing.run(seed);
        if run.waits() {
            lost += 1;
            assert!(run.pending("No loss").contains("Receiver crashed"));
        }
        if run.breaks("No duplication") {
            back += 1;
            let broken = run.broken("No duplication");
            assert_eq!(broken.witness.len(), 4, "both deliveries, the crash and the recovery");
            assert!(broken.assumption.contains("Receiver crashed ("));
        }
    }
    assert!(back > 30 && lost > 5, "{back} and {lost} of 100 runs");
}

#[test]
fn a_crash_of_the_sender_loses_what_was_not_acknowledged_and_is_named() {
    let crash = down(SENDER, 100, 200);
    let crashing = stack(ALL_LAYERS).set(&["loss_percent=60"]).edits(crash);
    let runs = (0..30).map(|seed| crashing.run(seed));
    let all = runs.inspect(|r| assert_eq!(r.node::<Sender>(SENDER).sent, 10));
    let named = |r: &Trial| r.pending("No loss").contains("Sender crashed");
    assert!(all.filter(Trial::waits).filter(named).count() > 20);
}

#[test]
fn a_loss_of_everything_is_a_cut_and_refused_and_a_cut_in_the_run_is_named() {
    for (all, why) in [("loss_percent=100", "it is a cut"), ("duplicate_percent=100", "")] {
        let refusal = stack(&[all]).build(1).err().unwrap();
        assert!(refusal.code == "not-fair-loss" && refusal.message.contains(why));
    }
    assert!(World::new(stack(&["loss_percent=99"]).build(1).unwrap()).is_ok());
    let cut = fault(r#"{"do":"links","set":{"cut":true}}"#);
    let run = stack(ALL_LAYERS).at(50, cut).until_ms(5_000).run(1);
    let why = run.pending("No loss");
    assert!(why.contains("links are fair, and the link from"), "{why}");
}

/// What can hardly or never arrive is not in progress: nearly all is lost, or the resending was switched
/// off and all is over.
#[test]
fn what_can_never_arrive_is_not_in_progress() {
    let links = |set: &str| fault(&format!(r#"{{"do":"links","set":{set}}}"#));
    let rare = links(r#"{"loss_ppm":999999}"#);
    let once = links(r#"{"layers":{"retransmit_us":0},"loss_ppm":900000}"#);
    for (fault, said) in
        [(rare, "has lost ten messages in a row (since"), (once, "nothing is left that happens by itself")]
    {
        let run = stack(ALL_LAYERS).at(50, fault).until_ms(60_000).run(1);
        let Verdict::Pending { why } = run.line("No loss").verdict else {
            panic!("{said}: {:?}", run.line("No loss"));
        };
        assert!(why.contains(said), "{why}");
    }
}

/// A layer knows frames, not meanings: the mutant's second message is a new one to it.
#[test]
fn a_layer_taken_off_in_the_run_is_named_and_so_is_a_message_handed_over_twice() {
    let off = fault(r#"{"do":"links","set":{"layers":{"retransmit_us":150000}}}"#);
    let noisy = stack(ALL_LAYERS).set(&["duplicate_percent=60", "spacing_ms=5"]);
    let broken = noisy.at(50, off).run(1).broken("No duplication");
    assert!(broken.assumption.starts_with("the layer dedupe"));
    for seed in 0..20 {
        let twice = stack(ALL_LAYERS).set(&["mutant=send-twice"]).run(seed);
        assert!(twice.broken("No duplication").assumption.contains("once"));
    }
}

#[test]
fn a_changed_letter_is_a_creation() {
    let link = r#"{"do":"links","set":{"model":"arbitrary","corrupt_ppm":500000}}"#;
    let liar = r#"{"do":"byzantine","node":0,"rules":[{"act":"lie"}]}"#;
    for (bad, named) in [(link, "the link changes nothing"), (liar, "Sender lies")] {
        let broken = stack(&[]).at(50, fault(bad)).run(3).broken("No creation");
        assert!(broken.assumption.contains(named), "{broken:?}");
    }
}

/// No acknowledgement gets through, so fifty messages are sent again every ten milliseconds as long as the run lasts,
/// and each is handed over every time. What that costs must not grow with the receiver's log, which has 100,000
/// entries in the end; `faultline bench growth` shows it.
#[test]
fn a_sender_that_is_never_answered_goes_on_for_ever() {
    let cut = fault(r#"{"do":"link","from":1,"to":0,"set":{"cut":true}}"#);
    let settings = ["retransmit=true", "resend_ms=10", "count=50", "loss_percent=0", "duplicate_percent=0"];
    let run = stack(&settings).at(0, cut).until_ms(21_500).run(1);
    let receiver = run.node::<Receiver>(RECEIVER);
    let total: u32 = (1..=50).map(|n| receiver.times(n)).sum();
    assert_eq!(total as usize, receiver.log().count());
    assert!(total > 100_000, "{total} were handed over");
    assert!(receiver.inspect().cells.len() <= SHOWN as usize);
}

/// Row C1: what is sent `spacing` apart stays in order where jitter is not above that, and does not for ever where it is.
#[test]
fn messages_change_places_only_where_jitter_is_above_the_spacing() {
    let reliable = stack(&["loss_percent=0", "duplicate_percent=0"]);
    for (jitter, overtake) in [("jitter_ms=0", false), ("jitter_ms=30", false), ("jitter_ms=45", true)] {
        let bench = reliable.set(&[jitter]);
        assert_eq!(sum(&bench, 100, "inversions") > 10.0, overtake, "{jitter}");
        assert!(["missing", "duplicates"].iter().all(|g| sum(&bench, 100, g) == 0.0), "{jitter}");
    }
}
