//! A history as the search sees it: what each operation needs and gives, in lanes whose order is fixed.
//!
//! The rule that is easy to break: only what can help nobody may be left out. An operation of unknown end
//! is left out if its value is never needed, or its own need is never met; one that happened never is.

use super::{Act, Level, Op, Val};
use std::collections::{BTreeMap, BTreeSet};

/// No slot: a write needs none, a read gives none.
pub(super) const NONE: u32 = u32::MAX;

/// An operation. A *slot* is a value of a register.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    /// Its place among the operations that were given.
    pub op: usize,
    /// Its register, counted from 0.
    pub key: u32,
    /// The slot that must hold before.
    pub need: u32,
    /// The slot that holds after.
    pub give: u32,
    pub call: usize,
    pub end: usize,
}

impl Item {
    /// Whether it certainly happened.
    pub(super) fn sure(&self) -> bool {
        self.end != usize::MAX
    }
}

/// What is to be put into one order.
pub(super) struct Problem {
    /// In the order of their beginnings.
    pub items: Vec<Item>,
    /// Items that keep their order.
    pub lanes: Vec<Vec<u32>>,
    /// Items of unknown end that stand in no lane: those of a group do the same, the earliest first.
    pub groups: Vec<Vec<u32>>,
    /// The register of each slot.
    pub slots: Vec<u32>,
    /// The slot that each register holds at first.
    pub start: Vec<u32>,
    /// Whether an operation that begins after another's end comes after it.
    pub timed: bool,
}

impl Problem {
    /// # Errors
    /// The place of a read, or of a swap, of what nobody has written.
    pub(super) fn new(ops: &[Op], level: Level) -> Result<Problem, usize> {
        let mut problem = Problem {
            items: Vec::new(),
            lanes: Vec::new(),
            groups: Vec::new(),
            slots: Vec::new(),
            start: Vec::new(),
            timed: level == Level::Linearizable,
        };
        problem.take(ops);
        problem.drop_useless()?;
        match level {
            Level::Linearizable => problem.lanes_by_time(),
            Level::Sequential => problem.lanes_by_process(ops),
        }
        Ok(problem)
    }

    fn take(&mut self, ops: &[Op]) {
        let mut keys: BTreeMap<usize, u32> = BTreeMap::new();
        let mut slots: BTreeMap<(u32, Val), u32> = BTreeMap::new();
        let mut slot = |key: u32, val: Val, all: &mut Vec<u32>| {
            *slots.entry((key, val)).or_insert_with(|| {
                all.push(key);
                all.len() as u32 - 1
            })
        };
        for (i, op) in ops.iter().enumerate() {
            let count = keys.len() as u32;
            let key = *keys.entry(op.key).or_insert(count);
            if key == count {
                self.start.push(slot(key, 0, &mut self.slots));
            }
            let (need, give) = match op.act {
                Act::Read(v) => (Some(v), None),
                Act::Write(v) => (None, Some(v)),
                // What puts back what it found is a read.
                Act::Cas(a, b) => (Some(a), Some(b).filter(|_| a != b)),
            };
            let mut slot = |v: Option<Val>| v.map_or(NONE, |v| slot(key, v, &mut self.slots));
            let (need, give) = (slot(need), slot(give));
            self.items.push(Item { op: i, key, need, give, call: op.call, end: op.end });
        }
        self.items.sort_by_key(|i| i.call);
    }

    /// Leaves out what may not have happened and could help nobody; so does what is needed by, or helped
    /// by, nothing but that.
    fn drop_useless(&mut self) -> Result<(), usize> {
        let (mut wants, mut gives) = (vec![Vec::new(); self.slots.len()], vec![Vec::new(); self.slots.len()]);
        let (mut wanted, mut given) = (vec![0_usize; self.slots.len()], vec![0_usize; self.slots.len()]);
        for (i, item) in self.items.iter().enumerate() {
            if item.need != NONE {
                wants[item.need as usize].push(i);
                wanted[item.need as usize] += 1;
            }
            if item.give != NONE {
                gives[item.give as usize].push(i);
                given[item.give as usize] += 1;
            }
        }
        for &slot in &self.start {
            given[slot as usize] += 1;
        }
        let mut gone = vec![false; self.items.len()];
        let mut open: Vec<usize> = (0..self.items.len()).rev().collect();
        while let Some(i) = open.pop() {
            let Item { need, give, .. } = self.items[i];
            let helps = give != NONE && wanted[give as usize] > 0;
            let can = need == NONE || given[need as usize] > 0;
            if self.items[i].sure() || gone[i] || helps && can {
                continue;
            }
            gone[i] = true;
            if need != NONE {
                wanted[need as usize] -= 1;
                if wanted[need as usize] == 0 {
                    open.extend(&gives[need as usize]);
                }
            }
            if give != NONE {
                given[give as usize] -= 1;
                if given[give as usize] == 0 {
                    open.extend(&wants[give as usize]);
                }
            }
        }
        let lone = |i: &&Item| i.sure() && i.need != NONE && given[i.need as usize] == 0;
        if let Some(item) = self.items.iter().find(lone) {
            return Err(item.op);
        }
        let mut gone = gone.into_iter();
        self.items.retain(|_| !gone.next().unwrap_or(false));
        Ok(())
    }

    /// What does not overlap shares a lane, as far as it can: few lanes are quickly looked through.
    fn lanes_by_time(&mut self) {
        let mut free: BTreeSet<(usize, usize)> = BTreeSet::new();
        let mut groups = Groups::new();
        for (i, item) in self.items.iter().enumerate() {
            if !item.sure() {
                groups.entry((item.need, item.give)).or_default().push(i as u32);
                continue;
            }
            let last = free.range(..(item.call, 0)).next_back().copied();
            let lane = last.map_or(self.lanes.len(), |(_, lane)| lane);
            match last {
                Some(place) => _ = free.remove(&place),
                None => self.lanes.push(Vec::new()),
            }
            self.lanes[lane].push(i as u32);
            free.insert((item.end, lane));
        }
        self.groups = groups.into_values().collect();
    }

    fn lanes_by_process(&mut self, ops: &[Op]) {
        let mut lanes: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        for (i, item) in self.items.iter().enumerate() {
            lanes.entry(ops[item.op].process).or_default().push(i as u32);
        }
        let mut groups = Groups::new();
        for lane in lanes.into_values() {
            let item = self.items[lane[0] as usize];
            match lane.len() == 1 && !item.sure() {
                true => groups.entry((item.need, item.give)).or_default().push(lane[0]),
                false => self.lanes.push(lane),
            }
        }
        self.groups = groups.into_values().collect();
    }
}

/// By what they need and give.
type Groups = BTreeMap<(u32, u32), Vec<u32>>;
