//! Leaving a run for another in one step, and coming back to it.
//!
//! The rule that is easy to break: what is on screen is taken down before the other run comes, and left behind
//! only once that has come: a refusal leaves nothing.

use crate::view::Selection;
use crate::view::app::App;
use crate::view::left::Left;

/// What is on screen, to be left.
pub(super) fn leaving(app: &App) -> Left {
    Left {
        times: app.left.as_ref().map_or(0, |l| l.times) + 1,
        hash: app.address(),
        open: app.open.clone(),
        speed: app.player.speed,
    }
}

/// Keeps what was left behind.
pub(super) fn leave(app: &mut App, left: Left) {
    app.left = Some(left.light());
}

/// Brings back the run that was left, with all its futures, if `hash` is its address; what is on screen
/// is left for it. Else nothing changes.
pub(super) fn come_back(app: &mut App, hash: &str) -> bool {
    let known = |l: &Left| l.open.is_some() && l.hash.as_deref() == Some(hash);
    if !app.left.as_ref().is_some_and(known) {
        return false;
    }
    let now = leaving(app);
    let Some(back) = app.left.take() else {
        return false;
    };
    app.open = back.open;
    // The entry of what is left now is there already.
    leave(app, Left { times: back.times, ..now });
    app.player.playing = false;
    app.player.set_speed(back.speed);
    if let Some(o) = &mut app.open {
        o.settle();
        app.player.now_us = o.run().get().time().us();
    }
    app.journey = None;
    app.dialog = None;
    app.error = None;
    app.selection = Selection::None;
    app.say = "Back at the run before.".to_owned();
    true
}
