//! Raft: the log is replicated, and a follower that differs is brought into line.

use crate::protocols::consensus::raft::server::Server;
use crate::scenario::{Cue, Lesson, Opening, Prediction, Preset, ScenarioDef, Staged, Step, look};
use crate::sim::{Edit, Fault, NodeId, Refusal, SimTime, Trace, World};

pub static DEF: ScenarioDef = ScenarioDef {
    id: "raft-replication",
    title: "Raft: one log, many copies",
    chapter: "Consensus",
    row: "E5",
    summary: "A client's commands become entries, entries become copies, and a majority of copies \
              makes them final. Then six followers turn up whose logs are all wrong.",
    protocol: "raft",
    params: &[("interval_ms", Preset::Int(120))],
    seed: 7,
    link: None,
    timing: None,
    layout: None,
    speed_us_s: 50_000,
    length_us: 5_000_000,
    lesson: Lesson {
        text: &[
            "The cells under a server are its log, each marked with the term that wrote it. Dashed \
             means written, solid means committed: on a majority, and never to be lost.",
            "With every entry the leader names the one just before it. A follower that has that one \
             takes the new; one that has not refuses, and the leader goes back until they agree. \
             From there on the follower's log becomes the leader's. That one check keeps all logs \
             alike.",
        ],
        assumes: "A server that says \"stored\" has it on disk. Messages may be lost, doubled or \
                  overtaken: the check does not mind.",
        steps: &[
            Step {
                text: "Follow one request: to the leader, to the followers, back, and turned solid.",
                done: |w, _| committed(w) > 0,
            },
            Step {
                text: "Crash a follower, and let the log grow without it.",
                done: |w, t| {
                    look::first_fault(w, t, |f| matches!(f, Fault::Crash { .. })).is_some()
                },
            },
            Step {
                text: "Bring it back, and watch it catch up.",
                done: |w, t| {
                    let back = |f: &Fault| matches!(f, Fault::Recover { .. });
                    look::first_fault(w, t, back).is_some() && alike(w)
                },
            },
        ],
        prediction: Prediction {
            question: "Figure 7 of the paper: six followers, some with too few entries, some with \
                       too many, some with wrong ones. Two of them hold entries that the leader \
                       has never seen. Half a second later?",
            options: &[
                "All logs equal the leader's",
                "The extra entries survive at the end",
                "The leader steps down: its log is not the longest",
            ],
            staged: Some("figure-7"),
            at_us: 1_000_000,
            answer: after_figure_7,
            because: "The extra entries were never on a majority, so nobody was ever told that they \
                      counted. The leader overwrites them, and nothing promised is broken.",
        },
    },
    staged: &[
        Staged {
            id: "figure-7",
            label: "Figure 7: six wrong logs",
            hint: "A new leader of term 8 finds followers (a) to (f) of the paper, and brings each \
                   into line.",
            params: &[
                ("servers", Preset::Int(7)),
                ("start", Preset::Word("figure-7")),
            ],
            cue: figure_7,
        },
        Staged {
            id: "catch-up",
            label: "A follower comes back",
            hint: "One follower was down while the others went on; when it boots, it catches up.",
            params: &[],
            cue: catch_up,
        },
    ],
    leaves_out: "snapshots: a follower that was away for a year would be sent the whole log",
};

/// The least committed length of a log that the leader shows; 0 without a leader.
fn committed(world: &World) -> usize {
    let Some(leader) = look::leader(world) else {
        return 0;
    };
    let firm = |c: &&crate::sim::Cell| c.tone == crate::sim::CellTone::Firm;
    world.inspect(leader).cells.iter().filter(firm).count()
}

/// Whether every server's log is a piece of the leader's, and holds at least what is committed:
/// an entry that is on its way to some is no difference.
fn alike(world: &World) -> bool {
    let server = |node| world.node_as::<Server>(node);
    let Some(leader) = look::leader(world).and_then(server) else {
        return false;
    };
    world.servers().filter_map(server).all(|s| {
        let own = s.log().last_index();
        s.log().common_prefix(leader.log()) == own && own >= leader.commit_index()
    })
}

fn after_figure_7(world: &World, _: &Trace) -> usize {
    match look::leader(world) {
        Some(NodeId(0)) if alike(world) => 0,
        Some(NodeId(0)) => 1,
        _ => 2,
    }
}

fn figure_7(_: &Opening) -> Result<Cue, Refusal> {
    // S1's first timeout is a third of the shortest: 50 ms.
    Ok(Cue {
        edits: Vec::new(),
        seek_us: 30_000,
    })
}

/// A follower goes down a second after the first election, and comes back 600 ms later.
fn catch_up(opening: &Opening) -> Result<Cue, Refusal> {
    let led = |w: &World| look::leader(w).is_some();
    let run = look::run_until(opening, SimTime::from_ms(10_000), led)?;
    let leader = look::leader(run.world());
    let follower = run.world().servers().find(|&s| Some(s) != leader);
    let node = follower.unwrap_or_default();
    let down_us = run.time().us() + 100_000;
    let up_us = down_us + 600_000;
    Ok(Cue {
        edits: vec![
            Edit::at(down_us, Fault::Crash { node, stop: false }),
            Edit::at(up_us, Fault::Recover { node }),
        ],
        seek_us: up_us - 100_000,
    })
}
