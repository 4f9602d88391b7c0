//! A file says what a link says, in words that people read; the schema says the same to machines,
//! and both agree with the reader.
#![cfg(not(target_arch = "wasm32"))]

mod link_kit;
mod schema_kit;

use faultline::scenario::futures::{Forked, Other, Saved};
use faultline::scenario::link::{encode, follow};
use faultline::scenario::{Opening, SharedRun, file};
use faultline::sim::hash::mix;
use link_kit::cases::{self, FAULTS};
use serde_json::{Value, json};

fn schema() -> Value {
    serde_json::from_str(include_str!("../docs/scenario.schema.json")).unwrap()
}

#[test]
fn every_file_that_is_written_is_valid_and_comes_back() {
    let schema = schema();
    for (name, run) in cases::all() {
        let text = file::text(&run).unwrap();
        let value = serde_json::from_str(&text).unwrap();
        let valid = schema_kit::validate(&schema, &value);
        assert_eq!(valid, Ok(()), "{name}: {text}");
        let again = file::read(&text).unwrap();
        // The seed is always written: a scenario's own may change, the file may not.
        assert!(again.opening.seed.is_some());
        let with_seed = SharedRun { opening: run.opening.clone().seed(again.opening.seed.unwrap()), ..run };
        assert_eq!(again, with_seed, "{name}");
        assert_eq!(file::text(&again).unwrap(), text, "{name}: the text is stable");
    }
}

/// Two more futures: one forked from the first, one from that and shown.
fn tree() -> SharedRun {
    let edit = |node: u16| {
        let text = json!({"at_us": 100_000, "do": "crash", "node": node});
        serde_json::from_value(text).unwrap()
    };
    let opening = Opening::of("raft-nine").seed(7);
    let saved = |name: &str, fork, other| Saved { name: name.to_owned(), fork, other };
    let fork = |parent, at_us, events| Some(Forked { parent, at_us, events });
    let stands = |opening, at_us, events| Some(Other { opening, at_us, events });
    SharedRun {
        at_us: 400_000,
        futures: vec![
            saved("A", None, stands(opening.clone().and([edit(1)]), 700_000, None)),
            saved(
                "B: heartbeat 30 ms",
                fork(0, 0, 0),
                stands(
                    opening.clone().param("heartbeat_ms", faultline::kit::Value::Int(30)),
                    500_000,
                    Some(12),
                ),
            ),
            saved("\u{201c}leader\u{201d} crashes", fork(1, 500_000, 12), None),
        ],
        ..SharedRun::of(opening.and([edit(1), edit(2)]))
    }
}

#[test]
fn a_tree_of_futures_is_written_and_comes_back_and_a_link_to_its_run_stays_the_same() {
    let run = tree();
    let text = file::text(&run).unwrap();
    let value = serde_json::from_str(&text).unwrap();
    assert_eq!(schema_kit::validate(&schema(), &value), Ok(()), "{text}");
    let again = file::read(&text).unwrap();
    assert_eq!(again, run, "{text}");
    assert_eq!(file::text(&again).unwrap(), text, "the text is stable");
    let lines = text.lines().filter(|l| l.contains("\"do\""));
    assert_eq!(lines.count(), 3, "one edit a line: {text}");
    let alone = SharedRun { futures: vec![], ..run.clone() };
    assert_eq!(encode(&run), encode(&alone), "a link is of one run");
    let hash = |run| follow(run).unwrap().hash_text();
    assert_eq!(hash(&again), hash(&alone));
}

/// One piece of it cut out, doubled, or another number put there: it is refused, or it says what it says
/// when it is written again.
#[test]
fn a_tree_that_was_damaged_is_refused_or_read_as_what_it_says() {
    let text = file::text(&tree()).unwrap();
    let (mut read, mut refused) = (0, 0);
    for case in 0..4_000_u64 {
        let place = |salt: u64| (mix(case ^ salt << 40) % text.len() as u64) as usize;
        let (a, b) = (place(1).min(place(2)), place(1).max(place(2)));
        let b = b.min(a + 1 + (mix(case) % 24) as usize);
        let (Some(head), Some(piece), Some(tail)) = (text.get(..a), text.get(a..b), text.get(b..)) else {
            continue;
        };
        let number = [0, 1, 7, 9, 1_u64 << 40][(case % 5) as usize];
        let damaged = match case % 3 {
            0 => format!("{head}{tail}"),
            1 => format!("{head}{piece}{piece}{tail}"),
            _ => format!("{head}{number}{tail}"),
        };
        match file::read(&damaged) {
            Ok(run) => {
                read += 1;
                let again = file::read(&file::text(&run).unwrap()).unwrap();
                assert_eq!(again.futures.len(), run.futures.len(), "{damaged}");
                assert_eq!(again.opening.edits, run.opening.edits, "{damaged}");
            }
            Err(refusal) => {
                refused += 1;
                assert!(refusal.message.len() < 600, "{refusal}");
            }
        }
    }
    assert!(read > 50 && refused > 1_000, "{read} {refused}");
}

/// The very example of `docs/files.md`.
#[test]
fn a_file_reads_like_this() {
    let docs = include_str!("../docs/files.md");
    let example = docs.split("```json\n").nth(1).unwrap();
    let example = example.split("```").next().unwrap();
    let run = file::read(example).unwrap();
    assert_eq!(file::text(&run).unwrap(), example);
    assert_eq!((run.opening.edits.len(), run.at_us), (2, 900_000));
}

/// What a file may not say: the code, a part of the sentence, the text.
const BAD: &str = r#"
bad-file | in line 1, what begins with '}' is no JSON | {"scenario":}
bad-file | must be an object | [1]
bad-file | 'scenario' is missing | {}
bad-file | no field 'sed' | {"scenario":"raft-nine","sed":7}
bad-file | faultline: this is the version of the file, and counts from 1: it is not 'one' | {"faultline":"one","scenario":"raft-nine"}
bad-file | counts from 1 | {"faultline":0,"scenario":"raft-nine"}
newer-file | version 2 | {"faultline":2,"scenario":"raft-nine","new":true}
bad-file | edits[0].do: there is no 'sing': there are 'crash' | {"scenario":"raft-nine","edits":[{"at_us":1,"do":"sing"}]}
bad-file | edits[1].set.los_ppm: there is no field 'los_ppm': there are 'model', 'delay', 'loss_ppm' | {"scenario":"raft-nine","edits":[{"at_us":1,"do":"heal"},{"at_us":1,"do":"links","set":{"los_ppm":1}}]}
bad-file | edits[0].node: this must be a whole number from 0 to 65535, not 70000 | {"scenario":"raft-nine","edits":[{"at_us":1,"do":"crash","node":70000}]}
bad-file | params.servers: a parameter is true, false, a whole number or a word | {"scenario":"raft-nine","params":{"servers":[5]}}
bad-file | panel: there is no 'secrets': there are 'link', 'node' | {"scenario":"raft-nine","panel":"secrets"}
bad-file | direction of reading | {"scenario":"raft-nine","edits":[{"at_us":1,"do":"request","node":9,"request":"set \u202ex 1"}]}
bad-file | futures: this must be a list, not an object | {"scenario":"raft-nine","futures":{}}
bad-file | futures: this lists 9, and a run has at most 8 | {"scenario":"raft-nine","futures":[1,2,3,4,5,6,7,8,9]}
bad-file | futures[0]: this must be an object, not 1 | {"scenario":"raft-nine","futures":[1]}
bad-file | futures[0]: 'name' is missing | {"scenario":"raft-nine","futures":[{"shown":true}]}
bad-file | futures[0].name: a future's name has 1 to 40 | {"scenario":"raft-nine","futures":[{"name":" A","shown":true}]}
bad-file | futures[0].parent: the first has none | {"scenario":"raft-nine","futures":[{"name":"A","shown":true,"parent":0}]}
bad-file | futures[1].parent: this must be a number below its own, 1 | {"scenario":"raft-nine","futures":[{"name":"A","shown":true},{"name":"B","parent":1}]}
bad-file | futures[1].parent: this must be | {"scenario":"raft-nine","futures":[{"name":"A","shown":true},{"name":"B"}]}
bad-file | futures[1].name: another future has this name | {"scenario":"raft-nine","futures":[{"name":"A","shown":true},{"name":"A","parent":0}]}
bad-file | futures: one of them is shown, not 2 | {"scenario":"raft-nine","futures":[{"name":"A","shown":true},{"name":"B","parent":0,"shown":true}]}
bad-file | futures: one of them is shown, not 0 | {"scenario":"raft-nine","futures":[{"name":"A"}]}
bad-file | futures[0].edits: the one that is shown has none | {"scenario":"raft-nine","futures":[{"name":"A","shown":true,"edits":[]}]}
bad-file | futures[1].edits[0].do: there is no 'sing' | {"scenario":"raft-nine","futures":[{"name":"A","shown":true},{"name":"B","parent":0,"edits":[{"at_us":1,"do":"sing"}]}]}
bad-file | futures[1].forked_us: this must be a whole number from 0 to 2592000000000, not -1 | {"scenario":"raft-nine","futures":[{"name":"A","shown":true},{"name":"B","parent":0,"forked_us":-1}]}
bad-file | futures[1].at_us: this must be a whole number from 0 to 2592000000000, not a number so large | {"scenario":"raft-nine","futures":[{"name":"A","shown":true},{"name":"B","parent":0,"at_us":3e12}]}
bad-parameter | from 3 to 199 | {"scenario":"raft-nine","futures":[{"name":"A","shown":true},{"name":"B","parent":0,"params":{"servers":1000000000}}]}
bad-parameter | from 3 to 199 | {"scenario":"raft-nine","params":{"servers":1000000000}}
unknown-parameter | 'colour' | {"scenario":"raft-nine","params":{"colour":1}}
unknown-scenario | 'nowhere' | {"scenario":"nowhere"}
"#;

#[test]
fn what_is_unknown_is_refused_with_the_way_to_it_and_the_reason() {
    let schema = schema();
    for line in BAD.lines().filter(|l| !l.is_empty()) {
        let cells: Vec<&str> = line.splitn(3, " | ").collect();
        let refusal = file::read(cells[2]).expect_err(line);
        assert_eq!(refusal.code, cells[0], "{line}: {refusal}");
        assert!(refusal.message.contains(cells[1]), "{line}: {refusal}");
        // The schema knows neither scenarios nor their parameters, nor what eyes cannot see.
        let beyond = [
            "direction",
            "from 3 to 199",
            "'colour'",
            "'nowhere'",
            "name has 1 to",
            "parent: ",
            "this name",
            "is shown, not",
        ];
        if let Ok(value) = serde_json::from_str(cells[2])
            && !beyond.iter().any(|b| cells[1].contains(b))
        {
            let valid = schema_kit::validate(&schema, &value);
            assert!(valid.is_err(), "{line}: the schema takes it");
        }
    }
    let long = " ".repeat(file::BYTES + 1);
    assert_eq!(file::read(&long).unwrap_err().code, "too-large");
    let third = "{\n \"scenario\":\n  }";
    assert!(file::read(third).unwrap_err().message.contains("in line 3"));
}

/// What an editor or a script adds without changing the meaning.
#[test]
fn a_mark_of_byte_order_and_a_missing_version_are_no_trouble() {
    let run = file::read("\u{feff}{\"scenario\":\"raft-nine\",\"seed\":\"7\"}\r\n").unwrap();
    assert_eq!(run, SharedRun::of(Opening::of("raft-nine").seed(7)));
}

/// Edits of every kind with numbers from everywhere: what opens is valid, and what is not valid is
/// refused, when it is read or when it is opened.
#[test]
fn the_schema_takes_whatever_opens() {
    let schema = schema();
    let numbers = [0_i64, 1, 4, 5, 999_999, 1_000_001, 3_600_000_000, 3_600_000_001, 1 << 40_i64, -1];
    let (mut opened, mut invalid) = (0, 0);
    for case in 0..2_500_u64 {
        let (name, fault) = FAULTS[(mix(case) % FAULTS.len() as u64) as usize];
        let mut edit: Value = serde_json::from_str(fault).unwrap();
        edit["at_us"] = json!(100_000);
        let change = mix(case ^ 0xfeed);
        let number = numbers[(mix(change) % numbers.len() as u64) as usize];
        let mut places = Vec::new();
        collect(&edit, String::new(), &mut places);
        let place = &places[(change % places.len() as u64) as usize];
        *edit.pointer_mut(place).unwrap() = json!(number);
        let document = json!({ "scenario": "raft-nine", "edits": [edit] });
        let valid = schema_kit::validate(&schema, &document);
        let run = file::read(&document.to_string()).and_then(|run| follow(&run));
        match (&valid, run) {
            (Ok(()), run) => opened += u32::from(run.is_ok()),
            (Err(_), Err(_)) => invalid += 1,
            (Err(why), Ok(_)) => panic!("{name} {place} opened, though {why}: {document}"),
        }
    }
    assert!(opened > 500 && invalid > 500, "{opened} {invalid}");
}

/// The places of all whole numbers in `value`.
fn collect(value: &Value, at: String, places: &mut Vec<String>) {
    match value {
        Value::Number(_) => places.push(at),
        Value::Array(list) => {
            for (i, item) in list.iter().enumerate() {
                collect(item, format!("{at}/{i}"), places);
            }
        }
        Value::Object(map) => {
            for (name, item) in map {
                collect(item, format!("{at}/{name}"), places);
            }
        }
        _ => {}
    }
}
