//! What the reader sees when the program itself breaks: what, where, and a way to go on.
//!
//! The rule that is easy to break: a panicked module is dead. This speaks to the browser directly,
//! never through Yew or the state, whose borrows may be held for ever; the run is in the address
//! and in the browser's storage, so that a reload is a way back.

use super::{bridge, dom, download, storage, tabs};
use std::panic::PanicHookInfo;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

/// Puts the hook in place. Through Yew, which otherwise sets its own when it starts.
pub fn install() {
    yew::set_custom_panic_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        let _ = show(info);
        bridge::give_up(&sentence(info));
    }));
}

fn sentence(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let what = payload
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "something impossible happened".to_owned());
    let whereabouts = info.location().map_or(String::new(), |l| {
        let file = l.file().trim_start_matches("src/");
        format!(" ({file}:{})", l.line())
    });
    format!("The simulation broke: {what}{whereabouts}.")
}

fn show(info: &PanicHookInfo<'_>) -> Option<()> {
    let boxed = make("div", "", "error fatal")?;
    let _ = boxed.set_attribute("role", "alert");
    let line = make("p", &sentence(info), "")?;
    let _ = line.set_attribute("data-testid", "error");
    let _ = boxed.append_child(&line);
    let again = button("Start again with this run", "btn main", dom::reload)?;
    let _ = boxed.append_child(&again);
    // Where even the start breaks, starting again does not help; a file can be sent to somebody.
    let mine = tabs::remembered().map(|tab| storage::shelf(&tab));
    if let Some(kept) = mine.and_then(|shelf| shelf.newest) {
        let save = button("Save this run", "btn", move || {
            let blob = download::blob(&kept.text, "application/json");
            let _ = blob.and_then(|b| download::save(&b, "faultline-run.json"));
        })?;
        let _ = boxed.append_child(&save);
    }
    let _ = dom::document()?.body()?.append_child(&boxed);
    Some(())
}

fn make(tag: &str, text: &str, class: &str) -> Option<web_sys::Element> {
    let e = dom::document()?.create_element(tag).ok()?;
    e.set_text_content(Some(text));
    e.set_class_name(class);
    Some(e)
}

fn button(text: &str, class: &str, act: impl Fn() + 'static) -> Option<web_sys::Element> {
    let button = make("button", text, class)?;
    let act = Closure::<dyn FnMut()>::new(act);
    let clicks: &web_sys::EventTarget = button.as_ref();
    let _ = clicks.add_event_listener_with_callback("click", act.as_ref().unchecked_ref());
    act.forget();
    Some(button)
}
