//! Files that the reader gives to the page: from a button or dropped on it.
//!
//! The rule that is easy to break: a file is anything at all, of any size. Its size is looked at before
//! a byte of it is read, and what is on screen goes only when the file was found good.

use crate::scenario::file;
use crate::view::Action;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::File;
use yew::Callback;

/// Reads `given` and opens what it says, or says why not.
pub fn open(given: File, on: Callback<Action>) {
    let refuse = |on: &Callback<Action>, why: &str| on.emit(Action::Error(Some(why.to_owned())));
    if given.size() > file::BYTES as f64 {
        let mib = file::BYTES >> 20;
        let name = crate::sim::letters::short(&given.name());
        let why = format!("'{name}' is larger than {mib} MiB: no scenario is, so it was not read.");
        return refuse(&on, &why);
    }
    spawn_local(async move {
        let text = JsFuture::from(given.text()).await.ok();
        match text.and_then(|t| t.as_string()) {
            Some(text) => on.emit(Action::OpenFile(text)),
            None => refuse(&on, "The browser could not read this file."),
        }
    });
}
