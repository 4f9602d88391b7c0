//! What a scenario says of itself: a protocol with settings, a short lesson, staged situations.
//!
//! The rule that is easy to break: nothing here is an answer. A prediction's answer and a staged
//! situation's edits are functions of a run, so that they stay true under another seed.

use super::Opening;
use crate::protocols::{Entry, Params, Value};
use crate::sim::world::{Layout, World};
use crate::sim::{Edit, Link, Refusal, Timing, Trace};
use std::collections::BTreeMap;

/// A parameter's value as a scenario gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// On or off.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// One of the parameter's words.
    Word(&'static str),
}

impl Preset {
    /// The value as the protocol takes it.
    pub fn value(self) -> Value {
        match self {
            Preset::Bool(b) => Value::Bool(b),
            Preset::Int(i) => Value::Int(i),
            Preset::Word(w) => Value::Word(w.to_owned()),
        }
    }
}

/// Parameters by name, as a scenario gives them.
pub type Presets = &'static [(&'static str, Preset)];

/// A scenario: one line in the gallery, one page in the playground.
pub struct ScenarioDef {
    /// A readable slug, in links for ever: `raft-election`.
    pub id: &'static str,
    /// Its name: `A leader is elected`.
    pub title: &'static str,
    /// The chapter of the gallery.
    pub chapter: &'static str,
    /// The rows of the catalogue that it builds: `E5, E6`.
    pub row: &'static str,
    /// One sentence for the gallery's card.
    pub summary: &'static str,
    /// The protocol's id in the registry.
    pub protocol: &'static str,
    /// Parameters that differ from the protocol's defaults.
    pub params: Presets,
    /// The seed it opens with.
    pub seed: u64,
    /// Every link, if it differs from the protocol's.
    pub link: Option<fn() -> Link>,
    /// The timing model, if it differs from the protocol's.
    pub timing: Option<Timing>,
    /// How the nodes stand, if it differs from the protocol's.
    pub layout: Option<Layout>,
    /// Simulated microseconds in a second of the reader's time, at first.
    pub speed_us_s: u64,
    /// How long the command-line tool and the tests run it when nothing is said, in microseconds.
    pub length_us: u64,
    /// The short text, the steps, the prediction.
    pub lesson: Lesson,
    /// Situations to begin with.
    pub staged: &'static [Staged],
    /// What its model leaves out, in one line.
    pub leaves_out: &'static str,
}

/// What stands beside the stage.
pub struct Lesson {
    /// A paragraph each.
    pub text: &'static [&'static str],
    /// What must be so for the promises to hold, in a sentence: read before anything is broken.
    pub assumes: &'static str,
    /// Things to do, in order; each ticks itself off.
    pub steps: &'static [Step],
    /// A question before the reveal.
    pub prediction: Prediction,
}

/// Something for the learner to do or see.
pub struct Step {
    /// What, in a sentence.
    pub text: &'static str,
    /// Whether the run has reached it. The trace may hold events of a future that was taken back;
    /// only those before `world.events()` count.
    pub done: fn(&World, &Trace) -> bool,
}

/// A question whose answer the run gives.
pub struct Prediction {
    /// The question.
    pub question: &'static str,
    /// What may be answered.
    pub options: &'static [&'static str],
    /// The staged situation that it is about; `None`: the scenario as it opens.
    pub staged: Option<&'static str>,
    /// The moment at which the answer is read off, in microseconds.
    pub at_us: u64,
    /// Which of the options is right, read off the run at that moment.
    pub answer: fn(&World, &Trace) -> usize,
    /// Why, in a sentence or two: shown after the reveal.
    pub because: &'static str,
}

/// A situation worth seeing, one click away.
pub struct Staged {
    /// A readable slug: `split-vote`.
    pub id: &'static str,
    /// On the button: `Split the vote`.
    pub label: &'static str,
    /// What will be seen, in a sentence.
    pub hint: &'static str,
    /// Parameters that differ from the scenario's.
    pub params: Presets,
    /// What is done to the run, and when to look. May run the opening to find out who leads.
    pub cue: fn(&Opening) -> Result<Cue, Refusal>,
}

/// What a staged situation does, and the moment from which to watch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cue {
    /// The edits, in order of time.
    pub edits: Vec<Edit>,
    /// Where to begin watching, in microseconds. The point is made within ten seconds from here.
    pub seek_us: u64,
}

impl ScenarioDef {
    /// Its protocol.
    ///
    /// # Errors
    /// If the registry has none of that name.
    pub fn entry(&self) -> Result<&'static Entry, Refusal> {
        super::chapters::entry(self.protocol).ok_or_else(|| {
            Refusal::new(
                "unknown-protocol",
                format!("{} needs the protocol '{}'", self.id, self.protocol),
            )
        })
    }

    /// It as it opens when nothing is said.
    pub fn opening(&self) -> Opening {
        Opening {
            scenario: self.id.to_owned(),
            ..Opening::default()
        }
    }

    /// The protocol's defaults, the scenario's own parameters over them, `given` over those.
    ///
    /// # Errors
    /// What the protocol does not have or take.
    pub fn params(&self, given: &BTreeMap<String, Value>) -> Result<Params, Refusal> {
        self.entry()?.params(&self.with(self.params, given))
    }

    /// The parameter called `id` read from text, as routes and the command line give it.
    ///
    /// # Errors
    /// An unknown name, or a value that it does not take.
    pub fn parse_param(&self, id: &str, text: &str) -> Result<Value, Refusal> {
        let entry = self.entry()?;
        match entry.params.iter().find(|p| p.id == id) {
            Some(param) => param.parse(text),
            // The entry knows how to say which parameters there are.
            None => {
                let unknown = BTreeMap::from_iter([(id.to_owned(), Value::Bool(true))]);
                entry.params(&unknown).map(|_| Value::Bool(true))
            }
        }
    }

    /// The staged situation called `id`.
    ///
    /// # Errors
    /// An unknown id, with the known ones.
    pub fn staged(&self, id: &str) -> Result<&'static Staged, Refusal> {
        let staged: &'static [Staged] = self.staged;
        staged.iter().find(|s| s.id == id).ok_or_else(|| {
            let known: Vec<_> = staged.iter().map(|s| s.id).collect();
            let shown = crate::sim::fields::short(id);
            Refusal::new(
                "unknown-situation",
                format!(
                    "{} has no staged situation '{shown}': it has {}",
                    self.id,
                    if known.is_empty() {
                        "none".to_owned()
                    } else {
                        known.join(", ")
                    }
                ),
            )
        })
    }

    fn with(&self, presets: Presets, given: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
        let presets = presets.iter().map(|(id, v)| ((*id).to_owned(), v.value()));
        let given = given.iter().map(|(k, v)| (k.clone(), v.clone()));
        presets.chain(given).collect()
    }
}
