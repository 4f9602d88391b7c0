//! Changes of membership: one test a rule of Ongaro 2014, chapter 4, on a bench of one server; then the published sequence
//! of the bug, the rules that are left out, and whole clusters that change all the time under every mix of faults.

use crate::kit::{Bench, Cluster};
use faultline::check::Verdict;
use faultline::check::faultmix::{Mix, plan};
use faultline::kit::boards::Board;
use faultline::kit::store::Op;
use faultline::kit::{MutantDef, bench};
use faultline::protocols::agreement::raft::ENTRY;
use faultline::protocols::agreement::raft::config::{Config, Mutant};
use faultline::protocols::agreement::raft::facts::Fact;
use faultline::protocols::agreement::raft::log::{Command, Entry, Log};
use faultline::protocols::agreement::raft::members::Members;
use faultline::protocols::agreement::raft::membership::Change;
use faultline::protocols::agreement::raft::message::Msg;
use faultline::protocols::agreement::raft::server::{Disk, Role};
use faultline::sim::{Delay, Fault, Node, NodeId, SimTime};

const ADD_4: Command = Command::Change(Change::Add(NodeId(3)));
const ADD_5: Command = Command::Change(Change::Add(NodeId(4)));
const REMOVE_1: Command = Command::Change(Change::Remove(NodeId(0)));

/// Three servers, and two that stand by.
fn config() -> Config {
    Config { servers: 3, spares: 2, membership: true, ..Config::default() }
}

fn members(of: &[u16]) -> Members {
    of.iter().map(|&n| NodeId(n)).fold(Members::first(0), Members::with)
}

fn append(term: u32, prev: (u32, u32), entries: &[(u32, Command)], leader_commit: u32) -> Msg {
    let (prev_log_index, prev_log_term) = prev;
    let entries = entries.iter().map(|&(term, command)| Entry { term, command }).collect();
    Msg::AppendEntries { term, prev_log_index, prev_log_term, entries, leader_commit }
}

fn uses(b: &Bench) -> Members {
    *b.server().members()
}

/// S1 leads term 1, has heard nothing yet, and has one entry of its own, a client's.
fn leader(config: Config) -> Bench {
    let mut b = Bench::boot(0, config, Disk::default());
    b.time_out();
    b.get(1, Msg::VoteReply { term: 1, granted: true });
    b.get(2, Msg::VoteReply { term: 1, granted: true });
    assert_eq!(b.server().role(), Role::Leader);
    b.get(9, Msg::ClientRequest { serial: 1, op: Op::Get { key: 'x' } });
    b
}

fn stored(b: &mut Bench, from: u16, match_index: u32) -> Vec<(u16, Msg)> {
    b.reply(from, Msg::AppendOk { term: b.server().current_term(), match_index })
}

// ------------------------------------------------------------------ whom a server counts (section 4.1)

#[test]
fn a_server_uses_the_latest_configuration_in_its_log_committed_or_not() {
    let mut b = Bench::boot(1, config(), Disk::default());
    assert_eq!((uses(&b), b.server().majority()), (members(&[0, 1, 2]), 2));
    b.get(0, append(1, (0, 0), &[(1, Command::Noop), (1, ADD_4)], 0));
    assert_eq!((uses(&b), b.server().majority()), (members(&[0, 1, 2, 3]), 3));
    assert!(!b.server().is_settled());
    b.get(0, append(1, (2, 1), &[(1, REMOVE_1)], 2));
    assert_eq!(uses(&b), members(&[1, 2, 3]));
    // Another leader's log has neither: with the entries their configurations go.
    b.get(2, append(2, (1, 1), &[(2, Command::Noop)], 0));
    assert_eq!((uses(&b), b.server().log().last_index()), (members(&[0, 1, 2]), 2));
    let told: Vec<(u32, Members)> = b.told.iter().filter_map(used).collect();
    let [a, c, back] = [members(&[0, 1, 2, 3]), members(&[1, 2, 3]), members(&[0, 1, 2])];
    assert_eq!(told, [(2, a), (3, c), (0, back)]);
}

fn used(fact: &Fact) -> Option<(u32, Members)> {
    match fact {
        Fact::Uses { index, members } => Some((*index, *members)),
        _ => None,
    }
}

#[test]
fn a_configuration_survives_a_reboot_in_the_log_and_in_a_snapshot() {
    let config = Config { snapshot_every: 2, ..config() };
    let mut b = Bench::boot(1, config, Disk::default());
    b.get(0, append(1, (0, 0), &[(1, Command::Noop), (1, ADD_4), (1, ADD_5)], 2));
    assert_eq!(b.server().log().base(), 2);
    let snapshot = b.server().snapshot().expect("a snapshot").clone();
    assert_eq!(snapshot.members, Some(members(&[0, 1, 2, 3])), "the part of its entries alone");
    b.reboot();
    assert_eq!(uses(&b), members(&[0, 1, 2, 3, 4]));
    // Who gets the snapshot gets the configuration.
    let mut c = Bench::boot(4, config, Disk::default());
    c.get(0, Msg::InstallSnapshot { term: 1, snapshot: snapshot.into() });
    assert_eq!(uses(&c), members(&[0, 1, 2, 3]));
    c.reboot();
    assert_eq!(uses(&c), members(&[0, 1, 2, 3]));
}

#[test]
fn a_candidate_asks_its_members_and_counts_their_votes_alone() {
    let mut b = Bench::boot(1, config(), Disk::default());
    b.get(0, append(1, (0, 0), &[(1, ADD_4), (1, REMOVE_1)], 0));
    b.now_us = 1_000_000;
    let asked: Vec<u16> = b.time_out().iter().map(|(to, _)| *to).collect();
    assert_eq!(asked, [2, 3]);
    for from in [0, 4] {
        b.get(from, Msg::VoteReply { term: 2, granted: true });
        assert_eq!(b.server().role(), Role::Candidate, "S{} is no member", from + 1);
    }
    b.get(3, Msg::VoteReply { term: 2, granted: true });
    assert_eq!(b.server().role(), Role::Leader, "two of three");
}

/// Section 4.2.2: a server that is to be removed stands as long as that is not committed, without a vote of its own;
/// and one whose removal is committed, or who was never added, does not stand at all.
#[test]
fn who_is_outside_stands_only_while_that_is_not_committed_and_does_not_count_itself() {
    let mut b = Bench::boot(0, config(), Disk::default());
    b.get(1, append(1, (0, 0), &[(1, REMOVE_1)], 0));
    b.now_us = 1_000_000;
    assert_eq!(b.time_out().len(), 2);
    b.get(1, Msg::VoteReply { term: 2, granted: true });
    assert_eq!(b.server().role(), Role::Candidate, "one of two");
    b.get(2, Msg::VoteReply { term: 2, granted: true });
    assert_eq!(b.server().role(), Role::Leader);
    let mut c = Cluster::new(&[("servers", "3"), ("spares", "1")], 3);
    c.for_ms(3_000);
    let spare = |(n, f): (NodeId, &Fact)| n == NodeId(3) && matches!(f, Fact::Stands { .. });
    assert!(!c.facts::<Fact>().any(spare));
    assert_eq!(
        (c.world().inspect(NodeId(3)).role.as_str(), c.world().timers(NodeId(3)).len()),
        ("outside", 0)
    );
}

// ------------------------------------------------------------------ how a change begins (sections 4.1, 4.2.1)

#[test]
fn a_leader_begins_a_change_once_an_entry_of_its_own_term_is_committed() {
    let mut b = leader(config());
    b.ask("remove 2");
    assert_eq!((b.server().log().last_index(), b.server().pending()), (1, Some(Change::Remove(NodeId(2)))));
    stored(&mut b, 1, 1);
    assert_eq!(
        b.server().log().get(2),
        Some(&Entry { term: 1, command: Command::Change(Change::Remove(NodeId(2))) })
    );
    assert_eq!((uses(&b), b.server().pending()), (members(&[0, 1]), None));
    assert_eq!(b.count(|f| matches!(f, Fact::Begins { .. })), 1);
}

/// It has an old entry and none of its own: it appends one, so that the change need not wait for a client.
#[test]
fn a_leader_without_an_entry_of_its_own_appends_a_no_op_for_it() {
    let log = Log::of_terms(&[1]).expect("a log");
    let mut b = Bench::boot(0, config(), Disk { current_term: 1, log, ..Disk::default() });
    b.time_out();
    b.get(1, Msg::VoteReply { term: 2, granted: true });
    b.get(1, Msg::AppendOk { term: 2, match_index: 1 });
    b.ask("remove 2");
    assert_eq!(b.server().log().get(2), Some(&Entry { term: 2, command: Command::Noop }));
    assert_eq!((b.server().log().last_index(), uses(&b)), (2, members(&[0, 1, 2])));
    stored(&mut b, 1, 2);
    assert_eq!(uses(&b), members(&[0, 1]));
}

#[test]
fn the_next_change_waits_until_the_last_is_committed() {
    let mut b = leader(config());
    stored(&mut b, 1, 1);
    b.ask("remove 2");
    b.ask("remove 1");
    assert_eq!((b.server().log().last_index(), uses(&b)), (2, members(&[0, 1])));
    stored(&mut b, 1, 2);
    assert_eq!((b.server().log().last_index(), uses(&b)), (3, members(&[0])));
    assert_eq!(b.server().commit_index(), 3, "the last member is its own majority");
}

#[test]
fn a_new_server_is_brought_up_to_date_before_it_is_added_and_counts_only_then() {
    let mut b = leader(config());
    stored(&mut b, 1, 1);
    let first = b.ask("add 3");
    assert!(
        matches!(&first[..], [(3, Msg::AppendEntries { prev_log_index: 0, entries, .. })] if entries.len() == 1)
            || matches!(&first[..], [(3, Msg::AppendEntries { prev_log_index: 0, .. })]),
        "{first:?}"
    );
    assert_eq!((b.server().log().last_index(), uses(&b)), (1, members(&[0, 1, 2])));
    // Until it answers it gets what members get; what it stores does not count.
    b.get(9, Msg::ClientRequest { serial: 2, op: Op::Get { key: 'x' } });
    let beat: Vec<u16> = b.beat().iter().map(|(to, _)| *to).collect();
    assert!(beat.contains(&3) && !beat.contains(&4), "{beat:?}");
    let entries = stored(&mut b, 3, 2);
    assert_eq!(b.server().commit_index(), 1, "S1 and a learner are no majority");
    assert_eq!(uses(&b), members(&[0, 1, 2, 3]), "{entries:?}");
    stored(&mut b, 3, 3);
    assert_eq!(b.server().commit_index(), 1, "two of four");
    stored(&mut b, 1, 3);
    assert_eq!(b.server().commit_index(), 3, "three of four");
}

#[test]
fn a_later_request_takes_the_place_of_one_that_waits_for_a_silent_server() {
    let mut b = leader(config());
    stored(&mut b, 1, 1);
    b.ask("add 3");
    b.ask("add 4");
    stored(&mut b, 4, 1);
    assert_eq!(uses(&b), members(&[0, 1, 2, 4]));
    assert_eq!(b.server().pending(), None);
}

#[test]
fn what_cannot_be_asked_is_refused_in_words() {
    let b = leader(config());
    let why = |b: &Bench, request: &str| b.host.accepts(request).err();
    assert_eq!(why(&b, "add 3"), None);
    assert_eq!(why(&b, "add 1").as_deref(), Some("S2 is a member already"));
    assert_eq!(why(&b, "remove 3").as_deref(), Some("S4 is not a member"));
    assert_eq!(why(&b, "add 5").as_deref(), Some("there is no such server: the last one is S5"));
    let mut c = Bench::boot(1, config(), Disk::default());
    assert_eq!(why(&c, "add 3").as_deref(), Some("S2 does not lead: ask the leader"));
    c.get(0, append(1, (0, 0), &[], 0));
    assert_eq!(why(&c, "add 3").as_deref(), Some("S2 does not lead: ask S1"));
    let mut d = leader(config());
    stored(&mut d, 1, 1);
    d.ask("remove 1");
    stored(&mut d, 2, 2);
    d.ask("remove 2");
    assert_eq!(why(&d, "remove 0").as_deref(), Some("S1 is the last member, and a cluster needs one"));
    assert!(
        Bench::boot(0, Config { servers: 3, ..Config::default() }, Disk::default())
            .host
            .requests()
            .is_empty()
    );
}

/// Section 4.2.2: it manages the cluster without counting itself until its removal is committed.
#[test]
fn a_leader_that_is_removed_steps_down_once_that_is_committed() {
    let mut b = leader(config());
    stored(&mut b, 1, 1);
    b.ask("remove 0");
    assert_eq!((b.server().role(), uses(&b)), (Role::Leader, members(&[1, 2])));
    stored(&mut b, 1, 2);
    assert_eq!(
        (b.server().role(), b.server().commit_index()),
        (Role::Leader, 1),
        "one of two, without itself"
    );
    stored(&mut b, 2, 2);
    assert_eq!((b.server().role(), b.server().commit_index()), (Role::Follower, 2));
    assert_eq!(b.count(|f| matches!(f, Fact::StepsDown)), 1);
    assert!(b.server().is_outside() && b.server().is_settled());
    let hint = b.reply(9, Msg::ClientRequest { serial: 9, op: Op::Get { key: 'x' } });
    assert_eq!(hint, [(9, Msg::Redirect { serial: 9, hint: None })]);
}

// ------------------------------------------------------------------ who was removed (section 4.2.3)

#[test]
fn who_hears_a_leader_disregards_candidates_for_the_shortest_timeout() {
    let vote = Msg::RequestVote { term: 7, last_log_index: 9, last_log_term: 6 };
    let asked = |config: Config, later_us: u64| {
        let mut b = Bench::boot(1, config, Disk::default());
        b.get(0, append(1, (0, 0), &[], 0));
        b.now_us += later_us;
        let answers = b.reply(2, vote.clone()).len();
        (answers, b.server().current_term(), b.count(|f| matches!(f, Fact::Disrupted { .. })))
    };
    assert_eq!(asked(config(), 149_999), (0, 1, 0), "disregarded, and its term, too");
    assert_eq!(asked(config(), 150_000), (1, 7, 0), "it hears nobody any more");
    assert_eq!(asked(Config { membership: false, ..config() }, 10_000), (1, 7, 0), "Raft without changes");
    assert_eq!(asked(Config { mutant: Mutant::HeedRemoved, ..config() }, 10_000), (1, 7, 1));
    let mut l = leader(config());
    assert_eq!((l.reply(2, vote.clone()).len(), l.server().role()), (0, Role::Leader));
}

// ------------------------------------------------------------------ rules left out

/// What is known of a mutant: the table is in the order of the enum, without the first.
fn def(mutant: Mutant) -> Option<&'static MutantDef> {
    Mutant::TABLE.get((mutant as usize).checked_sub(1)?)
}

fn staged(given: &[(&str, &str)], mutant: Mutant) -> Cluster {
    let mut all = vec![("interval_ms", "0"), ("membership", "on")];
    all.extend_from_slice(given);
    all.push(("mutant", def(mutant).map_or("none", |m| m.id)));
    // One constant delay: what is staged does not depend on luck.
    let mut c = Cluster::with(&all, 1, Vec::new(), |setup| setup.link.delay = Delay::Constant { us: 10_000 });
    c.for_ms(1);
    c
}

/// Plays `stage` with the mutant, which must violate the promise that it names, and with Raft as it is, which must
/// violate nothing.
fn caught(given: &[(&str, &str)], mutant: Mutant, stage: fn(&mut Cluster)) {
    let def = def(mutant).expect("a mutant");
    let mut c = staged(given, Mutant::None);
    stage(&mut c);
    assert_eq!(c.violated(), [""; 0], "Raft as it is");
    let mut c = staged(given, mutant);
    stage(&mut c);
    let Verdict::Violated { witness, why, assumption } = c.verdict(def.breaks) else {
        panic!("{mutant:?} was not caught by {}: {:?}", def.breaks, c.checks());
    };
    assert!(!witness.is_empty() && witness.len() <= 12, "{witness:?}");
    assert_eq!(assumption, def.rule);
    println!("{mutant:?}: {why} ({witness:?})");
}

fn request(c: &mut Cluster, server: u16, request: &str) {
    let request = request.to_owned();
    c.fault(Fault::Request { node: NodeId(server), request });
}

/// Makes server `i` stand until it leads, or gives up: Raft as it is may refuse it.
fn stand(c: &mut Cluster, i: u16) {
    for _ in 0..12 {
        if c.server(i).role() == Role::Leader {
            return;
        }
        c.hasten(&[i]);
        c.for_ms(35);
    }
}

/// The sequence that Ongaro published (raft-dev, 10 July 2015): four servers, of which S1 begins to add S5 and S2, in a
/// later term, to remove S1. {S1, S4, S5} is a majority of one configuration, {S2, S3} of the other.
#[test]
fn the_published_sequence_loses_a_committed_entry_without_an_entry_of_the_leaders_own_term() {
    caught(&[("servers", "4"), ("spares", "1")], Mutant::ChangeEarly, |c| {
        c.elect(0);
        c.for_ms(60);
        c.separate(&[&[0, 4], &[1, 2, 3]]);
        request(c, 0, "add 4");
        c.for_ms(60);
        stand(c, 1);
        assert_eq!(c.server(1).role(), Role::Leader);
        c.separate(&[&[0, 1, 2, 4], &[3]]);
        request(c, 1, "remove 0");
        c.for_ms(60);
        c.fault(Fault::Heal);
        c.separate(&[&[0, 3, 4], &[1, 2]]);
        // S4 tells S1 that its term is over.
        c.for_ms(120);
        stand(c, 0);
        c.for_ms(100);
    });
}

#[test]
fn two_changes_at_once_give_two_majorities_without_a_common_server() {
    caught(&[("servers", "3"), ("spares", "2")], Mutant::TwoAtOnce, |c| {
        c.elect(0);
        c.ask(0, "set x 1");
        c.until(1_000, "answered", |c| c.client(0).open() == 0);
        c.for_ms(60);
        c.separate(&[&[0, 3, 4, 5], &[1, 2]]);
        request(c, 0, "add 3");
        c.for_ms(120);
        request(c, 0, "add 4");
        c.for_ms(120);
        stand(c, 1);
        assert_eq!(c.server(1).role(), Role::Leader);
    });
}

/// A server that boots does not know what is committed. If it then takes the first configuration for its own, two of the
/// three elect it, while three of the five go on without them.
#[test]
fn configurations_used_only_once_committed_elect_by_an_old_one_after_a_reboot() {
    caught(&[("servers", "3"), ("spares", "2")], Mutant::UseCommitted, |c| {
        c.elect(0);
        c.separate(&[&[0, 1, 3, 4, 5], &[2]]);
        for server in ["add 3", "add 4"] {
            request(c, 0, server);
            c.for_ms(200);
        }
        assert_eq!(c.server(0).members().count(), 5);
        c.fault(Fault::Heal);
        c.separate(&[&[0, 3, 4, 5], &[1, 2]]);
        c.ask(0, "set x 1");
        c.until(1_000, "answered", |c| c.client(0).open() == 0);
        c.crash(1);
        c.recover(1);
        stand(c, 1);
        c.for_ms(60);
    });
}

#[test]
fn a_removed_server_that_is_heeded_takes_the_leader_away() {
    caught(&[("servers", "4")], Mutant::HeedRemoved, |c| {
        c.elect(0);
        request(c, 0, "remove 3");
        c.for_ms(2_000);
        assert!(!c.server(0).members().has(NodeId(3)));
    });
}

// ------------------------------------------------------------------ whole clusters

/// From three to five and back to three others, while a client asks on: the answers go on, all logs are equal, and who was
/// removed, leader included, leads no more.
#[test]
fn a_cluster_moves_to_other_servers_while_it_serves() {
    let given = [("servers", "3"), ("spares", "3"), ("interval_ms", "40"), ("snapshot_every", "20")];
    let mut c = Cluster::new(&given, 6);
    c.until_leader();
    for step in ["add 3", "add 4", "add 5", "remove 0", "remove 1", "remove 2"] {
        c.for_ms(600);
        let leader = c.until_leader();
        request(&mut c, leader.0, step);
        c.for_ms(600);
    }
    c.for_ms(1_000);
    let leader = c.until_leader();
    assert_eq!(*c.server(leader.0).members(), members(&[3, 4, 5]));
    assert!(c.count(|f| matches!(f, Fact::Begins { .. })) == 6 && leader.0 >= 3);
    let answered = c.client(0).score().ok + c.client(0).score().failed;
    assert!(answered > 80, "{answered}");
    assert_eq!(c.violated(), [""; 0]);
    let boards = ENTRY.boards.expect("boards")(&crate::kit::params(&given), c.world());
    let Some(Board::Table { rows, .. }) = boards.iter().find(|b| b.title().starts_with("The configuration"))
    else {
        panic!("no board of configurations");
    };
    assert_eq!(rows[4].1[0].text, "S4 S5 S6");
}

/// Two members are left, one of which is down: nothing can be committed, which is no fault of Raft's. The server that was
/// removed runs, and makes no majority with the leader.
#[test]
fn who_waits_for_a_member_that_is_down_waits_and_no_promise_breaks() {
    let mut c = Cluster::new(&[("servers", "3"), ("interval_ms", "40"), ("membership", "on")], 2);
    let leader = c.until_leader();
    c.for_ms(200);
    c.crash((leader.0 + 1) % 3);
    request(&mut c, leader.0, &format!("remove {}", (leader.0 + 2) % 3));
    c.for_ms(60_000);
    assert_eq!(c.violated(), [""; 0]);
    let waits = format!("{:?}", c.verdict("Every request answered"));
    assert!(waits.starts_with("Pending") && waits.contains("only 1 of 2 members by the log of"), "{waits}");
    c.recover((leader.0 + 1) % 3);
    c.until(5_000, "answered", |c| c.client(0).open() == 0);
    assert_eq!(c.violated(), [""; 0]);
}

/// A crash after each event of a run in which members come and go: nothing promised breaks.
#[test]
fn a_crash_around_a_change_breaks_nothing() {
    let settings = ["servers=3", "spares=1", "churn_ms=90", "interval_ms=60", "snapshot_every=5"];
    let bench = bench::Bench::of(&ENTRY, &settings).until_ms(1_500);
    let changed = |seed: &u64| bench.run(*seed).measure("changes") >= Some(6.0);
    let seed = (0..20).find(changed).expect("a run with changes");
    let runs = bench.crash_at_each_event(seed, 150, |t| t.safe());
    assert!(runs > 200, "{runs}");
}

/// 200 seeds of each mix, with a change every one and a half seconds: safe throughout, and serving again in the quiet rest.
#[test]
fn every_mix_with_changes_of_members_is_safe_and_serves_again() {
    for mix in Mix::ALL {
        let (mut begun, mut disrupted) = (0, 0);
        for seed in 0..200 {
            let servers = ["3", "4", "5"][seed as usize % 3];
            let every = ["0", "9"][seed as usize / 3 % 2];
            let given = [
                ("servers", servers),
                ("spares", "2"),
                ("churn_ms", "1500"),
                ("interval_ms", "60"),
                ("snapshot_every", every),
            ];
            let all = servers.parse::<u16>().expect("a number") + 2;
            let nodes: Vec<NodeId> = (0..all).map(NodeId).collect();
            let edits = plan(mix, seed, &nodes, SimTime::from_ms(6_000));
            let mut c = Cluster::with(&given, seed, edits, |_| {});
            c.until_ms(6_000);
            let before = c.client(0).score().ok + c.client(0).score().failed;
            c.until_ms(12_000);
            let after = c.client(0).score().ok + c.client(0).score().failed;
            let label = format!("{} seed {seed} {given:?}", mix.id());
            assert!(after > before + 5, "{label}: {before} answers, then {after}");
            assert_eq!(c.violated(), [""; 0], "{label}");
            begun += c.count(|f| matches!(f, Fact::Begins { .. }));
            disrupted += c.count(|f| matches!(f, Fact::Disrupted { .. }));
        }
        println!("{}: {begun} changes", mix.id());
        assert!(begun > 400 && disrupted == 0, "{mix:?}: {begun}, {disrupted}");
    }
}
