//! Replication: several copies of one thing.

super::chapter! { "replication", "Replication": quorum_register }
