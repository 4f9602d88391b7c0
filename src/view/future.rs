//! A future of a run: what it was opened from, where it was forked, where it stands in the tree of all.
//!
//! The rule that is easy to break: a future is known by its number only as long as none is removed; by its run
//! it is known for ever.

use super::origin::Origin;
use super::shared::RunRef;

/// One future of a run.
#[derive(Clone, PartialEq)]
pub struct Future {
    /// Its name: `A`, `B`, ...
    pub name: String,
    /// When it parted from its parent, in microseconds; `None` for the first.
    pub parted_us: Option<u64>,
    /// From what it was forked; `None` for the first.
    pub fork: Option<Fork>,
    /// What it was opened from: where a parameter was changed, another than its parent's.
    pub origin: Origin,
    /// The same without what a staged situation brought: where a reset leads.
    pub base: Origin,
    /// The run.
    pub run: RunRef,
    /// Where it stood when it was saved, until it is first shown: then it is taken there.
    pub goal: Option<Journey>,
}

/// Where a future was forked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The number of the future that was shown then.
    pub parent: usize,
    /// How many events had happened.
    pub events: u32,
}

/// A future in the tree of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its number, for [`super::Action::Future`] and [`super::Action::Rename`].
    pub future: usize,
    /// Its name.
    pub name: String,
    /// Its parent's number.
    pub parent: Option<usize>,
    /// How many parents it has above it.
    pub depth: usize,
    /// When it was forked, in microseconds; zero for the first.
    pub parted_us: u64,
    /// How many events had happened when it was forked; zero for the first.
    pub parted_events: u32,
    /// Where it stands now, in microseconds.
    pub time_us: u64,
    /// How many edits it has, made and still to come.
    pub edits: usize,
    /// Whether it is the one that is shown.
    pub shown: bool,
}

/// Where a link leads, or a hand has pointed in the diagram. It may be far: it is travelled frame by frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Journey {
    /// The moment, in microseconds.
    pub at_us: u64,
    /// The number of events, where the link names one.
    pub events: Option<u32>,
}
