//! The few words this page has with the browser itself.
//!
//! The rule that is easy to break: nothing here may panic. A missing element, a forbidden storage
//! (a sandboxed frame has none) and a blocked clipboard are ordinary.

use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlElement, Window};

/// The window.
pub fn window() -> Option<Window> {
    web_sys::window()
}

/// The document.
pub fn document() -> Option<Document> {
    window()?.document()
}

/// Milliseconds since the page was opened.
pub fn now_ms() -> f64 {
    window().and_then(|w| w.performance()).map_or(0.0, |p| p.now())
}

/// Puts the focus on the element with this id.
pub fn focus(id: &str) {
    let element = document().and_then(|d| d.get_element_by_id(id));
    if let Some(e) = element.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        let _ = e.focus();
    }
}

/// Puts the focus on the first of `within` that `selector` finds.
pub fn focus_in(within: &Element, selector: &str) {
    let found = within.query_selector(selector).ok().flatten();
    // What stands on the stage is SVG, which takes the focus by the same call.
    if let Some(e) = found {
        let _ = e.unchecked_into::<HtmlElement>().focus();
    }
}

/// Scrolls to what `selector` finds, unless all of it can be seen.
pub fn show(selector: &str) {
    let Some(found) = document().and_then(|d| d.query_selector(selector).ok().flatten()) else {
        return;
    };
    let place = found.get_bounding_client_rect();
    let height = window().and_then(|w| w.inner_height().ok()?.as_f64()).unwrap_or(f64::MAX);
    if place.top() < 0.0 || place.bottom() > height {
        found.scroll_into_view();
    }
}

/// The element that has the focus.
pub fn active() -> Option<Element> {
    document()?.active_element()
}

/// Whether nothing has the focus: what had it is gone.
pub fn nowhere() -> bool {
    active().is_none_or(|e| e.tag_name() == "BODY")
}

/// Sets (or removes) an attribute of the root element.
pub fn root_attribute(name: &str, value: Option<&str>) {
    if let Some(root) = document().and_then(|d| d.document_element()) {
        let _ = match value {
            Some(v) => root.set_attribute(name, v),
            None => root.remove_attribute(name),
        };
    }
}

/// The address's `search` and `hash`.
pub fn address() -> (String, String) {
    let location = window().map(|w| w.location());
    let part = |f: fn(&web_sys::Location) -> Result<String, wasm_bindgen::JsValue>| {
        location.as_ref().and_then(|l| f(l).ok()).unwrap_or_default()
    };
    (part(web_sys::Location::search), part(web_sys::Location::hash))
}

/// The page's address without what follows `#` and `?`.
pub fn base() -> String {
    let href = window().and_then(|w| w.location().href().ok()).unwrap_or_default();
    href.split(['#', '?']).next().unwrap_or_default().to_owned()
}

/// Rewrites the address without a new entry in the history; whether the browser allows it.
pub fn replace_hash(hash: &str) -> bool {
    let Some(history) = window().and_then(|w| w.history().ok()) else {
        return false;
    };
    let (search, _) = address();
    let url = format!("{}{search}{hash}", base());
    history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&url)).is_ok()
}

/// A new entry in the history, at the same address: what follows rewrites that one, and "back" leads here. Whether the
/// browser allows it.
pub fn push_address() -> bool {
    let history = window().and_then(|w| w.history().ok());
    history.is_some_and(|h| h.push_state_with_url(&wasm_bindgen::JsValue::NULL, "", None).is_ok())
}

/// Loads the page again, in a moment: what is to be drawn or written before, is.
pub fn reload() {
    gloo_timers::callback::Timeout::new(0, || {
        if let Some(w) = window() {
            let _ = w.location().reload();
        }
    })
    .forget();
}

/// The page is no wider than a phone; the same as in the style sheets.
pub const NARROW: &str = "(max-width: 480px)";

/// Whether a media query holds.
pub fn matches(query: &str) -> bool {
    let list = window().and_then(|w| w.match_media(query).ok().flatten());
    list.is_some_and(|l| l.matches())
}

/// What the browser keeps under `key`.
pub fn stored(key: &str) -> Option<String> {
    window()?.local_storage().ok()??.get_item(key).ok()?
}

/// Keeps `value` under `key`, where the browser allows it.
pub fn store(key: &str, value: &str) {
    if let Some(Ok(Some(s))) = window().map(|w| w.local_storage()) {
        let _ = s.set_item(key, value);
    }
}
