//! Transactions: all of it or nothing of it, on several machines.

super::chapter! { "transactions", "Transactions": two_phase_commit }
