//! Bounded exhaustive search: every order in which messages may arrive and timers run out, with a
//! few crashes, breadth first, until a promise breaks or the bounds are reached.
//!
//! Where nothing bounds delivery, time stands still and the search takes its place: it delivers any
//! message on its way, or lets any node's next timer run out. Where the timing model bounds it, time
//! goes on, and the search chooses what is lost and what comes early.
//!
//! The rules that are easy to break: every move is an edit, so that what is found can be shared and
//! replayed to the bit. And a state that was reached before is not followed again; so the first
//! violation is one of the shortest.

use super::{CheckLine, Checks};
use crate::sim::hash::{Fx, mix};
use crate::sim::history::Run;
use crate::sim::world::{Status, World};
use crate::sim::{Fault, MsgId, NodeId, SimTime, Timing};
use std::collections::BTreeSet;
use std::hash::Hasher;

/// How far to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The most states.
    pub states: usize,
    /// The most moves from the start.
    pub depth: u32,
    /// The most crashes on a way.
    pub crashes: u8,
}

/// One step of the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// This message arrives.
    Deliver(MsgId),
    /// This message is lost.
    Drop(MsgId),
    /// The next timer of this node runs out.
    Ring(NodeId),
    /// This node crashes.
    Crash(NodeId),
    /// This node recovers.
    Recover(NodeId),
    /// What happens next by itself.
    Next,
}

/// Why a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// There is nothing else to reach.
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
    /// The broken promise, the moves that lead there, and the run at that place.
    pub violation: Option<(CheckLine, Vec<Move>, Run<Checks>)>,
}

/// A state, by the way that leads to it.
#[derive(Clone, Copy)]
struct Reached {
    before: u32,
    by: Move,
    depth: u32,
    crashes: u8,
}

/// Whether the search chooses when messages arrive.
fn is_free(timing: Timing) -> bool {
    !matches!(timing, Timing::Synchronous { .. } | Timing::BoundedAsync { .. } | Timing::UnknownBound { .. })
}

/// Searches from where `root` stands.
pub fn explore(root: &Run<Checks>, bounds: Bounds) -> Explored {
    let free = is_free(root.world().timing());
    let start = Reached { before: 0, by: Move::Next, depth: 0, crashes: 0 };
    let mut seen = BTreeSet::from([key(root, free)]);
    let mut reached = vec![start];
    let (mut at, mut bounded) = (0, false);
    while let Some(here) = reached.get(at).copied() {
        if here.depth >= bounds.depth {
            bounded = true;
            break;
        }
        let run = replay(root, &reached, at);
        for by in moves(run.world(), free, here.crashes < bounds.crashes) {
            let Some(next) = moved(&run, by) else {
                continue;
            };
            if !seen.insert(key(&next, free)) {
                continue;
            }
            reached.push(Reached {
                before: at as u32,
                by,
                depth: here.depth + 1,
                crashes: here.crashes + u8::from(matches!(by, Move::Crash(_))),
            });
            if let Some(line) = next.watcher().violation() {
                let way = way(&reached, reached.len() - 1);
                return ended(&reached, Ending::Violated, Some((line, way, next)));
            }
            if reached.len() >= bounds.states {
                return ended(&reached, Ending::Bounded, None);
            }
        }
        at += 1;
    }
    let ending = if bounded { Ending::Bounded } else { Ending::Complete };
    ended(&reached, ending, None)
}

fn ended(
    reached: &[Reached],
    ending: Ending,
    violation: Option<(CheckLine, Vec<Move>, Run<Checks>)>,
) -> Explored {
    Explored { states: reached.len(), depth: reached.last().map_or(0, |r| r.depth), ending, violation }
}

/// What tells one state from another: nodes, disks and messages; and the moment, where time goes on.
fn key(run: &Run<Checks>, free: bool) -> (u64, u64) {
    let world = run.world();
    let mut timers = Fx::default();
    for node in world.node_ids() {
        for timer in world.timers(node) {
            timers.word(u64::from(node.0));
            timers.write(timer.name.as_bytes());
        }
    }
    let time = if free { 0 } else { run.time().us() + 1 };
    (world.fingerprint(), mix(timers.finish() ^ mix(time)))
}

/// The moves from the start to state `at`.
fn way(reached: &[Reached], mut at: usize) -> Vec<Move> {
    let mut way = Vec::new();
    while at > 0 {
        way.push(reached[at].by);
        at = reached[at].before as usize;
    }
    way.reverse();
    way
}

/// The run in state `at`: states are many, so only the ways to them are kept.
fn replay(root: &Run<Checks>, reached: &[Reached], at: usize) -> Run<Checks> {
    let mut run = root.fork();
    for by in way(reached, at) {
        make(&mut run, by);
    }
    run
}

/// What may happen next.
fn moves(world: &World, free: bool, may_crash: bool) -> Vec<Move> {
    let mut moves = Vec::new();
    if !free {
        moves.push(Move::Next);
    }
    for flight in world.in_flight() {
        // A bound on delivery is no promise that anything takes that long.
        moves.push(Move::Deliver(flight.msg));
        if !free {
            moves.push(Move::Drop(flight.msg));
        }
    }
    for node in world.node_ids() {
        match world.status(node) {
            Status::Up => {
                if free && !world.timers(node).is_empty() {
                    moves.push(Move::Ring(node));
                }
                if may_crash && !world.is_client(node) {
                    moves.push(Move::Crash(node));
                }
            }
            Status::Crashed => moves.push(Move::Recover(node)),
            Status::Stopped | Status::Paused => {}
        }
    }
    moves
}

/// `run` after `by`; nothing if that cannot be.
fn moved(run: &Run<Checks>, by: Move) -> Option<Run<Checks>> {
    let mut next = run.fork();
    make(&mut next, by).then_some(next)
}

/// Makes a move, and lets happen what it brings about at this very moment.
fn make(run: &mut Run<Checks>, by: Move) -> bool {
    let fault = match by {
        Move::Next => return run.step(),
        Move::Deliver(msg) => Fault::DeliverNow { msg },
        Move::Drop(msg) => Fault::Drop { msg },
        Move::Crash(node) => Fault::Crash { node, stop: false },
        Move::Recover(node) => Fault::Recover { node },
        Move::Ring(node) => match leap(run.world(), node) {
            Some(by_us) => Fault::ClockJump { node, by_us },
            None => return false,
        },
    };
    if run.edit(fault).is_err() {
        return false;
    }
    let now: SimTime = run.time();
    run.advance(now, u32::MAX);
    run.world().stopped().is_none()
}

/// How far the clock of `node` must leap for its next timer to run out.
fn leap(world: &World, node: NodeId) -> Option<i64> {
    let due = world.timers(node).iter().map(|t| t.due).min()?;
    let left = due.since(world.now()).0 as i64;
    let drift = i64::from(world.clock(node).drift_ppm);
    // Rounded up: a leap that is too short rings nothing.
    Some(left + (left * drift).div_euclid(1_000_000) + i64::from(drift != 0))
}
