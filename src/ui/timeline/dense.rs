//! A crowded window: above each lane how much happened in each column, below it how much was lost.
//!
//! The rule that is easy to break: the least bar can be seen. One event, and one loss, among a million
//! is two pixels high, and losses hang where nothing else is, so that no bar hides them.

use super::draw::{Picture, TOP};
use crate::sim::EventId;
use crate::ui::stage::canvas::Palette;
use crate::view::causality::Cone;
use crate::view::spacetime::{Bars, Columns};
use web_sys::CanvasRenderingContext2d as Pen;

/// The bars.
pub(super) fn columns(pen: &Pen, c: &Palette, p: &Picture<'_>, columns: &Columns) {
    let bars = Bars::new(columns, &p.grid);
    for lane in 0..columns.lanes {
        let y = p.grid.y(lane as f64);
        let (past, future) = borders(p, lane);
        let mut before = u8::MAX;
        for (i, cells) in columns.cells.chunks(columns.lanes).enumerate() {
            let events = cells[lane].events;
            if events == 0 {
                continue;
            }
            let at = columns.from_us + i as u64 * columns.step_us;
            let look = match p.cone {
                None => 0,
                Some(_) if past.is_some_and(|us| at <= us) => 1,
                Some(_) if future.is_some_and(|us| at + columns.step_us > us) => 2,
                Some(_) => 3,
            };
            if look != before {
                before = look;
                pen.set_global_alpha([0.8, 0.9, 0.9, 0.5][usize::from(look)]);
                pen.set_fill_style_str([&c.ink_2, &c.accent, &c.violet, &c.hatch][usize::from(look)]);
            }
            let high = bars.events(events);
            pen.fill_rect(bars.left + i as f64 * bars.step, y - high, bars.body, high);
        }
    }
    pen.set_global_alpha(1.0);
    pen.set_fill_style_str(&c.bad);
    for (i, cells) in columns.cells.chunks(columns.lanes.max(1)).enumerate() {
        for (lane, cell) in cells.iter().enumerate().filter(|(_, c)| c.losses > 0) {
            let (x, y) = (bars.left + i as f64 * bars.step, p.grid.y(lane as f64) + 1.0);
            pen.fill_rect(x, y, bars.body.max(2.0), bars.losses(cell.losses));
        }
    }
    legend(pen, c, p);
}

/// Until when a lane is in the past of what is picked, and from when in its future.
fn borders(p: &Picture<'_>, lane: usize) -> (Option<u64>, Option<u64>) {
    let (past, future) = p.cone.map_or((None, None), |cone: &Cone| cone.lane(lane));
    let us = |e: EventId| p.trace.event(e).time.us();
    (past.map(us), future.map(us))
}

fn legend(pen: &Pen, c: &Palette, p: &Picture<'_>) {
    super::frame::font(pen, c, 450, 10.5);
    pen.set_text_align("right");
    let words = "bars up: events \u{b7} down: lost";
    let mut x = p.grid.left + p.grid.width - 6.0;
    // Not where the playhead is.
    if x - 160.0 < p.grid.x(p.now_us as f64) {
        x -= p.grid.width - 172.0;
    }
    pen.set_fill_style_str(&c.ground);
    pen.set_global_alpha(0.8);
    pen.fill_rect(x - 156.0, TOP - 8.0, 160.0, 13.0);
    pen.set_global_alpha(1.0);
    pen.set_fill_style_str(&c.ink_2);
    let _ = pen.fill_text(words, x, TOP + 2.0);
}
