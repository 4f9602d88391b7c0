//! What the reducer promises of futures: begun, compared, named, and where a reset leads from each.

use super::*;
use crate::kit::Value;
use crate::sim::limits::FUTURES;
use crate::view::differences::{Asked, choices};
use crate::view::spacetime::Camera;

#[test]
fn a_fork_goes_its_own_way_and_its_parent_stays() {
    let mut app = raft();
    reduce(&mut app, Action::Seek(50_000));
    let here = hash(&app);
    reduce(&mut app, Action::Fork);
    reduce(&mut app, crash(0));
    let there = hash(&app);
    reduce(&mut app, Action::Future(0));
    assert_eq!(hash(&app), here);
    reduce(&mut app, Action::Future(1));
    assert_eq!(hash(&app), there);
    for _ in 0..FUTURES {
        reduce(&mut app, Action::Fork);
    }
    assert_eq!(app.open.as_ref().unwrap().futures.len(), FUTURES);
    assert!(app.error.is_some());
}

/// A at 500 ms gives B, which at 900 ms gives C; then A, wound back to 200 ms, gives D.
#[test]
fn futures_are_a_tree_with_names() {
    let mut app = raft();
    for action in [
        Action::Seek(500_000),
        Action::Fork,
        Action::Seek(900_000),
        Action::Fork,
        Action::Future(0),
        Action::Seek(200_000),
        Action::Fork,
        Action::Rename(1, " leader crashes ".to_owned()),
    ] {
        reduce(&mut app, action);
        assert_eq!(app.error, None);
    }
    let tree = app.open.as_ref().unwrap().tree();
    let shape = tree.iter().map(|b| (&*b.name, b.future, b.parent, b.depth, b.parted_us, b.shown));
    assert_eq!(
        shape.collect::<Vec<_>>(),
        [
            ("A", 0, None, 0, 0, false),
            ("D", 3, Some(0), 1, 200_000, true),
            ("leader crashes", 1, Some(0), 1, 500_000, false),
            ("C", 2, Some(1), 2, 900_000, false),
        ]
    );
    assert!(tree[1].parted_events < tree[2].parted_events);
    let state: serde_json::Value = serde_json::from_str(&app.state_json()).unwrap();
    assert_eq!(state["tree"][3]["name"], "C");
    assert_eq!(state["tree"][3]["parent"], 1);
    for bad in ["", "  ", "C", "a\nb", "a\u{202e}b", &"x".repeat(41)] {
        reduce(&mut app, Action::Rename(0, bad.to_owned()));
        assert_eq!((app.code, app.error.take().is_some()), ("bad-name", true));
    }
    reduce(&mut app, Action::Rename(9, "x".to_owned()));
    assert_eq!(app.code, "unknown-future");
    assert_eq!(app.open.unwrap().futures[0].name, "A");
}

/// The same run with the client's pause halved, beside it: one playhead, whoever is shown.
#[test]
fn a_future_beside_follows_wherever_the_one_that_is_shown_goes() {
    let mut app = at("#/s/raft-replication?seed=7");
    reduce(&mut app, Action::Seek(400_000));
    let vary = |value: &str| Action::Vary("interval_ms".to_owned(), value.to_owned());
    reduce(&mut app, vary("50"));
    assert_eq!(app.error, None);
    let beside = |app: &App| app.open.as_ref().unwrap().run_beside().unwrap().get().time();
    assert_eq!(beside(&app), SimTime(400_000));
    for action in [
        Action::Seek(2_500_000),
        Action::Step(7),
        Action::Back(3),
        crash(1),
        Action::Undo,
        Action::Future(1),
        Action::Seek(900_000),
    ] {
        reduce(&mut app, action);
        assert_eq!((app.error.clone(), beside(&app).us()), (None, app.player.now_us));
    }
    let o = app.open.as_ref().unwrap();
    assert_eq!((o.current, o.beside.as_ref().unwrap().future), (1, 0));
    let halved = o.origin.opening.params.get("interval_ms");
    assert_eq!(halved, Some(&crate::kit::Value::Int(50)));
    let comparison = o.comparison().unwrap();
    let parting = comparison.parting.unwrap();
    assert_eq!(crate::view::compare::parting(&o.run().get(), &o.run_beside().unwrap().get()), Some(parting));
    assert!(parting.time_us < 2_500_000 && !comparison.nodes.is_empty());
    reduce(&mut app, vary("no-number"));
    assert!(app.error.take().is_some());
    for bad in [1, 9] {
        reduce(&mut app, Action::Beside(Some(bad)));
        assert!(app.error.take().is_some());
    }
    reduce(&mut app, Action::Beside(None));
    assert!(app.open.unwrap().comparison().is_none());
}

/// A fork is the same run until it is edited: event by event nothing differs, also amid a moment.
#[test]
fn two_futures_do_not_differ_before_they_part() {
    let mut app = raft();
    reduce(&mut app, Action::Seek(300_000));
    reduce(&mut app, Action::Fork);
    reduce(&mut app, Action::Seek(700_000));
    reduce(&mut app, crash(2));
    let edit = events(&app) - 1;
    reduce(&mut app, Action::Seek(1_500_000));
    reduce(&mut app, Action::Beside(Some(0)));
    let parted = app.open.as_ref().unwrap().parting().unwrap();
    assert_eq!((parted.event.0, parted.time_us), (edit, 700_000));
    reduce(&mut app, Action::SeekEvent(EventId(0)));
    while events(&app) <= edit {
        let o = app.open.as_ref().unwrap();
        let c = o.comparison().unwrap();
        assert!(c.nodes.is_empty() && c.checks.is_empty(), "{}", events(&app));
        let there = o.run_beside().unwrap().get().hash_text();
        assert_eq!(there, hash(&app), "{}", events(&app));
        reduce(&mut app, Action::Step(1));
    }
    reduce(&mut app, Action::Step(1));
    assert!(!app.open.as_ref().unwrap().comparison().unwrap().nodes.is_empty());
    reduce(&mut app, Action::Undo);
    reduce(&mut app, Action::Seek(1_500_000));
    assert_eq!(app.open.unwrap().parting(), None, "what parted them is undone");
}

#[test]
fn a_reset_leads_to_the_start_without_edits_and_the_same_seed() {
    let mut app = raft();
    let start = hash(&app);
    reduce(&mut app, Action::Seek(50_000));
    reduce(&mut app, crash(0));
    reduce(&mut app, Action::Reset);
    assert_eq!((events(&app), hash(&app)), (0, start));
    assert!(app.open.as_ref().unwrap().run().get().edits().is_empty());
    assert_eq!(app.open.unwrap().origin.seed(), 7);
}

fn param(app: &App, id: &str) -> Option<Value> {
    let o = app.open.as_ref().unwrap();
    o.origin.opening.params.get(id).cloned()
}

/// Beside `interval_ms` at 100 the reader has run it at 50 and looks at that: a reset begins that one
/// again, alone, as a reset always does; and so does another seed.
#[test]
fn a_reset_leads_to_the_start_of_what_is_shown_with_its_parameters() {
    for (shown, halved) in [(1, Some(Value::Int(50))), (0, None)] {
        let mut app = at("#/s/raft-replication?seed=7");
        for action in [
            Action::Seek(400_000),
            crash(1),
            Action::Vary("interval_ms".to_owned(), "50".to_owned()),
            Action::Beside(None),
            Action::Future(shown),
            Action::Fork,
            Action::Reset,
        ] {
            reduce(&mut app, action);
            assert_eq!(app.error, None);
        }
        let o = app.open.as_ref().unwrap();
        assert_eq!((o.futures.len(), o.run().get().edits().len()), (1, 0));
        assert_eq!((events(&app), param(&app, "interval_ms")), (0, halved.clone()));
        let fresh = match shown {
            1 => "#/s/raft-replication?seed=7&interval_ms=50",
            _ => "#/s/raft-replication?seed=7",
        };
        let mut fresh = at(fresh);
        for app in [&mut app, &mut fresh] {
            reduce(app, Action::Seek(3_000_000));
        }
        assert_eq!(hash(&app), hash(&fresh), "to the bit");
        reduce(&mut app, Action::SetSeed(8));
        assert_eq!(param(&app, "interval_ms"), halved);
    }
}

/// A staged situation may bring a planted bug: a reset takes that away again, but not what the reader
/// has chosen on top of it.
#[test]
fn a_reset_takes_away_what_a_staged_situation_brought_and_leaves_what_was_varied() {
    let def = crate::scenario::find("raft-recovery").unwrap();
    let staged = def.situations.iter().find(|s| !s.params.is_empty()).unwrap();
    let brought = staged.params.keys().next().unwrap();
    let mut app = at("#/s/raft-recovery?seed=7");
    for action in [
        Action::Stage(staged.id.clone()),
        Action::Vary("heartbeat_ms".to_owned(), "30".to_owned()),
        Action::Future(1),
    ] {
        reduce(&mut app, action);
        assert_eq!(app.error, None);
    }
    assert!(param(&app, brought).is_some());
    reduce(&mut app, Action::Reset);
    assert_eq!(param(&app, brought), None);
    assert_eq!(param(&app, "heartbeat_ms"), Some(Value::Int(30)));
    reduce(&mut app, Action::Stage(staged.id.clone()));
    assert_eq!(param(&app, "heartbeat_ms"), Some(Value::Int(30)));
    reduce(&mut app, Action::Reset);
    assert_eq!(param(&app, brought), None);
}

/// A future that was run for a comparison says in its name what sets it apart, in the words of the list
/// that it was chosen from; each has a letter of its own, and a name that people gave stays.
#[test]
fn a_future_run_for_a_comparison_is_named_by_its_difference() {
    let mut app = at("#/s/link-stack?seed=7");
    reduce(&mut app, Action::Seek(400_000));
    reduce(&mut app, crash(1));
    for (param, value) in [("loss_percent", "60"), ("dedupe", "true"), ("mutant", "send-twice")] {
        reduce(&mut app, Action::Vary(param.to_owned(), value.to_owned()));
        reduce(&mut app, Action::Beside(None));
    }
    reduce(&mut app, Action::Rename(1, "C: a name of mine".to_owned()));
    reduce(&mut app, Action::WithoutLastEdit);
    assert_eq!((app.error.clone(), app.code), (None, ""));
    reduce(&mut app, Action::Fork);
    let o = app.open.as_ref().unwrap();
    let names: Vec<&str> = o.futures.iter().map(|f| &*f.name).collect();
    assert_eq!(
        names,
        [
            "A",
            "C: a name of mine",
            "C: drop second copies on",
            "D: the sender sends each message twice,…",
            "B: without the last edit",
            "E",
        ]
    );
    assert_eq!(o.short_names([0, 4]), ["A", "B"]);
    assert_eq!(o.short_names([1, 2]), [names[1], names[2]], "their letters are alike");
    let taken = name_of(&app, 4);
    reduce(&mut app, Action::Rename(5, taken));
    assert_eq!(app.code, "bad-name");
}

fn name_of(app: &App, i: usize) -> String {
    app.open.as_ref().unwrap().futures[i].name.clone()
}

/// Whatever may be varied has a name within the limit that rename would take, too.
#[test]
fn every_difference_of_every_scenario_makes_a_name_that_may_be_given() {
    for def in crate::scenario::all().filter(|d| d.entry().is_ok()) {
        let app = at(&format!("#/s/{}", def.id));
        for choice in choices(&Asked::of(app.open.as_ref().unwrap())) {
            let mut app = at(&format!("#/s/{}", def.id));
            reduce(&mut app, choice.action);
            if app.error.is_some() {
                continue;
            }
            let name = name_of(&app, 1);
            assert!(name.starts_with("B: ") && name.len() > 4, "{name}");
            reduce(&mut app, Action::Rename(1, "other".to_owned()));
            reduce(&mut app, Action::Rename(1, name.clone()));
            assert_eq!((app.error.clone(), name_of(&app, 1)), (None, name));
        }
    }
}

/// A window told while one future is shown is nobody's; in a comparison each telling counts, the same
/// one, too, and changing places keeps it.
#[test]
fn the_diagrams_of_a_comparison_are_told_one_window() {
    let window = |app: &App| app.open.as_ref().unwrap().beside.as_ref().unwrap().window;
    let mut camera = Camera::for_delay(10_000, 20);
    let mut app = raft();
    reduce(&mut app, Action::Window(camera));
    reduce(&mut app, Action::Seek(300_000));
    reduce(&mut app, Action::Fork);
    reduce(&mut app, Action::Beside(Some(0)));
    assert_eq!(window(&app), None);
    for told in 1..=2 {
        reduce(&mut app, Action::Window(camera));
        assert_eq!(window(&app), Some((told, camera)));
    }
    camera.zoom(0.5, 0.0, 0);
    reduce(&mut app, Action::Window(camera));
    reduce(&mut app, Action::Future(0));
    assert_eq!(window(&app), Some((3, camera)));
    reduce(&mut app, Action::Beside(None));
    reduce(&mut app, Action::Beside(Some(0)));
    assert_eq!(window(&app), None, "the next comparison begins anew");
}

/// Of each future: name, parent, where it parted, edits; and what it is when it is shown.
fn all_of(app: &mut App) -> Vec<String> {
    let tree = app.open.as_ref().unwrap().tree();
    let mut all = Vec::new();
    for b in tree {
        if !b.shown {
            reduce(app, Action::Future(b.future));
        }
        while app.is_moving() {
            reduce(app, Action::Frame(16_000));
        }
        let here = (hash(app), app.player.now_us);
        let from = (b.parent, b.parted_us, b.parted_events);
        all.push(format!("{} {from:?} {} {here:?}", b.name, b.edits));
    }
    all
}

/// A tree of three with other parameters, edits and moments, one of them far: as a file it comes back,
/// whichever is shown; a bad one among them is refused and changes nothing.
#[test]
fn a_tree_that_was_saved_opens_with_every_future_where_it_stood() {
    let mut app = at("#/s/raft-replication?seed=7");
    for action in [
        Action::Seek(500_000),
        Action::Fork,
        Action::Seek(900_000),
        crash(1),
        Action::Step(7),
        Action::Vary("interval_ms".to_owned(), "50".to_owned()),
        Action::Beside(None),
        Action::Future(2),
        Action::Seek(600_000_000),
        Action::Rename(1, "leader crashes".to_owned()),
        Action::Future(1),
    ] {
        reduce(&mut app, action);
        assert_eq!(app.error, None);
    }
    let save = |app: &App| app.keep(crate::view::export::Export::Scenario).unwrap().text;
    for shown in [1, 0, 2] {
        reduce(&mut app, Action::Future(shown));
        let text = save(&app);
        let mut other = raft();
        reduce(&mut other, Action::OpenFile(text.clone()));
        assert_eq!(other.error, None);
        while other.is_moving() {
            reduce(&mut other, Action::Frame(16_000));
        }
        assert_eq!((hash(&other), other.open.as_ref().unwrap().current), (hash(&app), shown));
        assert_eq!(save(&other), text, "saved again, it is the same file");
        assert_eq!(other.link(), app.link());
        assert_eq!(all_of(&mut other), all_of(&mut app));
        let bad = text.replace("\"interval_ms\":50", "\"interval_ms\":-1");
        assert_ne!(bad, text);
        let before = hash(&other);
        reduce(&mut other, Action::OpenFile(bad));
        assert!(other.error.is_some());
        assert_eq!((hash(&other), other.open.unwrap().futures.len()), (before, 3));
    }
    let alone = save(&raft());
    assert!(!alone.contains("futures"), "{alone}");
}

/// A future that was saved far away is compared before it was ever shown: it follows, and afterwards it
/// still goes to where it stood.
#[test]
fn a_saved_future_may_be_compared_before_it_is_shown() {
    let mut app = raft();
    for action in [Action::Seek(2_000_000), Action::Fork, Action::Seek(300_000)] {
        reduce(&mut app, action);
    }
    let text = app.keep(crate::view::export::Export::Scenario).unwrap().text;
    let mut other = raft();
    reduce(&mut other, Action::OpenFile(text));
    reduce(&mut other, Action::Beside(Some(0)));
    let beside = other.open.as_ref().unwrap().run_beside().unwrap().clone();
    assert_eq!(beside.get().time(), SimTime(300_000));
    reduce(&mut other, Action::Beside(None));
    assert_eq!(all_of(&mut other), all_of(&mut app));
}
