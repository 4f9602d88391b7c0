//! The page: Yew components over [`crate::view`]. The only layer that names a browser.
//!
//! The rule that is easy to break: a component decides nothing. It draws plain data and sends an
//! [`crate::view::Action`]; what follows from it is decided, and tested, in `view`.

mod address;
mod aside;
mod boards;
mod bridge;
mod chart;
mod chips;
mod clipboard;
mod compare;
mod controls;
pub mod details;
mod dialogs;
mod dom;
mod download;
mod drawing;
mod fields;
pub mod gallery;
mod header;
mod heard;
mod hire;
mod history;
mod icons;
pub mod landing;
mod lesson;
mod panels;
mod panic;
pub mod parts;
pub mod props;
mod prose;
mod root;
mod screen;
mod sizes;
pub mod stage;
mod storage;
mod study;
mod tabs;
pub mod timeline;
mod transport;
mod upload;
pub mod whole;
mod worker;

pub use props::ViewProps;

/// Puts the page into the element `#app`, with the part that its address needs, which `part` brings; in a
/// worker, does the work that it was ordered. Until then what the page's text says stays on screen.
pub fn mount(part: parts::Load, details: details::Load, landing: landing::Load) {
    parts::come_by(part);
    if worker::is_one() {
        return worker::serve();
    }
    panic::install();
    details::come_by(details);
    landing::come_by(landing);
    wasm_bindgen_futures::spawn_local(async {
        let app = root::first_state().await;
        if let Some(place) = dom::document().and_then(|d| d.get_element_by_id("app")) {
            let props = root::RootProps { app: app.into() };
            yew::Renderer::<root::Root>::with_root_and_props(place, props).render();
        }
    });
}
