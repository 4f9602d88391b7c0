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

/// Two lines of one operation that was seen to end.
fn done(p: u32, rest: &str, answer: &str) -> String {
    format!("{{\"p\":{p},\"t\":\"invoke\",{rest}}}\n{{\"p\":{p},\"t\":\"ok\"{answer}}}\n")
}

fn wrote(p: u32, v: &str) -> String {
    done(p, &format!("\"f\":\"write\",\"v\":{v}"), "")
}

fn found(p: u32, v: &str) -> String {
    done(p, "\"f\":\"read\"", &format!(",\"v\":{v}"))
}

/// Swaps whose ends nobody saw, and reads that they may explain in many ways, but do not.
fn puzzle(key: &str) -> String {
    let cas = |i: u32| {
        let (old, new) = (1 + i % 3, 1 + (i + 1) % 3);
        format!("{{\"p\":{},\"t\":\"invoke\",\"f\":\"cas\"{key},\"v\":[{old},{new}]}}\n", 100 + i)
    };
    let write = |i: u32, end: &str| format!("{{\"p\":{i},\"t\":\"{end}}}\n");
    let begin = |i: u32| write(i, &format!("invoke\",\"f\":\"write\"{key},\"v\":{}", 1 + i % 3));
    let mut text: String = (0..9).map(begin).chain((0..9).map(cas)).collect();
    text.extend((0..9).map(|i| write(i, "ok\"")));
    text.extend((0..30).map(|i| done(99, &format!("\"f\":\"read\"{key}"), &format!(",\"v\":{}", 1 + i % 2))));
    text
}

#[test]
fn a_search_that_gives_up_says_so() {
    let few = |model: [&'static str; 4]| [&model[..], &["--max-states", "10"]].concat();
    let (code, out, told) = check("wide", &puzzle(""), &few(CAS));
    assert_eq!(code, 2);
    assert!(
        out.starts_with("unknown   linearizable cas-register: 48 operations of 19 processes, because "),
        "{out}"
    );
    assert!(told.contains("gave up after 10 states: --max-states allows more"), "{told}");
    // Another key's violation is found all the same, and before what is not known.
    let key = |k: &str| format!(",\"k\":\"{k}\"");
    for (hard, easy) in [("a", "b"), ("b", "a")] {
        let stale = done(200, &format!("\"f\":\"write\"{},\"v\":1", key(easy)), "")
            + &done(200, &format!("\"f\":\"read\"{}", key(easy)), ",\"v\":null");
        let (code, out, _) = check("hidden", &(puzzle(&key(hard)) + &stale), &few(KV));
        assert_eq!(code, 1, "{out}");
        assert!(out.contains("these 2 of 50 operations"), "{out}");
    }
}

/// A budget of one state is enough to see that a value came from nowhere.
#[test]
fn a_read_of_what_nobody_wrote_is_violated_whatever_the_budget() {
    let open = |i: u32| format!("{{\"p\":{i},\"t\":\"invoke\",\"f\":\"write\",\"v\":{i}}}\n");
    let text: String = (0..25).map(open).collect::<String>() + &found(99, "\"nowhere\"");
    for options in [REGISTER, SEQUENTIAL] {
        let options = [&options[..], &["--max-states", "1"]].concat();
        let (code, out, _) = check("nowhere", &text, &options);
        assert_eq!(code, 1);
        assert!(out.ends_with("  lines 26 and 27: process 99 read \"nowhere\"\n"), "{out}");
    }
    let many =
        (0..30).map(|i| done(0, &format!("\"f\":\"put\",\"k\":\"a\",\"v\":{i}"), "")).collect::<String>();
    let other = done(0, r#""f":"put","k":"b","v":"x""#, "") + &done(0, r#""f":"get","k":"b""#, r#","v":"y""#);
    let (code, out, _) = check("nowhere-kv", &(many + &other), &[&KV[..], &["--max-states", "1"]].concat());
    assert_eq!(code, 1, "{out}");
}

/// Lamport's order keeps that of each process, also of what nobody saw end, over all keys.
#[test]
fn what_is_unknown_keeps_its_place_in_its_process() {
    let lost = "{\"p\":0,\"t\":\"invoke\",\"f\":\"write\",\"v\":\"b\"}\n{\"p\":0,\"t\":\"info\"}\n";
    let text = wrote(0, "\"a\"") + lost + &found(1, "\"b\"") + &found(1, "\"a\"");
    assert_eq!(check("place", &text, &SEQUENTIAL).0, 1);
    // Nobody saw it: it may not have happened.
    let text = wrote(0, "\"a\"") + lost + &found(1, "\"a\"") + &found(1, "\"a\"");
    assert_eq!(check("no-place", &text, &SEQUENTIAL).0, 0);
    let kv = ["--model", "kv", "--level", "sequential"];
    let put = |k: &str, end: &str| {
        format!(
            "{{\"p\":0,\"t\":\"invoke\",\"f\":\"put\",\"k\":\"{k}\",\"v\":1}}\n{{\"p\":0,\"t\":\"{end}\"}}\n"
        )
    };
    let get = |k: &str, v: &str| done(1, &format!("\"f\":\"get\",\"k\":\"{k}\""), &format!(",\"v\":{v}"));
    let text = put("x", "info") + &put("y", "ok") + &get("y", "1") + &get("x", "null") + &get("x", "1");
    assert_eq!(check("place-kv", &text, &kv).0, 1);
    assert_eq!(check("place-kv-time", &text, &KV).0, 0, "to linearizability it may happen later");
}

#[test]
fn numbers_are_the_numbers_that_they_are() {
    let same = [
        ("10000000000000", "1e13"),
        ("1", "1.0"),
        ("123456789012345678901234567890", "1234567890123456789012345678.90e2"),
        ("-0.0", "0"),
        ("1e400", "10E399"),
        ("[1, {\"a\": 2}]", "[1.0,{\"a\":2e0}]"),
    ];
    for (written, read) in same {
        assert_eq!(check("same", &(wrote(0, written) + &found(1, read)), &REGISTER).0, 0, "{written} {read}");
    }
    let other = [
        ("3e20", "4e20"),
        ("0.7654321", "0.7654322"),
        ("18446744073709551616", "18446744073709551617"),
        ("9007199254740993.0", "9007199254740992.0"),
        ("1", "\"1\""),
        ("0", "null"),
        ("1e-400", "0"),
    ];
    for (written, read) in other {
        let (code, out, _) = check("other", &(wrote(0, written) + &found(1, read)), &REGISTER);
        assert_eq!(code, 1, "{written} {read}");
        // They are shown as they were written.
        assert!(out.contains(&format!("process 1 read {read}\n")), "{out}");
    }
    let (_, out, _) =
        check("written", &(wrote(0, "1.50") + &wrote(0, "2e0") + &found(1, "15e-1")), &REGISTER);
    assert!(
        out.contains("write 1.50\n") && out.contains("write 2e0\n") && out.contains("read 15e-1\n"),
        "{out}"
    );
}

#[test]
fn a_key_is_a_number_or_a_text_and_not_both() {
    let put = |k: &str| done(0, &format!("\"f\":\"put\",\"k\":{k},\"v\":7"), "");
    let missed = |k: &str| done(1, &format!("\"f\":\"get\",\"k\":{k}"), ",\"v\":null");
    for (a, b) in [("1", "1.0"), ("1e13", "10000000000000"), ("\"x\"", "\"\\u0078\"")] {
        let (code, out, _) = check("one-key", &(put(a) + &missed(b)), &KV);
        assert_eq!(code, 1, "{a} {b}");
        assert!(
            a.contains('x') || out.contains(&format!("of {a}\n")) && out.contains(&format!("of {b}\n")),
            "{out}"
        );
    }
    for (a, b) in
        [("1", "\"1\""), ("36893488147419103232", "36893488147419103233"), ("0.1234567", "0.1234568")]
    {
        assert_eq!(check("two-keys", &(put(a) + &missed(b)), &KV).0, 0, "{a} {b}");
    }
    // So it is with processes: this one has two that overlap.
    let two = "{\"p\":1,\"t\":\"invoke\",\"f\":\"read\"}\n{\"p\":\"1\",\"t\":\"invoke\",\"f\":\"read\"}\n";
    assert_eq!(check("two-processes", two, &REGISTER).0, 0);
}

/// Four thousand operations, ten thousand writes without an end, forty thousand keys: within a budget that a
/// wrong way of looking at them spends at once.
#[test]
fn large_histories_are_decided() {
    let few = |options: [&'static str; 4]| [&options[..], &["--max-states", "1000"]].concat();
    let open = |i: u32| format!("{{\"p\":{i},\"t\":\"invoke\",\"f\":\"write\",\"v\":{i}}}\n");
    let writes: String = (0..10_000).map(open).collect();
    let mut pairs = String::new();
    for k in 0..40_000 {
        pairs += &done(k % 7, &format!("\"f\":\"put\",\"k\":{k},\"v\":1"), "");
        pairs += &done(7 + k % 3, &format!("\"f\":\"get\",\"k\":{k}"), ",\"v\":1");
    }
    let mut turns = String::new();
    for i in 0..2_000 {
        turns += &(wrote(i % 11, &i.to_string()) + &found(20 + i % 3, &i.to_string()));
    }
    let sequential_kv = ["--model", "kv", "--level", "sequential"];
    for (name, text, options) in [
        ("open", writes.clone() + &found(20_000, "77"), [REGISTER, SEQUENTIAL]),
        ("keys", pairs, [KV, sequential_kv]),
        ("turns", turns, [REGISTER, SEQUENTIAL]),
    ] {
        for options in options {
            let (code, out, told) = check(name, &text, &few(options));
            assert_eq!(code, 0, "{name}: {out}{told}");
        }
    }
    let twice = writes + &found(20_000, "77") + &found(20_000, "78") + &found(20_000, "77");
    for options in [REGISTER, SEQUENTIAL] {
        let (code, out, _) = check("open-twice", &twice, &few(options));
        assert_eq!((code, out.lines().count()), (1, 6), "{out}");
    }
}

#[test]
fn what_is_no_history_is_refused_with_its_line() {
    let invoke = r#"{"p":1,"t":"invoke","f":"read"}"#;
    let write = r#"{"p":1,"t":"invoke","f":"write","v":5}"#;
    let cases = [
        ("{".to_owned(), "line 1: at character 1,"),
        (format!("{invoke}\n[]"), "line 2: a line must be an object"),
        (format!("{invoke}\n{invoke}"), "line 2: this process has not ended"),
        (r#"{"p":1,"t":"ok"}"#.to_owned(), "line 1: this process has begun nothing"),
        (format!("{invoke}\n{{\"p\":1,\"t\":\"done\"}}"), "'done'"),
        (format!("{invoke}\n{{\"p\":1,\"t\":\"ok\"}}"), "line 2: 'v', what was read"),
        (format!("{invoke}\n{{\"p\":1,\"t\":\"ok\",\"f\":\"write\"}}"), "began a read, no write"),
        (r#"{"p":1,"t":"invoke","f":"cas","v":[1,2]}"#.to_owned(), "'cas'"),
        (r#"{"t":"invoke","f":"read"}"#.to_owned(), "'p' is missing"),
        (format!("{}\n{{\"p\":1,\"t\":\"ok\"}}", r#"{"p":1,"t":"invoke","f":"write"}"#), "line 1: 'v'"),
        (format!("{write}\n{{\"p\":1,\"t\":\"ok\",\"v\":6}}"), "line 2: this end names 6"),
        (format!("{write}\n{{\"p\":1,\"t\":\"info\",\"v\":null}}"), "an end names the same value, or none"),
        (format!("{write}\n{{\"p\":1,\"t\":\"fail\",\"v\":\"5\"}}"), "line 2: this end names \"5\""),
        (format!("{invoke}\n{{\"p\":1,\"t\":\"info\",\"v\":3}}"), "has found nothing"),
        (
            format!("{}\n{{\"p\":1,\"t\":\"ok\",\"v\":4}}", invoke.replace('}', ",\"v\":3}")),
            "line 2: this end names 4",
        ),
        (r#"{"p":1,"p":2,"t":"invoke","f":"read"}"#.to_owned(), "line 1: the field 'p' is there twice"),
        (r#"{"p":1,"t":"invoke","f":"read","\u0066":"read"}"#.to_owned(), "'f' is there twice"),
        (r#"{"p":1,"t":"invoke","f":"write","v":{"a":1,"a":2}}"#.to_owned(), "'a' is there twice"),
        (r#"{"p":1,"t":"invoke","f":"read","time":3}"#.to_owned(), "no field 'time': there are p, t, f, v"),
        (r#"{"p":1,"t":"invoke","f":"read","k":"x"}"#.to_owned(), "a register has no keys"),
        (format!("{invoke}\n{{\"p\":1,\"t\":\"ok\",\"k\":1,\"v\":3}}"), "line 2: a register has no keys"),
        (String::new(), "is empty: a history has a line for each beginning"),
        ("\n  \r\n\n".to_owned(), "is empty"),
        ("\u{feff}".to_owned(), "is empty"),
    ];
    for (i, (text, part)) in cases.iter().enumerate() {
        let (code, out, told) = check(&format!("bad-{i}"), text, &REGISTER);
        assert_eq!((code, out.as_str()), (2, ""), "{text}");
        assert_eq!(told.lines().count(), 1, "{told}");
        assert!(told.contains(part), "{text}: {told}");
    }
    let get = r#"{"p":1,"t":"invoke","f":"get","k":1}"#;
    for (text, part) in [
        (
            format!("{get}\n{{\"p\":1,\"t\":\"ok\",\"k\":\"1\",\"v\":3}}"),
            "line 2: this end names \"1\", which is not the key",
        ),
        (format!("{get}\n{{\"p\":1,\"t\":\"info\",\"k\":2}}"), "an end names the same key, or none"),
        (r#"{"p":1,"t":"invoke","f":"get"}"#.to_owned(), "'k' is missing"),
        (r#"{"p":1,"t":"invoke","f":"get","key":1}"#.to_owned(), "there are p, t, f, k, v"),
    ] {
        let (code, out, told) = check("bad-kv", &text, &KV);
        assert_eq!((code, out.as_str()), (2, ""), "{text}");
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

/// What an end may say beside what it must: the same operation, key and value again, in other words.
#[test]
fn an_end_may_say_again_what_its_beginning_said() {
    let put = r#"{"p":1,"t":"invoke","f":"put","k":1,"v":5}
{"p":1,"t":"ok","f":"write","k":1.0,"v":5.0}
{"p":1,"t":"invoke","f":"cas","k":1,"v":[5,6]}
{"p":1,"t":"info","f":"cas","v":[5,6.0]}
{"p":2,"t":"invoke","f":"read","k":1,"v":null}
{"p":2,"t":"ok","f":"get","k":1,"v":6}
{"p":2,"t":"invoke","f":"get","k":1,"v":null}
{"p":2,"t":"fail","v":null}
"#;
    for text in [put.to_owned(), format!("\u{feff}{}", put.replace('\n', "\r\n"))] {
        let (code, out, told) = check("again", &text, &KV);
        assert_eq!(code, 0, "{told}");
        assert!(out.contains("3 operations of 2 processes"), "{out}");
    }
}
