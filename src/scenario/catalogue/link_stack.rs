//! Ten numbered messages over a link that loses, doubles and reorders, and layers put on it.

use crate::scenario::{Lesson, Prediction, ScenarioDef, Step, look};

pub static DEF: ScenarioDef = ScenarioDef {
    id: "link-stack",
    title: "A tower of layers",
    chapter: "Links",
    row: "C1, C2, C4",
    summary: "Ten numbered messages cross a link that loses, doubles and shuffles. Put layers on it \
              one by one, and see which fault each takes away, and which it brings.",
    protocol: "link-stack",
    params: &[],
    seed: 2,
    link: None,
    timing: None,
    layout: None,
    speed_us_s: 100_000,
    length_us: 5_000_000,
    lesson: Lesson {
        text: &[
            "A fair-loss link may lose any message, but not every message for ever. So asking again \
             until there is an answer gets everything through: with a loss of p it takes 1/(1-p) \
             attempts on average.",
            "But an answer can be lost too, and then what came already comes again. A memory of what \
             has come drops the second copies; a waiting shelf hands over in the order of sending. \
             Three small layers, and the link looks reliable and in order.",
        ],
        assumes: "The link is fair-loss: a loss of 100 % would be a cut, and no layer helps. The \
                  receiver's memory survives: it is lost in a crash.",
        steps: &[Step {
            text: "See a message lost for good.",
            done: |w, t| look::lost(w, t) > 0,
        }],
        prediction: Prediction {
            question: "Ten messages, no layers, and a link that loses. Do all ten arrive?",
            options: &["Yes", "No"],
            staged: None,
            at_us: 2_000_000,
            answer: |w, t| usize::from(look::lost(w, t) > 0),
            because: "Nobody asks again, so what is lost is lost.",
        },
    },
    staged: &[],
    leaves_out: "congestion: whoever sends again adds to the load",
};
