//! House rules for the texts of files, whatever their language.
//!
//! The rule that is easy to break: this file is read by its own rules, so the words that it forbids
//! are spelt here in pieces.

use crate::tidy_source::{Source, complaint, hold, sample};

fn opening_rule(file: &Source) -> Vec<String> {
    let (opens, with) = match file.path.rsplit('.').next() {
        Some("rs") => (file.text.starts_with("//! "), "//!"),
        Some("js" | "mjs") => (file.text.starts_with("// "), "//"),
        Some("css") => (file.text.starts_with("/* "), "/*"),
        _ => return Vec::new(),
    };
    let what = format!("open the file with {with}: what it is, then the rule that is easy to break");
    (!opens).then(|| complaint(file, 1, &what)).into_iter().collect()
}

#[test]
fn a_file_says_first_what_it_is() {
    hold(opening_rule);
    sample(opening_rule, "src/sim/world.rs", "use std::fmt;", "//! The world.");
    sample(opening_rule, "static/embed.js", "(function () {})();", "// The element.");
}

/// Words that promise work, spelt so that this file does not contain them.
const UNFINISHED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("to", "do!("),
    concat!("unimplemented", "!("),
    concat!("dbg", "!("),
    concat!("#[ig", "nore"),
    concat!("To co", "me."),
];

fn unfinished_rule(file: &Source) -> Vec<String> {
    let is_text = file.is(&["rs", "js", "mjs", "css", "html", "sh"]) || file.path == "dev";
    let tell = |(i, line): (usize, &str)| {
        let word = UNFINISHED.iter().find(|word| line.contains(**word))?;
        let what = format!("`{word}`: finish it, or open an issue and leave no trace of it here");
        Some(complaint(file, i + 1, &what))
    };
    let found = file.text.lines().enumerate().filter_map(tell);
    found.filter(|_| is_text).collect()
}

#[test]
fn nothing_is_left_unfinished() {
    hold(unfinished_rule);
    for word in UNFINISHED {
        sample(unfinished_rule, "src/sim/world.rs", word, "fn to_do() {}");
    }
}

/// Folders of somebody's machine, and addresses that only some machines reach.
fn machine_rule(file: &Source) -> Vec<String> {
    let homes = ["/home/", "/root/", "/Users/", "/work/", "C:\\Users"];
    let place = |line: &str| {
        homes.iter().find(|home| {
            let mut hits = line.match_indices(**home);
            hits.any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-~/".contains(c)))
        })
    };
    let canonical = "registry+https://github.com/rust-lang/crates.io-index";
    let tell = |(i, line): (usize, &str)| {
        let what = if let Some(home) = place(line) {
            format!("`{home}` is a folder of one machine: use a path relative to the project")
        } else if file.path == "Cargo.lock" && line.starts_with("source = ") && !line.contains(canonical) {
            "a crate from elsewhere than crates.io: depend on a published version".to_owned()
        } else if file.path == "package-lock.json" && line.contains("\"resolved\"") {
            "the address of a registry: delete the file's \"resolved\" lines, .npmrc omits them".to_owned()
        } else {
            return None;
        };
        Some(complaint(file, i + 1, &what))
    };
    let own = file.path == "tests/tidy_text/mod.rs";
    let found = file.text.lines().enumerate().filter_map(tell);
    found.filter(|_| !own).collect()
}

#[test]
fn nothing_names_a_machine() {
    hold(machine_rule);
    let at = |path, bad, good| sample(machine_rule, path, bad, good);
    at("README.md", "see /home/ada/faultline", "see https://host/~ada/home/faultline");
    at("dev", "cd \"/work/x\"", "cd network/work/x");
    at("Cargo.lock", "source = \"git+https://host/x\"", "name = \"git\"");
    at("package-lock.json", "\"resolved\": \"x\"", "\"version\": \"1\"");
}

/// Waiting for a number of milliseconds, or for a promise that is taken for a yes, spelt so that this file does not contain it.
const SLEEPS: &[&str] =
    &[concat!("waitFor", "Timeout("), concat!("await set", "Timeout("), concat!("waitFor", "Function(async")];

/// On a busy machine what was to come by then has not come: one try in many fails, and nobody knows why.
fn luck_rule(file: &Source) -> Vec<String> {
    let is_test = file.path.starts_with("tests/browser/") && file.path.ends_with(".test.mjs");
    let tell = |(i, line): (usize, &str)| {
        let word = SLEEPS.iter().find(|word| line.contains(**word))?;
        let what = format!(
            "`{word}`: wait for what is to be there (`until`, `eventually`, a locator), for all to be drawn \
             (`settled`), or for frames (`frames`), or for a yes (`holds`); all in tests/browser/hands.mjs"
        );
        Some(complaint(file, i + 1, &what))
    };
    let found = file.text.lines().enumerate().filter_map(tell);
    found.filter(|_| is_test).collect()
}

#[test]
fn no_test_of_the_page_sleeps() {
    hold(luck_rule);
    for sleep in SLEEPS {
        let bad = format!("  await page.{sleep}500);");
        sample(luck_rule, "tests/browser/page.test.mjs", &bad, "await frames(page);");
    }
}
