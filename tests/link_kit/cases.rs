//! One run of every kind that a link can say: every scenario, staged situation, parameter and word,
//! every fault, delay and timing model, and everything about where it was looked at.
//!
//! The rule that is easy to break: names stay. A link in `tests/share_cases.txt` is found by its
//! name, and a new kind gets a new one.

use faultline::kit::{ParamKind, Value};
use faultline::scenario::{self, Opening, Panel, Picked, Scenario, SharedRun};
use faultline::sim::{Edit, EventId, MsgId, NodeId, SimTime};

/// A name and a run.
pub type Case = (String, SharedRun);

/// All of them.
pub fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for def in scenario::all() {
        of_scenario(&def, &mut cases);
    }
    faults(&mut cases);
    looks(&mut cases);
    cases
}

fn at(opening: Opening, at_us: u64) -> SharedRun {
    SharedRun { at_us, ..SharedRun::of(opening) }
}

fn of_scenario(def: &Scenario, cases: &mut Vec<Case>) {
    let id = &def.id;
    cases.push((id.to_owned(), SharedRun::of(def.opening())));
    cases.push((format!("{id}/seed"), at(def.opening().seed(u64::MAX), 1_500_000)));
    for staged in &def.situations {
        let (opening, seek_us) = scenario::stage(&def.opening(), &staged.id).expect("it is staged");
        let name = format!("{id}/staged/{}", staged.id);
        cases.push((name, at(opening, seek_us + 1_000_000)));
    }
    for param in def.entry().expect("a protocol").params {
        let values = match &param.kind {
            ParamKind::Bool(b) => vec![Value::Bool(*b), Value::Bool(!*b)],
            ParamKind::Int { default, min, max, .. } => {
                vec![Value::Int((default + 1).min(*max)), Value::Int(*min)]
            }
            ParamKind::Choice(words) => words.iter().map(|w| Value::Word(w.id.to_owned())).collect(),
        };
        for value in values {
            let opening = def.opening().param(param.id, value.clone());
            // The least of one parameter may contradict another's usual value.
            if scenario::open(&opening).is_ok() {
                let word = serde_json::to_string(&value).expect("a value").replace('"', "");
                let name = format!("{id}/{}/{word}", param.id);
                cases.push((name, at(opening, 700_000)));
            }
        }
    }
}

/// Every fault, as JSON: what a link has said once it says for ever.
pub const FAULTS: [(&str, &str); 44] = [
    ("crash", r#"{"do":"crash","node":1}"#),
    ("crash-stop", r#"{"do":"crash","node":1,"stop":true}"#),
    ("recover", r#"{"do":"recover","node":3}"#),
    ("pause", r#"{"do":"pause","node":2}"#),
    ("resume", r#"{"do":"resume","node":4}"#),
    ("node-drift", r#"{"do":"node","node":1,"set":{"drift_ppm":-500}}"#),
    ("node-service", r#"{"do":"node","node":1,"set":{"service_us":900}}"#),
    ("node-sync", r#"{"do":"node","node":1,"set":{"sync_us":2000}}"#),
    ("node-send-omission", r#"{"do":"node","node":1,"set":{"send_omission_ppm":300000}}"#),
    ("node-receive-omission", r#"{"do":"node","node":1,"set":{"receive_omission_ppm":300000}}"#),
    ("node-late", r#"{"do":"node","node":1,"set":{"late_us":4000}}"#),
    ("clock-jump", r#"{"do":"clock-jump","node":1,"by_us":-250000}"#),
    ("byzantine-silence", r#"{"do":"byzantine","node":1,"rules":[{"act":"silence"}]}"#),
    ("byzantine-lie", r#"{"do":"byzantine","node":1,"rules":[{"act":"lie","to":2}]}"#),
    ("byzantine-replay", r#"{"do":"byzantine","node":1,"rules":[{"act":"replay"}]}"#),
    ("byzantine-delay", r#"{"do":"byzantine","node":1,"rules":[{"act":{"delay":30000}}]}"#),
    ("byzantine-honest", r#"{"do":"byzantine","node":1,"rules":[]}"#),
    ("link-cut", r#"{"do":"link","from":0,"to":1,"set":{"cut":true}}"#),
    ("links-reliable", r#"{"do":"links","set":{"model":"reliable"}}"#),
    ("links-fair-loss", r#"{"do":"links","set":{"model":"fair-loss","loss_ppm":250000}}"#),
    ("links-arbitrary", r#"{"do":"links","set":{"model":"arbitrary","corrupt_ppm":90000}}"#),
    ("links-duplicate", r#"{"do":"links","set":{"duplicate_ppm":200000}}"#),
    ("links-reorder", r#"{"do":"links","set":{"reorder_ppm":200000,"reorder_us":30000}}"#),
    ("links-fifo", r#"{"do":"links","set":{"fifo":true}}"#),
    ("links-bandwidth", r#"{"do":"links","set":{"bandwidth_bytes_s":20000,"buffer_bytes":2000}}"#),
    ("links-mtu", r#"{"do":"links","set":{"mtu_bytes":40,"loss_ppm":50000}}"#),
    (
        "links-layers",
        r#"{"do":"links","set":{"layers":{"retransmit_us":40000,"dedupe":true,"reorder":true,"authenticate":true}}}"#,
    ),
    ("delay-constant", r#"{"do":"links","set":{"delay":{"kind":"constant","us":9000}}}"#),
    ("delay-uniform", r#"{"do":"links","set":{"delay":{"kind":"uniform","min_us":1,"max_us":40000}}}"#),
    ("delay-normal", r#"{"do":"links","set":{"delay":{"kind":"normal","mean_us":9000,"sd_us":3000}}}"#),
    (
        "delay-exponential",
        r#"{"do":"links","set":{"delay":{"kind":"exponential","min_us":2000,"mean_us":9000}}}"#,
    ),
    (
        "delay-heavy-tailed",
        r#"{"do":"links","set":{"delay":{"kind":"heavy-tailed","min_us":3000,"shape_milli":1500}}}"#,
    ),
    ("partition", r#"{"do":"partition","groups":[[0,1],[2,3,4]]}"#),
    ("partition-one-way", r#"{"do":"partition","groups":[[0,1],[2,3,4]],"one_way":true}"#),
    ("partition-flapping", r#"{"do":"partition","groups":[[0],[1,2]],"up_us":50000,"down_us":70000}"#),
    ("heal", r#"{"do":"heal"}"#),
    (
        "timing-synchronous",
        r#"{"do":"timing","timing":{"model":"synchronous","delay_us":20000,"step_us":1000,"drift_ppm":100}}"#,
    ),
    ("timing-unknown-bound", r#"{"do":"timing","timing":{"model":"unknown-bound","at_most_us":300000}}"#),
    ("timing-gst", r#"{"do":"timing","timing":{"model":"gst","gst_us":600000,"delay_us":20000}}"#),
    (
        "timing-alternating",
        r#"{"do":"timing","timing":{"model":"alternating","good_us":300000,"bad_us":200000,"delay_us":20000}}"#,
    ),
    ("timing-asynchronous", r#"{"do":"timing","timing":{"model":"asynchronous"}}"#),
    ("timing-bounded-async", r#"{"do":"timing","timing":{"model":"bounded-async","delay_us":30000}}"#),
    ("request", r#"{"do":"request","node":5,"request":"set x 3"}"#),
    ("after-steps", r#"{"do":"heal","after_steps":30}"#),
];

const BY_HAND: [&str; 6] = ["drop", "hold", "release", "duplicate", "corrupt", "deliver-now"];

/// An edit as a link's JSON has it.
pub fn edit(at_us: u64, fault: &str) -> Edit {
    let json = format!(r#"{{"at_us":{at_us},{}"#, &fault[1..]);
    serde_json::from_str(&json).unwrap_or_else(|e| panic!("{json}: {e}"))
}

fn faults(cases: &mut Vec<Case>) {
    let base = || Opening::of("raft-election").seed(7);
    for (name, fault) in FAULTS {
        let before = match name {
            "recover" => Some(r#"{"do":"crash","node":3}"#),
            "resume" => Some(r#"{"do":"pause","node":4}"#),
            "byzantine-honest" => Some(r#"{"do":"byzantine","node":1,"rules":[{"act":"silence"}]}"#),
            "heal" | "after-steps" => Some(r#"{"do":"partition","groups":[[0],[1,2,3,4]]}"#),
            _ => None,
        };
        let opening = base().and(before.map(|fault| edit(100_000, fault)));
        let opening = opening.and([edit(300_000, fault)]);
        cases.push((format!("fault/{name}"), at(opening, 1_200_000)));
    }
    // The message that is longest under way at that moment, held first where it is to be released.
    let moment = 250_000;
    let mut run = scenario::open(&base()).expect("it opens");
    run.run_until(SimTime(moment));
    let flights = run.world().in_flight();
    let msg = flights.iter().max_by_key(|f| f.due).expect("something is under way").msg;
    for word in BY_HAND {
        let fault = |word| edit(moment, &format!(r#"{{"do":"{word}","msg":{msg}}}"#));
        let model = edit(moment, r#"{"do":"links","set":{"model":"arbitrary"}}"#);
        let held = (word == "release").then(|| fault("hold"));
        let edits = [model].into_iter().chain(held).chain([fault(word)]);
        cases.push((format!("fault/{word}"), at(base().and(edits), 1_200_000)));
    }
    let many = (0..300).map(|i| {
        let (node, to) = (i % 5, (i * 3 + 1) % 5);
        let ppm = i * 3_331 % 500_000;
        let set = format!(r#"{{"do":"link","from":{node},"to":{to},"set":{{"loss_ppm":{ppm}}}}}"#);
        edit(1_000 * i, &set)
    });
    let many =
        many.filter(|e| !matches!(&e.fault, faultline::sim::Fault::Link { from, to, .. } if from == to));
    cases.push(("fault/three-hundred".to_owned(), at(base().and(many), 1_000_000)));
}

fn looks(cases: &mut Vec<Case>) {
    let run = || at(Opening::of("raft-partition").seed(3), 900_000);
    let mut add = |name: &str, run: SharedRun| cases.push((format!("look/{name}"), run));
    let speed = SharedRun { speed_us_s: Some(50_000), ..run() };
    add("speed", speed);
    let events = SharedRun { events: Some(41), ..run() };
    add("events", events);
    for panel in Panel::ALL {
        let shown = SharedRun { panel: Some(panel), ..run() };
        add(&format!("panel/{}", word(&panel)), shown);
    }
    for picked in [
        Picked::Node(NodeId(2)),
        Picked::Link(NodeId(0), NodeId(4)),
        Picked::Message(MsgId(17)),
        Picked::Event(EventId(23)),
    ] {
        let shown = SharedRun { picked: Some(picked), ..run() };
        add(&format!("picked/{}", word(&picked)), shown);
    }
}

/// What it is called in links and files.
fn word(named: &impl serde::Serialize) -> String {
    serde_json::to_string(named).expect("a word").replace('"', "")
}
