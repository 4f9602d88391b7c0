//! What the generals promise: IC1, IC2 (section 1), and that it is over after m + 1 rounds.
//!
//! The rule that is easy to break: who is loyal is seen from above. A traitor is whoever does not do what his code says, in time: who was
//! made one, who lies, omits or is late, and who sleeps or falls. Up to m of these are what the algorithm is for, and no excuse.

use super::{Fact, name};
use crate::check::account::listed;
use crate::kit::prelude::*;
use crate::sim::Fault;
use std::collections::BTreeMap;

/// What else is assumed (A1, A3): all that is sent arrives, in its round.
const ROUNDS: &[Need] = &[Need::Fair, Need::NoLoss, Need::Bound, Need::Pace, Need::Clocks];

const ALTERED: &str = "it is assumed that a message arrives as it was sent (A1)";

pub(super) fn promises(p: &Params) -> Vec<Box<dyn Property>> {
    let oral = p.word("messages") == "oral";
    let rule = |commanded| Obedience {
        commanded,
        n: p.int("generals") as usize,
        m: p.int("m") as usize,
        oral,
        ..Obedience::default()
    };
    let ic1 = Promised::safety("IC1", "all loyal lieutenants obey the same order", rule(false));
    let claim = "if the commander is loyal, every loyal lieutenant obeys the order that he sends";
    let ic2 = Promised::safety("IC2", claim, rule(true));
    let lieutenants = (1..p.int("generals") as u16).map(NodeId);
    let claim = "after m + 1 rounds every lieutenant has decided";
    let over = termination("Termination", claim, lieutenants, |f: &Fact| matches!(f, Fact::Decided { .. }));
    vec![
        ic1.needs(ROUNDS).rests_on(ALTERED).boxed(),
        ic2.needs(ROUNDS).rests_on(ALTERED).boxed(),
        over.needs(&[Need::AllUp, Need::NoPause, Need::Onward]).boxed(),
    ]
}

/// Who obeys what, and who is no loyal general.
#[derive(Clone, Default)]
struct Obedience {
    // IC2, else IC1.
    commanded: bool,
    n: usize,
    m: usize,
    oral: bool,
    traitors: BTreeMap<NodeId, EventId>,
    ordered: Option<(bool, EventId)>,
    obeyed: BTreeMap<NodeId, (bool, EventId)>,
    // A message between loyal generals came after its round.
    late: Option<(EventId, String)>,
    lacked: Option<(EventId, String)>,
}

/// Who is no loyal general any more after this.
fn fallen(world: &World, fault: &Fault) -> Option<NodeId> {
    let omits = |node| {
        let c = world.config(node);
        c.send_omission_ppm > 0 || c.receive_omission_ppm > 0 || c.late_us > 0
    };
    match *fault {
        Fault::Crash { node, .. } | Fault::Pause { node } => Some(node),
        Fault::Byzantine { node, .. } if !world.lies(node).is_empty() => Some(node),
        Fault::Node { node, .. } if omits(node) => Some(node),
        _ => None,
    }
}

fn does(attack: bool) -> &'static str {
    if attack { "attacks" } else { "retreats" }
}

impl Obedience {
    fn is_loyal(&self, node: NodeId) -> bool {
        !self.traitors.contains_key(&node)
    }

    fn falls(&mut self, node: NodeId, event: EventId) {
        self.traitors.entry(node).or_insert(event);
        self.obeyed.remove(&node);
    }

    fn decides(&mut self, seen: &Seen<'_>, node: NodeId, attack: bool) -> Result<(), Broken> {
        let who = seen.world.name(node);
        let other = self.obeyed.iter().find(|(_, (other, _))| *other != attack);
        let other = other.map(|(&n, &(other, event))| (seen.world.name(n), other, event));
        self.obeyed.insert(node, (attack, seen.id));
        let against = match self.commanded {
            true => self.ordered.filter(|(order, _)| *order != attack && self.is_loyal(NodeId(0))),
            false => None,
        };
        let broken = match (against, other) {
            (Some((order, event)), _) => {
                let order = if order { "attack" } else { "retreat" };
                let why = format!(
                    "the commander is loyal and orders {order}, and {who}, who is loyal, {}",
                    does(attack)
                );
                Broken::new([event, seen.id], why)
            }
            (None, Some((first, other, event))) if !self.commanded => {
                let why = format!("{first} {}, and {who} {}, and both are loyal", does(other), does(attack));
                Broken::new([event, seen.id], why)
            }
            _ => return Ok(()),
        };
        self.lacked = self.short_of(seen).or_else(|| self.late.clone());
        Err(broken)
    }

    /// What the theorems ask for and is not so.
    fn short_of(&self, seen: &Seen<'_>) -> Option<(EventId, String)> {
        let (n, m, k) = (self.n, self.m, self.traitors.len());
        let &last = self.traitors.values().max()?;
        let names: Vec<String> = self.traitors.keys().map(|&t| seen.world.name(t).to_owned()).collect();
        let names = listed(&names);
        if k > m {
            let are = if k == 1 { "is one" } else { "are traitors" };
            return Some((
                last,
                format!("it is assumed that at most m = {m} are traitors, and {names} {are}"),
            ));
        }
        let need = 3 * m + 1;
        (self.oral && n < need).then(|| {
            let why = format!(
                "it is assumed that there are 3m + 1 = {need} generals, and there are {n}, {names} a traitor"
            );
            (last, why)
        })
    }
}

impl Rule for Obedience {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        if let Some(node) = seen.fault().and_then(|f| fallen(seen.world, f)) {
            self.falls(node, seen.id);
        }
        for (node, fact) in seen.facts::<Fact>() {
            match *fact {
                Fact::Betrays => self.falls(node, seen.id),
                Fact::Ordered { attack } => self.ordered = Some((attack, seen.id)),
                Fact::Late { from } if self.is_loyal(NodeId(from)) && self.is_loyal(node) => {
                    let (from, to) = (name(from as u8), seen.world.name(node));
                    let why = format!(
                        "it is assumed that messages arrive in the round in which they are sent, and one from {from} to {to} came later"
                    );
                    self.late = Some((seen.id, why));
                }
                Fact::Decided { attack } if self.is_loyal(node) => self.decides(seen, node, attack)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn lacked(&self) -> Option<(EventId, String)> {
        self.lacked.clone()
    }

    fn weight(&self) -> usize {
        (self.traitors.len() + self.obeyed.len()) * 16
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(&self.traitors, |r, (node, _)| r.word(node.0));
        recall.each(&self.obeyed, |r, (node, (attack, _))| {
            r.word(node.0);
            r.word(u64::from(*attack));
        });
        recall.word(self.ordered.map_or(2, |(attack, _)| u64::from(attack)));
        recall.word(u64::from(self.late.is_some()));
    }
}
