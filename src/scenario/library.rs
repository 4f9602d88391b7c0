//! The scenarios that are built in: read and checked by the build script, chapter by chapter, and taken
//! in here when they are first asked for.
//!
//! The rule that is easy to break: no list is kept by hand. A file in `scenarios/<chapter>/` is here, and
//! nothing else is. The index is light and always at hand; the texts of a chapter are one piece of data,
//! so that they can come with the chapter's protocols.

use super::front::{Front, Scenario};
use super::test_panic;
use crate::protocols;
use crate::sim::{Refusal, fields::short};
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
    /// The title in its `chapter.toml`; empty where the protocols' chapter of that id has one.
    title: &'static str,
    /// The order in its `chapter.toml`, for chapters without protocols.
    order: i64,
    /// Its scenarios, as JSON.
    json: fn() -> &'static str,
    read: OnceLock<Vec<Arc<Scenario>>>,
}

mod built {
    //! What the build script has written.
    use super::{Brief, Folder};
    use std::sync::OnceLock;
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
    let known = protocols::CHAPTERS.iter().position(|c| c.id == chapter);
    let folder = built::FOLDERS.iter().find(|f| f.id == chapter);
    (known.unwrap_or(usize::MAX), folder.map_or(0, |f| f.order))
}

/// The title of the chapter called `id`.
pub fn chapter_title(id: &str) -> String {
    let known = protocols::CHAPTERS.iter().find(|c| c.id == id);
    let folder = built::FOLDERS.iter().find(|f| f.id == id && !f.title.is_empty());
    match (known, folder) {
        (Some(chapter), _) => chapter.title.to_owned(),
        (None, Some(folder)) => folder.title.to_owned(),
        (None, None) => id.to_owned(),
    }
}

/// The scenarios of the chapter called `id`, in order; none if there is no such chapter.
pub fn chapter(id: &str) -> &'static [Arc<Scenario>] {
    let folder = built::FOLDERS.iter().find(|f| f.id == id);
    folder.map_or(&[], |f| f.scenarios())
}

/// Every built-in scenario, in the order of the gallery.
pub fn all() -> impl Iterator<Item = Arc<Scenario>> {
    index().iter().filter_map(|b| find(b.id).ok())
}

impl Folder {
    fn scenarios(&self) -> &[Arc<Scenario>] {
        self.read.get_or_init(|| {
            let all: Result<Vec<Arc<Scenario>>, _> = serde_json::from_str((self.json)());
            // The build script has written it; a test reads every chapter.
            all.unwrap_or_default()
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
        return found.cloned().ok_or_else(|| {
            Refusal::new("chapter-missing", format!("the chapter of '{id}' has not come"))
        });
    }
    if id == test_panic::ENTRY.id {
        return Ok(Arc::new(test_panic::scenario()));
    }
    if let Some(entry) = protocols::find(id) {
        return Ok(Arc::new(Scenario::bare(entry)));
    }
    let known: Vec<_> = index().iter().map(|b| b.id).collect();
    Err(Refusal::new(
        "unknown-scenario",
        format!("there is no scenario '{}': there are {}", short(id), known.join(", ")),
    ))
}

/// A scenario of one's own, which came as data: its form is checked here, its meaning when it is opened.
///
/// # Errors
/// What is no scenario, with the way to the field.
pub fn own(value: serde_json::Value) -> Result<Arc<Scenario>, String> {
    let scenario: Scenario = serde_json::from_value(value).map_err(|e| e.to_string())?;
    let front: &Front = &scenario.front;
    let checked = super::front::check::front(front);
    checked.map_err(|(way, why)| format!("{way}: {why}"))?;
    Ok(Arc::new(scenario))
}
