//! Reading what may stand in a stranger's link: one JSON object, field by field, with errors in words.
//!
//! The rule that is easy to break: an error names the field, what it must be and what it was, and an unknown field is
//! an error. serde's derive cannot say so much of an enum with an inner tag (`{"do": "crash", "node": 2}`): it forgets the
//! way to the field, takes unknown fields beside a variant that has none, and names a type (`u16`) for a range. So
//! faults, settings and openings are read through here, by `Fields` and the [`read_as`] macro; scenario files, which
//! have no such enums, are read by derive.

pub use super::letters::short;
use serde_json::{Map, Value};

/// The fields of one JSON object that are still to be read.
pub struct Fields {
    what: &'static str,
    map: Map<String, Value>,
}

/// What reading gives: a value, or a sentence that names the field.
pub type Read<T> = Result<T, String>;

impl Fields {
    /// The fields of `value`, which must be an object; `what` names it in errors.
    pub fn of(value: Value, what: &'static str) -> Read<Self> {
        match value {
            Value::Object(map) => Ok(Fields { what, map }),
            other => Err(format!("{what} must be an object, not {}", shown(&other))),
        }
    }

    fn wrong(&self, field: &str, wanted: &str, got: &Value) -> String {
        format!("'{field}' of {} must be {wanted}, not {}", self.what, shown(got))
    }

    /// A field, if it is there; `null` counts as absent.
    pub fn take(&mut self, field: &str) -> Option<Value> {
        self.map.remove(field).filter(|v| !v.is_null())
    }

    /// A field that must be there.
    pub fn need(&mut self, field: &str) -> Read<Value> {
        self.take(field).ok_or_else(|| format!("'{field}' is missing in {}", self.what))
    }

    /// A whole number up to `max`, if it is there.
    pub fn number(&mut self, field: &str, max: u64) -> Read<Option<u64>> {
        let Some(value) = self.take(field) else {
            return Ok(None);
        };
        match value.as_u64() {
            Some(n) if n <= max => Ok(Some(n)),
            _ => Err(self.wrong(field, &format!("a whole number from 0 to {max}"), &value)),
        }
    }

    /// A whole number of at most 64 bits, if it is there; also as text of digits, for scripts whose
    /// numbers lose digits above 2^53.
    pub fn long(&mut self, field: &str) -> Read<Option<u64>> {
        match self.map.get(field).and_then(Value::as_str).map(str::parse) {
            Some(Ok(n)) => {
                self.map.remove(field);
                Ok(Some(n))
            }
            _ => self.number(field, u64::MAX),
        }
    }

    /// A whole number of at most 64 bits that must be there.
    pub fn u64(&mut self, field: &str) -> Read<u64> {
        let n = self.number(field, u64::MAX)?;
        n.ok_or_else(|| format!("'{field}' is missing in {}", self.what))
    }

    /// A whole number of at most 32 bits that must be there.
    pub fn u32(&mut self, field: &str) -> Read<u32> {
        let n = self.number(field, u64::from(u32::MAX))?;
        n.map(|n| n as u32).ok_or_else(|| format!("'{field}' is missing in {}", self.what))
    }

    /// A whole number of at most 32 bits, if it is there.
    pub fn opt_u32(&mut self, field: &str) -> Read<Option<u32>> {
        Ok(self.number(field, u64::from(u32::MAX))?.map(|n| n as u32))
    }

    /// A whole number of at most 16 bits that must be there: a node.
    pub fn u16(&mut self, field: &str) -> Read<u16> {
        let n = self.number(field, u64::from(u16::MAX))?;
        n.map(|n| n as u16).ok_or_else(|| format!("'{field}' is missing in {}", self.what))
    }

    /// A whole number that may be negative, if it is there.
    pub fn opt_i64(&mut self, field: &str) -> Read<Option<i64>> {
        match self.take(field) {
            None => Ok(None),
            Some(value) => match value.as_i64() {
                Some(n) => Ok(Some(n)),
                None => Err(self.wrong(field, "a whole number", &value)),
            },
        }
    }

    /// True or false, if it is there.
    pub fn flag(&mut self, field: &str) -> Read<Option<bool>> {
        match self.take(field) {
            None => Ok(None),
            Some(Value::Bool(b)) => Ok(Some(b)),
            Some(value) => Err(self.wrong(field, "true or false", &value)),
        }
    }

    /// A text that must be there.
    pub fn text(&mut self, field: &str) -> Read<String> {
        match self.need(field)? {
            Value::String(s) => Ok(s),
            value => Err(self.wrong(field, "a text", &value)),
        }
    }

    /// A text, if it is there.
    pub fn opt_text(&mut self, field: &str) -> Read<Option<String>> {
        match self.take(field) {
            None => Ok(None),
            Some(Value::String(s)) => Ok(Some(s)),
            Some(value) => Err(self.wrong(field, "a text", &value)),
        }
    }

    /// A list that must be there.
    pub fn list(&mut self, field: &str) -> Read<Vec<Value>> {
        match self.need(field)? {
            Value::Array(list) => Ok(list),
            value => Err(self.wrong(field, "a list", &value)),
        }
    }

    /// A list; empty if it is not there.
    pub fn opt_list(&mut self, field: &str) -> Read<Vec<Value>> {
        match self.take(field) {
            None => Ok(Vec::new()),
            Some(Value::Array(list)) => Ok(list),
            Some(value) => Err(self.wrong(field, "a list", &value)),
        }
    }

    /// An object; empty if it is not there.
    pub fn object(&mut self, field: &str) -> Read<Map<String, Value>> {
        match self.take(field) {
            None => Ok(Map::new()),
            Some(Value::Object(map)) => Ok(map),
            Some(value) => Err(self.wrong(field, "an object", &value)),
        }
    }

    /// Refuses what was not asked for.
    pub fn end(self) -> Read<()> {
        match self.map.keys().next() {
            None => Ok(()),
            Some(field) => Err(format!("{} has no field '{}'", self.what, short(field))),
        }
    }
}

/// A word that is none of those known.
pub fn unknown<T>(what: &str, word: &str, known: &str) -> Read<T> {
    Err(format!("there is no {what} '{}': there is {known}", short(word)))
}

/// A node's number in a list.
pub fn node(value: &Value) -> Read<super::ids::NodeId> {
    let n = value.as_u64().and_then(|n| u16::try_from(n).ok());
    n.map(super::ids::NodeId)
        .ok_or_else(|| format!("a node is a whole number from 0 to 65535, not {}", shown(value)))
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

/// Reads a type through its `fn read(Value) -> Read<Self>`, whatever the source.
macro_rules! read_as {
    ($($type:ty),*) => { $(
        /// By [`Fields`].
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
                let value = serde_json::Value::deserialize(source)?;
                <$type>::read(value).map_err(serde::de::Error::custom)
            }
        }
    )* };
}
pub(crate) use read_as;
