//! The share link's payload: the version, then base64url of a two-byte check and DEFLATE of JSON: a [`SharedRun`] with its
//! names made short. A link of version `2` carries the scenario itself, somebody's own; one of version `1` names it.
//!
//! The rules that are easy to break: every link ever made keeps opening (`tests/share_cases.txt`),
//! so a field may be added here and never change its meaning; fields that are not known are passed
//! over. And a link comes from strangers: its size is checked before and while it is unpacked, and
//! everything in it by the same code that checks a file and a hand-typed value.

use super::inflate::{self, Trouble};
use super::{SharedRun, base64url, open};
use crate::check::Checks;
use crate::sim::hash::Fx;
use crate::sim::history::Run;
use crate::sim::{Refusal, SimTime, json};
use serde_json::{Map, Value};
use std::hash::Hasher;

/// The longest payload that is read or made, in bytes.
pub const ENCODED: usize = 32 * 1_024;
/// The most that a payload may unpack to, in bytes.
pub const INFLATED: usize = 512 * 1_024;
/// The version of a link to a built-in scenario.
const NAMED: u8 = b'1';
/// The version of a link that carries its scenario: a page that cannot read that says so, and does not open another of that name.
const CARRIED: u8 = b'2';
/// The short name of what it carries.
const OWN: (&str, &str) = ("o", "own");

/// The names in a link and those of a [`SharedRun`]: a link is made of characters. The seed is
/// always written, for a scenario's own may change.
const NAMES: [(&str, &str); 9] = [
    ("s", "scenario"),
    ("r", "seed"),
    ("p", "params"),
    ("e", "edits"),
    ("t", "at_us"),
    ("n", "events"),
    ("v", "speed_us_s"),
    ("w", "panel"),
    ("k", "picked"),
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
    let version = if run.opening.own.is_some() { CARRIED } else { NAMED };
    let mut fields = run.fields()?;
    let short = names(version).filter_map(|(short, long)| {
        let value = fields.remove(*long)?;
        Some(((*short).to_owned(), value))
    });
    let wire: Map<String, Value> = short.collect();
    let json = json::text(&wire).into_bytes();
    let mut bytes = check(&json).to_vec();
    bytes.extend(miniz_oxide::deflate::compress_to_vec(&json, 9));
    let text = format!("{}{}", char::from(version), base64url::encode(&bytes));
    if text.len() > ENCODED || json.len() > INFLATED {
        return Err(Refusal::new(
            "too-large",
            format!(
                "this run has {} edits{}: too many for a link, which holds {ENCODED} characters; \
                 save it as a file",
                run.opening.edits.len(),
                if version == CARRIED { " and brings its scenario along" } else { "" }
            ),
        ));
    }
    Ok(text)
}

/// The names in a link of this version.
fn names(version: u8) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    NAMES.iter().chain((version == CARRIED).then_some(&OWN))
}

/// The run that a payload describes. It may still be refused by [`follow`].
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
        NAMED | CARRIED => read(version, &unpack(rest)?),
        b'3'..=b'9' => Err(Refusal::new(
            "newer-link",
            format!(
                "this link is of version {}, and this page reads versions 1 and 2: open it on a newer one",
                char::from(version)
            ),
        )),
        _ => no("this link does not begin with its version: something was lost when it was copied"),
    }
}

/// The JSON in a payload.
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
        Err(_) => return no(CUT_SHORT),
    };
    let Some((sum, packed)) = bytes.split_first_chunk::<2>() else {
        return no(CUT_SHORT);
    };
    let json = inflate::unpack(packed, INFLATED).map_err(not_unpacked)?;
    if check(&json) != *sum {
        return no("this link was damaged on its way: some of its characters are wrong");
    }
    Ok(json)
}

const CUT_SHORT: &str = "this link was cut short: its end is missing";

fn not_unpacked(trouble: Trouble) -> Refusal {
    match trouble {
        Trouble::TooLarge => Refusal::new(
            "too-large",
            format!("this link unpacks to more than {INFLATED} bytes: no link of ours does"),
        ),
        Trouble::CutShort => Refusal::new("bad-link", CUT_SHORT),
        Trouble::Trailing => Refusal::new(
            "bad-link",
            "this link goes on after its end: something was added when it was copied",
        ),
        Trouble::Damaged => {
            Refusal::new("bad-link", "this link was damaged on its way: it cannot be unpacked")
        }
    }
}

fn read(version: u8, json: &[u8]) -> Result<SharedRun, Refusal> {
    let no = |why: String| Refusal::new("bad-link", format!("this link holds what is no run: {why}"));
    let text = str::from_utf8(json).map_err(|_| no("it is no text".to_owned()))?;
    let mut data = json::read(text).map_err(no)?;
    if let Value::Object(wire) = &mut data {
        let long = names(version).filter_map(|(short, long)| {
            let value = wire.remove(*short)?;
            Some(((*long).to_owned(), value))
        });
        data = Value::Object(long.collect());
    }
    let run = SharedRun::read(data).map_err(|wrong| no(wrong.to_string()))?;
    run.opening.def()?.params(&run.opening.params)?;
    Ok(run)
}

/// Events that are simulated before a link is taken for good.
const PROBE: u32 = 10_240;
/// Events between two looks at where that leads.
const SLICE: u32 = 256;

/// The run that `shared` describes, some of the way to its moment: what a link or a file opens.
///
/// # Errors
/// What [`open`] refuses; and a cycle without delay that begins at once: it would stand still for
/// as long as somebody looks.
pub fn follow(shared: &SharedRun) -> Result<Run<Checks>, Refusal> {
    let mut run = open(&shared.opening)?;
    // Where a link shows the start, the way ahead is tried on a copy.
    let mut ahead = shared.moment().is_none().then(|| run.fork());
    let probe = ahead.as_mut().unwrap_or(&mut run);
    let length = SimTime(shared.opening.def()?.length_us());
    let goal = shared.moment().unwrap_or(length);
    loop {
        let (time, left) = (probe.time(), shared.events_left(probe.position()));
        if left == 0 || probe.advance(goal, left.min(SLICE)) {
            break;
        }
        // A busy instant is followed to its end, so that one without an end is found.
        if probe.position() >= PROBE && probe.time() > time {
            break;
        }
    }
    match probe.world().stopped() {
        Some(stop) if stop.code == "no-delay" => {
            Err(Refusal::new(stop.code, format!("this run never gets on: {stop}. Give some link a delay")))
        }
        _ => Ok(run),
    }
}
