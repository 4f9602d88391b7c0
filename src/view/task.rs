//! What a learner is to do now: one task at a time, and what was done of the course.
//!
//! The rule that is easy to break: it follows from what the run has shown and what was answered; nobody keeps it beside that.

use super::open::Progress;
use crate::scenario::Scenario;

/// Where the learner stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// A question is to be guessed.
    Guess,
    /// The run goes to the moment that was asked about.
    Watch,
    /// It has come out; there is something to try.
    Try,
    /// All is done: on to the next.
    Next,
}

impl Task {
    /// The task in `lesson` of the scenario `def`.
    pub fn of(def: &Scenario, lesson: &Progress) -> Self {
        let steps_left = (0..def.steps.len()).any(|i| !lesson.is_done(i));
        match def.prediction.is_some() && lesson.answer.is_none() && !lesson.passed {
            true if lesson.watch.is_some() => Task::Watch,
            true => Task::Guess,
            false if steps_left => Task::Try,
            false => Task::Next,
        }
    }

    /// Whether what came out may be on screen, and in the document at all.
    pub fn may_tell(self) -> bool {
        matches!(self, Task::Try | Task::Next)
    }
}

/// Which scenarios were gone through to the end, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    done: Vec<String>,
}

impl Course {
    /// As [`Course::text`] gave it; what is no id is left out.
    pub fn read(text: &str) -> Self {
        let id =
            |word: &&str| word.len() <= 64 && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        Course {
            done: text.split(' ').filter(|w| !w.is_empty()).filter(id).take(500).map(str::to_owned).collect(),
        }
    }

    /// To be kept where the browser keeps things.
    pub fn text(&self) -> String {
        self.done.join(" ")
    }

    /// Whether this scenario was gone through.
    pub fn has(&self, id: &str) -> bool {
        self.done.iter().any(|d| d == id)
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.done.is_empty()
    }

    /// This scenario was gone through.
    pub fn add(&mut self, id: &str) {
        if !self.has(id) {
            self.done.push(id.to_owned());
        }
    }
}
