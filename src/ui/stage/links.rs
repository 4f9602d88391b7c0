//! The links and the walls of the stage.
//!
//! The rule that is easy to break: a pair at rest is one hairline, so that the figure stays calm;
//! its two directions part only when they differ or one is picked. Each has its own target, on the
//! right of one who travels it.

use crate::sim::NodeId;
use crate::view::Selection;
use crate::view::stage::hit::SIDE;
use crate::view::stage::{LinkState, PairView, Plan, Pt, WallView};
use crate::view::svg::{self, px};
use std::fmt::Write;
use std::rc::Rc;
use yew::prelude::*;

/// See [`Links`].
#[derive(Clone, PartialEq, Properties)]
pub struct LinksProps {
    /// Where the nodes stand.
    pub plan: Rc<Plan>,
    /// What is drawn.
    pub pairs: Rc<Vec<PairView>>,
    /// The names of the nodes.
    pub names: Rc<Vec<String>>,
    /// What is picked.
    pub picked: Selection,
}

/// All links.
#[component]
pub fn Links(props: &LinksProps) -> Html {
    let LinksProps { plan, pairs, names, picked } = props;
    // A link that is picked is drawn even where links at rest are not.
    let extra = match *picked {
        Selection::Link(a, b) if a.index() < plan.len() && b.index() < plan.len() => {
            let shown = pairs.iter().any(|p| (p.a, p.b) == (a.min(b), a.max(b)));
            (!shown && a != b).then_some((a, b))
        }
        _ => None,
    };
    html! {
        <g class="links">
            { for pairs.iter().map(|p| pair(plan, p, names, *picked)) }
            if let Some((a, b)) = extra { { arrow(plan, a, b) } }
        </g>
    }
}

fn pair(plan: &Plan, p: &PairView, names: &[String], picked: Selection) -> Html {
    let split = p.there != p.back;
    let lane = if split { 4.0 } else { 0.0 };
    let chosen = picked.is_link_between(p.a, p.b);
    let near = matches!(picked, Selection::Node(n) if n == p.a || n == p.b);
    let reachable = chosen || near;
    html! {
        <g class="pair" key={format!("{}-{}", p.a, p.b)}>
            { line(plan.line(p.a, p.b, lane), p.there) }
            if split { { line(plan.line(p.b, p.a, lane), p.back) } }
            { target(plan, (p.a, p.b), p.there, &p.notes.0, names, picked, reachable) }
            { target(plan, (p.b, p.a), p.back, &p.notes.1, names, picked, reachable) }
        </g>
    }
}

fn line((a, b): (Pt, Pt), state: LinkState) -> Html {
    let class = match state {
        LinkState::Open => "link",
        LinkState::Slow => "link slow",
        LinkState::Faulty => "link faulty",
        LinkState::Walled => "link walled",
        LinkState::Cut => "link cut",
    };
    html! {
        <>
            <path {class} d={svg::path("M# #L# #", &[a.x, a.y, b.x, b.y])} />
            if state == LinkState::Cut { <path class="snip" d={snip(a, b)} /> }
        </>
    }
}

/// A small cross where a cut link is cut.
fn snip(a: Pt, b: Pt) -> String {
    let Pt { x, y } = a.toward(b, 0.5);
    svg::path("M# #l8 8m0-8l-8 8", &[x - 4.0, y - 4.0])
}

#[allow(clippy::too_many_arguments)]
fn target(
    plan: &Plan,
    (from, to): (NodeId, NodeId),
    state: LinkState,
    note: &str,
    names: &[String],
    picked: Selection,
    reachable: bool,
) -> Html {
    let name = |n: NodeId| names.get(n.index()).map_or("", String::as_str);
    let mut says = format!("link {} to {}", name(from), name(to));
    if state != LinkState::Open {
        let _ = write!(says, ", {note}");
    }
    let chosen = picked == Selection::Link(from, to);
    let (a, b) = plan.line(from, to, SIDE * 0.67);
    html! {
        <g class={if chosen { "way picked" } else { "way" }} role="button" aria-label={says.clone()}
            aria-pressed={chosen.to_string()} tabindex={if reachable { "0" } else { "-1" }}
            data-testid={format!("link-{from}-{to}")} data-pick={format!("l{from}-{to}")}>
            <title>{ says }</title>
            <path class="target" d={svg::path("M# #L# #", &[a.x, a.y, b.x, b.y])} />
            { arrow(plan, from, to) }
        </g>
    }
}

/// The direction as an arrow on its own side, seen when it is picked or pointed at.
fn arrow(plan: &Plan, from: NodeId, to: NodeId) -> Html {
    let (a, b) = plan.line(from, to, 5.0);
    let h = a.heading(b);
    let tip = |along: f64, across: f64| b.by(-h.x * along - h.y * across, -h.y * along + h.x * across);
    let (l, r) = (tip(10.0, 5.0), tip(10.0, -5.0));
    html! {
        <path class="direction" d={svg::path(
            "M# #L# #M# #L# #L# #",
            &[a.x, a.y, b.x, b.y, l.x, l.y, b.x, b.y, r.x, r.y],
        )} />
    }
}

/// A partition: its curves, and a button at its end that takes it down.
pub fn wall(w: &WallView, key: usize, width: f64) -> Html {
    let d = w.outline();
    let at = w.label_at;
    // The text runs outward where there is room, inward where it would be cut off.
    let long = w.label_width();
    let (anchor, dx) = if w.outward(width) { ("start", 16.0) } else { ("end", -16.0) };
    let says = format!("Heal: take down the partition {}", w.label);
    html! {
        <g class={if w.one_way { "wall one-way" } else { "wall" }} key={key}>
            <path class="back" d={d.clone()} />
            <path class="curve" d={d} />
            <g class="heal" role="button" tabindex="0" aria-label={says.clone()} data-pick="heal" data-testid={format!("heal-{key}")}
                transform={svg::path("translate(# #)", &[at.x, at.y])}>
                <title>{ says }</title>
                <rect class="reach" x={px(if dx > 0.0 { -14.0 } else { 14.0 - long })} y="-14" width={px(long)} height="28" />
                <circle r="13" />
                <path d="M-5 -5 5 5M5 -5-5 5" />
                <text x={px(dx * 1.15)} y="4" text-anchor={anchor}>{ &w.label }</text>
            </g>
        </g>
    }
}
