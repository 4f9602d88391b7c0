//! Faultline: distributed systems, really simulated, that a learner breaks.
//!
//! One line a layer; a layer imports only from the layers above it in this list:
//!
//! - [`sim`] the engine: time, clocks, random streams, queue, nodes, links, faults, disks, trace, history
//! - [`check`] what "correct" means: properties that watch a run
//! - [`kit`] what authors of protocols share: parameters, mutants, messages, facts, gauges, boards
//! - [`protocols`] one file a protocol, one registry
//! - [`scenario`] what a learner edits, saves and shares
//! - [`view`] a world at a moment, as plain data to draw
//! - [`ui`] the page; the only layer that knows a browser (in wasm)
//! - `cli` the command-line tool, which stands where the page stands (natively)
//!
//! The first five are a package of their own, `engine/` with its root in `src/engine.rs`: it is compiled
//! for speed where the page is compiled for size.

#[cfg(not(target_arch = "wasm32"))]
pub mod cli;
#[cfg(target_arch = "wasm32")]
pub mod ui;
pub mod view;

pub use faultline_engine::{check, course, kit, protocols, scenario, sim};
