//! The event queue: what is to happen, in order of time and then of being scheduled.
//!
//! The rule that is easy to break: an entry is never removed from the heap. What is rescheduled or
//! withdrawn gets a new number in its slot, and the old key, whose number no longer matches, is
//! passed over when it comes up.

use super::time::SimTime;
use dary_heap::QuaternaryHeap;
use std::cmp::Reverse;

/// A place in the queue's store; valid until the entry is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u32);

#[derive(Clone)]
struct Slot<T> {
    number: u64,
    item: Option<T>,
}

/// A queue of `T` by time.
#[derive(Clone)]
pub struct Queue<T> {
    // Time (64 bits), number (40), slot (24), packed so that one comparison orders two entries.
    heap: QuaternaryHeap<Reverse<u128>>,
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    number: u64,
}

const SLOT_BITS: u32 = 24;
const NUMBER_BITS: u32 = 40;

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Queue {
            heap: QuaternaryHeap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            number: 0,
        }
    }
}

impl<T> Queue<T> {
    /// Schedules `item` at `time`.
    #[inline(always)]
    pub fn push(&mut self, time: SimTime, item: T) -> Ticket {
        let number = self.next_number();
        let slot = Slot {
            number,
            item: Some(item),
        };
        let at = match self.free.pop() {
            Some(at) => {
                self.slots[at as usize] = slot;
                at
            }
            None => {
                self.slots.push(slot);
                (self.slots.len() - 1) as u32
            }
        };
        assert!(at >> SLOT_BITS == 0, "more than 16 million entries queued");
        self.key(time, number, at);
        Ticket(at)
    }

    #[inline]
    fn next_number(&mut self) -> u64 {
        self.number += 1;
        assert!(self.number >> NUMBER_BITS == 0, "a trillion entries queued");
        self.number
    }

    #[inline]
    fn key(&mut self, time: SimTime, number: u64, at: u32) {
        let low = number << SLOT_BITS | u64::from(at);
        self.heap
            .push(Reverse(u128::from(time.0) << 64 | u128::from(low)));
    }

    /// The time of the next entry, passing over withdrawn ones.
    #[inline]
    pub fn next_time(&mut self) -> Option<SimTime> {
        loop {
            let Reverse(key) = *self.heap.peek()?;
            if self.is_live(key) {
                return Some(SimTime((key >> 64) as u64));
            }
            self.heap.pop();
        }
    }

    /// Takes the next entry. Call [`Queue::next_time`] first: the head must be live.
    #[inline]
    pub fn pop(&mut self) -> Option<(SimTime, T)> {
        loop {
            let Reverse(key) = self.heap.pop()?;
            if !self.is_live(key) {
                continue;
            }
            let at = key as u32 & ((1 << SLOT_BITS) - 1);
            let item = self.slots[at as usize].item.take()?;
            self.free.push(at);
            return Some((SimTime((key >> 64) as u64), item));
        }
    }

    #[inline]
    fn is_live(&self, key: u128) -> bool {
        let at = key as u32 & ((1 << SLOT_BITS) - 1);
        let number = (key as u64) >> SLOT_BITS;
        let slot = &self.slots[at as usize];
        slot.number == number && slot.item.is_some()
    }

    /// Moves an entry to another time, behind what is scheduled for it.
    pub fn reschedule(&mut self, ticket: Ticket, time: SimTime) {
        let number = self.next_number();
        self.slots[ticket.0 as usize].number = number;
        self.key(time, number, ticket.0);
    }

    /// Keeps an entry but takes it out of time, until it is rescheduled.
    pub fn suspend(&mut self, ticket: Ticket) {
        self.slots[ticket.0 as usize].number = self.next_number();
    }

    /// All entries, in the order of their slots.
    pub fn iter(&self) -> impl Iterator<Item = (Ticket, &T)> {
        self.slots
            .iter()
            .enumerate()
            .filter_map(|(i, s)| Some((Ticket(i as u32), s.item.as_ref()?)))
    }

    /// The entry at `ticket`.
    pub fn get_mut(&mut self, ticket: Ticket) -> Option<&mut T> {
        self.slots.get_mut(ticket.0 as usize)?.item.as_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_times_come_out_in_the_order_of_scheduling() {
        let mut q = Queue::default();
        for i in 0..1_000u64 {
            q.push(SimTime(i % 7), i);
        }
        let mut last = (SimTime(0), None);
        while let Some((t, i)) = q.pop() {
            assert!((t, Some(i)) > last, "{t:?} {i} after {last:?}");
            last = (t, Some(i));
        }
        assert_eq!(last.0, SimTime(6));
    }

    #[test]
    fn what_is_rescheduled_comes_once_and_what_is_suspended_not_at_all() {
        let mut q = Queue::default();
        let a = q.push(SimTime(1), "a");
        let b = q.push(SimTime(2), "b");
        q.push(SimTime(3), "c");
        q.reschedule(a, SimTime(4));
        q.suspend(b);
        assert_eq!(q.next_time(), Some(SimTime(3)));
        assert_eq!(q.pop(), Some((SimTime(3), "c")));
        assert_eq!(q.pop(), Some((SimTime(4), "a")));
        assert_eq!(q.pop(), None);
        q.reschedule(b, SimTime(9));
        assert_eq!(q.pop(), Some((SimTime(9), "b")));
    }
}
