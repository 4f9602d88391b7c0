//! Small worlds drawn at random, for what search says to be compared with what happens.

use faultline::kit::{Entry, ParamKind, Params, Value};
use faultline::sim::streams::below;
use faultline::sim::{Delay, Fault, LinkPatch, NodeId, NodePatch, Partition};
use rand::Rng;
use std::collections::BTreeMap;

/// Dice for one case.
pub struct Dice<R>(pub R);

impl<R: Rng> Dice<R> {
    /// One of `n`, from 0 on.
    pub fn below(&mut self, n: usize) -> usize {
        below(self.0.next_u64(), n as u64) as usize
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// A small world: most sizes at their smallest, everything else at random, perhaps a rule left out.
pub fn params<R: Rng>(dice: &mut Dice<R>, entry: &Entry) -> Option<Params> {
    let mut given = BTreeMap::new();
    for param in entry.params {
        let value = match param.kind {
            ParamKind::Bool(_) if dice.one_in(2) => Value::Bool(dice.one_in(2)),
            ParamKind::Int { min, unit: "", .. } if !dice.one_in(3) => Value::Int(min),
            ParamKind::Int { min, max, unit: "", .. } => Value::Int((min + 1).min(max)),
            ParamKind::Choice(words) if dice.one_in(2) => {
                Value::Word(words[dice.below(words.len())].id.to_owned())
            }
            _ => continue,
        };
        given.insert(param.id.to_owned(), value);
    }
    if !entry.mutants.is_empty() && dice.one_in(2) {
        let mutant = &entry.mutants[dice.below(entry.mutants.len())];
        given.insert("mutant".to_owned(), Value::Word(mutant.id.to_owned()));
        for set in mutant.with {
            let (id, value) = set.split_once('=')?;
            let param = entry.params.iter().find(|p| p.id == id)?;
            given.insert(
                id.to_owned(),
                match param.kind {
                    ParamKind::Bool(_) => Value::Bool(value == "true"),
                    ParamKind::Int { .. } => Value::Int(value.parse().ok()?),
                    ParamKind::Choice(_) => Value::Word(value.to_owned()),
                },
            );
        }
    }
    entry.params(&given).ok()
}

/// What is done to the world before anything happens.
pub fn settings<R: Rng>(dice: &mut Dice<R>, nodes: u16) -> Vec<Fault> {
    let mut faults = Vec::new();
    let links = |set| Fault::Links { set };
    if dice.one_in(4) {
        let node = NodeId(dice.below(usize::from(nodes)) as u16);
        let set = match dice.below(3) {
            0 => NodePatch { service_us: Some(1_000), ..NodePatch::default() },
            1 => NodePatch { sync_us: Some(1_000), ..NodePatch::default() },
            _ => NodePatch { late_us: Some(500), ..NodePatch::default() },
        };
        faults.push(Fault::Node { node, set });
    }
    if dice.one_in(4) {
        faults.push(links(LinkPatch { fifo: Some(true), ..LinkPatch::default() }));
    }
    if dice.one_in(5) {
        let delay = Delay::Constant { us: [0, 10_000][dice.below(2)] };
        faults.push(links(LinkPatch { delay: Some(delay), ..LinkPatch::default() }));
    }
    if dice.one_in(6) && nodes > 1 {
        let groups = vec![vec![NodeId(0)], (1..nodes).map(NodeId).collect()];
        faults.push(Fault::Partition(Partition { groups, one_way: dice.one_in(2), up_us: 0, down_us: 0 }));
    }
    faults
}

/// A number from the environment.
#[expect(clippy::disallowed_methods, reason = "how much to try is asked of whoever runs the test")]
pub fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
