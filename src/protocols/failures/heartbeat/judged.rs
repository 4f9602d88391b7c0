//! What a failure detector promises: completeness and accuracy in the end, and with bounds, by when.
//!
//! The rule that is easy to break: a promise in the end is broken by no finite run. What can be broken is
//! a bound: how long a crash may go unnoticed, how often one may be wrong.

use super::{Fact, Process, bounds};
use crate::kit::heartbeat::Pulse;
use crate::kit::prelude::*;
use crate::sim::{Fault, SimTime, Status};
use std::collections::BTreeMap;

pub(super) fn promises(p: &Params) -> Vec<Box<dyn Property>> {
    let complete = "whoever has crashed is suspected in the end by all who run";
    let accurate = "in the end nobody is suspected who runs";
    let trust = Trust {
        nodes: p.int("nodes") as u16,
        period: p.ms("period_ms"),
        late: fresh(p).then(|| p.ms("timeout_ms")),
        newest: BTreeMap::new(),
        booted_us: BTreeMap::new(),
    };
    let in_the_end = [
        Promised::liveness("Strong completeness", complete, Opinion::of(true))
            .needs(&[Need::NoPause, Need::Correct, Need::Pace, Need::Onward])
            .boxed(),
        Promised::liveness("Eventual strong accuracy", accurate, Opinion::of(false))
            .needs(&[Need::NoPause, Need::NoLoss, Need::Correct, Need::Pace, Need::Clocks])
            .boxed(),
    ];
    let claim = "whoever was just heard from anew is trusted";
    let trust = Promised::safety("Trust", claim, trust).needs(&[Need::Clocks]);
    let mut all = Vec::from(in_the_end);
    all.push(trust.boxed());
    all.extend(detection(p));
    all.extend(mistakes(p));
    all
}

fn fresh(p: &Params) -> bool {
    p.word("rule") == "fresh"
}

/// How soon a crash is noticed, if that can be said.
fn detection(p: &Params) -> Option<Box<dyn Property>> {
    // What is fresh is so until T after the next was to be sent. Silence begins when the last has arrived.
    let within = match bounds(p) {
        _ if fresh(p) => Span(p.ms("period_ms").0 + p.ms("timeout_ms").0),
        Some((_, longest)) => longest,
        None => return None,
    };
    let rule = Detection { within, fresh: fresh(p), crashed: BTreeMap::new(), up_since: BTreeMap::new() };
    let claim = "a crash is noticed within a period and T, and a longest delay if silence counts";
    let needs = &[Need::Clocks, Need::NoPause, Need::Correct, Need::Pace];
    Some(Promised::safety("Detection", claim, rule).needs(needs).boxed())
}

/// How often one may be wrong, if there is a bound on delays and nothing is lost.
fn mistakes(p: &Params) -> Option<Box<dyn Property>> {
    let (_, longest) = bounds(p)?;
    let late = p.ms("timeout_ms");
    let most = match p.word("rule") {
        _ if p.int("loss_percent") > 0 => return None,
        _ if late > longest => 0,
        "growing" => (longest.0 - late.0) / p.ms("step_ms").0 + 1,
        "doubling" => doublings(p.ms("period_ms").0 + late.0, p.ms("period_ms").0 + longest.0),
        _ => return None,
    };
    let (name, claim) = match most {
        0 => ("Strong accuracy", "nobody is suspected who runs (class P)"),
        _ => ("Mistakes end", "when T has grown above the longest delay there are no more"),
    };
    const NEEDS: &[Need] =
        &[Need::NoLoss, Need::NoCrash, Need::NoPause, Need::Correct, Need::Pace, Need::Clocks];
    let made = BTreeMap::new();
    let promise = Promised::safety(name, claim, Mistakes { most, made }).needs(NEEDS);
    Some(promise.rests_on("no delay is longer than its bound").boxed())
}

/// How often `first` must double until it is longer than `needed`.
fn doublings(first: u64, needed: u64) -> u64 {
    (0..).find(|&n| first << n > needed).unwrap_or(0)
}

/// Whether `node` has crashed.
pub(super) fn down(world: &World, node: NodeId) -> bool {
    matches!(world.status(node), Status::Crashed | Status::Stopped)
}

fn suspects(world: &World, p: NodeId, q: NodeId) -> bool {
    world.node_as::<Process>(p).is_some_and(|w| w.detector.suspects(q))
}

/// Pairs of which the first runs.
fn pairs(world: &World) -> impl Iterator<Item = (NodeId, NodeId)> {
    let up = world.node_ids().filter(|&p| !down(world, p));
    up.flat_map(|p| world.node_ids().filter(move |q| *q != p).map(move |q| (p, q)))
}

/// Completeness, or accuracy: whose opinion of whom is not right yet.
#[derive(Clone)]
struct Opinion {
    of_crashed: bool,
    wrong: Vec<String>,
}

impl Opinion {
    fn of(of_crashed: bool) -> Self {
        Opinion { of_crashed, wrong: Vec::new() }
    }
}

impl Rule for Opinion {
    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        let changed = |(_, f): (NodeId, &Fact)| !matches!(f, Fact::Heard { .. });
        let told = seen.facts().any(changed);
        if !told && !matches!(seen.event.kind, EventKind::Fault | EventKind::Start) {
            return Ok(());
        }
        let world = seen.world;
        let wrong = pairs(world)
            .filter(|&(p, q)| down(world, q) == self.of_crashed && suspects(world, p, q) != self.of_crashed);
        let word = if self.of_crashed { "trusts" } else { "suspects" };
        let said = wrong.map(|(p, q)| format!("{} {word} {}", world.name(p), world.name(q)));
        self.wrong = said.collect();
        Ok(())
    }

    fn missing(&self) -> Option<String> {
        let which = if self.of_crashed { "which has crashed" } else { "which runs" };
        let wrong = &self.wrong;
        (!wrong.is_empty()).then(|| format!("{}, {which}", wrong.join("; ")))
    }
}

/// Task 3, and freshness: what follows from a heartbeat that was heard.
#[derive(Clone)]
struct Trust {
    nodes: u16,
    period: Span,
    // If only what is fresh counts: how late a heartbeat may be.
    late: Option<Span>,
    newest: BTreeMap<(NodeId, NodeId), i64>,
    // When each has booted last, if not at the start: what was sent by then says nothing to it.
    booted_us: BTreeMap<NodeId, u64>,
}

impl Rule for Trust {
    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        let clock = |p| seen.world.clock(p).shows_us.max(0) as u64;
        if let Some(Fault::Recover { node }) = seen.fault() {
            self.booted_us.insert(*node, clock(*node));
        }
        for (p, fact) in seen.facts::<Fact>() {
            let Fact::Heard { whom, number } = *fact else {
                continue;
            };
            let newest = self.newest.entry((p, whom)).or_insert(-1);
            let pulse = Pulse::of(whom, self.nodes, self.period);
            let booted_us = self.booted_us.get(&p).copied().unwrap_or(0);
            let new = number > *newest && pulse.sent_us(number) > booted_us;
            *newest = number.max(*newest);
            // It is fresh until the next is due.
            let fresh = self.late.is_none_or(|late| clock(p) < pulse.sent_us(number + 1) + late.0);
            if new && fresh && suspects(seen.world, p, whom) {
                let name = |n| seen.world.name(n);
                let why = format!(
                    "{} hears heartbeat {number} of {}, and goes on suspecting it",
                    name(p),
                    name(whom)
                );
                return Err(Broken::new([seen.event.cause, seen.id], why));
            }
        }
        Ok(())
    }
}

/// How long a crash may go unnoticed by one who has been running since.
#[derive(Clone)]
struct Detection {
    within: Span,
    fresh: bool,
    crashed: BTreeMap<NodeId, (SimTime, EventId)>,
    up_since: BTreeMap<NodeId, SimTime>,
}

impl Detection {
    fn note(&mut self, seen: &Seen<'_>) {
        let now = seen.event.time;
        for node in seen.world.node_ids() {
            if down(seen.world, node) {
                self.crashed.entry(node).or_insert((now, seen.id));
                self.up_since.remove(&node);
            } else {
                self.crashed.remove(&node);
                self.up_since.entry(node).or_insert(now);
            }
        }
    }

    /// By when `p` must suspect `q`.
    fn deadline(&self, world: &World, p: NodeId, q: NodeId) -> Option<SimTime> {
        let (crash, _) = self.crashed.get(&q)?;
        let since = self.up_since.get(&p).copied().unwrap_or_default();
        let silence = match self.fresh {
            true => Span::ZERO,
            false => world.node_as::<Process>(p)?.detector.patience(q)?,
        };
        Some((*crash).max(since) + Span(self.within.0 + silence.0))
    }
}

impl Rule for Detection {
    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        if seen.event.kind == EventKind::Fault {
            self.note(seen);
        }
        if self.crashed.is_empty() {
            return Ok(());
        }
        for (p, q) in pairs(seen.world) {
            let deadline = self.deadline(seen.world, p, q);
            if deadline.is_some_and(|d| seen.event.time > d) && !suspects(seen.world, p, q) {
                let (at, crash) = self.crashed[&q];
                let name = |n| seen.world.name(n);
                let since = Span(seen.event.time.us() - at.us());
                let why = format!("{} still trusts {}, {since} after its crash", name(p), name(q));
                return Err(Broken::new([crash, seen.id], why));
            }
        }
        Ok(())
    }
}

/// How often one may be wrong about one that runs.
#[derive(Clone)]
struct Mistakes {
    most: u64,
    made: BTreeMap<(NodeId, NodeId), Vec<EventId>>,
}

impl Rule for Mistakes {
    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (p, fact) in seen.facts::<Fact>() {
            let Fact::Suspects { whom } = *fact else {
                continue;
            };
            if down(seen.world, whom) {
                continue;
            }
            let made = self.made.entry((p, whom)).or_default();
            made.push(seen.id);
            let times = made.len();
            if times as u64 > self.most {
                let few = made[times.saturating_sub(12)..].to_vec();
                let name = |n| seen.world.name(n);
                let why = format!("{} suspects {}, which runs, for the {times}. time", name(p), name(whom));
                return Err(Broken::new(few, why));
            }
        }
        Ok(())
    }
}
