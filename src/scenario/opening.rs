//! An opening: everything that decides a run, as data. The page, the tool, links and tests all
//! open runs through [`open`].
//!
//! The rule that is easy to break: an opening comes from strangers. [`open`] checks all of it before
//! anything is built, and what it refuses it names.

use super::{Cue, Own, Scenario, find};
use crate::check::Checks;
use crate::kit::Value;
use crate::sim::data::{self, Way, Wrong};
use crate::sim::history::Run;
use crate::sim::letters::short;
use crate::sim::world::{Setup, World};
use crate::sim::{Edit, Fault, Refusal, SimTime, limits};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is opened: the argument of the page's `load`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// The scenario's id.
    pub scenario: String,
    /// All that is random follows from it; `None`: the scenario's own.
    #[serde(default, deserialize_with = "data::long", skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Parameters that differ from the scenario's.
    #[serde(default, deserialize_with = "data::or_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, Value>,
    /// What is done to the run.
    #[serde(
        default,
        deserialize_with = "data::list::<_, _, { limits::EDITS }>",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub edits: Vec<Edit>,
    /// The scenario itself, if it is not built in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own: Option<Own>,
}

impl Opening {
    /// Reads the argument of the page's `load`.
    ///
    /// # Errors
    /// What is no opening, with the way to the field.
    pub fn read(data: serde_json::Value) -> Result<Self, Wrong> {
        let opening: Opening = data::read(data)?;
        opening.agree().map(|()| opening)
    }

    /// Refuses one that names another scenario than it brings.
    pub(super) fn agree(&self) -> Result<(), Wrong> {
        match &self.own {
            Some(own) if own.id() != self.scenario => Err(Wrong::at(
                Way::default().field("own"),
                format!("this is another scenario than 'scenario' names: there is '{}'", short(own.id())),
            )),
            _ => Ok(()),
        }
    }

    /// The scenario called `id`, as it opens when nothing is said.
    pub fn of(id: &str) -> Self {
        Opening { scenario: id.to_owned(), ..Opening::default() }
    }

    /// A scenario that is not built in, as it opens when nothing is said.
    pub fn own(own: Own) -> Self {
        Opening { scenario: own.id().to_owned(), own: Some(own), ..Opening::default() }
    }

    /// With this seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// With this parameter.
    #[must_use]
    pub fn param(mut self, id: &str, value: Value) -> Self {
        self.params.insert(id.to_owned(), value);
        self
    }

    /// With these edits after those it has.
    #[must_use]
    pub fn and(mut self, edits: impl IntoIterator<Item = Edit>) -> Self {
        self.edits.extend(edits);
        self
    }

    /// Its scenario.
    ///
    /// # Errors
    /// An unknown one, one's own that is none, one that has not come.
    pub fn def(&self) -> Result<Arc<Scenario>, Refusal> {
        match &self.own {
            Some(own) => own.scenario(),
            None => find(&self.scenario),
        }
    }
}

/// The run that `opening` describes, at its start.
///
/// # Errors
/// An unknown scenario, a parameter that its protocol does not have or take, more than
/// [`limits::SCENARIO_NODES`] nodes, settings that the timing model or the limits refuse, and an
/// edit that names a node that is not there.
pub fn open(opening: &Opening) -> Result<Run<Checks>, Refusal> {
    let def = opening.def()?;
    let entry = def.entry()?;
    let params = def.params(&opening.params)?;
    let setup = setup(&def, opening, (entry.build)(&params, opening.seed.unwrap_or(def.seed))?)?;
    let checks = entry.checks(&params);
    check_edits(&opening.edits, &setup)?;
    Run::new(setup, checks, opening.edits.clone())
}

/// The protocol's setup under the scenario's own settings.
fn setup(def: &Scenario, opening: &Opening, mut setup: Setup) -> Result<Setup, Refusal> {
    let n = setup.nodes.len();
    if n > limits::SCENARIO_NODES {
        return Err(Refusal::new(
            "too-many-nodes",
            format!("{} would have {n} nodes: a scenario has at most {}", def.id, limits::SCENARIO_NODES),
        ));
    }
    setup.seed = opening.seed.unwrap_or(def.seed);
    if let Some(set) = &def.link {
        setup.link = set.on(&setup.link);
        for (_, _, link) in &mut setup.links {
            *link = set.on(link);
        }
    }
    setup.timing = def.timing.unwrap_or(setup.timing);
    setup.layout = def.layout.unwrap_or(setup.layout);
    links(def, &mut setup)?;
    Ok(setup)
}

/// The links that the scenario sets one by one, by the names of their ends.
fn links(def: &Scenario, setup: &mut Setup) -> Result<(), Refusal> {
    if def.links.is_empty() {
        return Ok(());
    }
    // Who is a server and what a node is called is known to a world.
    let world = World::new(setup.clone())?;
    for line in &def.links {
        let mut named = super::cast::Named::default();
        let from = super::cast::many(&world, &line.from, &mut named)?;
        let to = super::cast::many(&world, &line.to, &mut named)?;
        let pairs = from.iter().flat_map(|&a| to.iter().map(move |&b| (a, b)));
        for (a, b) in pairs.filter(|(a, b)| a != b) {
            let one = (a, b, line.set.on(world.link(a, b)));
            let other = line.both.then(|| (b, a, line.set.on(world.link(b, a))));
            setup.links.extend([Some(one), other].into_iter().flatten());
        }
    }
    Ok(())
}

/// Refuses, before anything runs, an edit that can never be made: one that names a node that is not
/// there, or a setting out of range. What depends on the moment (a crash of what has crashed) is
/// refused when its time comes.
fn check_edits(edits: &[Edit], setup: &Setup) -> Result<(), Refusal> {
    if edits.is_empty() {
        return Ok(());
    }
    let world = World::new(setup.clone())?;
    for (i, edit) in edits.iter().enumerate() {
        if let Err(refusal) = world.check(&edit.fault)
            && NEVER.contains(&refusal.code)
            // How far a clock may leap depends on how far it is off by then.
            && !(matches!(edit.fault, Fault::ClockJump { .. }) && refusal.code == "out-of-range")
        {
            return Err(Refusal {
                message: format!("edit {} (at {}): {refusal}", i + 1, SimTime(edit.at_us)),
                ..refusal
            });
        }
    }
    Ok(())
}

/// The codes of what is wrong at every moment alike.
const NEVER: &[&str] = &["unknown-node", "out-of-range", "bad-partition", "bad-request"];

/// `base` (its scenario, seed and parameters) with the staged situation `id`: the opening, and the
/// moment from which to watch, in microseconds. What `base` had of edits is gone.
///
/// # Errors
/// An unknown scenario or situation, and what [`open`] refuses.
pub fn stage(base: &Opening, id: &str) -> Result<(Opening, u64), Refusal> {
    let def = base.def()?;
    let situation = def.situation(id)?;
    let mut opening = base.clone();
    opening.edits.clear();
    for (name, value) in &situation.params {
        opening.params.insert(name.clone(), value.clone());
    }
    let Cue { edits, seek_us } = super::cue::cue(&opening, situation)?;
    opening.edits = edits;
    Ok((opening, seek_us))
}

/// Which option of the prediction is right under the seed and parameters of `base`: found by
/// running it.
///
/// # Errors
/// What [`open`] and [`stage`] refuse.
pub fn reveal(base: &Opening) -> Result<usize, Refusal> {
    revealed(base).map(|(_, answer)| answer)
}

/// The moment that the prediction asks about, in microseconds, and which option is right: see [`reveal`].
///
/// # Errors
/// As [`reveal`].
pub fn revealed(base: &Opening) -> Result<(u64, usize), Refusal> {
    let def = base.def()?;
    let Some(p) = &def.prediction else {
        return Err(Refusal::new("no-prediction", "this scenario asks nothing"));
    };
    let opening = match &p.situation {
        Some(id) => stage(base, id)?.0,
        None => Opening { edits: Vec::new(), ..base.clone() },
    };
    let mut run = open(&opening)?;
    let at_us = super::cue::asked_us(&opening, p)?;
    run.run_until(SimTime(at_us));
    Ok((at_us, p.answer(&run, def.entry()?, &def.params(&opening.params)?)))
}
