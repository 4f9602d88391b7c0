//! The state of the page: what is open, what is shown, and how it looks.
//!
//! The rule that is easy to break: everything on screen follows from this and from nothing else.
//! It changes only in [`super::reduce`]; the run inside changes only through its own methods.

use super::away::Away;
use super::chosen::{Dialog, Reach, Tab, Theme};
use super::director::Director;
use super::export::{Export, Kept, Writing};
use super::future::Journey;
use super::left::Left;
use super::log::Filter;
use super::open::Open;
use super::player::Player;
use super::route::Look;
use super::selection::Selection;
use super::study::Study;
use super::task::Course;
use crate::check::{Checks, Class, Verdict, verdicts};
use crate::scenario::SharedRun;
use crate::sim::Refusal;
use crate::sim::history::Run;

/// The state of the page.
#[derive(Clone, Default, PartialEq)]
pub struct App {
    /// The scenario on screen; none in the gallery.
    pub open: Option<Open>,
    /// The clock of the screen.
    pub player: Player,
    /// Who sees to the pace, where that follows what happens.
    pub director: Director,
    /// What is picked.
    pub selection: Selection,
    /// The panel on top.
    pub tab: Tab,
    /// How far an edit of a link reaches.
    pub reach: Reach,
    /// Which events the log shows.
    pub filter: Filter,
    /// Whether the row of the history is shown.
    pub history: bool,
    /// The dialog that is open.
    pub dialog: Option<Dialog>,
    /// The lesson that is being written, if one was begun.
    pub draft: Option<String>,
    /// Colours.
    pub theme: Theme,
    /// Whether keys without a modifier do things; set off where they get in somebody's way.
    pub keys_off: bool,
    /// What was done of the course.
    pub course: Course,
    /// Less motion.
    pub calm: bool,
    /// The page is no wider than a phone.
    pub narrow: bool,
    /// How the page shows itself.
    pub look: Look,
    /// The sentence in the element `error`.
    pub error: Option<String>,
    /// The code of the refusal behind that sentence, for scripts.
    pub code: &'static str,
    /// What is computed, or was, under many seeds.
    pub study: Option<Study>,
    /// How many studies were begun.
    pub studies: u32,
    /// What waits for a part to come.
    pub away: Option<Away>,
    /// The run that was left in one step for the one on screen.
    pub left: Option<Left>,
    /// A moment that is asked for and that is not reached yet: frames go on until it is.
    pub journey: Option<Journey>,
    /// Time waits for what is done to the message that is picked, and will go on.
    pub waits: bool,
    /// The sentence in the live region.
    pub say: String,
    /// The reader's time since the panels were last drawn, in microseconds.
    pub unsettled_us: u64,
    /// The reader's time since the live region last spoke.
    pub silent_us: u64,
    /// How many promises were broken when a story was last looked at.
    pub broken: usize,
    /// The event up to which the live region has told.
    pub told: u32,
}

/// What the checks come to, for a chip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Safety properties.
    pub safety: usize,
    /// Properties that are broken.
    pub violated: usize,
    /// Liveness properties still pending: something that they need is out of force.
    pub pending: usize,
    /// Liveness properties that wait for work under way.
    pub in_progress: usize,
}

/// Counts verdicts.
pub fn tally(run: &Run<Checks>) -> Tally {
    let mut t = Tally::default();
    for line in verdicts(run) {
        t.safety += usize::from(line.class == Class::Safety);
        t.violated += usize::from(matches!(line.verdict, Verdict::Violated { .. }));
        t.pending += usize::from(matches!(line.verdict, Verdict::Pending { .. }));
        t.in_progress += usize::from(matches!(line.verdict, Verdict::InProgress { .. }));
    }
    t
}

impl App {
    /// Says a refusal, and keeps everything else as it is.
    pub fn refuse(&mut self, refusal: &Refusal) {
        self.complain(sentence(&refusal.message));
        self.code = refusal.code;
    }

    /// Shows `why` as an error, and says it once: what happens next is said in its turn.
    pub(super) fn complain(&mut self, why: String) {
        // Said again, it must read differently, or a screen reader keeps silent.
        let again = if self.say == why { "\u{a0}" } else { "" };
        self.say = format!("{why}{again}");
        self.error = Some(why);
    }

    /// Whether the next frame has something to do.
    pub fn is_moving(&self) -> bool {
        self.player.runs() || self.journey.is_some()
    }
}

/// A refusal's message as a sentence: capital letter, full stop.
pub fn sentence(message: &str) -> String {
    let mut text = super::assumptions::capital(message);
    if !text.ends_with(['.', '?', '!']) {
        text.push('.');
    }
    text
}
impl App {
    /// The address's hash for what is on screen: one that opens this very run.
    pub fn address(&self) -> Option<String> {
        let o = self.open.as_ref()?;
        // At its start and untouched, a run needs no more than its name and its seed; if there is a page that
        // knows the name.
        let plain = {
            let run = o.run().get();
            run.edits().is_empty() && run.position() == 0 && o.origin.is_plain()
        };
        match plain {
            true => Some(format!("#/s/{}?seed={}", o.origin.id(), o.origin.seed())),
            false => self.link().ok(),
        }
    }

    /// The share link's hash: the scenario, its seed and settings, every edit, this moment.
    ///
    /// # Errors
    /// Nothing open; a run too large for a link.
    pub fn link(&self) -> Result<String, Refusal> {
        let open = self.open.as_ref();
        let o = open.ok_or_else(|| Refusal::new("nothing-open", "open a scenario first"))?;
        let payload = crate::scenario::text::link(&self.shared(o))?;
        Ok(format!("#/x/{payload}"))
    }

    /// What is on screen in the form `export`: the text of a file, its name and its media type.
    ///
    /// # Errors
    /// Nothing open; a run too large for that form.
    pub fn keep(&self, export: Export) -> Result<Kept, Refusal> {
        let open = self.open.as_ref();
        let o = open.ok_or_else(|| Refusal::new("nothing-open", "open a scenario first"))?;
        export.of(&self.saved(o), &o.run().get())
    }

    /// The run as a text of all its events, to be written piece by piece; `None` if `export` is another
    /// form.
    ///
    /// # Errors
    /// A run too large for that form.
    pub fn writing(&self, export: Export) -> Result<Option<Writing>, Refusal> {
        match &self.open {
            Some(o) => Writing::new(export, &self.shared(o).opening, &o.run().get()),
            None => Ok(None),
        }
    }

    /// What is on screen, as it is shared.
    pub(super) fn shared(&self, o: &Open) -> SharedRun {
        SharedRun {
            panel: (self.tab != Tab::default()).then(|| self.tab.panel()),
            picked: self.selection.picked(),
            ..o.origin.share(&o.run().get(), self.player.speed)
        }
    }
}
