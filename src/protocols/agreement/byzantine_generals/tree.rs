//! The tree of who said that who said, and how it is folded (section 3).
//!
//! The rule that is easy to break: in the fold for a path its sender's own word counts once, beside what each of the others has come to
//! believe of it; so each majority is of one vote for every general who is not on the path before.

use super::{Mutant, Order, Path, Rules};
use std::collections::BTreeMap;

/// What a lieutenant has heard, by the way it came.
pub(super) type Heard = BTreeMap<Path, Order>;

/// The tree of one lieutenant.
pub(super) struct Tree<'a> {
    pub heard: &'a Heard,
    pub rules: &'a Rules,
    pub me: u8,
}

impl Tree<'_> {
    /// Whom a path is asked on through, in the next round; nobody after the last.
    pub fn children(&self, path: Path) -> Vec<Path> {
        if path.len >= self.rules.rounds() {
            return Vec::new();
        }
        path.onward(self.rules.n, self.me).map(|id| path.then(id)).collect()
    }

    /// What was heard on this way; silence is RETREAT.
    pub fn own(&self, path: Path) -> Option<Order> {
        let silence = match self.rules.mutant {
            Mutant::CountsWhatCame if path.len > 1 => None,
            _ => Some(Order::DEFAULT),
        };
        self.heard.get(&path).copied().or(silence)
    }

    /// What is counted for this path.
    pub fn votes(&self, path: Path) -> Vec<Order> {
        let others = self.children(path).into_iter().map(|child| self.value(child));
        std::iter::once(self.own(path)).chain(others).flatten().collect()
    }

    /// What is believed to have been said on this way: OM(0) takes the word, OM(k) the majority.
    pub fn value(&self, path: Path) -> Option<Order> {
        let votes = self.votes(path);
        (!votes.is_empty()).then(|| Order::majority(&votes))
    }

    /// What he obeys.
    pub fn result(&self) -> Order {
        let value = match self.rules.mutant {
            Mutant::FirstValue => self.own(Path::FIRST),
            _ => self.value(Path::FIRST),
        };
        value.unwrap_or(Order::DEFAULT)
    }
}

/// Every way of this length that ends before `me`.
pub(super) fn paths(n: u8, len: u8, me: u8) -> Vec<Path> {
    let longer = |all: Vec<Path>, _| {
        let on = |path: Path| path.onward(n, me).map(move |id| path.then(id));
        all.into_iter().flat_map(on).collect()
    };
    (1..len).fold(vec![Path::FIRST], longer)
}
