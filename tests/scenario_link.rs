//! A share link brings back exactly what was shared, and no text whatever breaks its reader.
#![cfg(not(target_arch = "wasm32"))]

use faultline::kit::Value;
mod link_kit;

use faultline::scenario::link::{ENCODED, decode, encode, follow};
use faultline::scenario::{Opening, SharedRun, base64url};
use faultline::sim::json::is_hidden;
use faultline::sim::{Edit, Fault, NodeId, Partition, Refusal};
use faultline::view::route::Route;
use link_kit::{packed, payload};
use proptest::prelude::*;

fn partition(at_us: u64) -> Edit {
    let groups = vec![vec![NodeId(0), NodeId(1)], vec![NodeId(2), NodeId(3), NodeId(4)]];
    let wall = Partition { groups, ..Partition::default() };
    Edit::at(at_us, Fault::Partition(wall))
}

fn shared() -> SharedRun {
    let crash = Fault::Crash { node: NodeId(3), stop: false };
    SharedRun {
        opening: Opening::of("raft-election")
            .seed(4_127)
            .param("servers", Value::Int(5))
            .param("prevote", Value::Bool(true))
            .and([Edit::at(1_000, crash), partition(2_000_000)])
            .and([Edit::at(3_000_000, Fault::Heal)]),
        at_us: 2_500_000,
        events: None,
        speed_us_s: Some(250_000),
        ..SharedRun::default()
    }
}

#[test]
fn what_is_shared_comes_back_in_under_five_hundred_characters() {
    let text = encode(&shared()).unwrap();
    assert!(text.len() < 400, "{} characters", text.len());
    assert_eq!(decode(&text).unwrap(), shared());
}

/// The seed is written even if it is the scenario's own: that one may change, the link may not.
#[test]
fn a_link_names_its_seed() {
    let plain = SharedRun { opening: Opening::of("raft-election"), ..SharedRun::default() };
    assert!(decode(&encode(&plain).unwrap()).unwrap().opening.seed.is_some());
}

/// Made by version 1, on the day of version 1. It must open for ever.
#[test]
fn the_first_links_keep_opening() {
    let old = include_str!("golden/link-v1.txt").trim();
    assert_eq!(decode(old).unwrap(), shared());
}

#[test]
fn fields_of_a_later_day_are_passed_over() {
    let run = decode(&payload(r#"{"s":"raft-nine","r":3,"colour":"mauve"}"#)).unwrap();
    assert_eq!(run.opening, Opening::of("raft-nine").seed(3));
}

/// What is well packed and says what cannot be: the code, a part of the sentence, the JSON.
const BAD_RUNS: &str = r#"
bad-link | 'NaN}' | {"s":"raft-nine","t":NaN}
bad-link | so large | {"s":"raft-nine","t":1e999}
bad-link | direction of reading | {"s":"raft-nine","p":{"\u2066mutant":1}}
bad-parameter | from 3 to 199 | {"s":"raft-nine","p":{"servers":1000000000}}
bad-link | edits[1].node: this must be a whole number from 0 to 65535, not 1000000000 | {"s":"raft-nine","e":[{"at_us":1,"do":"heal"},{"at_us":1,"do":"crash","node":1000000000}]}
bad-link | at character 18 | {"s":"raft-nine"}{}
bad-link | must be an object | [1]
bad-link | 'scenario' is missing | {"r":7}
unknown-scenario | no scenario 'nowhere' | {"s":"nowhere"}
bad-link | scenario: this must be a text, not 7 | {"s":7}
bad-link | seed: this must be a whole number from 0 to 18446744073709551615, not -1 | {"s":"raft-nine","r":-1}
bad-link | at_us: this must be a whole number from 0 to 2592000000000 | {"s":"raft-nine","t":9e30}
bad-link | at_us: this must be a whole number from 0 to 2592000000000, not | {"s":"raft-nine","t":99999999999999}
bad-link | events: this must be a whole number from 0 to 5000000, not 5000001 | {"s":"raft-nine","n":5000001}
bad-link | speed_us_s: this must be a whole number from 1 to 1000000000000, not 0 | {"s":"raft-nine","v":0}
bad-link | panel: there is no 'secrets': there are 'link', 'node' | {"s":"raft-nine","w":"secrets"}
bad-link | picked: this must be a node (n2) | {"s":"raft-nine","k":"n99999"}
bad-link | picked: this must be a node (n2) | {"s":"raft-nine","k":"n+1"}
unknown-parameter | 'colour' | {"s":"raft-nine","p":{"colour":1}}
bad-link | params.servers | {"s":"raft-nine","p":{"servers":1.5}}
bad-link | edits[0].do: there is no 'sing' | {"s":"raft-nine","e":[{"at_us":1,"do":"sing"}]}
bad-link | edits[0].now: there is no field 'now' | {"s":"raft-nine","e":[{"at_us":1,"do":"heal","now":1}]}
"#;

/// What reads well and cannot be run.
const CANNOT_RUN: &str = r#"
unknown-node | edit 1 | {"s":"raft-nine","e":[{"at_us":1,"do":"crash","node":900}]}
out-of-range | over 100 % | {"s":"raft-nine","e":[{"at_us":1,"do":"links","set":{"loss_ppm":2000000}}]}
out-of-range | longest run | {"s":"raft-nine","e":[{"at_us":2592000000001,"do":"heal"}]}
too-many-nodes | at most 200 | {"s":"raft-nine","p":{"servers":199,"clients":5}}
"#;

/// The lines of a table: code, part of the sentence, JSON.
fn table(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    text.lines().filter(|l| !l.is_empty()).map(|line| {
        let mut cells = line.splitn(3, " | ");
        let mut next = || cells.next().expect("three cells");
        (next(), next(), next())
    })
}

/// Refused for its packing: the code, a part of the sentence, the payload.
fn bad_packing() -> Vec<(&'static str, &'static str, String)> {
    let good = encode(&shared()).unwrap();
    let letter = |at: usize, c: char| format!("{}{c}{}", &good[..at], &good[at + 1..]);
    let other = if good.as_bytes()[40] == b'A' { 'B' } else { 'A' };
    let bomb = payload(&format!("{{\"s\":\"{}\"}}", " ".repeat(600_000)));
    assert!(bomb.len() < ENCODED, "the bomb must pass the first check");
    let bytes = |parts: [&[u8]; 2]| format!("1{}", base64url::encode(&parts.concat()));
    let whole = base64url::decode(&good.as_bytes()[1..]).unwrap();
    let sum = [whole[0] ^ 1, whole[1]];
    let many = vec![r#"{"at_us":1,"do":"heal"}"#; 10_001].join(",");
    let many = payload(&format!(r#"{{"s":"raft-nine","e":[{many}]}}"#));
    let deep = payload(&format!(r#"{{"s":{}"#, "[".repeat(100_000)));
    let turned = payload("{\"s\":\"raft-\u{202e}nine\"}");
    let bad = "bad-link";
    vec![
        (bad, "is empty", String::new()),
        ("newer-link", "version 3", format!("3{}", &good[1..])),
        (bad, "its version", format!("x{good}")),
        (bad, "cut short", good[..good.len() - 8].to_owned()),
        (bad, "cut short", good[..2].to_owned()),
        (bad, "at place 21", letter(20, '*')),
        (bad, "damaged on its way", letter(40, other)),
        (bad, "characters are wrong", bytes([&sum, &whole[2..]])),
        (bad, "cannot be unpacked", bytes([&whole[..2], &[0xff; 40]])),
        (bad, "goes on after its end", bytes([&whole, b"more"])),
        ("too-large", "ours is longer", "1".repeat(ENCODED + 1)),
        ("too-large", "unpacks to more", bomb),
        (bad, "is no text", packed(&[b'{', 0xff, b'}'])),
        (bad, "127 deep", deep),
        (bad, "direction of reading", turned),
        (bad, "at most 10000", many),
    ]
}

/// How long a refusal may take. It is measured in a build for tests, which is slower than a release.
const SOON_MS: u128 = 300;

#[expect(clippy::disallowed_types, reason = "it is the reader's time that is measured")]
fn refused(code: &str, part: &str, what: &str, refuse: impl FnOnce() -> Option<Refusal>) {
    let what: String = what.chars().take(80).collect();
    let begun = std::time::Instant::now();
    let refusal = refuse().unwrap_or_else(|| panic!("{what} was taken"));
    let ms = begun.elapsed().as_millis();
    assert_eq!(refusal.code, code, "{what}: {refusal}");
    assert!(refusal.message.contains(part), "{what}: {refusal}");
    assert!(refusal.message.len() < 400, "{what}: {refusal}");
    assert!(!refusal.message.contains(is_hidden), "{what}: {refusal}");
    assert!(ms < SOON_MS, "{what} took {ms} ms");
}

#[test]
fn what_is_no_link_is_refused_in_a_sentence_at_once() {
    for (code, part, text) in bad_packing() {
        refused(code, part, &text, || decode(&text).err());
    }
    for (code, part, json) in table(BAD_RUNS) {
        let text = payload(json);
        refused(code, part, json, || decode(&text).err());
    }
}

#[test]
fn what_cannot_run_is_refused_when_it_is_opened_as_fast() {
    let of = |json: &str| decode(&payload(json)).unwrap_or_else(|r| panic!("{json}: {r}"));
    for (code, part, json) in table(CANNOT_RUN) {
        let run = of(json);
        refused(code, part, json, || follow(&run).err());
    }
    // A cycle without delay, ahead of the moment that is shown and before it.
    for at_us in [0, 2_000_000] {
        let json = link_kit::cycle(at_us);
        let run = of(&json);
        refused("no-delay", "never gets on", &json, || follow(&run).err());
    }
}

#[test]
fn a_run_with_too_many_edits_has_no_link() {
    let many = (0..9_000).map(|i| {
        let fault =
            Fault::ClockJump { node: NodeId((i * 7 % 5) as u16), by_us: (i * 7_919 % 100_003) as i64 };
        Edit::at(i * 104_729 % 1_000_003, fault)
    });
    let run = SharedRun { opening: Opening::of("raft-nine").and(many), ..SharedRun::default() };
    assert_eq!(encode(&run).unwrap_err().code, "too-large");
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in "\\PC{0,400}") {
        let _ = decode(&text);
    }

    #[test]
    fn no_letters_break_the_reader(text in "1[A-Za-z0-9_-]{0,400}") {
        let _ = decode(&text);
    }

    #[test]
    fn no_address_breaks_the_reader(search in "\\PC{0,60}", hash in "\\PC{0,200}") {
        let _ = Route::parse(&search, &hash);
        let _ = Route::parse(&format!("?{search}"), &format!("#/s/{hash}"));
        let _ = Route::parse("", &format!("#/s/raft-election?{hash}"));
    }

    #[test]
    fn no_damage_breaks_the_reader(at in 0usize..200, byte in 32u8..127, cut in 0usize..200) {
        let mut text = encode(&shared()).unwrap().into_bytes();
        let last = text.len() - 1;
        text[at.min(last)] = byte;
        text.truncate(text.len() - cut.min(last));
        let _ = decode(&String::from_utf8(text).unwrap());
    }

    #[test]
    fn no_bytes_break_base64(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = base64url::decode(&bytes);
        let text = base64url::encode(&bytes);
        prop_assert_eq!(base64url::decode(text.as_bytes()), Ok(bytes));
    }
}

/// A link made between two events of one moment opens between them: `n` counts what has happened.
#[test]
fn a_link_says_the_very_event_it_was_made_at() {
    let run = SharedRun { events: Some(40), ..shared() };
    let payload = encode(&run).unwrap();
    assert_eq!(decode(&payload).unwrap(), run);
}
