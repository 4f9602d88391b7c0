//! What stands around the stage or is seen after a click: the diagram over time, boards, panels, dialogs, the history,
//! two futures side by side, what was kept.
//!
//! The rule that is easy to break: it comes with a part of the program of its own, after the first scenario is on
//! screen. So whoever draws one of these asks [`here`] for it, and has something to show while it is on its way.

use super::address::Address;
use super::aside::Watched;
use super::parts::{self, Come};
use super::props::PanelProps;
use super::{ViewProps, compare};
use crate::scenario::text::TEXT;
use crate::view::open::Open;
use crate::view::{Action, App, Tab};
use std::cell::Cell;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// How each is drawn.
pub struct Details {
    /// The dialog that is open.
    pub(super) dialog: fn(&App, &Callback<Action>) -> Html,
    /// The row of the history.
    pub(super) history: fn(&App, &Open, &Callback<Action>) -> Html,
    /// The parts of the screen while two futures are shown.
    pub(super) compare: fn(&Open, &ViewProps) -> Option<compare::Parts>,
    /// The diagram over time.
    pub(super) timeline: fn(&ViewProps) -> Html,
    /// The protocol's boards, for what is open.
    pub(super) boards: fn(&Open) -> Html,
    /// A page of the inspector.
    pub(super) panel: fn(Tab, &PanelProps) -> Html,
    /// The state of the page for a script.
    pub(super) state: fn(&App) -> String,
    /// Lets the address follow the run; what it is handed is called when it can be written again.
    pub(super) follow: fn(&mut Address, &App, &Callback<()>),
    /// What stands beside the page.
    pub(super) aside: fn(&Watched, &Callback<Action>),
}

/// Brings the details, if they can be had.
pub type Load = fn() -> Come<Option<&'static Details>>;

thread_local! {
    static LOAD: Cell<Option<Load>> = const { Cell::new(None) };
    static HERE: Cell<Option<&'static Details>> = const { Cell::new(None) };
}

/// From now on the details come by `load`.
pub fn come_by(load: Load) {
    LOAD.set(Some(load));
}

/// The details, if they have come.
pub fn here() -> Option<&'static Details> {
    HERE.get()
}

/// Brings them, and what writes links, in which dialogs and the address speak; whether all is here then. Asked for again,
/// it is tried again.
pub async fn fetch() -> bool {
    let text = || parts::fetch(TEXT.name);
    if let (None, Some(load)) = (HERE.get(), LOAD.get()) {
        spawn_local(async move {
            text().await;
        });
        HERE.set(load().await);
    }
    // In a program that is whole it has always been here.
    (text().await || cfg!(not(feature = "split"))) && HERE.get().is_some()
}

/// Whether `app` shows what only they can draw.
pub fn needed(app: &App) -> bool {
    app.dialog.is_some() || app.open.is_some()
}

/// What is said where they cannot be had.
pub const MISSING: &str = "A part of this page could not be loaded: the diagram over time, panels, dialogs. Look whether there is \
    a network; whatever you do next tries again.";

/// What is said where they are here, and what writes links is not.
const UNWRITTEN: &str = "A part of this page could not be loaded: what writes links. So nothing is kept; whatever you do next \
    tries again.";

/// What is said of what cannot be had.
pub fn missing() -> &'static str {
    if here().is_some() { UNWRITTEN } else { MISSING }
}

/// Whether `app` says that.
pub fn is_missing(app: &App) -> bool {
    app.error.as_deref().is_some_and(|e| e == MISSING || e == UNWRITTEN)
}
