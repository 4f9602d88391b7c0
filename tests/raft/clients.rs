//! The rules of serving clients, each by itself: section 8, and sections 6.3 and 6.4 of Ongaro 2014.

use crate::kit::{Bench, Cluster, params};
use faultline::check::Verdict;
use faultline::kit::client::Outcome;
use faultline::kit::store::{Answer, Op};
use faultline::protocols::agreement::raft::ENTRY;
use faultline::protocols::agreement::raft::config::Config;
use faultline::protocols::agreement::raft::facts::Fact;
use faultline::protocols::agreement::raft::message::Msg;
use faultline::protocols::agreement::raft::server::{Disk, Role};
use faultline::sim::{Fault, NodeId};

/// The client of a bench of five servers.
const C1: u16 = 5;

fn ask(serial: u32, text: &str) -> Msg {
    let op = Op::parse(text).expect("an operation");
    Msg::ClientRequest { serial, op }
}

fn told(serial: u32, value: i32) -> (u16, Msg) {
    let answer = Answer::Value(value);
    (C1, Msg::ClientReply { serial, answer })
}

fn leader() -> Bench {
    let mut b = Bench::boot(0, Config::default(), Disk::default());
    b.time_out();
    for from in [1, 2] {
        let granted = true;
        b.get(from, Msg::VoteReply { term: 1, granted });
    }
    b
}

fn stored(match_index: u32) -> Msg {
    Msg::AppendOk { term: 1, match_index }
}

#[test]
fn section_8_who_does_not_lead_says_who_does() {
    let mut b = Bench::boot(0, Config::default(), Disk::default());
    let redirect = |hint| [(C1, Msg::Redirect { serial: 1, hint })];
    assert_eq!(b.reply(C1, ask(1, "get x")), redirect(None));
    let heartbeat = Msg::AppendEntries {
        term: 1,
        prev_log_index: 0,
        prev_log_term: 0,
        entries: Vec::new(),
        leader_commit: 0,
    };
    b.get(3, heartbeat);
    assert_eq!(b.reply(C1, ask(1, "get x")), redirect(Some(NodeId(3))));
}

#[test]
fn section_5_3_a_client_is_answered_when_its_entry_is_applied_and_not_before() {
    let mut b = leader();
    let sent = b.reply(C1, ask(1, "set x 7"));
    assert_eq!(sent.len(), 4, "to the followers, and nothing to the client");
    assert_eq!(b.reply(1, stored(1)), []);
    assert_eq!(b.reply(2, stored(1)), [told(1, 7)]);
}

#[test]
fn ongaro_6_3_a_retry_is_answered_from_the_session_and_has_no_second_effect() {
    let mut b = leader();
    b.get(C1, ask(1, "add x 5"));
    assert_eq!(b.reply(C1, ask(1, "add x 5")), [], "in the log already: it will be answered");
    b.get(1, stored(1));
    b.get(2, stored(1));
    assert_eq!(b.server().log().last_index(), 1);
    assert_eq!(b.reply(C1, ask(1, "add x 5")), [told(1, 5)]);
    assert_eq!(b.server().machine().value('x'), 5);
    assert_eq!(b.count(|f| matches!(f, Fact::AnsweredAgain { .. })), 1);
}

/// The same request in two entries of the log, because the first leader died before it answered.
#[test]
fn ongaro_6_3_two_entries_of_one_request_take_effect_once() {
    let mut b = leader();
    b.get(C1, ask(1, "add x 5"));
    let higher = Msg::AppendNo { term: 2, prev_log_index: 0, conflict_term: 0, conflict_index: 1 };
    b.get(4, higher);
    b.time_out();
    for from in [1, 2] {
        let granted = true;
        b.get(from, Msg::VoteReply { term: 3, granted });
    }
    assert_eq!(b.server().role(), Role::Leader);
    b.get(C1, ask(1, "add x 5"));
    assert_eq!(b.server().log().terms(9), "[1 3]", "an old copy may never commit by itself");
    let stored = |match_index| Msg::AppendOk { term: 3, match_index };
    b.get(1, stored(2));
    let told_twice = b.reply(2, stored(2));
    assert_eq!(told_twice, [told(1, 5), told(1, 5)]);
    assert_eq!(b.server().machine().value('x'), 5);
    assert_eq!(b.count(|f| *f == Fact::Skipped { index: 2 }), 1);
}

#[test]
fn section_8_a_new_leader_commits_what_it_inherited_with_a_no_op() {
    for (noop, committed) in [("off", 0), ("on", 2)] {
        let mut c = Cluster::new(&[("clients", "0"), ("noop", noop), ("start", "figure-8")], 3);
        let leader = c.until_leader();
        c.for_ms(1_000);
        assert!(c.server(leader.0).commit_index() >= committed, "no-op {noop}");
        let last = c.server(leader.0).commit_index();
        assert_eq!(last > 0, noop == "on", "without new entries, old ones stay uncommitted");
    }
}

#[test]
fn section_8_a_client_finds_the_leader_and_reads_what_it_wrote() {
    let mut c = Cluster::new(&[("interval_ms", "0")], 11);
    c.until_leader();
    for (request, value) in [("set x 3", 3), ("add x 4", 7), ("get x", 7), ("cas x 7 1", 1), ("get y", 0)] {
        c.ask(0, request);
        c.until(2_000, request, |c| c.client(0).open() == 0);
        let outcome = c.client(0).last().map(|e| e.outcome);
        assert_eq!(outcome, Some(Outcome::Ok(value)), "{request}");
    }
    c.ask(0, "cas x 7 2");
    c.until(2_000, "cas", |c| c.client(0).open() == 0);
    assert_eq!(c.client(0).last().map(|e| e.outcome), Some(Outcome::Failed(1)));
    assert_eq!(c.violated(), [""; 0]);
}

#[test]
fn section_8_a_client_whose_leader_dies_retries_and_is_answered_once() {
    let mut c = Cluster::new(&[("interval_ms", "0")], 5);
    let leader = c.until_leader();
    c.ask(0, "add x 1");
    // The leader has it and dies before it can answer.
    c.until(1_000, "appended", |c| c.server(leader.0).log().last_index() == 1);
    c.crash(leader.0);
    assert!(matches!(
        c.verdict("Every request answered"),
        Verdict::InProgress { .. } | Verdict::Pending { .. }
    ));
    c.until(5_000, "answered", |c| c.client(0).open() == 0);
    assert_eq!(c.client(0).last().map(|e| e.outcome), Some(Outcome::Ok(1)));
    c.recover(leader.0);
    c.for_ms(2_000);
    assert!(c.ids().all(|i| c.server(i.0).machine().value('x') == 1));
    assert_eq!(c.violated(), [""; 0]);
}

#[test]
fn ongaro_6_3_a_client_that_crashes_does_not_know_and_never_uses_a_number_twice() {
    let mut c = Cluster::new(&[("interval_ms", "0")], 6);
    let leader = c.until_leader();
    c.ask(0, "add x 1");
    c.until(1_000, "appended", |c| c.server(leader.0).log().last_index() == 1);
    let client = NodeId(c.servers);
    c.crash(client.0);
    c.for_ms(1_000);
    c.recover(client.0);
    assert_eq!(c.client(0).last().map(|e| e.outcome), Some(Outcome::Unknown));
    c.ask(0, "get x");
    c.until(2_000, "get", |c| c.client(0).open() == 0);
    assert_eq!(c.client(0).last().map(|e| e.asked.serial), Some(2));
    assert_eq!(c.client(0).last().map(|e| e.outcome), Some(Outcome::Ok(1)), "it was done after all");
    assert_eq!(c.client(0).score().unknown, 1);
}

#[test]
fn a_client_out_of_patience_does_not_know() {
    let given = [("interval_ms", "0"), ("patience_ms", "1000")];
    let mut c = Cluster::new(&given, 7);
    c.until_leader();
    c.separate(&[&[0, 1, 2, 3, 4], &[5]]);
    c.ask(0, "set x 1");
    c.for_ms(1_100);
    assert_eq!(c.client(0).last().map(|e| e.outcome), Some(Outcome::Unknown));
    assert_eq!(c.verdict("Every request answered"), Verdict::Holding);
}

#[test]
fn what_a_node_does_not_understand_is_refused_with_a_sentence() {
    let c = Cluster::new(&[], 1);
    let refusal = |node: u16, request: &str| {
        let fault = Fault::Request { node: NodeId(node), request: request.to_owned() };
        c.world().check(&fault).expect_err("refused").message
    };
    assert!(refusal(5, "frobnicate").contains("'set x 3', 'add x 1', 'cas x 3 4', 'get x'"));
    assert!(refusal(0, "set x 3").contains("ask C1"));
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let code = |given: &[(&str, &str)]| (ENTRY.build)(&params(given), 1).err().map(|r| r.code);
    assert_eq!(code(&[("election_min_ms", "400")]), Some("bad-parameter"));
    assert_eq!(code(&[("servers", "199"), ("clients", "2")]), Some("too-many-nodes"));
    assert_eq!(code(&[("servers", "199"), ("clients", "1")]), None);
}

/// The assumptions are in force for longer than 40 x 300 ms + 4 x 5 x 300 ms = 18 s, nobody answers:
/// with half for a majority that cannot be, but a client behind a wall is excused.
#[test]
fn liveness_is_judged_only_where_it_was_promised() {
    let mut c = Cluster::new(&[("interval_ms", "0")], 8);
    c.until_leader();
    c.separate(&[&[0, 1], &[2, 3], &[4]]);
    c.ask(0, "set x 1");
    c.for_ms(60_000);
    let Verdict::Pending { why } = c.verdict("Every request answered") else {
        panic!("{:?}", c.verdict("Every request answered"));
    };
    assert!(why.contains("1 request unanswered") && why.contains("no majority"), "{why}");
    c.fault(Fault::Heal);
    c.for_ms(5_000);
    assert_eq!(c.verdict("Every request answered"), Verdict::Holding);
}
