//! The smallest part of a history that breaks a model.
//!
//! The rule that is easy to break: a write stays while anybody reads its value. Without it the read would be of what nobody wrote, and
//! a part would be broken that says nothing. So what is broken stays so, whatever is added to it.

use super::{Act, Budget, Finding, Model, Op, Outcome, SPENT, consistency, outcome};
use crate::check::consistency::Level;

/// How many parts are looked at in search of one with monotonic reads.
const PARTS: u32 = 64;

fn of(ops: &[Op], part: &[usize]) -> Vec<Op> {
    part.iter().map(|&i| ops[i]).collect()
}

/// Whether `part` is certainly broken.
fn bad(ops: &[Op], part: &[usize], model: Model, budget: Budget) -> bool {
    outcome(&of(ops, part), model, budget) == Outcome::Violated
}

/// `part`, which breaks `model`, without all that is not needed for that.
pub(super) fn smallest(ops: &[Op], part: &[usize], model: Model, budget: Budget) -> Vec<usize> {
    let mut part = part.to_vec();
    let level = match model {
        Model::Linearizable => Some(Level::Linearizable),
        Model::Sequential => Some(Level::Sequential),
        _ => None,
    };
    if let Some(level) = level {
        // It knows how to be quick with what is large.
        let small = consistency::smallest(&of(ops, &part), level, budget);
        // An end that nobody had seen yet at the earliest bad moment is seen here, which breaks no less.
        let own: Vec<usize> =
            part.iter().copied().filter(|&i| small.iter().any(|o| o.call == ops[i].call)).collect();
        if bad(ops, &own, model, budget) {
            part = own;
        }
    }
    let mut size = part.len().div_ceil(2);
    while size > 0 {
        let before = part.len();
        let mut from = 0;
        while from < part.len() {
            let less = without(ops, &part, &part[from..(from + size).min(part.len())]);
            match less.len() < part.len() && bad(ops, &less, model, budget) {
                true => part = less,
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

/// `part` without those of `gone` that may go: reads, and writes of what nobody reads.
fn without(ops: &[Op], part: &[usize], gone: &[usize]) -> Vec<usize> {
    let read = |w: &Op, v| part.iter().any(|&i| ops[i].key == w.key && ops[i].act == Act::Read(v));
    let found = |w: &Op, v| {
        part.iter().any(|&i| ops[i].key == w.key && matches!(ops[i].act, Act::Cas(a, _) if a == v))
    };
    let may_go = |op: &Op| match op.act {
        Act::Read(_) => true,
        Act::Write(v) | Act::Cas(_, v) => !read(op, v) && !found(op, v),
    };
    part.iter().copied().filter(|i| !(gone.contains(i) && may_go(&ops[*i]))).collect()
}

/// Whether a part with monotonic reads breaks `model`, which wants them too: a smallest such part.
pub(super) fn blamed(ops: &[Op], model: Model, budget: Budget) -> Finding {
    let mut left = PARTS;
    let all: Vec<usize> = (0..ops.len()).collect();
    look(ops, &all, (model, budget), &mut left)
}

fn look(ops: &[Op], part: &[usize], how: (Model, Budget), left: &mut u32) -> Finding {
    let (model, budget) = how;
    match outcome(&of(ops, part), model, budget) {
        Outcome::Ok => return Finding::Holds,
        Outcome::Unknown(_) => return Finding::Unknown(SPENT),
        Outcome::Violated if *left == 0 => return Finding::Unknown(SPENT),
        Outcome::Violated => *left -= 1,
    }
    let small = smallest(ops, part, model, budget);
    // A read of what nobody has written is alone, and breaks all there is.
    if small.len() == 1 {
        return Finding::Broken(small);
    }
    match outcome(&of(ops, &small), Model::MonotonicReads, budget) {
        Outcome::Ok => return Finding::Broken(small),
        Outcome::Unknown(_) => return Finding::Unknown(SPENT),
        Outcome::Violated => {}
    }
    // Each part with monotonic reads lacks one of these reads.
    let mut found = Finding::Holds;
    for &read in small.iter().filter(|&&i| matches!(ops[i].act, Act::Read(_))) {
        let less: Vec<usize> = part.iter().copied().filter(|&i| i != read).collect();
        match look(ops, &less, how, left) {
            Finding::Holds => {}
            broken @ Finding::Broken(_) => return broken,
            unknown => found = unknown,
        }
    }
    found
}
