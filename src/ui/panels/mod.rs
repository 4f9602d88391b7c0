//! The inspector: one page a file, one line in [`ALL`].
//!
//! The rule that is easy to break: a panel is one component file over one `view::` struct and one
//! line here. The tabs, their keys and their tests are made from this list.

mod checks;
mod link;
mod log;
mod message;
mod node;
mod text;
mod timing;

use crate::ui::controls::maybe;
use crate::view::{Action, RunRef, Selection, Tab};
use yew::prelude::*;

/// What every panel is handed.
#[derive(Clone, PartialEq, Properties)]
pub struct PanelProps {
    /// The run; while time runs fast, a version some tenths of a second old.
    pub run: RunRef,
    /// What is picked.
    pub selection: Selection,
    /// The reader may look, not touch.
    pub lock: bool,
    /// Where everything goes.
    pub on_action: Callback<Action>,
}

impl PanelProps {
    /// A callback that sends the same action each time.
    pub fn send(&self, action: Action) -> Callback<()> {
        self.on_action.reform(move |()| action.clone())
    }
}

/// A line of the registry.
pub struct Panel {
    /// Which.
    pub tab: Tab,
    /// Its name.
    pub label: &'static str,
    /// Its hook for tests.
    pub testid: &'static str,
    draw: fn(PanelProps) -> Html,
}

/// Every panel, in the order of the tabs.
pub const ALL: &[Panel] = &[
    Panel {
        tab: Tab::Link,
        label: "Link",
        testid: "panel-link",
        draw: |p| html! { <link::LinkPanel ..p /> },
    },
    Panel {
        tab: Tab::Node,
        label: "Node",
        testid: "panel-node",
        draw: |p| html! { <node::NodePanel ..p /> },
    },
    Panel {
        tab: Tab::Timing,
        label: "Timing",
        testid: "panel-timing",
        draw: |p| html! { <timing::TimingPanel ..p /> },
    },
    Panel {
        tab: Tab::Checks,
        label: "Checks",
        testid: "checks",
        draw: |p| html! { <checks::ChecksPanel ..p /> },
    },
    Panel {
        tab: Tab::Log,
        label: "Log",
        testid: "log",
        draw: |p| html! { <log::LogPanel ..p /> },
    },
    Panel {
        tab: Tab::Text,
        label: "Text",
        testid: "twin",
        draw: |p| html! { <text::TextPanel ..p /> },
    },
];

/// See [`Inspector`].
#[derive(Clone, PartialEq, Properties)]
pub struct InspectorProps {
    /// The panel on top.
    pub tab: Tab,
    /// Whether a promise is broken: the tab of the checks is marked.
    pub broken: bool,
    /// What the panels are handed.
    pub panel: PanelProps,
}

/// The inspector: tabs, and the panel that is picked.
#[component]
pub fn Inspector(props: &InspectorProps) -> Html {
    let on = &props.panel.on_action;
    let tab = |p: &'static Panel| {
        let picked = p.tab == props.tab;
        let pick = on.reform(move |_: MouseEvent| Action::Tab(p.tab));
        let broken = props.broken && p.tab == Tab::Checks;
        html! {
            <button type="button" role="tab" id={format!("tab-{}", p.label)} aria-selected={picked.to_string()}
                aria-controls="panel" tabindex={if picked { "0" } else { "-1" }} onclick={pick}>
                { p.label }
                if broken { <span class="dot" /><span class="unseen">{ ", broken" }</span> }
            </button>
        }
    };
    let at = ALL.iter().position(|p| p.tab == props.tab).unwrap_or(0);
    let onkeydown = maybe(on, move |e: KeyboardEvent| {
        let to = match e.key().as_str() {
            "ArrowRight" => (at + 1) % ALL.len(),
            "ArrowLeft" => (at + ALL.len() - 1) % ALL.len(),
            "Home" => 0,
            "End" => ALL.len() - 1,
            _ => return None,
        };
        e.prevent_default();
        e.stop_propagation();
        super::dom::focus(&format!("tab-{}", ALL[to].label));
        Some(Action::Tab(ALL[to].tab))
    });
    let now = &ALL[at];
    html! {
        <aside class="inspector" data-testid="inspector" aria-label="Inspector" id="inspector">
            <div class="tabs" role="tablist" aria-label="Inspect" {onkeydown}>{ for ALL.iter().map(tab) }</div>
            <div class="panel" role="tabpanel" id="panel" tabindex="0" aria-labelledby={format!("tab-{}", now.label)}
                data-testid={now.testid} key={now.label}>
                { (now.draw)(props.panel.clone()) }
            </div>
        </aside>
    }
}
