//! The transport: play, events one by one, speed, where we are, fork, reset, seed.
//!
//! The rule that is easy to break: it is drawn every frame, so it holds little, and nothing that
//! needs the whole run.

use super::controls::maybe;
use super::icons::{BACK, FORK, PAUSE, PLAY, START, STEP, TREE, UNDO, icon};
use crate::view::Action;
use crate::view::player::{Pace, Player, group, last_notch, speed_at, time_text};
use yew::prelude::*;

/// See [`transport`].
pub struct TransportProps {
    /// The moment shown, in microseconds.
    pub now_us: u64,
    /// How many events have happened.
    pub events: u32,
    /// The clock of the screen.
    pub player: Player,
    /// The furthest moment reached in this future.
    pub frontier_us: u64,
    /// The row of the history, where it is open.
    pub history: Option<Html>,
    /// Where everything goes.
    pub on_action: Callback<Action>,
}

/// The transport.
pub fn transport(props: &TransportProps) -> Html {
    let on = &props.on_action;
    let send = |a: Action| on.reform(move |_: MouseEvent| a.clone());
    let playing = props.player.playing;
    let scrub = maybe(on, |e: InputEvent| {
        let input = e.target_dyn_into::<web_sys::HtmlInputElement>()?;
        Some(Action::Seek(input.value_as_number() as u64 * 1_000))
    });
    // Let go of, wherever that is, time goes on: the page itself hears it (root.rs).
    let hold = on.reform(|_: PointerEvent| Action::Hold(true));
    let hold_by_key = on.reform(|_: KeyboardEvent| Action::Hold(true));
    let now_ms = props.now_us.div_ceil(1_000);
    html! {
        <section class="transport" aria-label="Transport">
            <input type="range" class="scrub" data-testid="scrub" aria-label="Moment, in milliseconds" min="0"
                max={props.frontier_us.div_ceil(1_000).max(now_ms).max(1).to_string()} value={now_ms.to_string()}
                aria-valuetext={time_text(props.now_us)} oninput={scrub} onpointerdown={hold} onkeydown={hold_by_key} />
            <button type="button" class="btn icon" aria-label="To the start" onclick={send(Action::Seek(0))}>{ icon(START) }</button>
            <button type="button" class="btn icon" aria-label="Previous event" data-testid="back" onclick={send(Action::Back(1))}>{ icon(BACK) }</button>
            <button type="button" class="btn main play" data-testid={if playing { "pause" } else { "play" }} id="play"
                onclick={send(if playing { Action::Pause } else { Action::Play })}>
                { icon(if playing { PAUSE } else { PLAY }) }{ if playing { "Pause" } else { "Play" } }</button>
            <button type="button" class="btn icon" aria-label="Next event" data-testid="step" onclick={send(Action::Step(1))}>{ icon(STEP) }</button>
            <p class="clock" translate="no"><b>{ time_text(props.now_us) }</b><span class="dot">{ " · " }</span><span>{ "event " }{ group(props.events.into()) }</span></p>
            { pace(props) }
            { speed(props) }
            <span class="acts">
                <button type="button" class="btn" data-testid="fork" title="Keep this future, begin another here"
                    onclick={send(Action::Fork)}>{ icon(FORK) }{ "Fork" }</button>
                <button type="button" class="btn icon" aria-label="Reset: back to the start, without edits" title="Reset"
                    data-testid="reset" onclick={send(Action::Reset)}>{ icon(UNDO) }</button>
                <button type="button" class="btn icon" aria-label="History: steps and futures" title="History" id="history" data-testid="history-open"
                    aria-expanded={props.history.is_some().to_string()} onclick={send(Action::History(props.history.is_none()))}>{ icon(TREE) }</button>
            </span>
            // One child in either case: another number of them would make all the buttons anew, without the focus.
            { props.history.clone().unwrap_or_default() }
        </section>
    }
}

/// Time follows what happens, or the speed that is set.
fn pace(props: &TransportProps) -> Html {
    let story = props.player.pace == Pace::Story;
    let other = if story { Pace::Fixed } else { Pace::Story };
    let turn = props.on_action.reform(move |_: MouseEvent| Action::Pace(other));
    html! {
        <button type="button" class="btn" data-testid="pace" aria-pressed={story.to_string()} onclick={turn}
            title="Time follows what happens: waiting is passed over, and play stops at what matters">{ "Story" }</button>
    }
}

fn speed(props: &TransportProps) -> Html {
    let set = maybe(&props.on_action, |e: InputEvent| {
        let input = e.target_dyn_into::<web_sys::HtmlInputElement>()?;
        Some(Action::SetSpeed(speed_at(input.value_as_number() as i32)))
    });
    let text = props.player.speed_text();
    let late = props.player.playing && props.player.late;
    html! {
        <label class="speed"><span>{ "speed" }</span>
            <input type="range" data-testid="speed" aria-label="Speed" min="0" max={last_notch().to_string()}
                value={props.player.notch().to_string()} aria-valuetext={text.clone()} oninput={set} />
            <output translate="no" title={if late { "As fast as this machine can" } else { "Simulated seconds a second" }}>
                { text }{ if late { " max" } else { "" } }</output>
        </label>
    }
}
