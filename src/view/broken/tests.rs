//! The forgotten vote names the crash and the restart, its voters are ringed, and "What if not?" leads to a run that holds.

use super::*;
use crate::view::app::App;
use crate::view::reduce::reduce;
use crate::view::selection::Selection;

/// The page at this address after these edits, each at its millisecond, and at the last moment.
fn page(hash: &str, edits: &[(u64, &str)], until_ms: u64) -> App {
    let mut app = App::default();
    reduce(&mut app, Action::Route(String::new(), hash.to_owned()));
    for (ms, json) in edits {
        reduce(&mut app, Action::Seek(ms * 1_000));
        reduce(&mut app, Action::Edit(serde_json::from_str(json).unwrap()));
        assert_eq!(app.error, None, "{json}");
    }
    reduce(&mut app, Action::Seek(until_ms * 1_000));
    app
}

fn broken(app: &App) -> Option<CheckLine> {
    app.open.as_ref()?.run().get().watcher().violation()
}

fn asked(app: &App) -> Option<WhatIf> {
    let open = app.open.as_ref()?;
    what_if(&open.run().get(), &open.origin, &broken(app)?)
}

/// S1 is elected by S2, crashes, forgets that it voted, and votes for S3.
fn forgotten_vote() -> App {
    let cut = r#"{"do":"link","from":0,"to":2,"set":{"cut":true}}"#;
    let open = r#"{"do":"link","from":0,"to":2,"set":{"cut":false}}"#;
    let leap = |node: u16| format!(r#"{{"do":"clock-jump","node":{node},"by_us":300000}}"#);
    let edits = [
        (0, r#"{"do":"links","set":{"delay":{"kind":"constant","us":10000}}}"#.to_owned()),
        (0, cut.to_owned()),
        (1, leap(0)),
        (60, open.to_owned()),
        (60, r#"{"do":"crash","node":0}"#.to_owned()),
        (61, r#"{"do":"recover","node":0}"#.to_owned()),
        (62, leap(2)),
    ];
    let edits: Vec<(u64, &str)> = edits.iter().map(|(ms, json)| (*ms, json.as_str())).collect();
    page("#/s/raft-election?seed=0&servers=3&clients=0&mutant=forget-vote", &edits, 200)
}

#[test]
fn a_forgotten_vote_shows_the_crash_and_the_restart_and_rings_who_voted() {
    let mut app = forgotten_vote();
    let line = broken(&app).expect("two leaders");
    let Verdict::Violated { witness, why, .. } = &line.verdict else { unreachable!() };
    let run = app.open.as_ref().unwrap().run().clone();
    let faults: Vec<Fault> = run
        .get()
        .trace()
        .faults()
        .iter()
        .filter(|(e, _)| witness.contains(e))
        .map(|(_, f)| f.clone())
        .collect();
    let node = NodeId(0);
    assert_eq!(faults, [Fault::Crash { node, stop: false }, Fault::Recover { node }], "{why}");
    let last = *witness.last().unwrap();
    assert_eq!(ringed(&run.get(), last), [NodeId(0), NodeId(1), NodeId(2)]);
    assert_eq!(ringed(&run.get(), witness[0]), []);
    run.get_mut().seek_event(last.0 + 1);
    assert_eq!(sentence(&run.get()), Some(format!("Election safety is broken: {why}.")));
    run.get_mut().seek_event(last.0 + 2);
    assert_eq!(sentence(&run.get()), None, "that moment has passed");
    // The rule that is left out is what differs, not the crash.
    let what = asked(&app).unwrap();
    assert!(what.label.starts_with("What if this rule were kept: "), "{}", what.label);
    reduce(&mut app, Action::Select(Selection::Event(last)));
    reduce(&mut app, what.action);
    assert_eq!(app.error, None);
    let beside = app.open.as_ref().unwrap().beside.as_ref().unwrap().future;
    let other = app.open.as_ref().unwrap().futures[beside].run.get().watcher().violation();
    assert_eq!(other, None, "with the rule kept nothing is broken");
}

/// A receiver that crashes brings a second copy back: without that crash it holds.
#[test]
fn without_the_crash_that_is_blamed_the_promise_holds() {
    let address = "#/s/link-stack?seed=3&retransmit=true&dedupe=true&reorder=false&loss_percent=40";
    let crash = |ms| [(ms, r#"{"do":"crash","node":1}"#), (ms + 5, r#"{"do":"recover","node":1}"#)];
    let found = (60..900).step_by(20).find_map(|ms| {
        let app = page(address, &crash(ms), 6_000);
        broken(&app).is_some().then_some(app)
    });
    let mut app = found.expect("a crash that brings a copy back");
    let what = asked(&app).unwrap();
    assert_eq!(what.label, "What if not: Receiver crashes?");
    reduce(&mut app, what.action);
    assert_eq!(app.error, None);
    let open = app.open.as_ref().unwrap();
    let beside = open.beside.as_ref().unwrap().future;
    assert_eq!(open.futures[beside].run.get().watcher().violation(), None);
    assert!(open.futures[beside].name.contains("without"), "{}", open.futures[beside].name);
}
