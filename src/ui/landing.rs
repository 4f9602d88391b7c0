//! The landing page, which is a part of the program of its own: whoever follows a link to a scenario does not wait for it.
//!
//! The rule that is easy to break: whoever draws it asks for it here, and has something to show while it is on its way.

use super::parts::Come;
use super::{header, screen};
use crate::view::{Action, App};
use std::cell::Cell;
use yew::prelude::*;

/// How it is drawn.
pub struct Landing {
    /// All of it.
    pub(super) page: fn(&App, &Callback<Action>) -> Html,
}

/// Brings the landing page, if it can be had.
pub type Load = fn() -> Come<Option<&'static Landing>>;

thread_local! {
    static LOAD: Cell<Option<Load>> = const { Cell::new(None) };
    static HERE: Cell<Option<&'static Landing>> = const { Cell::new(None) };
}

/// From now on the landing page comes by `load`.
pub fn come_by(load: Load) {
    LOAD.set(Some(load));
}

/// Brings it; whether it is here then. Asked for again, it is tried again.
pub async fn fetch() -> bool {
    if let (None, Some(load)) = (HERE.get(), LOAD.get()) {
        HERE.set(load().await);
    }
    HERE.get().is_some()
}

/// Whether `app` shows it and it is not here.
pub fn missing(app: &App) -> bool {
    app.open.is_none() && HERE.get().is_none()
}

/// What is said where it cannot be had.
pub const MISSING: &str = "The list of scenarios could not be loaded. Look whether there is a network; whatever you do next tries \
    again.";

/// The landing page; while it is coming, its frame.
pub fn page(app: &App, on: &Callback<Action>) -> Html {
    match HERE.get() {
        Some(landing) => (landing.page)(app, on),
        None => html! {
            <div class="page">
                { header::header(app, None, on) }
                <main class="gallery">
                    <h1 class="unseen">{ "Faultline" }</h1>
                    { screen::error(app, on) }
                    if app.error.is_none() { <p class="coming quiet">{ "The list of scenarios is coming." }</p> }
                </main>
            </div>
        },
    }
}
