//! Gauges over what nodes tell first and tell again: deliveries, discoveries, "everyone knows".
//!
//! The rule that is easy to break: a thing told by two nodes is told twice, once by each; told again by the
//! same node, it is a repetition.

use crate::check::{Gauge, Seen, Wake};
use crate::sim::{Fact, NodeId, World};
use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::ops::Bound::{Excluded, Unbounded};

#[derive(Clone, Copy)]
enum What {
    Distinct,
    /// How many are missing of so many.
    ShortOf(u32),
    Repeats,
    Inversions,
    /// When there were so many.
    AllMs(usize),
}

struct Told<F, K, P> {
    what: What,
    pick: P,
    known: BTreeSet<(NodeId, K)>,
    count: u32,
    all_ms: Option<f64>,
    of: PhantomData<F>,
}

impl<F: Fact, K, P> Gauge for Told<F, K, P>
where
    K: Ord + Clone + 'static,
    P: Fn(&F) -> Option<K> + Clone + 'static,
{
    fn after(&mut self, seen: &Seen<'_>) {
        for (node, fact) in seen.facts::<F>() {
            let Some(key) = (self.pick)(fact) else {
                continue;
            };
            let place = (node, key);
            let new = !self.known.contains(&place);
            self.count += match self.what {
                What::Distinct | What::ShortOf(_) | What::AllMs(_) => u32::from(new),
                What::Repeats => u32::from(!new),
                What::Inversions if new => {
                    let later = self.known.range((Excluded(&place), Unbounded));
                    later.take_while(|(n, _)| *n == node).count() as u32
                }
                What::Inversions => 0,
            };
            self.known.insert(place);
            if let What::AllMs(n) = self.what
                && self.all_ms.is_none()
                && self.known.len() >= n
            {
                self.all_ms = Some(seen.event.time.us() as f64 / 1_000.0);
            }
        }
    }

    fn wake(&self) -> Wake {
        Wake::News
    }

    fn value(&self, _: &World) -> Option<f64> {
        match self.what {
            What::AllMs(_) => self.all_ms,
            What::ShortOf(n) => Some(f64::from(n.saturating_sub(self.count))),
            _ => Some(f64::from(self.count)),
        }
    }

    fn weight(&self) -> usize {
        self.known.len() * size_of::<(NodeId, K)>()
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(Told { pick: self.pick.clone(), known: self.known.clone(), ..*self })
    }
}

fn told<F: Fact, K: Ord + Clone + 'static>(
    what: What,
    pick: impl Fn(&F) -> Option<K> + Clone + 'static,
) -> Box<dyn Gauge> {
    Box::new(Told { what, pick, known: BTreeSet::new(), count: 0, all_ms: None, of: PhantomData })
}

/// How many different things were told, each counted once a node.
pub fn distinct<F: Fact, K: Ord + Clone + 'static>(
    pick: impl Fn(&F) -> Option<K> + Clone + 'static,
) -> Box<dyn Gauge> {
    told(What::Distinct, pick)
}

/// How many of `n` different things were not told yet, each counted once a node.
pub fn short_of<F: Fact, K: Ord + Clone + 'static>(
    n: u32,
    pick: impl Fn(&F) -> Option<K> + Clone + 'static,
) -> Box<dyn Gauge> {
    told(What::ShortOf(n), pick)
}

/// How often something was told again by the same node.
pub fn repeats<F: Fact, K: Ord + Clone + 'static>(
    pick: impl Fn(&F) -> Option<K> + Clone + 'static,
) -> Box<dyn Gauge> {
    told(What::Repeats, pick)
}

/// How many pairs a node has told first in the order that is not theirs: the later before the earlier.
pub fn inversions<F: Fact, K: Ord + Clone + 'static>(
    pick: impl Fn(&F) -> Option<K> + Clone + 'static,
) -> Box<dyn Gauge> {
    told(What::Inversions, pick)
}

/// When, in milliseconds of true time, `n` different things had been told: everyone knows, every number
/// has come.
pub fn all_ms<F: Fact, K: Ord + Clone + 'static>(
    n: usize,
    pick: impl Fn(&F) -> Option<K> + Clone + 'static,
) -> Box<dyn Gauge> {
    told(What::AllMs(n), pick)
}
