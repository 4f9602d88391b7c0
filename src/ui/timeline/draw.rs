//! The space-time diagram on its canvas.
//!
//! The rule that is easy to break: a window holds a thousand arrows, and all are drawn anew in each
//! frame. What looks alike is drawn together, styles set once, but in small paths: one path of a
//! thousand lines takes twice as long to stroke as many of a few.

use super::{cone, dense, frame};
use crate::sim::world::World;
use crate::sim::{EventId, EventKind, Loss, Mark, Trace};
use crate::ui::stage::canvas::{Canvas, Palette, dash};
use crate::view::Selection;
use crate::view::causality::{Cone, Relation};
use crate::view::spacetime::{Arrow, Dot, Grid, SpaceTime};
use std::f64::consts::TAU;
use web_sys::CanvasRenderingContext2d as Pen;

/// What is drawn beside the window itself.
pub struct Picture<'a> {
    /// Where times and lanes are.
    pub grid: Grid,
    /// The canvas's size.
    pub size: (f64, f64),
    /// What the window holds.
    pub window: &'a SpaceTime,
    /// For the names of lanes.
    pub world: &'a World,
    /// For the cone.
    pub trace: &'a Trace,
    /// The moment shown.
    pub now_us: u64,
    /// What is picked.
    pub picked: Selection,
    /// The relations of the events to the one that is picked.
    pub cone: Option<&'a Cone>,
    /// When the run parts from the one beside it.
    pub parting_us: Option<u64>,
    /// A sentence at a point: what is under the pointer.
    pub says: Option<(f64, f64, String)>,
}

/// The room above the first lane, and below the last one.
pub const TOP: f64 = 24.0;
/// Room for the axis and up to two bars.
pub const BOTTOM: f64 = 40.0;

/// How many arrows are one path.
const PATH: usize = 16;

/// How an arrow or an event stands out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Plain,
    Past,
    Future,
    Apart,
}

/// Draws the diagram.
pub fn diagram(canvas: &mut Canvas, c: &Palette, p: &Picture<'_>) {
    canvas.begin(p.size.0, p.size.1);
    let pen = &canvas.pen;
    pen.save();
    pen.begin_path();
    pen.rect(p.grid.left, 0.0, p.grid.width, p.size.1);
    pen.clip();
    frame::bands(pen, c, p);
    frame::axis(pen, c, p);
    frame::lanes(pen, c, p);
    if let Some(cone) = p.cone {
        cone::lanes(pen, c, p, cone);
    }
    if let Some(columns) = &p.window.columns {
        dense::columns(pen, c, p, columns);
    }
    // What only edits bring is drawn by what comes later.
    let edited = !p.window.flags.is_empty() || !p.window.spans.is_empty();
    let edited = edited || !p.window.bars.is_empty();
    if edited {
        frame::spans(pen, c, p);
    }
    arrows(pen, c, p);
    dots(pen, c, p);
    if edited {
        frame::bars(pen, c, p);
        frame::flags(pen, c, p);
    }
    if p.window.end_us > p.now_us {
        frame::to_come(pen, c, p);
    }
    if let Some(us) = p.parting_us {
        frame::parting(pen, c, p, us);
    }
    pen.restore();
    frame::names(pen, c, p);
    frame::playhead(pen, c, p);
    frame::tip(pen, c, p);
}

/// How an arrow stands to what is picked.
fn look(p: &Picture<'_>, a: &Arrow) -> Look {
    match (p.picked, p.cone) {
        (Selection::Event(_), Some(cone)) => {
            let of = |e: EventId| {
                // What has not ended yet has no event.
                cone.relation(p.trace, e)
            };
            match (of(a.sent), of(a.fate)) {
                (Relation::Past, Relation::Past | Relation::Same) => Look::Past,
                (Relation::Same | Relation::Future, _) => Look::Future,
                _ => Look::Apart,
            }
        }
        (Selection::Link(f, t), _) if (f.0, t.0) != (a.from, a.to) => Look::Apart,
        (Selection::Message(m), _) if m != a.msg => Look::Apart,
        (Selection::Link(..) | Selection::Message(_), _) => Look::Past,
        _ => Look::Plain,
    }
}

/// Whether so many things, or lanes so narrow, leave no room for heads and shapes.
fn dense(p: &Picture<'_>, things: usize) -> bool {
    things > 900 || p.grid.lane < 8.0
}

fn arrows(pen: &Pen, c: &Palette, p: &Picture<'_>) {
    let dense = dense(p, p.window.arrows.len());
    let now = p.now_us as f64;
    let mut groups: [Vec<&Arrow>; 4] = Default::default();
    for a in &p.window.arrows {
        groups[match look(p, a) {
            Look::Apart => 0,
            Look::Plain => 1,
            Look::Past => 2,
            Look::Future => 3,
        }]
        .push(a);
    }
    for (i, group) in groups.iter().enumerate().filter(|(_, g)| !g.is_empty()) {
        let strong = i > 1;
        // Up to a pixel a line is a hairline, many times cheaper to draw than a stroked outline.
        pen.set_line_width(if strong { 2.2 } else { 1.0 });
        if i == 3 {
            let _ = pen.set_line_dash(&dash(&[7.0, 3.0]));
        }
        for tone in 0..6 {
            let of_tone = |a: &&Arrow| a.tone.index() == tone;
            let alike: Vec<&Arrow> = group.iter().copied().filter(of_tone).collect();
            let Some(first) = alike.first() else {
                continue;
            };
            pen.set_global_alpha(match i {
                0 => 0.28,
                1 if dense => 0.5,
                1 => 0.72,
                _ => 1.0,
            });
            pen.set_stroke_style_str(match i {
                0 => &c.hatch,
                1 => c.tone(first.tone),
                2 => &c.accent,
                _ => &c.violet,
            });
            for some in alike.chunks(PATH) {
                pen.begin_path();
                for a in some {
                    shaft(pen, p, a, now, !dense || strong);
                }
                pen.stroke();
            }
        }
        let _ = pen.set_line_dash(&dash(&[]));
        losses(pen, c, p, group, if i == 0 { 0.35 } else { 1.0 });
    }
    pen.set_global_alpha(1.0);
}

/// The line of a message, as far as it has come, with a head where it arrived.
fn shaft(pen: &Pen, p: &Picture<'_>, a: &Arrow, now: f64, head: bool) {
    let [(x, y), (mut u, mut v)] = a.ends(&p.grid);
    if a.from == a.to {
        pen.move_to(x, y);
        let _ = pen.arc(f64::midpoint(x, u), y, ((u - x) / 2.0).max(3.0), -TAU / 2.0, 0.0);
        return;
    }
    let open = a.fate == EventId::NONE && (a.to_us as f64) > now;
    if open {
        let f = ((now - a.from_us as f64) / (a.to_us - a.from_us).max(1) as f64).clamp(0.0, 1.0);
        (u, v) = (x + (u - x) * f, y + (v - y) * f);
    }
    pen.move_to(x, y);
    pen.line_to(u, v);
    let (dx, dy) = (u - x, v - y);
    let long = (dx * dx + dy * dy).sqrt();
    if head && !open && a.loss == Loss::None && long > 9.0 {
        let (hx, hy) = (dx / long, dy / long);
        // The head ends just before the dot of the event.
        let (u, v) = (u - hx * 3.0, v - hy * 3.0);
        for side in [1.0, -1.0] {
            pen.move_to(u, v);
            pen.line_to(u - 6.0 * hx - 2.8 * side * hy, v - 6.0 * hy + 2.8 * side * hx);
        }
    }
    if a.mark == Mark::Copy {
        let (mx, my) = (f64::midpoint(x, u), f64::midpoint(y, v));
        pen.move_to(mx + 2.5, my);
        let _ = pen.arc(mx, my, 2.5, 0.0, TAU);
    }
}

/// A cross where a message was lost.
fn losses(pen: &Pen, c: &Palette, p: &Picture<'_>, group: &[&Arrow], alpha: f64) {
    pen.begin_path();
    for a in group.iter().filter(|a| a.loss != Loss::None) {
        let [_, (x, y)] = a.ends(&p.grid);
        for d in [3.2, -3.2] {
            pen.move_to(x - d, y - 3.2);
            pen.line_to(x + d, y + 3.2);
        }
    }
    pen.set_global_alpha(alpha);
    pen.set_line_width(1.9);
    pen.set_stroke_style_str(&c.bad);
    pen.stroke();
}

fn dots(pen: &Pen, c: &Palette, p: &Picture<'_>) {
    let dense = dense(p, p.window.dots.len());
    let size = (p.grid.lane * 0.12).clamp(1.6, 2.8);
    let relation = |d: &Dot| match (p.picked, p.cone) {
        (Selection::Event(_), Some(cone)) => cone.relation(p.trace, d.event),
        _ => Relation::Same,
    };
    let looks = [
        (Relation::Concurrent, &c.hatch, 0.4),
        (Relation::Same, &c.ink_2, 1.0),
        (Relation::Past, &c.accent, 1.0),
        (Relation::Future, &c.violet, 1.0),
    ];
    pen.set_line_width(1.5);
    for (of, colour, alpha) in looks {
        pen.set_global_alpha(alpha);
        pen.set_fill_style_str(colour);
        pen.set_stroke_style_str(colour);
        for d in p.window.dots.iter().filter(|d| relation(d) == of) {
            let (x, y) = (p.grid.x(d.us as f64), p.grid.y(f64::from(d.lane)));
            if dense {
                pen.fill_rect(x - 1.0, y - 1.0, 2.0, 2.0);
            } else {
                mark(pen, d, x, y, size, of == Relation::Future);
            }
        }
    }
    pen.set_global_alpha(1.0);
    if let Selection::Event(id) = p.picked
        && let Some(d) = p.window.dots.iter().find(|d| d.event == id)
    {
        pen.begin_path();
        let _ = pen.arc(p.grid.x(d.us as f64), p.grid.y(f64::from(d.lane)), 7.5, 0.0, TAU);
        pen.set_line_width(2.5);
        pen.set_stroke_style_str(&c.accent);
        pen.stroke();
    }
}

/// Each on its own: one path of a thousand discs costs more than a thousand small paths.
/// A disc for a message, a lozenge for a timer, a square for what came from outside; hollow if it is
/// in the future of what is picked.
fn mark(pen: &Pen, d: &Dot, x: f64, y: f64, s: f64, hollow: bool) {
    pen.begin_path();
    match d.kind {
        EventKind::Timer => {
            let s = s * 1.35;
            pen.move_to(x - s, y);
            pen.line_to(x, y - s);
            pen.line_to(x + s, y);
            pen.line_to(x, y + s);
            pen.close_path();
        }
        EventKind::Request | EventKind::Fault => pen.rect(x - s, y - s, 2.0 * s, 2.0 * s),
        _ => {
            pen.move_to(x + s, y);
            let _ = pen.arc(x, y, s, 0.0, TAU);
        }
    }
    if hollow {
        pen.stroke();
    } else {
        pen.fill();
    }
}
