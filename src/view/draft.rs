//! A lesson's text, from what was done by hand: the scenario as it is set, the edits as situations, steps and a question from what
//! the run shows.
//!
//! The rule that is easy to break: what is written here is read by nobody but the reader of scenario files, which judges it as
//! it judges any file. So this only writes, and a test reads all of it back.

use super::open::Open;
use crate::check::{Checks, Class, Verdict, verdicts};
use crate::scenario::front::{Block, Piece};
use crate::sim::history::Run;
use crate::sim::{Edit, MsgId, NodeId, Rank};
use serde_json::{Map, Value, json};

/// The fields of a file that come first, in their order.
const FIRST: [&str; 5] = ["id", "title", "summary", "protocol", "seed"];
/// What stands behind all other fields, in blocks of its own.
const BLOCKS: [&str; 4] = ["situation", "step", "prediction", "target"];
/// What another author's lesson says of itself.
const ITS_OWN: [&str; 5] = ["chapter", "order", "start", "rows", "beside"];
/// So many facts are offered as conditions.
const MOST: usize = 12;

/// Something that holds in the run now, for people and as a condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Pick {
    /// `S3 was crashed`.
    pub label: String,
    /// As it stands in a file.
    pub condition: String,
}

/// The file of the scenario on screen, as it is set: somebody's own whole, a built-in one as the beginning of another.
pub fn begin(o: &Open) -> String {
    let (def, opening) = (&o.origin.def, &o.origin.opening);
    let Ok(Value::Object(mut front)) = serde_json::to_value(&def.front) else {
        return String::new();
    };
    let mut prose = String::new();
    if opening.own.is_some() {
        prose = def.prose.iter().map(markdown).collect::<Vec<_>>().join("\n\n");
    } else {
        BLOCKS.iter().chain(&ITS_OWN).for_each(|name| _ = front.remove(*name));
        front.insert("id".to_owned(), format!("my-{}", def.id).into());
        front.insert("title".to_owned(), "A lesson of my own".into());
        front.insert("summary".to_owned(), "What it is about, in a sentence.".into());
    }
    let mut params = def.params.clone();
    params.extend(opening.params.clone());
    if !params.is_empty() {
        front.insert("params".to_owned(), serde_json::to_value(params).unwrap_or_default());
    }
    // A file's numbers have a sign.
    if let Ok(seed) = i64::try_from(o.origin.seed()) {
        front.insert("seed".to_owned(), seed.into());
    }
    if prose.is_empty() {
        prose = "Say here what there is to be seen.".to_owned();
    }
    format!("+++\n{}+++\n\n{prose}\n", fields(&front))
}

/// A front as text: its settings, then its blocks.
fn fields(front: &Map<String, Value>) -> String {
    let mut out = String::new();
    let first = FIRST.iter().filter_map(|name| front.get_key_value(*name));
    let others = front.iter().filter(|(name, _)| !FIRST.contains(&&***name) && !BLOCKS.contains(&&***name));
    lines(&mut out, first.chain(others));
    for name in BLOCKS {
        match front.get(name) {
            Some(Value::Array(blocks)) => {
                for block in blocks.iter().filter_map(Value::as_object) {
                    out += &format!("\n[[{name}]]\n");
                    lines(&mut out, block.iter());
                }
            }
            Some(Value::Object(block)) => {
                out += &format!("\n[{name}]\n");
                lines(&mut out, block.iter().filter(|(field, _)| *field != "option"));
                for option in block.get("option").and_then(Value::as_array).into_iter().flatten() {
                    out += &format!("\n[[{name}.option]]\n");
                    lines(&mut out, option.as_object().into_iter().flatten());
                }
            }
            _ => {}
        }
    }
    out
}

fn lines<'a>(out: &mut String, fields: impl Iterator<Item = (&'a String, &'a Value)>) {
    for (name, value) in fields.filter(|(_, v)| !v.is_null()) {
        *out += &format!("{} = {}\n", key(name), broken(value));
    }
}

fn key(name: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-".contains(&b);
    match !name.is_empty() && name.bytes().all(plain) {
        true => name.to_owned(),
        false => inline(&name.into()),
    }
}

/// A value in TOML, in one line. Its strings are JSON's: TOML reads every escape that JSON has here.
fn inline(value: &Value) -> String {
    match value {
        Value::Array(all) => format!("[{}]", all.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Object(fields) => {
            let there = fields.iter().filter(|(_, v)| !v.is_null());
            let pairs: Vec<_> = there.map(|(name, v)| format!("{} = {}", key(name), inline(v))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        Value::String(text) => value_text(text),
        other => other.to_string(),
    }
}

/// A string; what JSON may leave bare and TOML may not is escaped, too.
fn value_text(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

/// The same, a list of tables with a line for each.
fn broken(value: &Value) -> String {
    match value {
        Value::Array(all) if all.len() > 1 && all.iter().all(Value::is_object) => {
            let rows: String = all.iter().map(|v| format!("  {},\n", inline(v))).collect();
            format!("[\n{rows}]")
        }
        other => inline(other),
    }
}

/// A block of prose as Markdown.
fn markdown(block: &Block) -> String {
    let items = |list: &[Vec<Piece>], mark: fn(usize) -> String| {
        let rows = list.iter().enumerate().map(|(i, row)| format!("{}{}", mark(i), pieces(row)));
        rows.collect::<Vec<_>>().join("\n")
    };
    match block {
        Block::P(row) => pieces(row),
        Block::H(row) => format!("## {}", pieces(row)),
        Block::Ul(list) => items(list, |_| "- ".to_owned()),
        Block::Ol(list) => items(list, |i| format!("{}. ", i + 1)),
        Block::Code(text) => format!("```\n{}\n```", text.trim_end()),
    }
}

fn pieces(row: &[Piece]) -> String {
    let escaped = |text: &str| {
        let special = |c: char| "\\`*_{}[]<>#".contains(c);
        text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect::<String>()
    };
    let one = |piece: &Piece| match piece {
        Piece::T(text) => escaped(text),
        Piece::Em(text) => format!("*{}*", escaped(text)),
        Piece::Strong(text) => format!("**{}**", escaped(text)),
        Piece::Code(text) => format!("`{text}`"),
        Piece::A { text, to } => format!("[{}]({})", escaped(text), to.text()),
    };
    row.iter().map(one).collect()
}

/// The edits of `run` up to now, as lines of a file.
fn strokes(run: &Run<Checks>) -> Value {
    let made = &run.edits()[..run.edits_made().min(run.edits().len())];
    Value::Array(made.iter().map(|e| stroke(run, e)).collect())
}

/// An edit as a file has it: nodes by name, times in milliseconds, messages by what they are.
fn stroke(run: &Run<Checks>, edit: &Edit) -> Value {
    let Ok(Value::Object(mut line)) = serde_json::to_value(edit) else {
        return Value::Null;
    };
    line.remove("after_steps");
    for name in ["at_us", "by_us", "up_us", "down_us"] {
        if let Some(us) = line.remove(name).and_then(|v| v.as_i64()) {
            line.insert(name.replace("_us", "_ms"), ms(us));
        }
    }
    for name in ["node", "from", "to"] {
        if let Some(node) = line.get_mut(name) {
            named(run, node);
        }
    }
    for rule in line.get_mut("rules").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(to) = rule.get_mut("to") {
            named(run, to);
        }
    }
    let sides = line.get_mut("groups").and_then(Value::as_array_mut);
    let sides = sides.into_iter().flatten().filter_map(Value::as_array_mut);
    sides.flatten().for_each(|node| named(run, node));
    if let Some(msg) = line.get("msg").and_then(Value::as_u64) {
        line.insert("msg".to_owned(), picked(run, MsgId(msg as u32)));
    }
    Value::Object(line)
}

/// So many microseconds in milliseconds, whole where they are.
fn ms(us: i64) -> Value {
    match us % 1_000 {
        0 => (us / 1_000).into(),
        _ => (us as f64 / 1_000.0).into(),
    }
}

fn named(run: &Run<Checks>, node: &mut Value) {
    let id = node.as_u64().map(|n| NodeId(n as _)).filter(|n| run.world().node_ids().any(|m| m == *n));
    if let Some(id) = id {
        *node = run.world().name(id).into();
    }
}

/// A message as a file picks it: the n-th of its kind on its way from one node to another.
fn picked(run: &Run<Checks>, msg: MsgId) -> Value {
    let trace = run.trace();
    if msg.0 as usize >= trace.messages() {
        return Value::Null;
    }
    let (sent, kind) = (trace.sent(msg), trace.kind(msg).name);
    let like = |m: &MsgId| {
        let other = trace.sent(*m);
        (other.from, other.to, trace.kind(*m).name) == (sent.from, sent.to, kind)
    };
    let nth = (0..=msg.0).map(MsgId).filter(like).count();
    let world = run.world();
    json!({ "kind": kind, "from": world.name(sent.from), "to": world.name(sent.to), "nth": nth })
}

/// What holds in `run` now and could tick a step, or be the answer to a question: what was done, what broke, what was told, who
/// is what.
pub fn picks(run: &Run<Checks>) -> Vec<Pick> {
    let mut all: Vec<Pick> = Vec::new();
    let mut add = |label: String, condition: Value| {
        let pick = Pick { label, condition: inline(&condition) };
        if all.iter().all(|p| p.condition != pick.condition) {
            all.push(pick);
        }
    };
    let world = run.world();
    for line in strokes(run).as_array().into_iter().flatten() {
        let (word, node) = (line["do"].as_str().unwrap_or_default(), line["node"].as_str());
        let label = format!("done: {word}{}", node.map(|n| format!(" {n}")).unwrap_or_default());
        let mut fault = json!({ "do": word });
        if let Some(node) = node {
            fault["node"] = node.into();
        }
        add(label, json!({ "fault": fault }));
    }
    for line in verdicts(run) {
        let says = match (&line.verdict, line.class) {
            (Verdict::Violated { .. }, _) => ("broken", "violated"),
            (Verdict::Holding, Class::Liveness) => ("kept", "holding"),
            _ => continue,
        };
        let promise = json!({ "promise": { "name": line.name, "is": says.1 } });
        add(format!("{}: {}", line.name, says.0), promise);
    }
    let mut told: Vec<(&str, Vec<NodeId>)> = Vec::new();
    for (_, t) in run.trace().facts().iter().filter(|(_, t)| t.fact.rank() == Rank::Decisive) {
        match told.iter_mut().find(|(name, _)| *name == t.fact.name()) {
            Some((_, nodes)) if nodes.contains(&t.node) => {}
            Some((_, nodes)) => nodes.push(t.node),
            None => told.push((t.fact.name(), vec![t.node])),
        }
    }
    for (name, nodes) in told.into_iter().take(MOST) {
        let label = format!("told by {}: {name}", nodes.len());
        add(label, json!({ "fact": { "name": name, "nodes": nodes.len() } }));
    }
    for node in world.servers().filter(|&n| world.is_up(n)) {
        let role = world.inspect(node).role;
        if !role.is_empty() {
            add(format!("somebody is: {role}"), json!({ "nodes": { "role": role } }));
        }
    }
    all
}

/// Several as one condition.
fn together(picks: &[Pick]) -> String {
    match picks {
        [one] => one.condition.clone(),
        all => {
            let all: Vec<_> = all.iter().map(|p| p.condition.as_str()).collect();
            format!("{{ all = [{}] }}", all.join(", "))
        }
    }
}

/// `text` with what was done in `run` as a situation to begin with, which shows `picks`.
pub fn add_situation(text: &str, run: &Run<Checks>, picks: &[Pick]) -> String {
    let number = text.matches("[[situation]]").count() + 1;
    let edits = broken(&strokes(run));
    let shows = if picks.is_empty() { String::new() } else { format!("shows = {}\n", together(picks)) };
    let block = format!(
        "[[situation]]\nid = \"situation-{number}\"\nlabel = \"What the button says\"\nhint = \"What will be seen.\"\nedits = {edits}\n{shows}"
    );
    inserted(text, &block)
}

/// `text` with a step that is done when all of `picks` hold, and that what was done in `run` shows.
pub fn add_step(text: &str, run: &Run<Checks>, picks: &[Pick]) -> String {
    let block = format!(
        "[[step]]\ntext = \"Say what is to be done.\"\nhow = \"Say how, with this page.\"\ndone = {}\nshown_by = {{ edits = {} }}\nnot_by = [{{ why = \"nothing is done\" }}]\n",
        together(picks),
        inline(&strokes(run)),
    );
    inserted(text, &block)
}

/// `text` with a question about this moment, to which `picks` are the right answer; it is about the last situation, if there is one.
pub fn add_question(text: &str, run: &Run<Checks>, picks: &[Pick]) -> String {
    let last = text.rfind("[[situation]]").and_then(|at| {
        let id = text[at..].lines().find_map(|l| l.strip_prefix("id = "))?;
        Some(format!("situation = {}\n", id.trim()))
    });
    let at = inline(&ms(run.time().us() as i64));
    let block = format!(
        "[prediction]\nquestion = \"What comes of it?\"\n{}at_ms = {at}\nbecause = \"Say why.\"\nexplains = 1\n\n\
         [[prediction.option]]\ntext = \"The right answer\"\nif = {}\n\n[[prediction.option]]\ntext = \"Another\"\n",
        last.unwrap_or_default(),
        together(picks),
    );
    inserted(text, &block)
}

/// `text` with `block` at the end of its front.
fn inserted(text: &str, block: &str) -> String {
    let mut fences = text.match_indices("+++").filter(|(at, _)| *at == 0 || text[..*at].ends_with('\n'));
    match fences.nth(1) {
        Some((at, _)) => format!("{}\n{block}{}", &text[..at], &text[at..]),
        None => format!("{text}\n{block}"),
    }
}

#[cfg(test)]
mod tests;
