//! The keyboard, as one table: the page obeys it, and the help dialog is made of it.
//!
//! The rule that is easy to break: a key that does something stands here, or it does nothing. The
//! caller has made sure that nobody is typing, and that shortcuts are on.

use super::action::Action;
use super::chosen::Dialog;
use super::selection::Selection;
use super::walk::Aim;

/// One line of the table.
pub struct Shortcut {
    /// The browser's name for the key (`KeyboardEvent.key`), in lower case.
    pub key: &'static str,
    /// How it is shown.
    pub shown: &'static str,
    /// What it does, for people.
    pub what: &'static str,
    /// What it sends.
    pub action: fn() -> Action,
}

/// Every shortcut.
pub const ALL: &[Shortcut] = &[
    Shortcut { key: " ", shown: "Space", what: "Play or pause", action: || Action::Toggle },
    Shortcut { key: "arrowright", shown: "→", what: "Next event", action: || Action::Step(1) },
    Shortcut { key: "arrowleft", shown: "←", what: "Previous event", action: || Action::Back(1) },
    Shortcut {
        key: ".",
        shown: ".",
        what: "Next message of what is selected",
        action: || Action::Go(Aim::Message, false),
    },
    Shortcut {
        key: ",",
        shown: ",",
        what: "Previous message of it",
        action: || Action::Go(Aim::Message, true),
    },
    Shortcut {
        key: "l",
        shown: "L",
        what: "Next change of this node",
        action: || Action::Go(Aim::Change, false),
    },
    Shortcut {
        key: "j",
        shown: "J",
        what: "Previous change of it",
        action: || Action::Go(Aim::Change, true),
    },
    Shortcut { key: "[", shown: "[", what: "Slower", action: || Action::Nudge(-1) },
    Shortcut { key: "]", shown: "]", what: "Faster", action: || Action::Nudge(1) },
    Shortcut {
        key: "p",
        shown: "P",
        what: "Separate nodes by a partition",
        action: || Action::Dialog(Some(Dialog::Separate)),
    },
    Shortcut {
        key: "f",
        shown: "F",
        what: "Fork: keep this future, begin another here",
        action: || Action::Fork,
    },
    Shortcut { key: "u", shown: "U", what: "Undo the last edit", action: || Action::Undo },
    Shortcut { key: "y", shown: "Y", what: "Redo it", action: || Action::Redo },
    Shortcut {
        key: "r",
        shown: "R",
        what: "Reset: back to the start, without edits",
        action: || Action::Reset,
    },
    Shortcut { key: "?", shown: "?", what: "This help", action: || Action::Dialog(Some(Dialog::Help)) },
    Shortcut {
        key: "escape",
        shown: "Esc",
        what: "Let go of what is selected",
        action: || Action::Select(Selection::None),
    },
];

/// What the key called `key` sends, if it is in the table.
pub fn find(key: &str) -> Option<Action> {
    let key = key.to_ascii_lowercase();
    ALL.iter().find(|s| s.key == key).map(|s| (s.action)())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_stands_once_and_is_found_in_either_case() {
        for s in ALL {
            assert_eq!(ALL.iter().filter(|t| t.key == s.key).count(), 1);
            assert_eq!(find(s.key), Some((s.action)()));
        }
        assert_eq!(find("F"), Some(Action::Fork));
        assert_eq!(find("q"), None);
    }
}
