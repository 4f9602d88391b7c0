//! What hands do on the stage: pick, draw a line that cuts, press keys.
//!
//! The rule that is easy to break: a finger is judged by where it is, not by the element under it,
//! for elements lie over each other; a click without a pointer (a screen reader, a script) and a key
//! are judged by the element, by its `data-pick`.

use super::canvas::place;
use super::draw::Blade;
use super::{DRAWN, Stage};
use crate::sim::{Fault, NodeId};
use crate::ui::{ViewProps, dom};
use crate::view::stage::{Pt, hit};
use crate::view::{Action, Selection};
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, PointerEvent};

impl Stage {
    pub(super) fn down(&mut self, e: &PointerEvent) -> bool {
        self.by_key = false;
        let in_menu = element(e.target()).is_some_and(|t| t.closest(".stage-menu").ok().flatten().is_some());
        if e.button() == 0 && e.is_primary() && !in_menu {
            let (x, y) = place(&self.root, e);
            self.pressed = Some(Pt::new(x, y));
        }
        false
    }

    pub(super) fn moved(&mut self, props: &ViewProps, e: &PointerEvent) -> bool {
        let (Some(from), Some(plan), Some(scene)) = (self.pressed, &self.plan, &self.scene) else {
            return false;
        };
        if props.lock {
            return false;
        }
        let (x, y) = place(&self.root, e);
        let to = Pt::new(x, y);
        if self.blade.is_none() {
            let on_node = matches!(hit::at(plan, &[], &[], from), Selection::Node(_));
            if on_node || from.distance(to) < DRAWN {
                return false;
            }
            if let Some(root) = self.root.cast::<Element>() {
                let _ = root.set_pointer_capture(e.pointer_id());
            }
        }
        let cut = hit::cut(plan, from, to);
        let names = |side: &Vec<NodeId>| {
            let all: Vec<_> =
                side.iter().filter_map(|n| scene.nodes.get(n.index())).map(|n| n.name.as_str()).collect();
            all.join(" ")
        };
        let says = match (cut.pairs, cut.sides.len()) {
            (0, _) => "draw across links to cut them".to_owned(),
            (_, 2..) => cut.sides.iter().map(names).collect::<Vec<_>>().join(" | "),
            (1, _) => "cuts 1 link".to_owned(),
            (n, _) => format!("cuts {n} links"),
        };
        self.blade = Some((Blade { from, to, says }, cut.faults));
        self.paint(props);
        false
    }

    pub(super) fn up(&mut self, props: &ViewProps, e: &PointerEvent) -> bool {
        let Some(p) = self.pressed.take() else {
            return false;
        };
        if let Some((_, mut faults)) = self.blade.take() {
            self.paint(props);
            match faults.len() {
                0 => {}
                1 => props.on_action.emit(Action::Edit(faults.remove(0))),
                _ => props.on_action.emit(Action::Edits(faults)),
            }
            return false;
        }
        if picks_button(e.target(), "heal") && !props.lock {
            props.on_action.emit(Action::Edit(Fault::Heal));
        } else if let (Some(plan), Some(scene)) = (&self.plan, &self.scene) {
            let picked = hit::at(plan, &self.motion.messages, &scene.pairs, p);
            self.menu_at = None;
            props.on_action.emit(Action::Select(picked));
        }
        false
    }

    pub(super) fn key(&mut self, props: &ViewProps, e: &KeyboardEvent) -> bool {
        let in_menu = element(e.target()).is_some_and(|t| t.closest(".stage-menu").ok().flatten().is_some());
        match e.key().as_str() {
            "Enter" | " " if !in_menu => {
                self.by_key = true;
                if pick_element(props, e.target()) {
                    e.prevent_default();
                    e.stop_propagation();
                    return true;
                }
            }
            "Escape" if props.selection != Selection::None => {
                e.stop_propagation();
                let picked = props.selection;
                props.on_action.emit(Action::Select(Selection::None));
                if in_menu {
                    self.give_back(picked);
                }
            }
            _ => {}
        }
        false
    }
}

impl Stage {
    /// Gives the focus to what `picked` is on the stage, or to the first thing there.
    pub(super) fn give_back(&mut self, picked: Selection) {
        self.by_key = false;
        let id = match picked {
            Selection::Node(n) => format!("[data-pick=n{n}]"),
            Selection::Link(a, b) => format!("[data-pick=l{a}-{b}]"),
            _ => "[data-pick]".to_owned(),
        };
        if let Some(root) = self.root.cast::<Element>() {
            dom::focus_in(&root, &id);
        }
    }
}

fn element(target: Option<web_sys::EventTarget>) -> Option<Element> {
    target?.dyn_into().ok()
}

/// The word by which the stage knows what an element stands for.
fn pick_word(target: Option<web_sys::EventTarget>) -> Option<String> {
    let holder = element(target)?.closest("[data-pick]").ok()??;
    holder.get_attribute("data-pick")
}

fn picks_button(target: Option<web_sys::EventTarget>, word: &str) -> bool {
    pick_word(target).is_some_and(|w| w == word)
}

/// Picks what an element stands for; false if it stands for nothing.
pub(super) fn pick_element(props: &ViewProps, target: Option<web_sys::EventTarget>) -> bool {
    let Some(word) = pick_word(target) else {
        return false;
    };
    let number = |s: &str| s.parse().ok().map(NodeId);
    let action = if word == "heal" {
        Some(Action::Edit(Fault::Heal))
    } else if let Some(n) = word.strip_prefix('n') {
        number(n).map(|n| Action::Select(Selection::Node(n)))
    } else {
        let ends = word.strip_prefix('l').and_then(|l| l.split_once('-'));
        ends.and_then(|(a, b)| Some(Action::Select(Selection::Link(number(a)?, number(b)?))))
    };
    let known = action.is_some();
    action.into_iter().for_each(|a| props.on_action.emit(a));
    known
}
