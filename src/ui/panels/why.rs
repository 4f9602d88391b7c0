//! "Why?": where the event that is picked comes from, step by step, each step a button; and the diagram
//! in words.
//!
//! The rule that is easy to break: it says what the diagram shows by colours and lines, so it stands
//! wherever an event can be read about, not in a place of its own that nobody opens.

use super::PanelProps;
use crate::check::Checks;
use crate::sim::EventId;
use crate::sim::history::Run;
use crate::ui::dom;
use crate::view::player::{group, time_text};
use crate::view::why::{Cause, LaneCount, LaneRow, Why, diagram, why};
use crate::view::{Action, Selection, Tab, spacetime};
use yew::prelude::*;

/// How many epochs are listed at most.
const EPOCHS: usize = 40;

/// `panel` with what there is to say about the event that is picked; on the page of the text twin with
/// the diagram, too.
pub fn beside(tab: Tab, props: &PanelProps, panel: Html) -> Html {
    let run = props.run.get();
    let told = match props.selection {
        Selection::Event(id) => why(&run, id).map_or_else(Html::default, |w| chain(props, &w)),
        _ => Html::default(),
    };
    if tab == Tab::Text {
        html! { <>{ panel }{ told }{ lanes(&run, props) }</> }
    } else {
        html! { <>{ told }{ panel }</> }
    }
}

fn chain(props: &PanelProps, w: &Why) -> Html {
    let select = |id: EventId| {
        let action = Action::Select(Selection::Event(id));
        // The step itself goes: what is said of its event takes its place.
        props.on_action.reform(move |_: MouseEvent| {
            dom::focus("why");
            action.clone()
        })
    };
    let step = |c: &Cause| {
        html! {
            <li key={c.event.0}>
                <span class="quiet">{ &c.because }</span>
                <button type="button" class="line plain" onclick={select(c.event)}>
                    <span class="when">{ time_text(c.time_us) }</span><span>{ &c.text }</span>
                </button>
                if let Some((since, times)) = c.again {
                    <span class="quiet">{ rounds(since, times) }</span>
                }
            </li>
        }
    };
    let lane = |l: &LaneCount| {
        html! {
            <tr><th scope="row">{ &l.name }</th><td>{ group(l.past.into()) }</td>
                <td>{ group(l.concurrent.into()) }</td><td>{ group(l.future.into()) }</td></tr>
        }
    };
    html! {
        <section class="why" id="why" tabindex="-1" data-testid="why" aria-label="Why?" onkeydown={let_go}>
            <h2>{ "Why?" }</h2>
            <p>{ &w.text }</p>
            <ol class="log">{ for w.causes.iter().map(step) }</ol>
            <p class="quiet">{ w.end }</p>
            <details>
                <summary>{ &w.sums }</summary>
                <table class="counts">
                    <caption>{ "Events of each node. The first column is the vector stamp: what happened before, with the event itself." }</caption>
                    <thead><tr><th scope="col">{ "node" }</th><th scope="col">{ "before" }</th>
                        <th scope="col">{ "concurrent" }</th><th scope="col">{ "after" }</th></tr></thead>
                    <tbody>{ for w.lanes.iter().map(lane) }</tbody>
                </table>
            </details>
        </section>
    }
}

/// With Esc the event is let go of, and all that is said of it goes.
fn let_go(e: KeyboardEvent) {
    if e.key() == "Escape" {
        dom::focus("panel");
    }
}

/// What is said of a timer that had set itself before.
fn rounds(since_us: u64, times: u32) -> String {
    let (since, times) = (time_text(since_us), group(times.into()));
    format!("The timer had set itself {times} times more, since {since}.")
}

/// The diagram of the whole run: its lanes and its epochs.
fn lanes(run: &Run<Checks>, props: &PanelProps) -> Html {
    let lane = |l: &LaneRow| {
        html! {
            <tr><th scope="row">{ &l.name }</th><td>{ group(l.events.into()) }</td>
                <td>{ group(l.losses.into()) }</td><td>{ group(l.crashes.into()) }</td></tr>
        }
    };
    let bands = spacetime::bands::bands(run.trace(), (0, u64::MAX, 0));
    let hidden = bands.len().saturating_sub(EPOCHS);
    let epoch = |b: &spacetime::Band| {
        let to = props.send(Action::Seek(b.from_us));
        html! {
            <li key={b.number}>
                <button type="button" class="line plain" onclick={to.reform(|_: MouseEvent| ())}>
                    <span class="when">{ time_text(b.from_us) }</span><span>{ format!("{} begins.", b.label) }</span>
                </button>
            </li>
        }
    };
    html! {
        <section class="why" data-testid="diagram-text" aria-label="The diagram as text">
            <h2>{ "The diagram" }</h2>
            <table class="counts">
                <caption>{ "The recorded run, lane by lane" }</caption>
                <thead><tr><th scope="col">{ "node" }</th><th scope="col">{ "events" }</th>
                    <th scope="col">{ "lost on the way to it" }</th><th scope="col">{ "crashes" }</th></tr></thead>
                <tbody>{ for diagram(run).iter().map(lane) }</tbody>
            </table>
            if !bands.is_empty() {
                <h3>{ "Epochs" }</h3>
                if hidden > 0 { <p class="quiet">{ format!("{} earlier ones are not listed.", group(hidden as u64)) }</p> }
                <ol class="log">{ for bands.iter().skip(hidden).map(epoch) }</ol>
            }
        </section>
    }
}
