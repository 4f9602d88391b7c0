//! The row of the history under the transport: steps from message to message and from change to change,
//! undo and redo, and the futures as a small tree with names.
//!
//! The rule that is easy to break: what a button says it walks over is what it walks over. Its words are
//! made of the selection that the walk will read.

use super::compare::Chooser;
use super::controls::{held, maybe};
use super::dom;
use super::icons::{BACK, CLOSE, PENCIL, REDO, STEP, UNDO, icon};
use crate::sim::limits;
use crate::view::differences::Asked;
use crate::view::future::Branch;
use crate::view::open::Open;
use crate::view::player::time_text;
use crate::view::walk::{Aim, Stride};
use crate::view::{Action, App, Selection, words};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement};
use yew::prelude::*;

/// The row of the history.
pub fn history(app: &App, open: &Open, on: &Callback<Action>) -> Html {
    let run = open.run().get();
    let can = run.can_undo_redo();
    let lock = app.look.lock;
    let world = run.world();
    let name = |n| words::name(world, n);
    let messages = match app.selection {
        Selection::None => "Any message".to_owned(),
        Selection::Node(n) => format!("Message of {}", name(n)),
        Selection::Link(a, b) => format!("Message {} \u{2192} {}", name(a), name(b)),
        Selection::Message(_) => "This message".to_owned(),
        Selection::Event(_) => "Message of the event".to_owned(),
    };
    let changes = match Aim::Change.stride(&run, app.selection) {
        Some(Stride::Change(n)) => format!("Change of {}", name(n)),
        _ => "Change of a node".to_owned(),
    };
    let act = |label: &'static str, testid: &'static str, sign, able: bool, action: Action| {
        let onclick = maybe(on, move |_: MouseEvent| able.then(|| action.clone()));
        // Not `disabled`, which would take the focus from whoever has just pressed it.
        html! {
            <button type="button" class="btn icon small bare" aria-label={label} title={label} data-testid={testid}
                aria-disabled={(!able).to_string()} {onclick}>{ icon(sign) }</button>
        }
    };
    let close = on.reform(|_: MouseEvent| {
        dom::focus("history");
        Action::History(false)
    });
    html! {
        <div class="history" data-testid="history" role="group" aria-label="History">
            <div class="walks">
                { walks("message", Aim::Message, messages, on) }
                { walks("change", Aim::Change, changes, on) }
                <span class="acts">
                    { act("Undo the last edit", "history-undo", UNDO, can.0 && !lock, Action::Undo) }
                    { act("Redo it", "history-redo", REDO, can.1 && !lock, Action::Redo) }
                </span>
                <Chooser asked={Asked::of(open)} {lock} on_action={on.clone()} />
                <button type="button" class="btn icon small bare" aria-label="Close the history" onclick={close}>{ icon(CLOSE) }</button>
            </div>
            <Tree branches={standing(open.tree())} {lock} on_action={on.clone()} />
        </div>
    }
}

/// The tree without where each future is by now, which it does not show: so it is drawn anew when
/// something has happened to it, and not for every frame.
fn standing(mut branches: Vec<Branch>) -> Vec<Branch> {
    branches.iter_mut().for_each(|b| b.time_us = 0);
    branches
}

/// Two buttons, back and on, around what they walk over.
fn walks(id: &'static str, aim: Aim, what: String, on: &Callback<Action>) -> Html {
    let go = |back: bool| {
        let onclick = on.reform(move |_: MouseEvent| Action::Go(aim, back));
        let (way, sign) = match back {
            true => ("Previous", BACK),
            false => ("Next", STEP),
        };
        let label = format!("{way}: {}", words::lower(&what));
        html! {
            <button type="button" class="btn icon small bare" title={label.clone()} aria-label={label}
                data-testid={format!("{}-{id}", words::lower(way))} {onclick}>{ icon(sign) }</button>
        }
    };
    html! { <span class="walk">{ go(true) }<span>{ &what }</span>{ go(false) }</span> }
}

/// See [`Tree`].
#[derive(Clone, PartialEq, Properties)]
struct TreeProps {
    branches: Vec<Branch>,
    lock: bool,
    on_action: Callback<Action>,
}

/// The futures, each under the one from which it was forked. Arrows move between them, Enter shows one,
/// F2 names it, Delete asks whether to remove it.
#[component]
fn Tree(props: &TreeProps) -> Html {
    let naming = use_state(|| None::<usize>);
    let on = &props.on_action;
    let field = use_node_ref();
    let named = use_mut_ref(|| None::<usize>);
    {
        let field = field.clone();
        use_effect_with(*naming, move |now| {
            if let Some(input) = field.cast::<HtmlInputElement>() {
                let _ = input.focus();
                input.select();
            }
            // Named or not: the focus is where it was before.
            if let (None, Some(i)) = (*now, named.replace(*now)) {
                dom::focus(&format!("future-{i}"));
            }
        });
    }
    let tree = use_node_ref();
    let shown = props.branches.iter().find(|b| b.shown).map(|b| b.future);
    {
        let tree = tree.clone();
        use_effect_with((shown, props.branches.len()), move |_| reveal(&tree));
    }
    let asked = use_state(|| None::<usize>);
    use_effect_with(props.branches.len(), {
        let asked = asked.clone();
        move |_| {
            // One was removed: the focus, which was on its button, goes to the one that is shown.
            if let (Some(_), Some(i)) = (*asked, shown) {
                asked.set(None);
                dom::focus(&format!("future-{i}"));
            }
        }
    });
    let may_go = props.branches.len() > 1 && !props.lock;
    let branch = |b: &Branch| {
        let (i, naming) = (b.future, naming.clone());
        let name = match *naming == Some(i) {
            true => name_field(b, &field, &naming, on),
            false => html! { <>
                { choose(b, &naming, may_go.then_some(&asked), on) }
                if may_go { { remove(b, &asked, on) } }
            </> },
        };
        html! { <li key={i} class={DEPTHS[b.depth.min(DEPTHS.len() - 1)]}>{ name }</li> }
    };
    html! {
        <ul class="tree" ref={tree} aria-label="Futures" data-testid="futures" onkeydown={arrows}>
            { for props.branches.iter().map(branch) }
        </ul>
    }
}

/// Brings the future that is shown into sight, moving the tree alone and not the page.
fn reveal(tree: &NodeRef) {
    let Some(tree) = tree.cast::<Element>() else {
        return;
    };
    if let Ok(Some(shown)) = tree.query_selector("[aria-current]") {
        let (all, one) = (tree.get_bounding_client_rect(), shown.get_bounding_client_rect());
        let below = (one.bottom() - all.bottom()).max(0.0).ceil();
        let out = below + (one.top() - all.top()).min(0.0).floor();
        tree.set_scroll_top(tree.scroll_top() + out as i32);
    }
}

/// How far a branch is set in: by class, because the page's policy forbids style attributes.
const DEPTHS: [&str; 5] = ["deep-0", "deep-1", "deep-2", "deep-3", "deep-4"];

/// Removes a future: asks first, for nothing brings it back.
fn remove(b: &Branch, asked: &UseStateHandle<Option<usize>>, on: &Callback<Action>) -> Html {
    let i = b.future;
    let sure = **asked == Some(i);
    let onclick = {
        let (asked, on) = (asked.clone(), on.clone());
        Callback::from(move |_: MouseEvent| match sure {
            true => on.emit(Action::Remove(i)),
            false => asked.set(Some(i)),
        })
    };
    let forget = |asked: &UseStateHandle<Option<usize>>| {
        let asked = asked.clone();
        move || asked.set(None)
    };
    let left = forget(asked);
    let onblur = Callback::from(move |_: FocusEvent| left());
    let put_off = forget(asked);
    let onkeydown = Callback::from(move |e: KeyboardEvent| {
        if sure && e.key() == "Escape" {
            e.stop_propagation();
            put_off();
        }
    });
    let label = match sure {
        true => format!("Remove future {}, for good", b.name),
        false => format!("Remove future {}", b.name),
    };
    html! {
        <button type="button" id={format!("remove-{i}")} class={if sure { "btn small danger" } else { "btn icon small bare" }}
            aria-label={label} title="Remove" data-testid={format!("remove-{i}")} {onclick} {onblur} {onkeydown}>
            if sure { { "Remove for good" } } else { { icon(CLOSE) } }</button>
    }
}

/// A future by its name, and the pencil.
fn choose(
    b: &Branch,
    naming: &UseStateHandle<Option<usize>>,
    asked: Option<&UseStateHandle<Option<usize>>>,
    on: &Callback<Action>,
) -> Html {
    let i = b.future;
    let show = on.reform(move |_: MouseEvent| Action::Future(i));
    let rename = {
        let naming = naming.clone();
        Callback::from(move |_: MouseEvent| naming.set(Some(i)))
    };
    let by_key = {
        let (naming, asked) = (naming.clone(), asked.cloned());
        Callback::from(move |e: KeyboardEvent| match (e.key().as_str(), &asked) {
            ("F2", _) => {
                e.prevent_default();
                naming.set(Some(i));
            }
            ("Delete", Some(asked)) => {
                asked.set(Some(i));
                dom::focus(&format!("remove-{i}"));
            }
            _ => {}
        })
    };
    let from = match b.parent {
        None => "the first".to_owned(),
        Some(_) if b.parted_events == 0 => "begun anew".to_owned(),
        Some(_) => format!("from {}", time_text(b.parted_us)),
    };
    let edits = match b.edits {
        0 => String::new(),
        1 => ", 1 edit".to_owned(),
        n => format!(", {n} edits"),
    };
    html! {
        <>
        <button type="button" class="branch" id={format!("future-{i}")} aria-current={b.shown.then_some("true")} data-testid={format!("future-{i}")}
            onclick={show} onkeydown={by_key}>
            <span class="unseen">{ "Future " }</span><b>{ &b.name }</b><span class="quiet">{ format!(" {from}{edits}") }</span>
            if b.shown { <span class="unseen">{ ", shown" }</span> }
        </button>
        <button type="button" class="btn icon small bare" aria-label={format!("Rename future {}", b.name)} title="Rename"
            data-testid={format!("rename-{i}")} onclick={rename}>{ icon(PENCIL) }</button>
        </>
    }
}

/// The field in which a future gets its name: Enter or leaving it takes the name, Esc leaves the old one.
fn name_field(
    b: &Branch,
    field: &NodeRef,
    naming: &UseStateHandle<Option<usize>>,
    on: &Callback<Action>,
) -> Html {
    let (i, old) = (b.future, b.name.clone());
    let take = {
        let (naming, on) = (naming.clone(), on.clone());
        Callback::from(move |e: Event| {
            naming.set(None);
            let input = e.target_dyn_into::<HtmlInputElement>();
            if let Some(name) = input.map(|i| i.value()).filter(|name| *name != old) {
                on.emit(Action::Rename(i, name));
            }
        })
    };
    let onkeydown = {
        let (naming, old) = (naming.clone(), b.name.clone());
        Callback::from(move |e: KeyboardEvent| {
            e.stop_propagation();
            let Some(input) = e.target_dyn_into::<HtmlInputElement>() else {
                return;
            };
            // Leaving the field takes what is in it: with Esc the old name.
            match e.key().as_str() {
                // Or the same key would press the future's button, which has the focus next.
                "Enter" => e.prevent_default(),
                "Escape" => input.set_value(&old),
                _ => return,
            }
            let _ = input.blur();
            naming.set(None);
        })
    };
    let onblur = take.reform(|e: FocusEvent| e.into());
    html! {
        <input type="text" ref={field.clone()} value={held("name", &b.name)} data-field="name" maxlength={limits::NAME_CHARS.to_string()}
            aria-label={format!("Name of future {}", b.name)} data-testid="name" {onkeydown} {onblur} />
    }
}

/// Up, down, Home and End move the focus from future to future.
fn arrows(e: KeyboardEvent) {
    let Some(tree) = e.current_target().and_then(|t| t.dyn_into::<Element>().ok()) else {
        return;
    };
    let Ok(all) = tree.query_selector_all("button.branch") else {
        return;
    };
    let list: Vec<HtmlElement> = (0..all.length()).filter_map(|i| all.get(i)?.dyn_into().ok()).collect();
    let now = e.target_dyn_into::<HtmlElement>();
    let Some(at) = list.iter().position(|b| Some(b) == now.as_ref()) else {
        return;
    };
    let to = match e.key().as_str() {
        "ArrowUp" => at.saturating_sub(1),
        "ArrowDown" => (at + 1).min(list.len() - 1),
        "Home" => 0,
        "End" => list.len() - 1,
        _ => return,
    };
    e.prevent_default();
    let _ = list[to].focus();
}
