//! What the reducer promises, action by action, over a real scenario.

use super::*;
use crate::sim::{Fault, NodeId};

mod anew;
mod futures;
mod journey;
mod own;
mod picked;
mod said;
mod variants;

fn at(hash: &str) -> App {
    let mut app = App::default();
    reduce(&mut app, Action::Route(String::new(), hash.to_owned()));
    app
}

fn raft() -> App {
    let app = at("#/s/raft-election?seed=7");
    assert_eq!(app.error, None);
    app
}

fn hash(app: &App) -> String {
    app.open.as_ref().unwrap().run().get().hash_text()
}

fn events(app: &App) -> u32 {
    app.open.as_ref().unwrap().run().get().position()
}

fn crash(node: u16) -> Action {
    Action::Edit(Fault::Crash { node: NodeId(node), stop: false })
}

#[test]
fn a_route_opens_a_scenario_paused_at_its_start() {
    let app = raft();
    assert_eq!((app.player.playing, app.player.now_us), (false, 0));
    assert_eq!(app.open.unwrap().origin.seed(), 7);
}

#[test]
fn a_route_may_begin_with_a_staged_situation_and_is_refused_with_one_that_is_none() {
    let mut app = raft();
    let staged = app.open.as_ref().unwrap().origin.def.situations[0].id.clone();
    reduce(&mut app, Action::Route(String::new(), "#/s/raft-election?stage=none-such".to_owned()));
    assert!(app.error.as_deref().unwrap().contains("none-such"), "{:?}", app.error);
    assert_eq!(app.open.as_ref().unwrap().lesson.staged, None);
    reduce(&mut app, Action::Route(String::new(), format!("#/s/raft-election?stage={staged}")));
    let open = app.open.as_ref().unwrap();
    assert_eq!((open.lesson.staged, app.player.playing), (Some(0), false));
    assert!(!open.run().get().edits().is_empty());
}

#[test]
fn what_cannot_be_opened_is_said_and_what_was_open_stays() {
    let mut app = raft();
    reduce(&mut app, Action::Step(20));
    let before = hash(&app);
    for bad in
        ["#/s/no-such-thing", "#/x/damaged", "#/s/raft-election?seed=x", "#/s/raft-election?nodes=many"]
    {
        reduce(&mut app, Action::Route(String::new(), bad.to_owned()));
        assert!(app.error.take().is_some_and(|e| e.ends_with('.')), "{bad}");
        assert_eq!(hash(&app), before, "{bad}");
    }
}

#[test]
fn a_link_to_a_far_moment_is_travelled_frame_by_frame() {
    let mut near = raft();
    reduce(&mut near, Action::Seek(2_000_000));
    let link = near.link().unwrap();
    assert_eq!(hash(&at(&link)), hash(&near), "a near one is there at once");
    let mut far = raft();
    reduce(&mut far, Action::Seek(900_000_000));
    let mut app = at(&far.link().unwrap());
    let started = events(&app);
    assert!(app.is_moving() && started < events(&far));
    let mut frames = 0;
    while app.is_moving() {
        reduce(&mut app, Action::Frame(16_000));
        frames += 1;
    }
    assert!(frames > 5, "{frames} frames");
    assert_eq!(hash(&app), hash(&far));
    let mut given_up = at(&far.link().unwrap());
    reduce(&mut given_up, Action::Back(1));
    assert!(!given_up.is_moving(), "the reader's own wish ends the journey");
}

#[test]
fn frames_advance_time_by_the_speed_and_only_while_playing() {
    let mut app = raft();
    reduce(&mut app, Action::SetSpeed(1_000_000));
    reduce(&mut app, Action::Frame(16_000));
    assert_eq!(app.player.now_us, 0);
    reduce(&mut app, Action::Play);
    for _ in 0..10 {
        reduce(&mut app, Action::Frame(16_000));
    }
    assert_eq!(app.player.now_us, 160_000);
    reduce(&mut app, Action::Toggle);
    assert!(!app.player.playing);
}

/// Whatever the budget, the run is the same: a slow machine only gets there later.
#[test]
fn a_frame_that_runs_out_of_time_loses_nothing() {
    let mut app = raft();
    reduce(&mut app, Action::SetSpeed(player::FASTEST));
    reduce(&mut app, Action::Play);
    reduce_within(&mut app, Action::Frame(16_000), &mut || true);
    assert!(app.player.late);
    let (now, n) = (app.player.now_us, events(&app));
    let mut other = raft();
    reduce(&mut other, Action::Seek(now));
    reduce(&mut app, Action::Seek(now));
    assert!(n >= SLICE);
    assert_eq!(hash(&app), hash(&other));
}

#[test]
fn a_step_forth_and_back_is_no_step() {
    let mut app = raft();
    reduce(&mut app, Action::Step(30));
    let before = hash(&app);
    reduce(&mut app, Action::Step(5));
    assert_eq!(events(&app), 35);
    reduce(&mut app, Action::Back(5));
    assert_eq!((events(&app), hash(&app)), (30, before));
}

#[test]
fn an_edit_is_done_undone_and_done_again() {
    let mut app = raft();
    reduce(&mut app, Action::Seek(50_000));
    let before = hash(&app);
    reduce(&mut app, crash(1));
    let after = hash(&app);
    assert_ne!(before, after);
    reduce(&mut app, Action::Undo);
    assert_eq!(hash(&app), before);
    reduce(&mut app, Action::Redo);
    assert_eq!(hash(&app), after);
}

#[test]
fn a_refused_edit_changes_nothing_and_says_why() {
    let mut app = raft();
    reduce(&mut app, Action::Seek(50_000));
    let before = hash(&app);
    reduce(&mut app, crash(999));
    assert!(app.error.as_ref().is_some_and(|e| e.contains("999")), "{:?}", app.error);
    assert_eq!(hash(&app), before);
    reduce(&mut app, crash(0));
    assert_eq!(app.error, None);
}

#[test]
fn a_locked_page_may_be_watched_not_changed() {
    let mut app = raft();
    app.look.lock = true;
    let before = hash(&app);
    reduce(&mut app, crash(0));
    assert!(app.error.is_some());
    assert_eq!(hash(&app), before);
}

#[test]
fn a_walk_goes_from_change_to_change_and_says_where_it_ends() {
    let mut app = raft();
    reduce(&mut app, Action::Seek(1_000_000));
    let changes = Stride::Change(NodeId(2));
    let there = hash(&app);
    reduce(&mut app, Action::Walk(changes, false));
    let next = (hash(&app), app.player.now_us);
    assert!(next.0 != there && next.1 > 1_000_000);
    reduce(&mut app, Action::Walk(changes, true));
    assert!(app.player.now_us <= 1_000_000);
    reduce(&mut app, Action::Walk(changes, false));
    assert_eq!((hash(&app), app.player.now_us), next);
    reduce(&mut app, Action::Seek(0));
    reduce(&mut app, Action::Walk(changes, true));
    assert_eq!(app.say, "There is no change of this node before this.");
    let of = Selection::Node(NodeId(2));
    reduce(&mut app, Action::Walk(Stride::Message(of), false));
    assert!(app.say.contains("S3") && app.player.now_us > 0, "{}", app.say);
}

#[test]
fn every_staged_situation_of_every_scenario_opens_and_is_watched_from_its_moment() {
    // A scenario whose protocol is still being written opens nothing; the registry's own test says so.
    let ready = crate::scenario::all().filter(|d| d.entry().is_ok());
    for def in ready {
        for (i, staged) in def.situations.iter().enumerate() {
            let mut app = at(&format!("#/s/{}", def.id));
            reduce(&mut app, Action::Stage(staged.id.clone()));
            assert_eq!(app.error, None, "{} {}", def.id, staged.id);
            assert_eq!(app.open.as_ref().unwrap().lesson.staged, Some(i));
        }
    }
}

#[test]
fn the_address_opens_the_same_run_to_the_bit() {
    let mut app = raft();
    reduce(&mut app, Action::Seek(400_000));
    reduce(&mut app, crash(2));
    reduce(&mut app, Action::Step(40));
    let again = at(&app.address().expect("a run has an address"));
    assert_eq!(again.error, None);
    assert_eq!(again.player.now_us, app.player.now_us);
    assert_eq!(hash(&again), hash(&app));
}

#[test]
fn selecting_leads_to_the_panel_that_shows_it_but_never_out_of_the_text() {
    let mut app = raft();
    reduce(&mut app, Action::Select(Selection::Node(NodeId(1))));
    assert_eq!(app.tab, Tab::Node);
    reduce(&mut app, Action::Tab(Tab::Text));
    reduce(&mut app, Action::Select(Selection::Node(NodeId(2))));
    assert_eq!(app.tab, Tab::Text);
}

#[test]
fn the_state_is_plain_json_with_the_promised_names() {
    let mut app = raft();
    reduce(&mut app, Action::Step(40));
    let state: serde_json::Value = serde_json::from_str(&app.state_json()).unwrap();
    for name in ["time_us", "events", "playing", "nodes", "in_flight", "checks", "seed", "edits"] {
        assert!(!state[name].is_null(), "{name}");
    }
    for name in ["id", "name", "role", "badge", "status", "epoch", "fields"] {
        assert!(state["nodes"][0].get(name).is_some(), "{name}");
    }
}

/// 2^53 - 1 is the last whole number of a script; 2^53 + 1 is none.
#[test]
fn a_seed_of_any_size_comes_back_from_the_state_to_the_bit() {
    for (seed, json) in [
        (0, "0"),
        ((1 << 53) - 1, "9007199254740991"),
        ((1 << 53) + 1, "\"9007199254740993\""),
        (u64::MAX, "\"18446744073709551615\""),
    ] {
        let app = at(&format!("#/s/raft-election?seed={seed}"));
        let state: serde_json::Value = serde_json::from_str(&app.state_json()).unwrap();
        assert_eq!(state["seed"].to_string(), json);
        let load = format!(r#"{{"scenario":"raft-election","seed":{json}}}"#);
        assert_eq!(Origin::from_json(&load).unwrap().seed(), seed);
    }
    for bad in [r#""""#, r#""-1""#, r#""1e3""#, r#""18446744073709551616""#, "1.5"] {
        let load = format!(r#"{{"scenario":"raft-election","seed":{bad}}}"#);
        let refused = Origin::from_json(&load).map(|s| s.seed()).unwrap_err();
        assert!(refused.message.contains("seed"), "{bad}: {refused}");
    }
}

#[test]
fn faults_made_together_are_all_made_or_none_and_undone_together() {
    let mut app = raft();
    reduce(&mut app, Action::Seek(50_000));
    let before = hash(&app);
    let node = NodeId(1);
    let down = Fault::Crash { node, stop: false };
    reduce(&mut app, Action::Edits(vec![down.clone(), down.clone()]));
    assert!(app.error.is_some(), "what has crashed cannot crash");
    assert_eq!(hash(&app), before);
    reduce(&mut app, Action::Edits(vec![down, Fault::Recover { node }]));
    assert_eq!(app.error, None);
    assert_ne!(hash(&app), before);
    reduce(&mut app, Action::Undo);
    assert_eq!(hash(&app), before);
}

#[test]
fn what_a_staged_situation_brought_is_undone_and_made_again_one_by_one() {
    let mut app = at("#/s/raft-partition");
    let staged = crate::scenario::find("raft-partition").unwrap().situations[0].id.clone();
    reduce(&mut app, Action::Stage(staged.to_owned()));
    let edits = |app: &App| app.open.as_ref().unwrap().run().get().edits().len();
    let (there, n) = (hash(&app), edits(&app));
    assert!(n > 0);
    for left in (0..n).rev() {
        reduce(&mut app, Action::Undo);
        assert_eq!(edits(&app), left);
    }
    let mut plain = at("#/s/raft-partition");
    reduce(&mut plain, Action::Seek(app.player.now_us));
    assert_eq!(hash(&app), hash(&plain));
    (0..n).for_each(|_| reduce(&mut app, Action::Redo));
    assert_eq!(hash(&app), there);
    app.look.lock = true;
    reduce(&mut app, Action::Undo);
    assert_eq!((edits(&app), app.code), (n, "locked"));
}

#[test]
fn without_a_run_only_what_needs_none_is_done() {
    let mut app = at("#/");
    for action in [Action::Step(1), Action::Fork, Action::Undo, crash(0)] {
        reduce(&mut app, action);
        assert!(app.error.take().is_some());
    }
    reduce(&mut app, Action::Play);
    assert!(!app.player.playing);
}
