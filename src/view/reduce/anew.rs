//! The run begun anew: a reset, another seed, a staged situation; and what a prediction comes to.
//!
//! The rule that is easy to break: one press must not destroy what was made. What was on screen is left
//! where the browser's "back" leads.

use super::leaving::{self, leaving};
use super::{may_replace, open, travel};
use crate::scenario::{Opening, own};
use crate::sim::SimTime;
use crate::view::action::Action;
use crate::view::app::App;
use crate::view::left::Left;
use crate::view::open::Progress;
use crate::view::origin::Origin;
use crate::view::task::Task;

/// Runs the same scenario again, as it was or with another seed or setting.
pub(super) fn act(app: &mut App, action: &Action) {
    match action {
        Action::SetSeed(seed) => again(app, |origin| origin.set_seed(*seed)),
        Action::Set(param, value) => set(app, param, value),
        _ => again(app, |_| {}),
    }
}

/// Runs the same scenario again, changed by `change`.
pub(super) fn again(app: &mut App, change: impl FnOnce(&mut Origin)) {
    if let Err(refusal) = may_replace(app) {
        return app.refuse(&refusal);
    }
    let Some(o) = &app.open else { return };
    let mut origin = o.base().clone();
    change(&mut origin);
    let (speed, lesson) = (app.player.speed, o.lesson);
    let left = leaving(app);
    match open(app, origin) {
        Ok(()) => {
            if let Some(o) = &mut app.open {
                o.lesson = Progress { staged: None, asked: None, ..lesson };
            }
            app.player.set_speed(speed);
            app.say = format!("At the start.{}", leave(app, left));
        }
        Err(refusal) => app.refuse(&refusal),
    }
}

/// Runs the same scenario again with this parameter at this value.
fn set(app: &mut App, param: &str, value: &str) {
    let Some(o) = &app.open else { return };
    match o.origin.def.parse_param(param, value) {
        Err(refusal) => app.refuse(&refusal),
        Ok(value) => again(app, |origin| {
            origin.opening.params.insert(param.to_owned(), value);
        }),
    }
}

/// Begins the staged situation `id`; `asked`: as the run of the question, not as the reader's.
pub(super) fn stage(app: &mut App, id: &str, asked: bool) {
    if let Err(refusal) = may_replace(app) {
        return app.refuse(&refusal);
    }
    let Some(o) = &app.open else { return };
    let now = o.base().clone();
    let (speed, lesson) = (app.player.speed, o.lesson);
    let left = leaving(app);
    let done = now.stage(id).and_then(|(origin, place, seek_us)| {
        let def = origin.def.clone();
        open(app, origin)?;
        if let Some(o) = &mut app.open {
            o.futures[0].base = now;
            let asked = asked.then(|| o.run().get().edits().len());
            o.lesson = Progress { staged: Some(place), asked, ..lesson };
        }
        app.player.set_speed(speed);
        travel(app, |o| {
            o.run().get_mut().seek(SimTime(seek_us));
            true
        });
        let back = leave(app, left);
        // Who has not answered yet is told no more than the name.
        let tells = app.open.as_ref().is_some_and(|o| Task::of(&def, &o.lesson).may_tell());
        let said = def.situations.get(place).map(|s| match tells {
            true => format!("{}: {}", s.label, s.hint),
            false => format!("This begins: {}.", s.label),
        });
        app.say = said.unwrap_or_default() + back;
        Ok(())
    });
    if let Err(refusal) = done {
        app.refuse(&refusal);
    }
}

/// Opens a scenario of the reader's own, from its file's text; a bad one changes nothing on screen.
pub(super) fn open_own(app: &mut App, text: &str) {
    let left = leaving(app);
    let opened = may_replace(app)
        .and_then(|()| own::from_file(text))
        .and_then(|own| Origin::of(Opening::own(own)))
        .and_then(|origin| {
            let title = origin.title().to_owned();
            open(app, origin).map(|()| title)
        });
    match opened {
        Ok(title) => {
            app.dialog = None;
            app.player.playing = false;
            leaving::leave(app, left);
            app.say = format!("Opened: {title}.");
        }
        Err(refusal) => app.refuse_or_wait(&refusal, || Action::OpenFile(text.to_owned())),
    }
}

/// Leaves `left` behind, if there was anything to lose; says so.
fn leave(app: &mut App, left: Left) -> &'static str {
    if !left.is_work() || app.look.embed || app.address() == left.hash {
        return "";
    }
    let found = left.hash.is_some();
    leaving::leave(app, left);
    match found {
        true => " The browser's Back leads to the run before.",
        false => "",
    }
}
