//! Promises that something happens in the end, about histories, and about the whole state.
//!
//! The rule that is easy to break: what waits, and what cannot be judged, is neither holding nor broken.

use super::deliver::{got, sent};
use super::*;

fn pending(run: &Run<Checks>) -> String {
    match line(run).verdict {
        Verdict::InProgress { why } | Verdict::Pending { why } => why,
        other => panic!("{other:?}"),
    }
}

fn ends() -> Promised<impl Rule> {
    let ended = |s: &Say| matches!(s, Ended(_));
    termination("Termination", "all end", (0..2).map(NodeId), ended).needs(&[Need::AllUp, Need::NoPause])
}

#[test]
fn termination_waits_for_each_and_says_who_is_down() {
    let both = [(1, 0, Ended(0)), (2, 1, Ended(0))];
    let run = tell(ends(), &both, Vec::new());
    assert_eq!((line(&run).verdict, line(&run).class), (Verdict::Holding, Class::Liveness));
    // The third is not asked.
    let one = tell(ends(), &[(1, 0, Ended(0)), (2, 2, Ended(0))], Vec::new());
    assert_eq!(pending(&one), "1 of 2 have come to an end");
    let down = tell(ends(), &both, vec![crash(1, 1), crash(3, 2)]);
    assert_eq!(
        pending(&down),
        "1 of 2 have come to an end; it is assumed that no node fails, and B is not running (since 0.001 s) and C is not running (since 0.003 s)"
    );
    // Whose absence was mended is no excuse any more; and a sleeper is one.
    let back = tell(ends(), &both[..1], vec![crash(3, 2), recover(4, 2)]);
    assert_eq!(pending(&back), "1 of 2 have come to an end");
    let asleep = tell(ends(), &both, vec![Edit::at(1_000, Fault::Pause { node: NodeId(1) })]);
    assert!(
        pending(&asleep).ends_with("no node is paused, and B is paused (since 0.001 s)"),
        "{}",
        pending(&asleep)
    );
}

#[test]
fn what_has_begun_ends_in_whatever_order_it_is_told() {
    let answered = || {
        let begun = |s: &Say| if let Begun(k) = s { Some(*k) } else { None };
        let ended = |s: &Say| if let Ended(k) = s { Some(*k) } else { None };
        leads_to("Answers", "answered", begun, ended)
    };
    let run = tell(
        answered(),
        &[(1, 0, Begun(1)), (2, 1, Ended(1)), (3, 1, Ended(2)), (4, 0, Begun(2)), (5, 0, Begun(1))],
        Vec::new(),
    );
    assert_eq!(line(&run).verdict, Verdict::Holding);
    let many: Vec<_> = (1..=8).map(|k| (u64::from(k), 0, Begun(k))).chain([(9, 1, Ended(2))]).collect();
    let run = tell(answered(), &many, Vec::new());
    assert_eq!(pending(&run), "still open: 1, 3, 4, 5, 6, 7, ...");
    let lost = tell(no_loss("No loss", "arrives", sent, got), &[(1, 0, Sent(4)), (2, 1, Got(5))], Vec::new());
    assert_eq!(pending(&lost), "still open: 4");
}

fn linearizable(level: Level) -> Promised<impl Rule> {
    consistent("Consistency", "as one copy", level, |s: &Say| {
        let (serial, step) = match *s {
            Writes(serial, value) => (serial, Step::Write(value)),
            Reads(serial) => (serial, Step::Read),
            Swaps(serial, old, new) => (serial, Step::Swap(old, new)),
            Done(serial, value) => (serial, Step::Done(value)),
            NotDone(serial) => (serial, Step::Not),
            _ => return None,
        };
        Some(Operation { serial, key: 0, step })
    })
}

#[test]
fn a_stale_read_breaks_linearizability_and_not_sequential_consistency() {
    let stale = [(1, 0, Writes(1, 7)), (2, 0, Done(1, 0)), (3, 1, Reads(1)), (4, 1, Done(1, 0))];
    let why = "no order of these 2 operations explains what was read";
    breaks(linearizable(Level::Linearizable), &stale, &[(1, 0), (2, 0), (3, 1), (4, 1)], why);
    holds(linearizable(Level::Sequential), &stale);
    // While the write goes on, either is right; but not there and then gone.
    let during = [
        (1, 0, Writes(1, 7)),
        (2, 1, Reads(1)),
        (3, 1, Done(1, 7)),
        (4, 2, Reads(1)),
        (5, 2, Done(1, 7)),
        (6, 0, Done(1, 0)),
    ];
    holds(linearizable(Level::Linearizable), &during);
    let gone =
        [(1, 0, Writes(1, 7)), (2, 1, Reads(1)), (3, 1, Done(1, 7)), (4, 1, Reads(2)), (5, 1, Done(2, 0))];
    let run = tell(linearizable(Level::Sequential), &gone, Vec::new());
    assert!(matches!(line(&run).verdict, Verdict::Violated { .. }));
}

#[test]
fn an_unknown_end_may_have_happened_and_what_was_not_done_did_not() {
    let unknown =
        [(1, 0, Writes(1, 7)), (3, 1, Reads(1)), (4, 1, Done(1, 7)), (5, 1, Reads(2)), (6, 1, Done(2, 7))];
    holds(linearizable(Level::Linearizable), &unknown);
    let never = [(1, 0, Writes(1, 7)), (3, 1, Reads(1)), (4, 1, Done(1, 0))];
    holds(linearizable(Level::Linearizable), &never);
    let not = [(1, 0, Writes(1, 7)), (2, 0, NotDone(1)), (3, 1, Reads(1)), (4, 1, Done(1, 7))];
    let run = tell(linearizable(Level::Linearizable), &not, Vec::new());
    assert!(matches!(line(&run).verdict, Verdict::Violated { .. }));
    // A swap needs what it found.
    let swap = [(1, 0, Swaps(1, 0, 5)), (2, 0, Done(1, 0)), (3, 1, Swaps(1, 0, 6)), (4, 1, Done(1, 0))];
    let run = tell(linearizable(Level::Sequential), &swap, Vec::new());
    assert!(matches!(line(&run).verdict, Verdict::Violated { .. }));
}

#[test]
fn a_history_too_long_to_judge_is_unknown_and_not_holding() {
    let mut script = Vec::new();
    for i in 0..201 {
        script.extend([(1 + 2 * i, 0, Writes(i, i)), (2 + 2 * i, 0, Done(i, 0))]);
    }
    let run = tell(linearizable(Level::Linearizable), &script, Vec::new());
    assert!(matches!(line(&run).verdict, Verdict::Unknown { .. }), "{:?}", line(&run));
}

fn sum(world: &World) -> Option<i64> {
    let holds = |n| world.node_as::<Teller>(n).map(|t| t.holds);
    world.node_ids().map(holds).sum()
}

#[test]
fn a_sum_is_what_it_was_when_first_known() {
    let money = || conserved("Conservation", "the sum stays", sum);
    holds(money(), &[(1, 0, Holds(10)), (2, 1, Holds(10))]);
    // A transfer in two events is seen between them: who conserves counts what is on its way.
    let script = [(1, 0, Holds(10)), (4, 1, Holds(7)), (5, 2, Holds(13))];
    breaks(money(), &script, &[(0, 1), (4, 1)], "the sum was 30 and is 27: 3 gone");
    let script = [(1, 0, Holds(10)), (4, 1, Holds(12))];
    breaks(money(), &script, &[(0, 1), (4, 1)], "the sum was 30 and is 32: 2 too much");
}

#[test]
fn an_invariant_and_a_fact_that_must_not_be_told() {
    let small = || {
        invariant("Invariant", "never above 35", |w| match sum(w) {
            Some(s) if s > 35 => Err(format!("the sum is {s}")),
            _ => Ok(()),
        })
    };
    holds(small(), &[(1, 0, Holds(15))]);
    breaks(small(), &[(1, 0, Holds(15)), (2, 1, Holds(11))], &[(0, 1), (2, 1)], "the sum is 36");
    let safe = || never("Never", "no seven", |s: &Say| (*s == Proposed(7)).then(|| "seven".to_owned()));
    holds(safe(), &[(1, 0, Proposed(6))]);
    breaks(safe(), &[(1, 0, Proposed(6)), (2, 0, Proposed(7))], &[(1, 0), (2, 0)], "seven");
}
