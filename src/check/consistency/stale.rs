//! Reads of a value that was certainly gone: all who could have written it had ended before another write began,
//! and that had ended before the read began. Seen at one look, however often values are written again.
//!
//! The rule that is easy to break: only a write that happened makes a value old, and one of unknown end is
//! never too old to be what was read.

use super::problem::{Item, NONE, Problem};

/// The operations that show such a read: itself, what made its value old, if anything did, and all who could
/// have written it.
pub(super) fn find(problem: &Problem) -> Option<Vec<usize>> {
    if !problem.timed || problem.start.len() > 1 {
        return None;
    }
    let mut writers = vec![Vec::new(); problem.slots.len()];
    // In the order of their beginnings, and with the latest end so far.
    for item in problem.items.iter().filter(|i| i.give != NONE) {
        let all: &mut Vec<(Item, usize)> = &mut writers[item.give as usize];
        let latest = all.last().map_or(item.end, |(_, end)| item.end.max(*end));
        all.push((*item, latest));
    }
    let newest = Newest::of(problem);
    let readers = problem.items.iter().filter(|i| i.sure() && i.need != NONE);
    readers.into_iter().find_map(|reader| {
        let over = newest.before(reader.call, reader.need);
        let all = &writers[reader.need as usize];
        let begun = all.partition_point(|(w, _)| w.call <= reader.end);
        let fresh = |end: usize| over.is_none_or(|o| end >= o.call);
        let first = over.is_none() && problem.start.contains(&reader.need);
        if first || all[..begun].last().is_some_and(|(_, latest)| fresh(*latest)) {
            return None;
        }
        let writers = all[..begun].iter().map(|(w, _)| w.op);
        let mut shown: Vec<usize> =
            over.map(|o| o.op).into_iter().chain(writers).chain([reader.op]).collect();
        shown.sort_unstable();
        Some(shown)
    })
}

/// Of the writes that had ended by a time, which began last.
struct Newest {
    ends: Vec<usize>,
    /// After so many ends: the one that began last, and the last of another value.
    best: Vec<[Option<Item>; 2]>,
}

impl Newest {
    fn of(problem: &Problem) -> Newest {
        let mut writes: Vec<Item> =
            problem.items.iter().filter(|i| i.sure() && i.give != NONE).copied().collect();
        writes.sort_by_key(|w| w.end);
        let mut best = vec![[None, None]];
        for &w in &writes {
            let later = |o: Option<Item>| o.is_none_or(|o| w.call > o.call);
            let [a, b]: [Option<Item>; 2] = best[best.len() - 1];
            let same = |o: Option<Item>| o.is_some_and(|o| o.give == w.give);
            best.push(match (later(a), later(b)) {
                (true, _) if same(a) => [Some(w), b],
                (true, _) => [Some(w), a],
                (false, true) if !same(a) => [a, Some(w)],
                _ => [a, b],
            });
        }
        Newest { ends: writes.iter().map(|w| w.end).collect(), best }
    }

    /// The last to begin of those that had ended before `time` and gave another slot.
    fn before(&self, time: usize, slot: u32) -> Option<Item> {
        let best = self.best[self.ends.partition_point(|end| *end < time)];
        best.into_iter().flatten().find(|w| w.give != slot)
    }
}
