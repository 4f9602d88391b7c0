//! Two futures side by side: two stages, two diagrams, one playhead, and in words what sets them apart.
//!
//! The rule that is easy to break: the future beside is only watched. Its stage and its diagram are the
//! components of the page, locked, and of what a hand does there only travel, the diagrams' window and picking
//! come through.

use super::stage::Stage;
use super::timeline::Timeline;
use super::{ViewProps, dom};
use crate::check::Checks;
use crate::sim::history::Run;
use crate::view::compare::{CheckDifference, Comparison, NodeDifference, Parting};
use crate::view::differences::{self, Apart, Asked, Choice, choices};
use crate::view::open::Open;
use crate::view::{Action, RunRef, Selection};
use std::rc::Rc;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

/// The parts of the screen while two futures are shown.
pub struct Parts {
    /// Instead of the stage.
    pub stages: Html,
    /// Between stage and transport: what sets the two apart.
    pub words: Html,
    /// Instead of the diagram.
    pub diagrams: Html,
    /// Over the panels: which of the two they are about.
    pub of: Html,
}

/// The parts of the screen, if a future stands beside the one that is shown.
pub fn parts(open: &Open, view: &ViewProps) -> Option<Parts> {
    let c = open.comparison()?;
    let other = open.run_beside()?.clone();
    let marks = Apart::of(&c);
    // Only the diagrams hear of their window, so that the stages are not drawn again when it moves.
    let window = open.beside.as_ref()?.window;
    let timed = Some(Rc::new(Apart { window, ..marks.clone() }));
    let apart = Some(Rc::new(marks));
    let here = ViewProps { apart: apart.clone(), ..view.clone() };
    let there = ViewProps {
        selection: alike(view.selection, &view.run.get(), c.parting),
        on_action: watch(&view.on_action, &other, c.parting),
        run: other,
        lock: true,
        apart,
        ..view.clone()
    };
    let beside = open.beside.as_ref()?.future;
    let two = [open.current, beside];
    let titles = two.map(|i| format!("Future {}", open.futures[i].name));
    let names = open.short_names(two);
    let side = |what: &str, title: &str, note: &str, body: Html| {
        html! {
            <section class="side" aria-label={format!("{what} of {title}")}>
                <h2>{ title.to_owned() }<span class="quiet">{ note.to_owned() }</span></h2>{ body }
            </section>
        }
    };
    let over_time = |view: ViewProps| ViewProps { apart: timed.clone(), ..view };
    let [a, b] = &titles;
    Some(Parts {
        stages: html! {
            <Landing>
                { side("Stage", a, "", html! { <Stage ..here.clone() /> }) }
                { side("Stage", b, "beside it, to watch", html! { <Stage ..there.clone() /> }) }
            </Landing>
        },
        of: html! { <p class="of" data-testid="of">{ format!("All here is of {a}.") }</p> },
        words: apart_words(open, &c, &names, beside, &view.on_action),
        diagrams: html! {
            <div class="pair" data-testid="compare-time">
                { side("Diagram", a, "", html! { <Timeline ..over_time(here) /> }) }
                { side("Diagram", b, "", html! { <Timeline ..over_time(there) /> }) }
            </div>
        },
    })
}

/// See [`Landing`].
#[derive(Clone, PartialEq, Properties)]
struct LandingProps {
    children: Html,
}

/// Where a comparison leads to: the focus comes here, and with it what is in sight, for the list that was
/// chosen from is gone.
#[component]
fn Landing(props: &LandingProps) -> Html {
    use_effect_with((), |()| {
        dom::focus("compare");
        // The focus alone would be content with a part of it, under the transport of a phone.
        if let Some(e) = dom::active() {
            e.scroll_into_view();
        }
    });
    html! {
        <div class="pair" id="compare" data-testid="compare" role="group" tabindex="-1" aria-label="Two futures side by side">
            { props.children.clone() }
        </div>
    }
}

/// What is picked, where it is the same thing in both: an event or a message only before the two part.
fn alike(picked: Selection, run: &Run<Checks>, parting: Option<Parting>) -> Selection {
    parting.map_or(picked, |p| picked.among(p.event.0, run.trace()))
}

/// What a hand on the future beside may do. An event that only that future has is gone to, not picked:
/// its number means something else in the one that is shown.
fn watch(on: &Callback<Action>, other: &RunRef, parting: Option<Parting>) -> Callback<Action> {
    let (on, other) = (on.clone(), other.clone());
    Callback::from(move |action: Action| {
        let passes = match &action {
            Action::Seek(_) | Action::Travel(_) | Action::Window(_) => Some(action),
            Action::Select(picked) => {
                let run = other.get();
                match (alike(*picked, &run, parting) == *picked, picked) {
                    (true, _) => Some(action),
                    (false, Selection::Event(e)) => {
                        let event = run.trace().get(*e);
                        event.map(|e| Action::Seek(e.time.us()))
                    }
                    (false, _) => None,
                }
            }
            _ => None,
        };
        if let Some(action) = passes {
            on.emit(action);
        }
    })
}

/// The first event, the nodes and the promises that differ, and the ways out.
fn apart_words(
    open: &Open,
    c: &Comparison,
    names: &[String; 2],
    beside: usize,
    on: &Callback<Action>,
) -> Html {
    let runs = [Some(open.run()), open.run_beside()].map(|r| r.map(RunRef::get));
    let [Some(here), Some(there)] = &runs else {
        return html! {};
    };
    let [a, b] = names;
    let said = differences::parting([here, there], [a, b], c.parting);
    let send = |a: Action| on.reform(move |_: MouseEvent| a.clone());
    // Back to where the comparison was begun.
    let leave = on.reform(|_: MouseEvent| {
        dom::focus("history");
        Action::Beside(None)
    });
    let go = c.parting.map(|p| {
        let seek = match here.trace().get(p.event) {
            Some(_) => Action::SeekEvent(p.event),
            None => Action::Seek(p.time_us),
        };
        html! {
            <button type="button" class="btn small" data-testid="go-parting" onclick={send(seek)}>{ "Go to where they part" }</button>
        }
    });
    let states = differences::count(c.nodes.len(), "node", "nodes");
    let gist = format!("{} {states}", said.first().map_or("", String::as_str));
    let acts = html! {
        <>
            { go.unwrap_or_default() }
            <button type="button" class="btn small" data-testid="swap" onclick={send(Action::Future(beside))}>{ "Change places" }</button>
            <button type="button" class="btn small" data-testid="leave" onclick={leave}>{ "Leave the comparison" }</button>
        </>
    };
    html! {
        <Words title={format!("{a} beside {b}")} {gist} {acts}>
            <div class="stack" data-testid="apart-event">
                <h2>{ "First event that differs" }</h2>
                { for said.into_iter().map(|s| html! { <p>{ s }</p> }) }
            </div>
            <div class="stack" data-testid="apart-nodes" tabindex="0" role="group" aria-label="States that differ">
                <h2>{ "States that differ" }</h2>
                <p class="quiet">{ states }</p>
                if !c.nodes.is_empty() { { node_table(&c.nodes, names) } }
            </div>
            <div class="stack" data-testid="apart-checks">
                <h2>{ "Promises that differ" }</h2>
                <p class="quiet">{ differences::count(c.checks.len(), "promise", "promises") }</p>
                <ul>{ for c.checks.iter().map(|d| check_line(d, names)) }</ul>
            </div>
        </Words>
    }
}

/// Where the two stages leave little room for words, which fold to their gist at first.
const LOW: &str = "(max-width: 900px), (max-height: 820px)";

/// See [`Words`].
#[derive(Clone, PartialEq, Properties)]
struct WordsProps {
    title: String,
    /// What is said of it all while it is folded.
    gist: String,
    /// The buttons.
    acts: Html,
    children: Html,
}

/// What sets the two apart, to fold and unfold.
#[component]
fn Words(props: &WordsProps) -> Html {
    let folded = use_state(|| dom::matches(LOW));
    let fold = {
        let folded = folded.clone();
        move |_: MouseEvent| folded.set(!*folded)
    };
    let gist = if *folded { props.gist.as_str() } else { "" };
    html! {
        <section class="apart" aria-label="What sets the two apart" data-testid="apart" tabindex="0">
            <div class="acts">
                <p><b>{ &props.title }</b>{ " " }<span class="quiet">{ gist }</span></p>
                <button type="button" class="btn small" data-testid="fold" aria-expanded={(!*folded).to_string()} onclick={fold}>{ "What differs" }</button>
                { props.acts.clone() }
            </div>
            if !*folded { { props.children.clone() } }
        </section>
    }
}

/// Lines of state that differ: node, what, here, there.
fn node_table(nodes: &[NodeDifference], [a, b]: &[String; 2]) -> Html {
    let value = |v: &Option<String>| match v.as_deref() {
        None | Some("") => "\u{2013}".to_owned(),
        Some(text) => text.to_owned(),
    };
    let lines = nodes.iter().flat_map(|n| {
        let rows = n.fields.iter().enumerate();
        rows.map(move |(i, f)| {
            html! {
                <tr>
                    <th scope="row">{ if i == 0 { n.name.as_str() } else { "" } }<span class="quiet">{ format!(" {}", f.name) }</span></th>
                    <td>{ value(&f.here) }</td><td>{ value(&f.there) }</td>
                </tr>
            }
        })
    });
    html! {
        <table class="differ">
            <thead><tr><th scope="col">{ "Node" }</th><th scope="col">{ a }</th><th scope="col">{ b }</th></tr></thead>
            <tbody>{ for lines }</tbody>
        </table>
    }
}

fn check_line(d: &CheckDifference, [a, b]: &[String; 2]) -> Html {
    let word = |name: &str, v| html! { <p><b>{ name }</b>{ ": " }{ differences::verdict(v) }</p> };
    html! {
        <li key={d.name}><p><b>{ d.name }</b></p>{ word(a, d.here.as_ref()) }{ word(b, d.there.as_ref()) }</li>
    }
}

/// See [`Chooser`].
#[derive(Clone, PartialEq, Properties)]
pub struct ChooserProps {
    /// What decides what there is to choose.
    pub asked: Asked,
    /// Only what is there already.
    pub lock: bool,
    /// Where a choice goes.
    pub on_action: Callback<Action>,
}

/// What may be put beside: a list to choose from, in the row of the history.
#[component]
pub fn Chooser(props: &ChooserProps) -> Html {
    let on = &props.on_action;
    let all: Rc<Vec<Choice>> = {
        let all = choices(&props.asked).into_iter();
        Rc::new(all.filter(|c| c.exists || !props.lock).collect())
    };
    if all.is_empty() {
        return html! {};
    }
    let option =
        |(i, c): (usize, &Choice)| html! { <option key={i} value={i.to_string()}>{ &c.label }</option> };
    let group = |label: &'static str, exists: bool| {
        let mut of = all.iter().enumerate().filter(|(_, c)| c.exists == exists).peekable();
        match of.peek() {
            None => html! {},
            Some(_) => html! { <optgroup {label}>{ for of.map(option) }</optgroup> },
        }
    };
    let select = use_node_ref();
    let onclick = {
        let (all, on, select) = (all.clone(), on.clone(), select.clone());
        Callback::from(move |_: MouseEvent| {
            let Some(select) = select.cast::<HtmlSelectElement>() else {
                return;
            };
            let picked = select.value().parse::<usize>().ok();
            if let Some(choice) = picked.and_then(|i| all.get(i)) {
                // It asks anew each time: what was chosen is there to be seen.
                select.set_selected_index(0);
                on.emit(choice.action.clone());
            }
        })
    };
    // Choosing alone does nothing: with a keyboard one goes through the list by choosing.
    html! {
        <span class="beside">
            <label><span class="unseen">{ "Put beside it" }</span>
                <select ref={select} data-testid="compare-with">
                    <option key="none" value="" selected=true>{ "Put beside it \u{2026}" }</option>
                    { group("Another future", true) }
                    { group("The same seed, one difference", false) }
                </select>
            </label>
            <button type="button" class="btn small" data-testid="compare-go" {onclick}>{ "Compare" }</button>
        </span>
    }
}
