//! A run as JSON lines: one that says what it is, one an event, one that says how it stands.
//!
//! The rule that is easy to break: names are a promise to scripts that teachers keep for years
//! (`docs/command-line.md`). Fields are added; none is renamed or taken away.

use crate::check::Checks;
use crate::scenario::Opening;
use crate::sim::history::Run;
use crate::sim::{EventId, EventKind, json};
use serde::Serialize;
use serde_json::{Map, Value};

/// One line under way.
struct Line(Map<String, Value>);

impl Line {
    fn put(&mut self, name: &str, value: impl Serialize) {
        let value = serde_json::to_value(value).unwrap_or_default();
        self.0.insert(name.to_owned(), value);
    }

    fn end(self) -> String {
        json::text(&Value::Object(self.0)) + "\n"
    }
}

/// The lines of `run`, which was opened as `opening`: everything that has happened so far.
pub fn lines<'a>(opening: &'a Opening, run: &'a Run<Checks>) -> impl Iterator<Item = String> + 'a {
    let events = (0..run.position()).map(move |i| event(run, EventId(i)));
    let first = std::iter::once_with(move || head(opening, run));
    let last = std::iter::once_with(move || tail(run));
    first.chain(events).chain(last)
}

fn head(opening: &Opening, run: &Run<Checks>) -> String {
    let world = run.world();
    let mut line = Line(Map::new());
    line.put("scenario", &opening.scenario);
    line.put("seed", world.seed());
    line.put("until_us", run.time().us());
    line.put("opening", opening);
    let names: Vec<&str> = world.node_ids().map(|n| world.name(n)).collect();
    line.put("nodes", names);
    line.end()
}

fn tail(run: &Run<Checks>) -> String {
    let mut line = Line(Map::new());
    line.put("events", run.position());
    line.put("messages", run.world().messages());
    line.put("time_us", run.time().us());
    line.put("checks", run.watcher().lines());
    line.put("hash", run.hash_text());
    line.end()
}

fn event(run: &Run<Checks>, id: EventId) -> String {
    let trace = run.trace();
    let e = trace.event(id);
    let mut line = Line(Map::new());
    line.put("event", id);
    line.put("time_us", e.time.us());
    line.put("kind", e.kind);
    if e.node.index() < run.world().node_count() {
        line.put("node", e.node);
    }
    if let Some(cause) = e.cause.some() {
        line.put("cause", cause);
    }
    if let Some(msg) = e.msg() {
        let sent = trace.sent(msg);
        line.put("msg", msg);
        line.put("from", sent.from);
        line.put("to", sent.to);
        line.put("sent_us", trace.sent_at(msg).us());
        line.put("label", run.label(msg));
    }
    match e.kind {
        EventKind::Lost => line.put("loss", e.loss),
        EventKind::Timer => line.put("timer", run.world().timer_name(e.node, e.data)),
        EventKind::Fault | EventKind::Request => {
            line.put("fault", trace.faults().get(e.data as usize).map(|(_, f)| f));
        }
        _ => {}
    }
    let notes: Vec<&str> = trace.notes_of(id).map(|n| &**n).collect();
    if !notes.is_empty() {
        line.put("notes", notes);
    }
    line.end()
}
