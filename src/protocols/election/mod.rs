//! Election.

super::chapter! { "election", "Election": ring, bully }
