//! Orders that follow from the history alone: if a value was written once, whatever else writes the register
//! comes before that write or after those who read it. Followed until nothing new comes out.
//!
//! The rule that is easy to break: only operations that happened force anything, and only where one
//! operation alone can have written what was read. What follows holds in every order that explains the
//! history; a circle says that there is none.

use super::problem::{Item, NONE, Problem};
use std::collections::BTreeMap;

/// The most operations times lanes times lanes for which this is tried: beyond, it costs more than it saves.
const MOST: usize = 64 << 20;
/// How often what came out is followed.
const ROUNDS: usize = 16;

/// For each item, items that are before it in every order, beyond those of its own lane and of time.
/// `None` if these contradict each other.
pub(super) fn orders(problem: &Problem) -> Option<Vec<Vec<u32>>> {
    let none = vec![Vec::new(); problem.items.len()];
    let lanes = problem.lanes.len() + problem.groups.len();
    if problem.items.len().saturating_mul(lanes).saturating_mul(lanes) > MOST {
        return Some(none);
    }
    let mut web = Web::new(problem, none);
    for _ in 0..ROUNDS {
        web.clocks()?;
        if !web.follow()? {
            break;
        }
    }
    Some(web.found)
}

/// Who alone wrote a slot.
#[derive(Clone, Copy, PartialEq)]
enum Source {
    Nobody,
    Start,
    One(u32),
    Many,
}

struct Web<'a> {
    problem: &'a Problem,
    /// Lanes of operations that happened.
    lanes: Vec<Vec<u32>>,
    /// The lane of each item, and its place there.
    at: Vec<Option<(usize, usize)>>,
    /// What is directly before each item.
    before: Vec<Vec<u32>>,
    /// What came out beyond lanes and time.
    found: Vec<Vec<u32>>,
    /// For each item, how many of each lane are before it or are it.
    clock: Vec<Vec<u32>>,
    sources: Vec<Source>,
    /// By register and lane, the places of what writes.
    writes: BTreeMap<(u32, usize), Vec<usize>>,
}

impl<'a> Web<'a> {
    fn new(problem: &'a Problem, none: Vec<Vec<u32>>) -> Self {
        let sources = sources(problem);
        let happened = happened(problem, &sources);
        let all = problem.lanes.iter().chain(problem.groups.iter());
        let lanes: Vec<Vec<u32>> =
            all.map(|l| l.iter().copied().filter(|&i| happened[i as usize]).collect()).collect();
        let (mut at, mut before) = (vec![None; none.len()], none.clone());
        let mut writes: BTreeMap<(u32, usize), Vec<usize>> = BTreeMap::new();
        for (l, lane) in lanes.iter().enumerate() {
            for (n, &i) in lane.iter().enumerate() {
                at[i as usize] = Some((l, n));
                if n > 0 {
                    before[i as usize].push(lane[n - 1]);
                }
                if problem.items[i as usize].give != NONE {
                    writes.entry((problem.items[i as usize].key, l)).or_default().push(n);
                }
            }
        }
        if problem.timed {
            for i in lanes.iter().flatten() {
                for lane in &lanes {
                    let call = problem.items[*i as usize].call;
                    let ended = lane.partition_point(|&j| problem.items[j as usize].end < call);
                    before[*i as usize].extend(ended.checked_sub(1).map(|n| lane[n]));
                }
            }
        }
        for (i, item) in problem.items.iter().enumerate().filter(|(_, i)| i.need != NONE) {
            // The search sees for itself that a value is written before it is read.
            if let (Some(_), Source::One(writer)) = (at[i], sources[item.need as usize]) {
                before[i].push(writer);
            }
        }
        Web { problem, lanes, at, before, found: none, clock: Vec::new(), sources, writes }
    }

    /// Counts who is before whom. `None` if that goes round in a circle.
    fn clocks(&mut self) -> Option<()> {
        let mut after = vec![Vec::new(); self.before.len()];
        let mut waits = vec![0; self.before.len()];
        for (i, before) in self.before.iter().enumerate() {
            waits[i] = before.len();
            for &j in before {
                after[j as usize].push(i as u32);
            }
        }
        let mut ready: Vec<u32> =
            self.lanes.iter().flatten().copied().filter(|&i| waits[i as usize] == 0).collect();
        let mut left = self.at.iter().flatten().count();
        self.clock = vec![Vec::new(); self.before.len()];
        while let Some(i) = ready.pop() {
            left -= 1;
            let mut clock = vec![0; self.lanes.len()];
            for &j in &self.before[i as usize] {
                for (own, other) in clock.iter_mut().zip(&self.clock[j as usize]) {
                    *own = u32::max(*own, *other);
                }
            }
            let (lane, n) = self.at[i as usize]?;
            clock[lane] = n as u32 + 1;
            self.clock[i as usize] = clock;
            for &j in &after[i as usize] {
                waits[j as usize] -= 1;
                if waits[j as usize] == 0 {
                    ready.push(j);
                }
            }
        }
        (left == 0).then_some(())
    }

    /// Whether anything came out; `None` if it cannot be.
    fn follow(&mut self) -> Option<bool> {
        let mut new = Vec::new();
        for lane in &self.lanes {
            for &reader in lane {
                let item = self.problem.items[reader as usize];
                if item.need != NONE {
                    match self.sources[item.need as usize] {
                        Source::Start => self.first_value(reader, item, &mut new)?,
                        Source::One(writer) => self.value_of(writer, reader, item, &mut new),
                        Source::Many | Source::Nobody => {}
                    }
                }
            }
        }
        let mut any = false;
        for (a, b) in new {
            if a != b && !self.found[b as usize].contains(&a) && !self.is_before(a, b) {
                self.found[b as usize].push(a);
                self.before[b as usize].push(a);
                any = true;
            }
        }
        Some(any)
    }

    fn is_before(&self, a: u32, b: u32) -> bool {
        self.at[a as usize].is_some_and(|(lane, n)| self.clock[b as usize][lane] as usize > n)
    }

    /// Every other write comes after who has read what was there at first.
    fn first_value(&self, reader: u32, item: Item, new: &mut Vec<(u32, u32)>) -> Option<()> {
        for (lane, places) in self.writes_of(item.key) {
            let mut others = places.iter().map(|&n| self.lanes[lane][n]).filter(|&w| w != reader);
            if let Some(first) = others.next() {
                if self.is_before(first, reader) {
                    return None;
                }
                new.push((reader, first));
            }
        }
        Some(())
    }

    /// Another write before the reader is before the writer; one after the writer is after the reader.
    fn value_of(&self, writer: u32, reader: u32, item: Item, new: &mut Vec<(u32, u32)>) {
        for (lane, places) in self.writes_of(item.key) {
            let write = |n: &usize| self.lanes[lane][*n];
            let seen = places.partition_point(|n| (*n as u32) < self.clock[reader as usize][lane]);
            let last = places[..seen].iter().rev().map(write).find(|&w| w != reader);
            new.extend(last.filter(|&w| w != writer).map(|w| (w, writer)));
            let from = places.partition_point(|n| !self.is_before(writer, write(n)));
            let next = places[from..].iter().map(write).find(|&w| w != reader && w != writer);
            new.extend(next.map(|w| (reader, w)));
        }
    }

    fn writes_of(&self, key: u32) -> impl Iterator<Item = (usize, &Vec<usize>)> {
        self.writes.range((key, 0)..=(key, usize::MAX)).map(|((_, lane), places)| (*lane, places))
    }
}

fn sources(problem: &Problem) -> Vec<Source> {
    let mut sources = vec![Source::Nobody; problem.slots.len()];
    for &slot in &problem.start {
        sources[slot as usize] = Source::Start;
    }
    for (i, item) in problem.items.iter().enumerate().filter(|(_, i)| i.give != NONE) {
        let source = &mut sources[item.give as usize];
        *source = if *source == Source::Nobody { Source::One(i as u32) } else { Source::Many };
    }
    sources
}

/// What certainly happened: what was seen to end, and what alone can have written what that has found.
fn happened(problem: &Problem, sources: &[Source]) -> Vec<bool> {
    let mut happened = vec![false; problem.items.len()];
    let sure = |i: &usize| problem.items[*i].sure();
    let mut open: Vec<usize> = (0..problem.items.len()).filter(sure).collect();
    while let Some(i) = open.pop() {
        if !std::mem::replace(&mut happened[i], true) {
            let need = problem.items[i].need;
            if let Some(Source::One(writer)) = sources.get(need as usize) {
                open.push(*writer as usize);
            }
        }
    }
    happened
}
