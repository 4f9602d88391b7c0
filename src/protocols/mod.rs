//! The protocols, one file (or one folder) each, grouped by chapter, and their registry.
//!
//! The rule that is easy to break: adding a protocol is one file and one name in the list below.
//! Nothing above or below this layer knows a protocol by name, except a scenario that stages it.

use crate::kit::Entry;

/// Hands the course to the macro `then`: its chapters in order, each with its name and with its protocols, which are files of
/// its folder. A protocol is called by its file's name, with `-` for `_`.
#[macro_export]
macro_rules! course {
    ($then:ident) => {
        $then! {
            systems "What a distributed system is" { shared_counter }
            links "Links" { link_stack, sliding_window, secure_channel }
            failures "Failures" { heartbeat }
            timing "Timing" {}
            order "Order and time" { clock_sync, logical_clocks, snapshot }
            broadcast "Broadcast" { reliable_broadcast, gossip, ordered_broadcast, discovery }
            agreement "Agreement" { two_generals, handshake, byzantine_generals, ring_election, bully, raft, paxos, multi_paxos, ben_or, flooding }
            commit "Commit and locks" { two_phase_commit, three_phase_commit, lock_service }
            replication "Replication" { primary_backup, quorum_register, replicas, pbft }
            calls "Remote calls" { remote_call, queue }
        }
    };
}

/// A chapter of the course: what is taught together.
#[derive(Debug)]
pub struct Chapter {
    /// A readable slug: `agreement`.
    pub id: &'static str,
    /// Its name: `Agreement`.
    pub title: &'static str,
    /// The parts of the program that hold its protocols, one a protocol: `ring_election`.
    pub parts: &'static [&'static str],
}

/// Declares the modules, and what is known of them before they have come.
macro_rules! declare {
    ($($chapter:ident $title:literal { $($protocol:ident),* })*) => {
        $(
            #[doc = concat!("Protocols of the chapter ", $title, ".")]
            pub mod $chapter {
                $(pub mod $protocol;)*
            }
        )*

        /// Every chapter, in the order of the course.
        pub static CHAPTERS: &[Chapter] = &[
            $(Chapter { id: stringify!($chapter), title: $title, parts: &[$(stringify!($protocol)),*] }),*
        ];

        /// Every protocol.
        #[cfg(not(feature = "on-demand"))]
        static ENTRIES: &[&Entry] = &[$($(&$chapter::$protocol::ENTRY,)*)*];
    };
}
course!(declare);

/// Every protocol that is here: all of them, unless they come on demand. Tests and the command-line tool loop over it.
#[cfg(not(feature = "on-demand"))]
pub fn all() -> impl Iterator<Item = &'static Entry> {
    ENTRIES.iter().copied()
}

#[cfg(feature = "on-demand")]
pub use arrived::{all, provide};

#[cfg(feature = "on-demand")]
mod arrived {
    //! The protocols that have come so far.
    //!
    //! The rule that is easy to break: a protocol that is named anywhere but in its own part would come with the
    //! page itself.

    use super::Entry;
    use std::sync::{Mutex, PoisonError};

    static ARRIVED: Mutex<Vec<&'static Entry>> = Mutex::new(Vec::new());

    /// Takes in a protocol that has come.
    pub fn provide(entry: &'static Entry) {
        let mut arrived = ARRIVED.lock().unwrap_or_else(PoisonError::into_inner);
        if !arrived.iter().any(|e| e.id == entry.id) {
            arrived.push(entry);
        }
    }

    /// The protocols that are here.
    pub fn all() -> impl Iterator<Item = &'static Entry> {
        let arrived = ARRIVED.lock().unwrap_or_else(PoisonError::into_inner);
        arrived.clone().into_iter()
    }
}

/// Whether the part holds the protocol called `id`: its name is that of the file.
fn holds(part: &str, id: &str) -> bool {
    part.split('_').eq(id.split('-'))
}

/// The part of the program that holds the protocol called `id`, here or not.
pub fn part_of(id: &str) -> Option<&'static str> {
    let mut parts = CHAPTERS.iter().flat_map(|c| c.parts);
    parts.find(|part| holds(part, id)).copied()
}

/// Whether the part of that name is here.
pub fn is_here(part: &str) -> bool {
    all().any(|e| holds(part, e.id))
}

/// The protocol called `id`, if there is one here.
pub fn find(id: &str) -> Option<&'static Entry> {
    all().find(|e| e.id == id)
}

/// The chapter of a protocol.
pub fn chapter_of(entry: &Entry) -> Option<&'static Chapter> {
    CHAPTERS.iter().find(|c| c.parts.iter().any(|part| holds(part, entry.id)))
}
