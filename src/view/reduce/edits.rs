//! Edits of the run that is shown: made, taken back, made again.
//!
//! The rule that is easy to break: an edit in the past is the end of what came after it. What is picked
//! there is let go of, for its number will soon be another thing's.

use crate::sim::{Fault, Refusal};
use crate::view::app::App;
use crate::view::open::Open;
use crate::view::selection::Selection;

/// Whether the reader may change the run; says so if not.
pub(super) fn may_change(app: &mut App) -> bool {
    if app.look.lock {
        let message = "this run may be watched, not changed";
        app.refuse(&Refusal::new("locked", message));
    }
    !app.look.lock
}

/// Whether another run may take the place of the one on screen.
///
/// # Errors
/// The page is locked: whoever showed this run wants this one to be seen.
pub fn may_replace(app: &App) -> Result<(), Refusal> {
    let message = "this run may be watched, not replaced";
    match app.look.lock {
        true => Err(Refusal::new("locked", message)),
        false => Ok(()),
    }
}

/// Does `faults` to the run, now.
pub(super) fn edit(app: &mut App, faults: Vec<Fault>) {
    if !may_change(app) {
        return;
    }
    let Some(o) = &mut app.open else { return };
    let said: Vec<String> = {
        let run = o.run().get();
        let words = |fault| crate::view::words::fault(run.world(), fault);
        faults.iter().map(words).collect()
    };
    let done = o.run().get_mut().edit_all(faults);
    if let Err(refusal) = done {
        return app.refuse(&refusal);
    }
    o.touch();
    o.settle();
    if !said.is_empty() {
        app.selection = still_there(o, app.selection);
    }
    app.say = said.join(". ") + ".";
    app.error = None;
}

/// Takes the last edit back, or makes it again.
pub(super) fn undo(app: &mut App, undo: bool) {
    if !may_change(app) {
        return;
    }
    let Some(o) = &mut app.open else { return };
    let done = {
        let mut run = o.run().get_mut();
        if undo { run.undo() } else { run.redo() }
    };
    o.touch();
    o.settle();
    if done {
        app.selection = still_there(o, app.selection);
    }
    app.player.now_us = o.run().get().time().us();
    app.say = match (done, undo) {
        (true, true) => "Undone.",
        (true, false) => "Done again.",
        (false, true) => "There is nothing to undo.",
        (false, false) => "There is nothing to do again.",
    }
    .to_owned();
}

/// What is picked, if the last change of the edits has left it as it was.
fn still_there(o: &Open, picked: Selection) -> Selection {
    let run = o.run().get();
    picked.among(run.kept(), run.trace())
}
