//! What surrounds the arrows: bands, axis, lanes, spans, bars, flags, names and the playhead.
//!
//! The rule that is easy to break: a text is drawn only where it fits; a name that is cut off says
//! less than none.

use super::draw::{BOTTOM, Picture};
use crate::sim::Loss;
use crate::ui::stage::canvas::{Palette, dash};
use crate::view::Selection;
use crate::view::spacetime::{Arrow, SpanKind};
use crate::view::stage::fit::fitted;
use crate::view::svg::px;
use web_sys::CanvasRenderingContext2d as Pen;

pub(super) fn font(pen: &Pen, c: &Palette, weight: u32, size: f64) {
    pen.set_font(&format!("{weight} {}px {}", px(size), c.font));
}

fn bottom(p: &Picture<'_>) -> f64 {
    p.size.1 - BOTTOM
}

fn right(p: &Picture<'_>) -> f64 {
    p.grid.left + p.grid.width
}

pub(super) fn bands(pen: &Pen, c: &Palette, p: &Picture<'_>) {
    font(pen, c, 550, 11.0);
    pen.set_text_align("left");
    let mut free = f64::MIN;
    for band in &p.window.bands {
        let from = p.grid.x(band.from_us as f64).max(p.grid.left);
        let to = p.grid.x((band.to_us as f64).min(p.window.end_us.max(p.now_us) as f64)).min(right(p));
        if to <= from {
            continue;
        }
        pen.set_fill_style_str(&c.bands[(band.number % 4) as usize]);
        pen.fill_rect(from, 16.0, (to - from - 1.0).max(0.5), bottom(p) - 12.0);
        let wide = |label: &str| label.chars().count() as f64 * 6.2 + 4.0;
        // All of it, or at least which epoch it is.
        let short = band.label.split(',').next().unwrap_or_default();
        let fits = |label: &&str| from >= free && wide(label) <= to - from;
        if let Some(label) = [&*band.label, short].into_iter().find(fits) {
            free = from + wide(label);
            pen.set_fill_style_str(&c.ink_2);
            let _ = pen.fill_text(label, from + 2.0, 12.0);
        }
    }
}

pub(super) fn axis(pen: &Pen, c: &Palette, p: &Picture<'_>) {
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
    // The tools, and the key while an event is picked, stand at the right end.
    let end = right(p) - if p.cone.is_some() { 380.0 } else { 120.0 };
    for (us, text) in &ticks {
        let x = p.grid.x(*us);
        if x < end {
            let at_edge = x < p.grid.left + 18.0;
            pen.set_text_align(if at_edge { "left" } else { "center" });
            let _ = pen.fill_text(text, if at_edge { x.max(p.grid.left) } else { x }, p.size.1 - 6.0);
        }
    }
}

/// Where the run parts from the one beside it: a dashed line with a word.
pub(super) fn parting(pen: &Pen, c: &Palette, p: &Picture<'_>, us: u64) {
    let x = p.grid.x(us as f64).round() + 0.5;
    if x < p.grid.left || x > right(p) {
        return;
    }
    let _ = pen.set_line_dash(&dash(&[6.0, 3.0]));
    pen.begin_path();
    pen.move_to(x, 16.0);
    pen.line_to(x, bottom(p) + 4.0);
    pen.set_line_width(2.0);
    pen.set_stroke_style_str(&c.bad);
    pen.stroke();
    let _ = pen.set_line_dash(&dash(&[]));
    font(pen, c, 650, 11.0);
    let at_end = x > right(p) - 60.0;
    pen.set_text_align(if at_end { "right" } else { "left" });
    pen.set_fill_style_str(&c.bad_ink);
    let _ = pen.fill_text("\u{2260} they part", if at_end { x - 5.0 } else { x + 5.0 }, bottom(p) + 2.0);
}

pub(super) fn lanes(pen: &Pen, c: &Palette, p: &Picture<'_>) {
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
pub(super) fn spans(pen: &Pen, c: &Palette, p: &Picture<'_>) {
    font(pen, c, 500, 10.5);
    pen.set_text_align("center");
    let half = (p.grid.lane * 0.3).clamp(2.0, 9.0);
    for s in &p.window.spans {
        let until = (s.to_us as f64).min(p.window.end_us.max(p.now_us) as f64);
        let (x, y) = (p.grid.x(s.from_us as f64).max(p.grid.left - 2.0), p.grid.y(f64::from(s.lane)));
        // However short, it can be seen.
        let end = p.grid.x(until).min(right(p) + 2.0).max(x + 2.0);
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
        let slant = if s.kind == SpanKind::Crashed { half } else { -half };
        // From a fixed point in time, so that the hatching scrolls with the window.
        let steps = libm::floor((x - p.grid.x(s.from_us as f64)) / 6.0);
        let mut at = p.grid.x(s.from_us as f64) + 6.0 * steps - 8.0;
        while at < end + 12.0 {
            pen.move_to(at - slant, y + half);
            pen.line_to(at + slant, y - half);
            at += 6.0;
        }
        pen.set_global_alpha(0.6);
        pen.stroke();
        pen.restore();
        let word = if s.kind == SpanKind::Crashed { "crashed" } else { "paused" };
        if end - x > 56.0 && half > 6.0 {
            let middle = clear(p, s.lane, (x, end));
            pen.set_fill_style_str(&c.ground);
            pen.fill_rect(middle - 24.0, y - 6.5, 48.0, 13.0);
            pen.set_fill_style_str(&c.ink_2);
            let _ = pen.fill_text(word, middle, y + 3.5);
        }
    }
}

/// Where in a span its word stands, so that no cross of a lost message goes through it: in the middle, if there
/// is no better place.
fn clear(p: &Picture<'_>, lane: u16, (from, to): (f64, f64)) -> f64 {
    let lost = |a: &&Arrow| a.loss != Loss::None && a.to == lane;
    let crosses: Vec<f64> = p.window.arrows.iter().filter(lost).map(|a| a.ends(&p.grid)[1].0).collect();
    let hit = |at: f64| crosses.iter().any(|x| (x - at).abs() < 30.0);
    let places = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8].map(|part| from + (to - from) * part);
    let inside = |at: &f64| at - from > 28.0 && to - at > 28.0 && !hit(*at);
    places.into_iter().find(inside).unwrap_or(places[0])
}

/// Partitions and cuts: a line for each, side by side in two rows, and names below where they fit.
pub(super) fn bars(pen: &Pen, c: &Palette, p: &Picture<'_>) {
    font(pen, c, 550, 10.5);
    pen.set_text_align("left");
    let (mut free, mut named) = ([f64::MIN; 2], f64::MIN);
    for b in &p.window.bars {
        let from = p.grid.x(b.from_us as f64).max(p.grid.left);
        let until = (b.to_us as f64).min(p.window.end_us.max(p.now_us) as f64);
        let to = p.grid.x(until).min(right(p)).max(from + 2.0);
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
            let wide = b.label.chars().count() as f64 * 6.2;
            // The tools stand at the right end.
            let x = from.min(right(p) - 112.0 - wide).max(p.grid.left);
            named = x + wide + 10.0;
            pen.set_fill_style_str(&c.bad_ink);
            let _ = pen.fill_text(&b.label, x, bottom(p) + 20.0);
        }
    }
}

/// A small flag on the axis for everything done to the world.
pub(super) fn flags(pen: &Pen, c: &Palette, p: &Picture<'_>) {
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
pub(super) fn to_come(pen: &Pen, c: &Palette, p: &Picture<'_>) {
    let x = p.grid.x(p.now_us as f64).max(p.grid.left);
    if x < right(p) {
        pen.set_global_alpha(0.62);
        pen.set_fill_style_str(&c.ground);
        pen.fill_rect(x, 0.0, right(p) - x, p.size.1 - 16.0);
        pen.set_global_alpha(1.0);
    }
}

/// The size of the lanes' names.
const NAMES_PX: f64 = 11.5;

pub(super) fn names(pen: &Pen, c: &Palette, p: &Picture<'_>) {
    // As many names as there is room for, evenly.
    let every = (12.0 / p.grid.lane.max(0.5)).ceil().max(1.0) as usize;
    pen.set_text_align("right");
    for id in p.world.node_ids().filter(|n| n.index() % every == 0) {
        let picked = p.picked == Selection::Node(id);
        font(pen, c, if picked { 750 } else { 600 }, NAMES_PX);
        pen.set_fill_style_str(if picked { &c.accent } else { &c.ink });
        let name = fitted(p.world.name(id), p.grid.left - 12.0, NAMES_PX);
        let _ = pen.fill_text(&name, p.grid.left - 10.0, p.grid.y(f64::from(id.0)) + 4.0);
    }
}

pub(super) fn playhead(pen: &Pen, c: &Palette, p: &Picture<'_>) {
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
pub(super) fn tip(pen: &Pen, c: &Palette, p: &Picture<'_>) {
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
