//! A scenario with what the registry of protocols knows of it: its entry, its parameters, its situations.
//!
//! The rule that is easy to break: nothing here is an answer. A prediction's answer, a step's tick and a
//! staged situation's edits are worked out from a run, so that they stay true under another seed.

use super::Opening;
use super::front::{Front, Prediction, Scenario, Situation};
use super::judge::Judge;
use crate::check::Checks;
use crate::kit::{Entry, Params, Value};
use crate::sim::history::Run;
use crate::sim::{Refusal, letters::short};
use std::collections::BTreeMap;
use std::ops::Deref;

impl Deref for Scenario {
    type Target = Front;

    fn deref(&self) -> &Front {
        &self.front
    }
}

impl Scenario {
    /// A protocol on its own: no text, no situations, its defaults. What `run raft` runs.
    pub fn bare(entry: &Entry) -> Self {
        let chapter = crate::protocols::chapter_of(entry);
        Scenario {
            front: Front {
                title: entry.title.to_owned(),
                chapter: chapter.map_or("", |c| c.id).to_owned(),
                leaves_out: entry.leaves_out.to_owned(),
                ..Front::of(entry.id, entry.id)
            },
            prose: Vec::new(),
        }
    }

    /// Its protocol.
    ///
    /// # Errors
    /// If the registry has none of that name.
    pub fn entry(&self) -> Result<&'static Entry, Refusal> {
        if let Some(hidden) = super::hidden::protocol(&self.protocol) {
            return hidden;
        }
        crate::protocols::find(&self.protocol).ok_or_else(|| {
            if let Some(refusal) = super::library::protocol_away(&self.protocol) {
                return refusal;
            }
            let known: Vec<_> = crate::protocols::all().map(|e| e.id).collect();
            Refusal::new(
                "unknown-protocol",
                format!(
                    "{} needs the protocol '{}': there are {}",
                    self.id,
                    short(&self.protocol),
                    known.join(", ")
                ),
            )
        })
    }

    /// It as it opens when nothing is said.
    pub fn opening(&self) -> Opening {
        Opening::of(&self.id)
    }

    /// The title of its chapter.
    pub fn chapter_title(&self) -> String {
        super::library::chapter_title(&self.chapter)
    }

    /// Simulated microseconds in a second of the reader's time, at first.
    pub fn speed_us_s(&self) -> u64 {
        self.speed_ms * 1_000
    }

    /// How long it runs when nothing is said, in microseconds.
    pub fn length_us(&self) -> u64 {
        self.length_ms * 1_000
    }

    /// The protocol's defaults, the scenario's own parameters over them, `given` over those.
    ///
    /// # Errors
    /// What the protocol does not have or take.
    pub fn params(&self, given: &BTreeMap<String, Value>) -> Result<Params, Refusal> {
        let own = self.front.params.iter().chain(given);
        let all = own.map(|(id, v)| (id.clone(), v.clone())).collect();
        self.entry()?.params(&all)
    }

    /// The parameter called `id` read from text, as routes and the command line give it.
    ///
    /// # Errors
    /// An unknown name, or a value that it does not take.
    pub fn parse_param(&self, id: &str, text: &str) -> Result<Value, Refusal> {
        let entry = self.entry()?;
        match entry.param(id) {
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
    pub fn situation(&self, id: &str) -> Result<&Situation, Refusal> {
        self.situations.iter().find(|s| s.id == id).ok_or_else(|| {
            let known: Vec<_> = self.situations.iter().map(|s| s.id.as_str()).collect();
            let known = match known.is_empty() {
                true => "none".to_owned(),
                false => known.join(", "),
            };
            Refusal::new(
                "unknown-situation",
                format!("{} has no staged situation '{}': it has {known}", self.id, short(id)),
            )
        })
    }

    /// Which steps `run` has done, one bit each, besides those that are `known` to be done; `params` are
    /// those of the run.
    pub fn steps_done(&self, run: &Run<Checks>, params: &Params, known: u64) -> u64 {
        let Ok(entry) = self.entry() else {
            return 0;
        };
        let judge = Judge::of(run, entry, params);
        let steps = self.steps.iter().enumerate().take(64);
        let fresh = steps.filter(|(i, step)| known >> i & 1 == 0 && judge.holds(&step.done));
        fresh.fold(0, |all, (i, _)| all | 1 << i)
    }
}

impl Front {
    /// A scenario of `protocol` that says nothing of itself yet.
    pub fn of(id: &str, protocol: &str) -> Self {
        Front {
            id: id.to_owned(),
            title: id.to_owned(),
            chapter: String::new(),
            start: None,
            order: 0,
            rows: Vec::new(),
            summary: "The protocol as it is, with its own settings.".to_owned(),
            protocol: protocol.to_owned(),
            params: BTreeMap::new(),
            seed: 1,
            link: None,
            links: Vec::new(),
            timing: None,
            layout: None,
            speed_ms: 100,
            length_ms: 5_000,
            beside: Vec::new(),
            sources: Vec::new(),
            assumes: String::new(),
            leaves_out: String::new(),
            situations: Vec::new(),
            steps: Vec::new(),
            prediction: None,
            targets: Vec::new(),
        }
    }
}

impl Prediction {
    /// Which of the options is right in `run`, as it stands: the first whose condition holds. A question
    /// that no option answers is answered by the last.
    pub fn answer(&self, run: &Run<Checks>, entry: &Entry, params: &Params) -> usize {
        let judge = Judge::of(run, entry, params);
        let right = |c: &super::front::Choice| c.right.as_ref().is_none_or(|c| judge.holds(c));
        let last = self.options.len().saturating_sub(1);
        self.options.iter().position(right).unwrap_or(last)
    }
}
