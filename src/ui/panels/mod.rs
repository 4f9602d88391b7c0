//! The inspector: one page a file, one line in [`ALL`].
//!
//! The rule that is easy to break: a panel is one component file over one `view::` struct, one line here and one in
//! [`detail`]. The tabs, their keys and their tests are made from this list; the panels come with the details.

mod checks;
mod here;
mod link;
mod log;
mod measures;
mod message;
mod models;
mod node;
mod request;
mod text;
mod timing;
mod why;
mod whynot;

use crate::ui::controls::{coming, maybe};
use crate::ui::details;
use crate::ui::props::PanelProps;
use crate::view::{Action, Selection, Tab};
use yew::prelude::*;

/// A line of the registry.
pub struct Panel {
    /// Which.
    pub tab: Tab,
    /// Its name.
    pub label: &'static str,
    /// Its hook for tests.
    pub testid: &'static str,
}

/// Every panel, in the order of the tabs.
pub const ALL: &[Panel] = &[
    Panel { tab: Tab::Link, label: "Link", testid: "panel-link" },
    Panel { tab: Tab::Node, label: "Node", testid: "panel-node" },
    Panel { tab: Tab::Timing, label: "Timing", testid: "panel-timing" },
    Panel { tab: Tab::Checks, label: "Checks", testid: "checks" },
    Panel { tab: Tab::Measures, label: "Measures", testid: "measures" },
    Panel { tab: Tab::Log, label: "Log", testid: "log" },
    Panel { tab: Tab::Text, label: "Text", testid: "twin" },
];

/// What stands in a [`Slot`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The chips over the stage.
    Chips,
    /// The lesson.
    Lesson,
    /// A page of the inspector.
    Tab(Tab),
}

/// See [`Slot`].
#[derive(Clone, PartialEq, Properties)]
pub struct SlotProps {
    /// What stands here.
    pub part: Part,
    /// What it is handed.
    pub panel: PanelProps,
    /// Whether the details of the page are here.
    #[prop_or_default]
    pub whole: bool,
}

/// A place for a part of the page that is drawn anew only when what it is handed has changed. One
/// component for all of them, because each kind of component weighs some kilobytes.
#[component]
pub fn Slot(props: &SlotProps) -> Html {
    match props.part {
        Part::Chips => super::chips::chips(&props.panel),
        Part::Lesson => super::lesson::lesson(&props.panel),
        Part::Tab(tab) => match details::here() {
            Some(details) => (details.panel)(tab, &props.panel),
            None => coming("This panel is coming.", None, &props.panel.on_action),
        },
    }
}

/// A page of the inspector, with what there is to say of the event that is picked.
pub fn detail(tab: Tab, props: &PanelProps) -> Html {
    let draw = match tab {
        Tab::Link => link::panel,
        Tab::Node => node::panel,
        Tab::Timing => timing::panel,
        Tab::Checks => checks::panel,
        Tab::Measures => measures::panel,
        Tab::Log => log::panel,
        Tab::Text => text::panel,
    };
    let panel = draw(props);
    match (tab, props.selection) {
        (Tab::Text, _) | (Tab::Node | Tab::Checks | Tab::Log, Selection::Event(_)) => {
            why::beside(tab, props, panel)
        }
        // Of the same shape as with something beside it, so that the log is not made anew when a row is picked.
        _ => html! { <>{ Html::default() }{ panel }</> },
    }
}

/// The inspector: tabs, what is said of all panels, and the panel that is picked.
pub fn inspector(now: Tab, panel: &PanelProps, of: Html) -> Html {
    let on = &panel.on_action;
    let broken = panel.tally.violated > 0;
    let tab = |p: &'static Panel| {
        let picked = p.tab == now;
        let pick = on.reform(move |_: MouseEvent| Action::Tab(p.tab));
        let broken = broken && p.tab == Tab::Checks;
        html! {
            <button type="button" role="tab" id={format!("tab-{}", p.label)} aria-selected={picked.to_string()}
                aria-controls="panel" tabindex={if picked { "0" } else { "-1" }} onclick={pick}>
                { p.label }
                if broken { <span class="dot" /><span class="unseen">{ ", broken" }</span> }
            </button>
        }
    };
    let at = ALL.iter().position(|p| p.tab == now).unwrap_or(0);
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
    let whole = details::here().is_some();
    html! {
        <aside class="inspector" data-testid="inspector" aria-label="Inspector" id="inspector">
            <div class="tabs" role="tablist" aria-label="Inspect" {onkeydown}>{ for ALL.iter().map(tab) }</div>
            { of }
            <div class="panel" role="tabpanel" id="panel" tabindex="0" aria-labelledby={format!("tab-{}", now.label)}
                aria-busy={(!whole).then_some("true")} data-testid={now.testid} key={now.label}>
                <Slot part={Part::Tab(now.tab)} panel={panel.clone()} {whole} />
            </div>
        </aside>
    }
}
