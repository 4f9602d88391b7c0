//! Running stretches of a run again beside it, to see what is not kept: what was in a message, what a
//! node's state was.
//!
//! The rule that is easy to break: the run itself stays where it stands. What runs again has no trace
//! and nobody watches it, so it costs a third of what the run itself did.

use super::checkpoints::Checkpoints;
use super::{Moment, Run, Watcher};
use crate::sim::ids::MsgId;
use crate::sim::message::Payload;
use crate::sim::time::SimTime;
use crate::sim::trace::Trace;
use crate::sim::world::World;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The stretches between checkpoints whose messages are remembered.
const REMEMBERED: usize = 4;

impl<W: Watcher> Run<W> {
    /// What was in message `msg`, recomputed from the checkpoint before it. The few stretches asked
    /// for last are remembered.
    pub fn payload(&self, msg: MsgId) -> Option<Payload> {
        if msg.index() >= self.trace.messages() {
            return None;
        }
        let at = self.checkpoints.latest(|m| m.world.messages() <= msg.0)?;
        let start = self.checkpoints.get(at)?;
        let first = start.world.messages();
        let known = self.contents.borrow().get(&first).cloned();
        let inside = |list: &Rc<Vec<Payload>>| list.get((msg.0 - first) as usize).cloned();
        if let Some(payload) = known.as_ref().and_then(inside) {
            return Some(payload);
        }
        let list = Rc::new(self.collect(start, self.checkpoints.get(at + 1)));
        let payload = inside(&list);
        let mut contents = self.contents.borrow_mut();
        if contents.len() >= REMEMBERED {
            contents.pop_first();
        }
        contents.insert(first, list);
        payload
    }

    /// The label of message `msg`: `RequestVote t4`.
    pub fn label(&self, msg: MsgId) -> String {
        self.payload(msg).map_or_else(String::new, |p| p.label())
    }

    /// Runs again from the checkpoint `start` to the `next` one, or to the end, and collects what
    /// was in the messages.
    fn collect(&self, start: &Moment<W>, next: Option<&Moment<W>>) -> Vec<Payload> {
        let to = match next {
            Some(next) => next.world.messages(),
            None => self.trace.messages() as u32,
        };
        let mut again = self.again(start, Trace::collecting(MsgId(start.world.messages())));
        while again.world().messages() < to && again.step() {}
        again.trace.into_collected()
    }

    /// The same run from `start` on, which nothing watches.
    fn again(&self, start: &Moment<W>, trace: Trace) -> Run {
        Run {
            now: Moment { world: start.world.clone(), watcher: (), edits_made: start.edits_made },
            trace,
            edits: self.edits.clone(),
            refused: BTreeMap::new(),
            checkpoints: Checkpoints::none(),
            undo: Vec::new(),
            redo: Vec::new(),
            contents: RefCell::default(),
            frontier: SimTime::ZERO,
            turns: 0,
            kept: 0,
        }
    }

    /// Shows `see` the world where `from` events have happened, and after each event from there to
    /// where `to` have, in the past or in the future of where this run stands and stays. Ends early
    /// when `see` says false, or nothing is left to happen.
    pub fn replay(&self, from: u32, to: u32, mut see: impl FnMut(&World) -> bool) {
        let start = self.checkpoints.latest(|m| m.world.events() <= from);
        let Some(start) = start.and_then(|at| self.checkpoints.get(at)) else {
            return;
        };
        let mut again = self.again(start, Trace::off());
        while again.position() < from && again.step() {}
        while see(again.world()) && again.position() < to && again.step() {}
    }

    /// The trace hash where `events` events have happened; where the run ends, if it has fewer.
    pub fn hash_at(&self, events: u32) -> u64 {
        let mut hash = 0;
        self.replay(events, events, |world| {
            hash = world.hash();
            false
        });
        hash
    }

    /// Where the last checkpoint before event number `events` lies, in events: what is cheap to
    /// [`Run::replay`] begins at such a place. Zero at the start.
    pub fn checkpoint_before(&self, events: u32) -> u32 {
        let at = self.checkpoints.latest(|m| m.world.events() < events);
        let moment = at.and_then(|at| self.checkpoints.get(at));
        moment.map_or(0, |m| m.world.events())
    }
}
