//! The stage: nodes, links and moving messages, and the hands that break them.
//!
//! The rule that is easy to break: a frame must not be a rendering. What changes with an event is
//! SVG and is compared first; what changes with every frame goes to the canvas above it, and Yew
//! does not hear of it.

pub mod canvas;
mod draw;
mod hands;
mod links;
mod menu;
mod node;

use self::canvas::{Canvas, Palette};
use self::draw::Blade;
use self::hands::pick_element;
use super::sizes::SizeWatch;
use super::{ViewProps, dom};
use crate::sim::world::{Layout, World};
use crate::sim::{Fault, MsgId, NodeId, SimTime};
use crate::view::stage::{self as show, Manner, Motion, Plan, Pt, Scene, Sides, outline};
use crate::view::svg::{self, px};
use crate::view::{Action, Selection, broken};
use std::rc::Rc;
use web_sys::{HtmlElement, KeyboardEvent, MouseEvent, PointerEvent};
use yew::prelude::*;

/// What the stage hears.
pub enum Msg {
    /// It has this size now; the one that it had, where it is to be drawn anew (sizes.rs).
    Sized(f64, f64),
    /// The page's colours have changed.
    Recoloured,
    /// A finger goes down.
    Down(PointerEvent),
    /// It moves.
    Moved(PointerEvent),
    /// It goes up.
    Up(PointerEvent),
    /// It is taken away.
    Away,
    /// A click without a pointer: from a screen reader or a script.
    Clicked(MouseEvent),
    /// A key, on something that has the focus.
    Key(KeyboardEvent),
    /// An entry of the menu, by a key or not.
    Chosen(Action, bool),
}

/// A line longer than this many pixels is a cut, not a click.
const DRAWN: f64 = 12.0;

/// The stage.
pub struct Stage {
    root: NodeRef,
    surface: NodeRef,
    menu: NodeRef,
    canvas: Option<Canvas>,
    palette: Option<Palette>,
    watch: Option<SizeWatch>,
    size: (f64, f64),
    plan: Option<Rc<Plan>>,
    scene: Option<Scene>,
    motion: Motion,
    sides: Sides,
    names: Rc<Vec<String>>,
    // Of which state of which run the scene is.
    seen: (u32, u64),
    pressed: Option<Pt>,
    blade: Option<(Blade, Vec<Fault>)>,
    // The menu was opened by a key, and is to have the focus.
    by_key: bool,
    // Where the menu of a message was opened; it stays there while the message moves on.
    menu_at: Option<(Selection, Pt)>,
}

impl Component for Stage {
    type Message = Msg;
    type Properties = ViewProps;

    fn create(ctx: &Context<Self>) -> Self {
        let mut stage = Stage {
            root: NodeRef::default(),
            surface: NodeRef::default(),
            menu: NodeRef::default(),
            canvas: None,
            palette: None,
            watch: None,
            size: (0.0, 0.0),
            plan: None,
            scene: None,
            motion: Motion::default(),
            sides: Sides::default(),
            names: Rc::default(),
            seen: (0, 0),
            pressed: None,
            blade: None,
            by_key: false,
            menu_at: None,
        };
        stage.look(ctx.props());
        stage
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &ViewProps) -> bool {
        let props = ctx.props();
        let picked_anew = props.selection != old.selection || props.apart != old.apart;
        let changed = self.look(props);
        self.paint(props);
        changed || picked_anew
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let props = ctx.props();
        match msg {
            Msg::Sized(w, h) => {
                let old = std::mem::replace(&mut self.size, (w, h));
                // While it was not seen, nothing told of other colours.
                if old == (w, h) || old.0 == 0.0 {
                    self.palette = self.canvas.as_ref().and_then(Canvas::palette);
                }
                if old != (w, h) {
                    self.plan = None;
                }
                let changed = self.look(props);
                // Here, and not only once the figure was rendered: Yew may let a frame come between the two.
                self.paint(props);
                changed
            }
            Msg::Recoloured => {
                self.palette = self.canvas.as_ref().and_then(Canvas::palette);
                self.paint(props);
                false
            }
            Msg::Down(e) => self.down(&e),
            Msg::Moved(e) => self.moved(props, &e),
            Msg::Up(e) => self.up(props, &e),
            Msg::Away => {
                (self.pressed, self.blade) = (None, None);
                self.paint(props);
                false
            }
            Msg::Clicked(e) => {
                if e.detail() == 0 {
                    pick_element(props, e.target());
                }
                false
            }
            Msg::Key(e) => self.key(props, &e),
            Msg::Chosen(action, by_key) => {
                // What is offered next takes the place of what was chosen.
                self.by_key = by_key;
                props.on_action.emit(action);
                false
            }
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let link = ctx.link();
        html! {
            <div class="stage" data-testid={if ctx.props().small { "small-stage" } else { "stage" }} ref={self.root.clone()}
                onpointerdown={link.callback(Msg::Down)} onpointermove={link.callback(Msg::Moved)}
                onpointerup={link.callback(Msg::Up)} onpointercancel={link.callback(|_| Msg::Away)}
                onclick={link.callback(Msg::Clicked)} onkeydown={link.callback(Msg::Key)}>
                if let Some(scene) = &self.scene { { self.figure(ctx, scene) } }
                <canvas ref={self.surface.clone()} aria-hidden="true" ontransitionend={link.callback(|_| Msg::Recoloured)} />
                { self.menu(ctx) }
            </div>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first {
            self.canvas = Canvas::of(&self.surface);
            let link = ctx.link().clone();
            self.watch = SizeWatch::new(&self.root, move |w, h| link.send_message(Msg::Sized(w, h)));
        }
        self.place_menu(ctx.props().selection);
        self.paint(ctx.props());
    }
}

impl Stage {
    /// Looks at the run; true if something must be rendered anew.
    fn look(&mut self, props: &ViewProps) -> bool {
        let (width, height) = self.size;
        if width < 8.0 || height < 8.0 {
            return false;
        }
        let run = props.run.get();
        let world = run.world();
        let plan = match &self.plan {
            Some(p) if fits(p, world) => p.clone(),
            _ => {
                self.scene = None;
                Rc::new(show::plan(world, width, height))
            }
        };
        self.plan = Some(plan.clone());
        let manner = Manner { now: SimTime(props.now_us), calm: props.calm, picked: picked_message(props) };
        self.motion = show::motion(world, run.trace(), &plan, manner, &mut self.sides);
        let seen = (world.events(), world.hash());
        if self.scene.is_some() && seen == self.seen {
            return false;
        }
        self.seen = seen;
        let scene = show::scene(world, &plan, self.scene.as_ref());
        if self.scene.as_ref() == Some(&scene) {
            return false;
        }
        let names = scene.nodes.iter().map(|n| n.name.clone());
        if !names.clone().eq(self.names.iter().cloned()) {
            self.names = Rc::new(names.collect());
        }
        self.scene = Some(scene);
        true
    }

    /// Draws what moves.
    fn paint(&mut self, props: &ViewProps) {
        let (Some(canvas), Some(colours), Some(scene)) = (&mut self.canvas, &self.palette, &self.scene)
        else {
            return;
        };
        let blade = self.blade.as_ref().map(|(b, _)| b);
        draw::frame(canvas, colours, scene, &self.motion, picked_message(props), blade);
    }

    fn figure(&self, ctx: &Context<Self>, scene: &Scene) -> Html {
        let picked = at_node(ctx.props());
        let (w, h) = (scene.plan.width, scene.plan.height);
        let count = scene.nodes.len();
        let says = format!("{count} nodes and {} links", scene.pairs.len());
        html! {
            <svg role="group" aria-label={says} viewBox={svg::path("0 0 # #", &[w, h])} width={px(w)} height={px(h)}>
                if scene.plan.layout == Layout::TwoHills { { hills(&scene.plan) } }
                <links::Links plan={scene.plan.clone()} pairs={scene.pairs.clone()} names={self.names.clone()} picked={link_side(picked)} />
                { for scene.walls.iter().enumerate().map(|(i, wall)| links::wall(wall, i, w)) }
                <g class="nodes">
                    { for scene.nodes.iter().map(|n| html! {
                        <node::NodeShape key={n.id.0} node={n.clone()} picked={picked.is_node(n.id)} />
                    }) }
                </g>
                if let Some(apart) = &ctx.props().apart { { node::apart(scene, &apart.nodes) } }
                { node::ringed(scene, &self.broken_at(ctx.props())) }
            </svg>
        }
    }

    /// Where a promise broke in the event that is picked.
    fn broken_at(&self, props: &ViewProps) -> Vec<NodeId> {
        match props.selection {
            Selection::Event(event) => broken::ringed(&props.run.get(), event),
            _ => Vec::new(),
        }
    }

    fn name(&self, n: NodeId) -> String {
        self.names.get(n.index()).cloned().unwrap_or_default()
    }

    fn menu(&self, ctx: &Context<Self>) -> Html {
        match ctx.props().selection {
            Selection::None => html! {},
            _ if ctx.props().lock => html! {},
            _ => self.open_menu(ctx),
        }
    }

    fn open_menu(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        let menu =
            self.scene.as_ref().and_then(|s| menu::menu(s, &self.motion, props.selection, &|n| self.name(n)));
        let Some(menu) = menu else {
            return html! {};
        };
        html! {
            <div class="stage-menu" ref={self.menu.clone()} role="group" aria-label={format!("Actions on {}", menu.title)} data-testid="stage-menu">
                <p>{ &menu.title }</p>
                { for menu.entries.into_iter().map(|e| {
                    let action = e.action;
                    html! {
                        <button type="button" key={e.id} class={if e.breaks { "btn small danger" } else { "btn small" }} data-testid={e.id}
                            onclick={ctx.link().callback(move |e: MouseEvent| Msg::Chosen(action.clone(), e.detail() == 0))}>{ e.label }</button>
                    }
                }) }
            </div>
        }
    }

    /// Puts the menu beside what it is about, inside the stage. (By script: the page's policy
    /// forbids style attributes.)
    fn place_menu(&mut self, picked: Selection) {
        match self.menu.cast::<HtmlElement>() {
            Some(element) => self.put_menu(&element, picked),
            None => self.no_menu(picked),
        }
    }

    /// Where the menu had the focus and is gone, with a message that has arrived, the stage keeps it.
    fn no_menu(&mut self, picked: Selection) {
        self.menu_at = None;
        if self.by_key && picked != Selection::None && dom::nowhere() {
            self.give_back(picked);
        }
    }

    fn put_menu(&mut self, element: &HtmlElement, picked: Selection) {
        let scene = self.scene.as_ref();
        let Some(menu) = scene.and_then(|s| menu::menu(s, &self.motion, picked, &|n| self.name(n))) else {
            return;
        };
        let at = match self.menu_at {
            Some((of, at)) if of == picked => at,
            _ => menu.at,
        };
        self.menu_at = Some((picked, at));
        let (w, h) = (f64::from(element.offset_width()), f64::from(element.offset_height()));
        let (width, height) = self.size;
        let right = at.x + menu.clear + w < width - 4.0;
        let left = at.x - menu.clear - w > 4.0;
        // Outward, where there is nothing to cover; inward if there is no room.
        let x =
            if right && (at.x >= width * 0.5 || !left) { at.x + menu.clear } else { at.x - menu.clear - w };
        let style = element.style();
        let set = |name, v: f64, most: f64| {
            let _ = style.set_property(name, &svg::path("#px", &[v.min(most).max(4.0)]));
        };
        set("left", x, width - w - 4.0);
        set("top", at.y - h / 2.0, height - h - 4.0);
        let _ = style.set_property("visibility", "visible");
        let within = |e| element.contains(Some(&e));
        if std::mem::take(&mut self.by_key) && !dom::active().is_some_and(|e| within(e.into())) {
            dom::focus_in(element, "button");
        }
    }
}

fn fits(plan: &Plan, world: &World) -> bool {
    plan.layout == world.layout()
        && plan.len() == world.node_count()
        && world.node_ids().all(|n| plan.stands[n.index()] == show::stand(world, n))
}

fn picked_message(props: &ViewProps) -> Option<MsgId> {
    match props.selection {
        Selection::Message(m) => Some(m),
        _ => None,
    }
}

/// What is picked; where it is an event, the node at which that happened.
fn at_node(props: &ViewProps) -> Selection {
    match props.selection {
        Selection::Event(_) => event_node(props),
        picked => picked,
    }
}

fn event_node(props: &ViewProps) -> Selection {
    let run = props.run.get();
    let of = |e| run.trace().get(e).map(|e| Selection::Node(e.node));
    match props.selection {
        Selection::Event(e) => of(e).unwrap_or_default(),
        picked => picked,
    }
}

/// The part of a selection that concerns links: so that picking a message draws no link anew.
fn link_side(picked: Selection) -> Selection {
    match picked {
        Selection::Node(_) | Selection::Link(..) => picked,
        _ => Selection::None,
    }
}

/// Two hills with a valley between them, under the nodes on their tops.
fn hills(plan: &Plan) -> Html {
    html! {
        <g class="hills">{ for plan.members().map(|n| html! { <path d={outline::hill(plan, plan.at(n))} /> }) }</g>
    }
}
