//! The outlines of what stands and moves on the stage, as SVG paths.
//!
//! The rule that is easy to break: they are the outlines of the page (`ui/stage`): a reader must
//! know a message again by its shape.

use crate::sim::world::Status;
use crate::sim::{Glyph, Shape};
use crate::view::stage::Pt;
use crate::view::stage::circle::cos_sin;
use crate::view::stage::outline::{DISC, HALF, corner, corners};
use crate::view::svg::path;

/// Corners as a path around `at`.
fn around(corners: &[(f64, f64)], at: Pt, heading: Pt, s: f64) -> String {
    let mut d = String::new();
    for (i, &c) in corners.iter().enumerate() {
        let p = corner(c, at, heading, s);
        d += &path(if i == 0 { "M# #" } else { "L# #" }, &[p.x, p.y]);
    }
    d
}

/// The outline of a message of size `s`, turned the way it travels.
pub fn outline(shape: Shape, at: Pt, heading: Pt, s: f64) -> String {
    match corners(shape) {
        Some(corners) => around(corners, at, heading, s) + "Z",
        None => arc(at, s * DISC, 1.0),
    }
}

/// One half of a message that broke.
pub fn half(at: Pt, heading: Pt, s: f64) -> String {
    around(HALF, at, heading, s) + "Z"
}

/// A jagged rift across a message.
pub fn tear(at: Pt, heading: Pt, s: f64) -> String {
    let steps = [(-0.25, -1.3), (0.3, -0.65), (-0.3, 0.0), (0.3, 0.65), (-0.25, 1.3)];
    around(&steps, at, heading, s)
}

/// So much of a circle (0 to 1), clockwise from the top.
pub fn arc(at: Pt, r: f64, part: f64) -> String {
    if part <= 0.0 {
        return String::new();
    }
    let top = at.y - r;
    if part >= 0.999 {
        return path("M# #a# # 0 1 1 0 #a# # 0 1 1 0 #Z", &[at.x, top, r, r, 2.0 * r, r, r, -2.0 * r]);
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

/// The pictogram of a state or a role, on a grid of 16.
pub fn sign(glyph: Glyph, status: Status) -> Option<&'static str> {
    match (status, glyph) {
        (Status::Paused, _) => Some("M4 2h3v12H4zM9 2h3v12H9z"),
        (Status::Crashed | Status::Stopped, _) | (Status::Up, Glyph::None) => None,
        (Status::Up, Glyph::Crown) => Some("M1.5 4.5 5 8l3-5 3 5 3.5-3.5L13 13H3z"),
        (Status::Up, Glyph::Question) => Some(
            "M8 2a3.6 3.6 0 0 0-3.6 3.4h2A1.6 1.6 0 1 1 8 7.1c-.6 0-1 .4-1 1V10h2V8.9A3.5 3.5 0 0 0 8 2zM7 11.5h2v2H7z",
        ),
        (Status::Up, Glyph::Person) => Some("M8 2a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM2.5 14a5.5 5.5 0 0 1 11 0z"),
        (Status::Up, Glyph::Check) => Some("M2 8.5 3.6 7l3 3L12.5 4 14 5.5 6.6 13z"),
        (Status::Up, Glyph::Cross) => {
            Some("M3 4.4 4.4 3 8 6.6 11.6 3 13 4.4 9.4 8l3.6 3.6-1.4 1.4L8 9.4 4.4 13 3 11.6 6.6 8z")
        }
    }
}
