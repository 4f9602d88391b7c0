//! JSON as text: what the page and links read and write.
//!
//! The rule that is easy to break: the page holds one reader and one writer, both in this file.
//! `serde_json`'s own know every float and weigh 30 KB more; natively they are used too. Nothing
//! that is read has a fraction, so one is read only to be refused; it is written to six digits. And
//! what is read comes from strangers: what would make a reader's eye or a machine stumble (depth,
//! numbers that are none, letters that turn the direction of reading) is refused by its own name.

use super::decimal;
use serde::Serialize;
use serde_json::{Map, Value};
use std::num::IntErrorKind;

/// How deep lists and objects may lie in one another.
const DEPTH: u32 = 64;

/// `data` as JSON text; the fields of an object in the order of their names.
pub fn text(data: &impl Serialize) -> String {
    let mut out = String::new();
    write(&serde_json::to_value(data).unwrap_or_default(), &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(n) => out.push_str(&number_text(n)),
        Value::String(s) => write_text(s, out),
        Value::Array(list) => {
            let mut before = '[';
            for item in list {
                out.push(before);
                write(item, out);
                before = ',';
            }
            out.push_str(if list.is_empty() { "[]" } else { "]" });
        }
        Value::Object(map) => {
            let mut before = '{';
            for (name, item) in map {
                out.push(before);
                write_text(name, out);
                out.push(':');
                write(item, out);
                before = ',';
            }
            out.push_str(if map.is_empty() { "{}" } else { "}" });
        }
    }
}

/// A number as it is written.
pub(super) fn number_text(n: &serde_json::Number) -> String {
    match (n.as_u64(), n.as_i64()) {
        (Some(n), _) => n.to_string(),
        (_, Some(n)) => n.to_string(),
        _ => decimal::shortest(n.as_f64().unwrap_or(0.0), 6),
    }
}

/// `text` in quotes.
pub(super) fn write_text(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|b| matches!(b, b'"' | b'\\' | ..b' ')) {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'\n' => out.push_str("\\n"),
            low if low < b' ' => out.push_str(&format!("\\u{:04x}", u32::from(low))),
            c => {
                out.push('\\');
                out.push(char::from(c));
            }
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

/// What `text` says.
///
/// # Errors
/// What is no JSON, with the place; and by its own name a nesting that is too deep, a number that
/// is none or too large, a hidden letter in a text (see [`is_hidden`]).
pub fn read(text: &str) -> Result<Value, String> {
    parse(text).map_err(|(at, what)| format!("at character {} {what}", at + 1))
}

/// [`read`], with the place of an error in bytes from the start.
///
/// # Errors
/// See [`read`].
pub fn parse(text: &str) -> Result<Value, (usize, &'static str)> {
    let what = "what stands there is no JSON";
    let mut r = Reader { text, at: 0, what };
    let value = r.value(DEPTH);
    match value {
        Some(value) if r.peek().is_none() => Ok(value),
        _ => Err((r.at, r.what)),
    }
}

const HIDDEN: &str = "a text holds a letter that is not seen, or turns the direction of reading";

/// Whether a letter cannot be seen, or changes how the letters around it are read: marks of
/// direction (Unicode TR 36, section 3: "bidirectional text spoofing"), letters without width, and
/// separators that are no line ends of JSON.
pub fn is_hidden(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    // What is the matter at the place where reading stops.
    what: &'static str,
}

impl Reader<'_> {
    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.at..];
        let space = |b: &&u8| matches!(b, b' ' | b'\n' | b'\r' | b'\t');
        self.at += rest.iter().take_while(space).count();
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, word: &str) -> Option<()> {
        self.peek()?;
        self.text[self.at..].starts_with(word).then(|| {
            self.at += word.len();
        })
    }

    /// Stops reading here, and says why.
    fn stop<T>(&mut self, what: &'static str) -> Option<T> {
        self.what = what;
        None
    }

    fn value(&mut self, depth: u32) -> Option<Value> {
        let Some(depth) = depth.checked_sub(1) else {
            return self.stop("lists and objects lie more than 64 deep in one another");
        };
        match self.peek()? {
            b'n' => self.take("null").map(|()| Value::Null),
            b't' => self.take("true").map(|()| Value::Bool(true)),
            b'f' => self.take("false").map(|()| Value::Bool(false)),
            b'"' => self.string().map(Value::String),
            b'[' => {
                let mut list = Vec::new();
                self.items(b']', |r| {
                    list.push(r.value(depth)?);
                    Some(())
                })?;
                Some(Value::Array(list))
            }
            b'{' => {
                let mut map = Map::new();
                self.items(b'}', |r| {
                    let name = r.string()?;
                    r.take(":")?;
                    map.insert(name, r.value(depth)?);
                    Some(())
                })?;
                Some(Value::Object(map))
            }
            _ => self.number(),
        }
    }

    /// What stands between brackets, after the first of them.
    fn items(&mut self, end: u8, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.at += 1;
        if self.peek()? == end {
            self.at += 1;
            return Some(());
        }
        loop {
            item(self)?;
            let next = self.peek()?;
            if next == end {
                self.at += 1;
                return Some(());
            }
            self.take(",")?;
        }
    }

    fn number(&mut self) -> Option<Value> {
        let rest = &self.text[self.at..];
        let inside = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
        let number = &rest[..rest.len() - rest.trim_start_matches(inside).len()];
        let value = if let Ok(n) = number.parse::<u64>() {
            n.into()
        } else if let Ok(n) = number.parse::<i64>() {
            n.into()
        } else {
            let (digits, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
            let Some(digits) = decimal::read(digits) else {
                let word = rest.trim_start_matches(['-', '+']);
                if word.starts_with("NaN") || word.starts_with("Infinity") {
                    return self.stop("there is no number: NaN and Infinity are none");
                }
                return None;
            };
            let exponent = match exponent.parse::<i16>() {
                Ok(exponent) => exponent,
                Err(e) if *e.kind() == IntErrorKind::PosOverflow => i16::MAX,
                Err(_) => return None,
            };
            let n = digits * libm::pow(10.0, f64::from(exponent));
            if !n.is_finite() {
                return self.stop("there is a number so large that no field takes it");
            }
            n.into()
        };
        self.at += number.len();
        Some(value)
    }

    fn string(&mut self) -> Option<String> {
        self.take("\"")?;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find(|c| c == '"' || c == '\\' || c < ' ' || is_hidden(c))?;
            out.push_str(&rest[..plain]);
            self.at += plain;
            let c = match rest.as_bytes()[plain] {
                b'"' => {
                    self.at += 1;
                    return Some(out);
                }
                b'\\' => {
                    self.at += 1;
                    self.escaped()?
                }
                low if low < b' ' => return None,
                _ => return self.stop(HIDDEN),
            };
            if is_hidden(c) {
                return self.stop(HIDDEN);
            }
            out.push(c);
        }
    }

    fn escaped(&mut self) -> Option<char> {
        let letter = *self.text.as_bytes().get(self.at)?;
        self.at += 1;
        Some(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => {
                let unit = self.hex()?;
                // The second half of a character that takes two.
                let units = match unit {
                    0xd800..0xdc00 => {
                        self.text[self.at..].starts_with("\\u").then_some(())?;
                        self.at += 2;
                        vec![unit, self.hex()?]
                    }
                    _ => vec![unit],
                };
                char::decode_utf16(units).next()?.ok()?
            }
            _ => return None,
        })
    }

    fn hex(&mut self) -> Option<u16> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        u16::from_str_radix(digits, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_read_is_written_again() {
        let json = r#"{"a":[1,-2,18446744073709551615,[],{}],"b":"tab\u0009 \"q\" \\ é😀","c":null,"d":[true,false]}"#;
        assert_eq!(text(&read(json).unwrap()), json);
        assert_eq!(text(&0.25), "0.25");
        assert_eq!(text(&1.0), "1");
        assert_eq!(read("[2.5e3,-0.5]").map(|v| text(&v)), Ok("[2500,-0.5]".to_owned()));
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_place() {
        for (json, place) in [
            ("", 1),
            ("{", 2),
            ("[1,]", 4),
            (r#"{"a" 1}"#, 6),
            ("1 2", 3),
            ("[0.5.1]", 2),
            ("nul", 1),
            ("\"open", 2),
            (r#""\ud800x""#, 8),
        ] {
            let why = read(json).unwrap_err();
            assert!(why.contains(&format!("character {place} ")), "{json}: {why}");
        }
    }

    #[test]
    fn what_makes_a_reader_stumble_is_refused_by_its_name() {
        let deep = "[".repeat(100_000);
        let digits = "9".repeat(400);
        for (json, part) in [
            (deep.as_str(), "64 deep"),
            ("{\"a\":NaN}", "NaN and Infinity"),
            ("[-Infinity]", "NaN and Infinity"),
            ("1e999", "so large"),
            ("1e99999", "so large"),
            (digits.as_str(), "so large"),
            ("\"a\u{202e}b\"", "direction of reading"),
            (r#"{"a\u2066":1}"#, "direction of reading"),
        ] {
            let why = read(json).unwrap_err();
            assert!(why.contains(part), "{why}");
        }
        assert!(read("1e").is_err_and(|e| e.contains("no JSON")));
    }

    proptest! {
        /// Whatever text comes, this reader agrees with serde_json's; it is not as strict about
        /// zeros in front.
        #[test]
        fn serde_json_reads_the_same(json in r#"[\[\]{}:,"a-c\\nu0-9 -]{0,24}|"\PC{0,8}""#) {
            prop_assume!(!json.contains(is_hidden));
            let theirs: Result<Value, _> = serde_json::from_str(&json);
            if let Ok(ours) = read(&json) {
                if let Ok(theirs) = &theirs {
                    prop_assert_eq!(text(&ours), text(theirs));
                }
                prop_assert_eq!(read(&text(&ours)).map(|v| text(&v)), Ok(text(&ours)));
            } else {
                prop_assert!(theirs.is_err(), "{}", json);
            }
        }
    }
}
