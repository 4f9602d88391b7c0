//! Raft: crash and recovery, and what must be on disk for it.

use crate::scenario::{Cue, Lesson, Opening, Prediction, Preset, ScenarioDef, Staged, Step, look};
use crate::sim::{Edit, Fault, LinkPatch, NodeId, Partition, Refusal, World};

pub static DEF: ScenarioDef = ScenarioDef {
    id: "raft-recovery",
    title: "Raft: what a crash may forget",
    chapter: "Consensus",
    row: "B2, E5",
    summary: "A crashed server comes back with nothing but its disk. Leave one small thing off the \
              disk, its vote, and one term gets two leaders.",
    protocol: "raft",
    params: &[("servers", Preset::Int(3))],
    seed: 3,
    link: None,
    timing: None,
    layout: None,
    speed_us_s: 50_000,
    length_us: 5_000_000,
    lesson: Lesson {
        text: &[
            "A crash drops everything but the disk. So three things are on disk before a server \
             answers anything: its term, its vote in that term, and its log. Select a server to see \
             both shelves.",
            "The vote looks like a trifle: it matters for a fraction of a second. But a server that \
             votes, crashes, boots and does not remember may vote again in the same term. With three \
             servers that one vote is the second majority.",
        ],
        assumes: "A forced write is on disk when the disk says so. Crashed servers come back with \
                  the disk they had.",
        steps: &[
            Step {
                text: "Crash a server, and bring it back.",
                done: |w, t| {
                    look::first_fault(w, t, |f| matches!(f, Fault::Recover { .. })).is_some()
                },
            },
            Step {
                text: "Begin with \"A forgotten vote\", and find the two crowns of term 1.",
                done: |w, _| two_in_one_term(w),
            },
        ],
        prediction: Prediction {
            question: "The same script, and the vote is on disk: S2 votes for S1, crashes, boots, \
                       and S3 asks it for its vote in the same term. How many leaders has term 1?",
            options: &["None", "One", "Two"],
            staged: Some("remembered-vote"),
            at_us: 230_000,
            answer: |w, t| {
                let marks = look::epochs(w, t).iter();
                marks.filter(|m| m.number == 1).count().min(2)
            },
            because: "S2 finds on its disk that it has voted for S1 in term 1, and says no. One \
                      record on disk, written before the answer leaves, is the whole difference.",
        },
    },
    staged: &[
        Staged {
            id: "forgotten-vote",
            label: "A forgotten vote",
            hint: "The vote is not on disk. S2 votes for S1, crashes, boots, and votes for S3: two \
                   leaders in one term.",
            params: &[
                ("servers", Preset::Int(3)),
                // A client's entry on S2's disk would make S2 refuse S3 for another reason (5.4.1).
                ("clients", Preset::Int(0)),
                ("mutant", Preset::Word("forget-vote")),
            ],
            cue: twice_asked,
        },
        Staged {
            id: "remembered-vote",
            label: "The same, with the vote on disk",
            hint: "The same crash at the same moment. S2 remembers, and refuses.",
            params: &[
                ("servers", Preset::Int(3)),
                // A client's entry on S2's disk would make S2 refuse S3 for another reason (5.4.1).
                ("clients", Preset::Int(0)),
                ("mutant", Preset::Word("none")),
            ],
            cue: twice_asked,
        },
    ],
    leaves_out: "disks that fail or lie; snapshots",
};

fn two_in_one_term(world: &World) -> bool {
    let leaders = look::leaders(world);
    let same = |&(term, node): &(u64, NodeId)| leaders.iter().any(|&(t, n)| t == term && n != node);
    leaders.iter().any(same)
}

/// S1 and S3 stand for term 1 in the same instant and cannot hear each other; S3's question to S2
/// is held up until S2 has voted for S1, has crashed and has booted. Then S3 asks again, as a
/// candidate does at every heartbeat.
fn twice_asked(opening: &Opening) -> Result<Cue, Refusal> {
    let params = opening.def()?.params(&opening.params)?;
    let [one, voter, other] = [NodeId(0), NodeId(1), NodeId(2)];
    let stand_us = params.int("election_min_ms") as u64 * 1_000 / 2;
    let by_us = params.int("election_max_ms") * 1_000;
    let ask_us = params.int("heartbeat_ms") as u64 * 1_000;
    let question = |cut| Fault::Link {
        from: other,
        to: voter,
        set: LinkPatch {
            cut: Some(cut),
            ..LinkPatch::default()
        },
    };
    let wall = Partition {
        groups: vec![vec![one], vec![other]],
        ..Partition::default()
    };
    let leap = |node| Fault::ClockJump { node, by_us };
    // S3 asks again at stand + ask; by then S2 must have voted (question and answer take at most
    // 32 ms on the links of this scenario), crashed and booted.
    let crash_us = stand_us + ask_us * 7 / 10;
    let boot_us = stand_us + ask_us * 8 / 10;
    Ok(Cue {
        edits: vec![
            Edit::at(stand_us - 2, Fault::Partition(wall)),
            Edit::at(stand_us - 1, question(true)),
            Edit::at(stand_us, leap(one)),
            Edit::at(stand_us, leap(other)),
            Edit::at(
                crash_us,
                Fault::Crash {
                    node: voter,
                    stop: false,
                },
            ),
            Edit::at(boot_us, Fault::Recover { node: voter }),
            Edit::at(boot_us, question(false)),
        ],
        seek_us: stand_us.saturating_sub(20_000),
    })
}
