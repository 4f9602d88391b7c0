//! What the drawing components and the panels are handed: plain values, compared by version.
//!
//! The rule that is easy to break: read the run through [`Shared::get`] and let go of it before
//! sending an action, for the reducer will want to change it.

use crate::view::app::Tally;
use crate::view::differences::Apart;
use crate::view::log::Filter;
use crate::view::open::Progress;
use crate::view::origin::Origin;
use crate::view::study::Study;
use crate::view::{Action, Reach, RunRef, Selection};
use std::rc::Rc;
use yew::prelude::*;

/// The properties of the stage and of the space-time diagram.
#[derive(Clone, PartialEq, Properties)]
pub struct ViewProps {
    /// The run on screen. A new version is handed out whenever it has changed.
    pub run: RunRef,
    /// The moment shown, in microseconds of simulated time. Every event up to it has happened;
    /// it lies at or after the last one, for messages move between events too.
    pub now_us: u64,
    /// What is picked.
    pub selection: Selection,
    /// Whether time runs.
    pub playing: bool,
    /// Less motion: messages step instead of gliding.
    pub calm: bool,
    /// The reader may look and travel, not change: the stage offers nothing that edits.
    pub lock: bool,
    /// It is the small stage of the landing page.
    pub small: bool,
    /// Which opening of a scenario it belongs to: another number, and what was shown of the last one means nothing.
    pub opening: usize,
    /// What sets the run apart from the one beside it, where two are shown.
    pub apart: Option<Rc<Apart>>,
    /// Where everything that a hand does goes.
    pub on_action: Callback<Action>,
}

/// What every panel is handed.
#[derive(Clone, PartialEq, Properties)]
pub struct PanelProps {
    /// What is open.
    pub origin: Origin,
    /// The run; while time runs fast, a version some tenths of a second old.
    pub run: RunRef,
    /// What the checks come to.
    pub tally: Tally,
    /// How far the lesson has come.
    pub lesson: Progress,
    /// What is picked.
    pub selection: Selection,
    /// How far an edit of a link reaches.
    pub reach: Reach,
    /// Which events the log shows.
    pub filter: Filter,
    /// What is computed under many seeds, or was.
    pub study: Option<Study>,
    /// The reader may look, not touch.
    pub lock: bool,
    /// Where everything goes.
    pub on_action: Callback<Action>,
}

impl PanelProps {
    /// A callback that sends the same action each time.
    pub fn send(&self, action: Action) -> Callback<()> {
        self.on_action.reform(move |()| action.clone())
    }
}
