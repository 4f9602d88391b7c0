//! `window.faultline`: the page for scripts. Every verb answers with a promise of plain data.
//!
//! The rule that is easy to break: a verb sends the same action as the button does, and waits its turn behind what
//! hands have done before it. It can do nothing that a hand cannot, runs no code it is given, and never throws: it
//! answers, once what it did and what came before is drawn.

use super::{details, parts};
use crate::scenario::text as words;
use crate::sim::{Refusal, json};
use crate::view::origin::Origin;
use crate::view::player::Pace;
use crate::view::reduce::{may_replace, open, reduce};
use crate::view::{Action, App, away};
use js_sys::{Error, Function, JSON, Object, Promise, Reflect};
use std::cell::RefCell;
use std::collections::BTreeMap;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use yew::Callback;

/// What a verb does to the state; its answer, as JSON text.
type Verb = fn(&mut App, Given) -> String;

/// A verb that was called and waits for its turn.
pub struct Question {
    verb: Verb,
    given: Given,
    ticket: u32,
}

/// A verb's answer, to be given when it is drawn.
pub struct Answer {
    json: String,
    ticket: u32,
}

/// The promises that wait for an answer, by ticket: how each is kept, and how it is broken.
#[derive(Default)]
struct Waiting {
    next: u32,
    promises: BTreeMap<u32, (Function, Function)>,
    /// Why nothing is answered any more.
    broken: Option<String>,
}

thread_local! {
    static WAITING: RefCell<Waiting> = RefCell::default();
}

impl Question {
    /// Does what was asked.
    pub fn answer(self, app: &mut App) -> Answer {
        Answer { json: (self.verb)(app, self.given), ticket: self.ticket }
    }
}

impl Answer {
    /// Gives it to whoever asked.
    pub fn give(self) {
        let promise = WAITING.with_borrow_mut(|w| w.promises.remove(&self.ticket));
        if let Some((keep, _)) = promise {
            let data = JSON::parse(&self.json).unwrap_or(JsValue::NULL);
            let _ = keep.call1(&JsValue::UNDEFINED, &data);
        }
    }
}

/// The program has broken: nothing that was asked is answered any more, and each is told why.
pub fn give_up(why: &str) {
    // What broke may have been in the middle of an answer.
    let promises = WAITING.with(|w| {
        let mut w = w.try_borrow_mut().ok()?;
        w.broken = Some(why.to_owned());
        Some(std::mem::take(&mut w.promises))
    });
    for (_, refuse) in promises.unwrap_or_default().values() {
        let _ = refuse.call1(&JsValue::UNDEFINED, &Error::new(why));
    }
}

/// Puts `faultline` on the window; what it is asked goes to `ask`.
pub fn install(ask: &Callback<Question>) {
    let api = Object::new();
    let verb = |name: &str, verb: Verb| {
        let ask = ask.clone();
        let loads = name == "load";
        let run = Closure::<dyn FnMut(JsValue) -> Promise>::new(move |argument: JsValue| {
            // Read at once: it may change, and reading it may run a script (toJSON), which may ask, too.
            let given = Given::of(argument);
            promised(&ask, (verb, given), loads)
        });
        let _ = Reflect::set(&api, &name.into(), &run.into_js_value());
    };
    // Scripts keep to the speed that they set.
    verb("play", |app, _| {
        reduce(app, Action::Pace(Pace::Fixed));
        act(app, Action::Play)
    });
    verb("pause", |app, _| act(app, Action::Pause));
    verb("step", |app, n| counted(app, &n, Some(1.0), |n| Action::Step(n as u32)));
    verb("back", |app, n| counted(app, &n, Some(1.0), |n| Action::Back(n as u32)));
    verb("seek", |app, us| counted(app, &us, None, |us| Action::Seek(us as u64)));
    verb("fork", |app, _| act(app, Action::Fork));
    verb("edit", edit);
    verb("state", |app, _| state(app));
    verb("hash", |app, _| {
        let hash = app.open.as_ref().map(|o| o.run().get().hash_text());
        json::text(&hash)
    });
    verb("link", |app, _| match app.link() {
        Ok(hash) => text(&format!("{}{hash}", super::dom::base())),
        Err(refusal) => error(&refusal),
    });
    verb("load", load);
    if let Some(window) = super::dom::window() {
        let _ = Reflect::set(&window, &"faultline".into(), &api);
    }
}

/// Asks once what speaks with scripts is here, and what that `loads` needs, or they cannot be had; and promises the
/// answer.
fn promised(ask: &Callback<Question>, (verb, given): (Verb, Given), loads: bool) -> Promise {
    if let Some(why) = WAITING.with_borrow(|w| w.broken.clone()) {
        return Promise::reject(&Error::new(&why));
    }
    let mut ticket = 0;
    let promise = Promise::new(&mut |keep, refuse| {
        ticket = WAITING.with_borrow_mut(|w| {
            w.next = w.next.wrapping_add(1);
            w.promises.insert(w.next, (keep, refuse));
            w.next
        });
    });
    let question = Question { verb, given, ticket };
    if !loads && details::here().is_some() {
        ask.emit(question);
        return promise;
    }
    let ask = ask.clone();
    spawn_local(async move {
        // Where something cannot be had, the answer says so.
        details::fetch().await;
        if let (true, Some(json)) = (loads, &question.given.json) {
            let _ = parts::with_all(|| Origin::from_json(json)).await;
        }
        ask.emit(question);
    });
    promise
}

/// What a verb was given: it, and what it is as JSON text, if it is plain data.
struct Given {
    value: JsValue,
    json: Option<String>,
}

impl Given {
    fn of(value: JsValue) -> Self {
        let json = JSON::stringify(&value).ok();
        Given { json: json.and_then(|s| s.as_string()), value }
    }

    fn json(self) -> Result<String, Refusal> {
        let refusal = || Refusal::new("bad-argument", "the argument must be plain data");
        self.json.ok_or_else(refusal)
    }
}

/// The state of the page for a script.
fn state(app: &App) -> String {
    match details::here() {
        Some(details) => (details.state)(app),
        None => error(&Refusal::new("part-away", details::MISSING)),
    }
}

/// Does what `action` makes of a number from zero on; where none is given, of `usual`.
fn counted(app: &mut App, given: &Given, usual: Option<f64>, action: fn(f64) -> Action) -> String {
    let n = &given.value;
    let given = match n.is_undefined() {
        true => usual,
        false => n.as_f64(),
    };
    match given.filter(|n| *n >= 0.0) {
        Some(n) => act(app, action(n)),
        None => refuse(
            app,
            &Refusal::new(
                "bad-argument",
                "the argument must be a number, zero or more: events for step and back, \
                 microseconds for seek",
            ),
        ),
    }
}

fn text(s: &str) -> String {
    json::text(&s)
}

fn error(r: &Refusal) -> String {
    format!("{{\"error\":{}}}", json::text(r))
}

/// Says a refusal on the page, and answers with it.
fn refuse(app: &mut App, refusal: &Refusal) -> String {
    app.refuse(refusal);
    error(refusal)
}

/// Does `action`; answers with the state, or with what was refused.
fn act(app: &mut App, action: Action) -> String {
    app.error = None;
    reduce(app, action);
    state(app)
}

fn load(app: &mut App, given: Given) -> String {
    let done = may_replace(app)
        .and_then(|()| given.json())
        .and_then(|json| Origin::from_json(&json))
        .and_then(|origin| open(app, origin));
    match done {
        Ok(()) => {
            reduce(app, Action::Pause);
            "{\"ok\":true}".to_owned()
        }
        // What waits for a part was asked for when it could not be had.
        Err(Refusal { code, part: Some(part), .. }) => refuse(app, &Refusal::new(code, away::missing(part))),
        Err(refusal) => refuse(app, &refusal),
    }
}

fn edit(app: &mut App, given: Given) -> String {
    let fault = given.json().and_then(|json| words::fault(&json));
    match fault {
        Ok(fault) => {
            app.error = None;
            reduce(app, Action::Edit(fault));
            match &app.error {
                None => state(app),
                Some(message) => error(&Refusal::new(app.code, message.clone())),
            }
        }
        Err(refusal) => refuse(app, &refusal),
    }
}
