//! The page: Yew components over [`crate::view`]. The only layer that names a browser.
//!
//! The rule that is easy to break: a component decides nothing. It draws plain data and sends an
//! [`crate::view::Action`]; what follows from it is decided, and tested, in `view`.

mod aside;
mod bridge;
mod chips;
mod clipboard;
mod compare;
mod controls;
mod dialogs;
mod dom;
mod download;
mod drawing;
mod fields;
mod gallery;
mod header;
mod history;
mod icons;
mod lesson;
mod panels;
mod panic;
pub mod props;
mod prose;
mod root;
mod screen;
mod sizes;
pub mod stage;
mod storage;
mod tabs;
pub mod timeline;
mod transport;
mod upload;

pub use props::ViewProps;

/// Puts the page into the element `#app`.
pub fn mount() {
    panic::install();
    if let Some(root) = dom::document().and_then(|d| d.get_element_by_id("app")) {
        yew::Renderer::<root::Root>::with_root(root).render();
    }
}
