//! A run at a moment, as plain data to draw, and the state of the page around it.
//!
//! The rule that is easy to break: nothing here knows a browser. Everything the page decides is
//! decided here, and tested natively; [`crate::ui`] only draws it and listens.

pub mod action;
pub mod app;
pub mod assumptions;
pub mod away;
pub mod before;
pub mod beside;
pub mod causality;
pub mod compare;
pub mod curve;
pub mod differences;
pub mod export;
mod grove;
pub mod kept;
pub mod keys;
pub mod left;
pub mod log;
pub mod player;
pub mod reduce;
pub mod route;
mod saved;
pub mod scene;
pub mod selection;
pub mod settings;
pub mod shared;
pub mod spacetime;
pub mod stage;
pub mod state;
pub mod svg;
pub mod tabs;
#[cfg(test)]
mod toy;
pub mod twin;
pub mod walk;
pub mod why;
pub mod words;

pub use action::{Action, Dialog, Tab, Theme};
pub use app::App;
pub use selection::Selection;
pub use shared::{RunRef, Shared};
