//! Every small history against a search that knows nothing: all orders of whatever a client must be shown.
//!
//! The rule that is easy to break: this search must stay too simple to be wrong. It has the definition of each model and no more: no
//! relation is followed further than it is stated.

use super::super::{Act, Finding, Model, Op, holds as holds_of, judge, sessions};
use super::{MANY, is_smallest};
use crate::sim::hash::mix;
use std::collections::BTreeMap;

/// Who wrote what was read: by read, the write, or none for what was there at first.
type From = BTreeMap<usize, Option<usize>>;

/// A history of up to seven operations of three clients on two registers that follows from `case`.
fn small(case: u64) -> Vec<Op> {
    let mut dice = case;
    let mut below = |n: u64| {
        dice = mix(dice.wrapping_add(0x51ed));
        ((dice >> 9) % n) as usize
    };
    let (mut free, mut ops, mut made) = ([0_usize; 3], Vec::new(), [0_u32; 2]);
    let twice = below(3) == 0;
    for _ in 0..3 + below(5) {
        let (process, key) = (below(3), usize::from(below(3) == 0));
        let call = free[process] + below(4);
        let end = call + 1 + below(5);
        free[process] = end + 1;
        let writes = below(5) < 2;
        made[key] += u32::from(writes);
        let value = if twice { 1 + below(2) as u32 } else { made[key] };
        let act =
            if writes { Act::Write(value) } else { Act::Read(below(1 + u64::from(made[key]) + 1) as u32) };
        // No two beginnings or ends are at one place.
        let (call, end) = (call * 8 + process, end * 8 + 4 + process);
        let ends = !writes || below(5) > 0;
        ops.push(Op { process, key, act, call, end: if ends { end } else { usize::MAX } });
    }
    ops
}

fn writes(op: &Op) -> bool {
    matches!(op.act, Act::Write(_))
}

/// All permutations of `items` that `fits` takes, prefix by prefix; whether there is one.
fn any_order(items: &[usize], placed: &mut Vec<usize>, fits: &dyn Fn(&[usize], usize) -> bool) -> bool {
    if placed.len() == items.len() {
        return true;
    }
    for &next in items {
        if !placed.contains(&next) && fits(placed, next) {
            placed.push(next);
            let found = any_order(items, placed, fits);
            placed.pop();
            if found {
                return true;
            }
        }
    }
    false
}

/// The value of a register after these.
fn holds(ops: &[Op], placed: &[usize], key: usize) -> u32 {
    let last = placed.iter().rev().find(|&&i| ops[i].key == key && writes(&ops[i]));
    last.map_or(0, |&i| match ops[i].act {
        Act::Write(v) => v,
        _ => 0,
    })
}

/// One order of all, with some choice of what happened of that which nobody saw end.
fn one_copy(ops: &[Op], timed: bool) -> bool {
    let open: Vec<usize> = (0..ops.len()).filter(|&i| !ops[i].happened()).collect();
    (0..1_u32 << open.len()).any(|chosen| {
        let gone = |i: &usize| open.iter().position(|o| o == i).is_some_and(|at| chosen >> at & 1 == 0);
        let items: Vec<usize> = (0..ops.len()).filter(|i| !gone(i)).collect();
        let fits = |placed: &[usize], next: usize| {
            let first = |i: &usize| match timed {
                true => ops[*i].end < ops[next].call,
                false => ops[*i].process == ops[next].process && ops[*i].call < ops[next].call,
            };
            let waits = items.iter().any(|i| first(i) && !placed.contains(i));
            let reads = match ops[next].act {
                Act::Read(v) => holds(ops, placed, ops[next].key) == v,
                _ => true,
            };
            reads && !waits
        };
        any_order(&items, &mut Vec::new(), &fits)
    })
}

/// Each choice of who wrote what each read has read.
fn choices(ops: &[Op]) -> Vec<From> {
    let mut all = vec![From::new()];
    for (r, op) in ops.iter().enumerate() {
        if let Act::Read(v) = op.act {
            let wrote = |w: &usize| ops[*w].key == op.key && ops[*w].act == Act::Write(v);
            let mut may: Vec<Option<usize>> = (0..ops.len()).filter(wrote).map(Some).collect();
            may.extend((v == 0).then_some(None));
            let with = |from: &From| {
                may.iter().map(|w| [(r, *w)].into_iter().chain(from.clone()).collect()).collect::<Vec<From>>()
            };
            all = all.iter().flat_map(with).collect();
        }
    }
    all
}

/// An order of all writes and of `reads`, in which each of these finds the write that it has read, and which keeps `before`.
fn view(ops: &[Op], reads: &[usize], from: &From, before: &dyn Fn(usize, usize) -> bool) -> bool {
    let items: Vec<usize> = (0..ops.len()).filter(|i| writes(&ops[*i]) || reads.contains(i)).collect();
    let fits = |placed: &[usize], next: usize| {
        let waits = items.iter().any(|&i| i != next && before(i, next) && !placed.contains(&i));
        let newest = placed.iter().rev().find(|&&i| ops[i].key == ops[next].key && writes(&ops[i]));
        !waits && (writes(&ops[next]) || newest.copied() == from[&next])
    };
    any_order(&items, &mut Vec::new(), &fits)
}

/// Causality by its definition: chains of steps, each of a client or from a write to who has read it.
fn causes(ops: &[Op], from: &From) -> Vec<Vec<bool>> {
    let n = ops.len();
    let step = |a: usize, b: usize| {
        let own = ops[a].process == ops[b].process && ops[a].call < ops[b].call;
        own || from.get(&b) == Some(&Some(a))
    };
    let mut all: Vec<Vec<bool>> = (0..n).map(|a| (0..n).map(|b| step(a, b)).collect()).collect();
    for _ in 0..n {
        let longer = |a: usize, b: usize| all[a][b] || (0..n).any(|c| all[a][c] && all[c][b]);
        all = (0..n).map(|a| (0..n).map(|b| longer(a, b)).collect()).collect();
    }
    all
}

/// The definition of each model whose clients have orders of their own, for some choice of writers. `part` are the reads that count.
fn by_views(ops: &[Op], model: Model, part: &[usize]) -> bool {
    let own = |a: usize, b: usize| ops[a].process == ops[b].process && ops[a].call < ops[b].call;
    choices(ops).iter().any(|from| {
        let all = causes(ops, from);
        if model == Model::Causal && (0..ops.len()).any(|a| all[a][a]) {
            return false;
        }
        let both = |a: usize, b: usize| writes(&ops[a]) && writes(&ops[b]);
        let in_turn = |a: usize, b: usize| !writes(&ops[a]) && !writes(&ops[b]) && own(a, b);
        let read_before =
            |a: usize, b: usize| writes(&ops[b]) && part.iter().any(|&r| from[&r] == Some(a) && own(r, b));
        if model == Model::WritesFollowReads && (0..ops.len()).any(|a| read_before(a, a)) {
            return false;
        }
        let keeps = |a: usize, b: usize| match model {
            Model::Causal => all[a][b],
            Model::ReadYourWrites => own(a, b) && writes(&ops[a]),
            Model::MonotonicReads => in_turn(a, b),
            Model::MonotonicWrites => in_turn(a, b) || both(a, b) && own(a, b),
            _ => in_turn(a, b) || both(a, b) && read_before(a, b),
        };
        match model {
            // Each read may be at a copy of its own; only its own client's writes have an order there.
            Model::ReadYourWrites => part.iter().all(|&r| {
                let mine = |a: usize, b: usize| keeps(a, b) && ops[a].process == ops[r].process;
                view(ops, &[r], from, &mine)
            }),
            _ => (0..9).all(|client| {
                let reads: Vec<usize> = part.iter().copied().filter(|&r| ops[r].process == client).collect();
                view(ops, &reads, from, &keeps)
            }),
        }
    })
}

/// Whether `model` holds, by trying everything.
fn by_all_orders(ops: &[Op], model: Model) -> bool {
    let reads: Vec<usize> = (0..ops.len()).filter(|&i| !writes(&ops[i])).collect();
    match model {
        Model::Linearizable => one_copy(ops, true),
        Model::Sequential => one_copy(ops, false),
        Model::MonotonicWrites | Model::WritesFollowReads => {
            // No part with monotonic reads, and without an order.
            !(0..1_u32 << reads.len()).any(|chosen| {
                let in_part =
                    |i: usize| reads.iter().position(|&r| r == i).is_none_or(|at| chosen >> at & 1 == 1);
                let part: Vec<Op> = (0..ops.len()).filter(|&i| in_part(i)).map(|i| ops[i]).collect();
                let own: Vec<usize> = (0..part.len()).filter(|&i| !writes(&part[i])).collect();
                !by_views(&part, model, &own) && by_views(&part, Model::MonotonicReads, &own)
                    || own.len() == 1 && choices(&part).is_empty()
            })
        }
        _ => by_views(ops, model, &reads),
    }
}

/// Hundreds of histories, each against all orders; what is broken is shown by a part that cannot be less; and what implies what.
#[test]
fn it_agrees_with_the_search_through_all_orders() {
    let mut counts = [[0_u32; 2]; 7];
    for case in 0..1_500 {
        let ops = small(case);
        let mut kept = [false; 7];
        for (m, model) in Model::ALL.into_iter().enumerate() {
            let wanted = by_all_orders(&sessions(&ops), model);
            let found = judge(&ops, model, MANY);
            assert_eq!(found == Finding::Holds, wanted, "case {case}, {model:?}: {found:?} {ops:#?}");
            match &found {
                Finding::Holds => {}
                Finding::Broken(part) => {
                    assert!(is_smallest(&ops, part, model), "case {case}, {model:?}: {part:?} {ops:#?}");
                }
                Finding::Unknown(why) => panic!("case {case}, {model:?}: {why}"),
            }
            assert_eq!(holds_of(&ops, model, MANY), Some(wanted), "case {case}, {model:?}");
            kept[m] = wanted;
            counts[m][usize::from(wanted)] += 1;
        }
        for (strict, loose) in [(0, 1), (1, 2), (2, 3), (2, 4), (2, 5), (2, 6)] {
            assert!(!kept[strict] || kept[loose], "case {case}: {:?}", Model::ALL[strict]);
        }
    }
    for (model, [broken, kept]) in Model::ALL.into_iter().zip(counts) {
        assert!(broken > 100 && kept > 100, "{model:?}: {broken} broken, {kept} kept");
    }
}
