//! The prose of a scenario file: Markdown, as closed data that a page draws without trusting it.
//!
//! The rule that is easy to break: nothing here can run. There is no HTML and no picture, and a link leads
//! to a page of the web or to a place in this page.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// A block of the lesson's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Block {
    /// A paragraph.
    P(Vec<Piece>),
    /// A heading.
    H(Vec<Piece>),
    /// A list with dots.
    Ul(Vec<Vec<Piece>>),
    /// A list with numbers.
    Ol(Vec<Vec<Piece>>),
    /// Something to be read letter by letter.
    Code(String),
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Piece {
    /// Plain text.
    T(String),
    /// Emphasis.
    Em(String),
    /// Strong emphasis.
    Strong(String),
    /// Something to be read letter by letter.
    Code(String),
    /// A link.
    A {
        /// What is read.
        text: String,
        /// Where it leads.
        to: Address,
    },
}

/// Where a link may lead: `https://...`, or a place in this page (`#/s/raft-nine`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(String);

impl Address {
    /// It as it stands in a link.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let plain = text.chars().all(|c| c.is_ascii_graphic());
        if plain && (text.starts_with("https://") || text.starts_with("#/")) {
            return Ok(Address(text));
        }
        Err(format!(
            "a link leads to 'https://...' or to a scenario, '#/s/...', not to '{}'",
            crate::sim::letters::short(&text)
        ))
    }
}

impl From<Address> for String {
    fn from(address: Address) -> String {
        address.0
    }
}

impl Piece {
    /// Its letters.
    pub fn text(&self) -> &str {
        match self {
            Piece::T(text) | Piece::Em(text) | Piece::Strong(text) | Piece::Code(text) => text,
            Piece::A { text, .. } => text,
        }
    }
}

impl Block {
    /// Its letters, line by line.
    pub fn lines(&self) -> Vec<String> {
        let line = |pieces: &Vec<Piece>| pieces.iter().map(Piece::text).collect();
        match self {
            Block::P(pieces) | Block::H(pieces) => vec![line(pieces)],
            Block::Ul(items) | Block::Ol(items) => items.iter().map(line).collect(),
            Block::Code(text) => text.lines().map(str::to_owned).collect(),
        }
    }
}
