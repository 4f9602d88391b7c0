//! `measure`: a scenario's numbers over many seeds.
//!
//! The rule that is easy to break: a run that does not yield a number does not count as zero. How
//! many did yield it is printed beside the mean.

use super::args::{Args, Next};
use super::subject::{Over, trouble};
use super::{Failure, Outcome};
use crate::kit::Measure;
use crate::view::export;
use crate::view::statistics::{Summary, summary};
use serde_json::json;
use std::io::Write;

pub(super) fn measure(args: &mut Args, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let (mut over, mut word, mut runs) = (Over::default(), None, None);
    let (mut as_json, mut as_csv) = (false, false);
    while let Some(next) = args.next()? {
        match next {
            Next::Option(o) if o == "runs" => runs = Some(args.number(&o, 1, 1_000_000)?),
            Next::Option(o) if o == "json" => as_json = true,
            Next::Option(o) if o == "csv" => as_csv = true,
            Next::Option(o) => {
                if !over.take(args, &o)? {
                    return Err(args.unknown(&o));
                }
            }
            Next::Word(w) if word.is_none() => word = Some(w),
            Next::Word(w) => return Err(args.surplus(&w)),
        }
    }
    let Some(word) = word else {
        return Err(args.missing("a scenario, a file or a link"));
    };
    let Some(runs) = runs else {
        return Err(args.missing("--runs N"));
    };
    if as_csv && as_json {
        return Err(Failure::input("measure prints --json or --csv, not both"));
    }
    let subject = over.over(&word)?;
    // Seeds begin at the one that was asked for.
    let first = subject.opening.seed.unwrap_or(0);
    let mut table: Vec<(u64, Vec<Measure>)> = Vec::new();
    for i in 0..runs {
        let run = subject.with_seed(first.wrapping_add(i)).run()?;
        trouble(&run)?;
        table.push(export::measures(&subject.opening, &run)?);
    }
    if as_csv {
        out.write_all(export::csv::table(&table).as_bytes())?;
        return Ok(Outcome::Fine);
    }
    let rows = summaries(&table);
    if as_json {
        let measures: serde_json::Map<String, serde_json::Value> =
            rows.iter().map(|(name, s)| ((*name).to_owned(), row_json(*s))).collect();
        let all = json!({
            "scenario": subject.opening.scenario, "runs": runs, "first_seed": first,
            "until_ms": subject.until.us() / 1_000, "measures": measures,
        });
        writeln!(out, "{all:#}")?;
    } else {
        writeln!(
            out,
            "{}: seeds {first} to {}, until {}",
            subject.opening.scenario,
            first.wrapping_add(runs - 1),
            subject.until
        )?;
        print(&rows, out)?;
    }
    Ok(Outcome::Fine)
}

/// A summary of each column.
fn summaries(table: &[(u64, Vec<Measure>)]) -> Vec<(&'static str, Option<Summary>)> {
    let names = table.first().map_or(&[][..], |(_, measures)| measures);
    let column = |(place, m): (usize, &Measure)| {
        let sample = table.iter().filter_map(|(_, row)| row.get(place)?.value);
        (m.name, summary(sample.collect()))
    };
    names.iter().enumerate().map(column).collect()
}

fn row_json(s: Option<Summary>) -> serde_json::Value {
    match s {
        None => json!({ "n": 0 }),
        Some(s) => json!({
            "n": s.n, "mean": s.mean, "standard_error": s.standard_error,
            "p50": s.p50, "p90": s.p90, "p99": s.p99,
        }),
    }
}

fn print(rows: &[(&str, Option<Summary>)], out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(
        out,
        "{:<24} {:>7} {:>12} {:>10} {:>10} {:>10} {:>10}",
        "measure", "n", "mean", "std.err.", "p50", "p90", "p99"
    )?;
    for (name, row) in rows {
        match row {
            None => writeln!(out, "{name:<24} {:>7} {:>12}", 0, "-")?,
            Some(s) => {
                let error = s.standard_error.map_or("-".to_owned(), |e| format!("{e:.3}"));
                writeln!(
                    out,
                    "{name:<24} {:>7} {:>12.3} {error:>10} {:>10.3} {:>10.3} {:>10.3}",
                    s.n, s.mean, s.p50, s.p90, s.p99
                )?;
            }
        }
    }
    Ok(())
}
