//! Fetching the parts that are not here.
//!
//! The rule that is easy to break: this only fetches. What is done with a part that has come, and what is said of
//! one that cannot be had, is decided in [`crate::view::away`].

use super::dom;
use crate::protocols::CHAPTERS;
use crate::scenario::is_here;
use crate::sim::Refusal;
use crate::view::away;
use gloo_timers::callback::Timeout;
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

/// What comes later.
pub type Come<T> = Pin<Box<dyn Future<Output = T>>>;

/// Brings the part of that name; whether it is here then.
pub type Load = fn(&'static str) -> Come<bool>;

/// Milliseconds after the start in which nothing is fetched that nobody has asked for.
const CALM_MS: u32 = 4_000;

thread_local! {
    static LOAD: Cell<Option<Load>> = const { Cell::new(None) };
}

/// From now on parts come by `load`.
pub fn come_by(load: Load) {
    LOAD.set(Some(load));
}

/// Brings the part of that name; whether it is here then. Asked for again, it is tried again.
pub async fn fetch(part: &'static str) -> bool {
    match LOAD.get() {
        _ if is_here(part) => true,
        Some(load) => load(part).await && is_here(part),
        None => false,
    }
}

/// What comes of `attempt`, once all that it lacks has been brought.
///
/// # Errors
/// What it refuses; where something cannot be had, what is said of that.
pub async fn with_all<T>(attempt: impl Fn() -> Result<T, Refusal>) -> Result<T, Refusal> {
    loop {
        match attempt() {
            Err(Refusal { code, part: Some(part), .. }) => {
                if !fetch(part).await {
                    return Err(Refusal::new(code, away::missing(part)));
                }
            }
            done => return done,
        }
    }
}

/// Brings what `first` does and all parts, one after the other, once the page has stood for some seconds: what is opened
/// next then opens without waiting. Not where the reader saves data; and it ends where one cannot be had.
pub fn fetch_ahead<F>(first: fn() -> F)
where
    F: Future<Output = bool> + 'static,
{
    if saves_data() {
        return;
    }
    let begin = move || {
        spawn_local(async move {
            if !first().await {
                return;
            }
            for part in CHAPTERS.iter().flat_map(|c| c.parts) {
                if !fetch(part).await {
                    return;
                }
            }
        });
    };
    Timeout::new(CALM_MS, begin).forget();
}

fn saves_data() -> bool {
    let navigator = dom::window().map(|w| JsValue::from(w.navigator()));
    let get = |of: JsValue, name: &str| js_sys::Reflect::get(&of, &name.into()).ok();
    let saves = navigator
        .and_then(|n| get(n, "connection"))
        .filter(JsValue::is_object)
        .and_then(|c| get(c, "saveData"));
    saves.is_some_and(|s| s.is_truthy())
}
