//! `models`: protocols under each timing model, over many seeds and a budget of faults.
//!
//! The rule that is easy to break: a cell counts runs. "No violation in 200 runs" is all that is said of safety.

use super::args::{Args, Next};
use super::subject::Over;
use super::{Failure, Outcome};
use crate::scenario;
use crate::scenario::sweep::LENGTH;
use crate::sim::SimTime;
use crate::view::models::{Budget, Cell, Model, Seen};
use crate::view::study::{Labour, Models, Order, Study, Yield};
use serde_json::json;
use std::io::Write;

pub(super) fn models(args: &mut Args, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let (mut over, mut words, mut seeds, mut as_json) = (Over::default(), Vec::new(), 200, false);
    let mut budget = Budget::default();
    while let Some(next) = args.next()? {
        match next {
            Next::Option(o) if o == "seeds" => seeds = args.number(&o, 1, 1_000_000)? as u32,
            Next::Option(o) if o == "crashes" => budget.crashes = args.number(&o, 0, 64)? as u32,
            Next::Option(o) if o == "loss" => budget.loss_ppm = args.number(&o, 0, 100)? as u32 * 10_000,
            Next::Option(o) if o == "json" => as_json = true,
            Next::Option(o) => {
                if !over.take(args, &o)? {
                    return Err(args.unknown(&o));
                }
            }
            Next::Word(w) => words.push(w),
        }
    }
    if words.is_empty() {
        return Err(args.missing("at least one scenario or protocol"));
    }
    for word in words {
        let subject = over.over(&word)?;
        let until = over.until().unwrap_or(LENGTH);
        let order = Order {
            first: subject.opening.seed.unwrap_or(0),
            opening: subject.opening,
            runs: seeds,
            until_us: until.us(),
            models: Some(Models { beside: Vec::new(), budget }),
        };
        let cells = worked(&order, &word)?;
        if as_json {
            let row = Model::ALL.iter().zip(&cells).map(|(m, c)| cell_json(*m, c, &order));
            let row = row.collect::<Result<Vec<_>, _>>()?;
            let line = json!({ "subject": word, "seeds": seeds, "crashes": budget.crashes,
                "loss_ppm": budget.loss_ppm, "until_ms": until.us() / 1_000, "models": row });
            writeln!(out, "{line}")?;
            continue;
        }
        writeln!(out, "{word}: {seeds} seeds a model, {} crashes, until {until}", budget.crashes)?;
        for (model, cell) in Model::ALL.iter().zip(&cells) {
            let waiting = cell.waiting;
            writeln!(
                out,
                "  {:<14} {}; {}; {waiting} still wait",
                model.id(),
                cell.safety(),
                cell.decided()
            )?;
            if cell.hindered > 0 {
                writeln!(out, "  {:<14} in {} runs something could not be done to it", "", cell.hindered)?;
            }
            if let Some((seed, promise, assumption)) = first_broken(&order, *model, cell)? {
                writeln!(out, "  {:<14} seed {seed} breaks {promise}: {assumption}", "")?;
            }
        }
    }
    Ok(Outcome::Fine)
}

/// The table's one row, computed to its end.
fn worked(order: &Order, word: &str) -> Result<Vec<Cell>, Failure> {
    let mut study = Study::new(1, order.clone());
    let mut labour = Labour::new(order.clone())?;
    while study.is_running() {
        super::panics::doing(format!("{word}, run {} of {}", study.done() + 1, order.all()));
        let mut found = Yield::default();
        labour.work(&mut found, &mut || true)?;
        study.add(&found);
    }
    Ok(study.cells().swap_remove(0))
}

/// The first run that broke a promise, once more: its seed, the promise, and which assumption was missing.
fn first_broken(
    order: &Order,
    model: Model,
    cell: &Cell,
) -> Result<Option<(u64, &'static str, String)>, Failure> {
    let Some(seed) = cell.first_broken else { return Ok(None) };
    let mut run = scenario::open(&order.cell(0, model, seed)?)?;
    run.run_until(SimTime(order.until_us));
    Ok(Seen::of(&run).broken.map(|(promise, assumption)| (seed, promise, assumption)))
}

fn cell_json(model: Model, cell: &Cell, order: &Order) -> Result<serde_json::Value, Failure> {
    let first = first_broken(order, model, cell)?;
    let first = first.map(
        |(seed, promise, assumption)| json!({ "seed": seed, "promise": promise, "assumption": assumption }),
    );
    Ok(json!({
        "model": model.id(), "runs": cell.runs, "violated": cell.broken, "first": first,
        "decided": cell.decided_ms.len(), "median_ms": cell.median_ms(), "waiting": cell.waiting,
        "hindered": cell.hindered,
    }))
}
