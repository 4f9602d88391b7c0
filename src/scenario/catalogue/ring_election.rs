//! Ring election (Chang and Roberts 1979).

use crate::scenario::{Cue, Lesson, Opening, Prediction, Preset, ScenarioDef, Staged, Step, look};
use crate::sim::{Edit, Fault, NodeId, Refusal, Trace, World};

pub static DEF: ScenarioDef = ScenarioDef {
    id: "ring-election",
    title: "Election on a ring",
    chapter: "Election",
    row: "E6",
    summary: "Everyone sends its number round. Larger numbers swallow smaller ones, and the largest \
              comes home. What the seating costs, and what one crash does.",
    protocol: "ring-election",
    params: &[],
    seed: 5,
    link: None,
    timing: None,
    layout: None,
    speed_us_s: 50_000,
    length_us: 5_000_000,
    lesson: Lesson {
        text: &[
            "Each process knows its own number and its neighbour, no more. It sends its number \
             clockwise. Who gets a smaller number than its own swallows it; a larger one it passes \
             on. Only the largest comes all the way round, and its owner announces itself.",
            "How many messages that takes depends on the seating: with n processes at least 2n - 1, \
             at most n(n+1)/2, and on average n times (1 + 1/2 + ... + 1/n). Announcements are \
             counted apart.",
        ],
        assumes: "No process fails and no message is lost. A hole in the ring swallows everything: \
                  the election does not go wrong, it does not end.",
        steps: &[
            Step {
                text: "Follow one number until a larger one swallows it.",
                done: |w, t| elections(w, t) >= 5,
            },
            Step {
                text: "See the announcement go once round.",
                done: |w, t| !look::epochs(w, t).is_empty(),
            },
            Step {
                text: "Start again with another seed, and crash somebody on the way.",
                done: |w, t| {
                    look::first_fault(w, t, |f| matches!(f, Fault::Crash { .. })).is_some()
                },
            },
        ],
        prediction: Prediction {
            question: "Five processes, seated so that the numbers fall clockwise, all starting at \
                       once. How many election messages?",
            options: &["9", "About 11", "15"],
            staged: Some("worst-seating"),
            at_us: 2_000_000,
            answer: |w, t| match elections(w, t) {
                0..=9 => 0,
                10..=13 => 1,
                _ => 2,
            },
            because: "Each number is larger than all that follow it, so it travels until it meets \
                      the largest: 5 + 4 + 3 + 2 + 1.",
        },
    },
    staged: &[
        Staged {
            id: "worst-seating",
            label: "The worst seating",
            hint: "Numbers fall clockwise: every one of them travels as far as it can.",
            params: &[
                ("order", Preset::Word("descending")),
                ("start", Preset::Word("all")),
            ],
            cue: |_| Ok(Cue::default()),
        },
        Staged {
            id: "best-seating",
            label: "The best seating",
            hint: "Numbers rise clockwise: every one but the largest is swallowed at once.",
            params: &[
                ("order", Preset::Word("ascending")),
                ("start", Preset::Word("all")),
            ],
            cue: |_| Ok(Cue::default()),
        },
        Staged {
            id: "hole",
            label: "A hole in the ring",
            hint: "One process crashes while the numbers travel. Nobody is elected, and nobody is told.",
            params: &[("start", Preset::Word("all"))],
            cue: hole,
        },
    ],
    leaves_out: "repairing the ring, and messages that overtake each other",
};

fn elections(world: &World, trace: &Trace) -> usize {
    look::sent(world, trace, "election")
}

/// The second process is down before any number can have passed it.
fn hole(_: &Opening) -> Result<Cue, Refusal> {
    let crash = Fault::Crash {
        node: NodeId(1),
        stop: false,
    };
    Ok(Cue {
        edits: vec![Edit::at(5_000, crash)],
        seek_us: 0,
    })
}
