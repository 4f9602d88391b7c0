//! The two ends: in wasm the page, natively the command-line tool.

fn main() {}
