//! Boards: what a protocol shows beside its circles, as plain closed data.
//!
//! The rule that is easy to break: a board is read off the world on demand, like [`crate::sim::Inspect`];
//! nothing in the engine reads it. A new look is a new kind of board here and one widget in the page,
//! never a special case of a protocol.

use serde::Serialize;

/// How a cell, a bar or a lamp stands: never told by colour alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mood {
    /// Nothing to say.
    #[default]
    Plain,
    /// Decided, durable, up to date.
    Good,
    /// Not yet, or not for sure.
    Waiting,
    /// Contradicts, lost, behind.
    Bad,
}

impl Mood {
    /// Good, or plain.
    pub fn good_if(good: bool) -> Self {
        if good { Mood::Good } else { Mood::Plain }
    }
}

/// A cell of a table or a matrix.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Field {
    /// What stands in it.
    pub text: String,
    /// How it stands.
    pub mood: Mood,
}

impl Field {
    /// A cell with `text`.
    pub fn of(text: impl ToString) -> Self {
        Field { text: text.to_string(), mood: Mood::Plain }
    }

    /// In this mood.
    #[must_use]
    pub fn mood(self, mood: Mood) -> Self {
        Field { mood, ..self }
    }
}

/// A bar, with what it counts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bar {
    /// Whose it is.
    pub label: String,
    /// How long, in the board's unit.
    pub value: f64,
    /// How it stands.
    pub mood: Mood,
}

impl Bar {
    /// A bar of this length.
    pub fn of(label: impl Into<String>, value: f64) -> Self {
        Bar { label: label.into(), value, mood: Mood::Plain }
    }

    /// In this mood.
    #[must_use]
    pub fn mood(self, mood: Mood) -> Self {
        Bar { mood, ..self }
    }
}

/// A lamp: a condition that is met or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lamp {
    /// The condition: "votes 2 of 3".
    pub label: String,
    /// How it stands.
    pub mood: Mood,
}

/// A part of a sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Whose it is, or where: "Bank A", "in flight".
    pub label: String,
    /// How much.
    pub value: i64,
}

/// A line of a series: a curve over simulated time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// What it is: "S1".
    pub label: String,
    /// Its points: microseconds of true time, and the value.
    pub points: Vec<(u64, f64)>,
}

/// A message or a step in a tree: what came of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Branch {
    /// What it is.
    pub label: String,
    /// How it stands.
    pub mood: Mood,
    /// What came of it.
    pub children: Vec<Branch>,
}

/// What somebody did, from a moment to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Band {
    /// What it is: "x = 3".
    pub label: String,
    /// When it began, in microseconds of true time.
    pub from_us: u64,
    /// When it ended; nothing while it is under way.
    pub to_us: Option<u64>,
    /// How it stands.
    pub mood: Mood,
}

/// Something that a protocol shows beside the stage.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Board {
    /// Rows and columns.
    Table {
        /// Its title.
        title: String,
        /// The heads of the columns; the first is that of the rows' names.
        columns: Vec<String>,
        /// The rows: name, and a cell a column.
        rows: Vec<(String, Vec<Field>)>,
    },
    /// Who knows what of whom: a square table.
    Matrix {
        /// Its title.
        title: String,
        /// The names, of rows and columns alike.
        names: Vec<String>,
        /// Row by row.
        cells: Vec<Vec<Field>>,
    },
    /// Bars from a common zero.
    Bars {
        /// Its title.
        title: String,
        /// The unit: "ms".
        unit: String,
        /// The bars.
        bars: Vec<Bar>,
        /// A line across all of them: a bound, what theory says.
        mark: Option<f64>,
    },
    /// Curves over simulated time.
    Series {
        /// Its title.
        title: String,
        /// The unit of the values.
        unit: String,
        /// The curves.
        lines: Vec<Line>,
        /// A line across: a bound, what theory says.
        mark: Option<f64>,
    },
    /// What each did and when: bars on an axis of simulated time.
    Bands {
        /// Its title.
        title: String,
        /// Whose, and what they did, in the order of its beginnings.
        rows: Vec<(String, Vec<Band>)>,
    },
    /// Conditions, each met or not.
    Lamps {
        /// Its title.
        title: String,
        /// The lamps.
        lamps: Vec<Lamp>,
    },
    /// What came of what.
    Tree {
        /// Its title.
        title: String,
        /// The roots.
        roots: Vec<Branch>,
    },
    /// A sum over nodes and what is on its way.
    Total {
        /// Its title: "Money in the system".
        title: String,
        /// Its unit: "£".
        unit: String,
        /// What it is made of, in order.
        parts: Vec<Part>,
        /// What it should be.
        should_be: i64,
    },
}

impl Board {
    /// Bars, in a unit, beside what they should be.
    pub fn bars(title: &str, unit: &str, bars: Vec<Bar>, mark: Option<f64>) -> Self {
        Board::Bars { title: title.to_owned(), unit: unit.to_owned(), bars, mark }
    }

    /// A table.
    pub fn table(title: &str, columns: &[&str], rows: Vec<(String, Vec<Field>)>) -> Self {
        Board::Table {
            title: title.to_owned(),
            columns: columns.iter().map(|c| (*c).to_owned()).collect(),
            rows,
        }
    }

    /// Its title.
    pub fn title(&self) -> &str {
        match self {
            Board::Table { title, .. }
            | Board::Matrix { title, .. }
            | Board::Bars { title, .. }
            | Board::Series { title, .. }
            | Board::Bands { title, .. }
            | Board::Lamps { title, .. }
            | Board::Tree { title, .. }
            | Board::Total { title, .. } => title,
        }
    }
}
