//! The small parts that panels are made of: a slider with its number, a switch, a button; a word in the place of what is
//! on its way.
//!
//! The rule that is easy to break: a slider that is being dragged shows its own value and tells
//! the run once, on release; sixty edits a second would fill the list of edits with noise.

use super::dom;
use crate::view::Action;
use crate::view::settings::{Row, TRAVEL, number_text};
use crate::view::svg::px;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// The value of the input that `e` came from; zero-length if it is none.
pub fn text_of(e: &Event) -> String {
    e.target_dyn_into::<HtmlInputElement>().map(|i| i.value()).unwrap_or_default()
}

/// What the field called `field` (its `data-field`) is to show: `value`, or while it has the focus what stands
/// in it, for every redraw would take back what is being typed. fields.rs lets go of it.
pub fn held(field: &str, value: &str) -> String {
    match dom::active() {
        Some(input) if input.get_attribute("data-field").as_deref() == Some(field) => {
            input.unchecked_into::<HtmlInputElement>().value()
        }
        _ => value.to_owned(),
    }
}

/// The number in the input that `e` came from, if it is one.
fn number_of(e: &Event) -> Option<f64> {
    let number = e.target_dyn_into::<HtmlInputElement>()?.value_as_number();
    number.is_finite().then_some(number)
}

/// `on` for an event that may mean nothing.
pub fn maybe<E: 'static, A: 'static>(
    on: &Callback<A>,
    meaning: impl Fn(E) -> Option<A> + 'static,
) -> Callback<E> {
    let on = on.clone();
    Callback::from(move |e| {
        if let Some(action) = meaning(e) {
            on.emit(action);
        }
    })
}

/// See [`SliderRow`].
#[derive(Clone, PartialEq, Properties)]
pub struct SliderProps {
    /// What it shows; the key is the caller's business.
    pub row: Row<()>,
    /// Called with the new value, in the row's unit.
    pub on_change: Callback<f64>,
    /// Greyed out.
    #[prop_or_default]
    pub disabled: bool,
}

/// A row of an editor: name, slider, number, unit.
#[component]
pub fn SliderRow(props: &SliderProps) -> Html {
    let row = props.row;
    let dragged = use_state(|| None::<f64>);
    let value = dragged.unwrap_or(row.value);
    let oninput = {
        let dragged = dragged.clone();
        move |e: InputEvent| {
            let place = e.target_dyn_into::<HtmlInputElement>().map(|i| i.value_as_number());
            dragged.set(place.map(|p| row.at(p)));
        }
    };
    let onchange = {
        let (dragged, on) = (dragged.clone(), props.on_change.clone());
        move |e: Event| {
            dragged.set(None);
            if let Some(place) = number_of(&e) {
                on.emit(row.at(place));
            }
        }
    };
    let typed = {
        let on = props.on_change.clone();
        move |e: Event| {
            if let Some(value) = number_of(&e) {
                on.emit(value);
            }
        }
    };
    // Without a limit there is no number to read.
    let unset = value == 0.0 && !row.zero.is_empty();
    let shown = if unset { String::new() } else { number_text(value) };
    let spoken = match unset {
        true => row.zero.to_owned(),
        false => format!("{shown} {}", row.unit),
    };
    html! {
        <div class="row" title={if value == 0.0 { row.zero } else { "" }}>
            <span class="name">{ row.label }</span>
            <input type="range" min="0" max={px(TRAVEL)} value={px(row.place(value))}
                aria-label={row.label} aria-valuetext={spoken} disabled={props.disabled} {oninput} {onchange} />
            <span class="value">
                <input type="number" step="any" value={held(row.label, &shown)} data-field={row.label} data-is={shown} aria-label={format!("{}, number", row.label)}
                    disabled={props.disabled} onchange={typed} />
                <span class="unit">{ if unset { row.zero } else { row.unit } }</span>
            </span>
        </div>
    }
}

/// A slider row for a keyed row: `on` is called with the key and the new value.
pub fn slider<K: Copy + 'static>(row: Row<K>, on: &Callback<(K, f64)>) -> Html {
    let key = row.key;
    let on_change = on.reform(move |v| (key, v));
    html! { <SliderRow key={row.label} row={row.plain()} {on_change} /> }
}

/// A check box with its name.
pub fn switch(label: &str, on: bool, change: Callback<bool>) -> Html {
    let onchange = change.reform(move |_: Event| !on);
    html! {
        <label class="switch"><input type="checkbox" checked={on} {onchange} />{ label }</label>
    }
}

/// A small button.
pub fn button(label: &str, class: &'static str, on: Callback<()>) -> Html {
    let onclick = on.reform(|_: MouseEvent| ());
    html! { <button type="button" class={classes!("btn", "small", class)} {onclick}>{ label }</button> }
}

/// A button that is on or off.
pub fn choice(label: &str, pressed: bool, on: Callback<()>) -> Html {
    let onclick = on.reform(|_: MouseEvent| ());
    html! {
        <button type="button" class="btn small" aria-pressed={pressed.to_string()} {onclick}>{ label }</button>
    }
}

/// What is said of a part that is on its way; after a while, what can be done if it does not come (panels.css).
pub fn coming(text: &str, testid: Option<&'static str>, on: &Callback<Action>) -> Html {
    html! {
        <div class="coming quiet" data-testid={testid}>
            <p>{ text }</p>
            <p class="late">{ "It takes long. Look whether there is a network. " }{ reload(on) }</p>
        </div>
    }
}

/// Loads the page again, at the run as it stands.
pub fn reload(on: &Callback<Action>) -> Html {
    let onclick = on.reform(|_: MouseEvent| {
        dom::reload();
        // Its address is written once time stands.
        Action::Pause
    });
    html! { <button type="button" class="btn small" data-testid="reload" {onclick}>{ "Load the page again" }</button> }
}
