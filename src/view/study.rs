//! A study: the same scenario under many seeds, and what its gauges came to.
//!
//! The rule that is easy to break: it is the tool's `measure`, to the last digit. Both open the same
//! scenario, run it to the same moment and read the same gauges; a run that does not yield a number does
//! not count as zero.

use super::origin::Origin;
use super::shared::Shared;
use super::statistics::{Summary, summary};
use crate::check::Checks;
use crate::kit::{GaugeDef, Measure, measures};
use crate::scenario::{self, Opening, text};
use crate::sim::history::Run;
use crate::sim::{Refusal, SimTime, json, limits};

/// How many runs may be asked for.
pub const RUNS: [u32; 3] = [100, 1_000, 10_000];
/// Events simulated between two looks at the budget.
const SLICE: u32 = 512;

/// What is to be computed: plain data, as a worker takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The scenario with its parameters, and with edits where they are to be made in every run.
    pub opening: Opening,
    /// The first seed; the others follow it.
    pub first: u64,
    /// How many runs.
    pub runs: u32,
    /// Until when each of them goes, in microseconds of simulated time.
    pub until_us: u64,
}

impl Order {
    /// It as a text for another thread: a line with the numbers, then the opening.
    ///
    /// # Errors
    /// That what writes it has not come.
    pub fn text(&self) -> Result<String, Refusal> {
        let Order { first, runs, until_us, opening } = self;
        Ok(format!("{first} {runs} {until_us}\n{}", text::opening(opening)?))
    }

    /// Reads such a text.
    ///
    /// # Errors
    /// What is none, and what the scenario refuses.
    pub fn read(text: &str) -> Result<Self, Refusal> {
        let bad = || Refusal::new("bad-argument", "an order begins with first seed, runs, microseconds");
        let (numbers, opening) = text.split_once('\n').ok_or_else(bad)?;
        let number = |s: &str| s.parse::<u64>().ok();
        let mut numbers = numbers.split(' ').map(number);
        let mut next = || numbers.next().flatten().ok_or_else(bad);
        let (first, runs, until_us) = (next()?, next()?, next()?);
        Ok(Order {
            opening: Origin::from_json(opening)?.opening,
            first,
            runs: u32::try_from(runs).map_err(|_| bad())?,
            until_us: until_us.min(limits::RUN_US),
        })
    }

    /// The gauges that it reads, in order.
    pub fn gauges(&self) -> &'static [GaugeDef] {
        let entry = self.opening.def().and_then(|d| d.entry());
        entry.map_or(&[], |e| e.gauges)
    }

    /// Whether it is about what `origin` names: the same scenario with the same parameters.
    pub fn fits(&self, origin: &Origin) -> bool {
        let Opening { scenario, params, .. } = &self.opening;
        *scenario == origin.opening.scenario && *params == origin.opening.params
    }

    /// The command that prints the same numbers.
    pub fn command(&self) -> String {
        let Order { first, runs, until_us, opening } = self;
        let mut words = format!("faultline measure {} --seed {first} --runs {runs}", opening.scenario);
        for (id, value) in &opening.params {
            words += &format!(" --set {id}={}", json::text(value).trim_matches('"'));
        }
        words + &format!(" --until {}", until_us.div_ceil(1_000))
    }
}

/// One at work on an order.
pub struct Labour {
    order: Order,
    gauges: usize,
    done: u32,
    // The run that is not at its end yet.
    run: Option<Run<Checks>>,
}

/// What came of a stretch of work.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Yield {
    /// The values of the runs that came to their end, run by run, gauge by gauge; not a number where a run
    /// yielded none.
    pub values: Vec<f64>,
    /// In how many of them an edit could not be made, or a limit was passed.
    pub hindered: u32,
}

impl Labour {
    /// Takes an order.
    ///
    /// # Errors
    /// What opening its first run refuses.
    pub fn new(order: Order) -> Result<Self, Refusal> {
        let run = scenario::open(&order.opening.clone().seed(order.first))?;
        Ok(Labour { gauges: order.gauges().len(), order, done: 0, run: Some(run) })
    }

    /// Works until it is `out_of_time`, which is asked between slices, or all is done: then `true`.
    ///
    /// # Errors
    /// What opening a run refuses.
    pub fn work(
        &mut self,
        found: &mut Yield,
        out_of_time: &mut dyn FnMut() -> bool,
    ) -> Result<bool, Refusal> {
        while self.done < self.order.runs {
            let mut run = match self.run.take() {
                Some(run) => run,
                None => scenario::open(&self.order.opening.clone().seed(self.seed()))?,
            };
            while !run.advance(SimTime(self.order.until_us), SLICE) {
                if out_of_time() {
                    self.run = Some(run);
                    return Ok(false);
                }
            }
            let row = measures(run.watcher(), run.world());
            found.values.extend(row.iter().map(|m| m.value.unwrap_or(f64::NAN)));
            found.values.resize(found.values.len() + self.gauges - row.len(), f64::NAN);
            let hindered = !run.refused().is_empty() || run.world().stopped().is_some();
            found.hindered += u32::from(hindered);
            self.done += 1;
            if out_of_time() {
                break;
            }
        }
        Ok(self.done >= self.order.runs)
    }

    fn seed(&self) -> u64 {
        self.order.first.wrapping_add(u64::from(self.done))
    }
}

/// News of a study, by its number.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// More runs are done.
    Found(Yield),
    /// It goes on between frames, for there is no worker here.
    NoWorker,
    /// It cannot go on, and why.
    Failed(String),
}

/// How a study goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Runs are being computed.
    Running,
    /// All are.
    Done,
    /// Somebody has called it off; what was computed stays.
    Stopped,
    /// It cannot go on, and why.
    Failed(String),
}

/// A study on the page.
#[derive(Clone, PartialEq)]
pub struct Study {
    /// Counts the studies of this page.
    pub number: u32,
    /// What was asked for.
    pub order: Order,
    /// What was found, as in [`Yield::values`].
    pub values: Shared<Vec<f64>>,
    /// In how many runs an edit could not be made.
    pub hindered: u32,
    /// How it goes.
    pub state: State,
    /// It is computed between frames, for here is no worker.
    pub between_frames: bool,
}

impl Study {
    /// One that begins.
    pub fn new(number: u32, order: Order) -> Self {
        Study {
            number,
            order,
            values: Shared::new(Vec::new()),
            hindered: 0,
            state: State::Running,
            between_frames: false,
        }
    }

    /// Whether runs are being computed.
    pub fn is_running(&self) -> bool {
        self.state == State::Running
    }

    /// How many runs are done.
    pub fn done(&self) -> u32 {
        let columns = self.order.gauges().len().max(1);
        (self.values.get().len() / columns) as u32
    }

    /// Adds what was found.
    pub fn add(&mut self, found: &Yield) {
        self.values.get_mut().extend_from_slice(&found.values);
        self.values = self.values.changed();
        self.hindered += found.hindered;
        if self.done() >= self.order.runs {
            self.state = State::Done;
        }
    }

    /// What gauge number `column` came to in the runs that yielded it, in the order of their seeds.
    pub fn sample(&self, column: usize) -> Vec<f64> {
        let columns = self.order.gauges().len().max(1);
        let values = self.values.get();
        let column = values.iter().skip(column).step_by(columns);
        column.copied().filter(|v| !v.is_nan()).collect()
    }

    /// What is said of that sample.
    pub fn summary(&self, column: usize) -> Option<Summary> {
        summary(self.sample(column))
    }

    /// Each run's seed and what it came to: rows of [`super::export::csv::table`].
    pub fn rows(&self) -> Vec<(u64, Vec<Measure>)> {
        let gauges = self.order.gauges();
        let values = self.values.get();
        let rows = values.chunks_exact(gauges.len().max(1)).enumerate();
        let measure = |(g, value): (&GaugeDef, &f64)| Measure {
            name: g.id,
            value: (!value.is_nan()).then_some(*value),
        };
        rows.map(|(i, row)| {
            let seed = self.order.first.wrapping_add(i as u64);
            (seed, gauges.iter().zip(row).map(measure).collect())
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Edit, Fault, NodeId};

    fn order(scenario: &str, runs: u32) -> Order {
        Order { opening: Opening::of(scenario), first: 7, runs, until_us: 1_500_000 }
    }

    fn all(order: &Order, budget: u32) -> (Yield, u32) {
        let (mut found, mut turns) = (Yield::default(), 0);
        let mut labour = Labour::new(order.clone()).unwrap();
        loop {
            turns += 1;
            let mut left = budget;
            let done = labour.work(&mut found, &mut || {
                left = left.saturating_sub(1);
                left == 0
            });
            if done.unwrap() {
                return (found, turns);
            }
        }
    }

    fn bits(values: &[f64]) -> Vec<u64> {
        values.iter().map(|v| v.to_bits()).collect()
    }

    #[test]
    fn slices_of_any_length_come_to_the_same_numbers() {
        let order = order("raft-election", 12);
        let (whole, _) = all(&order, u32::MAX);
        for budget in [1, 3, 10] {
            let (found, turns) = all(&order, budget);
            assert_eq!(bits(&found.values), bits(&whole.values));
            assert!(turns > 1);
        }
    }

    /// Seeds 7, 8, ...: each row is what a run of that seed measures.
    #[test]
    fn a_row_is_what_its_seed_measures() {
        let order = order("two-generals", 5);
        let mut study = Study::new(1, order.clone());
        study.add(&all(&order, u32::MAX).0);
        assert_eq!((study.state.clone(), study.done()), (State::Done, 5));
        for (seed, row) in study.rows() {
            let mut run = scenario::open(&order.opening.clone().seed(seed)).unwrap();
            run.run_until(SimTime(order.until_us));
            assert_eq!(row, measures(run.watcher(), run.world()), "seed {seed}");
        }
        assert_eq!(study.rows()[4].0, 11);
    }

    #[test]
    fn an_order_is_read_as_it_is_written() {
        let mut order = order("raft-election", 100);
        order.first = u64::MAX;
        let crash = Fault::Crash { node: NodeId(1), stop: false };
        order.opening = order.opening.and([Edit::at(5, crash)]);
        assert_eq!(Order::read(&order.text().unwrap()), Ok(order));
        for text in
            ["", "x 1 2\n{}", "x 1 2 x\n{\"scenario\":\"raft-election\"}", "x 1 2 3\n{\"scenario\":\"x\"}"]
        {
            assert!(Order::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_run_that_yields_nothing_is_left_out_of_the_sample() {
        let mut study = Study::new(1, order("two-generals", 3));
        let columns = study.order.gauges().len();
        let mut values = vec![1.0; 3 * columns];
        values[columns] = f64::NAN;
        study.add(&Yield { values, hindered: 1 });
        assert_eq!((study.sample(0).len(), study.sample(1).len()), (2, 3));
        assert_eq!(study.rows()[1].1[0].value, None);
        assert_eq!(study.summary(0).map(|s| s.n), Some(2));
    }

    /// An edit that cannot be made under every seed hinders, and is counted.
    #[test]
    fn edits_are_made_in_every_run() {
        let mut order = order("raft-election", 3);
        let recover = Fault::Recover { node: NodeId(0) };
        order.opening = order.opening.and([Edit::at(1_000, recover)]);
        assert_eq!(all(&order, u32::MAX).0.hindered, 3);
    }
}
