//! Tests of the two generals. How often they disagree is published with their gauges.

use super::{A, B, ENTRY, attack};
use crate::kit::bench::{Bench, Trial, down};
use crate::sim::{EventKind, Fault};

fn generals(k: u8, loss_percent: u8, more: &[&str]) -> Bench {
    let (k, loss) = (format!("k={k}"), format!("loss_percent={loss_percent}"));
    Bench::of(&ENTRY, &[&k, &loss]).set(more)
}

fn minds(run: &Trial) -> (bool, bool) {
    let attacks = |node| attack(run.world(), node).unwrap();
    (attacks(A), attacks(B))
}

/// Messenger `number`, by kind and number of that kind.
fn messenger(number: u8) -> (&'static str, usize) {
    match number {
        1 => ("plan", 1),
        n => ("acknowledgement", usize::from(n) - 1),
    }
}

/// In every run exactly one of two things is true: the promise is broken, or both are of one mind. One
/// messenger at most is caught, for none is sent after him.
#[test]
fn agreement_is_broken_exactly_when_they_disagree() {
    for seed in 0..500 {
        let run = generals(5, 30, &[]).run(seed);
        assert_eq!(run.breaks("Agreement"), run.number("disagree") == 1.0);
        assert!(run.number("messengers") <= 5.0 && run.number("lost") <= 1.0);
    }
}

/// The chain argument, run by run: whichever messenger is the first to be caught decides all (none is
/// sent after him), so these k runs and the one without loss are all there are. Exactly one of them is
/// a disagreement: that in which the last is caught, and his sender attacks alone.
#[test]
fn the_last_messenger_is_the_one_whose_loss_changes_one_mind() {
    for k in 1..=20 {
        let run = generals(k, 0, &[]).run(1);
        assert_eq!((run.all_hold(), minds(&run)), (3, (true, true)));
        for caught in 1..=k {
            let mut run = generals(k, 0, &[]).start(1);
            let (kind, number) = messenger(caught);
            run.lose(kind, number);
            run.finish();
            let (sender_is_a, last) = (caught % 2 == 1, caught == k);
            let expected = (last && sender_is_a, last && !sender_is_a);
            assert_eq!(minds(&run), expected, "k = {k}, caught {caught}");
            run.hold(&["Validity"]);
            assert_eq!(run.breaks("Agreement"), last);
            if last {
                let broken = run.broken("Agreement");
                let kinds = [EventKind::Lost, EventKind::Timer, EventKind::Timer];
                assert_eq!(run.kinds(&broken.witness), kinds);
                let (from, to) = if sender_is_a { ("A", "B") } else { ("B", "A") };
                let lost = format!("General {from} to General {to} was lost (dropped by hand, at ");
                assert!(broken.assumption.contains(&lost), "{}", broken.assumption);
            }
        }
    }
}

#[test]
fn a_valley_that_nobody_crosses_is_a_cut_and_refused() {
    let refusal = generals(5, 100, &[]).build(1).err().unwrap();
    assert_eq!(refusal.code, "not-fair-loss");
}

#[test]
fn wanting_certainty_breaks_both_promises_and_always_retreating_one_even_without_loss() {
    for k in [1, 2, 5] {
        let sure = generals(k, 0, &["mutant=want-certainty"]).run(1);
        assert!(sure.breaks("Agreement") && sure.breaks("Validity"));
        let never = generals(k, 0, &["mutant=always-retreat"]).run(1);
        assert_eq!(minds(&never), (false, false));
        never.hold(&["Agreement"]);
        assert!(never.breaks("Validity"));
    }
}

/// A second copy of a messenger is not answered a second time: each is sent once.
#[test]
fn a_doubled_messenger_changes_nothing() {
    let mut run = generals(5, 0, &[]).start(1);
    run.double("plan", 1);
    run.finish();
    assert_eq!(minds(&run), (true, true));
    assert_eq!(run.trace().messages(), 6, "five, and one copy");
}

/// What is decided is on disk; who is down at dawn decides when he is back, by what he had on paper.
#[test]
fn a_crash_leaves_the_decision_pending_and_then_the_orders_hold() {
    let three = generals(3, 0, &[]);
    let run = three.clone().at(390, Fault::crash(B)).run(1);
    let why = run.pending("Termination");
    assert!(why.contains("General B is not running"), "{why}");
    let twice = [down(B, 390, 900), down(B, 950, 990)].concat();
    let run = three.clone().edits(twice).run(1);
    assert_eq!(minds(&run), (true, true));
    let decided = |run: &Trial| run.hold(&["Termination"]);
    assert!(three.crash_at_each_event(1, 5_000, decided) >= 5);
}
