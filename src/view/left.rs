//! The run that was left for another in one step: by a reset, a staged situation, a file.
//!
//! The rule that is easy to break: the address is what leads back, and holds one future. All of them are
//! kept beside it, but for this page only, and only where they are not too large to be kept twice.

use super::app::{App, Open};
use super::selection::Selection;

/// What is kept beside an address, in bytes, at most.
const MOST_BYTES: usize = 64 << 20;

/// A run that was left.
#[derive(Clone, PartialEq)]
pub struct Left {
    /// How many were left on this page: the browser's history gets an entry for each.
    pub times: u32,
    /// Its address, where it has one: the gallery and a run too large for a link have none.
    pub hash: Option<String>,
    open: Option<Open>,
    speed: u64,
}

impl Left {
    /// What is on screen, to be left.
    pub fn of(app: &App) -> Self {
        Left {
            times: app.left.as_ref().map_or(0, |l| l.times) + 1,
            hash: app.address(),
            open: app.open.clone(),
            speed: app.player.speed,
        }
    }

    /// Whether anything was done there: the run moved, was edited or forked.
    pub fn is_work(&self) -> bool {
        self.open.as_ref().is_some_and(|o| {
            let run = o.run().get();
            run.position() > 0 || !run.edits().is_empty() || o.futures.len() > 1
        })
    }

    /// It without a run that is too large to be kept.
    fn light(mut self) -> Self {
        let bytes = |o: &Open| o.futures.iter().map(|f| f.run.get().bytes()).sum::<usize>();
        self.open = self.open.filter(|o| bytes(o) <= MOST_BYTES);
        self
    }
}

impl App {
    /// Keeps what was left behind.
    pub(super) fn leave(&mut self, left: Left) {
        self.left = Some(left.light());
    }
}

/// Brings back the run that was left, with all its futures, if `hash` is its address; what is on screen
/// is left for it. Else nothing changes.
pub(super) fn come_back(app: &mut App, hash: &str) -> bool {
    let known = |l: &Left| l.open.is_some() && l.hash.as_deref() == Some(hash);
    if !app.left.as_ref().is_some_and(known) {
        return false;
    }
    let now = Left::of(app);
    let Some(back) = app.left.take() else {
        return false;
    };
    app.open = back.open;
    // The entry of what is left now is there already.
    app.leave(Left {
        times: back.times,
        ..now
    });
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
