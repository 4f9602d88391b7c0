//! What `tests/tidy.rs` reads: the project's files, and Rust with its comments and strings blanked.
//!
//! The rule that is easy to break: blanking keeps every line break, so that a line number found in
//! the blanked text is the one that the reader of the message opens.

use std::fs;
use std::path::Path;

/// A file of the project.
pub struct Source {
    /// From the project's folder, with `/`.
    pub path: String,
    /// As it is.
    pub text: String,
    /// Rust only: comments, strings and characters are blanks.
    pub code: String,
}

impl Source {
    /// A file that exists only in a test.
    pub fn new(path: &str, text: &str) -> Self {
        let code = if path.ends_with(".rs") { blank(text) } else { String::new() };
        Source { path: path.to_owned(), text: text.to_owned(), code }
    }

    /// True for the endings in `endings`.
    pub fn is(&self, endings: &[&str]) -> bool {
        let ending = self.path.rsplit('.').next().unwrap_or_default();
        endings.contains(&ending)
    }

    /// The layer whose folder below `src/` this file is in: `sim`, ..., `ui`.
    pub fn layer(&self) -> Option<&str> {
        let (layer, _) = self.path.strip_prefix("src/")?.split_once('/')?;
        Some(layer)
    }
}

/// Where, and what to do instead.
pub fn complaint(file: &Source, line: usize, what: &str) -> String {
    format!("{}:{line}: {what}", file.path)
}

/// Runs a rule over the whole project.
pub fn hold(rule: impl Fn(&Source) -> Vec<String>) {
    let complaints: Vec<String> = project().iter().flat_map(rule).collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// Proves that a rule can fail, and that it lets the good sample pass.
pub fn sample(rule: impl Fn(&Source) -> Vec<String>, path: &str, bad: &str, good: &str) {
    let found = rule(&Source::new(path, bad));
    assert!(!found.is_empty(), "the rule lets this pass: {bad}");
    let found = rule(&Source::new(path, good));
    assert!(found.is_empty(), "the rule is too strict: {found:?}");
}

/// Every text file of the project: what a clone has, without what is built or installed.
pub fn project() -> Vec<Source> {
    let mut found = Vec::new();
    walk(Path::new(env!("CARGO_MANIFEST_DIR")), "", &mut found);
    assert!(found.iter().any(|f| f.path == "src/lib.rs"));
    found
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<Source>) {
    const LEAVE: &[&str] = &[".git", "target", "dist", "node_modules", "shots"];
    let mut entries: Vec<_> = fs::read_dir(folder)
        .expect("the project's folder can be read")
        .map(|e| e.expect("an entry of the project's folder can be read").path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let below = format!("{prefix}{name}");
        if LEAVE.contains(&&*name) || (cfg!(unix) && path.is_symlink()) {
            continue;
        }
        if path.is_dir() {
            walk(&path, &format!("{below}/"), found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            found.push(Source::new(&below, &text));
        }
    }
}

/// Rust with every comment, string and character literal replaced by blanks.
pub fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        let end = match chars[i] {
            '/' if chars.get(i + 1) == Some(&'/') => end_of_line(&chars, i),
            '/' if chars.get(i + 1) == Some(&'*') => end_of_comment(&chars, i),
            '"' => end_of_string(&chars, i),
            'b' | 'c' | 'r' if !word_before(&chars, i) => end_of_prefixed(&chars, i),
            '\'' => end_of_char(&chars, i),
            _ => i,
        };
        if end > i {
            out.extend(chars[i..end].iter().map(|&c| if c == '\n' { c } else { ' ' }));
            i = end;
        } else {
            out.push(chars[i]);
            i += 1;
        }
    }
    out
}

fn word_before(chars: &[char], i: usize) -> bool {
    i > 0 && (chars[i - 1].is_alphanumeric() || chars[i - 1] == '_')
}

fn end_of_line(chars: &[char], from: usize) -> usize {
    let rest = chars[from..].iter().position(|&c| c == '\n');
    rest.map_or(chars.len(), |n| from + n)
}

fn end_of_comment(chars: &[char], from: usize) -> usize {
    let (mut i, mut depth) = (from, 0);
    while i < chars.len() {
        match (chars[i], chars.get(i + 1)) {
            ('/', Some('*')) => (depth, i) = (depth + 1, i + 2),
            ('*', Some('/')) => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            return i;
        }
    }
    i
}

fn end_of_string(chars: &[char], from: usize) -> usize {
    let mut i = from + 1;
    while i < chars.len() && chars[i] != '"' {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    (i + 1).min(chars.len())
}

/// The end of a literal that begins with letters: `b"..."`, `c"..."`, `b'.'`, and raw ones; `from` itself where
/// they begin a word.
fn end_of_prefixed(chars: &[char], from: usize) -> usize {
    let (quote, end) = match &chars[from..] {
        ['b' | 'c', 'r', ..] => (from + 1, end_of_raw(chars, from + 1)),
        ['r', ..] => (from, end_of_raw(chars, from)),
        ['b' | 'c', '"', ..] => (from + 1, end_of_string(chars, from + 1)),
        ['b', '\'', ..] => (from + 1, end_of_char(chars, from + 1)),
        _ => return from,
    };
    if end > quote { end } else { from }
}

/// The end of `r"..."`, `r#"..."#`; `from` itself where it is no raw string.
fn end_of_raw(chars: &[char], from: usize) -> usize {
    let hashes = chars[from + 1..].iter().take_while(|&&c| c == '#').count();
    if chars.get(from + 1 + hashes) != Some(&'"') {
        return from;
    }
    let mut i = from + 2 + hashes;
    while i < chars.len() {
        let closed = chars[i] == '"'
            && chars[i + 1..].len() >= hashes
            && chars[i + 1..=i + hashes].iter().all(|&c| c == '#');
        if closed {
            return i + 1 + hashes;
        }
        i += 1;
    }
    i
}

/// The end of a character literal; `from` itself where the quote begins a lifetime.
fn end_of_char(chars: &[char], from: usize) -> usize {
    match (chars.get(from + 1), chars.get(from + 2)) {
        (Some('\\'), Some(_)) => {
            let close = chars[from + 3..].iter().position(|&c| c == '\'');
            close.map_or(chars.len(), |n| from + 4 + n)
        }
        (Some(_), Some('\'')) => from + 3,
        _ => from,
    }
}

/// A function of a blanked file.
pub struct Function {
    /// Its name.
    pub name: String,
    /// The line of its `fn`, from 1.
    pub line: usize,
    /// Lines from `fn` to its closing brace.
    pub lines: usize,
}

/// Every function with a body, nested ones too.
pub fn functions(code: &str) -> Vec<Function> {
    words(code).filter(|&(_, word)| word == "fn").filter_map(|(at, _)| function(code, at)).collect()
}

fn function(code: &str, at: usize) -> Option<Function> {
    let name: String =
        code[at + 2..].trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    // `fn(u32)` is a type. A signature ends in `;` or opens a body, and `[u8; 4]` is neither.
    let (mut square, mut open) = (0, None);
    for (i, c) in code[at..].char_indices() {
        match c {
            '[' => square += 1,
            ']' => square -= 1,
            ';' if square == 0 => break,
            '{' => {
                open = Some(at + i);
                break;
            }
            _ => {}
        }
    }
    let (open, mut depth) = (open.filter(|_| !name.is_empty())?, 0);
    let end = code[open..].char_indices().find(|&(_, c)| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth == 0
    });
    let end = open + end.map_or(code.len() - open, |(i, _)| i);
    Some(Function { name, line: line_of(code, at), lines: code[at..end].matches('\n').count() + 1 })
}

/// Every identifier and where it begins.
pub fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut at = 0;
    std::iter::from_fn(move || {
        at += code[at..].find(is_word)?;
        let rest = &code[at..];
        let word = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
        let found = (at, word);
        at += word.len();
        Some(found)
    })
}

/// The line, from 1, of a byte of the text.
pub fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}
