//! The futures of a run as a file holds them: written down, and opened again.
//!
//! The rule that is easy to break: only the future that is shown is taken to where it stood. The others may
//! be far, and eight of them would hold the page: each goes its way when it is first shown.

use super::app::App;
use super::future::{Fork, Future, Journey};
use super::open::Open;
use super::origin::{Linked, Origin};
use super::shared::Shared;
use crate::scenario::SharedRun;
use crate::scenario::futures::{Forked, Other, Saved};
use crate::sim::Refusal;

impl App {
    /// What is on screen, with all its futures, as a file holds it.
    pub(super) fn saved(&self, o: &Open) -> SharedRun {
        let shared = self.shared(o);
        // One that nobody has named says nothing of itself.
        if o.futures.len() == 1 && o.futures[0].name == "A" {
            return shared;
        }
        let all = o.futures.iter().enumerate();
        SharedRun {
            futures: all.map(|(i, f)| saved(f, i == o.current, self.player.speed)).collect(),
            ..shared
        }
    }
}

fn saved(f: &Future, shown: bool, speed: u64) -> Saved {
    let stands = || {
        let run = f.origin.share(&f.run.get(), speed);
        let (at_us, events) = match f.goal {
            Some(goal) => (goal.at_us, goal.events),
            None => (run.at_us, run.events),
        };
        Other { opening: run.opening, at_us, events }
    };
    Saved {
        name: f.name.clone(),
        fork: f.fork.map(|fork| Forked {
            parent: fork.parent,
            at_us: f.parted_us.unwrap_or(0),
            events: fork.events,
        }),
        other: (!shown).then(stands),
    }
}

/// Opens a file's run, and its other futures at their starts; in the place of the one that is shown there
/// is none.
///
/// # Errors
/// What opening any of them refuses.
pub(super) fn open(shared: SharedRun) -> Result<(Linked, Vec<Option<Future>>), Refusal> {
    let others: Result<_, Refusal> = shared.futures.iter().map(other).collect();
    let others = others?;
    Ok((Origin::follow(shared)?, others))
}

fn other(saved: &Saved) -> Result<Option<Future>, Refusal> {
    let Some(other) = &saved.other else {
        return Ok(None);
    };
    let origin = Origin::of(other.opening.clone())?;
    let goal = Journey { at_us: other.at_us, events: other.events };
    let mut future = Future {
        name: String::new(),
        parted_us: None,
        fork: None,
        base: origin.without_edits(),
        run: Shared::new(origin.open()?),
        origin,
        goal: (goal.at_us > 0 || goal.events.is_some()).then_some(goal),
    };
    future.is_called(saved);
    Ok(Some(future))
}

impl Future {
    fn is_called(&mut self, saved: &Saved) {
        self.name.clone_from(&saved.name);
        self.parted_us = saved.fork.map(|f| f.at_us);
        self.fork = saved.fork.map(|f| Fork { parent: f.parent, events: f.events });
    }
}

/// Puts the other futures of a file beside the one on screen, each in its place.
pub(super) fn plant(app: &mut App, saved: &[Saved], others: Vec<Option<Future>>) {
    let Some(o) = &mut app.open else { return };
    let shown = o.futures[o.current].clone();
    let Some(place) = others.iter().position(Option::is_none) else {
        return;
    };
    let all = others.into_iter().zip(saved).map(|(other, saved)| {
        let mut future = other.unwrap_or_else(|| shown.clone());
        future.is_called(saved);
        future
    });
    o.futures = all.collect();
    o.current = place;
    app.history |= o.futures.len() > 1;
}
