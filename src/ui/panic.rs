//! What the reader sees when the program itself breaks: what, where, and a way to go on.
//!
//! The rule that is easy to break: a panicked module is dead. This speaks to the browser directly,
//! never through Yew or the state, whose borrows may be held for ever; the run is in the address,
//! so that a reload is a way back.

use super::dom;
use std::panic::PanicHookInfo;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

/// Puts the hook in place. Through Yew, which otherwise sets its own when it starts.
pub fn install() {
    yew::set_custom_panic_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        let _ = show(info);
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
    let document = dom::document()?;
    let body = document.body()?;
    let make = |tag: &str, text: &str| -> Option<web_sys::Element> {
        let e = document.create_element(tag).ok()?;
        e.set_text_content(Some(text));
        Some(e)
    };
    let boxed = make("div", "")?;
    let _ = boxed.set_attribute("class", "error fatal");
    let _ = boxed.set_attribute("role", "alert");
    let line = make("p", &sentence(info))?;
    let _ = line.set_attribute("data-testid", "error");
    let again = make("button", "Start again with this run")?;
    let _ = again.set_attribute("class", "btn main");
    let reload = Closure::<dyn FnMut()>::new(|| {
        if let Some(w) = dom::window() {
            let _ = w.location().reload();
        }
    });
    let clicks: &web_sys::EventTarget = again.as_ref();
    let _ = clicks.add_event_listener_with_callback("click", reload.as_ref().unchecked_ref());
    reload.forget();
    let _ = boxed.append_child(&line);
    let _ = boxed.append_child(&again);
    let _ = body.append_child(&boxed);
    Some(())
}
