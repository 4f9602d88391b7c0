//! A run as JSON lines: one that says what it is, one an event, one that says how it stands.
//!
//! The rule that is easy to break: names are a promise to scripts that teachers keep for years
//! (`docs/command-line.md`). Fields are added; none is renamed or taken away. And they stand in the
//! order of their names, as everywhere in this program's JSON: so they do in the structs here.

use crate::check::{Checks, verdicts};
use crate::scenario::Opening;
use crate::sim::history::Run;
use crate::sim::{EventId, EventKind, Loss, MsgId, NodeId};
use serde::Serialize;
use serde_json::Value;

#[derive(Serialize)]
struct Head<'a> {
    nodes: Vec<&'a str>,
    opening: Value,
    scenario: &'a str,
    seed: u64,
    until_us: u64,
}

#[derive(Serialize)]
struct Tail {
    checks: Value,
    events: u32,
    hash: String,
    messages: u32,
    time_us: u64,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<EventId>,
    event: EventId,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<NodeId>,
    kind: EventKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    loss: Option<Loss>,
    #[serde(skip_serializing_if = "Option::is_none")]
    msg: Option<MsgId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<NodeId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_us: Option<u64>,
    time_us: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    timer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<NodeId>,
}

/// What is no struct of ours here, with its fields in order.
fn sorted(data: &impl Serialize) -> Value {
    serde_json::to_value(data).unwrap_or_default()
}

fn put(line: &impl Serialize, out: &mut String) {
    out.push_str(&serde_json::to_string(line).unwrap_or_default());
    out.push('\n');
}

/// The line that says what `run` is, which was opened as `opening`.
pub fn head(opening: &Opening, run: &Run<Checks>, out: &mut String) {
    let world = run.world();
    let line = Head {
        nodes: world.node_ids().map(|n| world.name(n)).collect(),
        opening: sorted(opening),
        scenario: &opening.scenario,
        seed: world.seed(),
        until_us: run.time().us(),
    };
    put(&line, out);
}

/// The line that says how it stands.
pub fn tail(run: &Run<Checks>, out: &mut String) {
    let line = Tail {
        checks: sorted(&verdicts(run)),
        events: run.position(),
        hash: run.hash_text(),
        messages: run.world().messages(),
        time_us: run.time().us(),
    };
    put(&line, out);
}

/// The line of one event.
pub fn event(run: &Run<Checks>, id: EventId, out: &mut String) {
    let trace = run.trace();
    let e = trace.event(id);
    let sent = e.msg().map(|msg| (msg, trace.sent(msg)));
    let is_fault = matches!(e.kind, EventKind::Fault | EventKind::Request);
    let line = Line {
        cause: e.cause.some(),
        event: id,
        fault: is_fault.then(|| sorted(&trace.faults().get(e.data as usize).map(|(_, f)| f))),
        from: sent.map(|(_, s)| s.from),
        kind: e.kind,
        label: sent.map(|(msg, _)| run.label(msg)),
        loss: (e.kind == EventKind::Lost).then_some(e.loss),
        msg: sent.map(|(msg, _)| msg),
        node: Some(e.node).filter(|n| n.index() < run.world().node_count()),
        notes: trace.notes_of(id).map(|n| &**n).collect(),
        sent_us: sent.map(|(msg, _)| trace.sent_at(msg).us()),
        time_us: e.time.us(),
        timer: (e.kind == EventKind::Timer).then(|| run.world().timer_name(e.node, e.data)),
        to: sent.map(|(_, s)| s.to),
    };
    put(&line, out);
}
