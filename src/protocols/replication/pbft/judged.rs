//! What PBFT promises (section 4.5), and who is Byzantine.
//!
//! The rule that is easy to break: safety is promised as long as at most f replicas are Byzantine, however slow or lossy the network is, and
//! crashes do no harm to what is on disk. Liveness needs 2f + 1 replicas that work and hear each other, in time.

use super::message::Digest;
use super::replica::Replica;
use super::{Fact, Rules};
use crate::check::Level;
use crate::check::account::listed;
use crate::check::account::reach::Reach;
use crate::kit::client::{answered_in_calm, consistent};
use crate::kit::prelude::*;
use crate::sim::{Fault, Loss};
use std::collections::BTreeMap;
use std::fmt;

const SHARED: &str = "any two sets of 2f + 1 replicas have a correct one in common";

/// A number of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place(u32, u32);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "number {} of view {}", self.1, self.0)
    }
}

/// A number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Number(u32);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "number {}", self.0)
    }
}

const PREPARED: fn(&Fact) -> Option<(Place, Digest)> =
    pick!(Fact::Prepared { view, seq, digest } => (Place(*view, *seq), *digest));
const COMMITTED: fn(&Fact) -> Option<(Number, Digest)> =
    pick!(Fact::Committed { seq, digest, .. } => (Number(*seq), *digest));
const ASKED: fn(&Fact) -> Option<Digest> = pick!(Fact::Asks { digest } => *digest);
const EXECUTED: fn(&Fact) -> Option<Digest> = pick!(Fact::Executed { digest, .. } => *digest);

/// The promise that two replicas agree on what was committed, alone: for searches.
#[cfg(test)]
pub(super) fn agreed(f: usize) -> Box<dyn Property> {
    let claim = "no two correct replicas commit different requests with one number";
    agreement("Agreement", claim, "has committed", COMMITTED).watched_by(Byzantine::new(f)).boxed()
}

pub(super) fn promises(p: &Params) -> Vec<Box<dyn Property>> {
    let rules = Rules::of(p);
    let f = rules.f;
    let few = || Byzantine::new(f);
    let in_view = "no two correct replicas have prepared different requests with one number in one view";
    let agree = "no two correct replicas commit different requests with one number";
    let asked = "what a correct replica executes, a client has asked for";
    let once = "no correct replica executes a request twice";
    let one_copy = "what clients read and write is as if there were one copy, and nobody lied";
    let ends = "every request is answered, once 2f + 1 correct replicas hear each other in time";
    let patience = patience(&rules);
    vec![
        agreement("Order in a view", in_view, "has prepared", PREPARED)
            .watched_by(few())
            .rests_on(SHARED)
            .boxed(),
        agreement("Agreement", agree, "has committed", COMMITTED).watched_by(few()).rests_on(SHARED).boxed(),
        no_creation("Validity", asked, ASKED, EXECUTED).rests_on("nobody can sign for a client").boxed(),
        no_duplication("Once", once, EXECUTED)
            .watched_by(few())
            .rests_on("a replica remembers the last request of each client that it has executed")
            .boxed(),
        consistent("Linearizable", one_copy, Level::Linearizable)
            .watched_by(few())
            .rests_on("of f + 1 replicas that answer alike one is correct")
            .boxed(),
        answered_in_calm("Every request is answered", ends, patience, move |now| working(&rules, now))
            .watched_by(few())
            .rests_on("2f + 1 correct replicas have heard each other, in time, for long")
            .boxed(),
    ]
}

/// All replicas want the same view soon; then f primaries in a row may be Byzantine, and each is given the longest patience. A client may
/// have to ask all again.
pub(super) fn patience(rules: &Rules) -> Span {
    let longest = rules.patience(u32::MAX).0;
    Span(longest * (rules.f as u64 + 4) + 2 * rules.retry.0)
}

/// The correct replicas that run, if they are enough and nothing keeps them from answering in time.
fn working(rules: &Rules, now: Reach<'_>) -> Result<Vec<NodeId>, String> {
    let world = now.world;
    let betrays = |n: NodeId| {
        let by_code = world.node_as::<Replica>(n).is_some_and(|r| r.treason.has_betrayed());
        by_code || !world.lies(n).is_empty()
    };
    let bad = rules.replicas().filter(|&n| betrays(n)).count();
    if bad > rules.f {
        return Err(format!("{bad} replicas are Byzantine, and at most f = {} may be", rules.f));
    }
    let all = rules.replicas().filter(|&n| !betrays(n) && world.is_up(n));
    let work: Vec<NodeId> = all.collect();
    if work.len() < rules.quorum() {
        let (have, need) = (work.len(), rules.quorum());
        return Err(format!(
            "{have} of {} replicas run and are correct, and it takes 2f + 1 = {need}",
            rules.n
        ));
    }
    now.sound(&work, Span(rules.wait.0 / 20))?;
    for &a in &work {
        if let Some(&b) = work.iter().find(|&&b| a != b && world.blocked(a, b) != Loss::None) {
            return Err(format!("{} hears nothing from {}", world.name(b), world.name(a)));
        }
    }
    // A change of view and a request take five messages, one after the other.
    match now.longest_delay(&work, 1_500)? > Span(rules.wait.0 / 6) {
        true => Err("a message takes longer than a sixth of what a backup waits".to_owned()),
        false => Ok(work),
    }
}

/// Who is Byzantine, by its own code or by what was done to it. It judges nothing, and says so if they are more than f.
#[derive(Clone)]
pub(super) struct Byzantine {
    f: usize,
    all: BTreeMap<NodeId, (EventId, String)>,
}

impl Byzantine {
    pub fn new(f: usize) -> Self {
        Byzantine { f, all: BTreeMap::new() }
    }

    fn falls(&mut self, seen: &Seen<'_>, node: NodeId) {
        let name = || (seen.id, seen.world.name(node).to_owned());
        self.all.entry(node).or_insert_with(name);
    }
}

impl Rule for Byzantine {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        if let Some(&Fault::Byzantine { node, .. }) = seen.fault()
            && !seen.world.lies(node).is_empty()
            && !seen.world.is_client(node)
        {
            self.falls(seen, node);
        }
        for (node, fact) in seen.facts::<Fact>() {
            if *fact == Fact::Betrays {
                self.falls(seen, node);
            }
        }
        Ok(())
    }

    fn lacked(&self) -> Option<(EventId, String)> {
        let names: Vec<String> = self.all.values().map(|(_, name)| name.clone()).collect();
        let last = self.all.values().map(|(event, _)| *event).max()?;
        let (f, are) = (self.f, listed(&names));
        let why =
            format!("it is assumed that at most f = {f} of 3f + 1 replicas are Byzantine, and {are} are");
        (names.len() > f).then_some((last, why))
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(&self.all, |r, (node, _)| r.word(node.0));
    }
}
