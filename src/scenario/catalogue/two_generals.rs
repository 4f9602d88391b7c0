//! Two Generals: no number of acknowledgements is enough.

use crate::scenario::{Cue, Lesson, Opening, Prediction, Preset, ScenarioDef, Staged, Step, look};
use crate::sim::{Edit, Fault, MsgId, Refusal, SimTime, World};

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
    speed_us_s: 100_000,
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
        steps: &[
            Step {
                text: "Let the messengers go, and see what both decide at dawn.",
                done: |w, _| decided(w) == 2,
            },
            Step {
                text: "Drop a messenger on his way: click him, then Drop.",
                done: |w, t| look::first_fault(w, t, |f| matches!(f, Fault::Drop { .. })).is_some(),
            },
            Step {
                text: "Find the one messenger whose loss makes a general attack alone.",
                done: |w, _| decided(w) == 2 && attacking(w) == 1,
            },
        ],
        prediction: Prediction {
            question: "Twenty messengers instead of five, and only the last is caught. What happens \
                       at dawn?",
            options: &["Both attack", "One attacks alone", "Both retreat"],
            staged: Some("twenty-messengers"),
            at_us: 5_000_000,
            answer: |w, _| match attacking(w) {
                2 => 0,
                1 => 1,
                _ => 2,
            },
            because: "Whoever sends the last messenger must decide without knowing whether he \
                      arrived. With twenty it is as with five, only rarer: there is always a last one.",
        },
    },
    staged: &[
        Staged {
            id: "last-caught",
            label: "Catch the last messenger",
            hint: "Everyone gets through but the last. His sender attacks alone.",
            params: &[("loss_percent", Preset::Int(0))],
            cue: |o| catch(o, |k| k),
        },
        Staged {
            id: "first-caught",
            label: "Catch the first messenger",
            hint: "The plan never arrives. Both retreat: safe, and no use.",
            params: &[("loss_percent", Preset::Int(0))],
            cue: |o| catch(o, |_| 1),
        },
        Staged {
            id: "twenty-messengers",
            label: "Twenty messengers, the last one caught",
            hint: "Four times the effort, the same hole at the end.",
            params: &[("loss_percent", Preset::Int(0)), ("k", Preset::Int(20))],
            cue: |o| catch(o, |k| k),
        },
    ],
    leaves_out: "generals who decide by something else than the count of messengers",
};

fn attacking(world: &World) -> usize {
    look::with_role(world, "attacks")
}

fn decided(world: &World) -> usize {
    attacking(world) + look::with_role(world, "retreats")
}

/// Drops messenger number `which(k)` just after he has set out. None is caught otherwise, so his
/// number is that of his message.
fn catch(opening: &Opening, which: fn(u32) -> u32) -> Result<Cue, Refusal> {
    let params = opening.def()?.params(&opening.params)?;
    let number = which(params.int("k") as u32);
    let run = look::run_until(opening, SimTime::from_ms(10_000), |w| {
        w.messages() >= number
    })?;
    let at_us = run.time().us();
    let drop = Fault::Drop {
        msg: MsgId(number - 1),
    };
    Ok(Cue {
        edits: vec![Edit::at(at_us, drop)],
        seek_us: at_us.saturating_sub(100_000),
    })
}
