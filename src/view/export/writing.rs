//! All events of a run as text, written piece by piece: to a shell as they come, to a page between two
//! frames.
//!
//! The rule that is easy to break: where a piece ends never shows in what is written. And what is
//! written is the run as it stood when the writing began, wherever it has gone since: a page's writing
//! has a fork of its own, which shares with the run what both have in common.

use super::{Export, jsonl, shiviz};
use crate::check::Checks;
use crate::scenario::Opening;
use crate::sim::history::Run;
use crate::sim::{EventId, Refusal};

/// The most events of a text of all events on the page; the tool has no such limit.
pub const EVENTS: u32 = 1_000_000;
/// Events between two looks at whether it is enough for now.
const SLICE: u32 = 64;

/// A text of all events under way, in either form.
pub struct Script {
    form: Form,
    // How many events have been written; `None` before the beginning.
    written: Option<u32>,
}

enum Form {
    Jsonl(Opening),
    Shiviz(shiviz::Log),
}

impl Script {
    /// JSON lines of a run that was opened as `opening`.
    pub fn jsonl(opening: &Opening) -> Self {
        Script::of(Form::Jsonl(opening.clone()))
    }

    /// The log for ShiViz of `run`.
    ///
    /// # Errors
    /// A run of so many events and nodes that no such log is of use.
    pub fn shiviz(run: &Run<Checks>) -> Result<Self, Refusal> {
        Ok(Script::of(Form::Shiviz(shiviz::Log::new(run)?)))
    }

    fn of(form: Form) -> Self {
        Script { form, written: None }
    }

    /// Writes the next `most` events of `run`, always the same one, to the end of `out`, with what stands
    /// before the first and after the last of them. False if that was the end.
    pub fn more(&mut self, run: &Run<Checks>, most: u32, out: &mut String) -> bool {
        let from = self.written.unwrap_or_else(|| {
            match &self.form {
                Form::Jsonl(opening) => jsonl::head(opening, run, out),
                Form::Shiviz(_) => shiviz::Log::head(out),
            }
            0
        });
        let to = run.position().min(from.saturating_add(most));
        for id in (from..to).map(EventId) {
            match &mut self.form {
                Form::Jsonl(_) => jsonl::event(run, id, out),
                Form::Shiviz(log) => log.event(run, id, out),
            }
        }
        self.written = Some(to);
        if to < run.position() {
            return true;
        }
        if let Form::Jsonl(_) = self.form {
            jsonl::tail(run, out);
        }
        false
    }

    /// All of it at once.
    pub fn whole(mut self, run: &Run<Checks>) -> String {
        let mut out = String::new();
        self.more(run, u32::MAX, &mut out);
        out
    }
}

/// A text of all events for the page, of a run as it stood at the click.
pub struct Writing {
    run: Run<Checks>,
    script: Script,
    /// What the file is called.
    pub name: String,
    /// Its media type.
    pub media: &'static str,
}

impl Writing {
    /// `run`, which was opened as `opening`, in the form of `export`; `None` if that is no text of events.
    ///
    /// # Errors
    /// A run too large for the page, or for the form.
    pub fn new(export: Export, opening: &Opening, run: &Run<Checks>) -> Result<Option<Self>, Refusal> {
        let script = match export {
            Export::Jsonl if run.position() > EVENTS => return Err(too_many(run)),
            Export::Jsonl => Script::jsonl(opening),
            Export::Shiviz => Script::shiviz(run)?,
            _ => return Ok(None),
        };
        Ok(Some(Writing { run: run.fork(), script, name: export.name(opening, run), media: export.media() }))
    }

    /// Writes on at the end of `out` until `enough` says so; false if that was the end.
    pub fn more(&mut self, out: &mut String, enough: &mut dyn FnMut() -> bool) -> bool {
        while self.script.more(&self.run, SLICE, out) {
            if enough() {
                return true;
            }
        }
        false
    }

    /// How much has been written, in percent.
    pub fn percent(&self) -> u32 {
        let written = u64::from(self.script.written.unwrap_or(0));
        (100 * written / u64::from(self.run.position()).max(1)) as u32
    }
}

fn too_many(run: &Run<Checks>) -> Refusal {
    Refusal::new(
        "too-large",
        format!(
            "{} events are too many for a page to write down: save the scenario, and let the command-line \
             tool do it",
            run.position()
        ),
    )
}
