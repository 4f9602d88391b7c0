//! A hierarchical timing wheel (Varghese and Lauck 1987, scheme 7): where the queue keeps what is
//! not near in time. Eight levels of 256 slots, one level for each byte of the time in microseconds.
//!
//! The rule that is easy to break: keys of one time stay in the order in which they came. They
//! always lie in the same slot, every slot is only appended to, and is moved on from its front; what
//! sorts must be stable.

/// How many keys are brought near at once, if they come in small slots.
const NEAR_LOAD: usize = 24;
/// The largest slot that is sorted; a larger one is spread over the level below.
const SORT_MOST: usize = 64;

/// Two words, so that it travels in registers.
#[derive(Clone, Copy)]
pub(super) struct Key {
    pub time: u64,
    // The place in the queue's store above, its stamp below.
    what: u64,
}

impl Key {
    #[inline]
    pub fn new(time: u64, place: u32, stamp: u32) -> Self {
        Key { time, what: u64::from(place) << 32 | u64::from(stamp) }
    }

    #[inline]
    pub fn place(self) -> usize {
        self.ticket() as usize
    }

    #[inline]
    pub fn ticket(self) -> u32 {
        (self.what >> 32) as u32
    }

    #[inline]
    pub fn stamp(self) -> u32 {
        self.what as u32
    }
}

/// A hierarchical timing wheel of keys.
#[derive(Clone, Default)]
pub(super) struct Wheel {
    // A key lies at the level of the highest byte in which its time differs from `base`, in the
    // slot of that byte. No key is before `base`.
    base: u64,
    count: usize,
    levels: Vec<Level>,
    spare: Spare,
}

#[derive(Clone, Default)]
struct Level {
    occupied: [u64; 4],
    slots: Vec<Vec<Key>>,
}

/// Emptied lists, to be used again, so that no slot keeps more than it needs. Not worth cloning.
#[derive(Default)]
struct Spare(Vec<Vec<Key>>);

impl Clone for Spare {
    fn clone(&self) -> Self {
        Spare::default()
    }
}

impl Level {
    #[inline]
    fn first(&self) -> Option<usize> {
        let word = self.occupied.iter().position(|&w| w != 0)?;
        Some(word << 6 | self.occupied[word].trailing_zeros() as usize)
    }
}

impl Wheel {
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The bytes that a clone takes, roughly.
    pub fn weight(&self) -> usize {
        let slots: usize = self.levels.iter().map(|l| l.slots.len()).sum();
        slots * size_of::<Vec<Key>>() + self.count * size_of::<Key>()
    }

    /// No key is before this time.
    pub fn base(&self) -> u64 {
        self.base
    }

    /// Says that no key will come that is before `base`. The wheel must be empty.
    pub fn start_at(&mut self, base: u64) {
        self.base = base;
    }

    #[inline]
    pub fn push(&mut self, key: Key) {
        let level = (63 - ((key.time ^ self.base) | 1).leading_zeros() as usize) >> 3;
        let slot = (key.time >> (8 * level)) as usize & 255;
        if level >= self.levels.len() {
            self.add_levels(level);
        }
        let Level { occupied, slots } = &mut self.levels[level];
        let list = &mut slots[slot];
        if list.capacity() == 0
            && let Some(spare) = self.spare.0.pop()
        {
            *list = spare;
        }
        list.push(key);
        occupied[slot >> 6] |= 1 << (slot & 63);
        self.count += 1;
    }

    #[cold]
    fn add_levels(&mut self, level: usize) {
        while self.levels.len() <= level {
            self.levels.push(Level { occupied: [0; 4], slots: vec![Vec::new(); 256] });
        }
    }

    /// Files every key anew, under an earlier base.
    pub fn rebase(&mut self, base: u64) {
        let levels = std::mem::take(&mut self.levels);
        self.base = base;
        self.count = 0;
        for key in levels.into_iter().flat_map(|l| l.slots).flatten() {
            self.push(key);
        }
    }

    #[inline]
    fn take_slot(&mut self, level: usize, slot: usize) -> Vec<Key> {
        let Level { occupied, slots } = &mut self.levels[level];
        occupied[slot >> 6] &= !(1 << (slot & 63));
        let list = std::mem::take(&mut slots[slot]);
        self.count -= list.len();
        list
    }

    #[inline]
    fn give_back(&mut self, mut list: Vec<Key>) {
        list.clear();
        if self.spare.0.len() < 256 {
            self.spare.0.push(list);
        }
    }

    /// The earliest time of a key that is `alive`.
    pub fn first_alive(&self, alive: impl Fn(Key) -> bool) -> Option<u64> {
        // What lies at a lower level is earlier, and so is what lies in a lower slot of one level.
        let slots = self.levels.iter().flat_map(|level| &level.slots);
        let times = slots.map(|slot| slot.iter().filter(|k| alive(**k)).map(|k| k.time).min());
        times.flatten().next()
    }

    /// Moves the earliest keys to `near`, which is empty, sorted. Gives the end of their time: all
    /// that stay behind are at or after it. The wheel must not be empty.
    pub fn take_next(&mut self, near: &mut Vec<Key>) -> u64 {
        loop {
            let found = self.levels.iter().position(|l| l.occupied != [0; 4]);
            let level = found.unwrap_or_else(|| unreachable!("the wheel has {}", self.count));
            let shift = 8 * level as u32;
            // What lies at this level differs from the base in this byte at most in those below.
            let above = self.base & !(u64::MAX >> (56 - shift));
            let mut end = None;
            while near.len() < NEAR_LOAD
                && let Some(slot) = self.levels[level].first()
            {
                let start = above | (slot as u64) << shift;
                if level > 0 && self.levels[level].slots[slot].len() > SORT_MOST {
                    if end.is_none() {
                        self.spread(level, slot, start);
                    }
                    break;
                }
                if end.is_none() {
                    self.base = start;
                }
                end = Some(start.saturating_add(1 << shift));
                let list = self.take_slot(level, slot);
                let sorted = near.len();
                near.extend_from_slice(&list);
                if level > 0 {
                    near[sorted..].sort_by_key(|k| k.time);
                }
                self.give_back(list);
            }
            if let Some(end) = end {
                return end;
            }
        }
    }

    /// Spreads a full slot over the levels below.
    fn spread(&mut self, level: usize, slot: usize, start: u64) {
        let list = self.take_slot(level, slot);
        self.base = start;
        for &key in &list {
            self.push(key);
        }
        self.give_back(list);
    }
}
