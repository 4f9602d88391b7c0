//! What the staged situations of single scenarios show, under many seeds, told apart from what their files
//! say of themselves (`tests/scenario_files.rs`).
#![cfg(not(target_arch = "wasm32"))]

use faultline::check::{Checks, Verdict};
use faultline::protocols::links::link_stack::Receiver;
use faultline::scenario::{self, Opening, look};
use faultline::sim::history::Run;
use faultline::sim::{NodeId, SimTime};

/// How long a reader is asked to watch, in seconds of his own.
const PATIENCE_S: u64 = 10;

fn staged(id: &str, situation: &str, seed: u64) -> (Run<Checks>, u64) {
    let base = Opening::of(id).seed(seed);
    let (opening, seek_us) = scenario::stage(&base, situation).unwrap();
    (scenario::open(&opening).unwrap(), seek_us)
}

/// The run ten seconds of the reader's time after the staged moment.
fn watched(id: &str, situation: &str, seed: u64) -> Run<Checks> {
    let (mut run, seek_us) = staged(id, situation, seed);
    let speed = scenario::find(id).unwrap().speed_us_s();
    run.run_until(SimTime(seek_us + PATIENCE_S * speed));
    assert!(run.refused().is_empty(), "{:?}", run.refused());
    run
}

fn own_seed_and_twenty(id: &str) -> impl Iterator<Item = u64> + use<> {
    std::iter::once(scenario::find(id).unwrap().seed).chain(0..20)
}

fn violated(run: &Run<Checks>, property: &str) -> bool {
    let lines = run.watcher().lines();
    let line = lines.iter().find(|l| l.name == property);
    matches!(line.expect(property).verdict, Verdict::Violated { .. })
}

fn epochs(run: &Run<Checks>) -> Vec<u64> {
    let marks = look::epochs(run.world(), run.trace());
    marks.iter().map(|m| m.number).collect()
}

/// All five stand for term 1 at once: nobody wins it, and a later term has a leader.
#[test]
fn the_split_vote_is_a_term_without_a_leader() {
    for seed in own_seed_and_twenty("raft-election") {
        let run = watched("raft-election", "split-vote", seed);
        assert!(epochs(&run).first().is_some_and(|&n| n > 1), "{seed}: {:?}", epochs(&run));
    }
}

#[test]
fn a_crashed_leader_has_a_successor() {
    for seed in own_seed_and_twenty("raft-election") {
        let run = watched("raft-election", "leader-crash", seed);
        let (first, last) = (epochs(&run)[0], *epochs(&run).last().unwrap());
        assert!(last > first, "{seed}");
        assert!(look::leader(run.world()).is_some(), "{seed}");
    }
}

fn log_of(run: &Run<Checks>, node: NodeId) -> String {
    let fields = run.world().inspect(node).fields;
    let log = fields.into_iter().find(|(name, _)| *name == "log[]");
    log.unwrap().1
}

/// Figure 7: seven different logs; S1 leads; then all seven are its log.
#[test]
fn the_followers_of_figure_7_catch_up() {
    let (mut run, seek_us) = staged("raft-replication", "figure-7", 7);
    run.run_until(SimTime(seek_us));
    let servers: Vec<NodeId> = run.world().servers().collect();
    let logs = |run: &Run<Checks>| {
        let mut all: Vec<String> = servers.iter().map(|&s| log_of(run, s)).collect();
        all.sort();
        all.dedup();
        all.len()
    };
    assert_eq!((servers.len(), logs(&run)), (7, 7));
    for seed in own_seed_and_twenty("raft-replication") {
        let run = watched("raft-replication", "figure-7", seed);
        assert_eq!(look::leader(run.world()), Some(NodeId(0)), "{seed}");
        assert!(run.watcher().violation().is_none());
        // New entries may be on their way to some: the first ten terms are the figure's.
        for &s in &servers {
            let log = log_of(&run, s);
            assert!(log.starts_with(&log_of(&run, NodeId(0))[..9]), "{seed}: {log}");
        }
    }
}

/// In the middle two lead, in two terms; in the end one does, and all promises hold.
#[test]
fn a_leader_cut_off_keeps_its_crown_for_a_while() {
    for seed in own_seed_and_twenty("raft-partition") {
        let (mut run, seek_us) = staged("raft-partition", "leader-with-minority", seed);
        run.run_until(SimTime(seek_us + 50_000));
        assert_eq!(run.world().partitions().count(), 1);
        let old = look::leader(run.world()).unwrap();
        let mut both = false;
        while run.time().us() < seek_us + 850_000 {
            let leaders = look::leaders(run.world());
            both |= leaders.len() == 2 && leaders[0].0 != leaders[1].0;
            run.step();
        }
        assert!(both, "{seed}");
        let run = watched("raft-partition", "leader-with-minority", seed);
        assert_ne!(look::leader(run.world()), Some(old), "{seed}");
        assert_eq!(look::leaders(run.world()).len(), 1, "{seed}");
        assert!(run.watcher().violation().is_none(), "{seed}");
    }
}

/// With the vote off the disk, term 1 has two leaders; with the vote on it, one.
#[test]
fn a_forgotten_vote_is_two_leaders_in_one_term() {
    for seed in own_seed_and_twenty("raft-recovery") {
        let run = watched("raft-recovery", "forgotten-vote", seed);
        assert!(violated(&run, "Election safety"), "{seed}");
        assert!(epochs(&run).starts_with(&[1, 1]), "{seed}: {:?}", epochs(&run));
        let run = watched("raft-recovery", "remembered-vote", seed);
        assert!(run.watcher().violation().is_none(), "{seed}");
        assert_eq!(epochs(&run)[0], 1, "{seed}");
    }
}

/// Nobody leads while the islands stand; somebody does soon after.
#[test]
fn three_islands_have_no_leader() {
    for seed in own_seed_and_twenty("raft-nine") {
        let (mut run, _) = staged("raft-nine", "three-islands", seed);
        run.run_until(SimTime(2_000_000));
        assert!(epochs(&run).is_empty(), "{seed}");
        let run = watched("raft-nine", "three-islands", seed);
        assert_eq!(look::leaders(run.world()).len(), 1, "{seed}");
    }
}

/// 5 + 4 + 3 + 2 + 1 = 15, 2 * 5 - 1 = 9, and with a hole no announcement.
#[test]
fn the_ring_costs_what_the_lesson_says() {
    for seed in own_seed_and_twenty("ring-election") {
        let count = |situation, kind| {
            let run = watched("ring-election", situation, seed);
            look::sent(run.world(), run.trace(), kind)
        };
        assert_eq!(count("worst-seating", "election"), 15);
        assert_eq!(count("best-seating", "election"), 9);
        assert_eq!(count("best-seating", "elected"), 5);
        assert_eq!(count("hole", "elected"), 0);
    }
}

fn received(run: &Run<Checks>) -> Vec<u16> {
    let receiver = run.world().node_as::<Receiver>(NodeId(1)).unwrap();
    receiver.log().map(|p| p.number).collect()
}

#[test]
fn each_layer_does_what_its_button_says() {
    let long_run = |situation, seed| {
        let (mut run, _) = staged("link-stack", situation, seed);
        run.run_until(SimTime(10_000_000));
        run
    };
    let ten: Vec<u16> = (1..=10).collect();
    let mut copies = 0;
    for seed in own_seed_and_twenty("link-stack") {
        let mut got = received(&long_run("retransmit", seed));
        copies += got.len() - 10;
        got.sort_unstable();
        got.dedup();
        assert_eq!(got, ten, "{seed}: retransmission loses nothing");
        assert_eq!(received(&long_run("all-three", seed)), ten, "{seed}");
        let run = watched("link-stack", "memory-lost", seed);
        assert!(violated(&run, "No duplication"), "{seed}");
    }
    assert!(copies > 20, "{copies} second copies in 21 runs");
    let own = scenario::find("link-stack").unwrap().seed;
    assert!(received(&watched("link-stack", "retransmit", own)).len() > 10);
}

#[test]
fn the_last_messenger_decides_alone() {
    for seed in own_seed_and_twenty("two-generals") {
        let attacking = |situation| {
            let run = watched("two-generals", situation, seed);
            let world = run.world();
            assert_eq!(look::with_role(world, "attacks") + look::with_role(world, "retreats"), 2);
            look::with_role(world, "attacks")
        };
        assert_eq!(attacking("last-caught"), 1);
        assert_eq!(attacking("twenty-messengers"), 1);
        assert_eq!(attacking("first-caught"), 0);
    }
}

/// Three generals cannot bear one traitor, four can, seven two; three can if orders are signed. 3 + 6 and 6 + 30 + 120 messages.
#[test]
fn three_generals_cannot_and_four_can() {
    for seed in own_seed_and_twenty("byzantine-generals") {
        let run = |situation| watched("byzantine-generals", situation, seed);
        let attacking = |situation| look::with_role(run(situation).world(), "attacks");
        assert!(violated(&run("three-lieutenant"), "IC2"), "{seed}");
        assert_eq!(["three-commander", "four-lieutenant", "four-commander"].map(attacking), [0, 2, 3]);
        for (situation, messages) in [("four-lieutenant", 9), ("four-commander", 9), ("seven-two", 156)] {
            let run = run(situation);
            assert!(run.watcher().violation().is_none(), "{situation} {seed}");
            assert_eq!(run.world().messages(), messages, "{situation} {seed}");
        }
        assert!(watched("signed-generals", "altered", seed).watcher().violation().is_none(), "{seed}");
    }
}
