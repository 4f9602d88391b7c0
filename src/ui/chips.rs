//! The row of chips over the stage: the verdict and what is unusual, pinned; the assumptions in force; each a way to its panel.
//!
//! The rule that is easy to break: a chip says what is, read off the run; it is not a setting. And the row is as high with many
//! as with few, for the stage below must not move under the hands: what does not fit is scrolled to.

use super::controls::{held, text_of};
use super::icons::{DICE, icon};
use super::props::PanelProps;
use crate::view::app::{Tally, sentence};
use crate::view::assumptions::{assumptions, capital};
use crate::view::differences::unusual;
use crate::view::{Action, Tab, route};
use yew::prelude::*;

/// The row of chips.
pub fn chips(props: &PanelProps) -> Html {
    let run = props.run.get();
    let a = assumptions(run.world());
    let to = |tab| props.on_action.reform(move |_: MouseEvent| Action::Tab(tab));
    let t = props.tally;
    let (class, text) = verdict(t);
    html! {
        <div class="chips">
            <div class="pinned">
                <button type="button" class={classes!("chip", class)} onclick={to(Tab::Checks)} data-testid="verdict">{ text }</button>
                { for unusual(&props.origin).into_iter().map(|w| { let w = capital(&w); html! { <span class="chip warn" data-testid="unusual" title={w.clone()}>{ w }</span> } }) }
            </div>
            <div class="rest">
                <button type="button" class="chip" onclick={to(Tab::Link)}><b>{ a.links }</b></button>
                <button type="button" class="chip" onclick={to(Tab::Timing)}><b>{ a.timing }</b></button>
                { seed(props) }
                { for a.walls.into_iter().map(|w| html! { <span class="chip warn">{ w }</span> }) }
            </div>
        </div>
    }
}

/// The seed: shown, typed, rolled.
fn seed(props: &PanelProps) -> Html {
    let (on, lock) = (&props.on_action, props.lock);
    let set = on.reform(|e: Event| match route::seed(&text_of(&e)) {
        Ok(seed) => Action::SetSeed(seed),
        Err(refusal) => Action::Error(Some(sentence(&refusal.message))),
    });
    // The page's own dice, not the engine's: which seed a reader rolls is no part of any run.
    let roll = on.reform(|_: MouseEvent| Action::SetSeed((js_sys::Math::random() * 1e4) as u64));
    let seed = props.origin.seed().to_string();
    html! {
        <span class="chip seed"><label data-seed={seed.clone()}>{ "Seed" }
            <input type="text" inputmode="numeric" data-testid="seed" value={held("seed", &seed)} data-field="seed" data-is={seed}
                maxlength="20" disabled={lock} onchange={set} /></label>
            <button type="button" class="btn icon bare" aria-label="Another seed" title="Another seed" disabled={lock}
                data-testid="dice" onclick={roll}>{ icon(DICE) }</button>
        </span>
    }
}

fn verdict(t: Tally) -> (&'static str, String) {
    let many = |n: usize, one: &str, more: &str| format!("{n} {}", if n == 1 { one } else { more });
    if t.violated > 0 {
        return ("bad", format!("✕ {} broken", many(t.violated, "promise", "promises")));
    }
    let mut text = match t.safety {
        0 => "no safety property".to_owned(),
        n => format!("✓ {}", many(n, "safety property holds", "safety properties hold")),
    };
    if t.pending > 0 {
        text += &format!(" · {} pending", t.pending);
    }
    if t.in_progress > 0 {
        text += &format!(" · {} in progress", t.in_progress);
    }
    ("good", text)
}
