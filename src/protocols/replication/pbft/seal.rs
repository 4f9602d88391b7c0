//! Signatures: who has a key signs in its owner's name, and anyone can check it (section 2 of the paper: adversaries cannot forge them).
//!
//! The rule that is easy to break: nothing outside this file makes a signature without a key, and a key is handed to its owner alone. So a
//! Byzantine replica can say what it likes in its own name, and show what others have said, and no more.

use crate::sim::hash::Fx;
use std::hash::{Hash, Hasher};

/// Clients sign, too: their numbers begin behind this.
const CLIENTS: u16 = 100;

/// A key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(u16);

/// A signature: whose, and under what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Seal {
    by: u16,
    over: u64,
}

/// Whose a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Replica number so, from 0.
    Replica(u16),
    /// Client number so, from 1.
    Client(u16),
}

impl Owner {
    fn number(self) -> u16 {
        match self {
            Owner::Replica(id) => id,
            Owner::Client(number) => CLIENTS + number,
        }
    }
}

impl Key {
    /// The key of `owner`: to be handed out before the run, to its owner.
    pub fn cut(owner: Owner) -> Key {
        Key(owner.number())
    }

    /// A signature under `what`.
    pub fn sign(&self, what: impl Hash) -> Seal {
        Seal { by: self.0, over: print(what) }
    }
}

impl Seal {
    /// Whether it is `owner`'s, and under this.
    pub fn is_genuine(&self, owner: Owner, what: impl Hash) -> bool {
        self.by == owner.number() && self.over == print(what)
    }
}

/// What a signature covers, in a number.
pub(super) fn print(what: impl Hash) -> u64 {
    let mut hash = Fx::of(0x5ea1);
    what.hash(&mut hash);
    hash.finish()
}
