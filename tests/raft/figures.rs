//! The situations that the paper draws: Figures 7 and 8.

use crate::kit::Cluster;
use faultline::check::Verdict;
use faultline::protocols::agreement::raft::facts::Fact;
use faultline::protocols::agreement::raft::log::Log;
use faultline::protocols::agreement::raft::server::Role;
use faultline::protocols::agreement::raft::start::{FIGURE_7, FIGURE_8};
use faultline::sim::NodeId;

fn figure_7(fast_backup: &str) -> Cluster {
    let given = [("servers", "7"), ("interval_ms", "0"), ("start", "figure-7"), ("fastbackup", fast_backup)];
    Cluster::new(&given, 1)
}

#[test]
fn figure_7_the_leader_of_term_8_is_elected_by_a_b_e_and_f() {
    let mut c = figure_7("on");
    for i in c.ids() {
        assert_eq!(*c.server(i.0).log(), Log::default(), "not booted yet");
    }
    assert_eq!(c.until_leader(), NodeId(0));
    assert_eq!(c.server(0).current_term(), 8);
    for (i, terms) in FIGURE_7.iter().enumerate() {
        assert_eq!(*c.server(i as u16).log(), Log::of_terms(terms).unwrap());
    }
    c.for_ms(20);
    // (c) is longer, (d) has a later term: they refuse.
    for (i, voted) in [(1, true), (2, true), (3, false), (4, false), (5, true), (6, true)] {
        assert_eq!(c.server(i).voted_for() == Some(NodeId(0)), voted, "S{}", i + 1);
    }
}

/// Without a new entry the leader repairs what lacks or conflicts; the extra entries of (c) and (d)
/// conflict with nothing yet. With the first entry of term 8 they go.
#[test]
fn figure_7_all_six_followers_are_reconciled() {
    let mut c = figure_7("on");
    c.until_leader();
    c.for_ms(1_000);
    let leader = Log::of_terms(FIGURE_7[0]).unwrap();
    for (i, name) in [(1, 'a'), (2, 'b'), (5, 'e'), (6, 'f')] {
        assert_eq!(*c.server(i).log(), leader, "({name})");
    }
    for (i, name) in [(3, 'c'), (4, 'd')] {
        assert_eq!(*c.server(i).log(), Log::of_terms(FIGURE_7[i as usize]).unwrap(), "({name})");
    }
    assert_eq!(c.server(0).commit_index(), 0, "5.4.2: nothing of term 8 yet");
    c.ask(0, "set x 1");
    c.for_ms(1_000);
    for i in c.ids() {
        assert_eq!(c.server(i.0).log().terms(20), "[1 1 1 4 4 5 5 6 6 6 8]", "{}", i.0);
        assert_eq!(c.server(i.0).commit_index(), 11);
    }
    // (c) and (d) removed their extra entries, (e) and (f) what conflicted, (a) and (b) nothing.
    let cuts = |i| {
        let all = c.facts::<Fact>();
        let here = all.filter(|(n, f)| *n == i && matches!(f, Fact::Cut { .. }));
        here.count()
    };
    assert_eq!(c.ids().map(cuts).collect::<Vec<_>>(), [0, 0, 0, 1, 1, 1, 1]);
    assert_eq!(c.violated(), [""; 0]);
}

/// Refusals with fast back-up: (a) 1, (b) 1, (e) 2 (too short; term 4), (f) 2 (terms 3 and 2): 6.
/// Without, one an entry: (a) 1, (b) 6, (e) 5, (f) 7: 19.
#[test]
fn figure_7_fast_back_up_takes_6_refusals_instead_of_19() {
    for (switch, refusals) in [("on", 6), ("off", 19)] {
        let mut c = figure_7(switch);
        c.until_leader();
        c.for_ms(2_000);
        assert_eq!(c.count(|f| matches!(f, Fact::BacksUp { .. })), refusals, "fast back-up {switch}");
        assert_eq!(*c.server(6).log(), Log::of_terms(FIGURE_7[0]).unwrap());
    }
}

/// Figure 8 from (b) to (c): S1 leads term 4 and brings entry 2 of term 2 to a majority.
fn figure_8_c(mutant: &str) -> Cluster {
    let given = [("start", "figure-8"), ("interval_ms", "0"), ("mutant", mutant)];
    let mut c = Cluster::new(&given, 4);
    c.for_ms(1);
    assert!((0..5).all(|i| *c.server(i).log() == Log::of_terms(FIGURE_8[i as usize]).unwrap()));
    c.crash(4);
    assert_eq!(c.until_leader(), NodeId(0));
    assert_eq!(c.server(0).current_term(), 4);
    let has = |c: &Cluster, i: u16| c.server(i).log().term_at(2) == Some(2);
    c.until(1_000, "entry 2 on S1, S2 and S3", |c| [0, 1, 2].iter().all(|&i| has(c, i)));
    c.until(1_000, "S1 knows it", |c| c.server(0).match_index(NodeId(2)) == Some(2));
    c
}

/// (d): S1 crashes, S5 is back and stands for term 5, and S2, S3 and S4 vote for its log, which ends
/// in term 3.
fn figure_8_d(c: &mut Cluster) {
    c.crash(0);
    c.recover(4);
    c.elect(4);
    assert_eq!(c.server(4).current_term(), 5);
    c.ask(0, "set x 1");
    c.for_ms(3_000);
}

#[test]
fn figure_8_an_entry_on_a_majority_may_still_be_overwritten_so_it_is_not_committed() {
    let mut c = figure_8_c("none");
    assert_eq!(c.server(0).commit_index(), 0, "on three of five servers, and of an old term");
    figure_8_d(&mut c);
    for i in 1..5 {
        assert_eq!(c.server(i).log().terms(9), "[1 3 5]", "S{}", i + 1);
        assert_eq!(c.server(i).commit_index(), 3);
    }
    assert_eq!(c.violated(), [""; 0]);
}

#[test]
fn figure_8_who_commits_it_by_counting_breaks_leader_completeness_and_state_machine_safety() {
    let mut c = figure_8_c("commit-old-term");
    assert_eq!(c.server(0).commit_index(), 2);
    figure_8_d(&mut c);
    assert_eq!(c.violated(), ["Leader completeness", "State-machine safety"]);
    for name in c.violated() {
        let Verdict::Violated { witness, why, assumption } = c.verdict(name) else {
            panic!("{name}");
        };
        assert!((2..=12).contains(&witness.len()), "{name}: {witness:?}");
        assert!(why.contains("S1") && assumption.contains("5.4.2"), "{why}; {assumption}");
    }
}

#[test]
fn figure_8_e_with_an_entry_of_its_own_term_on_a_majority_s5_cannot_win() {
    let mut c = figure_8_c("none");
    c.ask(0, "set x 1");
    c.until(2_000, "answered", |c| c.client(0).open() == 0);
    assert_eq!(c.server(0).commit_index(), 3, "entry 3 of term 4, and entry 2 with it");
    c.crash(0);
    c.recover(4);
    for _ in 0..5 {
        c.hasten(&[4]);
        c.for_ms(35);
        assert_ne!(c.server(4).role(), Role::Leader);
    }
    c.for_ms(5_000);
    for i in 1..5 {
        assert_eq!(c.server(i).log().terms(9), "[1 2 4]", "S{}", i + 1);
    }
    assert_ne!(c.until_leader(), NodeId(0));
    assert_eq!(c.violated(), [""; 0]);
}
