//! A scenario that is not built in: a teacher's file. It goes with the run, so that a saved run can be opened where
//! the file is not.
//!
//! The rule that is easy to break: what reads scenarios is the heaviest thing that a reader seldom needs, so in the
//! page it is a part of its own. A scenario of one's own is kept as it came, as data, and read when it is first
//! looked at; where its reader has not come, that is the refusal.

use super::front::{self, Mistake};
use super::part::Part;
use super::{Opening, Scenario, proof};
use crate::sim::Refusal;
use crate::sim::data::shown;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use std::sync::{Arc, OnceLock};

/// What reads scenarios, if it has come.
pub static READER: Part<Reader> = Part::away("reader", "What reads scenario files");

/// A scenario that is not built in.
#[derive(Clone, Debug)]
pub struct Own {
    data: Arc<Value>,
    read: OnceLock<Arc<Scenario>>,
}

impl Eq for Own {}

impl PartialEq for Own {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.data, &other.data) || self.data == other.data
    }
}

impl Serialize for Own {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.data.serialize(to)
    }
}

/// It is read later; what has no id is refused now.
impl<'de> Deserialize<'de> for Own {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let own = Own { data: Arc::new(Value::deserialize(source)?), read: OnceLock::new() };
        match own.id() {
            "" => Err(Error::custom(format!(
                "a scenario has 'front' with an 'id', and this is {}",
                shown(&own.data)
            ))),
            _ => Ok(own),
        }
    }
}

impl Own {
    /// A scenario that has been read.
    pub fn of(scenario: Arc<Scenario>) -> Self {
        let data = serde_json::to_value(&scenario).unwrap_or_default();
        Own { data: Arc::new(data), read: OnceLock::from(scenario) }
    }

    /// Its id.
    pub fn id(&self) -> &str {
        self.data.pointer("/front/id").and_then(Value::as_str).unwrap_or_default()
    }

    /// What it says: its form is checked here, its meaning when it is opened.
    ///
    /// # Errors
    /// What is no scenario, with the way to the field; that its reader has not come.
    pub fn scenario(&self) -> Result<Arc<Scenario>, Refusal> {
        if let Some(scenario) = self.read.get() {
            return Ok(scenario.clone());
        }
        let read = (reader()?.data)(Value::clone(&self.data));
        let scenario = read.map_err(|why| Refusal::new("bad-scenario", format!("own: {why}")))?;
        Ok(self.read.get_or_init(|| Arc::new(scenario)).clone())
    }
}

/// What a scenario file says.
///
/// # Errors
/// A mistake, with line and field; a name that its protocol does not know; that something has to come first.
pub fn from_file(text: &str) -> Result<Own, Refusal> {
    (reader()?.file)(text)
}

/// What in a scenario file is not as it says, each with its line: tried in runs, which takes its time.
///
/// # Errors
/// What [`from_file`] refuses, and what opening it refuses.
pub fn flaws(text: &str) -> Result<Vec<String>, Refusal> {
    (reader()?.flaws)(text)
}

/// What reads scenarios that are not built in.
pub struct Reader {
    data: fn(Value) -> Result<Scenario, String>,
    file: fn(&str) -> Result<Own, Refusal>,
    flaws: fn(&str) -> Result<Vec<String>, Refusal>,
}

/// All of it. In the page it is named by its own part alone.
pub static WHOLE: Reader = Reader { data: front::read::scenario, file, flaws: tried };

fn file(text: &str) -> Result<Own, Refusal> {
    let no =
        |mistake: Mistake| Refusal::new("bad-scenario", format!("this file is no scenario yet: {mistake}"));
    let scenario = Arc::new(front::read(text).map_err(no)?);
    // Its protocol may not have come.
    if let Err(away @ Refusal { part: Some(_), .. }) = scenario.entry() {
        return Err(away);
    }
    match proof::unknown_name(&scenario) {
        None => Ok(Own::of(scenario)),
        Some((way, message)) => Err(no(Mistake::at(text, &way, message))),
    }
}

fn tried(text: &str) -> Result<Vec<String>, Refusal> {
    let base = Opening::own(file(text)?);
    let mut found = proof::flaws(&base)?;
    found.extend(proof::flaws_of_luck(&base)?);
    found.extend(proof::unproved(&*base.def()?).into_iter().map(|(way, what)| (way, what.to_owned())));
    Ok(found.into_iter().map(|(way, why)| Mistake::at(text, &way, why).to_string()).collect())
}

/// What reads scenarios, here.
fn reader() -> Result<&'static Reader, Refusal> {
    #[cfg(not(feature = "on-demand"))]
    READER.provide(&WHOLE);
    READER.get()
}
