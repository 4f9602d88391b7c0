//! The chapters of the course: what is known of each at once, and which of them are here.
//!
//! The rule that is easy to break: with the feature `on-demand` a chapter comes with a part of the page of its own,
//! and a chapter that is named anywhere but in that part would come with the page itself. So whoever looks a scenario
//! or a protocol up goes through [`find`] and [`entry`]; what must be known before the chapter comes is a [`Line`].

use super::ScenarioDef;
use super::catalogue::LINES;
use crate::protocols::Entry;
use crate::sim::Refusal;

/// What is taught together, and comes to the page together.
pub struct Chapter {
    /// A readable slug: `consensus`.
    pub id: &'static str,
    /// Its protocols.
    pub entries: &'static [&'static Entry],
    /// Its scenarios, in the order of the gallery.
    pub scenarios: &'static [&'static ScenarioDef],
}

/// What the gallery says of a scenario, and the page knows of it before its chapter has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its id.
    pub id: &'static str,
    /// Its name.
    pub title: &'static str,
    /// The name of its chapter, whose slug is the same in small letters.
    pub chapter: &'static str,
    /// The rows of the catalogue that it builds.
    pub rows: &'static str,
    /// One sentence.
    pub summary: &'static str,
}

impl Line {
    /// The line of `def`.
    pub(super) const fn of(def: &ScenarioDef) -> Self {
        Line {
            id: def.id,
            title: def.title,
            chapter: def.chapter,
            rows: def.row,
            summary: def.summary,
        }
    }
}

/// The code of the refusal of a scenario whose chapter has not come.
pub const AWAY: &str = "chapter-away";

/// The scenario called `id`.
///
/// # Errors
/// An unknown id, with the known ones; one whose chapter has not come, with the chapter.
pub fn find(id: &str) -> Result<&'static ScenarioDef, Refusal> {
    let hidden = super::catalogue::HIDDEN.iter().copied();
    let mut all = here()
        .flat_map(|c| c.scenarios.iter().copied())
        .chain(hidden);
    all.find(|s| s.id == id).ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> Refusal {
    if let Some(line) = LINES.iter().find(|l| l.id == id) {
        return Refusal {
            chapter: Some(line.chapter),
            ..Refusal::new(AWAY, format!("the chapter {} has not come", line.chapter))
        };
    }
    let known: Vec<_> = LINES.iter().map(|l| l.id).collect();
    let shown = crate::sim::fields::short(id);
    let message = format!(
        "there is no scenario '{shown}': there are {}",
        known.join(", ")
    );
    Refusal::new("unknown-scenario", message)
}

/// The protocol called `id`, of a chapter that is here.
pub fn entry(id: &str) -> Option<&'static Entry> {
    let mut all = here().flat_map(|c| c.entries.iter().copied());
    all.find(|e| e.id == id)
        .or_else(|| super::catalogue::hidden_protocol(id))
}

/// Whether the chapter of this name is here.
pub fn is_here(chapter: &str) -> bool {
    here().any(|c| c.id.eq_ignore_ascii_case(chapter))
}

#[cfg(not(feature = "on-demand"))]
fn here() -> impl Iterator<Item = &'static Chapter> {
    super::catalogue::CHAPTERS.iter().copied()
}

#[cfg(feature = "on-demand")]
use arrived::here;
#[cfg(feature = "on-demand")]
pub use arrived::provide;

#[cfg(feature = "on-demand")]
mod arrived {
    use super::Chapter;
    use std::sync::Mutex;

    static ARRIVED: Mutex<Vec<&'static Chapter>> = Mutex::new(Vec::new());

    /// Takes in a chapter that has come.
    pub fn provide(chapter: &'static Chapter) {
        let mut arrived = ARRIVED.lock().unwrap_or_else(|e| e.into_inner());
        if !arrived.iter().any(|c| c.id == chapter.id) {
            arrived.push(chapter);
        }
    }

    pub(super) fn here() -> impl Iterator<Item = &'static Chapter> {
        let arrived = ARRIVED.lock().unwrap_or_else(|e| e.into_inner());
        arrived.clone().into_iter()
    }
}
