//! Faultline: distributed systems, really simulated, that a learner breaks.
//!
//! One line a layer; a layer imports only from the layers above it in this list:
//!
//! - [`sim`] the engine: time, clocks, random streams, queue, nodes, links, faults, disks, trace, history
//! - [`check`] what "correct" means: properties that watch a run
//! - [`protocols`] one file a protocol, one registry
//! - [`scenario`] what a learner edits, saves and shares
//! - [`view`] a world at a moment, as plain data to draw
//! - [`ui`] the page; the only layer that knows a browser (in wasm)
//! - `cli` the command-line tool, which stands where the page stands (natively)

pub mod check;
#[cfg(not(target_arch = "wasm32"))]
pub mod cli;
pub mod protocols;
pub mod scenario;
pub mod sim;
#[cfg(target_arch = "wasm32")]
pub mod ui;
pub mod view;
