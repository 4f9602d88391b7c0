//! The space-time diagram on its canvas.
//!
//! The rule that is easy to break: what looks alike is one path. A window holds thousands of
//! arrows; each look (past, future, apart, lost) is stroked once.

use crate::sim::world::World;
use crate::sim::{EventId, EventKind, Loss, Mark};
use crate::ui::stage::canvas::{Canvas, Palette, dash};
use crate::view::Selection;
use crate::view::causality::{Cone, Relation};
use crate::view::spacetime::{Arrow, Dot, Grid, SpaceTime, SpanKind};
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
    /// The moment shown.
    pub now_us: u64,
    /// What is picked.
    pub picked: Selection,
    /// The relations of the events to the one that is picked.
    pub cone: Option<&'a Cone>,
    /// A sentence at a point: what is under the pointer.
    pub says: Option<(f64, f64, String)>,
}

/// The room above the first lane, and below the last one.
pub const TOP: f64 = 24.0;
/// Room for the axis and up to two bars.
pub const BOTTOM: f64 = 40.0;

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
    bands(pen, c, p);
    axis(pen, c, p);
    lanes(pen, c, p);
    spans(pen, c, p);
    arrows(pen, c, p);
    dots(pen, c, p);
    bars(pen, c, p);
    flags(pen, c, p);
    to_come(pen, c, p);
    pen.restore();
    names(pen, c, p);
    playhead(pen, c, p);
    tip(pen, c, p);
}

fn font(pen: &Pen, c: &Palette, weight: u32, size: f64) {
    pen.set_font(&format!("{weight} {size}px {}", c.font));
}

fn bottom(p: &Picture<'_>) -> f64 {
    p.size.1 - BOTTOM
}

fn right(p: &Picture<'_>) -> f64 {
    p.grid.left + p.grid.width
}

fn bands(pen: &Pen, c: &Palette, p: &Picture<'_>) {
    font(pen, c, 550, 11.0);
    pen.set_text_align("left");
    let mut free = f64::MIN;
    for band in &p.window.bands {
        let from = p.grid.x(band.from_us as f64).max(p.grid.left);
        let to = p
            .grid
            .x((band.to_us as f64).min(p.window.end_us.max(p.now_us) as f64))
            .min(right(p));
        if to <= from {
            continue;
        }
        pen.set_fill_style_str(&c.bands[(band.number % 4) as usize]);
        pen.fill_rect(from, 16.0, (to - from - 1.0).max(0.5), bottom(p) - 12.0);
        let wide = band.label.chars().count() as f64 * 5.6 + 8.0;
        if to - from > 26.0 && from >= free {
            free = from + wide.min(to - from) - 4.0;
            pen.save();
            pen.begin_path();
            pen.rect(from, 0.0, to - from - 3.0, 16.0);
            pen.clip();
            pen.set_fill_style_str(&c.ink_2);
            let _ = pen.fill_text(&band.label, from + 2.0, 12.0);
            pen.restore();
        }
    }
}

fn axis(pen: &Pen, c: &Palette, p: &Picture<'_>) {
    font(pen, c, 400, 10.5);
    pen.set_text_align("center");
    let ticks = p.grid.ticks(92.0);
    pen.begin_path();
    for (us, _) in &ticks {
        let x = p.grid.x(*us).round() + 0.5;
        pen.move_to(x, 16.0);
        pen.line_to(x, bottom(p) + 4.0);
    }
    pen.set_line_width(1.0);
    pen.set_stroke_style_str(&c.line);
    pen.stroke();
    pen.set_fill_style_str(&c.ink_3);
    for (us, text) in &ticks {
        let _ = pen.fill_text(text, p.grid.x(*us), p.size.1 - 6.0);
    }
}

fn lanes(pen: &Pen, c: &Palette, p: &Picture<'_>) {
    let picked = |i: usize| matches!(p.picked, Selection::Node(n) if n.index() == i);
    for strong in [false, true] {
        pen.begin_path();
        for i in (0..p.world.node_count()).filter(|&i| picked(i) == strong) {
            let y = p.grid.y(i as f64);
            pen.move_to(p.grid.left, y);
            pen.line_to(right(p), y);
        }
        pen.set_line_width(if strong { 2.0 } else { 1.0 });
        pen.set_stroke_style_str(if strong { &c.accent } else { &c.hatch });
        pen.set_global_alpha(if strong { 0.8 } else { 0.45 });
        pen.stroke();
    }
    pen.set_global_alpha(1.0);
}

/// Hatched, so that a crash and a pause differ without colour: one way, and the other.
fn spans(pen: &Pen, c: &Palette, p: &Picture<'_>) {
    font(pen, c, 500, 10.5);
    pen.set_text_align("center");
    let half = (p.grid.lane * 0.3).clamp(2.0, 9.0);
    for s in &p.window.spans {
        let until = (s.to_us as f64).min(p.window.end_us.max(p.now_us) as f64);
        let (x, y) = (
            p.grid.x(s.from_us as f64).max(p.grid.left - 2.0),
            p.grid.y(f64::from(s.lane)),
        );
        let end = p.grid.x(until).min(right(p) + 2.0);
        if end - x < 0.5 {
            continue;
        }
        pen.save();
        pen.begin_path();
        pen.rect(x, y - half, end - x, 2.0 * half);
        pen.set_fill_style_str(&c.ground);
        pen.fill();
        pen.set_stroke_style_str(&c.hatch);
        pen.set_line_width(1.0);
        pen.stroke();
        pen.clip();
        pen.begin_path();
        let slant = if s.kind == SpanKind::Crashed {
            half
        } else {
            -half
        };
        // From a fixed point in time, so that the hatching scrolls with the window.
        let mut at = x - 8.0 - (x - p.grid.x(s.from_us as f64)) % 6.0;
        while at < end + 12.0 {
            pen.move_to(at - slant, y + half);
            pen.line_to(at + slant, y - half);
            at += 6.0;
        }
        pen.set_global_alpha(0.6);
        pen.stroke();
        pen.restore();
        let word = if s.kind == SpanKind::Crashed {
            "crashed"
        } else {
            "paused"
        };
        if end - x > 56.0 && half > 6.0 {
            let middle = f64::midpoint(x, end);
            pen.set_fill_style_str(&c.ground);
            pen.fill_rect(middle - 24.0, y - 6.5, 48.0, 13.0);
            pen.set_fill_style_str(&c.ink_2);
            let _ = pen.fill_text(word, middle, y + 3.5);
        }
    }
}

/// How an arrow stands to what is picked.
fn look(p: &Picture<'_>, a: &Arrow) -> Look {
    match (p.picked, p.cone) {
        (Selection::Event(_), Some(cone)) => {
            let of = |e: EventId| {
                if e == EventId::NONE {
                    Relation::Concurrent
                } else {
                    cone.relation(e)
                }
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

fn arrows(pen: &Pen, c: &Palette, p: &Picture<'_>) {
    let dense = p.window.arrows.len() > 900;
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
        pen.set_line_width(if strong {
            2.2
        } else if dense {
            0.7
        } else {
            1.1
        });
        if i == 3 {
            let _ = pen.set_line_dash(&dash(&[7.0, 3.0]));
        }
        for tone in 0..6 {
            let tone_of = |a: &&&Arrow| crate::ui::stage::canvas::tone_index(a.tone) == tone;
            let mut any = false;
            pen.begin_path();
            for a in group.iter().filter(tone_of) {
                shaft(pen, p, a, now, !dense || strong);
                any = true;
            }
            if !any {
                continue;
            }
            let colour = match i {
                0 => &c.hatch,
                1 => c.tone(
                    group
                        .iter()
                        .find(|a| tone_of(&a))
                        .map_or(crate::sim::Tone::Quiet, |a| a.tone),
                ),
                2 => &c.accent,
                _ => &c.violet,
            };
            pen.set_global_alpha(match i {
                0 => 0.28,
                1 if dense => 0.5,
                1 => 0.72,
                _ => 1.0,
            });
            pen.set_stroke_style_str(colour);
            pen.stroke();
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
        let _ = pen.arc(
            f64::midpoint(x, u),
            y,
            ((u - x) / 2.0).max(3.0),
            -TAU / 2.0,
            0.0,
        );
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
            pen.line_to(
                u - 6.0 * hx - 2.8 * side * hy,
                v - 6.0 * hy + 2.8 * side * hx,
            );
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
    let dense = p.window.dots.len() > 900;
    let size = if dense {
        1.5
    } else {
        (p.grid.lane * 0.12).clamp(1.6, 2.8)
    };
    let relation = |d: &Dot| match (p.picked, p.cone) {
        (Selection::Event(_), Some(cone)) => cone.relation(d.event),
        _ => Relation::Same,
    };
    let looks = [
        (Relation::Concurrent, &c.hatch, 0.4),
        (Relation::Same, &c.ink_2, 1.0),
        (Relation::Past, &c.accent, 1.0),
        (Relation::Future, &c.violet, 1.0),
    ];
    for (of, colour, alpha) in looks {
        pen.begin_path();
        for d in p.window.dots.iter().filter(|d| relation(d) == of) {
            mark(
                pen,
                d,
                p.grid.x(d.us as f64),
                p.grid.y(f64::from(d.lane)),
                size,
            );
        }
        pen.set_global_alpha(alpha);
        pen.set_fill_style_str(colour);
        pen.fill();
    }
    pen.set_global_alpha(1.0);
    if let Selection::Event(id) = p.picked
        && let Some(d) = p.window.dots.iter().find(|d| d.event == id)
    {
        pen.begin_path();
        let _ = pen.arc(
            p.grid.x(d.us as f64),
            p.grid.y(f64::from(d.lane)),
            7.5,
            0.0,
            TAU,
        );
        pen.set_line_width(2.5);
        pen.set_stroke_style_str(&c.accent);
        pen.stroke();
    }
}

/// A disc for a message, a lozenge for a timer, a square for what came from outside.
fn mark(pen: &Pen, d: &Dot, x: f64, y: f64, s: f64) {
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
}

/// Partitions and cuts: a line for each, side by side in two rows, and names below where they fit.
fn bars(pen: &Pen, c: &Palette, p: &Picture<'_>) {
    font(pen, c, 550, 10.5);
    pen.set_text_align("left");
    let (mut free, mut named) = ([f64::MIN; 2], f64::MIN);
    for b in &p.window.bars {
        let from = p.grid.x(b.from_us as f64).max(p.grid.left);
        let until = (b.to_us as f64).min(p.window.end_us.max(p.now_us) as f64);
        let to = p.grid.x(until).min(right(p));
        if to <= from {
            continue;
        }
        let row = free.iter().position(|f| *f <= from).unwrap_or(1);
        free[row] = to;
        let y = bottom(p) + 4.0 + row as f64 * 4.5;
        if b.flapping {
            let _ = pen.set_line_dash(&dash(&[6.0, 4.0]));
        }
        pen.begin_path();
        pen.move_to(from, y);
        pen.line_to(to, y);
        pen.set_line_width(3.0);
        pen.set_stroke_style_str(&c.bad);
        pen.stroke();
        let _ = pen.set_line_dash(&dash(&[]));
        if named <= from {
            named = from + b.label.chars().count() as f64 * 5.9 + 10.0;
            pen.set_fill_style_str(&c.bad_ink);
            let _ = pen.fill_text(&b.label, from, bottom(p) + 20.0);
        }
    }
}

/// A small flag on the axis for everything done to the world.
fn flags(pen: &Pen, c: &Palette, p: &Picture<'_>) {
    pen.begin_path();
    for f in &p.window.flags {
        let x = p.grid.x(f.us as f64);
        let y = f.node.map_or(bottom(p) + 4.0, |n| p.grid.y(f64::from(n.0)));
        pen.move_to(x, y - 3.0);
        pen.line_to(x, y - 10.0);
        pen.line_to(x + 6.0, y - 7.5);
        pen.line_to(x, y - 5.0);
    }
    pen.set_fill_style_str(&c.bad);
    pen.fill();
    pen.set_line_width(1.2);
    pen.set_stroke_style_str(&c.bad);
    pen.stroke();
}

/// What the run has been to and was taken back from: pale, beyond the moment shown.
fn to_come(pen: &Pen, c: &Palette, p: &Picture<'_>) {
    let x = p.grid.x(p.now_us as f64).max(p.grid.left);
    if x < right(p) && p.window.end_us > p.now_us {
        pen.set_global_alpha(0.62);
        pen.set_fill_style_str(&c.ground);
        pen.fill_rect(x, 0.0, right(p) - x, p.size.1 - 16.0);
        pen.set_global_alpha(1.0);
    }
}

fn names(pen: &Pen, c: &Palette, p: &Picture<'_>) {
    // As many names as there is room for, evenly.
    let every = (12.0 / p.grid.lane.max(0.5)).ceil().max(1.0) as usize;
    pen.set_text_align("right");
    for id in p.world.node_ids().filter(|n| n.index() % every == 0) {
        let picked = p.picked == Selection::Node(id);
        font(pen, c, if picked { 750 } else { 600 }, 11.5);
        pen.set_fill_style_str(if picked { &c.accent } else { &c.ink });
        let _ = pen.fill_text(
            p.world.name(id),
            p.grid.left - 10.0,
            p.grid.y(f64::from(id.0)) + 4.0,
        );
    }
    if p.window.one_in > 1 {
        font(pen, c, 450, 10.5);
        pen.set_fill_style_str(&c.ink_3);
        let _ = pen.fill_text(
            &format!("1 in {} shown", p.window.one_in),
            right(p) - 6.0,
            TOP - 12.0,
        );
    }
}

fn playhead(pen: &Pen, c: &Palette, p: &Picture<'_>) {
    let x = p.grid.x(p.now_us as f64);
    if x < p.grid.left - 1.0 || x > right(p) + 1.0 {
        return;
    }
    pen.begin_path();
    pen.move_to(x, 8.0);
    pen.line_to(x, p.size.1 - 18.0);
    pen.set_line_width(1.75);
    pen.set_stroke_style_str(&c.bad);
    pen.stroke();
    pen.begin_path();
    pen.move_to(x - 6.5, 1.0);
    pen.line_to(x + 6.5, 1.0);
    pen.line_to(x + 6.5, 6.0);
    pen.line_to(x, 12.5);
    pen.line_to(x - 6.5, 6.0);
    pen.close_path();
    pen.set_fill_style_str(&c.bad);
    pen.fill();
}

/// What is under the pointer, in a box that stays inside.
fn tip(pen: &Pen, c: &Palette, p: &Picture<'_>) {
    let Some((x, y, text)) = &p.says else {
        return;
    };
    font(pen, c, 500, 11.5);
    pen.set_text_align("left");
    let wide = text.chars().count() as f64 * 6.3 + 16.0;
    let x = (x + 12.0).min(p.size.0 - wide - 4.0).max(4.0);
    let y = if *y > 44.0 { y - 32.0 } else { y + 14.0 };
    pen.begin_path();
    pen.rect(x, y, wide, 22.0);
    pen.set_fill_style_str(&c.ink);
    pen.fill();
    pen.set_fill_style_str(&c.ground);
    let _ = pen.fill_text(text, x + 8.0, y + 15.0);
}
