//! The panel of a link: its promise, its numbers, its layers; one way, both ways, or all links.
//!
//! The rule that is easy to break: a link is directed. What is edited is what the heading says:
//! this direction, both, or every link, and each is one entry of the list of edits.

use super::PanelProps;
use crate::sim::world::World;
use crate::sim::{Fault, Layers, Link, LinkModel, LinkPatch, NodeId};
use crate::ui::controls::{choice, maybe, slider, switch};
use crate::ui::drawing::delay_curve;
use crate::view::Reach;
use crate::view::{Action, Selection, settings};
use yew::prelude::*;

/// The panel of the selected link, or of the first one.
pub fn panel(props: &PanelProps) -> Html {
    let run = props.run.get();
    let world = run.world();
    if world.node_count() < 2 {
        return html! { <p class="quiet">{ "One node alone has no link." }</p> };
    }
    let (from, to) = ends(world, run.trace(), props.selection);
    let link = world.link(from, to).clone();
    let patch = {
        let (on, reach) = (props.on_action.clone(), props.reach);
        Callback::from(move |set: LinkPatch| on.emit(Action::Edits(faults(reach, from, to, set))))
    };
    let numbers = {
        let (patch, link) = (patch.clone(), link.clone());
        Callback::from(move |(key, v)| patch.emit(settings::link_patch(&link, key, v)))
    };
    let rows = |more: bool| {
        let all = settings::link_rows(&link).into_iter().filter(|r| settings::is_rest(r.key) == more);
        all.map(|r| slider(r, &numbers)).collect::<Html>()
    };
    let pick_reach = |r: Reach, label: &str| choice(label, props.reach == r, props.send(Action::Reach(r)));
    let bound = world.timing().bound(world.seed()).map_or(0, |b| b.0);
    html! {
        <>
        if props.selection == Selection::None { { super::here::here(props) } }
        { super::message::card(&run, props) }
        <section>
            if props.selection == Selection::None { <h2>{ "Links" }</h2> }
            { ends_row(world, from, to, &props.on_action) }
            <div class="acts" role="group" aria-label="What an edit reaches">
                { pick_reach(Reach::One, "→ one way") }
                { pick_reach(Reach::Both, "⇄ both ways") }
                { pick_reach(Reach::All, "all links") }
            </div>
        </section>
        <fieldset disabled={props.lock}>
            <section class="stack">
                { models(&link, &patch) }
                { delay_kinds(&link, &patch) }
                { rows(false) }
            </section>
            // Open from the start where something of it is in use.
            <details class="more" open={rest_in_use(&link)}>
                <summary>{ "More: copies, order, bandwidth" }</summary>
                <section class="stack">
                    { rows(true) }
                    { switch("First in, first out: no message overtakes", link.fifo, patch.reform(|fifo| LinkPatch {
                        fifo: Some(fifo), ..LinkPatch::default() })) }
                </section>
            </details>
            <section class="stack">
                <h2>{ "Delay distribution" }</h2>
                { delay_curve(link.delay, bound) }
            </section>
            { layers(&link, &patch, &numbers) }
        </fieldset>
        </>
    }
}

/// Whether anything is set that the first view leaves out.
fn rest_in_use(link: &Link) -> bool {
    let chances = link.duplicate_ppm + link.reorder_ppm + link.corrupt_ppm;
    chances > 0 || link.fifo || link.bandwidth_bytes_s > 0 || link.mtu_bytes > 0
}

/// The ends of the selected link; else those of the selected message; else the first two nodes.
fn ends(world: &World, trace: &crate::sim::Trace, s: Selection) -> (NodeId, NodeId) {
    let (a, b) = match s {
        Selection::Link(a, b) => (a, b),
        Selection::Message(m) => trace.get_sent(m).map_or((NodeId(0), NodeId(1)), |s| (s.from, s.to)),
        _ => (NodeId(0), NodeId(1)),
    };
    let n = world.node_count();
    if a != b && a.index() < n && b.index() < n { (a, b) } else { (NodeId(0), NodeId(1)) }
}

fn faults(reach: Reach, from: NodeId, to: NodeId, set: LinkPatch) -> Vec<Fault> {
    let one = |from, to| Fault::Link { from, to, set: set.clone() };
    match reach {
        Reach::One => vec![one(from, to)],
        Reach::Both => vec![one(from, to), one(to, from)],
        Reach::All => vec![Fault::Links { set }],
    }
}

fn ends_row(world: &World, from: NodeId, to: NodeId, on: &Callback<Action>) -> Html {
    let pick = |label: &'static str, now: NodeId, other: NodeId, first: bool| {
        let onchange = maybe(on, move |e: Event| {
            let value = e.target_dyn_into::<web_sys::HtmlSelectElement>()?.value();
            let n = NodeId(value.parse().ok()?);
            Some(Action::Select(if first { Selection::Link(n, other) } else { Selection::Link(other, n) }))
        });
        let option = |n: NodeId| {
            html! {
                <option key={n.index()} value={n.to_string()} selected={n == now} disabled={n == other}>{ world.name(n) }</option>
            }
        };
        html! { <select aria-label={label} {onchange}>{ for world.node_ids().map(option) }</select> }
    };
    let swap = on.reform(move |_: MouseEvent| Action::Select(Selection::Link(to, from)));
    html! {
        <div class="top">
            <span class="ends">
                { pick("From", from, to, true) }
                <span aria-hidden="true">{ "→" }</span>
                { pick("To", to, from, false) }
            </span>
            <button type="button" class="btn small" aria-label="other way" title="other way" onclick={swap}>{ "⇄" }</button>
        </div>
    }
}

fn models(link: &Link, patch: &Callback<LinkPatch>) -> Html {
    let model = |m: LinkModel, label: &str| {
        let pressed = !link.cut && link.model == m;
        let set = LinkPatch { model: Some(m), cut: link.cut.then_some(false), ..LinkPatch::default() };
        choice(label, pressed, patch.reform(move |()| set.clone()))
    };
    let cut = LinkPatch { cut: Some(!link.cut), ..LinkPatch::default() };
    html! {
        <div class="grid-2" role="group" aria-label="Link model">
            { model(LinkModel::Reliable, "Reliable") }
            { model(LinkModel::FairLoss, "Fair-loss") }
            { model(LinkModel::Arbitrary, "Arbitrary") }
            { choice("Cut", link.cut, patch.reform(move |()| cut.clone())) }
        </div>
    }
}

fn delay_kinds(link: &Link, patch: &Callback<LinkPatch>) -> Html {
    let kinds = settings::delay_kinds(link.delay);
    let onchange = maybe(patch, move |e: Event| {
        let value = e.target_dyn_into::<web_sys::HtmlSelectElement>()?.value();
        let delay = kinds.into_iter().find(|k| k.name() == value)?;
        Some(LinkPatch { delay: Some(delay), ..LinkPatch::default() })
    });
    let option = |k: crate::sim::Delay| {
        html! {
            <option key={k.name()} value={k.name()} selected={k.name() == link.delay.name()}>{ k.name() }</option>
        }
    };
    html! {
        <label class="row"><span class="name">{ "Delay is" }</span>
            <select {onchange}>{ for kinds.into_iter().map(option) }</select></label>
    }
}

fn layers(link: &Link, patch: &Callback<LinkPatch>, numbers: &Callback<(settings::LinkKey, f64)>) -> Html {
    let now = link.layers;
    let set = |change: fn(&mut Layers, bool)| {
        patch.reform(move |on| {
            let mut layers = now;
            change(&mut layers, on);
            LinkPatch { layers: Some(layers), ..LinkPatch::default() }
        })
    };
    html! {
        <section class="stack">
            <h2>{ "Layers on top" }</h2>
            { slider(settings::retransmit_row(link), numbers) }
            { switch("Deduplicate", now.dedupe, set(|l, on| l.dedupe = on)) }
            { switch("Reorder buffer", now.reorder, set(|l, on| l.reorder = on)) }
            { switch("Authenticate", now.authenticate, set(|l, on| l.authenticate = on)) }
        </section>
    }
}
