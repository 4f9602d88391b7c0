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

/// The past and the future of one event. On a lane, what is in the past is a beginning and what is in
/// the future is an end, because each event there follows the one before; so two events a lane say it
/// all, and a cone of a run of millions is some numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cone {
    of: EventId,
    // Of each lane the last event in the past and the first in the future; `NONE` without one. Both
    // are `of` itself on its own lane.
    lanes: Vec<(EventId, EventId)>,
    // What is in the past at no node: edits of the network, of a message. Descending.
    beside: Vec<EventId>,
    // How many events have been looked at for the future.
    seen: u32,
}

impl Cone {
    /// The relations of all events to the event `of`, in a world of `nodes` nodes; `None` if there is
    /// no such event. Takes time proportional to the part of the run that had yet to hear of `of`, or
    /// from which `of` had yet to hear: both end once every node is reached.
    pub fn new(trace: &Trace, of: EventId, nodes: usize) -> Option<Cone> {
        let event = trace.get(of)?;
        let mut cone = Cone {
            of,
            lanes: vec![(EventId::NONE, EventId::NONE); nodes],
            beside: Vec::new(),
            seen: of.0 + 1,
        };
        if let Some(own) = cone.lanes.get_mut(event.node.index()) {
            *own = (of, of);
        }
        cone.look_back(trace, event);
        cone.grow(trace);
        Some(cone)
    }

    /// An edge leads to an earlier event, so one sweep from late to early finds all of the past.
    fn look_back(&mut self, trace: &Trace, event: &Event) {
        self.reach(trace, event.cause);
        // An edit of one message happens at no node, and may lie behind any event after it.
        let at_no_node = |id: &EventId| trace.event(*id).node == Event::NOBODY;
        let mut edits = trace.faults().iter().map(|f| f.0);
        let by_hand = edits.find(at_no_node).unwrap_or(EventId::NONE);
        let mut at = self.of.0;
        while at > 0 && (by_hand.0 < at || self.open(at)) {
            at -= 1;
            let id = EventId(at);
            let e = trace.event(id);
            let past = match self.lanes.get(e.node.index()) {
                Some((last, _)) => id <= *last && *last != EventId::NONE,
                None => self.beside.contains(&id),
            };
            if past && e.cause != EventId::NONE {
                self.reach(trace, e.cause);
            }
        }
        self.beside.sort_unstable_by(|a, b| b.cmp(a));
    }

    /// Whether an event before number `at` could still reach a lane that its past has not.
    fn open(&self, at: u32) -> bool {
        let reached = |l: &(EventId, EventId)| l.0 != EventId::NONE && l.0.0 >= at;
        !self.lanes.iter().all(reached)
    }

    fn reach(&mut self, trace: &Trace, past: EventId) {
        let Some(e) = trace.get(past) else { return };
        match self.lanes.get_mut(e.node.index()) {
            Some((last, _)) if *last == EventId::NONE || *last < past => *last = past,
            None if !self.beside.contains(&past) => self.beside.push(past),
            _ => {}
        }
    }

    /// Looks on after the run has gone on; what is past stays so. Forth: the first event of a lane that
    /// was brought about by the event or by something in its future.
    pub fn grow(&mut self, trace: &Trace) {
        let mut left = self.lanes.iter().filter(|l| l.1 == EventId::NONE).count();
        for (id, e) in trace.events_from(EventId(self.seen)) {
            if left == 0 {
                break;
            }
            let waits = self.lanes.get(e.node.index());
            if waits.is_some_and(|l| l.1 == EventId::NONE) && self.follows(trace, e.cause) {
                self.lanes[e.node.index()].1 = id;
                left -= 1;
            }
        }
        self.seen = trace.len() as u32;
    }

    /// Whether `id` is the event itself or in its future.
    fn follows(&self, trace: &Trace, mut id: EventId) -> bool {
        while id != EventId::NONE && id >= self.of {
            let e = trace.event(id);
            match self.lanes.get(e.node.index()) {
                Some((_, first)) => return id >= *first || id == self.of,
                None if id == self.of => return true,
                // What happens at no node follows its cause alone.
                None => id = e.cause,
            }
        }
        false
    }

    /// The event whose cone it is.
    pub fn of(&self) -> EventId {
        self.of
    }

    /// The last event of this lane in the past, and the first in the future; both are the event
    /// itself on its own lane.
    pub fn lane(&self, lane: usize) -> (Option<EventId>, Option<EventId>) {
        let none = (EventId::NONE, EventId::NONE);
        let (past, future) = self.lanes.get(lane).copied().unwrap_or(none);
        (past.some(), future.some())
    }

    /// How `id` stands to the one that is picked.
    pub fn relation(&self, trace: &Trace, id: EventId) -> Relation {
        let Some(event) = trace.get(id) else {
            return Relation::Concurrent;
        };
        let past = match self.lanes.get(event.node.index()) {
            Some((last, _)) => *last != EventId::NONE && id <= *last,
            None => self.beside.contains(&id),
        };
        match past {
            _ if id == self.of => Relation::Same,
            true => Relation::Past,
            false if self.follows(trace, id) => Relation::Future,
            false => Relation::Concurrent,
        }
    }
}

/// The events that directly precede `event` in the causal order.
#[cfg(test)]
fn edges(event: &Event) -> impl Iterator<Item = usize> + use<> {
    [event.prev, event.cause].into_iter().filter_map(|e| e.some().map(EventId::index))
}

/// The vector stamp of `event` (Fidge 1988, Mattern 1989) in a world of `nodes` nodes: for each
/// node, how many of its events happened before or are `event`. One event happened before another
/// exactly if its stamp is smaller or equal in every place.
pub fn stamp(trace: &Trace, event: EventId, nodes: usize) -> Vec<u32> {
    let Some(cone) = Cone::new(trace, event, nodes) else {
        return vec![0; nodes];
    };
    let count = |lane: usize| {
        let (mut at, mut count) = (cone.lane(lane).0, 0);
        while let Some(id) = at {
            count += 1;
            at = trace.event(id).prev.some();
        }
        count
    };
    (0..nodes).map(count).collect()
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
        let mut setup = toy::setup(4, 8, seed);
        setup.link.loss_ppm = 100_000;
        let mut world = crate::sim::world::World::new(setup).unwrap();
        let mut trace = Trace::new();
        world.run_until(&mut trace, SimTime::from_ms(60));
        let node = NodeId(1);
        world.apply(&Fault::Pause { node }, &mut trace).unwrap();
        world.run_until(&mut trace, SimTime::from_ms(110));
        world.apply(&Fault::Resume { node }, &mut trace).unwrap();
        // One dropped by hand, and up to two copied: edits that happen at no node.
        for (i, flying) in world.in_flight().iter().take(3).enumerate() {
            let msg = flying.msg;
            let fault = match i {
                0 => Fault::Drop { msg },
                _ => Fault::Duplicate { msg },
            };
            world.apply(&fault, &mut trace).unwrap();
        }
        world.apply(&Fault::Heal, &mut trace).unwrap();
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
                let cone = Cone::new(&trace, EventId(of as u32), 4).unwrap();
                for other in (0..n).filter(|&i| at(i) < 4) {
                    let expect = match (before(other, of), before(of, other)) {
                        _ if other == of => Relation::Same,
                        (true, _) => Relation::Past,
                        (_, true) => Relation::Future,
                        _ => Relation::Concurrent,
                    };
                    let says = cone.relation(&trace, EventId(other as u32));
                    assert_eq!(says, expect, "{other} to {of}");
                }
            }
        }
    }

    /// By nothing but the two kinds of step: which events can be reached from `of` backwards.
    fn reachable(trace: &Trace, of: usize) -> Vec<bool> {
        let mut found = vec![false; trace.len()];
        let mut open = vec![of];
        while let Some(i) = open.pop() {
            if !std::mem::replace(&mut found[i], true) {
                open.extend(edges(trace.event(EventId(i as u32))));
            }
        }
        found
    }

    /// Every event, those of the network and losses too, is the one, or past, or future, or
    /// concurrent, exactly as a search over program order and messages says.
    #[test]
    fn past_future_and_concurrent_part_all_events_as_a_brute_search_does() {
        for seed in [1, 7] {
            let trace = with_faults(seed);
            let n = trace.len();
            let back: Vec<Vec<bool>> = (0..n).map(|i| reachable(&trace, i)).collect();
            let mut seen = [0; 4];
            for (of, behind) in back.iter().enumerate() {
                let cone = Cone::new(&trace, EventId(of as u32), 4).unwrap();
                for (other, its_past) in back.iter().enumerate() {
                    let expect = match (behind[other], its_past[of]) {
                        (true, true) => Relation::Same,
                        (true, false) => Relation::Past,
                        (false, true) => Relation::Future,
                        (false, false) => Relation::Concurrent,
                    };
                    let says = cone.relation(&trace, EventId(other as u32));
                    assert_eq!(says, expect, "{other} to {of}");
                    seen[says as usize] += 1;
                }
            }
            assert!(seen.iter().all(|&count| count > 50), "{seen:?}");
        }
    }

    #[test]
    fn a_cone_that_grew_with_the_run_is_the_cone_in_the_whole_run() {
        for seed in 0..4 {
            let whole = with_faults(seed);
            for of in (0..60).step_by(7).map(EventId) {
                let mut short = whole.clone();
                short.truncate(70);
                let mut grown = Cone::new(&short, of, 4).unwrap();
                grown.grow(&whole);
                assert_eq!(Some(grown), Cone::new(&whole, of, 4));
            }
        }
    }

    #[test]
    fn the_past_of_a_receipt_contains_the_sending() {
        let trace = with_faults(2);
        let mut receipts = 0;
        for (id, e) in trace.events_from(EventId(0)) {
            let Some(msg) = e.msg() else { continue };
            let cone = Cone::new(&trace, id, 4).unwrap();
            let sent = trace.sent(msg).cause;
            assert_eq!(cone.relation(&trace, sent), Relation::Past);
            let from_there = Cone::new(&trace, sent, 4).unwrap();
            assert_eq!(from_there.relation(&trace, id), Relation::Future);
            receipts += 1;
        }
        assert!(receipts > 40);
        assert!(Cone::new(&trace, EventId(trace.len() as u32), 4).is_none());
        assert_eq!(stamp(&trace, EventId(trace.len() as u32), 4), [0; 4]);
    }
}
