//! Fitting a plan of faults to a world: what its timing contract would refuse, it is given as far as the contract
//! allows. Links that promise delivery in time still lose; a clock drifts within its bound; a node that may not pause
//! is late instead, which is the failure that such a model knows.
//!
//! The rule that is easy to break: what fits is left as it is, to the bit. A sweep of a world without a contract is
//! given the very plan that was drawn.

use crate::sim::link::LinkPatch;
use crate::sim::{Edit, Fault, NodeId, NodePatch, Timing, World};

/// How late each step of a node is that may not pause.
const LATE_US: u64 = 20_000;

/// `edits` as `world`, at its start, allows them. What fits in no way stays, and is refused when its time comes.
pub(super) fn fitted(world: &World, mut edits: Vec<Edit>) -> Vec<Edit> {
    for edit in &mut edits {
        if let Some(fault) = instead(world, &edit.fault) {
            edit.fault = fault;
        }
    }
    edits
}

/// What to do instead of `fault`, where the contract forbids that and allows this.
fn instead(world: &World, fault: &Fault) -> Option<Fault> {
    let forbids = |fault: &Fault| world.check(fault).is_err_and(|r| r.code == "outside-timing");
    let other = match fault {
        // Whether somebody may be resumed depends on the moment; it may wherever a pause is allowed.
        Fault::Resume { node } if forbids(&Fault::Pause { node: *node }) => late(*node, 0),
        _ if !forbids(fault) => return None,
        Fault::Pause { node } => late(*node, LATE_US),
        Fault::Links { set } => {
            let set = LinkPatch { reorder_ppm: None, reorder_us: None, ..set.clone() };
            // Nothing is left of one that only sets messages aside.
            if set == LinkPatch::default() {
                return None;
            }
            Fault::Links { set }
        }
        Fault::Node { node, set } => {
            let Timing::Synchronous { drift_ppm, .. } = world.timing() else {
                return None;
            };
            let most = i32::try_from(drift_ppm).unwrap_or(i32::MAX);
            let drift_ppm = set.drift_ppm.map(|d| d.clamp(-most, most));
            Fault::Node { node: *node, set: NodePatch { drift_ppm, ..set.clone() } }
        }
        _ => return None,
    };
    (!forbids(&other)).then_some(other)
}

fn late(node: NodeId, late_us: u64) -> Fault {
    Fault::Node { node, set: NodePatch { late_us: Some(late_us), ..NodePatch::default() } }
}
