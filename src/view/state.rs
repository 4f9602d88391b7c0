//! The plain data of `window.faultline.state()`.
//!
//! The rule that is easy to break: its names are a promise to scripts that teachers keep for
//! years. Fields are added; none is renamed or taken away.

use super::app::Branch;
use crate::check::{CheckLine, Checks, Class, Verdict};
use crate::sim::history::Run;
use crate::sim::small::SmallMap;
use crate::sim::world::{InFlight, Status, World};
use crate::sim::{Edit, MsgId, NodeId};
use serde::{Serialize, Serializer};

/// Messages listed at most; `in_flight_count` says how many there are.
const MESSAGES: usize = 500;

/// The state of the page.
#[derive(Clone, Debug, Serialize)]
pub struct State<'a> {
    /// The scenario's id.
    pub scenario: &'a str,
    /// The seed.
    pub seed: Seed,
    /// The moment shown, in microseconds.
    pub time_us: u64,
    /// How many events have happened.
    pub events: u32,
    /// Whether time runs.
    pub playing: bool,
    /// Simulated seconds a second.
    pub speed: f64,
    /// The futures, and which is shown.
    pub futures: usize,
    /// See `futures`.
    pub future: usize,
    /// The future beside the one that is shown, if there is one.
    pub beside: Option<usize>,
    /// The futures as a tree: each after its parent.
    pub tree: Vec<BranchState>,
    /// Every node.
    pub nodes: Vec<NodeState>,
    /// The first messages in flight.
    pub in_flight: Vec<MessageState>,
    /// How many messages are in flight.
    pub in_flight_count: usize,
    /// Every promise.
    pub checks: Vec<CheckState>,
    /// Every edit of this future, made or to come.
    pub edits: &'a [Edit],
    /// The sentence in the element `error`, if there is one.
    pub error: Option<&'a str>,
}

/// A seed, as `load` takes it back: a number as far as scripts have whole numbers, above it a text
/// of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

/// Up to here every whole number is one in a script too (`Number.MAX_SAFE_INTEGER`).
const SAFE: u64 = (1 << 53) - 1;

impl Serialize for Seed {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            n @ 0..=SAFE => to.serialize_u64(n),
            n => to.serialize_str(&n.to_string()),
        }
    }
}

/// A future.
#[derive(Clone, Debug, Serialize)]
pub struct BranchState {
    /// Its number.
    pub future: usize,
    /// Its name.
    pub name: String,
    /// The number of the one that it was forked from.
    pub parent: Option<usize>,
    /// When it was forked.
    pub parted_us: u64,
    /// How many events had happened by then.
    pub parted_events: u32,
    /// Where it stands.
    pub time_us: u64,
}

impl BranchState {
    /// What of `branch` a script is told.
    pub fn of(branch: Branch) -> Self {
        BranchState {
            future: branch.future,
            name: branch.name,
            parent: branch.parent,
            parted_us: branch.parted_us,
            parted_events: branch.parted_events,
            time_us: branch.time_us,
        }
    }
}

/// A node.
#[derive(Clone, Debug, Serialize)]
pub struct NodeState {
    /// Its number.
    pub id: NodeId,
    /// Its name.
    pub name: String,
    /// Its role in the paper's word.
    pub role: String,
    /// Its second line: `term 3`.
    pub badge: String,
    /// Term, ballot, view, as a number.
    pub epoch: Option<u64>,
    /// Whether it runs.
    pub status: Status,
    /// Whether it is a client.
    pub client: bool,
    /// Whether it lies.
    pub byzantine: bool,
    /// What its clock shows, in microseconds.
    pub clock_us: i64,
    /// Its whole state, in the paper's names.
    pub fields: SmallMap<&'static str, String>,
}

/// A message in flight.
#[derive(Clone, Debug, Serialize)]
pub struct MessageState {
    /// Its number.
    pub id: MsgId,
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// Its kind's name.
    pub kind: &'static str,
    /// What it says.
    pub label: String,
    /// When it was sent.
    pub sent_us: u64,
    /// When it arrives, or would have.
    pub due_us: u64,
    /// Whether it is held.
    pub held: bool,
}

/// A promise.
#[derive(Clone, Debug, Serialize)]
pub struct CheckState {
    /// Its name.
    pub name: &'static str,
    /// What it promises.
    pub claim: &'static str,
    /// Safety or liveness.
    pub class: Class,
    /// `holding`, `pending`, `violated` or `unknown`.
    pub verdict: &'static str,
    /// Why, where there is more to say.
    pub why: String,
    /// The events that show a violation.
    pub witness: Vec<u32>,
    /// The assumption that a violation needed.
    pub assumption: String,
}

/// Every node of `world`.
pub fn nodes(world: &World) -> Vec<NodeState> {
    world.node_ids().map(|n| node(world, n)).collect()
}

fn node(world: &World, id: NodeId) -> NodeState {
    let i = world.inspect(id);
    NodeState {
        id,
        name: world.name(id).to_owned(),
        role: i.role,
        badge: i.badge,
        epoch: i.epoch,
        status: world.status(id),
        client: world.is_client(id),
        byzantine: !world.lies(id).is_empty(),
        clock_us: world.clock(id).shows_us,
        fields: i.fields.into_iter().collect(),
    }
}

/// The first messages in flight.
pub fn in_flight(world: &World) -> Vec<MessageState> {
    let message = |m: &InFlight| MessageState {
        id: m.msg,
        from: m.from,
        to: m.to,
        kind: m.payload.kind().name,
        label: m.payload.label(),
        sent_us: m.sent.us(),
        due_us: m.due.us(),
        held: m.held,
    };
    world
        .in_flight()
        .iter()
        .take(MESSAGES)
        .map(message)
        .collect()
}

/// Every promise that watches `run`.
pub fn checks(run: &Run<Checks>) -> Vec<CheckState> {
    run.watcher().lines().into_iter().map(check).collect()
}

fn check(line: CheckLine) -> CheckState {
    let (verdict, why, witness, assumption) = match line.verdict {
        Verdict::Holding => ("holding", String::new(), vec![], String::new()),
        Verdict::Pending { why } => ("pending", why, vec![], String::new()),
        Verdict::Unknown { why } => ("unknown", why, vec![], String::new()),
        Verdict::Violated {
            witness,
            why,
            assumption,
        } => (
            "violated",
            why,
            witness.iter().map(|e| e.0).collect(),
            assumption,
        ),
    };
    CheckState {
        name: line.name,
        claim: line.claim,
        class: line.class,
        verdict,
        why,
        witness,
        assumption,
    }
}
