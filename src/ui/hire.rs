//! Workers: the program once more, in a thread of its own, for one order.
//!
//! The rule that is easy to break: who lets go of one ends it, and what still comes of it is not heard.

use super::dom;
use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{Event, MessageEvent, Worker, WorkerOptions, WorkerType};

/// What the worker calls.
type Ear = Closure<dyn FnMut(Event)>;

/// A worker at work.
pub struct Hired {
    worker: Worker,
    _ears: [Ear; 2],
}

impl Drop for Hired {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

/// A worker at work on `order`, which tells `hear` what it posts and `fails` that it could not be started, or broke; `None` where
/// the browser starts none. A page without an origin (a frame with `sandbox="allow-scripts"` alone) may not: to a browser no
/// script is of its own origin.
pub fn hire(
    order: &str,
    mut hear: impl FnMut(&JsValue) + 'static,
    mut fails: impl FnMut() + 'static,
) -> Option<Hired> {
    if dom::window()?.origin() == "null" {
        return None;
    }
    let module = address("boot-module")?;
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    // Of the same version as the module beside it.
    let script = module.replace("faultline.js", "worker.js");
    let worker = Worker::new_with_options(&script, &options).ok()?;
    let message = Ear::new(move |e: Event| {
        if let Some(e) = e.dyn_ref::<MessageEvent>() {
            hear(&e.data());
        }
    });
    let error = Ear::new(move |e: Event| {
        e.prevent_default();
        fails();
    });
    worker.set_onmessage(Some(message.as_ref().unchecked_ref()));
    worker.set_onerror(Some(error.as_ref().unchecked_ref()));
    let hired = Hired { worker, _ears: [message, error] };
    let all = Object::new();
    for (name, value) in [("module", &*module), ("program", &address("boot-wasm")?), ("order", order)] {
        let _ = Reflect::set(&all, &name.into(), &value.into());
    }
    hired.worker.post_message(&all).ok()?;
    Some(hired)
}

/// What a link of the page's head leads to.
fn address(id: &str) -> Option<String> {
    let link = dom::document()?.get_element_by_id(id)?;
    Reflect::get(&link, &"href".into()).ok()?.as_string()
}
