//! Every small history against a search that knows nothing: all orders of every choice of what happened.
//!
//! The rule that is easy to break: this search must stay too simple to be wrong. It has the definition of
//! each level and no more.

use super::super::{Act, Level, Op, Outcome, check};
use super::{MANY, op};
use crate::sim::hash::mix;
use proptest::prelude::*;

/// One operation before it has its times: process, register, act, whether it ends, a gap and a length.
pub(super) type Plan = (usize, usize, Act, bool, usize, usize);

/// Up to `most` operations of three processes on `keys` registers, of few values; some without an end.
pub(super) fn plans(most: usize, keys: usize, cas: bool) -> impl Strategy<Value = Vec<Plan>> {
    let value = 0..4_u32;
    let act = (0..if cas { 5 } else { 4 }, value.clone(), value).prop_map(|(kind, a, b)| match kind {
        0 | 1 => Act::Write(a),
        2 | 3 => Act::Read(a),
        _ => Act::Cas(a, b),
    });
    prop::collection::vec(
        (0..3_usize, 0..keys, act, prop::bool::weighted(0.8), 0..4_usize, 1..6_usize),
        2..=most,
    )
}

/// Each process does one thing after the other, also after what nobody saw end.
pub(super) fn history(plans: &[Plan]) -> Vec<Op> {
    let mut free = [0_usize; 3];
    let mut ops = Vec::new();
    for &(process, key, act, ends, gap, length) in plans {
        let call = free[process] + gap;
        let end = call + length;
        free[process] = end + 1;
        // No two beginnings or ends are at one place.
        let (call, end) = (call * 8 + process, end * 8 + 4 + process);
        let ends = ends || matches!(act, Act::Read(_));
        ops.push(Op { key, ..op(process, act, call, if ends { end } else { usize::MAX }) });
    }
    ops
}

/// A history of up to six operations on one register that follows from `case`.
pub(super) fn small(case: u64) -> Vec<Op> {
    let mut dice = case;
    let mut below = |n: u64| {
        dice = mix(dice.wrapping_add(0x9e37));
        (dice >> 7) % n
    };
    let n = 2 + below(5);
    let plan = |_| {
        let act = match below(5) {
            0 | 1 => Act::Write(1 + below(2) as u32),
            2 | 3 => Act::Read(below(3) as u32),
            _ => Act::Cas(below(3) as u32, 1 + below(2) as u32),
        };
        (below(3) as usize, 0, act, below(6) > 0, below(4) as usize, 1 + below(5) as usize)
    };
    history(&(0..n).map(plan).collect::<Vec<_>>())
}

/// Tries every order of every choice of what may have happened.
fn by_all_orders(ops: &[Op], level: Level) -> bool {
    fn place(ops: &[Op], level: Level, placed: &mut Vec<usize>, values: [u32; 3]) -> bool {
        let open: Vec<usize> = (0..ops.len()).filter(|i| !placed.contains(i)).collect();
        if open.iter().all(|&i| !ops[i].happened()) {
            return true;
        }
        open.iter().any(|&i| {
            let later = |j: &&usize| ops[**j].process == ops[i].process && ops[**j].call > ops[i].call;
            let too_late = level == Level::Sequential && placed.iter().any(|j| later(&j));
            let must_wait = open.iter().any(|&j| match level {
                Level::Linearizable => ops[j].end < ops[i].call,
                Level::Sequential => {
                    let own = ops[j].process == ops[i].process && ops[j].happened();
                    own && ops[j].call < ops[i].call
                }
            });
            let value = values[ops[i].key];
            let after = match ops[i].act {
                Act::Read(v) => (v == value).then_some(value),
                Act::Write(v) => Some(v),
                Act::Cas(old, new) => (old == value).then_some(new),
            };
            let Some(after) = after.filter(|_| !must_wait && !too_late) else {
                return false;
            };
            let mut values = values;
            values[ops[i].key] = after;
            placed.push(i);
            let found = place(ops, level, placed, values);
            placed.pop();
            found
        })
    }
    place(ops, level, &mut Vec::new(), [0; 3])
}

fn agrees(ops: &[Op]) -> Result<(), TestCaseError> {
    for level in [Level::Linearizable, Level::Sequential] {
        let wanted = if by_all_orders(ops, level) { Outcome::Ok } else { Outcome::Violated };
        prop_assert_eq!(check(ops, level, MANY), wanted, "{:?}", level);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6_000, ..ProptestConfig::default() })]

    #[test]
    fn a_register_agrees_with_all_orders(plans in plans(8, 1, false)) {
        agrees(&history(&plans))?;
    }

    #[test]
    fn a_register_with_swaps_agrees_with_all_orders(plans in plans(7, 1, true)) {
        agrees(&history(&plans))?;
    }

    #[test]
    fn a_store_agrees_with_all_orders(plans in plans(7, 3, true)) {
        agrees(&history(&plans))?;
    }

    #[test]
    fn a_store_of_two_agrees_with_all_orders(plans in plans(8, 2, false)) {
        agrees(&history(&plans))?;
    }
}

#[test]
fn it_agrees_with_the_search_through_all_orders() {
    let (mut good, mut bad) = (0, 0);
    for case in 0..20_000 {
        let ops = small(case);
        for level in [Level::Linearizable, Level::Sequential] {
            let expect = by_all_orders(&ops, level);
            let found = check(&ops, level, MANY);
            let wanted = if expect { Outcome::Ok } else { Outcome::Violated };
            assert_eq!(found, wanted, "case {case}, {level:?}: {ops:#?}");
            *if expect { &mut good } else { &mut bad } += 1;
        }
    }
    assert!(good > 5_000 && bad > 5_000, "{good} good, {bad} bad");
}
