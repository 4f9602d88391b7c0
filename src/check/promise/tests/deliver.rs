//! Promises about deliveries, and about who is inside.
//!
//! The rule that is easy to break: each order is tried with gaps and copies, which must break nothing.

use super::*;

pub(super) fn sent(say: &Say) -> Option<u8> {
    if let Sent(m) = say { Some(*m) } else { None }
}

pub(super) fn got(say: &Say) -> Option<u8> {
    if let Got(m) = say { Some(*m) } else { None }
}

#[test]
fn the_same_node_delivers_once_and_others_as_well() {
    let once = || no_duplication("No duplication", "once", got);
    holds(once(), &[(1, 0, Got(1)), (2, 1, Got(1)), (3, 0, Got(2))]);
    breaks(
        once(),
        &[(3, 0, Got(2)), (5, 0, Got(1)), (9, 0, Got(2))],
        &[(3, 0), (9, 0)],
        "A delivers 2 a second time",
    );
}

#[test]
fn fifo_looks_at_one_sender_and_first_deliveries() {
    let fifo = || {
        fifo_order("FIFO", "in order", |s: &Say| match s {
            From(from, number) => Some((NodeId(*from), *number)),
            _ => None,
        })
    };
    // A gap, a copy of an old one, another sender, and the same at another receiver.
    holds(
        fifo(),
        &[(1, 1, From(0, 1)), (2, 1, From(0, 3)), (3, 1, From(0, 1)), (4, 1, From(2, 2)), (5, 2, From(0, 2))],
    );
    let script = [(1, 1, From(0, 1)), (2, 1, From(0, 3)), (3, 1, From(2, 9)), (4, 1, From(0, 2))];
    breaks(fifo(), &script, &[(2, 1), (4, 1)], "B delivers #2 after #3, which was sent later");
}

#[test]
fn total_order_is_broken_by_a_pair_that_two_nodes_see_the_other_way_round() {
    let total = || total_order("Total order", "one order", got);
    // Gaps and copies break nothing.
    holds(
        total(),
        &[
            (1, 0, Got(1)),
            (2, 0, Got(2)),
            (3, 0, Got(3)),
            (4, 1, Got(1)),
            (5, 1, Got(3)),
            (6, 1, Got(1)),
            (7, 2, Got(2)),
        ],
    );
    let script = [(1, 0, Got(1)), (2, 0, Got(2)), (3, 1, Got(2)), (4, 1, Got(1))];
    let why = "B delivers 2 before 1, and A 1 before 2";
    breaks(total(), &script, &[(1, 0), (2, 0), (3, 1), (4, 1)], why);
    // The other way round: the one that is late has the two in the middle, with others between.
    let script = [
        (1, 0, Got(1)),
        (2, 0, Got(5)),
        (3, 0, Got(2)),
        (4, 1, Got(2)),
        (5, 1, Got(6)),
        (6, 2, Got(5)),
        (7, 1, Got(1)),
    ];
    breaks(total(), &script, &[(1, 0), (3, 0), (4, 1), (7, 1)], why);
}

#[test]
fn causes_come_first_through_a_third_node_and_a_relay_adds_none() {
    let causal = || causal_order("Causal order", "causes first", sent, got);
    // 1 and 2 are concurrent; 3 comes after 1 at B.
    holds(
        causal(),
        &[
            (1, 0, Sent(1)),
            (1, 2, Sent(2)),
            (2, 1, Got(1)),
            (3, 1, Sent(3)),
            (4, 2, Got(1)),
            (5, 2, Got(3)),
            (6, 0, Got(3)),
            (7, 0, Got(2)),
        ],
    );
    let script = [(1, 0, Sent(1)), (2, 1, Got(1)), (3, 1, Sent(3)), (4, 2, Got(3)), (5, 2, Got(1))];
    // The event before 4 at C, its cause, is its start.
    breaks(causal(), &script, &[(0, 2), (1, 0), (4, 2)], "C delivers 3 before 1, which came before it");
    // B sends 1 on; that is 1 still, and what B sends next comes after 1 and nothing else.
    holds(
        causal(),
        &[(1, 0, Sent(1)), (2, 1, Got(1)), (3, 1, Sent(1)), (4, 1, Sent(2)), (5, 2, Got(1)), (6, 2, Got(2))],
    );
}

#[test]
fn who_crashes_inside_is_outside_and_who_sleeps_inside_is_inside() {
    let mutex = || {
        mutual_exclusion("Mutual exclusion", "one inside", |s: &Say| match s {
            Enters => Some(Move::Enter),
            Leaves => Some(Move::Leave),
            _ => None,
        })
    };
    holds(
        mutex(),
        &[(1, 0, Enters), (2, 0, Enters), (3, 0, Leaves), (3, 1, Leaves), (4, 1, Enters), (5, 1, Leaves)],
    );
    let script = [(1, 0, Enters), (5, 1, Enters), (9, 0, Leaves)];
    let why = "B goes in while A is inside";
    breaks(mutex(), &script, &[(1, 0), (5, 1)], why);
    let pause = Edit::at(2_000, Fault::Pause { node: NodeId(0) });
    breaks_under(mutex(), &script, vec![pause], &[(1, 0), (5, 1)], why);
    let crashed = tell(mutex(), &script, vec![crash(2, 0)]);
    assert_eq!(line(&crashed).verdict, Verdict::Holding);
    // It leaves by the crash, and is not inside again by recovering.
    let back = tell(mutex(), &[(1, 0, Enters), (8, 1, Enters)], vec![crash(2, 0), recover(3, 0)]);
    assert_eq!(line(&back).verdict, Verdict::Holding);
}
