//! The scenarios, one file each.

mod link_stack;
mod raft_election;
mod raft_nine;
mod raft_partition;
mod raft_recovery;
mod raft_replication;
mod ring_election;
mod test_panic;
mod test_toy;
mod two_generals;

use super::ScenarioDef;
use crate::kit::Entry;

/// Every scenario, in the order of the gallery.
pub const ALL: &[&ScenarioDef] = &[
    &raft_election::DEF,
    &raft_replication::DEF,
    &raft_partition::DEF,
    &raft_recovery::DEF,
    &raft_nine::DEF,
    &ring_election::DEF,
    &link_stack::DEF,
    &two_generals::DEF,
];

/// Scenarios that tests open by name, and no list shows.
pub(super) const HIDDEN: &[&ScenarioDef] = &[&test_panic::DEF, &test_toy::DEF];

/// The protocol of a hidden scenario.
pub(super) fn hidden_protocol(id: &str) -> Option<&'static Entry> {
    [&test_panic::ENTRY, &test_toy::ENTRY]
        .into_iter()
        .find(|e| e.id == id)
}
