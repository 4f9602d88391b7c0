//! Which tab this is, and which others live. A tab keeps its name over a reload; as long as it lives it
//! holds a lock of that name, which the browser lets go of when the tab is closed or breaks.
//!
//! The rule that is easy to break: a tab that was duplicated has the name of the one it was made of. Who
//! cannot have the lock of its name takes another.

use super::dom;
use crate::view::tabs::is_tab;
use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Storage;

/// Under this the browser keeps a tab's name, for that tab alone; and locks of tabs begin with it.
const NAME: &str = "faultline.tab";
/// So long a reloaded page waits for the page that it was to let go of its lock.
const PATIENCE_MS: u32 = 500;

/// This tab.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tab {
    /// Its name.
    pub id: String,
    /// The names of the tabs that live, as far as is known.
    pub living: Vec<String>,
}

fn session() -> Option<Storage> {
    dom::window()?.session_storage().ok()?
}

/// The name that this tab had before.
pub fn remembered() -> Option<String> {
    let name = session()?.get_item(NAME).ok()??;
    is_tab(&name).then_some(name)
}

/// Gives this tab its name, and looks who else lives.
pub async fn enter() -> Tab {
    let mut id = remembered().unwrap_or_else(new_name);
    if hold(&id).await == Some(false) {
        id = new_name();
        hold(&id).await;
    }
    if let Some(session) = session() {
        let _ = session.set_item(NAME, &id);
    }
    let living = living().await;
    Tab { id, living }
}

fn new_name() -> String {
    let word = || (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
    format!("{:08x}{:08x}", word(), word())
}

/// The browser's locks. There are none in a page that did not come safely (http), or in old browsers:
/// there each tab still has records of its own, and only takes others for gone.
fn locks() -> Option<JsValue> {
    let navigator = dom::window()?.navigator();
    let locks = Reflect::get(&navigator, &"locks".into()).ok()?;
    locks.is_object().then_some(locks)
}

fn method(of: &JsValue, name: &str) -> Option<Function> {
    Reflect::get(of, &name.into()).ok()?.dyn_into().ok()
}

/// Takes the lock of the name `id` for as long as the page lives: `Some(false)` if another one has it,
/// nothing if that cannot be known.
async fn hold(id: &str) -> Option<bool> {
    let locks = locks()?;
    let request = method(&locks, "request")?;
    let options = Object::new();
    let signals = Reflect::get(&js_sys::global(), &"AbortSignal".into()).ok()?;
    let patience = JsValue::from(PATIENCE_MS);
    let signal = method(&signals, "timeout")?.call1(&signals, &patience).ok()?;
    Reflect::set(&options, &"signal".into(), &signal).ok()?;
    let mut grant = None;
    let granted = Promise::new(&mut |resolve, _| grant = Some(resolve));
    let grant = grant?;
    let given = Closure::once_into_js(move |_: JsValue| {
        let _ = grant.call0(&JsValue::NULL);
        // Held until this is done, which it never is.
        Promise::new(&mut |_, _| {})
    });
    let name = format!("{NAME}.{id}").into();
    let asked = request.call3(&locks, &name, &options, &given).ok()?;
    let first = Promise::race(&Array::of2(&granted, &asked));
    match JsFuture::from(first).await {
        Ok(_) => Some(true),
        Err(why) => {
            let name = Reflect::get(&why, &"name".into()).ok()?.as_string()?;
            matches!(&*name, "TimeoutError" | "AbortError").then_some(false)
        }
    }
}

/// The names of the tabs that live, as far as the browser tells.
pub async fn living() -> Vec<String> {
    held().await.unwrap_or_default()
}

async fn held() -> Option<Vec<String>> {
    let locks = locks()?;
    let asked = method(&locks, "query")?.call0(&locks).ok()?;
    let state = JsFuture::from(asked.dyn_into::<Promise>().ok()?).await.ok()?;
    let held: Array = Reflect::get(&state, &"held".into()).ok()?.dyn_into().ok()?;
    let names = held.iter().filter_map(|lock| {
        let name = Reflect::get(&lock, &"name".into()).ok()?.as_string()?;
        let tab = name.strip_prefix(NAME)?.strip_prefix('.')?;
        Some(tab.to_owned())
    });
    Some(names.collect())
}
