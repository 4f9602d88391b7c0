//! The plain data of `window.faultline.state()`.
//!
//! The rule that is easy to break: its names are a promise to scripts that teachers keep for
//! years. Fields are added; none is renamed or taken away.

use super::app::App;
use super::future::Branch;
use super::open::Open;
use crate::check::{CheckLine, Class, Verdict, verdicts};
use crate::sim::world::{InFlight, Status, World};
use crate::sim::{Edit, EventId, MsgId, NodeId};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

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

/// The state of the page with a scenario on screen.
#[derive(Serialize)]
struct State<'a> {
    /// The scenario's id.
    scenario: &'a str,
    /// As `load` takes it back: a number as far as scripts have whole numbers, above it a text of digits.
    #[serde(serialize_with = "seed")]
    seed: u64,
    /// Where the run stands.
    time_us: u64,
    /// The same in events.
    events: u32,
    /// Whether it is still on its way to a moment that was asked for (by a link, a file, a far point of the diagram), so
    /// that this is not it yet.
    journey: bool,
    /// Whether time runs.
    playing: bool,
    /// Simulated seconds a second.
    speed: f64,
    /// How many futures there are.
    futures: usize,
    /// Which is shown.
    future: usize,
    /// Which stands beside it.
    beside: Option<usize>,
    /// Each after its parent.
    tree: Vec<Future>,
    /// Every node.
    nodes: Vec<Node<'a>>,
    /// The first messages on their way.
    in_flight: Vec<Flight>,
    /// How many are on their way.
    in_flight_count: usize,
    /// Every promise.
    checks: Vec<Check>,
    /// Every edit of this future, made or to come.
    edits: &'a [Edit],
    /// How far the learner has come.
    lesson: Lesson<'a>,
    /// The sentence in the element `error`.
    error: Option<&'a str>,
}

/// How far the learner has come in the scenario's lesson.
#[derive(Serialize)]
struct Lesson<'a> {
    /// The staged situation that was begun.
    stage: Option<&'a str>,
    /// Whether each step was ever reached.
    steps: Vec<bool>,
    /// The place of the answer that was guessed, once what came out is shown.
    guess: Option<usize>,
    /// The place of the answer that came out, once it is shown.
    answer: Option<usize>,
}

/// A future: its number and name, the number of the one that it was forked from and when, and where it stands.
#[derive(Serialize)]
struct Future {
    future: usize,
    name: String,
    parent: Option<usize>,
    parted_us: u64,
    parted_events: u32,
    time_us: u64,
}

/// A node.
#[derive(Serialize)]
struct Node<'a> {
    id: NodeId,
    name: &'a str,
    /// In the paper's word.
    role: String,
    /// Its second line: `term 3`.
    badge: String,
    /// Its epoch as a number.
    epoch: Option<u64>,
    status: &'static str,
    /// Whether it is a client.
    client: bool,
    /// Whether it lies.
    byzantine: bool,
    /// What its clock shows.
    clock_us: i64,
    /// Its whole state, in the paper's names.
    fields: BTreeMap<&'static str, String>,
}

/// A message in flight.
#[derive(Serialize)]
struct Flight {
    id: MsgId,
    from: NodeId,
    to: NodeId,
    /// Its kind's name.
    kind: &'static str,
    /// What it says.
    label: String,
    sent_us: u64,
    /// When it arrives, or would have.
    due_us: u64,
    held: bool,
}

/// A promise.
#[derive(Serialize)]
struct Check {
    name: &'static str,
    /// What it promises.
    claim: &'static str,
    /// `safety` or `liveness`.
    class: &'static str,
    /// `holding`, `pending`, `violated` or `unknown`.
    verdict: &'static str,
    /// Whether it waits only for work under way, with all that it needs in force.
    in_progress: bool,
    why: String,
    /// The events that show a violation.
    witness: Vec<EventId>,
    /// The assumption that it needed.
    assumption: String,
}

fn text(app: &App, open: &Open) -> String {
    let run = open.run().get();
    let world = run.world();
    let messages = world.in_flight();
    let state = State {
        scenario: open.origin.id(),
        seed: world.seed(),
        time_us: world.now().us(),
        events: run.position(),
        journey: app.journey.is_some(),
        playing: app.player.playing,
        speed: app.player.speed as f64 / 1e6,
        futures: open.futures.len(),
        future: open.current,
        beside: open.beside.as_ref().map(|b| b.future),
        tree: open.tree().iter().map(branch).collect(),
        nodes: world.node_ids().map(|id| node(world, id)).collect(),
        in_flight: messages.iter().take(MESSAGES).map(flight).collect(),
        in_flight_count: world.in_flight_count(),
        checks: verdicts(&run).into_iter().map(check).collect(),
        edits: run.edits(),
        lesson: lesson(open),
        error: app.error.as_deref(),
    };
    serde_json::to_string(&state).unwrap_or_default()
}

fn lesson(open: &Open) -> Lesson<'_> {
    let (def, l) = (&open.origin.def, &open.lesson);
    Lesson {
        stage: l.staged.and_then(|i| def.situations.get(i)).map(|s| s.id.as_str()),
        steps: (0..def.steps.len()).map(|i| l.is_done(i)).collect(),
        guess: l.guess.filter(|_| l.answer.is_some()),
        answer: l.answer,
    }
}

fn seed<S: Serializer>(seed: &u64, to: S) -> Result<S::Ok, S::Error> {
    match *seed {
        seed if seed <= SAFE => to.serialize_u64(seed),
        seed => to.collect_str(&seed),
    }
}

fn branch(b: &Branch) -> Future {
    Future {
        future: b.future,
        name: b.name.clone(),
        parent: b.parent,
        parted_us: b.parted_us,
        parted_events: b.parted_events,
        time_us: b.time_us,
    }
}

fn node(world: &World, id: NodeId) -> Node<'_> {
    let i = world.inspect(id);
    Node {
        id,
        name: world.name(id),
        role: i.role,
        badge: i.badge,
        epoch: i.epoch,
        status: match world.status(id) {
            Status::Up => "up",
            Status::Crashed => "crashed",
            Status::Stopped => "stopped",
            Status::Paused => "paused",
        },
        client: world.is_client(id),
        byzantine: !world.lies(id).is_empty(),
        clock_us: world.clock(id).shows_us,
        fields: i.fields.into_iter().collect(),
    }
}

fn flight(m: &InFlight) -> Flight {
    Flight {
        id: m.msg,
        from: m.from,
        to: m.to,
        kind: m.payload.kind().name,
        label: m.payload.label(),
        sent_us: m.sent.us(),
        due_us: m.due.us(),
        held: m.held,
    }
}

fn check(line: CheckLine) -> Check {
    let in_progress = matches!(line.verdict, Verdict::InProgress { .. });
    let (verdict, why, witness, assumption) = match line.verdict {
        Verdict::Holding => ("holding", String::new(), Vec::new(), String::new()),
        // One word for scripts: what they read of it stays.
        Verdict::InProgress { why } | Verdict::Pending { why } => ("pending", why, Vec::new(), String::new()),
        Verdict::Unknown { why } => ("unknown", why, Vec::new(), String::new()),
        Verdict::Violated { witness, why, assumption } => ("violated", why, witness, assumption),
    };
    Check {
        name: line.name,
        claim: line.claim,
        class: match line.class {
            Class::Safety => "safety",
            Class::Liveness => "liveness",
        },
        verdict,
        in_progress,
        why,
        witness,
        assumption,
    }
}
