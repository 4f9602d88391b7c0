//! The hands that move through the diagram: pointer, two fingers, wheel and keys.
//!
//! The rule that is easy to break: a plain wheel scrolls the page, a finger that goes up or down does
//! too; only a wheel with a modifier, a drag to the side and a pinch belong to the diagram.

use super::draw::{BOTTOM, TOP};
use super::{Hold, Timeline};
use crate::sim::{EventId, NodeId, Trace};
use crate::ui::ViewProps;
use crate::ui::stage::canvas::place;
use crate::view::differences::Apart;
use crate::view::player::{group, time_text};
use crate::view::spacetime::{self as show, Camera, Grid, density};
use crate::view::{Action, Selection};
use web_sys::{Element, KeyboardEvent, PointerEvent, WheelEvent};

/// How far beside a column a touch still means it, in pixels.
const NEAR: f64 = 6.0;

impl Timeline {
    /// What is meant at `(x, y)`: an event, a message, or a flag on the axis.
    pub(super) fn under(&self, trace: &Trace, grid: &Grid, x: f64, y: f64) -> Selection {
        let flagged = |us: u64| {
            let right = x - grid.x(us as f64);
            (-8.0..14.0).contains(&right) && (y - (self.size.1 - BOTTOM)).abs() < 12.0
        };
        let flag = self.window.flags.iter().find(|f| f.node.is_none() && flagged(f.us));
        let at = match self.window.columns {
            Some(_) => column(trace, grid, x, y),
            None => self.window.pick(grid, x, y),
        };
        match (at, flag) {
            (Selection::None, Some(flag)) => Selection::Event(flag.event),
            (picked, _) => picked,
        }
    }

    pub(super) fn down(&mut self, props: &ViewProps, e: &PointerEvent) {
        let (x, y) = place(&self.plot, e);
        self.fingers.retain(|(id, _)| *id != e.pointer_id());
        self.fingers.push((e.pointer_id(), x));
        if e.button() != 0 || self.fingers.len() > 1 {
            return;
        }
        let grid = self.grid(props.run.get().world(), props.now_us);
        let head = grid.x(props.now_us as f64);
        let on_axis = y < TOP - 6.0 || y > self.size.1 - 18.0;
        if (x - head).abs() < 12.0 || on_axis {
            self.hold = Some(Hold::Playhead);
            props.on_action.emit(Action::Hold(true));
            if on_axis {
                self.seek(props, x);
            }
            if let Some(plot) = self.plot.cast::<Element>() {
                let _ = plot.set_pointer_capture(e.pointer_id());
            }
        } else {
            self.hold = Some(Hold::Plot { at: x, moved: false });
        }
    }

    pub(super) fn moved(&mut self, props: &ViewProps, e: &PointerEvent) {
        let (x, y) = place(&self.plot, e);
        self.pointer = (e.pointer_type() == "mouse").then_some((x, y));
        if self.fingers.len() == 2 {
            self.pinch(props, e.pointer_id(), x);
            return;
        }
        match self.hold {
            Some(Hold::Playhead) => self.seek(props, x),
            Some(Hold::Plot { at, moved }) if moved || (x - at).abs() > 5.0 => {
                if !moved && let Some(plot) = self.plot.cast::<Element>() {
                    let _ = plot.set_pointer_capture(e.pointer_id());
                }
                let grid = self.grid(props.run.get().world(), props.now_us);
                if let Some(c) = &mut self.camera {
                    c.pan(grid.us(at) - grid.us(x), props.now_us);
                }
                self.hold = Some(Hold::Plot { at: x, moved: true });
            }
            _ => {}
        }
    }

    /// Two fingers: what lies between them stays between them.
    fn pinch(&mut self, props: &ViewProps, id: i32, x: f64) {
        let Some(mine) = self.fingers.iter().position(|(f, _)| *f == id) else {
            return;
        };
        let other = self.fingers[1 - mine].1;
        let before = (self.fingers[mine].1 - other).abs().max(10.0);
        let after = (x - other).abs().max(10.0);
        self.fingers[mine].1 = x;
        self.hold = None;
        // The other finger stays where it is, and this one on the moment it has hold of.
        let at = self.grid(props.run.get().world(), props.now_us).us(other);
        if let Some(c) = &mut self.camera {
            c.zoom(before / after, at, props.now_us);
        }
    }

    pub(super) fn up(&mut self, props: &ViewProps, e: &PointerEvent) {
        self.fingers.retain(|(id, _)| *id != e.pointer_id());
        let (x, y) = place(&self.plot, e);
        let held = self.hold.take();
        if let (Some(Hold::Plot { moved: true, .. }), Some(c)) = (held, &mut self.camera)
            && props.apart.is_some()
        {
            // Let go of, it may follow again.
            c.pan(0.0, props.now_us);
        }
        if let Some(Hold::Plot { moved: false, .. }) = held
            && e.type_() == "pointerup"
        {
            let grid = self.grid(props.run.get().world(), props.now_us);
            let picked = self.under(props.run.get().trace(), &grid, x, y);
            let lane = ((y - grid.top) / grid.lane).round();
            let on_name = x < grid.left && lane >= 0.0;
            let picked = if on_name && (lane as usize) < props.run.get().world().node_count() {
                Selection::Node(NodeId(lane as u16))
            } else {
                picked
            };
            props.on_action.emit(Action::Select(picked));
        }
    }

    pub(super) fn wheeled(&mut self, props: &ViewProps, e: &WheelEvent) {
        let (x, _) = place(&self.plot, e);
        let grid = self.grid(props.run.get().world(), props.now_us);
        let Some(c) = &mut self.camera else { return };
        if e.ctrl_key() || e.meta_key() {
            let notch = (e.delta_y() / 240.0).clamp(-1.0, 1.0);
            c.zoom(libm::pow(2.0, notch), grid.us(x), props.now_us);
        } else {
            let by = if e.delta_x() == 0.0 { e.delta_y() } else { e.delta_x() };
            c.pan(by * c.span_us / grid.width, props.now_us);
        }
    }

    pub(super) fn key(&mut self, props: &ViewProps, e: &KeyboardEvent) {
        let (now, at) = (props.now_us, self.anchor(props));
        let Some(c) = &mut self.camera else { return };
        match e.key().as_str() {
            "+" | "=" => c.zoom(0.5, at, now),
            "-" => c.zoom(2.0, at, now),
            "ArrowLeft" => c.pan(-0.2 * c.span_us, now),
            "ArrowRight" => c.pan(0.2 * c.span_us, now),
            "PageUp" => c.pan(-0.9 * c.span_us, now),
            "PageDown" => c.pan(0.9 * c.span_us, now),
            "Home" => c.fit(show::end_us(props.run.get().trace()).max(now)),
            "End" => {
                c.follows = true;
                c.from_us = (now as f64 - 0.84 * c.span_us).max(0.0);
            }
            "Enter" => {
                let latest = props.run.get().position().checked_sub(1);
                let picked = latest.map_or(Selection::None, |e| Selection::Event(EventId(e)));
                props.on_action.emit(Action::Select(picked));
            }
            _ => return,
        }
        e.prevent_default();
        e.stop_propagation();
        self.tell(props);
    }

    /// An event that is picked anew, here or elsewhere, comes into sight; not while time runs, for then it would leave at once.
    pub(super) fn show_picked(&mut self, props: &ViewProps, old: &ViewProps) {
        let Selection::Event(event) = props.selection else { return };
        if props.selection == old.selection || props.playing {
            return;
        }
        let at = props.run.get().trace().get(event).map(|e| e.time.us());
        if let (Some(at), Some(camera)) = (at, &mut self.camera) {
            camera.show(at, props.now_us);
        }
    }

    /// Shows what the two diagrams of a comparison were told to show, whichever of them was told.
    pub(super) fn heed(&mut self, apart: &Apart, old: &ViewProps) {
        let old = old.apart.as_ref().and_then(|a| a.window);
        if let Some(told) = apart.window.filter(|told| Some(*told) != old) {
            self.camera = Some(told.1);
        }
    }

    /// In a comparison, lets both diagrams show what a hand has made of this one's window.
    pub(super) fn share(&mut self, props: &ViewProps, before: Option<Camera>) {
        let held = matches!(self.hold, Some(Hold::Plot { moved: true, .. }));
        let told = props.apart.as_ref().and_then(|a| a.window);
        // Made just now: the other one was there before.
        if let (None, Some((_, told))) = (before, told) {
            self.camera = Some(told);
        } else if let Some(camera) = self.camera.filter(|_| self.camera != before) {
            // As long as a hand has hold of one, the other one does not run away from it either.
            let follows = camera.follows && !held;
            let camera = Camera { follows, ..camera };
            props.on_action.emit(Action::Window(camera));
        }
    }

    /// Says in words what the window shows now, for who does not see it.
    fn tell(&self, props: &ViewProps) {
        let status = self
            .plot
            .cast::<Element>()
            .and_then(|plot| plot.parent_element()?.query_selector("[role=status]").ok()?);
        if let (Some(status), Some(camera)) = (status, self.camera) {
            let (from, to) = (camera.from_us.max(0.0) as u64, camera.to_us() as u64);
            status.set_text_content(Some(&says(props.run.get().trace(), from, to)));
        }
    }
}

/// The event that is meant where sums are drawn.
fn column(trace: &Trace, grid: &Grid, x: f64, y: f64) -> Selection {
    let lane = ((y - grid.top) / grid.lane).round();
    if lane < 0.0 || x < grid.left {
        return Selection::None;
    }
    let us = |x: f64| grid.us(x).max(0.0) as u64;
    let reach = (us(x - NEAR), us(x + NEAR));
    let event = density::nearest(trace, NodeId(lane as u16), reach, us(x));
    event.map_or(Selection::None, Selection::Event)
}

/// What a window shows, in a sentence.
fn says(trace: &Trace, from_us: u64, to_us: u64) -> String {
    let place = |us: u64| trace.first_at(crate::sim::SimTime(us)) as u64;
    let events = place(to_us.saturating_add(1)) - place(from_us);
    let bands = show::bands::bands(trace, (from_us, to_us, 1));
    let epochs = match (bands.first(), bands.last()) {
        (Some(a), Some(b)) if a.number != b.number => format!(", {} to {}", a.label, b.label),
        (Some(a), _) => format!(", {}", a.label),
        _ => String::new(),
    };
    let (from, to) = (time_text(from_us), time_text(to_us));
    format!(
        "The diagram shows {from} to {to}: {} {}{epochs}.",
        group(events),
        if events == 1 { "event" } else { "events" }
    )
}
