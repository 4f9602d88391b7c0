//! The gallery: every scenario as a card, by chapter.
//!
//! The rule that is easy to break: it is made from the index of scenario files. A file that is in
//! `scenarios/` is here, and nothing else is.

use super::{header, icons, screen};
use crate::scenario::{self, Brief};
use crate::view::{Action, App};
use yew::prelude::*;

/// The gallery.
pub fn gallery(app: &App, on: &Callback<Action>) -> Html {
    let mut chapters: Vec<&'static str> = Vec::new();
    for s in scenario::index() {
        if !chapters.contains(&s.chapter) {
            chapters.push(s.chapter);
        }
    }
    let chapter = |name: &&'static str| {
        let cards = scenario::index().iter().filter(|s| s.chapter == *name);
        html! {
            <section key={*name} class="chapter">
                <h2>{ scenario::library::chapter_title(name) }</h2>
                <ul class="cards">{ for cards.map(|brief| card(brief, app.course.has(brief.id))) }</ul>
            </section>
        }
    };
    html! {
        <div class="page">
            { header::header(app, None, on) }
            <main class="gallery" data-testid="gallery">
                { screen::error(app, on) }
                <div class="hero">
                    { icons::mark() }
                    <h1>{ "Break a real distributed system" }</h1>
                    <p>{ "Every node, link, clock and disk here is simulated, message by message. Cut a link, crash a leader, \
                        lose what you like; then step back and see which promise held, and why." }</p>
                </div>
                { for chapters.iter().map(chapter) }
                if !app.course.is_empty() {
                    <p><button type="button" class="btn small" data-testid="forget" onclick={on.reform(|_: MouseEvent| Action::Forget)}>
                        { "Forget what I have done" }</button></p>
                }
                <p class="foot quiet">{ "Nothing is sent anywhere: it all runs in this page, the same every time for the same seed." }</p>
            </main>
        </div>
    }
}

fn card(s: &'static Brief, done: bool) -> Html {
    html! {
        <li key={s.id}><a class="card" href={format!("#/s/{}", s.id)} data-testid={format!("card-{}", s.id)}>
            <b>{ s.title }if done { <span class="done">{ " ✓" }<span class="unseen">{ " done" }</span></span> }</b><span>{ s.summary }</span></a></li>
    }
}
