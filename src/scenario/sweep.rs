//! Sweeping: many seeds of an opening under a mix of faults, and what breaks made small. The tool, the page and
//! the tests sweep through this.
//!
//! The rule that is easy to break: where a rule is left out, the settings go with it under which that can
//! be seen (`MutantDef::with`), unless the opening says otherwise. A sweep that cannot find a mutant proves nothing.

use super::{Opening, open};
use crate::check::faultmix::{Mix, fault_phase, plan};
use crate::check::shrink::{self, Case, Found, Size};
use crate::kit::{ParamKind, Value};
use crate::sim::{Edit, NodeId, Refusal, SimTime};

/// How long a run of a sweep is when nothing is said.
pub const LENGTH: SimTime = SimTime::from_ms(15_000);

/// Why an edit is refused that names a node which is not there.
const ABSENT: [&str; 2] = ["unknown-node", "bad-partition"];

/// An opening to be run under many seeds.
pub struct Sweep {
    opening: Opening,
    servers: Vec<NodeId>,
    /// Which faults.
    pub mix: Mix,
    /// How long each run is; faults end at two thirds of it.
    pub until: SimTime,
}

impl Sweep {
    /// `opening` under this mix of faults, until this moment.
    ///
    /// # Errors
    /// What [`open`] refuses.
    pub fn of(opening: &Opening, mix: Mix, until: SimTime) -> Result<Self, Refusal> {
        let opening = with_what_its_mutant_needs(opening)?;
        let servers = open(&opening)?.world().servers().collect();
        Ok(Sweep { opening, servers, mix, until })
    }

    /// The opening under this seed, with its faults.
    pub fn at(&self, seed: u64) -> Opening {
        let faults = plan(self.mix, seed, &self.servers, fault_phase(self.until));
        self.opening.clone().seed(seed).and(faults)
    }

    /// The first violation of any promise under this seed, and the opening in which it happens.
    ///
    /// # Errors
    /// What [`open`] refuses.
    pub fn violation(&self, seed: u64) -> Result<Option<(Opening, Found)>, Refusal> {
        let opening = self.at(seed);
        let found = shrink::violation(&mut open(&opening)?, self.until, None);
        Ok(found.map(|f| (opening, f)))
    }
}

/// `opening` with the settings under which the mutant that it chooses can be found.
fn with_what_its_mutant_needs(opening: &Opening) -> Result<Opening, Refusal> {
    let (def, mut opening) = (opening.def()?, opening.clone());
    let entry = def.entry()?;
    let Some(mutant) = entry.mutant(&def.params(&opening.params)?) else {
        return Ok(opening);
    };
    for (id, text) in mutant.with.iter().filter_map(|s| s.split_once('=')) {
        if !opening.params.contains_key(id) {
            let value = def.parse_param(id, text)?;
            opening = opening.param(id, value);
        }
    }
    Ok(opening)
}

/// `opening` with as little as is needed for `found`, which is brought up to date.
///
/// # Errors
/// What [`open`] refuses.
pub fn shrunk(opening: &Opening, found: &mut Found) -> Result<Opening, Refusal> {
    let sizes = sizes(opening)?;
    let case = Case { edits: opening.edits.clone(), sizes: sizes.iter().map(|(_, s)| *s).collect() };
    let name = found.line.name;
    let of = |case: &Case| {
        let changed = sizes.iter().zip(&case.sizes).filter(|(a, b)| a.1 != **b);
        let edits = case.edits.clone();
        let bare = Opening { edits, ..opening.clone() };
        changed.fold(bare, |o, ((id, _), size)| o.param(id, Value::Int(size.now)))
    };
    let mut judge = |case: &mut Case, until: SimTime| {
        if case.sizes.iter().zip(&sizes).any(|(a, b)| *a != b.1) {
            let bare = Case { edits: Vec::new(), ..case.clone() };
            let run = open(&of(&bare)).ok()?;
            let strikes_nobody = |e: &Edit| {
                let refused = run.world().check(&e.fault).err();
                refused.is_some_and(|r| ABSENT.contains(&r.code))
            };
            case.edits.retain(|e| !strikes_nobody(e));
        }
        shrink::violation(&mut open(&of(case)).ok()?, until, Some(name))
    };
    let small = shrink::shrink(case, found, &mut judge);
    Ok(of(&small))
}

/// The parameters that are numbers of nodes: with one fewer, the world has fewer nodes.
fn sizes(opening: &Opening) -> Result<Vec<(&'static str, Size)>, Refusal> {
    let def = opening.def()?;
    let entry = def.entry()?;
    let params = def.params(&opening.params)?;
    let bare = Opening { edits: Vec::new(), ..opening.clone() };
    let nodes = |o: &Opening| open(o).map(|run| run.world().node_count());
    let all = nodes(&bare)?;
    let mut sizes = Vec::new();
    for param in entry.params {
        let ParamKind::Int { min, .. } = param.kind else {
            continue;
        };
        let now = params.int(param.id);
        let one_less = bare.clone().param(param.id, Value::Int(now - 1));
        if now > min && nodes(&one_less).is_ok_and(|n| n < all) {
            sizes.push((param.id, Size { now, least: min }));
        }
    }
    Ok(sizes)
}
