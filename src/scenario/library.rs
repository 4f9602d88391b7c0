//! The scenarios that are built in: read and checked by the build script, chapter by chapter, and taken
//! in here when they are first asked for.
//!
//! The rule that is easy to break: no list is kept by hand. A file in `scenarios/<chapter>/` is here, and
//! nothing else is. The index is light and always at hand; the scenarios of a chapter are one piece of data,
//! so that they can come with the chapter's protocols; it is read as it was written, without a parser.

use super::front::Scenario;
use crate::protocols;
use crate::sim::{Refusal, letters::short};
use std::sync::{Arc, OnceLock};

/// A scenario as the gallery and lists show it, before its chapter has come.
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
}

/// A chapter's folder, as the build script has found it.
pub struct Folder {
    /// The folder's name, which is the chapter's id.
    pub id: &'static str,
    /// Its scenarios, as the build script has written them.
    bytes: fn() -> &'static [u8],
    read: OnceLock<Vec<Arc<Scenario>>>,
}

pub mod built {
    //! What the build script has written: the index, and for each chapter a module with its folder.
    use super::{Brief, Folder};
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

/// Where a chapter stands in the course: as the protocols' chapters do, the others behind them.
fn place(chapter: &str) -> (usize, i64) {
    let known = protocols::TITLES.iter().position(|c| c.0 == chapter);
    let own = built::TITLES.iter().find(|c| c.0 == chapter);
    (known.unwrap_or(usize::MAX), own.map_or(0, |c| c.2))
}

/// The title of the chapter called `id`.
pub fn chapter_title(id: &str) -> String {
    let known = protocols::TITLES.iter().find(|c| c.0 == id).map(|c| c.1);
    let own = || built::TITLES.iter().find(|c| c.0 == id && !c.1.is_empty()).map(|c| c.1);
    known.or_else(own).unwrap_or(id).to_owned()
}

/// The scenarios of the chapter called `id`, in order; none if there is no such chapter.
pub fn chapter(id: &str) -> &'static [Arc<Scenario>] {
    folders().find(|f| f.id == id).map_or(&[], Folder::scenarios)
}

/// Every built-in scenario, in the order of the gallery.
pub fn all() -> impl Iterator<Item = Arc<Scenario>> {
    index().iter().filter_map(|b| find(b.id).ok())
}

/// The code of the refusal of what needs a chapter that has not come.
pub const AWAY: &str = "chapter-away";

/// The refusal of what needs this chapter, which has not come.
fn away(chapter: &'static str) -> Refusal {
    let title = chapter_title(chapter);
    Refusal { chapter: Some(chapter), ..Refusal::new(AWAY, format!("the chapter {title} has not come")) }
}

/// The refusal of a protocol whose chapter has not come, if that is so.
pub(super) fn protocol_away(protocol: &str) -> Option<Refusal> {
    let mut known = built::INDEX.iter().filter(|b| b.protocol == protocol);
    known.find(|b| !protocols::is_here(b.chapter)).map(|b| away(b.chapter))
}

/// The chapters' folders that are here.
#[cfg(not(feature = "on-demand"))]
fn folders() -> impl Iterator<Item = &'static Folder> {
    built::FOLDERS.iter().copied()
}

#[cfg(feature = "on-demand")]
use arrived::folders;
#[cfg(feature = "on-demand")]
pub use arrived::provide;

#[cfg(feature = "on-demand")]
mod arrived {
    //! The folders that have come so far, with their protocols.

    use super::{Folder, built, protocols};
    use std::sync::{Mutex, PoisonError};

    static ARRIVED: Mutex<Vec<&'static Folder>> = Mutex::new(Vec::new());

    /// Takes in a chapter that has come: its protocols and its scenarios.
    pub fn provide(chapter: &'static protocols::Chapter, folder: &'static Folder) {
        protocols::provide(chapter);
        let mut arrived = ARRIVED.lock().unwrap_or_else(PoisonError::into_inner);
        if !arrived.iter().any(|f| f.id == folder.id) {
            arrived.push(folder);
        }
    }

    /// The folders that are here: those without protocols of their own always are.
    pub(super) fn folders() -> impl Iterator<Item = &'static Folder> {
        let arrived = ARRIVED.lock().unwrap_or_else(PoisonError::into_inner);
        arrived.clone().into_iter().chain(built::LOOSE.iter().copied())
    }
}

impl Folder {
    fn scenarios(&self) -> &[Arc<Scenario>] {
        self.read.get_or_init(|| {
            let all: Result<Vec<Scenario>, _> = borsh::from_slice((self.bytes)());
            // The build script has written it; a test reads every chapter.
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
        let found = chapter(brief.chapter).iter().find(|s| s.id == id);
        return found.cloned().ok_or_else(|| away(brief.chapter));
    }
    if let Some(hidden) = super::hidden(id) {
        return Ok(Arc::new(hidden));
    }
    if let Some(entry) = protocols::find(id) {
        return Ok(Arc::new(Scenario::bare(entry)));
    }
    if let Some(refusal) = protocol_away(id) {
        return Err(refusal);
    }
    let known: Vec<_> = index().iter().map(|b| b.id).collect();
    Err(Refusal::new(
        "unknown-scenario",
        format!("there is no scenario '{}': there are {}", short(id), known.join(", ")),
    ))
}
