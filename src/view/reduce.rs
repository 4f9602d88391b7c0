//! The one root reducer: what each action makes of the page.
//!
//! The rule that is easy to break: an action either does what it says or leaves everything as it
//! was and says why in [`App::error`]. Nothing here waits, and nothing reads a clock: a frame's
//! budget is asked of the caller.

use super::action::Action;
use super::app::App;
use super::broken;
use super::chosen::{Dialog, Tab};
use super::future::Journey;
use super::log::{self, Filter};
use super::open::Open;
use super::origin::{Linked, Origin};
use super::player::{self, Pace, speed_at};
use super::route::{Place, Route};
use super::saved;
use super::selection::Selection;
use super::shared::RunRef;
use super::walk::{Aim, Stride, walk};
use crate::check::Checks;
use crate::scenario::{SharedRun, front, text};
use crate::sim::history::Run;
use crate::sim::{EventId, Refusal, SimTime};

/// Events simulated between two looks at the budget.
const SLICE: u32 = 256;
/// Slices of the way to where a link leads that are gone before the page is first drawn.
const AT_ONCE: u32 = 40;
/// Events that one `step` or `back` may ask for.
const MOST_STEPS: u32 = 100_000;

/// Does `action`, with a budget of `20 * 256` events where it is a frame.
pub fn reduce(app: &mut App, action: Action) {
    let mut slices = 0;
    reduce_within(app, action, &mut || {
        slices += 1;
        slices > 20
    });
}

/// Does `action`; `out_of_time` is asked between slices of a frame's work.
pub fn reduce_within(app: &mut App, action: Action, out_of_time: &mut dyn FnMut() -> bool) {
    let means = hold::meaning(app, &action);
    act(app, action, out_of_time);
    hold::follow(app, means);
    story::keep_account(app);
    study::let_go(app);
}

fn act(app: &mut App, action: Action, out_of_time: &mut dyn FnMut() -> bool) {
    match action {
        Action::Frame(dt) => frames::frame(app, dt, out_of_time),
        Action::Play => play(app, true),
        Action::Pause => play(app, false),
        Action::Toggle => play(app, !app.player.playing),
        Action::Hold(held) => hold::hold(app, held),
        Action::Pace(pace) => story::set_pace(app, pace),
        Action::SetSpeed(s) => set_speed(app, s),
        Action::Nudge(by) => {
            set_speed(app, speed_at(app.player.notch() + by * 2));
            app.say = format!("Speed {}.", app.player.speed_text());
        }
        Action::Select(s) => select(app, s),
        Action::Tab(t) => app.tab = t,
        Action::Reach(r) => app.reach = r,
        Action::Filter(f) => app.filter = f,
        Action::Dialog(d) => dialog(app, d),
        Action::Theme(t) => app.theme = t,
        Action::Shortcuts(on) => app.keys_off = !on,
        Action::Calm(calm) => app.calm = calm,
        Action::Narrow(narrow) => app.narrow = narrow,
        Action::Route(search, hash) => route(app, &search, &hash),
        Action::OpenFile(text) => open_file(app, &text),
        Action::Draft(text) => app.draft = Some(text),
        Action::Measured(number, news) => study::hear(app, number, news),
        Action::StopMeasuring => study::stop(app),
        Action::Arrived(part, here) => {
            if let Some(action) = app.arrived(part, here) {
                reduce_within(app, action, out_of_time);
            }
        }
        Action::Retry => app.retry(),
        Action::Forget => story::forget(app),
        Action::Error(None) => {
            app.error = None;
            app.away = app.away.take().filter(|a| !a.failed);
        }
        Action::Error(Some(why)) => app.complain(why),
        Action::Step(n) => on_run(app, &mut |app| step(app, n)),
        Action::Back(n) => on_run(app, &mut |app| back(app, n)),
        Action::Seek(us) => on_run(app, &mut |app| seek(app, us)),
        Action::Travel(us) => on_run(app, &mut |app| frames::go_far(app, us)),
        Action::SeekEvent(id) => on_run(app, &mut |app| seek_event(app, id)),
        Action::Edit(fault) => on_run(app, &mut |app| edits::edit(app, vec![fault.clone()])),
        Action::Edits(faults) => on_run(app, &mut |app| edits::edit(app, faults.clone())),
        Action::Undo => on_run(app, &mut |app| edits::undo(app, true)),
        Action::Redo => on_run(app, &mut |app| edits::undo(app, false)),
        Action::Walk(stride, back) => on_run(app, &mut |app| walked(app, stride, back)),
        Action::Go(aim, back) => on_run(app, &mut |app| go(app, aim, back)),
        Action::History(on) => on_run(app, &mut |app| app.history = on),
        Action::Fork | Action::Future(_) | Action::Rename(..) | Action::Remove(_) | Action::Beside(_) => {
            on_run(app, &mut |app| futures::act(app, &action));
        }
        Action::Window(_) | Action::Vary(..) | Action::Without(_) | Action::WithoutLastEdit => {
            on_run(app, &mut |app| futures::act(app, &action));
        }
        Action::Mend(after, faults) => on_run(app, &mut |app| mend::mend(app, after, &faults)),
        Action::Reset | Action::SetSeed(_) | Action::Set(..) => on_run(app, &mut |a| anew::act(a, &action)),
        Action::Stage(_) | Action::Begin(_) | Action::Pass | Action::Guess(_) | Action::Reveal => {
            on_run(app, &mut |app| story::act(app, &action));
        }
        Action::Measure(ask) => on_run(app, &mut |app| study::begin(app, ask)),
        Action::UnderModels(ask) => on_run(app, &mut |app| study::under_models(app, ask)),
        Action::OpenCell(row, model) => on_run(app, &mut |app| study::open_cell(app, row, model)),
    }
}

/// Lets time run at this speed, whatever happens.
fn set_speed(app: &mut App, speed: u64) {
    app.player.pace = Pace::Fixed;
    app.player.set_speed(speed);
}

/// Does what needs a run on screen.
fn on_run(app: &mut App, act: &mut dyn FnMut(&mut App)) {
    if app.open.is_none() {
        app.refuse(&Refusal::new("nothing-open", "open a scenario first"));
        return;
    }
    let (before, way) = (stands(app), app.journey.take());
    act(app);
    // Only what moves or changes the run, or shows another, ends the way to where a link leads.
    if stands(app) == before && app.journey.is_none() {
        app.journey = way;
    } else if let (Some(o), Some((left, _))) = (&mut app.open, before) {
        // A future that is left on its way goes on when it is shown again.
        let others = o.futures.iter_mut().enumerate().filter(|(i, _)| *i != o.current);
        let mut same = others.filter(|(_, f)| f.run.same(&left));
        same.next().into_iter().for_each(|(_, f)| f.goal = way);
    }
}

/// The run that is shown, as it is now, and the number of the one beside it.
fn stands(app: &App) -> Option<(RunRef, Option<usize>)> {
    let o = app.open.as_ref()?;
    Some((o.run().clone(), o.beside.as_ref().map(|b| b.future)))
}

fn step(app: &mut App, events: u32) {
    travel(app, |o| {
        let mut run = o.run().get_mut();
        (0..events.min(MOST_STEPS)).all(|_| run.step())
    });
}

fn back(app: &mut App, events: u32) {
    travel(app, |o| {
        o.run().get_mut().back(events.min(MOST_STEPS));
        true
    });
}

fn seek(app: &mut App, us: u64) {
    let at = SimTime(us.min(crate::sim::limits::RUN_US));
    travel(app, |o| {
        o.run().get_mut().seek(at);
        true
    });
}

fn seek_event(app: &mut App, id: EventId) {
    travel(app, |o| {
        o.run().get_mut().seek_event(id.0.saturating_add(1));
        true
    });
}

fn go(app: &mut App, aim: Aim, back: bool) {
    let Some(o) = &app.open else { return };
    let stride = aim.stride(&o.run().get(), app.selection);
    match stride {
        Some(stride) => walked(app, stride, back),
        None => app.say = "This event is the network's: pick a node.".to_owned(),
    }
}

fn play(app: &mut App, on: bool) {
    app.player.playing = on && app.open.is_some();
    app.director.begin();
    if let Some(o) = &mut app.open {
        o.settle();
    }
    app.say = if app.player.playing { "Playing." } else { "Paused." }.to_owned();
}

/// After a move in time: everybody sees it, and the live region says where we are.
fn travel(app: &mut App, go: impl FnOnce(&Open) -> bool) {
    let Some(o) = &mut app.open else { return };
    let went = go(o);
    o.touch();
    o.settle();
    let run = o.run().get();
    app.player.now_us = run.time().us();
    app.told = run.position();
    let stopped = run.world().stopped().cloned();
    let last = run.position().checked_sub(1).map(EventId);
    app.say = match last.filter(|_| went) {
        Some(id) => broken::said(&run, id).unwrap_or_else(|| log::line(&run, id).text),
        None if went => "At the start.".to_owned(),
        None => "Nothing is left to happen.".to_owned(),
    };
    drop(run);
    if let Some(refusal) = stopped {
        app.refuse(&refusal);
    }
    if !went {
        app.player.playing = false;
    }
}

/// Goes to the next thing of interest, or to the one before; stays and says so if there is none.
fn walked(app: &mut App, stride: Stride, back: bool) {
    let Some(o) = &app.open else { return };
    let found = walk(&mut o.run().get_mut(), stride, back);
    if found.is_some() {
        return travel(app, |_| true);
    }
    let what = match stride {
        Stride::Message(_) => "message of the selection",
        Stride::Change(_) => "change of this node",
    };
    let way = if back { "before this" } else { "in sight" };
    app.say = format!("There is no {what} {way}.");
}

fn select(app: &mut App, s: Selection) {
    app.selection = s;
    app.tab = match (s, app.tab) {
        // The text twin shows every selection itself; leaving it would lose the reader's place.
        (Selection::None, tab) | (_, tab @ Tab::Text) => tab,
        (Selection::Node(_), _) => Tab::Node,
        (Selection::Link(..) | Selection::Message(_), _) => Tab::Link,
        (Selection::Event(_), tab @ (Tab::Checks | Tab::Node)) => tab,
        (Selection::Event(_), _) => Tab::Log,
    };
}

fn dialog(app: &mut App, d: Option<Dialog>) {
    let needs_run = !matches!(d, None | Some(Dialog::Help | Dialog::Files));
    if needs_run && app.open.is_none() {
        return;
    }
    app.dialog = d;
    if matches!(d, Some(Dialog::Share | Dialog::Embed | Dialog::Lesson)) && app.player.playing {
        // The link is of one moment, and is there to be copied.
        play(app, false);
    }
    if matches!(d, Some(Dialog::Files | Dialog::Lesson)) {
        // What is refused from now on is refused there.
        app.error = None;
    }
}

/// Puts `origin` on screen, at its start and paused; on a refusal nothing changes.
///
/// # Errors
/// What [`Origin::open`] refuses.
pub fn open(app: &mut App, origin: Origin) -> Result<(), Refusal> {
    let run = origin.open()?;
    show(app, origin, run);
    Ok(())
}

/// Puts `run` of `origin` on screen.
fn show(app: &mut App, origin: Origin, run: Run<Checks>) {
    let (playing, pace) = (app.player.playing, app.player.pace);
    app.journey = None;
    app.away = None;
    app.player = player::Player::at(pace);
    app.director.begin();
    app.player.playing = playing && app.open.is_some();
    app.player.set_speed(origin.speed());
    let same = |o: &Open| o.origin.def.id == origin.def.id;
    if !app.open.as_ref().is_some_and(same) {
        app.filter = Filter::default();
    }
    app.filter.fit(run.world());
    app.open = Some(Open::new(origin, run));
    app.selection = Selection::None;
    app.error = None;
    app.told = 0;
}

fn route(app: &mut App, search: &str, hash: &str) {
    app.away = None;
    if app.left.is_some() && leaving::come_back(app, hash) {
        return;
    }
    let done = Route::parse(search, hash).and_then(|r| follow(app, &r));
    if let Err(refusal) = done {
        let again = || Action::Route(search.to_owned(), hash.to_owned());
        app.refuse_or_wait(&refusal, again);
    }
}

fn follow(app: &mut App, r: &Route) -> Result<(), Refusal> {
    // All that may be refused comes first: a bad address changes nothing on screen.
    let opened = match &r.place {
        Place::Gallery => None,
        Place::Scenario(id) => {
            let origin = Origin::named(id, r.seed, &r.params)?;
            if let Some(stage) = &r.stage {
                origin.def.situation(stage)?;
            }
            Some(Linked { run: origin.open()?, shared: SharedRun::of(origin.opening.clone()), origin })
        }
        Place::Shared(payload) => Some(Origin::from_link(payload)?),
    };
    app.look = r.look.clone();
    app.theme = r.look.theme.unwrap_or(app.theme);
    app.dialog = None;
    app.player.playing = false;
    let Some(linked) = opened else {
        app.open = None;
        app.error = None;
        return Ok(());
    };
    enter(app, linked);
    if let (Some(stage), Place::Scenario(_)) = (&r.stage, &r.place) {
        anew::stage(app, stage, false);
    }
    if let Some(speed) = r.look.speed {
        set_speed(app, speed);
    }
    if r.look.autoplay && !app.calm {
        play(app, true);
    }
    Ok(())
}

/// Opens what a file says; a bad one changes nothing on screen.
fn open_file(app: &mut App, text: &str) {
    app.away = None;
    if front::is_scenario(text) {
        return anew::open_own(app, text);
    }
    let read = may_replace(app).and_then(|()| text::filed(text));
    match read.and_then(saved::open) {
        Ok((linked, others)) => {
            let left = leaving::leaving(app);
            app.dialog = None;
            app.player.playing = false;
            let futures = linked.shared.futures.clone();
            enter(app, linked);
            saved::plant(app, &futures, others);
            leaving::leave(app, left);
            app.say = "Opened.".to_owned();
        }
        Err(refusal) => app.refuse_or_wait(&refusal, || Action::OpenFile(text.to_owned())),
    }
}

/// Puts a shared run on screen, as it was shared: its moment, its speed, what was looked at.
fn enter(app: &mut App, linked: Linked) {
    let Linked { origin, run, shared } = linked;
    show(app, origin, run);
    if let Some(speed) = shared.speed_us_s {
        app.player.set_speed(speed);
    }
    app.selection = shared.picked.map_or(Selection::None, Selection::from);
    app.tab = shared.panel.map_or(app.tab, Tab::from);
    if shared.moment().is_some() {
        let goal = Journey { at_us: shared.at_us, events: shared.events };
        set_out(app, goal);
    }
}

/// Goes some of the way to `goal`, which may be all of it; frames go the rest.
fn set_out(app: &mut App, goal: Journey) {
    app.journey = Some(goal);
    let mut slices = 0;
    frames::journey(app, goal, &mut || {
        slices += 1;
        slices > AT_ONCE
    });
}

pub use edits::may_replace;

mod anew;
mod edits;
mod frames;
mod futures;
mod hold;
mod leaving;
mod mend;
mod story;
mod study;
#[cfg(test)]
mod tests;
