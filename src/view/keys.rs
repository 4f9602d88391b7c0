//! The keyboard, as one table: the page obeys it, and the help dialog is made of it.
//!
//! The rule that is easy to break: a key that does something stands here, or it does nothing. The
//! caller has made sure that nobody is typing, and that shortcuts are on. What a key writes counts before its
//! place: only where the layout has no such character at hand does the place of it count.

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

/// What the key that writes `key`, at the place `code`, sends; both are the browser's names.
pub fn find(key: &str, code: &str) -> Option<Action> {
    let named = |key: &str| ALL.iter().find(|s| s.key == key);
    named(&key.to_ascii_lowercase()).or_else(|| named(&at_place(key, code)?)).map(|s| (s.action)())
}

/// The Latin character at the place `code`, where `key` is a character of another script, or a dead one. Where `+`
/// and `$` stand in the place of a bracket, the brackets themselves take two hands.
fn at_place(key: &str, code: &str) -> Option<String> {
    let latin = key.len() == 1 && !matches!(key, "+" | "$");
    let place = match code {
        _ if latin => return None,
        "BracketLeft" => "[",
        "BracketRight" => "]",
        "Comma" => ",",
        "Period" => ".",
        _ => code.strip_prefix("Key")?,
    };
    Some(place.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_stands_once_and_is_found_in_either_case() {
        for s in ALL {
            assert_eq!(ALL.iter().filter(|t| t.key == s.key).count(), 1);
            assert_eq!(find(s.key, ""), Some((s.action)()));
        }
        assert_eq!(find("F", "KeyF"), Some(Action::Fork));
        assert_eq!(find("q", "KeyQ"), None);
    }

    #[test]
    fn where_a_layout_has_no_latin_character_its_place_counts() {
        // Russian: ф is on A, а on F, х and ъ on the brackets, б and ю on comma and stop.
        assert_eq!(find("а", "KeyF"), Some(Action::Fork));
        assert_eq!(find("А", "KeyF"), Some(Action::Fork));
        assert_eq!(find("ф", "KeyA"), None);
        assert_eq!(find("х", "BracketLeft"), Some(Action::Nudge(-1)));
        assert_eq!(find("ъ", "BracketRight"), Some(Action::Nudge(1)));
        assert_eq!(find("б", "Comma"), Some(Action::Go(Aim::Message, true)));
        assert_eq!(find("ю", "Period"), Some(Action::Go(Aim::Message, false)));
        // German: ü and + on the brackets; French: a dead circumflex and $.
        for (key, code, by) in [
            ("ü", "BracketLeft", -1),
            ("+", "BracketRight", 1),
            ("Dead", "BracketLeft", -1),
            ("$", "BracketRight", 1),
        ] {
            assert_eq!(find(key, code), Some(Action::Nudge(by)));
        }
    }

    #[test]
    fn what_a_key_writes_counts_before_its_place() {
        // Dvorak: u is on F, a on A, o on S; its brackets are elsewhere. German: y and z have changed places.
        assert_eq!(find("u", "KeyF"), Some(Action::Undo));
        assert_eq!(find("o", "KeyS"), None);
        assert_eq!(find("y", "KeyZ"), Some(Action::Redo));
        assert_eq!(find("z", "KeyY"), None);
        assert_eq!(find("/", "BracketLeft"), None);
        assert_eq!(find("{", "BracketLeft"), None);
        assert_eq!(find("Tab", "Tab"), None);
    }
}
