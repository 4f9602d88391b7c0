//! `search`: everything that can happen, up to a bound, and the shortest way to a broken promise.
//!
//! The rule that is easy to break: what the bound has cut off, and what the search does not try, is not known. "All
//! there are" is said only when nothing was left out, and what was is printed.

use super::args::{Args, Next};
use super::subject::Over;
use super::{Failure, Outcome};
use crate::check::Verdict;
use crate::check::search::{Bounds, Ending, Explored, Faults, explore};
use crate::scenario::{Opening, SharedRun, link, open};
use crate::sim::SimTime;
use crate::view::words;
use std::io::Write;

pub(super) fn search(args: &mut Args, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let (mut over, mut word) = (Over::default(), None);
    let (mut crashes, mut losses, mut copies) = (None, None, None);
    let (mut states, mut depth) = (200_000, 200);
    while let Some(next) = args.next()? {
        match next {
            Next::Option(o) if o == "max-states" => {
                states = args.number(&o, 1, 100_000_000)? as usize;
            }
            Next::Option(o) if o == "max-depth" => {
                depth = args.number(&o, 1, 10_000)? as u32;
            }
            Next::Option(o) if o == "crashes" => crashes = Some(args.number(&o, 0, 100)? as u8),
            Next::Option(o) if o == "losses" => losses = Some(args.number(&o, 0, 100)? as u8),
            Next::Option(o) if o == "copies" => copies = Some(args.number(&o, 0, 100)? as u8),
            Next::Option(o) => {
                if !over.take(args, &o)? {
                    return Err(args.unknown(&o));
                }
            }
            Next::Word(w) if word.is_none() => word = Some(w),
            Next::Word(w) => return Err(args.surplus(&w)),
        }
    }
    let word = word.ok_or_else(|| args.missing("a scenario, a file or a link"))?;
    let subject = over.over(&word)?;
    super::panics::doing(subject.name());
    let mut root = open(&subject.opening)?;
    // From the start, unless another moment is named: what time zero brings has happened.
    root.run_until(over.until().unwrap_or(SimTime::ZERO));
    let usual = Faults::usual(root.world());
    let faults = Faults {
        crashes: crashes.unwrap_or(usual.crashes),
        losses: losses.unwrap_or(usual.losses),
        copies: copies.unwrap_or(usual.copies),
    };
    let bounds = Bounds { states, depth, faults };
    let found = explore(&root, bounds);
    let opening = subject.opening.clone().seed(subject.seed()?);
    report(&opening, bounds, &found, out)
}

/// `1 crash, no loss, 2 copies`.
fn within(faults: Faults) -> String {
    let count = |n: u8, one: &str, many: &str| match n {
        0 => format!("no {one}"),
        1 => format!("1 {one}"),
        _ => format!("{n} {many}"),
    };
    let parts = [
        count(faults.crashes, "crash", "crashes"),
        count(faults.losses, "loss", "losses"),
        count(faults.copies, "copy", "copies"),
    ];
    parts.join(", ")
}

fn report(
    opening: &Opening,
    bounds: Bounds,
    found: &Explored,
    out: &mut dyn Write,
) -> Result<Outcome, Failure> {
    let Explored { states, depth, .. } = found;
    let within = within(bounds.faults);
    let Some((line, way, run)) = &found.violation else {
        let what = match found.ending {
            Ending::Complete if found.left_out.is_empty() => {
                format!("all there are with at most {within}: no safety promise can be broken")
            }
            Ending::Complete => format!("no violation within {within}"),
            _ => format!("the bound: no violation in these, within {within}"),
        };
        writeln!(out, "{states} states, depth {depth}, {what}")?;
        for left in &found.left_out {
            writeln!(out, "  left out: {left}")?;
        }
        return Ok(Outcome::Fine);
    };
    writeln!(out, "{states} states, depth {depth}, a promise is broken")?;
    for edit in run.edits() {
        writeln!(out, "  {}", words::fault(run.world(), &edit.fault))?;
    }
    if let Verdict::Violated { why, .. } = &line.verdict {
        writeln!(out, "VIOLATED  {}, in {} moves: {why}", line.name, way.len())?;
    }
    let shared = SharedRun {
        at_us: run.time().us(),
        events: Some(run.position()),
        ..SharedRun::of(Opening { edits: run.edits().to_vec(), ..opening.clone() })
    };
    // A run that no link can name (a scenario of one's own, too many edits) is told without one.
    let link = link::encode(&shared).map_or_else(|r| r.message, |payload| format!("#/x/{payload}"));
    writeln!(out, "{link}")?;
    Ok(Outcome::Violated)
}
