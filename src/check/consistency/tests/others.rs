//! Histories against testers by other hands: Stateright's for both levels, `todc-utils`' for linearizability.
//!
//! The rule that is easy to break: what they take for an operation without an end is not what we do.
//! `todc-utils` knows none: each choice of what happened is asked, with ends after all else. Stateright's may
//! happen or not, but nothing follows in its process: to linearizability it is another process; to sequential
//! consistency each choice of what happened before something else is asked.

use super::super::{Act, Level, Op, Outcome, check};
use super::large::recorded;
use super::orders::{history, plans};
use super::{MANY, op};
use crate::sim::hash::mix;
use proptest::prelude::*;
use stateright::semantics::{
    ConsistencyTester, LinearizabilityTester, SequentialConsistencyTester, SequentialSpec,
};
use todc_utils::linearizability::WGLChecker;
use todc_utils::linearizability::history::{Action, History};
use todc_utils::specifications::Specification;

/// Some registers, as both others want it.
#[derive(Clone)]
struct Store([u32; 5]);

impl Store {
    /// Does it, and says what was read, or whether a swap found what it wanted.
    fn apply(&mut self, (key, act): (usize, Act)) -> u32 {
        let held = &mut self.0[key];
        match act {
            Act::Read(_) => *held,
            Act::Write(v) => {
                *held = v;
                0
            }
            Act::Cas(old, new) => {
                let found = *held == old;
                *held = if found { new } else { *held };
                u32::from(found)
            }
        }
    }

    /// What `apply` must say.
    fn wanted(act: Act) -> u32 {
        match act {
            Act::Read(v) => v,
            Act::Write(_) => 0,
            Act::Cas(..) => 1,
        }
    }
}

impl SequentialSpec for Store {
    type Op = (usize, Act);
    type Ret = u32;

    fn invoke(&mut self, op: &Self::Op) -> u32 {
        self.apply(*op)
    }
}

impl Specification for Store {
    type State = [u32; 5];
    type Operation = (usize, Act);

    fn init() -> Self::State {
        [0; 5]
    }

    fn apply(operation: &Self::Operation, state: &Self::State) -> (bool, Self::State) {
        let mut store = Store(*state);
        let fine = store.apply(*operation) == Store::wanted(operation.1);
        (fine, store.0)
    }
}

/// Beginnings and ends in their order: whose, and whether it is the beginning.
fn events(ops: &[Op]) -> Vec<(Op, bool)> {
    let ends = ops.iter().filter(|o| o.happened()).map(|o| (o.end, *o, false));
    let mut all: Vec<_> = ops.iter().map(|o| (o.call, *o, true)).chain(ends).collect();
    all.sort_by_key(|(at, ..)| *at);
    all.into_iter().map(|(_, op, begins)| (op, begins)).collect()
}

/// Whether `tester` finds an order.
fn stateright<T: ConsistencyTester<usize, Store>>(mut tester: T, ops: &[Op]) -> bool {
    for (op, begins) in events(ops) {
        let thread = op.process;
        match begins {
            true => tester.on_invoke(thread, (op.key, op.act)).map(drop).unwrap(),
            false => tester.on_return(thread, Store::wanted(op.act)).map(drop).unwrap(),
        }
    }
    tester.is_consistent()
}

/// Each choice of which of the operations that are `such` happened, and at the end `as_done` says.
fn choices(ops: &[Op], such: impl Fn(&Op) -> bool, as_done: impl Fn(&Op) -> Op) -> Vec<Vec<Op>> {
    let mut all = vec![Vec::new()];
    for op in ops {
        let more: Vec<Vec<Op>> = match such(op) {
            true => all.iter().map(|some| [&some[..], &[as_done(op)]].concat()).collect(),
            false => {
                all.iter_mut().for_each(|some| some.push(*op));
                Vec::new()
            }
        };
        all.extend(more);
    }
    all
}

fn by_stateright(ops: &[Op], level: Level) -> bool {
    let start = Store([0; 5]);
    match level {
        Level::Linearizable => {
            // What never ends is another process's.
            let lone =
                |(i, o): (usize, &Op)| Op { process: if o.happened() { o.process } else { 100 + i }, ..*o };
            let ops: Vec<Op> = ops.iter().enumerate().map(lone).collect();
            stateright(LinearizabilityTester::new(start), &ops)
        }
        Level::Sequential => {
            let followed = |o: &Op| ops.iter().any(|p| p.process == o.process && p.call > o.call);
            let such = |o: &Op| !o.happened() && followed(o);
            // No two beginnings or ends are next to each other in `history`.
            let all = choices(ops, such, |o| Op { end: o.call + 1, ..*o });
            all.iter().any(|ops| stateright(SequentialConsistencyTester::new(start.clone()), ops))
        }
    }
}

/// Only of histories that have an operation.
fn by_wgl(ops: &[Op]) -> bool {
    let last = ops.iter().map(|o| o.end.min(1 << 60)).max().unwrap_or(0);
    let all = choices(ops, |o| !o.happened(), |o| Op { end: last + 1, ..*o });
    all.into_iter().any(|ops| {
        let action = |(op, begins): (Op, bool)| {
            let what = (op.key, op.act);
            let at = ops.iter().position(|o| *o == op).unwrap_or(0);
            (at, if begins { Action::Call(what) } else { Action::Response(what) })
        };
        let actions: Vec<_> = events(&ops).into_iter().map(action).collect();
        actions.is_empty() || WGLChecker::<Store>::is_linearizable(History::from_actions(actions))
    })
}

fn verdict(fine: bool) -> Outcome {
    if fine { Outcome::Ok } else { Outcome::Violated }
}

fn agrees(ops: &[Op]) -> Result<(), TestCaseError> {
    for level in [Level::Linearizable, Level::Sequential] {
        prop_assert_eq!(check(ops, level, MANY), verdict(by_stateright(ops, level)), "{:?}", level);
    }
    prop_assert_eq!(check(ops, Level::Linearizable, MANY), verdict(by_wgl(ops)));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_register_agrees_with_other_testers(plans in plans(9, 1, false)) {
        agrees(&history(&plans))?;
    }

    #[test]
    fn a_store_with_swaps_agrees_with_other_testers(plans in plans(8, 3, true)) {
        agrees(&history(&plans))?;
    }
}

/// Forty operations of few values, as a correct copy answers and with one answer changed: too many for all
/// orders, but not for the algorithm of Wing, Gong and Lowe.
#[test]
fn longer_histories_agree_with_wing_gong_and_lowe() {
    let (mut good, mut bad) = (0, 0);
    for case in 0..400 {
        let dice = mix(case);
        let (keys, values) = (1 + dice as usize % 2, 2 + (dice >> 8) as u32 % 3);
        let mut ops = recorded(40, 2 + (dice >> 16) as usize % 5, keys, values, 12, dice);
        let reads = ops.iter().filter(|o| matches!(o.act, Act::Read(_))).count();
        if case % 2 == 0 && reads > 0 {
            let mut read = ops.iter_mut().filter(|o| matches!(o.act, Act::Read(_)));
            read.nth((dice >> 24) as usize % reads).unwrap().act = Act::Read((dice >> 32) as u32 % 4);
        }
        let fine = by_wgl(&ops);
        assert_eq!(check(&ops, Level::Linearizable, MANY), verdict(fine), "case {case}");
        *if fine { &mut good } else { &mut bad } += 1;
    }
    assert!(good > 100 && bad > 50, "{good} good, {bad} bad");
}

/// The two others agree with each other about what this comparison rests on.
#[test]
fn the_others_see_an_open_write_as_it_is_meant() {
    let open = op(0, Act::Write(1), 0, usize::MAX);
    for (reads, fine) in [(&[0][..], true), (&[1], true), (&[0, 1], true), (&[1, 0], false)] {
        let read = |(i, v): (usize, &u32)| op(1, Act::Read(*v), 10 * i + 5, 10 * i + 8);
        let ops: Vec<Op> = [open].into_iter().chain(reads.iter().enumerate().map(read)).collect();
        assert_eq!([by_stateright(&ops, Level::Linearizable), by_wgl(&ops)], [fine; 2], "{reads:?}");
    }
}
