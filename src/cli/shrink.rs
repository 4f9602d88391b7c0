//! Shrinking: of the edits under which a run violates a property, those that it needs.
//!
//! The rule that is easy to break: what remains must violate the *same* property, and every single
//! one of its edits must be needed. Halves go first, because most edits are not.

use super::Failure;
use crate::check::{CheckLine, Checks, Verdict};
use crate::scenario::{Opening, open};
use crate::sim::history::Run;
use crate::sim::{Edit, SimTime};

/// A violation: the property's line, and the moment at which it was seen.
pub(super) struct Found {
    pub line: CheckLine,
    pub at: SimTime,
}

/// The first violation of `name` (of any property, if `None`) in the run of `opening` until `until`.
pub(super) fn violation(
    opening: &Opening,
    until: SimTime,
    name: Option<&str>,
) -> Result<Option<Found>, Failure> {
    let mut run = open(opening)?;
    // Coarse steps first: most runs violate nothing.
    run.run_until(until);
    let Some(line) = violated(&run, name) else {
        return Ok(None);
    };
    let at = first_seen(&mut run, line.name);
    Ok(Some(Found { line, at }))
}

fn violated(run: &Run<Checks>, name: Option<&str>) -> Option<CheckLine> {
    let mut lines = run.watcher().lines().into_iter();
    lines
        .find(|l| matches!(l.verdict, Verdict::Violated { .. }) && name.is_none_or(|n| n == l.name))
}

/// The moment of the first event after which the property `name` is violated: it stays so, and
/// therefore can be found by halving.
fn first_seen(run: &mut Run<Checks>, name: &str) -> SimTime {
    let (mut holds, mut broken) = (0, run.position());
    while broken - holds > 1 {
        let middle = holds + (broken - holds) / 2;
        run.seek_event(middle);
        if violated(run, Some(name)).is_some() {
            broken = middle;
        } else {
            holds = middle;
        }
    }
    run.seek_event(broken);
    run.time()
}

/// `opening` with as few of its edits as are needed for `found`, which is brought up to date.
pub(super) fn shrink(opening: &Opening, found: &mut Found) -> Result<Opening, Failure> {
    let mut small = opening.clone();
    small.edits.retain(|e| e.at_us <= found.at.us());
    let mut size = small.edits.len().div_ceil(2);
    while size >= 1 {
        let mut removed = false;
        let mut from = 0;
        while from < small.edits.len() {
            let shorter = without(&small, from, size);
            match violation(&shorter, found.at, Some(found.line.name))? {
                Some(earlier) => {
                    small = shorter;
                    *found = earlier;
                    removed = true;
                }
                None => from += size,
            }
        }
        size = match (size, removed) {
            // Removing one may have made another one superfluous.
            (1, true) => 1,
            (1, false) => break,
            (n, _) => n / 2,
        };
    }
    Ok(small)
}

/// `opening` without `count` of its edits, from number `from` on.
fn without(opening: &Opening, from: usize, count: usize) -> Opening {
    let mut edits: Vec<Edit> = opening.edits.clone();
    edits.drain(from..(from + count).min(edits.len()));
    // What follows was placed after a number of steps of a run that is no more.
    edits[from..].iter_mut().for_each(|e| e.after_steps = None);
    Opening {
        edits,
        ..opening.clone()
    }
}
