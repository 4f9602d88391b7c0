//! What a node shows of itself: plain data for the stage, the inspector and the text twin.
//!
//! The rule that is easy to break: it is a copy, made on demand; nothing in the engine reads it.

use serde::Serialize;

/// A pictogram for a role, so that colour is never the only sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Glyph {
    /// An ordinary member: no sign.
    #[default]
    None,
    /// A leader, a winner.
    Crown,
    /// Asking for votes, undecided.
    Question,
    /// A client.
    Person,
    /// Finished with success, delivered, attacking.
    Check,
    /// Finished without, retreating.
    Cross,
}

/// How a cell under a node looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CellTone {
    /// Decided, committed, delivered: solid.
    Firm,
    /// Not yet: dashed.
    Tentative,
    /// Contradicts what others have decided.
    Conflict,
    /// An empty place.
    Empty,
}

/// One cell of the row under a node: a log entry, a delivered message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// At most three characters.
    pub text: String,
    /// How it looks.
    pub tone: CellTone,
    /// The whole story, for a tooltip and the text twin.
    pub title: String,
}

impl Cell {
    /// A cell with `text`, of at most three characters.
    pub fn new(text: impl ToString, tone: CellTone, title: impl Into<String>) -> Self {
        Cell { text: text.to_string(), tone, title: title.into() }
    }
}

/// A node's state as a reader sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Inspect {
    /// The role in the paper's word: `leader`, `follower`.
    pub role: String,
    /// The pictogram of the role.
    pub glyph: Glyph,
    /// True if the node stands out (a leader, a winner): drawn filled.
    pub prominent: bool,
    /// The second line in the node: `term 3`.
    pub badge: String,
    /// What it counts and decides by, while it does: `votes 2 of 3`. Drawn on the node.
    pub tally: String,
    /// Term, ballot, view: what the bands of the space-time diagram count.
    pub epoch: Option<u64>,
    /// The row under the node, at most the last dozen shown.
    pub cells: Vec<Cell>,
    /// The whole state, name and value, in the paper's names.
    pub fields: Vec<(&'static str, String)>,
}

impl Inspect {
    /// A node in this role, in the paper's word, with its pictogram.
    pub fn of(role: impl Into<String>, glyph: Glyph) -> Self {
        Inspect { role: role.into(), glyph, ..Inspect::default() }
    }

    /// Standing out or not.
    pub fn prominent(mut self, prominent: bool) -> Self {
        self.prominent = prominent;
        self
    }

    /// With a second line in the node.
    pub fn badge(mut self, badge: impl Into<String>) -> Self {
        self.badge = badge.into();
        self
    }

    /// With a count by which it decides, drawn on the node while it counts.
    pub fn tally(mut self, tally: impl Into<String>) -> Self {
        self.tally = tally.into();
        self
    }

    /// With a row under the node.
    pub fn cells(mut self, cells: impl IntoIterator<Item = Cell>) -> Self {
        self.cells = cells.into_iter().collect();
        self
    }

    /// Adds a line to the table of state.
    pub fn field(mut self, name: &'static str, value: impl ToString) -> Self {
        self.fields.push((name, value.to_string()));
        self
    }
}
