//! Exhaustive search: what can happen, within bounds, until a promise breaks.
//!
//! Where nothing bounds delivery, time stands still and the search takes its place: it lets any message arrive, any
//! node's next timer run out, any processor or disk be done, and a few things go wrong ([`model`]). Where the timing
//! model bounds delivery, time goes on ([`timed`]), and the search chooses what is lost and what comes early.
//!
//! The rules that are easy to break: "all there are" is said only where nothing was left out, and what was is named.
//! And what a search finds is shown by a run like any other ([`replay`]), which a link carries, or it is not called
//! found.

mod index;
mod model;
mod moves;
mod replay;
mod timed;

pub use moves::{Faults, Move};

use super::{CheckLine, Checks};
use crate::sim::Timing;
use crate::sim::history::Run;
use crate::sim::world::stage::beyond_search;
use index::Index;
use model::{Model, State, print_of};
use std::collections::{BTreeSet, VecDeque};

/// How far to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The most states.
    pub states: usize,
    /// The most moves from the start.
    pub depth: u32,
    /// The most that may go wrong.
    pub faults: Faults,
}

/// Why a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// There is nothing else to reach by the moves that there are.
    Complete,
    /// The most states, or the most moves, were reached.
    Bounded,
    /// A promise is broken.
    Violated,
}

/// What a search has found.
pub struct Explored {
    /// How many different states were reached.
    pub states: usize,
    /// The moves to the furthest of them.
    pub depth: u32,
    /// Why it ended.
    pub ending: Ending,
    /// What may happen and was not tried, in words; "all there are" may be said only if this is empty.
    pub left_out: BTreeSet<String>,
    /// The broken promise, the moves that lead there, and the run at that place.
    pub violation: Option<(CheckLine, Vec<Move>, Run<Checks>)>,
}

/// Whether the search chooses when messages arrive.
fn is_free(timing: Timing) -> bool {
    !matches!(timing, Timing::Synchronous { .. } | Timing::BoundedAsync { .. } | Timing::UnknownBound { .. })
}

/// Searches from where `root` stands.
pub fn explore(root: &Run<Checks>, bounds: Bounds) -> Explored {
    let mut found = match is_free(root.world().timing()) {
        true => Search::new(root, bounds).go(),
        false => timed::explore(root, bounds),
    };
    found.left_out.extend(beyond_search(root.world()));
    if root.edits_made() < root.edits().len() {
        found.left_out.insert("what is done to the run later".to_owned());
    }
    if let Some(line) = root.watcher().violation() {
        found.left_out.insert(format!("that \"{}\" was broken before", line.name));
    }
    found
}

/// How a state was reached first.
#[derive(Clone, Copy)]
struct Reached {
    before: u32,
    by: Option<Move>,
    depth: u32,
}

struct Search<'a> {
    root: &'a Run<Checks>,
    bounds: Bounds,
    model: Model,
    seen: Index,
    reached: Vec<Reached>,
    // The states that are still to be followed, with their numbers.
    open: VecDeque<(u32, State)>,
    left_out: BTreeSet<String>,
}

impl<'a> Search<'a> {
    fn new(root: &'a Run<Checks>, bounds: Bounds) -> Self {
        let (checks, _) = root.watcher().for_search();
        let (model, first) = Model::new(root.world(), checks);
        let mut search = Search {
            root,
            bounds,
            model,
            seen: Index::default(),
            reached: vec![Reached { before: 0, by: None, depth: 0 }],
            open: VecDeque::new(),
            left_out: BTreeSet::new(),
        };
        search.seen.number(print_of(&first), 0);
        search.open.push_back((0, first));
        search
    }

    fn go(mut self) -> Explored {
        let mut moves = Vec::new();
        let mut next = Vec::new();
        while let Some((number, state)) = self.open.pop_front() {
            let depth = self.reached[number as usize].depth;
            self.model.moves(&state, self.bounds.faults, &mut moves);
            if depth >= self.bounds.depth && !moves.is_empty() {
                return self.ended(Ending::Bounded, None);
            }
            for &by in &moves {
                for at in self.model.steps(&state, by) {
                    if self.model.is_once_too_often(&state, by, at) {
                        continue;
                    }
                    self.model.follow(&state, by, at, &mut next);
                    let (reached, new) = self.seen.number(print_of(&next), self.reached.len());
                    if !new {
                        continue;
                    }
                    self.reached.push(Reached { before: number, by: Some(by), depth: depth + 1 });
                    if self.model.is_broken(&next) {
                        if let Some(found) = self.show(reached) {
                            return self.ended(Ending::Violated, Some(found));
                        }
                        continue;
                    }
                    if self.reached.len() >= self.bounds.states {
                        return self.ended(Ending::Bounded, None);
                    }
                    self.open.push_back((reached, next.as_slice().into()));
                }
            }
        }
        self.ended(Ending::Complete, None)
    }

    /// The moves from the start to a state.
    fn way(&self, mut at: u32) -> Vec<Move> {
        let mut way = Vec::new();
        while let Some(by) = self.reached[at as usize].by {
            way.push(by);
            at = self.reached[at as usize].before;
        }
        way.reverse();
        way
    }

    /// The broken promise in a run that goes the way to this state. Where no run does, that is left out.
    fn show(&mut self, at: u32) -> Option<(CheckLine, Vec<Move>, Run<Checks>)> {
        let way = self.way(at);
        let shown = replay::replay(self.root, &way, &|m| self.model.message(m).clone());
        let found = shown.and_then(|run| Some((run.watcher().violation()?, way, run)));
        if found.is_none() {
            self.left_out.insert("ways to a broken promise that no run could be made to go".to_owned());
        }
        found
    }

    fn ended(mut self, ending: Ending, violation: Option<(CheckLine, Vec<Move>, Run<Checks>)>) -> Explored {
        self.left_out.extend(self.model.left_out().iter().cloned());
        let depth = self.reached.last().map_or(0, |r| r.depth);
        Explored { states: self.reached.len(), depth, ending, left_out: self.left_out, violation }
    }
}
