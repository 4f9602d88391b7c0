//! The main screen: header, lesson, stage, transport, time, inspector.
//!
//! The rule that is easy to break: an embed shows the parts its address names, in the same
//! components; there is no second page to keep in step.

use super::controls::{coming, reload};
use super::panels::{Part, Slot, inspector};
use super::props::PanelProps;
use super::stage::Stage;
use super::transport::{TransportProps, transport};
use super::{ViewProps, details, header};
use crate::view::app::tally;
use crate::view::open::Open;
use crate::view::player::Pace;
use crate::view::{Action, App, away};
use yew::prelude::*;

/// The main screen.
pub fn screen(app: &App, open: &Open, on: &Callback<Action>) -> Html {
    let (view, panel) = handed(app, open, on);
    let look = &app.look;
    let two = match open.beside {
        None => None,
        Some(_) => details::here().and_then(|d| (d.compare)(open, &view)),
    };
    let (stage, words, diagram, of) = match two {
        Some(two) => (two.stages, two.words, two.diagrams, two.of),
        None => (html! { <Stage ..view.clone() /> }, html! {}, diagram(&view), html! {}),
    };
    let lesson = look.shows("lesson") && open.beside.is_none();
    let class = classes!("page", "fixed", look.embed.then_some("embed"));
    let inspects = look.shows("inspector") || look.shows("log");
    html! {
        <div {class}>
            if !look.embed {
                <a class="unseen skip" href="#inspector" onclick={on.reform(|e: MouseEvent| {
                    e.prevent_default();
                    super::dom::focus("panel");
                    Action::Tab(crate::view::Tab::Text)
                })}>{ "Skip to the stage as text" }</a>
                { header::header(app, Some(open), on) }
            }
            <main class={classes!("work", (!lesson).then_some("no-lesson"), open.beside.is_some().then_some("two"), (!inspects).then_some("no-inspector"))}>
                // Each page has one heading of the first order; in an embed without the lesson, unseen.
                if lesson { <p class="intro">{ &open.origin.def.summary }</p> }
                else { <h1 class="unseen">{ open.origin.title() }</h1> }
                if look.shows("stage") {
                    { around(app, open, html! {
                        <section class="stage-zone" aria-label="Stage">
                            <Slot part={Part::Chips} panel={panel.clone()} />
                            if look.embed { { way_out(open) } }
                            { error(app, on) }
                            { stage }
                            { caption(app, open) }
                            { words }
                        </section>
                    }) }
                } else { { error(app, on) } }
                { transport(&TransportProps {
                    now_us: app.player.now_us,
                    events: open.run().get().position(),
                    player: app.player,
                    frontier_us: open.run().get().frontier().us(),
                    history: details::here().filter(|_| app.history).map(|d| (d.history)(app, open, on)),
                    on_action: on.clone(),
                }) }
                if lesson {
                    <Slot part={Part::Lesson} panel={panel.clone()} />
                }
                if look.shows("time") {
                    <section class="time-zone" data-testid="timeline" aria-label="Time">{ diagram }</section>
                }
                if inspects {
                    { inspector(app.tab, &panel, of) }
                }
            </main>
        </div>
    }
}

/// From an embed to the whole page: where scripts run, to this very moment (static/embedded.js).
fn way_out(open: &Open) -> Html {
    let href = format!("{}#/s/{}", super::dom::base(), open.origin.id());
    html! { <a class="btn small out" data-testid="open-full" {href} target="_blank" rel="noopener">{ "Open full" }</a> }
}

/// One sentence on the stage: what has happened, or that waiting is passed over.
fn caption(app: &App, open: &Open) -> Html {
    let alone = open.beside.is_none() && (app.player.pace == Pace::Story || !app.player.playing);
    let said = alone.then(|| crate::view::director::caption(&open.run().get(), &app.director)).flatten();
    // What the live region says need not be read twice.
    html! { <p class="caption" data-testid="caption" aria-hidden="true">{ said.unwrap_or_default() }</p> }
}

/// The stage with the protocol's boards beside or under it; two futures take all the room for themselves.
fn around(app: &App, open: &Open, stage: Html) -> Html {
    let boards = app.look.shows("boards") && open.beside.is_none();
    html! {
        <div class="stage-area">
            { stage }
            if boards { { boards_of(open) } }
        </div>
    }
}

/// The protocol's boards; until they have come, the place that they take.
fn boards_of(open: &Open) -> Html {
    match details::here() {
        Some(details) => (details.boards)(open),
        None if open.origin.def.entry().is_ok_and(|e| e.boards.is_some()) => html! { <div class="boards" /> },
        None => html! {},
    }
}

/// The diagram over time, in the place that is kept for it.
fn diagram(view: &ViewProps) -> Html {
    match details::here() {
        Some(details) => (details.timeline)(view),
        None => coming("The diagram is coming.", None, &view.on_action),
    }
}

/// What the drawings and what the panels are handed.
fn handed(app: &App, open: &Open, on: &Callback<Action>) -> (ViewProps, PanelProps) {
    let view = ViewProps {
        run: open.run().clone(),
        now_us: app.player.now_us,
        selection: app.selection,
        playing: app.player.playing,
        calm: app.calm,
        lock: app.look.lock,
        small: false,
        opening: open.futures[0].run.identity(),
        apart: None,
        on_action: on.clone(),
    };
    let tally = tally(&open.settled.get());
    let panel = PanelProps {
        origin: open.origin.clone(),
        run: open.settled.clone(),
        tally,
        lesson: open.lesson,
        selection: app.selection,
        reach: app.reach,
        filter: app.filter.clone(),
        study: app.study.clone(),
        lock: app.look.lock,
        on_action: on.clone(),
    };
    (view, panel)
}

/// The error's sentence, with a way to put it aside; or what is said of a part that is not here.
pub fn error(app: &App, on: &Callback<Action>) -> Html {
    let missing;
    let (text, retry) = match (&app.error, &app.away) {
        (Some(text), _) => (text, details::is_missing(app)),
        (None, Some(away)) if away.failed => {
            missing = away::missing(away.part);
            (&missing, true)
        }
        (None, Some(away)) => {
            return coming(&away::coming(away.part), Some("coming"), on);
        }
        (None, None) => return html! {},
    };
    let close = on.reform(|_: MouseEvent| {
        super::dom::focus("play");
        Action::Error(None)
    });
    html! {
        <div class="error">
            <p data-testid="error">{ text }</p>
            if retry {
                <button type="button" class="btn" data-testid="retry" onclick={on.reform(|_: MouseEvent| Action::Retry)}>
                    { "Try again" }</button>
                if app.open.is_none() || app.address().is_some() { { reload(on) } }
            }
            <button type="button" class="btn icon bare" aria-label="Close this message" onclick={close}>
                { super::icons::icon(super::icons::CLOSE) }</button>
        </div>
    }
}
