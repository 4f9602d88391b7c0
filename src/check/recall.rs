//! What a promise remembers, boiled down to a number: by this a search tells states apart that differ in nothing else.
//!
//! The rule that is easy to break: everything that a verdict may ever depend on goes in, and nothing that differs from
//! one way to the same state to another: no number of an event, no moment. A promise that cannot promise this says
//! nothing, and a search then says that it has left something out.

use crate::sim::hash::{Fx, mix};
use std::fmt::{Display, Write};
use std::hash::Hasher;

/// Takes in what a promise remembers.
#[derive(Clone, Debug)]
pub struct Recall {
    // Two hashes, begun differently.
    a: Fx,
    b: Fx,
    silent: bool,
    looks: bool,
}

impl Default for Recall {
    fn default() -> Self {
        Recall { a: Fx::of(3), b: Fx::of(0x9e37_79b9_7f4a_7c15), silent: false, looks: false }
    }
}

impl Recall {
    /// The promise does not say what it remembers.
    pub fn silent(&mut self) {
        self.silent = true;
    }

    /// The promise looks at the whole world, not at facts alone.
    pub fn looks_at_world(&mut self) {
        self.looks = true;
    }

    /// Whether a promise did not say what it remembers.
    pub fn is_silent(&self) -> bool {
        self.silent
    }

    /// Whether a promise looks at the world.
    pub fn looks(&self) -> bool {
        self.looks
    }

    /// A number.
    pub fn word(&mut self, word: impl Into<u64>) {
        let word = word.into();
        self.a.word(word);
        self.b.word(mix(word ^ 0x5bd1_e995));
    }

    /// Something that is shown differently wherever it differs.
    pub fn shown(&mut self, what: &impl Display) {
        // Writing into a hash cannot fail.
        _ = write!(Pen(self), "{what}");
        self.word(0x5eba_2a70_u64);
    }

    /// A set of things, in no order that means anything.
    pub fn each<T>(&mut self, all: impl IntoIterator<Item = T>, say: impl Fn(&mut Recall, T)) {
        let (mut count, mut a, mut b) = (0_u64, 0_u64, 0_u64);
        for item in all {
            let mut inner = Recall::default();
            say(&mut inner, item);
            let [x, y] = inner.ends();
            (count, a, b) = (count + 1, a.wrapping_add(x), b.wrapping_add(y));
        }
        [count, a, b].into_iter().for_each(|w| self.word(w));
    }

    /// What was taken in, as two numbers.
    pub fn ends(&self) -> [u64; 2] {
        [self.a.finish(), self.b.finish()]
    }
}

/// Writes into a [`Recall`].
struct Pen<'a>(&'a mut Recall);

impl Write for Pen<'_> {
    fn write_str(&mut self, s: &str) -> std::fmt::Result {
        self.0.a.write(s.as_bytes());
        for chunk in s.as_bytes().chunks(7) {
            let word = chunk.iter().fold(chunk.len() as u64, |w, &b| w << 8 | u64::from(b));
            self.0.b.word(word);
        }
        Ok(())
    }
}

impl Hasher for Recall {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0_u8; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, n: u8) {
        self.word(n);
    }

    fn write_u16(&mut self, n: u16) {
        self.word(n);
    }

    fn write_u32(&mut self, n: u32) {
        self.word(n);
    }

    fn write_u64(&mut self, n: u64) {
        self.word(n);
    }

    fn write_usize(&mut self, n: usize) {
        self.word(n as u64);
    }

    fn finish(&self) -> u64 {
        self.ends()[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(say: impl Fn(&mut Recall)) -> [u64; 2] {
        let mut recall = Recall::default();
        say(&mut recall);
        recall.ends()
    }

    #[test]
    fn a_set_has_no_order_and_a_list_has_one() {
        let set = |items: [u64; 2]| of(|r| r.each(items, Recall::word));
        assert_eq!(set([1, 2]), set([2, 1]));
        assert_ne!(set([1, 2]), set([1, 1]));
        let list = |items: [u64; 2]| of(|r| items.into_iter().for_each(|w| r.word(w)));
        assert_ne!(list([1, 2]), list([2, 1]));
    }

    #[test]
    fn words_do_not_run_together() {
        let two = |x: &str, y: &str| of(|r| [x, y].iter().for_each(|s| r.shown(s)));
        assert_ne!(two("ab", "c"), two("a", "bc"));
    }
}
