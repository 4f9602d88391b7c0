//! What the register promises under which settings, how often a read misses, and what is shown beside the stage.
//!
//! The rule that is easy to break: a read is judged by what had ended when it *began*. What ended while it was
//! under way it may see or not.

use super::client::{Client, Phase};
use super::replica::Replica;
use super::{Fact, Held, Repair, Rules, Version};
use crate::check::account::reach::Reach;
use crate::check::promise::Step;
use crate::check::{Level, Recall};
use crate::kit::client::{ANSWER_MS, ANSWERED, End, Fact as Told, RETRIES, answered_in_calm, consistent};
use crate::kit::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const MEET: &str = "r + w > n: any r replicas and any w have one in common";
const BACK: &str = "a read writes back what it found before it answers";
const KEPT: &str = "replicas keep what they have acknowledged, and nothing older";

pub(super) fn promises(p: &Params) -> Vec<Box<dyn Property>> {
    let rules = Rules::of(p);
    let fresh = if rules.meet() { KEPT } else { MEET };
    let linear = if rules.meet() && rules.repair != Repair::WriteBack { BACK } else { fresh };
    let written = |f: &Told| match f {
        Told::Asked { begun: Some((_, Step::Write(value))), .. } => Some(*value),
        _ => None,
    };
    let read = |f: &Told| match f {
        Told::Ended { end: End::Ok, value: value @ 1.., .. } => Some(*value),
        _ => None,
    };
    let one_copy = "reads and writes are as if there were one copy";
    let sees = "a read sees every write that had ended before it began";
    let made = "a read finds what somebody has written, or 0";
    let ends = "each read and write is answered, once w and r replicas are up and heard";
    let retry = p.ms("retry_ms");
    // Two phases, in each of which everyone has been asked after two rounds at most.
    let patience = Span(retry.0 * (4 * u64::from(rules.nodes) + 4));
    vec![
        consistent("Linearizable", one_copy, Level::Linearizable).rests_on(linear).boxed(),
        Promised::safety("Fresh reads", sees, Freshness::default()).rests_on(fresh).boxed(),
        no_creation("No creation", made, written, read).rests_on(KEPT).boxed(),
        answered_in_calm("Every request ends", ends, patience, move |now| enough(&rules, retry, now))
            .rests_on("enough replicas have been up, and heard, for long")
            .boxed(),
    ]
}

/// The replicas that run, if they are enough and nothing keeps them from answering in time.
fn enough(rules: &Rules, retry: Span, now: Reach<'_>) -> Result<Vec<NodeId>, String> {
    let world = now.world;
    let up: Vec<NodeId> = rules.replicas().filter(|&n| world.is_up(n)).collect();
    let need = rules.w.max(rules.r);
    if up.len() < need {
        return Err(format!("{} of {} replicas run, and {need} are to answer", up.len(), rules.nodes));
    }
    let clients: Vec<NodeId> = world.node_ids().filter(|&n| world.is_client(n) && world.is_up(n)).collect();
    let all: Vec<NodeId> = up.iter().chain(&clients).copied().collect();
    now.sound(&all, Span(retry.0 / 10))?;
    match now.longest_between(&up, &clients, 1_500)? > retry {
        true => Err("a message takes longer than a client waits".to_owned()),
        false => Ok(up),
    }
}

/// A read under way: the newest version whose write had ended when it began, in which event, and when it began;
/// and whether no write was under way.
#[derive(Clone, Copy)]
struct Begun {
    floor: (Version, EventId),
    event: EventId,
    calm: bool,
}

/// What is known of reads and writes, as they are told.
#[derive(Clone, Default)]
struct Freshness {
    newest: Option<(Version, EventId)>,
    writing: BTreeSet<NodeId>,
    reading: BTreeMap<NodeId, Begun>,
}

impl Freshness {
    /// Takes note of a fact; gives what a read should have seen, and what it did.
    fn take(&mut self, node: NodeId, fact: &Fact, event: EventId) -> Option<(Begun, Held)> {
        match *fact {
            Fact::Writes => {
                self.writing.insert(node);
                self.reading.values_mut().for_each(|begun| begun.calm = false);
            }
            Fact::Wrote { version, .. } => {
                self.writing.remove(&node);
                self.newest = self.newest.max(Some((version, event)));
            }
            Fact::Reads => {
                self.reading.remove(&node);
                if let Some(floor) = self.newest {
                    self.reading.insert(node, Begun { floor, event, calm: self.writing.is_empty() });
                }
            }
            Fact::Read { value, version } => {
                return self.reading.remove(&node).map(|begun| (begun, Held { version, value }));
            }
            Fact::Took { .. } => {}
        }
        None
    }
}

impl Rule for Freshness {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<Fact>() {
            if let Some((begun, found)) = self.take(node, fact, seen.id)
                && found.version < begun.floor.0
            {
                let (who, floor) = (seen.world.name(node), begun.floor.0);
                let why = format!("{who} reads {found}, though {floor} had been written when it asked");
                return Err(Broken::new([begun.floor.1, begun.event, seen.id], why));
            }
        }
        Ok(())
    }

    fn recall(&self, recall: &mut Recall) {
        let version = |r: &mut Recall, v: &Version| r.shown(v);
        recall.each(self.newest.iter(), |r, (v, _)| version(r, v));
        recall.each(&self.writing, |r, node| r.word(node.0));
        recall.each(&self.reading, |r, (node, begun)| {
            r.word(node.0);
            version(r, &begun.floor.0);
        });
    }
}

/// The share of reads that miss: of those that begin when a write has ended, and while which none is under way.
#[derive(Clone, Default)]
struct Miss {
    known: Freshness,
    reads: u32,
    missed: u32,
}

impl Gauge for Miss {
    fn after(&mut self, seen: &Seen<'_>) {
        for (node, fact) in seen.facts::<Fact>() {
            if let Some((begun, found)) = self.known.take(node, fact, seen.id)
                && begun.calm
            {
                self.reads += 1;
                self.missed += u32::from(found.version < begun.floor.0);
            }
        }
    }

    fn wake(&self) -> Wake {
        Wake::News
    }

    fn value(&self, _: &World) -> Option<f64> {
        (self.reads > 0).then(|| f64::from(self.missed) / f64::from(self.reads))
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}

/// C(n-w, r) / C(n, r), the product of (n-w-i) / (n-i), where that is all there is to it.
pub(super) fn miss(p: &Params) -> Option<f64> {
    let rules = Rules::of(p);
    let (n, w) = (f64::from(rules.nodes), rules.w as f64);
    let passed_over = |i: usize| (n - w - i as f64).max(0.0) / (n - i as f64);
    match rules.meet() {
        true => Some(0.0),
        // Several writers may number behind each other's backs; all that spreads on lowers the chance.
        false if rules.all || rules.repair != Repair::None || p.word("load") == "all-write" => None,
        false => Some((0..rules.r).map(passed_over).product()),
    }
}

pub(super) static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("miss", "reads that miss the newest write", "", |_| Box::new(Miss::default()))
        .theory(miss)
        .published(&[
            Published::of(&["w=1", "r=1", "repair=none"], 0.666_667, PBS).at_ms(10_000),
            Published::of(&["w=2", "r=1", "repair=none"], 0.333_333, PBS).at_ms(10_000),
            Published::of(&["w=1", "r=2", "repair=none"], 0.333_333, PBS).at_ms(10_000),
            Published::of(&["w=2", "r=2", "repair=none"], 0.0, PBS).at_ms(10_000),
            Published::of(&["nodes=5", "w=1", "r=1", "repair=none"], 0.8, PBS).at_ms(10_000),
            Published::of(&["nodes=5", "w=2", "r=2", "repair=none"], 0.3, PBS).at_ms(10_000),
            Published::of(&["nodes=5", "w=3", "r=3", "repair=none"], 0.0, PBS).at_ms(10_000),
        ]),
    ANSWERED,
    ANSWER_MS,
    RETRIES,
];

const PBS: &str = "C(n-w, r) / C(n, r): Bailis et al. 2012, equation 1";

fn held(world: &World, replica: NodeId) -> Held {
    world.node_as::<Replica>(replica).map_or_else(Held::default, |r| r.held)
}

/// What each replica holds, and who was asked by the last write and by the last read of all.
pub(super) fn boards(p: &Params, world: &World) -> Vec<Board> {
    let replicas = || Rules::of(p).replicas();
    let last = |which: usize| {
        let phase = |n| Some((n, world.node_as::<Client>(n)?.shown[which].as_ref()?));
        world.node_ids().filter_map(phase).max_by_key(|(_, phase)| phase.since)
    };
    let head = |phase: Option<(NodeId, &Phase)>, none: &str| match phase {
        Some((client, phase)) => format!("{}: {}", world.name(client), phase.op),
        None => none.to_owned(),
    };
    let part = |phase: Option<(NodeId, &Phase)>, replica: NodeId| match phase {
        Some((_, phase)) if phase.answers.heard(replica) => Field::of("answered").mood(Mood::Good),
        Some((_, phase)) if phase.asked.contains(&replica) => Field::of("asked").mood(Mood::Waiting),
        _ => Field::of("-"),
    };
    let (write, read) = (last(0), last(1));
    let newest = replicas().map(|n| held(world, n).version).max().unwrap_or_default();
    let row = |replica: NodeId| {
        let Held { version, value } = held(world, replica);
        let mood = if version == newest { Mood::Good } else { Mood::Bad };
        let said = version.to_string();
        let own = [Field::of(value), Field::of(said.trim_start_matches("version ")).mood(mood)];
        let cells = own.into_iter().chain([part(write, replica), part(read, replica)]);
        (world.name(replica).to_owned(), cells.collect())
    };
    let columns = ["", "holds", "version", &head(write, "last write"), &head(read, "last read")];
    vec![Board::table("What the replicas hold", &columns, replicas().map(row).collect())]
}
