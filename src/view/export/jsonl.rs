//! A run as JSON lines: one that says what it is, one an event, one that says how it stands.
//!
//! The rule that is easy to break: names are a promise to scripts that teachers keep for years
//! (`docs/command-line.md`). Fields are added; none is renamed or taken away. And they stand in the
//! order of their names, as everywhere in this program's JSON, though here each is written at once.

use crate::check::Checks;
use crate::scenario::Opening;
use crate::sim::history::Run;
use crate::sim::json_object::{Object, push_count};
use crate::sim::{Event, EventId, EventKind, json};

/// What a line about an event needs besides the run.
#[derive(Default)]
pub struct Lines {
    // The kinds that occurred, as JSON.
    kinds: Vec<(EventKind, String)>,
}

impl Lines {
    /// The line that says what `run` is, which was opened as `opening`.
    pub fn head(opening: &Opening, run: &Run<Checks>, out: &mut String) {
        let world = run.world();
        let names: Vec<&str> = world.node_ids().map(|n| world.name(n)).collect();
        let mut line = Object::new(out);
        line.at("nodes").push_str(&json::text(&names));
        line.at("opening").push_str(&json::text(opening));
        line.text("scenario", &opening.scenario);
        line.at("seed").push_str(&world.seed().to_string());
        line.count("until_us", run.time().us()).end();
        out.push('\n');
    }

    /// The line that says how it stands.
    pub fn tail(run: &Run<Checks>, out: &mut String) {
        let mut line = Object::new(out);
        let checks = json::text(&run.watcher().lines());
        line.at("checks").push_str(&checks);
        line.count("events", run.position().into());
        line.text("hash", &run.hash_text());
        line.count("messages", run.world().messages().into());
        line.count("time_us", run.time().us()).end();
        out.push('\n');
    }

    /// The line of one event.
    pub fn event(&mut self, run: &Run<Checks>, id: EventId, out: &mut String) {
        let trace = run.trace();
        let e = trace.event(id);
        let sent = e.msg().map(|msg| (msg, trace.sent(msg)));
        let mut line = Object::new(out);
        if let Some(cause) = e.cause.some() {
            push_count(cause.0.into(), line.at("cause"));
        }
        push_count(id.0.into(), line.at("event"));
        if matches!(e.kind, EventKind::Fault | EventKind::Request) {
            let fault = trace.faults().get(e.data as usize).map(|(_, f)| f);
            line.at("fault").push_str(&json::text(&fault));
        }
        if let Some((_, sent)) = sent {
            push_count(sent.from.0.into(), line.at("from"));
        }
        line.at("kind").push_str(self.kind(e));
        if let Some((msg, _)) = sent {
            line.text("label", &run.label(msg));
        }
        if e.kind == EventKind::Lost {
            line.at("loss").push_str(&json::text(&e.loss));
        }
        if let Some((msg, _)) = sent {
            push_count(msg.0.into(), line.at("msg"));
        }
        if e.node.index() < run.world().node_count() {
            push_count(e.node.0.into(), line.at("node"));
        }
        let mut notes = trace.notes_of(id).peekable();
        if notes.peek().is_some() {
            let notes: Vec<&str> = notes.map(|n| &**n).collect();
            line.at("notes").push_str(&json::text(&notes));
        }
        if let Some((msg, _)) = sent {
            push_count(trace.sent_at(msg).us(), line.at("sent_us"));
        }
        push_count(e.time.us(), line.at("time_us"));
        if e.kind == EventKind::Timer {
            line.text("timer", run.world().timer_name(e.node, e.data));
        }
        if let Some((_, sent)) = sent {
            push_count(sent.to.0.into(), line.at("to"));
        }
        line.end();
        out.push('\n');
    }

    fn kind(&mut self, e: &Event) -> &str {
        let known = self.kinds.iter().position(|(kind, _)| *kind == e.kind);
        let at = known.unwrap_or_else(|| {
            self.kinds.push((e.kind, json::text(&e.kind)));
            self.kinds.len() - 1
        });
        &self.kinds[at].1
    }
}
