//! A run as text: links, files, what scripts hand over. Whoever shows runs reads and writes them here.
//!
//! The rule that is easy to break: in the page what reads and writes comes on demand, for a run moves long before anybody
//! shares it. So nothing that the page needs at once may call [`super::link`] and [`super::file`] themselves.

use super::part::Part;
use super::{Opening, SharedRun, file, link};
use crate::sim::{Fault, Refusal, data, json};

/// What reads and writes runs, if it has come.
pub static TEXT: Part<Text> = Part::away("text", "What reads and writes links and files");

/// What reads and writes runs.
pub struct Text {
    link: fn(&SharedRun) -> Result<String, Refusal>,
    linked: fn(&str) -> Result<SharedRun, Refusal>,
    file: fn(&SharedRun) -> Result<String, Refusal>,
    filed: fn(&str) -> Result<SharedRun, Refusal>,
    opening: fn(&Opening) -> String,
    opened: fn(&str) -> Result<Opening, Refusal>,
    fault: fn(&str) -> Result<Fault, Refusal>,
}

/// All of it. In the page it is named by its own part alone.
pub static WHOLE: Text = Text {
    link: link::encode,
    linked: link::decode,
    file: file::text,
    filed: file::read,
    opening: json::text,
    opened: read_opening,
    fault: read_fault,
};

/// What reads and writes runs, here.
fn text() -> Result<&'static Text, Refusal> {
    #[cfg(not(feature = "on-demand"))]
    TEXT.provide(&WHOLE);
    TEXT.get()
}

/// The payload of a link to `run`.
///
/// # Errors
/// What [`link::encode`] refuses.
pub fn link(run: &SharedRun) -> Result<String, Refusal> {
    (text()?.link)(run)
}

/// The run that a link's payload describes.
///
/// # Errors
/// What [`link::decode`] refuses.
pub fn linked(payload: &str) -> Result<SharedRun, Refusal> {
    (text()?.linked)(payload)
}

/// `run` as the text of a file.
///
/// # Errors
/// What [`file::text`] refuses.
pub fn file(run: &SharedRun) -> Result<String, Refusal> {
    (text()?.file)(run)
}

/// The run that a file describes.
///
/// # Errors
/// What [`file::read`] refuses.
pub fn filed(words: &str) -> Result<SharedRun, Refusal> {
    (text()?.filed)(words)
}

/// `opening` as JSON.
///
/// # Errors
/// That what writes it has not come.
pub fn opening(opening: &Opening) -> Result<String, Refusal> {
    Ok((text()?.opening)(opening))
}

/// An opening from JSON: the argument of the page's `load`.
///
/// # Errors
/// What is no opening.
pub fn opened(words: &str) -> Result<Opening, Refusal> {
    (text()?.opened)(words)
}

/// A fault from JSON; a time in it is ignored, for an edit is made now.
///
/// # Errors
/// What is no fault.
pub fn fault(words: &str) -> Result<Fault, Refusal> {
    (text()?.fault)(words)
}

fn unreadable(what: &str, why: &str) -> Refusal {
    Refusal::new("bad-argument", format!("{what} cannot be read: {why}"))
}

fn read_opening(words: &str) -> Result<Opening, Refusal> {
    let opening = json::read(words).and_then(|data| Opening::read(data).map_err(|wrong| wrong.to_string()));
    opening.map_err(|e| unreadable("what to load", &e))
}

fn read_fault(words: &str) -> Result<Fault, Refusal> {
    let fault = json::read(words).and_then(|mut value| {
        if let Some(map) = value.as_object_mut() {
            map.remove("at_us");
        }
        data::read(value).map_err(|wrong| wrong.to_string())
    });
    fault.map_err(|e| unreadable("the edit", &e))
}
