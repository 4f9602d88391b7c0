//! Raft: nine nodes cut 3-3-3. No part is a majority.

use crate::scenario::{Cue, Lesson, Opening, Prediction, Preset, ScenarioDef, Staged, Step, look};
use crate::sim::{Edit, Fault, NodeId, Partition, Refusal, SimTime, World};

pub static DEF: ScenarioDef = ScenarioDef {
    id: "raft-nine",
    title: "Raft: nine servers, three islands",
    chapter: "Consensus",
    row: "E6, C5",
    summary: "Nine servers are cut into three islands of three. Every server is alive, and nobody \
              can be elected.",
    protocol: "raft",
    params: &[("servers", Preset::Int(9))],
    seed: 9,
    link: None,
    timing: None,
    layout: None,
    speed_us_s: 200_000,
    length_us: 5_000_000,
    lesson: Lesson {
        text: &[
            "A majority is counted over all nine servers, not over those that answer: five votes. An \
             island of three can never gather them, however often it tries.",
            "That is a choice. Counting only who answers would give each island a leader, and three \
             logs that go their own ways. Raft would rather stand still than be wrong; when the \
             walls fall it goes on.",
        ],
        assumes: "Everybody knows how many servers there are. Nobody can tell a wall from eight \
                  crashed servers, or has to.",
        steps: &[
            Step {
                text: "Cut the nine into three groups of three.",
                done: |w, t| {
                    let three = |f: &Fault| matches!(f, Fault::Partition(p) if p.groups.len() == 3);
                    look::first_fault(w, t, three).is_some()
                },
            },
            Step {
                text: "See the terms climb without a crown.",
                done: |w, _| look::leaders(w).is_empty() && highest_term(w) >= 3,
            },
            Step {
                text: "Heal, and count how long it takes to elect a leader.",
                done: |w, t| {
                    let healed = look::first_fault(w, t, |f| matches!(f, Fault::Heal));
                    healed.is_some_and(|e| look::epoch_since(w, t, e))
                },
            },
        ],
        prediction: Prediction {
            question: "Cut 3-3-3 from the first instant. How many leaders are there after 1.8 \
                       seconds?",
            options: &["None", "One", "Three, one on each island"],
            staged: Some("three-islands"),
            at_us: 1_800_000,
            answer: |w, _| match look::leaders(w).len() {
                0 => 0,
                1 => 1,
                _ => 2,
            },
            because: "Three votes are not five. Each island holds election after election, and each \
                      of them fails.",
        },
    },
    staged: &[
        Staged {
            id: "three-islands",
            label: "Cut 3-3-3, then heal",
            hint: "No leader for two seconds, and a leader soon after the walls fall.",
            params: &[("servers", Preset::Int(9))],
            cue: islands_first,
        },
        Staged {
            id: "leader-on-an-island",
            label: "Cut 3-3-3 around a leader",
            hint: "The leader keeps its crown and two followers, and can commit nothing more.",
            params: &[("servers", Preset::Int(9))],
            cue: islands_later,
        },
    ],
    leaves_out: "changing who is a member, which is how an operator would get out of this",
};

fn highest_term(world: &World) -> u64 {
    let terms = world.servers().filter_map(|s| world.inspect(s).epoch);
    terms.max().unwrap_or(0)
}

fn islands() -> Fault {
    let island = |i: u16| (0..3).map(|k| NodeId(3 * i + k)).collect();
    Fault::Partition(Partition {
        groups: (0..3).map(island).collect(),
        ..Partition::default()
    })
}

fn islands_first(_: &Opening) -> Result<Cue, Refusal> {
    Ok(Cue {
        edits: vec![Edit::at(0, islands()), Edit::at(2_000_000, Fault::Heal)],
        seek_us: 800_000,
    })
}

/// The walls go up 300 ms after the first election.
fn islands_later(opening: &Opening) -> Result<Cue, Refusal> {
    let led = |w: &World| look::leader(w).is_some();
    let run = look::run_until(opening, SimTime::from_ms(10_000), led)?;
    let at_us = run.time().us() + 300_000;
    Ok(Cue {
        edits: vec![Edit::at(at_us, islands())],
        seek_us: at_us - 100_000,
    })
}
