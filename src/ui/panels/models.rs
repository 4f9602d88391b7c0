//! Under the timing models: the scenario, and those beside it, run under each model and many seeds; a cell opens the run that
//! shows what it says.
//!
//! The rule that is easy to break: a cell counts what was seen. It never says "safe", and never "always".

use super::measures::told;
use crate::scenario::library;
use crate::ui::controls::choice;
use crate::ui::props::PanelProps;
use crate::view::Action;
use crate::view::assumptions::capital;
use crate::view::measures::AskModels;
use crate::view::models::{Cell, Model};
use crate::view::player::group;
use crate::view::study::Study;
use yew::prelude::*;

/// How many seeds may be asked for.
const RUNS: [u32; 3] = [20, 100, 500];
/// How many may crash.
const CRASHES: [u32; 3] = [0, 1, 2];

/// What to ask for, how it goes, and the table.
#[component]
pub fn Models(props: &PanelProps) -> Html {
    let ask = use_state(|| AskModels { runs: RUNS[0], crashes: CRASHES[1] });
    let set = |next: AskModels| {
        let ask = ask.clone();
        Callback::from(move |()| ask.set(next))
    };
    let runs = |n: u32| choice(&group(u64::from(n)), ask.runs == n, set(AskModels { runs: n, ..*ask }));
    let crashes = |n: u32| choice(&n.to_string(), ask.crashes == n, set(AskModels { crashes: n, ..*ask }));
    let begin = props.send(Action::UnderModels(*ask));
    let study = props.study.as_ref().filter(|s| s.order.models.is_some() && s.order.fits(&props.origin));
    html! {
        <section class="stack models" aria-labelledby="under-models" data-testid="models">
            <h2 id="under-models">{ "Under each model" }</h2>
            <p class="quiet">{ "The same protocol, seeds and crashes; only what is promised of time differs. Each run is 15 s long." }</p>
            <div class="ask-row" role="group" aria-label="Seeds">{ for RUNS.map(runs) }<span class="quiet">{ "seeds" }</span></div>
            <div class="ask-row" role="group" aria-label="Crashes">{ for CRASHES.map(crashes) }<span class="quiet">{ "servers crash, for good" }</span></div>
            <div class="acts">
                <button type="button" class="btn small main" data-testid="compare-models"
                    onclick={begin.reform(|_: MouseEvent| ())}>{ "Compare" }</button>
            </div>
            if let Some(study) = study {
                { told(study, props) }
                if study.done() > 0 { { table(study, props) } }
            }
        </section>
    }
}

fn table(study: &Study, props: &PanelProps) -> Html {
    let cells = study.cells();
    let rows = study.order.rows().zip(&cells).enumerate();
    let row = |(i, (scenario, cells)): (usize, (&str, &Vec<Cell>))| {
        let title = title(scenario);
        let cell = |(model, cell): (&Model, &Cell)| one(props, i, *model, cell, &title);
        html! {
            <tbody key={i}>
                <tr><th scope="rowgroup" colspan="4">{ &title }</th></tr>
                <tr>{ for Model::ALL.iter().zip(cells).map(cell) }</tr>
            </tbody>
        }
    };
    html! {
        <>
        <table class="by-model" data-testid="by-model">
            <caption class="unseen">{ "What was seen under each timing model" }</caption>
            <thead><tr>{ for Model::ALL.map(|m| html! { <th scope="col">{ m.label().replace("chronous", "\u{ad}chronous") }</th> }) }</tr></thead>
            { for rows.map(row) }
        </table>
        <p class="quiet">{ "How many runs broke a promise of safety; in how many something was decided, and how soon in the median. \
            None broken in these runs is no proof. A cell opens the run that shows it." }</p>
        <p class="quiet">{ "The command-line tool prints the same:" }</p>
        <p class="mono command">{ study.order.command() }</p>
        </>
    }
}

/// The protocol of the scenario called `id`, for the head of a row.
fn title(id: &str) -> String {
    let brief = library::index().iter().find(|b| b.id == id);
    capital(&brief.map_or(id, |b| b.protocol).replace('-', " "))
}

/// A cell: three lines, and one press to the run that shows it.
fn one(props: &PanelProps, row: usize, model: Model, cell: &Cell, title: &str) -> Html {
    let decided = cell.decided_ms.len() as u64;
    let class = match (cell.runs, cell.broken) {
        (0, _) => "none",
        (_, 0) if decided == cell.runs => "well",
        (_, 0) => "waits",
        _ => "broke",
    };
    let lines = html! {
        <>
        <b>{ format!("{} broke", group(cell.broken)) }</b>
        <span>{ format!("{} decided", group(decided)) }</span>
        <span class="quiet">{ cell.median_ms().map(soon).unwrap_or_default() }</span>
        </>
    };
    let says = format!("{title}, {}: {}; {}. Open that run.", model.label(), cell.safety(), cell.decided());
    let open = props.send(Action::OpenCell(row, model)).reform(|_: MouseEvent| ());
    html! {
        <td key={model.id()} class={class}>
            if props.lock || cell.runs == 0 {
                <div class="cell">{ lines }</div>
            } else {
                <button type="button" class="cell" onclick={open} data-testid={format!("cell-{row}-{}", model.id())}>
                    { lines }<span class="unseen">{ says }</span></button>
            }
        </td>
    }
}

/// A time of `ms` milliseconds, short.
fn soon(ms: f64) -> String {
    match ms < 1_000.0 {
        true => format!("{ms:.0} ms"),
        false => format!("{:.1} s", ms / 1_000.0),
    }
}
