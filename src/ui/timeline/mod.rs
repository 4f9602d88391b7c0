//! The space-time diagram: one lane a node, time to the right, and the hands that move through it.
//!
//! The rule that is easy to break: a plain wheel scrolls the page, never the diagram. Everything a
//! hand does here can be done by keys while the diagram has the focus.

mod cone;
mod deep;
mod dense;
mod draw;
mod frame;
mod hands;

use self::deep::Deep;
use self::draw::{BOTTOM, Picture, TOP};
use super::ViewProps;
use crate::check::Checks;
use crate::sim::history::Run;
use crate::sim::{Event, EventKind, Loss, NodeId, world::World};
use crate::ui::sizes::SizeWatch;
use crate::ui::stage::canvas::{Canvas, Palette, place};
use crate::view::spacetime::{self as show, Camera, Grid, SpaceTime};
use crate::view::words;
use crate::view::{Action, Selection};
use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, MouseEvent, PointerEvent, WheelEvent};
use yew::prelude::*;

/// The diagram.
pub fn timeline(props: &ViewProps) -> Html {
    html! { <Timeline ..props.clone() /> }
}

/// What the diagram hears.
pub enum Msg {
    /// It has this size now; the one that it had, where it is to be drawn anew (sizes.rs).
    Sized(f64, f64),
    /// The page's colours have changed.
    Recoloured,
    /// A finger goes down.
    Down(PointerEvent),
    /// It moves.
    Moved(PointerEvent),
    /// It goes up or away.
    Up(PointerEvent),
    /// The pointer leaves.
    Left,
    /// The wheel, with the key that means zoom, or sideways.
    Wheel(WheelEvent),
    /// A key.
    Key(KeyboardEvent),
    /// Twice in one place: go there.
    Twice(MouseEvent),
    /// Closer (less than one) or further.
    Zoom(f64),
    /// Show everything.
    Fit,
}

/// What a finger that is down is doing.
#[derive(Clone, Copy, PartialEq)]
enum Hold {
    Playhead,
    Plot { at: f64, moved: bool },
}

/// The diagram.
pub struct Timeline {
    plot: NodeRef,
    surface: NodeRef,
    canvas: Option<Canvas>,
    palette: Option<Palette>,
    watch: Option<SizeWatch>,
    wheel: Option<EventListener>,
    size: (f64, f64),
    camera: Option<Camera>,
    window: SpaceTime,
    deep: Deep,
    hold: Option<Hold>,
    // The fingers that are down: two of them pinch.
    fingers: Vec<(i32, f64)>,
    pointer: Option<(f64, f64)>,
}

impl Component for Timeline {
    type Message = Msg;
    type Properties = ViewProps;

    fn create(_: &Context<Self>) -> Self {
        Timeline {
            plot: NodeRef::default(),
            surface: NodeRef::default(),
            canvas: None,
            palette: None,
            watch: None,
            wheel: None,
            size: (0.0, 0.0),
            camera: None,
            window: SpaceTime::default(),
            deep: Deep::default(),
            hold: None,
            fingers: Vec::new(),
            pointer: None,
        }
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &ViewProps) -> bool {
        let props = ctx.props();
        if props.opening != old.opening {
            self.camera = None;
        }
        let panning = matches!(self.hold, Some(Hold::Plot { moved: true, .. }));
        if let Some(apart) = &props.apart {
            self.heed(apart, old);
        }
        if props.now_us != old.now_us
            && !panning
            && let Some(camera) = &mut self.camera
        {
            // Going to a moment that is out of sight brings it into sight.
            let leap = props.now_us.abs_diff(old.now_us) as f64 > camera.span_us / 2.0;
            camera.follows |= leap;
            camera.follow(props.now_us);
        }
        self.show_picked(props, old);
        self.paint(props);
        let event = |s: Selection| matches!(s, Selection::Event(_));
        event(props.selection) != event(old.selection)
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let props = ctx.props();
        let now = props.now_us;
        let before = self.camera;
        match msg {
            Msg::Sized(w, h) if self.size != (w, h) && self.size.0 > 0.0 => self.size = (w, h),
            // While it was not seen, nothing told of other colours.
            Msg::Sized(w, h) => {
                self.size = (w, h);
                self.palette = self.canvas.as_ref().and_then(Canvas::palette);
            }
            Msg::Recoloured => self.palette = self.canvas.as_ref().and_then(Canvas::palette),
            Msg::Down(e) => self.down(props, &e),
            Msg::Moved(e) => self.moved(props, &e),
            Msg::Up(e) => self.up(props, &e),
            Msg::Left => self.pointer = None,
            Msg::Wheel(e) => self.wheeled(props, &e),
            Msg::Key(e) => self.key(props, &e),
            Msg::Twice(e) => {
                let (x, _) = place(&self.plot, &e);
                self.seek(props, x);
            }
            Msg::Zoom(factor) => {
                let at = self.anchor(props);
                if let Some(c) = &mut self.camera {
                    c.zoom(factor, at, now);
                }
            }
            Msg::Fit => {
                let end = show::end_us(props.run.get().trace()).max(now);
                if let Some(c) = &mut self.camera {
                    c.fit(end);
                }
            }
        }
        self.paint(props);
        if props.apart.is_some() {
            self.share(props, before);
        }
        false
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let link = ctx.link();
        let causal = matches!(ctx.props().selection, Selection::Event(_));
        html! {
            <div class="timeline">
                <div class="timeline-plot" ref={self.plot.clone()} tabindex="0" role="group" data-testid="diagram"
                    aria-label="Space-time diagram: plus and minus zoom, arrow keys move, Home shows all, End the present, Enter picks the latest event"
                    onpointerdown={link.callback(Msg::Down)} onpointermove={link.callback(Msg::Moved)}
                    onpointerup={link.callback(Msg::Up)} onpointercancel={link.callback(Msg::Up)}
                    onpointerleave={link.callback(|_| Msg::Left)}
                    ondblclick={link.callback(Msg::Twice)} onkeydown={link.callback(Msg::Key)}>
                    <canvas ref={self.surface.clone()} aria-hidden="true" ontransitionend={link.callback(|_| Msg::Recoloured)} />
                </div>
                if causal { { key() } }
                <p class="unseen" role="status" />
                <div class="timeline-tools">
                    <button type="button" aria-label="Zoom in" onclick={link.callback(|_| Msg::Zoom(0.5))}>{ "+" }</button>
                    <button type="button" aria-label="Zoom out" onclick={link.callback(|_| Msg::Zoom(2.0))}>{ "\u{2212}" }</button>
                    <button type="button" aria-label="Show all of the run" onclick={link.callback(|_| Msg::Fit)}>{ "all" }</button>
                </div>
            </div>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if !first {
            return;
        }
        self.canvas = Canvas::of(&self.surface);
        let link = ctx.link().clone();
        self.watch = SizeWatch::new(&self.plot, move |w, h| link.send_message(Msg::Sized(w, h)));
        // Not through Yew, whose wheel listeners may not keep the page from zooming.
        let link = ctx.link().clone();
        self.wheel = self.plot.cast::<Element>().map(|plot| {
            let options = EventListenerOptions::enable_prevent_default();
            EventListener::new_with_options(&plot, "wheel", options, move |e| {
                if let Some(e) = e.dyn_ref::<WheelEvent>()
                    && (e.ctrl_key() || e.meta_key() || e.shift_key())
                {
                    e.prevent_default();
                    link.send_message(Msg::Wheel(e.clone()));
                }
            })
        });
    }
}

impl Timeline {
    fn grid(&self, world: &World, now_us: u64) -> Grid {
        let longest = world.node_ids().map(|n| world.name(n).chars().count()).max();
        let left = (longest.unwrap_or(2) as f64 * 7.6 + 20.0).min(self.size.0 * 0.25);
        let width = (self.size.0 - left - 10.0).max(40.0);
        let lanes = world.node_count().max(1) as f64;
        let room = (self.size.1 - TOP - BOTTOM).max(10.0);
        let lane = (room / lanes).min(56.0);
        let camera = self.camera.unwrap_or_else(|| {
            let typical = match world.node_count() {
                0 | 1 => 10_000,
                _ => world.link(NodeId(0), NodeId(1)).delay.sample(1 << 63).0,
            };
            let mut camera = Camera::for_delay(typical, (width / (0.6 * lane).clamp(12.0, 34.0)) as u64);
            camera.follow(now_us);
            camera
        });
        Grid {
            camera,
            left,
            width,
            // Few lanes stand in the middle, not at the top.
            top: TOP + (room - lane * lanes) / 2.0 + lane / 2.0,
            lane,
        }
    }

    fn paint(&mut self, props: &ViewProps) {
        if self.size.0 < 40.0 || self.size.1 < 40.0 {
            return;
        }
        let run = props.run.get();
        let (world, trace) = (run.world(), run.trace());
        let grid = self.grid(world, props.now_us);
        self.camera = Some(grid.camera);
        let from = grid.camera.from_us.max(0.0) as u64;
        let to = grid.camera.to_us().max(0.0) as u64;
        let name = |n: NodeId| world.name(n).to_owned();
        self.deep.pick(&props.run, &run, props.selection);
        self.window = if show::crowded(trace, from, to, self.window.columns.is_some()) {
            self.deep.window(&props.run, &run, (from, to), grid.width)
        } else {
            let grain = (2.0 * grid.camera.span_us / grid.width) as u64;
            show::window(trace, &world.in_flight(), &name, (from, to, grain))
        };
        let says = match (self.hold, self.pointer) {
            (None, Some((x, y))) => {
                let under = self.under(trace, &grid, x, y);
                says(&run, under).map(|s| (x, y, s))
            }
            _ => None,
        };
        let picture = Picture {
            grid,
            size: self.size,
            window: &self.window,
            world,
            trace,
            now_us: props.now_us,
            picked: props.selection,
            cone: self.deep.cone(),
            parting_us: props.apart.as_ref().and_then(|a| a.parting_us),
            says,
        };
        if let (Some(canvas), Some(colours)) = (&mut self.canvas, &self.palette) {
            draw::diagram(canvas, colours, &picture);
        }
    }

    /// The moment around which keys and buttons zoom: the one shown, if it is in sight.
    fn anchor(&self, props: &ViewProps) -> f64 {
        match self.camera {
            Some(c) if c.follows => props.now_us as f64,
            Some(c) => c.from_us + c.span_us / 2.0,
            None => 0.0,
        }
    }

    fn seek(&self, props: &ViewProps, x: f64) {
        let us = self.grid(props.run.get().world(), props.now_us).us(x);
        props.on_action.emit(Action::Travel(us.max(0.0) as u64));
    }
}

/// What is picked or pointed at, in a few words.
fn says(run: &Run<Checks>, what: Selection) -> Option<String> {
    let (world, trace) = (run.world(), run.trace());
    match what {
        Selection::Message(m) => {
            let sent = trace.get_sent(m)?;
            let lost = trace.fate(m).map(|f| trace.event(f).loss);
            let lost = match lost {
                Some(loss) if loss != Loss::None => format!(", lost: {}", loss.reason()),
                _ => String::new(),
            };
            let (from, to) = (world.name(sent.from), world.name(sent.to));
            Some(format!("{} {from} \u{2192} {to}{lost}", run.label(m)))
        }
        Selection::Event(e) => {
            let event = trace.get(e)?;
            let note = match (event.kind, trace.notes_of(e).next()) {
                (_, None) => happened(run, event),
                // What was done, and what the node makes of it.
                (EventKind::Fault, Some(note)) => format!("{}: {note}", happened(run, event)),
                (_, Some(note)) => note.to_string(),
            };
            let short: String = note.chars().take(70).collect();
            // A fault's words name whom it strikes; what happens at a node begins with its name.
            let at = match event.kind {
                EventKind::Fault => String::new(),
                _ => format!("{} ", world.name(event.node)),
            };
            Some(format!("{at}{short}, {}", event.time))
        }
        _ => None,
    }
}

fn happened(run: &Run<Checks>, e: &Event) -> String {
    let about = e.msg().map(|m| run.label(m)).unwrap_or_default();
    match e.kind {
        EventKind::Start => "boots".to_owned(),
        EventKind::Deliver => format!("receives {about}"),
        EventKind::Timer => format!("timer {} runs out", run.world().timer_name(e.node, e.data)),
        EventKind::Request => "is asked".to_owned(),
        EventKind::Arrive => format!("{about} waits"),
        EventKind::Lost => format!("{about} lost"),
        EventKind::Synced => "disk is done".to_owned(),
        EventKind::Done => "is done".to_owned(),
        EventKind::Fault => {
            let fault = run.trace().faults().get(e.data as usize);
            fault.map_or_else(String::new, |(_, f)| words::fault(run.world(), f))
        }
        EventKind::Flap => "the wall moves".to_owned(),
        EventKind::Resend => "a layer sends again".to_owned(),
    }
}

/// What the looks mean, while an event is picked: as lines and dots are drawn.
fn key() -> Html {
    let line = |class: &'static str, words: &'static str| {
        html! {
            <span><svg viewBox="0 0 22 10" aria-hidden="true"><path {class} d="M0 5h22" /><circle {class} cx="11" cy="5" r="2.6" /></svg>{ words }</span>
        }
    };
    html! {
        <div class="timeline-key">
            { line("past", "past") }
            { line("future", "future") }
            { line("apart", "concurrent") }
        </div>
    }
}
