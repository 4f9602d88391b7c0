//! The help: the table of keys, and what a hand can do.
//!
//! The rule that is easy to break: the keys come from [`keys::ALL`], the table the page obeys.

use crate::ui::controls::switch;
use crate::ui::dom;
use crate::view::{Action, App, keys};
use yew::prelude::*;

/// What a hand can do.
const GESTURES: &[(&str, &str)] = &[
    ("Click a node", "Its state; crash, pause, isolate it, make it lie"),
    ("Click a link", "Delay, loss, order, cut: each direction its own"),
    ("Click a message", "Hold, drop, duplicate, corrupt, deliver it now"),
    (
        "Draw a line across links",
        "What it crosses is cut; a line through all of them is a partition, until it is healed",
    ),
    ("Drag in the diagram below", "Move through time; its red playhead travels"),
    ("Click an event there", "Its past, its future, and why it happened"),
    ("Ctrl and wheel, or pinch", "Zoom the diagram; Shift and wheel moves it"),
    ("Keys in the diagram: + − ← →", "Zoom and move; Page Up and Page Down leap"),
    ("Home, End, Enter there", "All of the run; the present; pick the latest event"),
];

/// The help.
pub fn help(app: &App, on: &Callback<Action>) -> Html {
    let key = |s: &keys::Shortcut| html! { <><dt><kbd>{ s.shown }</kbd></dt><dd>{ s.what }</dd></> };
    let gesture = |g: &(&'static str, &'static str)| html! { <><dt>{ g.0 }</dt><dd>{ g.1 }</dd></> };
    let keys_on = on.reform(|on: bool| {
        dom::store("faultline.keys", if on { "on" } else { "off" });
        Action::Shortcuts(on)
    });
    let calm = on.reform(Action::Calm);
    html! {
        <>
        <dl class="keys">{ for keys::ALL.iter().map(key) }</dl>
        <dl class="keys wide">{ for GESTURES.iter().map(gesture) }</dl>
        <p class="quiet">{ "The Text tab of the inspector is the same stage in words, with the same actions, for keyboard and screen reader." }</p>
        { switch("Keys without a modifier are on", !app.keys_off, keys_on) }
        { switch("Less motion: messages step instead of gliding", app.calm, calm) }
        </>
    }
}
