//! How each order makes a message wait, and until when.
//!
//! The rule that is easy to break: what is delivered may let others go, so one looks again at all that waits. And who waits for an
//! acknowledgement counts it only behind everything that its sender has sent before.

use super::item::{Counted, Held, Id, Item, Stamp};
use super::setup::{Config, Order, SEQUENCER};
use super::{Cx, Fact, Msg, Mutant, Process};
use crate::kit::prelude::*;
use std::collections::BTreeMap;

/// What the sequencer keeps: places given, whose messages have one, and what has come before an earlier one of its sender.
#[derive(Clone, Hash)]
pub(super) struct Desk {
    pub places: u64,
    placed: Counted,
    pub waiting: Vec<Item>,
}

/// What Lamport's order takes: a clock, the newest time from each, and pipes: packets are numbered, and taken in order.
#[derive(Clone, Hash)]
pub(super) struct Times {
    pub clock: u64,
    packets: u64,
    pub heard: Vec<u64>,
    taken: Counted,
    early: BTreeMap<(NodeId, u64), Msg>,
}

impl Desk {
    pub fn new(nodes: u16) -> Self {
        Desk { places: 0, placed: Counted::none(nodes), waiting: Vec::new() }
    }
}

impl Times {
    pub fn new(nodes: u16) -> Self {
        Times {
            clock: 0,
            packets: 0,
            heard: vec![0; usize::from(nodes)],
            taken: Counted::none(nodes),
            early: BTreeMap::new(),
        }
    }

    /// The time of something that is sent now, and the packet's number (Lamport 1978, IR1).
    pub fn next(&mut self) -> (u64, u64) {
        self.clock += 1;
        self.packets += 1;
        (self.clock, self.packets)
    }
}

impl Config {
    pub fn others(self, me: NodeId) -> impl Iterator<Item = NodeId> {
        (0..self.nodes).map(NodeId).filter(move |&n| n != me)
    }
}

impl Process {
    /// A message has come, or has got its place: it waits, as long as it has to.
    pub(super) fn take(&mut self, ctx: &mut Cx<'_>, item: Item, stamp: Stamp) {
        let known = match &stamp {
            Stamp::Place(place) if self.config.mutant == Mutant::NumbersTwice => {
                *place <= self.delivered || self.held.iter().any(|h| h.stamp == stamp)
            }
            _ => self.has(item.id) || self.held.iter().any(|h| h.item.id == item.id),
        };
        if known {
            return;
        }
        if let (Mutant::MergesEarly, Stamp::After(counts)) = (self.config.mutant, &stamp) {
            self.vector.iter_mut().zip(counts).for_each(|(mine, theirs)| *mine = (*mine).max(*theirs));
        }
        self.held.push(Held { item, stamp });
        self.drain(ctx);
        let waits = self.held.iter().find(|h| h.item.id == item.id).and_then(|h| self.missing(h));
        if let Some(of) = waits {
            ctx.note(format!("holds {item} back: {of} is not here yet"));
            ctx.fact(Fact::Held { from: item.id.from, number: item.id.number, of: of.from });
        }
    }

    /// Delivers what need not wait, as long as there is any.
    pub(super) fn drain(&mut self, ctx: &mut Cx<'_>) {
        let me = ctx.me();
        while let Some(next) = (0..self.held.len()).find(|&i| self.is_ready(me, i)) {
            let Held { item, .. } = self.held.remove(next);
            self.deliver(ctx, item);
        }
    }

    fn is_ready(&self, me: NodeId, i: usize) -> bool {
        let held = &self.held[i];
        match &held.stamp {
            _ if self.config.mutant == Mutant::NoWait => true,
            Stamp::Bare | Stamp::After(_) => self.missing(held).is_none(),
            Stamp::Place(place) => *place == self.delivered + 1,
            Stamp::Time { time, .. } => {
                let skip = self.config.mutant == Mutant::NoAcks;
                self.is_first(i) && (skip || self.silent(me, held.item.id, *time).next().is_none())
            }
        }
    }

    /// What has to be delivered before it, of which nothing has been delivered: one, if there is any.
    ///
    /// FIFO: the sender's own earlier ones (CGR 2011, 3.9, algorithm 3.12). Causal: as many of each process's as the sender had
    /// delivered (CGR 2011, 3.9, algorithm 3.15; Birman, Schiper and Stephenson 1991, section 5.1).
    pub(super) fn missing(&self, held: &Held) -> Option<Id> {
        let Id { from, number } = held.item.id;
        match &held.stamp {
            Stamp::Bare if self.config.order == Order::Fifo => {
                let next = self.shown.upto(from) + 1;
                (next < number).then_some(Id { from, number: next })
            }
            Stamp::After(counts) => {
                let mut places = (0_u16..).map(NodeId).zip(self.vector.iter().zip(counts));
                let behind = places.find(|(_, (mine, theirs))| mine < theirs);
                behind.map(|(from, (mine, _))| Id { from, number: mine + 1 })
            }
            _ => None,
        }
    }

    /// Its time is the smallest here; of equal times the smaller process counts (Lamport 1978, "=>").
    fn is_first(&self, i: usize) -> bool {
        let key = |j: usize| match (&self.held[j].stamp, self.config.mutant) {
            (Stamp::Time { time, .. }, Mutant::Ties) => (*time, j),
            (Stamp::Time { time, .. }, _) => (*time, self.held[j].item.id.from.index()),
            _ => (0, j),
        };
        (0..self.held.len()).all(|j| key(i) <= key(j))
    }

    /// Of whom nothing later than this has come: an earlier message of theirs may be on its way (Lamport 1978, rule 5 (ii)).
    pub(super) fn silent(&self, me: NodeId, id: Id, time: u64) -> impl Iterator<Item = NodeId> {
        let later = move |n: NodeId| (self.times.heard[n.index()], n) > (time, id.from);
        self.config.others(me).filter(move |&n| n != id.from && !later(n))
    }

    /// The vector that goes with the next message: of each process, how many are delivered here; of oneself, how many were sent.
    pub(super) fn after(&self, me: NodeId) -> Stamp {
        let lonely = self.config.mutant == Mutant::LonelyStamp;
        let count = |(i, &count): (usize, &u64)| match i == me.index() {
            true => self.sent - 1,
            false if lonely => 0,
            false => count,
        };
        Stamp::After(self.vector.iter().enumerate().map(count).collect())
    }

    /// The sequencer gives places, to each sender's messages in the order of sending, and tells everybody (Kaashoek and Tanenbaum 1991, the
    /// PB method; Defago, Schiper and Urban 2004, section 4.1, unicast and broadcast).
    pub(super) fn at_desk(&mut self, ctx: &mut Cx<'_>, item: Item) {
        let again = self.config.mutant == Mutant::NumbersTwice;
        let Id { from, number } = item.id;
        let desk = &self.desk;
        let known = desk.placed.has(from, number) || desk.waiting.contains(&item);
        if known && !again {
            return;
        }
        self.desk.waiting.push(item);
        while let Some(i) = self.next_at_desk() {
            let item = self.desk.waiting.remove(i);
            let Id { from, number } = item.id;
            self.desk.placed.add(from, number);
            self.desk.places += 1;
            let place = self.desk.places;
            ctx.note(format!("gives place {place} to {item}"));
            ctx.fact(Fact::Numbered { from, number, place });
            ctx.broadcast(self.config.others(SEQUENCER), Msg::Ordered { item, place });
            self.take(ctx, item, Stamp::Place(place));
        }
    }

    fn next_at_desk(&self) -> Option<usize> {
        let Desk { placed, waiting, .. } = &self.desk;
        waiting.iter().position(|i| i.id.number <= placed.upto(i.id.from) + 1)
    }

    /// A packet of Lamport's order. Links need not keep the order: it is made here, by numbers.
    pub(super) fn packet(&mut self, ctx: &mut Cx<'_>, from: NodeId, packet: u64, msg: &Msg) {
        if self.times.taken.has(from, packet) {
            return;
        }
        if self.config.mutant == Mutant::NoPipes {
            self.times.taken.add(from, packet);
            self.hear(ctx, from, msg);
        } else {
            self.times.early.insert((from, packet), msg.clone());
            while let Some(msg) = self.times.early.remove(&(from, self.times.taken.upto(from) + 1)) {
                self.times.taken.add(from, self.times.taken.upto(from) + 1);
                self.hear(ctx, from, &msg);
            }
        }
        self.drain(ctx);
    }

    /// One's clock goes beyond the time that comes (Lamport 1978, IR2); a message goes into the queue, and is acknowledged to all
    /// (rule 2, for messages that concern everybody).
    fn hear(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        let &(Msg::Data { stamp: Stamp::Time { time, .. }, .. } | Msg::Ack { time, .. }) = msg else {
            return;
        };
        self.times.clock = self.times.clock.max(time) + 1;
        let heard = &mut self.times.heard[from.index()];
        *heard = (*heard).max(time);
        if let Msg::Data { item, stamp } = msg {
            self.held.push(Held { item: *item, stamp: stamp.clone() });
            let (time, packet) = self.times.next();
            ctx.fact(Fact::Acknowledged { from: item.id.from, number: item.id.number, time });
            ctx.broadcast(self.config.others(ctx.me()), Msg::Ack { of: item.id, time, packet });
        }
    }
}
