//! The story: where play at the pace of meaning stops, and a prediction that is watched to its end.
//!
//! The rule that is easy to break: what comes out is not on screen, and in no text, before the run has come to the moment
//! that was asked about.

use super::{anew, play, select, travel};
use crate::check::Verdict;
use crate::scenario::revealed;
use crate::sim::{EventId, SimTime};
use crate::view::action::Action;
use crate::view::app::App;
use crate::view::broken;
use crate::view::director::turns;
use crate::view::open::{Open, Watch};
use crate::view::player::Pace;
use crate::view::selection::Selection;
use crate::view::task::{Course, Task};

/// Does what is asked of the lesson.
pub(super) fn act(app: &mut App, action: &Action) {
    match action {
        Action::Stage(id) => anew::stage(app, id, false),
        Action::Begin(id) => begin(app, id),
        Action::Pass => pass(app),
        Action::Reveal => reveal(app),
        Action::Guess(outcome) => {
            if let Some(o) = &mut app.open {
                o.lesson.guess = Some(*outcome);
            }
        }
        _ => {}
    }
}

/// What was done of the course is forgotten.
pub(super) fn forget(app: &mut App) {
    app.course = Course::default();
    app.say = "What you had done is forgotten.".to_owned();
}

/// Lets what happens, or the speed that is set, decide how fast time runs.
pub(super) fn set_pace(app: &mut App, pace: Pace) {
    app.player.pace = pace;
    app.director.begin();
    app.say = match pace {
        Pace::Story => "Time follows what happens.".to_owned(),
        Pace::Fixed => format!("Speed {}.", app.player.speed_text()),
    };
}

/// Play stops at what the scenario is about.
pub(super) fn stop(app: &mut App) {
    let said = std::mem::take(&mut app.say);
    play(app, false);
    app.say = said;
}

/// After a frame: a promise that has just broken is said and stops a story, and so does the moment that was asked about.
pub(super) fn follow(app: &mut App, story: bool) {
    if let Some(event) = just_broken(app) {
        if story && app.open.as_ref().is_some_and(|o| o.lesson.watch.is_none()) {
            stop(app);
            travel(app, |o| {
                o.run().get_mut().seek_event(event.0 + 1);
                true
            });
            select(app, Selection::Event(event));
            app.tab = crate::view::Tab::Checks;
            return;
        }
        let said = app.open.as_ref().and_then(|o| broken::said(&o.run().get(), event));
        app.say = said.unwrap_or_default();
        app.silent_us = 0;
    }
    let Some(o) = &mut app.open else { return };
    let Some(watch) = o.lesson.watch else { return };
    if o.run().get().edits().len() != watch.edits {
        // Another run by now: what comes out of this one was not asked.
        o.lesson.watch = None;
        app.director.let_go();
    } else if o.run().get().time().us() >= watch.at_us {
        answer(app, watch);
    }
}

/// The event in which a promise broke since the panels were last drawn, the first of them.
fn just_broken(app: &mut App) -> Option<EventId> {
    let o = app.open.as_ref()?;
    let run = o.run().get();
    let lines = run.watcher().lines();
    let broken = |line: &crate::check::CheckLine| match &line.verdict {
        Verdict::Violated { witness, .. } => witness.last().copied(),
        _ => None,
    };
    let events: Vec<EventId> = lines.iter().filter_map(broken).collect();
    let known = std::mem::replace(&mut app.broken, events.len());
    (events.len() > known).then(|| events.iter().min().copied())?
}

/// Stages the situation `id`, and lets it run; a page that is to be calm waits for a hand.
fn begin(app: &mut App, id: &str) {
    app.player.playing = false;
    anew::stage(app, id, false);
    if app.error.is_none() && !app.calm {
        let said = std::mem::take(&mut app.say);
        play(app, true);
        app.say = said;
    }
}

/// Puts the question aside: the steps and the situations are there at once.
fn pass(app: &mut App) {
    if let Some(o) = &mut app.open {
        o.lesson.passed = true;
        o.lesson.watch = None;
    }
    app.director.let_go();
}

/// Stages the prediction, and plays it to the moment that it asks about; asked again on the way, goes there at once.
fn reveal(app: &mut App) {
    let Some(o) = &app.open else { return };
    let (base, on_its_way) = (o.base().opening.clone(), o.lesson.watch.is_some());
    let situation = o.origin.def.prediction.as_ref().and_then(|p| p.situation.clone());
    let (at_us, outcome) = match revealed(&base) {
        Ok(found) => found,
        Err(refusal) => return app.refuse(&refusal),
    };
    app.player.playing = false;
    match situation {
        Some(id) => anew::stage(app, &id, true),
        None => anew::again(app, |_| {}),
    }
    let Some(o) = app.open.as_mut().filter(|_| app.error.is_none()) else {
        return;
    };
    let edits = o.run().get().edits().len();
    let watch = Watch { at_us, answer: outcome, edits };
    o.lesson.watch = Some(watch);
    if on_its_way {
        travel(app, |o| {
            o.run().get_mut().seek(SimTime(at_us));
            true
        });
        return answer(app, watch);
    }
    app.player.pace = Pace::Story;
    play(app, true);
    app.director.go_until(at_us);
}

/// The moment has come: play stops, what came out is said, and the event that decided it is picked.
fn answer(app: &mut App, watch: Watch) {
    play(app, false);
    app.director.let_go();
    let Some(o) = &mut app.open else { return };
    o.lesson.watch = None;
    o.lesson.answer = Some(watch.answer);
    if let Some(event) = decided(o) {
        select(app, Selection::Event(event));
    }
    app.say = String::new();
}

/// The turn of the story from which on the prediction's answer is what it is in the end; of many turns, the last are looked
/// at.
fn decided(o: &Open) -> Option<EventId> {
    let def = &o.origin.def;
    let (prediction, entry) = (def.prediction.as_ref()?, def.entry().ok()?);
    let params = def.params(&o.origin.opening.params).ok()?;
    let mut run = o.run().get().fork();
    let answer = prediction.answer(&run, entry, &params);
    let all = turns(&run);
    let mut deciding = None;
    for event in all {
        run.seek_event(event.0 + 1);
        if prediction.answer(&run, entry, &params) != answer {
            deciding = None;
        } else if deciding.is_none() {
            deciding = Some(event);
        }
    }
    deciding
}

/// What was gone through to its end is remembered.
pub(super) fn keep_account(app: &mut App) {
    if let Some(o) = &app.open
        && Task::of(&o.origin.def, &o.lesson) == Task::Next
        && !o.origin.def.steps.is_empty()
    {
        app.course.add(o.origin.id());
    }
}
