//! A second future beside the one that is shown: one playhead for both, and what sets them apart.
//!
//! The rule that is easy to break: the future beside is only ever watched. It follows wherever the one
//! that is shown goes, and every edit is an edit of the one that is shown.

use super::app::Open;
use super::compare::{Comparison, Parting, follow, parting_from};
use super::shared::RunRef;
use super::spacetime::Camera;
use crate::sim::SimTime;

/// The future beside the one that is shown.
#[derive(Clone, PartialEq)]
pub struct Beside {
    /// Its number.
    pub future: usize,
    /// Its run as slow readers see it; like [`Open::settled`].
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
    /// A future was removed: each of the others is at this `place` now.
    pub(super) fn renumber(&mut self, place: impl Fn(usize) -> usize) {
        self.future = place(self.future);
        self.of = [(usize::MAX, 0); 2];
    }
}

impl Open {
    /// Puts the future with number `future` beside the one that is shown, or takes the one that is
    /// there away.
    pub fn put_beside(&mut self, future: Option<usize>) {
        let before = self.beside.take();
        let window = before.as_ref().and_then(|b| b.window);
        let before = before.map(|b| b.came);
        let Some(future) = future else {
            if let Some(came) = before {
                self.come_back(&came);
            }
            return self.settle();
        };
        self.beside = Some(Beside {
            future,
            settled: self.futures[future].run.clone(),
            window,
            parting: Err(0),
            of: [(usize::MAX, 0); 2],
            came: before.unwrap_or_else(|| (self.run().clone(), self.stands())),
        });
        self.follow();
        self.settle();
    }

    fn stands(&self) -> Vec<(RunRef, Stand)> {
        let stand = |f: &super::app::Future| {
            let run = f.run.get();
            let stand = (run.turns(), run.position(), run.time());
            (f.run.clone(), stand)
        };
        self.futures.iter().map(stand).collect()
    }

    /// Brings back what was there before two were shown: the future, and the moment of each. One that has
    /// been edited or forked since stays where it is, and on screen, for what is made of it is to be seen.
    fn come_back(&mut self, (shown, stands): &Came) {
        let here = self.run();
        let before = stands.iter().find(|(run, _)| run.same(here));
        let made = before.is_none_or(|(_, (turns, ..))| here.get().turns() != *turns);
        for f in &mut self.futures {
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
        let there = self.futures.iter().position(|f| f.run.same(shown));
        self.current = there.filter(|_| !made).unwrap_or(self.current);
        self.scene = self.futures[self.current].scene.clone();
    }

    /// The run beside the one that is shown.
    pub fn run_beside(&self) -> Option<&RunRef> {
        self.beside.as_ref().map(|b| &self.futures[b.future].run)
    }

    /// Where the two part, as of when the panels were last drawn.
    pub fn parting(&self) -> Option<Parting> {
        self.beside.as_ref().and_then(|b| b.parting.ok())
    }

    /// All that sets the two apart where they stand: the one that is shown first.
    pub fn comparison(&self) -> Option<Comparison> {
        let there = self.run_beside()?.get();
        Some(Comparison::of(&self.run().get(), &there, self.parting()))
    }

    /// The run that is shown has moved: the other one follows.
    pub(super) fn follow(&mut self) {
        let Some(run) = self.run_beside() else { return };
        follow(&self.run().get(), &mut run.get_mut());
        let next = run.changed();
        if let Some(b) = &self.beside {
            self.futures[b.future].run = next;
        }
    }

    /// Lets slow readers see the run beside, and where the two part by now.
    pub(super) fn settle_beside(&mut self) {
        let Some(mut b) = self.beside.take() else {
            return;
        };
        b.settled = self.futures[b.future].run.clone();
        let (here, there) = (self.run().get(), b.settled.get());
        let of = [(self.current, here.turns()), (b.future, there.turns())];
        if b.of != of {
            (b.parting, b.of) = (Err(0), of);
        }
        if let Err(alike) = b.parting {
            b.parting = parting_from(&here, &there, alike);
        }
        drop((here, there));
        self.beside = Some(b);
    }
}
