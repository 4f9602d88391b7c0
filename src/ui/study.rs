//! The study that the state asks for, put to work: in a worker, or between frames where there is none.
//!
//! The rule that is easy to break: this follows the state and decides nothing. A study that the state no
//! longer runs is called off, and what still comes of it is sent with its number, so that nobody hears it.

use super::hire::{self, Hired};
use super::{dom, parts};
use crate::view::study::{Labour, News, Order, Study, Yield};
use crate::view::{Action, App};
use gloo_timers::callback::Timeout;
use js_sys::{Float64Array, Promise, Reflect};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use yew::Callback;

/// Milliseconds of work between two frames.
const BUDGET_MS: f64 = 6.0;
/// Milliseconds between two times that something of it is told.
const TELL_MS: f64 = 250.0;
/// What is said where the program breaks in its worker: in the page it would break as well.
const BROKE: &str = "The program stopped in its worker. The page goes on, and what was computed is kept.";

/// Whoever works now.
struct Desk {
    /// The number of the study.
    number: u32,
    /// It ends with the desk.
    _worker: Option<Hired>,
}

thread_local! {
    static DESK: RefCell<Option<Desk>> = const { RefCell::new(None) };
}

/// Lets happen what the state asks for.
pub fn follow(app: &App, on: &Callback<Action>) {
    let wanted = app.study.as_ref().filter(|s| s.is_running());
    let at_work = DESK.with_borrow(|d| d.as_ref().map(|d| d.number));
    if at_work == wanted.map(|s| s.number) {
        return;
    }
    drop(DESK.take());
    if let Some(study) = wanted {
        begin(study, on);
    }
}

fn begin(study: &Study, on: &Callback<Action>) {
    let number = study.number;
    let job = Rc::new(Job {
        number,
        order: study.order.clone(),
        sink: on.reform(move |news| Action::Measured(number, news)),
        started: Cell::new(false),
        in_worker: Cell::new(true),
    });
    let worker = hire(&job);
    let none = worker.is_none();
    DESK.set(Some(Desk { number, _worker: worker }));
    if none {
        job.between_frames();
    }
}

/// A study at work.
struct Job {
    number: u32,
    order: Order,
    sink: Callback<News>,
    /// The worker's program has begun.
    started: Cell<bool>,
    in_worker: Cell<bool>,
}

impl Job {
    /// Hears what the worker posts.
    fn hear(self: &Rc<Self>, data: &JsValue) {
        let field = |name: &str| Reflect::get(data, &name.into()).unwrap_or_default();
        if field("started").is_truthy() {
            self.started.set(true);
        } else if let Some(why) = field("failed").as_string() {
            self.sink.emit(News::Failed(crate::view::app::sentence(&why)));
        } else if field("lost").is_string() {
            self.between_frames();
        } else if let Ok(values) = field("values").dyn_into::<Float64Array>() {
            self.sink.emit(News::Found(Yield {
                values: values.to_vec(),
                hindered: field("hindered").as_f64().unwrap_or(0.0) as u32,
            }));
        }
    }

    /// The worker could not be started, or broke.
    fn trouble(self: &Rc<Self>) {
        match self.started.get() {
            true => self.sink.emit(News::Failed(BROKE.to_owned())),
            false => self.between_frames(),
        }
    }

    /// Works here, a few milliseconds at a time.
    fn between_frames(self: &Rc<Self>) {
        if !self.in_worker.replace(false) {
            return;
        }
        let job = self.clone();
        spawn_local(async move {
            job.sink.emit(News::NoWorker);
            if let Err(why) = job.work().await {
                job.sink.emit(News::Failed(crate::view::app::sentence(&why)));
            }
        });
    }

    async fn work(&self) -> Result<(), String> {
        let labour = parts::with_all(|| Labour::new(self.order.clone())).await;
        let mut labour = labour.map_err(|r| r.message)?;
        let (mut found, mut told) = (Yield::default(), dom::now_ms());
        loop {
            pause().await;
            if DESK.with_borrow(|d| d.as_ref().is_none_or(|d| d.number != self.number)) {
                return Ok(());
            }
            let end = dom::now_ms() + BUDGET_MS;
            let done = labour.work(&mut found, &mut || dom::now_ms() >= end);
            let done = done.map_err(|r| r.message)?;
            if done || dom::now_ms() - told >= TELL_MS {
                told = dom::now_ms();
                self.sink.emit(News::Found(std::mem::take(&mut found)));
            }
            if done {
                return Ok(());
            }
        }
    }
}

/// A worker at work on `job`; `None` where the browser starts none.
fn hire(job: &Rc<Job>) -> Option<Hired> {
    let (hears, fails) = (job.clone(), job.clone());
    hire::hire(&job.order.text().ok()?, move |data| hears.hear(data), move || fails.trouble())
}

/// Until the browser has done what else waits.
async fn pause() {
    let promise = Promise::new(&mut |done, _| {
        let done = move || {
            let _ = done.call0(&JsValue::NULL);
        };
        Timeout::new(0, done).forget();
    });
    let _ = JsFuture::from(promise).await;
}
