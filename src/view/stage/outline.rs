//! The outlines of what stands and moves on the stage, for the page and for the exported picture.
//!
//! The rule that is easy to break: there is one of each, so that a reader knows a message again by
//! its shape wherever it is drawn.

use super::{Plan, Pt};
use crate::sim::Shape;
use crate::view::svg::path;

/// Corners along and across the way of travel, in sizes of the message.
pub type Corners = &'static [(f64, f64)];

/// The radius of the shape that has no corners, in sizes of the message.
pub const DISC: f64 = 0.95;

/// One half of a message that broke.
pub const HALF: Corners = &[(0.0, 0.75), (0.35, 0.25), (0.0, -0.1), (0.3, -0.75), (0.95, -0.6), (0.95, 0.7)];

/// The corners of a shape; `None` for the disc, which has a radius of [`DISC`].
pub fn corners(shape: Shape) -> Option<Corners> {
    Some(match shape {
        Shape::Arrow => &[(1.25, 0.0), (0.35, 0.8), (-1.1, 0.8), (-1.1, -0.8), (0.35, -0.8)],
        Shape::Tag => &[(1.1, 0.75), (-1.1, 0.75), (-0.55, 0.0), (-1.1, -0.75), (1.1, -0.75)],
        Shape::Diamond => &[(1.2, 0.0), (0.0, 0.95), (-1.2, 0.0), (0.0, -0.95)],
        Shape::Square => &[(0.85, 0.85), (-0.85, 0.85), (-0.85, -0.85), (0.85, -0.85)],
        Shape::Hollow => &[(1.2, 0.0), (-0.8, 1.0), (-0.8, -1.0)],
        Shape::Disc => return None,
    })
}

/// Where a corner lies of what is at `at`, `s` large, and travels towards `heading`.
pub fn corner((along, across): (f64, f64), at: Pt, heading: Pt, s: f64) -> Pt {
    at.by(s * (along * heading.x - across * heading.y), s * (along * heading.y + across * heading.x))
}

/// A hill under a node at `p`, with a valley on either side, as an SVG path.
pub fn hill(plan: &Plan, p: Pt) -> String {
    let base = plan.height - 8.0;
    let (top, half) = (p.y + plan.radius * 0.6, plan.width * 0.26);
    let (foot, steep) = (half * 0.55, half * 0.45);
    path(
        "M# #C# # # # # #S# # # #Z",
        &[p.x - half, base, p.x - foot, base, p.x - steep, top, p.x, top, p.x + foot, base, p.x + half, base],
    )
}
