//! Prints, for the page's text, what the gallery says of every scenario: a JSON list, in the gallery's order.
//!
//! The rule that is easy to break: it says nothing of its own. `./dev build` runs it, and tools/start.mjs makes HTML of it.

use faultline_engine::scenario::{index, library::chapter_title};

fn main() {
    let lines = index().iter().map(|line| {
        serde_json::json!({
            "id": line.id,
            "title": line.title,
            "chapter": chapter_title(line.chapter),
            "summary": line.summary,
        })
    });
    println!("{:#}", lines.collect::<serde_json::Value>());
}
