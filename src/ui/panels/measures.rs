//! The panel of the measures: each gauge of this run with its curve, and the same over many seeds.
//!
//! The rule that is easy to break: what theory says stands beside what was measured, never in its place;
//! and how many runs a number is from is always said with it.

use crate::ui::chart::{as_table, numbers, picture};
use crate::ui::controls::{button, choice, held, maybe, text_of};
use crate::ui::download;
use crate::ui::props::PanelProps;
use crate::view::Action;
use crate::view::chart::histogram::two;
use crate::view::chart::{figures, histogram};
use crate::view::export::{chart, csv};
use crate::view::measures::{Ask, GaugeRow, portable, rows};
use crate::view::player::group;
use crate::view::settings::number_text;
use crate::view::study::{RUNS, State, Study};
use yew::prelude::*;

/// How high the curve of a gauge is, and a distribution.
const CURVE: f64 = 92.0;
const BARS: f64 = 190.0;

/// The panel of the measures.
pub fn panel(props: &PanelProps) -> Html {
    let rows = {
        let run = props.run.get();
        rows(&props.origin, &run, run.time().us())
    };
    if rows.is_empty() {
        return html! { <p class="quiet">{ "This protocol measures nothing." }</p> };
    }
    html! {
        <>
        <section class="stack gauges" aria-label="This run">
            <h2>{ "This run, up to now" }</h2>
            { for rows.iter().map(gauge) }
            { curves(&rows) }
        </section>
        <Seeds key={props.origin.id()} ..props.clone() />
        </>
    }
}

/// A gauge: its name, what it shows, its curve.
fn gauge(row: &GaugeRow) -> Html {
    let theory = row.theory_text().filter(|_| row.now.is_none());
    html! {
        <article class="gauge" key={row.id} data-testid={format!("gauge-{}", row.id)}>
            <p class="top"><span>{ row.label }</span>
                <b class={classes!(row.now.is_none().then_some("quiet"))}>{ row.now_text() }</b></p>
            if row.now.is_some() {
                { picture(&row.chart, CURVE) }
            }
            if let Some(theory) = theory { <p class="quiet">{ theory }</p> }
        </article>
    }
}

/// The numbers of all curves, folded away.
fn curves(rows: &[GaugeRow]) -> Html {
    let drawn = rows.iter().filter(|r| r.now.is_some());
    let charts: Vec<_> = drawn.map(|r| r.chart.clone()).collect();
    if charts.is_empty() {
        return html! {};
    }
    html! {
        <details class="as-table curves">
            <summary>{ "Curves as tables" }</summary>
            { for charts.iter().map(|c| numbers(c, true)) }
        </details>
    }
}

/// The same under many seeds: what to ask for, how it goes, what came of it.
#[component]
fn Seeds(props: &PanelProps) -> Html {
    let ask = {
        let origin = props.origin.clone();
        use_state(move || Ask::of(&origin))
    };
    let column = use_state(|| 0_usize);
    let set = |change: fn(&mut Ask, u32)| {
        let ask = ask.clone();
        Callback::from(move |n: u32| {
            let mut next = *ask;
            change(&mut next, n);
            ask.set(next);
        })
    };
    let runs = set(|a, n| a.runs = n);
    let edits = set(|a, n| a.with_edits = n > 0);
    let begin = props.send(Action::Measure(*ask));
    let many = |n: u32| choice(&group(u64::from(n)), ask.runs == n, runs.reform(move |()| n));
    let study = props.study.as_ref().filter(|s| s.order.models.is_none());
    let can_edit = !portable(props.run.get().edits()).is_empty();
    html! {
        <section class="stack seeds" aria-labelledby="over-many-seeds" data-testid="seeds">
            <h2 id="over-many-seeds">{ "Over many seeds" }</h2>
            <p class="quiet">{ "The same from the start under other luck: seed " }{ props.origin.seed() }{ " and those after it." }</p>
            <div class="ask-row" role="group" aria-label="Runs">{ for RUNS.map(many) }<span class="quiet">{ "runs" }</span></div>
            { until(&ask) }
            if can_edit {
                { crate::ui::controls::switch("with the edits of this run", ask.with_edits, edits.reform(u32::from)) }
            }
            <div class="acts">
                <button type="button" class="btn small main" data-testid="measure"
                    onclick={begin.reform(|_: MouseEvent| ())}>{ "Compute" }</button>
            </div>
            if let Some(study) = study { { told(study, props) } }
            if let Some(study) = study.filter(|s| s.done() > 0) {
                { found(study, props, &column) }
            }
        </section>
    }
}

/// Until when each run goes.
fn until(ask: &UseStateHandle<Ask>) -> Html {
    let seconds = number_text(ask.until_us as f64 / 1e6);
    let onchange = {
        let ask = ask.clone();
        Callback::from(move |e: Event| {
            let Some(s) = text_of(&e).trim().parse::<f64>().ok().filter(|s| *s > 0.0) else {
                return;
            };
            ask.set(Ask { until_us: (s * 1e6) as u64, ..*ask });
        })
    };
    html! {
        <label class="ask-row"><span>{ "each until" }</span>
            <input type="number" step="any" min="0" value={held("until", &seconds)} data-field="until" data-is={seconds} {onchange} />
            <span class="quiet">{ "s" }<span class="unseen">{ " of simulated time" }</span></span></label>
    }
}

/// How it goes: progress with a way to stop, or what came of it.
pub(super) fn told(study: &Study, props: &PanelProps) -> Html {
    let (done, all) = (study.done(), study.order.all());
    let count = format!("{} of {}", group(u64::from(done)), group(u64::from(all)));
    let stop = {
        let on = props.send(Action::StopMeasuring);
        Callback::from(move |()| {
            // The button goes away: the focus is to stay.
            crate::ui::dom::focus("panel");
            on.emit(());
        })
    };
    let says = match &study.state {
        State::Running => html! {
            <div class="acts writing">
                <progress max={all.to_string()} value={done.to_string()} aria-label="Runs done" />
                <span class="quiet">{ count }</span>
                { button("Cancel", "", stop) }
            </div>
        },
        State::Done => html! {},
        State::Stopped => {
            html! { <p class="quiet">{ format!("Stopped: {count} runs are done.") }</p> }
        }
        State::Failed(why) => html! { <p class="why">{ why }</p> },
    };
    html! {
        <>
        { says }
        if study.between_frames {
            <p class="quiet">{ "Computed between frames, which is slower: a frame without an origin of its own may start no worker." }</p>
        }
        if study.hindered > 0 {
            <p class="quiet">{ format!("In {} runs an edit could not be made, or a limit was passed.", group(u64::from(study.hindered))) }</p>
        }
        </>
    }
}

/// What was found: the distribution of one gauge, and all in a table.
fn found(study: &Study, props: &PanelProps, column: &UseStateHandle<usize>) -> Html {
    let gauges = study.order.gauges();
    let at = (**column).min(gauges.len().saturating_sub(1));
    let Some(gauge) = gauges.get(at) else {
        return html! {};
    };
    let params = props.origin.def.params(&props.origin.opening.params);
    let theory = |i: usize| gauges[i].theory.zip(params.as_ref().ok()).and_then(|(t, p)| t(p));
    let sample = study.sample(at);
    let bars = histogram(gauge.label, gauge.unit, &sample, theory(at));
    let pick = {
        let column = column.clone();
        maybe(&Callback::from(move |i| column.set(i)), |e: Event| {
            let select = e.target_dyn_into::<web_sys::HtmlSelectElement>()?;
            select.value().parse::<usize>().ok()
        })
    };
    let option = |(i, g): (usize, &crate::kit::GaugeDef)| {
        html! { <option key={g.id} value={i.to_string()} selected={i == at}>{ g.label }</option> }
    };
    let of = format!("{}, {} runs", study.order.opening.scenario, group(u64::from(study.done())));
    html! {
        <>
        <label class="ask-row wide"><span class="unseen">{ "Distribution of" }</span>
            <select onchange={pick} data-testid="distribution">{ for gauges.iter().enumerate().map(option) }</select></label>
        if sample.is_empty() {
            <p class="quiet">{ "None of these runs has come to it." }</p>
        } else {
            <figure class="bars">
                { picture(&bars, BARS) }
                { as_table(&bars) }
            </figure>
        }
        { summaries(study, &theory) }
        <div class="acts">
            { button("Save as CSV", "", keep_rows(study)) }
            if !sample.is_empty() { { button("Chart as SVG", "", keep_chart(study, bars, of)) } }
        </div>
        if study.order.opening.edits.is_empty() {
            <p class="quiet">{ "The command-line tool prints the same:" }</p>
            <p class="mono command">{ study.order.command() }</p>
        }
        </>
    }
}

/// Every gauge in one line: mean, standard error, theory; and how many runs yielded it, if not all did.
fn summaries(study: &Study, theory: &dyn Fn(usize) -> Option<f64>) -> Html {
    let done = study.done() as usize;
    let line = |(i, g): (usize, &crate::kit::GaugeDef)| {
        let s = study.summary(i);
        let text = |v: Option<f64>| v.map_or_else(|| "\u{2013}".to_owned(), figures);
        let error = s.and_then(|s| s.standard_error);
        let error = error.map(|e| format!(" \u{b1}\u{a0}{}", figures(two(e))));
        let unit = Some(g.unit).filter(|u| !u.is_empty()).map(|u| format!(", {u}"));
        let few = s.map_or(0, |s| s.n);
        let few = (few < done).then(|| format!(", in {} runs", group(few as u64)));
        html! {
            <tr key={g.id} data-testid={format!("over-{}", g.id)}>
                <th scope="row">{ g.label }<span class="quiet">{ unit }{ few }</span></th>
                <td>{ text(s.map(|s| s.mean)) }<span class="quiet">{ error }</span></td>
                <td>{ text(theory(i)) }</td>
            </tr>
        }
    };
    html! {
        <div class="scrolls" tabindex="0" role="group" aria-label="All measures">
            <table class="numbers">
                <caption class="unseen">{ "All measures over these seeds" }</caption>
                <thead><tr><td /><th scope="col">{ "mean " }<abbr title="standard error of the mean">{ "\u{b1} s.e." }</abbr></th>
                    <th scope="col">{ "theory" }</th></tr></thead>
                <tbody>{ for study.order.gauges().iter().enumerate().map(line) }</tbody>
            </table>
        </div>
    }
}

fn keep_rows(study: &Study) -> Callback<()> {
    let study = study.clone();
    Callback::from(move |()| {
        let name = format!("{}-{}-runs.csv", study.order.opening.scenario, study.done());
        save(&csv::table(&study.rows()), "text/csv;charset=utf-8", &name);
    })
}

fn keep_chart(study: &Study, bars: crate::view::chart::Chart, of: String) -> Callback<()> {
    let gauge = bars.title.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let name = format!("{}-{gauge}.svg", study.order.opening.scenario);
    Callback::from(move |()| save(&chart::svg(&bars, &of), "image/svg+xml", &name))
}

fn save(text: &str, media: &str, name: &str) {
    let _ = download::blob(text, media).and_then(|b| download::save(&b, name));
}
