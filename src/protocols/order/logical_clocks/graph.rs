//! What really happened before what: a graph of events, built of what processes tell, and gone through backwards.
//!
//! An event has an edge from the one before it at its process, and, if it is a receipt, from the sending of that very message. What
//! can be reached from an event along edges backwards is its past (Lamport 1978, definition of "->"). At each process that is a
//! beginning, so one number a process says it. No stamp is read here: this is what stamps are judged by.
//!
//! The rule that is easy to break: a process that crashes and comes back is the same process. What it did before happened before,
//! though it has forgotten it.

use super::{Fact, Tag, Vector};
use crate::kit::prelude::*;
use crate::sim::chunks::Slices;
use crate::sim::ledger::Ledger;

/// An event, as it was told.
#[derive(Clone)]
pub(super) struct Happened {
    /// Where it stands in the trace.
    pub at: EventId,
    /// Of a receipt: by which process, and in the how manieth event of it, its message was sent.
    pub from: Option<(NodeId, u32)>,
    /// Its stamp.
    pub number: u64,
    pub vector: Vector,
    /// Whether somebody asked for it.
    pub asked: bool,
}

/// A process's events, in order.
#[derive(Clone, Default)]
struct Lane {
    events: Slices<Happened>,
    sent: Ledger<Tag, u32>,
    // How many events of each process the newest one here has in its past, itself among them.
    past: Vec<u32>,
    // From which events on numbers rise, each time until the next.
    rises: Vec<u32>,
}

/// The events of a run, and which of them happened before which.
#[derive(Clone)]
pub(super) struct Graph {
    lanes: Vec<Lane>,
    /// A message has come of whose sending nobody has told.
    pub stray: bool,
}

impl Graph {
    /// Of so many processes, before the first event.
    pub fn new(nodes: usize) -> Self {
        let lane = Lane { past: vec![0; nodes], ..Lane::default() };
        Graph { lanes: vec![lane; nodes], stray: false }
    }

    /// Takes in what `node` tells; whether that is an event.
    pub fn take(&mut self, node: NodeId, fact: &Fact, at: EventId) -> bool {
        let (number, vector, asked) = match fact {
            Fact::Local { number, vector, asked } => (*number, vector, *asked),
            Fact::Sent { number, vector, asked, .. } => (*number, vector, *asked),
            Fact::Received { number, vector, .. } => (*number, vector, false),
            Fact::Leapt { .. } | Fact::SecondHand { .. } | Fact::Recalled { .. } => return false,
        };
        let from = match fact {
            Fact::Received { from, tag, .. } => {
                let sent = self.lanes.get(from.index()).and_then(|l| l.sent.get(tag));
                self.stray |= sent.is_none();
                sent.map(|&place| (*from, place))
            }
            _ => None,
        };
        let Some(lane) = self.lanes.get_mut(node.index()) else {
            return false;
        };
        let before = lane.events.len() as u32;
        if lane.events.last().is_none_or(|last| last.number >= number) {
            lane.rises.push(before);
        }
        if let Fact::Sent { tag, .. } = fact {
            lane.sent.keep_first(*tag, before + 1);
        }
        lane.events.push(Happened { at, from, number, vector: vector.clone(), asked });
        self.look_back(node, from);
        true
    }

    /// The past of the newest event of `node`: that of the one before, and what can be reached from the sending. What has been reached
    /// is not gone through again.
    fn look_back(&mut self, node: NodeId, from: Option<(NodeId, u32)>) {
        let mut past = std::mem::take(&mut self.lanes[node.index()].past);
        past[node.index()] += 1;
        let mut open: Vec<(NodeId, u32)> = from.into_iter().collect();
        while let Some((other, place)) = open.pop() {
            let known = &mut past[other.index()];
            let events = &self.lanes[other.index()].events;
            // Program order: with an event, all before it at its process.
            let fresh = (*known..place).filter_map(|i| events.at(i as usize).from);
            open.extend(fresh);
            *known = place.max(*known);
        }
        self.lanes[node.index()].past = past;
    }

    /// The processes.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.lanes.len() as u16).map(NodeId)
    }

    /// How many events `node` has had.
    pub fn len(&self, node: NodeId) -> u32 {
        self.lanes[node.index()].events.len() as u32
    }

    /// Event number `place` of `node`, from 1 on.
    pub fn event(&self, node: NodeId, place: u32) -> &Happened {
        self.lanes[node.index()].events.at(place as usize - 1)
    }

    /// How many events of `other` the newest of `node` has in its past; of its own, itself among them.
    pub fn past(&self, node: NodeId, other: NodeId) -> u32 {
        self.lanes[node.index()].past[other.index()]
    }

    /// The events with the same number as the newest of `node`, without it.
    pub fn alike(&self, node: NodeId) -> Vec<(NodeId, u32)> {
        let newest = self.len(node);
        let number = self.event(node, newest).number;
        let mut found = Vec::new();
        for other in self.nodes() {
            let lane = &self.lanes[other.index()];
            let ends = lane.rises.iter().skip(1).copied().chain([self.len(other)]);
            for (start, end) in lane.rises.iter().copied().zip(ends) {
                // Numbers rise from `start` to `end`.
                let (mut low, mut high) = (start, end);
                while low < high {
                    let mid = u32::midpoint(low, high);
                    if lane.events.at(mid as usize).number < number {
                        low = mid + 1;
                    } else {
                        high = mid;
                    }
                }
                let itself = (other, low + 1) == (node, newest);
                if low < end && !itself && lane.events.at(low as usize).number == number {
                    found.push((other, low + 1));
                }
            }
        }
        found
    }

    /// The bytes that a copy takes, roughly.
    pub fn weight(&self) -> usize {
        let lane = |l: &Lane| {
            l.events.weight() + l.sent.weight() + (l.past.len() + l.rises.len()) * size_of::<u32>()
        };
        self.lanes.iter().map(lane).sum()
    }

    /// Says which events there are, with their edges and stamps: in no order but that of each process.
    pub fn recall(&self, recall: &mut Recall) {
        for lane in &self.lanes {
            recall.word(lane.events.len() as u64);
            for e in lane.events.iter_from(0) {
                recall.word(e.number);
                e.vector.entries().iter().for_each(|&n| recall.word(n));
                let (from, place) = e.from.map_or((0, 0), |(n, place)| (1 + u64::from(n.0), place));
                recall.word(from << 32 | u64::from(place));
            }
            recall.each(lane.sent.iter(), |r, (tag, place)| {
                r.word(u64::from(tag.life) << 32 | u64::from(tag.serial));
                r.word(*place);
            });
        }
    }
}
