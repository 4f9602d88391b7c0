//! Messaging: what lies between a sender and a receiver: queues, buffers, calls.

super::chapter! { "messaging", "Messaging": queue }
