//! A run as something to keep: its file, its events, its pictures, its numbers. Each is a pure
//! function from a run to text, for the page and the tool alike.
//!
//! The rule that is easy to break: what is exported ends where the run stands. A run that was taken
//! back remembers a future; that belongs to nobody who asks for what has happened.

pub mod card;
pub mod chart;
pub mod csv;
pub mod diagram;
mod jsonl;
mod paper;
mod shapes;
mod shiviz;
pub mod stage;
mod writing;

pub use writing::{Script, Writing};

use crate::check::Checks;
use crate::scenario::{Opening, SharedRun, file, text};
use crate::sim::history::Run;
use crate::sim::{Refusal, SimTime, Trace};

/// A form in which a run can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// The scenario with its edits, to be opened again.
    Scenario,
    /// Every event, for programs.
    Jsonl,
    /// Every event with its vector clock, for ShiViz.
    Shiviz,
    /// The space-time diagram.
    Diagram,
    /// The stage as it stands.
    Stage,
    /// What the run measures.
    Measures,
}

/// A text to be kept as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What the file is called: `raft-election-4127.json`.
    pub name: String,
    /// Its media type.
    pub media: &'static str,
    /// What is in it.
    pub text: String,
}

impl Export {
    /// Every form, in the order of a menu.
    pub const ALL: [Export; 6] =
        [Export::Scenario, Export::Diagram, Export::Stage, Export::Jsonl, Export::Shiviz, Export::Measures];

    /// What a menu calls it.
    pub fn label(self) -> &'static str {
        match self {
            Export::Scenario => "Scenario with edits (JSON)",
            Export::Jsonl => "Events (JSON lines)",
            Export::Shiviz => "ShiViz log",
            Export::Diagram => "Diagram (SVG)",
            Export::Stage => "Stage (SVG)",
            Export::Measures => "Measures (CSV)",
        }
    }

    /// Its media type.
    pub fn media(self) -> &'static str {
        match self {
            Export::Scenario => "application/json",
            Export::Jsonl => "application/x-ndjson",
            Export::Shiviz => "text/plain;charset=utf-8",
            Export::Diagram | Export::Stage => "image/svg+xml",
            Export::Measures => "text/csv;charset=utf-8",
        }
    }

    /// How the name of its file ends.
    fn ending(self) -> &'static str {
        match self {
            Export::Scenario => ".json",
            Export::Jsonl => "-events.jsonl",
            Export::Shiviz => "-shiviz.log",
            Export::Diagram => "-diagram.svg",
            Export::Stage => "-stage.svg",
            Export::Measures => "-measures.csv",
        }
    }

    /// What the file of `run` is called, which was opened as `opening`.
    fn name(self, opening: &Opening, run: &Run<Checks>) -> String {
        let seed = run.world().seed();
        format!("{}-{seed}{}", opening.scenario, self.ending())
    }

    /// `run`, which was opened as `shared` says, in this form, written at once.
    ///
    /// # Errors
    /// A run too large for ShiViz, and an unknown scenario.
    pub fn of(self, shared: &SharedRun, run: &Run<Checks>) -> Result<Kept, Refusal> {
        let opening = &shared.opening;
        let title = title(opening, run);
        let text = match self {
            Export::Scenario => scenario(shared)?,
            Export::Jsonl => Script::jsonl(opening).whole(run),
            Export::Shiviz => Script::shiviz(run)?.whole(run),
            Export::Diagram => diagram::svg(run, &title, diagram::Frame::whole(run)),
            Export::Stage => stage::svg(run, &title, STAGE.0, STAGE.1),
            Export::Measures => csv::table(&[measures(opening, run)?]),
        };
        Ok(Kept { name: self.name(opening, run), media: self.media(), text })
    }
}

/// The text of a file; of a tree too large for one, the run that is shown alone.
fn scenario(shared: &SharedRun) -> Result<String, Refusal> {
    let text = text::file(shared)?;
    if text.len() <= file::BYTES || shared.futures.is_empty() {
        return Ok(text);
    }
    text::file(&SharedRun { futures: Vec::new(), ..shared.clone() })
}

/// The size of a picture of the stage.
pub const STAGE: (f64, f64) = (810.0, 560.0);

/// What a picture of `run` is called: `raft-election, seed 7, at 1.250 s`.
pub fn title(opening: &Opening, run: &Run<Checks>) -> String {
    let (seed, at) = (run.world().seed(), SimTime(run.time().us()));
    format!("{}, seed {seed}, at {at}", opening.scenario)
}

/// The seed of `run` and what it measures so far: a row of [`csv::table`].
///
/// # Errors
/// An unknown scenario, and parameters that it does not take.
pub fn measures(opening: &Opening, run: &Run<Checks>) -> Result<(u64, Vec<crate::kit::Measure>), Refusal> {
    opening.def()?;
    let found = crate::kit::measures(run.watcher(), run.world());
    Ok((run.world().seed(), found))
}

/// What has been recorded up to where the run stands.
fn so_far(run: &Run<Checks>) -> Trace {
    let mut trace = run.trace().clone();
    trace.truncate(run.position() as usize);
    trace
}
