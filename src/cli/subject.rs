//! What a command is about: a scenario or a protocol by its id, a file, or a link, and options over it.
//!
//! The rule that is easy to break: whatever the words were, what comes out is an [`Opening`], and
//! [`crate::scenario::open`] alone judges it; so the tool refuses what the page refuses.

use super::Failure;
use super::args::{Args, shown};
use crate::check::Checks;
use crate::scenario::{self, Opening, Own, Scenario, SharedRun, file, front, link};
use crate::sim::history::Run;
use crate::sim::world::World;
use crate::sim::{Refusal, SimTime, limits};
use crate::view::route::{Place, Route};
use crate::view::words;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// Options over a subject.
#[derive(Default)]
pub(super) struct Over {
    seed: Option<u64>,
    set: Vec<(String, String)>,
    stage: Option<String>,
    until: Option<SimTime>,
}

/// A run to be made.
pub(super) struct Subject {
    /// What decides it.
    pub opening: Opening,
    /// How long it runs.
    pub until: SimTime,
    /// At most so many events, where a link or a file shows the middle of a moment.
    events: Option<u32>,
}

impl Over {
    /// Takes the option `name`, if it is one of these.
    pub(super) fn take(&mut self, args: &mut Args, name: &str) -> Result<bool, Failure> {
        match name {
            "seed" => self.seed = Some(args.number(name, 0, u64::MAX)?),
            "until" => {
                let ms = args.number(name, 0, limits::RUN_US / 1_000)?;
                self.until = Some(SimTime::from_ms(ms));
            }
            "stage" => self.stage = Some(args.value(name)?),
            "set" => {
                let text = args.value(name)?;
                let Some((key, value)) = text.split_once('=') else {
                    return Err(Failure::Input(format!("--set wants name=value, not '{}'", shown(&text))));
                };
                self.set.push((key.to_owned(), value.to_owned()));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The simulated time that was asked for, if any was.
    pub(super) fn until(&self) -> Option<SimTime> {
        self.until
    }

    /// The subject that `word` names, with these options over it.
    pub(super) fn over(&self, word: &str) -> Result<Subject, Failure> {
        let shared = read(word)?;
        let shown_until = shared.moment();
        let mut opening = shared.opening;
        let def = opening.def()?;
        for (id, text) in &self.set {
            let value = def.parse_param(id, text)?;
            opening.params.insert(id.clone(), value);
        }
        opening.seed = self.seed.or(opening.seed);
        if let Some(id) = &self.stage {
            opening = scenario::stage(&opening, id)?.0;
        }
        let until = self.until.or(shown_until).unwrap_or(SimTime(def.length_us()));
        // The very event counts as long as it is the very run, and no other moment is asked for.
        let other = self.until.is_some() || self.seed.is_some() || self.stage.is_some();
        let same = !other && self.set.is_empty() && shown_until.is_some();
        Ok(Subject { opening, until, events: shared.events.filter(|_| same) })
    }
}

impl Subject {
    /// The seed in force.
    pub(super) fn seed(&self) -> Result<u64, Failure> {
        Ok(self.opening.seed.unwrap_or(self.opening.def()?.seed))
    }

    /// It under another seed.
    pub(super) fn with_seed(&self, seed: u64) -> Subject {
        Subject { opening: self.opening.clone().seed(seed), until: self.until, events: None }
    }

    /// What it is, for a message: `raft-election, seed 7`.
    pub(super) fn name(&self) -> String {
        let seed = self.seed().map_or(String::new(), |s| format!(", seed {s}"));
        format!("{}{seed}", self.opening.scenario)
    }

    /// Runs it.
    ///
    /// # Errors
    /// What opening it refuses, an edit that could not be made, and a limit that was passed.
    pub(super) fn run(&self) -> Result<Run<Checks>, Failure> {
        super::panics::doing(self.name());
        let mut run = scenario::open(&self.opening)?;
        match self.events {
            Some(0) => {}
            events => _ = run.advance(self.until, events.unwrap_or(u32::MAX)),
        }
        Ok(run)
    }
}

/// Why a run is not all that was asked for: an edit that was refused when its time came, or a limit
/// that stopped it.
pub(super) fn trouble(run: &Run<Checks>) -> Result<(), Failure> {
    if let Some((&place, refusal)) = run.refused().iter().next() {
        return Err(refused(run.world(), run, place, refusal));
    }
    match run.world().stopped() {
        Some(stop) => Err(Failure::Input(format!("the run was stopped at {}: {stop}", run.time()))),
        None => Ok(()),
    }
}

fn refused(world: &World, run: &Run<Checks>, place: usize, refusal: &Refusal) -> Failure {
    let edit = &run.edits()[place];
    Failure::Input(format!(
        "edit {} ({} at {}) was refused: {refusal}",
        place + 1,
        words::fault(world, &edit.fault),
        SimTime(edit.at_us)
    ))
}

fn read(word: &str) -> Result<SharedRun, Failure> {
    if let Some(at) = word.find("#/") {
        return from_link(&word[at..]);
    }
    let Err(unknown) = scenario::find(word) else {
        return Ok(SharedRun::of(Opening::of(word)));
    };
    let path = Path::new(word);
    if path.exists() || [".json", ".md"].iter().any(|e| word.ends_with(e)) || word.contains(['/', '\\']) {
        return from_file(path);
    }
    Err(Failure::Input(format!("{unknown}; and there is no file of that name")))
}

/// A link of the page, as it stands after the `#`.
fn from_link(hash: &str) -> Result<SharedRun, Failure> {
    let route = Route::parse("", hash)?;
    let mut shared = match &route.place {
        Place::Gallery => {
            return Err(Failure::input("this link is the gallery's, and names no run"));
        }
        Place::Shared(payload) => link::decode(payload)?,
        Place::Scenario(id) => SharedRun::of(Opening::of(id)),
    };
    let def = shared.opening.def()?;
    for (id, text) in &route.params {
        let value = def.parse_param(id, text)?;
        shared.opening.params.insert(id.clone(), value);
    }
    shared.opening.seed = route.seed.or(shared.opening.seed);
    Ok(shared)
}

/// What a scenario file says.
///
/// # Errors
/// A mistake, as `FILE:LINE: FIELD: what is wrong`.
pub(super) fn lesson(path: &Path, text: &str) -> Result<Scenario, Failure> {
    front::read(text).map_err(|mistake| {
        let (field, what) = (&mistake.field, &mistake.message);
        let field = if field.is_empty() { String::new() } else { format!(" {field}:") };
        Failure::Input(format!("{}:{}:{field} {what}", shown(&path.to_string_lossy()), mistake.line))
    })
}

/// A file that the page has saved, or one with the JSON argument of the page's `load`.
fn from_file(path: &Path) -> Result<SharedRun, Failure> {
    let no = |why: &str| Failure::Input(format!("{}: {why}", shown(&path.to_string_lossy())));
    let cannot = |e: std::io::Error| no(&format!("cannot be read: {e}"));
    let file = std::fs::File::open(path).map_err(cannot)?;
    let mut bytes = Vec::new();
    let most = file::BYTES as u64 + 1;
    file.take(most).read_to_end(&mut bytes).map_err(cannot)?;
    let text = str::from_utf8(&bytes).map_err(|_| no("is no scenario: it is no text"))?;
    if front::is_scenario(text) {
        let scenario = lesson(path, text)?;
        return Ok(SharedRun::of(Opening::own(Own::of(Arc::new(scenario)))));
    }
    file::read(text).map_err(|refusal| {
        let said = &refusal.message;
        no(said.strip_prefix("this file ").unwrap_or(said))
    })
}
