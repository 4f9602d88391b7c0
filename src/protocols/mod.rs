//! The protocols, one file (or one folder) each, grouped by chapter, and their registry.
//!
//! The rule that is easy to break: adding a protocol is one file and one line in its chapter's `mod.rs`.
//! Nothing above or below this layer knows a protocol by name, except a scenario that stages it.

use crate::kit::Entry;

/// A chapter: what is taught together, and comes to the page together.
pub struct Chapter {
    /// A readable slug: `consensus`.
    pub id: &'static str,
    /// Its name: `Consensus`.
    pub title: &'static str,
    /// Its protocols.
    pub entries: &'static [&'static Entry],
}

/// Declares the modules of a chapter, and the chapter itself: `chapter! { "election", "Election": ring }`.
macro_rules! chapter {
    ($id:literal, $title:literal: $($(#[$doc:meta])* $protocol:ident),* $(,)?) => {
        $($(#[$doc])* pub mod $protocol;)*

        /// The chapter's id.
        pub(super) const ID: &str = $id;
        /// Its name.
        pub(super) const TITLE: &str = $title;

        /// The chapter, with its protocols.
        pub static CHAPTER: $crate::protocols::Chapter = $crate::protocols::Chapter {
            id: ID,
            title: TITLE,
            entries: &[$(&$protocol::ENTRY),*],
        };
    };
}
use chapter;

pub mod agreement;
pub mod consensus;
pub mod dissemination;
pub mod election;
pub mod failures;
pub mod links;
pub mod messaging;
pub mod replication;
pub mod time;
pub mod transactions;

/// Hands the chapters' modules, in the order of a course, to the macro `then`: the one list of them.
#[macro_export]
macro_rules! each_chapter {
    ($then:ident) => {
        $then! {
            consensus, election, links, agreement, messaging, dissemination, time, failures, replication, transactions
        }
    };
}

/// What is known of the chapters before they have come.
macro_rules! known {
    ($($chapter:ident),*) => {
        /// The id and the name of every chapter, in the order of a course.
        pub static TITLES: &[(&str, &str)] = &[$(($chapter::ID, $chapter::TITLE)),*];

        /// Every chapter.
        #[cfg(not(feature = "on-demand"))]
        static CHAPTERS: &[&Chapter] = &[$(&$chapter::CHAPTER),*];
    };
}
each_chapter!(known);

/// The chapters that are here: all of them, unless they come on demand.
#[cfg(not(feature = "on-demand"))]
pub fn chapters() -> impl Iterator<Item = &'static Chapter> {
    CHAPTERS.iter().copied()
}

#[cfg(feature = "on-demand")]
pub use arrived::{chapters, provide};

#[cfg(feature = "on-demand")]
mod arrived {
    //! The chapters that have come so far.
    //!
    //! The rule that is easy to break: a chapter that is named anywhere but in its own part would come with the
    //! page itself.

    use super::Chapter;
    use std::sync::{Mutex, PoisonError};

    static ARRIVED: Mutex<Vec<&'static Chapter>> = Mutex::new(Vec::new());

    /// Takes in a chapter that has come.
    pub fn provide(chapter: &'static Chapter) {
        let mut arrived = ARRIVED.lock().unwrap_or_else(PoisonError::into_inner);
        if !arrived.iter().any(|c| c.id == chapter.id) {
            arrived.push(chapter);
        }
    }

    /// The chapters that are here.
    pub fn chapters() -> impl Iterator<Item = &'static Chapter> {
        let arrived = ARRIVED.lock().unwrap_or_else(PoisonError::into_inner);
        arrived.clone().into_iter()
    }
}

/// Whether the chapter called `id` is here.
pub fn is_here(id: &str) -> bool {
    chapters().any(|c| c.id == id)
}

/// Every protocol that is here. Tests and the command-line tool loop over it.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    chapters().flat_map(|c| c.entries.iter().copied())
}

/// The protocol called `id`, if there is one here.
pub fn find(id: &str) -> Option<&'static Entry> {
    all().find(|e| e.id == id)
}

/// The chapter of a protocol.
pub fn chapter_of(entry: &Entry) -> Option<&'static Chapter> {
    chapters().find(|c| c.entries.iter().any(|e| e.id == entry.id))
}
