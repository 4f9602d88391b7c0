//! The house rule that no files of a layer import each other in a circle: who reads one of them can read down.
//!
//! The rule that is easy to break: a folder counts as one file (its parts may share), tests may look at anything,
//! and a name that the layer's `mod.rs` hands on counts as the file that it comes from.

use crate::tidy_source::{Source, complaint, line_of, project, words};
use std::collections::{BTreeMap, BTreeSet};

/// The layers that are held to it.
const LAYERS: &[&str] = &["sim", "check", "kit", "view", "ui"];

/// The module of `layer` to which a file belongs: `stage` for `src/view/stage/node.rs`. None for its `mod.rs` and
/// for tests.
fn module<'a>(file: &'a Source, layer: &str) -> Option<&'a str> {
    let inner = file.path.strip_prefix("src/")?.strip_prefix(layer)?;
    let inner = inner.strip_prefix('/')?.strip_suffix(".rs")?;
    let tests = inner.split('/').any(|part| part == "tests");
    let first = inner.split('/').next()?;
    (inner != "mod" && !tests).then_some(first)
}

/// The code of a file without the tests at its end.
fn tested(file: &Source) -> &str {
    let tests = file.code.find("#[cfg(test)]\nmod tests {");
    &file.code[..tests.unwrap_or(file.code.len())]
}

/// The first names of what follows a path that ends at `end`: one of `::a::b`, two of `::{a::b, c}`.
fn following(code: &str, end: usize) -> Vec<(usize, &str)> {
    let Some(rest) = code[end..].trim_start().strip_prefix("::") else {
        return Vec::new();
    };
    let rest = rest.trim_start();
    let at = code.len() - rest.len();
    let Some(group) = rest.strip_prefix('{') else {
        return words(rest).next().map(|(_, w)| (at, w)).into_iter().collect();
    };
    let (mut depth, mut names, mut fresh) = (0, Vec::new(), true);
    for (i, c) in group.char_indices() {
        match c {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            _ if fresh && depth == 0 && !c.is_whitespace() => {
                names.extend(words(&group[i..]).next().map(|(_, w)| (at + 1 + i, w)));
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

/// The names right below `layer` that a file reaches, by `crate::` or by as many `super` as lead there.
fn reached<'a>(file: &'a Source, layer: &str) -> Vec<(usize, &'a str)> {
    let code = tested(file);
    let inner = file.path.trim_start_matches("src/").trim_end_matches(".rs");
    let up = inner.trim_end_matches("/mod").split('/').count() - 1;
    let (mut found, mut supers, mut last_end) = (Vec::new(), 0, 0);
    for (at, word) in words(code) {
        let chained = last_end > 0 && code[last_end..at].trim() == "::";
        last_end = at + word.len();
        supers = match word {
            "super" if chained => supers + 1,
            "super" => 1,
            _ => 0,
        };
        if word == "super" && supers == up {
            found.extend(following(code, last_end).into_iter().filter(|(_, name)| *name != "super"));
        } else if word == "crate" {
            let layers = following(code, last_end).into_iter().filter(|(_, name)| *name == layer);
            found.extend(layers.flat_map(|(at, name)| following(code, at + name.len())));
        }
    }
    found
}

/// Where each name comes from that the layer's own file hands on: `pub use action::Action;`.
fn handed_on<'a>(files: &'a [Source], layer: &str) -> BTreeMap<&'a str, &'a str> {
    let own = format!("src/{layer}/mod.rs");
    let code = files.iter().find(|f| f.path == own).map_or("", |f| &f.code);
    let uses = code.split(';').filter_map(|s| s.split_once("pub use ").map(|(_, names)| names));
    let all = uses.flat_map(|names| {
        let mut names = words(names).map(|(_, word)| word);
        let from = names.next().unwrap_or_default();
        names.map(move |name| (name, from))
    });
    all.collect()
}

/// Who imports whom, and the first place where.
type Imports<'a> = BTreeMap<&'a str, BTreeMap<&'a str, String>>;

fn imports<'a>(files: &'a [Source], layer: &str) -> Imports<'a> {
    let handed = handed_on(files, layer);
    let own: BTreeSet<&str> = files.iter().filter_map(|f| module(f, layer)).collect();
    let mut all = Imports::new();
    for file in files {
        let Some(from) = module(file, layer) else {
            continue;
        };
        for (at, name) in reached(file, layer) {
            let to = own.get(name).or_else(|| handed.get(name)).copied();
            if let Some(to) = to.filter(|to| *to != from) {
                let place = || format!("{}:{}", file.path, line_of(&file.code, at));
                all.entry(from).or_default().entry(to).or_insert_with(place);
            }
        }
    }
    all
}

/// One circle, if there is any: each of its imports, with its place.
fn circle<'a>(imports: &Imports<'a>) -> Option<Vec<(&'a str, &'a str, String)>> {
    // Who imports nothing that is left is in no circle, and goes.
    let mut left: BTreeSet<&str> = imports.keys().copied().collect();
    loop {
        let stays = |m: &&str| imports[*m].keys().any(|to| left.contains(to));
        let next: BTreeSet<&str> = left.iter().copied().filter(stays).collect();
        if next == left {
            break;
        }
        left = next;
    }
    let mut way: Vec<(&str, &str, String)> = Vec::new();
    let mut at = *left.first()?;
    loop {
        let (to, place) = imports[at].iter().find(|(to, _)| left.contains(*to))?;
        way.push((at, to, place.clone()));
        if let Some(from) = way.iter().position(|(m, ..)| m == to) {
            return Some(way.split_off(from));
        }
        at = to;
    }
}

fn circle_rule(files: &[Source], layer: &str) -> Vec<String> {
    let imports = imports(files, layer);
    let Some(way) = circle(&imports) else {
        return Vec::new();
    };
    let steps: Vec<String> =
        way.iter().map(|(from, to, place)| format!("{from} imports {to} ({place})")).collect();
    let what = format!(
        "a circle: {}. Move what two of them need into a file of its own, or hand it in as a value",
        steps.join(", ")
    );
    let own = Source::new(&format!("src/{layer}"), "");
    vec![complaint(&own, 1, &what)]
}

#[test]
fn no_files_of_a_layer_import_each_other_in_a_circle() {
    let files = project();
    let found: Vec<String> = LAYERS.iter().flat_map(|l| circle_rule(&files, l)).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

/// Files of `view` by name and text; whether they form a circle.
fn goes_round(files: &[(&str, &str)]) -> bool {
    let file = |&(name, text): &(&str, &str)| Source::new(&format!("src/view/{name}.rs"), text);
    let files: Vec<Source> = files.iter().map(file).collect();
    !circle_rule(&files, "view").is_empty()
}

#[test]
fn a_circle_is_found_however_it_is_written() {
    let b = ("b", "use super::a::A;");
    for a in [
        "use super::b::B;",
        "use super::{c::C, b};",
        "use crate::view::b::B;",
        "use crate::view::{c, b::{B, C}};",
        "fn f(x: crate::view::b::B) {}",
    ] {
        assert!(goes_round(&[("a", a), b, ("c", "")]), "{a}");
        assert!(goes_round(&[("a/mod", a), b, ("c", "")]), "{a}");
    }
    // In a folder, one `super` leads to the folder alone.
    assert!(goes_round(&[("a/deep", "use super::super::b::B;"), b]));
    assert!(!goes_round(&[("a/deep", "use super::b::B;"), b]));
    // By a name that is handed on.
    let root = ("mod", "pub mod b;\npub use b::{B, C};");
    assert!(goes_round(&[root, ("a", "use super::C;"), b]));
    assert!(goes_round(&[root, ("a", "use crate::view::{B};"), b]));
    let round = [("a", "use super::b;"), ("b", "use super::c;"), ("c", "use super::a;")];
    assert!(goes_round(&round), "three of them");
}

#[test]
fn what_is_no_circle_passes() {
    let b = ("b", "use super::a::A;");
    for a in ["", "//! See super::b.", "use super::c;", "use crate::sim::b;", "fn f() { b::super_b(); }"] {
        assert!(!goes_round(&[("a", a), b, ("c", "")]), "{a}");
    }
    let tests = "#[cfg(test)]\nmod tests {\n    use super::super::b::B;\n}\n";
    assert!(!goes_round(&[("a", tests), b]));
    assert!(!goes_round(&[("a/tests", "use crate::view::b::B;"), b]));
    let inside = [("a/mod", "mod x;\nuse x::X;"), ("a/x", "use super::Y;")];
    assert!(!goes_round(&inside), "parts of one folder");
}
