//! Whether a history of operations on shared values could have come from one correct copy:
//! linearizability (Herlihy and Wing 1990) and sequential consistency (Lamport 1979).
//!
//! The rule that is easy to break: what is not known is not assumed. An operation whose end was not
//! seen may have happened at any time after its beginning, or never; and a search that runs out of
//! its budget says so.

mod search;
mod shrink;
#[cfg(test)]
mod tests;

pub use shrink::smallest;

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
    /// Each operation happens at one moment between its beginning and its end.
    Linearizable,
    /// All operations in one order, in which those of one process keep theirs.
    Sequential,
}

/// What came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There is such an order.
    Ok,
    /// There is none.
    Violated,
    /// The budget of states ran out first.
    Unknown,
}

/// Whether `ops` keep `level`, looking at no more than `states` states.
///
/// Linearizability is judged register by register: a history is linearizable exactly if that of
/// each object in it is (Herlihy and Wing 1990, theorem 1). Sequential consistency is not local.
pub fn check(ops: &[Op], level: Level, states: u64) -> Outcome {
    let mut left = states;
    match level {
        Level::Sequential => search::sequential(ops, &mut left),
        Level::Linearizable => {
            let mut worst = Outcome::Ok;
            for key in keys(ops) {
                let own: Vec<Op> = ops.iter().filter(|o| o.key == key).copied().collect();
                match search::linearizable(&own, &mut left) {
                    Outcome::Violated => return Outcome::Violated,
                    Outcome::Unknown => worst = Outcome::Unknown,
                    Outcome::Ok => {}
                }
            }
            worst
        }
    }
}

/// The registers that `ops` name, each once, in order.
fn keys(ops: &[Op]) -> Vec<usize> {
    let mut keys: Vec<usize> = ops.iter().map(|o| o.key).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}
