//! Promises about what clients see of shared values: linearizability and sequential consistency, judged
//! on the history of operations that the facts tell.
//!
//! The rule that is easy to break: an operation whose answer nobody got may have happened or not. And a
//! history too long to judge is unknown from then on, never "holding".

use super::{Broken, Promised, Rule};
use crate::check::consistency::{Act, Budget, Level, Op, Outcome, check, smallest};
use crate::check::{Recall, Seen, Wake};
use crate::sim::chunks::Slices;
use crate::sim::{EventId, Fact, NodeId};
use std::collections::BTreeMap;

/// What a client does, told by the client in a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its number at this client; the same when it begins and when it ends.
    pub serial: u64,
    /// On which register.
    pub key: u64,
    /// What happens to it.
    pub step: Step,
}

/// How far an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A write begins, of this value.
    Write(u64),
    /// A read begins.
    Read,
    /// A comparison begins: the second value takes the place of the first.
    Swap(u64, u64),
    /// It was done; a read has found this value (other operations give any).
    Done(u64),
    /// It was certainly not done.
    Not,
}

/// The most operations that are judged.
const OPERATIONS: usize = 200;
/// What one judgement may spend on each register.
const BUDGET: Budget = Budget { states: 20_000, bytes: 16 << 20 };

/// The history keeps `level`. Registers hold 0 at first.
pub fn consistent<F: Fact>(
    name: &'static str,
    claim: &'static str,
    level: Level,
    pick: fn(&F) -> Option<Operation>,
) -> Promised<impl Rule> {
    let rule =
        History { pick, level, ops: Slices::default(), open: BTreeMap::new(), steps: 0, unknown: None };
    Promised::safety(name, claim, rule)
}

/// An operation as it is known now, and the events of its beginning and end.
#[derive(Clone, Copy)]
struct Known {
    node: NodeId,
    key: u64,
    begun: Step,
    call: usize,
    // Its end, with what was read; `None` while it is open.
    end: Option<(usize, Step)>,
    events: (EventId, EventId),
}

struct History<F> {
    pick: fn(&F) -> Option<Operation>,
    level: Level,
    ops: Slices<Known>,
    open: BTreeMap<(NodeId, u64), Known>,
    steps: usize,
    unknown: Option<&'static str>,
}

impl<F> Clone for History<F> {
    fn clone(&self) -> Self {
        History { ops: self.ops.clone(), open: self.open.clone(), ..*self }
    }
}

impl<F: Fact> History<F> {
    fn take(&mut self, node: NodeId, told: Operation, event: EventId) -> bool {
        self.steps += 1;
        let place = (node, told.serial);
        match told.step {
            Step::Done(_) | Step::Not => {
                let Some(mut known) = self.open.remove(&place) else {
                    return false;
                };
                known.end = Some((self.steps, told.step));
                known.events.1 = event;
                self.ops.push(known);
                true
            }
            begun => {
                let known =
                    Known { node, key: told.key, begun, call: self.steps, end: None, events: (event, event) };
                self.open.insert(place, known);
                false
            }
        }
    }

    /// The history as far as it says something, and the events of each of its operations.
    fn judged(&self) -> (Vec<Op>, Vec<(EventId, EventId)>) {
        let all = self.ops.iter_from(0).chain(self.open.values());
        let mut values = BTreeMap::from([(0, 0)]);
        let mut keys = BTreeMap::new();
        let (mut ops, mut events) = (Vec::new(), Vec::new());
        for known in all {
            let mut val = |v: u64| {
                let next = values.len() as u32;
                *values.entry(v).or_insert(next)
            };
            let act = match (known.begun, known.end) {
                (_, Some((_, Step::Not))) | (Step::Read, None) => continue,
                (Step::Read, Some((_, Step::Done(v)))) => Act::Read(val(v)),
                (Step::Write(v), _) => Act::Write(val(v)),
                (Step::Swap(a, b), _) => Act::Cas(val(a), val(b)),
                _ => continue,
            };
            let next = keys.len();
            ops.push(Op {
                process: known.node.index(),
                key: *keys.entry(known.key).or_insert(next),
                act,
                call: known.call,
                end: known.end.map_or(usize::MAX, |e| e.0),
            });
            events.push(known.events);
        }
        (ops, events)
    }

    fn judge(&mut self) -> Result<(), Broken> {
        let (ops, events) = self.judged();
        match check(&ops, self.level, BUDGET) {
            Outcome::Ok => Ok(()),
            Outcome::Unknown(_) => {
                self.unknown = Some("the history has too many orders to try");
                Ok(())
            }
            Outcome::Violated => {
                let small = smallest(&ops, self.level, BUDGET);
                let of = |op: &Op| ops.iter().position(|o| o.call == op.call).map(|i| events[i]);
                let shown = small.iter().filter_map(of).flat_map(|(a, b)| [a, b]);
                let why = format!("no order of these {} operations explains what was read", small.len());
                Err(Broken::new(shown, why))
            }
        }
    }
}

impl<F: Fact> Rule for History<F> {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        if self.unknown.is_some() {
            return Ok(());
        }
        let mut ended = false;
        for (node, fact) in seen.facts::<F>() {
            if let Some(told) = (self.pick)(fact) {
                ended |= self.take(node, told, seen.id);
            }
        }
        if !ended {
            return Ok(());
        }
        if self.ops.len() > OPERATIONS {
            self.unknown = Some("the history has more than 200 operations");
            return Ok(());
        }
        self.judge()
    }

    fn unknown(&self) -> Option<String> {
        self.unknown.map(str::to_owned)
    }

    fn weight(&self) -> usize {
        self.ops.weight() + self.open.len() * size_of::<Known>()
    }

    fn recall(&self, recall: &mut Recall) {
        let step = |r: &mut Recall, step: Step| {
            let (kind, a, b) = match step {
                Step::Write(v) => (1, v, 0),
                Step::Read => (2, 0, 0),
                Step::Swap(a, b) => (3, a, b),
                Step::Done(v) => (4, v, 0),
                Step::Not => (5, 0, 0),
            };
            [kind, a, b].into_iter().for_each(|w| r.word(w));
        };
        recall.each(self.ops.iter_from(0).chain(self.open.values()), |r, known| {
            [u64::from(known.node.0), known.key, known.call as u64].into_iter().for_each(|w| r.word(w));
            step(r, known.begun);
            if let Some((at, end)) = known.end {
                r.word(at as u64);
                step(r, end);
            }
        });
        recall.word(u64::from(self.unknown.is_some()));
    }
}
