//! The details of the page, all of them: what the part that comes later brings along.
//!
//! The rule that is easy to break: this is named by that part alone (`src/parts.rs`).

use super::address::Address;
use super::details::Details;
use super::{aside, boards, compare, dialogs, history, panels, timeline};
use crate::view::App;

/// All of it.
pub static DETAILS: Details = Details {
    dialog: dialogs::dialog,
    history: history::history,
    compare: compare::parts,
    timeline: timeline::timeline,
    boards: boards::boards,
    panel: panels::detail,
    state: App::state_json,
    follow: Address::follow,
    aside: aside::start,
};
