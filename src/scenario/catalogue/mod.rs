//! The scenarios, one file each.

mod link_stack;
mod raft_election;
mod raft_nine;
mod raft_partition;
mod raft_recovery;
mod raft_replication;
mod ring_election;
mod test_panic;
mod two_generals;

use super::ScenarioDef;
use super::chapters::{Chapter, Line};
use crate::protocols::{self, Entry};

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

/// The chapter of that name.
pub static CONSENSUS: Chapter = Chapter {
    id: "consensus",
    entries: &[&protocols::consensus::raft::ENTRY],
    scenarios: &[
        &raft_election::DEF,
        &raft_replication::DEF,
        &raft_partition::DEF,
        &raft_recovery::DEF,
        &raft_nine::DEF,
    ],
};

/// The chapter of that name.
pub static ELECTION: Chapter = Chapter {
    id: "election",
    entries: &[&protocols::election::ring::ENTRY],
    scenarios: &[&ring_election::DEF],
};

/// The chapter of that name.
pub static LINKS: Chapter = Chapter {
    id: "links",
    entries: &[&protocols::links::stack::ENTRY],
    scenarios: &[&link_stack::DEF],
};

/// The chapter of that name.
pub static AGREEMENT: Chapter = Chapter {
    id: "agreement",
    entries: &[&protocols::agreement::two_generals::ENTRY],
    scenarios: &[&two_generals::DEF],
};

/// Every chapter, in the order of the gallery.
pub static CHAPTERS: [&Chapter; 4] = [&CONSENSUS, &ELECTION, &LINKS, &AGREEMENT];

/// What the gallery says of each scenario of [`ALL`].
pub static LINES: [Line; ALL.len()] = {
    let mut lines = [Line::of(ALL[0]); ALL.len()];
    let mut i = 0;
    while i < ALL.len() {
        lines[i] = Line::of(ALL[i]);
        i += 1;
    }
    lines
};

/// Scenarios that tests open by name, and no list shows.
pub(super) const HIDDEN: &[&ScenarioDef] = &[&test_panic::DEF];

/// The protocol of a hidden scenario.
pub(super) fn hidden_protocol(id: &str) -> Option<&'static Entry> {
    (id == test_panic::ENTRY.id).then_some(&test_panic::ENTRY)
}
