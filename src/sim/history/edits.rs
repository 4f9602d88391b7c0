//! The edits of a run: made, undone, made again, taken out.
//!
//! The rule that is easy to break: an edit that names one message means something in the future in
//! which it was made, and nowhere else. Whatever changes what came before it takes it out of the
//! list; only undo, which brings that very future back, brings it back too.

use super::{Moment, Run, Watcher};
use crate::sim::fault::{Edit, Fault};
use crate::sim::limits;
use crate::sim::refusal::Refusal;
use crate::sim::time::SimTime;
use crate::sim::trace::Trace;
use std::rc::Rc;

/// One change of a list of edits. Only what changed is kept: a run may have ten thousand edits, and
/// ten thousand lists of them would fill the page's memory.
#[derive(Clone)]
pub(super) struct Change {
    at: usize,
    old: Vec<Edit>,
    new: Vec<Edit>,
}

impl Change {
    fn new(before: &[Edit], after: &[Edit]) -> Self {
        let pairs = before.iter().zip(after);
        let at = pairs.take_while(|(a, b)| a == b).count();
        let (old, new) = (&before[at..], &after[at..]);
        let pairs = old.iter().rev().zip(new.iter().rev());
        let same = pairs.take_while(|(a, b)| a == b).count();
        Change { at, old: old[..old.len() - same].to_vec(), new: new[..new.len() - same].to_vec() }
    }

    /// The list that the change has made `after` of.
    fn before(&self, after: &[Edit]) -> Vec<Edit> {
        let rest = &after[self.at + self.new.len()..];
        [&after[..self.at], &self.old, rest].concat()
    }

    /// The list that the change makes of `before`.
    fn after(&self, before: &[Edit]) -> Vec<Edit> {
        let rest = &before[self.at + self.old.len()..];
        [&before[..self.at], &self.new, rest].concat()
    }
}

impl<W: Watcher> Run<W> {
    /// Does `fault` here and now. What this future held after now is forgotten; edits still to
    /// come stay in the list, unless they name a message, which means nothing in a new future.
    ///
    /// # Errors
    /// What [`crate::sim::World::check`] refuses; nothing has changed then.
    pub fn edit(&mut self, fault: Fault) -> Result<(), Refusal> {
        self.edit_all(vec![fault])
    }

    /// Does `faults` here and now, one after the other, or none of them: like [`Run::edit`], with
    /// one undo for all of them.
    ///
    /// # Errors
    /// What [`crate::sim::World::check`] refuses of any of them when its turn comes; nothing has
    /// changed then.
    pub fn edit_all(&mut self, faults: Vec<Fault>) -> Result<(), Refusal> {
        let now = self.rehearse(faults)?;
        let count = now.len();
        if count == 0 {
            return Ok(());
        }
        if self.edits.len() + count > limits::EDITS {
            return Err(too_many());
        }
        let made = self.now.edits_made;
        let mut edits = self.edits[..made].to_vec();
        edits.extend(now);
        let later = self.edits[made..].iter();
        edits.extend(later.filter(|e| !e.fault.names_a_message()).cloned());
        self.remember(&edits);
        self.edits = Rc::new(edits);
        self.kept = self.position();
        self.forget_future();
        (0..count).for_each(|_| self.make_next_edit());
        Ok(())
    }

    /// `faults` as edits of here and now; or why one could not be done in the world that those before
    /// it have left. Nothing is done yet.
    fn rehearse(&mut self, faults: Vec<Fault>) -> Result<Vec<Edit>, Refusal> {
        let now = self.time();
        let mut nowhere = Trace::off();
        // One fault needs no stage to be tried on.
        let mut stage = (faults.len() > 1).then(|| self.now.world.clone());
        let mut edits = Vec::with_capacity(faults.len());
        for fault in faults {
            let world = stage.as_mut().unwrap_or(&mut self.now.world);
            world.check(&fault)?;
            // What one fault sets off at once comes after the next one, too.
            let amid = world.next_time().is_some_and(|t| t <= now);
            let after_steps = amid.then(|| world.steps());
            if let Some(world) = &mut stage {
                world.apply(&fault, &mut nowhere)?;
            }
            edits.push(Edit { at_us: now.us(), after_steps, fault });
        }
        Ok(edits)
    }

    /// Keeps for undo how the list of edits became this one.
    fn remember(&mut self, edits: &[Edit]) {
        self.undo.push(Change::new(&self.edits, edits));
        self.redo.clear();
    }

    fn forget_future(&mut self) {
        let events = self.position();
        let made = self.now.edits_made;
        self.turns = self.turns.wrapping_add(1);
        self.trace.truncate(events as usize);
        self.contents.borrow_mut().clear();
        self.checkpoints.retain(|c| {
            c.world.events() <= events && c.edits_made <= made && c.world.now() <= self.now.world.now()
        });
        self.refused.retain(|&place, _| place < made);
        self.frontier = self.time();
    }

    /// Takes the last change of the list of edits back. Edits that the run was opened with count as
    /// made in the order of their times: the latest goes first. False if there is none left.
    pub fn undo(&mut self) -> bool {
        let Some(change) = self.undo.pop().or_else(|| self.last_opened()) else {
            return false;
        };
        let edits = change.before(&self.edits);
        self.redo.push(change);
        self.replace_edits(Rc::new(edits), true);
        true
    }

    /// The edits that were made last, in one gesture: those that [`Run::undo`] would take out.
    pub fn last_made(&self) -> Vec<&Edit> {
        match self.undo.last() {
            Some(change) => {
                let made = change.new.iter();
                made.filter(|e| !change.old.contains(e)).collect()
            }
            None => self.edits.last().into_iter().collect(),
        }
    }

    /// The list of edits that [`Run::undo`] would bring back.
    pub fn edits_before(&self) -> Vec<Edit> {
        let change = self.undo.last().cloned().or_else(|| self.last_opened());
        change.map_or_else(Vec::new, |c| c.before(&self.edits))
    }

    /// How the last of the edits came to be there, if there is one.
    fn last_opened(&self) -> Option<Change> {
        let (_, before) = self.edits.split_last()?;
        Some(Change::new(before, &self.edits))
    }

    /// Makes the last undone change again. False if there is none.
    pub fn redo(&mut self) -> bool {
        let Some(change) = self.redo.pop() else {
            return false;
        };
        let edits = change.after(&self.edits);
        self.undo.push(change);
        self.replace_edits(Rc::new(edits), false);
        true
    }

    /// Whether there is something to undo, and to make again.
    pub fn can_undo_redo(&self) -> (bool, bool) {
        let undo = !self.undo.is_empty() || !self.edits.is_empty();
        (undo, !self.redo.is_empty())
    }

    /// Takes the edit at `place` out of the list, and with it those after it that name a message,
    /// as [`Run::edit`] does. This can be undone like an edit.
    ///
    /// # Errors
    /// If there is no such edit.
    pub fn remove_edit(&mut self, place: usize) -> Result<(), Refusal> {
        if place >= self.edits.len() {
            return Err(Refusal::new(
                "unknown-edit",
                format!("there is no edit {place}: the run has {}", self.edits.len()),
            ));
        }
        let mut edits = self.edits[..place].to_vec();
        let later = self.edits[place + 1..].iter();
        let later = later.filter(|e| !e.fault.names_a_message());
        // What follows was placed after a number of steps of a run that is no more.
        edits.extend(later.map(|e| Edit::at(e.at_us, e.fault.clone())));
        self.remember(&edits);
        self.replace_edits(Rc::new(edits), false);
        Ok(())
    }

    /// Runs the same time again under another list of edits. Where the run stands amid a moment, it comes
    /// to stand at that place of it: taking `back` what was just done leads to where it was done.
    fn replace_edits(&mut self, edits: Rc<Vec<Edit>>, back: bool) {
        let here = self.time();
        let amid = self.amid();
        let change = Change::new(&self.edits, &edits);
        let same = change.at;
        let before = std::mem::replace(&mut self.edits, edits);
        let turn = [before.get(same).cloned(), self.edits.get(same).cloned()];
        let first = turn.iter().flatten().map(|e| e.at_us).min();
        let first = SimTime(first.unwrap_or(u64::MAX));
        let made = self.now.edits_made;
        if made < same || made == same && !self.is_past(turn[1].as_ref()) {
            self.kept = self.position().max(self.trace.first_at(first) as u32);
            self.forget_future();
            return;
        }
        let place = amid.then(|| {
            let (old, new) = (change.old.len(), change.new.len());
            let edits = match made - same <= old {
                true if back && old > 0 => same,
                true => same + new,
                false => made - old + new,
            };
            (self.now.world.steps(), edits)
        });
        // A checkpoint at the very moment of an edit may lie between it and what it follows.
        let fits = |m: &Moment<W>| m.edits_made <= same && (m.world.now() < first || m.world.steps() == 0);
        self.checkpoints.retain(fits);
        self.restore(fits);
        self.forget_future();
        self.run_alike(here, same, &turn);
        self.kept = self.position();
        match place {
            Some(place) => self.run_into(here, place),
            None => self.run_until(here),
        }
    }

    /// Whether the turn of `edit`, the next one of the list, is now or has been.
    fn is_past(&mut self, edit: Option<&Edit>) -> bool {
        let next = self.now.world.next_time();
        edit.is_some_and(|e| SimTime(e.at_us) <= self.time() && self.is_turn_of(e, next))
    }

    /// Runs until `at`, and of that moment as far as where so many steps were taken and so many edits made.
    fn run_into(&mut self, at: SimTime, (steps, edits): (u64, usize)) {
        loop {
            let next = self.now.world.next_time();
            let edit = self.edits.get(self.now.edits_made);
            let edit = edit.filter(|e| self.is_turn_of(e, next));
            let there = match edit {
                Some(e) => self.now.edits_made >= edits && SimTime(e.at_us) >= at,
                None => self.now.world.steps() >= steps && next.is_none_or(|t| t >= at),
            };
            if there || !self.advance_once(at) {
                break;
            }
        }
        self.now.world.wait_until(at);
        self.frontier = self.frontier.max(self.time());
    }

    /// Runs as far as two lists are alike whose first `same` edits are: until it is the `turn` of the
    /// next edit of either.
    fn run_alike(&mut self, to: SimTime, same: usize, turn: &[Option<Edit>; 2]) {
        loop {
            let next = self.now.world.next_time();
            let now = |e: &Edit| self.is_turn_of(e, next);
            let parts = self.now.edits_made == same && turn.iter().flatten().any(now);
            if parts || !self.advance_once(to) {
                return;
            }
        }
    }
}

fn too_many() -> Refusal {
    Refusal::new("too-many-edits", format!("a run takes at most {} edits", limits::EDITS))
}

/// Refuses too many edits, and one later than the longest run.
pub(super) fn check(edits: &[Edit]) -> Result<(), Refusal> {
    if edits.len() > limits::EDITS {
        return Err(too_many());
    }
    match edits.iter().find(|e| e.at_us > limits::RUN_US) {
        Some(e) => {
            Err(Refusal::new("out-of-range", format!("an edit at {} us is after the longest run", e.at_us)))
        }
        None => Ok(()),
    }
}
