//! Each way of keeping in step keeps what it promises and no more; what breaks it; what it costs.
//!
//! The rule that is easy to break: what a way does not promise must be seen to break somewhere, or the promise of the others would be worth
//! nothing.

use super::setup::{Config, Keeping};
use super::{ENTRY, cost, judged, show};
use crate::check::{Model, Verdict};
use crate::kit::bench::{Bench, Trial};
use crate::kit::boards::{Board, Mood};
use crate::sim::{Edit, Fault, NodeId};

const WAYS: [&str; 4] = ["keeping=primary", "keeping=ordered", "keeping=causal", "keeping=newest"];

fn bench(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings)
}

/// A request by hand.
fn asks(ms: u64, node: u16, words: &str) -> Edit {
    Edit::at(ms * 1_000, Fault::Request { node: NodeId(node), request: words.to_owned() })
}

/// The lamps of a run, by their labels.
fn lamps(run: &Trial) -> Vec<(String, Mood)> {
    let boards = show::histories(run.world(), run.trace());
    let lamps = boards.into_iter().find_map(|b| match b {
        Board::Lamps { lamps, .. } => Some(lamps),
        _ => None,
    });
    lamps.unwrap().into_iter().map(|l| (l.label, l.mood)).collect()
}

fn out(run: &Trial) -> Vec<String> {
    lamps(run).into_iter().filter(|l| l.1 == Mood::Bad).map(|l| l.0).collect()
}

/// Whatever happens to nodes and links, what is promised of histories holds: who has lost something waits.
#[test]
fn under_every_mix_what_is_promised_holds() {
    for way in WAYS {
        let runs = bench(&[way]).until_ms(6_000).every_mix(0..12, |run| {
            for line in crate::check::verdicts(run) {
                let broken = matches!(line.verdict, Verdict::Violated { .. } | Verdict::Unknown { .. });
                assert!(!broken, "{way}: {line:?}");
            }
        });
        assert!(runs >= 12, "{runs}");
    }
}

/// A crash at any moment, of anyone.
#[test]
fn a_crash_at_any_event_breaks_nothing() {
    for way in WAYS {
        bench(&[way, "count=2"]).until_ms(2_000).crash_at_each_event(3, 100, |run| run.safe());
    }
}

/// In calm all is kept, all is answered, and what is not promised is lost in some run: each way is weaker than the one before it.
#[test]
fn each_way_is_weaker_than_the_one_before_it() {
    for (way, name) in WAYS.iter().enumerate() {
        let mut lost: Vec<String> = Vec::new();
        for seed in 0..40 {
            let run = bench(&[name]).run(seed);
            run.all_hold();
            lost.extend(out(&run));
        }
        let keeping = [Keeping::Primary, Keeping::Ordered, Keeping::Causal, Keeping::Newest][way];
        let promised = |m: &Model| judged::models(keeping).contains(m);
        for model in Model::ALL {
            let is_out = lost.iter().any(|l| l == model.name());
            assert!(!(is_out && promised(&model)), "{name}: {}", model.name());
        }
        let weaker = [None, Some("Linearizable"), Some("Sequential"), None][way];
        assert!(
            weaker.is_none_or(|w| lost.iter().any(|l| l == w)),
            "{name} never loses {weaker:?}: {lost:?}"
        );
        // Causal memory orders no two writes that do not know of each other (1995, section 4).
        assert_eq!(lost.iter().any(|l| l == "Eventual"), keeping == Keeping::Causal, "{name}");
    }
}

/// Where the newest wins, nothing waits for its cause: C3 sees the reply of C2, and not what it replies to.
#[test]
fn the_newest_may_come_before_its_cause() {
    let by_hand = [
        asks(100, 3, "write x 1 0"),
        asks(300, 4, "read x 0"),
        asks(350, 4, "write y 2 0"),
        asks(900, 5, "read y 0"),
        asks(950, 5, "read x 0"),
    ];
    let mut run = bench(&["keeping=newest", "work=by-hand", "spread_ms=0"]).edits(by_hand).start(1);
    run.hold_back("update", 2);
    run.finish();
    assert_eq!(run.run_reads(), [1, 2, 0]);
    assert_eq!(out(&run), ["Linearizable", "Sequential", "Causal", "Writes follow reads"]);
}

/// C1 writes 3 at R1, goes to R2, and reads what was there before: read your writes rests on staying.
#[test]
fn who_goes_to_another_copy_loses_what_was_promised_and_is_told_why() {
    for way in &WAYS[1..3] {
        let go = [asks(100, 3, "write x 3 0"), asks(250, 3, "read x 2")];
        let still = bench(&[way, "work=by-hand", "delay_ms=1000"]).edits(go.clone());
        let run = match *way {
            // There the write has to be answered first.
            "keeping=ordered" => bench(&[way, "work=by-hand", "delay_ms=1000"])
                .edits([go[0].clone(), asks(300, 3, "read x 2")])
                .run(1),
            _ => still.run(1),
        };
        let broken = run.broken("Read your writes");
        assert!(
            broken
                .assumption
                .starts_with("it is assumed that each client stays at one copy, and C1 went to R2")
        );
        assert_eq!(broken.why, "C1 writes x = 3, then C1 reads x: 0");
        assert_eq!(out(&run), ["Linearizable", "Sequential", "Causal", "Read your writes"]);
    }
    // A primary answers wherever one asks.
    let go = [asks(100, 3, "write x 3 0"), asks(250, 3, "read x 2")];
    bench(&["work=by-hand"]).edits(go).run(1).all_hold();
}

/// 1995, section 4: what has overtaken its cause waits for it.
#[test]
fn an_effect_waits_for_its_cause() {
    // R1 writes; R2 sees it and writes; R3 gets the second one first.
    let by_hand = [asks(100, 3, "write x 1 0"), asks(350, 4, "write y 2 0"), asks(900, 5, "read y 0")];
    let base = bench(&["keeping=causal", "work=by-hand", "spread_ms=0"]).edits(by_hand);
    let run = |settings: &[&str]| {
        let mut run = base.set(settings).start(1);
        run.hold_back("update", 2);
        run.finish();
        run
    };
    let waits = run(&[]);
    assert_eq!(show::absences(waits.world(), waits.trace()).len(), 1);
    assert_eq!(waits.run_reads(), [0]);
    waits.hold(&["Causal"]);
    let takes = run(&["mutant=as-they-come"]);
    assert_eq!(takes.run_reads(), [2]);
}

impl Trial {
    /// The values that were read, in their order.
    fn run_reads(&self) -> Vec<u64> {
        let facts = self.trace().facts().iter().filter_map(|(_, told)| told.as_fact::<super::Fact>());
        facts
            .filter_map(|f| match f {
                super::Fact::Read { value, .. } => Some(*value),
                _ => None,
            })
            .collect()
    }
}

/// Two writes at one time: the copy with the larger number wins at all; with what came last they stay apart, and the promise says so.
#[test]
fn the_newest_wins_everywhere() {
    let both = [asks(100, 3, "write x 1 0"), asks(100, 4, "write x 2 0")];
    let base = bench(&["keeping=newest", "work=by-hand"]).edits(both);
    let run = base.run(1);
    run.all_hold();
    assert_eq!(lamps(&run).last().unwrap(), &("Eventual".to_owned(), Mood::Good));
    let broken = base.set(&["mutant=last-come"]).run(1).broken("Eventual");
    assert_eq!(broken.why, "R1 and R2 know of the same writes, and of x R1 holds 2, R2 1");
    assert!(broken.assumption.contains("not what came last"));
}

/// In a run that has not come to rest nothing is said of the end.
#[test]
fn what_is_under_way_is_not_eventual_yet() {
    let mut run = bench(&["keeping=newest", "work=by-hand"]).edits([asks(100, 3, "write x 3 0")]).start(1);
    run.run_until(crate::sim::SimTime::from_ms(110));
    assert_eq!(lamps(&run).last().unwrap().1, Mood::Waiting);
    assert_eq!(run.pending("Eventual"), "2 of 3 copies do not know of all 1 writes");
    run.finish();
    assert_eq!(lamps(&run).last().unwrap().1, Mood::Good);
    run.hold(&["Eventual"]);
}

/// Three settings by hand: n = 3, near 2, d = 60: 2 of 3 clients are not at R1, 4 + 2/3 * 120; a write at a primary 120 more.
#[test]
fn the_formula_is_the_arithmetic() {
    let takes = |settings: &[&str]| {
        let p = ENTRY.set(settings).unwrap();
        [cost::takes(&p, false), cost::takes(&p, true)].map(|ms| ms.map(|ms| (1e6 * ms).round() / 1e6))
    };
    assert_eq!(takes(&["spread_ms=0"]), [Some(84.0), Some(204.0)]);
    assert_eq!(takes(&["spread_ms=0", "keeping=ordered"]), [Some(4.0), Some(84.0)]);
    assert_eq!(takes(&["keeping=causal"]), [Some(4.0), Some(4.0)]);
    assert_eq!(takes(&["spread_ms=0", "copies=1", "clients=5"]), [Some(4.0), Some(4.0)]);
    assert_eq!(takes(&[]), [None, None]);
    assert!(Config::of(&ENTRY.set(&["work=by-hand"]).unwrap()).clients == 3);
    assert_eq!(takes(&["work=by-hand", "keeping=causal"]), [None, None]);
}

/// Every lamp that is out has its bars marked, and no other bar is.
#[test]
fn the_bars_that_break_the_weakest_model_are_marked() {
    let go = [asks(100, 3, "write x 3 0"), asks(150, 4, "write y 5 0"), asks(250, 3, "read x 2")];
    let run = bench(&["keeping=causal", "work=by-hand", "delay_ms=1000"]).edits(go).run(1);
    let boards = show::histories(run.world(), run.trace());
    let Some(Board::Bands { title, rows }) = boards.last() else { panic!("{boards:?}") };
    assert_eq!(title, "What clients did: 2 break \u{201c}Read your writes\u{201d}");
    let marked = |row: &(String, Vec<crate::kit::boards::Band>)| {
        row.1.iter().filter(|b| b.mood == Mood::Bad).map(|b| b.label.clone()).collect::<Vec<_>>()
    };
    assert_eq!(rows.iter().map(marked).collect::<Vec<_>>(), [vec!["x = 3", "x: 0"], vec![], vec![]]);
    assert_eq!(rows[1].1.len(), 1);
}
