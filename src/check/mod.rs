//! What "correct" means: properties that watch a run, histories that are judged afterwards, and
//! (later) search.

pub mod consistency;
pub mod faultmix;
pub mod property;

pub use property::{CheckLine, Checks, Class, Property, Seen, Verdict, witness};
