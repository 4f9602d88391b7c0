//! Copying, where the browser lets a page copy.

use super::dom;
use wasm_bindgen_futures::JsFuture;

/// Puts `text` on the clipboard; whether that was allowed.
pub async fn write(text: &str) -> bool {
    // Absent in an insecure context, though the binding says it is always there.
    let Some(navigator) = dom::window().map(|w| w.navigator()) else {
        return false;
    };
    if js_sys::Reflect::get(&navigator, &"clipboard".into()).map_or(true, |c| c.is_undefined()) {
        return false;
    }
    JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok()
}
