//! The smallest part of a history that still breaks its promise.
//!
//! The rule that is easy to break: a part must be at fault in its own right. Taking out a read, or
//! a write that nobody has seen, never makes a good history bad: where such an operation stood in an
//! order, the order without it is one too. A write that somebody has read must stay.

use super::{Act, Level, Op, Outcome, check};

/// A part of `ops`, which violate `level`, that violates it too and from which nothing more can be
/// taken. At most `states` states are looked at for each part that is tried.
pub fn smallest(ops: &[Op], level: Level, states: u64) -> Vec<Op> {
    let bad = |part: &[Op]| check(part, level, states) == Outcome::Violated;
    let mut part = ops.to_vec();
    if level == Level::Linearizable {
        for key in super::keys(ops) {
            let own: Vec<Op> = ops.iter().filter(|o| o.key == key).copied().collect();
            if bad(&own) {
                part = earliest(own, bad);
                break;
            }
        }
    }
    let mut size = part.len().div_ceil(2);
    while size > 0 {
        let before = part.len();
        let mut from = 0;
        while from < part.len() {
            let without = without(&part, from..(from + size).min(part.len()));
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
    let seen = |key: usize, v: u32| {
        part.iter().any(|o| match o.act {
            Act::Read(x) | Act::Cas(x, _) => o.key == key && x == v,
            Act::Write(_) => false,
        })
    };
    let may_go = |o: &Op| match o.act {
        Act::Read(_) => true,
        Act::Write(v) | Act::Cas(_, v) => !seen(o.key, v),
    };
    let kept = part.iter().enumerate();
    kept.filter(|(i, o)| !(range.contains(i) && may_go(o))).map(|(_, o)| *o).collect()
}
