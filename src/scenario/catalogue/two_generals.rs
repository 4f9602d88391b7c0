//! Two Generals: no number of acknowledgements is enough.

use crate::scenario::{Lesson, Prediction, ScenarioDef, Step, look};

pub static DEF: ScenarioDef = ScenarioDef {
    id: "two-generals",
    title: "Two generals",
    chapter: "Agreement",
    row: "E1",
    summary: "Two generals, a valley, and messengers who may be caught. They want to attack together \
              or not at all. However many acknowledgements they agree on, the last one may be lost.",
    protocol: "two-generals",
    params: &[],
    seed: 1,
    link: None,
    timing: None,
    layout: None,
    speed_us_s: 50_000,
    length_us: 5_000_000,
    lesson: Lesson {
        text: &[
            "General A proposes an hour. B acknowledges, A acknowledges the acknowledgement, and so \
             on: each attacks after the k-th. Whoever sends the last messenger cannot know whether \
             he arrived.",
            "With a chance p that a messenger is caught, exactly one general attacks with \
             probability p(1-p)^(k-1). More messengers make it rarer. Nothing makes it zero.",
        ],
        assumes: "Messengers may be caught, none is turned. The generals cannot see each other, and \
                  have no other way to talk.",
        steps: &[Step {
            text: "Let the messengers go, and see what both decide.",
            done: |w, _| w.events() > 4,
        }],
        prediction: Prediction {
            question: "Is every messenger home and dry under this seed?",
            options: &["Yes", "No, one was caught"],
            staged: None,
            at_us: 2_000_000,
            answer: |w, t| usize::from(look::lost(w, t) > 0),
            because: "Try other seeds: whether the last one comes through is luck, and nobody sees it.",
        },
    },
    staged: &[],
    leaves_out: "generals who decide by something else than the count of messengers",
};
