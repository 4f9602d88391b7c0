//! Known histories of the literature, and every small history against a search that knows nothing.

use super::{Act, Level, Op, Outcome, check, smallest};
use crate::sim::hash::mix;

const MANY: u64 = 1 << 20;

fn op(process: usize, act: Act, call: usize, end: usize) -> Op {
    Op { process, key: 0, act, call, end }
}

fn both(ops: &[Op]) -> (Outcome, Outcome) {
    (check(ops, Level::Linearizable, MANY), check(ops, Level::Sequential, MANY))
}

/// Herlihy and Wing 1990, figure 2, for registers: a read that overlaps the write may see it or not;
/// one that begins after the write has ended must.
#[test]
fn a_read_after_a_write_sees_it() {
    let write = op(0, Act::Write(1), 0, 3);
    let during = |v| op(1, Act::Read(v), 1, 2);
    let after = |v| op(1, Act::Read(v), 4, 5);
    let ok = (Outcome::Ok, Outcome::Ok);
    assert_eq!(both(&[write, during(0)]), ok);
    assert_eq!(both(&[write, during(1)]), ok);
    assert_eq!(both(&[write, after(1)]), ok);
    // Lamport's order has no clock: to it the read may come first.
    assert_eq!(both(&[write, after(0)]), (Outcome::Violated, Outcome::Ok));
}

/// A new value and then the old one again: no order of any kind (Lamport 1986: not even regular).
#[test]
fn nobody_reads_back_in_time() {
    let ops = [op(0, Act::Write(1), 0, 9), op(1, Act::Read(1), 1, 2), op(1, Act::Read(0), 3, 4)];
    assert_eq!(both(&ops), (Outcome::Violated, Outcome::Violated));
}

/// Each of two registers alone is in order; both together are not (Herlihy and Wing 1990, section
/// 3.3: sequential consistency is not local).
#[test]
fn sequential_consistency_is_not_local() {
    let on = |key, o: Op| Op { key, ..o };
    let ops = [
        on(0, op(0, Act::Write(1), 0, 1)),
        on(1, op(1, Act::Write(1), 2, 3)),
        on(1, op(0, Act::Read(0), 4, 5)),
        on(0, op(1, Act::Read(0), 6, 7)),
    ];
    for key in [0, 1] {
        let own: Vec<Op> = ops.iter().filter(|o| o.key == key).copied().collect();
        assert_eq!(check(&own, Level::Sequential, MANY), Outcome::Ok);
    }
    assert_eq!(check(&ops, Level::Sequential, MANY), Outcome::Violated);
}

#[test]
fn what_nobody_saw_end_may_have_happened_or_not() {
    let maybe = op(0, Act::Write(1), 0, usize::MAX);
    for v in [0, 1] {
        let ops = [maybe, op(1, Act::Read(v), 5, 6)];
        assert_eq!(both(&ops), (Outcome::Ok, Outcome::Ok));
    }
    // But it does not happen twice, or undo itself.
    let ops = [maybe, op(1, Act::Read(1), 5, 6), op(1, Act::Read(0), 7, 8)];
    assert_eq!(both(&ops), (Outcome::Violated, Outcome::Violated));
}

#[test]
fn one_of_two_rivals_swaps() {
    let cas = |p, new, call| op(p, Act::Cas(0, new), call, call + 10);
    assert_eq!(both(&[cas(0, 1, 0), cas(1, 2, 1)]).0, Outcome::Violated);
    let chain = op(1, Act::Cas(1, 2), 1, 11);
    assert_eq!(both(&[cas(0, 1, 0), chain]).0, Outcome::Ok);
}

#[test]
fn a_search_without_budget_does_not_know() {
    let ops: Vec<Op> = (0..12).map(|i| op(i, Act::Write(i as u32), i, 99)).collect();
    let bad = [ops, vec![op(20, Act::Read(77), 30, 98)]].concat();
    assert_eq!(check(&bad, Level::Linearizable, 50), Outcome::Unknown);
    assert_eq!(check(&bad, Level::Linearizable, MANY), Outcome::Violated);
}

/// A history of up to six operations that follows from `case`.
fn small(case: u64) -> Vec<Op> {
    let mut dice = case;
    let mut below = |n: u64| {
        dice = mix(dice.wrapping_add(0x9e37));
        (dice >> 7) % n
    };
    let n = 2 + below(5) as usize;
    // Each process does one thing after the other; ends come in any order.
    let mut free = [0_usize; 3];
    let mut ops = Vec::new();
    for _ in 0..n {
        let p = below(3) as usize;
        let call = free[p] + below(4) as usize;
        let end = call + 1 + below(5) as usize;
        free[p] = end + 1;
        let act = match below(5) {
            0 | 1 => Act::Write(1 + below(2) as u32),
            2 | 3 => Act::Read(below(3) as u32),
            _ => Act::Cas(below(3) as u32, 1 + below(2) as u32),
        };
        // Places of a total order: no two beginnings or ends are at one.
        let (call, end) = (call * 8 + p, end * 8 + 4 + p);
        let lost = below(6) == 0 && !matches!(act, Act::Read(_));
        let end = if lost { usize::MAX } else { end };
        ops.push(op(p, act, call, end));
        if lost {
            free[p] = usize::MAX / 16;
        }
        if free[p] > 1_000 {
            break;
        }
    }
    ops
}

/// Tries every order of every choice of what may have happened.
fn by_all_orders(ops: &[Op], level: Level) -> bool {
    fn place(ops: &[Op], level: Level, placed: &mut Vec<usize>, value: u32) -> bool {
        let left = |i: &usize| !placed.contains(i);
        let open: Vec<usize> = (0..ops.len()).filter(left).collect();
        if open.iter().all(|&i| !ops[i].happened()) {
            return true;
        }
        open.iter().any(|&i| {
            let must_wait = open.iter().any(|&j| match level {
                Level::Linearizable => ops[j].end < ops[i].call,
                Level::Sequential => {
                    let own = ops[j].process == ops[i].process && ops[j].happened();
                    own && ops[i].happened() && ops[j].call < ops[i].call
                }
            });
            let after = match ops[i].act {
                Act::Read(v) => (v == value).then_some(value),
                Act::Write(v) => Some(v),
                Act::Cas(old, new) => (old == value).then_some(new),
            };
            let Some(after) = after.filter(|_| !must_wait) else {
                return false;
            };
            placed.push(i);
            let found = place(ops, level, placed, after);
            placed.pop();
            found
        })
    }
    place(ops, level, &mut Vec::new(), 0)
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

/// What is left is at fault in its own right, and without any one operation that may go it is not.
#[test]
fn the_smallest_part_is_bad_and_nothing_more_can_be_taken() {
    let mut shrunk = 0;
    for case in 0..4_000 {
        let ops = small(case);
        for level in [Level::Linearizable, Level::Sequential] {
            if check(&ops, level, MANY) != Outcome::Violated {
                continue;
            }
            let part = smallest(&ops, level, MANY);
            assert_eq!(check(&part, level, MANY), Outcome::Violated, "{case}");
            assert_eq!(smallest(&part, level, MANY), part, "{case}");
            // Linearizability implies sequential consistency, so the same holds for their parts.
            assert!(part.len() <= ops.len());
            shrunk += u32::from(part.len() < ops.len());
        }
    }
    assert!(shrunk > 500, "{shrunk}");
}

/// A thousand operations of ten processes, correct but for one answer.
#[test]
fn one_wrong_answer_among_a_thousand_is_found_and_alone_shown() {
    let mut ops = Vec::new();
    let mut value = 0;
    for i in 0..1_000_usize {
        let act = match mix(i as u64) % 3 {
            0 => {
                value = i as u32 + 1;
                Act::Write(value)
            }
            _ => Act::Read(value),
        };
        ops.push(op(i % 10, act, i * 10, i * 10 + 15));
    }
    assert_eq!(check(&ops, Level::Linearizable, MANY), Outcome::Ok);
    let at = (500..1_000).find(|&i| matches!(ops[i].act, Act::Read(_)));
    ops[at.unwrap()].act = Act::Read(1_000_000);
    assert_eq!(check(&ops, Level::Linearizable, MANY), Outcome::Violated);
    assert_eq!(smallest(&ops, Level::Linearizable, MANY).len(), 1);
}
