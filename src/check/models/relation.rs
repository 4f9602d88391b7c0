//! What each model keeps: the relation, whose reads see it together, and the choice of who wrote what was read.
//!
//! The rule that is easy to break: a choice of writers is made for all clients at once where one client's reads bind what others
//! may see; elsewhere each client, or each read, has its own, which is the same and is found sooner.

use super::order::{Order, Seen};
use super::{Act, Model, Op, Outcome, spent};
use std::collections::BTreeMap;

/// A history prepared: who may have written what each read has read.
struct History<'a> {
    ops: &'a [Op],
    model: Model,
    /// The operations of each client, in their order.
    clients: Vec<Vec<usize>>,
    /// By register, all its writes.
    writes: BTreeMap<usize, Vec<usize>>,
    /// For each operation that reads, who may have written it.
    sources: Vec<Vec<Option<usize>>>,
}

/// Whether there is a choice of writers, and for each client an order, as `model` wants them.
pub(super) fn explained(ops: &[Op], model: Model, states: u64) -> Outcome {
    let history = History::new(ops, model);
    let reads = || (0..ops.len()).filter(|&i| matches!(ops[i].act, Act::Read(_)) && ops[i].happened());
    if reads().any(|r| history.sources[r].is_empty()) {
        return Outcome::Violated;
    }
    let groups: Vec<Vec<usize>> = match model {
        Model::ReadYourWrites => reads().map(|r| vec![r]).collect(),
        Model::MonotonicReads | Model::MonotonicWrites => history
            .clients
            .iter()
            .map(|own| own.iter().copied().filter(|i| reads().any(|r| r == *i)).collect())
            .collect(),
        _ => vec![reads().collect()],
    };
    let mut left = states.max(1);
    let mut worst = Outcome::Ok;
    for group in groups {
        match history.choose(&group, &mut left) {
            Outcome::Ok => {}
            Outcome::Violated => return Outcome::Violated,
            unknown => worst = unknown,
        }
    }
    worst
}

impl<'a> History<'a> {
    fn new(ops: &'a [Op], model: Model) -> Self {
        let mut own: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut writes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (i, op) in ops.iter().enumerate() {
            own.entry(op.process).or_default().push(i);
            if matches!(op.act, Act::Write(_)) {
                writes.entry(op.key).or_default().push(i);
            }
        }
        let mut clients: Vec<Vec<usize>> = own.into_values().collect();
        clients.iter_mut().for_each(|own| own.sort_by_key(|&i| ops[i].call));
        let sources = ops.iter().map(|op| match op.act {
            Act::Read(v) => {
                let all = writes.get(&op.key).into_iter().flatten().copied();
                let first = (v == 0).then_some(None);
                first.into_iter().chain(all.filter(|&w| ops[w].act == Act::Write(v)).map(Some)).collect()
            }
            _ => Vec::new(),
        });
        let sources = sources.collect();
        History { ops, model, clients, writes, sources }
    }

    /// Tries each choice of who wrote what these have read, in the order of an odometer.
    fn choose(&self, reads: &[usize], left: &mut u64) -> Outcome {
        let mut choice = vec![0; reads.len()];
        loop {
            if *left == 0 {
                return spent();
            }
            *left -= 1;
            let chosen = reads.iter().zip(&choice).map(|(&r, &c)| (r, self.sources[r][c]));
            if self.fits(&chosen.collect()) {
                return Outcome::Ok;
            }
            let turns = |i: &usize| choice[*i] + 1 < self.sources[reads[*i]].len();
            let Some(next) = (0..reads.len()).find(turns) else {
                return Outcome::Violated;
            };
            choice[next] += 1;
            choice[..next].fill(0);
        }
    }

    /// Whether there are orders, if these reads have read of these writes.
    fn fits(&self, from: &BTreeMap<usize, Option<usize>>) -> bool {
        let order = self.relation(from);
        let rivals = |r: usize| self.writes.get(&self.ops[r].key).map_or(&[][..], Vec::as_slice);
        order.is_sound()
            && self.clients.iter().all(|own| {
                let reads: Vec<Seen> = own.iter().filter_map(|i| Some((*i, *from.get(i)?))).collect();
                order.clone().shows(&reads, rivals)
            })
    }

    /// Who is before whom, beyond the reads of whoever looks.
    fn relation(&self, from: &BTreeMap<usize, Option<usize>>) -> Order {
        let mut order = Order::new(self.ops.len());
        let writes = |i: usize| matches!(self.ops[i].act, Act::Write(_));
        for own in &self.clients {
            match self.model {
                Model::Causal => own.windows(2).for_each(|w| _ = order.put(w[0], w[1])),
                Model::MonotonicWrites => {
                    let own: Vec<usize> = own.iter().copied().filter(|&i| writes(i)).collect();
                    own.windows(2).for_each(|w| _ = order.put(w[0], w[1]));
                }
                Model::WritesFollowReads => {
                    for (at, read) in own.iter().enumerate() {
                        let seen = from.get(read).copied().flatten();
                        let then = own[at + 1..].iter().copied().filter(|&i| writes(i));
                        seen.into_iter().for_each(|w| then.clone().for_each(|t| _ = order.put(w, t)));
                    }
                }
                Model::ReadYourWrites => {
                    // Only one read looks; its client's writes have their order for it.
                    let Some(at) = own.iter().position(|i| from.contains_key(i)) else {
                        continue;
                    };
                    let mine: Vec<usize> = own.iter().copied().filter(|&i| writes(i)).collect();
                    mine.windows(2).for_each(|w| _ = order.put(w[0], w[1]));
                    own[..at].iter().filter(|&&i| writes(i)).for_each(|&w| _ = order.put(w, own[at]));
                }
                _ => {}
            }
        }
        if self.model == Model::Causal {
            from.iter().for_each(|(&read, write)| _ = write.map(|w| order.put(w, read)));
        }
        order
    }
}
