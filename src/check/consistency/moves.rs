//! A history on its way into an order: what has its place, what the registers hold, and back again.
//!
//! The rule that is easy to break: `back` undoes all that `put` did, counts and all; and a step that is
//! taken without a choice must lose nothing: if there is an order from here, there is one that begins so.

use super::known::{Packed, Used};
use super::problem::{Item, NONE, Problem};
use std::collections::{BTreeMap, BTreeSet};

/// Where the next operation comes from: a lane, up to a place in it, or a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum From {
    /// The operation at this place of the lane; those of unknown end before it did not happen.
    Lane(u32, u32),
    /// The operation at this place of the lane did not happen.
    Skip(u32),
    Group(u32),
}

/// What `back` must know.
struct Done {
    from: From,
    /// How far the lane was.
    at: u32,
    /// What the register held.
    now: u32,
}

pub(super) struct State<'a> {
    pub p: &'a Problem,
    before: &'a [Vec<u32>],
    after: Vec<Vec<u32>>,
    lane_of: Vec<Option<u32>>,
    pub at: Vec<u32>,
    /// How many of each group have a place, where any has.
    used: BTreeMap<u32, u32>,
    now: Vec<u32>,
    placed: Vec<bool>,
    /// Of what happened and has no place yet, how much there is.
    pub left: usize,
    /// By slot: who needs it of what happened, by their ends.
    musts: Vec<BTreeSet<(usize, u32)>>,
    /// By slot: how many need it, how many give it.
    wants: Vec<u32>,
    gives: Vec<u32>,
    /// By register, and by register and lane: how many write.
    writes: Vec<u32>,
    lane_writes: BTreeMap<(u32, u32), u32>,
    /// By register: the lanes whose next operation is on it.
    heads: Vec<BTreeSet<u32>>,
    /// Whether nothing comes after what begins when it has ended.
    gate: bool,
    /// By lane, the end of the next operation that happened; and when the next one begins.
    ends: BTreeSet<(usize, u32)>,
    calls: BTreeSet<(usize, u32)>,
    /// The first of those ends: what begins later cannot be next.
    until: usize,
    /// Registers that do not hold what the places alone would say.
    odd: BTreeMap<u32, u32>,
    trail: Vec<Done>,
    /// Lanes whose next operation may have become one that needs no choice.
    todo: BTreeSet<u32>,
    /// How often an operation got a place.
    pub steps: u64,
}

impl<'a> State<'a> {
    /// Nothing has its place yet. With a `gate` time counts, even where the level does not ask for it.
    pub(super) fn new(p: &'a Problem, before: &'a [Vec<u32>], gate: bool) -> Self {
        let (slots, keys) = (p.slots.len(), p.start.len());
        let mut state = State {
            p,
            before,
            after: vec![Vec::new(); p.items.len()],
            lane_of: vec![None; p.items.len()],
            at: vec![0; p.lanes.len()],
            used: BTreeMap::new(),
            now: p.start.clone(),
            placed: vec![false; p.items.len()],
            left: p.items.iter().filter(|i| i.sure()).count(),
            musts: vec![BTreeSet::new(); slots],
            wants: vec![0; slots],
            gives: vec![0; slots],
            writes: vec![0; keys],
            lane_writes: BTreeMap::new(),
            heads: vec![BTreeSet::new(); keys],
            gate,
            ends: BTreeSet::new(),
            calls: BTreeSet::new(),
            until: usize::MAX,
            odd: BTreeMap::new(),
            trail: Vec::new(),
            todo: (0..p.lanes.len() as u32).collect(),
            steps: 0,
        };
        for (i, before) in before.iter().enumerate() {
            for &j in before {
                state.after[j as usize].push(i as u32);
            }
        }
        for (l, lane) in p.lanes.iter().enumerate() {
            for &i in lane {
                state.lane_of[i as usize] = Some(l as u32);
            }
        }
        for i in 0..p.items.len() as u32 {
            state.count(i, true);
        }
        for l in 0..p.lanes.len() as u32 {
            state.head(l, true);
        }
        state
    }

    pub(super) fn item(&self, i: u32) -> &'a Item {
        &self.p.items[i as usize]
    }

    /// The operation that a step places.
    pub(super) fn of(&self, from: From) -> u32 {
        match from {
            From::Lane(l, q) => self.p.lanes[l as usize][q as usize],
            From::Skip(l) => self.p.lanes[l as usize][self.at[l as usize] as usize],
            From::Group(g) => self.p.groups[g as usize][self.used(g) as usize],
        }
    }

    /// How many of a group have a place.
    pub(super) fn used(&self, group: u32) -> u32 {
        self.used.get(&group).copied().unwrap_or(0)
    }

    fn use_group(&mut self, group: u32, n: u32) {
        match n {
            0 => _ = self.used.remove(&group),
            n => _ = self.used.insert(group, n),
        }
    }

    /// Counts an operation among those without a place, or no longer.
    fn count(&mut self, i: u32, there: bool) {
        let item = self.item(i);
        let change = |n: &mut u32| *n = if there { *n + 1 } else { *n - 1 };
        if item.need != NONE {
            change(&mut self.wants[item.need as usize]);
            let musts = &mut self.musts[item.need as usize];
            match (item.sure(), there) {
                (true, true) => _ = musts.insert((item.end, i)),
                (true, false) => _ = musts.remove(&(item.end, i)),
                (false, _) => {}
            }
        }
        if item.give != NONE {
            change(&mut self.gives[item.give as usize]);
            change(&mut self.writes[item.key as usize]);
            if let Some(lane) = self.lane_of[i as usize] {
                change(self.lane_writes.entry((item.key, lane)).or_default());
            }
        }
    }

    /// Enters the next operation of a lane where it is looked for, or takes it out.
    fn head(&mut self, lane: u32, there: bool) {
        let rest = &self.p.lanes[lane as usize][self.at[lane as usize] as usize..];
        let Some(&i) = rest.first() else {
            return;
        };
        let item = self.item(i);
        enter(&mut self.heads[item.key as usize], lane, there);
        if self.gate {
            enter(&mut self.calls, (item.call, lane), there);
            if let Some(end) = rest.iter().map(|&i| self.item(i).end).find(|&end| end != usize::MAX) {
                enter(&mut self.ends, (end, lane), there);
            }
            self.until = self.ends.first().map_or(usize::MAX, |(end, _)| *end);
        }
    }

    /// Notes what a register holds, if the places of the operations do not say it.
    fn note(&mut self, key: u32) {
        let seen = |slot: u32| if self.wants[slot as usize] > 0 { slot } else { NONE };
        let (now, start) = (seen(self.now[key as usize]), seen(self.p.start[key as usize]));
        match now == start {
            true => self.odd.remove(&key),
            false => self.odd.insert(key, now),
        };
    }

    /// Gives an operation the next place. Whether there may still be an order: not if a value has gone
    /// that somebody needs and nobody can give.
    pub(super) fn put(&mut self, from: From) -> bool {
        self.steps += 1;
        let i = self.of(from);
        let item = self.item(i);
        let now = self.now[item.key as usize];
        let (mut fine, until) = (true, self.until);
        let at = match from {
            From::Group(g) => {
                self.use_group(g, self.used(g) + 1);
                self.count(i, false);
                0
            }
            From::Lane(l, _) | From::Skip(l) => {
                let at = self.at[l as usize];
                let to = if let From::Lane(_, q) = from { q } else { at };
                self.head(l, false);
                self.at[l as usize] = to + 1;
                self.head(l, true);
                for q in at..=to {
                    self.count(self.p.lanes[l as usize][q as usize], false);
                }
                self.todo.insert(l);
                at
            }
        };
        if !matches!(from, From::Skip(_)) {
            self.placed[i as usize] = true;
            self.left -= usize::from(item.sure());
            if item.give != NONE {
                self.now[item.key as usize] = item.give;
            }
            self.todo.extend(self.after[i as usize].iter().filter_map(|&j| self.lane_of[j as usize]));
        }
        if self.until > until {
            // Time has gone on: these have begun by now.
            let begun = self.calls.range((until + 1, 0)..=(self.until, u32::MAX));
            self.todo.extend(begun.map(|(_, lane)| *lane));
        }
        self.trail.push(Done { from, at, now });
        fine &= self.lives(now);
        self.touch(from, at, |state, i| {
            let item = state.item(i);
            state.note(item.key);
            state.todo.extend(&state.heads[item.key as usize]);
            fine &= item.give == NONE || state.lives(item.give);
        });
        fine
    }

    /// Does something for each operation that a step passed.
    fn touch(&mut self, from: From, at: u32, mut each: impl FnMut(&mut Self, u32)) {
        match from {
            From::Group(g) => {
                let n = self.used(g);
                each(self, self.p.groups[g as usize][n as usize - 1]);
            }
            From::Lane(l, _) | From::Skip(l) => {
                for q in at..self.at[l as usize] {
                    each(self, self.p.lanes[l as usize][q as usize]);
                }
            }
        }
    }

    /// Whether those who need a slot can still find it.
    fn lives(&self, slot: u32) -> bool {
        let slot = slot as usize;
        let now = self.now[self.p.slots[slot] as usize] as usize;
        now == slot || self.gives[slot] > 0 || self.musts[slot].is_empty()
    }

    /// How many steps were taken.
    pub(super) fn depth(&self) -> usize {
        self.trail.len()
    }

    /// Undoes steps until so many are left.
    pub(super) fn back(&mut self, depth: usize) {
        self.todo.clear();
        while self.trail.len() > depth {
            let Some(Done { from, at, now }) = self.trail.pop() else {
                return;
            };
            let (to, i) = match from {
                From::Lane(l, q) => (q, self.p.lanes[l as usize][q as usize]),
                From::Skip(l) => (at, self.p.lanes[l as usize][at as usize]),
                From::Group(g) => (0, self.p.groups[g as usize][self.used(g) as usize - 1]),
            };
            let item = self.item(i);
            self.now[item.key as usize] = now;
            if !matches!(from, From::Skip(_)) {
                self.placed[i as usize] = false;
                self.left += usize::from(item.sure());
            }
            match from {
                From::Group(g) => {
                    self.use_group(g, self.used(g) - 1);
                    self.count(i, true);
                    self.note(item.key);
                }
                From::Lane(l, _) | From::Skip(l) => {
                    self.head(l, false);
                    self.at[l as usize] = at;
                    self.head(l, true);
                    for q in at..=to {
                        let i = self.p.lanes[l as usize][q as usize];
                        self.count(i, true);
                        self.note(self.item(i).key);
                    }
                }
            }
        }
    }

    /// Whether its time has come, and all has its place that is known to be before it.
    fn ready(&self, i: u32) -> bool {
        self.ready_but(i, |_| false)
    }

    /// The same, but for those before it that are such.
    fn ready_but(&self, i: u32, such: impl Fn(u32) -> bool) -> bool {
        self.item(i).call <= self.until
            && self.before[i as usize].iter().all(|&j| self.placed[j as usize] || such(j))
    }

    /// Whether it can have the next place.
    pub(super) fn can(&self, i: u32) -> bool {
        let item = self.item(i);
        (item.need == NONE || item.need == self.now[item.key as usize]) && self.ready(i)
    }

    /// What it needs, if nothing but that keeps it from being next.
    pub(super) fn needs(&self, i: u32) -> Option<u32> {
        let need = self.item(i).need;
        let gives = |j: u32| need != NONE && self.item(j).give == need;
        (need != NONE && self.ready_but(i, gives)).then_some(need)
    }

    /// Whether nobody needs what it gives.
    pub(super) fn idle(&self, i: u32) -> bool {
        let give = self.item(i).give;
        give == NONE || self.wants[give as usize] == 0
    }

    /// By when it should have happened: before its end, and before the first end of those who need it.
    pub(super) fn due(&self, i: u32) -> usize {
        let item = self.item(i);
        let musts = (item.give != NONE).then(|| self.musts[item.give as usize].first()).flatten();
        musts.map_or(item.end, |(end, _)| item.end.min(*end))
    }

    /// Takes every step that loses nothing.
    pub(super) fn settle(&mut self) {
        while let Some(lane) = self.todo.pop_first() {
            while let Some(from) = self.plain(lane) {
                self.put(from);
            }
        }
    }

    /// A step of this lane that loses nothing.
    fn plain(&self, lane: u32) -> Option<From> {
        let at = self.at[lane as usize];
        let &i = self.p.lanes[lane as usize].get(at as usize)?;
        let item = self.item(i);
        let now = self.now[item.key as usize];
        if !item.sure() {
            let lost = item.need != NONE && item.need != now && self.gives[item.need as usize] == 0;
            return (self.idle(i) || lost).then_some(From::Skip(lane));
        }
        let plain = match (item.need, item.give) {
            // Who reads what is there changes nothing.
            (need, NONE) => need == now,
            // Nobody needs what is there, and either nobody needs what comes or nobody else writes before.
            (NONE, _) => {
                let own = || self.lane_writes.get(&(item.key, lane)).copied();
                let alone = || own() == Some(self.writes[item.key as usize]);
                self.wants[now as usize] == 0 && (self.idle(i) || alone())
            }
            _ => false,
        };
        (plain && self.ready(i)).then_some(From::Lane(lane, at))
    }

    /// What decides the future.
    pub(super) fn place(&self) -> (Box<[u8]>, Used) {
        let mut packed = Packed::default();
        packed.lanes(self.at.iter().zip(&self.p.lanes).map(|(at, lane)| (*at, lane.len())));
        for (&key, &slot) in &self.odd {
            packed.number(key);
            packed.number(slot.wrapping_add(1));
        }
        (packed.finish(), self.used.iter().map(|(g, n)| (*g, *n)).collect())
    }
}

/// Puts `what` into `all`, or takes it out.
fn enter<T: Ord>(all: &mut BTreeSet<T>, what: T, there: bool) {
    match there {
        true => all.insert(what),
        false => all.remove(&what),
    };
}
