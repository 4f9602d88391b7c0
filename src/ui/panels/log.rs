//! The panel of the log: every event as a sentence, filtered, and a screenful of them drawn.
//!
//! The rule that is easy to break: the page holds as many rows as are seen, however long the run; the
//! table says how many there are, and which of them each one is.

use super::PanelProps;
use crate::sim::{EventId, NodeId};
use crate::ui::controls::maybe;
use crate::ui::dom;
use crate::ui::sizes::SizeWatch;
use crate::view::log::rows::Rows;
use crate::view::log::{Filter, LineTone, Sort, concerns, line};
use crate::view::player::{group, time_text};
use crate::view::svg;
use crate::view::{Action, Selection, words};
use wasm_bindgen::prelude::*;
use web_sys::{HtmlElement, HtmlInputElement, HtmlSelectElement, KeyboardEvent};
use yew::prelude::*;

/// The panel of the log.
pub fn panel(props: &PanelProps) -> Html {
    html! { <Log ..props.clone() /> }
}

/// Milliseconds of a frame that the search may take.
const BUDGET_MS: f64 = 5.0;
/// Rows drawn above and below what is seen.
const SPARE: usize = 4;
/// More rows than a browser can make room for are reached by a filter or by going back in time.
const MOST: usize = 300_000;
/// A row's height in pixels, until one was measured.
const ROW: f64 = 42.0;
/// More rows than a tall screen shows at once: where the log has no bounds yet, its height is no measure.
const TALLEST: usize = 100;

/// What the log hears.
pub enum Msg {
    /// It was scrolled.
    Scrolled,
    /// A frame has passed, and the search goes on.
    Search,
    /// It has another size.
    Sized,
    /// A key.
    Key(KeyboardEvent),
}

/// The log.
pub struct Log {
    rows: Rows,
    searching: bool,
    view: NodeRef,
    all: NodeRef,
    window: NodeRef,
    tick: Closure<dyn FnMut()>,
    // The frame that is asked for and has not come: called off when the log goes before it.
    awaited: Option<i32>,
    watch: Option<SizeWatch>,
    // The first row that is seen, and how many are.
    first: usize,
    seen: usize,
    row: f64,
    // The newest row is to stay in sight, as long as nobody has scrolled away from it.
    at_end: bool,
    // An event whose row is to be brought into sight once it is found and drawn.
    reveal: Option<EventId>,
    // How tall the view was when its rows were last placed, and whether the picked row was in sight then.
    height: f64,
    in_sight: bool,
}

impl Component for Log {
    type Message = Msg;
    type Properties = PanelProps;

    fn create(ctx: &Context<Self>) -> Self {
        let link = ctx.link().clone();
        let mut log = Log {
            rows: Rows::default(),
            searching: false,
            view: NodeRef::default(),
            all: NodeRef::default(),
            window: NodeRef::default(),
            tick: Closure::new(move || link.send_message(Msg::Search)),
            awaited: None,
            watch: None,
            first: 0,
            seen: 12,
            row: ROW,
            at_end: true,
            reveal: None,
            height: 0.0,
            in_sight: false,
        };
        log.search(ctx.props());
        log.reveal(ctx.props());
        log
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &PanelProps) -> bool {
        let props = ctx.props();
        if !props.run.same(&old.run) {
            self.rows.clear();
        }
        self.search(props);
        if props.filter != old.filter {
            self.at_end = true;
        }
        if props.selection != old.selection || props.filter != old.filter {
            self.reveal(props);
        }
        true
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Scrolled => self.scrolled(ctx.props()),
            Msg::Search => {
                self.awaited = None;
                self.search(ctx.props());
                true
            }
            Msg::Sized => {
                // What takes room beside it, some time after the pick, does not take it out of sight.
                if self.in_sight {
                    self.reveal(ctx.props());
                }
                true
            }
            Msg::Key(e) => {
                self.key(ctx.props(), &e);
                false
            }
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        let link = ctx.link();
        let count = self.count(props);
        let active = self.active(props).map(row_id);
        html! {
            <>
            { filters(props) }
            { self.told(props, count) }
            <div class="log-view" role="grid" aria-label="Log" tabindex="0" ref={self.view.clone()} data-testid="log-rows"
                aria-rowcount={count.to_string()} aria-colcount="2" aria-activedescendant={active}
                onscroll={link.callback(|_| Msg::Scrolled)} onkeydown={link.callback(Msg::Key)}>
                <div class="log-all" ref={self.all.clone()}>
                    <div class="log-window" role="rowgroup" ref={self.window.clone()}>
                        { for self.drawn(count).map(|row| self.row(props, row)) }
                    </div>
                </div>
            </div>
            </>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first {
            let link = ctx.link().clone();
            self.watch = SizeWatch::new(&self.view, move |_, _| link.send_message(Msg::Sized));
        }
        self.place(ctx.props());
        if self.searching {
            self.ask_for_frame();
        }
    }

    fn destroy(&mut self, _: &Context<Self>) {
        if let (Some(frame), Some(window)) = (self.awaited, dom::window()) {
            let _ = window.cancel_animation_frame(frame);
        }
    }
}

impl Log {
    fn ask_for_frame(&mut self) {
        if self.awaited.is_none() {
            let tick = self.tick.as_ref().unchecked_ref();
            self.awaited = dom::window().and_then(|w| w.request_animation_frame(tick).ok());
        }
    }

    fn search(&mut self, props: &PanelProps) {
        let end = dom::now_ms() + BUDGET_MS;
        let mut enough = || dom::now_ms() >= end;
        let run = props.run.get();
        self.searching = !self.rows.look(&run, &props.filter, &mut enough);
    }

    /// The rows up to the moment shown; those that are drawn are the last [`MOST`].
    fn count(&self, props: &PanelProps) -> usize {
        self.rows.count(props.run.get().position())
    }

    /// The first of the rows that there is room for.
    fn base(count: usize) -> usize {
        count.saturating_sub(MOST)
    }

    /// The rows on the page.
    fn drawn(&self, count: usize) -> std::ops::Range<usize> {
        let first = self.first.saturating_sub(SPARE);
        let size = self.seen + 2 * SPARE;
        // As many at the ends as in the middle: the page does not grow and shrink with every move.
        let first = first.min(count.saturating_sub(size)).max(Self::base(count));
        first..(first + size).min(count)
    }

    /// The row that the keyboard is on: the selected one, else the last.
    fn active(&self, props: &PanelProps) -> Option<EventId> {
        let count = self.count(props);
        let picked = match props.selection {
            Selection::Event(e) => self.rows.row_of(e).filter(|r| *r < count),
            _ => None,
        };
        let row = picked.or(count.checked_sub(1))?;
        let event = self.rows.event(row);
        event.filter(|_| self.drawn(count).contains(&row))
    }

    fn reveal(&mut self, props: &PanelProps) {
        if let Selection::Event(e) = props.selection {
            self.reveal = Some(e);
        }
    }

    /// Whether the row of the picked event is seen where the view begins at `top` and is as tall as it was last.
    fn sees_picked(&self, props: &PanelProps, top: f64) -> bool {
        let Selection::Event(e) = props.selection else {
            return false;
        };
        let base = Self::base(self.count(props));
        let row = self.rows.row_of(e).and_then(|r| r.checked_sub(base));
        row.is_some_and(|r| {
            let at = r as f64 * self.row;
            at >= top - 1.0 && at + self.row <= top + self.height + 1.0
        })
    }

    /// What was found, and the event that is picked where no row shows it.
    fn told(&self, props: &PanelProps, count: usize) -> Html {
        let run = props.run.get();
        let position = run.position();
        let said = match (self.searching, count) {
            (true, _) => format!(
                "{} found in {} of {} events so far",
                group(count as u64),
                group(self.rows.looked().into()),
                group(position.into())
            ),
            (false, _) if position == 0 => "Nothing has happened yet. Press play.".to_owned(),
            (false, 0) => format!("None of {} events", group(position.into())),
            (false, n) => format!("{} of {} events", group(n as u64), group(position.into())),
        };
        let go = match props.selection {
            Selection::Event(id) if run.trace().get(id).is_some() => {
                let go = props.send(Action::SeekEvent(id));
                crate::ui::controls::button("Go to this event", "", go)
            }
            _ => html! {},
        };
        html! { <div class="log-told"><p class="quiet" data-testid="log-count">{ said }</p>{ go }</div> }
    }

    fn row(&self, props: &PanelProps, row: usize) -> Html {
        let Some(id) = self.rows.event(row) else {
            return html! {};
        };
        let run = props.run.get();
        let l = line(&run, id);
        let picked = props.selection == Selection::Event(id);
        let about = !picked && concerns(run.trace(), id, props.selection);
        let tone = match l.tone {
            LineTone::Plain => "plain",
            LineTone::Note => "note",
            LineTone::Loss => "loss",
            LineTone::Edit => "edit",
        };
        let onclick = props.on_action.reform(move |_: MouseEvent| Action::Select(Selection::Event(id)));
        html! {
            <div role="row" key={id.0} id={row_id(id)} class={classes!("log-row", tone, about.then_some("about"))}
                aria-rowindex={(row + 1).to_string()} aria-selected={picked.to_string()} title={l.text.clone()} {onclick}>
                <span role="gridcell" class="when">{ time_text(l.time_us) }</span>
                <span role="gridcell" class="text">{ l.text }</span>
            </div>
        }
    }

    fn scrolled(&mut self, props: &PanelProps) -> bool {
        let Some(view) = self.view.cast::<HtmlElement>() else {
            return false;
        };
        let (top, height) = (f64::from(view.scroll_top()), f64::from(view.client_height()));
        let room = f64::from(view.scroll_height());
        self.at_end = top + height >= room - self.row;
        self.in_sight = self.sees_picked(props, top);
        let first = Self::base(self.count(props)) + (top / self.row) as usize;
        let moved = first != self.first;
        self.first = first;
        moved
    }

    /// Gives the rows their room and their place. (By script: the page's policy forbids style attributes.)
    fn place(&mut self, props: &PanelProps) {
        let part = |r: &NodeRef| r.cast::<HtmlElement>();
        let (Some(view), Some(all), Some(window)) = (part(&self.view), part(&self.all), part(&self.window))
        else {
            return;
        };
        let height = f64::from(view.client_height());
        if let Some(row) = window.first_element_child() {
            let tall = row.get_bounding_client_rect().height();
            self.row = if tall > 8.0 { tall } else { self.row };
        }
        let count = self.count(props);
        let base = Self::base(count);
        let set = |e: &HtmlElement, name, v: f64| {
            let _ = e.style().set_property(name, &svg::path("#px", &[v]));
        };
        set(&all, "height", (count - base) as f64 * self.row);
        set(&window, "top", (self.drawn(count).start - base) as f64 * self.row);
        let seen = ((height / self.row) as usize + 2).min(TALLEST);
        let top = f64::from(view.scroll_top());
        let reveal = self.reveal.and_then(|e| self.rows.row_of(e));
        if reveal.is_some() || !self.searching {
            self.reveal = None;
        }
        let go = match reveal.filter(|r| (base..count).contains(r)) {
            Some(row) => {
                let at = (row - base) as f64 * self.row;
                self.at_end = row + 1 == count;
                (at < top || at + self.row > top + height).then(|| (at - height / 3.0).max(0.0))
            }
            None if self.at_end => Some((count - base) as f64 * self.row - height),
            None => None,
        };
        if let Some(to) = go.filter(|to| (to - top).abs() > 1.0) {
            // The browser tells of it by a scroll, after which the rows there are drawn.
            view.set_scroll_top(to.max(0.0) as i32);
        }
        self.height = height;
        self.in_sight = self.sees_picked(props, f64::from(view.scroll_top()));
        if seen != self.seen {
            self.seen = seen;
            self.ask_for_frame();
        }
    }

    /// Up, down, by pages, to the ends; Enter goes to the event.
    fn key(&mut self, props: &PanelProps, e: &KeyboardEvent) {
        let count = self.count(props);
        let base = Self::base(count);
        let picked = match props.selection {
            Selection::Event(e) => self.rows.row_of(e).filter(|r| *r < count),
            _ => None,
        };
        let now = picked.unwrap_or(count);
        let page = self.seen.saturating_sub(3).max(1);
        let to = match e.key().as_str() {
            "ArrowUp" => now.saturating_sub(1),
            "ArrowDown" => now + 1,
            "PageUp" => now.saturating_sub(page),
            "PageDown" => now + page,
            "Home" => base,
            "End" => count,
            "Enter" => {
                if let Selection::Event(id) = props.selection {
                    e.prevent_default();
                    props.on_action.emit(Action::SeekEvent(id));
                }
                return;
            }
            _ => return,
        };
        e.prevent_default();
        e.stop_propagation();
        let to = to.max(base).min(count.saturating_sub(1));
        if let Some(id) = self.rows.event(to).filter(|_| count > 0) {
            props.on_action.emit(Action::Select(Selection::Event(id)));
        }
    }
}

fn row_id(id: EventId) -> String {
    format!("log-{id}")
}

/// Kind, node and text.
fn filters(props: &PanelProps) -> Html {
    let now = props.filter.clone();
    let change = |set: fn(&mut Filter, String)| {
        let now = now.clone();
        move |value: String| {
            let mut filter = now.clone();
            set(&mut filter, value);
            Action::Filter(filter)
        }
    };
    let picked = |action: fn(&mut Filter, String)| {
        let change = change(action);
        maybe(&props.on_action, move |e: Event| {
            Some(change(e.target_dyn_into::<HtmlSelectElement>()?.value()))
        })
    };
    let sort = picked(|f, value| {
        let found = Sort::ALL.iter().find(|s| s.1 == value);
        f.sort = found.map_or(f.sort, |s| s.0);
    });
    let node = picked(|f, value| f.node = value.parse().ok().map(NodeId));
    let typed = {
        let change = change(|f, value| f.text = value);
        maybe(&props.on_action, move |e: InputEvent| {
            Some(change(e.target_dyn_into::<HtmlInputElement>()?.value()))
        })
    };
    let run = props.run.get();
    let world = run.world();
    let nodes = world.node_ids().map(|n| {
        html! { <option key={n.index()} value={n.to_string()} selected={now.node == Some(n)}>{ words::name(world, n) }</option> }
    });
    let sorts = Sort::ALL.iter().map(
        |(s, name)| html! { <option key={*name} value={*name} selected={now.sort == *s}>{ *name }</option> },
    );
    html! {
        <div class="log-filters" role="search" aria-label="Which events">
            <select aria-label="Kind of event" data-testid="log-kind" onchange={sort}>{ for sorts }</select>
            <select aria-label="Node" data-testid="log-node" onchange={node}>
                <option key="every" value="" selected={now.node.is_none()}>{ "Every node" }</option>{ for nodes }</select>
            <input type="text" aria-label="Words in the sentence" placeholder="Words" data-testid="log-text" maxlength="40"
                value={now.text.clone()} oninput={typed} />
        </div>
    }
}
