//! The house rules that a compiler does not check, each with what to do instead.
//!
//! The rule that is easy to break: every rule here has a sample below that must fail it. A rule that
//! cannot fail is a comment.

mod tidy_circles;
mod tidy_source;
mod tidy_text;

use tidy_source::{Source, complaint, functions, hold, line_of, project, sample, words};

/// From the engine to the page: a layer imports only from those before it.
const LAYERS: &[&str] = &["sim", "check", "kit", "protocols", "scenario", "view", "ui"];

/// The folder of the command-line tool: like `src/main.rs`, to which it belongs, it sees every layer.
const TOOL: &str = "cli";

fn rank(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|l| *l == layer)
}

// ------------------------------------------------------------------ layers

/// The names of crate-level modules that a file reaches, and where.
fn reached(file: &Source) -> Vec<(usize, String)> {
    let inner = file.path.trim_start_matches("src/").trim_end_matches(".rs");
    let depth = inner.trim_end_matches("/mod").split('/').count();
    let mut found = Vec::new();
    let mut supers = 0;
    let mut last_end = 0;
    for (at, word) in words(&file.code) {
        let chained = last_end > 0 && file.code[last_end..at].trim() == "::";
        supers = match word {
            "super" if chained => supers + 1,
            "super" => 1,
            _ if chained && supers >= depth => {
                found.push((at, word.to_owned()));
                0
            }
            _ => 0,
        };
        last_end = at + word.len();
        if word == "crate" || word == "faultline" {
            found.extend(after_root(&file.code, last_end));
        }
    }
    found
}

/// What follows `crate`: `::sim::...` is one name, `::{sim::..., view}` is several.
fn after_root(code: &str, end: usize) -> Vec<(usize, String)> {
    let rest = code[end..].trim_start();
    let Some(rest) = rest.strip_prefix("::") else {
        return Vec::new();
    };
    let rest = rest.trim_start();
    let at = code.len() - rest.len();
    let Some(group) = rest.strip_prefix('{') else {
        let first = words(rest).next();
        return first.map_or(Vec::new(), |(_, word)| vec![(at, word.to_owned())]);
    };
    let (mut depth, mut names, mut fresh) = (0, Vec::new(), true);
    for (i, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            _ if fresh && depth == 0 && !c.is_whitespace() => {
                names.extend(words(&group[i..]).next().map(|(_, w)| (at + i, w.to_owned())));
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

fn layer_rule(file: &Source) -> Vec<String> {
    let Some(own) = file.layer().and_then(rank) else {
        return Vec::new();
    };
    let above = |(at, name): (usize, String)| {
        let what = format!(
            "{} imports from {name}, which is above it. The layers are {}: move what is shared down, \
             or hand it in as a value or a trait of the lower layer",
            LAYERS[own],
            LAYERS.join(" <- ")
        );
        (rank(&name)? > own).then(|| complaint(file, line_of(&file.code, at), &what))
    };
    reached(file).into_iter().filter_map(above).collect()
}

#[test]
fn a_layer_imports_only_from_layers_below_it() {
    hold(layer_rule);
    let sample = |bad, good| sample(layer_rule, "src/check/property.rs", bad, good);
    sample("use crate::view::Frame;", "use crate::sim::view;");
    sample("use crate::{sim::{Span}, ui};", "use crate::{sim::{ui, Span}};");
    sample("use super::super::view::Frame;", "use super::view::Frame;");
    sample("fn f(x: crate::kit::Entry) {}", "//! See crate::protocols.");
    sample("use crate :: scenario;", "const X: &str = \"crate::scenario\";");
}

#[test]
fn every_folder_of_src_is_a_layer() {
    let rule = |file: &Source| {
        let stray = file.layer().filter(|l| rank(l).is_none() && *l != TOOL);
        let what = "this folder is in no layer: put the file into one, or name the layer here, in \
                    src/lib.rs and in ARCHITECTURE.md";
        stray.map_or(Vec::new(), |_| vec![complaint(file, 1, what)])
    };
    hold(rule);
    assert_eq!(rule(&Source::new("src/utils/strings.rs", "")).len(), 1);
    assert_eq!(rule(&Source::new("src/sim/world/mod.rs", "")).len(), 0);
}

// ------------------------------------------------------------------ the browser

fn browser_rule(file: &Source) -> Vec<String> {
    let allowed = ["src/ui/", "src/main.rs", "tests/web", "benches/web"];
    if allowed.iter().any(|place| file.path.starts_with(place)) {
        return Vec::new();
    }
    let crates = |word: &str| {
        word.starts_with("gloo")
            || word.starts_with("wasm_bindgen")
            || ["yew", "web_sys", "js_sys", "console_error_panic_hook"].contains(&word)
    };
    let tell = |(at, word)| {
        let what = format!(
            "{word} is named outside src/ui: compute plain data here (src/view), and let a component draw it"
        );
        complaint(file, line_of(&file.code, at), &what)
    };
    let named = words(&file.code).filter(|&(_, word)| crates(word));
    named.map(tell).collect()
}

#[test]
fn only_the_page_knows_a_browser() {
    hold(browser_rule);
    let sample = |bad, good| sample(browser_rule, "src/view/frame.rs", bad, good);
    sample("use web_sys::window;", "//! Never web_sys here.");
    sample("use gloo_timers::callback::Timeout;", "let yews = 1;");
}

/// `style-src 'self'` blocks style attributes that are set as text, and Yew sets them as text.
fn style_rule(file: &Source) -> Vec<String> {
    let what = "the page's policy blocks style attributes: use a class, an SVG geometry attribute \
                (x, width, transform), or a presentation attribute (fill, stroke)";
    let tell = |(at, word): (usize, &str)| {
        let rest = file.code[at + word.len()..].trim_start();
        let set = rest.starts_with('=') && !rest.starts_with("==") && !rest.starts_with("=>");
        let bound = file.code[..at].trim_end().ends_with("let");
        (word == "style" && set && !bound).then(|| complaint(file, line_of(&file.code, at), what))
    };
    let within = file.path.starts_with("src/ui/");
    let found = words(&file.code).filter_map(tell);
    found.filter(|_| within).collect()
}

#[test]
fn no_style_attributes() {
    hold(style_rule);
    let good = "html! { <p class=\"style=\" /> } let style = 1;";
    sample(style_rule, "src/ui/stage.rs", "html! { <p style={s} /> }", good);
}

// ------------------------------------------------------------------ determinism

const BANNED_TYPES: &[(&str, &str)] = &[
    ("HashMap", "its order is random: use BTreeMap, or a Vec indexed by id"),
    ("HashSet", "its order is random: use BTreeSet, or a Vec indexed by id"),
    ("RandomState", "it is random: use sim::hash::Fx"),
    ("DefaultHasher", "it may change with the compiler: use sim::hash::Fx"),
    ("Instant", "there is no wall clock: use SimTime; who measures is src/main.rs or src/ui"),
    ("SystemTime", "there is no wall clock: use SimTime"),
    ("OsRng", "draws come from the seed: use sim::streams"),
    ("thread_rng", "draws come from the seed: use sim::streams"),
    ("SmallRng", "it differs between 32 and 64 bits: use sim::streams"),
];

const BANNED_CALLS: &[&str] = &[
    "ln", "ln_1p", "log2", "log10", "exp", "exp2", "exp_m1", "sin", "cos", "tan", "sin_cos", "asin", "acos",
    "atan", "atan2", "sinh", "cosh", "tanh", "powf", "powi", "cbrt", "hypot",
];

fn determinism_rule(file: &Source) -> Vec<String> {
    if !file.layer().is_some_and(|l| l != "ui" && l != TOOL) {
        return Vec::new();
    }
    let tell = |(at, word): (usize, &str)| {
        let line = line_of(&file.code, at);
        if let Some((_, instead)) = BANNED_TYPES.iter().find(|(t, _)| *t == word) {
            return Some(complaint(file, line, &format!("{word}: {instead}")));
        }
        let before = file.code[..at].trim_end();
        let method = before.ends_with('.') && file.code[at + word.len()..].starts_with('(');
        let path = before.ends_with("f64::") || before.ends_with("f32::");
        let call = (method || path) && BANNED_CALLS.contains(&word);
        let what = format!("{word} of std differs between native and wasm: call libm::{word} or its like");
        call.then(|| complaint(file, line, &what))
    };
    words(&file.code).filter_map(tell).collect()
}

#[test]
fn nothing_below_the_page_differs_between_targets_or_runs() {
    hold(determinism_rule);
    let sample = |bad, good| sample(determinism_rule, "src/sim/world.rs", bad, good);
    sample("use std::collections::HashMap;", "use std::collections::BTreeMap;");
    sample("let t = std::time::Instant::now();", "// Instant\nlet instant = 1;");
    sample("let y = x.ln();", "let y = libm::log(x);");
    sample("xs.map(f64::exp)", "x.sqrt(); fn exp() {} exp(); x.exp");
}

// ------------------------------------------------------------------ sizes

fn file_size_rule(file: &Source) -> Vec<String> {
    let limit = match file.path.rsplit('.').next() {
        Some("rs" | "mjs" | "js") => 500,
        Some("css") => 900,
        _ => return Vec::new(),
    };
    let lines = file.text.lines().count();
    let what = format!("{lines} lines, {limit} are allowed: split it by idea, one idea a file");
    (lines > limit).then(|| complaint(file, limit, &what)).into_iter().collect()
}

#[test]
fn a_file_holds_one_idea() {
    hold(file_size_rule);
    let lines = |n| "x\n".repeat(n);
    sample(file_size_rule, "src/sim/world.rs", &lines(501), &lines(500));
    sample(file_size_rule, "static/style.css", &lines(901), &lines(900));
}

fn function_size_rule(file: &Source) -> Vec<String> {
    let long = functions(&file.code).into_iter().filter(|f| f.lines > 70);
    let tell = |f: tidy_source::Function| {
        let what =
            format!("fn {} has {} lines, 70 are allowed: give its steps names of their own", f.name, f.lines);
        complaint(file, f.line, &what)
    };
    long.map(tell).collect()
}

#[test]
fn a_function_fits_on_a_screen() {
    hold(function_size_rule);
    let of = |n: usize| format!("fn f(x: [u8; 2]) {{\n{}}}\n", "// {{{\n".repeat(n - 2));
    sample(function_size_rule, "src/sim/world.rs", &of(71), &of(70));
    let found = functions("trait T { fn a(); fn b() {} } type F = fn(u8) -> u8;");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].name, "b");
}

// ------------------------------------------------------------------ the registry

/// The chapter and the name of a protocol that a file holds: `agreement/raft.rs` and `agreement/raft/mod.rs` are
/// `agreement` and `raft`. None for the parts of a protocol.
fn protocol_of(file: &Source) -> Option<(&str, &str)> {
    let inner = file.path.strip_prefix("src/protocols/")?;
    let inner = inner.strip_suffix(".rs")?;
    let inner = inner.strip_suffix("/mod").unwrap_or(inner);
    let (chapter, name) = inner.split_once('/')?;
    (!name.contains('/')).then_some((chapter, name))
}

fn has_entry(file: &Source) -> bool {
    let opens = ["pub const ENTRY", "pub static ENTRY"];
    opens.iter().any(|open| file.code.contains(open))
}

/// The chapters that `course!` hands on, each with its protocols: `links "Links" { link_stack }`.
fn course(code: &str) -> Vec<(&str, Vec<&str>)> {
    let list = code.split_once("$then! {").map_or("", |(_, list)| list);
    let chapters = list.split_inclusive('}').take_while(|c| c.contains('{'));
    let read = |c| {
        let mut words = words(c).map(|(_, word)| word);
        words.next().map(|chapter| (chapter, words.collect()))
    };
    chapters.filter_map(read).collect()
}

/// Protocols that the course does not name, and files of a chapter that hold no protocol.
fn registry_rule(files: &[Source]) -> Vec<String> {
    let registry = files.iter().find(|f| f.path == "src/protocols/mod.rs");
    let course = course(registry.map_or("", |f| &f.code));
    let mut found = Vec::new();
    for file in files {
        let Some((chapter, name)) = protocol_of(file) else {
            continue;
        };
        let what = if !has_entry(file) {
            "a file of a chapter is a protocol: give it `pub static ENTRY` and name it in the course, \
             or move it into the folder of the protocol that it helps"
                .to_owned()
        } else if !course.iter().any(|(c, names)| *c == chapter && names.contains(&name)) {
            format!(
                "name `{name}` behind `{chapter}` in `course!` in src/protocols/mod.rs: what is not listed is not tested"
            )
        } else {
            continue;
        };
        found.push(complaint(file, 1, &what));
    }
    found
}

#[test]
fn every_protocol_is_registered() {
    let complaints = registry_rule(&project());
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));

    let count = |files: &[(&str, &str)]| {
        let file = |(path, text): &(&str, &str)| Source::new(&format!("src/protocols/{path}"), text);
        let files: Vec<Source> = files.iter().map(file).collect();
        registry_rule(&files).len()
    };
    let entry = "pub static ENTRY: Entry = x;";
    let named = |list: &'static str| ("mod.rs", list);
    let all = named(
        "macro_rules! course { ($then:ident) => { $then! { z \"Z\" {} a \"A\" { c, b } brr \"B\" { brb } } }; }",
    );
    assert_eq!(count(&[all, ("a/b.rs", entry)]), 0);
    assert_eq!(count(&[all, ("a/b/mod.rs", entry), ("a/b/rules.rs", "")]), 0);
    assert_eq!(count(&[all, ("z/b.rs", entry)]), 1);
    assert_eq!(count(&[all, ("a/bb.rs", entry)]), 1);
    assert_eq!(count(&[("a/b.rs", entry)]), 1);
    assert_eq!(count(&[named("// $then! { a \"A\" { b } }"), ("a/b.rs", entry)]), 1);
    assert_eq!(count(&[named("pub mod b;"), ("a/b/mod.rs", entry)]), 1);
    assert_eq!(count(&[all, ("a/b.rs", "fn help() {}")]), 1);
    // Words that begin as the letters before a byte string do.
    assert_eq!(count(&[all, ("brr/brb.rs", entry)]), 0);
}

#[test]
fn blanking_keeps_code_and_lines() {
    let code = tidy_source::blank("a /* x /* y */\n */ b \"s\\\"t\" 'c' '\\n' &'a r#\"q\"#\n// z\nd");
    assert_eq!(code.matches('\n').count(), 3);
    let left: Vec<&str> = code.split_whitespace().collect();
    assert_eq!(left, ["a", "b", "&'a", "d"]);
}

#[test]
fn blanking_takes_a_literal_with_its_letters_and_leaves_words_whole() {
    let left = |code: &str| {
        let left = tidy_source::blank(code);
        let left: Vec<&str> = left.split_whitespace().collect();
        left.join(" ")
    };
    for literal in [
        "b\"x\"",
        "b\"\\\"\"",
        "c\"x\"",
        "r\"x\"",
        "r#\"\"x\"#",
        "br\"x\"",
        "br##\"\"#\"##",
        "cr#\"x\"#",
        "b'x'",
        "b'\\''",
        "b'\"'",
    ] {
        assert_eq!(left(&format!("in {literal} out")), "in out", "{literal}");
    }
    for word in [
        "broadcast",
        "br",
        "b",
        "break",
        "crate",
        "cr",
        "c",
        "case",
        "r",
        "r#fn",
        "rank",
        "robr",
        "b::c",
        "&'b",
        "&'r",
        "x_b",
        "&broadcast::ring::ENTRY",
    ] {
        assert_eq!(left(&format!("in {word} out")), format!("in {word} out"));
    }
}
