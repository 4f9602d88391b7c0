//! A node on the stage: its disc, role, badge, cells and state.
//!
//! The rule that is easy to break: it is drawn again only when it has changed. What moves between
//! two events (timers, messages) is on the canvas; and no state is told by colour alone.

use crate::sim::world::Status;
use crate::sim::{Cell, CellTone, Glyph, NodeId};
use crate::view::stage::fit::{fitted, in_a_cell};
use crate::view::stage::{Detail, NodeView, Scene};
use crate::view::svg::{self, px};
use std::rc::Rc;
use yew::prelude::*;

/// See [`NodeShape`].
#[derive(Clone, PartialEq, Properties)]
pub struct NodeProps {
    /// What is drawn.
    pub node: Rc<NodeView>,
    /// It is picked.
    pub picked: bool,
}

/// A node. What is done to it is heard by the stage, by its `data-pick`; its title is its name.
#[component]
pub fn NodeShape(props: &NodeProps) -> Html {
    let n = &*props.node;
    let r = n.radius;
    let full = n.detail == Detail::Full;
    html! {
        <g class={class(n, props.picked)} role="button" tabindex="0" aria-pressed={props.picked.to_string()}
            data-testid={format!("node-{}", n.id)} data-pick={format!("n{}", n.id)} transform={moved(n.at.x, n.at.y)}>
            <title>{ n.sentence() }</title>
            { circle("reach", r.max(12.0)) }
            { circle("halo", r + if full { 14.0 } else { 8.0 }) }
            { circle("disc", r) }
            { parts(n) }
        </g>
    }
}

/// A mark on each of these nodes: it differs from the same node of the run beside.
pub fn apart(scene: &Scene, nodes: &[NodeId]) -> Html {
    let mark = |n: &NodeId| {
        let n = scene.nodes.get(n.index())?;
        let small = if n.radius < 24.0 { 0.75 } else { 1.0 };
        let out = n.radius * 0.72 + 6.0 * small;
        Some(html! {
            <g class="apart-mark" data-testid={format!("apart-{}", n.id)} transform={svg::path("translate(# #)scale(#)", &[n.at.x + out, n.at.y - out, small])}>
                <title>{ format!("{} differs", n.name) }</title>
                <circle r="9" /><path d="M-4.5 -2h9M-4.5 2h9M2.5 -5L-2.5 5" />
            </g>
        })
    };
    html! { <g>{ for nodes.iter().filter_map(mark) }</g> }
}

/// A ring around each of these nodes: what they did shows that a promise is broken.
pub fn ringed(scene: &Scene, nodes: &[NodeId]) -> Html {
    let ring = |n: &NodeId| {
        let n = scene.nodes.get(n.index())?;
        Some(html! {
            <circle class="broken-ring" data-testid={format!("broken-{}", n.id)} cx={px(n.at.x)} cy={px(n.at.y)} r={px(n.radius + 9.0)} />
        })
    };
    html! { <g>{ for nodes.iter().filter_map(ring) }</g> }
}

fn class(n: &NodeView, picked: bool) -> String {
    let mut class = String::from("node");
    let mut add = |is: bool, word: &str| {
        if is {
            class.push(' ');
            class.push_str(word);
        }
    };
    add(n.prominent, "prominent");
    add(is_down(n), "down");
    add(n.status == Status::Paused, "paused");
    add(n.byzantine, "byzantine");
    add(n.client, "client");
    add(n.glyph == Glyph::Question, "asking");
    add(picked, "picked");
    class
}

fn is_down(n: &NodeView) -> bool {
    matches!(n.status, Status::Crashed | Status::Stopped)
}

/// What is in and around the disc: sign, name, badge, role, cells, clock, corners.
fn parts(n: &NodeView) -> Vec<Html> {
    let r = n.radius;
    let mut parts = Vec::new();
    if is_down(n) {
        parts.push(path("cross", cross(r * 0.66), String::new()));
    }
    if n.detail == Detail::Full {
        inside(n, &mut parts);
        below(n, &mut parts);
    } else {
        let class = if r < 17.0 { "name small" } else { "name middle" };
        if n.detail == Detail::Short {
            parts.push(text(
                class,
                0.0,
                4.0,
                &fitted(&n.name, 2.0 * r - 2.0, if r < 17.0 { 9.5 } else { 12.0 }),
            ));
        }
        // Of dots only those that are filled have one: room is scarce, and colour must not be alone.
        if n.detail == Detail::Short || n.prominent {
            parts.extend(glyph(n).map(|d| path("sign out", d.to_owned(), moved(-8.0, -r - 21.0))));
        }
    }
    if n.byzantine {
        parts.push(corner(-r * 0.56, -r * 0.56, "!", "corner liar"));
    }
    if n.waiting > 0 {
        // Beside what is written in the disc, and beyond the timers' ring, which is drawn over it.
        let out = r + 16.0;
        parts.push(corner(out * 0.92, out * 0.4, &n.waiting.to_string(), "corner"));
    }
    parts
}

/// Name and badge inside; the role's sign on top, its word above.
fn inside(n: &NodeView, parts: &mut Vec<Html>) {
    let sign = glyph(n);
    let state = match n.status {
        Status::Up => n.badge.as_str(),
        Status::Crashed => "crashed",
        Status::Stopped => "gone",
        Status::Paused => "paused",
    };
    let (name_y, badge_y) = if sign.is_some() { (6.0, 21.0) } else { (1.0, 17.0) };
    let wide = n.name.chars().count() > 5;
    let (name_px, room) = (if wide { 12.5 } else { 17.0 }, 1.86 * n.radius);
    parts.extend(sign.map(|d| path("sign", d.to_owned(), moved(-8.0, -n.radius + 5.0))));
    parts.push(text(if wide { "name wide" } else { "name" }, 0.0, name_y, &fitted(&n.name, room, name_px)));
    parts.push(text("badge", 0.0, badge_y, &fitted(state, room, 11.0)));
    parts.extend(n.above().map(|words| text("role", n.aside(&words), -n.radius - 19.0, &words)));
}

fn moved(x: f64, y: f64) -> String {
    svg::path("translate(# #)", &[x, y])
}

fn circle(class: &'static str, r: f64) -> Html {
    html! { <circle {class} r={px(r)} /> }
}

fn path(class: &'static str, d: String, transform: String) -> Html {
    html! { <path {class} {d} {transform} /> }
}

fn text(class: &'static str, x: f64, y: f64, words: &str) -> Html {
    html! { <text {class} x={px(x)} y={px(y)}>{ words }</text> }
}

fn cross(s: f64) -> String {
    svg::path("M# #L# #M# #L# #", &[-s, -s, s, s, -s, s, s, -s])
}

/// The pictogram of a state or a role, on a grid of 16.
fn glyph(n: &NodeView) -> Option<&'static str> {
    if n.status == Status::Paused {
        return Some("M4 2h3v12H4zM9 2h3v12H9z");
    }
    if n.status != Status::Up {
        return None;
    }
    match n.glyph {
        Glyph::None => None,
        Glyph::Crown => Some("M1.5 4.5 5 8l3-5 3 5 3.5-3.5L13 13H3z"),
        Glyph::Question => Some(
            "M8 2a3.6 3.6 0 0 0-3.6 3.4h2A1.6 1.6 0 1 1 8 7.1c-.6 0-1 .4-1 1V10h2V8.9A3.5 3.5 0 0 0 8 2zM7 11.5h2v2H7z",
        ),
        Glyph::Person => Some("M8 2a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM2.5 14a5.5 5 0 0 1 11 0z"),
        Glyph::Check => Some("M2 8.5 3.6 7l3 3L12.5 4 14 5.5 6.6 13z"),
        Glyph::Cross => {
            Some("M3 4.4 4.4 3 8 6.6 11.6 3 13 4.4 9.4 8l3.6 3.6-1.4 1.4L8 9.4 4.4 13 3 11.6 6.6 8z")
        }
    }
}

/// The height of a cell, with what is between it and the next.
const CELL: f64 = 15.0;

/// The row of cells, and what is wrong with the clock.
fn below(n: &NodeView, parts: &mut Vec<Html>) {
    let y = n.radius + 15.0;
    let left = -(n.cells.len() as f64) * n.cell / 2.0;
    if n.cells_before > 0 {
        parts.push(text("more", left - 3.0, y + 11.0, "\u{2026}"));
    }
    parts.extend(n.cells.iter().enumerate().map(|(i, c)| cell(c, n.cell, left + i as f64 * n.cell, y)));
    if let Some(clock) = &n.clock {
        let under = if n.cells.is_empty() { 10.0 } else { CELL + 14.0 };
        parts.push(text("skew", 0.0, y + under, &format!("clock {clock}")));
    }
}

fn cell(c: &Cell, width: f64, x: f64, y: f64) -> Html {
    let class = match c.tone {
        CellTone::Firm => "cell firm",
        CellTone::Tentative => "cell tentative",
        CellTone::Conflict => "cell conflict",
        CellTone::Empty => "cell empty",
    };
    let shown = in_a_cell(&c.text);
    html! {
        <g {class} transform={moved(x, y)}>
            <title>{ &c.title }{ if shown == c.text { String::new() } else { format!(" ({})", c.text) } }</title>
            <rect x="0.75" width={px(width - 1.5)} height={px(CELL - 1.5)} rx="2.5" />
            { text(if shown.chars().count() > 2 { "tight" } else { "" }, width / 2.0, 10.5, &shown) }
        </g>
    }
}

/// A small sign at the rim.
fn corner(x: f64, y: f64, words: &str, class: &'static str) -> Html {
    html! {
        <g {class} transform={moved(x, y)}>
            { circle("", 9.0) }
            { text("", 0.0, 4.0, words) }
        </g>
    }
}
