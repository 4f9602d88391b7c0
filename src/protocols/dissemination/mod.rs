//! Dissemination: how news reaches everyone.

super::chapter! { "dissemination", "Dissemination": gossip }
