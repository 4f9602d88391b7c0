//! The panel of the log: the last sentences before the moment shown.
//!
//! The rule that is easy to break: it draws a page, however long the run; the rest is reached by
//! going back in time.

use super::PanelProps;
use crate::ui::controls::choice;
use crate::view::log::{Filter, Line, LineTone, page};
use crate::view::player::time_text;
use crate::view::{Action, Selection};
use yew::prelude::*;

/// Lines on the page.
const LINES: usize = 120;

/// The panel of the log.
pub fn panel(props: &PanelProps) -> Html {
    let run = props.run.get();
    let lines = page(&run, props.filter, LINES);
    let pick =
        |f: Filter, label: &str| choice(label, props.filter == f, props.send(Action::Filter(f)));
    let line = |l: &Line| {
        let id = l.id;
        let picked = props.selection == Selection::Event(id);
        let onclick = props
            .on_action
            .reform(move |_: MouseEvent| Action::Select(Selection::Event(id)));
        let tone = match l.tone {
            LineTone::Plain => "plain",
            LineTone::Note => "note",
            LineTone::Loss => "loss",
            LineTone::Edit => "edit",
        };
        html! {
            <li key={id.0}>
                <button type="button" class={classes!("line", tone)} aria-pressed={picked.to_string()} {onclick}>
                    <span class="when">{ time_text(l.time_us) }</span><span>{ &l.text }</span>
                </button>
            </li>
        }
    };
    html! {
        <>
        <div class="acts" role="group" aria-label="Which events">
            { pick(Filter::Telling, "What matters") }
            { pick(Filter::All, "Every event") }
        </div>
        if let Selection::Event(id) = props.selection {
            if run.trace().get(id).is_some() {
                <div class="acts">
                    <button type="button" class="btn small" onclick={props.on_action.reform(move |_: MouseEvent| Action::SeekEvent(id))}>
                        { "Go to this event" }</button>
                </div>
            }
        }
        if lines.is_empty() { <p class="quiet">{ "Nothing has happened yet. Press play." }</p> }
        <ol class="log">{ for lines.iter().rev().map(line) }</ol>
        </>
    }
}
