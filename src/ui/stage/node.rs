//! A node on the stage: its disc, role, badge, cells and state.
//!
//! The rule that is easy to break: it is drawn again only when it has changed. What moves between
//! two events (timers, messages) is on the canvas; and no state is told by colour alone.

use crate::sim::world::Status;
use crate::sim::{Cell, CellTone, Glyph};
use crate::view::stage::{Detail, NodeView};
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

/// A node. What is done to it is heard by the stage, by its `data-pick`.
#[component]
pub fn NodeShape(props: &NodeProps) -> Html {
    let n = &*props.node;
    let r = n.radius;
    let down = matches!(n.status, Status::Crashed | Status::Stopped);
    let class = classes!(
        "node",
        n.prominent.then_some("prominent"),
        down.then_some("down"),
        (n.status == Status::Paused).then_some("paused"),
        n.byzantine.then_some("byzantine"),
        n.client.then_some("client"),
        (n.glyph == Glyph::Question).then_some("asking"),
        props.picked.then_some("picked"),
    );
    html! {
        <g {class} role="button" tabindex="0" aria-label={n.sentence()} aria-pressed={props.picked.to_string()}
            data-testid={format!("node-{}", n.id)} data-pick={format!("n{}", n.id)}
            transform={format!("translate({:.1} {:.1})", n.at.x, n.at.y)}>
            <title>{ n.sentence() }</title>
            <circle class="reach" r={px(r.max(12.0))} />
            <circle class="halo" r={px(r + if n.detail == Detail::Full { 14.0 } else { 8.0 })} />
            if n.client {
                <rect class="disc" x={px(-r)} y={px(-r * 0.82)} width={px(2.0 * r)} height={px(r * 1.64)} rx={px(r * 0.3)} />
            } else {
                <circle class="disc" r={px(r)} />
            }
            if down { <path class="cross" d={cross(r * 0.5)} /> }
            if n.detail == Detail::Full { { full(n) } } else { { short(n) } }
            if n.byzantine { { corner(-r * 0.78, -r * 0.78, "!", "liar") } }
            if n.waiting > 0 { { corner(r * 0.8, r * 0.72, &n.waiting.to_string(), "waiting") } }
        </g>
    }
}

/// A number as an SVG attribute.
pub fn px(x: f64) -> String {
    format!("{x:.1}")
}

fn cross(s: f64) -> String {
    format!(
        "M{:.1} {:.1}L{s:.1} {s:.1}M{:.1} {s:.1}L{s:.1} {:.1}",
        -s, -s, -s, -s
    )
}

/// Name and badge inside; the role's sign on top, its word above; cells below.
fn full(n: &NodeView) -> Html {
    let sign = glyph(n);
    let state = match n.status {
        Status::Up => n.badge.as_str(),
        Status::Crashed => "crashed",
        Status::Stopped => "gone",
        Status::Paused => "paused",
    };
    let (name_y, badge_y) = if sign.is_some() {
        (6.0, 21.0)
    } else {
        (1.0, 17.0)
    };
    let wide = n.name.chars().count() > 5;
    let said = sign.is_some() || n.prominent;
    html! {
        <>
            if let Some(d) = sign {
                <path class="sign" d={d} transform={format!("translate(-8 {:.1})", -n.radius + 4.5)} />
            }
            <text class={if wide { "name wide" } else { "name" }} y={px(name_y)}>{ &n.name }</text>
            if !state.is_empty() { <text class="badge" y={px(badge_y)}>{ state }</text> }
            if said && n.status == Status::Up && !n.role.is_empty() {
                <text class="role" y={px(-n.radius - 15.0)}>{ &n.role }</text>
            }
            { cells(n) }
        </>
    }
}

/// The name inside if it fits.
fn short(n: &NodeView) -> Html {
    if n.detail == Detail::Dot {
        return html! {};
    }
    let small = if n.radius < 17.0 {
        "name small"
    } else {
        "name middle"
    };
    html! {
        <>
            <text class={small} y="4">{ &n.name }</text>
            if let Some(d) = glyph(n) {
                <path class="sign out" d={d} transform={format!("translate(-8 {:.1})", -n.radius - 21.0)} />
            }
        </>
    }
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
        Glyph::Cross => Some(
            "M3 4.4 4.4 3 8 6.6 11.6 3 13 4.4 9.4 8l3.6 3.6-1.4 1.4L8 9.4 4.4 13 3 11.6 6.6 8z",
        ),
    }
}

const CELL: f64 = 15.0;

fn cells(n: &NodeView) -> Html {
    let y = n.radius + 15.0;
    let left = -(n.cells.len() as f64) * CELL / 2.0;
    let below = y + if n.cells.is_empty() {
        10.0
    } else {
        CELL + 14.0
    };
    html! {
        <>
            if n.cells_before > 0 { <text class="more" x={px(left - 3.0)} y={px(y + 11.0)}>{ "\u{2026}" }</text> }
            { for n.cells.iter().enumerate().map(|(i, c)| cell(c, left + i as f64 * CELL, y)) }
            if let Some(clock) = &n.clock { <text class="skew" y={px(below)}>{ format!("\u{23f1} {clock}") }</text> }
        </>
    }
}

fn cell(c: &Cell, x: f64, y: f64) -> Html {
    let tone = match c.tone {
        CellTone::Firm => "cell firm",
        CellTone::Tentative => "cell tentative",
        CellTone::Conflict => "cell conflict",
        CellTone::Empty => "cell empty",
    };
    let size = px(CELL - 1.5);
    html! {
        <g class={tone}>
            <title>{ &c.title }</title>
            <rect x={px(x + 0.75)} y={px(y)} width={size.clone()} height={size} rx="2.5" />
            <text x={px(x + CELL / 2.0)} y={px(y + 10.5)}>{ &c.text }</text>
        </g>
    }
}

/// A small sign at the rim.
fn corner(x: f64, y: f64, text: &str, class: &'static str) -> Html {
    html! {
        <g class={classes!("corner", class)} transform={format!("translate({x:.1} {y:.1})")}>
            <circle r="9" />
            <text y="4">{ text }</text>
        </g>
    }
}
