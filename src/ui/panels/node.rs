//! The panel of a node: its state in the paper's names, what a hand can do to it, its settings.
//!
//! The rule that is easy to break: a hand works from outside. It cuts power, time and messages; it
//! never writes into a node's state.

use super::request;
use crate::check::Checks;
use crate::sim::fault::{ByzantineAct, ByzantineRule, Partition};
use crate::sim::history::Run;
use crate::sim::world::{Status, World};
use crate::sim::{EventId, Fault, LinkPatch, NodeId};
use crate::ui::controls::{button, maybe, slider};
use crate::ui::props::PanelProps;
use crate::view::before::change;
use crate::view::compare::FieldDifference;
use crate::view::lost::{Kept, lost};
use crate::view::player::{group, time_text};
use crate::view::shelf::plain;
use crate::view::twin::{NodeRow, node_row, status_text};
use crate::view::{Action, Selection, settings, words};
use yew::prelude::*;

/// The panel of the selected node, or of the first one.
pub fn panel(props: &PanelProps) -> Html {
    let run = props.run.get();
    let world = run.world();
    let Some(id) = props.selection.node_in(world, run.trace()) else {
        return of_the_network(props, world);
    };
    let row = node_row(world, id);
    let numbers = props.on_action.reform(move |(key, v)| Action::Edit(settings::node_fault(id, key, v)));
    html! {
        <>
        <section>
            <div class="top">
                { chooser(props, world, Some(id)) }
                <span class={classes!("chip", tone(&row))}>{ status_line(&row) }</span>
            </div>
        </section>
        if !props.lock {
            <section>{ actions(world, &row, &props.on_action) }</section>
            { request::forms(world, id, &props.on_action) }
        }
        if let Selection::Event(event) = props.selection { { changed(&run, event, &row.name, &props.on_action) } }
        { state(world, id, &row) }
        <fieldset disabled={props.lock}>
            <section class="stack">
                <h2>{ "Clock, processor, disk, omissions" }</h2>
                { for settings::node_rows(&world.config(id)).into_iter().map(|r| slider(r, &numbers)) }
            </section>
            <section class="stack">
                <h2>{ "Byzantine" }</h2>
                { byzantine(world, id, &props.on_action) }
            </section>
        </fieldset>
        </>
    }
}

/// All nodes, to pick one.
fn chooser(props: &PanelProps, world: &World, now: Option<NodeId>) -> Html {
    let pick = maybe(&props.on_action, |e: Event| {
        let value = e.target_dyn_into::<web_sys::HtmlSelectElement>()?.value();
        Some(Action::Select(Selection::Node(NodeId(value.parse().ok()?))))
    });
    let option = |n: NodeId| {
        html! {
            <option key={n.index()} value={n.to_string()} selected={now == Some(n)}>{ world.name(n) }</option>
        }
    };
    html! {
        <select aria-label="Node" onchange={pick} class="title">
            if now.is_none() { <option key="none" value="" selected=true>{ "No node" }</option> }
            { for world.node_ids().map(option) }
        </select>
    }
}

/// What is said of an event that struck no node.
fn of_the_network(props: &PanelProps, world: &World) -> Html {
    html! {
        <>
        <section><div class="top">{ chooser(props, world, None) }</div></section>
        <section><p class="quiet">{ "This event happened to the network, not to a node." }</p></section>
        </>
    }
}

fn tone(row: &NodeRow) -> &'static str {
    match row.status {
        _ if row.byzantine => "bad",
        Status::Up => "good",
        Status::Paused => "warn",
        _ => "bad",
    }
}

fn status_line(row: &NodeRow) -> String {
    let lies = if row.byzantine { ", Byzantine" } else { "" };
    format!("{}{lies}", status_text(row.status))
}

/// The buttons for a node: what fits its state.
pub fn actions(world: &World, row: &NodeRow, on: &Callback<Action>) -> Html {
    let node = row.id;
    let act = |label: &str, class, fault: Fault| {
        button(label, class, on.reform(move |()| Action::Edit(fault.clone())))
    };
    let others: Vec<NodeId> = world.node_ids().filter(|&n| n != node).collect();
    let isolate = Fault::Partition(Partition { groups: vec![vec![node], others], ..Partition::default() });
    html! {
        <div class="acts">
            { match row.status {
                Status::Up => html! { <>
                    { act("Crash", "danger", Fault::Crash { node, stop: false }) }
                    { act("Pause", "", Fault::Pause { node }) }
                </> },
                Status::Paused => html! { <>
                    { act("Resume", "", Fault::Resume { node }) }
                    { act("Crash", "danger", Fault::Crash { node, stop: false }) }
                </> },
                Status::Crashed => act("Recover", "", Fault::Recover { node }),
                Status::Stopped => html! { <span class="quiet">{ "Crash-stop: it never comes back." }</span> },
            } }
            if world.partitions().next().is_some() {
                { act("Heal network", "", Fault::Heal) }
            } else {
                { act("Isolate", "", isolate) }
            }
        </div>
    }
}

/// What the event that is picked changed at its node: old and new, line by line.
fn changed(run: &Run<Checks>, event: EventId, name: &str, on: &Callback<Action>) -> Html {
    let Some(change) = change(run, event) else {
        return html! {};
    };
    let part = |v: Option<String>| match v.unwrap_or_default() {
        text if text.is_empty() => "\u{2013}".to_owned(),
        text => text,
    };
    let line = |f: FieldDifference| {
        html! {
            <><dt>{ f.name }</dt><dd><del><span class="unseen">{ "before: " }</span>{ part(f.here) }</del>
                <span aria-hidden="true">{ " \u{2192} " }</span><ins><span class="unseen">{ ", after: " }</span>{ part(f.there) }</ins></dd></>
        }
    };
    let go = on.reform(move |()| Action::SeekEvent(event));
    html! {
        <section class="stack change" data-testid="change">
            <h2>{ format!("What event {} changed at {name}", group(u64::from(event.0) + 1)) }</h2>
            <p>{ &change.text }</p>
            if change.fields.is_empty() {
                <p class="quiet">{ "Nothing that the node shows of itself." }</p>
            } else {
                <dl class="fields">{ for change.fields.into_iter().map(line) }</dl>
            }
            if run.position() != event.0 + 1 {
                <div class="acts">{ button("Go to this event", "", go) }</div>
            }
        </section>
    }
}

/// Of a node that is down: what memory lost, struck out, and what the disk keeps.
fn down(kept: Vec<Kept>, durable: &str) -> Html {
    let line = |k: Kept| {
        let value = match k.back {
            None => html! { <>{ k.was }<span class="quiet">{ " · kept" }</span></> },
            Some(back) => html! {
                <><del><span class="unseen">{ "lost: " }</span>{ k.was }</del>
                if !back.is_empty() { <span class="quiet">{ " → " }{ back }</span> }</>
            },
        };
        html! { <><dt>{ k.name }</dt><dd>{ value }</dd></> }
    };
    html! {
        <section class="stack" data-testid="lost">
            <h2>{ "What the crash took" }</h2>
            <p class="quiet">{ "Struck out is what another takes the place of when the node boots from its disk; the rest is the same then." }</p>
            <dl class="fields">
                { for kept.into_iter().map(line) }
                if !durable.is_empty() && durable != "()" { <dt>{ "on disk" }</dt><dd>{ durable.to_owned() }</dd> }
            </dl>
        </section>
    }
}

/// Role, clock, timers, disk, and the whole state by name.
fn state(world: &World, id: NodeId, row: &NodeRow) -> Html {
    let inspect = world.inspect(id);
    let clock = world.clock(id);
    let line = |name: &str, value: String| html! { <><dt>{ name.to_owned() }</dt><dd>{ value }</dd></> };
    let name = |n: usize| world.node_ids().nth(n).map(|node| words::name(world, node));
    let (written, durable) = world.disk(id);
    let (written, durable) = (plain(&written, &name), plain(&durable, &name));
    if row.status == Status::Crashed {
        return down(lost(world, id), &durable);
    }
    html! {
        <section class="stack">
            <h2>{ "State" }</h2>
            <dl class="fields">
                { line("role", format!("{} {}", row.role, if row.badge.is_empty() { String::new() } else { format!("({})", row.badge) })) }
                { for inspect.fields.into_iter().map(|(n, v)| line(n, v)) }
                if !row.timers.is_empty() { { line("timers", row.timers.join(", ")) } }
                if clock.offset_us != 0 || clock.drift_ppm != 0 {
                    { line("its clock", time_text(clock.shows_us.max(0) as u64)) }
                }
                if !durable.is_empty() && durable != "()" { { line("on disk", durable.clone()) } }
                if written != durable { { line("not synced", written) } }
            </dl>
        </section>
    }
}

fn byzantine(world: &World, node: NodeId, on: &Callback<Action>) -> Html {
    let set = |label: &str, rules: Vec<ByzantineRule>| {
        button(label, "", on.reform(move |()| Action::Edit(Fault::Byzantine { node, rules: rules.clone() })))
    };
    let all = |act| vec![ByzantineRule { to: None, act }];
    // Equivocation: the truth to every other node, a lie to the rest.
    let two_faced = world.node_ids().filter(|&n| n != node).step_by(2);
    let two_faced = two_faced.map(|n| ByzantineRule { to: Some(n), act: ByzantineAct::Lie }).collect();
    let cut = LinkPatch { cut: Some(true), ..LinkPatch::default() };
    let deafen: Vec<Fault> = world
        .node_ids()
        .filter(|&n| n != node)
        .map(|from| Fault::Link { from, to: node, set: cut.clone() })
        .collect();
    let jump = |label: &str, by_us| {
        button(label, "", on.reform(move |()| Action::Edit(Fault::ClockJump { node, by_us })))
    };
    html! {
        <>
        <div class="acts">
            { set("Lie", all(ByzantineAct::Lie)) }
            { set("Equivocate", two_faced) }
            { set("Silence", all(ByzantineAct::Silence)) }
            { set("Replay", all(ByzantineAct::Replay)) }
            { set("Delay 100 ms", all(ByzantineAct::Delay(100_000))) }
            if !world.lies(node).is_empty() { { set("Honest again", vec![]) } }
        </div>
        <h2>{ "Clock, ears, power" }</h2>
        <div class="acts">
            { jump("Clock +1 s", 1_000_000) }
            { jump("Clock −1 s", -1_000_000) }
            { button("Deafen", "", on.reform(move |()| Action::Edits(deafen.clone()))) }
            { button("Crash for good", "danger", on.reform(move |()| Action::Edit(Fault::Crash { node, stop: true }))) }
        </div>
        </>
    }
}
