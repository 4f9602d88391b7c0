//! The sender's end of a link with layers: it numbers frames, and keeps them until they are acknowledged.
//!
//! The rule that is easy to break: it lies at its sender, and nothing but an event there changes it.

use super::frame::Header;
use crate::sim::hash::Fx;
use crate::sim::message::Payload;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

/// What the sender's end remembers.
#[derive(Clone, Default)]
pub(in crate::sim) struct SenderEnd {
    last: u32,
    // The last number of the life before this one.
    before: u32,
    unacknowledged: BTreeMap<u32, Payload>,
    // Frames whose time came while the sender was paused: it looks at them when it is resumed.
    due: BTreeSet<u32>,
}

impl SenderEnd {
    /// The header of the next frame.
    pub fn next(&mut self) -> Header {
        self.last += 1;
        self.header(self.last)
    }

    /// The header of a frame of this life.
    fn header(&self, frame: u32) -> Header {
        Header { frame, first: self.before + 1 }
    }

    /// Keeps a frame until it is acknowledged.
    pub fn keep(&mut self, frame: u32, payload: Payload) {
        self.unacknowledged.insert(frame, payload);
    }

    /// A frame that is not acknowledged yet, with its header.
    pub fn kept(&self, frame: u32) -> Option<(Header, Payload)> {
        let payload = self.unacknowledged.get(&frame)?;
        Some((self.header(frame), payload.clone()))
    }

    /// The numbers of the frames that are not acknowledged yet.
    pub fn unacknowledged(&self) -> impl Iterator<Item = u32> {
        self.unacknowledged.keys().copied()
    }

    /// A frame has been acknowledged.
    pub fn acknowledged(&mut self, frame: u32) {
        self.unacknowledged.remove(&frame);
    }

    /// Puts a frame off whose time has come, until the sender goes on.
    pub fn put_off(&mut self, frame: u32) {
        self.due.insert(frame);
    }

    /// What was put off.
    pub fn take_due(&mut self) -> BTreeSet<u32> {
        std::mem::take(&mut self.due)
    }

    /// Nothing is sent again any more.
    pub fn give_up(&mut self) {
        self.unacknowledged.clear();
    }

    /// The sender has crashed. Its counter goes on, as the initial sequence number of a new connection would.
    pub fn forget(&mut self) {
        self.give_up();
        self.due.clear();
        self.before = self.last;
    }

    /// Feeds all of it to `h`.
    pub fn fingerprint(&self, h: &mut Fx) {
        (self.last, self.before, &self.due, self.unacknowledged.len()).hash(h);
        for (frame, payload) in &self.unacknowledged {
            frame.hash(h);
            payload.fingerprint(h);
        }
    }

    /// The bytes that a clone takes, roughly.
    pub fn weight(&self) -> usize {
        size_of::<Self>()
            + self.unacknowledged.len() * size_of::<(u32, Payload)>()
            + self.due.len() * size_of::<u32>()
    }
}
