//! What Faultline simulates and promises, without a page: engine, checks, protocols, scenarios.
//!
//! One line a layer; a layer imports only from the layers above it in this list:
//!
//! - [`sim`] the engine: time, clocks, random streams, queue, nodes, links, faults, disks, trace, history
//! - [`check`] what "correct" means: promises that watch a run
//! - [`kit`] what authors of protocols share: parameters, mutants, messages, facts, gauges, boards
//! - [`protocols`] one file a protocol, one registry
//! - [`scenario`] what a learner edits, saves and shares
//!
//! `src/lib.rs` goes on from here: it hands these on under the same names and adds the page and the tool.

pub mod check;
pub mod kit;
pub mod protocols;
pub mod scenario;
pub mod sim;
