//! An opening is checked before anything is built, and what is refused is named.
#![cfg(not(target_arch = "wasm32"))]

use faultline::kit::Value;
use faultline::scenario::{self, Opening};
use faultline::sim::{Edit, Fault, NodeId, SimTime, Span};

fn refusal(json: &str) -> (String, String) {
    let opening: Opening = match serde_json::from_str(json) {
        Ok(opening) => opening,
        Err(e) => return ("json".to_owned(), e.to_string()),
    };
    match scenario::open(&opening) {
        Ok(_) => panic!("{json} was opened"),
        Err(r) => (r.code.to_owned(), r.message),
    }
}

#[test]
fn what_cannot_be_opened_is_refused_in_a_sentence_that_names_it() {
    let cases = [
        (r#"{"scenario":"nowhere"}"#, "unknown-scenario", "raft-election"),
        (r#"{"scenario":"test-panic","params":{"nodes":3}}"#, "unknown-parameter", "nodes"),
        (r#"{"scenario":"raft-nine","params":{"servers":199,"clients":5}}"#, "too-many-nodes", "at most 200"),
        (
            r#"{"scenario":"raft-nine","params":{"election_min_ms":500,"election_max_ms":400}}"#,
            "bad-parameter",
            "must not exceed",
        ),
        (
            r#"{"scenario":"test-panic","edits":[{"at_us":5,"do":"crash","node":9}]}"#,
            "unknown-node",
            "edit 1 (at 0.000 005 s): there is no node 9",
        ),
        (
            r#"{"scenario":"test-panic","edits":[{"at_us":5,"do":"links","set":{"loss_ppm":2000000}}]}"#,
            "out-of-range",
            "over 100 %",
        ),
        (
            r#"{"scenario":"test-panic","edits":[{"at_us":5,"do":"request","node":0,"request":"dance"}]}"#,
            "bad-request",
            "'panic'",
        ),
        (r#"{"scenario":"test-panic","edits":[{"at_us":5,"do":"explode"}]}"#, "json", "explode"),
        (r#"{"scenario":"test-panic","sed":7}"#, "json", "sed"),
    ];
    for (json, code, part) in cases {
        let (found, message) = refusal(json);
        assert_eq!(found, code, "{json}: {message}");
        assert!(message.contains(part), "{json}: {message}");
    }
}

/// The same opening gives the same hash; another seed, another one.
#[test]
fn an_opening_decides_the_run() {
    let hash = |seed| {
        let mut run = scenario::open(&Opening::of("test-panic").seed(seed)).unwrap();
        run.run_until(SimTime(100_000));
        run.hash_text()
    };
    assert_eq!(hash(1), hash(1));
    assert_ne!(hash(1), hash(2));
}

#[test]
fn an_opening_is_plain_json_and_comes_back() {
    let crash = Fault::Crash { node: NodeId(1), stop: false };
    let opening =
        Opening::of("raft-election").seed(9).param("servers", Value::Int(3)).and([Edit::at(500, crash)]);
    let text = serde_json::to_string(&opening).unwrap();
    assert_eq!(
        text,
        r#"{"scenario":"raft-election","seed":9,"params":{"servers":3},"edits":[{"at_us":500,"do":"crash","node":1}]}"#
    );
    assert_eq!(serde_json::from_str::<Opening>(&text).unwrap(), opening);
}

/// What a node takes at one moment and not at the start: a run with it opens again, and is the same.
#[test]
fn a_request_that_is_taken_only_later_opens_again() {
    let opening = Opening::of("lock-service");
    let mut run = scenario::open(&opening).unwrap();
    let release = |node| Fault::Request { node, request: "release".to_owned() };
    while run.step() {
        let nodes: Vec<_> = run.world().node_ids().collect();
        if nodes.into_iter().any(|node| run.edit(release(node)).is_ok()) {
            break;
        }
    }
    assert_eq!(run.edits().len(), 1, "nobody ever held the lock");
    run.run_until(run.time() + Span::ms(500));
    let mut again = scenario::open(&Opening { edits: run.edits().to_vec(), ..opening.clone() }).unwrap();
    again.run_until(run.time());
    assert_eq!(again.hash_text(), run.hash_text());
    let mut start = scenario::open(&opening).unwrap();
    let nodes: Vec<_> = start.world().node_ids().collect();
    let refusals: Vec<_> = nodes.into_iter().filter_map(|node| start.edit(release(node)).err()).collect();
    assert!(
        refusals.iter().any(|r| r.code == "not-now" && !r.message.contains("understand")),
        "{refusals:?}"
    );
}
