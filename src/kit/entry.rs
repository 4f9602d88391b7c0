//! What a protocol tells the rest of the house about itself: its line in the registry.
//!
//! The rule that is easy to break: whatever the tool, the page and the tests know of a protocol they know
//! from here. Nobody above this layer names a protocol.

use super::absence::Absence;
use super::boards::Board;
use super::gauges::GaugeDef;
use super::mutants::{MutantDef, PARAM};
use super::params::{Param, Params, Value};
use crate::check::{Checks, Gauges, Property};
use crate::sim::letters::short;
use crate::sim::world::{Setup, World};
use crate::sim::{Refusal, Span, Trace};
use serde::Serialize;
use std::collections::BTreeMap;

/// One number that a run yields.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measure {
    /// Its name: `election_ms`, `messages`.
    pub name: &'static str,
    /// Its value in this run, or `None` if the run did not yield it.
    pub value: Option<f64>,
}

/// A number read off a run by name, for what a scenario file cannot say with its own conditions.
pub struct Probe {
    /// Its name in scenario files: `stale-leaders`.
    pub id: &'static str,
    /// What it counts, for people.
    pub label: &'static str,
    /// Reads it, if it can be told. The trace may hold a future that was taken back: only events before
    /// `world.events()` count.
    pub read: fn(&World, &Trace) -> Option<i64>,
}

/// A protocol's line in the registry.
pub struct Entry {
    /// A readable slug: `raft`.
    pub id: &'static str,
    /// Its name: `Raft`.
    pub title: &'static str,
    /// Where it comes from: paper, year, section.
    pub source: &'static str,
    /// What its model leaves out, in one line.
    pub leaves_out: &'static str,
    /// Its parameters; `Mutant::PARAM` among them if it has mutants.
    pub params: &'static [Param],
    /// The rules that can be left out.
    pub mutants: &'static [MutantDef],
    /// The names of what it tells those who watch.
    pub facts: &'static [&'static str],
    /// How long a run is when nobody says otherwise: for the tests against theory, and the tool.
    pub length: Span,
    /// The nodes and links of a run, before the scenario's own settings.
    pub build: fn(&Params, seed: u64) -> Result<Setup, Refusal>,
    /// The promises that watch it.
    pub promises: fn(&Params) -> Vec<Box<dyn Property>>,
    /// Its numbers.
    pub gauges: &'static [GaugeDef],
    /// What it shows beside the stage.
    pub boards: Option<fn(&Params, &World) -> Vec<Board>>,
    /// What it shows beside the stage of what was told so far, below its other boards. The trace may hold a future that was taken
    /// back: only events before `world.events()` count.
    pub histories: Option<fn(&World, &Trace) -> Vec<Board>>,
    /// What has not happened, with its conditions.
    pub absences: Option<fn(&World, &Trace) -> Vec<Absence>>,
    /// What scenario files may ask of a run by name.
    pub probes: &'static [Probe],
}

impl Entry {
    /// Everything that a protocol may leave unsaid: `Entry { id: ..., ..Entry::BLANK }`.
    pub const BLANK: Entry = Entry {
        id: "",
        title: "",
        source: "",
        leaves_out: "",
        params: &[],
        mutants: &[],
        facts: &[],
        length: Span::secs(15),
        build: |_, _| Err(Refusal::new("no-protocol", "this protocol builds nothing")),
        promises: |_| Vec::new(),
        gauges: &[],
        boards: None,
        histories: None,
        absences: None,
        probes: &[],
    };

    /// Checks `given` against the parameters and fills in the defaults. Refuses an unknown name, a
    /// wrong type, and a number out of range, saying what would be accepted.
    pub fn params(&self, given: &BTreeMap<String, Value>) -> Result<Params, Refusal> {
        if let Some(id) = given.keys().find(|k| self.params.iter().all(|p| p.id != *k)) {
            let known: Vec<_> = self.params.iter().map(|p| p.id).collect();
            return Err(Refusal::new(
                "unknown-parameter",
                format!("{} has no parameter '{}': it has {}", self.title, short(id), known.join(", ")),
            ));
        }
        let value = |p: &Param| {
            let v = given.get(p.id).map_or(Ok(p.default()), |v| p.accept(v))?;
            Ok((p.id, v))
        };
        self.params.iter().map(value).collect::<Result<_, _>>().map(Params)
    }

    /// The parameters from `nodes=5` and the like, the rest as by default.
    ///
    /// # Errors
    /// A setting that is none, and what [`Entry::params`] refuses.
    pub fn set(&self, settings: &[&str]) -> Result<Params, Refusal> {
        let mut given = BTreeMap::new();
        for setting in settings {
            let found = super::gauges::setting(setting);
            let param = found.and_then(|(id, text)| Some((self.param(id)?, text)));
            let Some((param, text)) = param else {
                return Err(Refusal::new(
                    "unknown-parameter",
                    format!("'{}' sets no parameter of {}", short(setting), self.title),
                ));
            };
            given.insert(param.id.to_owned(), param.parse(text)?);
        }
        self.params(&given)
    }

    /// The parameter called `id`.
    pub fn param(&self, id: &str) -> Option<&'static Param> {
        self.params.iter().find(|p| p.id == id)
    }

    /// The mutant that `params` choose.
    pub fn mutant(&self, params: &Params) -> Option<&'static MutantDef> {
        let id = params.word(PARAM);
        self.mutants.iter().find(|m| m.id == id)
    }

    /// What watches a run with these parameters: promises, which blame the rule that is left out, and
    /// gauges.
    pub fn checks(&self, params: &Params) -> Checks {
        let mut promises = (self.promises)(params);
        if let Some(mutant) = self.mutant(params) {
            for promise in &mut promises {
                promise.blame(mutant.rule);
            }
        }
        let gauge = |g: &GaugeDef| (g.id, (g.make)(params));
        Checks::new(promises).with_gauges(Gauges::new(self.gauges.iter().map(gauge).collect()))
    }
}

/// What the gauges of a run show now.
pub fn measures(checks: &Checks, world: &World) -> Vec<Measure> {
    let values = checks.gauges().values(world);
    values.map(|(name, value)| Measure { name, value }).collect()
}
