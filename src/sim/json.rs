//! JSON as text: what the page and links read and write.
//!
//! The rule that is easy to break: the same data gives the same bytes, for links and files are compared; and what is
//! read comes from strangers: a letter that turns the direction of reading, or is not seen, is refused by its name.

pub use super::letters::is_hidden;
use super::letters::short;
use serde::Serialize;
use serde_json::Value;

/// `data` as JSON text; the fields of an object in the order of their names.
pub fn text(data: &impl Serialize) -> String {
    serde_json::to_value(data).unwrap_or_default().to_string()
}

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The line, counted from 1.
    pub line: usize,
    /// The character of that line, counted from 1.
    pub column: usize,
    /// What is wrong there.
    pub what: String,
}

/// What is said of a letter that deceives a reader.
pub const HIDDEN: &str = "a text holds a letter that is not seen, or turns the direction of reading";

/// What `text` says.
///
/// # Errors
/// What is no JSON, with the place; a number that is too large; a hidden letter in a text (see [`is_hidden`]).
pub fn read(text: &str) -> Result<Value, String> {
    parse(text).map_err(|Flaw { line, column, what }| match line {
        1 => format!("at character {column}, {what}"),
        _ => format!("in line {line}, at character {column}, {what}"),
    })
}

/// [`read`], with the place of an error apart.
///
/// # Errors
/// See [`read`].
pub fn parse(text: &str) -> Result<Value, Flaw> {
    let value: Value = serde_json::from_str(text).map_err(|e| {
        let said = e.to_string();
        let what = said.rsplit_once(" at line").map_or(said.as_str(), |(what, _)| what);
        let what = match what {
            "recursion limit exceeded" => {
                "lists and objects lie more than 127 deep in one another".to_owned()
            }
            "number out of range" => "there is a number so large that no field takes it".to_owned(),
            what => format!("{} is no JSON: {}", there(text, &e), what.replace('`', "'")),
        };
        Flaw { line: e.line(), column: e.column().max(1), what }
    })?;
    match hides(&value) {
        true => Err(hidden(text)),
        false => Ok(value),
    }
}

/// The letters at the place of an error, as far as they can be shown.
fn there(text: &str, e: &serde_json::Error) -> String {
    let line = text.split('\n').nth(e.line().saturating_sub(1)).unwrap_or_default();
    // The last of the letters that were looked at; a column is counted in bytes.
    let rest = line.get(e.column().saturating_sub(1)..).unwrap_or_default();
    match short(rest).trim() {
        "" => "what stands there".to_owned(),
        rest => format!("what begins with '{}'", rest.chars().take(8).collect::<String>()),
    }
}

/// Whether a text in `value` holds a hidden letter, as it is or escaped.
fn hides(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(is_hidden),
        Value::Array(list) => list.iter().any(hides),
        Value::Object(map) => map.iter().any(|(name, value)| name.contains(is_hidden) || hides(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The first hidden letter in `text`; where it is escaped, the beginning.
fn hidden(text: &str) -> Flaw {
    let before = &text[..text.find(is_hidden).unwrap_or(0)];
    let line = before.rsplit('\n').next().unwrap_or_default();
    Flaw { line: before.matches('\n').count() + 1, column: line.chars().count() + 1, what: HIDDEN.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_again() {
        let json =
            r#"{"a":[1,-2,18446744073709551615,[],{}],"b":"tab\t \"q\" \\ é😀","c":null,"d":[true,false]}"#;
        assert_eq!(text(&read(json).unwrap()), json);
        assert_eq!(text(&0.25), "0.25");
        assert_eq!(text(&1.0), "1.0");
        assert_eq!(read("[2.5e3,-0.5]").map(|v| text(&v)), Ok("[2500.0,-0.5]".to_owned()));
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_place() {
        for (json, place) in [
            ("", 1),
            ("{", 1),
            ("[1,]", 4),
            (r#"{"a" 1}"#, 6),
            ("1 2", 3),
            ("[0.5.1]", 5),
            ("nul", 3),
            ("\"open", 5),
            (r#""\ud800x""#, 8),
        ] {
            let why = read(json).unwrap_err();
            assert!(why.contains(&format!("character {place},")), "{json}: {why}");
        }
    }

    #[test]
    fn what_makes_a_reader_stumble_is_refused_by_its_name() {
        let deep = "[".repeat(100_000);
        let digits = "9".repeat(400);
        for (json, part) in [
            (deep.as_str(), "127 deep"),
            ("{\"a\":NaN}", "'NaN}' is no JSON"),
            ("[-Infinity]", "invalid number"),
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

    /// A place is counted in letters, and by lines.
    #[test]
    fn a_hidden_letter_is_told_with_its_place() {
        let Flaw { line, column, what } = parse("{\n\"é\u{202e}\": 1}").unwrap_err();
        assert_eq!((line, column), (2, 3), "{what}");
    }
}
