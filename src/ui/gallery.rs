//! The gallery: every scenario as a card, by chapter.
//!
//! The rule that is easy to break: it is made from the registry. A scenario that is registered is
//! here, and nothing else is.

use super::{header, icons, screen};
use crate::scenario::{LINES, Line};
use crate::view::{Action, App};
use yew::prelude::*;

/// The gallery.
pub fn gallery(app: &App, on: &Callback<Action>) -> Html {
    let mut chapters: Vec<&'static str> = Vec::new();
    for s in &LINES {
        if !chapters.contains(&s.chapter) {
            chapters.push(s.chapter);
        }
    }
    let chapter = |name: &&'static str| {
        let cards = LINES.iter().filter(|s| s.chapter == *name);
        html! {
            <section key={*name} class="chapter">
                <h2>{ *name }</h2>
                <ul class="cards">{ for cards.map(card) }</ul>
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
                <p class="foot quiet">{ "Nothing is sent anywhere: it all runs in this page, the same every time for the same seed." }</p>
            </main>
        </div>
    }
}

fn card(s: &'static Line) -> Html {
    html! {
        <li key={s.id}><a class="card" href={format!("#/s/{}", s.id)} data-testid={format!("card-{}", s.id)}>
            <b>{ s.title }</b><span>{ s.summary }</span></a></li>
    }
}
