//! A run in another page: what to show, how it looks there, and the text to paste.
//!
//! The rule that is easy to break: what is previewed is the very address that is pasted, but for the colours, which the
//! author may look at both ways.

use super::share::text_or_refusal;
use crate::ui::controls::{choice, switch};
use crate::ui::dom;
use crate::view::embedding::{Embedding, Host, PARTS, SPEEDS, Subject};
use crate::view::{App, Theme};
use web_sys::HtmlSelectElement;
use yew::prelude::*;

/// The widths in which it is previewed: of course notes, and of a phone.
const WIDTHS: [u32; 2] = [720, 390];

/// The choices, the preview and the text.
pub fn embed(app: &App, copy: &'static str) -> Html {
    let subject = app.link().map_err(|r| r.message).map(|link| Subject {
        base: dom::base(),
        id: app.open.as_ref().map_or_else(String::new, |o| match o.origin.opening.own {
            Some(_) => String::new(),
            None => o.origin.id().to_owned(),
        }),
        title: app.open.as_ref().map_or_else(String::new, |o| o.origin.title().to_owned()),
        link,
    });
    match subject {
        Ok(subject) => html! { <Embed {subject} {copy} /> },
        Err(why) => html! { <p class="quiet">{ why }</p> },
    }
}

/// See [`Embed`].
#[derive(Clone, PartialEq, Properties)]
struct EmbedProps {
    subject: Subject,
    copy: &'static str,
}

/// All of the dialog.
#[component]
fn Embed(props: &EmbedProps) -> Html {
    let chosen = use_state(Embedding::default);
    let change = {
        let chosen = chosen.clone();
        Callback::from(move |next: Embedding| chosen.set(next))
    };
    let text = chosen.text(&props.subject);
    html! {
        <>
        <p class="quiet">{ "Paste this where the run should appear. It starts paused, and all of it happens in the reader's browser." }</p>
        { shown(&chosen, &change) }
        { how(&chosen, &change, !props.subject.id.is_empty()) }
        { where_to(&chosen, &change) }
        { text_or_refusal(Ok(text), "The snippet", "embed-snippet", props.copy) }
        <Preview subject={props.subject.clone()} embedding={(*chosen).clone()} />
        </>
    }
}

/// What happens when one thing in `e` is changed by `how`.
fn with<T: 'static>(
    e: &Embedding,
    change: &Callback<Embedding>,
    how: impl Fn(&mut Embedding, T) + 'static,
) -> Callback<T> {
    let e = e.clone();
    change.reform(move |value| {
        let mut next = e.clone();
        how(&mut next, value);
        next
    })
}

fn shown(e: &Embedding, change: &Callback<Embedding>) -> Html {
    html! {
        <fieldset class="ticks"><legend>{ "Beside the stage" }</legend>
            { for PARTS.into_iter().map(|(part, name)| {
                switch(name, e.parts.contains(&part), with(e, change, move |e, on| e.turn(part, on)))
            }) }
            { switch("Only to be watched", e.lock, with(e, change, |e, on| e.lock = on)) }
        </fieldset>
    }
}

fn how(e: &Embedding, change: &Callback<Embedding>, has_name: bool) -> Html {
    let moment = |m: bool| with(e, change, move |e, ()| e.moment = m);
    let theme = |t: Option<Theme>| with(e, change, move |e, ()| e.theme = t);
    html! {
        <>
        if has_name {
            <div class="acts" role="group" aria-label="What it begins with">
                { choice("This moment", e.moment, moment(true)) }
                { choice("The scenario's start", !e.moment, moment(false)) }
            </div>
        }
        <div class="acts" role="group" aria-label="Colours">
            { choice("The reader's colours", e.theme.is_none(), theme(None)) }
            { choice("Light", e.theme == Some(Theme::Light), theme(Some(Theme::Light))) }
            { choice("Dark", e.theme == Some(Theme::Dark), theme(Some(Theme::Dark))) }
        </div>
        </>
    }
}

/// The place of the option that was chosen.
fn place(e: &Event) -> usize {
    let select = e.target_dyn_into::<HtmlSelectElement>();
    select.map_or(0, |s| usize::try_from(s.selected_index()).unwrap_or(0))
}

fn where_to(e: &Embedding, change: &Callback<Embedding>) -> Html {
    let speed =
        with(e, change, |e, event: Event| e.speed = SPEEDS.get(place(&event)).copied().unwrap_or_default());
    let host = with(e, change, |e, event: Event| {
        e.host = Host::ALL.get(place(&event)).copied().unwrap_or(Host::Frame);
    });
    let named = |s: &str| if s.is_empty() { "Story".to_owned() } else { format!("{s} s a second") };
    html! {
        <>
        <div class="acts">
            <label class="pick">{ "Speed " }<select onchange={speed} data-testid="embed-speed">
                { for SPEEDS.iter().map(|s| html! { <option selected={*s == e.speed}>{ named(s) }</option> }) }
            </select></label>
            <label class="pick">{ "Paste into " }<select onchange={host} data-testid="embed-host">
                { for Host::ALL.iter().map(|h| html! { <option selected={*h == e.host}>{ h.name() }</option> }) }
            </select></label>
        </div>
        <p class="quiet" data-testid="embed-note">{ e.host.note() }</p>
        </>
    }
}

/// See [`Preview`].
#[derive(Clone, PartialEq, Properties)]
struct PreviewProps {
    subject: Subject,
    embedding: Embedding,
}

/// How it looks there; loaded when somebody wants to see it.
#[component]
fn Preview(props: &PreviewProps) -> Html {
    let width = use_state(|| None::<u32>);
    let dark = use_state(|| false);
    let show = |w: u32| {
        let width = width.clone();
        let next = (*width != Some(w)).then_some(w);
        Callback::from(move |()| width.set(next))
    };
    let turn = {
        let dark = dark.clone();
        Callback::from(move |on: bool| dark.set(on))
    };
    // Where the author has chosen colours, they are those.
    let theme = props.embedding.theme.or(Some(if *dark { Theme::Dark } else { Theme::Light }));
    let src = Embedding { theme, ..props.embedding.clone() }.address(&props.subject);
    html! {
        <>
        <div class="acts" role="group" aria-label="Preview">
            { for WIDTHS.into_iter().map(|w| choice(&format!("Preview, {w} px"), *width == Some(w), show(w))) }
            if width.is_some() && props.embedding.theme.is_none() { { switch("Dark", *dark, turn) } }
        </div>
        if let Some(w) = *width {
            <div class="preview"><iframe key={src.clone()} {src} title="Preview" width={w.to_string()} height="480" data-testid="embed-preview"></iframe></div>
        }
        </>
    }
}
