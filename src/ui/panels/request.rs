//! What a node may be asked, as its protocol's own forms.
//!
//! The rule that is easy to break: what is sent is the form's text, as links and scripts carry it; whether
//! it is understood, the engine says. What is typed stays typed while time runs.

use crate::sim::form::{FieldKind, Form, FormField};
use crate::sim::world::World;
use crate::sim::{Fault, NodeId};
use crate::ui::controls::button;
use crate::view::Action;
use crate::view::assumptions::capital;
use std::rc::Rc;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// The forms of `node`: those without fields are buttons in a row.
pub fn forms(world: &World, node: NodeId, on: &Callback<Action>) -> Html {
    let forms = world.requests(node);
    if forms.is_empty() {
        return html! {};
    }
    let send = move |on: &Callback<Action>, request: String| {
        on.emit(Action::Edit(Fault::Request { node, request }));
    };
    let bare = |form: &'static Form| {
        let on = on.clone();
        button(form.label, "", Callback::from(move |()| send(&on, form.id.to_owned())))
    };
    let names: Rc<Vec<String>> = Rc::new(world.node_ids().map(|n| world.name(n).to_owned()).collect());
    let (plain, filled): (Vec<_>, Vec<_>) = forms.iter().partition(|f| f.fields.is_empty());
    html! {
        <section class="stack requests" aria-label={format!("Ask {}", world.name(node))} data-testid="requests">
            <h2>{ format!("Ask {}", world.name(node)) }</h2>
            if !plain.is_empty() { <div class="acts">{ for plain.into_iter().map(bare) }</div> }
            { for filled.into_iter().map(|form| html! {
                <Filled key={format!("{node} {}", form.id)} {node} {form} names={names.clone()} on_action={on.clone()} />
            }) }
        </section>
    }
}

/// See [`Filled`].
#[derive(Clone, PartialEq, Properties)]
struct FilledProps {
    node: NodeId,
    form: &'static Form,
    /// The names of all nodes.
    names: Rc<Vec<String>>,
    on_action: Callback<Action>,
}

/// A form with fields, and what was filled in so far.
#[component]
fn Filled(props: &FilledProps) -> Html {
    let FilledProps { node, form, names, .. } = props.clone();
    let answers = use_state(|| {
        let first = form.fields.iter().map(|f| f.kind.default_text());
        first.collect::<Vec<String>>()
    });
    let onsubmit = {
        let (answers, on) = (answers.clone(), props.on_action.clone());
        Callback::from(move |e: SubmitEvent| {
            e.prevent_default();
            let request = format!("{} {}", form.id, answers.join(" "));
            on.emit(Action::Edit(Fault::Request { node, request }));
        })
    };
    let change = |i: usize| {
        let answers = answers.clone();
        Callback::from(move |text: String| {
            let mut next = (*answers).clone();
            next[i] = text.trim().to_owned();
            answers.set(next);
        })
    };
    let line = |(i, f): (usize, &FormField)| {
        let id = format!("ask-{node}-{}-{i}", form.id);
        html! {
            <>
            <label for={id.clone()}>{ capital(f.label.trim_start_matches("the ")) }</label>
            { field(id, f.kind, &answers[i], &names, change(i)) }
            </>
        }
    };
    // What is out of range the engine refuses, in a sentence that says what would do.
    html! {
        <form class="request" novalidate=true {onsubmit} data-testid={format!("ask-{}", form.id)}>
            <div class="request-fields">{ for form.fields.iter().enumerate().map(line) }</div>
            <button type="submit" class="btn small">{ form.label }</button>
        </form>
    }
}

/// The control of one field.
fn field(id: String, kind: FieldKind, now: &str, names: &[String], change: Callback<String>) -> Html {
    let typed = change.reform(|e: InputEvent| {
        let input = e.target_dyn_into::<HtmlInputElement>();
        input.map_or_else(String::new, |i| i.value())
    });
    let chosen = change.reform(|e: Event| {
        let select = e.target_dyn_into::<HtmlSelectElement>();
        select.map_or_else(String::new, |s| s.value())
    });
    let option = |(value, text): (String, &str)| {
        let selected = value == now;
        html! { <option key={value.clone()} {selected} {value}>{ text }</option> }
    };
    match kind {
        FieldKind::Letter { .. } => html! {
            <input {id} type="text" maxlength="1" autocapitalize="none" autocomplete="off" spellcheck="false" value={now.to_owned()} oninput={typed} />
        },
        FieldKind::Int { min, max, .. } => html! {
            <input {id} type="number" step="1" min={min.to_string()} max={max.to_string()} value={now.to_owned()} oninput={typed} />
        },
        FieldKind::Node => {
            let all = names.iter().enumerate();
            html! { <select {id} onchange={chosen}>{ for all.map(|(i, n)| option((i.to_string(), n.as_str()))) }</select> }
        }
        FieldKind::Word(words) => html! {
            <select {id} onchange={chosen}>{ for words.iter().map(|w| option(((*w).to_owned(), w))) }</select>
        },
    }
}
