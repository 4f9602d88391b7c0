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
    assert_eq!((app.error.clone(), edits(&app, 1)), (None, vec![Fault::Hold { msg }, down(2)]));
}

/// The same choice three times is one future; and where the value is the usual one, given or not, too.
#[test]
fn the_same_comparison_again_is_the_future_that_is_there() {
    let mut app = at("#/s/raft-replication?seed=7");
    reduce(&mut app, Action::Seek(400_000));
    let vary = |value: &str| Action::Vary("interval_ms".to_owned(), value.to_owned());
    for _ in 0..3 {
        reduce(&mut app, vary("50"));
        let o = app.open.as_ref().unwrap();
        assert_eq!((o.futures.len(), o.beside.as_ref().unwrap().future), (2, 1));
        reduce(&mut app, Action::Beside(None));
    }
    reduce(&mut app, Action::Future(1));
    reduce(&mut app, vary("120"));
    let o = app.open.as_ref().unwrap();
    assert_eq!((o.futures.len(), o.beside.as_ref().unwrap().future), (2, 0));
    reduce(&mut app, Action::Beside(None));
    // Edited since, it is another run.
    reduce(&mut app, crash(1));
    reduce(&mut app, Action::Future(0));
    reduce(&mut app, vary("50"));
    assert_eq!((app.error.clone(), app.open.unwrap().futures.len()), (None, 3));
}

/// A with B (which has C) and D. Each can go, the others keep what they are and where they parted.
#[test]
fn a_removed_future_hands_its_children_to_its_parent() {
    let grown = || {
        let mut app = raft();
        for action in [
            Action::Seek(300_000),
            Action::Fork,
            crash(1),
            Action::Seek(600_000),
            Action::Fork,
            crash(2),
            Action::Future(0),
            Action::Seek(700_000),
            Action::Fork,
            crash(3),
        ] {
            reduce(&mut app, action);
        }
        app
    };
    let shape = |app: &App| -> Vec<(String, Option<String>, u64, usize, bool)> {
        let o = app.open.as_ref().unwrap();
        let name = |i: usize| o.futures[i].name.clone();
        let tree = o.tree().into_iter();
        tree.map(|b| (b.name, b.parent.map(name), b.parted_us, b.edits, b.shown)).collect()
    };
    let line = |name: &str, parent: &str, us, edits, shown| {
        let parent = (!parent.is_empty()).then(|| parent.to_owned());
        (name.to_owned(), parent, us, edits, shown)
    };
    let removed = |i: usize| {
        let mut app = grown();
        reduce(&mut app, Action::Remove(i));
        assert_eq!(app.error, None);
        (shape(&app), app.say)
    };
    let (b, c) = (line("B", "A", 300_000, 1, false), line("C", "A", 600_000, 2, false));
    let (a, d) = (line("A", "", 0, 0, false), line("D", "A", 700_000, 1, true));
    assert_eq!(removed(1).0, [a.clone(), c, d]);
    let shown = removed(3);
    assert_eq!(shown.0[0], line("A", "", 0, 0, true), "its parent is shown next");
    assert_eq!(shown.1, "Future D is removed. Future A is shown.");
    let c = line("C", "B", 600_000, 2, false);
    assert_eq!(shown.0[1..], [b, c.clone()]);
    let (b, d) = (line("B", "", 0, 1, false), line("D", "B", 700_000, 1, true));
    assert_eq!(removed(0).0, [b, c, d], "the first one's first child is the first one now");
}

#[test]
fn the_only_future_stays_and_one_beside_goes_with_its_comparison() {
    let mut app = raft();
    reduce(&mut app, Action::Remove(0));
    assert_eq!(app.code, "last-future");
    reduce(&mut app, Action::Remove(1));
    assert_eq!(app.code, "unknown-future");
    for (gone, beside) in [(0, false), (1, true), (2, true)] {
        let mut app = raft();
        reduce(&mut app, Action::Seek(300_000));
        (0..2).for_each(|_| reduce(&mut app, Action::Fork));
        reduce(&mut app, crash(1));
        // Shown is 2, beside it 0.
        reduce(&mut app, Action::Beside(Some(0)));
        let shown = hash(&app);
        reduce(&mut app, Action::Remove(gone));
        let o = app.open.as_ref().unwrap();
        assert_eq!(app.error, None);
        assert_eq!(o.futures.len(), 2);
        assert_eq!(o.beside.is_some(), beside, "removed {gone}");
        if gone != 2 {
            assert_eq!(hash(&app), shown);
        }
        reduce(&mut app, Action::Step(5));
        reduce(&mut app, Action::Beside(None));
        assert!(app.open.as_ref().unwrap().current < 2);
    }
    app.look.lock = true;
    reduce(&mut app, Action::Fork);
    reduce(&mut app, Action::Remove(1));
    assert_eq!(app.code, "locked");
}

/// Beside A stands B; the places are changed, B is edited, or forked and the fork edited. Left, what was made
/// is what is shown, where it was made; what was only watched goes back to where it stood.
#[test]
fn leaving_a_comparison_shows_what_was_made_in_it() {
    let compared = |actions: &[Action]| {
        let mut app = raft();
        reduce(&mut app, Action::Seek(300_000));
        reduce(&mut app, Action::Fork);
        reduce(&mut app, Action::Seek(800_000));
        reduce(&mut app, Action::Future(0));
        reduce(&mut app, Action::Beside(Some(1)));
        reduce(&mut app, Action::Seek(1_500_000));
        for action in actions {
            reduce(&mut app, action.clone());
        }
        reduce(&mut app, Action::Beside(None));
        assert_eq!(app.error, None);
        let o = app.open.as_ref().unwrap();
        let times = o.futures.iter().map(|f| f.run.get().time().us()).collect();
        assert_eq!(app.player.now_us, o.run().get().time().us());
        (o.current, times)
    };
    let times = |list: &[u64]| list.to_vec();
    assert_eq!(compared(&[]), (0, times(&[300_000, 800_000])));
    let swap = Action::Future(1);
    assert_eq!(compared(std::slice::from_ref(&swap)), (0, times(&[300_000, 800_000])));
    let edited = compared(&[swap.clone(), crash(1)]);
    assert_eq!(edited, (1, times(&[300_000, 1_500_000])));
    let forked = compared(&[swap, Action::Fork, crash(1)]);
    assert_eq!(forked, (2, times(&[300_000, 800_000, 1_500_000])));
    let watched = compared(&[crash(1), Action::Future(1)]);
    assert_eq!(watched, (0, times(&[1_500_000, 800_000])));
}
