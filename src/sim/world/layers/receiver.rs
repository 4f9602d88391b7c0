//! The receiver's end of a link with layers: it knows what it has had, and holds back what came early.
//!
//! The rule that is easy to break: it lies at its receiver, and learns of its sender what stands on a
//! frame that arrives, no sooner. What another life of the sender's has left out never comes again: the first
//! frame of the new one says so, and what waited behind the gap goes first.

use super::frame::Header;
use crate::sim::hash::Fx;
use crate::sim::link::Layers;
use crate::sim::world::machine::Input;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

/// What the receiver's end remembers.
#[derive(Clone, Default)]
pub(in crate::sim) struct ReceiverEnd {
    fresh: bool,
    // None after a crash: the next frame sets it.
    expected: Option<u32>,
    // The last number of the lives that the sender is known to have ended.
    ended: u32,
    seen: BTreeSet<u32>,
    early: BTreeMap<u32, Input>,
}

/// What becomes of a frame, and what goes to the node's inbox because of it, if anything may.
pub(in crate::sim) enum Taken {
    /// It has been here before.
    Again,
    /// It waits for what was sent before it, or behind what now goes first.
    Early { ready: Option<Vec<Input>> },
    /// It is handed over, and then what waited for it.
    Now { input: Input, ready: Vec<Input> },
}

impl ReceiverEnd {
    /// Takes a frame that has arrived.
    pub fn take(&mut self, layers: Layers, header: Header, input: Input) -> Taken {
        let Header { frame, first } = header;
        if !self.fresh {
            self.fresh = true;
            self.expected.get_or_insert(1);
        }
        // The reorder buffer has one place for each frame, also where nothing removes copies.
        let again = !self.seen.insert(frame) && layers.dedupe || self.early.contains_key(&frame);
        self.ended = self.ended.max(first.saturating_sub(1));
        let expected = *self.expected.get_or_insert(frame);
        let expected = expected.max(self.ended + 1);
        if again {
            return Taken::Again;
        }
        let behind = self.early.first_key_value().is_some_and(|(&f, _)| f < expected);
        if layers.reorder && (frame > expected || behind) {
            self.early.insert(frame, input);
            let goes = behind || frame <= expected;
            return Taken::Early { ready: goes.then(|| self.let_go(expected)) };
        }
        Taken::Now { input, ready: self.let_go(expected.max(frame + 1)) }
    }

    /// Takes out of the reorder buffer what is before frame `next`, and what follows from there without
    /// a gap, in order.
    fn let_go(&mut self, mut next: u32) -> Vec<Input> {
        while self.early.contains_key(&next) {
            next += 1;
        }
        self.expected = Some(next);
        let later = self.early.split_off(&next);
        std::mem::replace(&mut self.early, later).into_values().collect()
    }

    /// Everything that waits in the reorder buffer, which is no more.
    pub fn let_all_go(&mut self) -> Option<Vec<Input>> {
        let last = *self.early.last_key_value()?.0;
        Some(self.let_go(last + 1))
    }

    /// The receiver has crashed. Gives back what waited in the reorder buffer, which is lost.
    pub fn forget(&mut self) -> Vec<Input> {
        let old = std::mem::take(self);
        self.fresh = old.fresh;
        old.early.into_values().collect()
    }

    /// Feeds all of it to `h`.
    pub fn fingerprint(&self, h: &mut Fx) {
        (self.fresh, self.expected, self.ended, &self.seen, self.early.len()).hash(h);
        for (frame, input) in &self.early {
            frame.hash(h);
            input.fingerprint(h);
        }
    }

    /// The bytes that a clone takes, roughly.
    pub fn weight(&self) -> usize {
        size_of::<Self>() + self.seen.len() * size_of::<u32>() + self.early.len() * size_of::<(u32, Input)>()
    }
}
