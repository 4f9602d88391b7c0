//! Writing a lesson: the text of a scenario file, what was done by hand as its situations and steps, and whether it keeps its word.
//!
//! The rule that is easy to break: the text is the author's. Buttons add to it, what one replaces can be taken back, and it stays when the dialog
//! is closed, the page is left, or what it says is refused.

use crate::scenario::own;
use crate::sim::Refusal;
use crate::ui::controls::{button, switch};
use crate::ui::hire::{Hired, hire};
use crate::ui::{dom, download, parts};
use crate::view::app::sentence;
use crate::view::draft::{self, Pick};
use crate::view::{Action, App};
use js_sys::Reflect;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

/// Where the browser keeps the text.
const KEY: &str = "faultline.lesson";

thread_local! {
    /// Who tries the text now.
    static TRYING: RefCell<Option<Hired>> = const { RefCell::new(None) };
}

/// The dialog's body.
pub fn lesson(app: &App, on: &Callback<Action>) -> Html {
    html! { <Lesson app={Rc::new(app.clone())} on_action={on.clone()} /> }
}

/// See [`Lesson`].
#[derive(Clone, PartialEq, Properties)]
struct LessonProps {
    app: Rc<App>,
    on_action: Callback<Action>,
}

/// What came of trying the text.
#[derive(Clone, PartialEq)]
enum Tried {
    /// Nothing yet.
    No,
    /// It is being tried.
    Trying,
    /// It keeps its word, or these are the places where it does not.
    Told(Vec<String>),
}

/// The dialog's body.
#[component]
fn Lesson(props: &LessonProps) -> Html {
    let Some(open) = &props.app.open else { return html! {} };
    let tried = use_state(|| Tried::No);
    let chosen = use_state(BTreeSet::<String>::new);
    use_effect_with((), |()| || TRYING.set(None));
    let begin = || draft::begin(open);
    let text = props.app.draft.clone().or_else(|| dom::stored(KEY)).unwrap_or_else(begin);
    let write = {
        let (on, tried) = (props.on_action.clone(), tried.clone());
        Callback::from(move |text: String| {
            dom::store(KEY, &text);
            TRYING.set(None);
            tried.set(Tried::No);
            on.emit(Action::Draft(text));
        })
    };
    let oninput = {
        let write = write.clone();
        Callback::from(move |e: InputEvent| {
            if let Some(area) = e.target_dyn_into::<HtmlTextAreaElement>() {
                write.emit(area.value());
            }
        })
    };
    let before = use_state(|| None::<String>);
    let exchange = |with: String, kept: Option<String>| {
        let (write, before) = (write.clone(), before.clone());
        Callback::from(move |()| {
            before.set(kept.clone());
            write.emit(with.clone());
        })
    };
    let anew = button("Begin anew from this run", "", exchange(begin(), Some(text.clone())));
    let back = (*before).clone().map(|old| button("Take that back", "", exchange(old, None)));
    html! {
        <>
        <p class="quiet">{ "A lesson is a text file. Do once by hand what it is about, and add it here; then say in words what there is to be seen. " }
            <a href="https://toml.io/en/v1.1.0" target="_blank" rel="noopener">{ "TOML" }</a>{ " in front, Markdown behind." }</p>
        <textarea class="lesson-text mono" rows="16" spellcheck="false" autocomplete="off" wrap="off" aria-label="The lesson's text"
            data-testid="lesson-text" value={text.clone()} {oninput} />
        { additions(props, &text, &chosen, &write) }
        { ends(props, &text, &tried) }
        { told(&tried) }
        <div class="acts">{ anew }{ back }</div>
        </>
    }
}

/// What can be added from the run behind the dialog.
fn additions(
    props: &LessonProps,
    text: &str,
    chosen: &UseStateHandle<BTreeSet<String>>,
    write: &Callback<String>,
) -> Html {
    let Some(open) = &props.app.open else { return html! {} };
    let run = open.run().get();
    let picks = draft::picks(&run);
    let of: Vec<Pick> = picks.iter().filter(|p| chosen.contains(&p.condition)).cloned().collect();
    let made = run.edits_made();
    let add = |new: String| write.reform(move |()| new.clone());
    let pick = |p: &Pick| {
        let (chosen, condition) = (chosen.clone(), p.condition.clone());
        let is = chosen.contains(&condition);
        switch(
            &p.label,
            is,
            Callback::from(move |on: bool| {
                let mut next = (*chosen).clone();
                _ = if on { next.insert(condition.clone()) } else { next.remove(&condition) };
                chosen.set(next);
            }),
        )
    };
    let edits = match made {
        0 => "Nothing was done to this run yet.".to_owned(),
        1 => "One edit was made in this run.".to_owned(),
        n => format!("{n} edits were made in this run."),
    };
    html! {
        <>
        <fieldset class="ticks" data-testid="lesson-picks"><legend>{ "What holds in this run now" }</legend>
            { for picks.iter().map(pick) }
            if picks.is_empty() { <p class="quiet">{ "Nothing yet that a lesson could ask for." }</p> }
        </fieldset>
        <p class="quiet">{ edits }{ " A step or a question needs something ticked." }</p>
        <div class="acts" role="group" aria-label="Add to the lesson">
            { button("Add what I did", "", add(draft::add_situation(text, &run, &of))) }
            if !of.is_empty() {
                { button("Add a step", "", add(draft::add_step(text, &run, &of))) }
                { button("Add a question", "", add(draft::add_question(text, &run, &of))) }
            }
        </div>
        </>
    }
}

/// Trying it, opening it, keeping it.
fn ends(props: &LessonProps, text: &str, tried: &UseStateHandle<Tried>) -> Html {
    let check = {
        let (text, tried) = (text.to_owned(), tried.clone());
        Callback::from(move |()| {
            tried.set(Tried::Trying);
            try_it(&text, &tried);
        })
    };
    let show = props.on_action.reform({
        let text = text.to_owned();
        move |()| Action::OpenFile(text.clone())
    });
    let save = {
        let text = text.to_owned();
        Callback::from(move |()| {
            let id = text.lines().find_map(|l| l.strip_prefix("id = \"")?.strip_suffix('"'));
            let name = format!("{}.md", id.filter(|id| !id.contains(['/', '\\'])).unwrap_or("lesson"));
            let _ = download::blob(&text, "text/markdown").and_then(|b| download::save(&b, &name));
        })
    };
    html! {
        <>
        <div class="acts" role="group" aria-label="The lesson">
            { button("Check it", "main", check) }
            { button("Open it", "", show) }
            { button("Save the file", "", save) }
        </div>
        <p class="quiet">{ "Opened, it is the run on screen: Share has its link, Embed its place in your notes. Both carry the lesson inside." }</p>
        if let Some(error) = &props.app.error { <p class="error" data-testid="lesson-error">{ error }</p> }
        </>
    }
}

fn told(tried: &Tried) -> Html {
    let says = match tried {
        Tried::No => html! {},
        Tried::Trying => html! { "Trying every situation and step, under 20 seeds \u{2026}" },
        Tried::Told(flaws) if flaws.is_empty() => {
            html! { "It keeps its word: every situation shows what it says, every step can be reached." }
        }
        Tried::Told(flaws) => html! { <ul>{ for flaws.iter().map(|f| html! { <li>{ f }</li> }) }</ul> },
    };
    html! { <div role="status" class="flaws" data-testid="lesson-flaws">{ says }</div> }
}

/// Tries `text` in a worker; where there is none, here, once the page has said so.
fn try_it(text: &str, tried: &UseStateHandle<Tried>) {
    let tell = {
        let tried = tried.clone();
        move |found: Result<Vec<String>, Refusal>| {
            tried.set(Tried::Told(found.unwrap_or_else(|why| vec![sentence(&why.message)])));
        }
    };
    let (hears, fails, here) = (tell.clone(), (tell.clone(), text.to_owned()), (tell, text.to_owned()));
    let hear = move |data: &JsValue| {
        let field = |name: &str| Reflect::get(data, &name.into()).ok().and_then(|v| v.as_string());
        if let Some(flaws) = field("flaws") {
            hears(Ok(flaws.lines().map(str::to_owned).collect()));
        } else if let Some(why) = field("failed").or_else(|| field("lost")) {
            hears(Ok(vec![sentence(&why)]));
        }
    };
    let worker = hire(&format!("{LESSON}{text}"), hear, move || between_frames(fails.clone()));
    if worker.is_none() {
        between_frames(here);
    }
    TRYING.set(worker);
}

/// How an order begins that is a lesson to be tried.
pub const LESSON: &str = "lesson\n";

fn between_frames((tell, text): (impl Fn(Result<Vec<String>, Refusal>) + 'static, String)) {
    spawn_local(async move { tell(parts::with_all(|| own::flaws(&text)).await) });
}
