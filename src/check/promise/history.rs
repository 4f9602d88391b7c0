//! Promises about what clients see of shared values: linearizability and sequential consistency, judged
//! on the history of operations that the facts tell.
//!
//! The rule that is easy to break: an operation whose answer nobody got may have happened or not. And a
//! history too long to judge is unknown from then on, never "holding".

use super::{Broken, Promised, Rule};
use crate::check::consistency::{Act, Budget, Level, Op, Outcome, check, smallest};
use crate::check::models::{Finding, Model, judge};
use crate::check::{Recall, Seen, Wake};
use crate::sim::chunks::Slices;
use crate::sim::{EventId, Fact, NodeId, World};
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
/// And on a model, which has more to look at in each state.
const FEW: Budget = Budget { states: 2_000, bytes: 16 << 20 };

/// The history keeps `level`. Registers hold 0 at first.
pub fn consistent<F: Fact>(
    name: &'static str,
    claim: &'static str,
    level: Level,
    pick: fn(&F) -> Option<Operation>,
) -> Promised<impl Rule> {
    Promised::safety(name, claim, History::of(pick, Asked::Level(level)))
}

/// The history keeps `model`, whose name and claim are the promise's. Registers hold 0 at first; that of a letter is told by it.
pub fn keeps<F: Fact>(model: Model, pick: fn(&F) -> Option<Operation>) -> Promised<impl Rule> {
    Promised::safety(model.name(), model.claim(), History::of(pick, Asked::Model(model)))
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

/// Operations as they are told, one after the other.
#[derive(Clone, Default)]
pub struct Record {
    ops: Slices<Known>,
    open: BTreeMap<(NodeId, u64), Known>,
    steps: usize,
}

/// A history as far as it says something, and what its numbers stand for.
#[derive(Default)]
pub struct Recorded {
    /// The operations.
    pub ops: Vec<Op>,
    /// The events of the beginning and the end of each; of one that is open, its beginning twice.
    pub events: Vec<(EventId, EventId)>,
    /// The registers, by their numbers in it.
    pub keys: Vec<u64>,
    /// The values, by their numbers in it.
    pub values: Vec<u64>,
}

impl Record {
    /// Takes note of what `node` has told in `event`; whether something has ended.
    pub fn take(&mut self, node: NodeId, told: Operation, event: EventId) -> bool {
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

    /// The history as far as it says something.
    pub fn recorded(&self) -> Recorded {
        let all = self.ops.iter_from(0).chain(self.open.values());
        let mut values = BTreeMap::from([(0, 0)]);
        let mut keys = BTreeMap::new();
        let mut out = Recorded { values: vec![0], ..Recorded::default() };
        for known in all {
            let mut val = |v: u64| {
                let next = values.len() as u32;
                *values.entry(v).or_insert_with(|| {
                    out.values.push(v);
                    next
                })
            };
            let act = match (known.begun, known.end) {
                (_, Some((_, Step::Not))) | (Step::Read, None) => continue,
                (Step::Read, Some((_, Step::Done(v)))) => Act::Read(val(v)),
                (Step::Write(v), _) => Act::Write(val(v)),
                (Step::Swap(a, b), _) => Act::Cas(val(a), val(b)),
                _ => continue,
            };
            let next = keys.len();
            let key = *keys.entry(known.key).or_insert(next);
            if key == out.keys.len() {
                out.keys.push(known.key);
            }
            let end = known.end.map_or(usize::MAX, |e| e.0);
            out.ops.push(Op { process: known.node.index(), key, act, call: known.call, end });
            out.events.push(known.events);
        }
        out
    }
}

impl Recorded {
    /// An operation in words, with its client's name: "C1 reads x: 0".
    pub fn says(&self, op: &Op, world: &World) -> String {
        let who = world.name(NodeId(op.process as u16));
        let raw = self.keys.get(op.key).copied().unwrap_or_default();
        let letter = u32::try_from(raw).ok().and_then(char::from_u32).filter(char::is_ascii_lowercase);
        let key = letter.map_or_else(|| format!("register {raw}"), String::from);
        let value = |v: u32| self.values.get(v as usize).copied().unwrap_or_default();
        match op.act {
            Act::Read(v) => format!("{who} reads {key}: {}", value(v)),
            Act::Write(v) => format!("{who} writes {key} = {}", value(v)),
            Act::Cas(a, b) => format!("{who} swaps {key}: {} for {}", value(b), value(a)),
        }
    }
}

/// What is asked of a history.
#[derive(Clone, Copy)]
enum Asked {
    Level(Level),
    Model(Model),
}

struct History<F> {
    pick: fn(&F) -> Option<Operation>,
    asked: Asked,
    record: Record,
    unknown: Option<&'static str>,
}

impl<F> Clone for History<F> {
    fn clone(&self) -> Self {
        History { record: self.record.clone(), ..*self }
    }
}

impl<F: Fact> History<F> {
    fn of(pick: fn(&F) -> Option<Operation>, asked: Asked) -> Self {
        History { pick, asked, record: Record::default(), unknown: None }
    }

    fn judge(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        let history = self.record.recorded();
        let ops = &history.ops;
        let (found, model) = match self.asked {
            Asked::Level(level) => (keeps_level(ops, level), None),
            Asked::Model(model) => (judge(ops, model, FEW), Some(model)),
        };
        match found {
            Finding::Holds => Ok(()),
            Finding::Unknown(_) => {
                self.unknown = Some("the history has too many orders to try");
                Ok(())
            }
            Finding::Broken(part) => {
                let mut small: Vec<usize> = part;
                small.sort_by_key(|&i| ops[i].call);
                let shown = small.iter().flat_map(|&i| [history.events[i].0, history.events[i].1]);
                let said: Vec<String> = small.iter().map(|&i| history.says(&ops[i], seen.world)).collect();
                let why = match model {
                    None => format!("no order of these {} operations explains what was read", small.len()),
                    Some(_) => said.join(", then "),
                };
                Err(Broken::new(shown, why))
            }
        }
    }
}

/// The judgement of a level, with the places of a smallest part that breaks it.
fn keeps_level(ops: &[Op], level: Level) -> Finding {
    match check(ops, level, BUDGET) {
        Outcome::Ok => Finding::Holds,
        Outcome::Unknown(_) => Finding::Unknown(""),
        Outcome::Violated => {
            let small = smallest(ops, level, BUDGET);
            Finding::Broken(small.iter().filter_map(|o| ops.iter().position(|p| p.call == o.call)).collect())
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
                ended |= self.record.take(node, told, seen.id);
            }
        }
        if !ended {
            return Ok(());
        }
        if self.record.ops.len() > OPERATIONS {
            self.unknown = Some("the history has more than 200 operations");
            return Ok(());
        }
        self.judge(seen)
    }

    fn unknown(&self) -> Option<String> {
        self.unknown.map(str::to_owned)
    }

    fn weight(&self) -> usize {
        self.record.ops.weight() + self.record.open.len() * size_of::<Known>()
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
        recall.each(self.record.ops.iter_from(0).chain(self.record.open.values()), |r, known| {
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
