//! Everything on the stage that moves, drawn on its canvas: timers, messages, losses, the cutting
//! line.
//!
//! The rule that is easy to break: a frame has a few milliseconds. Styles are set once a colour, not
//! once a message; outlines in a crowd are hairlines of one pixel, and every shape is a small path of
//! its own, for one large path of them all is many times slower to fill.

use super::canvas::{Canvas, Palette, dash};
use crate::sim::{Mark, MsgId, Shape, Tone};
use crate::view::stage::outline::{Corners, DISC, HALF, corner, corners};
use crate::view::stage::{Detail, LossView, MessageView, Motion, Plan, Pt, Scene, geometry};
use std::f64::consts::{FRAC_PI_2, TAU};
use web_sys::CanvasRenderingContext2d as Pen;

const TONES: [Tone; 6] = [Tone::Quiet, Tone::Blue, Tone::Green, Tone::Purple, Tone::Orange, Tone::Red];

/// A line that is being drawn across the stage to cut links.
#[derive(Clone, Debug, PartialEq)]
pub struct Blade {
    /// From where.
    pub from: Pt,
    /// To where.
    pub to: Pt,
    /// What it would do, in words.
    pub says: String,
}

/// Draws one frame.
pub fn frame(
    canvas: &mut Canvas,
    colours: &Palette,
    scene: &Scene,
    motion: &Motion,
    picked: Option<MsgId>,
    blade: Option<&Blade>,
) {
    let plan = &*scene.plan;
    canvas.begin(plan.width, plan.height);
    let pen = &canvas.pen;
    rings(pen, colours, plan, motion);
    let size = match plan.detail {
        Detail::Full => 8.5,
        Detail::Short => 6.5,
        Detail::Dot => 4.5,
    };
    let few = motion.messages.len() <= 120;
    if few {
        tails(pen, colours, &motion.messages, size);
        deadlines(pen, colours, &motion.messages, size);
    }
    if let Some(m) = picked.and_then(|p| motion.messages.iter().find(|m| m.msg == p)) {
        halo(pen, colours, m.at, size);
    }
    shapes(pen, colours, &motion.messages, size);
    marks(pen, colours, &motion.messages, size);
    losses(pen, colours, scene, &motion.losses, size);
    labels(pen, colours, motion);
    if let Some(blade) = blade {
        cutting(pen, colours, blade);
    }
}

/// Timers: a thin track around the node, and an arc that fills it clockwise from the top.
fn rings(pen: &Pen, colours: &Palette, plan: &Plan, motion: &Motion) {
    let full = plan.detail == Detail::Full;
    let width = if full { 3.5 } else { 2.0 };
    let radius = |level: usize| plan.radius + if full { 7.0 } else { 4.0 } + level as f64 * (width + 2.5);
    pen.set_line_width(width);
    pen.set_stroke_style_str(&colours.track);
    for ring in &motion.rings {
        let (p, r) = (plan.at(ring.node), radius(ring.level));
        pen.begin_path();
        let _ = pen.arc(p.x, p.y, r, 0.0, TAU);
        pen.stroke();
    }
    pen.set_stroke_style_str(&colours.ring);
    for ring in motion.rings.iter().filter(|r| r.gone > 0.0) {
        let (p, r) = (plan.at(ring.node), radius(ring.level));
        pen.begin_path();
        let _ = pen.arc(p.x, p.y, r, -FRAC_PI_2, TAU * ring.gone - FRAC_PI_2);
        pen.stroke();
    }
}

/// A fading trace behind each message: where it comes from is seen at a glance.
fn tails(pen: &Pen, colours: &Palette, messages: &[MessageView], size: f64) {
    for (alpha, long, width) in [(0.16, 52.0, 3.0), (0.3, 24.0, 3.0)] {
        pen.set_global_alpha(alpha);
        pen.set_line_width(width);
        for tone in TONES {
            pen.begin_path();
            let mut any = false;
            for m in messages.iter().filter(|m| m.tone == tone && m.progress > 0.0 && m.from != m.to) {
                // No longer than the way that lies behind it.
                let flown = (m.progress * 300.0).min(long);
                pen.move_to(m.at.x - m.heading.x * size, m.at.y - m.heading.y * size);
                pen.line_to(m.at.x - m.heading.x * flown, m.at.y - m.heading.y * flown);
                any = true;
            }
            if any {
                pen.set_stroke_style_str(colours.tone(tone));
                pen.stroke();
            }
        }
    }
    pen.set_global_alpha(1.0);
}

/// Where delivery alone is bounded: around each message what has gone by of the time within which it is certain to arrive.
fn deadlines(pen: &Pen, colours: &Palette, messages: &[MessageView], size: f64) {
    let arc = |m: &MessageView, part: f64| {
        pen.begin_path();
        let _ = pen.arc(m.at.x, m.at.y, size + 5.0, -FRAC_PI_2, TAU * part - FRAC_PI_2);
        pen.stroke();
    };
    let bounded = || messages.iter().filter_map(|m| m.deadline.map(|gone| (m, gone)));
    pen.set_line_width(2.5);
    pen.set_stroke_style_str(&colours.track);
    bounded().for_each(|(m, _)| arc(m, 1.0));
    pen.set_stroke_style_str(&colours.ring);
    bounded().for_each(|(m, gone)| arc(m, gone));
}

fn halo(pen: &Pen, colours: &Palette, at: Pt, size: f64) {
    pen.begin_path();
    let _ = pen.arc(at.x, at.y, size + 6.0, 0.0, TAU);
    pen.set_stroke_style_str(&colours.accent);
    pen.set_line_width(2.5);
    pen.stroke();
}

/// The shapes, colour by colour; hollow ones are filled with the ground.
fn shapes(pen: &Pen, colours: &Palette, messages: &[MessageView], size: f64) {
    let mut by_tone: [Vec<&MessageView>; 6] = Default::default();
    for m in messages {
        by_tone[m.tone.index()].push(m);
    }
    pen.set_line_width(if size > 5.0 { 1.2 } else { 1.0 });
    for (tone, messages) in TONES.into_iter().zip(&by_tone) {
        for hollow in [false, true] {
            let colour = colours.tone(tone);
            pen.set_fill_style_str(if hollow { &colours.stage } else { colour });
            pen.set_stroke_style_str(if hollow { colour } else { &colours.outline });
            for m in messages.iter().filter(|m| (m.shape == Shape::Hollow) == hollow) {
                let s = if m.mark == Mark::Ack { size * 0.6 } else { size };
                pen.begin_path();
                if m.mark == Mark::Copy {
                    outline(pen, m.shape, m.at.by(-3.0, -3.0), m.heading, s);
                }
                outline(pen, m.shape, m.at, m.heading, s);
                pen.fill();
                pen.stroke();
            }
        }
    }
}

/// Adds the outline of a message to the path: its shape, turned the way it travels.
fn outline(pen: &Pen, shape: Shape, at: Pt, heading: Pt, s: f64) {
    match corners(shape) {
        Some(corners) => trace(pen, corners, at, heading, s),
        None => {
            pen.move_to(at.x + s * DISC, at.y);
            let _ = pen.arc(at.x, at.y, s * DISC, 0.0, TAU);
        }
    }
}

/// Adds a closed line through corners to the path.
fn trace(pen: &Pen, corners: Corners, at: Pt, heading: Pt, s: f64) {
    for (i, &c) in corners.iter().enumerate() {
        let p = corner(c, at, heading, s);
        if i == 0 {
            pen.move_to(p.x, p.y);
        } else {
            pen.line_to(p.x, p.y);
        }
    }
    pen.close_path();
}

/// What a shape cannot say: torn, held, sent again, a lie.
fn marks(pen: &Pen, colours: &Palette, messages: &[MessageView], size: f64) {
    for m in messages {
        if m.held {
            badge(pen, colours, m.at.by(size + 5.0, -size - 3.0), "\u{2016}");
        }
        match m.mark {
            Mark::Corrupted => tear(pen, colours, m, size),
            Mark::Lie => badge(pen, colours, m.at.by(size + 5.0, size + 3.0), "!"),
            Mark::Resent => badge(pen, colours, m.at.by(size + 5.0, size + 3.0), "\u{21bb}"),
            Mark::None | Mark::Copy | Mark::Ack => {}
        }
    }
}

/// A jagged rift across the shape.
fn tear(pen: &Pen, colours: &Palette, m: &MessageView, size: f64) {
    let steps = [(-1.3, -0.25), (-0.65, 0.3), (0.0, -0.3), (0.65, 0.3), (1.3, -0.25)];
    for (width, colour) in [(4.5, &colours.outline), (2.6, &colours.stage)] {
        pen.begin_path();
        for (i, (across, along)) in steps.iter().enumerate() {
            let x = m.at.x + size * (along * m.heading.x - across * m.heading.y);
            let y = m.at.y + size * (along * m.heading.y + across * m.heading.x);
            if i == 0 {
                pen.move_to(x, y);
            } else {
                pen.line_to(x, y);
            }
        }
        pen.set_line_width(width);
        pen.set_stroke_style_str(colour);
        pen.stroke();
    }
}

fn badge(pen: &Pen, colours: &Palette, at: Pt, sign: &str) {
    pen.begin_path();
    let _ = pen.arc(at.x, at.y, 6.5, 0.0, TAU);
    pen.set_fill_style_str(&colours.ink);
    pen.fill();
    pen.set_font(&format!("700 10px {}", colours.font));
    pen.set_text_align("center");
    pen.set_fill_style_str(&colours.ground);
    let _ = pen.fill_text(sign, at.x, at.y + 3.5);
}

/// Two halves that drift apart, a cross between them, and the reason.
fn losses(pen: &Pen, colours: &Palette, scene: &Scene, losses: &[LossView], size: f64) {
    let plan = &*scene.plan;
    // The names of walls stand beside their ends: no reason is written over them.
    let walls =
        scene.walls.iter().map(|w| w.label_at.by(if w.outward(plan.width) { 64.0 } else { -64.0 }, 0.0));
    let mut said: Vec<Pt> = walls.collect();
    for l in losses {
        let fade = 1.0 - geometry::smooth((l.age - 0.55) / 0.45);
        let drift = 3.0 + 7.0 * geometry::smooth(l.age * 1.6);
        pen.set_global_alpha(fade);
        halves(pen, colours, l, size, drift);
        let arm = size * 0.62;
        pen.begin_path();
        for (dx, dy) in [(arm, arm), (arm, -arm)] {
            pen.move_to(l.at.x - dx, l.at.y - dy);
            pen.line_to(l.at.x + dx, l.at.y + dy);
        }
        for (width, colour) in [(5.0, &colours.stage), (2.4, &colours.bad)] {
            pen.set_line_width(width);
            pen.set_stroke_style_str(colour);
            pen.stroke();
        }
        // One sentence a place: where ten are lost together, one says why.
        let text = format!("lost: {}", l.reason);
        let half = text.len() as f64 * 2.9 + 4.0;
        let spot = beside(plan, l, half, size).filter(|at| {
            let mut others = said.iter();
            others.all(|p| (p.x - at.x).abs() > half + 56.0 || (p.y - at.y).abs() > 15.0)
        });
        if let (Some(at), true) = (spot, plan.detail != Detail::Dot && said.len() < 10) {
            said.push(at);
            pen.set_font(&format!("500 11.5px {}", colours.font));
            written(pen, colours, &text, at, &colours.bad_ink);
        }
    }
    pen.set_global_alpha(1.0);
}

/// Where the reason of a loss stands, clear of the nodes; nowhere, if there is no room around it.
fn beside(plan: &Plan, l: &LossView, half: f64, size: f64) -> Option<Pt> {
    let spots = [
        l.at.by(0.0, size + 17.0),
        l.at.by(0.0, -size - 10.0),
        l.at.by(half + 16.0, 4.0),
        l.at.by(-half - 16.0, 4.0),
        l.at.by(-l.heading.x * (half + 16.0), 4.0 - l.heading.y * 30.0),
    ];
    let clear = |p: &Pt| {
        let near = |n: &Pt| {
            let below = if plan.detail == Detail::Full { 42.0 } else { 12.0 };
            let reach = -plan.radius - 20.0..plan.radius + below;
            (n.x - p.x).abs() < plan.radius + half && reach.contains(&(p.y - n.y))
        };
        !plan.places.iter().any(near)
    };
    let inside = |p: &Pt| p.x > half && p.x < plan.width - half && p.y > 14.0 && p.y < plan.height - 6.0;
    spots.into_iter().find(|p| clear(p) && inside(p))
}

fn halves(pen: &Pen, colours: &Palette, l: &LossView, size: f64, drift: f64) {
    pen.begin_path();
    for way in [1.0, -1.0] {
        let (hx, hy) = (l.heading.x * way, l.heading.y * way);
        let at = Pt::new(l.at.x + hx * drift, l.at.y + hy * drift);
        trace(pen, HALF, at, Pt::new(hx, hy), size);
    }
    pen.set_fill_style_str(colours.tone(l.tone));
    pen.fill();
    pen.set_line_width(1.0);
    pen.set_stroke_style_str(&colours.outline);
    pen.stroke();
}

fn labels(pen: &Pen, colours: &Palette, motion: &Motion) {
    pen.set_font(&format!("500 11.5px {}", colours.font));
    for (label, text) in &motion.labels {
        written(pen, colours, text, label.at, &colours.ink);
    }
}

/// A text with the ground around its letters, so that lines below do not cross it out.
fn written(pen: &Pen, colours: &Palette, text: &str, at: Pt, colour: &str) {
    pen.set_text_align("center");
    pen.set_line_width(3.5);
    pen.set_stroke_style_str(&colours.stage);
    let _ = pen.stroke_text(text, at.x, at.y);
    pen.set_fill_style_str(colour);
    let _ = pen.fill_text(text, at.x, at.y);
}

fn cutting(pen: &Pen, colours: &Palette, blade: &Blade) {
    let _ = pen.set_line_dash(&dash(&[9.0, 6.0]));
    pen.begin_path();
    pen.move_to(blade.from.x, blade.from.y);
    pen.line_to(blade.to.x, blade.to.y);
    pen.set_line_width(2.5);
    pen.set_stroke_style_str(&colours.bad);
    pen.stroke();
    let _ = pen.set_line_dash(&dash(&[]));
    pen.begin_path();
    let _ = pen.arc(blade.to.x, blade.to.y, 4.0, 0.0, TAU);
    pen.set_fill_style_str(&colours.bad);
    pen.fill();
    pen.set_font(&format!("600 12.5px {}", colours.font));
    let up = if blade.to.y < 40.0 { 26.0 } else { -14.0 };
    written(pen, colours, &blade.says, blade.to.by(0.0, up), &colours.bad_ink);
}
