//! The panel of the timing model: which contract, and its bounds.
//!
//! The rule that is easy to break: a model is a contract. Choosing one that the links do not keep
//! is refused by the engine, and the sentence says which link.

use super::PanelProps;
use super::models::Models;
use crate::sim::{Fault, Timing};
use crate::ui::controls::{choice, slider};
use crate::view::assumptions::capital;
use crate::view::{Action, settings, words};
use yew::prelude::*;

/// The panel of the timing model.
pub fn panel(props: &PanelProps) -> Html {
    let run = props.run.get();
    let world = run.world();
    let now = world.timing();
    let set = props.on_action.reform(|timing: Timing| Action::Edit(Fault::Timing { timing }));
    let kind = |t: Timing| choice(&capital(t.name()), t.name() == now.name(), set.reform(move |()| t));
    let numbers = set.reform(move |(key, v)| settings::timing_with(now, key, v));
    let calm = now.is_calm(world.now());
    html! {
        <>
        <section>
            <h2>{ "In force" }</h2>
            <p>{ capital(&words::timing_text(now)) }{ "." }</p>
            <p class="quiet">{ state(now, calm) }</p>
        </section>
        <fieldset disabled={props.lock}>
            <section class="stack">
                { for settings::timing_rows(now).into_iter().map(|r| slider(r, &numbers)) }
            </section>
            <section class="stack">
                <h2>{ "Choose a contract" }</h2>
                <div class="column" role="group" aria-label="Timing model">
                    { for settings::timing_kinds(now).into_iter().map(kind) }
                </div>
            </section>
        </fieldset>
        <Models key={props.origin.id()} ..props.clone() />
        </>
    }
}

fn state(t: Timing, calm: bool) -> &'static str {
    match (t, calm) {
        (Timing::Asynchronous, _) => {
            "Nothing is bounded: a silent node may be dead, or slow. No protocol can tell."
        }
        (Timing::Gst { .. }, false) => {
            "Before GST: nothing is bounded yet. Nobody in the system knows when it comes."
        }
        (Timing::Gst { .. }, true) => "After GST: the bound holds from now on.",
        (Timing::Alternating { .. }, true) => "A good period: the bound holds.",
        (Timing::Alternating { .. }, false) => "A bad period: nothing is bounded until it ends.",
        (Timing::UnknownBound { .. }, _) => {
            "A bound holds all the time, but the nodes cannot read it off anywhere."
        }
        (Timing::Synchronous { .. }, _) => {
            "Where no message is lost, a node that does not answer in time has failed: there timeouts are proof."
        }
        (Timing::BoundedAsync { .. }, _) => "Delivery is bounded; steps and clocks are not.",
    }
}
