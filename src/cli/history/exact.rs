//! JSON values as they are: of any size, and equal if they are the same value, however they are written.
//!
//! The rule that is easy to break: no number goes through a float or an integer of the machine, which would
//! make two of one. Its decimal digits are compared, and 1, 1.0 and 10e-1 are one number; "1" is a text.

use crate::sim::json::{self, is_hidden};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// How deep lists and objects may lie in one another.
const DEEP: usize = 127;

/// The fields of the object that `text` holds, each with its value as it is written.
///
/// # Errors
/// What is no JSON, with the place; what is no object; a field that is there twice; a hidden letter.
pub(super) fn fields(text: &str) -> Result<Vec<(Cow<'_, str>, &str)>, String> {
    if !text.trim_start().starts_with('{') {
        json::read(text)?;
        return Err("a line must be an object".to_owned());
    }
    pairs(text).map_err(|what| no_json(text).unwrap_or(what))
}

/// What the reader of JSON says against `text`, with the place.
fn no_json(text: &str) -> Option<String> {
    // Numbers that it has no room for are none of its business here.
    json::read(text).err().filter(|why| !why.contains("so large"))
}

fn pairs(text: &str) -> Result<Vec<(Cow<'_, str>, &str)>, String> {
    let pairs: Pairs<'_> = serde_json::from_str(text).map_err(|e| told(&e))?;
    for (i, (name, _)) in pairs.0.iter().enumerate() {
        if name.contains(is_hidden) {
            return Err(json::HIDDEN.to_owned());
        }
        if pairs.0[..i].iter().any(|(other, _)| other == name) {
            let name = crate::sim::letters::short(name);
            return Err(format!("the field '{name}' is there twice: each may be there once"));
        }
    }
    Ok(pairs.0.into_iter().map(|(name, value)| (name, value.get())).collect())
}

fn told(e: &serde_json::Error) -> String {
    format!("there is what is no JSON: {e}")
}

/// `text`, a JSON value, in a form that is the same for the same value and differs for any other.
///
/// # Errors
/// What is no JSON; a field of an object that is there twice; a hidden letter; what lies too deep.
pub(super) fn canonical(text: &str) -> Result<String, String> {
    let mut out = String::new();
    write(text, DEEP, &mut out)?;
    Ok(out)
}

/// The parts of a list.
pub(super) fn list(text: &str) -> Option<Vec<&str>> {
    let parts: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    Some(parts.into_iter().map(RawValue::get).collect())
}

/// The letters of a text.
pub(super) fn string(text: &str) -> Option<String> {
    text.starts_with('"').then(|| serde_json::from_str(text).ok()).flatten()
}

/// Whether `text` is a number.
pub(super) fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

fn write(text: &str, deep: usize, out: &mut String) -> Result<(), String> {
    let deeper = || {
        let what = format!("lists and objects lie more than {DEEP} deep in one another");
        deep.checked_sub(1).ok_or(what)
    };
    match text.as_bytes().first() {
        Some(b'{') => {
            let deep = deeper()?;
            let mut fields = pairs(text)?;
            fields.sort();
            out.push('{');
            for (name, value) in fields {
                *out += &json::text(&name);
                out.push(':');
                write(value, deep, out)?;
                out.push(',');
            }
            out.push('}');
        }
        Some(b'[') => {
            let deep = deeper()?;
            let parts: Vec<&RawValue> = serde_json::from_str(text).map_err(|e| told(&e))?;
            out.push('[');
            for part in parts {
                write(part.get(), deep, out)?;
                out.push(',');
            }
            out.push(']');
        }
        Some(b'"') => {
            let letters: String = serde_json::from_str(text).map_err(|e| told(&e))?;
            if letters.contains(is_hidden) {
                return Err(json::HIDDEN.to_owned());
            }
            *out += &json::text(&letters);
        }
        Some(b'-' | b'0'..=b'9') => *out += &number(text)?,
        _ => *out += text,
    }
    Ok(())
}

/// A number of JSON as sign, digits without zeros at either end, and exponent.
fn number(text: &str) -> Result<String, String> {
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (digits, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{part}");
    let digits = all.trim_start_matches('0').trim_end_matches('0');
    if digits.is_empty() {
        return Ok("0".to_owned());
    }
    let zeros = all.len() - all.trim_end_matches('0').len();
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent).parse::<i128>().ok();
    let exponent = exponent.and_then(|e| e.checked_add(zeros as i128 - part.len() as i128));
    match exponent {
        Some(exponent) => Ok(format!("{sign}{digits}e{exponent}")),
        None => Err("there is a number whose exponent has more than 38 digits".to_owned()),
    }
}

/// The fields of an object, in their order.
struct Pairs<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'de>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(name) = map.next_key::<&'de RawValue>()? {
                    let name: String = serde_json::from_str(name.get()).map_err(A::Error::custom)?;
                    pairs.push((Cow::Owned(name), map.next_value()?));
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_as_the_numbers_they_are() {
        let same = [
            &["1", "1.0", "1.000", "10e-1", "0.1E+1", "1e0", "1e-0"][..],
            &["0", "-0", "0.0", "-0.000", "0e99999999999999999999999999999999999999999999"],
            &["10000000000000", "1e13", "1E13", "10.0e12"],
            &["1e400", "10e399", "0.1e401"],
            &["0.1234567", "1234567e-7"],
            &["100000000000000000001", "100000000000000000001.0"],
            &["-2.50", "-25e-1"],
        ];
        let forms = same.map(|group| {
            let first = canonical(group[0]).unwrap();
            for text in group {
                assert_eq!(canonical(text).as_ref(), Ok(&first), "{text}");
            }
            first
        });
        for (i, form) in forms.iter().enumerate() {
            assert!(!forms[..i].contains(form), "{form}");
        }
        for (a, b) in [("1", "\"1\""), ("0.1234567", "0.1234568"), ("1e20", "2e20"), ("1", "-1"), ("10", "1")]
        {
            assert_ne!(canonical(a), canonical(b), "{a} {b}");
        }
        assert_ne!(canonical("18446744073709551616"), canonical("18446744073709551617"));
        let digits = "9".repeat(50);
        assert!(canonical(&format!("1e{digits}")).unwrap_err().contains("exponent"));
    }

    #[test]
    fn lists_objects_and_texts_are_compared_as_what_they_are() {
        for (a, b) in [
            (r#"{"a": 1, "b": [2.0]}"#, r#"{"b":[2],"a":1.0}"#),
            (r#""A\u0042""#, r#""AB""#),
            (r#"{"a\u0062":null}"#, r#"{"ab":null}"#),
        ] {
            assert_eq!(canonical(a), canonical(b));
        }
        for (a, b) in [("[1,[2]]", "[[1],2]"), ("[]", "{}"), ("null", "\"null\""), ("[\"1\"]", "[1]")] {
            assert_ne!(canonical(a), canonical(b));
        }
    }

    #[test]
    fn what_could_mean_two_things_is_refused() {
        assert!(canonical(r#"{"a":1,"\u0061":2}"#).unwrap_err().contains("'a' is there twice"));
        assert!(canonical("[\"a\\u202e\"]").unwrap_err().contains("direction of reading"));
        let deep = "[".repeat(9_000) + &"]".repeat(9_000);
        assert!(canonical(&deep).unwrap_err().contains("127 deep"));
        assert!(fields("{\"p\":1,\"p\":1}").unwrap_err().contains("'p' is there twice"));
        assert!(fields("[]").unwrap_err().contains("must be an object"));
        assert!(fields("{\"p\":\"\\ud800\"}").is_ok_and(|f| canonical(f[0].1).is_err()));
    }
}
