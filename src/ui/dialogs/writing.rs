//! A long text under way: written between frames, told to whoever looks, called off by a click.
//!
//! The rule that is easy to break: it belongs to the page, not to the dialog. Who closes the dialog to
//! look at the run still gets the file, and meets its progress on opening the dialog again. There is one
//! at a time: the last one asked for.

use crate::ui::{dom, download};
use crate::view::export::Writing;
use gloo_timers::callback::Timeout;
use js_sys::{Promise, Reflect};
use std::cell::RefCell;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use yew::Callback;

/// Milliseconds of writing between two looks at what else the page has to do; and where nobody sees it,
/// for a browser lets a hidden page work once a second.
const BUDGET_MS: f64 = 9.0;
const HIDDEN_MS: f64 = 300.0;
/// Milliseconds between two stretches of writing; a browser makes more of it.
const PAUSE_MS: u32 = 1;
/// Bytes that are handed to the browser together.
const PIECE: usize = 1 << 20;

/// What there is to tell of the text.
pub enum Told {
    /// How much is written, in percent; `None`: nothing is being written.
    Percent(Option<u32>),
    /// What came of it, in a sentence.
    Said(String),
}

#[derive(Default)]
struct Desk {
    // Which of the texts asked for so far is being written.
    number: u32,
    percent: Option<u32>,
    listener: Option<Callback<Told>>,
}

thread_local! {
    static DESK: RefCell<Desk> = RefCell::default();
}

/// How much of the text under way is written, in percent, if one is.
pub fn percent() -> Option<u32> {
    DESK.with_borrow(|d| d.percent)
}

/// Tells `listener` from now on, and nobody else.
pub fn listen(listener: Option<Callback<Told>>) {
    DESK.with_borrow_mut(|d| d.listener = listener);
}

/// Begins to write, in the place of what may be under way. `done` says what came of it, in a sentence.
pub fn begin(writing: Writing, done: fn(Result<String, &'static str>) -> String) {
    let number = next();
    set_percent(Some(0));
    spawn_local(async move {
        let name = writing.name.clone();
        let Some(blob) = write(writing, number).await else {
            return;
        };
        next();
        set_percent(None);
        let saved = blob.and_then(|b| download::save(&b, &name));
        tell(Told::Said(done(saved.map(|()| name).ok_or(download::NO_WAY))));
    });
}

/// Calls off what is under way.
pub fn cancel() {
    next();
    set_percent(None);
    tell(Told::Said("Stopped: nothing was saved.".to_owned()));
}

/// The number of the next text; the one before ends.
fn next() -> u32 {
    DESK.with_borrow_mut(|d| {
        d.number = d.number.wrapping_add(1);
        d.number
    })
}

fn set_percent(percent: Option<u32>) {
    let changed = DESK.with_borrow_mut(|d| std::mem::replace(&mut d.percent, percent) != percent);
    if changed {
        tell(Told::Percent(percent));
    }
}

fn tell(told: Told) {
    // Not while the desk is held: whoever listens may ask it something.
    if let Some(listener) = DESK.with_borrow(|d| d.listener.clone()) {
        listener.emit(told);
    }
}

/// The whole text as a file; `None` if it was called off, `Some(None)` if the browser refuses.
async fn write(mut writing: Writing, number: u32) -> Option<Option<web_sys::Blob>> {
    let (mut pieces, mut text) = (download::Pieces::default(), String::new());
    loop {
        pause().await;
        if DESK.with_borrow(|d| d.number != number) {
            return None;
        }
        let end = dom::now_ms() + if hidden() { HIDDEN_MS } else { BUDGET_MS };
        let more = writing.more(&mut text, &mut || dom::now_ms() >= end);
        if text.len() >= PIECE || !more {
            if pieces.add(&text).is_none() {
                return Some(None);
            }
            text.clear();
        }
        if !more {
            return Some(pieces.file(writing.media));
        }
        set_percent(Some(writing.percent()));
    }
}

/// Whether nobody sees the page.
fn hidden() -> bool {
    let said = dom::document().map(|d| Reflect::get(&d, &"hidden".into()));
    said.is_some_and(|said| said.is_ok_and(|hidden| hidden.is_truthy()))
}

/// Until the browser has done what else waits.
async fn pause() {
    let promise = Promise::new(&mut |done, _| {
        let done = move || {
            let _ = done.call0(&JsValue::NULL);
        };
        Timeout::new(PAUSE_MS, done).forget();
    });
    let _ = JsFuture::from(promise).await;
}
