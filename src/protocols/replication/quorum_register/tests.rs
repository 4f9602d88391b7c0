//! Tests of the quorum register. How often it misses is published with its gauge.

use super::judged::miss;
use super::replica::Replica;
use super::{ENTRY, Fact, Held, Version};
use crate::check::faultmix::Mix;
use crate::kit::bench::{Bench, Trial, fault};
use crate::sim::{Fault, NodeId, Span};

const C: [NodeId; 3] = [NodeId(3), NodeId(4), NodeId(5)];

fn bench(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings).until_ms(12_000)
}

fn ask(run: &mut Trial, client: NodeId, request: &str) {
    run.fault(Fault::request(client, request));
}

fn cut(run: &mut Trial, from: NodeId, to: NodeId) {
    let (from, to) = (from.0, to.0);
    run.fault(fault(&format!(r#"{{"do":"link","from":{from},"to":{to},"set":{{"cut":true}}}}"#)));
}

fn later(run: &mut Trial, ms: u64) {
    let then = run.time() + Span::ms(ms);
    run.run_until(then);
}

fn reads(run: &Trial) -> Vec<u64> {
    let facts = run.trace().facts().iter().filter_map(|(_, told)| told.as_fact::<Fact>());
    let read = |f: &Fact| if let Fact::Read { value, .. } = f { Some(*value) } else { None };
    facts.filter_map(read).collect()
}

/// For every n, w and r up to 6: of all sets of r replicas, those that have none of the first w, by counting.
#[test]
fn the_chance_of_a_miss_is_a_share_of_sets() {
    for n in 1..=6_u32 {
        for w in 1..=n {
            for r in 1..=n {
                let sets = (0..1_u32 << n).filter(|set| set.count_ones() == r);
                let (all, missing) = sets.fold((0, 0), |(all, missing), set| {
                    (all + 1, missing + u32::from(set & ((1 << w) - 1) == 0))
                });
                let settings = [format!("nodes={n}"), format!("w={w}"), format!("r={r}")];
                let settings: Vec<&str> =
                    settings.iter().map(String::as_str).chain(["repair=none"]).collect();
                let formula = miss(&ENTRY.set(&settings).unwrap()).unwrap();
                let counted = f64::from(missing) / f64::from(all);
                assert!((formula - counted).abs() < 1e-12, "{settings:?}: {formula}, {counted}");
            }
        }
    }
}

#[test]
fn whole_it_is_one_copy_under_every_mix() {
    for settings in [
        &["spread=quorum"][..],
        &["spread=all"],
        &["load=all-write"],
        &["load=all-write", "spread=all"],
        &["w=1", "r=3"],
        &["nodes=5", "w=3", "r=3", "load=all-write"],
    ] {
        bench(settings).every_mix(0..30, Trial::safe);
        let calm = bench(settings).mixed(Mix::None, 1);
        calm.hold(&["Linearizable", "Fresh reads", "No creation"]);
    }
}

/// Without writing back it is regular, under every mix; and in some run it is not one copy.
#[test]
fn where_quorums_meet_and_nothing_is_written_back_it_is_regular() {
    for repair in ["repair=none", "repair=background"] {
        let mut inverted = 0;
        bench(&[repair, "gap_ms=300"]).until_ms(8_000).every_mix(0..200, |run| {
            run.hold(&["Fresh reads", "No creation"]);
            if run.breaks("Linearizable") {
                assert!(run.broken("Linearizable").assumption.contains("writes back"));
                inverted += 1;
            }
        });
        assert!(inverted > 0, "{repair}");
    }
}

/// R1 alone has 7. C2 hears R1 and R2, then C3 hears R2 and R3. r + w = 4 > 3.
fn staged(repair: &str) -> Trial {
    let mut run = bench(&["load=by-hand", "spread=all", "retry_ms=10000", repair]).start(1);
    ask(&mut run, C[0], "write 7");
    run.hold_back("store", 2);
    run.hold_back("store", 3);
    run.deliver("store", 1);
    assert_eq!(run.node::<Replica>(NodeId(0)).held.value, 7);
    for (client, deaf) in [(C[1], NodeId(2)), (C[2], NodeId(0))] {
        cut(&mut run, client, deaf);
        ask(&mut run, client, "read");
        later(&mut run, 200);
    }
    run
}

#[test]
fn new_then_old_without_writing_back() {
    let run = staged("repair=none");
    assert_eq!(reads(&run), [7, 0]);
    run.hold(&["Fresh reads", "No creation"]);
    let broken = run.broken("Linearizable");
    assert!(broken.assumption.starts_with("a read writes back what it found"), "{}", broken.assumption);
    // The write's beginning; beginning and end of each read.
    assert_eq!(broken.witness.len(), 5);
}

#[test]
fn new_then_new_where_it_is_written_back() {
    let run = staged("repair=write-back");
    assert_eq!(reads(&run), [7, 7]);
    run.hold(&["Linearizable", "Fresh reads"]);
}

/// Where quorums need not meet, what breaks says so.
#[test]
fn a_stale_read_is_blamed_on_the_numbers() {
    let run = bench(&["w=1", "r=1"]).run(1);
    for promise in ["Fresh reads", "Linearizable"] {
        let broken = run.broken(promise);
        assert!(broken.assumption.starts_with("r + w > n"), "{promise}: {}", broken.assumption);
    }
}

/// Attiya et al. wait for a majority; so does a client here, for as long as it takes.
#[test]
fn with_too_few_replicas_it_waits_and_goes_on_when_they_are_back() {
    for (w, r, down, waits) in
        [(2, 2, 1, false), (2, 2, 2, true), (3, 1, 1, true), (1, 3, 1, true), (1, 1, 2, false)]
    {
        let settings = [format!("w={w}"), format!("r={r}")];
        let settings: Vec<&str> = settings.iter().map(String::as_str).chain(["load=by-hand"]).collect();
        let mut run = bench(&settings).start(1);
        for node in (0..down).map(NodeId) {
            run.fault(Fault::crash(node));
        }
        ask(&mut run, C[0], "write 7");
        later(&mut run, 5_000);
        let ended = !run.waits();
        assert_eq!(ended, !waits, "{settings:?}, {down} down");
        if waits {
            let why = run.pending("Every request ends");
            assert!(why.contains("replicas run, and"), "{why}");
        }
        // Enough are up, and not one more: so they are found, whoever else is asked.
        for node in (0..down).map(NodeId).take(usize::from(waits)) {
            run.fault(Fault::Recover { node });
        }
        run.finish();
        run.hold(&["Linearizable", "Every request ends"]);
    }
}

#[test]
fn a_crash_after_each_event_forgets_nothing() {
    for settings in [&["load=all-write", "gap_ms=100"][..], &["gap_ms=100", "spread=all"]] {
        let runs = bench(settings).until_ms(900).crash_at_each_event(1, 150, Trial::safe);
        assert!(runs > 100, "{runs}");
    }
}

/// An acknowledgement is lost, so the same is sent again, with the same version: nobody takes it twice.
#[test]
fn what_is_sent_again_is_the_same_version() {
    let mut run = bench(&["load=by-hand", "w=3"]).start(1);
    ask(&mut run, C[0], "write 7");
    run.lose("ack", 2);
    run.finish();
    let version = Version { number: 1, writer: 1 };
    for replica in (0..3).map(NodeId) {
        assert_eq!(run.node::<Replica>(replica).held, Held { version, value: 7 });
    }
    let took = run.trace().facts().iter().filter(|f| f.1.fact.name() == "took");
    assert_eq!((took.count(), run.number("retries")), (3, 1.0));
}

/// Writers that know of each other's versions take higher ones; of two at once the name decides.
#[test]
fn versions_follow_each_other_and_none_is_given_twice() {
    let mut run = bench(&["load=by-hand", "w=3", "r=1"]).start(1);
    ask(&mut run, C[1], "write 5");
    later(&mut run, 200);
    ask(&mut run, C[0], "write 6");
    ask(&mut run, C[2], "write 8");
    run.finish();
    let version = Version { number: 2, writer: 3 };
    for replica in (0..3).map(NodeId) {
        assert_eq!(run.node::<Replica>(replica).held, Held { version, value: 8 });
    }
    run.hold(&["Linearizable", "Every request ends"]);
}

/// Eight of nine are down, and one is enough: it is found before everyone has been asked twice.
#[test]
fn the_one_that_is_up_is_found() {
    for seed in 0..50 {
        let mut run = bench(&["nodes=9", "w=1", "r=1", "load=by-hand"]).start(seed);
        (1..9).for_each(|n| run.fault(Fault::crash(NodeId(n))));
        ask(&mut run, NodeId(9), "write 7");
        run.finish();
        run.hold(&["Every request ends"]);
        assert!(run.number("retries") <= 16.0);
    }
}

/// One write at one replica; a read of all three tells the other two in the background.
#[test]
fn a_repair_in_the_background_reaches_the_stale() {
    for (repair, holding) in [("repair=none", 1), ("repair=background", 3)] {
        let mut run = bench(&["load=by-hand", "w=1", "r=3", repair]).start(1);
        ask(&mut run, C[0], "write 7");
        later(&mut run, 200);
        let new = |run: &Trial| {
            let has = |&n: &u16| run.node::<Replica>(NodeId(n)).held.value == 7;
            (0..3).filter(has).count()
        };
        assert_eq!(new(&run), 1);
        ask(&mut run, C[1], "read");
        run.finish();
        assert_eq!((reads(&run), new(&run)), (vec![7], holding), "{repair}");
    }
}

#[test]
fn quorums_of_more_than_all_are_refused() {
    let refusal = bench(&["nodes=3", "w=4"]).build(1).err().unwrap();
    assert_eq!(refusal.code, "quorum-too-large");
}
