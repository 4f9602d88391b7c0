//! The browser's storage, as a shelf with two places for the run that is shown.
//!
//! The rule that is easy to break: storage is a favour. It may be forbidden (a sandboxed frame), full,
//! or changed by another page of ours at any moment, so it is read anew before it is written.

use super::dom;
use crate::view::kept::{Record, SLOTS, Shelf};
use web_sys::Storage;

/// Why nothing is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There is no storage here.
    Forbidden,
    /// There is no room in it.
    Full,
}

/// Milliseconds since 1970.
pub fn now_ms() -> u64 {
    js_sys::Date::now() as u64
}

fn storage() -> Option<Storage> {
    dom::window()?.local_storage().ok()?
}

/// What there is on the shelf; nothing where there is no storage.
pub fn shelf() -> Shelf {
    let get = |key: &str| storage().and_then(|s| s.get_item(key).ok()?);
    Shelf::read(SLOTS.map(get))
}

/// Puts `text` on the shelf as the newest. With `spared`, the record of that number is never written
/// over.
///
/// # Errors
/// There is no storage, or no room.
pub fn keep(text: String, spared: Option<u64>) -> Result<(), Trouble> {
    let storage = storage().ok_or(Trouble::Forbidden)?;
    let shelf = shelf();
    let (mut slot, number) = shelf.next();
    let other = storage.get_item(SLOTS[slot]).ok().flatten();
    let other = other.as_deref().and_then(Record::read);
    if spared.is_some() && other.map(|r| r.number) == spared {
        slot = 1 - slot;
    }
    let record = Record {
        number,
        at_ms: now_ms(),
        text,
    };
    // Where there is no room, what was kept before stays as it is.
    let put = storage.set_item(SLOTS[slot], &record.seal());
    put.map_err(|_| Trouble::Full)
}

/// Takes everything off the shelf.
pub fn forget() {
    for key in SLOTS {
        if let Some(storage) = storage() {
            let _ = storage.remove_item(key);
        }
    }
}

/// Whether there is storage here.
///
/// # Errors
/// There is none.
pub fn allowed() -> Result<(), Trouble> {
    storage().map(|_| ()).ok_or(Trouble::Forbidden)
}
