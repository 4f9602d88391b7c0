//! What a learner opens, edits, saves and shares: scenarios, openings, staged situations, links.
//!
//! The rule that is easy to break: a scenario is one file in `scenarios/<chapter>/`. It is data over a run;
//! what it shows is always simulated, never scripted.

pub mod base64url;
pub mod cast;
pub mod cue;
mod def;
pub mod file;
pub mod front;
pub mod futures;
pub mod hidden;
pub mod inflate;
pub mod judge;
pub mod library;
pub mod link;
pub mod look;
pub mod opening;
pub mod own;
pub mod part;
pub mod proof;
pub mod shared;
pub mod sweep;
pub mod text;
pub mod words;
pub mod workloads;

pub use cue::Cue;
pub use front::{Condition, Prediction, Scenario, Situation, Step};
pub use judge::{Judge, When};
pub use library::{Brief, all, find, index};
pub use opening::{Opening, open, reveal, revealed, stage};
pub use own::Own;
pub use shared::{Panel, Picked, SharedRun};

/// The pieces that come on demand and are no protocols.
static PIECES: [&dyn part::Piece; 3] = [&own::READER, &text::TEXT, &hidden::HIDDEN];

fn piece(name: &str) -> Option<&'static dyn part::Piece> {
    PIECES.into_iter().find(|p| p.name() == name)
}

/// Whether the part of the program of that name is here: a protocol's, or another piece that comes on demand.
pub fn is_here(part: &str) -> bool {
    match piece(part) {
        Some(piece) => piece.is_here(),
        None => crate::protocols::is_here(part),
    }
}

/// What is called a part of that name, at the beginning of a sentence: `The protocol ring-election`.
pub fn part_title(part: &str) -> String {
    piece(part).map_or_else(|| format!("The protocol {}", part.replace('_', "-")), |p| p.title().to_owned())
}
