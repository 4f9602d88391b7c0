//! The handshake, rule by rule, and what row E2 asks for.

use super::judged::GAUGES;
use super::*;
use crate::check::Verdict;
use crate::check::faultmix::Mix;
use crate::check::search::{Bounds, Faults, explore};
use crate::kit::bench::{Bench, Trial, against_theory};
use crate::sim::{Fault, SimTime};

fn bench(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings).until_ms(8_000)
}

fn facts(run: &Trial) -> Vec<Fact> {
    let end = run.position();
    let told = run.trace().facts().iter().filter(|(e, _)| e.0 < end);
    told.filter_map(|(_, told)| told.as_fact::<Fact>().cloned()).collect()
}

fn until(run: &mut Trial, fact: &Fact) {
    while !facts(run).contains(fact) {
        assert!(run.step(), "{fact:?} is never told");
    }
}

fn later(run: &mut Trial, ms: u64) {
    let then = run.time() + Span::ms(ms);
    run.run_until(then);
}

fn phases(run: &Trial) -> (client::Phase, server::Phase) {
    (run.node::<Client>(CLIENT).phase, run.node::<Server>(SERVER).phase)
}

const OPEN: (client::Phase, server::Phase) = (client::Phase::Established, server::Phase::Established);

/// A copy of the first SYN is held back until its connection is long closed, and then comes.
fn old_syn(settings: &[&str]) -> Trial {
    let mut run = bench(settings).start(1);
    let syn = run.reach("SYN", 1);
    run.fault(Fault::Duplicate { msg: syn });
    let copy = run.world().in_flight().iter().map(|f| f.msg).find(|m| *m != syn).unwrap();
    run.fault(Fault::Hold { msg: copy });
    until(&mut run, &Fact::Closed { conn: 1, client: true });
    later(&mut run, 100);
    run.fault(Fault::DeliverNow { msg: copy });
    let now = run.time();
    run.run_until(now);
    run
}

#[test]
fn runs_come_to_what_theory_says() {
    assert!(GAUGES.iter().filter(|g| g.theory.is_some()).count() >= 4);
    for compared in against_theory(&ENTRY) {
        assert!(compared.agrees(), "{compared:?}");
    }
}

/// Row E2: two-way, an old SYN makes a connection of which the client knows nothing; three-way it does not, and the reset frees
/// the server.
#[test]
fn an_old_syn_makes_a_ghost_of_two_segments_and_none_of_three() {
    let mut two = old_syn(&["way=two-way"]);
    assert_eq!(phases(&two), (client::Phase::Closed, server::Phase::Established));
    let broken = two.broken("No ghost");
    assert_eq!(broken.why, "Server takes connection 1 for open, and Client does not have it");
    assert_eq!(broken.assumption, "no segment outlives its connection");
    later(&mut two, 1_000);
    assert_eq!(phases(&two).1, server::Phase::Listen, "the client has been sent a SYN-ACK, and rejects it");
    let mut three = old_syn(&[]);
    assert_eq!(phases(&three), (client::Phase::Closed, server::Phase::SynReceived));
    until(&mut three, &Fact::Rejected { of: 1 });
    until(&mut three, &Fact::Reset { conn: 1, client: false });
    assert_eq!(phases(&three), (client::Phase::Closed, server::Phase::Listen));
    three.finish();
    assert_eq!(three.all_hold(), 5);
}

/// The old SYN comes while the client opens a new connection (RFC 9293, figure 9): with fresh numbers the answer does not fit and is
/// rejected; with numbers that begin at zero it does, and the server is in a connection that the client is not in.
#[test]
fn an_old_syn_in_a_new_opening_is_told_apart_by_its_number() {
    for (isn, ghost) in [("isn=random", false), ("isn=zero", true)] {
        let mut run = bench(&[isn, "connections=2", "gap_ms=600"]).start(1);
        let syn = run.reach("SYN", 1);
        run.fault(Fault::Duplicate { msg: syn });
        let copy = run.world().in_flight().iter().map(|f| f.msg).find(|m| *m != syn).unwrap();
        run.fault(Fault::Hold { msg: copy });
        until(&mut run, &Fact::Opening { conn: 2 });
        run.fault(Fault::DeliverNow { msg: copy });
        run.finish();
        assert_eq!(run.breaks("No ghost"), ghost, "{isn}");
        if ghost {
            assert_eq!(
                run.broken("No ghost").assumption,
                "two connections do not begin with the same numbers"
            );
            assert!(run.breaks("Own data"));
        } else {
            assert!(facts(&run).contains(&Fact::Rejected { of: 1 }));
            run.hold(&["Own data", "Completion"]);
            assert!(facts(&run).contains(&Fact::Closed { conn: 2, client: true }));
        }
    }
}

/// Row E2: the last ACK is lost. The client has a connection, and the server none, until data comes, which acknowledges too: 300 ms
/// later.
#[test]
fn without_the_last_ack_the_ends_differ_until_data_comes() {
    for seed in 0..20 {
        let mut run = bench(&[]).start(seed);
        run.lose("ACK", 1);
        later(&mut run, 250);
        assert_eq!(phases(&run), (client::Phase::Established, server::Phase::SynReceived));
        assert_eq!(run.number("one_sided"), 1.0);
        until(&mut run, &Fact::Open { conn: 1, client: false });
        assert_eq!(run.number("one_sided"), 0.0);
        assert!((316.0..=348.0).contains(&run.number("server_ms")), "{}", run.number("server_ms"));
        run.finish();
        assert_eq!(run.all_hold(), 5);
    }
}

/// With nothing to say, the server's own repetition mends it: a second after its SYN-ACK, and a round trip.
#[test]
fn without_data_the_server_says_it_again() {
    let mut run = bench(&["data=0"]).start(1);
    run.lose("ACK", 1);
    until(&mut run, &Fact::Open { conn: 1, client: false });
    assert!((1_024.0..=1_048.0).contains(&run.number("server_ms")), "{}", run.number("server_ms"));
}

/// Section 3.5.1, figure 11: the server has forgotten the connection; data finds that out.
#[test]
fn a_server_that_was_down_is_found_out_by_data() {
    let mut run = bench(&[]).start(1);
    until(&mut run, &Fact::Open { conn: 1, client: false });
    run.fault(Fault::crash(SERVER));
    later(&mut run, 50);
    run.fault(Fault::Recover { node: SERVER });
    later(&mut run, 100);
    assert_eq!(phases(&run), (client::Phase::Established, server::Phase::Listen));
    until(&mut run, &Fact::Reset { conn: 1, client: true });
    run.hold(&["No stray reset", "No ghost", "Completion"]);
}

/// Figure 10: the client has forgotten it, and opens anew. Its SYN is answered with the old numbers, which it rejects; its next SYN
/// finds the server free.
#[test]
fn a_client_that_was_down_is_found_out_by_its_next_syn() {
    let mut run = bench(&["data=0", "connections=2"]).start(1);
    until(&mut run, &Fact::Open { conn: 1, client: false });
    run.fault(Fault::crash(CLIENT));
    later(&mut run, 50);
    run.fault(Fault::Recover { node: CLIENT });
    until(&mut run, &Fact::Reset { conn: 1, client: false });
    until(&mut run, &Fact::Open { conn: 2, client: false });
    assert_eq!(phases(&run), OPEN);
    run.hold(&["No stray reset", "No ghost"]);
}

/// A client that dies with its ACK on the way leaves a half-open connection, and no ghost: it had it open.
#[test]
fn what_the_client_had_open_when_it_died_is_no_ghost() {
    let mut run = bench(&[]).start(1);
    until(&mut run, &Fact::Open { conn: 1, client: true });
    run.fault(Fault::crash(CLIENT));
    later(&mut run, 100);
    assert_eq!(phases(&run).1, server::Phase::Established);
    run.hold(&["No ghost"]);
}

/// What is done by hand is done where it makes sense.
#[test]
fn a_client_does_what_it_is_asked() {
    let mut run = bench(&["connections=0", "data=0"]).start(1);
    let ask =
        |run: &mut Trial, what: &str| run.edit(Fault::Request { node: CLIENT, request: what.to_owned() });
    assert!(ask(&mut run, "speak").unwrap_err().message.contains("no connection"));
    ask(&mut run, "open").unwrap();
    later(&mut run, 200);
    assert_eq!(phases(&run), OPEN);
    assert!(ask(&mut run, "open").unwrap_err().message.contains("wait until that is closed"));
    ask(&mut run, "speak").unwrap();
    later(&mut run, 200);
    assert!(facts(&run).contains(&Fact::Delivered { conn: 1, of: 1, n: 1 }));
}

/// Three-way with fresh numbers breaks nothing under any mix, and all is done in the end. Two-way, and with numbers from zero, what
/// breaks rests on that nothing is late.
#[test]
fn many_seeds_under_every_mix() {
    let busy = &["connections=12", "gap_ms=60", "think_ms=5", "rto_ms=40", "data=2"];
    for (settings, whole) in [(&["isn=random"][..], true), (&["way=two-way"], false), (&["isn=zero"], false)]
    {
        for settings in [settings.to_vec(), [&busy[..], settings].concat()] {
            let mut broken = 0;
            bench(&settings).until_ms(15_000).every_mix(0..120, |run| {
                for line in run.watcher().lines() {
                    if let Verdict::Violated { assumption, why, .. } = &line.verdict {
                        broken += 1;
                        let named = [
                            "no segment outlives its connection",
                            "two connections do not begin with the same numbers",
                        ];
                        assert!(
                            !whole && named.contains(&assumption.as_str()),
                            "{settings:?} {}: {why}: {assumption}",
                            line.name
                        );
                    }
                }
            });
            assert!(whole || settings.len() == 1 || broken > 0, "{settings:?}");
        }
    }
    for seed in 0..120 {
        for mix in [Mix::None, Mix::Lossy, Mix::Partition, Mix::Timing] {
            bench(busy).until_ms(15_000).mixed(mix, seed).hold(&["Completion"]);
        }
    }
    assert_eq!(bench(&[]).run(1).all_hold(), 5);
}

/// Whoever crashes after whichever event.
#[test]
fn a_crash_after_each_event_breaks_nothing() {
    let runs = bench(&["connections=3", "gap_ms=200", "think_ms=20", "rto_ms=100"]).crash_at_each_event(
        1,
        30,
        Trial::safe,
    );
    assert!(runs > 20, "{runs}");
}

/// One copy of a SYN is enough for a ghost of two segments. Of three it takes an old ACK, too, and that fits only where numbers always
/// begin at zero: the search finds both, and no way where numbers are fresh.
#[test]
fn the_search_finds_each_ghost_and_none_where_numbers_are_fresh() {
    let faults = Faults { crashes: 0, losses: 0, copies: 1 };
    let zero = Some("two connections do not begin with the same numbers");
    for (settings, assumption) in [
        (["way=two-way", "isn=zero"], Some("no segment outlives its connection")),
        (["way=three-way", "isn=zero"], zero),
        (["way=three-way", "isn=random"], None),
    ] {
        let mut root = bench(&["think_ms=0", "rto_ms=0"]).set(&settings).start(1);
        root.run_until(SimTime::from_ms(99));
        let explored = explore(&root, Bounds { states: 20_000, depth: 60, faults });
        let found = explored.violation.as_ref().map(|(line, ..)| line);
        assert_eq!(
            found.map(|l| l.name),
            assumption.map(|_| "No ghost"),
            "{settings:?}: {:?}",
            explored.ending
        );
        if let (Some(line), Some(named)) = (found, assumption) {
            let Verdict::Violated { assumption, .. } = &line.verdict else { panic!("{line:?}") };
            assert_eq!(assumption, named);
        }
    }
}
