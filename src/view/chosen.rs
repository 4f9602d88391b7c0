//! What the reader has chosen to look at, and how: panel, dialog, colours, how far a setting reaches.
//!
//! The rule that is easy to break: these are values and nothing else. Actions carry them, the state holds them;
//! neither of the two is known here.

use crate::scenario::Panel;

/// A page of the inspector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// The settings of a link.
    #[default]
    Link,
    /// The state and the settings of a node.
    Node,
    /// The timing model.
    Timing,
    /// The promises of the protocol.
    Checks,
    /// The numbers of the protocol.
    Measures,
    /// What happened, in sentences.
    Log,
    /// The stage as text, with the same actions.
    Text,
}

impl Tab {
    /// It as links and files name it.
    pub fn panel(self) -> Panel {
        match self {
            Tab::Link => Panel::Link,
            Tab::Node => Panel::Node,
            Tab::Timing => Panel::Timing,
            Tab::Checks => Panel::Checks,
            Tab::Measures => Panel::Measures,
            Tab::Log => Panel::Log,
            Tab::Text => Panel::Text,
        }
    }
}

impl From<Panel> for Tab {
    fn from(panel: Panel) -> Self {
        match panel {
            Panel::Link => Tab::Link,
            Panel::Node => Tab::Node,
            Panel::Timing => Tab::Timing,
            Panel::Checks => Tab::Checks,
            Panel::Measures => Tab::Measures,
            Panel::Log => Tab::Log,
            Panel::Text => Tab::Text,
        }
    }
}

/// A dialog over the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialog {
    /// Keys and gestures.
    Help,
    /// The link to this run.
    Share,
    /// The snippet for another page.
    Embed,
    /// Separate nodes by a partition.
    Separate,
    /// Save the run, open another, and write down what happened.
    Files,
    /// Write a lesson.
    Lesson,
}

/// Which colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the reader's system says.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// How far an edit of a link reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// This direction.
    One,
    /// Both directions.
    #[default]
    Both,
    /// Every link.
    All,
}
