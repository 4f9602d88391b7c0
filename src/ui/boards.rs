//! The boards beside or under the stage: what a protocol shows beyond circles. One widget a kind.
//!
//! The rule that is easy to break: each is a table or a list to those who do not see it, and a widget knows
//! no protocol. It is drawn anew only when what it shows has changed.

use super::chart::{as_table, picture};
use crate::kit::Board;
use crate::kit::boards::{Band, Bar, Branch, Field, Lamp, Line, Mood, Part};
use crate::view::RunRef;
use crate::view::board::{self, sign};
use crate::view::open::Open;
use crate::view::origin::Origin;
use crate::view::svg::px;
use yew::prelude::*;

/// How high a chart of curves is.
const CURVES: f64 = 150.0;

/// See [`Boards`].
#[derive(Clone, PartialEq, Properties)]
pub struct BoardsProps {
    /// What is open.
    pub origin: Origin,
    /// The run on screen.
    pub run: RunRef,
}

/// The boards of what is open.
pub fn boards(open: &Open) -> Html {
    html! { <Boards origin={open.origin.clone()} run={open.run().clone()} /> }
}

/// All boards of the scenario, each of which can be folded away; nothing for a protocol that has none.
pub struct Boards {
    seen: board::Boards,
}

impl Component for Boards {
    type Message = ();
    type Properties = BoardsProps;

    fn create(ctx: &Context<Self>) -> Self {
        let mut boards = Boards { seen: board::Boards::default() };
        boards.look(ctx.props());
        boards
    }

    fn changed(&mut self, ctx: &Context<Self>, _: &BoardsProps) -> bool {
        self.look(ctx.props())
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let boards = self.seen.now();
        if boards.is_empty() {
            return html! {};
        }
        let now_us = ctx.props().run.get().time().us();
        // By its place: a title may count, and what was folded away stays so.
        let one = |(place, b): (usize, &Board)| {
            html! {
                <details class="board" open=true key={place} data-testid="board">
                    <summary><h2>{ b.title().to_owned() }</h2></summary>
                    { widget(b, now_us) }
                </details>
            }
        };
        html! {
            <section class="boards" aria-label="Boards" data-testid="boards">{ for boards.iter().enumerate().map(one) }</section>
        }
    }
}

impl Boards {
    fn look(&mut self, props: &BoardsProps) -> bool {
        self.seen.look(&props.origin, &props.run.get())
    }
}

/// The widget of each kind.
fn widget(board: &Board, now_us: u64) -> Html {
    match board {
        Board::Table { title, columns, rows } => table(title, columns, rows),
        Board::Matrix { title, names, cells } => matrix(title, names, cells),
        Board::Bars { unit, bars, mark, .. } => bar_list(bars, unit, *mark),
        Board::Series { title, unit, lines, mark } => series(title, unit, lines, *mark, now_us),
        Board::Bands { title, rows } => bands(title, rows, now_us),
        Board::Lamps { lamps, .. } => lamp_list(lamps),
        Board::Tree { roots, .. } => html! { <div class="came">{ branches(roots) }</div> },
        Board::Total { unit, parts, should_be, .. } => total(parts, unit, *should_be),
    }
}

/// A mood's sign, and its word for those who do not see it.
fn told(mood: Mood) -> Html {
    let s = sign(mood);
    if s.sign.is_empty() {
        return html! {};
    }
    html! { <><span class="mood-sign" aria-hidden="true">{ s.sign }</span><span class="unseen">{ format!("{}: ", s.word) }</span></> }
}

fn mood_class(mood: Mood) -> Classes {
    classes!("mood", sign(mood).class)
}

fn cell(f: &Field) -> Html {
    html! { <td class={mood_class(f.mood)}>{ told(f.mood) }{ &f.text }</td> }
}

/// What may be wider than its place: it scrolls by itself, by keys too.
fn scrolls(title: &str, table: Html) -> Html {
    html! { <div class="scrolls" tabindex="0" role="group" aria-label={title.to_owned()}>{ table }</div> }
}

fn table(title: &str, columns: &[String], rows: &[(String, Vec<Field>)]) -> Html {
    let head = |c: &String| match c.is_empty() {
        true => html! { <td /> },
        false => html! { <th scope="col">{ c }</th> },
    };
    let row = |(name, cells): &(String, Vec<Field>)| {
        html! { <tr key={name.clone()}><th scope="row">{ name }</th>{ for cells.iter().map(cell) }</tr> }
    };
    let named = columns.iter().any(|c| !c.is_empty());
    scrolls(
        title,
        html! {
            <table class="numbers">
                <caption class="unseen">{ title.to_owned() }</caption>
                if named { <thead><tr>{ for columns.iter().map(head) }</tr></thead> }
                <tbody>{ for rows.iter().map(row) }</tbody>
            </table>
        },
    )
}

fn matrix(title: &str, names: &[String], cells: &[Vec<Field>]) -> Html {
    let row = |(name, cells): (&String, &Vec<Field>)| {
        html! { <tr key={name.clone()}><th scope="row">{ name }</th>{ for cells.iter().map(cell) }</tr> }
    };
    scrolls(
        title,
        html! {
            <table class="numbers matrix">
                <caption class="unseen">{ title.to_owned() }</caption>
                <thead><tr><td />{ for names.iter().map(|n| html! { <th scope="col">{ n }</th> }) }</tr></thead>
                <tbody>{ for names.iter().zip(cells).map(row) }</tbody>
            </table>
        },
    )
}

fn per_cent(value: f64) -> String {
    format!("{}%", px(value))
}

fn bar_list(bars: &[Bar], unit: &str, mark: Option<f64>) -> Html {
    let (drawn, at) = board::bars(bars, unit, mark);
    let bar = |(b, d): (&Bar, board::BarView)| {
        html! {
            <li key={b.label.clone()} class={mood_class(b.mood)}>
                <span>{ &b.label }</span>
                <svg aria-hidden="true">
                    <rect class="track" width="100%" height="100%" />
                    <rect class="long" x={per_cent(d.from)} width={per_cent(d.long)} height="100%" />
                    if let Some(at) = at { <line class="bound" x1={per_cent(at)} x2={per_cent(at)} y1="0" y2="100%" /> }
                </svg>
                <span class="much">{ told(b.mood) }{ d.text }</span>
            </li>
        }
    };
    html! {
        <>
        <ul class="bar-list">{ for bars.iter().zip(drawn).map(bar) }</ul>
        if let Some(mark) = mark {
            <p class="quiet bound-key"><svg aria-hidden="true" viewBox="0 0 10 12"><line class="bound" x1="5" x2="5" y1="0" y2="12" /></svg>
                { crate::view::chart::with_unit(mark, unit) }</p>
        }
        </>
    }
}

fn series(title: &str, unit: &str, lines: &[Line], mark: Option<f64>, now_us: u64) -> Html {
    let chart = board::series(title, unit, lines, mark, now_us);
    html! { <>{ picture(&chart, CURVES) }{ as_table(&chart) }</> }
}

/// Bars for those who see them; for all, those that are marked in words, and the whole as a table.
fn bands(title: &str, rows: &[(String, Vec<Band>)], now_us: u64) -> Html {
    let drawn = board::bands(rows, now_us);
    let piece = |b: &board::BandView| {
        html! {
            <g class={mood_class(b.mood)}>
                <rect class="long" x={per_cent(b.from)} width={per_cent(b.long)} y="3" height="14" />
                if b.mood == Mood::Bad { <rect class="edge" x={per_cent(b.from)} width={per_cent(b.long)} y="1" height="18" /> }
            </g>
        }
    };
    let strip = |(who, all): &(String, Vec<board::BandView>)| {
        html! {
            <><span>{ who }</span><svg><rect class="track" width="100%" height="100%" />{ for all.iter().map(piece) }</svg></>
        }
    };
    let tick = |(at, text): &(f64, String)| html! { <text x={per_cent(*at)} y="11">{ text }</text> };
    let all = || drawn.rows.iter().flat_map(|(who, all)| all.iter().map(move |b| (who, b)));
    let said = |(who, b): (&String, &board::BandView)| {
        html! { <li class={mood_class(b.mood)}>{ told(b.mood) }{ format!("{who}: {}, {}", b.label, b.when) }</li> }
    };
    let cells = |(i, (who, b)): (usize, (&String, &board::BandView))| {
        (format!("{}", i + 1), vec![Field::of(who), Field::of(&b.label).mood(b.mood), Field::of(&b.when)])
    };
    let columns = ["", "who", "what", "when"].map(str::to_owned);
    html! {
        <>
        <div class="bands" aria-hidden="true">
            { for drawn.rows.iter().map(strip) }
            <span /><svg class="times">{ for drawn.ticks.iter().filter(|t| t.0 < 90.0).map(tick) }</svg>
        </div>
        <ul class="band-list">{ for all().filter(|(_, b)| b.mood == Mood::Bad).map(said) }</ul>
        <details class="as-table">
            <summary>{ "As a table" }<span class="unseen">{ format!(": {title}") }</span></summary>
            { table(title, &columns, &all().enumerate().map(cells).collect::<Vec<_>>()) }
        </details>
        </>
    }
}

fn lamp_list(lamps: &[Lamp]) -> Html {
    let lamp = |l: &Lamp| {
        html! { <li class={mood_class(l.mood)}><span class="bulb">{ told(l.mood) }</span><span>{ &l.label }</span></li> }
    };
    html! { <ul class="lamp-list">{ for lamps.iter().map(lamp) }</ul> }
}

fn branches(all: &[Branch]) -> Html {
    let branch = |b: &Branch| {
        html! {
            <li><span class={mood_class(b.mood)}>{ told(b.mood) }{ &b.label }</span>
                if !b.children.is_empty() { { branches(&b.children) } }</li>
        }
    };
    html! { <ul>{ for all.iter().map(branch) }</ul> }
}

/// Looks of parts, in turn.
const PARTS: [&str; 4] = ["part p0", "part p1", "part p2", "part p3"];

fn total(parts: &[Part], unit: &str, should_be: i64) -> Html {
    let t = board::total(parts, unit, should_be);
    let shares = t.parts.iter().enumerate();
    let piece = |(i, p): (usize, &board::PartView)| {
        let (from, long) = p.share.filter(|s| s.1 > 0.0)?;
        Some(html! { <rect class={PARTS[i % 4]} x={per_cent(from)} width={per_cent(long)} height="100%" /> })
    };
    let row = |(i, p): (usize, &board::PartView)| {
        html! {
            <><dt><svg class="swatch" aria-hidden="true"><rect class={PARTS[i % 4]} width="100%" height="100%" /></svg>{ &p.label }</dt>
                <dd>{ &p.text }</dd></>
        }
    };
    html! {
        <div class="total">
            if let Some(mark) = t.mark {
                <svg class="whole" aria-hidden="true">
                    { for shares.clone().filter_map(piece) }
                    <line class="bound" x1={per_cent(mark)} x2={per_cent(mark)} y1="0" y2="100%" />
                </svg>
            }
            <dl class="parts">{ for shares.map(row) }</dl>
            <p class={mood_class(t.mood)}>{ told(t.mood) }<b>{ t.says }</b></p>
        </div>
    }
}
