//! The cluster on the landing page: the stage of a scenario's page in small, and the one thing to do to it.
//!
//! The rule that is easy to break: its room is there before it, so that nothing moves when its part has come; and whoever
//! does not want motion may stop it.

use crate::ui::stage::Stage;
use crate::ui::{ViewProps, dom, icons, parts};
use crate::view::live::{self, Live, Words};
use crate::view::{Action, Selection};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::HtmlAnchorElement;
use yew::prelude::*;

/// Milliseconds of a frame that simulation may take.
const BUDGET_MS: f64 = 4.0;

/// See [`Cluster`].
#[derive(Clone, PartialEq, Properties)]
pub struct ClusterProps {
    /// Less motion: it stands still until something is done.
    pub calm: bool,
}

/// What the cluster hears.
pub enum Msg {
    /// Its part has come, or could not be had.
    Come(bool),
    /// A frame, at this moment of the page in milliseconds.
    Tick(f64),
    /// A hand on the stage.
    Do(Action),
    /// Stop whoever is in charge.
    Stop,
    /// Bring back who fell last.
    Bring,
    /// Stop time, or let it run.
    Toggle,
}

/// The cluster.
pub struct Cluster {
    // Shared with the link that leads on, which asks when it is followed.
    live: Rc<RefCell<Option<Live>>>,
    tick: Closure<dyn FnMut(f64)>,
    // The frame that is asked for and has not come: called off when the page goes on to a scenario.
    awaited: Option<i32>,
    last_ms: Option<f64>,
    on_action: Callback<Action>,
}

impl Component for Cluster {
    type Message = Msg;
    type Properties = ClusterProps;

    fn create(ctx: &Context<Self>) -> Self {
        let link = ctx.link().clone();
        let part = live::scenario().map(|(_, part)| part);
        link.send_future(async move {
            match part {
                Some(part) => Msg::Come(parts::fetch(part).await),
                None => Msg::Come(false),
            }
        });
        Cluster {
            live: Rc::default(),
            on_action: link.callback(Msg::Do),
            tick: Closure::new(move |ms| link.send_message(Msg::Tick(ms))),
            awaited: None,
            last_ms: None,
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let mut held = self.live.borrow_mut();
        if let Msg::Come(here) = msg {
            *held = here.then(|| Live::new(ctx.props().calm).ok()).flatten();
        }
        let Some(live) = &mut *held else {
            return true;
        };
        match msg {
            Msg::Tick(ms) => {
                self.awaited = None;
                let dt = self.last_ms.map_or(0.0, |last| (ms - last).max(0.0));
                let end = dom::now_ms() + BUDGET_MS;
                live.frame((dt * 1_000.0) as u64, &mut || dom::now_ms() >= end);
                self.last_ms = live.is_moving().then_some(ms);
            }
            Msg::Do(Action::Select(Selection::Node(node))) => live.press(node),
            Msg::Stop => live.stop_leader(),
            Msg::Bring => live.bring_back(),
            Msg::Toggle => live.toggle(),
            Msg::Come(_) | Msg::Do(_) => {}
        }
        if live.is_moving() && self.awaited.is_none() {
            let asked = dom::window().map(|w| w.request_animation_frame(self.tick.as_ref().unchecked_ref()));
            self.awaited = asked.and_then(Result::ok);
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let live = self.live.borrow();
        let words = live.as_ref().map(Live::words);
        html! {
            <section class="live" aria-label="A cluster, running" data-testid="cluster">
                <p class="invites" data-testid="invites">{ words.as_ref().map(|w| w.invites.clone()) }</p>
                <div class="live-stage">{ live.as_ref().map_or_else(Html::default, |l| self.stage(ctx, l)) }</div>
                <p class="caption" role="status" data-testid="cluster-caption">{ live.as_ref().map(Live::caption).unwrap_or_default() }</p>
                { self.hands(ctx, words) }
            </section>
        }
    }

    fn destroy(&mut self, _: &Context<Self>) {
        if let (Some(id), Some(window)) = (self.awaited, dom::window()) {
            let _ = window.cancel_animation_frame(id);
        }
    }
}

impl Cluster {
    fn stage(&self, ctx: &Context<Self>, live: &Live) -> Html {
        let Some(open) = live.open() else {
            return html! {};
        };
        let app = live.app();
        let props = ViewProps {
            run: open.run().clone(),
            now_us: app.player.now_us,
            selection: Selection::None,
            playing: app.player.playing,
            calm: app.calm,
            lock: true,
            small: true,
            opening: open.futures[0].run.identity(),
            apart: None,
            on_action: self.on_action.clone(),
        };
        let (name, sign) = match app.player.playing {
            true => ("Pause", icons::PAUSE),
            false => ("Play", icons::PLAY),
        };
        html! {
            <>
            <Stage ..props />
            <button type="button" class="btn icon bare" aria-label={name} title={name} data-testid="cluster-play"
                onclick={ctx.link().callback(|_: MouseEvent| Msg::Toggle)}>{ icons::icon(sign) }</button>
            </>
        }
    }

    fn hands(&self, ctx: &Context<Self>, words: Option<Words>) -> Html {
        let id = live::scenario().map_or("", |(id, _)| id);
        // What its link says is known when it is followed.
        let carry = {
            let live = self.live.clone();
            move |e: MouseEvent| {
                let here = live.borrow().as_ref().map(Live::address);
                if let (Some(anchor), Some(here)) = (e.target_dyn_into::<HtmlAnchorElement>(), here) {
                    anchor.set_href(&here);
                }
            }
        };
        // What can be done stands out.
        let main = |it: bool| if it { "btn main" } else { "btn" };
        html! {
            <div class="hands">
                <div class="acts">
                    if let Some(words) = words {
                        <button type="button" class={main(words.may_stop)} aria-disabled={(!words.may_stop).to_string()} data-testid="stop-leader"
                            onclick={ctx.link().callback(|_: MouseEvent| Msg::Stop)}>{ words.stop }</button>
                        if let Some(bring) = words.bring {
                            <button type="button" class={main(!words.may_stop)} data-testid="bring-back"
                                onclick={ctx.link().callback(|_: MouseEvent| Msg::Bring)}>{ bring }</button>
                        }
                    }
                </div>
                <a class="on" href={format!("#/s/{id}")} data-testid="full-stage" onclick={carry}>{ "See it on the full stage" }</a>
            </div>
        }
    }
}
