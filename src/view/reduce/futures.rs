//! The futures of a run: begun, shown, named.
//!
//! The rule that is easy to break: no two have one name, for it is by name that people tell them apart.

use crate::check::Checks;
use crate::scenario::Opening;
use crate::scenario::futures::check_name;
use crate::sim::history::Run;
use crate::sim::limits::FUTURES;
use crate::sim::{EventId, Refusal};
use crate::view::action::Action;
use crate::view::app::App;
use crate::view::compare;
use crate::view::differences::{in_a_name, name_of};
use crate::view::future::{Fork, Future};
use crate::view::open::Open;
use crate::view::origin::Origin;
use crate::view::selection::Selection;
use crate::view::shared::{RunRef, Shared};
use crate::view::spacetime::Camera;

/// Does what is asked of the futures.
pub(super) fn act(app: &mut App, action: &Action) {
    match action {
        Action::Fork => fork(app),
        Action::Future(i) => show(app, *i),
        Action::Rename(i, name) => rename(app, *i, name),
        Action::Remove(i) => remove(app, *i),
        Action::Beside(i) => beside(app, *i),
        Action::Window(camera) => window(app, *camera),
        Action::Vary(param, value) => vary(app, param, value),
        Action::Without(event) => without(app, *event),
        Action::WithoutLastEdit => without_last_edit(app),
        _ => {}
    }
}

/// Begins another future from here, and shows it.
fn fork(app: &mut App) {
    let Some(o) = &app.open else { return };
    let run = o.run().get().fork();
    let fork = Fork { parent: o.current, events: run.position() };
    let origins = (o.origin.clone(), o.base().clone());
    let parted_us = run.time().us();
    let Some(i) = add(app, origins, (parted_us, fork), run) else {
        return;
    };
    if let Some(o) = &mut app.open {
        o.current = i;
        o.settle();
        app.history = true;
        app.say = format!("Forked: this is future {}.", o.futures[i].name);
    }
}

/// Runs the same again with the parameter `param` at `value`, and puts it beside what is shown.
fn vary(app: &mut App, param: &str, value: &str) {
    let Some(o) = &app.open else { return };
    let def = o.origin.def.clone();
    match def.parse_param(param, value) {
        Err(refusal) => app.refuse(&refusal),
        Ok(value) => {
            let all = def.entry().map_or(&[][..], |e| e.params);
            let known = all.iter().find(|p| p.id == param);
            let difference = known.map_or(String::new(), |p| in_a_name(p, &value));
            differ(app, &difference, |opening| {
                opening.params.insert(param.to_owned(), value.clone());
            });
        }
    }
}

/// Runs the same again without the edit that was made last, or those that one gesture made, and puts it
/// beside what is shown.
fn without_last_edit(app: &mut App) {
    let Some(o) = &app.open else { return };
    // Up to there the futures are alike, so that what names a message means the same one.
    let before = o.run().get().edits_before();
    differ(app, "without the last edit", |opening| {
        opening.edits.clone_from(&before);
    });
}

/// Runs the same again without the edit that was made in `event`, and puts it beside what is shown.
fn without(app: &mut App, event: EventId) {
    let Some(o) = &app.open else { return };
    let (said, rest) = {
        let run = o.run().get();
        let faults = run.trace().faults();
        let Some((_, fault)) = faults.iter().find(|(e, _)| *e == event) else {
            drop(run);
            return app.refuse(&Refusal::new("no-edit", "nothing was done to the world in that event"));
        };
        let (at_us, mut rest) = (run.trace().event(event).time.us(), run.edits().to_vec());
        if let Some(i) = rest.iter().position(|e| e.at_us == at_us && e.fault == *fault) {
            rest.remove(i);
        }
        (format!("without {}", crate::view::words::fault(run.world(), fault)), rest)
    };
    differ(app, &said, |opening| {
        opening.edits.clone_from(&rest);
    });
}

/// Runs the same again after `change`, which is made to where a reset leads, too: what the reader has
/// chosen stays. Where that very run is there already, it is the one to compare with.
fn differ(app: &mut App, difference: &str, change: impl Fn(&mut Opening)) {
    if !super::edits::may_change(app) {
        return;
    }
    let Some(o) = &app.open else { return };
    let varied = compare::varied(&o.origin, &o.run().get(), &change);
    let origin = match varied {
        Ok(origin) => origin,
        Err(refusal) => return app.refuse(&refusal),
    };
    if let Some(i) = same_run(o, &origin) {
        return beside(app, Some(i));
    }
    if o.futures.len() >= FUTURES {
        return too_many(app);
    }
    let mut base = o.base().clone();
    change(&mut base.opening);
    base.opening.edits.clear();
    let fork = Fork { parent: o.current, events: 0 };
    let made = compare::beside(&origin, &o.run().get());
    match made {
        Err(refusal) => app.refuse(&refusal),
        Ok(run) => {
            if let Some(i) = add(app, (origin, base), (0, fork), run) {
                if let Some(o) = &mut app.open {
                    let letter = free_letter(&o.futures[..i]);
                    o.futures[i].name = name_of(letter, difference);
                }
                beside(app, Some(i));
            }
        }
    }
}

/// Another future than the one that is shown that is the run of `origin`: the same seed, the same parameters,
/// given or usual, and the same edits.
fn same_run(o: &Open, origin: &Origin) -> Option<usize> {
    let params = |s: &Origin| s.def.params(&s.opening.params).ok();
    let wanted = params(origin);
    let same = |f: &Future| {
        f.origin.seed() == origin.seed()
            && params(&f.origin) == wanted
            && f.run.get().edits() == origin.opening.edits
    };
    (0..o.futures.len()).find(|&i| i != o.current && same(&o.futures[i]))
}

fn too_many(app: &mut App) {
    let message = format!("a run has at most {FUTURES} futures: remove one of them first");
    app.refuse(&Refusal::new("too-many-futures", message));
}

/// Puts the future with number `i` beside the one that is shown; `None` takes it away.
pub(super) fn beside(app: &mut App, i: Option<usize>) {
    let Some(o) = &mut app.open else { return };
    match i {
        Some(i) if i >= o.futures.len() => app.refuse(&unknown(i)),
        Some(i) if i == o.current => {
            app.refuse(&Refusal::new("same-future", "a future stands beside another one, not beside itself"));
        }
        _ => {
            let was = o.run().clone();
            o.put_beside(i);
            if !o.run().same(&was) {
                app.selection = same_thing(&was, o.run(), app.selection);
            }
            app.player.now_us = o.run().get().time().us();
            app.player.playing &= i.is_some();
            // Two stages need its room; whoever wants a third future opens it again.
            app.history = i.is_none();
            app.say = match i {
                Some(i) => format!("Future {} is shown beside.", o.futures[i].name),
                None => "One future is shown.".to_owned(),
            };
            app.error = None;
        }
    }
}

/// Lets both diagrams of a comparison show the same stretch of time. Without one there is one diagram,
/// which looks after itself.
fn window(app: &mut App, camera: Camera) {
    let open = app.open.as_mut();
    if let Some(b) = open.and_then(|o| o.beside.as_mut()) {
        let told = b.window.map_or(0, |(told, _)| told);
        b.window = Some((told.wrapping_add(1), camera));
    }
}

/// Adds a future that parted at this time and place; its number. Says so if there are too many.
pub(super) fn add(
    app: &mut App,
    (origin, base): (Origin, Origin),
    (parted_us, fork): (u64, Fork),
    run: Run<Checks>,
) -> Option<usize> {
    let o = app.open.as_mut()?;
    if o.futures.len() >= FUTURES {
        too_many(app);
        return None;
    }
    o.futures.push(Future {
        name: free_letter(&o.futures).to_string(),
        parted_us: Some(parted_us),
        fork: Some(fork),
        origin,
        base,
        goal: None,
        run: Shared::new(run),
    });
    Some(o.futures.len() - 1)
}

/// The first letter that no future's name is or begins with, as in `B: loss 20 %`. There are fewer
/// futures than letters.
pub(super) fn free_letter(futures: &[Future]) -> char {
    let of = |name: &str, letter: char| {
        let rest = name.strip_prefix(letter);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(": "))
    };
    let mut letters = 'A'..='Z';
    let free = letters.find(|&l| !futures.iter().any(|f| of(&f.name, l)));
    free.unwrap_or('Z')
}

fn unknown(i: usize) -> Refusal {
    Refusal::new("unknown-future", format!("there is no future {i}"))
}

/// Shows the future with number `i`.
fn show(app: &mut App, i: usize) {
    let Some(o) = app.open.as_mut().filter(|o| i < o.futures.len()) else {
        return app.refuse(&unknown(i));
    };
    if i != o.current {
        app.selection = same_thing(o.run(), &o.futures[i].run, app.selection);
    }
    let before = std::mem::replace(&mut o.current, i);
    o.origin = o.futures[i].origin.clone();
    // Beside another one it stands where that one does; else it goes first to where it was saved.
    let goal = o.futures[i].goal.take().filter(|_| o.beside.is_none());
    // What was beside is shown now: the two change places.
    match o.beside.as_ref().map(|b| b.future) {
        Some(future) if future == i && before != i => o.put_beside(Some(before)),
        Some(_) => o.touch(),
        None => {}
    }
    o.settle();
    app.filter.fit(o.run().get().world());
    app.player.now_us = o.run().get().time().us();
    app.player.playing = false;
    app.say = format!("Future {}.", o.futures[i].name);
    if let Some(goal) = goal {
        super::set_out(app, goal);
    }
}

/// What is picked in the future `here`, if it is the same thing in the one `there`.
fn same_thing(here: &RunRef, there: &RunRef, picked: Selection) -> Selection {
    if !matches!(picked, Selection::Event(_) | Selection::Message(_)) {
        return picked;
    }
    let here = here.get();
    let parting = compare::parting(&here, &there.get());
    parting.map_or(picked, |p| picked.among(p.event.0, here.trace()))
}

/// Removes the future with number `i`; the last one stays.
fn remove(app: &mut App, i: usize) {
    if !super::edits::may_change(app) {
        return;
    }
    let Some(o) = app.open.as_mut().filter(|o| i < o.futures.len()) else {
        return app.refuse(&unknown(i));
    };
    if o.futures.len() == 1 {
        let message = "a run has at least one future";
        return app.refuse(&Refusal::new("last-future", message));
    }
    if o.current == i {
        let heir = o.heir(i);
        show(app, heir);
    }
    let Some(o) = &mut app.open else { return };
    let name = o.remove(i);
    let shown = &o.futures[o.current].name;
    app.say = format!("Future {name} is removed. Future {shown} is shown.");
    app.error = None;
}

/// Gives the future with number `i` a name.
fn rename(app: &mut App, i: usize, name: &str) {
    let Some(o) = app.open.as_mut().filter(|o| i < o.futures.len()) else {
        return app.refuse(&unknown(i));
    };
    match new_name(o, i, name) {
        Ok(name) => {
            app.say = format!("Future {} is called {name} now.", o.futures[i].name);
            o.futures[i].name = name;
            app.error = None;
        }
        Err(refusal) => app.refuse(&refusal),
    }
}

/// `name` as a name of future `i`: in one line, and no other's.
fn new_name(o: &Open, i: usize, name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    check_name(name)?;
    let mut others = o.futures.iter().enumerate().filter(|(j, _)| *j != i);
    if others.any(|(_, f)| f.name == name) {
        let message = format!("another future is called {name} already");
        return Err(Refusal::new("bad-name", message));
    }
    Ok(name.to_owned())
}
