//! The lesson: what this is about, things to do, a question, situations to begin with, the
//! assumptions in force, the edits made.
//!
//! The rule that is easy to break: the text is short, and the run is what teaches. What is ticked,
//! answered and listed is read off the run, not the author's word.

use super::icons::{REDO, UNDO, icon};
use super::panels::PanelProps;
use crate::check::Checks;
use crate::scenario::{self, Staged, Step};
use crate::sim::Edit;
use crate::sim::history::Run;
use crate::sim::world::World;
use crate::view::assumptions::{assumptions, capital};
use crate::view::player::time_text;
use crate::view::scene::Scene;
use crate::view::{Action, words};
use std::collections::BTreeSet;
use yew::prelude::*;

/// See [`Lesson`].
#[derive(Clone, PartialEq, Properties)]
pub struct LessonProps {
    /// What is open.
    pub scene: Scene,
    /// The staged situation that was begun.
    pub staged: Option<&'static str>,
    /// The run and where clicks go.
    pub panel: PanelProps,
}

/// The lesson.
#[component]
pub fn Lesson(props: &LessonProps) -> Html {
    let run = props.panel.run.get();
    let scene = &props.scene;
    let stage = |s: &'static Staged| {
        let begin = props
            .panel
            .on_action
            .reform(move |_: MouseEvent| Action::Stage(s.id.to_owned()));
        let on = props.staged == Some(s.id);
        html! {
            <li><button type="button" class="staged" aria-pressed={on.to_string()} data-testid={format!("stage-{}", s.id)} onclick={begin}>
                <b>{ s.label }</b><span class="quiet">{ s.hint }</span></button></li>
        }
    };
    html! {
        <aside class="lesson" data-testid="lesson" aria-label="Lesson">
            <section>
                <h1>{ scene.title() }</h1>
                { for scene.def.lesson.text.iter().map(|p| html! { <p class="quiet">{ *p }</p> }) }
            </section>
            if !scene.def.staged.is_empty() && !props.panel.lock {
                <section>
                    <h2>{ "Begin with" }</h2>
                    <ul class="column">{ for scene.def.staged.iter().map(stage) }</ul>
                </section>
            }
            <Steps ..props.clone() />
            <Question scene={scene.clone()} key={scene.id()} />
            <section class="later">
                <h2>{ "Assumptions in force" }</h2>
                { in_force(run.world()) }
                <p class="source quiet">{ scene.def.lesson.assumes }</p>
            </section>
            { edits(props, &run) }
            <section class="later">
                <p class="source quiet">{ scene.source() }</p>
            </section>
        </aside>
    }
}

/// The things to do; once reached, a step stays ticked, wherever the run goes.
#[component]
fn Steps(props: &LessonProps) -> Html {
    let done = use_mut_ref(BTreeSet::<(&'static str, usize)>::new);
    let run = props.panel.run.get();
    let (id, steps) = (props.scene.id(), props.scene.def.lesson.steps);
    if steps.is_empty() {
        return html! {};
    }
    let mut done = done.borrow_mut();
    for (i, s) in steps.iter().enumerate() {
        if !done.contains(&(id, i)) && (s.done)(run.world(), run.trace()) {
            done.insert((id, i));
        }
    }
    let next = (0..steps.len()).find(|&i| !done.contains(&(id, i)));
    let step = |(i, s): (usize, &Step)| {
        let (ticked, now) = (done.contains(&(id, i)), next == Some(i));
        let class = classes!("todo", ticked.then_some("ticked"), now.then_some("now"));
        html! {
            <li {class}><span aria-hidden="true">{ if ticked { "✓" } else { "" } }</span>
                <span>{ s.text }if ticked { <span class="unseen">{ " (done)" }</span> }</span></li>
        }
    };
    html! {
        <section><h2>{ "Try" }</h2><ol class="todos">{ for steps.iter().enumerate().map(step) }</ol></section>
    }
}

/// See [`Question`].
#[derive(Clone, PartialEq, Properties)]
struct QuestionProps {
    scene: Scene,
}

/// A prediction to make before the reveal; its answer is computed by running it.
#[component]
fn Question(props: &QuestionProps) -> Html {
    let guess = use_state(|| None::<usize>);
    let answer = use_state(|| None::<usize>);
    let p = &props.scene.def.lesson.prediction;
    if p.options.is_empty() {
        return html! {};
    }
    let reveal = {
        let (answer, base) = (answer.clone(), props.scene.without_edits());
        Callback::from(move |_: MouseEvent| answer.set(scenario::reveal(&base.opening).ok()))
    };
    let option = |(i, text): (usize, &&'static str)| {
        let pick = {
            let guess = guess.clone();
            Callback::from(move |_: Event| guess.set(Some(i)))
        };
        let right = *answer == Some(i);
        html! {
            <label class={classes!("switch", right.then_some("right"))}>
                <input type="radio" name="prediction" checked={*guess == Some(i)} disabled={answer.is_some()} onchange={pick} />
                { *text }{ if right { " ✓" } else { "" } }</label>
        }
    };
    let verdict = match (*guess, *answer) {
        (Some(g), Some(a)) if g == a => "Right. ",
        (Some(_), Some(_)) => "Not this time. ",
        _ => "",
    };
    html! {
        <fieldset class="question">
            <legend class="unseen">{ p.question }</legend>
            <p aria-hidden="true"><b>{ "Predict first. " }</b>{ p.question }</p>
            { for p.options.iter().enumerate().map(option) }
            if answer.is_some() {
                <p role="status"><b>{ verdict }</b>{ p.because }</p>
            } else {
                <button type="button" class="btn small" disabled={guess.is_none()} onclick={reveal}>{ "Run it and see" }</button>
            }
        </fieldset>
    }
}

fn in_force(world: &World) -> Html {
    let a = assumptions(world);
    let line = |name: &'static str, value: String| html! { <><dt>{ name }</dt><dd>{ capital(&value) }</dd></> };
    html! {
        <dl class="force">
            { line("Links", a.links_more) }
            { line("Timing", a.timing_more) }
            { line("Nodes", a.nodes) }
            if !a.walls.is_empty() { { line("Walls", a.walls.join(", ")) } }
        </dl>
    }
}

fn edits(props: &LessonProps, run: &Run<Checks>) -> Html {
    let (on, edits, made, can) = (
        &props.panel.on_action,
        run.edits(),
        run.edits_made(),
        run.can_undo_redo(),
    );
    let line = |(i, e): (usize, &Edit)| {
        let at = e.at_us;
        let seek = on.reform(move |_: MouseEvent| Action::Seek(at));
        let refused = run.refused().get(&i);
        html! {
            <li key={i}><button type="button" class={classes!("line", (i >= made).then_some("to-come"))} onclick={seek}>
                <span class="when">{ time_text(at) }</span><span>{ words::fault(run.world(), &e.fault) }
                { refused.map_or(String::new(), |r| format!(" (refused: {})", r.message)) }</span></button></li>
        }
    };
    let send = |a: Action| on.reform(move |_: MouseEvent| a.clone());
    let title = match edits.len() {
        0 => "Your edits".to_owned(),
        n => format!("Your edits · {n}"),
    };
    html! {
        <section data-testid="edits">
            <div class="top"><h2>{ title }</h2>
                <span class="acts">
                    <button type="button" class="btn icon small bare" aria-label="Undo" data-testid="undo" disabled={!can.0}
                        onclick={send(Action::Undo)}>{ icon(UNDO) }</button>
                    <button type="button" class="btn icon small bare" aria-label="Redo" data-testid="redo" disabled={!can.1}
                        onclick={send(Action::Redo)}>{ icon(REDO) }</button>
                </span></div>
            if edits.is_empty() {
                <p class="quiet">{ "None yet. Click a node, a link or a message, and break something." }</p>
            }
            <ol class="log">{ for edits.iter().enumerate().map(line) }</ol>
        </section>
    }
}
