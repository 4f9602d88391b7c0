//! The page: Yew components over [`crate::view`]. The only layer that names a browser.
//!
//! The rule that is easy to break: a component decides nothing. It draws plain data and sends an
//! [`crate::view::Action`]; what follows from it is decided, and tested, in `view`.

pub mod props;
pub mod stage;
pub mod timeline;

pub use props::ViewProps;
