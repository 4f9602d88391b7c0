//! Consensus: servers that must agree, though some crash and messages get lost.

pub mod raft;
