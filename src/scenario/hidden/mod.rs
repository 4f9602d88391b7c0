//! Scenarios that tests of the page open by name, and no list shows: a piece that comes on demand, for no reader needs it.

mod panic;
mod toy;

use super::Scenario;
use super::part::Part;
use crate::kit::Entry;
use crate::sim::Refusal;

/// The piece that holds them.
pub static HIDDEN: Part<Hidden> = Part::away("hidden", "What only tests open");

/// A hidden scenario's protocol, and what makes the scenario.
type One = (&'static Entry, fn() -> Scenario);

/// What it brings.
pub struct Hidden {
    all: [One; 2],
}

/// All of it. In the page it is named by its own part alone.
pub static WHOLE: Hidden = Hidden { all: [(&panic::ENTRY, panic::scenario), (&toy::ENTRY, toy::scenario)] };

/// The ids of their scenarios, which are those of their protocols.
const IDS: [&str; 2] = ["test-panic", "test-toy"];

fn one(id: &str) -> Option<Result<&'static One, Refusal>> {
    if !IDS.contains(&id) {
        return None;
    }
    #[cfg(not(feature = "on-demand"))]
    HIDDEN.provide(&WHOLE);
    let find = |hidden: &'static Hidden| hidden.all.iter().find(|(e, _)| e.id == id);
    HIDDEN.get().map(find).transpose()
}

/// The hidden scenario called `id`, if there is one; refused if it has not come.
pub(super) fn scenario(id: &str) -> Option<Result<Scenario, Refusal>> {
    Some(one(id)?.map(|(_, make)| make()))
}

/// Its protocol.
pub(super) fn protocol(id: &str) -> Option<Result<&'static Entry, Refusal>> {
    Some(one(id)?.map(|(entry, _)| *entry))
}
