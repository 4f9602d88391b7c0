//! What lies on a disk, for people: a protocol's own value as it prints itself, without the marks of the language.
//!
//! The rule that is easy to break: nothing is left out. A text that is not of the form that a derived `Debug` prints stays as it is.

/// `text` as Rust prints a value, in plain words: names of types and marks of options are gone, and nodes have the names that
/// `node` gives.
pub fn plain(text: &str, node: &dyn Fn(usize) -> Option<String>) -> String {
    let mut reader = Reader { rest: text, node };
    match reader.value(0) {
        Some(said) if reader.rest.is_empty() => said,
        _ => text.to_owned(),
    }
}

struct Reader<'a> {
    rest: &'a str,
    node: &'a dyn Fn(usize) -> Option<String>,
}

/// Values that are nested deeper stay as they are.
const DEEPEST: usize = 16;

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Option<String> {
        if depth > DEEPEST {
            return None;
        }
        match self.rest.chars().next()? {
            '[' => self.list(depth, '[', ']').map(|all| or_none(&all.join(", "))),
            '{' => self.fields(depth),
            '(' => self.list(depth, '(', ')').map(|all| match all.is_empty() {
                true => String::new(),
                false => format!("({})", all.join(", ")),
            }),
            '"' => self.quoted(),
            c if c.is_alphabetic() || c == '_' => self.named(depth),
            _ => self.word(),
        }
    }

    // A struct, a variant or a constant: what it holds says more than its name.
    fn named(&mut self, depth: usize) -> Option<String> {
        let name = self.take_while(|c| c.is_alphanumeric() || c == '_');
        if self.eat(" {") {
            self.rest = self.rest.trim_start();
            return self.inner_fields(depth);
        }
        if !self.rest.starts_with('(') {
            return Some(if name == "None" { "none".to_owned() } else { name.to_owned() });
        }
        let all = self.list(depth, '(', ')')?;
        match (name, &all[..]) {
            ("NodeId", [number]) => {
                Some(number.parse().ok().and_then(self.node).unwrap_or_else(|| number.clone()))
            }
            (_, [one]) => Some(one.clone()),
            _ => Some(format!("({})", all.join(", "))),
        }
    }

    fn list(&mut self, depth: usize, open: char, close: char) -> Option<Vec<String>> {
        self.rest = self.rest.strip_prefix(open)?;
        let mut all = Vec::new();
        while !self.rest.starts_with(close) {
            all.push(self.value(depth + 1)?);
            if !self.eat(", ") && !self.eat(",") && !self.rest.starts_with(close) {
                return None;
            }
        }
        self.rest = &self.rest[close.len_utf8()..];
        Some(all)
    }

    fn fields(&mut self, depth: usize) -> Option<String> {
        self.rest = self.rest.strip_prefix('{')?;
        self.inner_fields(depth)
    }

    // The fields of a struct or the entries of a map, up to the brace that ends them; the outermost stand in the open.
    fn inner_fields(&mut self, depth: usize) -> Option<String> {
        let mut all = Vec::new();
        while !self.rest.starts_with('}') {
            let name = self.value(depth + 1)?;
            let entry = match self.eat(": ") {
                true => format!("{} {}", name.replace('_', " "), self.value(depth + 1)?),
                // A set.
                false => name,
            };
            all.push(entry);
            if !self.eat(", ") && !self.eat(" ") && !self.rest.starts_with('}') {
                return None;
            }
        }
        self.rest = &self.rest[1..];
        let all = or_none(&all.join(", "));
        Some(if depth == 0 { all } else { format!("({all})") })
    }

    fn quoted(&mut self) -> Option<String> {
        let mut escaped = false;
        let inner = &self.rest[1..];
        let end = inner.char_indices().find_map(|(at, c)| match c {
            '"' if !escaped => Some(at),
            _ => {
                escaped = c == '\\' && !escaped;
                None
            }
        })?;
        self.rest = &inner[end + 1..];
        Some(inner[..end].to_owned())
    }

    fn word(&mut self) -> Option<String> {
        let word = self.take_while(|c| !",)]}:".contains(c) && !c.is_whitespace());
        (!word.is_empty()).then(|| word.to_owned())
    }

    fn take_while(&mut self, is: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !is(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn eat(&mut self, what: &str) -> bool {
        let rest = self.rest.strip_prefix(what);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

fn or_none(all: &str) -> String {
    if all.is_empty() { "none".to_owned() } else { all.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Opening, index, open};
    use crate::sim::NodeId;
    use std::collections::{BTreeMap, BTreeSet};

    fn said(value: &dyn std::fmt::Debug) -> String {
        plain(&format!("{value:?}"), &|n| (n < 5).then(|| format!("S{}", n + 1)))
    }

    #[derive(Debug)]
    #[allow(dead_code, reason = "it is printed")]
    struct Book {
        voted_for: Option<NodeId>,
        log: Vec<(u32, &'static str)>,
        of: BTreeMap<u8, BTreeSet<u8>>,
        kind: Kind,
    }

    #[derive(Debug)]
    #[allow(dead_code, reason = "it is printed")]
    enum Kind {
        Empty,
        Pair(i32, Option<Box<Kind>>),
    }

    #[test]
    fn what_rust_prints_is_said_in_plain_words() {
        let kind = Kind::Pair(-3, Some(Box::new(Kind::Empty)));
        let of = BTreeMap::from([(7, BTreeSet::from([1, 2]))]);
        let book = Book { voted_for: Some(NodeId(2)), log: vec![(1, "x = 3, y"), (2, "\"")], of, kind };
        let told = said(&book);
        assert_eq!(told, "voted for S3, log (1, x = 3, y), (2, \\\"), of (7 (1, 2)), kind (-3, Empty)");
        let none = Book { voted_for: None, log: Vec::new(), of: BTreeMap::new(), kind: Kind::Empty };
        assert_eq!(said(&none), "voted for none, log none, of (none), kind Empty");
        for text in ["term 3, voted for S2", "()", "Some(", "[1, 2", "{a: }", ""] {
            let as_it_is = plain(text, &|_| None);
            assert!(as_it_is == text || text == "()", "{text}: {as_it_is}");
        }
    }

    /// No disk of the catalogue shows marks of the language.
    #[test]
    fn every_disk_is_plain() {
        for brief in index() {
            let mut run = open(&Opening::of(brief.id)).unwrap();
            run.run_until(crate::sim::SimTime::from_ms(1_000));
            for node in run.world().node_ids() {
                let (_, durable) = run.world().disk(node);
                let told = plain(&durable, &|n| Some(format!("N{n}")));
                println!("{}: {durable} -> {told}", brief.id);
                assert!(
                    !["Some(", "None", "NodeId", " {", "::", "\""].iter().any(|m| told.contains(m)),
                    "{told}"
                );
            }
        }
    }
}
