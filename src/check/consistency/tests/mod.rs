//! Known histories of the literature, and what a budget does; small histories against others' judgement, and
//! large ones, are beside.
//!
//! The rule that is easy to break: a verdict is compared with one that was found in another way.

mod large;
mod orders;
mod others;

use super::{Act, Budget, Level, Op, Outcome, Spent, check, smallest};
use crate::sim::hash::mix;

const MANY: Budget = Budget::of(1 << 20);

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

/// Three values, each written by three processes at once and once more by swaps whose end nobody saw: no
/// order of these is the right one, and there are many.
fn wide(key: usize, reads: &[u32]) -> Vec<Op> {
    let on = |o: Op| Op { key, ..o };
    let mut ops: Vec<Op> =
        (0..9).map(|i| on(op(key * 100 + i, Act::Write(1 + i as u32 % 3), i, 99))).collect();
    let swaps = (0..9).map(|i| (i as u32 % 3, Act::Cas(1 + i as u32 % 3, 1 + (i as u32 + 1) % 3)));
    ops.extend(swaps.enumerate().map(|(i, (_, act))| on(op(key * 100 + 20 + i, act, 10 + i, usize::MAX))));
    let read = |(i, v): (usize, &u32)| on(op(key * 100 + 90, Act::Read(*v), 100 + 2 * i, 101 + 2 * i));
    ops.extend(reads.iter().enumerate().map(read));
    ops
}

#[test]
fn a_search_without_budget_does_not_know() {
    let reads: Vec<u32> = (0..30).map(|i| 1 + i % 2).collect();
    let hard = wide(0, &reads);
    let few = Budget::of(5);
    for level in [Level::Linearizable, Level::Sequential] {
        assert_eq!(check(&hard, level, few), Outcome::Unknown(Spent::States), "{level:?}");
        let little = Budget { bytes: 500, ..MANY };
        assert_eq!(check(&hard, level, little), Outcome::Unknown(Spent::Memory), "{level:?}");
    }
    assert_eq!(check(&hard, Level::Linearizable, MANY), Outcome::Violated);
}

/// What is wrong with one register is found though another spends all that it has.
#[test]
fn a_spent_budget_hides_no_violation() {
    let reads: Vec<u32> = (0..30).map(|i| 1 + i % 2).collect();
    let stale = |key| {
        [op(500, Act::Write(1), 200, 201), op(500, Act::Write(2), 202, 203), op(500, Act::Read(1), 204, 205)]
            .map(|o| Op { key, ..o })
    };
    for level in [Level::Linearizable, Level::Sequential] {
        for order in [[0, 1], [1, 0]] {
            let mut ops = wide(order[0], &reads);
            ops.extend(stale(order[1]));
            assert_eq!(check(&ops, level, Budget::of(5)), Outcome::Violated, "{level:?}");
            ops.truncate(ops.len() - 1);
            assert_eq!(check(&ops, level, Budget::of(5)), Outcome::Unknown(Spent::States), "{level:?}");
        }
    }
}

/// No budget is needed to see that nobody wrote what was read.
#[test]
fn a_read_of_what_nobody_wrote_is_violated_at_once() {
    let open = |i: usize| op(i, Act::Write(i as u32 + 1), i, usize::MAX);
    let mut ops: Vec<Op> = (0..18).map(open).collect();
    ops.push(op(99, Act::Read(777), 30, 31));
    for level in [Level::Linearizable, Level::Sequential] {
        assert_eq!(check(&ops, level, Budget { states: 0, bytes: 0 }), Outcome::Violated);
        assert_eq!(smallest(&ops, level, MANY), [ops[18]]);
    }
    // Nor does it help that a swap of unknown end would write it, if that finds nothing to swap.
    ops.push(op(98, Act::Cas(778, 777), 20, usize::MAX));
    assert_eq!(check(&ops, Level::Linearizable, Budget::of(0)), Outcome::Violated);
}

/// A value that was written again and again, but each time long ago.
#[test]
fn a_read_of_an_old_value_is_seen_at_one_look() {
    let write = |i: usize, v| op(0, Act::Write(v), 10 * i, 10 * i + 5);
    let mut ops: Vec<Op> = (0..40).map(|i| write(i, 1 + i as u32 % 4)).collect();
    ops.extend((0..9).map(|i| op(10 + i, Act::Cas(7 + i as u32, 8), 3, usize::MAX)));
    ops.push(op(1, Act::Read(4), 392, 403));
    let old = op(2, Act::Read(3), 396, 407);
    assert_eq!(check(&ops, Level::Linearizable, Budget::of(0)), Outcome::Ok);
    let begins = |call| [&ops[..], &[Op { call, ..old }]].concat();
    assert_eq!(check(&begins(384), Level::Linearizable, MANY), Outcome::Ok, "the last write had not ended");
    assert_eq!(check(&begins(396), Level::Linearizable, Budget::of(0)), Outcome::Violated);
    // Ten operations wrote it, and one made it old.
    assert_eq!(smallest(&begins(396), Level::Linearizable, Budget::of(0)).len(), 12);
}

/// To Lamport's order an operation of unknown end has its place in its process's, over all registers; to
/// Herlihy's and Wing's it may happen later.
#[test]
fn an_operation_of_unknown_end_keeps_its_place_in_its_process() {
    let lost = |key| Op { key, ..op(0, Act::Write(2), 2, usize::MAX) };
    // What it wrote is seen, and then what its process wrote before.
    let before = [op(0, Act::Write(1), 0, 1), lost(0), op(1, Act::Read(2), 4, 5), op(1, Act::Read(1), 6, 7)];
    assert_eq!(both(&before), (Outcome::Violated, Outcome::Violated));
    // What its process wrote after it, elsewhere, is seen, and then what was there before it.
    let after = [
        lost(0),
        Op { key: 1, ..op(0, Act::Write(3), 4, 5) },
        Op { key: 1, ..op(1, Act::Read(3), 6, 7) },
        op(1, Act::Read(0), 8, 9),
        op(1, Act::Read(2), 10, 11),
    ];
    assert_eq!(both(&after), (Outcome::Ok, Outcome::Violated));
    // Without that read it may never have happened.
    assert_eq!(both(&after[..4]), (Outcome::Ok, Outcome::Ok));
}

/// What is left is at fault in its own right, and without any one operation that may go it is not.
#[test]
fn the_smallest_part_is_bad_and_nothing_more_can_be_taken() {
    let mut shrunk = 0;
    for case in 0..4_000 {
        let ops = orders::small(case);
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
