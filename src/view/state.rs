//! The plain data of `window.faultline.state()`.
//!
//! The rule that is easy to break: its names are a promise to scripts that teachers keep for
//! years. Fields are added; none is renamed or taken away.

use super::app::App;
use super::future::Branch;
use super::open::Open;
use crate::check::{CheckLine, Class, Verdict};
use crate::sim::json_object::Object;
use crate::sim::world::{InFlight, Status, World};
use crate::sim::{Edit, NodeId};

/// Messages listed at most; `in_flight_count` says how many there are.
const MESSAGES: usize = 500;
/// Up to here every whole number is one in a script too (`Number.MAX_SAFE_INTEGER`).
const SAFE: u64 = (1 << 53) - 1;

impl App {
    /// Reads the state for a script, as JSON text; `null` in the gallery.
    pub fn state_json(&self) -> String {
        match &self.open {
            Some(open) => text(self, open),
            None => "null".to_owned(),
        }
    }
}

/// The state of the page with `open` on screen, as JSON text:
///
/// - `scenario`: its id; `seed`: as `load` takes it back, a number as far as scripts have whole
///   numbers, above it a text of digits;
/// - `time_us`, `events`: where the run stands; `journey`: whether it is still on its way to a moment
///   that was asked for (by a link, a file, a far point of the diagram), so that this is not it yet; `playing`, `speed` (simulated seconds a second);
/// - `futures`: how many; `future`: which is shown; `beside`: which stands beside it, or `null`;
///   `tree`: each after its parent;
/// - `nodes`: every node; `in_flight`: the first messages on their way; `in_flight_count`: how many;
/// - `checks`: every promise; `edits`: every edit of this future, made or to come;
/// - `error`: the sentence in the element `error`, or `null`.
pub fn text(app: &App, open: &Open) -> String {
    let run = open.run().get();
    let world = run.world();
    let mut out = String::new();
    let mut o = Object::new(&mut out);
    o.text("scenario", open.origin.id());
    seed(world.seed(), o.at("seed"));
    o.count("time_us", world.now().us())
        .count("events", u64::from(run.position()))
        .flag("journey", app.journey.is_some())
        .flag("playing", app.player.playing)
        .fraction("speed", app.player.speed as f64 / 1e6)
        .count("futures", open.futures.len() as u64)
        .count("future", open.current as u64)
        .maybe_count("beside", open.beside.as_ref().map(|b| b.future as u64));
    let tree = open.tree();
    o.list("tree", tree.len(), &mut |i, out| branch(&tree[i], out));
    o.list("nodes", world.node_count(), &mut |i, out| {
        node(world, NodeId(i as u16), out);
    });
    let messages = world.in_flight();
    o.list("in_flight", messages.len().min(MESSAGES), &mut |i, out| {
        message(&messages[i], out);
    });
    o.count("in_flight_count", world.in_flight_count() as u64);
    let checks = run.watcher().lines();
    o.list("checks", checks.len(), &mut |i, out| check(&checks[i], out));
    let edits = run.edits();
    o.list("edits", edits.len(), &mut |i, out| edit(&edits[i], out));
    o.maybe_text("error", app.error.as_deref()).end();
    out
}

fn seed(seed: u64, out: &mut String) {
    let digits = seed.to_string();
    if seed <= SAFE {
        out.push_str(&digits);
    } else {
        out.push('"');
        out.push_str(&digits);
        out.push('"');
    }
}

fn edit(edit: &Edit, out: &mut String) {
    out.push_str(&crate::sim::json::text(edit));
}

/// A future: its number and name, the number of the one that it was forked from and when, and
/// where it stands.
fn branch(branch: &Branch, out: &mut String) {
    Object::new(out)
        .count("future", branch.future as u64)
        .text("name", &branch.name)
        .maybe_count("parent", branch.parent.map(|p| p as u64))
        .count("parted_us", branch.parted_us)
        .count("parted_events", u64::from(branch.parted_events))
        .count("time_us", branch.time_us)
        .end();
}

/// A node: number, name, its role in the paper's word, its second line (`term 3`), its epoch as a
/// number, whether it runs, is a client, lies; what its clock shows; its whole state, in the
/// paper's names.
fn node(world: &World, id: NodeId, out: &mut String) {
    let i = world.inspect(id);
    let mut o = Object::new(out);
    o.count("id", id.index() as u64)
        .text("name", world.name(id))
        .text("role", &i.role)
        .text("badge", &i.badge)
        .maybe_count("epoch", i.epoch)
        .text("status", status(world.status(id)))
        .flag("client", world.is_client(id))
        .flag("byzantine", !world.lies(id).is_empty())
        .whole("clock_us", world.clock(id).shows_us);
    let mut fields = Object::new(o.at("fields"));
    for (name, value) in &i.fields {
        fields.text(name, value);
    }
    fields.end();
    o.end();
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Up => "up",
        Status::Crashed => "crashed",
        Status::Stopped => "stopped",
        Status::Paused => "paused",
    }
}

/// A message in flight: number, sender, receiver, its kind's name, what it says, when it was sent
/// and arrives (or would have), whether it is held.
fn message(m: &InFlight, out: &mut String) {
    Object::new(out)
        .count("id", u64::from(m.msg.0))
        .count("from", m.from.index() as u64)
        .count("to", m.to.index() as u64)
        .text("kind", m.payload.kind().name)
        .text("label", &m.payload.label())
        .count("sent_us", m.sent.us())
        .count("due_us", m.due.us())
        .flag("held", m.held)
        .end();
}

/// A promise: its name, what it promises, safety or liveness, `holding`, `pending`, `violated` or
/// `unknown`, why, the events that show a violation, the assumption that it needed.
fn check(line: &CheckLine, out: &mut String) {
    let (verdict, why, witness, assumption) = match &line.verdict {
        Verdict::Holding => ("holding", "", &[][..], ""),
        Verdict::Pending { why } => ("pending", why.as_str(), &[][..], ""),
        Verdict::Unknown { why } => ("unknown", why.as_str(), &[][..], ""),
        Verdict::Violated { witness, why, assumption } => {
            ("violated", why.as_str(), witness.as_slice(), assumption.as_str())
        }
    };
    Object::new(out)
        .text("name", line.name)
        .text("claim", line.claim)
        .text(
            "class",
            match line.class {
                Class::Safety => "safety",
                Class::Liveness => "liveness",
            },
        )
        .text("verdict", verdict)
        .text("why", why)
        .list("witness", witness.len(), &mut |i, out| {
            out.push_str(&witness[i].0.to_string());
        })
        .text("assumption", assumption)
        .end();
}
