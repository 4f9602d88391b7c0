//! What the panel of the measures shows: each gauge of the run, its curve so far, what theory says.
//!
//! The rule that is easy to break: a gauge that has yielded nothing yet says so. It is not zero, and its
//! chart is empty.

use super::chart::{Chart, Line, with_unit};
use super::models::Budget;
use super::origin::Origin;
use super::study::{Models, Order};
use crate::check::Checks;
use crate::sim::history::Run;
use crate::sim::{Edit, limits};

/// A gauge of the run on screen.
#[derive(Clone, Debug, PartialEq)]
pub struct GaugeRow {
    /// Its name on the command line.
    pub id: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// What it shows now, if the run has yielded it.
    pub now: Option<f64>,
    /// What theory says of its mean over runs, with the parameters in force.
    pub theory: Option<f64>,
    /// Its curve up to now.
    pub chart: Chart,
}

impl GaugeRow {
    /// What it shows, in words.
    pub fn now_text(&self) -> String {
        self.now.map_or_else(|| "not yet".to_owned(), |v| with_unit(v, self.unit))
    }

    /// What theory says, in words.
    pub fn theory_text(&self) -> Option<String> {
        self.theory.map(|v| format!("theory {}", with_unit(v, self.unit)))
    }
}

/// The gauges of `run`, which was opened as `origin`; `now_us` is the moment shown.
pub fn rows(origin: &Origin, run: &Run<Checks>, now_us: u64) -> Vec<GaugeRow> {
    let params = origin.def.params(&origin.opening.params);
    let (Ok(entry), Ok(params)) = (origin.def.entry(), params) else {
        return Vec::new();
    };
    let gauges = run.watcher().gauges();
    let now: Vec<Option<f64>> = gauges.values(run.world()).map(|(_, v)| v).collect();
    let row = |(i, g): (usize, &crate::kit::GaugeDef)| {
        let now = now.get(i).copied().flatten();
        let curve = gauges.curve(g.id).into_iter();
        let mut points: Vec<(f64, f64)> = curve.map(|(t, v)| (t.us() as f64, v)).collect();
        points.extend(now.map(|v| (now_us as f64, v)));
        let line = Line { label: String::new(), points, steps: true };
        let mut row = GaugeRow {
            id: g.id,
            label: g.label,
            unit: g.unit,
            now,
            theory: g.theory.and_then(|theory| theory(&params)),
            chart: Chart::over_time(g.label, g.unit, now_us, Vec::new(), None),
        };
        let mark = row.theory.zip(row.theory_text());
        row.chart = Chart::over_time(g.label, g.unit, now_us, vec![line], mark);
        row
    };
    entry.gauges.iter().enumerate().map(row).collect()
}

/// What a reader asks for over many seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// How many runs.
    pub runs: u32,
    /// Until when each goes, in microseconds of simulated time.
    pub until_us: u64,
    /// The edits of the run on screen are made in each.
    pub with_edits: bool,
}

impl Ask {
    /// What stands there at first: as long as the tool runs it.
    pub fn of(origin: &Origin) -> Self {
        Ask { runs: 1_000, until_us: origin.def.length_us(), with_edits: false }
    }

    /// The order for the run on screen.
    pub fn order(self, origin: &Origin, run: &Run<Checks>) -> Order {
        let mut opening = origin.opening.clone();
        opening.seed = None;
        opening.edits.clear();
        if self.with_edits {
            opening.edits = portable(run.edits());
        }
        Order {
            opening,
            first: origin.seed(),
            runs: self.runs.max(1),
            until_us: self.until_us.clamp(1_000, limits::RUN_US),
            models: None,
        }
    }
}

/// What a reader asks for under each timing model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskModels {
    /// How many seeds for each model.
    pub runs: u32,
    /// How many servers crash in each run, for good.
    pub crashes: u32,
}

impl AskModels {
    /// Until when each run goes: long enough for what a bound in the end still lets happen.
    pub const UNTIL_US: u64 = 15_000_000;

    /// The order for the scenario on screen, with those beside it that it names.
    pub fn order(self, origin: &Origin) -> Order {
        let mut opening = origin.opening.clone();
        opening.seed = None;
        opening.edits.clear();
        let budget = Budget { crashes: self.crashes, loss_ppm: 0 };
        Order {
            opening,
            first: origin.seed(),
            runs: self.runs.max(1),
            until_us: Self::UNTIL_US,
            models: Some(Models { beside: origin.def.beside.clone(), budget }),
        }
    }
}

/// The edits that mean the same under another seed: no message there has the number that it has here, and
/// no two events the same step between them.
pub fn portable(edits: &[Edit]) -> Vec<Edit> {
    let others = edits.iter().filter(|e| !e.fault.names_a_message());
    others.map(|e| Edit::at(e.at_us, e.fault.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Opening;
    use crate::sim::{Fault, MsgId, NodeId, SimTime};

    fn run(id: &str, ms: u64) -> (Origin, Run<Checks>) {
        let origin = Origin::of(Opening::of(id)).unwrap();
        let mut run = origin.open().unwrap();
        run.run_until(SimTime::from_ms(ms));
        (origin, run)
    }

    #[test]
    fn every_gauge_has_a_row_with_its_curve_up_to_now() {
        let (origin, run) = run("two-generals", 400);
        let rows = rows(&origin, &run, 400_000);
        let entry = origin.def.entry().unwrap();
        assert_eq!(rows.len(), entry.gauges.len());
        let sent = rows.iter().find(|r| r.id == "messengers").unwrap();
        let points = &sent.chart.lines[0].points;
        assert!(points.len() > 2 && points.windows(2).all(|w| w[0].0 <= w[1].0 && w[0].1 <= w[1].1));
        assert_eq!(points.last().copied(), Some((400_000.0, sent.now.unwrap())));
    }

    /// Five messengers, 30 % caught: 0.3 times 0.7 to the fourth is 0.07203, whatever the run comes to.
    #[test]
    fn theory_stands_beside_the_gauge_it_is_about_and_what_is_not_yet_says_so() {
        let (origin, run) = run("two-generals", 100);
        let rows = rows(&origin, &run, 100_000);
        let row = rows.iter().find(|r| r.id == "disagree").unwrap();
        assert_eq!(row.theory_text().as_deref(), Some("theory 0.07203"));
        assert_eq!((row.now, row.now_text().as_str()), (None, "not yet"));
        assert_eq!(row.chart.marks.len(), 1);
        assert!(rows.iter().any(|r| r.theory.is_none()));
    }

    #[test]
    fn edits_that_name_a_message_stay_at_home() {
        let crash = Fault::Crash { node: NodeId(1), stop: false };
        let mut late = Edit::at(9, crash.clone());
        late.after_steps = Some(4);
        let edits = [Edit::at(5, Fault::Drop { msg: MsgId(3) }), late];
        assert_eq!(portable(&edits), [Edit::at(9, crash)]);
    }
}
