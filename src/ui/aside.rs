//! What stands beside the page: the offer to go on where one
//! was, the word that nothing can be kept here, and the place to drop a file.
//!
//! The rule that is easy to break: this only watches. It reads the state between two actions and sends
//! actions as a hand would; the page would work without it, and starts without it.

use super::icons::{CLOSE, icon};
use super::storage::{self, Trouble};
use super::tabs::{self, Tab};
use super::{clipboard, dom, parts, sizes, upload};
use crate::sim::Refusal;
use crate::view::kept::{self, Keeper, Offer};
use crate::view::{Action, App};
use gloo_events::{EventListener, EventListenerOptions};
use gloo_timers::callback::Interval;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DragEvent, File, HtmlInputElement};
use yew::prelude::*;

/// Milliseconds between two looks at the run.
const LOOK_MS: u32 = 500;

/// Puts it on the page.
pub fn start(app: &Watched, on: &Callback<Action>) {
    let place = dom::document().and_then(|d| {
        let place = d.create_element("div").ok()?;
        place.set_attribute("data-testid", "aside").ok()?;
        // First of the page, so that it is the first that a keyboard comes to.
        let body = d.body()?;
        body.insert_before(&place, body.first_child().as_ref()).ok()?;
        Some(place)
    });
    let props = AsideProps { app: app.clone(), on_action: on.clone() };
    let _ = bring_paper();
    if let Some(place) = place {
        yew::Renderer::<Aside>::with_root_and_props(place, props).render();
    }
}

/// Brings the style sheet for paper, which nobody needs at first.
fn bring_paper() -> Option<()> {
    let document = dom::document()?;
    let script = document.get_element_by_id("boot-module")?.get_attribute("href")?;
    let sheet = document.create_element("link").ok()?;
    sheet.set_attribute("rel", "stylesheet").ok()?;
    sheet.set_attribute("media", "print").ok()?;
    // Of the same build, by its version.
    sheet.set_attribute("href", &script.replace("faultline.js", "print.css")).ok()?;
    document.body()?.append_child(&sheet).ok()?;
    Some(())
}

/// The state of the page, to look at.
#[derive(Clone)]
pub struct Watched(pub(super) Rc<RefCell<App>>);

impl From<&Rc<RefCell<App>>> for Watched {
    fn from(app: &Rc<RefCell<App>>) -> Self {
        Watched(app.clone())
    }
}

impl From<App> for Watched {
    fn from(app: App) -> Self {
        Watched(Rc::new(RefCell::new(app)))
    }
}

impl Watched {
    fn is_embed(&self) -> bool {
        self.0.try_borrow().is_ok_and(|app| app.look.embed)
    }
}

impl PartialEq for Watched {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// See [`Aside`].
#[derive(Clone, PartialEq, Properties)]
struct AsideProps {
    app: Watched,
    on_action: Callback<Action>,
}

enum Msg {
    /// This tab has its name, and knows who else lives.
    Entered(Tab),
    /// The part of what was kept has come, or cannot be had.
    Come,
    /// These tabs live.
    Living(Vec<String>),
    /// Some time has passed; `true` where the page is being left.
    Look(bool),
    /// Open what is offered.
    Go,
    /// Put it aside, for good.
    Forget,
    /// Put it aside for now: it stays kept, and is offered again.
    Later,
    /// Copy the link of the run that cannot be kept.
    Copy,
    /// What came of that: the link, where it could not be copied.
    Copied(Option<String>),
    /// Put the notice aside.
    Close,
    /// A file is held over the page, or no longer.
    Held(bool),
    /// A file was dropped.
    Dropped(File),
}

/// What is said of a run that cannot be kept.
struct Notice {
    why: &'static str,
    /// The link, to be copied by hand.
    link: Option<String>,
    copied: bool,
}

struct Aside {
    keeper: Keeper,
    /// This tab; nothing is offered or kept before it has its name, which an embed never asks for.
    tab: Option<Tab>,
    /// What was kept when the page came; `None` once it was looked at.
    offer: Option<Offer>,
    /// The record that is offered, by its tab and number: it stays until the reader has answered.
    offered: Option<(String, u64)>,
    looked: bool,
    /// The part of what was kept was asked for, and is on its way.
    asked: bool,
    waits: bool,
    notice: Option<Notice>,
    /// What the notice said once; it is not said again.
    told: Option<Trouble>,
    held: bool,
    _interval: Interval,
    _listeners: Vec<EventListener>,
}

impl Component for Aside {
    type Message = Msg;
    type Properties = AsideProps;

    fn create(ctx: &Context<Self>) -> Self {
        let look = ctx.link().callback(Msg::Look);
        if !ctx.props().app.is_embed() {
            let entered = ctx.link().callback(Msg::Entered);
            spawn_local(async move { entered.emit(tabs::enter().await) });
        }
        Aside {
            keeper: Keeper::default(),
            tab: None,
            offer: None,
            offered: None,
            looked: false,
            asked: false,
            waits: false,
            notice: None,
            told: None,
            held: false,
            _listeners: listen(ctx, &look),
            _interval: Interval::new(LOOK_MS, move || {
                sizes::look_at_screen();
                look.emit(false);
            }),
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Look(leaving) => return self.look(ctx, leaving),
            Msg::Entered(tab) => {
                self.tab = Some(tab);
                return self.look(ctx, false);
            }
            Msg::Come => {
                self.waits = false;
                return self.look(ctx, false);
            }
            Msg::Living(living) => {
                if let Some(tab) = &mut self.tab {
                    tab.living = living;
                }
                return false;
            }
            Msg::Go => {
                self.go(ctx);
                dom::focus("play");
            }
            Msg::Forget => {
                dom::focus("play");
                self.offer = None;
                if let Some((whose, number)) = self.offered.take() {
                    storage::decline(&whose, number);
                }
            }
            Msg::Later => {
                dom::focus("play");
                self.offer = None;
            }
            Msg::Copy => self.copy(ctx),
            Msg::Copied(link) => {
                if let Some(notice) = &mut self.notice {
                    notice.copied = link.is_none();
                    notice.link = link;
                }
            }
            Msg::Close => self.notice = None,
            Msg::Held(held) => self.held = held,
            Msg::Dropped(file) => {
                self.held = false;
                upload::open(file, ctx.props().on_action.clone());
            }
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let link = ctx.link();
        html! {
            <>
            if let Some(offer) = &self.offer { { offer_box(offer, link) } }
            else if let Some(notice) = &self.notice { { notice_box(notice, link) } }
            // For tests: what there is to offer is offered by now.
            if self.looked { <span hidden=true data-testid="looked" /> }
            if self.held { <section class="drop" aria-label="A file over the page" data-testid="drop"><p>{ "Drop the file to open its run" }</p></section> }
            </>
        }
    }
}

impl Aside {
    /// Looks at the run: offers, keeps. Whether anything is to be drawn.
    fn look(&mut self, ctx: &Context<Self>, leaving: bool) -> bool {
        // Held for ever once the program has broken.
        let Ok(app) = ctx.props().app.0.try_borrow() else {
            return false;
        };
        let waits = self.tab.is_none() && !app.look.embed || self.waits;
        if app.journey.is_some() || waits {
            return false;
        }
        let now = storage::now_ms();
        let first = !self.looked;
        if first {
            let found = self.tab.as_ref().and_then(storage::offered);
            let offer = found.as_ref().map(|f| kept::offer(&app, &f.1, now));
            if let Some(Err(Refusal { part: Some(part), .. })) = offer
                && !self.asked
            {
                self.fetch(ctx, part);
                return false;
            }
            self.looked = true;
            self.offer = offer.and_then(Result::ok).flatten();
            let found = found.filter(|_| self.offer.is_some());
            self.offered = found.map(|(whose, r)| (whose, r.number));
        }
        let Some(text) = self.keeper.due(&app, now, leaving) else {
            return first;
        };
        let done = match &self.tab {
            // An embed shows another page's run, often several at once: they are not the reader's work.
            None => storage::allowed(),
            Some(tab) => {
                let living = ctx.link().callback(Msg::Living);
                spawn_local(async move { living.emit(tabs::living().await) });
                storage::keep(text, tab, self.offered.as_ref())
            }
        };
        match done {
            // What only moved can be had again; a sentence about it would only disturb.
            Err(trouble) if self.told != Some(trouble) && edited(&app) => {
                self.told = Some(trouble);
                self.notice = Some(Notice::of(trouble));
                true
            }
            _ => first,
        }
    }

    /// Fetches the part of what was kept, without which nothing can be said of it.
    fn fetch(&mut self, ctx: &Context<Self>, part: &'static str) {
        (self.asked, self.waits) = (true, true);
        let come = ctx.link().callback(|()| Msg::Come);
        spawn_local(async move {
            parts::fetch(part).await;
            come.emit(());
        });
    }

    /// Opens what is offered. From now on it is this tab's: where another one has left it, it goes.
    fn go(&mut self, ctx: &Context<Self>) {
        let (offer, offered) = (self.offer.take(), self.offered.take());
        let Some((offer, (whose, _))) = offer.zip(offered) else {
            return;
        };
        if let Some(tab) = self.tab.as_ref().filter(|tab| tab.id != whose)
            && storage::keep(offer.text.clone(), tab, None).is_ok()
        {
            storage::forget(&whose);
        }
        ctx.props().on_action.emit(Action::OpenFile(offer.text));
    }

    /// Copies the link, or shows it where that is forbidden.
    fn copy(&mut self, ctx: &Context<Self>) {
        let done = ctx.link().callback(Msg::Copied);
        let hash = ctx.props().app.0.borrow().link();
        match hash {
            Ok(hash) => spawn_local(async move {
                let link = format!("{}{hash}", dom::base());
                let copied = clipboard::write(&link).await;
                done.emit((!copied).then_some(link));
            }),
            Err(refusal) => {
                let why = crate::view::app::sentence(&refusal.message);
                ctx.props().on_action.emit(Action::Error(Some(why)));
            }
        }
    }
}

/// Whether the reader has done something to the run.
fn edited(app: &App) -> bool {
    let open = app.open.as_ref();
    open.is_some_and(|o| o.run().get().edits() != o.origin.opening.edits)
}

impl Notice {
    fn of(trouble: Trouble) -> Self {
        Notice {
            why: match trouble {
                Trouble::Forbidden => {
                    "This page may not keep anything here: the run is gone when it is closed. Its link brings it back."
                }
                Trouble::Full => {
                    "This browser's storage is full: the run is gone when the page is closed. Its link brings it back."
                }
            },
            link: None,
            copied: false,
        }
    }
}

fn offer_box(offer: &Offer, link: &yew::html::Scope<Aside>) -> Html {
    html! {
        <section class="kept" aria-label="A run that was kept" data-testid="offer">
            <div role="status">
                <p><b>{ "Go on where you were?" }</b></p>
                <p>{ &offer.title }{ ", " }{ &offer.rest }{ "." }</p>
            </div>
            <div class="acts">
                <button type="button" class="btn main" onclick={link.callback(|_: MouseEvent| Msg::Go)}>{ "Go on" }</button>
                <button type="button" class="btn" onclick={link.callback(|_: MouseEvent| Msg::Forget)}>{ "No, forget it" }</button>
                <button type="button" class="btn icon bare" aria-label="Not now: keep it, and ask again next time" title="Not now"
                    onclick={link.callback(|_: MouseEvent| Msg::Later)}>{ icon(CLOSE) }</button>
            </div>
        </section>
    }
}

fn notice_box(notice: &Notice, link: &yew::html::Scope<Aside>) -> Html {
    let select = |e: FocusEvent| {
        if let Some(input) = e.target_dyn_into::<HtmlInputElement>() {
            input.select();
        }
    };
    html! {
        <section class="kept" aria-label="Nothing is kept here" data-testid="unkept">
            <p role="status">{ if notice.copied { "Copied. Keep the link where you find it again." } else { notice.why } }</p>
            if let Some(text) = &notice.link {
                <input type="text" class="mono" readonly=true aria-label="The link: copy it by hand" value={text.clone()} onfocus={select} />
            }
            <div class="acts">
                <button type="button" class="btn" onclick={link.callback(|_: MouseEvent| Msg::Copy)}>{ "Copy link" }</button>
                <button type="button" class="btn icon bare" aria-label="Close this message"
                    onclick={link.callback(|_: MouseEvent| Msg::Close)}>{ icon(CLOSE) }</button>
            </div>
        </section>
    }
}

/// What the browser tells besides clicks: leaving the page, files over it.
fn listen(ctx: &Context<Aside>, look: &Callback<bool>) -> Vec<EventListener> {
    let (Some(window), Some(document)) = (dom::window(), dom::document()) else {
        return vec![];
    };
    let link = ctx.link().clone();
    let drag = |name: &'static str, what: fn(&DragEvent) -> Option<Msg>| {
        let link = link.clone();
        let options = EventListenerOptions::enable_prevent_default();
        EventListener::new_with_options(&document, name, options, move |e| {
            let Some(e) = e.dyn_ref::<DragEvent>().filter(|e| holds_files(e)) else {
                return;
            };
            e.prevent_default();
            if let Some(msg) = what(e) {
                link.send_message(msg);
            }
        })
    };
    let (hiding, left) = (look.clone(), look.clone());
    let narrow = window.match_media(dom::NARROW).ok().flatten();
    let on = ctx.props().on_action.clone();
    let look_again = move || on.emit(Action::Narrow(dom::matches(dom::NARROW)));
    // It may have turned before anybody listened.
    look_again();
    let turned = narrow.map(|list| EventListener::new(&list, "change", move |_| look_again()));
    let mut all = vec![
        drag("dragenter", |_| Some(Msg::Held(true))),
        drag("dragover", |_| None),
        // Leaving one element for another, the pointer is still over the page.
        drag("dragleave", |e| e.related_target().is_none().then_some(Msg::Held(false))),
        drag("drop", |e| {
            let file = e.data_transfer()?.files()?.get(0);
            Some(file.map_or(Msg::Held(false), Msg::Dropped))
        }),
        EventListener::new(&document, "visibilitychange", move |_| {
            // Behind another tab nothing may have told of other colours.
            sizes::redraw();
            hiding.emit(true);
        }),
        EventListener::new(&window, "pagehide", move |_| left.emit(true)),
        EventListener::new(&window, "beforeprint", |_| for_paper(true)),
        EventListener::new(&window, "afterprint", |_| for_paper(false)),
    ];
    all.extend(turned);
    all
}

/// Has the drawings drawn for white paper, or again as the page is. What style sheets colour needs no word (print.css).
fn for_paper(begins: bool) {
    dom::root_attribute("data-paper", begins.then_some(""));
    sizes::redraw();
}

fn holds_files(e: &DragEvent) -> bool {
    let types = e.data_transfer().map(|d| d.types());
    types.is_some_and(|types| types.includes(&"Files".into(), 0))
}
