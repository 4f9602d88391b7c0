//! Ten numbered messages over a link that loses, doubles and reorders, and layers put on it.

use crate::check::Verdict;
use crate::protocols::links::stack::Receiver;
use crate::scenario::{
    Cue, Lesson, Opening, Prediction, Preset, ScenarioDef, Staged, Step, look, open,
};
use crate::sim::{Edit, Fault, LinkPatch, NodeId, Refusal, SimTime, World};
use std::collections::BTreeSet;

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
        steps: &[
            Step {
                text: "See a message lost for good.",
                done: |w, t| look::lost(w, t) > 0,
            },
            Step {
                text: "Begin with \"Ask again\", and find a message that arrives twice.",
                done: |w, _| copies(w) > 0,
            },
            Step {
                text: "Select the link and put the other two layers on it, one by one.",
                done: |w, t| w.link(SENDER, RECEIVER).layers.dedupe && all_layers_were_on(w, t),
            },
            Step {
                text: "Try to set a loss of 100 %, and read why not.",
                done: |w, _| w.link(SENDER, RECEIVER).loss_ppm > 900_000 || cut(w),
            },
        ],
        prediction: Prediction {
            question: "Only the first layer: the sender asks again until it is answered. What does \
                       the receiver get?",
            options: &[
                "Every message exactly once",
                "Every message, some of them more than once",
                "Some messages never",
            ],
            staged: Some("retransmit"),
            at_us: 4_000_000,
            answer: |w, _| match (distinct(w) < COUNT, copies(w) > 0) {
                (true, _) => 2,
                (false, true) => 1,
                (false, false) => 0,
            },
            because: "An acknowledgement is a message too. If it is lost, the sender cannot tell, and \
                      sends once more what has long arrived.",
        },
    },
    staged: &[
        Staged {
            id: "retransmit",
            label: "Ask again",
            hint: "Retransmission alone: nothing is lost any more, and some of it comes twice.",
            params: &[("retransmit", Preset::Bool(true))],
            cue: |_| Ok(Cue::default()),
        },
        Staged {
            id: "all-three",
            label: "All three layers",
            hint: "Ask again, drop second copies, wait for what is missing: each once, in order.",
            params: &[
                ("retransmit", Preset::Bool(true)),
                ("dedupe", Preset::Bool(true)),
                ("reorder", Preset::Bool(true)),
            ],
            cue: |_| Ok(Cue::default()),
        },
        Staged {
            id: "memory-lost",
            label: "The memory is lost in a crash",
            hint: "The receiver forgets what it has had, and takes a second copy for a new message.",
            params: &[
                ("retransmit", Preset::Bool(true)),
                ("dedupe", Preset::Bool(true)),
            ],
            cue: forget,
        },
    ],
    leaves_out: "congestion: whoever sends again adds to the load",
};

const SENDER: NodeId = NodeId(0);
const RECEIVER: NodeId = NodeId(1);
/// How many messages the scenario sends.
const COUNT: usize = 10;

fn received(world: &World) -> Vec<u16> {
    let receiver = world.node_as::<Receiver>(RECEIVER);
    receiver.map_or(Vec::new(), |r| r.log().iter().map(|p| p.number).collect())
}

fn distinct(world: &World) -> usize {
    received(world).into_iter().collect::<BTreeSet<_>>().len()
}

fn copies(world: &World) -> usize {
    received(world).len() - distinct(world)
}

fn cut(world: &World) -> bool {
    world.link(SENDER, RECEIVER).cut
}

/// Whether the learner has put a layer on the link by hand, or it has all three.
fn all_layers_were_on(world: &World, trace: &crate::sim::Trace) -> bool {
    let by_hand = |f: &Fault| {
        let layered = |set: &LinkPatch| set.layers.is_some();
        matches!(f, Fault::Link { set, .. } | Fault::Links { set } if layered(set))
    };
    let layers = world.link(SENDER, RECEIVER).layers;
    look::first_fault(world, trace, by_hand).is_some()
        || (layers.retransmit_us > 0 && layers.reorder)
}

/// The receiver crashes and boots at the first moment after which a second copy comes through.
/// That moment depends on which acknowledgements are lost, so it is searched for.
fn forget(opening: &Opening) -> Result<Cue, Refusal> {
    for at_us in (60_000..2_000_000).step_by(20_000) {
        let edits = vec![
            Edit::at(
                at_us,
                Fault::Crash {
                    node: RECEIVER,
                    stop: false,
                },
            ),
            Edit::at(at_us + 5_000, Fault::Recover { node: RECEIVER }),
        ];
        let mut run = open(&Opening {
            edits: edits.clone(),
            ..opening.clone()
        })?;
        run.run_until(SimTime(at_us + 1_000_000));
        let doubled = run.watcher().lines().into_iter().any(|line| {
            line.name == "No duplication" && matches!(line.verdict, Verdict::Violated { .. })
        });
        if doubled {
            let seek_us = at_us.saturating_sub(100_000);
            return Ok(Cue { edits, seek_us });
        }
    }
    Err(Refusal::new(
        "never-ready",
        "with these settings no crash of the receiver brings a second copy back: raise the loss",
    ))
}
