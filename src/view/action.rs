//! Everything that can happen to the page, as data: one root reducer takes these and nothing else.
//!
//! The rule that is easy to break: an action says what was asked, in the run's own words. It holds
//! no pixel and no element, so that a test, a key, a click and `window.faultline` all send the same.

use super::chosen::{Dialog, Reach, Tab, Theme};
use super::log::Filter;
use super::measures::{Ask, AskModels};
use super::models::Model;
use super::player::Pace;
use super::selection::Selection;
use super::spacetime::Camera;
use super::study::News;
use super::walk::{Aim, Stride};
use crate::sim::{EventId, Fault};

/// One thing asked of the page.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A frame of the screen has passed, this many microseconds of the reader's time.
    Frame(u64),
    /// Let time run.
    Play,
    /// Stop time.
    Pause,
    /// Play or pause.
    Toggle,
    /// Time stands still, however it plays, for a hand has hold of the moment; with `false` it goes on as before.
    Hold(bool),
    /// Let what happens, or the speed that is set, decide how fast time runs.
    Pace(Pace),
    /// Go on by this many events.
    Step(u32),
    /// Go back by this many events.
    Back(u32),
    /// Go to this moment, in microseconds of simulated time.
    Seek(u64),
    /// Go to this moment, in microseconds; where this future has not been, frame by frame.
    Travel(u64),
    /// Go to just after this event.
    SeekEvent(EventId),
    /// Go on to the next event of this kind; with `true` back to the one before.
    Walk(Stride, bool),
    /// The same for what is selected; nothing selected means every message, and the first node.
    Go(Aim, bool),
    /// Show the row of the history under the transport, or hide it.
    History(bool),
    /// Keep this future and begin another from here.
    Fork,
    /// Show the future with this number.
    Future(usize),
    /// Give the future with this number this name.
    Rename(usize, String),
    /// Remove the future with this number, unless it is the only one. What was forked from it goes to its
    /// parent, and so does what is shown.
    Remove(usize),
    /// Show the future with this number beside the one that is shown: one playhead for both.
    Beside(Option<usize>),
    /// Show this stretch of time in both diagrams of a comparison.
    Window(Camera),
    /// Run the same again with this parameter at this value, as another future beside this one.
    Vary(String, String),
    /// Run the same again without what was done to the world in this event, as another future beside this one.
    Without(EventId),
    /// Do this in another future, right after this event or now, with the present one beside it, and let time run.
    Mend(Option<EventId>, Vec<Fault>),
    /// Run the same again without the last edit, as another future beside this one.
    WithoutLastEdit,
    /// Begin the run that is shown again: time zero, its parameters, all edits and other futures gone; the
    /// browser's "back" leads to what was there.
    Reset,
    /// Run it again with this seed, all edits and other futures gone.
    SetSeed(u64),
    /// Run it again with this parameter at this value, all edits and other futures gone.
    Set(String, String),
    /// Simulated microseconds in a second of the reader's time.
    SetSpeed(u64),
    /// Slower (-1) or faster (+1) by one notch of the scale.
    Nudge(i32),
    /// Pick something; [`Selection::None`] lets go.
    Select(Selection),
    /// Do this to the world, now.
    Edit(Fault),
    /// Several at once, or none of them; one undo takes all of them back.
    Edits(Vec<Fault>),
    /// Take the last edit back.
    Undo,
    /// Do it after all.
    Redo,
    /// Begin the staged situation with this id.
    Stage(String),
    /// Begin it, and let it run.
    Begin(String),
    /// Forget what was done of the course.
    Forget,
    /// Put the question aside.
    Pass,
    /// Predict this.
    Guess(usize),
    /// Run the prediction, and show what comes out.
    Reveal,
    /// Compute this under many seeds, beside the page.
    Measure(Ask),
    /// Run this scenario, and those beside it, under each timing model and many seeds.
    UnderModels(AskModels),
    /// Open the run that shows what the cell of this row and model says.
    OpenCell(usize, Model),
    /// Call that off.
    StopMeasuring,
    /// What has come of the study with this number.
    Measured(u32, News),
    /// Let an edit of a link reach this far.
    Reach(Reach),
    /// Show these events in the log.
    Filter(Filter),
    /// Show this page of the inspector.
    Tab(Tab),
    /// Open or close a dialog.
    Dialog(Option<Dialog>),
    /// Colours.
    Theme(Theme),
    /// Shortcuts of the keyboard on or off.
    Shortcuts(bool),
    /// The reader's system asks for less motion, or no longer.
    Calm(bool),
    /// The page is no wider than a phone, or no longer.
    Narrow(bool),
    /// The address is now this `search` and `hash`: show what it names.
    Route(String, String),
    /// The lesson that is being written says this now.
    Draft(String),
    /// Open the run that this text of a file describes (`docs/files.md`).
    OpenFile(String),
    /// The part of this name has come, or with `false` could not be had.
    Arrived(&'static str, bool),
    /// Ask again for the part that could not be had.
    Retry,
    /// Show this sentence as an error; `None` clears it.
    Error(Option<String>),
}
