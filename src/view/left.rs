//! The run that was left for another in one step: by a reset, a staged situation, a file.
//!
//! The rule that is easy to break: the address is what leads back, and holds one future. All of them are
//! kept beside it, but for this page only, and only where they are not too large to be kept twice.

use super::open::Open;

/// What is kept beside an address, in bytes, at most.
const MOST_BYTES: usize = 64 << 20;

/// A run that was left.
#[derive(Clone, PartialEq)]
pub struct Left {
    /// How many were left on this page: the browser's history gets an entry for each.
    pub times: u32,
    /// Its address, where it has one: the gallery and a run too large for a link have none.
    pub hash: Option<String>,
    /// All its futures, where they can be kept.
    pub(super) open: Option<Open>,
    /// At what speed it was watched, in simulated microseconds a second.
    pub(super) speed: u64,
}

impl Left {
    /// Whether anything was done there: the run moved, was edited or forked.
    pub fn is_work(&self) -> bool {
        self.open.as_ref().is_some_and(|o| {
            let run = o.run().get();
            run.position() > 0 || !run.edits().is_empty() || o.futures.len() > 1
        })
    }

    /// It without a run that is too large to be kept.
    pub(super) fn light(mut self) -> Self {
        let bytes = |o: &Open| o.futures.iter().map(|f| f.run.get().bytes()).sum::<usize>();
        self.open = self.open.filter(|o| bytes(o) <= MOST_BYTES);
        self
    }
}
