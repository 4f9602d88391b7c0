//! Consensus.

super::chapter! { "consensus", "Consensus": raft }
