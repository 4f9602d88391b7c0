//! What the live region says, and when.

use super::*;

/// A refusal stays on screen until it is closed; it is said once, and what happens after it is said, too.
#[test]
fn a_refusal_is_said_and_then_what_happens_next() {
    let mut app = raft();
    reduce(&mut app, Action::Seek(50_000));
    reduce(&mut app, crash(999));
    let why = app.error.clone().unwrap();
    assert_eq!(app.say, why);
    reduce(&mut app, crash(999));
    assert_eq!(app.error.as_ref(), Some(&why));
    assert!(app.say != why && app.say.trim_end() == why, "said again, to be heard again");
    for action in [Action::Step(1), Action::Play, Action::Back(1)] {
        let before = app.say.clone();
        reduce(&mut app, action);
        assert_ne!(app.say, before);
        assert_ne!(app.say.trim_end(), why);
        assert_eq!(app.error.as_ref(), Some(&why));
    }
    reduce(&mut app, Action::Error(Some("The file is torn.".to_owned())));
    assert_eq!(app.say, "The file is torn.");
}

/// The dialog shows what was refused in it: the same file twice is refused twice, what was refused before
/// has no place there.
#[test]
fn the_dialog_of_files_begins_without_an_error() {
    let mut app = raft();
    for _ in 0..2 {
        reduce(&mut app, Action::Dialog(Some(Dialog::Files)));
        assert_eq!(app.error, None);
        reduce(&mut app, Action::OpenFile("hello".to_owned()));
        assert!(app.error.is_some() && app.dialog == Some(Dialog::Files));
        reduce(&mut app, Action::Dialog(None));
        assert!(app.error.is_some(), "still to be read");
    }
}

#[test]
fn sharing_stops_time_so_that_the_link_stays_what_it_is() {
    for dialog in [Dialog::Share, Dialog::Embed] {
        let mut app = raft();
        reduce(&mut app, Action::Play);
        reduce(&mut app, Action::Frame(16_000));
        reduce(&mut app, Action::Dialog(Some(Dialog::Files)));
        assert!(app.player.playing, "a file is written at the click");
        reduce(&mut app, Action::Dialog(Some(dialog)));
        let link = app.link().unwrap();
        reduce(&mut app, Action::Frame(16_000));
        assert_eq!((app.link().unwrap(), app.player.playing), (link, false));
    }
}

/// What is said while `app` plays at a fixed rate for so many frames.
fn heard(app: &mut App, speed: u64, frames: u32) -> Vec<String> {
    reduce(app, Action::Pace(Pace::Fixed));
    reduce(app, Action::SetSpeed(speed));
    reduce(app, Action::Play);
    let mut all = Vec::new();
    for _ in 0..frames {
        reduce(app, Action::Frame(16_667));
        if all.last() != Some(&app.say) {
            all.push(app.say.clone());
        }
    }
    all
}

/// However fast time runs, what decides is said, and who leads before all else; what else tells something only where it is slow
/// enough to be followed.
#[test]
fn what_decides_is_said_at_any_speed() {
    let fast = heard(&mut raft(), 500_000, 600);
    assert!(fast.iter().any(|said| said.contains("leads term 1")), "{fast:?}");
    let decides =
        |said: &String| said == "Playing." || said.contains(" leads ") || said.contains(" commits ");
    assert!(fast.iter().all(decides), "{fast:?}");
    let slow = heard(&mut raft(), 100_000, 600);
    assert!(slow.iter().any(|said| said.contains("leads term 1")) && !slow.iter().all(decides), "{slow:?}");
}

/// A promise that breaks is said at any speed, though time goes on; and so it is of whoever steps there.
#[test]
fn a_broken_promise_is_always_said() {
    let mut app = at("#/s/raft-recovery");
    reduce(&mut app, Action::Stage("forgotten-vote".to_owned()));
    let fast = heard(&mut app, 1_000_000, 300);
    assert!(app.player.playing);
    assert!(fast.iter().any(|said| said.starts_with("Election safety is broken: ")), "{fast:?}");
}
