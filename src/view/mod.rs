//! A run at a moment, as plain data to draw, and the state of the page around it.
//!
//! The rule that is easy to break: nothing here knows a browser. Everything the page decides is
//! decided here, and tested natively; [`crate::ui`] only draws it and listens.

pub mod action;
pub mod causality;
pub mod selection;
pub mod shared;
pub mod spacetime;
pub mod stage;
#[cfg(test)]
mod toy;

pub use action::{Action, Dialog, Tab, Theme};
pub use selection::Selection;
pub use shared::{RunRef, Shared};
