//! Agreement.

super::chapter! { "agreement", "Agreement": two_generals, paxos }
