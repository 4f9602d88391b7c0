//! Recording: the marker-sending and the marker-receiving rule (Chandy and Lamport 1985, section 3.1), and what takes the marker's
//! place where channels keep no order (Lai and Yang 1987; Mattern 1989).
//!
//! The rule that is easy to break: a channel's record begins with the own state, and ends with the sender's. What lies between the
//! two is what was on its way; what is before or after is in one of the accounts.

use super::setup::{Config, Way};
use super::{Cx, Fact, KEPT, MISSED, Msg, Mutant, Process};
use crate::kit::numbers::Numbers;
use crate::kit::prelude::*;
use std::collections::BTreeSet;

/// A channel, as its receiver records it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Channel {
    pub open: bool,
    /// The numbers and amounts of what was on it.
    pub items: Vec<(u64, i64)>,
    /// The marker has come, and said how many payments went before it.
    pub marked: Option<u64>,
}

/// What a process records for one snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Record {
    /// Its account, once it is recorded.
    pub balance: Option<i64>,
    /// The channel from each; the one from itself is none.
    pub channels: Vec<Channel>,
    /// Who has begun the snapshot, as far as that is known here, and who of them has the report.
    pub begun_by: BTreeSet<NodeId>,
    told: BTreeSet<NodeId>,
    pub done: bool,
    /// When it recorded: how many payments were sent to each, which had come from each, how often the account had moved.
    pub sent: Vec<u64>,
    pub taken: Vec<Numbers>,
    pub moved: u64,
}

/// What has come of the pieces of a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Sum {
    pub from: BTreeSet<NodeId>,
    pub accounts: i64,
    pub channels: i64,
    pub counted: bool,
}

impl Channel {
    pub fn amount(&self) -> i64 {
        self.items.iter().map(|(_, amount)| amount).sum()
    }
}

impl Record {
    fn begun(me: NodeId, nodes: u16) -> Self {
        let channel = |from: u16| Channel { open: NodeId(from) != me, items: Vec::new(), marked: None };
        Record {
            balance: None,
            channels: (0..nodes).map(channel).collect(),
            begun_by: BTreeSet::new(),
            told: BTreeSet::new(),
            done: false,
            sent: Vec::new(),
            taken: Vec::new(),
            moved: 0,
        }
    }

    pub fn amount(&self) -> i64 {
        self.channels.iter().map(Channel::amount).sum()
    }

    pub fn open(&self) -> impl Iterator<Item = NodeId> + '_ {
        let places = (0_u16..).map(NodeId).zip(&self.channels);
        places.filter(|(_, c)| c.open).map(|(from, _)| from)
    }

    /// The channels that are done, though they are open.
    fn due(&self, config: Config, taken: &[Numbers]) -> Vec<NodeId> {
        let is_marked = |from: &NodeId| self.channels[from.index()].marked.is_some();
        let is_due = |from: &NodeId| match (config.mutant, config.way) {
            (Mutant::Impatient, _) => self.channels.iter().any(|c| c.marked.is_some()),
            (Mutant::RecordsOn, _) => self.open().all(|other| is_marked(&other)),
            (Mutant::NoCount, _) | (_, Way::Markers | Way::ReadNow) => is_marked(from),
            // All that was sent before the sender's record has come (Mattern 1989).
            (_, Way::Colours) => {
                self.channels[from.index()].marked.is_some_and(|sent| taken[from.index()].upto() >= sent)
            }
        };
        self.open().filter(is_due).collect()
    }
}

impl Process {
    /// Records this snapshot, and those before it that it has missed: their turn is over.
    pub(super) fn record_upto(&mut self, ctx: &mut Cx<'_>, number: u32) {
        for missed in (self.newest + 1).max(number.saturating_sub(MISSED))..=number {
            self.record(ctx, missed, false);
        }
    }

    /// The marker-sending rule: its own state, and at once a marker on each channel.
    pub(super) fn record(&mut self, ctx: &mut Cx<'_>, number: u32, begins: bool) {
        self.newest = self.newest.max(number);
        let over = self.records.iter().filter(|(_, r)| r.done).map(|(k, _)| *k);
        let over: Vec<u32> = over.collect();
        for old in over.iter().take(over.len().saturating_sub(KEPT)) {
            self.records.remove(old);
        }
        let mut record = Record::begun(self.me, self.config.nodes);
        record.begun_by.extend(begins.then_some(self.me));
        self.records.insert(number, record);
        if self.config.mutant != Mutant::RecordsLate {
            self.picture(ctx, number);
        }
        for to in self.config.others(self.me) {
            let sent = if self.config.way == Way::Colours { self.sent[to.index()] } else { 0 };
            let marker = Msg::Marker { number, begins, sent };
            match self.config.mutant {
                Mutant::LateMarkers => self.owed.push((to, marker)),
                _ => ctx.send(to, marker),
            }
        }
    }

    /// Its own state is recorded, as it is now.
    fn picture(&mut self, ctx: &mut Cx<'_>, number: u32) {
        let Some(record) = self.records.get_mut(&number) else {
            return;
        };
        record.balance = Some(self.balance);
        record.sent.clone_from(&self.sent);
        record.taken.clone_from(&self.taken);
        record.moved = self.moved;
        ctx.note(format!("records £{} for snapshot {number}", self.balance));
        ctx.fact(Fact::Recorded { number, balance: self.balance });
    }

    /// Who has not recorded its own state in time does it now.
    pub(super) fn catch_up(&mut self, ctx: &mut Cx<'_>) {
        if self.config.mutant == Mutant::RecordsLate {
            let late = self.records.iter().filter(|(_, r)| r.balance.is_none()).map(|(k, _)| *k);
            let late: Vec<u32> = late.collect();
            late.into_iter().for_each(|number| self.picture(ctx, number));
        }
    }

    /// The marker-receiving rule.
    pub(super) fn marker(&mut self, ctx: &mut Cx<'_>, from: NodeId, number: u32, begins: bool, sent: u64) {
        if number > self.newest {
            self.record_upto(ctx, number);
        } else if self.config.mutant == Mutant::RecordsAgain
            && self.records.get(&number).is_some_and(|r| !r.done)
        {
            self.picture(ctx, number);
        }
        let Some(record) = self.records.get_mut(&number) else {
            return;
        };
        record.begun_by.extend(begins.then_some(from));
        record.channels[from.index()].marked.get_or_insert(sent);
        self.settle(ctx, number);
    }

    /// A payment goes into the record of its channel, if it was on its way: it comes after the own record, and was sent before the
    /// sender's.
    pub(super) fn record_payment(&mut self, from: NodeId, item: (u64, i64), after: u32) {
        if self.config.mutant == Mutant::NoChannels {
            return;
        }
        let colours = self.config.way == Way::Colours;
        for (number, record) in &mut self.records {
            let channel = &mut record.channels[from.index()];
            if record.balance.is_some() && channel.open && !(colours && after >= *number) {
                channel.items.push(item);
            }
        }
    }

    pub(super) fn settle_all(&mut self, ctx: &mut Cx<'_>) {
        let open = self.records.iter().filter(|(_, r)| !r.done).map(|(k, _)| *k);
        let open: Vec<u32> = open.collect();
        open.into_iter().for_each(|number| self.settle(ctx, number));
    }

    /// Closes the channels that are done; when all are, so is the process (Chandy and Lamport 1985, section 3.2), and it reports.
    fn settle(&mut self, ctx: &mut Cx<'_>, number: u32) {
        let Some(record) = self.records.get_mut(&number) else {
            return;
        };
        for from in record.due(self.config, &self.taken) {
            let channel = &mut record.channels[from.index()];
            channel.open = false;
            channel.items.sort_unstable();
            let serials: Vec<u64> = channel.items.iter().map(|(serial, _)| *serial).collect();
            let amount = channel.amount();
            if !serials.is_empty() {
                ctx.note(format!("records £{amount} on its way from P{}", from.0 + 1));
            }
            ctx.fact(Fact::Closed { number, from, serials, amount });
        }
        if !record.done && record.open().next().is_none() {
            record.done = true;
            let payments = record.channels.iter().map(|c| c.items.len()).sum();
            let amount = record.amount();
            if record.balance.is_none() {
                self.picture(ctx, number);
            }
            ctx.note(format!("is done with snapshot {number}"));
            ctx.fact(Fact::Finished { number, payments, amount });
        }
        self.report(ctx, number);
    }

    /// What it has recorded goes to those who have begun.
    fn report(&mut self, ctx: &mut Cx<'_>, number: u32) {
        let me = self.me;
        let Some(record) = self.records.get_mut(&number).filter(|r| r.done) else {
            return;
        };
        let (balance, channels) = (record.balance.unwrap_or(0), record.amount());
        let new: Vec<NodeId> = record.begun_by.difference(&record.told).copied().collect();
        record.told.extend(&new);
        for to in new {
            match to == me {
                true => self.gather(ctx, number, me, (balance, channels)),
                false => ctx.send(to, Msg::Report { number, balance, channels }),
            }
        }
    }
}
