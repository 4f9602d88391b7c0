//! The promises themselves: what they say when they are broken, when they are not in force, and after
//! a rewind.

use crate::kit::{Cluster, params};
use faultline::check::faultmix::{Mix, plan};
use faultline::check::{Checks, Class, Verdict};
use faultline::protocols::agreement::raft::ENTRY;
use faultline::protocols::agreement::raft::facts::{Each, Fact};
use faultline::protocols::agreement::raft::server::Role;
use faultline::sim::fault::{ByzantineAct, ByzantineRule};
use faultline::sim::history::Run;
use faultline::sim::{Delay, Fault, LinkModel, LinkPatch, NodeId, NodePatch, SimTime};

#[test]
fn there_are_the_five_of_figure_3_and_two_about_clients() {
    let lines = ENTRY.checks(&params(&[])).lines();
    let names: Vec<&str> = lines.iter().map(|l| l.name).collect();
    let figure_3 = [
        "Election safety",
        "Leader append-only",
        "Log matching",
        "Leader completeness",
        "State-machine safety",
    ];
    assert_eq!(names[..5], figure_3);
    assert_eq!(names[5..], ["Exactly-once effect", "Every request answered"]);
    let live = lines.iter().filter(|l| l.class == Class::Liveness).count();
    assert_eq!(live, 1);
}

/// S2 gives its vote to S1 and says yes to S3, too. Raft does not claim to survive a lie.
#[test]
fn a_lying_voter_gives_two_leaders_in_a_term_and_the_verdict_names_the_lie() {
    let mut c = Cluster::with(&[("servers", "3"), ("clients", "0")], 1, Vec::new(), |s| {
        s.link.delay = Delay::Constant { us: 10_000 };
    });
    c.for_ms(1);
    c.fault(Fault::Byzantine {
        node: NodeId(1),
        rules: vec![ByzantineRule { to: Some(NodeId(2)), act: ByzantineAct::Lie }],
    });
    c.cut(0, 2, true);
    c.cut(2, 0, true);
    c.hasten(&[0, 2]);
    c.for_ms(30);
    let Verdict::Violated { assumption, witness, .. } = c.verdict("Election safety") else {
        panic!("{:?}", c.checks());
    };
    assert!(assumption.contains("neither lies"), "{assumption}");
    assert!(!witness.is_empty());
}

/// On an arbitrary link a flipped bit makes a yes of a no, with the same effect as a lie.
#[test]
fn a_flipped_bit_on_an_arbitrary_link_gives_two_leaders_in_a_term() {
    let mut c = Cluster::with(&[("servers", "3"), ("clients", "0")], 1, Vec::new(), |s| {
        s.link.delay = Delay::Constant { us: 10_000 };
    });
    c.for_ms(1);
    let flips =
        LinkPatch { model: Some(LinkModel::Arbitrary), corrupt_ppm: Some(1_000_000), ..LinkPatch::default() };
    c.link(1, 2, flips);
    c.cut(0, 2, true);
    c.cut(2, 0, true);
    c.hasten(&[0, 2]);
    c.for_ms(30);
    assert_eq!(c.violated(), ["Election safety"]);
}

/// What is watched as a cluster with timeouts of 5 to 10 ms in truth waits for 5 s: after 40 x 10 ms
/// + 4 x 3 x 10 ms = 520 ms of calm, "every request answered" is broken, and no sooner.
#[test]
fn liveness_is_broken_when_calm_lasts_and_nobody_answers() {
    let slow = params(&[
        ("servers", "3"),
        ("interval_ms", "100"),
        ("election_min_ms", "5000"),
        ("election_max_ms", "6000"),
    ]);
    let watched = params(&[
        ("servers", "3"),
        ("election_min_ms", "5"),
        ("election_max_ms", "10"),
        ("heartbeat_ms", "1"),
        ("retry_ms", "10"),
    ]);
    let mut setup = (ENTRY.build)(&slow, 1).expect("a setup");
    setup.link.delay = Delay::Constant { us: 10 };
    let checks = ENTRY.checks(&watched);
    let mut run = Run::new(setup, checks, Vec::new()).expect("a run");
    let verdict = |run: &Run<Checks>| run.watcher().lines()[6].verdict.clone();
    run.run_until(SimTime::from_ms(500));
    assert!(
        matches!(verdict(&run), Verdict::InProgress { .. } | Verdict::Pending { .. }),
        "{:?}",
        verdict(&run)
    );
    run.run_until(SimTime::from_ms(2_000));
    let Verdict::Violated { witness, why, .. } = verdict(&run) else {
        panic!("{:?}", verdict(&run));
    };
    assert!(why.contains("C1 has waited since") && !witness.is_empty(), "{why}");
}

/// Each excuse names the assumption that is not in force.
#[test]
fn an_unanswered_request_is_excused_by_the_assumption_that_is_not_in_force() {
    let crash = |node| Fault::Crash { node: NodeId(node), stop: false };
    let links = |set| Fault::Links { set };
    let cases: [(Vec<Fault>, &str); 5] = [
        ((0..3).map(crash).collect(), "only 2 of 5 servers run"),
        (vec![links(LinkPatch { loss_ppm: Some(999_999), ..LinkPatch::default() })], "links lose messages"),
        (
            vec![links(LinkPatch { delay: Some(Delay::Constant { us: 200_000 }), ..LinkPatch::default() })],
            "a broadcast takes too long for the election timeout",
        ),
        (
            vec![links(LinkPatch {
                delay: Some(Delay::Exponential { min_us: 1, mean_us: 2_000_000 }),
                ..LinkPatch::default()
            })],
            "a delay without bound",
        ),
        (
            (0..5)
                .map(|node| Fault::Node {
                    node: NodeId(node),
                    set: faultline::sim::fault::NodePatch { late_us: Some(400_000), ..Default::default() },
                })
                .collect(),
            "is faulty",
        ),
    ];
    for (faults, excuse) in cases {
        let mut c = Cluster::new(&[("interval_ms", "0")], 3);
        c.for_ms(1);
        faults.into_iter().for_each(|f| c.fault(f));
        c.ask(0, "set x 1");
        c.for_ms(60_000);
        let Verdict::Pending { why } = c.verdict("Every request answered") else {
            panic!("{excuse}: {:?}", c.verdict("Every request answered"));
        };
        assert!(why.contains(excuse), "{excuse}: {why}");
    }
}

/// Back to the middle and forward again, the verdicts are those of the first time, to the word.
#[test]
fn verdicts_are_the_same_after_a_rewind() {
    for mutant in ["none", "vote-blindly", "lose-suffix"] {
        let nodes: Vec<NodeId> = (0..5).map(NodeId).collect();
        let edits = plan(Mix::All, 9, &nodes, SimTime::from_ms(8_000));
        let given = [("interval_ms", "40"), ("mutant", mutant)];
        let mut c = Cluster::with(&given, 9, edits, |_| {});
        let mut lines = Vec::new();
        for ms in (0..10_000).step_by(500) {
            c.until_ms(ms);
            lines.push((ms, c.checks(), c.run.hash_text()));
        }
        for (ms, checks, hash) in lines.iter().rev().chain(&lines) {
            c.run.seek(SimTime::from_ms(*ms));
            assert_eq!((&c.checks(), &c.run.hash_text()), (checks, hash), "{mutant} {ms}");
        }
    }
}

/// The largest cluster that a scenario may have: 199 servers and a client.
#[test]
fn a_cluster_of_199_servers_elects_and_answers() {
    let given =
        [("servers", "199"), ("election_min_ms", "150"), ("election_max_ms", "3000"), ("interval_ms", "200")];
    let mut c = Cluster::new(&given, 2);
    c.until_leader();
    c.until(20_000, "an answer", |c| c.client(0).score().ok > 2);
    assert_eq!(c.ids().filter(|i| c.server(i.0).role() == Role::Leader).count(), 1);
    assert_eq!(c.violated(), [""; 0]);
}

/// Of each entry every server tells twice, that it has it and that it has applied it; the judges hear it,
/// and the trace does not grow by it.
#[test]
fn what_is_told_of_each_entry_is_heard_and_not_kept() {
    let mut c = Cluster::new(&[("interval_ms", "0")], 3);
    c.until_leader();
    c.for_ms(50);
    c.ask(0, "set x 1");
    let end = c.run.time() + faultline::sim::Span::ms(500);
    let mut heard = 0;
    while c.run.step() && c.run.time() < end {
        let told = c.world().told().iter();
        heard += told.filter(|t| t.as_fact::<Each>().is_some()).count();
    }
    assert_eq!((heard, c.facts::<Each>().count()), (10, 0));
    assert_eq!(c.count(|f| *f == Fact::Commits { index: 1 }), 1);
}

/// What was out of force must have been in force again for as long as the promise waits, also where nothing happens
/// at the moment when it is: a clock that catches up, a step that ends, a queue of a FIFO link that empties.
#[test]
fn what_comes_into_force_by_itself_is_given_its_time() {
    let service = |us| {
        let set = NodePatch { service_us: Some(us), ..NodePatch::default() };
        Fault::Node { node: NodeId(5), set }
    };
    let fifo = |us| {
        let delay = Some(Delay::Constant { us });
        let set = LinkPatch { fifo: Some(true), delay, ..LinkPatch::default() };
        (0..5).map(move |to| Fault::Link { from: NodeId(5), to: NodeId(to), set: set.clone() })
    };
    let cases: Vec<(Vec<Fault>, Vec<Fault>)> = vec![
        (vec![Fault::ClockJump { node: NodeId(5), by_us: -22_400_000 }], Vec::new()),
        (vec![service(22_420_000)], vec![service(0)]),
        (fifo(22_000_000).collect(), fifo(10_000).collect()),
    ];
    for (i, (before, after)) in cases.into_iter().enumerate() {
        let mut c = Cluster::new(&[("interval_ms", "0")], 3);
        c.for_ms(1);
        if i == 2 {
            before.iter().for_each(|f| c.fault(f.clone()));
        }
        c.for_ms(49);
        c.ask(0, "set x 1");
        c.for_ms(5);
        if i != 2 {
            before.iter().for_each(|f| c.fault(f.clone()));
        }
        c.for_ms(1_000);
        after.iter().for_each(|f| c.fault(f.clone()));
        c.for_ms(40_000);
        assert_eq!(c.verdict("Every request answered"), Verdict::Holding, "{i}");
    }
}

/// Three servers that take 18.75 ms for each input, and three clients that ask again every 40 ms: 75 requests a
/// second, where a server handles 53 inputs. The rule is not to blame.
#[test]
fn servers_that_are_given_too_much_are_named() {
    let given = [
        ("servers", "3"),
        ("clients", "3"),
        ("election_min_ms", "300"),
        ("election_max_ms", "330"),
        ("retry_ms", "40"),
    ];
    let mut c = Cluster::new(&given, 2);
    for node in 0..3 {
        let set = NodePatch { service_us: Some(18_750), ..NodePatch::default() };
        c.fault(Fault::Node { node: NodeId(node), set });
    }
    c.for_ms(40_000);
    let Verdict::Pending { why } = c.verdict("Every request answered") else {
        panic!("{:?}", c.verdict("Every request answered"));
    };
    assert!(why.contains("too slow"), "{why}");
}

/// What keeps a client from its answer is named, whoever it keeps: the rule is never blamed for it. The client waits
/// for an hour, or its clock does, or it lies; all servers' clocks are set back; all time out at once and for ever.
#[test]
fn what_prevents_progress_is_named() {
    let set = |node, set| Fault::Node { node: NodeId(node), set };
    let slow = NodePatch { service_us: Some(3_600_000_000), ..NodePatch::default() };
    let back = |node| Fault::ClockJump { node: NodeId(node), by_us: -3_000_000_000 };
    let lies = Fault::Byzantine {
        node: NodeId(5),
        rules: vec![ByzantineRule { to: None, act: ByzantineAct::Silence }],
    };
    let late = LinkPatch { delay: Some(Delay::Constant { us: 900_000_000 }), ..LinkPatch::default() };
    let far = |from, to| Fault::Link { from: NodeId(from), to: NodeId(to), set: late.clone() };
    let still = LinkPatch { delay: Some(Delay::Constant { us: 0 }), ..LinkPatch::default() };
    let alike: &'static [(&'static str, &'static str)] =
        &[("election_min_ms", "200"), ("election_max_ms", "200")];
    type Case = (&'static [(&'static str, &'static str)], Vec<Fault>, &'static str);
    let cases: Vec<Case> = vec![
        (&[], vec![set(5, slow)], "C1 is too slow"),
        (&[], vec![back(5)], "the clock of C1 was set back"),
        (&[], (0..5).map(back).collect(), "was set back"),
        (&[], vec![lies], "C1 lies"),
        (&[], (0..5).map(|s| far(5, s)).collect(), "a message from C1 to S1 takes too long"),
        (alike, vec![Fault::Links { set: still }], "too alike"),
    ];
    for (given, faults, excuse) in cases {
        let given: Vec<_> = [("interval_ms", "0")].into_iter().chain(given.iter().copied()).collect();
        let mut c = Cluster::new(&given, 3);
        c.for_ms(1);
        c.ask(0, "set x 1");
        faults.into_iter().for_each(|f| c.fault(f));
        c.for_ms(90_000);
        let Verdict::Pending { why } = c.verdict("Every request answered") else {
            panic!("{excuse}: {:?}", c.verdict("Every request answered"));
        };
        assert!(why.contains(excuse), "{excuse}: {why}");
    }
}
