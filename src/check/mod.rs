//! What "correct" means: properties that watch a run, and (later) search and shrinking.

pub mod property;

pub use property::{CheckLine, Checks, Class, Property, Seen, Verdict, witness};
