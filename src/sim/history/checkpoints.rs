//! The checkpoints of a run: where they are set, and which are given up.
//!
//! The rule that is easy to break: where they lie never changes what a run comes to, only what it
//! costs to go there. So their spacing may follow from cost; and cost is counted (bytes copied,
//! events run again), for there is no clock down here. Copying a checkpoint costs no more than
//! running the stretch after it again; together they stay within a share of the page's memory.

use super::{Moment, Watcher};
use std::rc::Rc;

/// The events between two checkpoints at first; doubled when there are too many of them.
const SPACING: u32 = 1_024;
/// Copying this much costs about what one event costs.
const BYTES_AN_EVENT: usize = 128;
/// The most checkpoints kept.
const MOST: usize = 768;
/// The most that they hold together, in bytes, unless there are fewer than [`FEW`].
const MOST_BYTES: usize = 64 << 20;
/// So many are kept, whatever they hold.
const FEW: usize = 12;

/// A moment that is kept, and the bytes that it holds, roughly.
#[derive(Clone)]
struct Kept<W> {
    moment: Rc<Moment<W>>,
    bytes: usize,
}

/// Checkpoints in the order of their events; the first one is the run's start.
#[derive(Clone)]
pub(super) struct Checkpoints<W> {
    list: Vec<Kept<W>>,
    spacing: u32,
    // The number of events at which the next one is due.
    due: u32,
}

impl<W: Watcher> Checkpoints<W> {
    /// The first one.
    pub fn new(start: Moment<W>) -> Self {
        let mut checkpoints = Checkpoints { list: Vec::new(), spacing: SPACING, due: 0 };
        checkpoints.keep(&start);
        checkpoints
    }

    /// None, and none will be due: for running a stretch again.
    pub fn none() -> Self {
        Checkpoints { list: Vec::new(), spacing: u32::MAX, due: u32::MAX }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// The fewest events between two of them.
    pub fn spacing(&self) -> u32 {
        self.spacing
    }

    /// The bytes that they hold together, roughly.
    pub fn bytes(&self) -> usize {
        self.list.iter().map(|k| k.bytes).sum()
    }

    /// Whether one is due after `events` events.
    #[inline]
    pub fn is_due(&self, events: u32) -> bool {
        events >= self.due
    }

    /// The checkpoint at `place`, if there is one.
    pub fn get(&self, place: usize) -> Option<&Moment<W>> {
        self.list.get(place).map(|k| &*k.moment)
    }

    /// The place of the latest one that `fits`; those before it fit, too, for it is found by halves.
    pub fn latest(&self, fits: impl Fn(&Moment<W>) -> bool) -> Option<usize> {
        let fitting = self.list.partition_point(|k| fits(&k.moment));
        fitting.checked_sub(1)
    }

    /// Keeps `now`; gives up every second one if they have become too many or hold too much.
    #[cold]
    pub fn keep(&mut self, now: &Moment<W>) {
        self.list
            .push(Kept { bytes: now.world.weight() + now.watcher.weight(), moment: Rc::new(now.clone()) });
        let n = self.len();
        if n > MOST || n > FEW && self.bytes() > MOST_BYTES {
            self.spacing = self.spacing.saturating_mul(2);
            let mut i = 0;
            self.list.retain(|_| {
                i += 1;
                i % 2 == 1
            });
        }
        self.set_due();
    }

    /// Gives up those that do not fit.
    pub fn retain(&mut self, fits: impl Fn(&Moment<W>) -> bool) {
        self.list.retain(|k| fits(&k.moment));
        self.set_due();
    }

    fn set_due(&mut self) {
        self.due = self.list.last().map_or(0, |newest| {
            let worth = u32::try_from(newest.bytes / BYTES_AN_EVENT).unwrap_or(u32::MAX);
            let events = newest.moment.world.events();
            events.saturating_add(self.spacing.max(worth))
        });
    }
}
