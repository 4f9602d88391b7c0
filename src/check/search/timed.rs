//! The search where the timing model bounds delivery: time goes on, and what is chosen is which messages are lost or
//! doubled, which come at once instead of when they were drawn, and who crashes.
//!
//! The rule that is easy to break: this never sees all there is. Between at once and the moment that was drawn lie
//! moments that it does not try, and it says so, whatever it finds.

use super::index::Index;
use super::moves::{Faults, Move};
use super::{Bounds, Ending, Explored};
use crate::check::{CheckLine, Checks, Recall};
use crate::sim::history::Run;
use crate::sim::world::{Status, World};
use crate::sim::{EventKind, Fault, Loss, MsgId, SimTime};
use std::collections::BTreeSet;

/// A state, by the way that leads to it.
#[derive(Clone, Copy)]
struct Reached {
    before: u32,
    by: Move,
    depth: u32,
    spent: Faults,
}

/// Searches from where `root` stands.
pub(super) fn explore(root: &Run<Checks>, bounds: Bounds) -> Explored {
    let spent = Faults { crashes: 0, losses: 0, copies: 0 };
    let mut seen = Index::default();
    seen.set(key(root, spent), 0);
    let mut reached = vec![Reached { before: 0, by: Move::Next, depth: 0, spent }];
    let mut at = 0;
    while let Some(here) = reached.get(at).copied() {
        if here.depth >= bounds.depth {
            return ended(&reached, Ending::Bounded, None);
        }
        let run = replay(root, &reached, at);
        for by in moves(run.world(), here.spent, bounds.faults) {
            let Some(next) = moved(&run, by) else {
                continue;
            };
            let spent = with(here.spent, by, next.world());
            // What luck has drawn is no more than is allowed, either.
            let too_much = spent.losses > bounds.faults.losses;
            if too_much || !seen.number(key(&next, spent), reached.len()).1 {
                continue;
            }
            reached.push(Reached { before: at as u32, by, depth: here.depth + 1, spent });
            if let Some(line) = next.watcher().for_search().0.violation() {
                let way = way(&reached, reached.len() - 1);
                return ended(&reached, Ending::Violated, Some((line, way, next)));
            }
            if reached.len() >= bounds.states {
                return ended(&reached, Ending::Bounded, None);
            }
        }
        at += 1;
    }
    ended(&reached, Ending::Complete, None)
}

fn ended(
    reached: &[Reached],
    ending: Ending,
    violation: Option<(CheckLine, Vec<Move>, Run<Checks>)>,
) -> Explored {
    let left = "moments of arrival but at once and as drawn, and other luck of links and nodes: time goes on in this timing model";
    Explored {
        states: reached.len(),
        depth: reached.last().map_or(0, |r| r.depth),
        ending,
        left_out: BTreeSet::from([left.to_owned()]),
        violation,
    }
}

/// What was spent when `by` has been done and led to `world`.
fn with(mut spent: Faults, by: Move, world: &World) -> Faults {
    match by {
        Move::Next if world.last_event().kind == EventKind::Lost && world.last_event().loss == Loss::Link => {
            spent.losses += 1;
        }
        Move::Crash(_) => spent.crashes += 1,
        Move::Drop(_) => spent.losses += 1,
        Move::Duplicate(_) => spent.copies += 1,
        _ => {}
    }
    spent
}

/// What tells one state from another: everything that decides the future, the moment with it.
fn key(run: &Run<Checks>, spent: Faults) -> u128 {
    let mut recall = Recall::default();
    run.world().fingerprint_now(&mut recall);
    run.watcher().for_search().0.recall(&mut recall);
    [spent.crashes, spent.losses, spent.copies].into_iter().for_each(|n| recall.word(n));
    recall.word(run.edits_made() as u64);
    let [a, b] = recall.ends();
    u128::from(a) | u128::from(b) << 64
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
fn moves(world: &World, spent: Faults, most: Faults) -> Vec<Move> {
    let mut moves = vec![Move::Next];
    let mut flights = world.in_flight();
    flights.sort_by_key(|f| f.msg);
    for (i, flight) in flights.iter().enumerate() {
        // Nothing passes a wall, and nothing overtakes on a link that keeps the order.
        let link = world.link(flight.from, flight.to);
        let before = |f: &&crate::sim::world::InFlight| (f.from, f.to) == (flight.from, flight.to);
        let behind = link.fifo && flights[..i].iter().any(|f| before(&f));
        if !matches!(flight.doom, Loss::None | Loss::Link) || behind {
            continue;
        }
        let MsgId(msg) = flight.msg;
        moves.push(Move::Deliver(msg));
        if spent.losses < most.losses {
            moves.push(Move::Drop(msg));
        }
        if spent.copies < most.copies {
            moves.push(Move::Duplicate(msg));
        }
    }
    for node in world.node_ids() {
        match world.status(node) {
            Status::Up if spent.crashes < most.crashes && !world.is_client(node) => {
                moves.push(Move::Crash(node));
            }
            Status::Crashed => moves.push(Move::Recover(node)),
            _ => {}
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
        Move::Deliver(msg) => Fault::DeliverNow { msg: MsgId(msg) },
        Move::Drop(msg) => Fault::Drop { msg: MsgId(msg) },
        Move::Duplicate(msg) => Fault::Duplicate { msg: MsgId(msg) },
        Move::Crash(node) => Fault::Crash { node, stop: false },
        Move::Recover(node) => Fault::Recover { node },
        _ => return run.step(),
    };
    if run.edit(fault).is_err() {
        return false;
    }
    let now: SimTime = run.time();
    run.advance(now, u32::MAX);
    run.world().stopped().is_none()
}
