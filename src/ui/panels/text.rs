//! The stage as text: a table of nodes and a list of messages, with the same actions. It is the
//! keyboard's and the screen reader's stage.
//!
//! The rule that is easy to break: whatever a hand can do on the picture can be done here.

use super::PanelProps;
use super::{message, node, request};
use crate::view::twin::{MessageRow, NodeRow, status_text, twin};
use crate::view::{Action, Dialog, Selection};
use yew::prelude::*;

/// The stage as text.
pub fn panel(props: &PanelProps) -> Html {
    let run = props.run.get();
    let world = run.world();
    let t = twin(world);
    let select = |s: Selection| props.on_action.reform(move |_: MouseEvent| Action::Select(s));
    let node_line = |n: &NodeRow| {
        let picked = props.selection == Selection::Node(n.id);
        let lies = if n.byzantine { ", Byzantine" } else { "" };
        let clock = n.clock.as_ref().map_or_else(String::new, |c| format!(", clock {c}"));
        let waits = if n.waiting > 0 { format!(", {} inputs wait", n.waiting) } else { String::new() };
        let tally = if n.tally.is_empty() { String::new() } else { format!(" · {}", n.tally) };
        html! {
            <tr key={n.id.0}>
                <th scope="row"><button type="button" class="btn small" aria-pressed={picked.to_string()}
                    onclick={select(Selection::Node(n.id))}>{ &n.name }</button></th>
                <td>
                    <p>{ format!("{} {}{tally}", n.role, n.badge) }<span class="quiet">{ format!(" · {}{lies}{clock}{waits}", status_text(n.status)) }</span></p>
                    if !n.cells.is_empty() {
                        <ul class="quiet">
                            if n.older > 0 { <li>{ format!("{} earlier", n.older) }</li> }
                            { for n.cells.iter().map(|c| html! { <li>{ c }</li> }) }
                        </ul>
                    }
                    if !n.timers.is_empty() { <p class="quiet">{ n.timers.join(", ") }</p> }
                    if picked && !props.lock {
                        { node::actions(world, n, &props.on_action) }
                        { request::forms(world, n.id, &props.on_action) }
                    }
                </td>
            </tr>
        }
    };
    let message_line = |m: &MessageRow| {
        let picked = props.selection == Selection::Message(m.id);
        html! {
            <li key={m.id.0}>
                <button type="button" class="line plain" aria-pressed={picked.to_string()} onclick={select(Selection::Message(m.id))}>
                    <span><b>{ &m.label }</b>{ format!(" {} → {}. ", m.from_name, m.to_name) }
                        <span class="quiet">{ &m.status }</span></span>
                </button>
                if picked && !props.lock { { message::actions(m, &props.on_action) } }
            </li>
        }
    };
    html! {
        <>
        <table class="twin">
            <caption class="over">{ "Nodes" }</caption>
            <tbody>{ for t.nodes.iter().map(node_line) }</tbody>
        </table>
        if !t.walls.is_empty() { <p>{ t.walls.join(". ") }</p> }
        if !props.lock {
            <div class="acts">
                { crate::ui::controls::button("Separate nodes…", "", props.send(Action::Dialog(Some(Dialog::Separate)))) }
                if world.partitions().next().is_some() {
                    { crate::ui::controls::button("Heal network", "", props.send(Action::Edit(crate::sim::Fault::Heal))) }
                }
            </div>
        }
        <h2>{ format!("In flight: {}", t.messages.len() + t.more) }</h2>
        <ul class="log">{ for t.messages.iter().map(message_line) }</ul>
        if t.more > 0 { <p class="quiet">{ format!("and {} more", t.more) }</p> }
        </>
    }
}
