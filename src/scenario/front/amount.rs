//! An amount in a scenario file: a number, or a formula over the protocol's parameters, so that a
//! situation stays true when a learner turns a knob: `"election_min_ms / 2"`.
//!
//! The rule that is easy to break: an amount is exact. It is kept in thousandths (a millisecond's are
//! microseconds), and no float comes near a moment of a run.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A number, or a formula.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Amount {
    /// A number, in thousandths.
    Fixed(i64),
    /// A formula, as it was written: numbers and parameters with `+`, `-`, `*`, `/`.
    Formula(String),
}

impl Default for Amount {
    fn default() -> Self {
        Amount::Fixed(0)
    }
}

/// One thousandth is the smallest step.
const ONE: i64 = 1_000;
/// The largest amount: more milliseconds than the longest run has.
const MOST: i64 = 10_000_000_000;

impl Amount {
    /// The whole number `n`.
    pub const fn whole(n: i64) -> Self {
        Amount::Fixed(n * ONE)
    }

    /// Its value in thousandths, with the parameters' values from `param`.
    ///
    /// # Errors
    /// A parameter that is none or no number; a division by zero.
    pub fn thousandths(&self, param: &dyn Fn(&str) -> Option<i64>) -> Result<i64, String> {
        match self {
            Amount::Fixed(n) => Ok(*n),
            Amount::Formula(text) => Reader { rest: text, param }.whole(text),
        }
    }

    /// Its value as a whole number, rounded down.
    ///
    /// # Errors
    /// What [`Amount::thousandths`] refuses.
    pub fn count(&self, param: &dyn Fn(&str) -> Option<i64>) -> Result<i64, String> {
        Ok(self.thousandths(param)?.div_euclid(ONE))
    }

    /// The names of parameters in it.
    pub fn names(&self) -> Vec<&str> {
        let Amount::Formula(text) = self else {
            return Vec::new();
        };
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words.filter(|w| w.starts_with(|c: char| c.is_ascii_lowercase())).collect()
    }

    /// Reads a formula, or a number in quotes.
    fn read(text: &str) -> Result<Self, String> {
        let amount = Amount::Formula(text.trim().to_owned());
        // Whether there are such parameters is known where the protocol is known.
        amount.thousandths(&|_| Some(1))?;
        Ok(amount)
    }
}

/// Reads a formula from left to right.
struct Reader<'a> {
    rest: &'a str,
    param: &'a dyn Fn(&str) -> Option<i64>,
}

impl Reader<'_> {
    fn whole(mut self, text: &str) -> Result<i64, String> {
        let value = self.sum()?;
        if !self.rest.trim().is_empty() {
            return Err(format!(
                "'{text}' is no formula from '{}' on: numbers and parameters with + - * / make one",
                self.rest.trim()
            ));
        }
        i64::try_from(value)
            .ok()
            .filter(|v| v.abs() <= MOST * ONE)
            .ok_or_else(|| format!("'{text}' is too large"))
    }

    fn sum(&mut self) -> Result<i128, String> {
        let mut value = self.product()?;
        loop {
            value = match self.sign(&['+', '-']) {
                Some('+') => value + self.product()?,
                Some(_) => value - self.product()?,
                None => return Ok(value),
            };
        }
    }

    fn product(&mut self) -> Result<i128, String> {
        let mut value = self.factor()?;
        loop {
            let one = i128::from(ONE);
            value = match self.sign(&['*', '/']) {
                Some('*') => value * self.factor()? / one,
                Some(_) => match self.factor()? {
                    0 => return Err("a formula divides by zero".to_owned()),
                    by => value * one / by,
                },
                None => return Ok(value),
            };
            if value.abs() > i128::from(MOST) * one {
                return Err("a formula comes to too large a number".to_owned());
            }
        }
    }

    fn factor(&mut self) -> Result<i128, String> {
        self.rest = self.rest.trim_start();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let end = self.rest.find(|c| !plain(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        if word.is_empty() {
            return Err("a formula lacks a number or a parameter".to_owned());
        }
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            return decimal(word).map(i128::from);
        }
        let value = (self.param)(word).ok_or_else(|| format!("there is no number parameter '{word}'"))?;
        Ok(i128::from(value) * i128::from(ONE))
    }

    fn sign(&mut self, signs: &[char]) -> Option<char> {
        let rest = self.rest.trim_start();
        let first = rest.chars().next().filter(|c| signs.contains(c))?;
        self.rest = &rest[1..];
        Some(first)
    }
}

/// `0.7` in thousandths.
fn decimal(word: &str) -> Result<i64, String> {
    let no = || format!("'{word}' is no number with at most three decimals");
    let (whole, part) = word.split_once('.').unwrap_or((word, ""));
    if part.len() > 3 || part.bytes().any(|b| !b.is_ascii_digit()) {
        return Err(no());
    }
    let part: i64 = format!("{part:0<3}").parse().map_err(|_| no())?;
    let whole: i64 = whole.parse().map_err(|_| no())?;
    if whole > MOST {
        return Err(format!("{word} is too large"));
    }
    Ok(whole * ONE + part)
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Amount::Fixed(n) if n % ONE == 0 => write!(f, "{}", n / ONE),
            Amount::Fixed(n) => {
                let sign = if *n < 0 { "-" } else { "" };
                let part = format!("{:03}", n.abs() % ONE);
                write!(f, "{sign}{}.{}", n.abs() / ONE, part.trim_end_matches('0'))
            }
            Amount::Formula(text) => f.write_str(text),
        }
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Amount::Fixed(n) if n % ONE == 0 => to.serialize_i64(n / ONE),
            // Text, so that no float stands between what was written and what is read again.
            other => to.collect_str(other),
        }
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        source.deserialize_any(Visitor)
    }
}

struct Visitor;

impl serde::de::Visitor<'_> for Visitor {
    type Value = Amount;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or a formula such as \"election_min_ms / 2\"")
    }

    fn visit_i64<E: serde::de::Error>(self, n: i64) -> Result<Amount, E> {
        if n.abs() > MOST {
            return Err(E::custom(format!("{n} is too large")));
        }
        Ok(Amount::whole(n))
    }

    fn visit_u64<E: serde::de::Error>(self, n: u64) -> Result<Amount, E> {
        self.visit_i64(i64::try_from(n).unwrap_or(i64::MAX))
    }

    fn visit_f64<E: serde::de::Error>(self, x: f64) -> Result<Amount, E> {
        let scaled = x * ONE as f64;
        let whole = scaled.round();
        let exact = (scaled - whole).abs() < 1e-6 && x.abs() <= MOST as f64;
        if exact {
            return Ok(Amount::Fixed(whole as i64));
        }
        Err(E::custom(format!("{x} is no number with at most three decimals")))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Amount, E> {
        match decimal(text.strip_prefix('-').unwrap_or(text)) {
            Ok(n) if text.starts_with('-') => Ok(Amount::Fixed(-n)),
            Ok(n) => Ok(Amount::Fixed(n)),
            Err(_) => Amount::read(text).map_err(E::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Result<Amount, String> {
        serde_json::from_str(json).map_err(|e| e.to_string())
    }

    /// 150 / 2 = 75; 0.7 x 50 = 35; and a millisecond's thousandths are exact.
    #[test]
    fn a_formula_is_exact_and_knows_precedence() {
        let param = |name: &str| match name {
            "election_min_ms" => Some(150),
            "heartbeat_ms" => Some(50),
            _ => None,
        };
        let cases = [
            ("\"election_min_ms / 2\"", 75_000),
            ("\"election_min_ms / 2 - 0.002\"", 74_998),
            ("\"election_min_ms/2 + 0.7 * heartbeat_ms\"", 110_000),
            ("100", 100_000),
            ("0.25", 250),
            ("-3", -3_000),
            ("\"-0.001\"", -1),
        ];
        for (text, thousandths) in cases {
            let amount = of(text).unwrap();
            assert_eq!(amount.thousandths(&param), Ok(thousandths), "{text}");
            let again = serde_json::to_string(&amount).unwrap();
            assert_eq!(of(&again).unwrap(), amount, "{again}");
        }
        let count = of("\"heartbeat_ms + 1.9\"").unwrap().count(&param);
        assert_eq!(count, Ok(51));
        let names = of("\"election_min_ms / 2 + x\"").unwrap();
        assert_eq!(names.names(), ["election_min_ms", "x"]);
        assert!(names.thousandths(&param).unwrap_err().contains("'x'"));
        assert!(of("\"1 / 0\"").unwrap_err().contains("zero"));
    }

    #[test]
    fn what_is_no_amount_is_refused_in_words() {
        for (text, part) in [
            ("\"a +\"", "lacks a number"),
            ("\"a b\"", "from 'b' on"),
            ("\"1.2345\"", "three decimals"),
            ("0.12345", "three decimals"),
            ("true", "a number, or a formula"),
            ("99999999999999", "too large"),
            ("\"9999999999 * 9999999999\"", "too large"),
        ] {
            assert!(of(text).unwrap_err().contains(part), "{text}: {:?}", of(text));
        }
    }
}
