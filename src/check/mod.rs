//! What "correct" means: properties that watch a run, histories that are judged afterwards,
//! and a search for what breaks them.

pub mod consistency;
pub mod explore;
pub mod faultmix;
pub mod property;

pub use property::{CheckLine, Checks, Class, Property, Seen, Verdict, witness};
