//! Election: how processes agree on one of them.

pub mod ring;
