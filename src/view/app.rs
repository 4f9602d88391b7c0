//! The state of the page: what is open, what is shown, and how it looks.
//!
//! The rule that is easy to break: everything on screen follows from this and from nothing else.
//! It changes only in [`super::reduce`]; the run inside changes only through its own methods.

use super::action::{Dialog, Tab, Theme};
use super::away::Away;
use super::beside::Beside;
use super::export::{Export, Kept, Writing};
use super::left::Left;
use super::log::Filter;
use super::player::Player;
use super::route::Look;
use super::scene::Scene;
use super::selection::Selection;
use super::shared::{RunRef, Shared};
use super::state;
use crate::check::{Checks, Class, Verdict};
use crate::scenario::SharedRun;
use crate::sim::Refusal;
use crate::sim::history::Run;

pub use crate::sim::limits::FUTURES;

/// One future of a run.
#[derive(Clone, PartialEq)]
pub struct Future {
    /// Its name: `A`, `B`, ...
    pub name: String,
    /// When it parted from its parent, in microseconds; `None` for the first.
    pub parted_us: Option<u64>,
    /// From what it was forked; `None` for the first.
    pub fork: Option<Fork>,
    /// What it was opened from: where a parameter was changed, another than its parent's.
    pub scene: Scene,
    /// The same without what a staged situation brought: where a reset leads.
    pub base: Scene,
    /// The run.
    pub run: RunRef,
    /// Where it stood when it was saved, until it is first shown: then it is taken there.
    pub goal: Option<Journey>,
}

/// Where a future was forked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The number of the future that was shown then.
    pub parent: usize,
    /// How many events had happened.
    pub events: u32,
}

/// A future in the tree of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its number, for [`super::Action::Future`] and [`super::Action::Rename`].
    pub future: usize,
    /// Its name.
    pub name: String,
    /// Its parent's number.
    pub parent: Option<usize>,
    /// How many parents it has above it.
    pub depth: usize,
    /// When it was forked, in microseconds; zero for the first.
    pub parted_us: u64,
    /// How many events had happened when it was forked; zero for the first.
    pub parted_events: u32,
    /// Where it stands now, in microseconds.
    pub time_us: u64,
    /// How many edits it has, made and still to come.
    pub edits: usize,
    /// Whether it is the one that is shown.
    pub shown: bool,
}

/// Where a link leads, or a hand has pointed in the diagram. It may be far: it is travelled frame by frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Journey {
    /// The moment, in microseconds.
    pub at_us: u64,
    /// The number of events, where the link names one.
    pub events: Option<u32>,
}

/// How far the lesson has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The staged situation that was begun, if any.
    pub staged: Option<&'static str>,
    /// Which steps were ever reached, one bit each: they stay ticked, wherever the run goes.
    pub done: u64,
    /// What the reader has predicted.
    pub guess: Option<usize>,
    /// What came out, once revealed.
    pub answer: Option<usize>,
}

impl Progress {
    /// Whether step `i` was reached.
    pub fn is_done(&self, i: usize) -> bool {
        self.done >> i & 1 == 1
    }
}

/// How far an edit of a link reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// This direction.
    One,
    /// Both directions.
    #[default]
    Both,
    /// Every link.
    All,
}

/// A scenario on screen.
#[derive(Clone, PartialEq)]
pub struct Open {
    /// What the future that is shown was opened from: scenario, seed, parameters, edits at the start.
    pub scene: Scene,
    /// Its futures; never empty.
    pub futures: Vec<Future>,
    /// The one that is shown.
    pub current: usize,
    /// The future beside it, if two are shown.
    pub beside: Option<Beside>,
    /// The run as slow readers (panels) see it: a version some tenths of a second old while time
    /// runs.
    pub settled: RunRef,
    /// How far the lesson has come.
    pub lesson: Progress,
}

impl Open {
    /// A scenario with its first future.
    pub fn new(scene: Scene, run: Run<Checks>) -> Self {
        let run = Shared::new(run);
        Open {
            scene: scene.clone(),
            settled: run.clone(),
            futures: vec![Future {
                name: "A".to_owned(),
                parted_us: None,
                fork: None,
                base: scene.without_edits(),
                scene,
                run,
                goal: None,
            }],
            current: 0,
            beside: None,
            lesson: Progress::default(),
        }
    }

    /// Where a reset leads from the future that is shown.
    pub fn base(&self) -> &Scene {
        &self.futures[self.current].base
    }

    /// The run that is shown.
    pub fn run(&self) -> &RunRef {
        &self.futures[self.current].run
    }

    /// Hands out a new version of the run that is shown, and lets the one beside follow it.
    pub fn touch(&mut self) {
        if self.beside.is_some() {
            self.follow();
        }
        let next = self.run().changed();
        self.futures[self.current].run = next;
    }

    /// Lets slow readers see the run as it is.
    pub fn settle(&mut self) {
        if self.beside.is_some() {
            self.settle_beside();
        }
        self.settled = self.run().clone();
        let run = self.settled.get();
        for (i, step) in self.scene.def.lesson.steps.iter().enumerate().take(64) {
            if !self.lesson.is_done(i) && (step.done)(run.world(), run.trace()) {
                self.lesson.done |= 1 << i;
            }
        }
    }
}

/// The state of the page.
#[derive(Clone, Default, PartialEq)]
pub struct App {
    /// The scenario on screen; none in the gallery.
    pub open: Option<Open>,
    /// The clock of the screen.
    pub player: Player,
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
    /// Colours.
    pub theme: Theme,
    /// Whether keys without a modifier do things; set off where they get in somebody's way.
    pub keys_off: bool,
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
    /// What waits for a chapter to come.
    pub away: Option<Away>,
    /// The run that was left in one step for the one on screen.
    pub left: Option<Left>,
    /// A moment that is asked for and that is not reached yet: frames go on until it is.
    pub journey: Option<Journey>,
    /// The sentence in the live region.
    pub say: String,
    /// The reader's time since the panels were last drawn, in microseconds.
    pub unsettled_us: u64,
    /// The reader's time since the live region last spoke.
    pub silent_us: u64,
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
    /// Liveness properties still pending.
    pub pending: usize,
}

/// Counts verdicts.
pub fn tally(run: &Run<Checks>) -> Tally {
    let mut t = Tally::default();
    for line in run.watcher().lines() {
        t.safety += usize::from(line.class == Class::Safety);
        t.violated += usize::from(matches!(line.verdict, Verdict::Violated { .. }));
        t.pending += usize::from(matches!(line.verdict, Verdict::Pending { .. }));
    }
    t
}

impl App {
    /// Reads the state for a script, as JSON text; `null` in the gallery.
    pub fn state_json(&self) -> String {
        match &self.open {
            Some(open) => state::text(self, open),
            None => "null".to_owned(),
        }
    }

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
        self.player.playing || self.journey.is_some()
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
        // At its start and untouched, a run needs no more than its name and its seed.
        let plain = {
            let run = o.run().get();
            run.edits().is_empty() && run.position() == 0 && o.scene.is_plain()
        };
        match plain {
            true => Some(format!("#/s/{}?seed={}", o.scene.id(), o.scene.seed())),
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
        let payload = crate::scenario::link::encode(&self.shared(o))?;
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
            ..o.scene.share(&o.run().get(), self.player.speed)
        }
    }
}
