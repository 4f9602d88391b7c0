//! The dialogs: help, share, embed, separate, files, lesson. One a file.
//!
//! The rule that is easy to break: a dialog is modal for everyone. The browser's own `<dialog>`
//! keeps the focus inside and gives it back; Esc and a click beside it close it.

mod embed;
mod files;
mod help;
pub mod lesson;
mod separate;
mod share;
mod writing;

use super::icons::{CLOSE, icon};
use crate::view::{Action, App, Dialog};
use web_sys::HtmlDialogElement;
use yew::prelude::*;

/// The dialog that is open, if one is.
pub fn dialog(app: &App, on: &Callback<Action>) -> Html {
    let Some(d) = app.dialog else { return html! {} };
    let (title, body) = match (d, &app.open) {
        (Dialog::Share, Some(_)) => ("Share this run", share::share(app)),
        (Dialog::Embed, Some(_)) => ("Embed this run", embed::embed(app, "copy")),
        (Dialog::Separate, Some(o)) => (
            "Separate nodes",
            html! { <separate::Separate run={o.settled.clone()} on_action={on.clone()} /> },
        ),
        (Dialog::Files, _) => ("Save and open", files::files(app, on)),
        (Dialog::Lesson, Some(_)) => ("Write a lesson", lesson::lesson(app, on)),
        _ => ("Keys and gestures", help::help(app, on)),
    };
    html! { <Modal {title} on_action={on.clone()} key={title}>{ body }</Modal> }
}

/// See [`Modal`].
#[derive(Clone, PartialEq, Properties)]
struct ModalProps {
    title: &'static str,
    on_action: Callback<Action>,
    children: Html,
}

/// A modal dialog around its children.
#[component]
fn Modal(props: &ModalProps) -> Html {
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with((), move |()| {
            let dialog = node.cast::<HtmlDialogElement>();
            if let Some(d) = &dialog {
                let _ = d.show_modal();
            }
            // Closed before it is taken off the page: only so does the browser give the focus back.
            move || dialog.iter().for_each(HtmlDialogElement::close)
        });
    }
    let close = props.on_action.reform(|()| Action::Dialog(None));
    let oncancel = close.reform(|e: Event| e.prevent_default());
    // A click on the dialog element itself is one on the backdrop: its content covers the rest.
    let beside = {
        let (close, node) = (close.clone(), node.clone());
        Callback::from(move |e: MouseEvent| {
            let hit = e.target_dyn_into::<HtmlDialogElement>();
            if hit.is_some() && hit == node.cast::<HtmlDialogElement>() {
                close.emit(());
            }
        })
    };
    html! {
        <dialog ref={node} class="dialog" aria-label={props.title} {oncancel} onclick={beside} data-testid="dialog">
            <div class="inside">
                <div class="top">
                    <h1>{ props.title }</h1>
                    <button type="button" class="btn icon bare" aria-label="Close" onclick={close.reform(|_: MouseEvent| ())}>{ icon(CLOSE) }</button>
                </div>
                { props.children.clone() }
            </div>
        </dialog>
    }
}
