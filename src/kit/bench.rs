//! The test bench: a protocol with settings, run under its promises, and asked in a test's own words.
//!
//! The rule that is easy to break: the bench judges nothing that the test should judge. It runs, looks, and
//! panics with the protocol, its settings and the seed, so that what fails can be run again:
//! `faultline run ID --set ... --seed N`.

mod mean;
mod theory;
mod trial;

pub use mean::Mean;
pub use theory::{Compared, against_theory};
pub use trial::{Trial, Violation};

use super::{Entry, Params};
use crate::check::faultmix::{Mix, fault_phase, plan};
use crate::sim::history::Run;
use crate::sim::world::Setup;
use crate::sim::{Edit, Event, Fault, NodeId, Refusal, SimTime, Span};
use std::ops::Range;

/// A protocol with settings, on the bench.
#[derive(Clone)]
pub struct Bench {
    entry: &'static Entry,
    settings: Vec<String>,
    params: Params,
    edits: Vec<Edit>,
    until: SimTime,
    change: fn(&mut Setup),
}

/// `node` is down from the one moment to the other.
pub fn down(node: NodeId, from_ms: u64, to_ms: u64) -> Vec<Edit> {
    vec![Edit::at(from_ms * 1_000, Fault::crash(node)), Edit::at(to_ms * 1_000, Fault::Recover { node })]
}

/// A fault as links and files write it: `{"do":"links","set":{"cut":true}}`.
#[track_caller]
pub fn fault(json: &str) -> Fault {
    serde_json::from_str(json).unwrap_or_else(|e| panic!("{json}: {e}"))
}

impl Bench {
    /// `entry` with these settings, as on the command line (`["k=5"]`), and for as long as it runs when
    /// nothing is said.
    pub fn of(entry: &'static Entry, settings: &[&str]) -> Self {
        let settings: Vec<String> = settings.iter().map(|s| (*s).to_owned()).collect();
        Bench {
            entry,
            params: params(entry, &settings),
            settings,
            edits: Vec::new(),
            until: SimTime::ZERO + entry.length,
            change: |_| {},
        }
    }

    /// With further settings over those it has.
    #[must_use]
    pub fn set(&self, settings: &[&str]) -> Self {
        let more = settings.iter().map(|s| (*s).to_owned());
        let settings: Vec<String> = self.settings.iter().cloned().chain(more).collect();
        Bench { params: params(self.entry, &settings), settings, ..self.clone() }
    }

    /// Runs end here.
    #[must_use]
    pub fn until_ms(mut self, ms: u64) -> Self {
        self.until = SimTime::from_ms(ms);
        self
    }

    /// With these edits in every run, besides those it has.
    #[must_use]
    pub fn edits(mut self, edits: impl IntoIterator<Item = Edit>) -> Self {
        self.edits.extend(edits);
        self
    }

    /// With this done in every run, besides what it has.
    #[must_use]
    pub fn at(self, ms: u64, fault: Fault) -> Self {
        self.edits([Edit::at(ms * 1_000, fault)])
    }

    /// With a setup changed before it starts: another link, another timing model.
    #[must_use]
    pub fn changed(mut self, change: fn(&mut Setup)) -> Self {
        self.change = change;
        self
    }

    /// The settings, all of them.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The setup, or why the protocol refuses these settings.
    ///
    /// # Errors
    /// What the protocol's own `build` refuses.
    pub fn build(&self, seed: u64) -> Result<Setup, Refusal> {
        let mut setup = (self.entry.build)(&self.params, seed)?;
        (self.change)(&mut setup);
        Ok(setup)
    }

    /// A run at its start.
    pub fn start(&self, seed: u64) -> Trial {
        self.begin(seed, &format!("seed {seed}"), Vec::new())
    }

    /// A run to its end, every edit of which was made.
    pub fn run(&self, seed: u64) -> Trial {
        let mut trial = self.start(seed);
        trial.finish();
        trial
    }

    /// A run to its end under this mix of faults, of which two thirds of the run are given. What the
    /// links' or the timing model's contract refuses of them is left out.
    pub fn mixed(&self, mix: Mix, seed: u64) -> Trial {
        let servers: Vec<NodeId> = self.start(seed).world().servers().collect();
        let faults = plan(mix, seed, &servers, fault_phase(self.until));
        let mut trial = self.begin(seed, &format!("mix {}, seed {seed}", mix.id()), faults);
        trial.run_out();
        trial
    }

    fn begin(&self, seed: u64, what: &str, faults: Vec<Edit>) -> Trial {
        let name = format!("{} {:?}, {what}", self.entry.id, self.settings);
        let edits = [self.edits.clone(), faults].concat();
        let setup = self.build(seed);
        let run = setup.and_then(|s| Run::new(s, self.entry.checks(&self.params), edits));
        let run = run.unwrap_or_else(|r| panic!("{name}: {r}"));
        Trial::new(name, run, self.until)
    }

    /// Runs under every mix of faults, over these seeds, each given to `judge`: often [`Trial::safe`]. Gives back
    /// how many of the runs ended with something still pending.
    pub fn every_mix(&self, seeds: Range<u64>, mut judge: impl FnMut(&Trial)) -> usize {
        let pairs = seeds.flat_map(|seed| Mix::ALL.map(|mix| (mix, seed)));
        let trials = pairs.map(|(mix, seed)| self.mixed(mix, seed));
        trials.inspect(|t| judge(t)).filter(Trial::waits).count()
    }

    /// One run again and again, with a crash after each of its events: each time of the node at which it
    /// happened, which is back `away_ms` later. Each is given to `judge`: often [`Trial::safe`]. Gives back how
    /// many runs that made.
    pub fn crash_at_each_event(&self, seed: u64, away_ms: u64, mut judge: impl FnMut(&Trial)) -> usize {
        let mut walker = self.start(seed);
        let mut runs = 0;
        while walker.time() < self.until && walker.step() {
            let node = walker.world().last_event().node;
            if node == Event::NOBODY || !walker.world().is_up(node) {
                continue;
            }
            let mut trial = walker.clone();
            trial.call(&format!("{node} crashes after event {}", trial.position()));
            trial.fault(Fault::crash(node));
            let back = trial.time() + Span::ms(away_ms);
            trial.run_until(back);
            trial.fault(Fault::Recover { node });
            trial.finish();
            judge(&trial);
            runs += 1;
        }
        runs
    }

    /// The mean of a gauge over these seeds, of the runs that yield it.
    pub fn mean_of(&self, gauge: &str, seeds: Range<u64>) -> Mean {
        Mean::of(seeds.filter_map(|seed| self.run(seed).measure(gauge)))
    }
}

fn params(entry: &Entry, settings: &[String]) -> Params {
    let texts: Vec<&str> = settings.iter().map(String::as_str).collect();
    let params = entry.set(&texts);
    params.unwrap_or_else(|r| panic!("{} {texts:?}: {r}", entry.id))
}
