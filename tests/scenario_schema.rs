//! The JSON Schema of a scenario file's front, held to the types that the reader reads: the same fields, the
//! same words, at every place.
//!
//! The rule that is easy to break: the schema is written by hand, for its descriptions; so every list in it is
//! compared with what serde says it would have accepted.
#![cfg(not(target_arch = "wasm32"))]

mod schema_kit;

use faultline::scenario;
use faultline::scenario::front::Front;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn schema() -> Value {
    serde_json::from_str(include_str!("../docs/scenario-front.schema.json")).unwrap()
}

/// A front in which every field of every kind stands, and every condition.
fn full() -> Value {
    let count = json!({ "at_least": 1, "at_most": "k", "exactly": 1.5 });
    let with = |fields: Value| {
        let mut all = fields;
        let object = all.as_object_mut().unwrap();
        object.extend(count.as_object().unwrap().clone());
        all
    };
    let conditions = json!([
        { "any": [{ "time_ms": 5 }] }, { "not": { "time_ms": 5 } }, { "then": [{ "time_ms": 5 }] },
        { "fact": with(json!({ "name": "x", "where": { "a": true }, "by": "S1", "nodes": 2 })) },
        { "epoch": with(json!({ "number": 1, "by": "S1" })) },
        { "fault": with(json!({
            "do": "partition", "node": "S1", "from": "S1", "to": "S2", "sets": "loss_ppm", "side_of": "leader",
            "side": "minority", "sides": 3, "largest_side": 3, "kind": "vote", "asks": "set",
        })) },
        { "message": with(json!({ "kind": "vote", "from": "S1", "to": "S2", "fate": "lost" })) },
        { "nodes": with(json!({
            "who": "S1", "role": "leader", "power": "up", "cell": "firm", "epoch_from": 2, "outdated": true,
            "same_epoch": true,
        })) },
        { "link": { "from": "S1", "to": "S2", "layers": ["dedupe"], "cut": false, "loss_from_percent": 50 } },
        { "gauge": with(json!({ "id": "messages" })) },
        { "promise": { "name": "Agreement", "is": "violated" } },
        { "probe": with(json!({ "id": "copies" })) },
    ]);
    let edits = json!([
        { "at_ms": 1, "do": "crash", "node": "S1", "stop": true },
        { "when": { "time_ms": 1 }, "after_ms": 2, "do": "clock-jump", "node": ["S1", "2 others"], "by_ms": -3 },
        { "later_ms": 1, "do": "link", "from": "S1", "to": "others", "both": true, "set": { "cut": true } },
        { "later_ms": 1, "do": "node", "node": "S1", "set": { "drift_ppm": 5 } },
        { "later_ms": 1, "do": "byzantine", "node": "S1", "rules": [{ "to": "S2", "act": "lie" }] },
        { "later_ms": 1, "do": "partition", "groups": ["S1", ["others"]], "one_way": true, "up_ms": 1, "down_ms": 2 },
        { "later_ms": 1, "do": "timing", "timing": { "model": "asynchronous" } },
        { "later_ms": 1, "do": "drop", "msg": { "kind": "x", "from": "S1", "to": "S2", "nth": 1 } },
        { "later_ms": 1, "do": "request", "node": "S1", "request": "set x 3" },
    ]);
    let doing = json!({
        "why": "it is not", "situation": "s", "params": { "k": 3 }, "seed": 5, "edits": edits, "until_ms": 7,
    });
    json!({
        "id": "full", "title": "T", "chapter": "c", "order": 3, "start": 2, "rows": ["E5"], "summary": "S", "protocol": "raft",
        "params": { "a": true, "b": 3, "c": "word" }, "seed": 7, "link": { "loss_ppm": 3 },
        "links": [{ "from": "S1", "to": ["S2"], "both": true, "set": { "cut": true } }],
        "timing": { "model": "gst", "gst_us": 1, "delay_us": 2 }, "layout": "two-sides", "speed_ms": 50,
        "length_ms": 9, "beside": ["gossip"], "sources": ["A 2000"], "assumes": "A", "leaves_out": "L",
        "situation": [{
            "id": "s", "label": "L", "hint": "H", "params": { "k": 3 }, "edits": edits,
            "search": { "from_ms": 1, "to_ms": 2, "step_ms": 1, "within_ms": 5 },
            "seek": { "at_ms": 5, "before_ms": 1, "edit": 2 }, "shows": { "all": conditions },
        }],
        "step": [{ "text": "T", "how": "H", "done": { "time_ms": 5 }, "shown_by": doing, "not_by": [doing] }],
        "prediction": {
            "question": "Q", "situation": "s", "at_ms": 5, "when": { "time_ms": 5 }, "after_ms": 3,
            "option": [{ "text": "A", "if": { "time_ms": 5 } }], "because": "B", "explains": 1,
        },
        "target": [{ "gauge": "g", "set": { "k": 3 }, "mean": 1.5, "source": "S", "until_ms": 5, "runs": 50, "slack": 0.1 }],
    })
}

#[test]
fn every_built_in_front_and_the_fullest_one_is_valid() {
    let schema = schema();
    for def in scenario::all() {
        let path = format!("scenarios/{}/{}.md", def.chapter, def.id);
        let text = std::fs::read_to_string(&path).unwrap();
        let front = text.split("+++\n").nth(1).unwrap();
        let value: Value = toml::from_str(front).unwrap();
        assert_eq!(schema_kit::validate(&schema, &value), Ok(()), "{path}");
        // Its JSON, as it is embedded and saved, is the same to the reader.
        let written = serde_json::to_value(&def.front).unwrap();
        let again: Front = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(again, def.front, "{path}");
        assert_eq!(schema_kit::validate(&schema, &written), Ok(()), "{path}");
    }
    assert_eq!(schema_kit::validate(&schema, &full()), Ok(()));
    serde_json::from_value::<Front>(full()).unwrap();
}

/// What the reader would have accepted, by its complaint.
fn accepted(front: Value) -> Option<BTreeSet<String>> {
    let complaint = serde_json::from_value::<Front>(front).unwrap_err().to_string();
    let (_, list) = complaint.split_once("`zzz`, expected ")?;
    let names = list.split('`').skip(1).step_by(2).map(str::to_owned);
    Some(names.collect())
}

/// The rule for what the `pointer` leads to, and what stands there.
fn rule_at<'a>(root: &'a Value, value: &'a Value, pointer: &str) -> (&'a Value, &'a Value) {
    let (mut rule, mut here) = (root, value);
    for step in pointer.split('/').skip(1) {
        rule = fitting(root, rule, here);
        (rule, here) = match step.parse::<usize>() {
            Ok(i) => (&rule["items"], &here[i]),
            Err(_) if rule["properties"].get(step).is_some() => (&rule["properties"][step], &here[step]),
            Err(_) => (&rule["additionalProperties"], &here[step]),
        };
    }
    (fitting(root, rule, here), here)
}

/// The rule itself: references followed, and of several kinds the one that fits.
fn fitting<'a>(root: &'a Value, rule: &'a Value, value: &Value) -> &'a Value {
    if let Some(name) = rule["$ref"].as_str() {
        let name = name.strip_prefix("#/$defs/").unwrap();
        return fitting(root, &root["$defs"][name], value);
    }
    let Some(kinds) = rule["oneOf"].as_array() else {
        return rule;
    };
    let fits = |kind: &&Value| {
        let alone = json!({ "oneOf": [kind], "$defs": root["$defs"] });
        schema_kit::validate(&alone, value).is_ok()
    };
    fitting(root, kinds.iter().find(fits).unwrap(), value)
}

/// Every place in `value`, as pointers.
fn places(value: &Value, pointer: String, all: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(k, v)| places(v, format!("{pointer}/{k}"), all)),
        Value::Array(list) => {
            let items = list.iter().enumerate();
            items.for_each(|(i, v)| places(v, format!("{pointer}/{i}"), all));
        }
        _ => {}
    }
    all.push(pointer);
}

#[test]
fn the_schema_lists_the_fields_and_words_that_the_reader_lists() {
    let (schema, full) = (schema(), full());
    let mut all = Vec::new();
    places(&full, String::new(), &mut all);
    let (mut fields, mut words) = (0, 0);
    for pointer in all {
        // Parameters and a fact's fields may be called anything; settings are those of saved runs, below.
        let free = ["params", "where", "set", "link", "timing", "act"];
        let steps: Vec<&str> = pointer.split('/').collect();
        if steps.iter().any(|s| free.contains(s)) && !pointer.contains("/shows/all/8") {
            continue;
        }
        let (rule, here) = rule_at(&schema, &full, &pointer);
        let mut changed = full.clone();
        let place = changed.pointer_mut(&pointer).unwrap();
        match (here, &rule["properties"], &rule["enum"]) {
            (Value::Object(map), Value::Object(properties), _) => {
                // A condition is one word: another word stands in its place, not beside it.
                let one = rule["required"].as_array().is_some_and(|r| r.len() == 1) && properties.len() == 1;
                let known: BTreeSet<String> = match one {
                    true => {
                        *place = json!({ "zzz": map.values().next() });
                        let kinds = schema["$defs"]["condition"]["oneOf"].as_array().unwrap();
                        kinds.iter().map(|k| k["required"][0].as_str().unwrap().to_owned()).collect()
                    }
                    false => {
                        place["zzz"] = json!(1);
                        properties.keys().cloned().collect()
                    }
                };
                assert_eq!(accepted(changed), Some(known), "{pointer}");
                fields += 1;
            }
            (Value::String(_), _, Value::Array(list)) => {
                *place = json!("zzz");
                let known = list.iter().map(|w| w.as_str().unwrap().to_owned()).collect();
                assert_eq!(accepted(changed), Some(known), "{pointer}");
                words += 1;
            }
            _ => {}
        }
    }
    assert!(fields > 40 && words > 15, "{fields} {words}");
}

/// The settings of links, nodes and time are those of saved runs: one definition, in two files.
#[test]
fn settings_are_defined_as_for_saved_runs() {
    let runs: Value = serde_json::from_str(include_str!("../docs/scenario.schema.json")).unwrap();
    let front = schema();
    let mut same = 0;
    for (name, rule) in front["$defs"].as_object().unwrap() {
        if let Some(known) = runs["$defs"].get(name).filter(|_| name != "edit") {
            assert_eq!(rule, known, "{name}");
            same += 1;
        }
    }
    assert_eq!(same, 9);
}

/// What is missing or of the wrong kind is refused by both.
#[test]
fn what_the_schema_refuses_the_reader_refuses() {
    let (schema, full) = (schema(), full());
    let mut all = Vec::new();
    places(&full, String::new(), &mut all);
    let (mut refused, mut read) = (0, 0);
    for pointer in all.iter().filter(|p| !p.is_empty()) {
        for wrong in [json!({ "zzz": [] }), json!([[]]), json!(true), json!(-7), json!("zzz zzz")] {
            let mut changed = full.clone();
            *changed.pointer_mut(pointer).unwrap() = wrong.clone();
            let valid = schema_kit::validate(&schema, &changed);
            match (valid, serde_json::from_value::<Front>(changed)) {
                // A key in quotes for an amount may be no formula: only the reader knows its grammar.
                (Ok(()), _) => read += 1,
                (Err(_), Err(_)) => refused += 1,
                (Err(why), Ok(front)) => {
                    let checked = scenario::front::check::front(&front);
                    // Numbers beyond a range are the check's to refuse.
                    assert!(checked.is_err(), "{pointer} = {wrong}: {why}");
                }
            }
        }
    }
    assert!(refused > 500 && read > 50, "{refused} {read}");
}
