//! Tests of remote calls: one a semantics and a way to fail, one a rule, and all that can happen in a small one.

use super::bank::Books;
use super::shop::{Known, Shop};
use super::stub::Policy;
use super::{C, ENTRY, Fact, SHOP};
use crate::check::Verdict;
use crate::check::search::{Bounds, Ending, Explored, Faults, explore};
use crate::kit::bench::{Bench, Mean, Trial, fault};
use crate::sim::{Delay, Fault, Link, NodeId, SimTime, Span};

const BANK: NodeId = NodeId(1);
const ALL: [&str; 5] = ["maybe", "at-least-once", "at-most-once", "bound", "exactly-once"];

fn bench(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings).until_ms(8_000)
}

fn of(semantics: &str) -> Bench {
    bench(&[&format!("semantics={semantics}")])
}

fn told(run: &Trial, is: impl Fn(&Fact) -> bool) -> usize {
    let facts = run.trace().facts().iter().filter(|(event, _)| event.0 < run.position());
    facts.filter(|(_, told)| told.as_fact::<Fact>().is_some_and(&is)).count()
}

fn until(run: &mut Trial, is: impl Fn(&Fact) -> bool) {
    while told(run, &is) == 0 {
        assert!(run.step(), "it is never told");
    }
}

fn later(run: &mut Trial, ms: u64) {
    let then = run.time() + Span::ms(ms);
    run.run_until(then);
}

/// How often the first call was executed, and whether the shop was told so.
fn fate(run: &Trial) -> (u32, bool) {
    let books: &Books = run.world().durable_as(BANK).unwrap();
    let known = run.node::<Shop>(SHOP).notes.calls[&C(1)];
    assert!(known == Known::Paid || known == Known::Unknown, "{known:?}");
    (books.charges.get(&C(1)).copied().unwrap_or(0), known == Known::Paid)
}

fn down_for(run: &mut Trial, node: NodeId, ms: u64) {
    run.fault(Fault::crash(node));
    later(run, ms);
    run.fault(Fault::Recover { node });
}

/// What can go wrong with one call (Tanenbaum and van Steen 2017, section 8.3), under each semantics (Coulouris 2012, figure
/// 5.9): how often it is executed, and whether the shop knows.
#[test]
fn each_semantics_and_each_way_to_fail() {
    type Fail = fn(&mut Trial);
    let lost_request: Fail = |run| run.lose("request", 1);
    let lost_reply: Fail = |run| run.lose("reply", 1);
    let before: Fail = |run| {
        run.deliver("request", 1);
        later(run, 3);
        down_for(run, BANK, 20);
    };
    let after: Fail = |run| {
        until(run, |f| matches!(f, Fact::Executed { .. }));
        down_for(run, BANK, 20);
    };
    let nothing: Fail = |_| {};
    for (way, name, expected) in [
        (nothing, "nothing", [(1, true), (1, true), (1, true), (1, true), (1, true)]),
        (lost_request, "request lost", [(0, false), (1, true), (1, true), (1, true), (1, true)]),
        (lost_reply, "reply lost", [(1, false), (2, true), (1, true), (1, true), (1, true)]),
        (before, "crash before", [(0, false), (1, true), (1, true), (0, false), (1, true)]),
        (after, "crash after", [(1, false), (2, true), (2, true), (1, false), (1, true)]),
    ] {
        for (semantics, expected) in ALL.into_iter().zip(expected) {
            for seed in 0..10 {
                let mut run = of(semantics).set(&["calls=1"]).start(seed);
                way(&mut run);
                run.finish();
                assert_eq!(fate(&run), expected, "{semantics}, {name}, seed {seed}");
                let twice = expected.0 > 1 && semantics == "at-most-once";
                if twice {
                    let broken = run.broken("At most once");
                    assert!(broken.assumption.contains("no node crashes, and Bank crashed"), "{broken:?}");
                    assert!((2..=12).contains(&broken.witness.len()), "{broken:?}");
                }
                assert!(twice || !run.line_breaks(), "{semantics}, {name}");
            }
        }
    }
}

impl Trial {
    fn line_breaks(&self) -> bool {
        crate::check::verdicts(self).iter().any(|l| matches!(l.verdict, Verdict::Violated { .. }))
    }
}

/// Nothing filters what the network doubles under maybe, and the promise says so; with a table it is one call.
#[test]
fn a_request_that_comes_twice() {
    for (semantics, times) in ALL.into_iter().zip([2, 2, 1, 1, 1]) {
        let mut run = of(semantics).set(&["calls=1"]).start(1);
        run.double("request", 1);
        run.finish();
        assert_eq!(fate(&run).0, times, "{semantics}");
        if semantics == "maybe" {
            assert!(run.broken("At most once").assumption.contains("no message comes twice"));
        }
    }
}

/// Whatever happens, what breaks is owed to the world, and only where the semantics allow it; where calls are tried until they
/// are answered, all are executed and answered in the end.
#[test]
fn every_semantics_under_every_mix() {
    for semantics in ALL {
        of(semantics).every_mix(0..60, |run| {
            for line in crate::check::verdicts(run) {
                let Verdict::Violated { assumption, why, .. } = line.verdict else { continue };
                let owed = assumption.starts_with("it is assumed") && line.name == "At most once";
                assert!(
                    owed && ["maybe", "at-most-once"].contains(&semantics),
                    "{semantics}: {why}; {assumption}"
                );
            }
            run.hold(&["Every call ends"]);
            if ["at-least-once", "at-most-once", "exactly-once"].contains(&semantics) {
                run.hold(&["At least once"]);
            }
        });
    }
    let deep = &["tiers=3", "attempts=3", "timeout_ms=150", "backoff=jitter", "budget_percent=20"];
    for semantics in ["bound", "exactly-once"] {
        of(semantics).set(deep).every_mix(0..30, |run| {
            run.safe();
            run.hold(&["Every call ends"]);
        });
    }
}

/// Whoever crashes after whichever event, shop or bank.
#[test]
fn a_crash_after_each_event() {
    for (semantics, away_ms) in [("exactly-once", 5), ("exactly-once", 500), ("bound", 5), ("bound", 500)] {
        let small = of(semantics).set(&["calls=3", "gap_ms=30", "sync_ms=5"]).until_ms(3_000);
        let runs = small.crash_at_each_event(1, away_ms, |run| {
            run.safe();
            run.hold(&["Every call ends"]);
            if semantics == "exactly-once" {
                assert_eq!((run.all_hold(), run.number("known_percent")), (4, 100.0));
            }
        });
        assert!(runs > 15, "{runs}");
    }
    let runs = of("exactly-once")
        .set(&["tiers=3", "attempts=3", "calls=5"])
        .until_ms(3_000)
        .crash_at_each_event(2, 20, Trial::safe);
    assert!(runs > 15, "{runs}");
}

/// Section 2 of the paper: a call stays one for the life for which it was made, though its caller has learnt of the next one,
/// and has crashed.
#[test]
fn a_call_is_never_for_two_lives() {
    let mut run = of("bound").set(&["calls=2", "gap_ms=100", "timeout_ms=200"]).start(1);
    until(&mut run, |f| matches!(f, Fact::Executed { .. }));
    down_for(&mut run, BANK, 10);
    until(&mut run, |f| matches!(f, Fact::GivenUp { call: C(2) }));
    assert_eq!(told(&run, |f| matches!(f, Fact::Refused { call: C(2) })), 1);
    down_for(&mut run, SHOP, 10);
    run.finish();
    assert_eq!(fate(&run), (1, false));
    run.hold(&["At most once", "Every call ends"]);
}

/// With messages of 12 ms and 10 ms of work an error is there after 34. Four tries, and waits of 50, 100 and 200 between them: 486.
/// With full jitter half of the waits in the mean: 311.
#[test]
fn waits_double_and_jitter_halves_them_in_the_mean() {
    let even = |backoff: &str| {
        let settings = ["semantics=at-least-once", "failing_percent=100", "attempts=4", "calls=1", backoff];
        bench(&settings).changed(|s| s.link = Link::fair_loss(Delay::Constant { us: 12_000 }, 0))
    };
    let took = |bench: &Bench, seed| {
        let run = bench.run(seed);
        let given_up = |told: &crate::sim::Told| matches!(told.as_fact::<Fact>(), Some(Fact::GivenUp { .. }));
        let found = run.trace().facts().iter().find(|(_, told)| given_up(told));
        let event = found.map(|(event, _)| *event).unwrap();
        run.trace().event(event).time.since(SimTime::from_ms(20)).0 as f64 / 1_000.0
    };
    assert_eq!(took(&even("backoff=none"), 1), 136.0);
    assert_eq!(took(&even("backoff=exponential"), 1), 486.0);
    let jitter = even("backoff=jitter");
    Mean::of((0..200).map(|seed| took(&jitter, seed))).assert_agrees_with(311.0);
    let policy = Policy::of(even("backoff=exponential").params(), true);
    let waits = [1, 2, 3, 7, 8, 9].map(|tries| policy.longest_wait(tries).0 / 1_000);
    assert_eq!(waits, [50, 100, 200, 3_200, 3_200, 3_200]);
}

/// Row I2: three tiers, four tries each, and a bank that is down: 64 requests for one call, whatever the timeouts. It is 4 where
/// only the shop tries again, and 1 where all is well.
#[test]
fn tries_multiply_from_tier_to_tier() {
    let bank = NodeId(3);
    for timeout in ["timeout_ms=60", "timeout_ms=200", "timeout_ms=2000"] {
        let deep = of("at-least-once").set(&["tiers=3", "attempts=4", "calls=1", timeout]).until_ms(60_000);
        let down = deep.clone().at(5, Fault::crash(bank));
        for seed in 0..5 {
            let run = down.run(seed);
            assert_eq!((run.number("load"), run.number("bank_requests")), (64.0, 64.0));
            assert_eq!(run.number("known_percent"), 0.0);
            run.hold(&["True answers"]);
            assert_eq!(down.set(&["retries_at=shop"]).run(seed).number("load"), 4.0);
        }
        if timeout == "timeout_ms=2000" {
            assert_eq!(deep.run(1).number("load"), 1.0);
        }
    }
}

/// A tenth of a hundred calls, at each of three tiers: 110, 121, 133 requests. When the bank is back, calls are answered again.
#[test]
fn a_budget_bounds_the_storm() {
    let deep =
        of("at-least-once").set(&["tiers=3", "attempts=4", "calls=100", "gap_ms=40", "timeout_ms=200"]);
    let budget = deep.set(&["budget_percent=10"]);
    let bank = NodeId(3);
    for seed in 0..10 {
        let run = budget.clone().at(5, Fault::crash(bank)).run(seed);
        assert_eq!((run.number("bank_requests"), run.all_hold()), (133.0, 3));
        let back = Fault::Recover { node: bank };
        let run = budget.clone().at(1_000, Fault::crash(bank)).at(2_000, back.clone()).run(seed);
        assert!(run.number("load") < 1.4 && run.number("known_percent") > 60.0);
        let storm = deep.clone().at(1_000, Fault::crash(bank)).at(2_000, back).until_ms(20_000).run(seed);
        assert!(storm.number("load") > 5.0, "{}", storm.number("load"));
    }
}

/// Tries without end at every tier are refused, with what to do instead.
#[test]
fn endless_tries_at_every_tier_are_refused() {
    let endless = of("at-least-once").set(&["tiers=2"]);
    assert_eq!(endless.build(1).err().unwrap().code, "endless-tries");
    for way in ["attempts=4", "budget_percent=10", "retries_at=shop", "semantics=maybe"] {
        assert!(endless.set(&[way]).build(1).is_ok());
    }
}

fn searched(semantics: &str, tries: &str, mutant: &str, faults: Faults) -> Explored {
    let mutant = format!("mutant={mutant}");
    let mut root = of(semantics).set(&["calls=1", tries, &mutant]).start(1);
    root.run_until(SimTime::ZERO);
    explore(&root, Bounds { states: 1_000_000, depth: 200, faults })
}

/// One call, three tries, and all that can happen to it: two crashes, two lost messages, a second copy, and timeouts at any
/// moment. On disk, and bound to a life, it is never executed twice.
#[test]
fn all_ways_of_one_call_are_gone_through() {
    let faults = Faults { crashes: 2, losses: 2, copies: 1 };
    for semantics in ["bound", "exactly-once"] {
        let found = searched(semantics, "attempts=3", "none", faults);
        println!("{semantics}: {} states, {} moves deep", found.states, found.depth);
        assert_eq!(found.ending, Ending::Complete, "{semantics}: {} states", found.states);
        assert!(found.violation.is_none() && found.left_out.is_empty(), "{:?}", found.left_out);
    }
    for (semantics, mutant, breaks) in [
        ("at-most-once", "none", "At most once"),
        ("maybe", "none", "At most once"),
        ("exactly-once", "memory-only", "At most once"),
        ("exactly-once", "fresh-ids", "At most once"),
        ("exactly-once", "effect-first", "At most once"),
        ("exactly-once", "id-first", "True answers"),
        ("exactly-once", "replies-first", "True answers"),
        ("bound", "any-life", "At most once"),
    ] {
        let found = searched(semantics, "attempts=2", mutant, faults);
        let (line, way, _) =
            found.violation.unwrap_or_else(|| panic!("{semantics} {mutant}: {:?}", found.ending));
        println!("{semantics} {mutant}: {} moves", way.len());
        assert_eq!(line.name, breaks, "{semantics} {mutant}");
        let Verdict::Violated { witness, .. } = line.verdict else { panic!("{mutant}: {line:?}") };
        assert!((1..=12).contains(&witness.len()), "{mutant}");
    }
    // Without a crash a table in memory is enough.
    let found = searched("at-most-once", "attempts=3", "none", Faults { crashes: 0, ..faults });
    assert!(found.ending == Ending::Complete && found.violation.is_none());
}

/// What is not answered is said, with what was waited for; and nothing is where all is.
#[test]
fn who_has_no_answer_is_told_what_was_lacking() {
    let said = |run: &Trial| {
        let all = ENTRY.absences.map_or_else(Vec::new, |read| read(run.world(), run.trace()));
        all.into_iter().map(|a| a.what).collect::<Vec<_>>()
    };
    let mut run = of("maybe").set(&["calls=1"]).start(1);
    run.reach("request", 1);
    assert_eq!(said(&run), ["C1 has no answer"]);
    run.lose("reply", 1);
    run.finish();
    assert_eq!(said(&run), ["the shop does not know whether C1 was executed"]);
    assert_eq!(said(&of("at-least-once").run(1)), [""; 0]);
    let cut =
        of("at-least-once").set(&["calls=1"]).at(0, fault(r#"{"do":"partition","groups":[[0],[1]]}"#)).run(1);
    assert!(cut.pending("At least once").contains("a partition stands"));
    assert_eq!(said(&cut), ["C1 has no answer"]);
}
