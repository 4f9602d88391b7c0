//! Looking at a run for the sake of a scenario: who leads, what was done, what was sent.
//!
//! The rule that is easy to break: a trace may hold a future that was taken back. Everything here
//! looks only at what lies before the world's present.

use super::{Opening, open};
use crate::check::Checks;
use crate::sim::history::Run;
use crate::sim::trace::EpochMark;
use crate::sim::world::World;
use crate::sim::{EventId, EventKind, Fault, MsgId, NodeId, Refusal, SimTime, Trace};

/// Whether event `id` has happened.
fn past(world: &World, id: EventId) -> bool {
    id.0 < world.events()
}

/// The node that leads: it runs, shows the role `leader`, and no other leads a later epoch.
pub fn leader(world: &World) -> Option<NodeId> {
    leaders(world).into_iter().max().map(|(_, node)| node)
}

/// Every running node that shows the role `leader`, with its epoch.
pub fn leaders(world: &World) -> Vec<(u64, NodeId)> {
    let leads = |node: NodeId| {
        let shown = world.inspect(node);
        (world.is_up(node) && shown.role == "leader").then(|| (shown.epoch.unwrap_or(0), node))
    };
    world.node_ids().filter_map(leads).collect()
}

/// How many nodes show the role `role`.
pub fn with_role(world: &World, role: &str) -> usize {
    let shows = |&n: &NodeId| world.inspect(n).role == role;
    world.node_ids().filter(shows).count()
}

/// The epochs that have begun.
pub fn epochs<'a>(world: &World, trace: &'a Trace) -> &'a [EpochMark] {
    let all = trace.epochs();
    let now = all.partition_point(|m| past(world, m.event));
    &all[..now]
}

/// What has been done to the world, with the events in which it was done.
pub fn faults<'a>(world: &World, trace: &'a Trace) -> &'a [(EventId, Fault)] {
    let all = trace.faults();
    let now = all.partition_point(|(e, _)| past(world, *e));
    &all[..now]
}

/// The event of the first fault that is `wanted`.
pub fn first_fault(world: &World, trace: &Trace, wanted: fn(&Fault) -> bool) -> Option<EventId> {
    let mut all = faults(world, trace).iter();
    all.find(|(_, f)| wanted(f)).map(|(e, _)| *e)
}

/// Whether an epoch has begun after event `id`.
pub fn epoch_since(world: &World, trace: &Trace, id: EventId) -> bool {
    epochs(world, trace).iter().any(|m| m.event > id)
}

/// How many of the messages sent so far are of the kind `name`.
pub fn sent(world: &World, trace: &Trace, name: &str) -> usize {
    let all = (0..world.messages()).map(MsgId);
    all.take_while(|id| id.index() < trace.messages()).filter(|&id| trace.kind(id).name == name).count()
}

/// How many messages were lost so far, for whatever reason.
pub fn lost(world: &World, trace: &Trace) -> usize {
    let all = trace.events_from(EventId(0));
    all.take_while(|(id, _)| past(world, *id)).filter(|(_, e)| e.kind == EventKind::Lost).count()
}

/// `opening` without its edits, run until `ready`.
///
/// # Errors
/// What [`open`] refuses; and if it is not so within `within` of simulated time.
pub fn run_until(
    opening: &Opening,
    within: SimTime,
    ready: impl Fn(&World) -> bool,
) -> Result<Run<Checks>, Refusal> {
    let mut run = open(&Opening { edits: Vec::new(), ..opening.clone() })?;
    while !ready(run.world()) {
        if run.time() > within || !run.step() {
            return Err(Refusal::new(
                "never-ready",
                format!(
                    "with these settings the moment that this situation begins with did not come within {within}"
                ),
            ));
        }
    }
    Ok(run)
}
