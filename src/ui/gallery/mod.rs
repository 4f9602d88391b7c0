//! The landing page: a cluster that runs, and below it the course, every scenario as a card, by chapter.
//!
//! The rule that is easy to break: what stands here before the program has come, tools/start.mjs writes with the same
//! markup, so that nothing moves when the program takes its place.

mod course;
mod live;

use super::landing::Landing;
use super::{header, icons, screen};
use crate::view::{Action, App};
use yew::prelude::*;

/// All of it: what the part that comes with the landing page brings along (`src/parts.rs`).
pub static LANDING: Landing = Landing { page };

fn page(app: &App, on: &Callback<Action>) -> Html {
    html! {
        <div class="page">
            { header::header(app, None, on) }
            <main class="gallery" data-testid="gallery">
                { screen::error(app, on) }
                <div class="hero">
                    <div class="says">
                        { icons::mark() }
                        <h1>{ "Break a real distributed system" }</h1>
                        <p>{ "Every node, link, clock and disk here is simulated, message by message. Cut a link, crash a leader, \
                            lose what you like; then step back and see which promise held, and why." }</p>
                    </div>
                    <live::Cluster calm={app.calm} />
                </div>
                <course::Course done={app.course.clone()} />
                if !app.course.is_empty() {
                    <p><button type="button" class="btn small" data-testid="forget" onclick={on.reform(|_: MouseEvent| Action::Forget)}>
                        { "Forget what I have done" }</button></p>
                }
                <p class="foot quiet">{ "Nothing is sent anywhere: it all runs in this page, the same every time for the same seed." }</p>
            </main>
        </div>
    }
}
