//! What a traitor says instead of what he should.
//!
//! The rule that is easy to break: a traitor does all that a loyal general does, and alters only what leaves him. So whatever he may say
//! is a choice a message, and can be gone through.

use super::seal::{Key, Seal};
use super::{Msg, Order, Path};
use crate::kit::prelude::*;
use std::collections::BTreeMap;

/// What is said in place of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Word {
    Say(Order),
    Nothing,
}

/// What a general does with what he should say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Strategy {
    Loyal,
    Splits,
    Inverts,
    Silent,
    Random,
    /// These words, one after the other, then the truth.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests go through every lie"))]
    Script(Vec<Word>),
}

impl Strategy {
    pub const CHOICES: &'static [Choice] = &[
        Choice::new("splits", "tell L1, L3, ... attack, and L2, L4, ... retreat"),
        Choice::new("inverts", "say the opposite"),
        Choice::new("silent", "say nothing"),
        Choice::new("random", "to each, at random: attack, retreat or nothing"),
    ];

    pub fn of(p: &Params) -> Self {
        match p.word("strategy") {
            "splits" => Strategy::Splits,
            "inverts" => Strategy::Inverts,
            "silent" => Strategy::Silent,
            _ => Strategy::Random,
        }
    }
}

/// What makes a general a traitor, and the keys that he signs with.
#[derive(Clone, Debug, Hash)]
pub(super) struct Treason {
    pub strategy: Strategy,
    /// What he was told to say, to whom.
    pub told: BTreeMap<u8, Word>,
    /// How many messages he has altered, or could have.
    pub spoken: usize,
    keys: Vec<Key>,
}

impl Treason {
    pub fn new(strategy: Strategy, keys: Vec<Key>) -> Self {
        Treason { strategy, told: BTreeMap::new(), spoken: 0, keys }
    }

    pub fn betrays(&self) -> bool {
        self.strategy != Strategy::Loyal || !self.told.is_empty()
    }

    /// Whether he shows orders that nobody has sent him: he has the commander's key, and no plan that says otherwise.
    pub fn invents(&self) -> bool {
        let free = matches!(self.strategy, Strategy::Random | Strategy::Script(_));
        free && self.keys.iter().any(|k| k.is_of(0))
    }

    /// What he says to general `to`, who should hear `order`. `dice` falls on 0, 1 or 2.
    pub fn word(&mut self, order: Order, to: u8, dice: impl FnOnce() -> u64) -> Word {
        let nth = self.spoken;
        self.spoken += 1;
        if let Some(&word) = self.told.get(&to) {
            return word;
        }
        match &self.strategy {
            Strategy::Loyal => Word::Say(order),
            Strategy::Splits if to % 2 == 1 => Word::Say(Order::Attack),
            Strategy::Splits => Word::Say(Order::Retreat),
            Strategy::Inverts => Word::Say(order.other()),
            Strategy::Silent => Word::Nothing,
            Strategy::Random => match dice() {
                0 => Word::Say(Order::Attack),
                1 => Word::Say(Order::Retreat),
                _ => Word::Nothing,
            },
            Strategy::Script(words) => words.get(nth).copied().unwrap_or(Word::Say(order)),
        }
    }

    /// The signatures of all on the path under `order`: those that he can make are genuine, the others are what he was shown.
    pub fn seals(&self, order: Order, path: Path, shown: &[Seal]) -> Vec<Seal> {
        let mut seals = Vec::new();
        for (i, &id) in path.ids().iter().enumerate() {
            let own = self.keys.iter().find(|k| k.is_of(id)).map(|k| k.sign(order, &seals));
            seals.extend(own.or_else(|| shown.get(i).copied()));
        }
        seals
    }

    /// A message with another order: signed anew, as far as he has the keys.
    pub fn altered(&self, msg: &Msg, order: Order) -> Msg {
        let seals = msg.seals.as_ref().map(|shown| self.seals(order, msg.path, shown));
        Msg { order, path: msg.path, seals }
    }
}
