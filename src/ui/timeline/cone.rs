//! The cone of the event that is picked, on the lanes: until where each is in its past, from where in its
//! future.
//!
//! The rule that is easy to break: colour is never the only sign. The past is a whole line, the future
//! a broken one, and what is concurrent has none.

use super::draw::Picture;
use crate::sim::EventId;
use crate::ui::stage::canvas::{Palette, dash};
use crate::view::causality::Cone;
use web_sys::CanvasRenderingContext2d as Pen;

/// Draws it, below everything that stands on the lanes.
pub(super) fn lanes(pen: &Pen, c: &Palette, p: &Picture<'_>, cone: &Cone) {
    let right = p.grid.left + p.grid.width;
    let thick = (p.grid.lane * 0.2).clamp(2.0, 6.0);
    let x = |e: EventId| p.grid.x(p.trace.event(e).time.us() as f64);
    let end = p.grid.x(p.window.end_us.max(p.now_us) as f64).min(right);
    pen.set_line_width(thick);
    pen.set_line_cap("butt");
    pen.set_global_alpha(0.42);
    for (future, colour) in [(false, &c.accent), (true, &c.violet)] {
        pen.set_stroke_style_str(colour);
        if future {
            let _ = pen.set_line_dash(&dash(&[5.0, 4.0]));
        }
        pen.begin_path();
        for lane in 0..p.world.node_count() {
            let y = p.grid.y(lane as f64);
            let (last, first) = cone.lane(lane);
            let (from, to) = match (future, last, first) {
                (false, Some(last), _) => (p.grid.x(0.0).max(p.grid.left), x(last).min(right)),
                // Dashes begin at the event, so that they scroll with it.
                (true, _, Some(first)) => (x(first).max(p.grid.left - 1_000.0), end),
                _ => continue,
            };
            if to > from && to > p.grid.left {
                pen.move_to(from, y);
                pen.line_to(to, y);
            }
        }
        pen.stroke();
    }
    let _ = pen.set_line_dash(&dash(&[]));
    pen.set_line_cap("round");
    pen.set_global_alpha(1.0);
}
