//! `search`: every order of events, up to a bound, and the shortest way to a broken promise.
//!
//! The rule that is easy to break: what the bound has cut off is not known. "No violation" is said of
//! the states that were reached, and of all only when all were.

use super::args::{Args, Next};
use super::subject::Over;
use super::{Failure, Outcome};
use crate::check::Verdict;
use crate::check::explore::{Bounds, Ending, Explored, explore};
use crate::scenario::{Opening, SharedRun, link, open};
use crate::sim::SimTime;
use crate::view::words;
use std::io::Write;

pub(super) fn search(args: &mut Args, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let (mut over, mut word) = (Over::default(), None);
    let mut bounds = Bounds { states: 200_000, depth: 200, crashes: 1 };
    while let Some(next) = args.next()? {
        match next {
            Next::Option(o) if o == "max-states" => {
                bounds.states = args.number(&o, 1, 100_000_000)? as usize;
            }
            Next::Option(o) if o == "max-depth" => {
                bounds.depth = args.number(&o, 1, 10_000)? as u32;
            }
            Next::Option(o) if o == "crashes" => bounds.crashes = args.number(&o, 0, 100)? as u8,
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
    let found = explore(&root, bounds);
    let opening = subject.opening.clone().seed(subject.seed()?);
    report(&opening, &found, out)
}

fn report(opening: &Opening, found: &Explored, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let Explored { states, depth, .. } = found;
    let Some((line, way, run)) = &found.violation else {
        let what = match found.ending {
            Ending::Complete => "all there are: no promise can be broken",
            _ => "the bound: no promise is broken in these",
        };
        writeln!(out, "{states} states, depth {depth}, {what}")?;
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
    writeln!(out, "#/x/{}", link::encode(&shared)?)?;
    Ok(Outcome::Violated)
}
