//! Whoever opens a link sees the run that was shared, to the bit, as far as it was seen; and a bad
//! one changes nothing.
#![cfg(not(target_arch = "wasm32"))]

mod link_kit;

use faultline::scenario;
use faultline::sim::{Fault, NodeId};
use faultline::view::reduce::reduce;
use faultline::view::{Action, App, Selection, Tab};

fn at(hash: &str) -> App {
    let mut app = App::default();
    reduce(&mut app, Action::Route(String::new(), hash.to_owned()));
    // Where a link leads far it is travelled frame by frame.
    for _ in 0..10_000 {
        if !app.is_moving() {
            break;
        }
        reduce(&mut app, Action::Frame(16_000));
    }
    assert!(app.error.is_none(), "{hash}: {:?}", app.error);
    app
}

/// What must be equal on both sides.
fn seen(app: &App) -> (String, u32, u64, usize, Vec<String>) {
    let run = app.open.as_ref().unwrap().run().get();
    let verdicts = run.watcher().lines();
    let verdicts = verdicts.iter().map(|l| format!("{l:?}")).collect();
    let made = run.edits_made();
    (run.hash_text(), run.position(), run.time().us(), made, verdicts)
}

fn same(app: &App, what: &str) {
    let link = app.link().unwrap();
    let there = at(&link);
    assert_eq!(seen(&there), seen(app), "{what}");
    assert_eq!(there.player.speed, app.player.speed, "{what}");
    assert_eq!(there.selection, app.selection, "{what}");
    if app.tab != Tab::default() {
        assert_eq!(there.tab, app.tab, "{what}");
    }
    assert_eq!(there.link().unwrap(), link, "{what}: shared again, the link is the same");
    // And both go on alike.
    let further = |app: &App| {
        let mut run = app.open.as_ref().unwrap().run().get().fork();
        run.run_until(faultline::sim::SimTime(run.time().us() + 1_000_000));
        run.hash_text()
    };
    assert_eq!(further(&there), further(app), "{what}");
}

fn edit(app: &mut App, fault: Fault) {
    reduce(app, Action::Edit(fault));
    assert!(app.error.is_none(), "{:?}", app.error);
}

#[test]
fn the_hash_after_opening_a_link_is_the_hash_before_sharing() {
    for def in scenario::all() {
        for seed in [def.seed, 1, 2] {
            let id = def.id.as_str();
            let mut app = at(&format!("#/s/{id}?seed={seed}"));
            same(&app, &format!("{id} at its start"));
            reduce(&mut app, Action::Step(1));
            same(&app, &format!("{id} after its first event"));
            reduce(&mut app, Action::Step(40));
            same(&app, &format!("{id} between two events"));
            let node = NodeId(1);
            edit(&mut app, Fault::Crash { node, stop: false });
            reduce(&mut app, Action::Step(3));
            edit(&mut app, Fault::Recover { node });
            reduce(&mut app, Action::SetSpeed(123_456));
            reduce(&mut app, Action::Seek(900_001));
            reduce(&mut app, Action::Select(Selection::Node(node)));
            same(&app, &format!("{id} edited"));
            reduce(&mut app, Action::Back(7));
            reduce(&mut app, Action::Tab(Tab::Log));
            same(&app, &format!("{id} taken back"));
        }
        for staged in &def.situations {
            let mut app = at(&format!("#/s/{}", def.id));
            reduce(&mut app, Action::Stage(staged.id.clone()));
            same(&app, &staged.id);
            reduce(&mut app, Action::Seek(3_000_000));
            same(&app, &staged.id);
        }
    }
}

#[test]
fn a_bad_link_changes_nothing_on_screen() {
    let mut app = at("#/s/raft-election?seed=7&theme=dark");
    reduce(&mut app, Action::Seek(400_000));
    reduce(&mut app, Action::Select(Selection::Node(NodeId(2))));
    reduce(&mut app, Action::Dialog(Some(faultline::view::Dialog::Share)));
    let bad = [
        link_kit::payload(&link_kit::cycle(0)),
        link_kit::payload(&link_kit::cycle(2_000_000)),
        link_kit::payload(r#"{"s":"raft-nine","e":[{"at_us":1,"do":"crash","node":900}]}"#),
        link_kit::payload(r#"{"s":"nowhere"}"#),
        "1AAAA".to_owned(),
    ];
    for payload in bad {
        let mut after = app.clone();
        let hash = format!("#/x/{payload}");
        reduce(&mut after, Action::Route("?embed=1&theme=light".into(), hash));
        let said = after.error.take();
        assert!(said.is_some_and(|e| e.ends_with('.')), "{payload}");
        after.code = app.code;
        after.say.clone_from(&app.say);
        assert!(after == app, "{payload} changed the page");
    }
}
