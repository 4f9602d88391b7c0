//! The rules of log replication and commitment, each by itself: sections 5.3, 5.4.2 and Figure 2.

use crate::kit::{Bench, saves_first, sent};
use faultline::protocols::agreement::raft::config::Config;
use faultline::protocols::agreement::raft::log::{Command, Entry, Index, Log, Term};
use faultline::protocols::agreement::raft::message::Msg;
use faultline::protocols::agreement::raft::server::{Disk, Role};
use faultline::sim::NodeId;

fn disk(terms: &[Term]) -> Disk {
    Disk {
        current_term: terms.last().copied().unwrap_or(0),
        voted_for: None,
        log: Log::of_terms(terms).unwrap(),
        ..Disk::default()
    }
}

fn follower(terms: &[Term]) -> Bench {
    Bench::boot(0, Config::default(), disk(terms))
}

fn entries(terms: &[Term]) -> Vec<Entry> {
    let entry = |&term| Entry { term, command: Command::Noop };
    terms.iter().map(entry).collect()
}

/// AppendEntries of `term`: after entry `prev` of term `prev_term`, entries with these terms.
fn append(term: Term, (prev, prev_term): (Index, Term), new: &[Term], commit: Index) -> Msg {
    Msg::AppendEntries {
        term,
        prev_log_index: prev,
        prev_log_term: prev_term,
        entries: entries(new),
        leader_commit: commit,
    }
}

fn ok(term: Term, match_index: Index) -> Msg {
    Msg::AppendOk { term, match_index }
}

fn no(term: Term, prev: Index, (conflict_term, conflict_index): (Term, Index)) -> Msg {
    Msg::AppendNo { term, prev_log_index: prev, conflict_term, conflict_index }
}

/// S1 as leader of the term after its log's last.
fn leader(terms: &[Term], config: Config) -> Bench {
    let mut b = Bench::boot(0, config, disk(terms));
    b.time_out();
    let term = b.server().current_term();
    for from in [1, 2] {
        b.get(from, Msg::VoteReply { term, granted: true });
    }
    assert_eq!(b.server().role(), Role::Leader);
    b
}

#[test]
fn section_5_3_a_follower_without_the_previous_entry_refuses() {
    let mut b = follower(&[1, 1, 2]);
    assert_eq!(b.reply(1, append(2, (4, 2), &[2], 0)), [(1, no(2, 4, (0, 4)))], "too short");
    assert_eq!(b.reply(1, append(2, (2, 2), &[2], 0)), [(1, no(2, 2, (1, 1)))], "another term");
    assert_eq!(b.server().log().terms(9), "[1 1 2]", "and nothing has changed");
}

#[test]
fn section_5_3_new_entries_are_appended_and_on_disk_before_they_are_acknowledged() {
    let mut b = follower(&[1, 1]);
    let effects = b.get(1, append(2, (2, 1), &[2, 2], 0));
    assert_eq!(sent(&effects), [(1, ok(2, 4))]);
    assert!(saves_first(&effects));
    assert_eq!(b.disk().log.terms(9), "[1 1 2 2]");
    b.reboot();
    assert_eq!(b.server().log().terms(9), "[1 1 2 2]");
}

#[test]
fn section_5_3_a_conflicting_entry_goes_with_all_that_follow_it() {
    let mut b = follower(&[1, 1, 2, 2, 2]);
    assert_eq!(b.reply(1, append(3, (2, 1), &[3], 0)), [(1, ok(3, 3))]);
    assert_eq!(b.server().log().terms(9), "[1 1 3]");
    assert_eq!(b.disk().log.terms(9), "[1 1 3]");
}

#[test]
fn section_5_3_without_a_conflict_nothing_goes_even_if_the_message_is_old() {
    let mut b = follower(&[1, 1, 2, 2, 2]);
    for old in [append(2, (2, 1), &[2], 0), append(2, (0, 0), &[], 0), append(2, (1, 1), &[1, 2], 0)] {
        b.get(1, old);
        assert_eq!(b.server().log().terms(9), "[1 1 2 2 2]");
    }
}

#[test]
fn section_5_5_append_entries_is_idempotent() {
    let mut b = follower(&[1]);
    let msg = append(2, (1, 1), &[2, 2], 2);
    let first = b.reply(1, msg.clone());
    let told = (b.told.len(), b.entries.len());
    assert!(told.1 > 0);
    let again = b.get(1, msg);
    assert_eq!(sent(&again), first);
    assert!(!saves_first(&again), "the second copy writes nothing");
    assert_eq!((b.told.len(), b.entries.len()), told, "and is no news");
}

/// min(leaderCommit, index of the last new entry): of (5, 3) it is 3, of (2, 3) it is 2.
#[test]
fn figure_2_a_follower_commits_up_to_what_it_knows_to_match() {
    for (commit, wanted) in [(5, 3), (2, 2)] {
        let mut b = follower(&[1, 1, 1, 1, 1]);
        b.get(1, append(2, (2, 1), &[1], commit));
        assert_eq!(b.server().commit_index(), wanted);
        assert_eq!(b.server().last_applied(), wanted, "what is committed is applied");
    }
    let mut b = follower(&[1, 1, 1]);
    b.get(1, append(1, (3, 1), &[], 3));
    b.get(1, append(1, (0, 0), &[], 1));
    assert_eq!(b.server().commit_index(), 3, "an old message takes nothing back");
}

#[test]
fn section_5_3_a_leader_starts_with_next_index_after_its_last_entry_and_match_index_zero() {
    let b = leader(&[1, 1, 2], Config::default());
    for peer in 1..5 {
        assert_eq!(b.server().next_index(NodeId(peer)), Some(4));
        assert_eq!(b.server().match_index(NodeId(peer)), Some(0));
    }
}

#[test]
fn section_5_3_a_heartbeat_carries_what_the_follower_lacks() {
    let mut b = leader(&[1, 1, 2], Config::default());
    b.get(1, no(3, 3, (0, 2)));
    b.get(2, ok(3, 3));
    let sent = b.beat();
    assert_eq!(sent[0], (1, append(3, (1, 1), &[1, 2], 0)));
    assert_eq!(sent[1], (2, append(3, (3, 2), &[], 0)));
}

#[test]
fn section_5_3_without_fast_back_up_a_refusal_goes_back_one_entry() {
    let config = Config { fast_backup: false, ..Config::default() };
    let mut b = leader(&[1, 1, 2], config);
    for (prev, next) in [(3, 3), (2, 2), (1, 1)] {
        let again = b.reply(1, no(3, prev, (0, prev)));
        assert_eq!(b.server().next_index(NodeId(1)), Some(next));
        let [(1, Msg::AppendEntries { prev_log_index, .. })] = again[..] else {
            panic!("{again:?}");
        };
        assert_eq!(prev_log_index, next - 1, "and tries again at once");
    }
}

/// The leader has 1 1 1 4 4 5 5 6 6 6 (Figure 7). A follower whose entry 10 is of term 3, the first
/// of which it has at 7, shares nothing from 7 on: one refusal instead of four. One whose entry 10 is of
/// term 4, from index 4 on, may share up to the leader's last entry of term 4, at 5.
#[test]
fn end_of_section_5_3_a_refusal_goes_back_a_whole_term() {
    let figure_7 = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
    let mut b = leader(&figure_7, Config::default());
    b.get(1, no(7, 10, (3, 7)));
    assert_eq!(b.server().next_index(NodeId(1)), Some(7), "a term that the leader does not have");
    b.get(2, no(7, 10, (4, 4)));
    assert_eq!(b.server().next_index(NodeId(2)), Some(6), "one that it has");
    b.get(3, no(7, 10, (0, 5)));
    assert_eq!(b.server().next_index(NodeId(3)), Some(5), "a log that ends at 4");
}

#[test]
fn section_5_5_a_refusal_that_comes_late_or_twice_is_acted_upon_once() {
    let mut b = leader(&[1, 1, 2], Config::default());
    let refusal = no(3, 3, (0, 2));
    assert_eq!(b.reply(1, refusal.clone()).len(), 1);
    assert_eq!(b.reply(1, refusal), []);
    assert_eq!(b.server().next_index(NodeId(1)), Some(2));
}

#[test]
fn figure_2_match_index_only_grows_and_replies_of_old_terms_are_ignored() {
    let mut b = leader(&[1, 1, 2], Config::default());
    b.get(1, ok(3, 3));
    b.get(1, ok(3, 1));
    b.get(2, ok(2, 3));
    assert_eq!(b.server().match_index(NodeId(1)), Some(3));
    assert_eq!(b.server().match_index(NodeId(2)), Some(0));
}

#[test]
fn section_5_3_an_entry_is_committed_when_a_majority_has_it_and_followers_learn_it_next() {
    let config = Config { noop: true, ..Config::default() };
    let mut b = leader(&[], config);
    assert_eq!(b.server().log().terms(9), "[1]");
    b.get(1, ok(1, 1));
    assert_eq!(b.server().commit_index(), 0, "two of five");
    b.get(1, ok(1, 1));
    assert_eq!(b.server().commit_index(), 0, "the same follower again");
    b.get(2, ok(1, 1));
    assert_eq!((b.server().commit_index(), b.server().last_applied()), (1, 1), "three of five");
    let commits = b.beat().into_iter().map(|(_, m)| match m {
        Msg::AppendEntries { leader_commit, .. } => leader_commit,
        other => panic!("{other:?}"),
    });
    assert_eq!(commits.collect::<Vec<_>>(), [1, 1, 1, 1]);
}

#[test]
fn section_5_4_2_copies_of_an_old_term_are_not_counted_and_go_with_a_new_entry() {
    let mut b = leader(&[1, 1, 2], Config::default());
    for follower in [1, 2, 3, 4] {
        b.get(follower, ok(3, 3));
    }
    assert_eq!(b.server().commit_index(), 0, "on all five, and of term 2");
    let request = Msg::ClientRequest { serial: 1, op: faultline::kit::store::Op::Get { key: 'x' } };
    b.get(5, request);
    b.get(1, ok(3, 4));
    b.get(2, ok(3, 4));
    assert_eq!(b.server().commit_index(), 4, "with the first entry of term 3, all before it");
}

#[test]
fn section_5_3_a_leader_never_changes_its_own_log() {
    let mut b = leader(&[1, 1, 2], Config::default());
    assert_eq!(b.reply(1, append(3, (1, 1), &[9, 9], 0)), []);
    assert_eq!(b.reply(1, append(2, (0, 0), &[9], 0)).len(), 1, "an old leader is told the term");
    assert_eq!(b.server().log().terms(9), "[1 1 2]");
}

/// 200 entries at 64 a message: three full messages and one of 8.
#[test]
fn a_long_log_is_sent_in_batches_each_as_soon_as_the_last_is_acknowledged() {
    let mut b = leader(&[1; 200], Config::default());
    let mut sent = b.reply(1, no(2, 200, (0, 1)));
    let mut sizes = Vec::new();
    while let [(1, Msg::AppendEntries { prev_log_index, entries, .. })] = &sent[..] {
        sizes.push(entries.len());
        let last = prev_log_index + entries.len() as Index;
        sent = b.reply(1, ok(2, last));
    }
    assert_eq!(sizes, [64, 64, 64, 8]);
    assert_eq!(b.server().match_index(NodeId(1)), Some(200));
}
