//! The futures of a run: begun, shown, named.
//!
//! The rule that is easy to break: no two have one name, for it is by name that people tell them apart.

use crate::sim::{Refusal, json, limits};
use crate::view::app::{App, FUTURES, Fork, Future, Open};
use crate::view::shared::Shared;

/// Begins another future from here, and shows it.
pub(super) fn fork(app: &mut App) {
    let Some(o) = &mut app.open else { return };
    if o.futures.len() >= FUTURES {
        let message = format!("a run has at most {FUTURES} futures: reset to begin anew");
        return app.refuse(&Refusal::new("too-many-futures", message));
    }
    let run = o.run().get().fork();
    let name = free_name(o);
    app.say = format!("Forked: this is future {name}.");
    o.futures.push(Future {
        name,
        parted_us: Some(run.time().us()),
        fork: Some(Fork {
            parent: o.current,
            events: run.position(),
        }),
        run: Shared::new(run),
    });
    o.current = o.futures.len() - 1;
    o.settle();
}

/// The first letter that is no future's name. There are fewer futures than letters.
fn free_name(o: &Open) -> String {
    let taken = |name: &String| o.futures.iter().any(|f| f.name == *name);
    let mut letters = ('A'..='Z').map(String::from);
    letters.find(|name| !taken(name)).unwrap_or_default()
}

fn unknown(i: usize) -> Refusal {
    Refusal::new("unknown-future", format!("there is no future {i}"))
}

/// Shows the future with number `i`.
pub(super) fn show(app: &mut App, i: usize) {
    let Some(o) = app.open.as_mut().filter(|o| i < o.futures.len()) else {
        return app.refuse(&unknown(i));
    };
    o.current = i;
    o.settle();
    app.player.now_us = o.run().get().time().us();
    app.player.playing = false;
    app.say = format!("Future {}.", o.futures[i].name);
}

/// Gives the future with number `i` a name.
pub(super) fn rename(app: &mut App, i: usize, name: &str) {
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
    let most = limits::NAME_CHARS;
    let name = name.trim();
    let odd = |c: char| c.is_control() || json::is_hidden(c);
    if name.is_empty() || name.chars().count() > most || name.chars().any(odd) {
        let message = format!("a future's name has 1 to {most} characters that can be seen");
        return Err(Refusal::new("bad-name", message));
    }
    let mut others = o.futures.iter().enumerate().filter(|(j, _)| *j != i);
    if others.any(|(_, f)| f.name == name) {
        let message = format!("another future is called {name} already");
        return Err(Refusal::new("bad-name", message));
    }
    Ok(name.to_owned())
}
