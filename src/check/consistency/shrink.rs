//! The smallest part of a history that still breaks its promise.
//!
//! The rule that is easy to break: a part must be at fault in its own right. Taking out a read, or
//! a write that nobody has seen, never makes a good history bad: where such an operation stood in an
//! order, the order without it is one too. A write that somebody has read must stay.

use super::{Act, Budget, Level, Op, Outcome, by_key, check, islands, plain};
use std::collections::BTreeSet;

/// How many operations are looked at while a part is made smaller; each again for each part that is tried.
const LOOKS: usize = 4_000_000;

/// A part of `ops`, which violate `level`, that violates it too; and from which nothing more can be
/// taken, unless finding that takes too long. Each part that is tried has the `budget`.
pub fn smallest(ops: &[Op], level: Level, budget: Budget) -> Vec<Op> {
    let bad = |part: &[Op]| check(part, level, budget) == Outcome::Violated;
    let (part, left) = guilty(ops, level, &bad);
    let part = smaller(part, left, &bad);
    // With the others gone one look may show what is wrong.
    match plain(&part, level) {
        Some(places) if places.len() < part.len() => {
            smaller(places.into_iter().map(|i| part[i]).collect(), LOOKS, bad)
        }
        _ => part,
    }
}

/// The operations of one register, or of some that belong together, that are at fault; and how many may
/// still be looked at.
fn guilty(ops: &[Op], level: Level, bad: &impl Fn(&[Op]) -> bool) -> (Vec<Op>, usize) {
    let keys = by_key(ops);
    for own in &keys {
        if let Some(places) = plain(own, level) {
            return (places.into_iter().map(|i| own[i]).collect(), LOOKS);
        }
    }
    let mut left = LOOKS;
    for own in keys.into_iter().chain(islands(ops)) {
        left = left.saturating_sub(own.len());
        if bad(&own) {
            return match level {
                Level::Linearizable => (earliest(own, bad), left),
                Level::Sequential => (own, left),
            };
        }
    }
    (ops.to_vec(), left)
}

/// `part` with one piece after the other taken out, from halves to single operations.
fn smaller(mut part: Vec<Op>, mut left: usize, bad: impl Fn(&[Op]) -> bool) -> Vec<Op> {
    let mut size = part.len().div_ceil(2);
    while size > 0 {
        let before = part.len();
        let mut from = 0;
        while from < part.len() {
            let without = without(&part, from..(from + size).min(part.len()));
            if left < without.len() {
                return part;
            }
            left -= without.len();
            match without.len() < part.len() && bad(&without) {
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
fn earliest(ops: Vec<Op>, bad: impl Fn(&[Op]) -> bool) -> Vec<Op> {
    let until = |end: usize| -> Vec<Op> {
        let begun = ops.iter().filter(|o| o.call < end).copied();
        let cut = begun.map(|o| Op { end: if o.end <= end { o.end } else { usize::MAX }, ..o });
        // What is read in an answer that nobody has seen yet is not known.
        cut.filter(|o| o.happened() || !matches!(o.act, Act::Read(_))).collect()
    };
    let mut ends: Vec<usize> = ops.iter().filter(|o| o.happened()).map(|o| o.end).collect();
    ends.sort_unstable();
    let first = ends.partition_point(|&end| !bad(&until(end)));
    ends.get(first).map_or(ops.clone(), |&end| until(end))
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
