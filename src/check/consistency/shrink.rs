//! The smallest part of a history that still breaks its promise.
//!
//! The rule that is easy to break: a part must be at fault in its own right. Taking out a read, or
//! a write that nobody has seen, never makes a good history bad: where such an operation stood in an
//! order, the order without it is one too. A write that somebody has read must stay.

use super::{Act, Budget, Level, Meter, Op, Outcome, by_key, islands, metered, plain};
use std::collections::BTreeSet;

/// How much may be looked at while a part is made smaller: states, and operations for each part.
const LOOKS: u64 = 600_000;

/// A part of `ops`, which violate `level`, that violates it too; and from which nothing more can be
/// taken, unless finding that takes too long. The verdict on them was found with this `budget`.
pub fn smallest(ops: &[Op], level: Level, budget: Budget) -> Vec<Op> {
    let mut trial = Trial { level, budget, meter: Meter::default() };
    let part = trial.guilty(ops);
    let part = trial.smaller(part);
    // With the others gone one look may show what is wrong.
    match plain(&part, level) {
        Some(places) if places.len() < part.len() => {
            trial.meter = Meter::default();
            trial.smaller(places.into_iter().map(|i| part[i]).collect())
        }
        _ => part,
    }
}

/// What tries parts.
struct Trial {
    level: Level,
    budget: Budget,
    meter: Meter,
}

impl Trial {
    /// Whether a part is certainly bad, as far as there is time to see it.
    fn bad(&mut self, part: &[Op]) -> bool {
        let left = LOOKS.saturating_sub(self.meter.0);
        let budget = Budget { states: self.budget.states.min(left), ..self.budget };
        left > 0 && metered(part, self.level, budget, &mut self.meter) == Outcome::Violated
    }

    /// The operations of one register, or of some that belong together, that are at fault.
    fn guilty(&mut self, ops: &[Op]) -> Vec<Op> {
        let keys = by_key(ops);
        for own in &keys {
            if let Some(places) = plain(own, self.level) {
                return places.into_iter().map(|i| own[i]).collect();
            }
        }
        let lone = keys.len() == 1;
        for own in keys.into_iter().chain(islands(ops)) {
            if lone || self.bad(&own) {
                return match self.level {
                    Level::Linearizable => self.earliest(own),
                    Level::Sequential => own,
                };
            }
        }
        ops.to_vec()
    }

    /// `part` with one piece after the other taken out, from halves to single operations.
    fn smaller(&mut self, mut part: Vec<Op>) -> Vec<Op> {
        let mut size = part.len().div_ceil(2);
        while size > 0 {
            let before = part.len();
            let mut from = 0;
            while from < part.len() && self.meter.0 < LOOKS {
                let without = without(&part, from..(from + size).min(part.len()));
                match without.len() < part.len() && self.bad(&without) {
                    true => part = without,
                    false => from += size,
                }
            }
            // What has gone may have been what kept an earlier write.
            if part.len() == before || size > 1 {
                size /= 2;
            }
        }
        part
    }

    /// The history up to the earliest end at which it is bad. Every beginning of a linearizable history
    /// is linearizable, so that end is found by halving.
    fn earliest(&mut self, ops: Vec<Op>) -> Vec<Op> {
        let until = |end: usize| -> Vec<Op> {
            let begun = ops.iter().filter(|o| o.call < end).copied();
            let cut = begun.map(|o| Op { end: if o.end <= end { o.end } else { usize::MAX }, ..o });
            // What is read in an answer that nobody has seen yet is not known.
            cut.filter(|o| o.happened() || !matches!(o.act, Act::Read(_))).collect()
        };
        let mut ends: Vec<usize> = ops.iter().filter(|o| o.happened()).map(|o| o.end).collect();
        ends.sort_unstable();
        let (mut good, mut bad) = (0, ends.len());
        while good < bad {
            let middle = good.midpoint(bad);
            match self.bad(&until(ends[middle])) {
                true => bad = middle,
                false => good = middle + 1,
            }
        }
        ends.get(bad).map_or(ops.clone(), |&end| until(end))
    }
}

/// `part` without those in `range` that may be taken out.
fn without(part: &[Op], range: std::ops::Range<usize>) -> Vec<Op> {
    let seen: BTreeSet<(usize, u32)> = part
        .iter()
        .filter_map(|o| match o.act {
            Act::Read(v) | Act::Cas(v, _) => Some((o.key, v)),
            Act::Write(_) => None,
        })
        .collect();
    let may_go = |o: &Op| match o.act {
        Act::Read(_) => true,
        Act::Write(v) | Act::Cas(_, v) => !seen.contains(&(o.key, v)),
    };
    let kept = part.iter().enumerate();
    kept.filter(|(i, o)| !(range.contains(i) && may_go(o))).map(|(_, o)| *o).collect()
}
