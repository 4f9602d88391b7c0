//! Promises about values: agreement, at most one, integrity, no creation, same prefix.
//!
//! The rule that is easy to break: expect who and when, not only that it broke.

use super::*;

pub(super) fn decided(say: &Say) -> Option<(String, u8)> {
    match say {
        Decided(key, value) => Some((format!("entry {key}"), *value)),
        _ => None,
    }
}

pub(super) fn agree() -> Promised<impl Rule> {
    agreement("Agreement", "all agree", "decides", decided)
}

#[test]
fn agreement_is_about_each_thing_and_counts_what_the_dead_decided() {
    holds(agree(), &[(1, 0, Decided(1, 7)), (2, 1, Decided(1, 7)), (3, 1, Decided(2, 8))]);
    let script = [(1, 0, Decided(1, 7)), (5, 1, Decided(1, 7)), (9, 2, Decided(1, 8))];
    let why = "A decides 7, and C 8 (entry 1)";
    breaks(agree(), &script, &[(1, 0), (9, 2)], why);
    breaks_under(agree(), &script, vec![crash(2, 0)], &[(1, 0), (9, 2)], why);
    // Also a node with itself; and without a verb, or a name for the one thing there is, nothing is left blank.
    let only = agreement("Agreement", "all agree", "", |s: &Say| decided(s).map(|(_, v)| (Only, v)));
    breaks(only, &[(1, 0, Decided(1, 7)), (2, 0, Decided(2, 8))], &[(1, 0), (2, 0)], "A 7, and A 8");
}

#[test]
fn at_most_one_is_counted_by_epoch_and_the_same_again_is_one() {
    let one = || {
        at_most_one("Safety", "one leader a term", |s: &Say| match s {
            Leads(term) => Some(format!("term {term}")),
            _ => None,
        })
    };
    holds(one(), &[(1, 0, Leads(1)), (2, 1, Leads(2)), (3, 0, Leads(1))]);
    // A late one, of an old term.
    let script = [(1, 0, Leads(1)), (2, 1, Leads(2)), (3, 2, Leads(1))];
    breaks(one(), &script, &[(1, 0), (3, 2)], "both A and C in term 1");
}

#[test]
fn integrity_lets_a_node_repeat_itself_and_not_change_its_mind() {
    let mind = || integrity("Integrity", "no change", decided);
    holds(
        mind(),
        &[(1, 0, Decided(1, 7)), (2, 0, Decided(1, 7)), (3, 1, Decided(1, 8)), (4, 0, Decided(2, 9))],
    );
    let script = [(1, 0, Decided(1, 7)), (2, 1, Decided(1, 8)), (3, 0, Decided(1, 8))];
    breaks(mind(), &script, &[(1, 0), (3, 0)], "A said 7 first, and now 8 (entry 1)");
}

#[test]
fn what_is_used_was_made_before() {
    let validity = || {
        let made = |s: &Say| if let Proposed(v) = s { Some(*v) } else { None };
        let used = |s: &Say| decided(s).map(|(_, v)| v);
        no_creation("Validity", "proposed", made, used)
    };
    // In one event, too, if it is told first.
    holds(
        validity(),
        &[(1, 0, Proposed(7)), (2, 1, Decided(1, 7)), (3, 2, Proposed(8)), (3, 2, Decided(2, 8))],
    );
    let late = [(1, 1, Decided(1, 7)), (2, 0, Proposed(7))];
    // The start of B brought the timer about.
    breaks(validity(), &late, &[(0, 1), (1, 1)], "B has 7, which nobody brought in");
}

#[test]
fn lists_agree_as_far_as_both_go() {
    let prefix = || {
        let appended = |s: &Say| if let Got(v) = s { Some(*v) } else { None };
        same_prefix("Same prefix", "equal lists", appended)
    };
    holds(
        prefix(),
        &[(1, 0, Got(1)), (2, 0, Got(2)), (3, 1, Got(1)), (4, 2, Got(1)), (5, 1, Got(2)), (6, 1, Got(3))],
    );
    let script = [(1, 0, Got(1)), (2, 0, Got(2)), (3, 1, Got(1)), (4, 1, Got(3))];
    breaks(prefix(), &script, &[(2, 0), (4, 1)], "at place 2, A has 2, and B 3");
    // With one that only the third has gone to so far.
    let script = [(1, 0, Got(1)), (2, 2, Got(1)), (3, 2, Got(9)), (4, 0, Got(8))];
    breaks(prefix(), &script, &[(3, 2), (4, 0)], "at place 2, C has 9, and A 8");
}
