//! Raft with one sentence left out, time after time: the properties catch each, and never the whole.
//!
//! The rule that is easy to break: each situation is also played with Raft as it is. What is staged
//! must be a fault of the mutant, not of the staging.

use crate::kit::Cluster;
use faultline::check::Verdict;
use faultline::check::faultmix::{Mix, plan};
use faultline::kit::MutantDef;
use faultline::protocols::agreement::raft::config::Mutant;
use faultline::protocols::agreement::raft::message::Msg;
use faultline::protocols::agreement::raft::server::Role;
use faultline::sim::{Delay, Fault, LinkPatch, MsgId, NodeId, SimTime};

fn cluster(servers: &str, mutant: &str) -> Cluster {
    let given = [("servers", servers), ("interval_ms", "0"), ("mutant", mutant)];
    // One constant delay: what is staged does not depend on luck.
    let mut c = Cluster::with(&given, 1, Vec::new(), |setup| {
        setup.link.delay = Delay::Constant { us: 10_000 };
    });
    c.for_ms(1);
    c
}

/// What is known of a mutant: the table is in the order of the enum, without the first.
fn def(mutant: Mutant) -> &'static MutantDef {
    &Mutant::TABLE[mutant as usize - 1]
}

/// Plays `stage` with the mutant, which must violate `property`, the one that it names, and with Raft as
/// it is, which must violate nothing.
fn caught(servers: &str, mutant: Mutant, property: &str, stage: fn(&mut Cluster)) {
    let def = def(mutant);
    let mut c = cluster(servers, "none");
    stage(&mut c);
    assert_eq!(c.violated(), [""; 0], "Raft as it is");
    let mut c = cluster(servers, def.id);
    stage(&mut c);
    let Verdict::Violated { witness, why, assumption } = c.verdict(property) else {
        panic!("{mutant:?} was not caught by {property}: {:?}", c.checks());
    };
    assert!(!witness.is_empty() && witness.len() <= 12, "{witness:?}");
    assert!(witness.is_sorted());
    assert!(witness.iter().all(|&e| c.run.trace().get(e).is_some()));
    assert!(why.contains('S'), "{why}");
    assert_eq!((assumption, property), (def.rule.to_owned(), def.breaks));
    println!("{mutant:?}: {property}: {why} ({witness:?})");
}

/// S1 leads and commits `set x 1` with S2 alone; S3 is cut off.
fn commit_without_s3(c: &mut Cluster) {
    c.elect(0);
    c.for_ms(100);
    c.separate(&[&[0, 1, 3], &[2]]);
    c.ask(0, "set x 1");
    c.until(1_000, "answered", |c| c.client(0).open() == 0);
}

#[test]
fn voting_without_comparing_logs_elects_a_leader_without_what_is_committed() {
    caught("3", Mutant::VoteBlindly, "Leader completeness", |c| {
        commit_without_s3(c);
        c.crash(0);
        c.fault(Fault::Heal);
        c.hasten(&[2]);
        c.for_ms(2_000);
    });
}

#[test]
fn counting_copies_of_an_old_term_commits_what_is_overwritten() {
    // Figure 8 with its own logs: see figures.rs, which plays it with and without the mutant. Here
    // the same comes about from empty logs.
    caught("5", Mutant::CommitOldTerm, "Leader completeness", |c| {
        // (a) S1 leads term 1, and its entry reaches S2 alone.
        c.elect(0);
        c.for_ms(100);
        c.separate(&[&[0, 1, 5], &[2, 3, 4]]);
        c.ask(0, "set x 1");
        c.until(1_000, "on S2", |c| c.server(1).log().last_index() == 1);
        // (b) S1 crashes; S5 leads term 2 with S3 and S4, and its entry reaches nobody.
        c.crash(0);
        c.elect(4);
        c.fault(Fault::Heal);
        c.separate(&[&[4, 5], &[0], &[1], &[2], &[3]]);
        c.until(5_000, "S5's", |c| c.server(4).log().last_index() == 1);
        c.crash(4);
        // (c) S1 leads again, in a later term, and brings its old entry to S3.
        c.fault(Fault::Heal);
        c.recover(0);
        c.elect(0);
        c.until(1_000, "on S3", |c| c.server(0).match_index(NodeId(2)) == Some(1));
        // (d) S1 crashes; S5 comes back and wins: its last term is later.
        c.crash(0);
        c.recover(4);
        c.fault(Fault::Heal);
        c.elect(4);
        c.for_ms(2_000);
    });
}

#[test]
fn forgetting_the_vote_at_a_restart_gives_two_leaders_in_a_term() {
    caught("3", Mutant::ForgetVote, "Election safety", |c| {
        // S1 and S3 stand for term 1 together; S2 hears S1 alone.
        c.cut(2, 1, true);
        c.cut(0, 2, true);
        c.hasten(&[0, 2]);
        c.until(1_000, "S1 leads", |c| c.server(0).role() == Role::Leader);
        // S2 crashes, and does not know any more that it voted when S3 asks again.
        c.crash(1);
        c.recover(1);
        c.cut(2, 1, false);
        c.for_ms(150);
    });
}

#[test]
fn cutting_the_log_without_a_conflict_loses_what_was_acknowledged() {
    caught("3", Mutant::TruncateAlways, "Leader completeness", |c| {
        c.elect(0);
        c.for_ms(100);
        c.separate(&[&[0, 1, 3], &[2]]);
        // A second copy of the first AppendEntries to S2 is held on its way.
        c.ask(0, "set x 1");
        c.until(100, "on its way", |c| appends_to(c, 1).is_some());
        let first = appends_to(c, 1).expect("on its way");
        c.fault(Fault::Duplicate { msg: first });
        let copy = appends_to(c, 1).expect("the copy");
        assert_ne!(copy, first);
        c.fault(Fault::Hold { msg: copy });
        c.until(1_000, "answered", |c| c.client(0).open() == 0);
        c.ask(0, "set x 2");
        c.until(1_000, "answered", |c| c.client(0).open() == 0);
        // Now it arrives. Nothing in it conflicts with S2's log, which goes on behind it.
        c.fault(Fault::Release { msg: copy });
        c.for_ms(1);
        c.crash(0);
        c.fault(Fault::Heal);
        c.hasten(&[1]);
        c.for_ms(2_000);
    });
}

/// The newest AppendEntries with entries on its way to `to`.
fn appends_to(c: &Cluster, to: u16) -> Option<MsgId> {
    let carries = |m: &faultline::sim::world::InFlight| {
        m.to == NodeId(to)
            && matches!(m.payload.as_any().downcast_ref(),
                Some(Msg::AppendEntries { entries, .. }) if !entries.is_empty())
    };
    let on_the_way = c.world().in_flight().into_iter().filter(carries);
    on_the_way.map(|m| m.msg).max()
}

#[test]
fn half_for_a_majority_gives_each_half_a_leader() {
    caught("4", Mutant::HalfIsEnough, "Election safety", |c| {
        c.separate(&[&[0, 1], &[2, 3]]);
        c.hasten(&[0, 2]);
        c.for_ms(100);
    });
}

#[test]
fn a_doubled_vote_counted_twice_elects_a_leader_of_a_minority() {
    caught("5", Mutant::CountTwice, "Election safety", |c| {
        let doubling = LinkPatch { duplicate_ppm: Some(999_999), ..LinkPatch::default() };
        c.link(1, 0, doubling);
        c.separate(&[&[0, 1], &[2, 3, 4]]);
        c.hasten(&[0, 4]);
        c.for_ms(100);
    });
}

#[test]
fn acknowledging_before_the_disk_loses_the_suffix_in_a_crash() {
    caught("3", Mutant::LoseSuffix, "Leader completeness", |c| {
        commit_without_s3(c);
        c.crash(0);
        c.crash(1);
        c.recover(1);
        c.fault(Fault::Heal);
        c.for_ms(2_000);
    });
}

/// What a run of a mutant under a mix violates. Busy clients show most; the mutants that need an old
/// entry alone on a majority show themselves with slow ones.
fn violated(mutant: &str, mix: Mix, interval_ms: &str, seed: u64) -> Option<&'static str> {
    let servers = ["3", "4", "5"][seed as usize % 3];
    let mut given = vec![
        ("servers", servers),
        ("clients", "2"),
        ("interval_ms", interval_ms),
        ("heartbeat_ms", "40"),
        ("mutant", mutant),
    ];
    let def = Mutant::TABLE.iter().find(|m| m.id == mutant);
    given.extend(def.iter().flat_map(|m| m.with).filter_map(|s| s.split_once('=')));
    let nodes: Vec<NodeId> = (0..servers.parse().expect("a number")).map(NodeId).collect();
    let edits = plan(mix, seed, &nodes, SimTime::from_ms(10_000));
    let mut c = Cluster::with(&given, seed, edits, |_| {});
    c.until_ms(12_000);
    c.violated().first().copied()
}

#[test]
fn every_mutant_is_also_found_by_drawing_faults() {
    for mutant in Mutant::TABLE.iter().map(|m| m.id) {
        let found = (0..200).find_map(|seed| {
            let runs = Mix::ALL[1..].iter().flat_map(|&mix| [(mix, "50"), (mix, "1500")]);
            let mut caught =
                runs.filter_map(|(mix, ms)| Some((seed, mix.id(), ms, violated(mutant, mix, ms, seed)?)));
            caught.next()
        });
        println!("{mutant}: {found:?}");
        assert!(found.is_some(), "{mutant}");
    }
}

#[test]
fn raft_as_it_is_violates_nothing_in_the_same_runs() {
    for seed in 0..60 {
        for mix in Mix::ALL {
            for interval_ms in ["50", "1500"] {
                let found = violated("none", mix, interval_ms, seed);
                assert_eq!(found, None, "{mix:?} {interval_ms} {seed}");
            }
        }
    }
}
