//! Links: what a link promises, and what its two ends can make of it.

pub mod stack;
