//! Gauges of a link that sends again: how often messages were sent, and how often until one arrived.
//!
//! The rule that is easy to break: a message that is sent again is known by the layer's number, which counts
//! what was handed over. It says nothing once layers were changed in mid-run: while none is on, nothing is
//! counted. Then these gauges show nothing.

use crate::check::{Gauge, Seen};
use crate::sim::{EventKind, Fault, Loss, MsgId, NodeId, World};
use std::collections::BTreeMap;

/// How many messages of this kind were sent, again or not; copies that links made left out.
pub fn sends(kind: &'static str) -> Box<dyn Gauge> {
    Box::new(Attempts::of(kind, None))
}

/// How often a message of this kind was sent until one of these sends reached the receiver's machine
/// (delivered, held back by a reorder buffer, or known as a second copy): the mean, once `n` messages were
/// handed over and each has arrived. Leaving out those still under way would favour the lucky ones.
pub fn sends_until_arrival(kind: &'static str, n: usize) -> Box<dyn Gauge> {
    Box::new(Attempts::of(kind, Some(n)))
}

/// A message that was handed to a link: how often it was sent, and the first of these sends that arrived.
#[derive(Clone, Copy, Default)]
struct Handed {
    sends: u32,
    first: Option<u32>,
}

/// A link, by its ends, and a place among what was handed to it.
type Place = ((NodeId, NodeId), usize);

#[derive(Clone)]
struct Attempts {
    kind: &'static str,
    all: Option<usize>,
    handed: BTreeMap<(NodeId, NodeId), Vec<Handed>>,
    under_way: BTreeMap<MsgId, (Place, u32)>,
    layers_changed: bool,
}

impl Attempts {
    fn of(kind: &'static str, all: Option<usize>) -> Self {
        Attempts { kind, all, handed: BTreeMap::new(), under_way: BTreeMap::new(), layers_changed: false }
    }

    fn sent(&mut self, seen: &Seen<'_>, msg: MsgId) {
        let sent = seen.trace.sent(msg);
        let link = (sent.from, sent.to);
        let handed = self.handed.entry(link).or_default();
        let place = match seen.event.kind {
            EventKind::Resend => seen.event.data as usize - 1,
            _ => handed.len(),
        };
        handed.resize(handed.len().max(place + 1), Handed::default());
        handed[place].sends += 1;
        let attempt = handed[place].sends;
        self.under_way.insert(msg, ((link, place), attempt));
    }

    fn arrived(&mut self, ((link, place), attempt): (Place, u32)) {
        if let Some(handed) = self.handed.get_mut(&link) {
            let first = handed[place].first.get_or_insert(attempt);
            *first = attempt.min(*first);
        }
    }
}

impl Gauge for Attempts {
    fn after(&mut self, seen: &Seen<'_>) {
        if let Some(Fault::Link { set, .. } | Fault::Links { set }) = seen.fault() {
            self.layers_changed |= set.layers.is_some();
        }
        for (msg, kind) in seen.sent() {
            if kind.name == self.kind {
                self.sent(seen, msg);
            }
        }
        let ended = seen.event.msg().and_then(|m| self.under_way.remove(&m));
        let arrives = seen.event.kind != EventKind::Lost || seen.event.loss == Loss::Duplicate;
        if let Some(ended) = ended.filter(|_| arrives) {
            self.arrived(ended);
        }
    }

    fn value(&self, _: &World) -> Option<f64> {
        if self.layers_changed {
            return None;
        }
        let handed = self.handed.values().flatten();
        let Some(all) = self.all else {
            return Some(f64::from(handed.map(|h| h.sends).sum::<u32>()));
        };
        let firsts: Vec<u32> = handed.map(|h| h.first).collect::<Option<_>>()?;
        let sum = f64::from(firsts.iter().sum::<u32>());
        (firsts.len() >= all).then(|| sum / firsts.len() as f64)
    }

    fn weight(&self) -> usize {
        let handed: usize = self.handed.values().map(|h| 24 + h.len() * 12).sum();
        handed + self.under_way.len() * 24
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}
