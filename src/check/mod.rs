//! What "correct" means: properties that watch a run, and (later) search and shrinking.

pub mod faultmix;
pub mod property;

pub use property::{CheckLine, Checks, Class, Property, Seen, Verdict, witness};
