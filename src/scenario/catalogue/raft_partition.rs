//! Raft: a partition, with the leader on the wrong side of it.

use crate::scenario::{Cue, Lesson, Opening, Prediction, Preset, ScenarioDef, Staged, Step, look};
use crate::sim::{Edit, Fault, NodeId, Partition, Refusal, SimTime, Trace, World};

pub static DEF: ScenarioDef = ScenarioDef {
    id: "raft-partition",
    title: "Raft: the leader is cut off",
    chapter: "Consensus",
    row: "E5, B6, C5",
    summary: "A wall goes up, and the leader is on the side of the few. For a while there are two \
              crowns. Only one of them can promise anything.",
    protocol: "raft",
    params: &[
        ("interval_ms", Preset::Int(100)),
        ("clients", Preset::Int(2)),
    ],
    seed: 11,
    link: None,
    timing: None,
    layout: None,
    speed_us_s: 200_000,
    length_us: 5_000_000,
    lesson: Lesson {
        text: &[
            "A partition is a wall that nobody is told about. The leader and one friend stand on one \
             side, three servers on the other. The three hear nothing, wait, and elect somebody: \
             three of five may. Now there are two leaders, in two terms.",
            "The old one does not know. It still takes requests and writes them down, but it never \
             gets a third copy, so it never says \"done\". When the wall falls it meets a later \
             term, steps down, and what it wrote alone is overwritten.",
        ],
        assumes: "A majority can talk among itself. Clients reach both sides here; a client whose \
                  request went to the wrong side waits, retries, and gets its answer once.",
        steps: &[
            Step {
                text: "Find the leader, and separate it with one other server from the rest.",
                done: |w, t| wall(w, t).is_some(),
            },
            Step {
                text: "See the majority elect a second leader.",
                done: |w, t| wall(w, t).is_some_and(|e| look::epoch_since(w, t, e)),
            },
            Step {
                text: "Find the entries of the old leader that stay dashed.",
                done: |w, _| stale(w),
            },
            Step {
                text: "Heal the network, and see which entries survive.",
                done: |w, t| {
                    look::first_fault(w, t, |f| matches!(f, Fault::Heal)).is_some()
                        && look::leaders(w).len() == 1
                },
            },
        ],
        prediction: Prediction {
            question: "The wall has stood for 600 ms, with the leader and one other server on the \
                       small side. How many servers believe that they lead?",
            options: &["None", "One", "Two"],
            staged: Some("leader-with-minority"),
            at_us: 2_600_000,
            answer: |w, _| look::leaders(w).len().min(2),
            because: "The old leader has not heard of the new term, so it goes on believing. Being \
                      leader of an old term is harmless: without a majority it commits nothing.",
        },
    },
    staged: &[
        Staged {
            id: "leader-with-minority",
            label: "Cut the leader off, then heal",
            hint: "The leader keeps one follower and loses three. After 800 ms the wall falls.",
            params: &[],
            cue: |o| cut(o, true),
        },
        Staged {
            id: "minority-without-leader",
            label: "Cut two followers off, then heal",
            hint: "The leader keeps the majority, and work goes on. The two keep standing for ever \
                   later terms: watch what their return does.",
            params: &[],
            cue: |o| cut(o, false),
        },
    ],
    leaves_out: "clients that cannot reach one side; reads that bypass the log",
};

/// When the wall goes up: long after the first election.
const WALL_US: u64 = 2_000_000;
/// How long it stands.
const STANDS_US: u64 = 800_000;

fn wall(world: &World, trace: &Trace) -> Option<crate::sim::EventId> {
    look::first_fault(world, trace, |f| matches!(f, Fault::Partition(_)))
}

/// Whether two lead, and the one of the older term has written what it could not commit.
fn stale(world: &World) -> bool {
    let leaders = look::leaders(world);
    let old = leaders.iter().min().filter(|_| leaders.len() > 1);
    old.is_some_and(|&(_, node)| {
        let cells = world.inspect(node).cells;
        cells
            .iter()
            .any(|c| c.tone == crate::sim::CellTone::Tentative)
    })
}

/// Separates less than half of the servers, the leader `among` them or not.
fn cut(opening: &Opening, among: bool) -> Result<Cue, Refusal> {
    let ready = |w: &World| w.now().us() >= WALL_US - 100_000 && look::leader(w).is_some();
    let mut run = look::run_until(opening, SimTime::from_ms(10_000), ready)?;
    let at_us = run.time().us().max(WALL_US - 100_000) + 100_000;
    run.run_until(SimTime(at_us));
    let world = run.world();
    let leader = look::leader(world).unwrap_or_default();
    let mut servers: Vec<NodeId> = world.servers().collect();
    // The leader first, if it is to be among the few; last if not.
    servers.retain(|&s| s != leader);
    servers.insert(if among { 0 } else { servers.len() }, leader);
    let many = servers.split_off((servers.len() - 1) / 2);
    let partition = Partition {
        groups: vec![servers, many],
        ..Partition::default()
    };
    Ok(Cue {
        edits: vec![
            Edit::at(at_us, Fault::Partition(partition)),
            Edit::at(at_us + STANDS_US, Fault::Heal),
        ],
        seek_us: at_us - 50_000,
    })
}
