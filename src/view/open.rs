//! A scenario on screen: its futures, the one that is shown, the one beside it, and how far the lesson has come.
//!
//! The rule that is easy to break: slow readers see [`Open::settled`], not the run itself; who changes the run
//! says so by [`Open::touch`], and by [`Open::settle`] when they are to see it.

use super::beside::Beside;
use super::compare::{Comparison, Parting};
use super::future::Future;
use super::origin::Origin;
use super::shared::{RunRef, Shared};
use crate::check::Checks;
use crate::sim::history::Run;

/// How far the lesson has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The place of the staged situation that was begun, if any.
    pub staged: Option<usize>,
    /// Which steps were ever reached, one bit each: they stay ticked, wherever the run goes.
    pub done: u64,
    /// What the reader has predicted.
    pub guess: Option<usize>,
    /// What came out, once revealed.
    pub answer: Option<usize>,
    /// The question was put aside, unanswered.
    pub passed: bool,
    /// What is watched for it now.
    pub watch: Option<Watch>,
    /// The run that is shown began as the question's own, which has so many edits.
    pub asked: Option<usize>,
}

/// A run on its way to the moment that a prediction asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The moment, in microseconds.
    pub at_us: u64,
    /// What comes out then.
    pub answer: usize,
    /// How many edits the run has: with another number it is another run.
    pub edits: usize,
}

impl Progress {
    /// Whether `run` is the question's own, to which the reader has done nothing: what it shows is nobody's deed.
    pub fn is_asked(&self, run: &Run<Checks>) -> bool {
        self.asked == Some(run.edits().len())
    }

    /// Whether step `i` was reached.
    pub fn is_done(&self, i: usize) -> bool {
        self.done >> i & 1 == 1
    }
}

/// A scenario on screen.
#[derive(Clone, PartialEq)]
pub struct Open {
    /// What the future that is shown was opened from: scenario, seed, parameters, edits at the start.
    pub origin: Origin,
    /// Its futures; never empty.
    pub futures: Vec<Future>,
    /// The one that is shown.
    pub current: usize,
    /// The future beside it, if two are shown.
    pub beside: Option<Beside>,
    /// The run as slow readers (panels) see it: a version some tenths of a second old while time
    /// runs.
    pub settled: RunRef,
    /// How far the lesson has come.
    pub lesson: Progress,
}

impl Open {
    /// A scenario with its first future.
    pub fn new(origin: Origin, run: Run<Checks>) -> Self {
        let run = Shared::new(run);
        Open {
            origin: origin.clone(),
            settled: run.clone(),
            futures: vec![Future {
                name: "A".to_owned(),
                parted_us: None,
                fork: None,
                base: origin.without_edits(),
                origin,
                run,
                goal: None,
            }],
            current: 0,
            beside: None,
            lesson: Progress::default(),
        }
    }

    /// Where a reset leads from the future that is shown.
    pub fn base(&self) -> &Origin {
        &self.futures[self.current].base
    }

    /// The run that is shown.
    pub fn run(&self) -> &RunRef {
        &self.futures[self.current].run
    }

    /// Hands out a new version of the run that is shown, and lets the one beside follow it.
    pub fn touch(&mut self) {
        self.follow();
        let next = self.run().changed();
        self.futures[self.current].run = next;
    }

    /// Lets slow readers see the run as it is.
    pub fn settle(&mut self) {
        if let Some(beside) = &mut self.beside {
            beside.settle(&self.futures, self.current);
        }
        self.settled = self.run().clone();
        let run = self.settled.get();
        let def = &self.origin.def;
        if !self.lesson.is_asked(&run)
            && let Ok(params) = def.params(&self.origin.opening.params)
        {
            self.lesson.done |= def.steps_done(&run, &params, self.lesson.done);
        }
    }

    /// Puts the future with number `future` beside the one that is shown, or takes the one that is there away:
    /// then all stand again where they stood before.
    pub fn put_beside(&mut self, future: Option<usize>) {
        let before = self.beside.take();
        match (future, before) {
            (Some(future), before) => {
                let beside = Beside::new(future, before, &self.futures, self.current);
                self.beside = Some(beside);
                self.follow();
            }
            (None, Some(before)) => {
                self.current = before.come_back(&mut self.futures, self.current);
                self.origin = self.futures[self.current].origin.clone();
            }
            (None, None) => {}
        }
        self.settle();
    }

    /// The one beside follows the run that is shown.
    fn follow(&mut self) {
        if let Some(beside) = &self.beside {
            beside.follow(&mut self.futures, self.current);
        }
    }

    /// The run beside the one that is shown.
    pub fn run_beside(&self) -> Option<&RunRef> {
        self.beside.as_ref().map(|b| &self.futures[b.future].run)
    }

    /// Where the two part, as of when the panels were last drawn.
    pub fn parting(&self) -> Option<Parting> {
        self.beside.as_ref().and_then(Beside::parting)
    }

    /// All that sets the two apart where they stand: the one that is shown first.
    pub fn comparison(&self) -> Option<Comparison> {
        let beside = self.beside.as_ref()?;
        Some(beside.comparison(self.run(), self.run_beside()?))
    }
}
