//! Sharing: the link to this run.
//!
//! The rule that is easy to break: the link is the run. Nothing is stored anywhere, and copying
//! may be forbidden (a sandboxed frame), so the text can always be selected by hand. On a phone one
//! dialog has both, and what is found by name (`data-testid`) is there once at a time.

use crate::ui::{clipboard, dom};
use crate::view::App;
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

/// The link to this run.
pub fn share(app: &App) -> Html {
    let link = app.link().map(|hash| format!("{}{hash}", dom::base()));
    html! {
        <>
        <p class="quiet">{ "Scenario, seed, settings, every edit and this very moment are in the link itself. Who opens it sees the same run, to the bit." }</p>
        { text_or_refusal(link.clone().map_err(|r| r.message), "The link", "share-link", "copy") }
        if let Some(name) = alone(app) { <p data-testid="share-of">{ format!("The link holds future {name} alone, not the one beside it.") }</p> }
        if let Ok(link) = link { <p class="quiet" data-testid="share-length">{ length(link.len()) }</p> }
        if app.narrow {
            <section class="stack" aria-label="Embed this run" data-testid="embed"><h2>{ "Embed" }</h2>{ super::embed::embed(app, "copy-snippet") }</section>
        }
        </>
    }
}

/// Of two futures that are shown, the name of the one that is shared.
fn alone(app: &App) -> Option<&str> {
    let open = app.open.as_ref().filter(|o| o.beside.is_some())?;
    Some(&open.futures[open.current].name)
}

/// What is good to know about a link of so many characters.
fn length(letters: usize) -> String {
    match letters {
        0..=2_000 => format!("{letters} characters: it fits a message, a slide or a QR code."),
        _ => format!(
            "{letters} characters: some programs cut links as long as this. Files has the run as a file."
        ),
    }
}

/// A text to copy, or why there is none.
pub(super) fn text_or_refusal(
    text: Result<String, String>,
    label: &'static str,
    testid: &'static str,
    copy: &'static str,
) -> Html {
    match text {
        Ok(text) => html! { <Copyable {text} {label} {testid} {copy} /> },
        Err(why) => html! { <p class="quiet">{ why }</p> },
    }
}

/// See [`Copyable`].
#[derive(Clone, PartialEq, Properties)]
struct CopyableProps {
    text: String,
    label: &'static str,
    testid: &'static str,
    copy: &'static str,
}

/// A text to copy.
#[component]
fn Copyable(props: &CopyableProps) -> Html {
    let area = use_node_ref();
    let done = use_state(|| "");
    // What that was done with: of another text it says nothing.
    let copied = use_state(String::new);
    let said = if *copied == props.text { *done } else { "" };
    let copy = {
        let (area, done, text) = (area.clone(), done.clone(), props.text.clone());
        move |_: MouseEvent| {
            if let Some(area) = area.cast::<HtmlTextAreaElement>() {
                area.select();
            }
            let (done, text) = (done.clone(), text.clone());
            copied.set(text.clone());
            done.set("");
            wasm_bindgen_futures::spawn_local(async move {
                done.set(if clipboard::write(&text).await {
                    "Copied."
                } else {
                    "Selected: copy it with your keyboard."
                });
            });
        }
    };
    html! {
        <>
        <textarea ref={area} readonly=true rows="4" class="mono" aria-label={props.label} data-testid={props.testid} value={props.text.clone()} />
        <div class="acts">
            <button type="button" class="btn main" onclick={copy} data-testid={props.copy}>{ "Copy" }</button>
            <span class="quiet" role="status">{ said }</span>
        </div>
        </>
    }
}
