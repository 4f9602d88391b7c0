//! Failures, and how they are noticed.

super::chapter! { "failures", "Failures": heartbeat }
