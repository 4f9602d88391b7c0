//! `check-history` as a script meets it: histories in, a verdict and an exit code out.
#![cfg(not(target_arch = "wasm32"))]

use faultline::sim::hash::mix;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Exit code, standard output, standard error.
fn check(name: &str, history: &str, options: &[&str]) -> (i32, String, String) {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.jsonl"));
    fs::write(&path, history).unwrap();
    let out = Command::new(env!("CARGO_BIN_EXE_faultline"))
        .args(["check-history", path.to_str().unwrap()])
        .args(options)
        .output()
        .expect("the tool starts");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

const REGISTER: [&str; 4] = ["--model", "register", "--level", "linearizable"];
const SEQUENTIAL: [&str; 4] = ["--model", "register", "--level", "sequential"];
const CAS: [&str; 4] = ["--model", "cas-register", "--level", "linearizable"];
const KV: [&str; 4] = ["--model", "kv", "--level", "linearizable"];

/// A stale read: linearizable it is not, and the two operations that show it are named by their
/// lines; Lamport's order has no clock.
#[test]
fn a_stale_read_is_shown_alone() {
    let stale = r#"{"p":0,"t":"invoke","f":"write","v":1}
{"p":0,"t":"ok","f":"write"}
{"p":1,"t":"invoke","f":"write","v":2}
{"p":1,"t":"ok","f":"write"}
{"p":2,"t":"invoke","f":"read"}
{"p":2,"t":"ok","f":"read","v":2}
{"p":3,"t":"invoke","f":"read"}
{"p":3,"t":"ok","f":"read","v":1}
"#;
    let (code, out, told) = check("stale", stale, &REGISTER);
    assert_eq!((code, told.as_str()), (1, ""));
    assert_eq!(
        out,
        "violated  linearizable register: no order explains these 3 of 4 operations of 4 processes\n  \
         lines 1 and 2: process 0 write 1\n  lines 3 and 4: process 1 write 2\n  \
         lines 7 and 8: process 3 read 1\n"
    );
    let (code, out, _) = check("stale-sequential", stale, &SEQUENTIAL);
    assert_eq!(code, 0, "{out}");
    assert!(out.starts_with("ok        sequential register: 4 operations"));
}

#[test]
fn what_failed_did_not_happen_and_what_is_unknown_may_have() {
    let history = |end: &str, read: &str| {
        format!(
            "{{\"p\":\"a\",\"t\":\"invoke\",\"f\":\"write\",\"v\":7}}\n{end}\
             {{\"p\":\"b\",\"t\":\"invoke\",\"f\":\"read\"}}\n{{\"p\":\"b\",\"t\":\"ok\",\"v\":{read}}}\n"
        )
    };
    let ended = |t: &str| format!("{{\"p\":\"a\",\"t\":\"{t}\"}}\n");
    let code = |end: &str, read: &str| check("ends", &history(end, read), &REGISTER).0;
    assert_eq!([code(&ended("ok"), "7"), code(&ended("ok"), "null")], [0, 1]);
    assert_eq!([code(&ended("fail"), "7"), code(&ended("fail"), "null")], [1, 0]);
    assert_eq!([code(&ended("info"), "7"), code(&ended("info"), "null")], [0, 0]);
    assert_eq!([code("", "7"), code("", "null")], [0, 0]);
}

#[test]
fn each_key_of_a_store_is_a_register_of_its_own() {
    let line = |p: u32, t: &str, rest: &str| format!("{{\"p\":{p},\"t\":\"{t}\",{rest}}}\n");
    let put = line(0, "invoke", r#""f":"put","k":"x","v":"one""#) + &line(0, "ok", r#""f":"put""#);
    let other = put.clone() + &line(1, "invoke", r#""f":"get","k":"y""#) + &line(1, "ok", r#""v":null"#);
    assert_eq!(check("kv-other", &other, &KV).0, 0);
    let same = put.clone() + &line(1, "invoke", r#""f":"get","k":"x""#) + &line(1, "ok", r#""v":null"#);
    let (code, out, _) = check("kv-same", &same, &KV);
    assert_eq!(code, 1);
    assert!(out.contains("process 0 write \"one\" of x"), "{out}");
    let cas =
        put + &line(1, "invoke", r#""f":"cas","k":"x","v":["one","two"]"#) + &line(1, "ok", r#""f":"cas""#);
    assert_eq!(check("kv-cas", &cas, &KV).0, 0);
}

/// Two locks taken at once, of five hundred operations.
#[test]
fn two_holders_of_a_lock_are_found_among_many() {
    let mut text = String::new();
    for i in 0..500 {
        let p = mix(i) % 5;
        let (old, new) = if i % 2 == 0 { ("null", "1") } else { ("1", "null") };
        text += &format!(
            "{{\"p\":{p},\"t\":\"invoke\",\"f\":\"cas\",\"v\":[{old},{new}]}}\n{{\"p\":{p},\"t\":\"ok\"}}\n"
        );
    }
    let (code, out, _) = check("locks", &text, &CAS);
    assert_eq!(code, 0, "{out}");
    let twice = r#"{"p":8,"t":"invoke","f":"cas","v":[null,1]}
{"p":9,"t":"invoke","f":"cas","v":[null,1]}
{"p":8,"t":"ok"}
{"p":9,"t":"ok"}
"#;
    let (code, out, _) = check("two-locks", &(text + twice), &CAS);
    assert_eq!(code, 1);
    assert!(out.contains("process 8") && out.contains("process 9"), "{out}");
    // Swaps that a later one has built upon must stay, but the end of the story is enough.
    assert!(out.lines().count() <= 504);
}

#[test]
fn a_search_that_gives_up_says_so() {
    let write = |i: u32| format!("{{\"p\":{i},\"t\":\"invoke\",\"f\":\"write\",\"v\":{i}}}\n");
    let mut text: String = (0..14).map(write).collect();
    text += "{\"p\":99,\"t\":\"invoke\",\"f\":\"read\"}\n{\"p\":99,\"t\":\"ok\",\"v\":777}\n";
    let (code, out, told) = check("wide", &text, &[&REGISTER[..], &["--max-states", "100"]].concat());
    assert_eq!(code, 2);
    assert!(out.starts_with("unknown   linearizable register"), "{out}");
    assert!(told.contains("gave up after 100 states"), "{told}");
}

#[test]
fn what_is_no_history_is_refused_with_its_line() {
    let invoke = r#"{"p":1,"t":"invoke","f":"read"}"#;
    let cases = [
        ("{".to_owned(), "line 1: at character 1,"),
        (format!("{invoke}\n[]"), "line 2: a line must be an object"),
        (format!("{invoke}\n{invoke}"), "line 2: this process has not ended"),
        (r#"{"p":1,"t":"ok"}"#.to_owned(), "line 1: this process has begun nothing"),
        (format!("{invoke}\n{{\"p\":1,\"t\":\"done\"}}"), "'done'"),
        (format!("{invoke}\n{{\"p\":1,\"t\":\"ok\"}}"), "'v', what was read"),
        (format!("{invoke}\n{{\"p\":1,\"t\":\"ok\",\"f\":\"write\"}}"), "began a read, no write"),
        (r#"{"p":1,"t":"invoke","f":"cas","v":[1,2]}"#.to_owned(), "'cas'"),
        (r#"{"t":"invoke","f":"read"}"#.to_owned(), "'p' is missing"),
        (format!("{}\n{{\"p\":1,\"t\":\"ok\"}}", r#"{"p":1,"t":"invoke","f":"write"}"#), "line 1: 'v'"),
    ];
    for (i, (text, part)) in cases.iter().enumerate() {
        let (code, out, told) = check(&format!("bad-{i}"), text, &REGISTER);
        assert_eq!((code, out.as_str()), (2, ""), "{text}");
        assert_eq!(told.lines().count(), 1, "{told}");
        assert!(told.contains(part), "{text}: {told}");
    }
    let refused = |options: &[&str], part: &str| {
        let (code, _, told) = check("options", "", options);
        assert!(code == 2 && told.contains(part), "{told}");
    };
    refused(&[], "--model");
    refused(&["--model", "queue", "--level", "linearizable"], "'queue'");
    refused(&["--model", "kv", "--level", "eventual"], "'eventual'");
}
