//! Prints, for the page's text, what the landing page says of every scenario, with a picture from its own run: a JSON list,
//! in the order of the course.
//!
//! The rule that is easy to break: it says nothing of its own. `./dev build` runs it, and tools/start.mjs makes HTML of it.

use faultline::protocols::part_of;
use faultline::scenario::{index, library::chapter_title};
use faultline::view::export::card;
use faultline::view::live;

fn main() {
    let live = live::scenario().map(|(id, _)| id);
    let lines = index().iter().map(|line| {
        let picture = card::svg(line.id).unwrap_or_else(|r| panic!("{}: {}", line.id, r.message));
        serde_json::json!({
            "id": line.id,
            "title": line.title,
            "chapter": chapter_title(line.chapter),
            "summary": line.summary,
            "start": line.start,
            "part": part_of(line.protocol),
            "picture": picture,
            "live": live == Some(line.id),
        })
    });
    println!("{:#}", lines.collect::<serde_json::Value>());
}
