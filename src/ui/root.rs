//! The root component: holds the one state, runs the frames, listens to keys and the address.
//!
//! The rule that is easy to break: the state changes only through [`crate::view::reduce`]. What
//! the browser must be told of it (address, colours, focus) is read off the state afterwards.

use super::address::Address;
use super::aside::Watched;
use super::bridge::{Answer, Question};
use super::heard::Heard;
use super::{bridge, details, dom, fields, landing, parts, screen, study, upload};
use crate::view::player::{Pace, Player};
use crate::view::reduce::{reduce, reduce_within};
use crate::view::task::Course;
use crate::view::{Action, App, Theme, keys};
use gloo_events::{EventListener, EventListenerOptions};
use gloo_timers::callback::Timeout;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use yew::prelude::*;

/// Milliseconds of a frame that simulation may take.
const BUDGET_MS: f64 = 6.0;

/// Where the browser keeps what was done of the course.
const COURSE: &str = "faultline.course";

/// Milliseconds after which the details of the page are fetched: a run moves first, and what stands around it follows.
const DETAILS_MS: u32 = 200;

/// What the root component is told.
pub enum Msg {
    /// Something to do.
    Do(Action),
    /// A frame, at this moment of the page in milliseconds.
    Tick(f64),
    /// A script asks something.
    Ask(Question),
    /// The page has stood for a moment.
    Settled,
    /// The details of the page have come, or could not be had.
    Details(bool),
    /// So has the landing page.
    Landing(bool),
    /// The address can be written again.
    Address,
}

/// What the root component begins with.
#[derive(Clone, PartialEq, Properties)]
pub struct RootProps {
    /// The state of the page.
    pub app: Watched,
}

/// How far something is that comes later.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// It is coming.
    Coming,
    /// It could not be had, or was not yet asked for.
    Failed,
    /// It is here.
    Here,
}

/// The root component.
pub struct Root {
    app: Rc<RefCell<App>>,
    on: Callback<Action>,
    tick: Closure<dyn FnMut(f64)>,
    // A frame is asked for and has not come yet.
    awaiting: bool,
    last_ms: Option<f64>,
    // The part that is on its way because something waits for it.
    fetching: Option<&'static str>,
    details: Way,
    // What stands beside the page was begun.
    aside: bool,
    address: Address,
    landing: Way,
    shown_theme: Option<Theme>,
    kept_course: Course,
    heard: Heard,
    // Given when all that was done so far is drawn.
    answers: Vec<Answer>,
    _listeners: Vec<EventListener>,
}

impl Component for Root {
    type Message = Msg;
    type Properties = RootProps;

    fn create(ctx: &Context<Self>) -> Self {
        let scope = ctx.link().clone();
        let on = scope.callback(Msg::Do);
        let app = ctx.props().app.0.clone();
        if !app.borrow().look.embed {
            parts::fetch_ahead(landing::fetch);
        }
        if let Some(path) = app.borrow().look.lesson.clone() {
            upload::fetch(path, on.clone());
        }
        bridge::install(&scope.callback(Msg::Ask));
        fields::listen();
        let ticks = scope.clone();
        let kept_course = app.borrow().course.clone();
        Root {
            _listeners: listen(&app, &on),
            app,
            on,
            tick: Closure::new(move |ms| ticks.send_message(Msg::Tick(ms))),
            awaiting: false,
            last_ms: None,
            fetching: None,
            details: Way::Failed,
            aside: false,
            address: Address::new(),
            landing: Way::Failed,
            shown_theme: None,
            kept_course,
            heard: Heard::default(),
            answers: Vec::new(),
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match &msg {
            Msg::Do(Action::Arrived(..)) => self.fetching = None,
            Msg::Do(Action::Route(_, hash)) => self.address.came(hash),
            _ => {}
        }
        let acts = matches!(&msg, Msg::Do(action) if !matches!(action, Action::Error(_)));
        match msg {
            Msg::Do(action) => reduce_within(&mut self.app.borrow_mut(), action, &mut || true),
            Msg::Tick(ms) => self.frame(ms),
            Msg::Ask(question) => self.answers.push(question.answer(&mut self.app.borrow_mut())),
            Msg::Settled => self.fetch_details(ctx),
            Msg::Details(here) => self.details(here),
            Msg::Address => {}
            Msg::Landing(here) => self.landing(here),
        }
        self.ask_for_frame();
        self.fetch_wanted(ctx);
        if acts && details::needed(&self.app.borrow()) {
            self.fetch_details(ctx);
        }
        if acts && landing::missing(&self.app.borrow()) {
            self.fetch_landing(ctx);
        }
        true
    }

    fn view(&self, _: &Context<Self>) -> Html {
        let app = self.app.borrow();
        html! {
            <>
            { match &app.open {
                Some(open) => screen::screen(&app, open, &self.on),
                None => landing::page(&app, &self.on),
            } }
            // A node from the first: one that came later would push those beside it to other places, and all of the
            // page would be made anew, under the hands of whoever has the focus in it.
            { details::here().map_or_else(Html::default, |d| (d.dialog)(&app, &self.on)) }
            <p class="unseen" role="status" aria-live="polite" data-testid="live">{ &app.say }</p>
            </>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first {
            // The address may have begun to play.
            self.ask_for_frame();
            let later = ctx.link().callback(|()| Msg::Settled);
            Timeout::new(DETAILS_MS, move || later.emit(())).forget();
        }
        self.tell_browser(ctx);
        // Parents hear of it after their children: by now everything is drawn.
        self.answers.drain(..).for_each(Answer::give);
    }
}

impl Root {
    /// What the browser must know of the state: colours, address, entries of its history.
    fn tell_browser(&mut self, ctx: &Context<Self>) {
        let app = self.app.borrow();
        if self.shown_theme != Some(app.theme) {
            self.shown_theme = Some(app.theme);
            let value = match app.theme {
                Theme::Auto => None,
                Theme::Light => Some("light"),
                Theme::Dark => Some("dark"),
            };
            dom::root_attribute("data-theme", value);
        }
        study::follow(&app, &self.on);
        if app.look.embed {
            self.heard.follow(&app);
            return;
        }
        if app.course != self.kept_course {
            self.kept_course = app.course.clone();
            dom::store(COURSE, &app.course.text());
        }
        if let Some(details) = details::here() {
            (details.follow)(&mut self.address, &app, &ctx.link().callback(|()| Msg::Address));
        }
    }

    /// Fetches the part that something waits for.
    fn fetch_wanted(&mut self, ctx: &Context<Self>) {
        let wanted = self.app.borrow().wanted();
        let Some(part) = wanted.filter(|c| self.fetching != Some(c)) else {
            return;
        };
        self.fetching = Some(part);
        let on = self.on.clone();
        ctx.link().send_future_batch(async move {
            on.emit(Action::Arrived(part, parts::fetch(part).await));
            None
        });
    }

    /// Fetches the details of the page, unless they are here or coming.
    fn fetch_details(&mut self, ctx: &Context<Self>) {
        if self.details == Way::Failed {
            self.details = Way::Coming;
            ctx.link().send_future(async { Msg::Details(details::fetch().await) });
        }
    }

    /// Fetches the landing page, unless it is here or coming.
    fn fetch_landing(&mut self, ctx: &Context<Self>) {
        if self.landing == Way::Failed {
            self.landing = Way::Coming;
            ctx.link().send_future(async { Msg::Landing(landing::fetch().await) });
        }
    }

    fn landing(&mut self, here: bool) {
        self.landing = if here { Way::Here } else { Way::Failed };
        let said = self.app.borrow().error.as_deref() == Some(landing::MISSING);
        match landing::missing(&self.app.borrow()) {
            true => self.on.emit(Action::Error(Some(landing::MISSING.to_owned()))),
            false if said => self.on.emit(Action::Error(None)),
            false => {}
        }
    }

    fn details(&mut self, here: bool) {
        self.details = if here { Way::Here } else { Way::Failed };
        if let Some(details) = details::here().filter(|_| !self.aside) {
            self.aside = true;
            (details.aside)(&Watched::from(&self.app), &self.on);
        }
        let (said, needed) = {
            let app = self.app.borrow();
            (details::is_missing(&app), details::needed(&app))
        };
        match here {
            // Nothing is any more.
            true if said => self.on.emit(Action::Error(None)),
            false if needed => self.on.emit(Action::Error(Some(details::missing().to_owned()))),
            _ => {}
        }
    }

    fn ask_for_frame(&mut self) {
        if self.awaiting || !self.app.borrow().is_moving() {
            return;
        }
        let asked = dom::window().map(|w| w.request_animation_frame(self.tick.as_ref().unchecked_ref()));
        self.awaiting = matches!(asked, Some(Ok(_)));
    }

    fn frame(&mut self, ms: f64) {
        self.awaiting = false;
        let mut app = self.app.borrow_mut();
        let dt = self.last_ms.map_or(0.0, |last| (ms - last).max(0.0));
        self.last_ms = app.is_moving().then_some(ms);
        let end = dom::now_ms() + BUDGET_MS;
        let mut out_of_time = || dom::now_ms() >= end;
        reduce_within(&mut app, Action::Frame((dt * 1_000.0) as u64), &mut out_of_time);
        if !app.is_moving() {
            self.last_ms = None;
        }
    }
}

/// What the address asks for, under the reader's settings, once its part is here or cannot be had.
pub async fn first_state() -> App {
    loop {
        let asked = dom::address();
        let mut app = state_of(asked.clone());
        let Some(part) = app.wanted() else {
            if app.open.is_none() && !landing::fetch().await {
                reduce(&mut app, Action::Error(Some(landing::MISSING.to_owned())));
            }
            // Meanwhile the reader may have followed a link, which nobody heard.
            if asked != dom::address() {
                continue;
            }
            return app;
        };
        let here = parts::fetch(part).await;
        // Meanwhile the reader may have followed another link of the page's text.
        if !here && asked == dom::address() {
            reduce(&mut app, Action::Arrived(part, false));
            landing::fetch().await;
            return app;
        }
    }
}

fn state_of((search, hash): (String, String)) -> App {
    let mut app = App {
        calm: dom::matches("(prefers-reduced-motion: reduce)"),
        narrow: dom::matches(dom::NARROW),
        keys_off: dom::stored("faultline.keys").as_deref() == Some("off"),
        theme: match dom::stored("faultline.theme").as_deref() {
            Some("light") => Theme::Light,
            Some("dark") => Theme::Dark,
            _ => Theme::Auto,
        },
        player: Player::at(Pace::Story),
        course: Course::read(&dom::stored(COURSE).unwrap_or_default()),
        ..App::default()
    };
    reduce(&mut app, Action::Route(search, hash));
    app.say = app.error.clone().unwrap_or_default();
    app
}

fn listen(app: &Rc<RefCell<App>>, on: &Callback<Action>) -> Vec<EventListener> {
    let (Some(window), Some(document)) = (dom::window(), dom::document()) else {
        return vec![];
    };
    let route = on.clone();
    let hash = EventListener::new(&window, "hashchange", move |_| {
        let (search, hash) = dom::address();
        route.emit(Action::Route(search, hash));
    });
    // A hand that has hold of the moment may let go of it anywhere.
    let lets_go = |of: &web_sys::EventTarget, event: &'static str| {
        let (app, on) = (app.clone(), on.clone());
        EventListener::new(of, event, move |_| {
            // It is held for ever once the program has broken.
            if app.try_borrow().is_ok_and(|app| app.player.held) {
                on.emit(Action::Hold(false));
            }
        })
    };
    let mut all = vec![hash, lets_go(&window, "blur")];
    all.extend(["pointerup", "pointercancel", "keyup"].map(|event| lets_go(&document, event)));
    let (app, on) = (app.clone(), on.clone());
    let options = EventListenerOptions::enable_prevent_default();
    let keys = EventListener::new_with_options(&document, "keydown", options, move |e| {
        let Some(e) = e.dyn_ref::<web_sys::KeyboardEvent>() else {
            return;
        };
        if let Some(action) = key_action(&app.borrow(), e) {
            e.prevent_default();
            on.emit(action);
        }
    });
    all.push(keys);
    all
}

/// What a key asks for here and now, if anything.
fn key_action(app: &App, e: &web_sys::KeyboardEvent) -> Option<Action> {
    let free = !(e.ctrl_key() || e.alt_key() || e.meta_key() || e.default_prevented());
    if !free || app.dialog.is_some() || app.open.is_none() && e.key() != "?" {
        return None;
    }
    let target = e.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok());
    let within =
        |selector: &str| target.as_ref().is_some_and(|t| t.closest(selector).ok().flatten().is_some());
    if within("input:not([type=checkbox]), textarea, select, [contenteditable]") {
        return None;
    }
    // A button under the focus keeps the keys that press it, a focused drawing those that move in it.
    let taken = match e.key().as_str() {
        " " => within("button, a, summary, label, [role=button], [role=tab]"),
        "ArrowLeft" | "ArrowRight" => within("[role=tab], [role=slider], [data-arrows]"),
        "Escape" => false,
        _ => app.keys_off,
    };
    if taken || app.keys_off && e.key() != "Escape" { None } else { keys::find(&e.key(), &e.code()) }
}
