//! What can be done here, while nothing is picked: where to put one's hand, what may be asked, what may be set, and which
//! rule may be left out.
//!
//! The rule that is easy to break: it picks and leads; it does nothing to the run that a press on the stage would not do.

use super::PanelProps;
use super::request;
use crate::sim::world::World;
use crate::sim::{Fault, MsgId, NodeId};
use crate::ui::controls::{button, held, maybe, switch, text_of};
use crate::view::tune::{Dial, Rule, Setting, settings};
use crate::view::{Action, Dialog, Selection, words};
use web_sys::HtmlSelectElement;
use yew::prelude::*;

/// The most nodes, and the most messages, that are offered by name.
const NAMED: usize = 9;
const MESSAGES: usize = 3;

/// What can be done here.
pub fn here(props: &PanelProps) -> Html {
    let run = props.run.get();
    let world = run.world();
    html! {
        <>
        <section class="here" data-testid="here">
            <h2>{ "What you can do here" }</h2>
            { nodes(props, world) }
            { links(props, world) }
            { messages(props, world) }
        </section>
        if !props.lock {
            { ask(props, world) }
            { tune(props) }
        }
        </>
    }
}

fn nodes(props: &PanelProps, world: &World) -> Html {
    let pick = |n: NodeId| button(world.name(n), "", props.send(Action::Select(Selection::Node(n))));
    html! {
        <>
        <p><b>{ "Pick a node" }</b>{ ": crash it, pause it, cut it off, change its clock." }</p>
        if world.node_count() <= NAMED { <div class="acts">{ for world.node_ids().map(pick) }</div> }
        </>
    }
}

fn links(props: &PanelProps, world: &World) -> Html {
    let walled = world.partitions().next().is_some();
    html! {
        <>
        <p><b>{ "Pick a link" }</b>{ ": delay, loss, cut; each direction by itself. Draw a line across several to cut them." }</p>
        if !props.lock {
            <div class="acts">
                { button("Separate nodes…", "", props.send(Action::Dialog(Some(Dialog::Separate)))) }
                if walled { { button("Heal network", "", props.send(Action::Edit(Fault::Heal))) } }
            </div>
        }
        </>
    }
}

fn messages(props: &PanelProps, world: &World) -> Html {
    let flying = world.in_flight();
    let pick =
        |msg: MsgId, label: String| button(&label, "", props.send(Action::Select(Selection::Message(msg))));
    let named = flying.iter().filter(|m| m.from != m.to).take(MESSAGES).map(|m| {
        let ends = format!("{} → {}", words::name(world, m.from), words::name(world, m.to));
        pick(m.msg, format!("{} {ends}", m.payload.label()))
    });
    html! {
        <>
        <p><b>{ "Pick a message" }</b>{ ": time waits, and you drop it, hold it, double it, or deliver it now." }</p>
        <div class="acts flying">{ for named }</div>
        </>
    }
}

/// What the first who may be asked anything is asked, by its protocol's own forms.
fn ask(props: &PanelProps, world: &World) -> Html {
    let first = world.node_ids().find(|&n| !world.requests(n).is_empty());
    first.map_or_else(Html::default, |n| request::forms(world, n, &props.on_action))
}

/// The protocol's settings, and the rule that is left out.
fn tune(props: &PanelProps) -> Html {
    let s = settings(&props.origin);
    let changed = s.all.iter().any(|p| p.usual.is_some());
    let on = &props.on_action;
    html! {
        <>
        if !s.rules.is_empty() { { rules(&s.rules, s.left_out, on) } }
        if !s.all.is_empty() {
            <details class="more" open={changed} data-testid="settings">
                <summary>{ format!("Settings of {}", s.protocol) }</summary>
                <section class="stack settings">
                    <p class="quiet">{ "A change begins the run anew; the browser's Back leads to the run before." }</p>
                    { for s.all.iter().map(|p| setting(p, on)) }
                </section>
            </details>
        }
        </>
    }
}

fn rules(all: &[Rule], left_out: usize, on: &Callback<Action>) -> Html {
    let onchange = maybe(on, |e: Event| {
        let value = e.target_dyn_into::<HtmlSelectElement>()?.value();
        Some(Action::Set(crate::kit::mutants::PARAM.to_owned(), value))
    });
    let option = |(i, r): (usize, &Rule)| html! { <option key={r.id} value={r.id} selected={i == left_out}>{ r.label }</option> };
    let rule = all.get(left_out).map_or("", |r| r.rule);
    html! {
        <section class="stack">
            <h2>{ "Leave out a rule" }</h2>
            <select aria-label="The rule that is left out" data-testid="leave-out" {onchange}>{ for all.iter().enumerate().map(option) }</select>
            if rule.is_empty() {
                <p class="quiet">{ "The run begins anew without the rule you choose. Which promise breaks?" }</p>
            } else {
                <p class="quiet">{ "Left out: " }{ rule }{ "." }</p>
            }
        </section>
    }
}

fn setting(p: &Setting, on: &Callback<Action>) -> Html {
    let id = p.id;
    let set = move |value: String| Action::Set(id.to_owned(), value);
    let control = match &p.now {
        Dial::Switch(is) => {
            return html! {
                <div key={id} data-testid={format!("set-{id}")}>{ switch(&p.label, *is, on.reform(move |on: bool| set(on.to_string()))) }{ usual(p) }</div>
            };
        }
        Dial::Number(n, unit, min, max) => {
            let (shown, field) = (n.to_string(), format!("set-{id}"));
            html! {
                <><input type="number" min={min.to_string()} max={max.to_string()} step="1" value={held(&field, &shown)} data-field={field}
                    data-is={shown} aria-label={p.label.clone()} title={format!("{min} to {max} {unit}")} onchange={on.reform(move |e: Event| set(text_of(&e)))} />
                <span class="unit">{ *unit }</span></>
            }
        }
        Dial::Word(word, all) => {
            let chosen =
                maybe(on, move |e: Event| Some(set(e.target_dyn_into::<HtmlSelectElement>()?.value())));
            let option = |(id, label): &(&'static str, &'static str)| html! { <option key={*id} value={*id} selected={word == id}>{ *label }</option> };
            html! { <select aria-label={p.label.clone()} onchange={chosen}>{ for all.iter().map(option) }</select> }
        }
    };
    html! {
        <div key={id} class="setting" data-testid={format!("set-{id}")}><span class="name">{ &p.label }{ usual(p) }</span>{ control }</div>
    }
}

fn usual(p: &Setting) -> Html {
    match &p.usual {
        Some(usual) => html! { <span class="quiet">{ format!(" usually {usual}") }</span> },
        None => html! {},
    }
}
