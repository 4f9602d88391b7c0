//! What becomes of what is picked when the future changes.

use super::*;
use crate::sim::MsgId;

fn pick(app: &mut App, picked: Selection) {
    reduce(app, Action::Select(picked));
}

/// The last message sent before, and the first sent at or after, where `events` have happened.
fn sent_around(app: &App, events: u32) -> (MsgId, MsgId) {
    let run = app.open.as_ref().unwrap().run().get();
    let trace = run.trace();
    let later = |m: &u32| trace.sent(MsgId(*m)).cause.0 >= events;
    let first = (0..trace.messages() as u32).find(later).unwrap();
    (MsgId(first - 1), MsgId(first))
}

/// Raft at 400 ms, which has been at 1.5 s; where it stands, and what can be picked before and after that.
fn between() -> (App, u32, [Selection; 3], [Selection; 2]) {
    let mut app = raft();
    reduce(&mut app, Action::Seek(1_500_000));
    reduce(&mut app, Action::Seek(400_000));
    let here = events(&app);
    let (before, after) = sent_around(&app, here);
    let stay = [Selection::Event(EventId(here - 1)), Selection::Message(before), Selection::Node(NodeId(2))];
    let go = [Selection::Event(EventId(here)), Selection::Message(after)];
    (app, here, stay, go)
}

#[test]
fn an_edit_in_the_past_lets_go_of_what_came_after_it_and_of_nothing_else() {
    let (app, _, stay, go) = between();
    for picked in stay {
        let mut app = app_of(&app, picked);
        for action in [crash(1), Action::Undo, Action::Redo] {
            reduce(&mut app, action);
            assert_eq!((app.error.clone(), app.selection), (None, picked));
        }
    }
    for picked in go {
        let mut app = app_of(&app, picked);
        reduce(&mut app, crash(1));
        assert_eq!((app.error, app.selection), (None, Selection::None));
        assert_eq!(app.open.unwrap().run().get().edits().len(), 1);
    }
}

/// The same run once more, with `picked`: a run is shared by its clones.
fn app_of(app: &App, picked: Selection) -> App {
    let mut app = app.clone();
    let o = app.open.as_mut().unwrap();
    let run = o.run().get().fork();
    *o = Open::new(o.origin.clone(), run);
    pick(&mut app, picked);
    app
}

/// An edit at 400 ms, another at 600 ms; at 1.5 s the second is undone and made again. What came between
/// the two stays, the edit itself and what came after it goes.
#[test]
fn undo_and_redo_let_go_of_what_they_change() {
    let mut app = raft();
    reduce(&mut app, Action::Seek(400_000));
    reduce(&mut app, crash(1));
    reduce(&mut app, Action::Seek(600_000));
    let second = EventId(events(&app));
    reduce(&mut app, crash(2));
    reduce(&mut app, Action::Seek(1_500_000));
    for way in [Action::Undo, Action::Redo] {
        for (picked, stays) in
            [(EventId(second.0 - 1), true), (second, false), (EventId(second.0 + 5), false)]
        {
            let mut app = app.clone();
            let o = app.open.as_mut().unwrap();
            let run = o.run().get().fork();
            *o = Open::new(o.origin.clone(), run);
            if way == Action::Redo {
                reduce(&mut app, Action::Undo);
            }
            pick(&mut app, Selection::Event(picked));
            reduce(&mut app, way.clone());
            let kept = app.selection == Selection::Event(picked);
            assert_eq!(kept, stays, "{way:?} {picked:?}");
            assert_eq!(app.player.now_us, 1_500_000);
        }
    }
}

/// Two futures part at 400 ms, where B has a crash. Whatever is shown next, what is picked is the same
/// thing there, or nothing.
#[test]
fn another_future_lets_go_of_what_it_does_not_have() {
    let (mut app, here, stay, go) = between();
    reduce(&mut app, Action::Fork);
    reduce(&mut app, crash(1));
    reduce(&mut app, Action::Seek(1_500_000));
    for beside in [false, true] {
        for (picked, stays) in stay.map(|p| (p, true)).into_iter().chain(go.map(|p| (p, false))) {
            reduce(&mut app, Action::Future(0));
            reduce(&mut app, Action::Seek(1_500_000));
            reduce(&mut app, Action::Beside(beside.then_some(1)));
            pick(&mut app, picked);
            reduce(&mut app, Action::Future(1));
            let expected = if stays { picked } else { Selection::None };
            assert_eq!((app.error.clone(), app.selection), (None, expected), "{here}");
        }
    }
}

#[test]
fn the_filter_of_the_log_stays_with_its_scenario_and_names_only_nodes_that_are_there() {
    let filter = Filter { node: Some(NodeId(4)), text: "vote".to_owned(), ..Filter::default() };
    let mut app = raft();
    reduce(&mut app, Action::Filter(filter.clone()));
    reduce(&mut app, Action::Reset);
    assert_eq!(app.filter, filter);
    let fewer = "#/s/raft-election?servers=3".to_owned();
    reduce(&mut app, Action::Route(String::new(), fewer));
    assert_eq!((app.error.clone(), app.filter.node, &*app.filter.text), (None, None, "vote"));
    let other = "#/s/two-generals".to_owned();
    reduce(&mut app, Action::Route(String::new(), other));
    assert_eq!(app.filter, Filter::default());
}
