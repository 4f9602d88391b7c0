//! The share link's payload: `1` (the version), then base64url of a two-byte check and DEFLATE of
//! JSON. It carries what decides a run and where it was looked at; never the run itself.
//!
//! The rules that are easy to break: every link ever made keeps opening, so a field may be added
//! here and never change its meaning; fields that are not known are passed over. And a link comes
//! from strangers: its size is checked before and while it is unpacked, and everything in it by the
//! same code that checks a hand-typed value.

use super::{Opening, base64url};
use crate::sim::hash::Fx;
use crate::sim::{Refusal, json, limits};
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};
use serde_json::{Map, Value};
use std::hash::Hasher;

/// The longest payload that is read or made, in bytes.
pub const ENCODED: usize = 32 * 1_024;
/// The most that a payload may unpack to, in bytes.
pub const INFLATED: usize = 512 * 1_024;
/// The version that is written.
const VERSION: u8 = b'1';

/// A run as it is shared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedRun {
    /// Scenario, seed, parameters, edits.
    pub opening: Opening,
    /// The moment that is shown, in microseconds.
    pub at_us: u64,
    /// How many events have happened, where the moment alone does not say: `None` shows all of it.
    pub events: Option<u32>,
    /// Simulated microseconds in a second of the reader's time; `None`: the scenario's own.
    pub speed_us_s: Option<u64>,
}

/// The names in a link and those of an opening: a link is made of characters. The seed is always
/// written, for a scenario's own may change.
const NAMES: [(&str, &str); 4] = [
    ("s", "scenario"),
    ("r", "seed"),
    ("p", "params"),
    ("e", "edits"),
];

fn no<T>(message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new("bad-link", message))
}

/// Two bytes by which damage is noticed.
fn check(json: &[u8]) -> [u8; 2] {
    let mut h = Fx::default();
    h.write(json);
    let sum = h.finish();
    [(sum >> 8) as u8, sum as u8]
}

/// The payload of a link to `run`: what follows `#/x/`.
///
/// # Errors
/// An unknown scenario; a run with so many edits that no address holds them.
pub fn encode(run: &SharedRun) -> Result<String, Refusal> {
    let def = run.opening.def()?;
    let mut opening = run.opening.clone();
    opening.seed = Some(opening.seed.unwrap_or(def.seed));
    let Ok(Value::Object(mut fields)) = serde_json::to_value(&opening) else {
        return no("this run cannot be written down as a link");
    };
    let short = NAMES.iter().filter_map(|(short, long)| {
        let value = fields.remove(*long)?;
        Some(((*short).to_owned(), value))
    });
    let mut wire: Map<String, Value> = short.collect();
    if run.at_us > 0 {
        wire.insert("t".to_owned(), run.at_us.into());
    }
    if let Some(events) = run.events {
        wire.insert("n".to_owned(), events.into());
    }
    if let Some(speed) = run.speed_us_s {
        wire.insert("v".to_owned(), speed.into());
    }
    let json = json::text(&wire).into_bytes();
    let mut bytes = check(&json).to_vec();
    bytes.extend(miniz_oxide::deflate::compress_to_vec(&json, 9));
    let text = format!("{}{}", char::from(VERSION), base64url::encode(&bytes));
    if text.len() > ENCODED || json.len() > INFLATED {
        return Err(Refusal::new(
            "too-large",
            format!(
                "this run has {} edits: too many for a link, which holds {ENCODED} characters",
                opening.edits.len()
            ),
        ));
    }
    Ok(text)
}

/// The run that a payload describes. It may still be refused by [`super::open`].
///
/// # Errors
/// A payload that is too large, damaged, cut short, of a newer version, or that names a scenario,
/// a parameter or a fault that there is not.
pub fn decode(payload: &str) -> Result<SharedRun, Refusal> {
    if payload.len() > ENCODED {
        return Err(Refusal::new(
            "too-large",
            format!(
                "this link is {} characters long: no link of ours is longer than {ENCODED}",
                payload.len()
            ),
        ));
    }
    let Some((&version, rest)) = payload.as_bytes().split_first() else {
        return no("this link is empty: something was lost when it was copied");
    };
    match version {
        VERSION => read(&unpack(rest)?),
        b'2'..=b'9' => Err(Refusal::new(
            "newer-link",
            format!(
                "this link is of version {}, and this page reads version 1: open it on a newer one",
                char::from(version)
            ),
        )),
        _ => no("this link does not begin with its version: something was lost when it was copied"),
    }
}

/// The JSON in a payload of version 1.
fn unpack(letters: &[u8]) -> Result<Vec<u8>, Refusal> {
    let bytes = match base64url::decode(letters) {
        Ok(bytes) => bytes,
        Err(at) if at < letters.len() => {
            // The version stands before the letters, and people count from one.
            return no(format!(
                "this link has a character at place {} that no link has: it was damaged on its way",
                at + 2
            ));
        }
        Err(_) => return no("this link was cut short: its end is missing"),
    };
    let Some((sum, packed)) = bytes.split_first_chunk::<2>() else {
        return no("this link was cut short: its end is missing");
    };
    let json = match decompress_to_vec_with_limit(packed, INFLATED) {
        Ok(json) => json,
        Err(e) => return Err(not_unpacked(e.status)),
    };
    if check(&json) != *sum {
        return no("this link was damaged on its way: some of its characters are wrong");
    }
    Ok(json)
}

fn not_unpacked(status: TINFLStatus) -> Refusal {
    match status {
        TINFLStatus::HasMoreOutput => Refusal::new(
            "too-large",
            format!("this link unpacks to more than {INFLATED} bytes: no link of ours does"),
        ),
        TINFLStatus::NeedsMoreInput | TINFLStatus::FailedCannotMakeProgress => {
            Refusal::new("bad-link", "this link was cut short: its end is missing")
        }
        _ => Refusal::new(
            "bad-link",
            "this link was damaged on its way: it cannot be unpacked",
        ),
    }
}

fn read(json: &[u8]) -> Result<SharedRun, Refusal> {
    let mut wire = match str::from_utf8(json).map_or(Ok(Value::Null), json::read) {
        Ok(Value::Object(wire)) => wire,
        Ok(_) => return no("this link holds what is no run"),
        Err(e) => return no(format!("this link holds what is no run: {e}")),
    };
    let long = NAMES.iter().filter_map(|(short, long)| {
        let value = wire.remove(*short)?;
        Some(((*long).to_owned(), value))
    });
    let fields = Value::Object(long.collect());
    let opening = match Opening::read(fields) {
        Ok(opening) => opening,
        Err(e) => return no(format!("this link holds what is no run: {e}")),
    };
    opening.def()?.params(&opening.params)?;
    if opening.edits.len() > limits::EDITS {
        return no(format!("this link has more than {} edits", limits::EDITS));
    }
    let at_us = number(&wire, "t", "moment", limits::RUN_US)?;
    let events = number(&wire, "n", "number of events", limits::EVENTS.into())?;
    let speed_us_s = number(&wire, "v", "speed", SPEED)?;
    if speed_us_s == Some(0) {
        return no("this link's speed is zero: time would stand still");
    }
    Ok(SharedRun {
        opening,
        at_us: at_us.unwrap_or(0),
        events: events.and_then(|n| u32::try_from(n).ok()),
        speed_us_s,
    })
}

/// The whole number called `name`, if it is there, and at most `most`.
fn number(
    wire: &Map<String, Value>,
    name: &str,
    what: &str,
    most: u64,
) -> Result<Option<u64>, Refusal> {
    match wire.get(name) {
        None => Ok(None),
        Some(value) => match value.as_u64() {
            Some(n) if n <= most => Ok(Some(n)),
            _ => no(format!(
                "this link's {what} must be a whole number, at most {most}"
            )),
        },
    }
}

/// The highest speed, in simulated microseconds a second: eleven days.
const SPEED: u64 = 1_000_000_000_000;
