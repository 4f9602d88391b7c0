//! Raft, held against its papers: each rule by itself, the figures, the mutants, the distribution of
//! election times, and hundreds of runs under every mix of faults.
//!
//! The rule that is easy to break: a test says which section it proves.

mod boards;
mod clients;
mod elections;
mod figures;
mod kit;
mod membership;
mod mixes;
mod mutants;
mod promises;
mod replication;
mod snapshots;
mod times;
