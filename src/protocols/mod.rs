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

        /// The chapter, with its protocols.
        pub static CHAPTER: $crate::protocols::Chapter = $crate::protocols::Chapter {
            id: $id,
            title: $title,
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
pub mod time;
pub mod transactions;

/// Every chapter, in the order of a course.
pub static CHAPTERS: &[&Chapter] = &[
    &consensus::CHAPTER,
    &election::CHAPTER,
    &links::CHAPTER,
    &agreement::CHAPTER,
    &messaging::CHAPTER,
    &dissemination::CHAPTER,
    &time::CHAPTER,
    &failures::CHAPTER,
    &transactions::CHAPTER,
];

/// Every protocol. Tests and the command-line tool loop over it.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    CHAPTERS.iter().flat_map(|c| c.entries.iter().copied())
}

/// The protocol called `id`, if there is one.
pub fn find(id: &str) -> Option<&'static Entry> {
    all().find(|e| e.id == id)
}

/// The chapter of a protocol.
pub fn chapter_of(entry: &Entry) -> Option<&'static Chapter> {
    let has = |c: &&&Chapter| c.entries.iter().any(|e| e.id == entry.id);
    CHAPTERS.iter().find(has).copied()
}
