//! What waits for a part that has not come yet.
//!
//! The rule that is easy to break: the run on screen stays as it is until the part is here, and for ever where it
//! cannot be had. What waits is the newest thing that was asked: whatever else is opened meanwhile takes its place.

use super::Action;
use crate::scenario::part_title;

/// An action that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Away {
    /// The part's name.
    pub part: &'static str,
    /// What is done once it is here.
    pub action: Action,
    /// It could not be had; the reader may ask for it again.
    pub failed: bool,
}

/// What is said of a part that is on its way.
pub fn coming(part: &str) -> String {
    format!("{} is coming.", part_title(part))
}

/// What is said of a part that cannot be had.
pub fn missing(part: &str) -> String {
    format!(
        "{} could not be loaded. Look whether there is a network, then try again; if the page was renewed meanwhile, \
         load it again.",
        part_title(part)
    )
}
