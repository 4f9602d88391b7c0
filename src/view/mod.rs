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
pub mod board;
pub mod broken;
pub mod causality;
pub mod chart;
pub mod chosen;
pub mod compare;
pub mod course;
pub mod curve;
pub mod differences;
pub mod director;
pub mod draft;
pub mod embedding;
pub mod export;
pub mod future;
mod grove;
pub mod kept;
pub mod keys;
pub mod left;
pub mod live;
pub mod log;
pub mod lost;
pub mod measures;
pub mod models;
pub mod open;
pub mod origin;
pub mod player;
pub mod reduce;
pub mod route;
mod saved;
pub mod selection;
pub mod settings;
pub mod shared;
pub mod shelf;
pub mod sides;
pub mod spacetime;
pub mod stage;
pub mod state;
pub mod statistics;
pub mod study;
pub mod svg;
pub mod tabs;
pub mod task;
#[cfg(test)]
mod toy;
pub mod tune;
pub mod twin;
pub mod waiting;
pub mod walk;
pub mod why;
pub mod whynot;
pub mod words;

pub use action::Action;
pub use app::App;
pub use chosen::{Dialog, Reach, Tab, Theme};
pub use open::Open;
pub use selection::Selection;
pub use shared::{RunRef, Shared};
