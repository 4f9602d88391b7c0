//! Sweeping: many seeds of an opening under a mix of faults, and what breaks made small. The tool, the page and
//! the tests sweep through this.
//!
//! Faults come while the protocol is at work: see [`Sweep::at`]. What they did is counted: see [`Did`].
//!
//! The rule that is easy to break: where a rule is left out, the settings go with it under which that can
//! be seen (`MutantDef::with`), unless the opening says otherwise. A sweep that cannot find a mutant proves nothing.

mod did;
mod fit;
mod work;

pub use did::Did;

use super::{Opening, open};
use crate::check::faultmix::{Mix, Struck, fault_phase, plan_at_work, plan_over};
use crate::check::shrink::{self, Case, Found, Size};
use crate::check::{Verdict, verdicts};
use crate::kit::{ParamKind, Value};
use crate::sim::{Edit, Refusal, SimTime, World, limits};
use work::Work;

/// How long a run of a sweep is when nothing is said.
pub const LENGTH: SimTime = SimTime::from_ms(15_000);

/// Why an edit is refused that names a node which is not there.
const ABSENT: [&str; 2] = ["unknown-node", "bad-partition"];

/// An opening to be run under many seeds.
pub struct Sweep {
    opening: Opening,
    work: Work,
    // At its start, for what it allows.
    world: World,
    /// Which faults.
    pub mix: Mix,
    /// How long each run is; faults end at two thirds of it.
    pub until: SimTime,
}

impl Sweep {
    /// `opening` under this mix of faults, until this moment.
    ///
    /// # Errors
    /// What [`open`] refuses; and a time for which the mix has more faults than a run takes.
    pub fn of(opening: &Opening, mix: Mix, until: SimTime) -> Result<Self, Refusal> {
        let opening = with_what_its_mutant_needs(opening)?;
        // Counted before anything is run: a long time has many.
        let world = open(&opening)?.world().clone();
        let (servers, parted): (Vec<_>, Vec<_>) = (world.servers().collect(), world.node_ids().collect());
        let before = opening.edits.len();
        let most =
            |until| plan_over(mix, 0, Struck { servers: &servers, parted: &parted }, fault_phase(until));
        if before + most(until).len() > limits::EDITS {
            return Err(too_long(mix, until));
        }
        // Without faults nobody asks when they should come.
        let looked = if mix == Mix::None { SimTime::ZERO } else { until };
        let work = Work::of(&opening, looked)?;
        Ok(Sweep { opening, work, world, mix, until })
    }

    /// The opening under this seed, with its faults. A protocol that is done long before the fault phase ends has them
    /// while it works, under some seeds, and under others in longer spans, up to the whole phase.
    ///
    /// # Errors
    /// More faults than a run takes.
    pub fn at(&self, seed: u64) -> Result<Opening, Refusal> {
        let (phase, struck) = (fault_phase(self.until), self.work.struck());
        let faults = match self.work.span(seed, phase) {
            Some(span) => plan_at_work(self.mix, seed, struck, span),
            None => plan_over(self.mix, seed, struck, phase),
        };
        if self.opening.edits.len() + faults.len() > limits::EDITS {
            return Err(too_long(self.mix, self.until));
        }
        Ok(self.opening.clone().seed(seed).and(fit::fitted(&self.world, faults)))
    }

    /// The run under this seed: what broke first, what is still pending at the end, and what the mix did.
    ///
    /// # Errors
    /// What [`open`] refuses, and [`Sweep::at`].
    pub fn run(&self, seed: u64) -> Result<Swept, Refusal> {
        let opening = self.at(seed)?;
        let mut run = open(&opening)?;
        run.run_until(self.until);
        let lines = verdicts(&run);
        let pending = lines.iter().any(|l| matches!(l.verdict, Verdict::Pending { .. }));
        let in_progress = !pending && lines.iter().any(|l| matches!(l.verdict, Verdict::InProgress { .. }));
        let did = match self.mix {
            Mix::None => Did { runs: 1, ..Did::default() },
            _ => {
                let mut calm = open(&self.opening.clone().seed(seed))?;
                calm.run_until(self.until);
                Did::of(&run, &calm)
            }
        };
        let found = shrink::violation(&mut run, self.until, None);
        Ok(Swept { opening, found, pending, in_progress, did })
    }
}

/// What a run of a sweep came to.
#[derive(Clone, Debug)]
pub struct Swept {
    /// What was run.
    pub opening: Opening,
    /// The first violation of any promise.
    pub found: Option<Found>,
    /// Whether a promise is still pending at the end: something that it needs is out of force.
    pub pending: bool,
    /// Whether none is, and work is under way at the end.
    pub in_progress: bool,
    /// What the mix did.
    pub did: Did,
}

fn too_long(mix: Mix, until: SimTime) -> Refusal {
    let (mix, most) = (mix.id(), limits::EDITS);
    let what = format!(
        "a sweep until {until} with mix {mix} has more faults than the {most} edits that a run takes"
    );
    Refusal::new("too-many-edits", format!("{what}: choose a shorter time, or another mix"))
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
