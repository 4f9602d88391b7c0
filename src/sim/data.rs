//! Data from outside, from a link, a file or a script: read by what serde derives, and a mistake is told with the way
//! to it, in the house's words.
//!
//! The rule that is easy to break: what comes from strangers stands in these sentences, so it is shortened, and
//! letters that could do harm are left out.

use super::letters::short;
use serde::de::{DeserializeOwned, Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use serde_path_to_error::{Segment, Track};
use std::fmt;

/// A step on the way to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A field.
    Field(String),
    /// A place in a list, counted from 0.
    Place(usize),
}

/// The way to a field: `step[0].done.fact.name`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way(pub Vec<Step>);

impl Way {
    /// With this field at its end.
    #[must_use]
    pub fn field(&self, name: &str) -> Way {
        let mut steps = self.0.clone();
        steps.push(Step::Field(name.to_owned()));
        Way(steps)
    }

    /// With this place of a list at its end.
    #[must_use]
    pub fn place(&self, at: usize) -> Way {
        let mut steps = self.0.clone();
        steps.push(Step::Place(at));
        Way(steps)
    }

    /// The way that `text` spells, of names as our fields have them: `edits[1].node`, `[1].node`.
    fn spelt(text: &str) -> Option<Way> {
        let plain = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
        let mut way = Way::default();
        for (i, part) in text.split('.').enumerate() {
            let (name, places) = part.split_at(part.find('[').unwrap_or(part.len()));
            match name.is_empty() {
                // A list has places and no name.
                true if i == 0 && !places.is_empty() => {}
                false if name.bytes().all(plain) => way = way.field(name),
                _ => return None,
            }
            for place in places.split_terminator(']') {
                way = way.place(place.strip_prefix('[')?.parse().ok()?);
            }
        }
        Some(way)
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                Step::Field(name) if i == 0 => f.write_str(name)?,
                Step::Field(name) => write!(f, ".{name}")?,
                Step::Place(at) => write!(f, "[{at}]")?,
            }
        }
        Ok(())
    }
}

/// What is wrong in data, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The way to it; empty where it is the whole.
    pub way: Way,
    /// What is wrong, and what would be accepted.
    pub why: String,
}

impl Wrong {
    /// What is wrong there.
    pub fn at(way: Way, why: impl Into<String>) -> Self {
        Wrong { way, why: why.into() }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.way.0.is_empty() {
            true => f.write_str(&self.why),
            false => write!(f, "{}: {}", self.way, self.why),
        }
    }
}

/// What an object says.
///
/// # Errors
/// The first thing that is wrong in it.
pub fn read<T: DeserializeOwned>(data: Value) -> Result<T, Wrong> {
    // Serde would take a list of the fields' values, too.
    if !data.is_object() {
        let why = format!("this must be an object, not {}", shown(&data));
        return Err(Wrong { way: Way::default(), why });
    }
    tracked(data, |source| T::deserialize(source))
}

/// Plain data to read from, with an account of the way.
type Source<'a, 'b> = serde_path_to_error::Deserializer<'a, 'b, Value>;

fn tracked<T>(
    data: Value,
    by: impl FnOnce(Source<'_, '_>) -> Result<T, serde_json::Error>,
) -> Result<T, Wrong> {
    let mut track = Track::new();
    by(Source::new(data, &mut track)).map_err(|e| {
        let mut way = Way(track.path().iter().map(step).collect());
        let told = e.to_string();
        // What was read apart says the rest of the way.
        let (rest, why) = told
            .split_once(": ")
            .and_then(|(rest, why)| Some((Way::spelt(rest)?, why)))
            .unwrap_or((Way::default(), &told));
        way.0.extend(rest.0);
        Wrong { way, why: said(why) }
    })
}

fn step(segment: &Segment) -> Step {
    match segment {
        Segment::Seq { index } => Step::Place(*index),
        Segment::Map { key: name } | Segment::Enum { variant: name } => Step::Field(short(name)),
        Segment::Unknown => Step::Field("?".to_owned()),
    }
}

/// Reads an object in which one field decides what the others are: `{"do": "crash", "node": 2}` as what serde reads
/// as `{"crash": {"node": 2}}`, which is what `by` does.
///
/// Serde can do this itself (`tag = "do"`), and then does not say in which field something is wrong.
///
/// # Errors
/// What is wrong, with the way to it.
pub fn tagged<'de, T, D: Deserializer<'de>>(
    tag: &'static str,
    source: D,
    by: impl FnOnce(Source<'_, '_>) -> Result<T, serde_json::Error>,
) -> Result<T, D::Error> {
    let mut rest = Map::deserialize(source)?;
    let word = match rest.remove(tag) {
        Some(Value::String(word)) => word,
        Some(other) => {
            return Err(Error::custom(format!("{tag}: this must be a text, not {}", shown(&other))));
        }
        None => return Err(Error::missing_field(tag)),
    };
    let whole = Value::Object(Map::from_iter([(word, Value::Object(rest))]));
    tracked(whole, by).map_err(|Wrong { mut way, why }| {
        // A known word is the first step; an unknown one is the mistake.
        match way.0.is_empty() {
            true => way = way.field(tag),
            false => drop(way.0.remove(0)),
        }
        Error::custom(Wrong { way, why })
    })
}

/// Writes what [`tagged`] reads, from what serde's derive has `written`: `{"crash": {"node": 2}}`, or `"heal"`.
///
/// # Errors
/// What cannot be written.
pub fn tag<S: Serializer>(
    tag: &'static str,
    written: Result<Value, serde_json::Error>,
    to: S,
) -> Result<S::Ok, S::Error> {
    let (word, mut fields) = match written.map_err(serde::ser::Error::custom)? {
        Value::Object(whole) => match whole.into_iter().next() {
            Some((word, Value::Object(fields))) => (word, fields),
            _ => return Err(serde::ser::Error::custom("an object of fields is written here")),
        },
        Value::String(word) => (word, Map::new()),
        _ => return Err(serde::ser::Error::custom("a word, or a word and its fields, is written here")),
    };
    fields.insert(tag.to_owned(), word.into());
    fields.serialize(to)
}

/// Has an enum whose serde traits are derived for `remote = "Self"` written and read with its tag among its fields.
macro_rules! tagged_by {
    ($type:ident, $tag:literal) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                data::tag($tag, $type::serialize(self, serde_json::value::Serializer), to)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
                data::tagged($tag, source, |source| $type::deserialize(source))
            }
        }
    };
}
pub(super) use tagged_by;

/// No fields at all, where [`tagged`] needs none beside the tag.
///
/// # Errors
/// A field.
pub fn nothing<'de, D: Deserializer<'de>>(source: D) -> Result<(), D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    Nothing::deserialize(source).map(|Nothing {}| ())
}

/// What may be `null`, which is as if it were not there.
///
/// # Errors
/// What is wrong in it.
pub fn or_default<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(
    source: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(source)?.unwrap_or_default())
}

/// A list of at most so many objects, if it is there; longer ones are refused before any of it is read.
///
/// # Errors
/// A longer one; what is wrong in an object.
pub fn list<'de, T: DeserializeOwned, D: Deserializer<'de>, const MOST: usize>(
    source: D,
) -> Result<Vec<T>, D::Error> {
    Ok(some_list::<T, D, MOST>(source)?.unwrap_or_default())
}

/// [`list`], and whether it is there.
///
/// # Errors
/// See [`list`].
pub fn some_list<'de, T: DeserializeOwned, D: Deserializer<'de>, const MOST: usize>(
    source: D,
) -> Result<Option<Vec<T>>, D::Error> {
    let Some(list) = Option::<Vec<Value>>::deserialize(source)? else {
        return Ok(None);
    };
    if list.len() > MOST {
        let why = format!("this lists {}, and a run has at most {MOST}", list.len());
        return Err(Error::custom(why));
    }
    let one = |(i, data)| {
        read(data).map_err(|Wrong { mut way, why }| {
            way.0.insert(0, Step::Place(i));
            Error::custom(Wrong { way, why })
        })
    };
    list.into_iter().enumerate().map(one).collect::<Result<_, _>>().map(Some)
}

/// A whole number from `LEAST` to `MOST`, if it is there.
///
/// # Errors
/// Another one, and what is none.
pub fn within<'de, T, D, const LEAST: u64, const MOST: u64>(source: D) -> Result<Option<T>, D::Error>
where
    T: TryFrom<u64>,
    D: Deserializer<'de>,
{
    let Some(value) = Option::<Value>::deserialize(source)? else {
        return Ok(None);
    };
    let number = value.as_u64().filter(|n| (LEAST..=MOST).contains(n));
    match number.and_then(|n| T::try_from(n).ok()) {
        Some(number) => Ok(Some(number)),
        None => Err(Error::custom(format!(
            "this must be a whole number from {LEAST} to {MOST}, not {}",
            shown(&value)
        ))),
    }
}

/// A whole number of 64 bits, if it is there; also as text of digits, for scripts whose numbers lose digits above 2^53.
///
/// # Errors
/// What is none.
pub fn long<'de, D: Deserializer<'de>>(source: D) -> Result<Option<u64>, D::Error> {
    let value = Value::deserialize(source)?;
    match value.as_str().map(str::parse) {
        Some(Ok(number)) => Ok(Some(number)),
        _ => within::<u64, _, 0, { u64::MAX }>(value).map_err(Error::custom),
    }
}

/// What serde says, in the house's words.
fn said(message: &str) -> String {
    let message = message.replace('`', "'");
    let (what, wanted) = message.rsplit_once(", expected ").unwrap_or((&message, ""));
    if let Some(name) = what.strip_prefix("missing field ") {
        return format!("{name} is missing");
    }
    if let Some(name) = what.strip_prefix("unknown field ") {
        let name = name.trim_end_matches(", there are no fields");
        return format!("there is no field {}{}", quoted(name), there(wanted));
    }
    if let Some(word) = what.strip_prefix("unknown variant ") {
        return format!("there is no {}{}", quoted(word), there(wanted));
    }
    if wanted == "map with a single key" {
        return "one word stands here, with what it takes: put several conditions into 'all' or 'any'"
            .to_owned();
    }
    if what.starts_with("invalid length ") {
        // Serde would have taken a list of the fields' values.
        return "this must be an object, not a list".to_owned();
    }
    match what.strip_prefix("invalid type: ").or(what.strip_prefix("invalid value: ")) {
        Some(found) => format!("this must be {}, not {}", must(wanted), instead(found)),
        None => message,
    }
}

/// What is accepted, as serde lists it.
fn there(list: &str) -> String {
    match (list.strip_prefix("one of "), list) {
        (_, "") => String::new(),
        (Some(list), _) => format!(": there are {list}"),
        (None, list) if list.contains("' or '") => format!(": there are {list}"),
        (None, one) => format!(": there is {one}"),
    }
}

/// What is accepted, as serde calls it.
fn must(wanted: &str) -> String {
    let (least, most) = match wanted {
        "u16" => (0, u64::from(u16::MAX)),
        "u32" => (0, u64::from(u32::MAX)),
        "u64" | "usize" => (0, u64::MAX),
        "i32" => (i64::from(i32::MIN), i32::MAX as u64),
        "i64" => (i64::MIN, i64::MAX as u64),
        "a boolean" => return "true or false".to_owned(),
        "a string" => return "a text".to_owned(),
        "a sequence" => return "a list".to_owned(),
        "a map" => return "an object".to_owned(),
        "string or map" => return "a word or an object".to_owned(),
        _ if wanted.starts_with("struct ") => return "an object".to_owned(),
        _ => return wanted.to_owned(),
    };
    format!("a whole number from {least} to {most}")
}

/// What stands there instead, as serde calls it.
fn instead(found: &str) -> String {
    let simple = ["string ", "integer ", "boolean ", "floating point "];
    match (found, simple.iter().find_map(|kind| found.strip_prefix(kind))) {
        ("sequence", _) => "a list".to_owned(),
        ("map", _) => "an object".to_owned(),
        (_, Some(word)) if word.starts_with('"') => quoted(word),
        (_, Some(number)) => match short(number.trim_matches('\'')) {
            long if long.len() > 20 => "a number so large".to_owned(),
            number => number,
        },
        (other, None) => short(other),
    }
}

/// A name or a word, shortened, in one kind of quotes.
fn quoted(word: &str) -> String {
    format!("'{}'", short(word.trim_matches(['\'', '"'])))
}

/// `value` in an error: in short, and harmless.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::String(s) => format!("'{}'", short(s)),
        Value::Null => "null".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Number(n) if n.as_f64().is_some_and(|n| n.abs() > 1e12) => "a number so large".to_owned(),
        Value::Number(n) => n.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Card {
        #[serde(default, deserialize_with = "long")]
        seed: Option<u64>,
        #[serde(default, deserialize_with = "within::<_, _, 1, 9>")]
        size: Option<u16>,
        #[serde(default, deserialize_with = "list::<_, _, 2>")]
        inner: Vec<Card>,
    }

    fn wrong(data: Value) -> String {
        read::<Card>(data).unwrap_err().to_string()
    }

    #[test]
    fn what_is_absent_or_null_is_as_if_nothing_was_said() {
        for data in [json!({}), json!({ "seed": null, "size": null, "inner": null })] {
            let card: Card = read(data).unwrap();
            assert_eq!((card.seed, card.size, card.inner.len()), (None, None, 0));
        }
    }

    #[test]
    fn a_long_number_may_stand_as_text() {
        let seed = |data| read::<Card>(json!({ "seed": data })).unwrap().seed;
        assert_eq!([seed(json!("18446744073709551615")), seed(json!(7))], [Some(u64::MAX), Some(7)]);
    }

    #[test]
    fn a_mistake_is_told_with_the_way_to_it() {
        for (data, told) in [
            (json!(null), "this must be an object, not null"),
            (
                json!({ "seed": "x7" }),
                "seed: this must be a whole number from 0 to 18446744073709551615, not 'x7'",
            ),
            (json!({ "size": 0 }), "size: this must be a whole number from 1 to 9, not 0"),
            (json!({ "inner": {} }), "inner: this must be a list, not an object"),
            (json!({ "inner": [1, 2, 3] }), "inner: this lists 3, and a run has at most 2"),
            (json!({ "inner": [{}, 2] }), "inner[1]: this must be an object, not 2"),
            (
                json!({ "inner": [{}, { "inner": [{ "sise": 2 }] }] }),
                "inner[1].inner[0].sise: there is no field 'sise': there are 'seed', 'size', 'inner'",
            ),
        ] {
            assert_eq!(wrong(data), told);
        }
    }

    /// A stranger's words stand in the sentence in short, whatever is in them.
    #[test]
    fn what_a_stranger_wrote_does_no_harm() {
        let long = "a\u{7}: b\u{202e}, expected ".repeat(1_000);
        for data in [json!({ (long.as_str()): 1 }), json!({ "inner": [{ "size": long }] }), json!(long)] {
            let told = wrong(data);
            assert!(told.len() < 300 && !told.contains(['\u{7}', '\u{202e}']), "{told}");
        }
    }
}
