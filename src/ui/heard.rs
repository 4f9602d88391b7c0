//! Says to scripts that the learner has come further, or that a promise broke: an event without words on the window.
//!
//! The rule that is easy to break: it says that something is new, and `window.faultline.state()` says what. Who puts the
//! page into another one hears of it by way of static/embedded.js.

use super::dom;
use crate::view::App;
use crate::view::app::tally;
use web_sys::Event;

/// The event's type.
const CHANGED: &str = "faultline-changed";

/// What scripts have heard of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    scenario: String,
    done: u64,
    answer: Option<usize>,
    violated: usize,
}

impl Heard {
    /// Says so if there is something new in `app`.
    pub fn follow(&mut self, app: &App) {
        let Some(open) = &app.open else { return };
        let now = Heard {
            scenario: open.origin.id().to_owned(),
            done: open.lesson.done,
            answer: open.lesson.answer,
            violated: tally(&open.settled.get()).violated,
        };
        if now == *self {
            return;
        }
        *self = now;
        if let (Some(window), Ok(event)) = (dom::window(), Event::new(CHANGED)) {
            let _ = window.dispatch_event(&event);
        }
    }
}
