//! The outlines of what stands and moves on the stage, as SVG paths.
//!
//! The rule that is easy to break: they are the outlines of the page (`ui/stage`): a reader must
//! know a message again by its shape.

use super::paper::path;
use crate::sim::world::Status;
use crate::sim::{Glyph, Shape};
use crate::view::stage::circle::cos_sin;
use crate::view::stage::{Plan, Pt};

/// Corners, along and across the way it travels, as a path around `at`.
fn around(corners: &[(f64, f64)], at: Pt, heading: Pt, s: f64) -> String {
    let mut d = String::new();
    for (i, (along, across)) in corners.iter().enumerate() {
        let x = at.x + s * (along * heading.x - across * heading.y);
        let y = at.y + s * (along * heading.y + across * heading.x);
        d += &path(if i == 0 { "M# #" } else { "L# #" }, &[x, y]);
    }
    d
}

/// The outline of a message of size `s`, turned the way it travels.
pub fn outline(shape: Shape, at: Pt, heading: Pt, s: f64) -> String {
    let corners: &[(f64, f64)] = match shape {
        Shape::Arrow => &[
            (1.25, 0.0),
            (0.35, 0.8),
            (-1.1, 0.8),
            (-1.1, -0.8),
            (0.35, -0.8),
        ],
        Shape::Tag => &[
            (1.1, 0.75),
            (-1.1, 0.75),
            (-0.55, 0.0),
            (-1.1, -0.75),
            (1.1, -0.75),
        ],
        Shape::Diamond => &[(1.2, 0.0), (0.0, 0.95), (-1.2, 0.0), (0.0, -0.95)],
        Shape::Square => &[(0.85, 0.85), (-0.85, 0.85), (-0.85, -0.85), (0.85, -0.85)],
        Shape::Hollow => &[(1.2, 0.0), (-0.8, 1.0), (-0.8, -1.0)],
        Shape::Disc => return arc(at, s * 0.95, 1.0),
    };
    around(corners, at, heading, s) + "Z"
}

/// One half of a message that broke.
pub fn half(at: Pt, heading: Pt, s: f64) -> String {
    let corners = [
        (0.0, 0.75),
        (0.35, 0.25),
        (0.0, -0.1),
        (0.3, -0.75),
        (0.95, -0.6),
        (0.95, 0.7),
    ];
    around(&corners, at, heading, s) + "Z"
}

/// A jagged rift across a message.
pub fn tear(at: Pt, heading: Pt, s: f64) -> String {
    let steps = [
        (-0.25, -1.3),
        (0.3, -0.65),
        (-0.3, 0.0),
        (0.3, 0.65),
        (-0.25, 1.3),
    ];
    around(&steps, at, heading, s)
}

/// So much of a circle (0 to 1), clockwise from the top.
pub fn arc(at: Pt, r: f64, part: f64) -> String {
    if part <= 0.0 {
        return String::new();
    }
    let top = at.y - r;
    if part >= 0.999 {
        return path(
            "M# #a# # 0 1 1 0 #a# # 0 1 1 0 #Z",
            &[at.x, top, r, r, 2.0 * r, r, r, -2.0 * r],
        );
    }
    let angle = part * std::f64::consts::TAU;
    let (cos, sin) = cos_sin(angle);
    let (x, y) = (at.x + r * sin, at.y - r * cos);
    let pattern = match part > 0.5 {
        true => "M# #A# # 0 1 1 # #",
        false => "M# #A# # 0 0 1 # #",
    };
    path(pattern, &[at.x, top, r, r, x, y])
}

/// A hill under a node, with a valley on either side.
pub fn hill(plan: &Plan, p: Pt) -> String {
    let base = plan.height - 8.0;
    let (top, half) = (p.y + plan.radius * 0.6, plan.width * 0.26);
    let (foot, steep) = (half * 0.55, half * 0.45);
    let curve = [
        p.x - half,
        base,
        p.x - foot,
        base,
        p.x - steep,
        top,
        p.x,
        top,
    ];
    path("M# #C# # # # # #", &curve) + &path("S# # # #Z", &[p.x + foot, base, p.x + half, base])
}

/// The pictogram of a state or a role, on a grid of 16.
pub fn sign(glyph: Glyph, status: Status) -> Option<&'static str> {
    match (status, glyph) {
        (Status::Paused, _) => Some("M4 2h3v12H4zM9 2h3v12H9z"),
        (Status::Crashed | Status::Stopped, _) | (Status::Up, Glyph::None) => None,
        (Status::Up, Glyph::Crown) => Some("M1.5 4.5 5 8l3-5 3 5 3.5-3.5L13 13H3z"),
        (Status::Up, Glyph::Question) => Some(
            "M8 2a3.6 3.6 0 0 0-3.6 3.4h2A1.6 1.6 0 1 1 8 7.1c-.6 0-1 .4-1 1V10h2V8.9A3.5 3.5 0 0 0 8 2zM7 11.5h2v2H7z",
        ),
        (Status::Up, Glyph::Person) => {
            Some("M8 2a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM2.5 14a5.5 5.5 0 0 1 11 0z")
        }
        (Status::Up, Glyph::Check) => Some("M2 8.5 3.6 7l3 3L12.5 4 14 5.5 6.6 13z"),
        (Status::Up, Glyph::Cross) => Some(
            "M3 4.4 4.4 3 8 6.6 11.6 3 13 4.4 9.4 8l3.6 3.6-1.4 1.4L8 9.4 4.4 13 3 11.6 6.6 8z",
        ),
    }
}
