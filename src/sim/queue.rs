//! The event queue: what is to happen, in order of time and then of being scheduled.
//!
//! The rule that is easy to break: nothing compares two entries of the same time. Every list in
//! here is only ever appended to and moved on in order, so equal times leave in the order in which
//! they came. What is rescheduled or withdrawn gets a new stamp in its place; its old key, whose
//! stamp no longer matches, is passed over when it comes up.
//!
//! Keys near in time lie sorted in one short list, later ones wait in a [`super::wheel`]. So a push
//! appends 16 bytes, a key moves two or three times in its life however many there are, and no
//! density of events makes it slow.

use super::time::SimTime;
use super::wheel::{Key, Wheel};

/// A place in the queue's store; valid until the entry is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u32);

// One cache line each, so that taking an entry costs one miss.
#[derive(Clone, Default)]
#[repr(align(64))]
struct Place<T> {
    item: T,
    stamp: u32,
    taken: bool,
}

/// A queue of `T` by time.
#[derive(Clone)]
pub struct Queue<T> {
    // Sorted, from `head` on: every key before `near_end`.
    near: Vec<Key>,
    head: usize,
    near_end: u64,
    wheel: Wheel,
    places: Vec<Place<T>>,
    free: Vec<u32>,
}

/// How long the near list may grow before its later part is put into the wheel.
const NEAR_MOST: usize = 96;

impl<T: Default> Default for Queue<T> {
    fn default() -> Self {
        Queue {
            near: Vec::new(),
            head: 0,
            near_end: u64::MAX,
            wheel: Wheel::default(),
            places: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<T: Default> Queue<T> {
    /// Schedules an entry at `time`, and gives its place to be filled. The place holds what its
    /// last user left there.
    #[inline]
    pub fn push(&mut self, time: SimTime) -> &mut T {
        let at = match self.free.pop() {
            Some(at) => at,
            None => self.grow(),
        };
        let stamp = self.places[at as usize].stamp;
        self.key(Key::new(time.0, at, stamp));
        let place = &mut self.places[at as usize];
        place.taken = false;
        &mut place.item
    }

    #[cold]
    fn grow(&mut self) -> u32 {
        let at = u32::try_from(self.places.len());
        self.places.push(Place::default());
        at.unwrap_or_else(|_| unreachable!("four billion entries queued"))
    }

    #[inline]
    fn key(&mut self, key: Key) {
        if key.time >= self.near_end {
            self.wheel.push(key);
            return;
        }
        if self.near.last().is_none_or(|l| l.time <= key.time) {
            self.near.push(key);
        } else {
            let at = self.near[self.head..].partition_point(|k| k.time <= key.time);
            self.near.insert(self.head + at, key);
        }
        if self.near.len() > self.head + NEAR_MOST {
            self.spill();
        }
    }

    /// Puts the later part of a long near list into the wheel. Keys of one time stay together.
    #[cold]
    fn spill(&mut self) {
        self.near.drain(..self.head);
        self.head = 0;
        let middle = self.near[NEAR_MOST / 3].time;
        let mut end = middle.saturating_add(1);
        let mut cut = self.near.partition_point(|k| k.time < end);
        if cut == self.near.len() {
            end = middle;
            cut = self.near.partition_point(|k| k.time < end);
        }
        if cut == 0 || cut == self.near.len() {
            // All at one instant: what is pushed at it is appended, which is cheap.
            return;
        }
        if self.wheel.is_empty() {
            self.wheel.start_at(end);
        } else if end < self.wheel.base() {
            // The queue was asked for its next time, and then something earlier was scheduled.
            self.wheel.rebase(end);
        }
        self.near_end = end;
        for key in self.near.drain(cut..) {
            self.wheel.push(key);
        }
    }

    /// Brings the next keys near. False if there are none.
    #[cold]
    fn load(&mut self) -> bool {
        self.near.clear();
        self.head = 0;
        while self.near.is_empty() {
            if self.wheel.is_empty() {
                self.near_end = u64::MAX;
                return false;
            }
            self.near_end = self.wheel.take_next(&mut self.near);
            // Reads every place once, one independent of the other, so that their cache misses
            // overlap; and drops dead keys before they count.
            let places = &self.places;
            self.near.retain(|k| places[k.place()].stamp == k.stamp());
        }
        true
    }

    /// The key that comes next and is alive.
    #[inline]
    fn next(&mut self) -> Option<Key> {
        loop {
            let Some(&key) = self.near.get(self.head) else {
                if !self.load() {
                    return None;
                }
                continue;
            };
            if self.places[key.place()].stamp == key.stamp() {
                return Some(key);
            }
            self.head += 1;
        }
    }

    /// The time of the next entry, for who may only look. It may have to look at many; [`Queue::next_time`] brings
    /// them near, so that each is looked at once.
    pub fn peek_time(&self) -> Option<SimTime> {
        let alive = |k: Key| self.places[k.place()].stamp == k.stamp();
        let near = self.near[self.head..].iter().find(|k| alive(**k));
        let time = near.map(|k| k.time).or_else(|| self.wheel.first_alive(alive));
        time.map(SimTime)
    }

    /// The time of the next entry.
    #[inline]
    pub fn next_time(&mut self) -> Option<SimTime> {
        self.next().map(|k| SimTime(k.time))
    }

    /// The place of the entry that comes next.
    pub fn first_ticket(&mut self) -> Option<Ticket> {
        self.next().map(|k| Ticket(k.ticket()))
    }

    /// Takes the next entry. It stays readable at its ticket until the next push.
    #[inline]
    pub fn pop(&mut self) -> Option<(SimTime, Ticket)> {
        let key = self.next()?;
        self.head += 1;
        if self.head == self.near.len() {
            self.near.clear();
            self.head = 0;
        } else if self.head >= 4 * NEAR_MOST {
            self.near.drain(..self.head);
            self.head = 0;
        }
        let place = &mut self.places[key.place()];
        place.stamp = place.stamp.wrapping_add(1);
        place.taken = true;
        let at = key.ticket();
        self.free.push(at);
        Some((SimTime(key.time), Ticket(at)))
    }

    /// Moves an entry to another time, behind what is scheduled for it.
    pub fn reschedule(&mut self, ticket: Ticket, time: SimTime) {
        self.suspend(ticket);
        let stamp = self.places[ticket.0 as usize].stamp;
        self.key(Key::new(time.0, ticket.0, stamp));
    }

    /// Keeps an entry but takes it out of time, until it is rescheduled.
    pub fn suspend(&mut self, ticket: Ticket) {
        let place = &mut self.places[ticket.0 as usize];
        place.stamp = place.stamp.wrapping_add(1);
    }

    /// The bytes that a clone takes, roughly.
    pub fn weight(&self) -> usize {
        self.places.len() * size_of::<Place<T>>()
            + self.near.len() * size_of::<Key>()
            + self.free.len() * size_of::<u32>()
            + self.wheel.weight()
    }

    /// All entries, in the order of their places.
    pub fn iter(&self) -> impl Iterator<Item = (Ticket, &T)> {
        self.places.iter().enumerate().filter_map(|(i, p)| (!p.taken).then_some((Ticket(i as u32), &p.item)))
    }

    /// The ticket that the next push will give.
    pub fn next_ticket(&self) -> Ticket {
        Ticket(self.free.last().copied().unwrap_or(self.places.len() as u32))
    }

    /// How many places there are, taken or not: so many are looked at by [`Queue::iter`].
    pub fn size(&self) -> usize {
        self.places.len()
    }

    /// What is at `ticket`, for who may only look.
    pub fn look(&self, ticket: Ticket) -> &T {
        &self.places[ticket.0 as usize].item
    }

    /// What is or was last at `ticket`.
    #[inline]
    pub fn at(&mut self, ticket: Ticket) -> &mut T {
        &mut self.places[ticket.0 as usize].item
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::hash::mix;
    use std::collections::BTreeMap;

    fn push(q: &mut Queue<u64>, time: u64, item: u64) -> Ticket {
        *q.push(SimTime(time)) = item;
        q.iter().find(|(_, i)| **i == item).unwrap().0
    }

    fn pop(q: &mut Queue<u64>) -> Option<(u64, u64)> {
        let (time, ticket) = q.pop()?;
        Some((time.0, *q.at(ticket)))
    }

    #[test]
    fn equal_times_come_out_in_the_order_of_scheduling() {
        let mut q = Queue::default();
        for i in 0..10_000u64 {
            *q.push(SimTime(i % 7)) = i;
        }
        let mut last = None;
        while let Some(next) = pop(&mut q) {
            assert!(Some(next) > last, "{next:?} after {last:?}");
            last = Some(next);
        }
        assert_eq!(last.unwrap().0, 6);
    }

    #[test]
    fn what_is_seen_is_what_comes_out_where_all_that_is_near_is_withdrawn() {
        let mut q = Queue::default();
        let tickets: Vec<Ticket> = (0..500).map(|i| push(&mut q, i * i, i)).collect();
        for (i, ticket) in tickets.into_iter().enumerate() {
            if i % 50 != 49 {
                q.suspend(ticket);
            }
        }
        let mut seen = Vec::new();
        while let Some(time) = q.peek_time() {
            assert_eq!(pop(&mut q).map(|(t, _)| t), Some(time.0));
            seen.push(time.0);
        }
        assert_eq!(seen.len(), 10);
        assert_eq!(q.pop(), None, "nothing was seen, and nothing is there");
    }

    #[test]
    fn what_is_rescheduled_comes_once_and_what_is_suspended_not_at_all() {
        let mut q = Queue::default();
        let a = push(&mut q, 1, 100);
        let b = push(&mut q, 2, 200);
        push(&mut q, 3, 300);
        q.reschedule(a, SimTime(4));
        q.suspend(b);
        assert_eq!(q.next_time(), Some(SimTime(3)));
        assert_eq!(pop(&mut q), Some((3, 300)));
        assert_eq!(pop(&mut q), Some((4, 100)));
        assert_eq!(pop(&mut q), None);
        q.reschedule(b, SimTime(9));
        assert_eq!(pop(&mut q), Some((9, 200)));
    }

    /// Against a map ordered by (time, number of scheduling), the plainest queue there is: random
    /// pushes, pops, reschedulings, suspensions and clones, in crowds of several sizes, over spans
    /// from one microsecond to beyond the longest run.
    #[test]
    fn it_is_a_map_ordered_by_time_and_number() {
        for (round, &span) in [1, 3, 200, 70_000, 1 << 20, 1 << 40, 1 << 62].iter().enumerate() {
            for crowd in [2, 40, 3_000] {
                against_a_map(mix(round as u64 * 7 + crowd), span, crowd);
            }
        }
    }

    fn against_a_map(seed: u64, span: u64, crowd: u64) {
        let mut state = seed;
        let mut draw = |n: u64| {
            state = mix(state.wrapping_add(0x9e37_79b9_7f4a_7c15));
            ((u128::from(state) * u128::from(n)) >> 64) as u64
        };
        let mut q: Queue<u64> = Queue::default();
        let mut map: BTreeMap<(u64, u64), u64> = BTreeMap::new();
        let mut aside: Vec<u64> = Vec::new();
        let (mut now, mut number) = (0, 0);
        for step in 0..20_000u64 {
            number += 1;
            // Whoever looks sees what comes out next, however much of it is withdrawn, and moves nothing.
            let first = map.keys().next().map(|k| k.0);
            assert_eq!(q.peek_time().map(|t| t.0), first, "step {step}, span {span}, crowd {crowd}");
            let grows = (map.len() as u64) < crowd;
            match draw(100) {
                0..60 if grows => {
                    let time = now + draw(span);
                    *q.push(SimTime(time)) = step;
                    map.insert((time, number), step);
                }
                60..64 if crowd < 100 => {
                    let Some((&key, &item)) = map.iter().nth(draw(map.len() as u64 + 1) as usize) else {
                        continue;
                    };
                    let ticket = q.iter().find(|(_, i)| **i == item).unwrap().0;
                    map.remove(&key);
                    if draw(3) == 0 {
                        q.suspend(ticket);
                        aside.push(item);
                    } else {
                        let time = now + draw(span);
                        q.reschedule(ticket, SimTime(time));
                        map.insert((time, number), item);
                    }
                }
                64..66 => {
                    if let Some(item) = aside.pop() {
                        let ticket = q.iter().find(|(_, i)| **i == item).unwrap().0;
                        let time = now + draw(span);
                        q.reschedule(ticket, SimTime(time));
                        map.insert((time, number), item);
                    }
                }
                66 => q = q.clone(),
                67..70 => {
                    assert_eq!(q.next_time().map(|t| t.0), map.keys().next().map(|k| k.0));
                }
                _ => {
                    let expected = map.pop_first().map(|((time, _), item)| (time, item));
                    let found = pop(&mut q);
                    assert_eq!(found, expected, "step {step}, span {span}, crowd {crowd}");
                    now = found.map_or(now, |(time, _)| time.min(1 << 62));
                }
            }
        }
        assert_eq!(q.iter().count(), map.len() + aside.len());
    }
}
