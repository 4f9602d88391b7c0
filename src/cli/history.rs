//! `check-history`: whether a recorded history could have come from one correct register or store.
//!
//! The rule that is easy to break: a line that is not understood is refused with its number. A
//! checker that passes over what it does not know says "ok" of a history that it has not seen.

use super::args::{Args, Next, shown};
use super::{Failure, Outcome};
use crate::check::consistency::{self, Act, Level, Op, Val, check};
use crate::sim::json;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io::Write;

/// States that are looked at when nothing is said.
const STATES: u64 = 2_000_000;
/// States for each part that is tried while a violation is made smaller.
const STATES_A_PART: u64 = 200_000;
/// The largest history that is read, in bytes.
const BYTES: u64 = 256 << 20;

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
    let history = read(&path, model)?;
    let ops: Vec<Op> = history.seen.iter().map(|s| s.op).collect();
    let size = format!("{} operations of {} processes", ops.len(), history.processes.len());
    match check(&ops, level, states) {
        consistency::Outcome::Ok => {
            writeln!(out, "ok        {what}: {size}")?;
            Ok(Outcome::Fine)
        }
        consistency::Outcome::Unknown => {
            writeln!(out, "unknown   {what}: {size}")?;
            Err(Failure::Input(format!(
                "{}: gave up after {states} states: --max-states allows more",
                shown(&path)
            )))
        }
        consistency::Outcome::Violated => {
            let part = consistency::smallest(&ops, level, STATES_A_PART.min(states));
            writeln!(out, "violated  {what}: no order explains these {} of {size}", part.len())?;
            for op in part {
                writeln!(out, "{}", history.sentence(&op))?;
            }
            Ok(Outcome::Violated)
        }
    }
}

/// An operation under way: its process, where it stands in the file, what it is.
struct Begun {
    process: usize,
    line: usize,
    f: &'static str,
    key: usize,
    value: Option<Value>,
}

/// An operation, and the lines of its beginning and its end.
struct Seen {
    op: Op,
    lines: (usize, Option<usize>),
}

/// A history as it was read.
#[derive(Default)]
struct History {
    seen: Vec<Seen>,
    processes: BTreeMap<String, usize>,
    keys: BTreeMap<String, usize>,
    values: BTreeMap<String, Val>,
    open: Vec<Begun>,
}

fn read(path: &str, model: Model) -> Result<History, Failure> {
    let no = |why: String| Failure::Input(format!("{}: {why}", shown(path)));
    let size = std::fs::metadata(path).map_or(0, |m| m.len());
    if size > BYTES {
        return Err(no(format!("is larger than {BYTES} bytes")));
    }
    let text = std::fs::read_to_string(path).map_err(|e| no(format!("cannot be read: {e}")))?;
    let mut history = History::default();
    // What a register holds at first.
    history.values.insert("null".to_owned(), 0);
    for (i, line) in text.lines().enumerate() {
        if !line.trim().is_empty() {
            let taken = json::read(line).and_then(|value| history.take(i + 1, value, model));
            taken.map_err(|why| no(format!("line {}: {why}", i + 1)))?;
        }
    }
    // What never ended may have happened.
    for begun in std::mem::take(&mut history.open) {
        history.end(begun, None, None).map_err(&no)?;
    }
    history.seen.sort_by_key(|s| s.op.call);
    Ok(history)
}

fn field(map: &Map<String, Value>, name: &str) -> Result<String, String> {
    match map.get(name) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(n)) => Ok(n.to_string()),
        Some(_) => Err(format!("'{name}' must be a text or a number")),
        None => Err(format!("'{name}' is missing")),
    }
}

fn op_word(f: &str, model: Model) -> Result<&'static str, String> {
    match (f, model) {
        ("read" | "get", _) => Ok("read"),
        ("write" | "put", _) => Ok("write"),
        ("cas", Model::CasRegister | Model::Kv) => Ok("cas"),
        _ => {
            let cas = if model == Model::Register { "" } else { ", cas" };
            Err(format!(
                "there is no operation '{}' here: there are read, write{cas}",
                crate::sim::letters::short(f)
            ))
        }
    }
}

impl History {
    fn take(&mut self, line: usize, value: Value, model: Model) -> Result<(), String> {
        let Value::Object(map) = value else {
            return Err("a line must be an object".to_owned());
        };
        let count = self.processes.len();
        let process = *self.processes.entry(field(&map, "p")?).or_insert(count);
        let kind = field(&map, "t")?;
        let open = self.open.iter().position(|b| b.process == process);
        if kind == "invoke" {
            if open.is_some() {
                return Err("this process has not ended what it began before".to_owned());
            }
            let f = op_word(&field(&map, "f")?, model)?;
            let key = match model {
                Model::Kv => field(&map, "k")?,
                _ => String::new(),
            };
            let count = self.keys.len();
            let key = *self.keys.entry(key).or_insert(count);
            self.open.push(Begun { process, line, f, key, value: map.get("v").cloned() });
            return Ok(());
        }
        let Some(open) = open else {
            return Err(format!("this process has begun nothing that could be '{kind}'"));
        };
        let begun = self.open.remove(open);
        if let Some(f) = map.get("f").and_then(Value::as_str)
            && op_word(f, model)? != begun.f
        {
            return Err(format!("this process began a {}, no {f}", begun.f));
        }
        match kind.as_str() {
            "ok" => self.end(begun, Some(line), map.get("v")),
            "info" => self.end(begun, None, None),
            "fail" => Ok(()),
            _ => Err(format!(
                "'t' must be invoke, ok, fail or info, not '{}'",
                crate::sim::letters::short(&kind)
            )),
        }
    }

    /// Keeps an operation that has ended, or may have happened.
    fn end(&mut self, begun: Begun, line: Option<usize>, answer: Option<&Value>) -> Result<(), String> {
        let act = match (begun.f, &begun.value) {
            ("read", _) => match (line, answer) {
                (None, _) => return Ok(()),
                (Some(_), Some(v)) => Act::Read(self.value(v)),
                (Some(_), None) => return Err("'v', what was read, is missing".to_owned()),
            },
            ("write", Some(v)) => Act::Write(self.value(v)),
            ("cas", Some(Value::Array(two))) if two.len() == 2 => {
                Act::Cas(self.value(&two[0]), self.value(&two[1]))
            }
            ("cas", _) => {
                return Err(format!("line {}: 'v' of a cas must be [old, new]", begun.line));
            }
            _ => {
                return Err(format!("line {}: 'v', what is written, is missing", begun.line));
            }
        };
        self.seen.push(Seen {
            op: Op {
                process: begun.process,
                key: begun.key,
                act,
                call: begun.line,
                end: line.unwrap_or(usize::MAX),
            },
            lines: (begun.line, line),
        });
        Ok(())
    }

    fn value(&mut self, value: &Value) -> Val {
        let count = self.values.len() as Val;
        *self.values.entry(json::text(value)).or_insert(count)
    }

    /// An operation with its lines, its process and what it did.
    fn sentence(&self, op: &Op) -> String {
        let found = self.seen.iter().find(|s| s.op.call == op.call);
        let (first, last) = found.map_or((op.call, None), |s| s.lines);
        let lines = match (last, op.happened()) {
            (Some(last), true) => format!("lines {first} and {last}"),
            _ => format!("line {first}, no end seen by then"),
        };
        let name = |map: &BTreeMap<String, usize>, id: usize| {
            let found = map.iter().find(|(_, i)| **i == id);
            found.map_or_else(String::new, |(name, _)| name.clone())
        };
        let value = |v: Val| {
            let found = self.values.iter().find(|(_, i)| **i == v);
            found.map_or("", |(text, _)| text)
        };
        let what = match op.act {
            Act::Read(v) => format!("read {}", value(v)),
            Act::Write(v) => format!("write {}", value(v)),
            Act::Cas(old, new) => format!("cas {} to {}", value(old), value(new)),
        };
        let key = match name(&self.keys, op.key) {
            key if key.is_empty() => key,
            key => format!(" of {key}"),
        };
        format!("  {lines}: process {} {what}{key}", name(&self.processes, op.process))
    }
}
