//! What a snapshot promises, judged by what was really sent, received and recorded in which order.
//!
//! Each process tells what it pays, gets and records, and when. Of that alone it follows which payments were on their way at the cut.
//! Three things are asked: that nothing is recorded as received that is not recorded as sent; that of each channel just that is recorded
//! which was sent before its sender's record and came after its receiver's; and that it all adds up.
//!
//! Reading everyone now promises none of these. Markers give them where channels keep the order and lose nothing. With colours they need
//! neither: what is lost keeps a snapshot from its end, and one without an end says nothing wrong.
//!
//! The rule that is easy to break: a snapshot is a whole. What is recorded of a channel is judged when all have recorded.

use super::Fact;
use super::setup::{Config, Way};
use crate::kit::numbers::Numbers;
use crate::kit::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Which promise.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Cut,
    Channels,
    Total,
}

/// A snapshot, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Shot(u32);

impl fmt::Display for Shot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "snapshot {}", self.0)
    }
}

const RULES: &str = "markers part what was sent before from what was sent after, and nobody lies";

pub(super) fn promises(params: &Params) -> Vec<Box<dyn Property>> {
    let config = Config::of(params);
    let mut all: Vec<Box<dyn Property>> = Vec::new();
    let needs: &[Need] = match config.way {
        Way::Markers => &[Need::InOrder, Need::NoLoss, Need::Correct],
        Way::Colours | Way::ReadNow => &[Need::Correct],
    };
    let safety = |name, claim, which| {
        let judge = Judge::new(which, config);
        Promised::safety(name, claim, judge).needs(needs).rests_on(RULES).boxed()
    };
    if config.way != Way::ReadNow {
        let claim = "no payment is recorded as received that is not recorded as sent";
        all.push(safety("Consistent cut", claim, Which::Cut));
        let claim = "of each channel that is recorded which was sent before its sender's record, and came after its receiver's";
        all.push(safety("Channels as they were", claim, Which::Channels));
        let claim = "recorded accounts and recorded channels add up to the money that there is";
        all.push(safety("Recorded total", claim, Which::Total));
    }
    let claim = "who begins a snapshot has all its pieces in the end";
    let begun: fn(&Fact) -> Option<Shot> = pick!(Fact::Began { number } => Shot(*number));
    let counted: fn(&Fact) -> Option<Shot> = pick!(Fact::Counted { number, .. } => Shot(*number));
    all.push(
        leads_to("Every snapshot ends", claim, begun, counted)
            .needs(&[Need::NoLoss, Need::NoCrash, Need::NoPause, Need::Correct, Need::Pace])
            .rests_on("what is sent is received, and nobody crashes")
            .crash_stop()
            .boxed(),
    );
    all
}

/// What has gone over a channel.
#[derive(Clone, Default)]
struct Traffic {
    paid: u64,
    came: Numbers,
    // The receipt of the payment with the largest number.
    last: Option<EventId>,
}

/// Where a process has recorded: the event, its account, how many payments it had sent to each, which it had from each.
#[derive(Clone)]
struct Place {
    at: EventId,
    balance: i64,
    sent: Vec<u64>,
    came: Vec<Numbers>,
}

/// What was recorded of a channel, and when.
#[derive(Clone)]
struct Content {
    at: EventId,
    serials: Vec<u64>,
    amount: i64,
}

/// What is known of a snapshot.
#[derive(Clone)]
struct Pieces {
    places: Vec<Option<Place>>,
    // From whom, to whom.
    channels: BTreeMap<(NodeId, NodeId), Content>,
    finished: BTreeSet<NodeId>,
}

#[derive(Clone)]
struct Judge {
    which: Which,
    nodes: u16,
    total: i64,
    // From whom, to whom.
    ways: BTreeMap<(NodeId, NodeId), Traffic>,
    open: BTreeMap<Shot, Pieces>,
}

impl Judge {
    fn new(which: Which, config: Config) -> Self {
        Judge {
            which,
            nodes: config.nodes,
            total: config.total(),
            ways: BTreeMap::new(),
            open: BTreeMap::new(),
        }
    }

    fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes).map(NodeId)
    }

    fn pairs(&self) -> impl Iterator<Item = (NodeId, NodeId)> + use<> {
        let nodes = self.nodes;
        (0..nodes).flat_map(move |a| (0..nodes).filter(move |&b| b != a).map(move |b| (NodeId(a), NodeId(b))))
    }

    fn way(&self, from: NodeId, to: NodeId) -> Traffic {
        self.ways.get(&(from, to)).cloned().unwrap_or_default()
    }

    fn pieces(&mut self, shot: Shot) -> &mut Pieces {
        let nodes = usize::from(self.nodes);
        self.open.entry(shot).or_insert_with(|| Pieces {
            places: vec![None; nodes],
            channels: BTreeMap::new(),
            finished: BTreeSet::new(),
        })
    }

    fn record(&mut self, shot: Shot, node: NodeId, balance: i64, at: EventId) {
        let place = Place {
            at,
            balance,
            sent: self.nodes().map(|to| self.way(node, to).paid).collect(),
            came: self.nodes().map(|from| self.way(from, node).came).collect(),
        };
        self.pieces(shot).places[node.index()] = Some(place);
    }

    /// What `node` has just recorded as received is recorded as sent: whoever records later has sent it by then.
    fn no_orphan(&self, seen: &Seen<'_>, shot: Shot, node: NodeId) -> Result<(), Broken> {
        let Some(pieces) = self.open.get(&shot) else {
            return Ok(());
        };
        for from in self.nodes().filter(|&n| n != node) {
            let way = self.way(from, node);
            let Some(place) = &pieces.places[from.index()] else {
                continue;
            };
            if way.came.most() > place.sent[node.index()] {
                let (a, b) = (seen.world.name(from), seen.world.name(node));
                let serial = way.came.most();
                let why = format!(
                    "{b} has recorded payment {serial} of {a} as received, and {a} sent it after it had recorded {shot}"
                );
                return Err(Broken::new(
                    [Some(place.at), way.last, Some(seen.id)].into_iter().flatten(),
                    why,
                ));
            }
        }
        Ok(())
    }

    /// What is recorded of each channel, beside what was on it.
    fn as_they_were(&self, seen: &Seen<'_>, shot: Shot, pieces: &Pieces) -> Result<(), Broken> {
        for (from, to) in self.pairs() {
            let (Some(sender), Some(receiver)) = (&pieces.places[from.index()], &pieces.places[to.index()])
            else {
                continue;
            };
            let came = &receiver.came[from.index()];
            let was: BTreeSet<u64> =
                (came.upto() + 1..=sender.sent[to.index()]).filter(|&s| !came.has(s)).collect();
            let content = pieces.channels.get(&(from, to));
            let is: BTreeSet<u64> =
                content.map_or_else(BTreeSet::new, |c| c.serials.iter().copied().collect());
            let (a, b) = (seen.world.name(from), seen.world.name(to));
            let story = if let Some(serial) = was.difference(&is).next() {
                format!("payment {serial} of {a} to {b} was on its way, and is not in {shot}")
            } else if let Some(serial) = is.difference(&was).next() {
                format!("payment {serial} of {a} to {b} is in {shot}, and was not on its way")
            } else {
                continue;
            };
            let events = [Some(sender.at), Some(receiver.at), content.map(|c| c.at), Some(seen.id)];
            return Err(Broken::new(events.into_iter().flatten(), story));
        }
        Ok(())
    }

    fn adds_up(&self, seen: &Seen<'_>, shot: Shot, pieces: &Pieces) -> Result<(), Broken> {
        let accounts: i64 = pieces.places.iter().flatten().map(|p| p.balance).sum();
        let channels: i64 = pieces.channels.values().map(|c| c.amount).sum();
        if accounts + channels == self.total {
            return Ok(());
        }
        let (sum, total) = (accounts + channels, self.total);
        let why = format!(
            "{shot} has £{accounts} in accounts and £{channels} in channels: £{sum}, and there are £{total}"
        );
        let places = pieces.places.iter().flatten().map(|p| p.at);
        Err(Broken::new(places.chain([seen.id]), why))
    }

    fn take(&mut self, seen: &Seen<'_>, node: NodeId, fact: &Fact) -> Result<(), Broken> {
        match fact {
            Fact::Paid { to, serial, .. } => {
                self.ways.entry((node, *to)).or_default().paid = *serial;
            }
            Fact::Got { from, serial, .. } => {
                let way = self.ways.entry((*from, node)).or_default();
                way.came.add(*serial);
                if way.came.most() == *serial {
                    way.last = Some(seen.id);
                }
            }
            Fact::Recorded { number, balance } => {
                self.record(Shot(*number), node, *balance, seen.id);
                if self.which == Which::Cut {
                    return self.no_orphan(seen, Shot(*number), node);
                }
            }
            Fact::Closed { number, from, serials, amount } => {
                let content = Content { at: seen.id, serials: serials.clone(), amount: *amount };
                self.pieces(Shot(*number)).channels.insert((*from, node), content);
            }
            Fact::Finished { number, .. } => {
                let nodes = usize::from(self.nodes);
                let pieces = self.pieces(Shot(*number));
                pieces.finished.insert(node);
                if pieces.finished.len() == nodes
                    && let Some(pieces) = self.open.remove(&Shot(*number))
                {
                    return match self.which {
                        Which::Cut => Ok(()),
                        Which::Channels => self.as_they_were(seen, Shot(*number), &pieces),
                        Which::Total => self.adds_up(seen, Shot(*number), &pieces),
                    };
                }
            }
            Fact::Began { .. } | Fact::Turned { .. } | Fact::Counted { .. } | Fact::Off { .. } => {}
        }
        Ok(())
    }
}

fn say(recall: &mut Recall, numbers: &Numbers) {
    recall.word(numbers.upto());
    recall.each(numbers.beyond(), Recall::word);
}

impl Rule for Judge {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<Fact>() {
            self.take(seen, node, fact)?;
        }
        Ok(())
    }

    fn weight(&self) -> usize {
        let place = 64 + usize::from(self.nodes) * 48;
        self.ways.len() * 64 + self.open.len() * usize::from(self.nodes) * place
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(&self.ways, |r, (&(from, to), way)| {
            r.word(u64::from(from.0) << 16 | u64::from(to.0));
            r.word(way.paid);
            say(r, &way.came);
        });
        recall.each(&self.open, |r, (shot, pieces)| {
            r.word(shot.0);
            r.each(&pieces.finished, |r, node| r.word(node.0));
            for place in &pieces.places {
                r.word(place.as_ref().map_or(0, |p| 1 + p.balance as u64));
                if let Some(p) = place {
                    p.sent.iter().for_each(|&n| r.word(n));
                    p.came.iter().for_each(|n| say(r, n));
                }
            }
            r.each(&pieces.channels, |r, ((from, to), content)| {
                r.word(u64::from(from.0) << 16 | u64::from(to.0));
                r.word(content.amount as u64);
                r.each(&content.serials, |r, &s| r.word(s));
            });
        });
    }
}
