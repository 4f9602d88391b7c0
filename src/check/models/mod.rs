//! Models of consistency: which of them a history of reads and writes keeps, and where it does not, a smallest set
//! of operations that shows it.
//!
//! - *Linearizable* (Herlihy and Wing 1990) and *sequentially consistent* (Lamport 1979): judged by
//!   [`consistency`](super::consistency).
//! - *Causal memory* (Ahamad, Neiger, Burns, Kohli, Hutto 1995, section 2): one operation is causally before another if it is before
//!   it at its client, if it wrote what the other has read, or by a chain of these. For each client there is an order of all
//!   writes and of its own reads that keeps causality, and in which each read finds the newest write of its register.
//! - The four *session guarantees* (Terry, Demers, Petersen, Spreitzer, Theimer, Welch 1994, section 3). They were stated of servers; clients see
//!   no servers, and so each is judged by an order as above, which keeps less (Brzezinski, Sobaniec, Wawrzyniak 2004):
//!   - *read your writes*: for each read, what its client wrote before is before it, in the order in which that was written;
//!   - *monotonic reads*: the reads of a client keep their order;
//!   - *monotonic writes*: so do the writes of each client;
//!   - *writes follow reads*: what a client has read is before what it wrote after that.
//!
//!   In what order writes come shows only to who does not read back and forth. So the last two are broken where a part of the
//!   history has monotonic reads, and no order all the same.
//! - *Eventual*: once all has come to rest, the copies are the same.
//!
//! The rule that is easy to break: what is not known is not assumed. An operation that nobody saw end may have happened or never;
//! and if its client went on, it may happen as late as any other's. If a value was written twice, any of the writes may be
//! what was read, but for all clients it is the same one. A search that runs out of its budget says so.

mod order;
mod relation;
mod small;

#[cfg(test)]
mod tests;

use super::consistency::{self, Act, Budget, Level, Op, Outcome, Spent, Val};
use relation::explained;
use small::smallest;
use std::collections::BTreeMap;

/// What a history may keep. All are about one history; whether copies agree in the end is [`eventual`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Model {
    /// As if there were one copy, and each operation took effect at a moment between its beginning and its end.
    Linearizable,
    /// As if there were one copy, and each client's operations took effect in their order.
    Sequential,
    /// Cause before effect, for everyone.
    Causal,
    /// Who has written does not read what was there before.
    ReadYourWrites,
    /// Who has read something newer does not read something older.
    MonotonicReads,
    /// Each client's writes are seen in the order in which it wrote them.
    MonotonicWrites,
    /// Who sees a write sees what its writer had read before.
    WritesFollowReads,
}

impl Model {
    /// All, the strictest first; each of the first three implies all that stand behind it.
    pub const ALL: [Model; 7] = [
        Model::Linearizable,
        Model::Sequential,
        Model::Causal,
        Model::ReadYourWrites,
        Model::MonotonicReads,
        Model::MonotonicWrites,
        Model::WritesFollowReads,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Model::Linearizable => "Linearizable",
            Model::Sequential => "Sequential",
            Model::Causal => "Causal",
            Model::ReadYourWrites => "Read your writes",
            Model::MonotonicReads => "Monotonic reads",
            Model::MonotonicWrites => "Monotonic writes",
            Model::WritesFollowReads => "Writes follow reads",
        }
    }

    /// What it says, in a sentence without its end.
    pub const fn claim(self) -> &'static str {
        match self {
            Model::Linearizable => {
                "all is as if there were one copy, and each operation took effect while it ran"
            }
            Model::Sequential => {
                "all is as if there were one copy, and each client's operations took their turns"
            }
            Model::Causal => "nobody sees an effect without its cause",
            Model::ReadYourWrites => "who has written does not read what was there before",
            Model::MonotonicReads => "who has read something newer does not read something older",
            Model::MonotonicWrites => "each client's writes are seen in the order in which it wrote them",
            Model::WritesFollowReads => "who sees a write sees what its writer had read before",
        }
    }
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The history keeps the model.
    Holds,
    /// It does not. These show it, as places in what was given: without any one of them (and those who read its
    /// value) the rest keeps the model.
    Broken(Vec<usize>),
    /// It was not found out, for this reason.
    Unknown(&'static str),
}

/// A copy of a register, as it is when all has come to rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Whose.
    pub replica: usize,
    /// Of which register.
    pub key: usize,
    /// What it holds.
    pub value: Val,
}

const SPENT: &str = "there are more orders than were tried";
const SWAP: &str = "a comparison is more than a read or a write";
const MOVES: &str = "it has not come to rest";

/// Whether `ops` keep `model`, which holds of registers that are 0 at first. A client does one thing after the other; no two
/// beginnings or ends are at one place. What may be looked at is bounded by `budget`.
pub fn judge(ops: &[Op], model: Model, budget: Budget) -> Finding {
    let swaps = ops.iter().any(|o| matches!(o.act, Act::Cas(..)));
    if swaps && !matches!(model, Model::Linearizable | Model::Sequential) {
        return Finding::Unknown(SWAP);
    }
    let own = sessions(ops);
    let all: Vec<usize> = (0..ops.len()).collect();
    match outcome(&own, model, budget) {
        Outcome::Ok => Finding::Holds,
        Outcome::Unknown(_) => Finding::Unknown(SPENT),
        Outcome::Violated => match model {
            Model::MonotonicWrites | Model::WritesFollowReads => small::blamed(&own, model, budget),
            _ => Finding::Broken(smallest(&own, &all, model, budget)),
        },
    }
}

/// The same without the operations that show it, which takes less; nothing where it was not found out.
pub fn holds(ops: &[Op], model: Model, budget: Budget) -> Option<bool> {
    let read_and_write = ops.iter().all(|o| !matches!(o.act, Act::Cas(..)));
    if !read_and_write && !matches!(model, Model::Linearizable | Model::Sequential) {
        return None;
    }
    let own = sessions(ops);
    match (outcome(&own, model, budget), model) {
        (Outcome::Ok, _) => Some(true),
        (Outcome::Unknown(_), _) => None,
        (_, Model::MonotonicWrites | Model::WritesFollowReads) => {
            match outcome(&own, Model::MonotonicReads, budget) {
                Outcome::Ok => Some(false),
                // A part of it may be broken, or none.
                _ => match small::blamed(&own, model, budget) {
                    Finding::Holds => Some(true),
                    Finding::Broken(_) => Some(false),
                    Finding::Unknown(_) => None,
                },
            }
        }
        _ => Some(false),
    }
}

/// Whether the copies of each register are the same: `copies` as they are when nothing is under way any more, or `None` while
/// something is. The places of two that differ, if any do.
pub fn eventual(copies: Option<&[Held]>) -> Finding {
    let Some(copies) = copies else {
        return Finding::Unknown(MOVES);
    };
    let mut first: BTreeMap<usize, usize> = BTreeMap::new();
    for (i, held) in copies.iter().enumerate() {
        let known = *first.entry(held.key).or_insert(i);
        if copies[known].value != held.value {
            return Finding::Broken(vec![known, i]);
        }
    }
    Finding::Holds
}

/// The history with what nobody saw end at a client of its own, wherever its client went on: it may happen as late as any
/// other's. So what is linearizable is sequential.
fn sessions(ops: &[Op]) -> Vec<Op> {
    let mut last: BTreeMap<usize, usize> = BTreeMap::new();
    for op in ops {
        let call = last.entry(op.process).or_default();
        *call = op.call.max(*call);
    }
    let mut next = ops.iter().map(|o| o.process + 1).max().unwrap_or(0);
    let mut own = ops.to_vec();
    for op in own.iter_mut().filter(|o| !o.happened()) {
        if last.get(&op.process).is_some_and(|call| *call > op.call) {
            op.process = next;
            next += 1;
        }
    }
    own
}

/// Whether there are orders as the model wants them; the last two want monotonic reads, too.
fn outcome(ops: &[Op], model: Model, budget: Budget) -> Outcome {
    match model {
        Model::Linearizable => consistency::check(ops, Level::Linearizable, budget),
        Model::Sequential => consistency::check(ops, Level::Sequential, budget),
        _ => explained(ops, model, budget.states),
    }
}

/// Gives up.
const fn spent() -> Outcome {
    Outcome::Unknown(Spent::States)
}
