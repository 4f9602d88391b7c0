//! The account of assumptions: what is out of force is named, for whom, since when; and until when, if it has passed.
//!
//! The rule that is easy to break: who waits has no excuse in what has passed and left nothing behind.

use super::*;
use crate::sim::{Layers, LinkPatch, NodePatch, Timing};

const B: NodeId = NodeId(1);

/// B is to end something at 900 ms, and before it the world was done this to, at these milliseconds.
fn waits(needs: &'static [Need], edits: &[(u64, Fault)], at_ms: u64) -> Verdict {
    let ended = |s: &Say| matches!(s, Ended(_));
    let promise = termination("Termination", "it ends", [B], ended).needs(needs);
    let edits = edits.iter().map(|(ms, fault)| Edit::at(ms * 1_000, fault.clone())).collect();
    // What comes into force by itself is seen at the next event, wherever that is.
    let mut run = tell(promise, &[(500, 2, Begun(1)), (900, 1, Ended(0))], edits);
    run.seek(SimTime::from_ms(at_ms));
    line(&run).verdict
}

fn set(set: NodePatch) -> Fault {
    Fault::Node { node: B, set }
}

/// What is needed, what takes it out of force, and what brings it back; what is said while it is, and what stays.
type Case = (Need, Fault, Option<Fault>, &'static str, Option<&'static str>);

fn cases() -> Vec<Case> {
    let slow = |us| set(NodePatch { service_us: Some(us), ..NodePatch::default() });
    let drift = |ppm| set(NodePatch { drift_ppm: Some(ppm), ..NodePatch::default() });
    let late = |us| set(NodePatch { late_us: Some(us), ..NodePatch::default() });
    let wall = Fault::Partition(crate::sim::Partition {
        groups: vec![vec![B], vec![NodeId(2)]],
        ..crate::sim::Partition::default()
    });
    vec![
        (
            Need::AllUp,
            Fault::crash(B),
            Some(Fault::Recover { node: B }),
            "B is not running (since 0.100 s)",
            None,
        ),
        (
            Need::NoCrash,
            Fault::crash(B),
            Some(Fault::Recover { node: B }),
            "B is not running (since 0.100 s)",
            Some("B crashed (from 0.100 s to 0.300 s)"),
        ),
        (
            Need::NoPause,
            Fault::Pause { node: B },
            Some(Fault::Resume { node: B }),
            "B is paused (since 0.100 s)",
            None,
        ),
        (
            Need::Correct,
            late(5_000),
            Some(late(0)),
            "B is late (since 0.100 s)",
            Some("B was late (from 0.100 s to 0.300 s)"),
        ),
        (Need::Pace, slow(5_000), Some(slow(0)), "B takes 5 ms for a step (since 0.100 s)", None),
        (
            Need::Clocks,
            drift(50_000),
            Some(drift(0)),
            "the clock of B has a drift of 50000 ppm (since 0.100 s)",
            None,
        ),
        (Need::Fair, wall, Some(Fault::Heal), "a partition stands (since 0.100 s)", None),
        // It catches up by itself.
        (
            Need::Onward,
            Fault::ClockJump { node: B, by_us: -150_000 },
            None,
            "the clock of B is behind itself (since 0.100 s)",
            None,
        ),
    ]
}

/// While it is out of force: pending, with who and since when. When it is in force again: work under way, or what stays of it.
#[test]
fn what_is_out_of_force_is_named_with_whom_and_since_when() {
    for (need, fault, mends, now, then) in cases() {
        let needs: &'static [Need] = Box::leak(Box::new([need]));
        let edits: Vec<_> = [(100, fault)].into_iter().chain(mends.map(|f| (300, f))).collect();
        let named =
            |need: Need, said: &str| format!("0 of 1 have come to an end; {}, and {said}", need.assumed());
        // Who is down now may be down for ever.
        let while_out = if need == Need::NoCrash { Need::AllUp } else { need };
        let before = Verdict::InProgress { why: "0 of 1 have come to an end".to_owned() };
        assert_eq!(waits(needs, &edits, 50), before, "{need:?}");
        assert_eq!(waits(needs, &edits, 200), Verdict::Pending { why: named(while_out, now) }, "{need:?}");
        let after = then.map_or(before, |said| Verdict::Pending { why: named(need, said) });
        assert_eq!(waits(needs, &edits, 850), after, "{need:?}");
    }
}

/// Where nothing is left to happen, nothing is in progress; while an edit is to come, something is.
#[test]
fn nothing_is_in_progress_where_nothing_is_left_to_happen() {
    let promise = || {
        let ended = |s: &Say| matches!(s, Ended(_));
        termination("Termination", "it ends", [B], ended)
    };
    let mut run = tell(promise(), &[(500, 2, Begun(1))], Vec::new());
    let why = "0 of 1 have come to an end; and nothing is left that happens by itself";
    assert_eq!(verdicts(&run)[0].verdict, Verdict::Pending { why: why.to_owned() });
    run.seek(SimTime::from_ms(400));
    let waits = Verdict::InProgress { why: "0 of 1 have come to an end".to_owned() };
    assert_eq!(verdicts(&run)[0].verdict, waits);
    let later = Edit::at(2_000_000, Fault::Recover { node: B });
    assert_eq!(verdicts(&tell(promise(), &[], vec![later]))[0].verdict, waits);
}

/// A world without a bound on delays has none from the start; a timing model with one brings it, and a longer one than that
/// of the beginning does not.
#[test]
fn a_bound_on_delays_is_one_that_the_timing_model_gives() {
    let timing = |delay_us| Fault::Timing { timing: Timing::BoundedAsync { delay_us } };
    let named = |said: &str| {
        let why = format!("0 of 1 have come to an end; {}, and {said}", Need::Bound.assumed());
        Verdict::Pending { why }
    };
    let in_time = &[Need::Bound];
    let none = named("the timing model gives delays no bound (since 0.000 s)");
    assert_eq!(waits(in_time, &[], 50), none);
    let edits = [(100, timing(20_000))];
    let longer = named("the timing model lets a message take 20 ms (since 0.100 s)");
    assert_eq!(waits(in_time, &edits, 200), longer);
}

/// Links keep no order unless they are told to, or put it right at the end; one that sends again what was lost does not keep it.
#[test]
fn links_that_keep_no_order_are_named_until_they_do() {
    let set = |set| Fault::Links { set };
    let fifo = |on| set(LinkPatch { fifo: Some(on), ..LinkPatch::default() });
    let again = |reorder| {
        let layers = Layers { retransmit_us: 50_000, reorder, ..Layers::default() };
        set(LinkPatch { layers: Some(layers), ..LinkPatch::default() })
    };
    let named = |said: &str| {
        let why = format!("0 of 1 have come to an end; {}, and {said}", Need::InOrder.assumed());
        Verdict::Pending { why }
    };
    let in_order = &[Need::InOrder];
    let since = |at: &str| named(&format!("messages from A to B may overtake each other (since {at})"));
    let past = |until: &str| {
        named(&format!("messages from A to B could overtake each other (from 0.000 s to {until})"))
    };
    assert_eq!(waits(in_order, &[], 50), since("0.000 s"));
    assert_eq!(waits(in_order, &[(100, fifo(true))], 200), past("0.100 s"));
    assert_eq!(waits(in_order, &[(100, fifo(true)), (200, again(false))], 300), since("0.200 s"));
    assert_eq!(waits(in_order, &[(100, again(true))], 300), past("0.100 s"));
}
