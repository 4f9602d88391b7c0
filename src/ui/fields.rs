//! Letting go of a field: Esc, and going elsewhere, bring back what it is to show (its `data-is`).
//!
//! The rule that is easy to break: a field that has the focus is not written to by a redraw
//! ([`super::controls::held`]), so whoever draws one gives it both attributes, or it keeps what was typed for ever.

use super::dom;
use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement, KeyboardEvent};

/// Listens for as long as the page is open.
pub fn listen() {
    let Some(document) = dom::document() else {
        return;
    };
    // It comes after the change that taking the value is; the redraw that follows that has the last word.
    EventListener::new(&document, "focusout", let_go).forget();
    EventListener::new(&document, "keydown", |e| {
        let key = e.dyn_ref::<KeyboardEvent>().map(KeyboardEvent::key);
        if key.as_deref() == Some("Escape") {
            let_go(e);
        }
    })
    .forget();
}

fn let_go(e: &Event) {
    let input = e.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok());
    if let Some((input, is)) = input.and_then(|i| Some((i.clone(), i.get_attribute("data-is")?))) {
        input.set_value(&is);
    }
}
