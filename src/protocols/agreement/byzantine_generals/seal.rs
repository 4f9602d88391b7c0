//! Signatures (A4): who has a general's key signs in his name, and anyone can check it.
//!
//! The rule that is easy to break: nothing outside this file makes a signature without a key. So a forgery is what it is with paper: an
//! altered order under the old signatures, which do not fit it.

use super::Order;
use crate::sim::hash::Fx;
use std::hash::Hasher;

/// A general's key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(u8);

/// A signature: whose, and under what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Seal {
    by: u8,
    over: u64,
}

impl Key {
    /// A key for each of `n` generals, to be handed out before the war.
    pub fn cut(n: u8) -> Vec<Key> {
        (0..n).map(Key).collect()
    }

    /// Whether it is the key of general `id`.
    pub fn is_of(&self, id: u8) -> bool {
        self.0 == id
    }

    /// A signature under `order` and the signatures that are on it.
    pub fn sign(&self, order: Order, before: &[Seal]) -> Seal {
        Seal { by: self.0, over: digest(order, before) }
    }
}

impl Seal {
    /// Whether it is general `id`'s, and under this.
    pub fn is_genuine(&self, id: u8, order: Order, before: &[Seal]) -> bool {
        self.by == id && self.over == digest(order, before)
    }
}

/// What a signature covers, in a number.
fn digest(order: Order, before: &[Seal]) -> u64 {
    let mut hash = Fx::of(u64::from(order.is_attack()));
    for seal in before {
        hash.word(u64::from(seal.by));
        hash.word(seal.over);
    }
    hash.finish()
}
