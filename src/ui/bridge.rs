//! `window.faultline`: the page for scripts. Every verb answers with a promise of plain data.
//!
//! The rule that is easy to break: a verb sends the same action as the button does. It can do
//! nothing that a hand cannot, runs no code it is given, and never throws: it answers.

use super::chapters;
use crate::sim::{Refusal, json};
use crate::view::reduce::{may_replace, open, reduce};
use crate::view::scene::Scene;
use crate::view::{Action, App, away};
use js_sys::{JSON, Object, Promise, Reflect};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;
use yew::Callback;

type Shared = Rc<RefCell<App>>;

/// Puts `faultline` on the window.
pub fn install(app: Shared, redraw: Callback<()>) {
    let api = Object::new();
    let verb = |name: &str, answer: fn(&mut App, Given) -> String| {
        let (app, redraw) = (app.clone(), redraw.clone());
        let run = Closure::<dyn FnMut(JsValue) -> Promise>::new(move |argument: JsValue| {
            // Reading it may run a script (toJSON), which may ask for the state: the state is free yet.
            let given = Given::of(argument);
            let json = answer(&mut app.borrow_mut(), given);
            redraw.emit(());
            Promise::resolve(&parsed(&json))
        });
        let _ = Reflect::set(&api, &name.into(), &run.into_js_value());
    };
    verb("play", |app, _| act(app, Action::Play));
    verb("pause", |app, _| act(app, Action::Pause));
    verb("step", |app, n| {
        counted(app, &n, Some(1.0), |n| Action::Step(n as u32))
    });
    verb("back", |app, n| {
        counted(app, &n, Some(1.0), |n| Action::Back(n as u32))
    });
    verb("seek", |app, us| {
        counted(app, &us, None, |us| Action::Seek(us as u64))
    });
    verb("fork", |app, _| act(app, Action::Fork));
    verb("edit", edit);
    verb("state", |app, _| app.state_json());
    verb("hash", |app, _| {
        let hash = app.open.as_ref().map(|o| o.run().get().hash_text());
        json::text(&hash)
    });
    verb("link", |app, _| match app.link() {
        Ok(hash) => text(&format!("{}{hash}", super::dom::base())),
        Err(refusal) => error(&refusal),
    });
    let _ = Reflect::set(&api, &"load".into(), &load_verb(app, redraw));
    if let Some(window) = super::dom::window() {
        let _ = Reflect::set(&window, &"faultline".into(), &api);
    }
}

/// What a verb was given: it, and what it is as JSON text, if it is plain data.
struct Given {
    value: JsValue,
    json: Option<String>,
}

impl Given {
    fn of(value: JsValue) -> Self {
        let json = JSON::stringify(&value).ok();
        Given {
            json: json.and_then(|s| s.as_string()),
            value,
        }
    }

    fn json(self) -> Result<String, Refusal> {
        let refusal = || Refusal::new("bad-argument", "the argument must be plain data");
        self.json.ok_or_else(refusal)
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

fn parsed(json: &str) -> JsValue {
    JSON::parse(json).unwrap_or(JsValue::NULL)
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
    app.state_json()
}

/// `load`: at once where the chapter is here, else when it has come.
fn load_verb(app: Shared, redraw: Callback<()>) -> JsValue {
    let run = Closure::<dyn FnMut(JsValue) -> Promise>::new(move |argument: JsValue| {
        let json = Given::of(argument).json();
        let done = load(&mut app.borrow_mut(), &json);
        let (app, redraw, waiting) = (app.clone(), redraw.clone(), app.clone());
        let answer = move |done: Result<String, Refusal>| {
            let json = done.unwrap_or_else(|r| refuse(&mut app.borrow_mut(), &r));
            redraw.emit(());
            parsed(&json)
        };
        match done {
            Err(Refusal {
                chapter: Some(chapter),
                ..
            }) => future_to_promise(async move {
                chapters::fetch(chapter).await;
                let done = load(&mut waiting.borrow_mut(), &json);
                Ok(answer(done.map_err(|r| match r.chapter {
                    Some(chapter) => Refusal::new(r.code, away::missing(chapter)),
                    None => r,
                })))
            }),
            done => Promise::resolve(&answer(done)),
        }
    });
    run.into_js_value()
}

/// Opens what `json` describes.
fn load(app: &mut App, json: &Result<String, Refusal>) -> Result<String, Refusal> {
    may_replace(app)?;
    let json = json.as_ref().map_err(Clone::clone)?;
    open(app, Scene::from_json(json)?)?;
    reduce(app, Action::Pause);
    Ok("{\"ok\":true}".to_owned())
}

fn edit(app: &mut App, given: Given) -> String {
    let fault = given.json().and_then(|json| Scene::fault_from_json(&json));
    match fault {
        Ok(fault) => {
            app.error = None;
            reduce(app, Action::Edit(fault));
            match &app.error {
                None => app.state_json(),
                Some(message) => error(&Refusal::new(app.code, message.clone())),
            }
        }
        Err(refusal) => refuse(app, &refusal),
    }
}
