//! The protocols, one file (or one folder) each, grouped by chapter, and their registry.
//!
//! The rule that is easy to break: adding a protocol is one file and one line in [`ALL`]. Nothing
//! above or below this layer knows a protocol by name, except a scenario that stages it.

pub mod agreement;
pub mod consensus;
pub mod election;
pub mod entry;
pub mod links;

pub use entry::{Choice, Entry, Measure, Param, ParamKind, Params, Value};

/// Every protocol. Tests, the command-line tool and the gallery loop over this list.
pub const ALL: &[&Entry] = &[
    &consensus::raft::ENTRY,
    &election::ring::ENTRY,
    &links::stack::ENTRY,
    &agreement::two_generals::ENTRY,
];

/// The protocol called `id`, if there is one.
pub fn find(id: &str) -> Option<&'static Entry> {
    ALL.iter().copied().find(|e| e.id == id)
}
