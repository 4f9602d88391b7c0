//! The search for an order: depth first over what may come next (Wing and Gong 1993), and never twice over
//! the same (Lowe 2017).
//!
//! The rule that is easy to break: what is not tried must be no better than what is. Steps without a choice
//! are `moves`' business; here an operation of unknown end that nobody could use now is put off.

use super::known::Known;
use super::moves::{From, State};
use super::problem::{NONE, Problem};
use super::{Budget, Meter, Outcome, Spent};
use std::collections::BTreeSet;

/// Lanes that are looked through for the price of one state.
const LANES: u64 = 16;

/// Which of the next steps comes first: the one that is due first.
type Rank = (usize, usize, From);

/// A place with a choice: how many steps lead to it, and which way was taken last.
struct Fork {
    depth: usize,
    last: Rank,
}

/// States of a first try to keep time where the level does not ask for it: most histories do keep it, and
/// with it a wrong step is soon seen to be one.
const IN_TIME: u64 = 100_000;

/// Whether there is an order of `problem` in which each item comes after those in `before`.
pub(super) fn run(problem: &Problem, before: &[Vec<u32>], budget: Budget, meter: &mut Meter) -> Outcome {
    if !problem.timed {
        let first = Budget { states: budget.states.min(IN_TIME), ..budget };
        if through(problem, before, first, meter, true) == Outcome::Ok {
            return Outcome::Ok;
        }
    }
    through(problem, before, budget, meter, problem.timed)
}

fn through(problem: &Problem, before: &[Vec<u32>], budget: Budget, meter: &mut Meter, gate: bool) -> Outcome {
    let mut state = State::new(problem, before, gate);
    let mut looks = 0;
    let outcome = walk(&mut state, &mut looks, budget);
    meter.0 += state.steps + looks;
    outcome
}

fn walk(state: &mut State<'_>, looks: &mut u64, budget: Budget) -> Outcome {
    let problem = state.p;
    let groups = Groups::of(problem);
    let mut known = Known::default();
    let mut forks: Vec<Fork> = Vec::new();
    // What each operation costs once is not counted.
    let most = budget.states.saturating_add(problem.items.len() as u64);
    let lanes = (problem.lanes.len() + groups.needy.len()) as u64 / LANES;
    loop {
        state.settle();
        if state.left == 0 {
            return Outcome::Ok;
        }
        *looks += lanes;
        if state.steps + *looks > most {
            return Outcome::Unknown(Spent::States);
        }
        if known.bytes + forks.len() * size_of::<Fork>() > budget.bytes {
            return Outcome::Unknown(Spent::Memory);
        }
        let (first, second) = next(state, &groups, None);
        let mut on = first.filter(|_| {
            second.is_none() || {
                let (place, used) = state.place();
                known.insert(place, used)
            }
        });
        if let (Some(last), Some(_)) = (on, second) {
            forks.push(Fork { depth: state.depth(), last });
        }
        // Back to the last choice, until a step leads somewhere.
        while !on.is_some_and(|(.., from)| state.put(from)) {
            let Some(fork) = forks.last_mut() else {
                return Outcome::Violated;
            };
            state.back(fork.depth);
            on = next(state, &groups, Some(fork.last)).0;
            *looks += lanes + 1;
            match on {
                Some(last) => fork.last = last,
                None => _ = forks.pop(),
            }
        }
    }
}

/// The first two steps after `last`.
fn next(state: &State<'_>, groups: &Groups, last: Option<Rank>) -> (Option<Rank>, Option<Rank>) {
    let mut best: (Option<Rank>, Option<Rank>) = (None, None);
    let mut offer = |i: u32, from: From| {
        let rank = (state.due(i), state.item(i).call, from);
        if last.is_some_and(|l| rank <= l) {
            return;
        }
        if best.0.is_none_or(|b| rank < b) {
            best = (Some(rank), best.0);
        } else if best.1.is_none_or(|b| rank < b) {
            best.1 = Some(rank);
        }
    };
    let mut needed = BTreeSet::new();
    for (l, lane) in state.p.lanes.iter().enumerate() {
        let from = state.at[l];
        for (q, &i) in lane.iter().enumerate().skip(from as usize) {
            let sure = state.item(i).sure();
            if state.can(i) && (sure || !state.idle(i)) {
                offer(i, From::Lane(l as u32, q as u32));
            }
            needed.extend(state.needs(i));
            if sure {
                break;
            }
        }
    }
    let first =
        |g: u32| (state.used(g) < state.p.groups[g as usize].len() as u32).then(|| state.of(From::Group(g)));
    needed.extend(groups.needy.iter().filter_map(|&g| state.needs(first(g)?)));
    for &slot in &needed {
        for &(_, g) in groups.giving.range((slot, 0)..=(slot, u32::MAX)) {
            if let Some(i) = first(g).filter(|&i| state.can(i)) {
                offer(i, From::Group(g));
            }
        }
    }
    best
}

/// What the groups are looked for by.
struct Groups {
    /// By the slot that they give.
    giving: BTreeSet<(u32, u32)>,
    /// Those that need one.
    needy: Vec<u32>,
}

impl Groups {
    fn of(problem: &Problem) -> Groups {
        let all = || problem.groups.iter().zip(0..).map(|(group, g)| (problem.items[group[0] as usize], g));
        Groups {
            giving: all().map(|(item, g)| (item.give, g)).collect(),
            needy: all().filter(|(item, _)| item.need != NONE).map(|(_, g)| g).collect(),
        }
    }
}
