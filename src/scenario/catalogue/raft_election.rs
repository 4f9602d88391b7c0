//! Raft: a leader is elected, and another when it falls silent.

use crate::scenario::{Cue, Lesson, Opening, Prediction, ScenarioDef, Staged, Step, look};
use crate::sim::{Edit, Fault, Refusal, SimTime, Trace, World};

pub static DEF: ScenarioDef = ScenarioDef {
    id: "raft-election",
    title: "Raft: a leader is elected",
    chapter: "Consensus",
    row: "E5, E6",
    summary: "Five servers, nobody in charge. Within a third of a second they agree on who is. \
              Crash the winner and watch them do it again.",
    protocol: "raft",
    params: &[],
    seed: 4_127,
    link: None,
    timing: None,
    layout: None,
    speed_us_s: 100_000,
    length_us: 5_000_000,
    lesson: Lesson {
        text: &[
            "Five servers want to act as one, so one of them leads and the others follow. Nobody is \
             appointed. Each follower waits for a word from a leader; the ring around it shows how \
             long it will still wait. The wait is drawn by lot, 150 to 300 ms.",
            "Whose patience runs out first begins a new term, votes for itself and asks the others. \
             Each has one vote a term, for the first who asks. Three of five are a majority, and two \
             majorities always share a server: so a term never has two leaders.",
        ],
        assumes: "Servers may crash and come back, messages may be late or lost; nobody lies. That \
                  a leader is found at all needs messages that are much faster than the timeouts.",
        steps: &[
            Step {
                text: "Let it run until somebody wears the crown.",
                done: |w, t| !look::epochs(w, t).is_empty(),
            },
            Step {
                text: "Crash the leader: click it, then Crash.",
                done: |w, t| crashed(w, t).is_some(),
            },
            Step {
                text: "See a later term bring a new leader.",
                done: |w, t| crashed(w, t).is_some_and(|e| look::epoch_since(w, t, e)),
            },
            Step {
                text: "Bring the old one back. Does it take the crown again?",
                done: |w, t| {
                    look::first_fault(w, t, |f| matches!(f, Fault::Recover { .. })).is_some()
                },
            },
        ],
        prediction: Prediction {
            question: "All five stand in the same instant, and each votes for itself. What becomes \
                       of that term?",
            options: &[
                "The fastest messages decide: it still gets a leader",
                "It ends without a leader, and a later term has one",
                "They try in step for ever",
            ],
            staged: Some("split-vote"),
            at_us: 3_000_000,
            answer: split_outcome,
            because: "Five votes for five candidates leave nobody with three. But each draws a new \
                      timeout, and equal draws are rare: soon one stands alone.",
        },
    },
    staged: &[
        Staged {
            id: "split-vote",
            label: "Split the vote",
            hint: "All five clocks leap at once, so all five stand for term 1 together: a term \
                   without a leader.",
            params: &[],
            cue: split_vote,
        },
        Staged {
            id: "leader-crash",
            label: "Crash the leader",
            hint: "The leader falls silent. The others notice by waiting, and one of them stands.",
            params: &[],
            cue: leader_crash,
        },
    ],
    leaves_out: "snapshots, membership changes, and reads that bypass the log",
};

fn crashed(world: &World, trace: &Trace) -> Option<crate::sim::EventId> {
    look::first_fault(world, trace, |f| matches!(f, Fault::Crash { .. }))
}

/// When the clocks leap: before the first timeout can run out.
const LEAP_AT_US: u64 = 100_000;

/// Each server's clock leaps by the longest timeout, so every election timer runs out there and
/// then, and all stand for term 1 before any of them can hear another.
fn split_vote(opening: &Opening) -> Result<Cue, Refusal> {
    let params = opening.def()?.params(&opening.params)?;
    let leap_us = params.int("election_max_ms") * 1_000;
    let at_us = LEAP_AT_US.min(params.int("election_min_ms") as u64 * 500);
    let servers = 0..params.int("servers") as u16;
    let leap = |i| {
        let node = crate::sim::NodeId(i);
        Edit::at(
            at_us,
            Fault::ClockJump {
                node,
                by_us: leap_us,
            },
        )
    };
    Ok(Cue {
        edits: servers.map(leap).collect(),
        seek_us: at_us.saturating_sub(20_000),
    })
}

/// 0: term 1 had a leader; 1: a later term; 2: none.
fn split_outcome(world: &World, trace: &Trace) -> usize {
    match look::epochs(world, trace).first() {
        Some(mark) if mark.number <= 1 => 0,
        Some(_) => 1,
        None => 2,
    }
}

/// The leader crashes 200 ms after it was elected.
fn leader_crash(opening: &Opening) -> Result<Cue, Refusal> {
    let run = look::run_until(opening, SimTime::from_ms(10_000), |w| {
        look::leader(w).is_some()
    })?;
    let at_us = run.time().us() + 200_000;
    let mut run = run;
    run.run_until(SimTime(at_us));
    let crash = look::leader(run.world()).map(|node| Fault::Crash { node, stop: false });
    Ok(Cue {
        edits: crash.map(|f| Edit::at(at_us, f)).into_iter().collect(),
        seek_us: at_us.saturating_sub(100_000),
    })
}
