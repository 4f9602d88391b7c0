//! The browser's storage, as a shelf for each tab with two places for the run that is shown.
//!
//! The rule that is easy to break: storage is a favour. It may be forbidden (a sandboxed frame), full,
//! or changed by another page of ours at any moment, so it is read anew before it is written.

use super::dom;
use super::tabs::Tab;
use crate::view::kept::{Record, Shelf};
use crate::view::tabs::{self, PAIRS, slots};
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

/// What there is on a tab's shelf; nothing where there is no storage.
pub fn shelf(tab: &str) -> Shelf {
    let get = |key: String| storage().and_then(|s| s.get_item(&key).ok()?);
    Shelf::read(slots(tab).map(get))
}

/// The names of all that is stored.
fn keys() -> Vec<String> {
    let Some(storage) = storage() else {
        return Vec::new();
    };
    let all = 0..storage.length().unwrap_or(0);
    all.filter_map(|i| storage.key(i).ok()?).collect()
}

/// What to offer to `tab`, and whose it is.
pub fn offered(tab: &Tab) -> Option<(String, Record)> {
    let keys = keys();
    let all = tabs::tabs(&keys).into_iter().map(|t| (t, shelf(t)));
    tabs::offered(&tab.id, &tab.living, all.collect())
}

/// Puts `text` on the shelf of `tab` as the newest. `spared` is the record that is being offered, by its
/// tab and number: it is never written over, and given up last.
///
/// # Errors
/// There is no storage, or no room.
pub fn keep(text: String, tab: &Tab, spared: Option<&(String, u64)>) -> Result<(), Trouble> {
    let storage = storage().ok_or(Trouble::Forbidden)?;
    let slots = slots(&tab.id);
    let (mut slot, number) = shelf(&tab.id).next();
    let own = spared.filter(|s| s.0 == tab.id).map(|s| s.1);
    let other = storage.get_item(&slots[slot]).ok().flatten();
    let other = other.as_deref().and_then(Record::read);
    if own.is_some() && other.map(|r| r.number) == own {
        slot = 1 - slot;
    }
    let record = Record { number, at_ms: now_ms(), text };
    let sealed = record.seal();
    // Where there is no room, what was kept before stays as it is.
    let put = || storage.set_item(&slots[slot], &sealed).is_ok();
    let keys = keys();
    let others: Vec<&str> = tabs::tabs(&keys);
    let others = others.into_iter().filter(|t| *t != tab.id);
    let count = others.clone().count();
    if count < PAIRS && put() {
        return Ok(());
    }
    let all: Vec<(&str, Shelf)> = others.map(|t| (t, shelf(t))).collect();
    let order = tabs::in_order(&tab.id, &tab.living, spared.map(|s| &*s.0), &all);
    let too_many = (count + 1).saturating_sub(PAIRS);
    let (go, stay) = order.split_at(too_many.min(order.len()));
    go.iter().for_each(|(t, _)| forget(t));
    let mut for_room = stay.iter().filter(|(_, may_go)| *may_go);
    loop {
        if put() {
            return Ok(());
        }
        forget(for_room.next().ok_or(Trouble::Full)?.0);
    }
}

/// Takes everything off a tab's shelf.
pub fn forget(tab: &str) {
    for key in slots(tab) {
        if let Some(storage) = storage() {
            let _ = storage.remove_item(&key);
        }
    }
}

/// Takes off a tab's shelf the record with this number and those before it: what was kept since stays.
pub fn decline(tab: &str, number: u64) {
    let Some(storage) = storage() else { return };
    for key in slots(tab) {
        let record = storage.get_item(&key).ok().flatten();
        let record = record.as_deref().and_then(Record::read);
        if record.is_none_or(|r| r.number <= number) {
            let _ = storage.remove_item(&key);
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
