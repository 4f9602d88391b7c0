//! Tests of the channel. What a wire with chance `q` gets through is published with the gauges.

use super::bob::{Bob, Window};
use super::frame::{Body, Content, Key, Tag};
use super::mallory::{Deed, Mallory};
use super::{ALICE, BOB, ENTRY, Fact, MALLORY, Mutant, Rules};
use crate::check::Verdict;
use crate::check::search::{Bounds, Ending, Explored, Faults, explore};
use crate::kit::bench::{Bench, Trial, down, fault};
use crate::sim::history::Run;
use crate::sim::{Edit, Fault, Host, SimTime};
use std::collections::BTreeSet;

const VARIANTS: [&str; 5] = ["plain", "encrypted", "mac", "mac-number", "all"];

fn channel(variant: &str, settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, &[&format!("variant={variant}")]).set(settings)
}

fn ask(ms: u64, request: &str) -> Edit {
    Edit::at(ms * 1_000, Fault::request(MALLORY, request))
}

/// What a wire gets through, and what it does not.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    read: bool,
    forged: bool,
    flipped: bool,
    replayed: bool,
    dropped: bool,
}

/// Everything that the wire can do, one at a time, under this variant.
fn row(variant: &str) -> Row {
    let once = channel(variant, &["retry=false"]);
    let got = |request: &str, gauge: &str| once.clone().edits([ask(500, request)]).run(1).number(gauge);
    Row {
        read: once.run(1).number("read") > 0.0,
        forged: got("forge 99", "forged") > 0.0,
        flipped: got("flip 7", "forged") > 0.0,
        replayed: got("replay 1", "replayed") > 0.0,
        dropped: got("drop", "delivered") < 8.0,
    }
}

/// The row's target: in clear everything works; a cipher keeps off reading; a code keeps off what is changed or made up, and no
/// copy; with numbers, no copy either; and against dropping nothing helps. What is made up behind a cipher is
/// accepted, too, though who made it up cannot choose what it says.
#[test]
fn what_each_variant_keeps_off_and_what_not() {
    let all = Row { read: true, forged: true, flipped: true, replayed: true, dropped: true };
    let table = VARIANTS.map(row);
    assert_eq!(table[0], all);
    assert_eq!(table[1], Row { read: false, ..all });
    let mac = Row { read: true, forged: false, flipped: false, replayed: true, dropped: true };
    assert_eq!(table[2], mac);
    assert_eq!(table[3], Row { replayed: false, ..mac });
    assert_eq!(table[4], Row { replayed: false, read: false, ..mac });
}

/// A bit flipped in the cipher text is that bit flipped in the amount, whatever the key stream; under a tag it is seen.
#[test]
fn a_stream_cipher_is_malleable_and_a_tag_is_not() {
    let key = Key::agreed(7);
    for nonce in 0..40 {
        for amount in 0..=255 {
            let body = key.seal(nonce, amount);
            assert_eq!(key.read(body), amount);
            let content = |body: Body| Content::Payment { number: nonce, body };
            let tag = key.tag(content(body));
            assert!(key.verifies(content(body), tag));
            for bit in 0..8 {
                let flipped = body.flipped(bit);
                assert_eq!(key.read(flipped), amount ^ 1 << bit);
                assert!(!key.verifies(content(flipped), tag));
            }
            for none in [Tag::MISSING, Tag::MADE_UP, key.tag(Content::Receipt { number: nonce })] {
                assert!(!key.verifies(content(body), none));
            }
        }
    }
    let streams: BTreeSet<u8> = (0..40).map(|nonce| Key::agreed(7).read(key.seal(nonce, 0))).collect();
    assert_eq!(streams.len(), 1, "what is sealed is read by who has agreed on the same key");
    let other = Key::agreed(8);
    let wrong = (0..40).filter(|&nonce| other.read(key.seal(nonce, 0)) != 0).count();
    assert!(wrong > 30, "{wrong} of 40 say something else under another key");
}

/// RFC 4303, section 3.4.3, against a set that remembers everything: in whatever order 200 numbers come, what is less than 64 below
/// the highest is told apart exactly.
#[test]
fn the_window_takes_each_number_once() {
    let mut state = 1_u64;
    for _ in 0..200 {
        let (mut window, mut seen, mut top) = (Window::default(), BTreeSet::new(), 0);
        for _ in 0..200 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let number = 1 + (state >> 33) as u32 % 150;
            let told = format!("{:?}", window.stands(number));
            let expected = match () {
                () if number + 64 <= top => "Late",
                () if seen.contains(&number) => "Seen",
                () => "New",
            };
            assert_eq!(told, expected, "{number} below {top}");
            if told == "New" {
                window.mark(number);
                seen.insert(number);
                top = top.max(number);
            }
        }
    }
}

/// Whatever the wire does and whatever else goes wrong, what a variant promises holds; and where tags tell Alice the truth and she
/// sends again, everything has arrived when all is well again.
#[test]
fn no_mix_of_faults_breaks_a_promise() {
    for variant in VARIANTS {
        for tap in ["by-hand", "busy"] {
            let bench = channel(variant, &[&format!("tap={tap}"), "count=20"]).until_ms(20_000);
            let waits = bench.every_mix(0..12, Trial::safe);
            if variant != "plain" && variant != "encrypted" {
                assert_eq!(waits, 0, "{variant} {tap}");
            }
        }
    }
}

#[test]
fn a_crash_after_each_event_breaks_no_promise() {
    for variant in VARIANTS {
        let bench = channel(variant, &["tap=busy", "count=4"]).until_ms(3_000);
        let runs = bench.crash_at_each_event(3, 60, Trial::safe);
        assert!(runs > 15, "{variant}: {runs}");
    }
}

fn searched(variant: &str) -> Explored {
    let settings = ["count=2", "retry=false", "tap=busy", "attack_percent=100"];
    let mut root = channel(variant, &settings).start(1);
    root.run_until(SimTime::ZERO);
    explore(
        &root,
        Bounds { states: 600_000, depth: 200, faults: Faults { crashes: 0, losses: 0, copies: 1 } },
    )
}

/// Two payments, and everything that the wire can do to them in any order, with a second copy: these are all ways there are, and none
/// gets anything past Bob.
#[test]
fn nothing_gets_past_tags_and_numbers_in_all_that_can_happen() {
    for variant in ["all", "mac-number", "mac"] {
        let found = searched(variant);
        println!("{variant}: {} states, {} moves deep", found.states, found.depth);
        assert!(found.violation.is_none() && found.left_out.is_empty(), "{variant}: {:?}", found.left_out);
        assert_eq!(found.ending, Ending::Complete, "{variant}: {} states", found.states);
    }
}

/// All that can happen to a payment or two on a wire that always does the same, with two crashes.
fn always(mutant: &str, deed: &'static [Deed]) -> Explored {
    let mutant = format!("mutant={mutant}");
    let bench = channel("all", &["count=2", "retry=false", "attack_percent=100", &mutant]);
    let mut setup = bench.build(1).unwrap();
    let mut mallory = Mallory::new(Rules::of(bench.params()), bench.params());
    mallory.chance = deed;
    setup.nodes[MALLORY.index()].node = Host::boxed(mallory);
    let mut root = Run::new(setup, ENTRY.checks(bench.params()), Vec::new()).unwrap();
    root.run_until(SimTime::ZERO);
    explore(
        &root,
        Bounds { states: 600_000, depth: 200, faults: Faults { crashes: 1, losses: 0, copies: 0 } },
    )
}

/// Every rule that is left out is found by a short way, and with the rule there is no way.
#[test]
fn the_shortest_ways_past_a_rule_that_is_left_out() {
    for (mutant, deed, breaks) in [
        ("number-not-tagged", &[Deed::Renumber][..], "Integrity"),
        ("takes-untagged", &[Deed::Strip], "Integrity"),
        ("marks-first", &[Deed::Forge(99)], "Fair refusals"),
        ("forgets-window", &[Deed::Replay], "No replay"),
        ("forgets-number", &[], "Secrecy"),
        ("same-stream", &[], "Secrecy"),
        ("untagged-receipts", &[Deed::Confirm], "Honest receipts"),
    ] {
        let found = always(mutant, deed);
        let (line, way, _) = found.violation.unwrap_or_else(|| panic!("{mutant}: {:?}", found.ending));
        println!("{mutant}: {} in {} moves", line.name, way.len());
        let Verdict::Violated { witness, .. } = line.verdict else { panic!("{mutant}: {line:?}") };
        assert!(line.name == breaks && (1..=12).contains(&witness.len()), "{mutant}: {}", line.name);
        assert!(way.len() <= 9, "{mutant}: {way:?}");
        let whole = always("none", deed);
        assert!(whole.violation.is_none() && whole.left_out.is_empty(), "{mutant}: {:?}", whole.left_out);
        assert_eq!(whole.ending, Ending::Complete, "{mutant}");
    }
    assert_eq!(Mutant::TABLE.len(), 7);
}

/// From a wire that lets nothing through, nothing helps; from one that drops one, sending again does. Each time the verdict says which.
#[test]
fn dropping_is_never_prevented_and_fair_loss_is_what_it_takes() {
    for variant in VARIANTS {
        let blocked = channel(variant, &[]).edits([ask(500, "block on")]).run(1);
        assert_eq!(blocked.number("delivered"), 2.0, "{variant}");
        assert!(blocked.pending("Delivery").contains("Mallory lets nothing through"));
        let back = channel(variant, &[]).edits([ask(500, "block on"), ask(1_500, "block off")]).run(1);
        back.hold(&["Delivery"]);
        let one = channel(variant, &[]).edits([ask(500, "drop")]).run(1);
        one.hold(&["Delivery"]);
        let once = channel(variant, &["retry=false"]).edits([ask(500, "drop")]).run(1);
        assert!(once.pending("Delivery").contains("sends each payment once"), "{variant}");
        let never = channel(variant, &["tap=drops", "attack_percent=100"]).run(1);
        assert_eq!(never.number("delivered"), 0.0);
        assert!(never.pending("Delivery").contains("ten payments in a row"), "{variant}");
    }
    let cut = fault(r#"{"do":"link","from":1,"to":2,"set":{"cut":true}}"#);
    assert!(channel("all", &[]).at(500, cut).run(1).pending("Delivery").contains("links are fair"));
}

/// A receipt that the wire gives itself is believed where nothing is tagged, and what it stands for never comes.
#[test]
fn a_receipt_is_worth_what_its_tag_is() {
    let lied = |variant| channel(variant, &[]).edits([ask(500, "confirm")]).run(1);
    let plain = lied("plain");
    assert_eq!(plain.number("delivered"), 7.0);
    assert!(plain.pending("Delivery").contains("without tags"));
    let tagged = lied("mac");
    assert_eq!(tagged.number("delivered"), 8.0);
    tagged.hold(&["Delivery", "Honest receipts"]);
    let told =
        tagged.trace().facts().iter().any(|(_, t)| t.as_fact() == Some(&Fact::Distrusted { number: 3 }));
    assert!(told);
}

/// With tags alone a lost receipt is enough: what Alice herself sends again is paid again. Numbers make that harmless.
#[test]
fn without_numbers_alice_replays_herself() {
    let lost = fault(r#"{"do":"link","from":2,"to":1,"set":{"cut":true}}"#);
    let well = fault(r#"{"do":"link","from":2,"to":1,"set":{"cut":false}}"#);
    let run = |variant| channel(variant, &["count=1"]).at(100, lost.clone()).at(600, well.clone()).run(1);
    assert!(run("mac").number("replayed") >= 2.0);
    let numbered = run("mac-number");
    assert_eq!(numbered.number("replayed"), 0.0);
    assert_eq!(numbered.all_hold(), 5);
}

/// The window is on disk: a crash of Bob brings no old payment back.
#[test]
fn a_crash_of_the_receiver_opens_no_door() {
    let crash = |mutant: &str| {
        let bench = channel("all", &[&format!("mutant={mutant}")]).edits(down(BOB, 700, 750));
        bench.edits([ask(900, "replay 1")]).run(1)
    };
    assert_eq!(crash("none").all_hold(), 6);
    let broken = crash("forgets-window").broken("No replay");
    assert_eq!(broken.assumption, "the numbers that were seen are on the receiver's disk");
    assert_eq!(broken.witness.len(), 4, "both times, the crash and the recovery");
}

/// A link that flips bits by chance is a wire without a mind: tags see that, too.
#[test]
fn a_link_that_corrupts_is_caught_by_tags() {
    let bad = fault(r#"{"do":"link","from":0,"to":1,"set":{"model":"arbitrary","corrupt_ppm":300000}}"#);
    for variant in VARIANTS {
        let run = channel(variant, &["count=30"]).at(0, bad.clone()).run(2);
        let tagged = variant.starts_with("mac") || variant == "all";
        assert_eq!(run.number("forged") > 0.0, !tagged, "{variant}");
        if tagged {
            run.all_hold();
        }
    }
}

#[test]
fn what_cannot_be_asked_for_is_refused_in_words() {
    let mut run = channel("plain", &[]).start(1);
    run.run_until(SimTime::from_ms(10));
    let mut refused = |node, text: &str| run.edit(Fault::request(node, text)).unwrap_err().message;
    assert!(refused(MALLORY, "replay 0").contains("from 1 to 9999"));
    assert!(refused(MALLORY, "flip 8").contains("from 0 to 7"));
    assert!(refused(ALICE, "pay 0").contains("from 1 to 200"));
    run.run_until(SimTime::from_ms(500));
    // What has not come by cannot be sent again.
    run.fault(Fault::request(MALLORY, "replay 9"));
    run.finish();
    assert_eq!((run.number("replayed"), run.number("delivered")), (0.0, 8.0));
}

/// The sender stays within the receiver's window: what she has open is never too old for it.
#[test]
fn nobody_runs_away_from_the_window() {
    let mut bench = channel("all", &["count=0"]).until_ms(9_000);
    bench = bench.edits([ask(0, "block on"), ask(5_000, "block off")]);
    let mut run = bench.start(1);
    run.run_until(SimTime::from_ms(100));
    let pay = || Fault::request(ALICE, "pay 30");
    let mut made = 0;
    while made < 100 && run.edit(pay()).is_ok() {
        let now = run.time();
        run.run_until(now);
        made += 1;
    }
    assert_eq!(made, 64);
    run.finish();
    assert_eq!(run.number("delivered"), 64.0);
    run.all_hold();
    assert_eq!(run.node::<Bob>(BOB).ledger.times.len(), 64);
}

#[test]
fn what_is_missing_is_said_with_what_it_waits_for() {
    let said = |run: &Trial| {
        let all = ENTRY.absences.map_or_else(Vec::new, |read| read(run.world(), run.trace()));
        let unmet = |a: &crate::kit::Absence| {
            let unmet = a.conditions.iter().filter(|c| !c.met).map(|c| c.says.clone());
            (a.what.clone(), unmet.collect::<Vec<_>>())
        };
        all.iter().map(unmet).collect::<Vec<_>>()
    };
    let blocked = channel("all", &["count=2"]).edits([ask(0, "block on")]).run(1);
    let [(what, unmet)] = &said(&blocked)[..] else { panic!("one is said") };
    assert_eq!(what, "Bob has not accepted #1 £10, nor 1 more");
    assert!(unmet.iter().any(|u| u == "Mallory lets it through"), "{unmet:?}");
    assert!(said(&channel("all", &[]).run(1)).is_empty());
}
