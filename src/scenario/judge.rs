//! Whether a condition of a scenario file holds in a run.
//!
//! The rule that is easy to break: a trace may hold a future that was taken back. Everything here looks
//! only at what lies before the world's present; and asking changes nothing and keeps nothing, so that
//! the answer is the same after a rewind.

use super::cast;
use super::front::condition::{
    CellLook, Condition, EpochBegun, FactTold, Fate, FaultMade, LayerWord, LinkIs, MessageSeen, NodesShow,
    Part, Power, Range, VerdictWord,
};
use super::front::{Amount, Who};
use crate::check::{Checks, Standing, Verdict};
use crate::kit::{Entry, Params, Value};
use crate::sim::history::Run;
use crate::sim::world::{Status, World};
use crate::sim::{Cell, CellTone, EventId, EventKind, Fault, Loss, MsgId, NodeId, Partition, Trace};
use std::collections::{BTreeMap, BTreeSet};

/// A run at a moment, as conditions see it.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    world: &'a World,
    trace: &'a Trace,
    checks: &'a Checks,
    entry: &'a Entry,
    params: &'a Params,
}

/// When something came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Not yet.
    Never,
    /// In this event.
    At(EventId),
    /// It is so now; since when is not remembered.
    Now,
}

impl<'a> Judge<'a> {
    /// `run` as it stands, a run of `entry` with `params`.
    pub fn of(run: &'a Run<Checks>, entry: &'a Entry, params: &'a Params) -> Self {
        Judge { world: run.world(), trace: run.trace(), checks: run.watcher(), entry, params }
    }

    /// Whether `condition` holds.
    pub fn holds(&self, condition: &Condition) -> bool {
        self.when(condition, None) != When::Never
    }

    /// When `condition` came about, counting only what came after the event `since`.
    pub fn when(&self, condition: &Condition, since: Option<EventId>) -> When {
        match condition {
            Condition::All(list) => self.all(list, since),
            Condition::Any(list) => {
                let found = list.iter().map(|c| self.when(c, since));
                found.min_by_key(|w| rank(*w)).unwrap_or(When::Never)
            }
            Condition::Not(one) => now(self.when(one, since) == When::Never),
            Condition::Then(list) => self.then(list, since),
            Condition::TimeMs(ms) => self.time(ms, since),
            Condition::Fact(c) => self.fact(c, since),
            Condition::Epoch(c) => self.counted(c.range(), self.epochs(c, since)),
            Condition::Fault(c) => self.counted(c.range(), self.faults(c, since)),
            Condition::Message(c) => self.messages(c, since),
            Condition::Nodes(c) => now(self.within(c.range(), self.nodes(c))),
            Condition::Link(c) => now(self.link(c)),
            Condition::Gauge(c) => {
                let mut all = self.checks.gauges().values(self.world);
                let value = all.find(|(id, _)| *id == c.id).and_then(|(_, value)| value);
                now(value.is_some_and(|x| self.between(x, &c.at_least, &c.at_most, &c.exactly)))
            }
            Condition::Promise(c) => now(self.says(&c.name) == Some(c.is)),
            Condition::Probe(c) => {
                let probe = self.entry.probes.iter().find(|p| p.id == c.id);
                let value = probe.and_then(|p| (p.read)(self.world, self.trace));
                let shows = |x: i64| self.between(x as f64, &c.at_least, &c.at_most, &c.exactly);
                now(value.is_some_and(shows))
            }
        }
    }

    fn all(&self, list: &[Condition], since: Option<EventId>) -> When {
        let mut latest = When::At(EventId(0));
        for condition in list {
            match (self.when(condition, since), latest) {
                (When::Never, _) => return When::Never,
                (When::Now, _) | (_, When::Now) => latest = When::Now,
                (When::At(event), When::At(before)) => latest = When::At(event.max(before)),
                (_, When::Never) => {}
            }
        }
        latest
    }

    fn then(&self, list: &[Condition], mut since: Option<EventId>) -> When {
        let Some((last, before)) = list.split_last() else {
            return When::Never;
        };
        for condition in before {
            match self.when(condition, since) {
                When::At(event) => since = Some(event),
                // The reader lets only what is remembered stand here.
                _ => return When::Never,
            }
        }
        // What is so now must be so later than what came before.
        let later = since.is_none_or(|e| {
            let passed = self.trace.get(e).is_some_and(|event| event.time < self.world.now());
            passed || self.world.events() > e.0 + 1
        });
        match self.when(last, since) {
            When::Now if !later => When::Never,
            found => found,
        }
    }

    fn param(&self, name: &str) -> Option<i64> {
        match self.params.0.get(name) {
            Some(Value::Int(i)) => Some(*i),
            _ => None,
        }
    }

    /// An amount as a whole number; one that cannot be told is beyond every count.
    fn amount(&self, amount: &Amount) -> i64 {
        amount.count(&|name| self.param(name)).unwrap_or(i64::MAX)
    }

    fn within(&self, range: Range<'_>, count: usize) -> bool {
        let count = count as i64;
        let least = match (range.at_least, range.ends()) {
            (Some(least), _) => self.amount(least),
            (None, ends) => i64::from(!ends),
        };
        let most = range.at_most.map_or(i64::MAX, |a| self.amount(a));
        let same = range.exactly.is_none_or(|a| self.amount(a) == count);
        count >= least && count <= most && same
    }

    fn between(
        &self,
        value: f64,
        at_least: &Option<Amount>,
        at_most: &Option<Amount>,
        exactly: &Option<Amount>,
    ) -> bool {
        let of = |amount: &Amount| {
            let thousandths = amount.thousandths(&|name| self.param(name));
            thousandths.map_or(f64::NAN, |n| n as f64 / 1_000.0)
        };
        at_least.as_ref().is_none_or(|a| value >= of(a))
            && at_most.as_ref().is_none_or(|a| value <= of(a))
            && exactly.as_ref().is_none_or(|a| (value - of(a)).abs() < 0.000_5)
    }

    /// What so many of `events` (in order) come to: the event of the last that is needed; or, where
    /// the count has an upper end, whether it is right now.
    fn counted(&self, range: Range<'_>, mut events: impl Iterator<Item = EventId>) -> When {
        if range.ends() {
            return now(self.within(range, events.count()));
        }
        let least = range.at_least.map_or(1, |a| self.amount(a));
        match usize::try_from(least - 1) {
            Ok(nth) => events.nth(nth).map_or(When::Never, When::At),
            Err(_) => When::At(EventId(0)),
        }
    }

    /// Whether event `id` has happened, and after `since`.
    fn counts(&self, id: EventId, since: Option<EventId>) -> bool {
        id.0 < self.world.events() && since.is_none_or(|s| id > s)
    }

    fn time(&self, ms: &Amount, since: Option<EventId>) -> When {
        let us = ms.thousandths(&|name| self.param(name)).unwrap_or(i64::MAX);
        if i128::from(self.world.now().us()) < i128::from(us) {
            return When::Never;
        }
        let first = self.trace.first_at(crate::sim::SimTime(us.max(0) as u64));
        let first = EventId(first as u32).max(since.map_or(EventId(0), |s| EventId(s.0 + 1)));
        match self.counts(first, since) {
            true => When::At(first),
            false => When::Now,
        }
    }

    // -------------------------------------------------------------- what a run remembers

    fn fact(&self, c: &FactTold, since: Option<EventId>) -> When {
        let by = match &c.by {
            Some(who) => match cast::one(self.world, who) {
                Ok(node) => Some(node),
                Err(_) => return When::Never,
            },
            None => None,
        };
        let all = self.trace.facts();
        let from = since.map_or(0, |s| all.partition_point(|(e, _)| *e <= s));
        let told = all[from..].iter().take_while(|(e, _)| e.0 < self.world.events());
        let told = told.filter(|(_, t)| {
            let who = by.is_none_or(|node| t.node == node);
            who && t.fact.name() == c.name && self.fields(&c.fields, t.fact.as_ref())
        });
        match &c.nodes {
            None => self.counted(c.range(), told.map(|(e, _)| *e)),
            Some(nodes) => {
                let (mut tellers, wanted) = (BTreeSet::new(), self.amount(nodes));
                for (event, t) in told {
                    tellers.insert(t.node);
                    if tellers.len() as i64 >= wanted {
                        return When::At(*event);
                    }
                }
                When::Never
            }
        }
    }

    fn fields(&self, wanted: &BTreeMap<String, Value>, fact: &dyn crate::sim::AnyFact) -> bool {
        wanted.iter().all(|(name, value)| {
            let Some(is) = fact.field(name) else {
                return false;
            };
            match value {
                Value::Bool(b) => is == b.to_string(),
                Value::Int(i) => is == i.to_string(),
                // A node is told by its number, and named in a file.
                Value::Word(word) => {
                    is == *word
                        || cast::by_name(self.world, word).is_some_and(|n| is == format!("NodeId({})", n.0))
                }
            }
        })
    }

    fn epochs<'b>(&'b self, c: &'b EpochBegun, since: Option<EventId>) -> impl Iterator<Item = EventId> + 'b {
        let by = c.by.as_ref().map(|who| cast::one(self.world, who).ok());
        let number = c.number.as_ref().map(|n| self.amount(n));
        let all = self.trace.epochs().iter().filter(move |m| {
            self.counts(m.event, since)
                && by.is_none_or(|by| by == Some(m.node))
                && number.is_none_or(|n| n == m.number as i64)
        });
        all.map(|m| m.event)
    }

    fn faults<'b>(&'b self, c: &'b FaultMade, since: Option<EventId>) -> impl Iterator<Item = EventId> + 'b {
        let all = self.trace.faults().iter();
        let made = all.filter(move |(e, fault)| self.counts(*e, since) && self.is_meant(c, *e, fault));
        made.map(|(e, _)| *e)
    }

    fn is_meant(&self, c: &FaultMade, event: EventId, fault: &Fault) -> bool {
        if c.word.is_some_and(|w| super::words::of(fault) != w) {
            return false;
        }
        let standings = self.checks.standings();
        let Some(then) = standings.at(event) else {
            return false;
        };
        let was = |node: NodeId, who: &Option<Who>| {
            who.as_ref().is_none_or(|w| cast::was(self.world, (standings, then), node, w))
        };
        let strikes = c.node.is_none() || fault.node().is_some_and(|n| was(n, &c.node));
        let ends = match (fault, &c.from, &c.to) {
            (_, None, None) => true,
            (Fault::Link { from, to, .. }, a, b) => was(*from, a) && was(*to, b),
            (_, a, b) => fault
                .msg()
                .and_then(|m| self.trace.get_sent(m))
                .is_some_and(|sent| was(sent.from, a) && was(sent.to, b)),
        };
        let kind = c.kind.as_ref().is_none_or(|kind| {
            let msg = fault.msg().filter(|m| self.trace.get_sent(*m).is_some());
            msg.is_some_and(|m| self.trace.kind(m).name == kind)
        });
        let sets = c.sets.as_ref().is_none_or(|name| super::words::sets(fault, name));
        let asks = c.asks.as_ref().is_none_or(|form| match fault {
            Fault::Request { request, .. } => request.split(' ').next() == Some(form),
            _ => false,
        });
        strikes && ends && kind && sets && asks && self.is_wall(c, then, fault)
    }

    fn is_wall(&self, c: &FaultMade, then: &Standing, fault: &Fault) -> bool {
        if c.side_of.is_none() && c.side.is_none() && c.sides.is_none() && c.largest_side.is_none() {
            return true;
        }
        let Fault::Partition(p) = fault else {
            return false;
        };
        let sides: Vec<usize> = p.groups.iter().map(|g| self.servers_of(p, g)).collect();
        let full = sides.iter().filter(|n| **n > 0).count();
        let enough = c.sides.as_ref().is_none_or(|n| full as i64 >= self.amount(n));
        let largest = sides.iter().max().copied().unwrap_or(0) as i64;
        let small = c.largest_side.as_ref().is_none_or(|n| largest <= self.amount(n));
        let servers = self.world.servers().count();
        let fits = |count: usize| match c.side {
            Some(Part::Minority) => count > 0 && 2 * count < servers,
            Some(Part::Majority) => 2 * count > servers,
            None => true,
        };
        let standings = self.checks.standings();
        let side = c.side_of.as_ref().is_none_or(|who| {
            let mut sides = p.groups.iter().zip(&sides);
            let mut held = sides
                .find(|(group, _)| group.iter().any(|&n| cast::was(self.world, (standings, then), n, who)));
            held.take().is_some_and(|(_, count)| fits(*count))
        });
        let some = c.side_of.is_some() || sides.iter().any(|n| fits(*n));
        enough && small && side && some
    }

    /// How many servers can talk on the side `group`: those of it, and those that no side names.
    fn servers_of(&self, p: &Partition, group: &[NodeId]) -> usize {
        let outside = |n: &NodeId| !p.groups.iter().any(|g| g.contains(n));
        let here = self.world.servers().filter(|n| group.contains(n) || outside(n));
        here.count()
    }

    fn messages(&self, c: &MessageSeen, since: Option<EventId>) -> When {
        let node = |who: &Option<Who>| who.as_ref().map(|w| cast::one(self.world, w).ok());
        let (from, to) = (node(&c.from), node(&c.to));
        let fits = move |msg: MsgId| {
            let sent = self.trace.sent(msg);
            let ends = from.is_none_or(|n| n == Some(sent.from)) && to.is_none_or(|n| n == Some(sent.to));
            ends && c.kind.as_ref().is_none_or(|kind| self.trace.kind(msg).name == kind)
        };
        let known = self.world.messages().min(self.trace.messages() as u32);
        let fate = c.fate.unwrap_or_default();
        if fate == Fate::Sent {
            let all = (0..known).map(MsgId).filter(move |m| fits(*m));
            let events = all.map(|m| self.trace.sent(m).cause);
            return self.counted(c.range(), events.filter(|e| self.counts(*e, since)));
        }
        let from = since.map_or(EventId(0), |s| EventId(s.0 + 1));
        let events = self.trace.events_from(from).take_while(|(id, _)| id.0 < self.world.events());
        let events = events.filter(move |(_, e)| {
            let right = match fate {
                Fate::Delivered => e.kind == EventKind::Deliver,
                Fate::Dropped => e.kind == EventKind::Lost && e.loss == Loss::ByHand,
                Fate::Walled => e.kind == EventKind::Lost && matches!(e.loss, Loss::Cut | Loss::Partition),
                Fate::Lost | Fate::Sent => e.kind == EventKind::Lost,
            };
            right && e.msg().is_some_and(|m| m.index() < known as usize && fits(m))
        });
        self.counted(c.range(), events.map(|(id, _)| id))
    }

    // -------------------------------------------------------------- what a run shows now

    fn nodes(&self, c: &NodesShow) -> usize {
        let only = match &c.who {
            Some(who) => match cast::one(self.world, who) {
                Ok(node) => Some(node),
                Err(_) => return 0,
            },
            None => None,
        };
        let from = c.epoch_from.as_ref().map(|a| self.amount(a));
        let power = c.power.unwrap_or(Power::Up);
        let shows = |node: NodeId| {
            let powered = match self.world.status(node) {
                Status::Up => power == Power::Up,
                Status::Crashed | Status::Stopped => power == Power::Crashed,
                Status::Paused => power == Power::Paused,
            };
            if !powered || only.is_some_and(|n| n != node) {
                return None;
            }
            let shown = self.world.inspect(node);
            let epoch = shown.epoch.unwrap_or(0);
            let fits = c.role.as_ref().is_none_or(|r| *r == shown.role)
                && c.cell.is_none_or(|look| shown.cells.iter().any(|cell| looks(cell, look)))
                && from.is_none_or(|n| shown.epoch.is_some_and(|e| e as i64 >= n));
            fits.then_some(epoch)
        };
        let mut epochs: Vec<u64> = self.world.node_ids().filter_map(shows).collect();
        if c.outdated {
            // The latest epoch is that of any node of the role, whatever else is asked.
            let latest = self.latest(c.role.as_deref());
            epochs.retain(|e| *e < latest);
        }
        if c.same_epoch {
            let mut groups: BTreeMap<u64, usize> = BTreeMap::new();
            epochs.iter().for_each(|e| *groups.entry(*e).or_default() += 1);
            return groups.values().max().copied().unwrap_or(0);
        }
        epochs.len()
    }

    fn latest(&self, role: Option<&str>) -> u64 {
        let up = self.world.node_ids().filter(|&n| self.world.is_up(n));
        let shown = up.map(|n| self.world.inspect(n));
        let alike = shown.filter(|i| role.is_none_or(|r| i.role == r));
        alike.filter_map(|i| i.epoch).max().unwrap_or(0)
    }

    fn link(&self, c: &LinkIs) -> bool {
        let (Ok(from), Ok(to)) = (cast::one(self.world, &c.from), cast::one(self.world, &c.to)) else {
            return false;
        };
        let link = self.world.link(from, to);
        let has = |layer: &LayerWord| match layer {
            LayerWord::Retransmit => link.layers.retransmit_us > 0,
            LayerWord::Dedupe => link.layers.dedupe,
            LayerWord::Reorder => link.layers.reorder,
            LayerWord::Authenticate => link.layers.authenticate,
        };
        let loss = c.loss_from_percent.as_ref().is_none_or(|percent| {
            let ten_thousandths = percent.thousandths(&|name| self.param(name)).unwrap_or(i64::MAX);
            i64::from(link.loss_ppm) >= ten_thousandths.saturating_mul(10)
        });
        c.layers.iter().all(has) && c.cut.is_none_or(|cut| cut == link.cut) && loss
    }

    fn says(&self, name: &str) -> Option<VerdictWord> {
        let line = self.checks.lines().into_iter().find(|l| l.name == name)?;
        Some(match line.verdict {
            Verdict::Holding => VerdictWord::Holding,
            Verdict::InProgress { .. } | Verdict::Pending { .. } => VerdictWord::Pending,
            Verdict::Violated { .. } => VerdictWord::Violated,
            Verdict::Unknown { .. } => VerdictWord::Unknown,
        })
    }
}

fn now(so: bool) -> When {
    if so { When::Now } else { When::Never }
}

/// Earlier first, never last.
fn rank(when: When) -> u64 {
    match when {
        When::At(event) => u64::from(event.0),
        When::Now => u64::MAX - 1,
        When::Never => u64::MAX,
    }
}

fn looks(cell: &Cell, look: CellLook) -> bool {
    let tone = match look {
        CellLook::Firm => CellTone::Firm,
        CellLook::Tentative => CellTone::Tentative,
        CellLook::Conflict => CellTone::Conflict,
    };
    cell.tone == tone
}
