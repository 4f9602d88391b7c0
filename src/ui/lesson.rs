//! The lesson: one task at a time (guess, watch, try, go on), what this is about, situations to begin with, the
//! assumptions in force, the edits made.
//!
//! The rule that is easy to break: the text is short, and the run is what teaches. What is ticked,
//! answered and listed is read off the run, not the author's word; and before the guess nothing on the page gives
//! the answer away.

use super::dom;
use super::icons::{REDO, UNDO, icon};
use super::props::PanelProps;
use super::prose::prose;
use crate::check::Checks;
use crate::scenario::front::Choice;
use crate::scenario::{Prediction, Situation, Step, index};
use crate::sim::Edit;
use crate::sim::history::Run;
use crate::sim::world::World;
use crate::view::assumptions::{assumptions, capital};
use crate::view::player::time_text;
use crate::view::task::Task;
use crate::view::{Action, words};
use yew::prelude::*;

/// The lesson: the task of the moment first, and nothing above it that gives its answer away.
pub fn lesson(props: &PanelProps) -> Html {
    let run = props.run.get();
    let origin = &props.origin;
    html! {
        <aside class="lesson" data-testid="lesson" aria-label="Lesson">
            <section><h1>{ origin.title() }</h1></section>
            { card(props) }
            <section>{ prose(&origin.def.prose) }</section>
            { situations(props) }
            <section>
                <h2>{ "Assumptions in force" }</h2>
                { in_force(run.world()) }
                <p class="source quiet">{ &origin.def.assumes }</p>
            </section>
            { edits(props, &run) }
            <section>
                <p class="source quiet">{ origin.source() }</p>
            </section>
        </aside>
    }
}

fn task(props: &PanelProps) -> Task {
    Task::of(&props.origin.def, &props.lesson)
}

/// The card of the task.
fn card(props: &PanelProps) -> Html {
    let task = task(props);
    let name = match task {
        Task::Guess => "guess",
        Task::Watch => "watch",
        Task::Try => "try",
        Task::Next => "next",
    };
    html! {
        <section class="task" data-testid="task" data-task={name} aria-label="What to do now">
            { question(props, task) }
            if task.may_tell() { { steps(props) } }
            if task == Task::Next { { next(props) } }
        </section>
    }
}

/// A press after which the stage is to be watched.
fn watched(props: &PanelProps, action: impl Fn() -> Action + 'static) -> Callback<MouseEvent> {
    props.on_action.reform(move |_: MouseEvent| {
        dom::show("[data-testid=stage]");
        action()
    })
}

/// The situations to begin with. What each will show is said once the question is answered.
fn situations(props: &PanelProps) -> Html {
    let all = &props.origin.def.situations;
    if all.is_empty() || props.lock {
        return html! {};
    }
    let open = task(props).may_tell();
    let stage = |(i, s): (usize, &Situation)| {
        let id = s.id.clone();
        let begin = watched(props, move || Action::Begin(id.clone()));
        let on = props.lesson.staged == Some(i);
        html! {
            <li><button type="button" class="staged" aria-pressed={on.to_string()} data-testid={format!("stage-{}", s.id)} onclick={begin}>
                <b>{ &s.label }</b>if open { <span class="quiet">{ &s.hint }</span> }</button></li>
        }
    };
    html! {
        <section>
            <h2>{ "Begin with" }</h2>
            <ul class="column">{ for all.iter().enumerate().map(stage) }</ul>
        </section>
    }
}

/// The things to do; once reached, a step stays ticked. How it is done is said of the next one.
fn steps(props: &PanelProps) -> Html {
    let steps = &props.origin.def.steps;
    if steps.is_empty() {
        return html! {};
    }
    let next = (0..steps.len()).find(|&i| !props.lesson.is_done(i));
    let step = |(i, s): (usize, &Step)| {
        let (ticked, now) = (props.lesson.is_done(i), next == Some(i));
        let class = classes!("todo", ticked.then_some("ticked"), now.then_some("now"));
        html! {
            <li {class}><span aria-hidden="true">{ if ticked { "✓" } else { "" } }</span>
                <span>{ &s.text }if ticked { <span class="unseen">{ " (done)" }</span> }
                    if !s.how.is_empty() && !ticked { <span class="how quiet">{ &s.how }</span> }</span></li>
        }
    };
    html! { <><h2>{ "Now try" }</h2>if next.is_some() { { own_run(props) } }<ol class="todos">{ for steps.iter().enumerate().map(step) }</ol></> }
}

/// The way from the question's run, which may be over or go on by itself, to one of the reader's own.
fn own_run(props: &PanelProps) -> Html {
    if props.lock || !props.lesson.is_asked(&props.run.get()) {
        return html! {};
    }
    html! {
        <p class="acts"><button type="button" class="btn small main" data-testid="own-run" onclick={watched(props, || Action::Reset)}>
            { "Begin a run of your own" }</button></p>
    }
}

/// The way on.
fn next(props: &PanelProps) -> Html {
    let all = index();
    let here = all.iter().position(|b| b.id == props.origin.id());
    match here.and_then(|at| all.get(at + 1)) {
        Some(brief) => html! {
            <p><a class="btn main" data-testid="next" href={format!("#/s/{}", brief.id)}>{ "Next: " }{ brief.title }</a></p>
        },
        None => html! {
            <p><a class="btn main" data-testid="next" href="#/">{ "That was the last one: to the gallery" }</a></p>
        },
    }
}

/// A prediction to make before the reveal; its answer is computed by running it.
fn question(props: &PanelProps, task: Task) -> Html {
    let Some(p) = props.origin.def.prediction.as_ref().filter(|_| !props.lesson.passed) else {
        return html! {};
    };
    let (guess, answer) = (props.lesson.guess, props.lesson.answer);
    let option = |(i, choice): (usize, &Choice)| {
        let pick = props.on_action.reform(move |_: Event| Action::Guess(i));
        let right = answer == Some(i);
        html! {
            <label class={classes!("switch", right.then_some("right"))}>
                <input type="radio" name="prediction" checked={guess == Some(i)} disabled={answer.is_some() || task == Task::Watch} onchange={pick} />
                { &choice.text }{ if right { " ✓" } else { "" } }</label>
        }
    };
    let verdict = match (guess, answer) {
        (Some(g), Some(a)) if g == a => "Right. ",
        (Some(_), Some(_)) => "Not this time. ",
        _ => "",
    };
    let send = |action: Action| props.on_action.reform(move |_: MouseEvent| action.clone());
    // Pressed again it asks for the answer, which stands here and not on the stage.
    let reveal = match task {
        Task::Watch => send(Action::Reveal),
        _ => watched(props, || Action::Reveal),
    };
    html! {
        <fieldset class="question" data-testid="prediction">
            <legend class="unseen">{ &p.question }</legend>
            <p aria-hidden="true"><b>{ if answer.is_none() { "What do you think? " } else { "" } }</b>{ &p.question }</p>
            { for p.options.iter().enumerate().map(option) }
            if answer.is_some() {
                <p role="status" data-testid="because"><b>{ verdict }</b>{ because(p, answer) }</p>
            } else {
                <p class="acts">
                    <button type="button" class="btn small main" disabled={guess.is_none()} data-testid="reveal" onclick={reveal}>
                        { if task == Task::Watch { "Show the end at once" } else { "Run it and see" } }</button>
                    if task == Task::Guess {
                        <button type="button" class="btn small bare" data-testid="pass" onclick={send(Action::Pass)}>{ "Skip" }</button>
                    }
                </p>
                if task == Task::Watch { <p class="quiet" role="status">{ "Watch: it runs." }</p> }
            }
        </fieldset>
    }
}

/// Why it came out so, if it came out as it mostly does.
fn because(p: &Prediction, answer: Option<usize>) -> &str {
    match answer.is_some_and(|a| a + 1 == p.explains) {
        true => &p.because,
        false => "With this seed and these settings luck had it otherwise. Try another seed.",
    }
}

fn in_force(world: &World) -> Html {
    let a = assumptions(world);
    let line =
        |name: &'static str, value: String| html! { <><dt>{ name }</dt><dd>{ capital(&value) }</dd></> };
    html! {
        <dl class="force">
            { line("Links", a.links_more) }
            { line("Timing", a.timing_more) }
            { line("Nodes", a.nodes) }
            if !a.walls.is_empty() { { line("Walls", a.walls.join(", ")) } }
        </dl>
    }
}

/// The most edits that are listed.
const LISTED: usize = 60;

fn edits(props: &PanelProps, run: &Run<Checks>) -> Html {
    let (on, edits, made, can) = (&props.on_action, run.edits(), run.edits_made(), run.can_undo_redo());
    // Those about this moment: thousands would take longer to list than to make.
    let from = made.saturating_sub(LISTED / 2).min(edits.len().saturating_sub(LISTED));
    let listed = edits.iter().enumerate().skip(from).take(LISTED);
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
                    <button type="button" class="btn icon small bare" aria-label="Undo" data-testid="undo" aria-disabled={(!can.0).to_string()}
                        onclick={send(Action::Undo)}>{ icon(UNDO) }</button>
                    <button type="button" class="btn icon small bare" aria-label="Redo" data-testid="redo" aria-disabled={(!can.1).to_string()}
                        onclick={send(Action::Redo)}>{ icon(REDO) }</button>
                </span></div>
            if edits.is_empty() {
                <p class="quiet">{ "None yet. Pick a node, a link or a message, and break something." }</p>
            }
            if edits.len() > LISTED {
                <p class="quiet">{ "Listed: those about this moment." }</p>
            }
            <ol class="log" start={(from + 1).to_string()}>{ for listed.map(line) }</ol>
        </section>
    }
}
