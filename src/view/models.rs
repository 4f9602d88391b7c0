//! One protocol under each timing model: the same seeds and the same budget of faults, and what was seen in each.
//!
//! A model is put on as edits at time zero: the model, and delays which it allows and which make the most of it. So every run of the
//! study is an opening like any other, and can be opened in the page.
//!
//! The rule that is easy to break: a cell says what was seen in so many runs and nothing of the others. No violation in
//! two hundred runs is that, and never a proof.

use super::statistics::summary;
use crate::check::{Checks, Class, Verdict, verdicts};
use crate::scenario::{self, Opening};
use crate::sim::history::Run;
use crate::sim::link::LinkPatch;
use crate::sim::streams::{below, setup_stream};
use crate::sim::{Delay, Edit, Fault, NodeConfig, NodeId, Rank, Refusal, SimTime, Timing, World};
use rand::Rng;

/// The bound on delivery where a scenario's links have none.
const USUAL_US: u64 = 50_000;

/// The timing models of a study, from the most that is promised to the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Model {
    /// Known bounds on everything.
    Synchronous,
    /// A bound on delivery that nobody knows.
    UnknownBound,
    /// A bound on delivery from an unknown time on.
    Gst,
    /// No bound on anything.
    Asynchronous,
}

impl Model {
    /// All of them.
    pub const ALL: [Model; 4] = [Model::Synchronous, Model::UnknownBound, Model::Gst, Model::Asynchronous];

    /// Its name for people, short enough for the head of a column.
    pub fn label(self) -> &'static str {
        match self {
            Model::Synchronous => "Synchronous",
            Model::UnknownBound => "Unknown bound",
            Model::Gst => "Bound in the end",
            Model::Asynchronous => "Asynchronous",
        }
    }

    /// Its name for programs.
    pub fn id(self) -> &'static str {
        match self {
            Model::Synchronous => "synchronous",
            Model::UnknownBound => "unknown-bound",
            Model::Gst => "gst",
            Model::Asynchronous => "asynchronous",
        }
    }

    /// The model, and the delays of its messages, where a message takes `bound_us` at most when all is well: up to five times that
    /// where nobody knows the bound, and 50 to 200 times that where there is none.
    fn weather(self, bound_us: u64, step_us: u64, drift_ppm: u32) -> (Timing, Delay) {
        let uniform = |min_us, max_us| Delay::Uniform { min_us, max_us };
        let storm = uniform(50 * bound_us, 200 * bound_us);
        match self {
            Model::Synchronous => {
                let timing = Timing::Synchronous { delay_us: bound_us, step_us, drift_ppm };
                (timing, uniform(bound_us / 2, bound_us))
            }
            Model::UnknownBound => {
                (Timing::UnknownBound { at_most_us: 5 * bound_us }, uniform(bound_us / 2, 5 * bound_us))
            }
            Model::Gst => (Timing::Gst { gst_us: 100 * bound_us, delay_us: bound_us }, storm),
            Model::Asynchronous => (Timing::Asynchronous, storm),
        }
    }
}

/// What may go wrong in each run, besides the weather.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// So many servers crash, and stay down.
    pub crashes: u32,
    /// Messages that links lose, in parts per million.
    pub loss_ppm: u32,
}

/// One protocol under each model: a row of the table.
pub struct Row {
    opening: Opening,
    budget: Budget,
    until: SimTime,
    bound_us: u64,
    // The longest step of any node, and the largest drift: what its processors, disks and clocks are made for.
    step_us: u64,
    drift_ppm: u32,
    servers: Vec<NodeId>,
    // The protocol's own model is the synchronous one already.
    synchronous: bool,
}

/// What was seen in one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The first safety promise that broke, and which assumption was missing.
    pub broken: Option<(&'static str, String)>,
    /// When the first decision was, in milliseconds.
    pub decided_ms: Option<f64>,
    /// At the end a promise of something in the end was not kept: it waits or is broken.
    pub waiting: bool,
    /// Something of all that could not be done.
    pub hindered: bool,
}

/// What was seen under one model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    /// Runs.
    pub runs: u64,
    /// Runs in which a safety promise broke.
    pub broken: u64,
    /// The seed of the first of them.
    pub first_broken: Option<u64>,
    /// The seed of the first run that came to no decision.
    pub first_undecided: Option<u64>,
    /// Of the runs that came to a decision, when the first was, in milliseconds.
    pub decided_ms: Vec<f64>,
    /// Runs in which at the end a promise of something in the end was not kept.
    pub waiting: u64,
    /// Runs in which something of all that could not be done.
    pub hindered: u64,
}

impl Cell {
    /// What is said of safety: never more than was seen.
    pub fn safety(&self) -> String {
        match self.broken {
            0 => format!("no violation in {} runs", self.runs),
            broken => format!("violated in {broken} of {} runs", self.runs),
        }
    }

    /// How many came to a decision, and how soon in the median.
    pub fn decided(&self) -> String {
        let k = self.decided_ms.len();
        match self.median_ms() {
            Some(ms) => format!("{k} of {} decided, median {ms:.0} ms", self.runs),
            None => format!("0 of {} decided", self.runs),
        }
    }

    /// The median of the times to the first decision.
    pub fn median_ms(&self) -> Option<f64> {
        summary(self.decided_ms.clone()).map(|s| s.p50)
    }

    /// The seed of the run that shows it: the first in which a promise broke, else the first that came to no decision, else
    /// the `first` of all; none before a run is done.
    pub fn shows(&self, first: u64) -> Option<u64> {
        (self.runs > 0).then(|| self.first_broken.or(self.first_undecided).unwrap_or(first))
    }

    /// What that run shows.
    pub fn why_shown(&self) -> &'static str {
        match (self.first_broken, self.first_undecided) {
            (Some(_), _) => "a promise breaks",
            (None, Some(_)) => "nothing is decided in the time that is looked at",
            (None, None) => "as all of them go",
        }
    }

    /// Adds a run, as [`Seen::numbers`] has it.
    pub fn add(&mut self, seed: u64, [broken, decided_ms, waiting, hindered]: [f64; Seen::WIDTH]) {
        self.runs += 1;
        if broken > 0.0 {
            self.broken += 1;
            self.first_broken.get_or_insert(seed);
        }
        match decided_ms.is_nan() {
            true => _ = self.first_undecided.get_or_insert(seed),
            false => self.decided_ms.push(decided_ms),
        }
        self.waiting += u64::from(waiting > 0.0);
        self.hindered += u64::from(hindered > 0.0);
    }
}

impl Seen {
    /// How many numbers tell of a run.
    pub const WIDTH: usize = 4;

    /// It as numbers, as they come from another thread: broken or not, the time of the decision or not a number, whether it
    /// waits, whether it was hindered.
    pub fn numbers(&self) -> [f64; Self::WIDTH] {
        let truth = |yes| f64::from(u8::from(yes));
        let decided = self.decided_ms.unwrap_or(f64::NAN);
        [truth(self.broken.is_some()), decided, truth(self.waiting), truth(self.hindered)]
    }

    /// What is seen in `run`, as it stands.
    pub fn of(run: &Run<Checks>) -> Self {
        let lines = verdicts(run);
        let broken = lines.iter().filter(|l| l.class == Class::Safety).find_map(|l| match &l.verdict {
            Verdict::Violated { assumption, .. } => Some((l.name, assumption.clone())),
            _ => None,
        });
        let waits = |v: &Verdict| matches!(v, Verdict::Pending { .. } | Verdict::Violated { .. });
        let trace = run.trace();
        let decided = trace.facts().iter().find(|(_, t)| t.fact.rank() == Rank::Decisive);
        Seen {
            broken,
            decided_ms: decided.map(|(e, _)| trace.event(*e).time.us() as f64 / 1_000.0),
            waiting: lines.iter().any(|l| l.class == Class::Liveness && waits(&l.verdict)),
            hindered: !run.refused().is_empty() || run.world().stopped().is_some(),
        }
    }
}

impl Row {
    /// `opening` under each model, each run until this moment.
    ///
    /// # Errors
    /// What [`scenario::open`] refuses, and loss on links that lose nothing.
    pub fn of(opening: &Opening, until: SimTime, budget: Budget) -> Result<Self, Refusal> {
        let run = scenario::open(opening)?;
        let world = run.world();
        if budget.loss_ppm > 0 {
            world.check(&Fault::Links { set: lossy(budget) })?;
        }
        Ok(Row {
            opening: opening.clone(),
            budget,
            until,
            bound_us: bound_us(world),
            step_us: configs(world).map(|c| c.service_us.max(c.sync_us)).fold(1_000, u64::max),
            drift_ppm: configs(world).map(|c| c.drift_ppm.unsigned_abs()).fold(100, u32::max),
            servers: world.servers().collect(),
            synchronous: matches!(world.timing(), Timing::Synchronous { .. }),
        })
    }

    /// The opening of a run: the weather and its faults, all of them edits.
    pub fn opening(&self, model: Model, seed: u64) -> Opening {
        let (timing, delay) = model.weather(self.bound_us, self.step_us, self.drift_ppm);
        let links = |set| Fault::Links { set };
        let mut edits = Vec::new();
        if model != Model::Synchronous || !self.synchronous {
            let set = LinkPatch { delay: Some(delay), ..LinkPatch::default() };
            // Without a contract first, so that neither the old nor the new one is broken on the way.
            let free = Fault::Timing { timing: Timing::Asynchronous };
            edits.extend([free, links(set), Fault::Timing { timing }].map(|f| Edit::at(0, f)));
        }
        if self.budget.loss_ppm > 0 {
            edits.push(Edit::at(0, links(lossy(self.budget))));
        }
        edits.extend(self.crashes(seed));
        self.opening.clone().seed(seed).and(edits)
    }

    /// Servers crash early in some runs and late in others, for good: at a moment of a span that is drawn, too.
    fn crashes(&self, seed: u64) -> Vec<Edit> {
        let mut dice = setup_stream(seed, "models: crashes");
        let mut left = self.servers.clone();
        let mut edits = Vec::new();
        for _ in 0..self.budget.crashes.min(left.len() as u32) {
            let node = left.remove(below(dice.next_u64(), left.len() as u64) as usize);
            let span_us = 16_000 << below(dice.next_u64(), 9);
            let at_us = below(dice.next_u64(), span_us.min(self.until.us()).max(1));
            edits.push(Edit::at(at_us, Fault::Crash { node, stop: true }));
        }
        edits.sort_by_key(|e| e.at_us);
        edits
    }
}

fn configs(world: &World) -> impl Iterator<Item = NodeConfig> {
    world.node_ids().map(|n| world.config(n))
}

fn lossy(budget: Budget) -> LinkPatch {
    LinkPatch { loss_ppm: Some(budget.loss_ppm), ..LinkPatch::default() }
}

/// How long a message takes at most when all is well: by the scenario's own contract, or its links.
fn bound_us(world: &World) -> u64 {
    match world.timing() {
        Timing::Synchronous { delay_us, .. } | Timing::BoundedAsync { delay_us } => delay_us,
        _ if world.node_count() < 2 => USUAL_US,
        _ => world.link(NodeId(0), NodeId(1)).longest(1_500).map_or(USUAL_US, |l| l.0.max(2)),
    }
}
