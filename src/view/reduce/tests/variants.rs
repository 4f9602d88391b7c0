//! What is run again with one difference: which difference, and which future.

use super::*;
use crate::view::differences::{Asked, choices};

fn edits(app: &App, i: usize) -> Vec<Fault> {
    let run = app.open.as_ref().unwrap().futures[i].run.get();
    run.edits().iter().map(|e| e.fault.clone()).collect()
}

fn without_label(app: &App) -> String {
    let list = choices(&Asked::of(app.open.as_ref().unwrap()));
    let found = list.iter().find(|c| c.action == Action::WithoutLastEdit);
    found.unwrap().label.clone()
}

fn down(node: u16) -> Fault {
    let node = NodeId(node);
    Fault::Crash { node, stop: false }
}

/// Two crashes at one moment are two gestures; a crash and a recovery of another were one.
#[test]
fn without_the_last_edit_is_without_what_one_gesture_made() {
    let mut app = raft();
    reduce(&mut app, Action::Seek(500_000));
    reduce(&mut app, crash(1));
    reduce(&mut app, crash(2));
    assert_eq!(without_label(&app), "without: S3 crashes");
    reduce(&mut app, Action::WithoutLastEdit);
    assert_eq!(edits(&app, 1), [down(1)]);
    reduce(&mut app, Action::Beside(None));
    let both = vec![down(3), Fault::Recover { node: NodeId(1) }];
    reduce(&mut app, Action::Edits(both));
    assert_eq!(without_label(&app), "without: S4 crashes, and 1 more");
    reduce(&mut app, Action::WithoutLastEdit);
    assert_eq!(edits(&app, 2), [down(1), down(2)]);
}

/// The last one made is the one in the past, and the hand on a message before it stays.
#[test]
fn the_last_edit_is_the_one_made_last_and_what_was_done_to_messages_before_it_stays() {
    let mut app = raft();
    reduce(&mut app, Action::Seek(400_000));
    let msg = app.open.as_ref().unwrap().run().get().world().in_flight()[0].msg;
    reduce(&mut app, Action::Edit(Fault::Hold { msg }));
    reduce(&mut app, Action::Seek(900_000));
    reduce(&mut app, crash(2));
    reduce(&mut app, Action::Seek(600_000));
    reduce(&mut app, crash(1));
    assert_eq!(without_label(&app), "without: S2 crashes");
    reduce(&mut app, Action::WithoutLastEdit);
    assert_eq!(
        (app.error.clone(), edits(&app, 1)),
        (None, vec![Fault::Hold { msg }, down(2)])
    );
}
