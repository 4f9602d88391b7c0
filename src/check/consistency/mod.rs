//! Whether a history of operations on shared values could have come from one correct copy:
//! linearizability (Herlihy and Wing 1990) and sequential consistency (Lamport 1979).
//!
//! The rule that is easy to break: what is not known is not assumed. An operation whose end was not
//! seen may have happened or never, as late as its level allows; and a search that runs out of its
//! budget says so, after every other register has been looked at.

mod forced;
mod known;
mod moves;
mod problem;
mod search;
mod shrink;
mod stale;
#[cfg(test)]
mod tests;
mod zones;

pub use shrink::smallest;

use problem::Problem;
use std::collections::BTreeMap;

/// A value: its place in a table of the reader's. 0 is what a register holds at first.
pub type Val = u32;

/// What an operation does to its register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Reads this.
    Read(Val),
    /// Writes this.
    Write(Val),
    /// Finds the first there and puts the second in its place.
    Cas(Val, Val),
}

/// An operation. What certainly did not happen is no operation, nor is a read whose answer is not
/// known: neither says anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op {
    /// Who did it.
    pub process: usize,
    /// On which register.
    pub key: usize,
    /// What it did, if it happened.
    pub act: Act,
    /// When it began: a place in the order of all beginnings and ends.
    pub call: usize,
    /// When it ended; `usize::MAX` if nobody saw it end.
    pub end: usize,
}

impl Op {
    /// Whether it certainly happened.
    pub fn happened(&self) -> bool {
        self.end != usize::MAX
    }
}

/// How much order a history must keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Each operation happens at one moment between its beginning and its end. One without an end
    /// may happen at any time after its beginning, even after what its process did later.
    Linearizable,
    /// All operations in one order, in which those of one process keep theirs, over all registers. One
    /// without an end has its place there too, if it happened.
    Sequential,
}

/// What came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There is such an order.
    Ok,
    /// There is none.
    Violated,
    /// The budget ran out first.
    Unknown(Spent),
}

/// What a search ran out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    /// It has looked at as many states as it may.
    States,
    /// What it must remember takes as much memory as it may.
    Memory,
}

/// What one search may spend. Each register has its own, and so has what several of them have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// States that are looked at, beyond the one that each operation leads to.
    pub states: u64,
    /// Bytes in which states are remembered.
    pub bytes: usize,
}

impl Budget {
    /// So many states, and the memory that is usual.
    pub const fn of(states: u64) -> Budget {
        Budget { states, bytes: 192 << 20 }
    }
}

/// States of a first look at each register, so that an easy violation is not found behind a hard question.
const FIRST_LOOK: u64 = 5_000;

/// How much has been looked at: states, and operations to begin with.
#[derive(Default)]
struct Meter(u64);

/// Whether `ops` keep `level`. Violated, if any part of them is; else unknown, if any part of them is.
///
/// Linearizability is judged register by register: a history is linearizable exactly if that of
/// each object in it is (Herlihy and Wing 1990, theorem 1). Sequential consistency is not local: there
/// what is wrong with one register is wrong with all, but the reverse is another question.
pub fn check(ops: &[Op], level: Level, budget: Budget) -> Outcome {
    metered(ops, level, budget, &mut Meter::default())
}

fn metered(ops: &[Op], level: Level, budget: Budget, meter: &mut Meter) -> Outcome {
    let keys = by_key(ops);
    if level == Level::Sequential && ends_open(ops) {
        // Then each order that keeps time keeps that of each process; and that is judged soonest.
        if judge(&keys, Level::Linearizable, budget, meter) == Outcome::Ok {
            return Outcome::Ok;
        }
    }
    let single = judge(&keys, level, budget, meter);
    match level {
        Level::Sequential if keys.len() > 1 && single != Outcome::Violated => {
            // What is unknown of one register may be known of all: they have their orders in common.
            judge(&islands(ops), level, budget, meter)
        }
        _ => single,
    }
}

/// Whether no process did anything after an operation of unknown end, or before one had ended.
fn ends_open(ops: &[Op]) -> bool {
    let mut order: Vec<&Op> = ops.iter().collect();
    order.sort_by_key(|o| (o.process, o.call));
    order.windows(2).all(|w| w[0].process != w[1].process || w[0].end < w[1].call)
}

/// The worst of the verdicts on `parts`, each of which has the whole budget.
fn judge(parts: &[Vec<Op>], level: Level, budget: Budget, meter: &mut Meter) -> Outcome {
    let first = Budget { states: budget.states.min(FIRST_LOOK), ..budget };
    let mut hard = Vec::new();
    for part in parts {
        match one(part, level, first, meter) {
            Outcome::Violated => return Outcome::Violated,
            Outcome::Unknown(spent) => hard.push((part, spent)),
            Outcome::Ok => {}
        }
    }
    let mut worst = Outcome::Ok;
    for (part, spent) in hard {
        let again = budget.states > first.states && spent == Spent::States;
        match if again { one(part, level, budget, meter) } else { Outcome::Unknown(spent) } {
            Outcome::Violated => return Outcome::Violated,
            unknown @ Outcome::Unknown(_) => worst = unknown,
            Outcome::Ok => {}
        }
    }
    worst
}

/// The verdict on operations that are judged together.
fn one(ops: &[Op], level: Level, budget: Budget, meter: &mut Meter) -> Outcome {
    meter.0 += ops.len() as u64;
    let Ok(problem) = Problem::new(ops, level) else {
        return Outcome::Violated;
    };
    if let Some(found) = zones::decide(&problem) {
        return if found.is_empty() { Outcome::Ok } else { Outcome::Violated };
    }
    if stale::find(&problem).is_some() {
        return Outcome::Violated;
    }
    match forced::orders(&problem) {
        Some(before) => search::run(&problem, &before, budget, meter),
        None => Outcome::Violated,
    }
}

/// A part that is at fault in its own right, where one look shows it: places in `ops`.
fn plain(ops: &[Op], level: Level) -> Option<Vec<usize>> {
    let problem = match Problem::new(ops, level) {
        Ok(problem) => problem,
        Err(read) => return Some(vec![read]),
    };
    // A swap among them would need what others wrote.
    let alone = |found: &Vec<usize>| !found.iter().any(|&i| matches!(ops[i].act, Act::Cas(..)));
    let found = zones::decide(&problem).or_else(|| stale::find(&problem).filter(alone));
    found.filter(|found| !found.is_empty())
}

/// The operations of each register, in the order of the registers.
fn by_key(ops: &[Op]) -> Vec<Vec<Op>> {
    let mut keys: BTreeMap<usize, Vec<Op>> = BTreeMap::new();
    for op in ops {
        keys.entry(op.key).or_default().push(*op);
    }
    keys.into_values().collect()
}

/// The operations in parts that have neither a process nor a register in common: orders of such parts
/// are one order in any mixture.
fn islands(ops: &[Op]) -> Vec<Vec<Op>> {
    // A forest over processes and registers: each points to another of its part, a root to itself.
    let mut places = BTreeMap::new();
    let mut roots: Vec<usize> = Vec::new();
    let mut place = |name: (bool, usize), roots: &mut Vec<usize>| {
        *places.entry(name).or_insert_with(|| {
            roots.push(roots.len());
            roots.len() - 1
        })
    };
    fn root(roots: &mut [usize], mut at: usize) -> usize {
        while roots[at] != at {
            roots[at] = roots[roots[at]];
            at = roots[at];
        }
        at
    }
    let mut owners = Vec::new();
    for op in ops {
        let (process, key) = (place((false, op.process), &mut roots), place((true, op.key), &mut roots));
        let (a, b) = (root(&mut roots, process), root(&mut roots, key));
        roots[a.max(b)] = a.min(b);
        owners.push(process);
    }
    let mut parts: BTreeMap<usize, Vec<Op>> = BTreeMap::new();
    for (op, owner) in ops.iter().zip(owners) {
        parts.entry(root(&mut roots, owner)).or_default().push(*op);
    }
    parts.into_values().collect()
}
