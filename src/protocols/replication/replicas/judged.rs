//! What each way of keeping in step promises: models of consistency, judged by what clients were told; and that copies come to the same.
//!
//! The rule that is easy to break: a client that goes to another copy has left what the second and the third way assume; and copies
//! are compared when all of them know of the same writes, never before.

use super::setup::{Config, Keeping};
use super::{Fact, kit_client};
use crate::check::Model;
use crate::kit::prelude::*;
use crate::sim::SimTime;
use std::collections::{BTreeMap, BTreeSet};

/// Without these what is sent does not come, or is not taken.
const ONCE: &[Need] = &[Need::NoLoss, Need::NoCrash, Need::NoPause, Need::Correct, Need::Pace, Need::Onward];

const ONE: &str = "one copy answers all that is asked";
const TURNS: &str = "all copies take all writes in one order, and a client's own before it is answered";
const CAUSES: &str = "a copy takes a write when it has all that its writer knew of";
const WINS: &str = "what a copy holds follows from which writes it knows of, not from when they came";

/// The models that `keeping` promises, as long as clients stay where they are.
pub(super) fn models(keeping: Keeping) -> &'static [Model] {
    match keeping {
        Keeping::Primary => &Model::ALL,
        Keeping::Ordered => Model::ALL.split_at(1).1,
        Keeping::Causal => Model::ALL.split_at(2).1,
        Keeping::Newest => &[],
    }
}

pub(super) fn promises(p: &Params) -> Vec<Box<dyn Property>> {
    let config = Config::of(p);
    let given = models(config.keeping).iter().map(|&model| {
        let promise = kit_client::keeps(model);
        match config.keeping {
            Keeping::Primary => promise.rests_on(ONE).boxed(),
            Keeping::Ordered => promise.rests_on(TURNS).watched_by(Stays::default()).boxed(),
            _ => promise.rests_on(CAUSES).watched_by(Stays::default()).boxed(),
        }
    });
    let mut all: Vec<Box<dyn Property>> = given.collect();
    if config.keeping != Keeping::Causal {
        let claim = "copies that know of the same writes are the same, and in the end all know of all";
        let rule = Eventual { copies: config.copies().collect(), ..Eventual::default() };
        all.push(Promised::liveness("Eventual", claim, rule).needs(ONCE).rests_on(WINS).boxed());
    }
    let ends = kit_client::answered("Every request ends", "each request is answered");
    all.push(ends.needs(ONCE).boxed());
    all
}

/// Watches who goes to another copy than before.
#[derive(Clone, Default)]
struct Stays {
    at: BTreeMap<NodeId, NodeId>,
    left: Option<(EventId, String)>,
}

impl Rule for Stays {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (client, fact) in seen.facts::<Fact>() {
            if let Fact::Goes { at } = *fact
                && *self.at.entry(client).or_insert(at) != at
                && self.left.is_none()
            {
                let (who, place) = (seen.world.name(client), seen.world.name(at));
                let what =
                    format!("it is assumed that each client stays at one copy, and {who} went to {place}");
                self.left = Some((seen.id, what));
            }
        }
        Ok(())
    }

    fn lacked(&self) -> Option<(EventId, String)> {
        self.left.clone()
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(&self.at, |r, (client, at)| r.word(u64::from(client.0) << 16 | u64::from(at.0)));
        recall.word(u64::from(self.left.is_some()));
    }
}

/// A write: whose, and which of its requests.
type Call = (NodeId, u32);

/// Which writes each copy knows of, and what its registers hold.
#[derive(Clone, Default)]
struct Eventual {
    copies: Vec<NodeId>,
    writes: BTreeSet<Call>,
    known: BTreeMap<NodeId, BTreeSet<Call>>,
    // By register and copy: its value, and the event in which that came about.
    holds: BTreeMap<(char, NodeId), (u64, EventId)>,
    since: SimTime,
}

impl Eventual {
    fn behind(&self) -> usize {
        let all = self.writes.len();
        self.copies.iter().filter(|c| self.known.get(c).map_or(0, BTreeSet::len) < all).count()
    }

    /// Two copies that know of all there is and differ.
    fn apart(&self, world: &World) -> Option<Broken> {
        let mut first: BTreeMap<char, (NodeId, u64, EventId)> = BTreeMap::new();
        for (&(key, copy), &(value, event)) in &self.holds {
            let (other, held, at) = *first.entry(key).or_insert((copy, value, event));
            if held != value {
                let (a, b) = (world.name(other), world.name(copy));
                let why = format!(
                    "{a} and {b} know of the same writes, and of {key} {a} holds {held}, {b} {value}"
                );
                return Some(Broken::new([at, event], why));
            }
        }
        None
    }
}

impl Rule for Eventual {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        let mut news = false;
        for (copy, fact) in seen.facts::<Fact>() {
            if let Fact::Took { call, key, holds, .. } = *fact {
                if self.behind() == 0 {
                    self.since = seen.event.time;
                }
                self.writes.insert(call);
                self.known.entry(copy).or_default().insert(call);
                self.holds.insert((key, copy), (holds, seen.id));
                news = true;
            }
        }
        let broken = if news && self.behind() == 0 { self.apart(seen.world) } else { None };
        broken.map_or(Ok(()), Err)
    }

    fn missing(&self) -> Option<String> {
        let (behind, all) = (self.behind(), self.copies.len());
        (behind > 0)
            .then(|| format!("{behind} of {all} copies do not know of all {} writes", self.writes.len()))
    }

    fn since(&self) -> SimTime {
        self.since
    }

    fn weight(&self) -> usize {
        (self.writes.len() * (1 + self.copies.len()) + self.holds.len()) * 32
    }

    fn recall(&self, recall: &mut Recall) {
        let call =
            |r: &mut Recall, (client, serial): &Call| r.word(u64::from(client.0) << 32 | u64::from(*serial));
        recall.each(&self.writes, call);
        recall.each(&self.known, |r, (copy, known)| {
            r.word(u64::from(copy.0));
            r.each(known, call);
        });
        recall.each(&self.holds, |r, ((key, copy), (value, _))| {
            r.word(u64::from(*key) << 16 | u64::from(copy.0));
            r.word(*value);
        });
    }
}
