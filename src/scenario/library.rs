//! The scenarios that are built in: read and checked by the build script, protocol by protocol, and taken
//! in here when they are first asked for.
//!
//! The rule that is easy to break: no list is kept by hand. A file in `scenarios/<chapter>/` is here, and
//! nothing else is. The index is light and always at hand; the scenarios of a protocol are one piece of data,
//! so that they can come with it; it is read as it was written, without a parser.

use super::front::Scenario;
use crate::protocols;
use crate::sim::{Refusal, letters::short};
use std::sync::{Arc, OnceLock};

/// A scenario as the gallery and lists show it, before its protocol has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brief {
    /// Its id.
    pub id: &'static str,
    /// Its name.
    pub title: &'static str,
    /// The id of its chapter.
    pub chapter: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The rows of the catalogue that it builds.
    pub rows: &'static [&'static str],
    /// The id of its protocol.
    pub protocol: &'static str,
    /// Its place among those to start with, if it is one of them.
    pub start: Option<i32>,
}

/// A protocol's scenarios, as the build script has found them.
pub struct Lessons {
    /// The part of the program that brings them along: the protocol's own.
    pub part: &'static str,
    /// As the build script has written them.
    bytes: fn() -> &'static [u8],
    read: OnceLock<Vec<Arc<Scenario>>>,
}

pub mod built {
    //! What the build script has written: the index, and for each protocol a module with its scenarios.
    use super::{Brief, Lessons};
    include!(concat!(env!("OUT_DIR"), "/scenarios.rs"));
}

/// Every built-in scenario in short, in the order of the gallery.
pub fn index() -> &'static [Brief] {
    static ORDERED: OnceLock<Vec<Brief>> = OnceLock::new();
    ORDERED.get_or_init(|| {
        let mut all = built::INDEX.to_vec();
        all.sort_by_key(|b| place(b.chapter));
        all
    })
}

/// Where a chapter stands in the course.
fn place(chapter: &str) -> usize {
    protocols::CHAPTERS.iter().position(|c| c.id == chapter).unwrap_or(usize::MAX)
}

/// The title of the chapter called `id`.
pub fn chapter_title(id: &str) -> String {
    let known = protocols::CHAPTERS.iter().find(|c| c.id == id);
    known.map_or(id, |c| c.title).to_owned()
}

/// Every built-in scenario, in the order of the gallery.
pub fn all() -> impl Iterator<Item = Arc<Scenario>> {
    index().iter().filter_map(|b| find(b.id).ok())
}

/// So many scenarios are named where one is not known.
const NAMED: usize = 12;

/// The code of the refusal of what needs a part of the program that has not come.
pub const AWAY: &str = "part-away";

/// The refusal of what needs a protocol that has not come, if that is so.
pub(super) fn protocol_away(protocol: &str) -> Option<Refusal> {
    let part = protocols::part_of(protocol).filter(|part| !protocols::is_here(part))?;
    let message = format!("{} has not come", super::part_title(part));
    Some(Refusal { part: Some(part), ..Refusal::new(AWAY, message) })
}

/// What has come of the protocols' scenarios.
#[cfg(not(feature = "on-demand"))]
fn lessons() -> impl Iterator<Item = &'static Lessons> {
    built::ALL.iter().copied()
}

#[cfg(feature = "on-demand")]
use arrived::lessons;
#[cfg(feature = "on-demand")]
pub use arrived::provide;

#[cfg(feature = "on-demand")]
mod arrived {
    //! The scenarios that have come so far, with their protocols.

    use super::{Lessons, protocols};
    use crate::kit::Entry;
    use std::sync::{Mutex, PoisonError};

    static ARRIVED: Mutex<Vec<&'static Lessons>> = Mutex::new(Vec::new());

    /// Takes in a protocol that has come, and its scenarios.
    pub fn provide(entry: &'static Entry, lessons: &'static Lessons) {
        protocols::provide(entry);
        let mut arrived = ARRIVED.lock().unwrap_or_else(PoisonError::into_inner);
        if !arrived.iter().any(|l| l.part == lessons.part) {
            arrived.push(lessons);
        }
    }

    /// The scenarios that are here.
    pub(super) fn lessons() -> impl Iterator<Item = &'static Lessons> {
        let arrived = ARRIVED.lock().unwrap_or_else(PoisonError::into_inner);
        arrived.clone().into_iter()
    }
}

impl Lessons {
    fn scenarios(&self) -> &[Arc<Scenario>] {
        self.read.get_or_init(|| {
            let all: Result<Vec<Scenario>, _> = borsh::from_slice((self.bytes)());
            // The build script has written it; a test reads every protocol's.
            all.unwrap_or_default().into_iter().map(Arc::new).collect()
        })
    }
}

/// The scenario called `id`: a built-in one, or a protocol on its own.
///
/// # Errors
/// An unknown id, with the known ones.
pub fn find(id: &str) -> Result<Arc<Scenario>, Refusal> {
    if let Some(brief) = built::INDEX.iter().find(|b| b.id == id) {
        let mut here = lessons().flat_map(Lessons::scenarios);
        let missing = || protocol_away(brief.protocol).unwrap_or_else(|| unknown(id));
        return here.find(|s| s.id == id).cloned().ok_or_else(missing);
    }
    if let Some(hidden) = super::hidden::scenario(id) {
        return hidden.map(Arc::new);
    }
    if let Some(entry) = protocols::find(id) {
        return Ok(Arc::new(Scenario::bare(entry)));
    }
    Err(protocol_away(id).unwrap_or_else(|| unknown(id)))
}

/// Names those that have a word in common with it, or where none has, those to start with.
fn unknown(id: &str) -> Refusal {
    let alike = |b: &&Brief| b.id.split('-').any(|word| id.split('-').any(|other| other == word));
    let mut near: Vec<&str> = index().iter().filter(alike).map(|b| b.id).take(NAMED).collect();
    if near.is_empty() {
        near = index().iter().filter(|b| b.start.is_some()).map(|b| b.id).take(NAMED).collect();
    }
    let more = index().len() - near.len();
    let near = near.join(", ");
    let message = format!("there is no scenario '{}': there are {near}, and {more} more", short(id));
    Refusal::new("unknown-scenario", message)
}
