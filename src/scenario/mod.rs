//! What a learner opens, edits, saves and shares: scenarios, openings, staged situations, links.
//!
//! The rule that is easy to break: a scenario is one file and one line in [`ALL`]. It is data and a
//! few pure functions over a run; what it shows is always simulated, never scripted.

pub mod base64url;
pub mod catalogue;
pub mod chapters;
pub mod def;
pub mod file;
pub mod futures;
pub mod inflate;
pub mod link;
pub mod look;
pub mod opening;
pub mod shared;
pub mod workloads;

pub use catalogue::{ALL, LINES};
pub use chapters::{Line, find};
pub use def::{Cue, Lesson, Prediction, Preset, ScenarioDef, Staged, Step};
pub use opening::{Opening, open, reveal, stage};
pub use shared::{Panel, Picked, SharedRun};
