//! A second future beside the one that is shown: one playhead for both, and what sets them apart.
//!
//! The rule that is easy to break: the future beside is only ever watched. It follows wherever the one
//! that is shown goes, and every edit is an edit of the one that is shown.

use super::compare::{Comparison, Parting, follow, parting_from};
use super::future::Future;
use super::shared::RunRef;
use super::spacetime::Camera;
use crate::sim::SimTime;

/// The future beside the one that is shown.
#[derive(Clone, PartialEq)]
pub struct Beside {
    /// Its number.
    pub future: usize,
    /// Its run as slow readers see it.
    pub settled: RunRef,
    /// What both diagrams were last told to show, and how often they were told: told the same twice, they
    /// heed it twice, for they have moved along with time since.
    pub window: Option<(u32, Camera)>,
    // Where the two part, if they do; and how many events are known to be alike if not.
    parting: Result<Parting, u32>,
    // What that was worked out from: the two futures, and which turn each had taken.
    of: [(usize, u32); 2],
    // What it was like before: which future was shown, and where each stood.
    came: Came,
}

/// Which future was shown, and where each of them stood. Each is known by its run, for numbers change when
/// one is removed.
type Came = (RunRef, Vec<(RunRef, Stand)>);
/// Where a future stood: its turn, its events, its moment.
type Stand = (u32, u32, SimTime);

impl Beside {
    /// The future with number `future` beside the one with number `shown`. Where another stood there `before`,
    /// it takes its window and leads back to where that one was begun.
    pub(super) fn new(future: usize, before: Option<Beside>, futures: &[Future], shown: usize) -> Self {
        let window = before.as_ref().and_then(|b| b.window);
        let came = before.map(|b| b.came);
        Beside {
            future,
            settled: futures[future].run.clone(),
            window,
            parting: Err(0),
            of: [(usize::MAX, 0); 2],
            came: came.unwrap_or_else(|| (futures[shown].run.clone(), stands(futures))),
        }
    }

    /// A future was removed: each of the others is at this `place` now.
    pub(super) fn renumber(&mut self, place: impl Fn(usize) -> usize) {
        self.future = place(self.future);
        self.of = [(usize::MAX, 0); 2];
    }

    /// Brings back what was there before two were shown: the moment of each future, and the number of the one to
    /// show, which now is `shown`. One that has been edited or forked since stays where it is, and on screen,
    /// for what is made of it is to be seen.
    pub(super) fn come_back(self, futures: &mut [Future], shown: usize) -> usize {
        let (was_shown, stands) = &self.came;
        let here = &futures[shown].run;
        let before = stands.iter().find(|(run, _)| run.same(here));
        let made = before.is_none_or(|(_, (turns, ..))| here.get().turns() != *turns);
        for f in futures.iter_mut() {
            let stood = stands.iter().find(|(run, _)| run.same(&f.run));
            let Some((_, (turns, events, time))) = stood else {
                continue;
            };
            let mut run = f.run.get_mut();
            if run.turns() != *turns || (run.position(), run.time()) == (*events, *time) {
                continue;
            }
            run.seek(*time);
            if run.position() != *events {
                run.seek_event(*events);
            }
            drop(run);
            f.run = f.run.changed();
        }
        let there = futures.iter().position(|f| f.run.same(was_shown));
        there.filter(|_| !made).unwrap_or(shown)
    }

    /// Where the two part, as of when the panels were last drawn.
    pub fn parting(&self) -> Option<Parting> {
        self.parting.ok()
    }

    /// All that sets it apart from `here`, which is shown, where the two stand.
    pub(super) fn comparison(&self, here: &RunRef, there: &RunRef) -> Comparison {
        Comparison::of(&here.get(), &there.get(), self.parting())
    }

    /// The run `shown` has moved: this one follows.
    pub(super) fn follow(&self, futures: &mut [Future], shown: usize) {
        let run = &futures[self.future].run;
        follow(&futures[shown].run.get(), &mut run.get_mut());
        futures[self.future].run = run.changed();
    }

    /// Lets slow readers see its run, and where the two part by now.
    pub(super) fn settle(&mut self, futures: &[Future], shown: usize) {
        self.settled = futures[self.future].run.clone();
        let (here, there) = (futures[shown].run.get(), self.settled.get());
        let of = [(shown, here.turns()), (self.future, there.turns())];
        if self.of != of {
            (self.parting, self.of) = (Err(0), of);
        }
        if let Err(alike) = self.parting {
            self.parting = parting_from(&here, &there, alike);
        }
    }
}

/// Where each future stands.
fn stands(futures: &[Future]) -> Vec<(RunRef, Stand)> {
    let stand = |f: &Future| {
        let run = f.run.get();
        let stand = (run.turns(), run.position(), run.time());
        (f.run.clone(), stand)
    };
    futures.iter().map(stand).collect()
}
