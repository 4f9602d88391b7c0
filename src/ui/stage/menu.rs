//! The small menu beside what is picked: the two or three things one most wants to do with it.
//!
//! The rule that is easy to break: it repeats what the inspector offers, never more; whoever works
//! with the keyboard or a screen reader finds everything there and in the text twin too.

use crate::sim::world::Status;
use crate::sim::{Fault, MsgId, NodeId};
use crate::view::stage::{LinkState, Motion, Pt, Scene, hit};
use crate::view::{Action, Selection};

/// One entry: its test id, its words, and what it does.
pub struct Entry {
    /// For tests: `act-crash`.
    pub id: &'static str,
    /// Its words.
    pub label: String,
    /// What it does.
    pub action: Action,
    /// It breaks something.
    pub breaks: bool,
}

/// A menu and where it belongs.
pub struct Menu {
    /// What it is about.
    pub title: String,
    /// The entries.
    pub entries: Vec<Entry>,
    /// The point that it must not cover.
    pub at: Pt,
    /// How far around that point it must keep clear.
    pub clear: f64,
}

/// The menu of what is picked, if it is on the stage.
pub fn menu(
    scene: &Scene,
    motion: &Motion,
    picked: Selection,
    name: &dyn Fn(NodeId) -> String,
) -> Option<Menu> {
    match picked {
        Selection::Node(id) => node(scene, id),
        Selection::Link(from, to) => link(scene, from, to, name),
        Selection::Message(msg) => message(motion, msg),
        Selection::None | Selection::Event(_) => None,
    }
}

fn entry(id: &'static str, label: impl Into<String>, breaks: bool, fault: Fault) -> Entry {
    Entry { id, label: label.into(), action: Action::Edit(fault), breaks }
}

fn node(scene: &Scene, id: NodeId) -> Option<Menu> {
    let n = scene.nodes.get(id.index())?;
    let (node, stop) = (id, false);
    let mut entries = match n.status {
        Status::Up => vec![
            entry("act-crash", "Crash", true, Fault::Crash { node, stop }),
            entry("act-pause", "Pause", true, Fault::Pause { node }),
        ],
        Status::Crashed => vec![entry("act-recover", "Recover", false, Fault::Recover { node })],
        Status::Paused => vec![
            entry("act-resume", "Resume", false, Fault::Resume { node }),
            entry("act-crash", "Crash", true, Fault::Crash { node, stop }),
        ],
        Status::Stopped => Vec::new(),
    };
    if scene.walls.is_empty() && scene.nodes.len() > 1 {
        entries.push(entry("act-isolate", "Isolate", true, hit::isolate(&scene.plan, id)));
    } else if !scene.walls.is_empty() {
        entries.push(entry("act-heal", "Heal", false, Fault::Heal));
    }
    Some(Menu { title: n.name.clone(), entries, at: n.at, clear: n.radius + 18.0 })
}

fn link(scene: &Scene, from: NodeId, to: NodeId, name: &dyn Fn(NodeId) -> String) -> Option<Menu> {
    if from == to || from.index() >= scene.nodes.len() || to.index() >= scene.nodes.len() {
        return None;
    }
    let (a, b) = (from.min(to), from.max(to));
    let pair = scene.pairs.iter().find(|p| (p.a, p.b) == (a, b));
    let states = pair.map_or((LinkState::Open, LinkState::Open), |p| (p.there, p.back));
    let (own, other) = if from == a { states } else { (states.1, states.0) };
    let cut = |s| s == LinkState::Cut;
    let mut entries = Vec::new();
    if cut(own) {
        entries.push(entry("act-restore", "Restore", false, hit::set_cut(from, to, false)));
    } else {
        entries.push(entry("act-cut", "Cut this way", true, hit::set_cut(from, to, true)));
    }
    let both = |cut: bool| {
        let two = [(from, to), (to, from)];
        Action::Edits(two.map(|(f, t)| hit::set_cut(f, t, cut)).to_vec())
    };
    let (id, label, action) = if cut(own) && cut(other) {
        ("act-restore-both", "Restore both", both(false))
    } else {
        ("act-cut-both", "Cut both ways", both(true))
    };
    entries.push(Entry { id, label: label.to_owned(), breaks: id == "act-cut-both", action });
    let (p, q) = scene.plan.line(from, to, hit::SIDE);
    Some(Menu {
        title: format!("{} \u{2192} {}", name(from), name(to)),
        entries,
        at: p.toward(q, 0.5),
        clear: 16.0,
    })
}

fn message(motion: &Motion, msg: MsgId) -> Option<Menu> {
    let m = motion.messages.iter().find(|m| m.msg == msg)?;
    let label = motion.labels.iter().find(|(l, _)| motion.messages.get(l.of).is_some_and(|o| o.msg == msg));
    let hold = if m.held {
        entry("act-release", "Release", false, Fault::Release { msg })
    } else {
        entry("act-hold", "Hold", true, Fault::Hold { msg })
    };
    Some(Menu {
        title: label.map_or_else(|| format!("message {msg}"), |(_, text)| text.clone()),
        entries: vec![
            entry("act-drop", "Drop", true, Fault::Drop { msg }),
            hold,
            entry("act-deliver", "Deliver now", false, Fault::DeliverNow { msg }),
            entry("act-duplicate", "Duplicate", true, Fault::Duplicate { msg }),
            entry("act-corrupt", "Corrupt", true, Fault::Corrupt { msg }),
        ],
        at: m.at,
        clear: 20.0,
    })
}
