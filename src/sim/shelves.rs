//! What a disk holds: what was written, what is on its way to being durable, what is.
//!
//! The rule that is easy to break: a crash drops everything here but the durable shelf, and nothing else moves
//! to it than the oldest sync under way.

use std::collections::VecDeque;

/// The second and third shelf of a disk.
#[derive(Clone, Debug, Default, Hash)]
pub struct Shelves<S> {
    /// Written, not synced: a crash drops it.
    pub written: S,
    /// What each sync under way will make durable, oldest first.
    pub syncing: VecDeque<S>,
    /// Durable: survives everything but the loss of the disk.
    pub durable: S,
}
