//! Shrinking: of what a run was given until it broke a promise, as little as still breaks the same one.
//!
//! First whole faults go, each with what undoes it: a crash with its recovery, a wall with its healing; halves
//! before quarters, because most are not needed. Then single edits. A run in which much happens is a thicket:
//! without an early fault the later ones strike other messages. So a search in small steps follows, drawn from
//! the case itself: faults go while those after them move closer, times move earlier, sizes fall, whole
//! beginnings are left out; what is no larger and still breaks the promise is gone on with.
//!
//! The rules that are easy to break: what remains must break the *same* promise, and every single one of its
//! edits must be needed. And the same case shrinks to the same, on every target.

mod faults;

use super::{CheckLine, Checks, Verdict};
use crate::sim::history::Run;
use crate::sim::streams::{below, setup_stream};
use crate::sim::{Edit, SimTime};
use faults::{Group, groups};
use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;

/// A broken promise, and the moment at which that was seen first.
#[derive(Clone, Debug)]
pub struct Found {
    /// The promise's line.
    pub line: CheckLine,
    /// The moment.
    pub at: SimTime,
}

/// What a run is given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Case {
    /// What is done to it, in order of time.
    pub edits: Vec<Edit>,
    /// How many there are of each kind of node, where that can be chosen.
    pub sizes: Vec<Size>,
}

/// A number of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// How many.
    pub now: i64,
    /// The fewest.
    pub least: i64,
}

/// The first violation of `name` (of any promise, if `None`) in `run` until `until`.
pub fn violation(run: &mut Run<Checks>, until: SimTime, name: Option<&str>) -> Option<Found> {
    // Coarse steps first: most runs break nothing.
    run.run_until(until);
    let line = violated(run, name)?;
    // It stays broken, so the first moment can be found by halving.
    let (mut holds, mut broken) = (0, run.position());
    while broken - holds > 1 {
        let middle = holds + (broken - holds) / 2;
        run.seek_event(middle);
        if violated(run, Some(line.name)).is_some() {
            broken = middle;
        } else {
            holds = middle;
        }
    }
    run.seek_event(broken);
    let at = run.time();
    Some(Found { line, at })
}

fn violated(run: &Run<Checks>, name: Option<&str>) -> Option<CheckLine> {
    let mut lines = run.watcher().lines().into_iter();
    lines.find(|l| matches!(l.verdict, Verdict::Violated { .. }) && name.is_none_or(|n| n == l.name))
}

/// The search in small steps ends after so many for each edit left that made none superfluous.
const IDLE: usize = 100;
/// The search ends where so few edits are left.
const FEW: usize = 3;

/// `case` with as little as is needed for `found`, which is brought up to date. `judge` runs a case until a
/// moment and gives the first violation of the promise that `found` names, if there is one; it takes edits out
/// that cannot be made, such as those of nodes that are no longer there.
pub fn shrink(
    case: Case,
    found: &mut Found,
    judge: &mut dyn FnMut(&mut Case, SimTime) -> Option<Found>,
) -> Case {
    let most = found.at;
    let mut search = Search { best: case, found: found.clone(), most, judge };
    search.forget_the_future();
    search.without_faults();
    search.without_edits();
    search.in_small_steps();
    search.without_edits();
    search.sooner();
    *found = search.found;
    search.best
}

struct Search<'a> {
    best: Case,
    found: Found,
    most: SimTime,
    judge: &'a mut dyn FnMut(&mut Case, SimTime) -> Option<Found>,
}

impl Search<'_> {
    /// What is done after the violation is not needed for it.
    fn forget_the_future(&mut self) {
        let at = self.found.at.us();
        self.best.edits.retain(|e| e.at_us <= at);
    }

    /// Takes `case` for the best one if it breaks the promise, too, and is no larger.
    fn take(&mut self, mut case: Case) -> bool {
        let Some(found) = (self.judge)(&mut case, self.most) else {
            return false;
        };
        case.edits.retain(|e| e.at_us <= found.at.us());
        let size = |c: &Case, f: &Found| {
            let nodes: i64 = c.sizes.iter().map(|s| s.now).sum();
            (c.edits.len(), nodes, f.at)
        };
        let smaller = size(&case, &found) <= size(&self.best, &self.found);
        if smaller {
            self.best = case;
            self.found = found;
        }
        smaller
    }

    fn without_faults(&mut self) {
        self.halve(|case| groups(&case.edits));
    }

    fn without_edits(&mut self) {
        self.halve(|case| (0..case.edits.len()).map(|i| vec![i]).collect());
    }

    /// Leaves out halves of the parts, then quarters, down to single ones, until each is needed.
    fn halve(&mut self, parts: fn(&Case) -> Vec<Group>) {
        let mut size = parts(&self.best).len().div_ceil(2);
        while size >= 1 {
            let (mut removed, mut from) = (false, 0);
            loop {
                let parts = parts(&self.best);
                if from >= parts.len() {
                    break;
                }
                let to = (from + size).min(parts.len());
                let gone = parts[from..to].concat();
                let shorter = Case { edits: faults::without(&self.best.edits, &gone), ..self.best.clone() };
                if self.take(shorter) {
                    removed = true;
                } else {
                    from += size;
                }
            }
            size = match (size, removed) {
                // Removing one may have made another one superfluous.
                (1, true) => 1,
                (1, false) => break,
                (n, _) => n / 2,
            };
        }
    }

    /// What is left comes as soon as it may: the times between edits are halved away.
    fn sooner(&mut self) {
        let mut from = 0;
        while from < self.best.edits.len() {
            let times = self.best.edits.iter().map(|e| e.at_us);
            let times: Vec<u64> = std::iter::once(0).chain(times).collect();
            let gap = times[from + 1] - times[from];
            let moved = [1, 2, 4, 8].into_iter().any(|part| {
                let mut case = self.best.clone();
                faults::earlier(&mut case.edits[from..], gap / part);
                gap / part > 0 && self.take(case)
            });
            // What is close is closer still when tried again, but a thousandth of a second is close enough.
            if !moved || gap <= 1_000 {
                from += 1;
            }
        }
    }

    fn in_small_steps(&mut self) {
        // Drawn from the case itself, so that it shrinks the same way again.
        let mut dice = Dice(setup_stream(self.found.at.us(), "shrink"));
        let (mut idle, mut edits) = (0, self.best.edits.len());
        while idle < IDLE * edits && edits > FEW {
            let case = step(&self.best, &mut dice);
            if case != self.best {
                self.take(case);
            }
            idle = if self.best.edits.len() < edits { 0 } else { idle + 1 };
            edits = self.best.edits.len();
        }
    }
}

struct Dice(Xoshiro256PlusPlus);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        below(self.0.next_u64(), n.max(1) as u64) as usize
    }

    fn us(&mut self, n: u64) -> u64 {
        below(self.0.next_u64(), n.max(1))
    }
}

/// `case`, a little changed.
fn step(case: &Case, dice: &mut Dice) -> Case {
    let mut case = case.clone();
    match dice.below(8) {
        0 => leave_out(&mut case, 1, dice),
        1 => {
            let count = 2 + dice.below(3);
            leave_out(&mut case, count, dice);
        }
        2 | 3 => closer(&mut case, dice),
        4 => begin_later(&mut case, dice),
        5 => nudge(&mut case, dice),
        6 => join(&mut case, dice),
        _ => fewer(&mut case, dice),
    }
    case
}

/// Some faults go, and what comes after the last of them moves closer.
fn leave_out(case: &mut Case, count: usize, dice: &mut Dice) {
    for _ in 0..count {
        let groups = groups(&case.edits);
        if groups.is_empty() {
            return;
        }
        let gone = &groups[dice.below(groups.len())];
        case.edits = faults::without(&case.edits, gone);
    }
    if dice.below(2) == 0 {
        closer(case, dice);
    }
}

/// Everything from some edit on comes earlier, by at most the time since the one before it.
fn closer(case: &mut Case, dice: &mut Dice) {
    if case.edits.is_empty() {
        return;
    }
    let from = dice.below(case.edits.len());
    let before = from.checked_sub(1).map_or(0, |i| case.edits[i].at_us);
    let by = dice.us(case.edits[from].at_us - before + 1);
    faults::earlier(&mut case.edits[from..], by);
}

/// A beginning is left out, but perhaps for the settings that it has left behind, and the rest begins soon.
fn begin_later(case: &mut Case, dice: &mut Dice) {
    let groups = groups(&case.edits);
    let mut gone = groups[..dice.below(groups.len())].concat();
    if dice.below(2) == 0 {
        let in_force = faults::in_force(&case.edits, &gone);
        gone.retain(|i| !in_force.contains(i));
    }
    case.edits = faults::without(&case.edits, &gone);
    if let Some(first) = case.edits.first() {
        let by = dice.us(first.at_us + 1);
        faults::earlier(&mut case.edits, by);
    }
}

/// One edit comes a little earlier or later, between its neighbours.
fn nudge(case: &mut Case, dice: &mut Dice) {
    if case.edits.is_empty() {
        return;
    }
    let i = dice.below(case.edits.len());
    let low = i.checked_sub(1).map_or(0, |i| case.edits[i].at_us);
    let high = case.edits.get(i + 1).map_or(case.edits[i].at_us, |e| e.at_us);
    case.edits[i] = Edit::at(low + dice.us(high - low + 1), case.edits[i].fault.clone());
    case.edits[i..].iter_mut().for_each(|e| e.after_steps = None);
}

/// Two faults of one kind on one node become one that lasts.
fn join(case: &mut Case, dice: &mut Dice) {
    let seams = faults::seams(&case.edits);
    if !seams.is_empty() {
        let gone = &seams[dice.below(seams.len())];
        case.edits = faults::without(&case.edits, gone);
    }
}

/// There are fewer nodes.
fn fewer(case: &mut Case, dice: &mut Dice) {
    if case.sizes.is_empty() {
        return;
    }
    let i = dice.below(case.sizes.len());
    let size = &mut case.sizes[i];
    let most = (size.now - size.least).max(0);
    size.now -= most.min(1 + dice.below(2) as i64);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Class;
    use crate::sim::{Fault, NodeId};

    fn broken(at_us: u64) -> Found {
        let line = CheckLine {
            name: "Safety",
            claim: "nothing bad",
            class: Class::Safety,
            verdict: Verdict::Holding,
        };
        Found { line, at: SimTime(at_us) }
    }

    /// Ten nodes crash and recover, one after the other, again and again.
    fn storm() -> Case {
        let faults = (0..60).flat_map(|i| {
            let node = NodeId(i % 10);
            [Fault::crash(node), Fault::Recover { node }]
        });
        let edit = |(i, fault): (u64, Fault)| Edit::at(1_000_000 + 50_000 * i, fault);
        let size = Size { now: 10, least: 3 };
        Case { edits: (0..).zip(faults).map(edit).collect(), sizes: vec![size] }
    }

    fn crashes(case: &Case, node: u16) -> Vec<u64> {
        let of = |e: &&Edit| e.fault == Fault::crash(NodeId(node));
        case.edits.iter().filter(of).map(|e| e.at_us).collect()
    }

    /// It breaks once nodes 1 and 2 have both crashed.
    fn two_crashes(case: &mut Case, until: SimTime) -> Option<Found> {
        let (one, two) = (crashes(case, 1), crashes(case, 2));
        let at = *one.first()?.max(two.first()?);
        (at <= until.us()).then(|| broken(at))
    }

    fn small(judge: fn(&mut Case, SimTime) -> Option<Found>) -> (Case, Found) {
        let mut found = broken(7_000_000);
        let mut judge = judge;
        let case = shrink(storm(), &mut found, &mut judge);
        (case, found)
    }

    #[test]
    fn what_is_left_is_what_is_needed() {
        let (case, found) = small(two_crashes);
        assert_eq!(case.edits.len(), 2, "{:?}", case.edits);
        assert!(crashes(&case, 1).len() == 1 && crashes(&case, 2).len() == 1);
        // And it comes soon.
        assert_eq!(found.at.us(), case.edits[1].at_us);
        assert!(found.at.us() < 10_000, "{}", found.at);
    }

    /// Six crashes of one node, of which no single one can be left out as long as the others stay where they
    /// are; but together they need not be so many: it breaks whenever the last two are less than 0.2 s apart.
    #[test]
    fn small_steps_find_what_leaving_out_cannot() {
        fn close_together(case: &mut Case, until: SimTime) -> Option<Found> {
            let all = crashes(case, 4);
            let last = *all.last()?;
            let close = all.len() >= 2 && last - all[all.len() - 2] < 200_000;
            let broken_at = if close { Some(last) } else { all.get(5).copied() };
            broken_at.filter(|at| *at <= until.us()).map(broken)
        }
        let (case, _) = small(close_together);
        assert!(case.edits.len() <= FEW, "{:?}", case.edits);
    }

    #[test]
    fn there_are_fewer_nodes_where_fewer_do() {
        let (case, _) = small(|case, until| {
            let enough = case.sizes[0].now >= 5;
            two_crashes(case, until).filter(|_| enough && case.edits.len() >= 5)
        });
        assert_eq!((case.edits.len(), case.sizes[0].now), (5, 5));
    }

    #[test]
    fn the_same_case_shrinks_to_the_same() {
        let (case, found) = small(two_crashes);
        let (again, found_again) = small(two_crashes);
        assert_eq!((case, found.at), (again, found_again.at));
    }

    #[test]
    fn what_no_smaller_case_breaks_stays_as_it_is() {
        let mut found = broken(7_000_000);
        let whole = storm();
        let most = whole.edits.iter().filter(|e| e.at_us <= 7_000_000).count();
        let mut judge = |case: &mut Case, _: SimTime| (case.edits.len() == most).then(|| broken(7_000_000));
        assert_eq!(shrink(whole, &mut found, &mut judge).edits.len(), most);
    }
}
