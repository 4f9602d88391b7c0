//! Calm: a phase in which all that a promise assumes of the world has been in force. A promise that
//! something happens in time is judged in such phases alone.
//!
//! Here is what protocols with majorities assume: enough servers are up and hear each other, no message
//! between them is lost, none of them is faulty or too slow; and the phase itself.
//!
//! The rule that is easy to break: bad luck begins a new phase, as a change of the world does. What a
//! phase rests on is looked at when the world changes, not after every event.

use super::seen::Seen;
use crate::sim::{EventKind, Loss, NodeId, SimTime, Span, Status, World};
use std::rc::Rc;

/// Since when the world has been calm, and what is missing now, if anything.
#[derive(Clone, Debug)]
pub struct Calm<A> {
    assumes: A,
    since: SimTime,
    excuse: Option<Rc<str>>,
}

impl<T, A: Fn(&World) -> Result<T, String>> Calm<A> {
    /// A phase that has just begun. `assumes` says which assumption is not in force, in words, or gives
    /// what a judge needs to know: who works.
    pub fn new(assumes: A) -> Self {
        Calm { assumes, since: SimTime::ZERO, excuse: None }
    }

    /// Takes note of an event.
    pub fn after(&mut self, seen: &Seen<'_>) {
        let changed = matches!(seen.event.kind, EventKind::Fault | EventKind::Flap);
        // Losses by a crash, a cut or a partition follow from a state that is looked at itself.
        let expected = matches!(
            seen.event.loss,
            Loss::None | Loss::Duplicate | Loss::ReceiverDown | Loss::Cut | Loss::Partition
        );
        if changed || !expected {
            self.since = seen.event.time;
        }
        if changed || seen.event.kind == EventKind::Start {
            self.look(seen.world);
        }
    }

    /// Looks anew whether all is in force, and gives what a judge needs to know if it is.
    pub fn look(&mut self, world: &World) -> Option<T> {
        let (found, excuse) = match (self.assumes)(world) {
            Ok(found) => {
                // It has come into force by itself, since the last look.
                if self.excuse.is_some() {
                    self.since = world.now();
                }
                (Some(found), None)
            }
            Err(why) => {
                // It may come into force again by itself: a clock that catches up, a queue that empties.
                self.since = world.now();
                (None, Some(Rc::from(why)))
            }
        };
        self.excuse = excuse;
        found
    }

    /// Whether the phase has lasted longer than `span` at `now`.
    pub fn outlasts(&self, span: Span, now: SimTime) -> bool {
        now.since(self.since) > span
    }

    /// The assumption that is not in force, in words.
    pub fn excuse(&self) -> Option<&str> {
        self.excuse.as_deref()
    }
}

/// More than half of `servers`, all of which run, tell no lies, and hear each other and nobody else.
///
/// # Errors
/// What is missing, in words.
pub fn working_majority(world: &World, servers: &[NodeId]) -> Result<Vec<NodeId>, String> {
    let up: Vec<NodeId> = servers.iter().copied().filter(|&s| world.is_up(s)).collect();
    let majority = servers.len() / 2 + 1;
    if up.len() < majority {
        return Err(format!("only {} of {} servers run", up.len(), servers.len()));
    }
    if let Some(&s) = up.iter().find(|&&s| !world.lies(s).is_empty()) {
        return Err(format!("{} lies", world.name(s)));
    }
    let open = |a, b| world.blocked(a, b) == Loss::None;
    let hears = |s: NodeId| {
        let both = |&t: &NodeId| t == s || (open(s, t) && open(t, s));
        up.iter().copied().filter(both).collect::<Vec<_>>()
    };
    let group = up.iter().map(|&s| hears(s)).find(|g| g.len() >= majority);
    let Some(group) = group else {
        return Err("no majority of servers can talk to each other".to_owned());
    };
    let whole = group.iter().all(|&a| {
        up.iter().all(|&b| {
            let inside = group.contains(&b);
            a == b || (open(a, b) == inside && open(b, a) == inside)
        })
    });
    match whole {
        true => Ok(group),
        false => Err("some servers hear only a part of the majority".to_owned()),
    }
}

/// Whether `node` does what its code says, each step within `step`, by a clock that keeps pace.
///
/// # Errors
/// What is out of force, in words, with the node's name.
pub fn fit(world: &World, node: NodeId, step: Span) -> Result<(), String> {
    let (c, name) = (world.config(node), world.name(node));
    let work = c.service_us + c.sync_us;
    let waiting = world.waiting(node) as u64;
    let why = match world.status(node) {
        Status::Paused => format!("{name} is paused"),
        Status::Crashed | Status::Stopped => format!("{name} is not running"),
        Status::Up if !world.lies(node).is_empty() => format!("{name} lies"),
        Status::Up if c.send_omission_ppm > 0 || c.receive_omission_ppm > 0 || c.late_us > 0 => {
            format!("{name} is faulty")
        }
        Status::Up if c.drift_ppm.abs() > 100_000 => {
            format!("the clock of {name} drifts by more than a tenth")
        }
        Status::Up if world.clock_behind_us(node) > 0 => {
            format!("the clock of {name} was set back, and has not caught up")
        }
        Status::Up if work > step.0 => format!("{name} is too slow"),
        Status::Up if world.busy_for(node) > step => format!("{name} is still at a step that takes long"),
        Status::Up if waiting * work > 4 * step.0 => format!("{waiting} inputs wait at {name}"),
        Status::Up => return Ok(()),
    };
    Err(why)
}

/// Whether each of `group` is [`fit`].
///
/// # Errors
/// The first that is not, in words.
pub fn sound(world: &World, group: &[NodeId], step: Span) -> Result<(), String> {
    group.iter().try_for_each(|&s| fit(world, s, step))
}

/// The longest that a message of so many bytes is under way within `group`, provided that none is lost.
///
/// # Errors
/// What is missing, in words.
pub fn longest_delay(world: &World, group: &[NodeId], bytes: u32) -> Result<Span, String> {
    let mut longest = Span::ZERO;
    for &a in group {
        for &b in group.iter().filter(|&&b| b != a) {
            longest = longest.max(delay(world, (a, b), bytes)?);
        }
    }
    Ok(longest)
}

/// The longest that a message of so many bytes takes from one to the other, provided that it is not lost.
fn delay(world: &World, (a, b): (NodeId, NodeId), bytes: u32) -> Result<Span, String> {
    let link = world.link(a, b);
    if link.loss_ppm > 0 || link.corrupt_ppm > 0 {
        return Err("links lose messages".to_owned());
    }
    if world.waits_for_frame(a, b) {
        let (a, b) = (world.name(a), world.name(b));
        return Err(format!("{b} holds back what came from {a}, for something before it is missing"));
    }
    match link.longest(bytes) {
        Some(span) => Ok(span.max(world.queued_for(a, b))),
        None => Err("a delay without bound".to_owned()),
    }
}

/// Whether `client` does what its code says, each step within `patience`, and hears each of `servers` and is heard
/// by it in no longer.
///
/// # Errors
/// What is out of force, in words.
pub fn served(world: &World, client: NodeId, servers: &[NodeId], patience: Span) -> Result<(), String> {
    fit(world, client, patience)?;
    for &s in servers {
        for (a, b) in [(client, s), (s, client)] {
            let (from, to) = (world.name(a), world.name(b));
            if world.blocked(a, b) != Loss::None {
                return Err(format!("{to} hears nothing from {from}"));
            }
            if delay(world, (a, b), 1_500)? > patience {
                return Err(format!("a message from {from} to {to} takes too long"));
            }
        }
    }
    Ok(())
}
