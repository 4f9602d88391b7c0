//! The card of a selected message: what it is, where it is, and what a hand can do to it.
//!
//! The rule that is easy to break: only a message in flight can be touched. One that has arrived
//! or is lost shows its fate, and no buttons.

use super::PanelProps;
use crate::check::Checks;
use crate::sim::history::Run;
use crate::sim::{Fault, MsgId};
use crate::ui::controls::button;
use crate::view::twin::{MessageRow, message_row};
use crate::view::{Action, Selection};
use yew::prelude::*;

/// The buttons for a message in flight.
pub fn actions(row: &MessageRow, on: &Callback<Action>) -> Html {
    let msg = row.id;
    let act = |label: &str, fault: Fault| button(label, "", on.reform(move |()| Action::Edit(fault.clone())));
    html! {
        <div class="acts">
            { act("Deliver now", Fault::DeliverNow { msg }) }
            if row.held {
                { act("Release", Fault::Release { msg }) }
            } else {
                { act("Hold", Fault::Hold { msg }) }
            }
            { act("Drop", Fault::Drop { msg }) }
            { act("Duplicate", Fault::Duplicate { msg }) }
            { act("Corrupt", Fault::Corrupt { msg }) }
        </div>
    }
}

/// The card of the selected message, or nothing.
pub fn card(run: &Run<Checks>, props: &PanelProps) -> Html {
    let Selection::Message(id) = props.selection else {
        return html! {};
    };
    let Some(row) = message_row(run, id) else {
        return html! { <p class="quiet">{ gone(id) }</p> };
    };
    html! {
        <section class="card-in">
            <div class="top"><span class="title">{ &row.label }</span><span class="quiet">{ format!("no. {id}") }</span></div>
            <p class="quiet">{ format!("{} → {}. {}", row.from_name, row.to_name, row.status) }</p>
            if row.in_flight && !props.lock { { actions(&row, &props.on_action) } }
        </section>
    }
}

fn gone(id: MsgId) -> String {
    format!("Message {id} is not part of this future.")
}
