//! A way that a search has found, gone by a run like any other: each move becomes an edit, or time passes until it
//! happens by itself.
//!
//! The rule that is easy to break: a run goes on by itself, so what is not to happen yet is kept back: a message is
//! held, a clock set back. What cannot be kept back makes the way one that no run goes.

use super::moves::Move;
use crate::check::Checks;
use crate::sim::history::Run;
use crate::sim::world::Next;
use crate::sim::world::stage::Frame;
use crate::sim::{Fault, NodeId};
use std::collections::BTreeMap;

/// How many entries of the queue one move may take.
const PATIENCE: u32 = 10_000;

/// How far a clock is set back for a timer that is not to run out yet, in microseconds.
const BACK_US: i64 = 10_000_000;

/// What touches nobody else, and so may have happened before its move comes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Early {
    Work(NodeId),
    Wake(NodeId),
    Resend(NodeId, NodeId, u32),
}

struct Replay<'a> {
    run: Run<Checks>,
    message: &'a dyn Fn(u32) -> Frame,
    // What has happened before its move came, and how often.
    early: BTreeMap<Early, u32>,
}

/// `root` after `way`; nothing if no run goes it. `message` gives the messages by their numbers in the way.
pub(super) fn replay(
    root: &Run<Checks>,
    way: &[Move],
    message: &dyn Fn(u32) -> Frame,
) -> Option<Run<Checks>> {
    let mut replay = Replay { run: root.fork(), message, early: BTreeMap::new() };
    way.iter().try_for_each(|&by| replay.make(by))?;
    Some(replay.run)
}

impl Replay<'_> {
    fn edit(&mut self, fault: Fault) -> Option<()> {
        self.run.edit(fault).ok()?;
        Some(())
    }

    fn make(&mut self, by: Move) -> Option<()> {
        match by {
            Move::Deliver(m) => {
                let msg = self.run.world().find_frame(&(self.message)(m))?;
                self.edit(Fault::DeliverNow { msg })?;
                self.wait_for(Next::Flight(msg))
            }
            Move::Drop(m) => {
                let msg = self.run.world().find_frame(&(self.message)(m))?;
                self.edit(Fault::Drop { msg })?;
                self.wait_for(Next::Doomed(msg))
            }
            Move::Duplicate(m) => {
                let msg = self.run.world().find_frame(&(self.message)(m))?;
                self.edit(Fault::Duplicate { msg })
            }
            Move::Ring(node, slot) => {
                let by_us = self.run.world().leap_to_timer(node, slot)?;
                if by_us > 0 {
                    self.edit(Fault::ClockJump { node, by_us })?;
                }
                self.wait_for(Next::Timer(node, slot))
            }
            Move::Work(node) => self.had_or_wait(Early::Work(node), Next::Work(node)),
            Move::Wake(node) => self.had_or_wait(Early::Wake(node), Next::Wake(node)),
            Move::Resend(from, to, frame) => {
                self.had_or_wait(Early::Resend(from, to, frame), Next::Resend(from, to, frame))
            }
            Move::Crash(node) => {
                self.early.retain(|m, _| !matches!(*m, Early::Work(n) | Early::Wake(n) if n == node));
                self.edit(Fault::Crash { node, stop: false })
            }
            Move::Recover(node) => self.edit(Fault::Recover { node }),
            Move::Next => self.run.step_entry().then_some(()),
        }
    }

    fn had_or_wait(&mut self, what: Early, wanted: Next) -> Option<()> {
        if let Some(times) = self.early.get_mut(&what).filter(|t| **t > 0) {
            *times -= 1;
            return Some(());
        }
        self.wait_for(wanted)
    }

    /// Lets time pass until `wanted` happens, and keeps back what is not to happen yet.
    fn wait_for(&mut self, wanted: Next) -> Option<()> {
        let ringing = match wanted {
            Next::Timer(node, _) => Some(node),
            _ => None,
        };
        for _ in 0..PATIENCE {
            let next = self.run.next_entry()?;
            if next == wanted {
                return self.run.step_entry().then_some(());
            }
            let early = match next {
                Next::Flight(msg) => {
                    self.edit(Fault::Hold { msg })?;
                    continue;
                }
                // Another timer of the same clock comes first whatever the clock shows.
                Next::Timer(node, _) if ringing == Some(node) => return None,
                Next::Timer(node, _) => {
                    self.edit(Fault::ClockJump { node, by_us: -BACK_US })?;
                    continue;
                }
                Next::Flap => return None,
                Next::Work(node) => Some(Early::Work(node)),
                Next::Wake(node) => Some(Early::Wake(node)),
                Next::Resend(from, to, frame) => Some(Early::Resend(from, to, frame)),
                Next::Doomed(_) | Next::Nothing => None,
            };
            if let Some(early) = early {
                *self.early.entry(early).or_default() += 1;
            }
            if !self.run.step_entry() {
                return None;
            }
        }
        None
    }
}
