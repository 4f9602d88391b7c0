//! What a learner opens, edits, saves and shares: scenarios, openings, staged situations, links.
//!
//! The rule that is easy to break: a scenario is one file and one line in [`ALL`]. It is data and a
//! few pure functions over a run; what it shows is always simulated, never scripted.

pub mod base64url;
mod catalogue;
pub mod def;
pub mod file;
pub mod futures;
pub mod inflate;
pub mod link;
pub mod look;
pub mod opening;
pub mod shared;
pub mod sweep;
pub mod workloads;

pub use catalogue::ALL;
pub use def::{Cue, Lesson, Prediction, Preset, ScenarioDef, Staged, Step};
pub use opening::{Opening, open, reveal, stage};
pub use shared::{Panel, Picked, SharedRun};

use crate::sim::Refusal;

/// The scenario called `id`.
///
/// # Errors
/// An unknown id, with the known ones.
pub fn find(id: &str) -> Result<&'static ScenarioDef, Refusal> {
    let all = ALL.iter().chain(catalogue::HIDDEN).copied();
    all.into_iter().find(|s| s.id == id).ok_or_else(|| {
        let known: Vec<_> = ALL.iter().map(|s| s.id).collect();
        let shown = crate::sim::fields::short(id);
        Refusal::new(
            "unknown-scenario",
            format!(
                "there is no scenario '{shown}': there are {}",
                known.join(", ")
            ),
        )
    })
}
