//! Happened-before (Lamport 1978): what could have influenced an event, what it could influence,
//! and what is concurrent with it.
//!
//! The rule that is easy to break: the order has two kinds of step and no other. An event follows
//! the one before it at the same node (`prev`), and the one that brought it about (`cause`: the
//! sending of the message, the setting of the timer). Time on the screen orders nothing.

use crate::sim::{Event, EventId, Trace};

/// How an event stands to the one that is picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It is the one.
    Same,
    /// It could have influenced it.
    Past,
    /// It could be influenced by it.
    Future,
    /// Neither: no message connects the two.
    Concurrent,
}

/// The relations of the events of a stretch of the trace to one event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cone {
    of: usize,
    first: usize,
    // Of the events from `first` on: true if in the past or the future of `of`.
    related: Vec<bool>,
}

/// A cone is worked out over at most this many events either way; beyond them, events count as
/// concurrent. It keeps a click instant in a run of millions.
pub const REACH: usize = 400_000;

impl Cone {
    /// The relations of events `from..to` to the event `of`.
    pub fn new(trace: &Trace, of: EventId, from: usize, to: usize) -> Cone {
        let (of, len) = (of.index(), trace.len());
        if of >= len {
            return Cone::default();
        }
        let first = from.min(of).max(of.saturating_sub(REACH));
        let end = to.max(of + 1).min(len).min(of.saturating_add(REACH));
        let mut related = vec![false; end - first];
        related[of - first] = true;
        let at = |i: usize| trace.event(EventId(i as u32));
        // Back: an edge leads to an earlier event, so one sweep from late to early marks all.
        for i in (first..=of).rev().filter(|_| from < of) {
            if related[i - first] {
                for e in edges(at(i)) {
                    if e >= first {
                        related[e - first] = true;
                    }
                }
            }
        }
        // Forth: an event is in the future if one of the two before it is, or is the one itself.
        for i in of + 1..end {
            related[i - first] = edges(at(i)).any(|e| e >= of && e < i && related[e - first]);
        }
        Cone { of, first, related }
    }

    /// How `event` stands to the one that is picked.
    pub fn relation(&self, event: EventId) -> Relation {
        let i = event.index();
        let related = i >= self.first && self.related.get(i - self.first) == Some(&true);
        match (related, i.cmp(&self.of)) {
            (false, _) => Relation::Concurrent,
            (true, std::cmp::Ordering::Less) => Relation::Past,
            (true, std::cmp::Ordering::Equal) => Relation::Same,
            (true, std::cmp::Ordering::Greater) => Relation::Future,
        }
    }
}

/// The events that directly precede `event` in the causal order.
fn edges(event: &Event) -> impl Iterator<Item = usize> + use<> {
    [event.prev, event.cause]
        .into_iter()
        .filter_map(|e| e.some().map(EventId::index))
}

/// The vector stamp of `event` (Fidge 1988, Mattern 1989) in a world of `nodes` nodes: for each
/// node, how many of its events happened before or are `event`. One event happened before another
/// exactly if its stamp is smaller or equal in every place.
pub fn stamp(trace: &Trace, event: EventId, nodes: usize) -> Vec<u32> {
    let mut stamp = vec![0; nodes];
    if event.index() >= trace.len() {
        return stamp;
    }
    let mut related = vec![false; event.index() + 1];
    related[event.index()] = true;
    for i in (0..=event.index()).rev() {
        if !related[i] {
            continue;
        }
        let e = trace.event(EventId(i as u32));
        if let Some(count) = stamp.get_mut(e.node.index()) {
            *count += 1;
        }
        for before in edges(e) {
            related[before] = true;
        }
    }
    stamp
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Fault, NodeId, SimTime};
    use crate::view::toy;

    /// Vector clocks as the papers define them: every event takes the maximum of what precedes it,
    /// and counts itself.
    fn by_clocks(trace: &Trace, nodes: usize) -> Vec<Vec<u32>> {
        let mut stamps: Vec<Vec<u32>> = Vec::new();
        for (_, e) in trace.events_from(EventId(0)) {
            let mut stamp = vec![0; nodes];
            for before in edges(e) {
                let earlier = stamps[before].iter().zip(&mut stamp);
                earlier.for_each(|(b, s)| *s = (*s).max(*b));
            }
            if let Some(own) = stamp.get_mut(e.node.index()) {
                *own += 1;
            }
            stamps.push(stamp);
        }
        stamps
    }

    fn with_faults(seed: u64) -> Trace {
        let mut setup = toy::setup(4, 3, seed);
        setup.link.loss_ppm = 100_000;
        let mut world = crate::sim::world::World::new(setup).unwrap();
        let mut trace = Trace::new();
        world.run_until(&mut trace, SimTime::from_ms(60));
        let node = NodeId(1);
        world.apply(&Fault::Pause { node }, &mut trace).unwrap();
        world.run_until(&mut trace, SimTime::from_ms(110));
        world.apply(&Fault::Resume { node }, &mut trace).unwrap();
        world.run_until(&mut trace, SimTime::from_ms(230));
        trace
    }

    #[test]
    fn a_stamp_equals_the_vector_clock_of_the_papers() {
        for seed in 0..12 {
            let trace = with_faults(seed);
            let clocks = by_clocks(&trace, 4);
            assert!(clocks.len() > 60);
            for (i, clock) in clocks.iter().enumerate() {
                assert_eq!(&stamp(&trace, EventId(i as u32), 4), clock);
            }
        }
    }

    /// Mattern 1989, theorem 10, for events at nodes: a before b exactly if V(a)[a's node] is at
    /// most V(b)[a's node].
    #[test]
    fn a_cone_says_of_every_pair_what_vector_clocks_say() {
        for seed in 0..6 {
            let trace = with_faults(seed);
            let clocks = by_clocks(&trace, 4);
            let at = |i: usize| trace.event(EventId(i as u32)).node.index();
            let before = |a: usize, b: usize| clocks[a][at(a)] <= clocks[b][at(a)];
            let n = clocks.len();
            for of in (0..n).filter(|&i| at(i) < 4) {
                let cone = Cone::new(&trace, EventId(of as u32), 0, n);
                for other in (0..n).filter(|&i| at(i) < 4) {
                    let expect = match (before(other, of), before(of, other)) {
                        _ if other == of => Relation::Same,
                        (true, _) => Relation::Past,
                        (_, true) => Relation::Future,
                        _ => Relation::Concurrent,
                    };
                    assert_eq!(
                        cone.relation(EventId(other as u32)),
                        expect,
                        "{other} to {of}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_window_beside_the_event_agrees_with_the_whole() {
        let trace = with_faults(3);
        let n = trace.len();
        let whole = Cone::new(&trace, EventId(n as u32 / 2), 0, n);
        for (from, to) in [(0, n / 4), (n / 4, n / 2 + 9), (3 * n / 4, n)] {
            let part = Cone::new(&trace, EventId(n as u32 / 2), from, to);
            for i in from..to {
                let e = EventId(i as u32);
                assert_eq!(part.relation(e), whole.relation(e));
            }
        }
        assert_eq!(stamp(&trace, EventId(n as u32), 4), [0; 4]);
    }
}
