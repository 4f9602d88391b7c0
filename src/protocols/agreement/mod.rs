//! Agreement: what can be agreed on, and what cannot.

pub mod two_generals;
