//! The header: brand, where we are, and what goes for the whole page.
//!
//! The rule that is easy to break: on a phone the words go and the signs stay; each keeps its name
//! for those who do not see it. What goes with the words is found elsewhere: the snippet in "Share".

use super::icons::{THEME, icon, mark};
use crate::view::open::Open;
use crate::view::{Action, App, Dialog, Theme};
use yew::prelude::*;

/// The header.
pub fn header(app: &App, open: Option<&Open>, on: &Callback<Action>) -> Html {
    let button = |id: &'static str,
                  class: &'static str,
                  label: Option<&'static str>,
                  text: &'static str,
                  d: Dialog| {
        let onclick = on.reform(move |_: MouseEvent| Action::Dialog(Some(d)));
        html! { <button type="button" {class} aria-label={label} data-testid={id} {onclick}>{ text }</button> }
    };
    let theme = app.theme;
    let next = on.reform(move |_: MouseEvent| {
        let next = next_theme(theme);
        super::dom::store("faultline.theme", theme_word(next));
        Action::Theme(next)
    });
    html! {
        <header class={classes!("bar", open.map(|_| "work-bar"))}>
            <a class="brand" href="#/" aria-label="Faultline: all scenarios">{ mark() }<span>{ "Faultline" }</span></a>
            if let Some(o) = open {
                <p class="crumbs"><span class="chapter">{ o.origin.chapter() }{ " › " }</span><b>{ o.origin.title() }</b></p>
            }
            <div class="end">
                <button type="button" class="btn icon bare" aria-label={format!("Colours: {}", theme_word(theme))}
                    title={format!("Colours: {}", theme_word(theme))} onclick={next}>{ icon(THEME) }</button>
                { button("files", "btn", None, "Files", Dialog::Files) }
                if open.is_some() {
                    { button("share", "btn", None, "Share", Dialog::Share) }
                    if !app.narrow { { button("embed", "btn", None, "Embed", Dialog::Embed) } }
                }
                { button("help", "btn icon", Some("Help: keys and gestures"), "?", Dialog::Help) }
            </div>
        </header>
    }
}

fn next_theme(t: Theme) -> Theme {
    match t {
        Theme::Auto if super::dom::matches("(prefers-color-scheme: dark)") => Theme::Light,
        Theme::Auto | Theme::Light => Theme::Dark,
        Theme::Dark => Theme::Light,
    }
}

fn theme_word(t: Theme) -> &'static str {
    match t {
        Theme::Auto => "as the system",
        Theme::Light => "light",
        Theme::Dark => "dark",
    }
}
