//! Tests of Multi-Paxos: one a rule of the papers, and what follows from all of them together.

use super::acceptor::Votes;
use super::leader::Phase;
use super::server::Server;
use super::{Ballot, Command, ENTRY, Fact, Rules, Slot, Why};
use crate::check::search::{Bounds, Ending, Explored, Faults, explore};
use crate::kit::bench::{Bench, Trial, against_theory, down, fault};
use crate::sim::{Delay, Fault, Link, NodeId, SimTime, Span};
use std::collections::BTreeSet;

const S1: NodeId = NodeId(0);
const S2: NodeId = NodeId(1);
const S3: NodeId = NodeId(2);
/// With three servers.
const C1: NodeId = NodeId(3);
const C2: NodeId = NodeId(4);

const SAFE: [&str; 5] = ["Agreement", "Integrity", "Same prefix", "Exactly-once effect", "Linearizable"];

fn bench(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings)
}

/// Every message takes 12 ms.
fn even(settings: &[&str]) -> Bench {
    bench(settings).changed(|s| s.link = Link::fair_loss(Delay::Constant { us: 12_000 }, 0))
}

fn ask(run: &mut Trial, client: NodeId, request: &str) {
    run.fault(Fault::Request { node: client, request: request.to_owned() });
}

fn ballot(round: u32, leader: u16) -> Ballot {
    Ballot { round, leader }
}

fn whose(ballot: Ballot) -> NodeId {
    NodeId(ballot.leader - 1)
}

/// What was told so far, with who told it.
fn told(run: &Trial) -> Vec<(NodeId, Fact)> {
    let facts = run.trace().facts().iter().filter(|(event, _)| event.0 < run.position());
    facts.filter_map(|(_, told)| Some((told.node, told.as_fact::<Fact>()?.clone()))).collect()
}

/// Runs until a fact is so.
#[track_caller]
fn until(run: &mut Trial, is: impl Fn(NodeId, &Fact) -> bool) {
    let end = run.time() + Span::secs(20);
    while !told(run).iter().any(|(node, fact)| is(*node, fact)) {
        assert!(run.time() < end && run.step(), "it is never told: {:?}", told(run));
    }
}

fn later(run: &mut Trial, ms: u64) {
    let then = run.time() + Span::ms(ms);
    run.run_until(then);
}

/// The state machine of `node`: keys and values.
fn state(run: &Trial, node: NodeId) -> String {
    let values = run.node::<Server>(node).machine.values().iter();
    values.map(|(k, v)| format!("{k}={v} ")).collect::<String>().trim().to_owned()
}

fn accepted(run: &Trial, node: NodeId, slot: Slot) -> Option<(Ballot, Command)> {
    let votes: &Votes = run.world().durable_as(node).unwrap();
    votes.accepted.get(slot).map(|v| (v.ballot, v.command))
}

#[test]
fn runs_come_to_what_theory_says() {
    for compared in against_theory(&ENTRY) {
        assert!(compared.agrees(), "{compared:?}");
    }
}

/// Row E5: whatever happens, no promise of safety breaks; and when all is well again, every request is answered.
#[test]
fn many_seeds_under_every_mix() {
    for settings in [
        &["clients=2"][..],
        &["servers=5", "clients=3", "interval_ms=30"],
        &["clients=3", "window=1", "interval_ms=20", "sync_ms=10"],
        &["servers=4", "clients=2", "timeout=fixed", "start=together"],
        &["clients=2", "phase1=each", "interval_ms=50"],
        &["servers=5", "leaders=2", "clients=2", "start=drawn", "sync_ms=0"],
    ] {
        bench(settings).every_mix(0..20, |run| {
            run.safe();
            numbers_are_used_once(run);
        });
    }
}

/// No two ballots have the same number, crashes or not; and who leads has begun that ballot.
fn numbers_are_used_once(run: &Trial) {
    let mut used = BTreeSet::new();
    for (node, fact) in told(run) {
        match fact {
            Fact::Begins { ballot } => {
                assert!(used.insert(ballot) && whose(ballot) == node, "{ballot} is used twice");
            }
            Fact::Leads { ballot, .. } => assert!(used.contains(&ballot) && whose(ballot) == node),
            _ => {}
        }
    }
}

/// Whoever crashes after whichever event, for however long: nothing breaks, and in the end somebody leads and all are answered.
#[test]
fn a_crash_after_each_event_breaks_nothing() {
    for (settings, away_ms) in
        [(&["clients=2", "interval_ms=100"][..], 5), (&["clients=2", "sync_ms=10"], 700)]
    {
        let runs = bench(settings).until_ms(1_500).crash_at_each_event(1, away_ms, |run| {
            run.safe();
            numbers_are_used_once(run);
        });
        assert!(runs > 200, "{runs}");
    }
}

/// To the microsecond, with messages of 12 ms: two delays and a write under a stable leader; four, and three writes, where each command has a phase
/// 1 of its own. And 3 (n - 1) messages, or 5 (n - 1).
#[test]
fn two_delays_with_a_leader_and_four_without() {
    for n in 3..=9_u16 {
        for sync in [0_u16, 5] {
            let servers = format!("servers={n}");
            let sync_ms = format!("sync_ms={sync}");
            let run = even(&[&servers, &sync_ms]).until_ms(5_000).run(1);
            assert_eq!(run.number("decide_ms"), 24.0 + f64::from(sync), "{n}");
            assert_eq!(run.number("messages_each"), 3.0 * f64::from(n - 1));
            assert_eq!(run.number("phase1_messages"), 2.0 * f64::from(n - 1));
            assert_eq!(run.number("leads_ms"), 24.0 + 2.0 * f64::from(sync));
            run.hold(&SAFE);
            let run = even(&[&servers, &sync_ms, "phase1=each"]).until_ms(5_000).run(1);
            assert_eq!(run.number("decide_ms"), 48.0 + 3.0 * f64::from(sync), "{n}");
            assert_eq!(run.number("messages_each"), 5.0 * f64::from(n - 1));
            run.hold(&SAFE);
        }
    }
}

/// Slot 1 reaches nobody and slot 2 reaches S2 when S1 dies.
fn with_a_hole(settings: &[&str]) -> Trial {
    let hole = ["clients=2", "interval_ms=0", "heartbeat_ms=60"];
    let mut run = even(&[&hole, settings].concat()).start(1);
    run.run_until(SimTime::from_ms(200));
    ask(&mut run, C1, "set x 1");
    later(&mut run, 15);
    [1, 2].iter().for_each(|&nth| run.lose("accept", nth));
    ask(&mut run, C2, "set y 2");
    run.lose("accept", 4);
    run.deliver("accept", 3);
    run.fault(Fault::Crash { node: S1, stop: false });
    run
}

/// Lamport, section 3: the new leader finds a command for slot 2 and none for slot 1. It proposes the one, and a no-op in the
/// hole; what was lost is asked for again, and comes after them. When S1 is back it learns all of it.
#[test]
fn a_new_leader_fills_holes() {
    let mut run = with_a_hole(&[]);
    until(&mut run, |node, fact| node != S1 && matches!(fact, Fact::Leads { .. }));
    let (leader, leads) = told(&run).into_iter().rfind(|(_, f)| matches!(f, Fact::Leads { .. })).unwrap();
    let Fact::Leads { ballot, found, holes } = leads else { unreachable!() };
    assert_eq!((found, holes, whose(ballot)), (1, 1, leader));
    later(&mut run, 2_000);
    let why: Vec<(Slot, Why)> = told(&run)
        .into_iter()
        .filter_map(|(node, fact)| match fact {
            Fact::Proposes { slot, why, .. } if node == leader => Some((slot, why)),
            _ => None,
        })
        .collect();
    assert_eq!(why, [(1, Why::Filler), (2, Why::Found), (3, Why::Asked)]);
    assert_eq!(state(&run, leader), "x=1 y=2");
    run.fault(Fault::Recover { node: S1 });
    later(&mut run, 1_000);
    assert_eq!(state(&run, S1), "x=1 y=2");
    // Of slot 1, its own disk tells otherwise; that was never chosen.
    assert!(
        matches!(accepted(&run, S1, 1), Some((b, Command::Client { client: 1, .. })) if b == ballot_of_s1())
    );
    run.all_hold();
}

fn ballot_of_s1() -> Ballot {
    ballot(1, 1)
}

/// With the hole left open nothing behind it can be applied, ever: the promise says so when all has been well for long enough.
#[test]
fn a_hole_that_is_left_stops_everything() {
    let mut run = with_a_hole(&["mutant=leave-holes"]);
    later(&mut run, 14_000);
    assert_eq!([S2, S3].map(|n| state(&run, n)), ["", ""]);
    assert!(run.number("decided") >= 1.0);
    assert!(run.breaks("Every request answered"));
}

/// PMMC, section 2: of two commands for a slot, that of the highest ballot counts. S1 has accepted its own of ballot 1.1, and
/// S2 and S3 have chosen another in a higher one. S1 asks again with S2, and is told of both.
#[test]
fn the_command_of_the_highest_ballot_counts() {
    for (mutant, x) in [("none", "x=2"), ("lowest-ballot", "x=1")] {
        let mutant = format!("mutant={mutant}");
        let settings = ["clients=2", "interval_ms=0", "timeout=fixed", "retry_ms=5000", &mutant];
        let mut run = even(&settings).start(1);
        run.run_until(SimTime::from_ms(200));
        ask(&mut run, C1, "set x 1");
        [1, 2].iter().for_each(|&nth| run.lose("accept", nth));
        // Its vote is on disk.
        later(&mut run, 5);
        run.fault(Fault::crash(S1));
        until(&mut run, |node, fact| node != S1 && matches!(fact, Fact::Leads { .. }));
        later(&mut run, 200);
        ask(&mut run, C2, "set x 2");
        // C2 asks S2; whoever leads, both have accepted when it is chosen.
        until(&mut run, |_, fact| matches!(fact, Fact::Decides { slot: 1, .. }));
        later(&mut run, 20);
        let second = accepted(&run, S2, 1).unwrap();
        assert_eq!(accepted(&run, S3, 1), Some(second));
        run.fault(Fault::crash(S3));
        run.fault(Fault::crash(S2));
        run.fault(Fault::Recover { node: S1 });
        run.fault(Fault::Recover { node: S2 });
        until(&mut run, |_, fact| matches!(fact, Fact::Leads { found: 1, .. }));
        later(&mut run, 200);
        assert_eq!(state(&run, S2), x);
        assert_eq!(run.breaks("Agreement"), x == "x=1");
    }
}

/// A promise holds across a crash, and so does a vote; where they are not on disk, a choice is forgotten.
#[test]
fn votes_survive_a_crash() {
    for (mutant, count) in [("mutant=none", 1), ("mutant=not-on-disk", 0)] {
        let mut run = even(&["interval_ms=0", mutant]).start(1);
        run.run_until(SimTime::from_ms(200));
        ask(&mut run, C1, "set x 1");
        until(&mut run, |_, fact| matches!(fact, Fact::Decides { .. }));
        later(&mut run, 30);
        for node in [S1, S2, S3] {
            run.fault(Fault::crash(node));
            run.fault(Fault::Recover { node });
        }
        let found = told(&run).len();
        later(&mut run, 1_000);
        let leads = told(&run).into_iter().skip(found).find_map(|(_, fact)| match fact {
            Fact::Leads { found, .. } => Some(found),
            _ => None,
        });
        assert_eq!(leads, Some(count), "{mutant}");
        assert_eq!(state(&run, S2), if count > 0 { "x=1" } else { "" });
    }
}

/// PMMC, section 3: where timeouts are shorter than a ballot takes, two leaders overtake each other for as long as they do not grow. Messages
/// take 47 to 53 ms. A server that is overtaken begins its next ballot after 30 ms, so its question is everywhere 2 * 53 + 30 = 136 ms after the
/// other's was sent, at the latest; the other's first command is nowhere before 3 * 47 = 141 ms. Where timeouts grow, one of them comes through.
#[test]
fn a_duel_lasts_for_as_long_as_timeouts_stay() {
    let duel = ["leaders=2", "start=together", "timeout_ms=30", "interval_ms=100", "sync_ms=0"];
    for n in ["servers=3", "servers=5"] {
        let both = bench(&duel)
            .set(&[n])
            .changed(|s| s.link = Link::fair_loss(Delay::Uniform { min_us: 47_000, max_us: 53_000 }, 0));
        for seed in 0..8 {
            let mut run = both.set(&["timeout=fixed"]).until_ms(30_000).run(seed);
            assert_eq!(run.number("decided"), 0.0, "{n}, seed {seed}");
            assert!(run.number("ballots") > 250.0);
            run.safe();
            let why = run.pending("Every request answered");
            assert!(why.contains("timeouts are too short"), "{why}");
            // One that is left alone ends it.
            run.fault(Fault::Pause { node: S1 });
            later(&mut run, 2_000);
            assert!(run.number("decided") > 0.0);
            let run = both.set(&[]).until_ms(10_000).run(seed);
            run.safe();
            assert!(run.number("decided") > 5.0, "{n}, seed {seed}: {}", run.number("decided"));
        }
    }
}

/// A majority is enough, and less is not: with so many of n servers down, for good.
#[test]
fn a_majority_decides_and_a_minority_waits() {
    for n in 3..=6_u16 {
        for dead in 0..n {
            let servers = format!("servers={n}");
            let crashed = (0..dead).map(|i| Fault::Crash { node: NodeId(i), stop: true });
            let bench = bench(&[&servers]).until_ms(6_000);
            let run = crashed.fold(bench, |b, fault| b.at(500, fault)).run(1);
            run.safe();
            let after = run.number("requests_answered");
            if n - dead > n / 2 {
                assert!(after > 8.0, "{dead} of {n}: {after}");
                run.hold(&SAFE);
            } else {
                assert!(after <= 3.0, "{dead} of {n}: {after}");
                let why = run.pending("Every request answered");
                assert!(why.contains("servers run"), "{why}");
            }
        }
    }
}

/// The window: with one slot at a time, three requests at once are decided one after the other; with three, together.
#[test]
fn no_more_slots_are_open_than_the_window_allows() {
    for (window, rounds) in [("window=1", 3), ("window=3", 1)] {
        let mut run = even(&["clients=3", "interval_ms=0", "sync_ms=0", window]).start(1);
        run.run_until(SimTime::from_ms(200));
        for i in 0..3 {
            ask(&mut run, NodeId(3 + i), "add x 1");
        }
        until(&mut run, |_, fact| matches!(fact, Fact::Takes { client: 2, .. }));
        until(&mut run, |_, fact| matches!(fact, Fact::Takes { client: 3, .. }));
        let from = run.time();
        until(&mut run, |_, fact| matches!(fact, Fact::Decides { slot: 3, .. }));
        let delays = run.time().since(from).0 / 24_000;
        // C1's slot was under way for a round already: C2 and C3 had to be told who leads.
        assert_eq!(delays, if rounds == 1 { 1 } else { 2 }, "{window}");
    }
}

/// A request that is asked twice is decided once: the leader knows that it is on its way, and after that what it was answered.
#[test]
fn a_request_that_comes_again_has_no_second_effect() {
    let mut run = even(&["interval_ms=0", "retry_ms=30"]).start(1);
    run.run_until(SimTime::from_ms(200));
    ask(&mut run, C1, "add x 5");
    later(&mut run, 2_000);
    assert!(run.number("retries") > 0.0);
    assert_eq!(state(&run, S1), "x=5");
    run.all_hold();
}

/// A replica that was away is told all of it, 64 slots a message.
#[test]
fn who_was_away_catches_up() {
    let run = bench(&["clients=3", "interval_ms=20"]).until_ms(9_000).edits(down(S3, 100, 8_000)).run(1);
    let next = |n| run.node::<Server>(n).next;
    assert!(next(S1) > 150 && next(S1) - next(S3) < 6, "{} {}", next(S1), next(S3));
    run.hold(&SAFE);
}

/// Paxos is not for liars: who conceals what it has accepted brings two choices about, and is named.
#[test]
fn a_liar_is_named() {
    let mut run = even(&["clients=2", "interval_ms=0", "timeout=fixed", "retry_ms=5000"]).start(1);
    run.run_until(SimTime::from_ms(200));
    ask(&mut run, C1, "set x 1");
    run.lose("accept", 2);
    until(&mut run, |_, fact| matches!(fact, Fact::Decides { .. }));
    // Nobody hears of it.
    [1, 2].iter().for_each(|&nth| run.lose("decision", nth));
    run.fault(fault(r#"{"do":"byzantine","node":1,"rules":[{"act":"lie","to":2}]}"#));
    run.fault(Fault::Crash { node: S1, stop: true });
    // S3 asks, and is told nothing by S2.
    run.fault(Fault::Pause { node: S2 });
    until(&mut run, |node, fact| node == S3 && matches!(fact, Fact::Begins { .. }));
    run.fault(Fault::Resume { node: S2 });
    until(&mut run, |node, fact| node == S3 && matches!(fact, Fact::Leads { .. }));
    ask(&mut run, C2, "set x 2");
    later(&mut run, 3_000);
    let broken = run.broken("Agreement");
    assert!(
        broken.why.starts_with("two commands are chosen for slot 1: 'set x 1' in ballot 1.1 by S1 and S2"),
        "{}",
        broken.why
    );
    assert!(broken.assumption.contains("S2 lies"), "{}", broken.assumption);
}

/// Why not.
#[test]
fn what_has_not_happened_says_why() {
    let mut run = even(&["interval_ms=0"]).start(1);
    run.run_until(SimTime::from_ms(5));
    let says = |run: &Trial| -> Vec<String> {
        let all = super::show::absences(run.world(), run.trace());
        all.iter().flat_map(|a| &a.conditions).map(|c| c.says.clone()).collect()
    };
    assert_eq!(says(&run), ["servers that run: 3, and 2 are needed", "promises for ballot 1.1: 1 of 2"]);
    run.run_until(SimTime::from_ms(200));
    assert!(says(&run).is_empty(), "{:?}", says(&run));
    ask(&mut run, C1, "set x 1");
    later(&mut run, 15);
    let all = says(&run);
    assert!(
        all.iter().any(|s| s.starts_with("that have accepted 'set x 1' in ballot 1.1: 1 of 2")),
        "{all:?}"
    );
}

/// The boards: what is on the disks, and what is chosen.
#[test]
fn the_log_shows_holes() {
    let mut run = with_a_hole(&[]);
    later(&mut run, 5);
    let boards = super::show::boards(bench(&["clients=2"]).params(), run.world());
    let crate::kit::Board::Table { rows, columns, .. } = &boards[0] else { panic!("{boards:?}") };
    assert_eq!(columns.len(), 5);
    let texts: Vec<Vec<&str>> =
        rows.iter().map(|(_, r)| r.iter().map(|f| f.text.as_str()).collect()).collect();
    assert_eq!(texts[0], ["set x 1 (1.1)", "-", "-", "nothing yet"]);
    // S1 died before its own vote for slot 2 was on its disk.
    assert_eq!(texts[1], ["-", "set y 2 (1.1)", "-", "nothing yet"]);
}

#[test]
fn the_first_servers_may_lead() {
    let two = Rules::of(bench(&["leaders=2"]).params());
    assert_eq!([S1, S2, S3].map(|s| two.may_lead(s)), [true, true, false]);
}

/// S1 and S2 begin at once, each at most so many ballots, and both have a command to propose before anything else arrives; nothing is
/// drawn, no write takes time.
fn at_odds(ballots: &str, mutant: &str) -> Trial {
    let (most, mutant) = (format!("ballots_most={ballots}"), format!("mutant={mutant}"));
    let still = ["leaders=2", "start=together", "timeout=fixed", "heartbeat_ms=0", "sync_ms=0"];
    let asked = ["clients=2", "interval_ms=0", "retry_ms=0", &most, &mutant];
    let mut root = bench(&[&still[..], &asked[..]].concat()).start(1);
    root.run_until(SimTime::ZERO);
    ask(&mut root, C1, "set x 1");
    ask(&mut root, C2, "set x 2");
    [1, 2].iter().for_each(|&nth| root.deliver("client request", nth));
    root
}

/// What is lost is what never arrives, and no promise of safety tells the two apart.
fn searched(root: &Trial, states: usize, crashes: u8) -> Explored {
    explore(root, Bounds { states, depth: 200, faults: Faults { crashes, losses: 0, copies: 0 } })
}

/// S3 has promised S1's ballot, S1 has voted for its command and sent it, and is gone for good; S2 asks for promises. In whatever order all that
/// follows arrives, or does not, never are two commands chosen for a slot: these are all orders there are.
#[test]
fn no_order_of_what_follows_makes_two_choices() {
    let mut root = at_odds("1", "none");
    root.deliver("prepare", 2);
    root.deliver("promise", 1);
    root.fault(Fault::Crash { node: S1, stop: true });
    let found = searched(&root, 500_000, 0);
    assert!(found.violation.is_none(), "{:?}", found.violation.map(|v| v.0));
    assert_eq!((found.ending, found.states, found.depth), (Ending::Complete, 443_912, 26));
    // A client looks at its clock to tell how long it has waited, and for nothing else.
    let clock = |left: &String| left.starts_with("what the clock of C");
    assert!(found.left_out.iter().all(clock), "{:?}", found.left_out);
}

/// From the very start, and with a crash and more ballots, there are more than can be gone through: nothing breaks in those that are.
#[test]
fn the_search_finds_no_way_to_two_choices() {
    for (ballots, crashes) in [("1", 0), ("2", 1)] {
        let found = searched(&at_odds(ballots, "none"), 100_000, crashes);
        assert!(found.violation.is_none(), "{:?}", found.violation.map(|v| v.0));
        assert_eq!(found.states, 100_000);
    }
}

/// The shortest ways that it finds where a rule is left out.
#[test]
fn the_search_finds_what_is_left_out() {
    for (mutant, breaks) in [("ignore-found", "Agreement"), ("half-is-enough", "Integrity")] {
        let found = searched(&at_odds("1", mutant), 200_000, 0);
        let (line, way, _) = found.violation.unwrap_or_else(|| panic!("{mutant}: {:?}", found.ending));
        println!("{mutant}: {} moves, {} states", way.len(), found.states);
        assert_eq!(line.name, breaks, "{mutant}");
    }
}

/// Whoever leads, nobody else does in the same ballot, and after a crash nobody does at first.
#[test]
fn who_comes_back_follows() {
    let mut run = even(&[]).start(1);
    run.run_until(SimTime::from_ms(1_000));
    assert_eq!(run.node::<Server>(S1).phase, Phase::Active);
    run.fault(Fault::crash(S1));
    run.fault(Fault::Recover { node: S1 });
    later(&mut run, 1);
    assert_eq!(run.node::<Server>(S1).phase, Phase::Passive);
    let led = told(&run).into_iter().filter(|(_, fact)| matches!(fact, Fact::Leads { .. }));
    assert_eq!(led.map(|(node, _)| node).collect::<Vec<_>>(), [S1]);
}
