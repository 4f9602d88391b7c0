//! A chart on the page: its picture, its sentence, and its numbers as a table for whoever wants them.
//!
//! The rule that is easy to break: it is drawn on a sheet of a fixed width that is scaled to its place, so
//! that a letter is as large as the page's own; a place that is much wider or narrower wants another sheet.

use crate::view::chart::{Chart, draw};
use crate::view::svg::{path, px};
use yew::prelude::*;

/// The width of a sheet: a panel's.
pub const WIDTH: f64 = 296.0;

/// The picture, `height` high, with its sentence as its name.
pub fn picture(chart: &Chart, height: f64) -> Html {
    let p = draw(chart, WIDTH, height);
    html! {
        <svg class="chart" viewBox={path("0 0 # #", &[p.width, p.height])} role="img" aria-label={chart.summary()}>
            { for p.strokes.into_iter().map(|s| html! { <path class={s.class} d={s.d} /> }) }
            { for p.words.into_iter().map(|w| html! {
                <text class={w.class} text-anchor={w.anchor.word()} x={px(w.x)} y={px(w.y)}>{ w.text }</text>
            }) }
        </svg>
    }
}

/// Its numbers, folded away.
pub fn as_table(chart: &Chart) -> Html {
    html! {
        <details class="as-table">
            <summary>{ "As a table" }<span class="unseen">{ format!(": {}", chart.title) }</span></summary>
            { numbers(chart, false) }
        </details>
    }
}

/// Its numbers as a table; its title is seen where several stand below each other.
pub fn numbers(chart: &Chart, titled: bool) -> Html {
    let (head, rows) = chart.table();
    let row = |cells: Vec<String>| {
        let mut cells = cells.into_iter();
        html! {
            <tr><th scope="row">{ cells.next() }</th>{ for cells.map(|c| html! { <td>{ c }</td> }) }</tr>
        }
    };
    html! {
        <div class="scrolls" tabindex="0" role="group" aria-label={format!("{}, as a table", chart.title)}>
            <table class="numbers">
                <caption class={if titled { "over" } else { "unseen" }}>{ chart.title.clone() }</caption>
                <thead><tr>{ for head.into_iter().map(|h| html! { <th scope="col">{ h }</th> }) }</tr></thead>
                <tbody>{ for rows.into_iter().map(row) }</tbody>
            </table>
        </div>
    }
}
