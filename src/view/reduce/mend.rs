//! A remedy, tried in a second future beside the one that is shown.
//!
//! The rule that is easy to break: what is shown stays as it is, whatever comes of the remedy; and what is refused leaves
//! no future behind.

use super::futures::{add, beside, free_letter};
use super::{edits, play};
use crate::sim::{EventId, Fault};
use crate::view::app::App;
use crate::view::differences::name_of;
use crate::view::future::Fork;

/// Does `faults` in another future, which begins now, or right after the event `after`; shows it with the present one beside
/// it, and lets time run.
pub(super) fn mend(app: &mut App, after: Option<EventId>, faults: &[Fault]) {
    if !edits::may_change(app) {
        return;
    }
    let Some(o) = &app.open else { return };
    let shown = o.current;
    let mut run = o.run().get().fork();
    if let Some(after) = after {
        run.seek_event(after.0 + 1);
    }
    let words = |fault| crate::view::words::fault(run.world(), fault);
    let said: Vec<String> = faults.iter().map(words).collect();
    let (events, parted_us) = (run.position(), run.time().us());
    if let Err(refusal) = run.edit_all(faults.to_vec()) {
        return app.refuse(&refusal);
    }
    let origins = (o.origin.clone(), o.base().clone());
    let Some(i) = add(app, origins, (parted_us, Fork { parent: shown, events }), run) else {
        return;
    };
    if let Some(o) = &mut app.open {
        let letter = free_letter(&o.futures[..i]);
        o.futures[i].name = name_of(letter, &said.join("; "));
        o.current = i;
        o.settle();
        app.player.now_us = o.run().get().time().us();
    }
    beside(app, Some(shown));
    play(app, true);
}
