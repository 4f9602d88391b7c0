//! The front of a scenario file: everything but its prose, as closed data (`docs/scenarios.md`).
//!
//! The rule that is easy to break: this is compiled twice, here and in the build script that reads
//! `scenarios/`, with one reader. So it knows the engine's data and nothing else: no protocol, no run. And
//! it holds no answer: what a step waits for, what a prediction comes to, whom a situation strikes, are
//! conditions and words that are looked up in a run.

pub mod amount;
pub mod check;
pub mod condition;
mod line;
pub mod prose;
pub mod read;
pub mod stroke;

pub use amount::Amount;
pub use condition::Condition;
pub use prose::{Block, Piece};
pub use read::{Mistake, read};
pub use stroke::{Deed, Moment, Side, Stroke, Who};

use crate::kit::Value;
use crate::sim::world::Layout;
use crate::sim::{LinkPatch, Timing};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whether a text means to be a scenario file: told without its reader.
pub fn is_scenario(text: &str) -> bool {
    crate::sim::letters::unmarked(text).trim_start().starts_with("+++")
}

/// Parameters by name.
pub type Settings = BTreeMap<String, Value>;

/// A scenario as its file says it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Front {
    /// A readable slug, the file's name, in links for ever: `raft-election`.
    pub id: String,
    /// Its name: `A leader is elected`.
    pub title: String,
    /// The chapter's id, which is its folder's name; a file of one's own may leave it out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub chapter: String,
    /// Where it stands in its chapter: small numbers first.
    #[serde(default)]
    pub order: i32,
    /// Its place among the scenarios to start with, if it is one of them: 1 is the very first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<i32>,
    /// The rows of the catalogue that it builds: `["E5", "E6"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<String>,
    /// One sentence for the gallery's card.
    pub summary: String,
    /// The protocol's id in the registry.
    pub protocol: String,
    /// Parameters that differ from the protocol's defaults.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: Settings,
    /// The seed it opens with.
    #[serde(default = "one")]
    pub seed: u64,
    /// What differs of every link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<LinkPatch>,
    /// What differs of some links.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkLine>,
    /// The timing model, if it differs from the protocol's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timing: Option<Timing>,
    /// How the nodes stand, if it differs from the protocol's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<Layout>,
    /// Simulated milliseconds in a second of the reader's time, at first.
    #[serde(default = "hundred")]
    pub speed_ms: u64,
    /// How long the command-line tool and the tests run it when nothing is said, in milliseconds.
    #[serde(default = "five_thousand")]
    pub length_ms: u64,
    /// The ids of scenarios that stand beside it in a table of timing models.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<String>,
    /// Where what it teaches comes from: paper, year, section.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// What must be so for the promises to hold, in a sentence: read before anything is broken.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub assumes: String,
    /// What its model leaves out, in one line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub leaves_out: String,
    /// Situations to begin with.
    #[serde(default, rename = "situation", skip_serializing_if = "Vec::is_empty")]
    pub situations: Vec<Situation>,
    /// Things to do, in order; each ticks itself off.
    #[serde(default, rename = "step", skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// A question before the reveal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Prediction>,
    /// What its numbers must come to.
    #[serde(default, rename = "target", skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Target>,
}

fn one() -> u64 {
    1
}

fn hundred() -> u64 {
    100
}

fn five_thousand() -> u64 {
    5_000
}

/// Settings of some links.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkLine {
    /// The senders, by name.
    pub from: Side,
    /// The receivers, by name.
    pub to: Side,
    /// The other direction, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub both: bool,
    /// What differs.
    pub set: LinkPatch,
}

/// A situation worth seeing, one click away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Situation {
    /// A readable slug, in links for ever: `split-vote`.
    pub id: String,
    /// On the button: `Split the vote`.
    pub label: String,
    /// What will be seen, in a sentence.
    pub hint: String,
    /// Parameters that differ from the scenario's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: Settings,
    /// What is done, in order of time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Stroke>,
    /// Tries moments until `shows` comes about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
    /// Where to begin watching; nothing: at the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seek: Option<Seek>,
    /// What comes about within ten simulated seconds from there: what the hint promises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shows: Option<Condition>,
}

/// Moments to be tried, in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// The first.
    pub from_ms: Amount,
    /// None is later.
    pub to_ms: Amount,
    /// How far apart.
    pub step_ms: Amount,
    /// How long after the moment the situation may take to show what it shows.
    pub within_ms: Amount,
}

/// A place to begin watching: a moment, or so long before an edit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Seek {
    /// At this moment, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<Amount>,
    /// So many milliseconds before an edit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_ms: Option<Amount>,
    /// Before which edit, counted from 1; nothing: the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit: Option<usize>,
}

/// Something for the learner to do or see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What, in a sentence.
    pub text: String,
    /// How it is done with this page, in a few words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub how: String,
    /// When it is done.
    pub done: Condition,
    /// A run that does what the text says: it must tick the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_by: Option<Doing>,
    /// Runs that nearly do, and must not tick it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_by: Vec<Doing>,
}

/// A run with which a step is tried.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Doing {
    /// What it does instead, in a few words: for whoever reads that a test fails.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// The situation that it begins with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub situation: Option<String>,
    /// Parameters that differ from the scenario's or the situation's.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub params: Settings,
    /// Another seed than the scenario's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// What is done, in order of time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Stroke>,
    /// How long it runs; nothing: as long as the scenario.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<Amount>,
}

/// A question whose answer the run gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    /// The question.
    pub question: String,
    /// The situation that it is about; nothing: the scenario as it opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub situation: Option<String>,
    /// The moment at which the answer is read off, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<Amount>,
    /// Or: when this has first held, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// ... and so many milliseconds later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_ms: Option<Amount>,
    /// What may be answered. The first whose condition holds at that moment is right.
    #[serde(rename = "option")]
    pub options: Vec<Choice>,
    /// Why, in a sentence or two: shown after the reveal.
    pub because: String,
    /// The number of the option that `because` explains, counted from 1: where luck has it otherwise, it is
    /// not shown.
    pub explains: usize,
}

/// Something that may be answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The answer, in words.
    pub text: String,
    /// When it is right; the last option may leave it out, and is right if no other is.
    #[serde(default, rename = "if", skip_serializing_if = "Option::is_none")]
    pub right: Option<Condition>,
}

/// What the mean of a gauge over many seeds must come to, within three standard errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The gauge's id.
    pub gauge: String,
    /// Parameters that differ from the scenario's.
    #[serde(default, rename = "set", skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: Settings,
    /// The mean.
    pub mean: f64,
    /// Where it is from: a formula, a paper's table.
    pub source: String,
    /// How long each run is; nothing: as long as the scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<Amount>,
    /// How many runs are made; nothing: 400.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<u64>,
    /// How far the mean may be off besides, in the gauge's unit, where the model differs from theory on purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slack: Option<f64>,
}

/// A scenario: the front and the prose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Everything but the prose.
    pub front: Front,
    /// What stands beside the stage, paragraph by paragraph.
    pub prose: Vec<Block>,
}

#[cfg(test)]
mod tests;
