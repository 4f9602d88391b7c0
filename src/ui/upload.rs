//! Files that the reader gives to the page: from a button or dropped on it.
//!
//! The rule that is easy to break: a file is anything at all, of any size. Its size is looked at before
//! a byte of it is read, and what is on screen goes only when the file was found good. The reader of scenario
//! files is heavy, and this is the one place of the page that names it.

use crate::scenario::{Own, file, front, proof};
use crate::view::Action;
use std::sync::Arc;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::File;
use yew::Callback;

/// What comes of a scenario file: it is opened, or its mistake is told with line and field.
fn lesson(text: &str) -> Action {
    let say = |what: String| Action::Error(Some(format!("This file is no scenario yet: {what}.")));
    let scenario = match front::read(text) {
        Ok(scenario) => Arc::new(scenario),
        Err(mistake) => return say(mistake.to_string()),
    };
    match proof::unknown_name(&scenario) {
        None => Action::OpenOwn(Own(scenario)),
        Some((way, message)) => say(front::Mistake::at(text, &way, message).to_string()),
    }
}

/// Reads `given` and opens what it says, or says why not.
pub fn open(given: File, on: Callback<Action>) {
    let refuse = |on: &Callback<Action>, why: &str| on.emit(Action::Error(Some(why.to_owned())));
    if given.size() > file::BYTES as f64 {
        let mib = file::BYTES >> 20;
        let name = crate::sim::fields::short(&given.name());
        let why = format!("'{name}' is larger than {mib} MiB: no scenario is, so it was not read.");
        return refuse(&on, &why);
    }
    spawn_local(async move {
        let text = JsFuture::from(given.text()).await.ok();
        match text.and_then(|t| t.as_string()) {
            Some(text) if front::is_scenario(&text) => on.emit(lesson(&text)),
            Some(text) => on.emit(Action::OpenFile(text)),
            None => refuse(&on, "The browser could not read this file."),
        }
    });
}
