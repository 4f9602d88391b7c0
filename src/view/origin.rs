//! Where a future comes from: an opening whose scenario was found, with what it says of itself.
//!
//! The rule that is easy to break: this is data that came from outside (an address, a script, a
//! link). It is read here, and judged by [`scenario::open`] alone.

use crate::check::Checks;
use crate::scenario::{self, Opening, Scenario, SharedRun, link, text};
use crate::sim::Refusal;
use crate::sim::history::Run;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a future was opened from.
#[derive(Clone)]
pub struct Origin {
    /// The scenario.
    pub def: Arc<Scenario>,
    /// Its seed, parameters and edits.
    pub opening: Opening,
}

/// What a link or a file opens.
pub struct Linked {
    /// What it names.
    pub origin: Origin,
    /// The run, some of the way to the moment that is shown.
    pub run: Run<Checks>,
    /// That moment, and what else was shared.
    pub shared: SharedRun,
}

impl Eq for Origin {}

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        // The opening names the scenario, or holds it.
        self.opening == other.opening
    }
}

impl Origin {
    /// What `opening` names.
    ///
    /// # Errors
    /// An unknown scenario.
    pub fn of(opening: Opening) -> Result<Self, Refusal> {
        let def = opening.def()?;
        Ok(Origin { def, opening })
    }

    /// The scenario called `id`, with its own seed unless another is given.
    ///
    /// # Errors
    /// An unknown id; a parameter that the protocol does not have or take.
    pub fn named(id: &str, seed: Option<u64>, params: &BTreeMap<String, String>) -> Result<Self, Refusal> {
        let mut origin = Origin::of(Opening::of(id))?;
        origin.opening.seed = seed;
        for (id, text) in params {
            let value = origin.def.parse_param(id, text)?;
            origin.opening.params.insert(id.clone(), value);
        }
        Ok(origin)
    }

    /// The argument of `load`, as JSON text.
    ///
    /// # Errors
    /// What is no opening, and an unknown id.
    pub fn from_json(json: &str) -> Result<Self, Refusal> {
        Origin::of(text::opened(json)?)
    }

    /// Runs it, at its start.
    ///
    /// # Errors
    /// What the scenario, its protocol or the engine refuse.
    pub fn open(&self) -> Result<Run<Checks>, Refusal> {
        scenario::open(&self.opening)
    }

    /// It with the staged situation `id`, that situation's place among them, and the moment from which to
    /// watch, in microseconds.
    ///
    /// # Errors
    /// An unknown situation, and what running it refuses.
    pub fn stage(&self, id: &str) -> Result<(Origin, usize, u64), Refusal> {
        let (opening, seek_us) = scenario::stage(&self.opening, id)?;
        let place = self.def.situations.iter().position(|s| s.id == id);
        Ok((Origin::of(opening)?, place.unwrap_or_default(), seek_us))
    }

    /// What a link's payload holds, opened.
    ///
    /// # Errors
    /// A damaged link, one of an unknown scenario, and what opening it refuses.
    pub fn from_link(payload: &str) -> Result<Linked, Refusal> {
        Origin::follow(text::linked(payload)?)
    }

    /// A shared run, opened.
    ///
    /// # Errors
    /// What [`link::follow`] refuses.
    pub fn follow(shared: SharedRun) -> Result<Linked, Refusal> {
        Ok(Linked { origin: Origin::of(shared.opening.clone())?, run: link::follow(&shared)?, shared })
    }

    /// This as it is shared: with the edits of `run` instead of its own, its moment, and a speed.
    pub fn share(&self, run: &Run<Checks>, speed: u64) -> SharedRun {
        let at_us = run.time().us();
        // Right at an event, others of the same moment may not have happened yet.
        let amid = run.position() > 0 && run.world().last_event().time.us() == at_us;
        SharedRun {
            opening: Opening { seed: Some(self.seed()), edits: run.edits().to_vec(), ..self.opening.clone() },
            at_us,
            events: amid.then(|| run.position()),
            speed_us_s: (speed != self.speed()).then_some(speed),
            ..SharedRun::default()
        }
    }

    /// The same at its very start.
    pub fn without_edits(&self) -> Origin {
        let mut origin = self.clone();
        origin.opening.edits.clear();
        origin
    }

    /// Whether scenario and seed say it all.
    pub fn is_plain(&self) -> bool {
        let o = &self.opening;
        o.params.is_empty() && o.edits.is_empty() && o.own.is_none()
    }

    /// The seed in force.
    pub fn seed(&self) -> u64 {
        self.opening.seed.unwrap_or(self.def.seed)
    }

    /// Runs under another seed from now on.
    pub fn set_seed(&mut self, seed: u64) {
        self.opening.seed = Some(seed);
    }

    /// The speed it is best watched at, in simulated microseconds a second.
    pub fn speed(&self) -> u64 {
        self.def.speed_us_s()
    }

    /// The id of the scenario.
    pub fn id(&self) -> &str {
        &self.def.id
    }

    /// Its title.
    pub fn title(&self) -> &str {
        &self.def.title
    }

    /// The title of its chapter.
    pub fn chapter(&self) -> String {
        self.def.chapter_title()
    }

    /// Where its protocol comes from, and what its model leaves out.
    pub fn source(&self) -> String {
        let mut sources: Vec<&str> = self.def.entry().map(|e| e.source).into_iter().collect();
        sources.extend(self.def.sources.iter().map(String::as_str));
        let sources = sources.join("; ");
        match self.def.leaves_out.as_str() {
            "" => format!("{sources}."),
            left_out => format!("{sources}. Left out: {left_out}"),
        }
    }
}
