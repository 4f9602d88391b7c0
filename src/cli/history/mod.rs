//! `check-history`: whether a recorded history could have come from one correct register or store.
//!
//! The rule that is easy to break: a verdict that is not certain is none. What ran out of its budget is
//! unknown, with the reason, and that is exit 2, never 0.

mod exact;
mod read;

use super::args::{Args, Next, shown};
use super::{Failure, Outcome};
use crate::check::consistency::{self, Budget, Level, Op, Spent, check};
use read::History;
use std::io::Write;

/// States that are looked at for each key when nothing is said.
const STATES: u64 = 200_000;

/// What an operation takes away from the memory of the search, and what is left to it in any case: together
/// they stay below 500 MB.
const BYTES_AN_OPERATION: usize = 260;
const LEAST_BYTES: usize = 16 << 20;

/// What the operations work on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Model {
    Register,
    CasRegister,
    Kv,
}

const MODELS: [(&str, Model); 3] =
    [("register", Model::Register), ("cas-register", Model::CasRegister), ("kv", Model::Kv)];

const LEVELS: [(&str, Level); 2] = [("linearizable", Level::Linearizable), ("sequential", Level::Sequential)];

/// One of a list of words.
fn word<T: Copy>(option: &str, text: &str, known: &[(&'static str, T)]) -> Result<T, Failure> {
    let found = known.iter().find(|(word, _)| *word == text);
    found.map(|(_, t)| *t).ok_or_else(|| {
        let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
        Failure::Input(format!("--{option} must be one of {}, not '{}'", words.join(", "), shown(text)))
    })
}

pub(super) fn check_history(args: &mut Args, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let (mut path, mut model, mut level, mut states) = (None, None, None, STATES);
    while let Some(next) = args.next()? {
        match next {
            Next::Option(o) if o == "model" => model = Some(args.value(&o)?),
            Next::Option(o) if o == "level" => level = Some(args.value(&o)?),
            Next::Option(o) if o == "max-states" => states = args.number(&o, 1, u64::MAX)?,
            Next::Option(o) => return Err(args.unknown(&o)),
            Next::Word(w) if path.is_none() => path = Some(w),
            Next::Word(w) => return Err(args.surplus(&w)),
        }
    }
    let path = path.ok_or_else(|| args.missing("a file with a history"))?;
    let model = model.ok_or_else(|| args.missing("--model register|cas-register|kv"))?;
    let level = level.ok_or_else(|| args.missing("--level linearizable|sequential"))?;
    let what = format!("{level} {model}");
    let (model, level) = (word("model", &model, &MODELS)?, word("level", &level, &LEVELS)?);
    let history = History::read(&path, model)?;
    let ops: Vec<Op> = history.ops();
    let size = format!("{} operations of {} processes", ops.len(), history.processes());
    // The longer the history, the less room there is beside it.
    let usual = Budget::of(states);
    let bytes = usual.bytes.saturating_sub(ops.len() * BYTES_AN_OPERATION).max(LEAST_BYTES);
    let budget = Budget { bytes, ..usual };
    match check(&ops, level, budget) {
        consistency::Outcome::Ok => {
            writeln!(out, "ok        {what}: {size}")?;
            Ok(Outcome::Fine)
        }
        consistency::Outcome::Unknown(spent) => {
            let (why, more) = match spent {
                Spent::States => (format!("{states} states"), ": --max-states allows more"),
                Spent::Memory => {
                    (format!("{} MB of states", budget.bytes >> 20), ", all that it may remember")
                }
            };
            writeln!(out, "unknown   {what}: {size}, because {why} did not decide it")?;
            Err(Failure::Input(format!("{}: gave up after {why}{more}", shown(&path))))
        }
        consistency::Outcome::Violated => {
            let part = consistency::smallest(&ops, level, budget);
            writeln!(out, "violated  {what}: no order explains these {} of {size}", part.len())?;
            for sentence in history.sentences(&part) {
                writeln!(out, "{sentence}")?;
            }
            Ok(Outcome::Violated)
        }
    }
}
