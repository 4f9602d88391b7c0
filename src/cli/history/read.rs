//! The lines of a history: beginnings and ends, and the operations that they make.
//!
//! The rule that is easy to break: a line that is not understood, in whole, is refused with its number. A
//! checker that passes over what it does not know says "ok" of a history that it has not seen.

use super::super::Failure;
use super::super::args::shown;
use super::{Model, exact};
use crate::check::consistency::{Act, Op, Val};
use crate::sim::letters::{short, unmarked};
use std::collections::BTreeMap;

/// The largest history that is read, in bytes: more would not leave room to judge it in.
const BYTES: u64 = 32 << 20;

/// An operation, and the line of its end.
struct Seen {
    op: Op,
    ended: Option<usize>,
}

/// An operation under way.
struct Begun {
    line: usize,
    f: &'static str,
    key: usize,
    /// What it writes, or swaps for what; for a read what its beginning already says.
    values: Vec<Val>,
}

/// A history as it was read.
pub(super) struct History {
    text: String,
    seen: Vec<Seen>,
    processes: BTreeMap<String, usize>,
}

/// What is known after some lines.
struct Reader {
    model: Model,
    seen: Vec<Seen>,
    processes: BTreeMap<String, usize>,
    keys: BTreeMap<String, usize>,
    values: BTreeMap<String, Val>,
    open: BTreeMap<usize, Begun>,
}

/// A line's fields, each as it is written.
#[derive(Default)]
struct Line<'a> {
    p: Option<&'a str>,
    t: Option<&'a str>,
    f: Option<&'a str>,
    k: Option<&'a str>,
    v: Option<&'a str>,
}

impl<'a> Line<'a> {
    /// # Errors
    /// What is no object, or has a field that is unknown or there twice.
    fn of(text: &'a str, model: Model) -> Result<Self, String> {
        let mut line = Line::default();
        for (name, value) in exact::fields(text)? {
            let field = match &*name {
                "p" => &mut line.p,
                "t" => &mut line.t,
                "f" => &mut line.f,
                "v" => &mut line.v,
                "k" if model == Model::Kv => &mut line.k,
                "k" => return Err("a register has no keys: 'k' is for --model kv".to_owned()),
                name => {
                    let keys = if model == Model::Kv { "k, " } else { "" };
                    return Err(format!("there is no field '{}': there are p, t, f, {keys}v", short(name)));
                }
            };
            *field = Some(value);
        }
        Ok(line)
    }
}

/// A field that must be a text.
fn word(name: &str, value: Option<&str>) -> Result<String, String> {
    let value = value.ok_or_else(|| format!("'{name}' is missing"))?;
    exact::string(value).ok_or_else(|| format!("'{name}' must be a text"))
}

/// A field that must be a text or a number, in a form that tells it from any other.
fn name(name: &str, value: Option<&str>) -> Result<String, String> {
    let value = value.ok_or_else(|| format!("'{name}' is missing"))?;
    match value.starts_with('"') || exact::is_number(value) {
        true => exact::canonical(value),
        false => Err(format!("'{name}' must be a text or a number")),
    }
}

fn op_word(f: &str, model: Model) -> Result<&'static str, String> {
    match (f, model) {
        ("read" | "get", _) => Ok("read"),
        ("write" | "put", _) => Ok("write"),
        ("cas", Model::CasRegister | Model::Kv) => Ok("cas"),
        _ => {
            let more = if model == Model::Register { "" } else { ", cas" };
            Err(format!("there is no operation '{}' here: there are read, write{more}", short(f)))
        }
    }
}

fn id(map: &mut BTreeMap<String, usize>, name: String) -> usize {
    let count = map.len();
    *map.entry(name).or_insert(count)
}

impl Reader {
    fn take(&mut self, number: usize, text: &str) -> Result<(), String> {
        let line = Line::of(text, self.model)?;
        let process = id(&mut self.processes, name("p", line.p)?);
        let kind = word("t", line.t)?;
        match kind.as_str() {
            "invoke" => self.begin(number, process, &line),
            "ok" | "info" | "fail" => match self.open.remove(&process) {
                Some(begun) => self.end(number, process, &kind, begun, &line),
                None => Err(format!("this process has begun nothing that could be '{kind}'")),
            },
            _ => Err(format!("'t' must be invoke, ok, fail or info, not '{}'", short(&kind))),
        }
    }

    fn begin(&mut self, number: usize, process: usize, line: &Line<'_>) -> Result<(), String> {
        if self.open.contains_key(&process) {
            return Err("this process has not ended what it began before".to_owned());
        }
        let f = op_word(&word("f", line.f)?, self.model)?;
        let key = match self.model {
            Model::Kv => name("k", line.k)?,
            _ => String::new(),
        };
        let key = id(&mut self.keys, key);
        let values = match (f, line.v) {
            // Jepsen's beginnings of a read say that nothing is known yet.
            ("read", None | Some("null")) => Vec::new(),
            ("write", None) => return Err("'v', what is written, is missing".to_owned()),
            (_, v) => self.values_of(f, v)?,
        };
        self.open.insert(process, Begun { line: number, f, key, values });
        Ok(())
    }

    /// The values that `v` names.
    fn values_of(&mut self, f: &str, v: Option<&str>) -> Result<Vec<Val>, String> {
        let parts = match f {
            "cas" => v.and_then(exact::list).filter(|two| two.len() == 2),
            _ => v.map(|v| vec![v]),
        };
        let parts = parts.ok_or("'v' of a cas must be [old, new]")?;
        parts.into_iter().map(|part| self.value(part)).collect()
    }

    fn value(&mut self, text: &str) -> Result<Val, String> {
        let count = self.values.len() as Val;
        Ok(*self.values.entry(exact::canonical(text)?).or_insert(count))
    }

    fn end(
        &mut self,
        number: usize,
        process: usize,
        kind: &str,
        begun: Begun,
        line: &Line<'_>,
    ) -> Result<(), String> {
        if let Some(f) = line.f {
            let f = word("f", Some(f))?;
            if op_word(&f, self.model)? != begun.f {
                let (own, same) = (begun.f, "an end names the same operation, or none");
                return Err(format!("this process began a {own}, no {}: {same}", short(&f)));
            }
        }
        if line.k.is_some() {
            let key = name("k", line.k)?;
            if self.keys.get(&key) != Some(&begun.key) {
                let key = line.k.unwrap_or_default();
                let what = "which is not the key of its beginning: an end names the same key, or none";
                return Err(format!("this end names {}, {what}", short(key)));
            }
        }
        let answer = self.answer(kind, &begun, line.v)?;
        if kind != "fail" {
            self.keep(process, begun, (kind == "ok").then_some(number), answer);
        }
        Ok(())
    }

    /// What a read has found, if this is its end.
    fn answer(&mut self, kind: &str, begun: &Begun, v: Option<&str>) -> Result<Option<Val>, String> {
        let other = |v: &str, none: &str| {
            let same = "which is not the value of its beginning: an end names the same value";
            Err(format!("this end names {}, {same}{none}", short(v)))
        };
        match (begun.f, kind, v) {
            ("read", "ok", None) => Err("'v', what was read, is missing".to_owned()),
            ("read", "ok", Some(v)) => {
                let found = self.value(v)?;
                match begun.values.first().is_some_and(|first| *first != found) {
                    true => other(v, "; that of a read need not name any"),
                    false => Ok(Some(found)),
                }
            }
            (_, _, None) | ("read", _, Some("null")) => Ok(None),
            ("read", _, Some(_)) if begun.values.is_empty() => {
                Err(format!("a read whose end is '{kind}' has found nothing: 'v' is null there, or left out"))
            }
            (f, _, Some(v)) => match self.values_of(f, Some(v))? == begun.values {
                true => Ok(None),
                false => other(v, ", or none"),
            },
        }
    }

    /// Keeps an operation that has ended, or may have happened.
    fn keep(&mut self, process: usize, begun: Begun, ended: Option<usize>, answer: Option<Val>) {
        let act = match (begun.f, &begun.values[..], answer) {
            ("cas", [old, new], _) => Act::Cas(*old, *new),
            ("write", [value], _) => Act::Write(*value),
            (_, _, Some(found)) => Act::Read(found),
            // A read whose answer is not known says nothing.
            _ => return,
        };
        let (key, call, end) = (begun.key, begun.line, ended.unwrap_or(usize::MAX));
        self.seen.push(Seen { op: Op { process, key, act, call, end }, ended });
    }
}

impl History {
    /// The history in the file at `path`.
    ///
    /// # Errors
    /// What is no history of the model, with the line and what would be accepted.
    pub(super) fn read(path: &str, model: Model) -> Result<History, Failure> {
        let no = |why: String| Failure::Input(format!("{}: {why}", shown(path)));
        let size = std::fs::metadata(path).map_or(0, |m| m.len());
        if size > BYTES {
            return Err(no(format!("is larger than {BYTES} bytes")));
        }
        let text = std::fs::read_to_string(path).map_err(|e| no(format!("cannot be read: {e}")))?;
        let mut reader = Reader {
            model,
            seen: Vec::new(),
            processes: BTreeMap::new(),
            keys: BTreeMap::new(),
            // What a register holds at first.
            values: BTreeMap::from([("null".to_owned(), 0)]),
            open: BTreeMap::new(),
        };
        let lines = lines(&text);
        let mut any = false;
        for (number, line) in lines {
            any = true;
            reader.take(number, line).map_err(|why| no(format!("line {number}: {why}")))?;
        }
        if !any {
            let what = "a history has a line for each beginning and each end of an operation";
            return Err(no(format!("is empty: {what}")));
        }
        // What never ended may have happened.
        while let Some((process, begun)) = reader.open.pop_first() {
            reader.keep(process, begun, None, None);
        }
        reader.seen.sort_by_key(|s| s.op.call);
        Ok(History { seen: reader.seen, processes: reader.processes, text })
    }

    pub(super) fn ops(&self) -> Vec<Op> {
        self.seen.iter().map(|s| s.op).collect()
    }

    pub(super) fn processes(&self) -> usize {
        self.processes.len()
    }

    /// Each of `part` with its lines, its process and what it did, in the words of those lines.
    pub(super) fn sentences(&self, part: &[Op]) -> Vec<String> {
        let seen = |op: &Op| self.seen.binary_search_by_key(&op.call, |s| s.op.call);
        let part: Vec<(&Op, Option<usize>)> =
            part.iter().filter_map(|op| Some((op, self.seen[seen(op).ok()?].ended))).collect();
        let mut texts: BTreeMap<usize, &str> = BTreeMap::new();
        for (op, ended) in &part {
            texts.insert(op.call, "");
            texts.extend(ended.map(|line| (line, "")));
        }
        for (number, line) in lines(&self.text) {
            if let Some(text) = texts.get_mut(&number) {
                *text = line;
            }
        }
        part.into_iter().map(|(op, ended)| sentence(op, ended, &texts)).collect()
    }
}

/// The lines that are not blank, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(unmarked(text).lines()).filter(|(_, line)| !line.trim().is_empty())
}

fn sentence(op: &Op, ended: Option<usize>, texts: &BTreeMap<usize, &str>) -> String {
    let line = |number: usize| {
        let text = texts.get(&number).copied().unwrap_or_default();
        // The store's fields are all there are.
        Line::of(text, Model::Kv).unwrap_or_default()
    };
    let begun = line(op.call);
    let lines = match ended.filter(|_| op.happened()) {
        Some(last) => format!("lines {} and {last}", op.call),
        None => format!("line {}, no end seen by then", op.call),
    };
    let value = |text: &str| text.replace(['\t', '\r'], " ");
    let swapped = begun.v.and_then(exact::list).unwrap_or_default();
    let what = match (op.act, &swapped[..]) {
        (Act::Read(_), _) => format!("read {}", value(ended.and_then(|l| line(l).v).unwrap_or_default())),
        (Act::Cas(..), [old, new]) => format!("cas {} to {}", value(old), value(new)),
        _ => format!("write {}", value(begun.v.unwrap_or_default())),
    };
    let key = begun.k.map_or_else(String::new, |k| format!(" of {}", bare(k)));
    format!("  {lines}: process {} {what}{key}", begun.p.map_or_else(String::new, bare))
}

/// A name without its quotation marks, unless it could be taken for a number or is not plain.
fn bare(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./: ".contains(c);
    match exact::string(text) {
        Some(name) if name.starts_with(char::is_alphabetic) && name.chars().all(plain) => name,
        _ => text.to_owned(),
    }
}
