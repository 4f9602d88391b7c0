//! Heartbeats: when one is sent, and whom a process suspects that hears them.
//!
//! A [`Detector`] is part of a protocol's state. The protocol sends the heartbeats, by a [`Pulse`], hands over
//! those that come ([`Detector::heard`]) and the timers that run out ([`Detector::silent`]), and is told
//! when an opinion changes. `silent` names the protocol's own timer for a peer's silence.
//!
//! The rule that is easy to break: a heartbeat proves that its sender ran when it was *sent*. One that is
//! overtaken by a newer one proves nothing any more, and may be from long before a crash; so heartbeats have
//! numbers, and old ones are not news.

use crate::sim::{Ctx, NodeId, Protocol, Span, limits};
use std::collections::BTreeMap;

/// When a process sends: number `i` at `phase + i * period` of its own clock, whatever came between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pulse {
    /// From one to the next.
    pub period: Span,
    /// When number 0 is sent.
    pub phase: Span,
}

impl Pulse {
    /// That of `node` among `n`, all of which send once a period, one after the other.
    pub fn of(node: NodeId, n: u16, period: Span) -> Self {
        let phase = Span(period.0 * u64::from(node.0) / u64::from(n.max(1)));
        Pulse { period, phase }
    }

    /// The number of the newest that is due at this time; -1 before the first.
    pub fn number(&self, at_us: u64) -> i64 {
        (at_us as i64 - self.phase.0 as i64).div_euclid(self.period.0 as i64)
    }

    /// When number `i` is sent, in microseconds.
    pub fn sent_us(&self, i: i64) -> u64 {
        (self.phase.0 as i64 + i * self.period.0 as i64).max(0) as u64
    }

    /// How long it is until the next is due; never zero.
    pub fn until_next(&self, now_us: u64) -> Span {
        Span(self.sent_us(self.number(now_us) + 1) - now_us)
    }
}

/// When silence becomes suspicion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Patience {
    /// So long after it was last heard from: the common way.
    Fixed(Span),
    /// The same, and longer by `step` after each mistake (Chandra and Toueg 1996, figure 10).
    Growing {
        /// At first.
        first: Span,
        /// How much a mistake adds.
        step: Span,
    },
    /// When heartbeat `i` is not there, nor any after it, so long after it was *sent*: its freshness point
    /// (NFD-S: Chen, Toueg, Aguilera 2000). Clocks must agree.
    Fresh(Span),
    /// So long after it was last heard from, and twice as long after each mistake.
    Doubling(Span),
}

/// A changed opinion of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is suspected from now on.
    Suspects,
    /// It is trusted again.
    Trusts,
}

/// What is known of a peer.
#[derive(Clone, Debug, Hash)]
struct Peer {
    pulse: Pulse,
    // The newest heartbeat heard; those sent before this detector started count as heard.
    newest: i64,
    patience: Span,
    suspected: bool,
}

/// Whom a process suspects.
#[derive(Clone, Debug, Hash)]
pub struct Detector {
    patience: Patience,
    peers: BTreeMap<NodeId, Peer>,
}

impl Detector {
    /// It watches these, which send by these pulses.
    pub fn new(patience: Patience, peers: impl IntoIterator<Item = (NodeId, Pulse)>) -> Self {
        let (Patience::Fixed(span)
        | Patience::Growing { first: span, .. }
        | Patience::Fresh(span)
        | Patience::Doubling(span)) = patience;
        let peer = |(node, pulse)| {
            let peer = Peer { pulse, newest: -1, patience: span, suspected: false };
            (node, peer)
        };
        Detector { patience, peers: peers.into_iter().map(peer).collect() }
    }

    /// Begins to watch, at the first boot and after a crash: trusts all, as if heard from just now.
    pub fn start<P: Protocol>(&mut self, ctx: &mut Ctx<'_, P>, silent: impl Fn(NodeId) -> P::Timer) {
        *self = Detector::new(self.patience, self.peers.iter().map(|(n, p)| (*n, p.pulse)));
        let now = ctx.now_us();
        for (&node, peer) in &mut self.peers {
            peer.newest = peer.pulse.number(now);
            ctx.set_timer(silent(node), peer.waits(self.patience, now));
        }
    }

    /// Heartbeat `number` of `node` has come.
    pub fn heard<P: Protocol>(
        &mut self,
        ctx: &mut Ctx<'_, P>,
        node: NodeId,
        number: i64,
        silent: impl Fn(NodeId) -> P::Timer,
    ) -> Option<Change> {
        let now = ctx.now_us();
        let peer = self.peers.get_mut(&node)?;
        if number <= peer.newest {
            return None;
        }
        peer.newest = number;
        let trusted = match self.patience {
            Patience::Fresh(shift) => number >= peer.due(shift, now),
            Patience::Fixed(_) | Patience::Growing { .. } | Patience::Doubling(_) => true,
        };
        let mistaken = trusted && peer.suspected;
        match self.patience {
            Patience::Growing { step, .. } if mistaken => peer.patience.0 += step.0,
            // As long as no run lasts is long enough.
            Patience::Doubling(_) if mistaken => {
                peer.patience.0 = (2 * peer.patience.0).min(limits::SPAN_US);
            }
            _ => {}
        }
        peer.suspected &= !trusted;
        ctx.set_timer(silent(node), peer.waits(self.patience, now));
        mistaken.then_some(Change::Trusts)
    }

    /// The timer of the silence of `node` has run out.
    pub fn silent<P: Protocol>(
        &mut self,
        ctx: &mut Ctx<'_, P>,
        node: NodeId,
        silent: impl Fn(NodeId) -> P::Timer,
    ) -> Option<Change> {
        let now = ctx.now_us();
        let peer = self.peers.get_mut(&node)?;
        let late = match self.patience {
            Patience::Fresh(shift) => {
                ctx.set_timer(silent(node), peer.waits(self.patience, now));
                peer.newest < peer.due(shift, now)
            }
            Patience::Fixed(_) | Patience::Growing { .. } | Patience::Doubling(_) => true,
        };
        let new = late && !peer.suspected;
        peer.suspected |= late;
        new.then_some(Change::Suspects)
    }

    /// Whether it suspects `node`.
    pub fn suspects(&self, node: NodeId) -> bool {
        self.peers.get(&node).is_some_and(|p| p.suspected)
    }

    /// All whom it suspects.
    pub fn suspected(&self) -> impl Iterator<Item = NodeId> {
        let all = self.peers.iter().filter(|(_, p)| p.suspected);
        all.map(|(node, _)| *node)
    }

    /// Whom it watches, with the newest heartbeat of each, and how long it is patient with it.
    pub fn peers(&self) -> impl Iterator<Item = (NodeId, i64, Span)> {
        let one = |(node, p): (&NodeId, &Peer)| (*node, p.newest, p.patience);
        self.peers.iter().map(one)
    }

    /// How long it is patient with `node` now.
    pub fn patience(&self, node: NodeId) -> Option<Span> {
        self.peers.get(&node).map(|p| p.patience)
    }
}

impl Peer {
    /// The newest heartbeat that must have come by now, if each may take `shift`.
    fn due(&self, shift: Span, now_us: u64) -> i64 {
        let shifted = Pulse { phase: Span(self.pulse.phase.0 + shift.0), ..self.pulse };
        shifted.number(now_us)
    }

    /// How long until silence is looked at.
    fn waits(&self, patience: Patience, now_us: u64) -> Span {
        match patience {
            Patience::Fresh(shift) => {
                let next = self.due(shift, now_us) + 1;
                Span(self.pulse.sent_us(next) + shift.0 - now_us)
            }
            Patience::Fixed(_) | Patience::Growing { .. } | Patience::Doubling(_) => self.patience,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Period 300, phase 100: sent at 100, 400, 700.
    #[test]
    fn a_pulse_says_when_each_is_sent() {
        let pulse = Pulse::of(NodeId(1), 3, Span(300));
        assert_eq!([0, 99, 100, 399, 400].map(|t| pulse.number(t)), [-1, -1, 0, 0, 1]);
        assert_eq!([0, 1, 2].map(|i| pulse.sent_us(i)), [100, 400, 700]);
        assert_eq!([0, 100, 399].map(|t| pulse.until_next(t).0), [100, 300, 1]);
    }

    /// Each may take 50: at 149 none is due, at 150 number 0, at 449 still, at 450 number 1.
    #[test]
    fn freshness_points_come_a_shift_after_the_sending() {
        let pulse = Pulse::of(NodeId(1), 3, Span(300));
        let detector = Detector::new(Patience::Fresh(Span(50)), [(NodeId(1), pulse)]);
        let peer = &detector.peers[&NodeId(1)];
        assert_eq!([149, 150, 449, 450].map(|t| peer.due(Span(50), t)), [-1, 0, 0, 1]);
        let waits = |t| peer.waits(detector.patience, t).0;
        assert_eq!([0, 149, 150, 449].map(waits), [150, 1, 300, 1]);
    }
}
