//! A piece of the program that the page brings on demand: what few readers need, and none at first.
//!
//! The rule that is easy to break: what such a piece holds is named by it alone, and everybody else asks for it here;
//! what is named elsewhere comes with the page itself. Whoever asks too early is refused, and the refusal says what has
//! to come first, as it does where a protocol has not come.

use super::library::AWAY;
use crate::sim::Refusal;
use std::sync::OnceLock;

/// What is known of a piece, whatever it brings.
pub(super) trait Piece: Sync {
    /// Its name, among those of the protocols' parts.
    fn name(&self) -> &'static str;
    /// What it is, for people, at the beginning of a sentence.
    fn title(&self) -> &'static str;
    /// Whether it is here.
    fn is_here(&self) -> bool;
}

impl<T: Sync> Piece for Part<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn title(&self) -> &'static str {
        self.title
    }

    fn is_here(&self) -> bool {
        self.brings.get().is_some()
    }
}

/// A piece that comes on demand, and what it brings.
pub struct Part<T: 'static> {
    /// Its name, among those of the protocols' parts: `reader`.
    pub name: &'static str,
    /// What it is, for people, at the beginning of a sentence.
    title: &'static str,
    brings: OnceLock<&'static T>,
}

impl<T> Part<T> {
    /// A piece that has not come.
    pub(super) const fn away(name: &'static str, title: &'static str) -> Self {
        Part { name, title, brings: OnceLock::new() }
    }

    /// Takes it in, for it has come.
    pub fn provide(&self, brings: &'static T) {
        // Whoever asks twice gets the same.
        let _ = self.brings.set(brings);
    }

    /// What it brings.
    ///
    /// # Errors
    /// It has not come.
    pub(super) fn get(&self) -> Result<&'static T, Refusal> {
        let away = || Refusal {
            part: Some(self.name),
            ..Refusal::new(AWAY, format!("{} has not come", self.title))
        };
        self.brings.get().copied().ok_or_else(away)
    }
}
