//! Snapshots: one test a rule of Ongaro 2014, chapter 5, on a bench of one server; then whole clusters, with a crash at
//! every event.

use crate::kit::{Bench, Cluster, params, saves_first, sent};
use faultline::kit::bench;
use faultline::kit::boards::Board;
use faultline::kit::store::{Answer, Op, Store};
use faultline::protocols::agreement::raft::ENTRY;
use faultline::protocols::agreement::raft::config::{Config, Mutant};
use faultline::protocols::agreement::raft::facts::Fact;
use faultline::protocols::agreement::raft::log::{Command, Entry, Log};
use faultline::protocols::agreement::raft::message::Msg;
use faultline::protocols::agreement::raft::server::{Disk, Role};
use faultline::protocols::agreement::raft::snapshot::Snapshot;
use faultline::sim::{Fault, NodeId};
use std::rc::Rc;

const EVERY: u32 = 3;
const CLIENT: NodeId = NodeId(9);

fn config() -> Config {
    Config { servers: 3, snapshot_every: EVERY, ..Config::default() }
}

/// `add x 1` as request number `serial` of one client, in `term`.
fn add(term: u32, serial: u32) -> Entry {
    let op = Op::Add { key: 'x', by: 1 };
    Entry { term, command: Command::Client { client: CLIENT, serial, op } }
}

fn append(term: u32, prev: (u32, u32), entries: Vec<Entry>, leader_commit: u32) -> Msg {
    let (prev_log_index, prev_log_term) = prev;
    Msg::AppendEntries { term, prev_log_index, prev_log_term, entries, leader_commit }
}

/// S1 has five entries of term 1, of which four are committed: it has applied them at once, and taken a snapshot.
fn follower_of_four() -> Bench {
    let mut b = Bench::boot(0, config(), Disk::default());
    let entries = (1..=5).map(|i| add(1, i)).collect();
    let effects = b.get(1, append(1, (0, 0), entries, 4));
    assert!(saves_first(&effects));
    b
}

/// A snapshot of four additions of term 1.
fn snapshot_of_four() -> Rc<Snapshot> {
    Rc::new(follower_of_four().server().snapshot().expect("a snapshot").clone())
}

#[test]
fn a_snapshot_stands_for_what_is_applied_and_the_numbers_go_on() {
    let b = follower_of_four();
    let s = b.server();
    let snapshot = s.snapshot().expect("a snapshot");
    assert_eq!((snapshot.last_index, snapshot.last_term), (4, 1));
    assert_eq!(snapshot.machine.value('x'), 4);
    assert_eq!(snapshot.machine.session(CLIENT).map(|s| s.serial), Some(4));
    assert_eq!((s.log().base(), s.log().last_index(), s.log().get(4)), (4, 5, None));
    assert_eq!((s.log().term_at(4), s.log().term_at(3)), (Some(1), None));
    assert_eq!(s.log().get(5), Some(&add(1, 5)), "what is not committed stays in the log");
    assert_eq!(b.count(|f| matches!(f, Fact::Snapshots { index: 4 })), 1);
    assert_eq!((b.disk().snapshot.as_deref(), &b.disk().log), (Some(snapshot), s.log()));
}

#[test]
fn without_a_threshold_and_below_it_no_snapshot_is_taken() {
    for (every, applied) in [(0, 5), (6, 5)] {
        let config = Config { snapshot_every: every, ..config() };
        let mut b = Bench::boot(0, config, Disk::default());
        b.get(1, append(1, (0, 0), (1..=5).map(|i| add(1, i)).collect(), applied));
        assert_eq!((b.server().snapshot(), b.server().log().base()), (None, 0));
    }
}

#[test]
fn a_server_boots_with_its_snapshot_applied() {
    let mut b = follower_of_four();
    b.reboot();
    let s = b.server();
    assert_eq!((s.commit_index(), s.last_applied(), s.log().last_index()), (4, 4, 5));
    assert_eq!(s.machine().value('x'), 4);
    // The fifth is committed later, and added once.
    b.get(1, append(1, (5, 1), vec![], 5));
    assert_eq!(b.server().machine().value('x'), 5);
}

/// A log that is cut off to its end has its snapshot's last term: a candidate with an older one gets no vote (5.4.1).
#[test]
fn a_vote_compares_with_the_snapshots_last_entry() {
    let mut b = Bench::boot(0, config(), Disk::default());
    b.get(1, append(3, (0, 0), vec![add(2, 1), add(3, 2), add(3, 3)], 3));
    assert_eq!((b.server().log().base(), b.server().log().last_term()), (3, 3));
    let vote = |b: &mut Bench, term, last_log_index, last_log_term| match &b
        .reply(2, Msg::RequestVote { term, last_log_index, last_log_term })[..]
    {
        [(2, Msg::VoteReply { granted, .. })] => *granted,
        other => panic!("{other:?}"),
    };
    assert!(!vote(&mut b, 4, 9, 2), "longer, but of an older term");
    assert!(!vote(&mut b, 5, 2, 3), "of the same term, but shorter");
    assert!(vote(&mut b, 6, 3, 3));
    let asked = b.time_out();
    assert!(
        asked
            .iter()
            .all(|(_, m)| { matches!(m, Msg::RequestVote { last_log_index: 3, last_log_term: 3, .. }) })
    );
}

#[test]
fn entries_behind_the_snapshot_are_checked_against_its_last_entry() {
    let mut b = Bench::boot(0, config(), Disk::default());
    b.get(1, append(1, (0, 0), (1..=3).map(|i| add(1, i)).collect(), 3));
    let ok = |b: &mut Bench, msg| match &b.reply(1, msg)[..] {
        [(1, Msg::AppendOk { match_index, .. })] => Some(*match_index),
        [(1, Msg::AppendNo { .. })] => None,
        other => panic!("{other:?}"),
    };
    assert_eq!(ok(&mut b, append(2, (3, 2), vec![add(2, 4)], 3)), None, "another term");
    assert_eq!(ok(&mut b, append(2, (3, 1), vec![add(2, 4)], 3)), Some(4));
    // A late message that begins in the part that was cut off: those entries are committed, the rest is as ever.
    let late = append(2, (1, 1), vec![add(1, 2), add(1, 3), add(2, 4), add(2, 5)], 3);
    assert_eq!(ok(&mut b, late), Some(5));
    let late = append(2, (0, 0), vec![add(1, 1)], 3);
    assert_eq!(ok(&mut b, late), Some(3), "all of it was cut off");
    assert_eq!(b.server().log().entries_from(1, 9), [add(2, 4), add(2, 5)]);
}

#[test]
fn a_leader_sends_its_snapshot_to_who_lacks_what_it_cut_off() {
    let disk = follower_of_four().disk().clone();
    let mut b = Bench::boot(0, config(), disk);
    b.time_out();
    let beat = b.reply(1, Msg::VoteReply { term: 2, granted: true });
    assert_eq!(b.server().role(), Role::Leader);
    assert!(beat.iter().all(|(_, m)| matches!(m, Msg::AppendEntries { prev_log_index: 5, .. })));
    // S3 has two entries. What it needs next is cut off.
    let no = Msg::AppendNo { term: 2, prev_log_index: 5, conflict_term: 0, conflict_index: 3 };
    let answer = b.reply(2, no);
    let [(2, Msg::InstallSnapshot { term: 2, snapshot })] = &answer[..] else {
        panic!("{answer:?}");
    };
    assert_eq!(Some(&**snapshot), b.server().snapshot());
    // Until it is answered it is sent again at each heartbeat; then entries follow.
    let beat = b.beat();
    assert!(beat.iter().any(|(to, m)| *to == 2 && matches!(m, Msg::InstallSnapshot { .. })), "{beat:?}");
    let next = b.reply(2, Msg::InstallReply { term: 2, last_index: 4 });
    assert_eq!(b.server().match_index(NodeId(2)), Some(4));
    let [(2, Msg::AppendEntries { prev_log_index: 4, prev_log_term: 1, entries, .. })] = &next[..] else {
        panic!("{next:?}");
    };
    assert_eq!(entries[..], [add(1, 5)]);
}

#[test]
fn a_snapshot_takes_the_place_of_a_log_that_lacks_its_last_entry() {
    for log in [&[][..], &[1, 1], &[1, 1, 1, 2, 2]] {
        let disk = Disk { current_term: 2, log: Log::of_terms(log).expect("a log"), ..Disk::default() };
        let mut b = Bench::boot(2, config(), disk);
        let snapshot = snapshot_of_four();
        let msg = Msg::InstallSnapshot { term: 3, snapshot: Rc::clone(&snapshot) };
        let effects = b.get(0, msg.clone());
        assert!(saves_first(&effects), "it is on disk before it is acknowledged");
        assert_eq!(sent(&effects), [(0, Msg::InstallReply { term: 3, last_index: 4 })]);
        let s = b.server();
        assert_eq!((s.log().base(), s.log().last_index(), s.log().last_term()), (4, 4, 1));
        assert_eq!((s.commit_index(), s.last_applied(), s.machine()), (4, 4, &snapshot.machine));
        assert_eq!(b.count(|f| matches!(f, Fact::Installs { index: 4, from: NodeId(0) })), 1);
        // A second copy changes nothing.
        assert_eq!(b.reply(0, msg), [(0, Msg::InstallReply { term: 3, last_index: 4 })]);
        assert_eq!(b.count(|f| matches!(f, Fact::Installs { .. })), 1);
        b.reboot();
        assert_eq!((b.server().snapshot(), b.server().machine().value('x')), (Some(&*snapshot), 4));
    }
}

#[test]
fn a_log_that_has_the_snapshots_last_entry_is_kept() {
    let mut b = Bench::boot(2, Config { snapshot_every: 0, ..config() }, Disk::default());
    b.get(0, append(1, (0, 0), (1..=5).map(|i| add(1, i)).collect(), 1));
    b.get(0, Msg::InstallSnapshot { term: 1, snapshot: snapshot_of_four() });
    let s = b.server();
    assert_eq!((s.snapshot(), s.log().last_index()), (None, 5));
    assert_eq!((s.commit_index(), s.machine().value('x')), (4, 4), "it is committed up to there");
}

#[test]
fn a_snapshot_of_an_old_term_is_refused() {
    let mut b = Bench::boot(2, config(), Disk { current_term: 5, ..Disk::default() });
    let old = Msg::InstallSnapshot { term: 4, snapshot: snapshot_of_four() };
    assert_eq!(b.reply(0, old), [(0, Msg::InstallReply { term: 5, last_index: 0 })]);
    assert_eq!(b.server().snapshot(), None);
}

/// A request whose answer was lost is asked again of a server that knows it from a snapshot alone (6.3).
#[test]
fn a_retry_is_answered_from_the_sessions_of_a_snapshot() {
    let mut b = Bench::boot(2, config(), Disk::default());
    b.get(0, Msg::InstallSnapshot { term: 1, snapshot: snapshot_of_four() });
    let op = Op::Add { key: 'x', by: 1 };
    let answer = b.reply(CLIENT.0, Msg::ClientRequest { serial: 4, op });
    assert_eq!(answer, [(CLIENT.0, Msg::ClientReply { serial: 4, answer: Answer::Value(4) })]);
    let mut bare = b.server().machine().clone();
    bare.forget_sessions();
    assert_eq!((bare.values(), bare.session(CLIENT)), (b.server().machine().values(), None));
    assert_ne!(bare, Store::default());
}

/// A follower is down until what it needs is cut off. It gets the leader's snapshot, and then entries.
#[test]
fn who_was_down_for_long_gets_the_snapshot_and_then_entries() {
    let given = [("servers", "3"), ("interval_ms", "40"), ("snapshot_every", "5")];
    let mut c = Cluster::new(&given, 4);
    let leader = c.until_leader();
    c.for_ms(100);
    let away = (leader.0 + 1) % 3;
    c.crash(away);
    c.until(5_000, "a snapshot", |c| c.server(leader.0).log().base() >= 10);
    c.recover(away);
    c.until(2_000, "installed", |c| c.count(|f| matches!(f, Fact::Installs { .. })) == 1);
    c.until(2_000, "equal", |c| c.converged().is_ok());
    assert_eq!(c.violated(), [""; 0]);
    let boards = ENTRY.boards.expect("boards")(&params(&given), c.world());
    let Some(Board::Table { rows, .. }) = boards.iter().find(|b| b.title().starts_with("Snapshots")) else {
        panic!("no board of snapshots");
    };
    let s = c.server(away);
    assert_eq!(rows[usize::from(away)].1[0].text, format!("1 to {}", s.log().base()));
    let cell = &c.world().inspect(NodeId(away)).cells[0];
    assert!(cell.title.starts_with("snapshot of entries 1 to "), "{}", cell.title);
}

/// A crash after each event of a run in which one server is cut off until it needs a snapshot: whatever is being taken or
/// installed, nothing promised breaks.
#[test]
fn a_crash_around_a_snapshot_breaks_nothing() {
    let settings = ["servers=3", "interval_ms=30", "snapshot_every=2"];
    let bench = bench::Bench::of(&ENTRY, &settings)
        .at(400, bench::fault(r#"{"do":"partition","groups":[[1],[0,2,3]]}"#))
        .at(900, Fault::Heal)
        .until_ms(2_500);
    let installs = |seed: &u64| bench.run(*seed).measure("installs") >= Some(1.0);
    let seed = (0..20).find(installs).expect("a run in which one is installed");
    assert!(bench.run(seed).measure("snapshots") >= Some(8.0));
    let runs = bench.crash_at_each_event(seed, 150, |t| t.safe());
    assert!(runs > 300, "{runs}");
}

/// What each mutant of snapshots leaves out, where it leaves it out; Raft as it is does none of it.
#[test]
fn mutants_leave_out_the_term_the_commitment_or_the_sessions() {
    let taken = |mutant| {
        let mut b = Bench::boot(0, Config { mutant, ..config() }, Disk::default());
        b.get(1, append(1, (0, 0), (1..=5).map(|i| add(1, i)).collect(), 4));
        let snapshot = b.server().snapshot().expect("a snapshot");
        let session = snapshot.machine.session(CLIENT).is_some();
        (snapshot.last_index, snapshot.last_term, session)
    };
    assert_eq!(taken(Mutant::None), (4, 1, true));
    assert_eq!(taken(Mutant::ForgetLastTerm), (4, 0, true));
    assert_eq!(taken(Mutant::SnapshotUncommitted), (5, 1, true));
    assert_eq!(taken(Mutant::ForgetSessions), (4, 1, false));
}
