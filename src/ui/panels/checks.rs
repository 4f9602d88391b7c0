//! The panel of the promises: each with its verdict, and, once broken, the events that show it.
//!
//! The rule that is easy to break: a verdict is what the property says, word for word. Unknown is
//! not holding, and pending is not broken.

use super::PanelProps;
use super::whynot::WhyNotList;
use crate::check::{CheckLine, Checks, Class, Verdict, verdicts};
use crate::sim::EventId;
use crate::sim::history::Run;
use crate::view::broken::{self, WhatIf};
use crate::view::log;
use crate::view::{Action, Selection};
use yew::prelude::*;

/// The panel of the promises.
pub fn panel(props: &PanelProps) -> Html {
    let run = props.run.get();
    let lines = verdicts(&run);
    if lines.is_empty() {
        return html! { <p class="quiet">{ "Nobody promises anything here." }</p> };
    }
    let witness = |id: EventId| {
        let line = log::line(&run, id);
        let picked = props.selection == Selection::Event(id);
        let onclick = props.on_action.reform(move |_: MouseEvent| Action::Select(Selection::Event(id)));
        html! {
            <li><button type="button" class="witness" aria-pressed={picked.to_string()} {onclick}>
                <span class="mono quiet">{ crate::view::player::time_text(line.time_us) }</span>{ line.text }
            </button></li>
        }
    };
    let check = |line: &CheckLine| {
        let (sign, class, word) = sign(&line.verdict);
        html! {
            <li class={classes!("check", class)} key={line.name}>
                <span class="sign" aria-hidden="true">{ sign }</span>
                <div>
                    <p><b>{ line.name }</b>{ " · " }<span class="quiet">{ kind(line.class) }</span>
                        <span class="unseen">{ format!(": {word}") }</span></p>
                    <p class="quiet">{ line.claim }</p>
                    { why(&line.verdict) }
                    if let Verdict::Violated { witness: ids, .. } = &line.verdict {
                        <ol class="witnesses">{ for ids.iter().filter(|id| run.trace().get(**id).is_some()).map(|id| witness(*id)) }</ol>
                        { what_if(props, &run, line) }
                    }
                </div>
            </li>
        }
    };
    html! {
        <>
        <WhyNotList ..props.clone() />
        <ul class="checks">{ for lines.iter().map(check) }</ul>
        </>
    }
}

/// The nearest run in which it may hold, beside this one.
fn what_if(props: &PanelProps, run: &Run<Checks>, line: &CheckLine) -> Html {
    let asked = if props.lock { None } else { broken::what_if(run, &props.origin, line) };
    let Some(WhatIf { label, action }) = asked else {
        return html! {};
    };
    let onclick = props.on_action.reform(move |_: MouseEvent| action.clone());
    html! { <p><button type="button" class="btn" data-testid="what-if" {onclick}>{ label }</button></p> }
}

fn kind(c: Class) -> &'static str {
    match c {
        Class::Safety => "safety",
        Class::Liveness => "liveness",
    }
}

fn sign(v: &Verdict) -> (&'static str, &'static str, &'static str) {
    match v {
        Verdict::Holding => ("✓", "holding", "holds so far"),
        Verdict::InProgress { .. } => ("…", "pending", "in progress"),
        Verdict::Pending { .. } => ("…", "pending", "pending"),
        Verdict::Violated { .. } => ("✕", "violated", "violated"),
        Verdict::Unknown { .. } => ("?", "unknown", "unknown"),
    }
}

fn why(v: &Verdict) -> Html {
    match v {
        Verdict::Holding => html! {},
        Verdict::InProgress { why } | Verdict::Pending { why } | Verdict::Unknown { why } => {
            html! { <p class="why">{ why }</p> }
        }
        Verdict::Violated { why, assumption, .. } => html! {
            <>
            <p class="why">{ why }</p>
            <p class="assumption">{ "Needed: " }{ assumption }</p>
            </>
        },
    }
}
