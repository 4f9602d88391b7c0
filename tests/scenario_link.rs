//! A share link brings back exactly what was shared, and no text whatever breaks its reader.
#![cfg(not(target_arch = "wasm32"))]

use faultline::protocols::Value;
use faultline::scenario::link::{ENCODED, SharedRun, decode, encode};
use faultline::scenario::{Opening, base64url};
use faultline::sim::{Edit, Fault, NodeId, Partition};
use faultline::view::route::Route;
use proptest::prelude::*;

fn partition(at_us: u64) -> Edit {
    let groups = vec![
        vec![NodeId(0), NodeId(1)],
        vec![NodeId(2), NodeId(3), NodeId(4)],
    ];
    let wall = Partition {
        groups,
        ..Partition::default()
    };
    Edit::at(at_us, Fault::Partition(wall))
}

fn shared() -> SharedRun {
    let crash = Fault::Crash {
        node: NodeId(3),
        stop: false,
    };
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
    let plain = SharedRun {
        opening: Opening::of("raft-election"),
        ..SharedRun::default()
    };
    assert!(
        decode(&encode(&plain).unwrap())
            .unwrap()
            .opening
            .seed
            .is_some()
    );
}

/// Made by version 1, on the day of version 1. It must open for ever.
#[test]
fn the_first_links_keep_opening() {
    let old = include_str!("golden/link-v1.txt").trim();
    assert_eq!(decode(old).unwrap(), shared());
}

/// A payload of version 1 around any JSON.
fn payload(json: &str) -> String {
    let sum = {
        use std::hash::Hasher;
        let mut h = faultline::sim::hash::Fx::default();
        h.write(json.as_bytes());
        h.finish()
    };
    let mut bytes = vec![(sum >> 8) as u8, sum as u8];
    bytes.extend(miniz_oxide::deflate::compress_to_vec(json.as_bytes(), 9));
    format!("1{}", base64url::encode(&bytes))
}

#[test]
fn fields_of_a_later_day_are_passed_over() {
    let run = decode(&payload(r#"{"s":"raft-nine","r":3,"colour":"mauve"}"#)).unwrap();
    assert_eq!(run.opening, Opening::of("raft-nine").seed(3));
}

#[test]
fn what_is_no_link_is_refused_in_a_sentence() {
    let good = encode(&shared()).unwrap();
    let bad_letter = format!("{}*{}", &good[..20], &good[21..]);
    let other = if good.as_bytes()[40] == b'A' {
        'B'
    } else {
        'A'
    };
    let changed = format!("{}{other}{}", &good[..40], &good[41..]);
    let bomb = payload(&format!("{{\"s\":\"{}\"}}", " ".repeat(600_000)));
    assert!(bomb.len() < ENCODED, "the bomb must pass the first check");
    let cases = [
        (String::new(), "bad-link", "empty"),
        (format!("2{}", &good[1..]), "newer-link", "version 2"),
        (format!("x{good}"), "bad-link", "version"),
        (good[..good.len() - 8].to_owned(), "bad-link", "cut short"),
        (good[..2].to_owned(), "bad-link", "cut short"),
        (bad_letter, "bad-link", "place 21"),
        (changed, "bad-link", "damaged"),
        ("1".repeat(ENCODED + 1), "too-large", "no link of ours"),
        (bomb, "too-large", "unpacks"),
        (payload(r#"{"s":"nowhere"}"#), "unknown-scenario", "nowhere"),
        (payload(r#"{"s":7}"#), "bad-link", "no run"),
        (payload(r#"{"s":"raft-nine","r":-1}"#), "bad-link", "-1"),
        (
            payload(r#"{"s":"raft-nine","t":9e30}"#),
            "bad-link",
            "moment",
        ),
        (
            payload(r#"{"s":"raft-nine","t":99999999999999}"#),
            "bad-link",
            "moment",
        ),
        (payload(r#"{"s":"raft-nine","v":0}"#), "bad-link", "speed"),
        (
            payload(r#"{"s":"raft-nine","p":{"servers":1000}}"#),
            "bad-parameter",
            "servers",
        ),
        (
            payload(r#"{"s":"raft-nine","p":{"colour":1}}"#),
            "unknown-parameter",
            "colour",
        ),
        (
            payload(r#"{"s":"raft-nine","p":{"servers":1.5}}"#),
            "bad-link",
            "no run",
        ),
        (
            payload(r#"{"s":"raft-nine","e":[{"at_us":1,"do":"sing"}]}"#),
            "bad-link",
            "sing",
        ),
        (payload(&"[".repeat(100_000)), "bad-link", "no run"),
    ];
    for (text, code, part) in cases {
        let refusal = decode(&text).unwrap_err();
        let shown: String = text.chars().take(60).collect();
        assert_eq!(refusal.code, code, "{shown}: {refusal}");
        assert!(refusal.message.contains(part), "{shown}: {refusal}");
    }
}

#[test]
fn a_run_with_too_many_edits_has_no_link() {
    let many = (0..9_000).map(|i| {
        let fault = Fault::ClockJump {
            node: NodeId((i * 7 % 5) as u16),
            by_us: (i * 7_919 % 100_003) as i64,
        };
        Edit::at(i * 104_729 % 1_000_003, fault)
    });
    let run = SharedRun {
        opening: Opening::of("raft-nine").and(many),
        ..SharedRun::default()
    };
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
    let run = SharedRun {
        events: Some(40),
        ..shared()
    };
    let payload = encode(&run).unwrap();
    assert_eq!(decode(&payload).unwrap(), run);
}
