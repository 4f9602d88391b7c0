//! "Why not?": what has not happened yet, each with a button that says what it takes and what stood in the way.
//!
//! The rule that is easy to break: an answer is worked out for the one that is open alone, for it looks back over many messages.

use super::PanelProps;
use crate::kit::{Absence, Lacking};
use crate::view::log;
use crate::view::player::time_text;
use crate::view::whynot::{Obstacle, Remedy, TRIED, Told, WhyNot, absences, why_not};
use crate::view::{Action, Selection};
use yew::prelude::*;

/// At most so many are listed.
const LISTED: usize = 6;

/// The list; nothing where nothing is lacking.
#[component]
pub fn WhyNotList(props: &PanelProps) -> Html {
    // By its kind and its number among those: others of the list come and go.
    let opened = use_state(|| None::<(Lacking, usize)>);
    let run = props.run.get();
    let Ok(entry) = props.origin.def.entry() else {
        return html! {};
    };
    let all = absences(&run, entry);
    if all.is_empty() {
        return html! {};
    }
    let item = |(i, absence): (usize, &Absence)| {
        let nth = all.iter().take(i).filter(|a| a.lacking == absence.lacking).count();
        let mine = (absence.lacking, nth);
        let open = *opened == Some(mine);
        let toggle = {
            let opened = opened.clone();
            Callback::from(move |_: MouseEvent| opened.set((!open).then_some(mine)))
        };
        html! {
            <li key={i}>
                <button type="button" class="ask" aria-expanded={open.to_string()} onclick={toggle}>
                    <span>{ sentence(&absence.what) }</span>{ " " }<b>{ "Why not?" }</b>
                </button>
                if open { { answer(props, &run, &why_not(&run, entry, absence)) } }
            </li>
        }
    };
    let more = all.len().saturating_sub(LISTED);
    html! {
        <section class="whynot" data-testid="whynot" aria-label="What has not happened yet">
            <h3>{ "Not yet" }</h3>
            <ul>{ for all.iter().take(LISTED).enumerate().map(item) }</ul>
            if more > 0 { <p class="quiet">{ format!("And {more} more.") }</p> }
        </section>
    }
}

fn sentence(what: &str) -> String {
    let mut chars = what.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).chain(['.']).collect()
}

fn answer(props: &PanelProps, run: &crate::sim::history::Run<crate::check::Checks>, why: &WhyNot) -> Html {
    let obstacle = |o: &Obstacle| {
        let Some(id) = o.event else {
            return html! { <li>{ &o.text }</li> };
        };
        let onclick = props.on_action.reform(move |_: MouseEvent| Action::Select(Selection::Event(id)));
        let picked = props.selection == Selection::Event(id);
        html! {
            <li><button type="button" class="witness" aria-pressed={picked.to_string()} {onclick}>
                <span class="mono quiet">{ time_text(log::line(run, id).time_us) }</span>{ &o.text }
            </button></li>
        }
    };
    let condition = |c: &Told| {
        let (sign, word) = if c.met { ("✓", "met") } else { ("✕", "not met") };
        html! {
            <li class={classes!("condition", c.met.then_some("met"))}>
                <span class="sign" aria-hidden="true">{ sign }</span>
                <div>
                    <p>{ &c.says }<span class="unseen">{ format!(": {word}") }</span></p>
                    if !c.obstacles.is_empty() { <ul class="witnesses">{ for c.obstacles.iter().map(obstacle) }</ul> }
                </div>
            </li>
        }
    };
    html! {
        <div class="answer" data-testid="whynot-answer">
            <p class="quiet">{ "It takes:" }</p>
            <ul>{ for why.conditions.iter().map(condition) }</ul>
            if let Some(remedy) = &why.remedy { { offer(props, remedy) } }
            if !why.outlook.is_empty() { <p class="quiet">{ why.outlook }</p> }
        </div>
    }
}

/// The second future, where one may have one.
fn offer(props: &PanelProps, remedy: &Remedy) -> Html {
    if props.lock {
        return html! {};
    }
    let action = Action::Mend(remedy.after, remedy.faults.clone());
    let onclick = props.on_action.reform(move |_: MouseEvent| action.clone());
    html! {
        <p><button type="button" class="btn" data-testid="mend" {onclick}>{ "See another future: " }{ &remedy.label }</button>
            if !remedy.helps { <span class="quiet">{ format!(" Tried: in {TRIED} it does not come about that way.") }</span> }</p>
    }
}
