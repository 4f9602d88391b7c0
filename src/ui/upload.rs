//! Files that are given to the page: by its reader, from a button or dropped on it; by its address, a lesson that lies beside it.
//!
//! The rule that is easy to break: a file is anything at all, of any size. Its size is looked at before
//! a byte of it is read, and what is on screen goes only when the file was found good.

use super::dom;
use crate::scenario::file;
use crate::view::Action;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{File, Response};
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

/// Fetches the lesson at `path`, below the page, and opens it, or says why not.
pub fn fetch(path: String, on: Callback<Action>) {
    spawn_local(async move {
        let text = fetched(&path).await;
        let action = match text {
            Ok(text) => Action::OpenFile(text),
            Err(why) => Action::Error(Some(format!("The lesson {path} could not be had: {why}"))),
        };
        on.emit(action);
    });
}

async fn fetched(path: &str) -> Result<String, String> {
    const NO_ANSWER: &str = "nobody answers there, or there is no network.";
    let window = dom::window().ok_or(NO_ANSWER)?;
    let answer = JsFuture::from(window.fetch_with_str(path)).await.map_err(|_| NO_ANSWER)?;
    let answer: Response = answer.dyn_into().map_err(|_| NO_ANSWER)?;
    if !answer.ok() {
        return Err(format!("the host answers {}.", answer.status()));
    }
    let text = JsFuture::from(answer.text().map_err(|_| NO_ANSWER)?).await.map_err(|_| NO_ANSWER)?;
    let text = text.as_string().unwrap_or_default();
    match text.len() <= file::BYTES {
        true => Ok(text),
        false => Err(format!("it is larger than {} MiB.", file::BYTES >> 20)),
    }
}
