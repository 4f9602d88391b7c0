//! Saving and opening: the run as a file, another run from one, and what happened in the forms that
//! other programs read.
//!
//! The rule that is easy to break: what is written is the run as it stands at the click, not as it
//! stood when the dialog was drawn; time may be running behind it.

use super::writing::{self, Told};
use crate::ui::{dom, download, upload};
use crate::view::app::sentence;
use crate::view::export::{Export, Kept};
use crate::view::{Action, App, Dialog};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// A form, what its button says, and whether it is turned into pixels.
type Form = (Export, &'static str, bool);

/// What can be written besides the run itself: what it is, and its forms.
const FORMS: [(&str, &[Form]); 4] = [
    ("Diagram", &[(Export::Diagram, "SVG", false), (Export::Diagram, "PNG", true)]),
    ("Stage", &[(Export::Stage, "SVG", false), (Export::Stage, "PNG", true)]),
    ("Every event", &[(Export::Jsonl, "JSON lines", false), (Export::Shiviz, "ShiViz log", false)]),
    ("Measures", &[(Export::Measures, "CSV", false)]),
];

/// The button that writes every event, where the focus goes when the way to stop it goes away.
const EVERY: &str = "every-event";

/// The dialog's body.
pub fn files(app: &App, on: &Callback<Action>) -> Html {
    html! { <Files app={Rc::new(app.clone())} on_action={on.clone()} /> }
}

/// See [`Files`].
#[derive(Clone, PartialEq, Properties)]
struct FilesProps {
    app: Rc<App>,
    on_action: Callback<Action>,
}

/// The dialog's body, with what came of the last click.
#[component]
fn Files(props: &FilesProps) -> Html {
    let (said, percent) = (use_state(String::new), use_state(writing::percent));
    {
        let (said, percent) = (said.setter(), percent.setter());
        use_effect_with((), move |()| {
            writing::listen(Some(Callback::from(move |told| match told {
                Told::Percent(now) => percent.set(now),
                Told::Said(text) => said.set(text),
            })));
            || writing::listen(None)
        });
    }
    let save = |export: Export, pixels: bool| {
        let (app, said) = (props.app.clone(), said.clone());
        Callback::from(move |_: MouseEvent| keep(&app, export, pixels, said.setter()))
    };
    let button = |class: &'static str, label: &'static str, export, pixels: bool| {
        let name = (class == "small").then(|| export_name(export, label));
        let id = (export.media() == Export::Jsonl.media()).then_some(EVERY);
        html! { <button type="button" class={classes!("btn", class)} {id} aria-label={name} onclick={save(export, pixels)}>{ label }</button> }
    };
    let row = |(what, forms): &(&'static str, &[Form])| {
        let forms = forms.iter().map(|&(export, label, pixels)| button("small", label, export, pixels));
        html! { <><dt>{ *what }</dt><dd class="acts">{ for forms }</dd></> }
    };
    html! {
        <>
        if props.app.open.is_some() {
            <div class="acts">
                { button("main", "Save this run", Export::Scenario, false) }
                <Opener on_action={props.on_action.clone()} />
            </div>
            <p class="quiet">{ "A small text file: the scenario, its seed and settings, every future with its edits, and this moment. \
                Opened again, it is the same run, to the bit. To open one you can also drop it anywhere on the page; \
                so can a scenario of your own, a Markdown file." }</p>
            <h2>{ "For other programs" }</h2>
            <dl class="keys wide">{ for FORMS.iter().map(row) }</dl>
            <p class="quiet">{ "All that has happened up to this moment." }</p>
            <h2>{ "For a course" }</h2>
            <div class="acts">{ button_to_lesson(&props.on_action) }</div>
            <p class="quiet">{ "Your own question about this run, with steps that tick themselves off. It goes with a link, or as a file." }</p>
        } else {
            <p class="quiet">{ "Open a run that was saved before: choose its file, or drop it anywhere on the page." }</p>
            <div class="acts"><Opener on_action={props.on_action.clone()} /></div>
        }
        if let Some(error) = &props.app.error { <p class="error" data-testid="file-error">{ error }</p> }
        { told(&said, *percent) }
        </>
    }
}

fn button_to_lesson(on: &Callback<Action>) -> Html {
    crate::ui::controls::button("Write a lesson", "", on.reform(|()| Action::Dialog(Some(Dialog::Lesson))))
}

/// A form's button for those who do not see what stands before it.
fn export_name(export: Export, label: &str) -> String {
    let what = match export {
        Export::Diagram => "Diagram",
        Export::Stage => "Stage",
        Export::Jsonl | Export::Shiviz => "Every event",
        Export::Measures => "Measures",
        Export::Scenario => "This run",
    };
    format!("{what}: {label}")
}

/// What came of the last click; of a text under way how much is written, and the way to stop it.
fn told(said: &str, percent: Option<u32>) -> Html {
    let stop = |_: MouseEvent| {
        // The button goes away: the focus is to stay in the dialog.
        dom::focus(EVERY);
        writing::cancel();
    };
    // Readers that speak are told once that it is under way, and ask the bar how far it is.
    html! {
        <div class="acts writing">
            <p class="quiet" role="status" data-testid="saved">
                { if percent.is_some() { "Writing \u{2026}" } else { said } }
                if let Some(percent) = percent { <span aria-hidden="true">{ format!(" {percent} %") }</span> }
            </p>
            if let Some(percent) = percent {
                <progress max="100" value={percent.to_string()} aria-label="Written" />
                <button type="button" class="btn small" onclick={stop}>{ "Cancel" }</button>
            }
        </div>
    }
}

/// Writes the run as it stands now, and gives it to the reader.
fn keep(app: &App, export: Export, pixels: bool, said: UseStateSetter<String>) {
    let kept = match app.writing(export) {
        Ok(Some(writing)) => {
            said.set(String::new());
            return writing::begin(writing, kept_text);
        }
        Ok(None) => app.keep(export),
        Err(refusal) => Err(refusal),
    };
    match kept {
        Ok(kept) => {
            said.set("Writing \u{2026}".to_owned());
            spawn_local(async move { said.set(kept_text(hand_over(kept, pixels).await)) });
        }
        Err(refusal) => said.set(sentence(&refusal.message)),
    }
}

/// Gives `kept` to the reader, turned into `pixels` if that is asked; the name that it got.
async fn hand_over(kept: Kept, pixels: bool) -> Result<String, &'static str> {
    let (blob, name) = match pixels {
        true => (download::png(&kept.text).await?, kept.name.replace(".svg", ".png")),
        false => (download::blob(&kept.text, kept.media).ok_or(download::NO_WAY)?, kept.name),
    };
    download::save(&blob, &name).ok_or(download::NO_WAY)?;
    Ok(name)
}

fn kept_text(done: Result<String, &'static str>) -> String {
    match (done, download::forbidden()) {
        (Err(why), _) => why.to_owned(),
        (Ok(name), None) => format!("Saved as {name}."),
        (Ok(name), Some(but)) => format!("Saved as {name}. {but}"),
    }
}

/// See [`Opener`].
#[derive(Clone, PartialEq, Properties)]
struct OpenerProps {
    on_action: Callback<Action>,
}

/// The button that opens a file, and the browser's own control behind it.
#[component]
fn Opener(props: &OpenerProps) -> Html {
    let input = use_node_ref();
    let choose = {
        let input = input.clone();
        move |_: MouseEvent| {
            if let Some(input) = input.cast::<HtmlInputElement>() {
                input.click();
            }
        }
    };
    let chosen = {
        let on = props.on_action.clone();
        move |e: Event| {
            let Some(input) = e.target_dyn_into::<HtmlInputElement>() else {
                return;
            };
            if let Some(file) = input.files().and_then(|f| f.get(0)) {
                upload::open(file, on.clone());
            }
            // So that the same file, mended, can be chosen again.
            input.set_value("");
        }
    };
    html! {
        <>
        <button type="button" class="btn" onclick={choose} data-testid="open-file">{ "Open a file …" }</button>
        <input ref={input} type="file" accept=".json,.md,application/json,text/markdown" hidden=true onchange={chosen} data-testid="file" />
        </>
    }
}
