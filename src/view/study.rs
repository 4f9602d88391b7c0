//! A study: the same scenario under many seeds, and what its gauges came to.
//!
//! The rule that is easy to break: it is the tool's `measure`, to the last digit. Both open the same
//! scenario, run it to the same moment and read the same gauges; a run that does not yield a number does
//! not count as zero.

use super::models::{Budget, Cell, Model, Row, Seen};
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
    /// Not its gauges, but each timing model in turn, under so many seeds each.
    pub models: Option<Models>,
}

/// What a table of timing models is made of, besides the scenario itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Models {
    /// The scenarios in the rows below its own.
    pub beside: Vec<String>,
    /// What may go wrong in each run.
    pub budget: Budget,
}

impl Order {
    /// It as a text for another thread: a line with the numbers (and for a table of models its budget and its other rows),
    /// then the opening.
    ///
    /// # Errors
    /// That what writes it has not come.
    pub fn text(&self) -> Result<String, Refusal> {
        let Order { first, runs, until_us, opening, models } = self;
        let mut head = format!("{first} {runs} {until_us}");
        if let Some(Models { beside, budget }) = models {
            head += &format!(" {} {}", budget.crashes, budget.loss_ppm);
            beside.iter().for_each(|id| head += &format!(" {id}"));
        }
        Ok(format!("{head}\n{}", text::opening(opening)?))
    }

    /// Reads such a text.
    ///
    /// # Errors
    /// What is none, and what the scenario refuses.
    pub fn read(text: &str) -> Result<Self, Refusal> {
        let bad = || Refusal::new("bad-argument", "an order begins with first seed, runs, microseconds");
        let (numbers, opening) = text.split_once('\n').ok_or_else(bad)?;
        let mut words = numbers.split(' ');
        let mut next = || words.next().and_then(|w| w.parse::<u64>().ok());
        let (first, runs, until_us) = (|| Some((next()?, next()?, next()?)))().ok_or_else(bad)?;
        let count = |n: u64| u32::try_from(n).map_err(|_| bad());
        let models = match next() {
            None => None,
            Some(crashes) => {
                let loss_ppm = count(next().ok_or_else(bad)?)?;
                let budget = Budget { crashes: count(crashes)?, loss_ppm };
                Some(Models { budget, beside: words.map(str::to_owned).collect() })
            }
        };
        let opening = Origin::from_json(opening)?.opening;
        Ok(Order { opening, first, runs: count(runs)?, until_us: until_us.min(limits::RUN_US), models })
    }

    /// The gauges that it reads, in order.
    pub fn gauges(&self) -> &'static [GaugeDef] {
        let entry = self.opening.def().and_then(|d| d.entry());
        entry.map_or(&[], |e| e.gauges)
    }

    /// How many numbers tell of a run.
    fn columns(&self) -> usize {
        match self.models {
            Some(_) => Seen::WIDTH,
            None => self.gauges().len().max(1),
        }
    }

    /// The scenarios of a table of models, a row each.
    pub fn rows(&self) -> impl Iterator<Item = &str> {
        let beside = self.models.iter().flat_map(|m| &m.beside).map(String::as_str);
        std::iter::once(&*self.opening.scenario).chain(beside)
    }

    /// How many runs there are in all.
    pub fn all(&self) -> u32 {
        match self.models {
            Some(_) => self.runs.saturating_mul((self.rows().count() * Model::ALL.len()) as u32),
            None => self.runs,
        }
    }

    /// What run number `k` is: its row, its model, its seed. Each seed goes through a whole table, so that it fills evenly; without a
    /// table there is one row, of gauges.
    fn place(&self, k: u32) -> (usize, Model, u64) {
        let models = if self.models.is_some() { Model::ALL.len() } else { 1 };
        let rows = self.rows().count();
        let k = k as usize;
        let seed = self.first.wrapping_add((k / models / rows) as u64);
        (k / models % rows, Model::ALL[k % models], seed)
    }

    /// The rows of its table, as they are run; none if it has no table.
    ///
    /// # Errors
    /// What opening one of them refuses.
    fn table(&self) -> Result<Vec<Row>, Refusal> {
        let Some(models) = &self.models else { return Ok(Vec::new()) };
        let beside = models.beside.iter().map(|id| Opening::of(id));
        let all = std::iter::once(self.opening.clone()).chain(beside);
        all.map(|o| Row::of(&o, SimTime(self.until_us), models.budget)).collect()
    }

    /// The run of a table's cell under this seed.
    ///
    /// # Errors
    /// What opening the row refuses.
    pub fn cell(&self, row: usize, model: Model, seed: u64) -> Result<Opening, Refusal> {
        let unknown = || Refusal::new("bad-argument", "there is no such row");
        self.table()?.get(row).map(|r| r.opening(model, seed)).ok_or_else(unknown)
    }

    /// Whether it is about what `origin` names: the same scenario with the same parameters.
    pub fn fits(&self, origin: &Origin) -> bool {
        let Opening { scenario, params, .. } = &self.opening;
        *scenario == origin.opening.scenario && *params == origin.opening.params
    }

    /// The command that prints the same numbers.
    pub fn command(&self) -> String {
        let Order { first, runs, until_us, opening, models } = self;
        let mut words = match models {
            None => format!("faultline measure {} --seed {first} --runs {runs}", opening.scenario),
            Some(m) => {
                let rows: Vec<_> = self.rows().collect();
                let crashes = m.budget.crashes;
                format!(
                    "faultline models {} --seed {first} --seeds {runs} --crashes {crashes}",
                    rows.join(" ")
                )
            }
        };
        for (id, value) in &opening.params {
            words += &format!(" --set {id}={}", json::text(value).trim_matches('"'));
        }
        words + &format!(" --until {}", until_us.div_ceil(1_000))
    }
}

/// One at work on an order.
pub struct Labour {
    order: Order,
    columns: usize,
    table: Vec<Row>,
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
        let table = order.table()?;
        let mut labour = Labour { columns: order.columns(), table, order, done: 0, run: None };
        labour.run = Some(labour.next()?);
        Ok(labour)
    }

    /// Opens the run that is next.
    fn next(&self) -> Result<Run<Checks>, Refusal> {
        let (row, model, seed) = self.order.place(self.done);
        match self.table.get(row) {
            Some(row) => scenario::open(&row.opening(model, seed)),
            None => scenario::open(&self.order.opening.clone().seed(seed)),
        }
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
        let all = self.order.all();
        while self.done < all {
            let mut run = match self.run.take() {
                Some(run) => run,
                None => self.next()?,
            };
            while !run.advance(SimTime(self.order.until_us), SLICE) {
                if out_of_time() {
                    self.run = Some(run);
                    return Ok(false);
                }
            }
            self.note(&run, found);
            self.done += 1;
            if out_of_time() {
                break;
            }
        }
        Ok(self.done >= all)
    }

    /// Notes what a run came to.
    fn note(&self, run: &Run<Checks>, found: &mut Yield) {
        let end = found.values.len() + self.columns;
        match self.table.is_empty() {
            true => {
                let row = measures(run.watcher(), run.world());
                found.values.extend(row.iter().map(|m| m.value.unwrap_or(f64::NAN)));
            }
            false => found.values.extend(Seen::of(run).numbers()),
        }
        found.values.resize(end, f64::NAN);
        let hindered = !run.refused().is_empty() || run.world().stopped().is_some();
        found.hindered += u32::from(hindered);
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
        (self.values.get().len() / self.order.columns()) as u32
    }

    /// Adds what was found.
    pub fn add(&mut self, found: &Yield) {
        self.values.get_mut().extend_from_slice(&found.values);
        self.values = self.values.changed();
        self.hindered += found.hindered;
        if self.done() >= self.order.all() {
            self.state = State::Done;
        }
    }

    /// What gauge number `column` came to in the runs that yielded it, in the order of their seeds.
    pub fn sample(&self, column: usize) -> Vec<f64> {
        let columns = self.order.columns();
        let values = self.values.get();
        let column = values.iter().skip(column).step_by(columns);
        column.copied().filter(|v| !v.is_nan()).collect()
    }

    /// The cells of a table of models so far: row by row, in the order of [`Model::ALL`].
    pub fn cells(&self) -> Vec<Vec<Cell>> {
        let mut table = vec![vec![Cell::default(); Model::ALL.len()]; self.order.rows().count()];
        for (k, seen) in self.values.get().as_chunks().0.iter().enumerate() {
            let (row, model, seed) = self.order.place(k as u32);
            table[row][model as usize].add(seed, *seen);
        }
        table
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
        Order { opening: Opening::of(scenario), first: 7, runs, until_us: 1_500_000, models: None }
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
