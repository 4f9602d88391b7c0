//! The course: a field to search it, and a card for each scenario, with a picture from its own run.
//!
//! The rule that is easy to break: it is made from the index of scenario files. A file that is in `scenarios/` is here, and
//! nothing else is. The pictures are files beside the page, drawn when it was built.

use crate::scenario::{Brief, index};
use crate::view::course::{self, Chapter};
use crate::view::task;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// See [`Course`].
#[derive(Clone, PartialEq, Properties)]
pub struct CourseProps {
    /// What was gone through.
    pub done: task::Course,
}

/// The course.
#[component]
pub fn Course(props: &CourseProps) -> Html {
    let words = use_state(String::new);
    let oninput = {
        let words = words.clone();
        move |e: InputEvent| {
            if let Some(input) = e.target_dyn_into::<HtmlInputElement>() {
                words.set(input.value());
            }
        }
    };
    let all = index();
    let start = course::start(all, &props.done);
    let found = course::chapters(all, &words);
    let count: usize = found.iter().map(|c| c.scenarios.len()).sum();
    let mark = |brief: &Brief| match props.done.has(brief.id) {
        true => html! { <em class="flag done">{ "✓ done" }</em> },
        false if start == Some(brief.id) => html! { <em class="flag">{ "Start here" }</em> },
        false => html! {},
    };
    let chapter = |c: &Chapter| {
        html! {
            <section key={c.id} class="chapter">
                <h2>{ &c.title }</h2>
                <ul class="cards">{ for c.scenarios.iter().map(|brief| card(brief, mark(brief))) }</ul>
            </section>
        }
    };
    let said = match (words.trim().is_empty(), count) {
        (true, _) => String::new(),
        (false, 0) => "Nothing in the course has these words.".to_owned(),
        (false, 1) => "1 scenario".to_owned(),
        (false, n) => format!("{n} scenarios"),
    };
    let stop = |brief: &&'static Brief| {
        let done = props.done.has(brief.id);
        html! {
            <li key={brief.id} class={classes!(done.then_some("done"))}><a href={format!("#/s/{}", brief.id)}>{ brief.title }
                if done { <span class="unseen">{ ", done" }</span> }</a></li>
        }
    };
    html! {
        <>
        <form class="find" role="search" onsubmit={|e: SubmitEvent| e.prevent_default()}>
            <input type="search" aria-label="Search the course" placeholder="Search the course" autocomplete="off" spellcheck="false"
                data-testid="search" value={(*words).clone()} {oninput} />
            <p class="quiet" role="status" data-testid="found">{ said }</p>
        </form>
        if words.trim().is_empty() {
            <section class="path"><h2>{ "Start here" }</h2><ol>{ for course::path(all).iter().map(stop) }</ol></section>
        }
        { for found.iter().map(chapter) }
        </>
    }
}

fn card(s: &'static Brief, mark: Html) -> Html {
    html! {
        <li key={s.id}><a class="card" href={format!("#/s/{}", s.id)} data-testid={format!("card-{}", s.id)}>
            <i class="pic"><img src={format!("./cards/{}.svg", s.id)} alt="" width="220" height="120" loading="lazy" />{ mark }</i>
            <b>{ s.title }</b><span>{ s.summary }</span></a></li>
    }
}
