//! A run that can be held in the hand: forward, back, to any moment, with edits made, undone and
//! made again, and forked.
//!
//! The rule that is easy to break: the past is recomputed, never stored. What is kept is the
//! setup, the edits, and a checkpoint (a cloned world) now and then; going back is taking the
//! checkpoint before and running again. The trace stays, because running again writes the same.

mod again;
mod checkpoints;
mod edits;

use super::fault::Edit;
use super::ids::EventId;
use super::limits;
use super::message::Payload;
use super::refusal::Refusal;
use super::time::SimTime;
use super::trace::Trace;
use super::world::{Next, Setup, World};
use checkpoints::Checkpoints;
use edits::Change;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Something that watches a run event by event, and is cloned with it.
pub trait Watcher: Clone {
    /// Called after event `id`, which is the world's last. The trace may hold a future that was taken back:
    /// only what belongs to events up to `id` counts.
    fn after(&mut self, world: &World, trace: &Trace, id: EventId);

    /// The bytes that a clone takes, roughly.
    fn weight(&self) -> usize {
        0
    }
}

impl Watcher for () {
    fn after(&mut self, _: &World, _: &Trace, _: EventId) {}
}

/// Everything that a moment of a run consists of, but the trace.
#[derive(Clone)]
struct Moment<W> {
    world: World,
    watcher: W,
    // How many of the edits have been made.
    edits_made: usize,
}

/// A run: a setup, its edits, and where it stands.
#[derive(Clone)]
pub struct Run<W: Watcher = ()> {
    now: Moment<W>,
    trace: Trace,
    edits: Rc<Vec<Edit>>,
    refused: BTreeMap<usize, Refusal>,
    checkpoints: Checkpoints<W>,
    undo: Vec<Change>,
    redo: Vec<Change>,
    // The contents of the messages between two checkpoints, as last asked for.
    contents: RefCell<BTreeMap<u32, Rc<Vec<Payload>>>>,
    // The furthest moment that this future has been shown to reach.
    frontier: SimTime,
    // How often a future was given up for another.
    turns: u32,
    // How many events the last such change left as they were.
    kept: u32,
}

impl<W: Watcher> Run<W> {
    /// A run at its start, with edits still to come.
    ///
    /// # Errors
    /// What [`World::new`] refuses; and more edits than [`limits::EDITS`].
    pub fn new(setup: Setup, watcher: W, edits: Vec<Edit>) -> Result<Self, Refusal> {
        edits::check(&edits)?;
        let now = Moment { world: World::new(setup)?, watcher, edits_made: 0 };
        let mut edits = edits;
        edits.sort_by_key(|e| e.at_us);
        Ok(Run {
            checkpoints: Checkpoints::new(now.clone()),
            now,
            trace: Trace::new(),
            edits: Rc::new(edits),
            refused: BTreeMap::new(),
            undo: Vec::new(),
            redo: Vec::new(),
            contents: RefCell::default(),
            frontier: SimTime::ZERO,
            turns: 0,
            kept: 0,
        })
    }

    /// The world as it stands.
    pub fn world(&self) -> &World {
        &self.now.world
    }

    /// What watches it.
    pub fn watcher(&self) -> &W {
        &self.now.watcher
    }

    /// Everything recorded: also of the future, if the run has been there and was taken back.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// All edits of this future, made and still to come.
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// How many of the edits have been made at this moment.
    pub fn edits_made(&self) -> usize {
        self.now.edits_made
    }

    /// Why an edit could not be made when its time came, by its place in the list.
    pub fn refused(&self) -> &BTreeMap<usize, Refusal> {
        &self.refused
    }

    /// How many events have happened.
    pub fn position(&self) -> u32 {
        self.now.world.events()
    }

    /// Where the run stands in time.
    pub fn time(&self) -> SimTime {
        self.now.world.now()
    }

    /// Whether more is to happen at the very moment at which the run stands.
    pub fn amid(&self) -> bool {
        let edit = self.edits.get(self.now.edits_made);
        let edit = edit.map(|e| SimTime(e.at_us));
        let entry = self.now.world.peek_time();
        edit.into_iter().chain(entry).any(|t| t <= self.time())
    }

    /// Whether nothing is left to happen, now or ever: no edit, and nothing in the queue.
    pub fn is_over(&self) -> bool {
        let edits = self.edits.len() > self.now.edits_made;
        !edits && self.now.world.peek_time().is_none()
    }

    /// How often the list of edits has changed, and with it the future: what was worked out from the
    /// trace holds as long as this stays the same.
    pub fn turns(&self) -> u32 {
        self.turns
    }

    /// How many events, counted from the start, the last change of the list of edits left as they were:
    /// from there on, an event's number means another event than before.
    pub fn kept(&self) -> u32 {
        self.kept
    }

    /// The furthest moment reached in this future.
    pub fn frontier(&self) -> SimTime {
        self.frontier.max(self.time())
    }

    /// The number of checkpoints, and the fewest events between two of them.
    pub fn checkpoints(&self) -> (usize, u32) {
        (self.checkpoints.len(), self.checkpoints.spacing())
    }

    /// The bytes that the run holds, roughly: its trace and its checkpoints.
    pub fn bytes(&self) -> usize {
        self.trace.bytes() + self.checkpoints.bytes()
    }

    /// Goes one event forward. False if nothing is left to happen, or a limit stopped the run.
    pub fn step(&mut self) -> bool {
        let before = self.position();
        while self.position() == before {
            if !self.advance_once(SimTime(limits::RUN_US)) {
                return false;
            }
        }
        true
    }

    /// What the next entry of the queue brings.
    pub fn next_entry(&mut self) -> Option<Next> {
        self.now.world.next_entry()
    }

    /// Takes the next entry of the queue, or makes the edit that comes before it. False if there is none.
    pub fn step_entry(&mut self) -> bool {
        self.advance_once(SimTime(limits::RUN_US))
    }

    /// One entry of the queue or one edit, if it is due at or before `to`.
    #[inline]
    fn advance_once(&mut self, to: SimTime) -> bool {
        let next = self.now.world.next_time();
        if self.edit_is_due(next, to) {
            self.make_next_edit();
            return true;
        }
        if next.is_none_or(|t| t > to) {
            return false;
        }
        let before = self.now.world.events();
        if !self.now.world.step(&mut self.trace) {
            return false;
        }
        if self.now.world.events() != before {
            self.watch();
        }
        true
    }

    #[inline]
    fn watch(&mut self) {
        let Moment { world, watcher, .. } = &mut self.now;
        let id = EventId(world.events() - 1);
        watcher.after(world, &self.trace, id);
        if self.checkpoints.is_due(world.events()) {
            self.checkpoints.keep(&self.now);
        }
    }

    #[inline]
    fn edit_is_due(&self, next: Option<SimTime>, to: SimTime) -> bool {
        let Some(edit) = self.edits.get(self.now.edits_made) else {
            return false;
        };
        SimTime(edit.at_us) <= to && self.is_turn_of(edit, next)
    }

    /// Whether `edit` comes before the entry of the queue that is due `next`.
    #[inline]
    fn is_turn_of(&self, edit: &Edit, next: Option<SimTime>) -> bool {
        let at = SimTime(edit.at_us);
        let exactly = edit.after_steps.is_some_and(|s| self.now.world.steps() >= s);
        // Never before its time, however many steps there were: how far a run is asked to go must
        // not decide when an edit is made.
        next.is_none_or(|t| t > at || t == at && exactly)
    }

    fn make_next_edit(&mut self) {
        let place = self.now.edits_made;
        let edits = self.edits.clone();
        let edit = &edits[place];
        self.now.world.wait_until(SimTime(edit.at_us));
        self.now.edits_made += 1;
        match self.now.world.apply(&edit.fault, &mut self.trace) {
            Ok(_) => self.watch(),
            Err(refusal) => {
                self.refused.insert(place, refusal);
            }
        }
    }

    /// Runs until `to`, but at most `most_events` events. True if it got there (or nothing is left
    /// to happen, or a limit stopped the run).
    pub fn advance(&mut self, to: SimTime, most_events: u32) -> bool {
        let last = self.position().saturating_add(most_events);
        while self.advance_once(to) {
            if self.position() >= last {
                return false;
            }
        }
        self.now.world.wait_until(to);
        self.frontier = self.frontier.max(self.time());
        true
    }

    /// Runs until `to`.
    pub fn run_until(&mut self, to: SimTime) {
        self.advance(to, u32::MAX);
    }

    /// Goes to the moment `to`, back or forward: everything up to and at that time has happened.
    pub fn seek(&mut self, to: SimTime) {
        let back = to < self.time();
        self.leap(back, |m| m.world.now() <= to);
        self.run_until(to);
    }

    /// Goes to where exactly `events` events have happened.
    pub fn seek_event(&mut self, events: u32) {
        let back = events < self.position();
        self.leap(back, |m| m.world.events() <= events);
        while self.position() < events && self.step() {}
    }

    /// Goes to the latest checkpoint that `fits`: always on the way back, and on the way forward if
    /// it lies ahead, because this future has been there already.
    fn leap(&mut self, back: bool, fits: impl Fn(&Moment<W>) -> bool) {
        let latest = self.checkpoints.latest(&fits);
        let latest = latest.and_then(|at| self.checkpoints.get(at));
        if back || latest.is_some_and(|m| m.world.events() > self.position()) {
            self.frontier = self.frontier();
            self.restore(fits);
        }
    }

    /// Goes `n` events back; to the start if there are fewer.
    pub fn back(&mut self, n: u32) {
        self.seek_event(self.position().saturating_sub(n));
    }

    /// Goes back to the latest checkpoint that `fits`; the first one always does.
    fn restore(&mut self, fits: impl Fn(&Moment<W>) -> bool) {
        let at = self.checkpoints.latest(fits).unwrap_or(0);
        if let Some(moment) = self.checkpoints.get(at) {
            self.now = moment.clone();
        }
    }

    /// A second future from here: the same run, which from now on goes its own way.
    #[must_use]
    pub fn fork(&self) -> Self {
        self.clone()
    }

    /// The trace hash up to now, 16 hexadecimal digits.
    pub fn hash_text(&self) -> String {
        self.world().hash_text()
    }
}
