//! Linearizability of one register of which each value that is read was written once: decided without a
//! search (Gibbons and Korach 1997, section 4: zones).
//!
//! The rule that is easy to break: it decides only what it was proved for. A swap, or a value that two
//! operations may have written and somebody reads, is left to the search.

use super::problem::{Item, NONE, Problem};

/// A write and the reads of its value: in an order nothing else stands between them.
struct Cluster {
    write: Option<Item>,
    /// The earliest end, and whose: by then the value is there.
    first: (i128, Option<Item>),
    /// The latest beginning, and whose: until then the value is there.
    last: (i128, Option<Item>),
}

impl Cluster {
    fn of(write: Option<Item>) -> Cluster {
        match write {
            Some(w) => Cluster { write, first: (w.end as i128, write), last: (w.call as i128, write) },
            None => Cluster { write, first: (-1, None), last: (-1, None) },
        }
    }

    fn take(&mut self, read: Item) {
        if (read.end as i128) < self.first.0 {
            self.first = (read.end as i128, Some(read));
        }
        if read.call as i128 > self.last.0 {
            self.last = (read.call as i128, Some(read));
        }
    }

    fn shown(&self) -> impl Iterator<Item = usize> {
        [self.write, self.first.1, self.last.1].into_iter().flatten().map(|i| i.op)
    }
}

/// `None` where it cannot be decided so; else the operations that show a violation, and none of them where
/// there is none.
pub(super) fn decide(problem: &Problem) -> Option<Vec<usize>> {
    let fits = problem.timed && problem.start.len() <= 1;
    if !fits || problem.items.iter().any(|i| i.need != NONE && i.give != NONE) {
        return None;
    }
    let mut read = vec![false; problem.slots.len()];
    for item in problem.items.iter().filter(|i| i.need != NONE) {
        read[item.need as usize] = true;
    }
    // One cluster a slot that is read, one a write that nobody has read.
    let mut clusters = Vec::new();
    let mut of_slot = vec![None; problem.slots.len()];
    for &slot in &problem.start {
        of_slot[slot as usize] = Some(0);
        clusters.push(Cluster::of(None));
    }
    for item in problem.items.iter().filter(|i| i.give != NONE) {
        if read[item.give as usize] && of_slot[item.give as usize].replace(clusters.len()).is_some() {
            return None;
        }
        clusters.push(Cluster::of(Some(*item)));
    }
    for item in problem.items.iter().filter(|i| i.need != NONE) {
        let cluster = &mut clusters[of_slot[item.need as usize]?];
        if let Some(write) = cluster.write.filter(|w| item.end < w.call) {
            return Some(vec![write.op, item.op]);
        }
        cluster.take(*item);
    }
    let clash = clash(&clusters);
    let mut shown: Vec<usize> = clash.into_iter().flatten().flat_map(Cluster::shown).collect();
    shown.sort_unstable();
    shown.dedup();
    Some(shown)
}

/// Two clusters of which each must come before the other. If longer circles exist, such two exist.
fn clash(clusters: &[Cluster]) -> Option<[&Cluster; 2]> {
    let mut order: Vec<usize> = (0..clusters.len()).collect();
    order.sort_by_key(|&c| clusters[c].first.0);
    // Of the clusters up to each place of `order`, the two that last longest.
    let mut longest: Vec<[Option<usize>; 2]> = vec![[None, None]];
    for &c in &order {
        let last = |c: &Option<usize>| c.map(|c| clusters[c].last.0);
        let [a, b] = longest[longest.len() - 1];
        longest.push(match Some(c) {
            c if last(&c) > last(&a) => [c, a],
            c if last(&c) > last(&b) => [a, c],
            _ => [a, b],
        });
    }
    order.iter().find_map(|&c| {
        let own = &clusters[c];
        let before = order.partition_point(|&o| clusters[o].first.0 < own.last.0);
        let other = longest[before].into_iter().flatten().find(|&o| o != c)?;
        (clusters[other].last.0 > own.first.0).then(|| [&clusters[other], own])
    })
}
