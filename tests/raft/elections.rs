//! The rules of leader election, each by itself: sections 5.1, 5.2 and 5.4.1, PreVote and CheckQuorum.

use crate::kit::{Bench, saves_first, sent};
use faultline::protocols::agreement::raft::config::Config;
use faultline::protocols::agreement::raft::log::{Index, Log, Term};
use faultline::protocols::agreement::raft::message::Msg;
use faultline::protocols::agreement::raft::server::{Disk, Role, Timer};
use faultline::sim::NodeId;
use faultline::sim::protocol::Effect;

fn boot(terms: &[Term]) -> Bench {
    Bench::boot(0, Config::default(), disk(terms))
}

/// A disk whose last term is the current one.
fn disk(terms: &[Term]) -> Disk {
    Disk {
        current_term: terms.last().copied().unwrap_or(0),
        voted_for: None,
        log: Log::of_terms(terms).unwrap(),
        ..Disk::default()
    }
}

fn request(term: Term, last_log_index: Index, last_log_term: Term) -> Msg {
    Msg::RequestVote { term, last_log_index, last_log_term }
}

fn heartbeat(term: Term) -> Msg {
    Msg::AppendEntries { term, prev_log_index: 0, prev_log_term: 0, entries: Vec::new(), leader_commit: 0 }
}

fn vote(term: Term, granted: bool) -> Msg {
    Msg::VoteReply { term, granted }
}

fn pre_vote(next_term: Term) -> Msg {
    Msg::PreVote { next_term, last_log_index: 0, last_log_term: 0 }
}

fn would(next_term: Term, granted: bool) -> Msg {
    Msg::PreVoteReply { term: next_term - 1, next_term, granted }
}

fn resets_timer(effects: &[Effect]) -> bool {
    effects.iter().any(|e| matches!(e, Effect::SetTimer { .. }))
}

#[test]
fn section_5_1_a_higher_term_makes_a_follower_of_anyone() {
    for role in [Role::Follower, Role::Candidate, Role::Leader] {
        let mut b = boot(&[]);
        if role != Role::Follower {
            b.time_out();
        }
        if role == Role::Leader {
            b.get(1, vote(1, true));
            b.get(2, vote(1, true));
        }
        assert_eq!(b.server().role(), role);
        b.get(3, Msg::AppendOk { term: 9, match_index: 0 });
        let s = b.server();
        assert_eq!((s.role(), s.current_term(), s.voted_for()), (Role::Follower, 9, None));
        assert_eq!(b.disk().current_term, 9, "and the term is on disk");
    }
}

#[test]
fn section_5_1_a_request_with_a_stale_term_is_rejected_with_the_current_one() {
    let mut b = boot(&[]);
    b.get(1, heartbeat(5));
    assert_eq!(b.reply(2, request(4, 9, 4)), [(2, vote(5, false))]);
    let replies = b.reply(2, heartbeat(4));
    assert!(matches!(replies[..], [(2, Msg::AppendNo { term: 5, .. })]), "{replies:?}");
    assert_eq!(b.server().leader(), Some(NodeId(1)));
}

#[test]
fn section_5_1_what_is_not_answered_is_asked_again() {
    let mut b = boot(&[]);
    b.time_out();
    b.get(2, vote(1, false));
    let again: Vec<u16> = b.ring(Timer::Ask).iter().map(|(to, _)| *to).collect();
    assert_eq!(again, [1, 3, 4]);
}

#[test]
fn section_5_2_a_server_starts_as_follower_and_stands_when_it_hears_nobody() {
    let mut b = boot(&[]);
    assert_eq!(b.server().role(), Role::Follower);
    let asked = b.time_out();
    assert_eq!(asked, [1, 2, 3, 4].map(|to| (to, request(1, 0, 0))));
    let s = b.server();
    assert_eq!((s.role(), s.current_term(), s.voted_for()), (Role::Candidate, 1, Some(NodeId(0))));
    assert_eq!(b.disk().voted_for, Some(NodeId(0)), "its own vote is on disk");
}

#[test]
fn section_5_2_a_majority_wins_and_the_winner_is_heard_at_once() {
    let mut b = boot(&[]);
    b.time_out();
    assert_eq!(b.reply(1, vote(1, true)), []);
    assert_eq!(b.server().role(), Role::Candidate, "two of five are no majority");
    let first = b.reply(2, vote(1, true));
    assert_eq!(b.server().role(), Role::Leader);
    assert_eq!(first, [1, 2, 3, 4].map(|to| (to, heartbeat(1))));
}

#[test]
fn section_5_2_a_vote_counts_once_and_only_in_its_term() {
    let mut b = boot(&[]);
    b.time_out();
    b.time_out();
    for (from, msg) in [(1, vote(2, true)), (1, vote(2, true)), (2, vote(1, true)), (3, vote(2, false))] {
        b.get(from, msg);
    }
    assert_eq!(b.server().role(), Role::Candidate, "S2 twice, S3 for the last term, S4 with no");
    b.get(4, vote(2, true));
    assert_eq!(b.server().role(), Role::Leader);
}

#[test]
fn section_5_2_one_vote_a_term_first_come_first_served() {
    let mut b = boot(&[]);
    assert_eq!(b.reply(1, request(1, 0, 0)), [(1, vote(1, true))]);
    assert_eq!(b.reply(2, request(1, 0, 0)), [(2, vote(1, false))]);
    assert_eq!(b.reply(1, request(1, 0, 0)), [(1, vote(1, true))], "asked again, the same answer");
    assert_eq!(b.reply(2, request(2, 0, 0)), [(2, vote(2, true))], "a new term, a new vote");
}

#[test]
fn section_5_2_a_candidate_gives_up_for_a_leader_of_its_term_and_not_for_an_older_one() {
    let mut b = boot(&[]);
    b.time_out();
    b.time_out();
    b.get(1, heartbeat(1));
    assert_eq!((b.server().role(), b.server().current_term()), (Role::Candidate, 2));
    b.get(1, heartbeat(2));
    assert_eq!((b.server().role(), b.server().leader()), (Role::Follower, Some(NodeId(1))));
    assert_eq!(b.server().voted_for(), Some(NodeId(0)), "its vote of the term stays given");
}

#[test]
fn section_5_2_after_a_split_vote_a_new_election_begins_in_a_new_term() {
    let mut b = boot(&[]);
    b.time_out();
    b.get(1, vote(1, true));
    let asked = b.time_out();
    assert_eq!(asked[0].1, request(2, 0, 0));
    b.get(2, vote(2, true));
    assert_eq!(b.server().role(), Role::Candidate, "votes of term 1 do not count in term 2");
}

/// 200 draws from 150 to 300 ms lie in that range and fill it: both outer fifths are met.
#[test]
fn section_5_2_timeouts_are_drawn_anew_from_the_whole_range() {
    let mut b = boot(&[]);
    let mut drawn = Vec::new();
    for _ in 0..200 {
        let effects = b.get(1, heartbeat(1));
        drawn.extend(effects.iter().filter_map(|e| match e {
            Effect::SetTimer { after, .. } => Some(after.0 / 1_000),
            _ => None,
        }));
    }
    assert_eq!(drawn.len(), 200);
    assert!(drawn.iter().all(|ms| (150..=300).contains(ms)));
    assert!(drawn.iter().any(|&ms| ms < 180) && drawn.iter().any(|&ms| ms > 270));
}

#[test]
fn figure_2_the_timeout_starts_anew_for_a_leader_and_a_granted_vote_and_for_nothing_else() {
    let mut b = boot(&[1]);
    assert!(resets_timer(&b.get(1, heartbeat(2))));
    assert!(resets_timer(&b.get(2, request(3, 1, 1))), "granted");
    assert!(!resets_timer(&b.get(4, request(3, 1, 1))), "refused: the vote is given");
    assert!(!resets_timer(&b.get(4, request(5, 0, 0))), "refused: the log is too short");
    assert!(!resets_timer(&b.get(1, heartbeat(2))), "an old leader");
}

/// The voter's log ends with entry 3 of term 2.
#[test]
fn section_5_4_1_a_vote_goes_to_a_log_at_least_as_up_to_date() {
    let cases = [
        ((3, 2), true, "the same log"),
        ((4, 2), true, "longer"),
        ((1, 3), true, "shorter, and of a later last term"),
        ((2, 2), false, "shorter"),
        ((9, 1), false, "longer, and of an earlier last term"),
        ((0, 0), false, "empty"),
    ];
    for ((index, term), granted, what) in cases {
        let mut b = boot(&[1, 1, 2]);
        assert_eq!(b.reply(1, request(7, index, term)), [(1, vote(7, granted))], "{what}");
    }
}

#[test]
fn figure_2_vote_and_term_are_on_disk_before_the_answer_leaves() {
    let mut b = boot(&[]);
    let effects = b.get(1, request(3, 0, 0));
    assert!(saves_first(&effects));
    let saved = (b.disk().current_term, b.disk().voted_for);
    assert_eq!(saved, (3, Some(NodeId(1))));
    b.reboot();
    assert_eq!(b.reply(2, request(3, 0, 0)), [(2, vote(3, false))], "it remembers after a crash");
    assert!(!saves_first(&b.get(2, request(3, 0, 0))), "nothing new, nothing written");
}

#[test]
fn section_5_5_a_restarted_server_is_a_follower_with_term_vote_and_log_of_its_disk() {
    let mut b = boot(&[1, 1, 2]);
    b.time_out();
    b.get(1, vote(3, true));
    b.get(2, vote(3, true));
    b.reboot();
    let s = b.server();
    assert_eq!((s.role(), s.current_term(), s.voted_for()), (Role::Follower, 3, Some(NodeId(0))));
    assert_eq!(s.log().terms(9), "[1 1 2]");
    assert_eq!((s.commit_index(), s.last_applied()), (0, 0), "volatile, from zero");
}

// ------------------------------------------------------------------ Ongaro 2014

fn with(prevote: bool, check_quorum: bool) -> Bench {
    let config = Config { prevote, check_quorum, ..Config::default() };
    Bench::boot(0, config, Disk::default())
}

#[test]
fn ongaro_9_6_who_asks_first_enters_no_new_term_until_a_majority_would_vote() {
    let mut b = with(true, false);
    assert_eq!(b.time_out(), [1, 2, 3, 4].map(|to| (to, pre_vote(1))));
    assert_eq!((b.server().role(), b.server().current_term()), (Role::PreCandidate, 0));
    b.get(1, would(1, true));
    b.get(1, would(1, true));
    b.get(3, would(1, false));
    assert_eq!(b.server().role(), Role::PreCandidate, "one of the others, twice, and a no");
    let stands = b.reply(2, would(1, true));
    assert_eq!(stands, [1, 2, 3, 4].map(|to| (to, request(1, 0, 0))));
    assert_eq!((b.server().role(), b.server().current_term()), (Role::Candidate, 1));
}

#[test]
fn ongaro_9_6_a_server_that_hears_a_leader_would_not_vote() {
    let mut b = with(true, false);
    b.get(1, heartbeat(1));
    let no = Msg::PreVoteReply { term: 1, next_term: 2, granted: false };
    b.now_us = 149_999;
    assert_eq!(b.reply(2, pre_vote(2)), [(2, no)]);
    b.now_us = 150_000;
    assert_eq!(b.reply(2, pre_vote(2)), [(2, would(2, true))], "the shortest timeout has passed");
    assert_eq!(b.server().voted_for(), None, "it promised nothing");
    assert_eq!(b.server().current_term(), 1, "and its term did not move");
}

#[test]
fn ongaro_9_6_a_leader_and_a_server_with_a_better_log_would_not_vote() {
    let config = Config { prevote: true, ..Config::default() };
    let mut b = Bench::boot(0, config, disk(&[1]));
    let refused =
        |replies: Vec<(u16, Msg)>| matches!(replies[..], [(_, Msg::PreVoteReply { granted: false, .. })]);
    assert!(refused(b.reply(2, pre_vote(2))), "an empty log against one entry");
    b.time_out();
    for from in [1, 2] {
        b.get(from, would(2, true));
    }
    for from in [1, 2] {
        b.get(from, vote(2, true));
    }
    assert_eq!(b.server().role(), Role::Leader);
    let better = Msg::PreVote { next_term: 3, last_log_index: 9, last_log_term: 2 };
    assert!(refused(b.reply(2, better)), "it leads");
}

#[test]
fn ongaro_6_2_a_leader_that_hears_no_majority_steps_down() {
    let mut b = with(false, true);
    b.time_out();
    b.get(1, vote(1, true));
    b.get(2, vote(1, true));
    let ok = Msg::AppendOk { term: 1, match_index: 0 };
    b.get(3, ok.clone());
    b.get(4, ok.clone());
    b.ring(Timer::Quorum);
    assert_eq!(b.server().role(), Role::Leader, "two others and itself");
    b.get(3, ok.clone());
    b.get(3, ok);
    b.ring(Timer::Quorum);
    let s = b.server();
    assert_eq!((s.role(), s.current_term()), (Role::Follower, 1), "one other, twice, is too few");
}

/// etcd's raft, `Step`: with CheckQuorum, a vote that is asked for in a later term is ignored within the lease of a
/// leader that is known, and the later term with it. PreVote or not, it says nothing at all.
#[test]
fn in_etcd_who_hears_a_leader_ignores_candidates() {
    for prevote in [false, true] {
        let config = Config { prevote, check_quorum: true, lease: true, ..Config::default() };
        let mut b = Bench::boot(0, config, Disk::default());
        b.get(1, heartbeat(1));
        b.now_us = 149_999;
        assert_eq!(b.reply(2, request(2, 0, 0)), []);
        assert_eq!(b.reply(2, pre_vote(2)), []);
        assert_eq!(b.server().current_term(), 1, "its term did not move");
        b.now_us = 150_000;
        assert_eq!(b.reply(2, request(2, 0, 0)), [(2, vote(2, true))], "the lease is over");
    }
}

/// Without CheckQuorum nobody would notice that a leader is cut off: the lease is not kept, as in etcd.
#[test]
fn without_check_quorum_there_is_no_lease() {
    let config = Config { lease: true, ..Config::default() };
    let mut b = Bench::boot(0, config, Disk::default());
    b.get(1, heartbeat(1));
    assert_eq!(b.reply(2, request(2, 0, 0)), [(2, vote(2, true))]);
}

#[test]
fn without_check_quorum_a_cut_off_leader_goes_on_leading() {
    let mut b = with(false, false);
    b.time_out();
    b.get(1, vote(1, true));
    b.get(2, vote(1, true));
    for _ in 0..100 {
        assert_eq!(b.beat().len(), 4);
    }
    assert_eq!(b.server().role(), Role::Leader);
    assert_eq!(sent(&[]), []);
}
