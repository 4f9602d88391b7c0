//! The program in a worker: it takes the one order that it was started with, and posts what comes of it.
//!
//! The rule that is easy to break: there is no document here, no page and no state. What it says is plain
//! data; [`super::study`] hears it on the other side.

use super::dialogs::lesson::LESSON;
use super::parts;
use crate::scenario::own;
use crate::view::study::{Labour, Order, Yield};
use js_sys::{Date, Float64Array, Object, Reflect, global};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::DedicatedWorkerGlobalScope as Scope;

/// Milliseconds of work before something is told, first and later on.
const FIRST_MS: f64 = 60.0;
const LATER_MS: f64 = 250.0;

/// Whether this is a worker of the page.
pub fn is_one() -> bool {
    global().is_instance_of::<Scope>()
}

/// Does what was ordered.
pub fn serve() {
    console_error_panic_hook::set_once();
    say(&[("started", &JsValue::TRUE)]);
    spawn_local(async {
        let order = Reflect::get(&global(), &"faultlineOrder".into());
        let order = order.ok().and_then(|o| o.as_string()).unwrap_or_default();
        if let Err(why) = work(&order).await {
            say(&[("failed", &why.into())]);
        }
    });
}

async fn work(text: &str) -> Result<(), String> {
    if let Some(lesson) = text.strip_prefix(LESSON) {
        let flaws = parts::with_all(|| own::flaws(lesson)).await.map_err(|r| r.message)?;
        // A line each.
        let flaws: Vec<_> = flaws.iter().map(|f| f.replace('\n', " ")).collect();
        say(&[("flaws", &flaws.join("\n").into())]);
        return Ok(());
    }
    let labour = parts::with_all(|| Order::read(text).and_then(Labour::new)).await;
    let mut labour = labour.map_err(|r| r.message)?;
    let mut stretch = FIRST_MS;
    loop {
        let (mut found, end) = (Yield::default(), Date::now() + stretch);
        let done = labour.work(&mut found, &mut || Date::now() >= end);
        let done = done.map_err(|r| r.message)?;
        let values = Float64Array::from(&found.values[..]);
        say(&[("values", values.as_ref()), ("hindered", &found.hindered.into())]);
        if done {
            return Ok(());
        }
        stretch = LATER_MS;
    }
}

/// Posts an object with these fields to the page.
fn say(fields: &[(&str, &JsValue)]) {
    let object = Object::new();
    for (name, value) in fields {
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    let scope: Scope = global().unchecked_into();
    let _ = scope.post_message(&object);
}
