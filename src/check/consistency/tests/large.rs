//! Large histories: what is decided of them, and with how little.
//!
//! The rule that is easy to break: the budget here is a count of states, so that no test depends on how fast
//! the machine is.

use super::super::{Act, Budget, Level, Op, Outcome, check, smallest};
use super::op;
use crate::sim::hash::mix;

/// What a register or store that is correct could have answered to `processes` at once: each operation takes
/// effect at a moment between its beginning and its end. One in `lost` has no end, and then its process is
/// followed by another.
pub(super) fn recorded(
    n: usize,
    processes: usize,
    keys: usize,
    values: u32,
    lost: u64,
    luck: u64,
) -> Vec<Op> {
    let dice = |i: usize, what: u64| mix(mix(i as u64 + 17) ^ mix(luck) ^ what);
    let mut free: Vec<(usize, usize)> = (0..processes).map(|p| (p, p)).collect();
    let mut moments = Vec::new();
    let mut names = processes;
    for i in 0..n {
        let lane = (0..processes).min_by_key(|&l| free[l].0).unwrap();
        let call = free[lane].0 + 1 + (dice(i, 1) % 8) as usize;
        let moment = call + 1 + (dice(i, 2) % (8 * processes as u64)) as usize;
        let end = moment + 1 + (dice(i, 3) % (8 * processes as u64)) as usize;
        let gone = lost > 0 && dice(i, 4).is_multiple_of(lost);
        moments.push((moment, call, end, free[lane].1, gone, i));
        free[lane].0 = end;
        if gone {
            free[lane].1 = names;
            names += 1;
        }
    }
    moments.sort_unstable();
    let mut held = vec![0; keys];
    let mut ops = Vec::new();
    for (_, call, end, process, gone, i) in moments {
        let key = (dice(i, 5) % keys as u64) as usize;
        let value = if values == 0 { i as u32 + 1 } else { 1 + (dice(i, 6) % u64::from(values)) as u32 };
        let act = if dice(i, 7) % 2 == 0 { Act::Write(value) } else { Act::Read(held[key]) };
        if let Act::Write(v) = act {
            held[key] = v;
        }
        if !gone || matches!(act, Act::Write(_)) {
            // Each beginning and end has a place of its own.
            let (call, end) = (call * 2 * n + 2 * i, end * 2 * n + 2 * i + 1);
            let end = if gone { usize::MAX } else { end };
            ops.push(Op { key, ..op(process, act, call, end) });
        }
    }
    ops
}

/// The same with one read late in it that has found a value from long before.
fn stale(mut ops: Vec<Op>) -> Vec<Op> {
    let writes = |o: &&Op| o.key == 0 && o.happened() && matches!(o.act, Act::Write(_));
    let first = ops.iter().find(writes).map(|o| o.act);
    let last = ops.iter().rposition(|o| o.key == 0 && matches!(o.act, Act::Read(_))).unwrap();
    if let Some(Act::Write(v)) = first {
        ops[last].act = Act::Read(v);
    }
    ops
}

#[test]
fn four_thousand_operations_are_decided() {
    for (processes, keys, lost) in [(5, 1, 0), (10, 1, 20), (10, 5, 20), (50, 5, 50), (100, 1, 0)] {
        let ops = recorded(4_000, processes, keys, 0, lost, 1);
        for level in [Level::Linearizable, Level::Sequential] {
            let what = format!("{processes} processes, {keys} keys, {level:?}");
            assert_eq!(check(&ops, level, Budget::of(20_000)), Outcome::Ok, "{what}");
        }
        let bad = stale(ops);
        let found = check(&bad, Level::Linearizable, Budget::of(0));
        assert_eq!(found, Outcome::Violated, "{processes} processes, {keys} keys");
        assert!(smallest(&bad, Level::Linearizable, Budget::of(2_000)).len() <= 4);
    }
}

/// Values that are written again and again leave no zones, but a search.
#[test]
fn four_thousand_operations_of_few_values_are_decided() {
    for (processes, keys, lost) in [(5, 1, 0), (10, 1, 40), (10, 5, 40), (20, 5, 0)] {
        let ops = recorded(4_000, processes, keys, 5, lost, 1);
        for level in [Level::Linearizable, Level::Sequential] {
            let what = format!("{processes} processes, {keys} keys, {level:?}");
            assert_eq!(check(&ops, level, Budget::of(100_000)), Outcome::Ok, "{what}");
        }
    }
}

/// Ten thousand writes that nobody saw end: those whose value nobody has found are out of the question, and
/// of the others each is needed once.
#[test]
fn ten_thousand_open_writes_are_decided() {
    let write = |i: usize| op(i, Act::Write(i as u32 + 1), i, usize::MAX);
    let mut ops: Vec<Op> = (0..10_000).map(write).collect();
    let read = |i: usize, v: u32| op(20_000, Act::Read(v), 20_000 + 2 * i, 20_001 + 2 * i);
    for level in [Level::Linearizable, Level::Sequential] {
        assert_eq!(check(&ops, level, Budget::of(0)), Outcome::Ok);
    }
    ops.extend((0..1_000).map(|i| read(i, i as u32 * 7 + 1)));
    for level in [Level::Linearizable, Level::Sequential] {
        assert_eq!(check(&ops, level, Budget::of(0)), Outcome::Ok);
    }
    ops.push(read(1_000, 1));
    for level in [Level::Linearizable, Level::Sequential] {
        assert_eq!(check(&ops, level, Budget::of(0)), Outcome::Violated);
        assert!(smallest(&ops, level, Budget::of(0)).len() <= 5);
    }
    // The same value a thousand times: it can be found again as often.
    let write = |i: usize| op(i, Act::Write(1 + i as u32 % 10), i, usize::MAX);
    let mut ops: Vec<Op> = (0..10_000).map(write).collect();
    ops.extend((0..2_000).map(|i| read(i, 1 + i as u32 % 2)));
    for level in [Level::Linearizable, Level::Sequential] {
        assert_eq!(check(&ops, level, Budget::of(50_000)), Outcome::Ok);
    }
    ops.push(read(2_000, 1));
    assert_eq!(check(&ops, Level::Linearizable, Budget::of(50_000)), Outcome::Violated);
}

#[test]
fn forty_thousand_keys_are_decided() {
    let on = |key: usize, o: Op| Op { key, ..o };
    let pair = |k: usize, read: u32, processes: usize| {
        let (p, q) = (k % processes, (k + 1) % processes);
        [on(k, op(p, Act::Write(1), 4 * k, 4 * k + 1)), on(k, op(q, Act::Read(read), 4 * k + 2, 4 * k + 3))]
    };
    for processes in [1, 10, 40_000] {
        let mut ops: Vec<Op> = (0..40_000).flat_map(|k| pair(k, 1, processes)).collect();
        for level in [Level::Linearizable, Level::Sequential] {
            assert_eq!(
                check(&ops, level, Budget::of(1_000)),
                Outcome::Ok,
                "{level:?}, {processes} processes"
            );
        }
        ops.push(on(39_999, op(0, Act::Read(2), 400_000, 400_001)));
        for level in [Level::Linearizable, Level::Sequential] {
            assert_eq!(check(&ops, level, Budget::of(0)), Outcome::Violated);
            assert_eq!(smallest(&ops, level, Budget::of(0)).len(), 1);
        }
    }
}
