//! The search for an order: depth first, over what has been placed and what the registers hold then
//! (Wing and Gong 1993), and never twice over the same (Lowe 2017).
//!
//! The rule that is easy to break: a state is what decides the future and no more: which operations
//! are placed, and the values. How they were placed is forgotten, or the memory is of no use.

use super::{Act, Op, Outcome, Val};
use std::collections::BTreeSet;

/// What a register holds after `act`, if that can happen where it holds `value`.
fn applied(act: Act, value: Val) -> Option<Val> {
    match act {
        Act::Read(v) => (v == value).then_some(value),
        Act::Write(v) => Some(v),
        Act::Cas(old, new) => (old == value).then_some(new),
    }
}

/// A history on its way into an order: what has been placed, and what the registers hold.
trait Space {
    /// What decides the future.
    type State: Clone + Ord;

    /// Before anything is placed.
    fn start(&self) -> Self::State;

    /// Whether everything that happened has its place.
    fn done(&self, state: &Self::State) -> bool;

    /// What may follow.
    fn next(&self, state: &Self::State) -> Vec<Self::State>;
}

fn run<S: Space>(space: &S, left: &mut u64) -> Outcome {
    let mut seen = BTreeSet::new();
    let mut open = vec![space.start()];
    while let Some(state) = open.pop() {
        if space.done(&state) {
            return Outcome::Ok;
        }
        if *left == 0 {
            return Outcome::Unknown;
        }
        *left -= 1;
        let mut next = space.next(&state);
        next.retain(|s| seen.insert(s.clone()));
        // The first candidate is tried first.
        open.extend(next.into_iter().rev());
    }
    Outcome::Violated
}

/// One register, and real time.
struct Line {
    // In the order of their beginnings.
    ops: Vec<Op>,
}

/// Everything before `first` is placed, and of what follows that whose bit is set.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Placed {
    first: usize,
    bits: Vec<u64>,
    value: Val,
}

impl Placed {
    fn has(&self, i: usize) -> bool {
        let at = i - self.first;
        self.bits.get(at / 64).is_some_and(|b| b >> (at % 64) & 1 == 1)
    }

    /// With operation `i` placed too.
    fn with(&self, i: usize, value: Val) -> Placed {
        let mut all: Vec<usize> =
            (self.first..self.first + self.bits.len() * 64).filter(|&j| self.has(j)).collect();
        all.push(i);
        all.sort_unstable();
        let mut first = self.first;
        let rest: Vec<usize> = all
            .into_iter()
            .filter(|&j| {
                let joins = j == first;
                first += usize::from(joins);
                !joins
            })
            .collect();
        let mut bits = vec![0; rest.last().map_or(0, |&j| (j - first) / 64 + 1)];
        for j in rest {
            bits[(j - first) / 64] |= 1 << ((j - first) % 64);
        }
        Placed { first, bits, value }
    }
}

impl Space for Line {
    type State = Placed;

    fn start(&self) -> Placed {
        Placed { first: 0, bits: Vec::new(), value: 0 }
    }

    fn done(&self, state: &Placed) -> bool {
        let mut rest = state.first..self.ops.len();
        !rest.any(|i| self.ops[i].happened() && !state.has(i))
    }

    /// Whatever began before the first end of what is not placed yet.
    fn next(&self, state: &Placed) -> Vec<Placed> {
        let mut end = usize::MAX;
        let mut next = Vec::new();
        for (i, op) in self.ops.iter().enumerate().skip(state.first) {
            if op.call > end {
                break;
            }
            if !state.has(i) {
                end = end.min(op.end);
                next.extend(applied(op.act, state.value).map(|v| state.with(i, v)));
            }
        }
        next
    }
}

pub(super) fn linearizable(ops: &[Op], left: &mut u64) -> Outcome {
    let mut ops = ops.to_vec();
    ops.sort_by_key(|o| o.call);
    run(&Line { ops }, left)
}

/// All registers, and the order of each process.
struct Lanes {
    lanes: Vec<Vec<Op>>,
    keys: Vec<usize>,
}

impl Space for Lanes {
    // How far each lane is placed, and the values of the registers.
    type State = (Vec<u32>, Vec<Val>);

    fn start(&self) -> Self::State {
        (vec![0; self.lanes.len()], vec![0; self.keys.len()])
    }

    fn done(&self, (at, _): &Self::State) -> bool {
        let lanes = self.lanes.iter().zip(at);
        lanes.flat_map(|(lane, &n)| &lane[n as usize..]).all(|o| !o.happened())
    }

    fn next(&self, (at, values): &Self::State) -> Vec<Self::State> {
        let mut next = Vec::new();
        for (i, lane) in self.lanes.iter().enumerate() {
            let Some(op) = lane.get(at[i] as usize) else {
                continue;
            };
            let key = self.keys.binary_search(&op.key).unwrap_or(0);
            if let Some(value) = applied(op.act, values[key]) {
                let (mut at, mut values) = (at.clone(), values.clone());
                at[i] += 1;
                values[key] = value;
                next.push((at, values));
            }
        }
        next
    }
}

pub(super) fn sequential(ops: &[Op], left: &mut u64) -> Outcome {
    let mut ops = ops.to_vec();
    ops.sort_by_key(|o| o.call);
    let mut lanes: Vec<(Option<usize>, Vec<Op>)> = Vec::new();
    for op in ops.iter().copied() {
        // What nobody saw end may happen whenever it likes: it has a lane of its own.
        let owner = op.happened().then_some(op.process);
        match lanes.iter_mut().find(|(p, _)| owner.is_some() && *p == owner) {
            Some((_, lane)) => lane.push(op),
            None => lanes.push((owner, vec![op])),
        }
    }
    let space = Lanes { lanes: lanes.into_iter().map(|(_, lane)| lane).collect(), keys: super::keys(&ops) };
    run(&space, left)
}
