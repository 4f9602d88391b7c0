//! The dice of a node: a stream that is drawn from, or, where every choice of chance is to be tried, a script that says
//! what each draw gives.
//!
//! The rule that is easy to break: a script counts what it was asked. Whoever tries all choices goes on until no draw
//! has a choice left; and a handler that reads its clock is noted, for what it does may depend on the moment.

use super::delay::Delay;
use super::hash::{Fx, mix};
use super::ids::NodeId;
use super::streams::{below, node_stream};
use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;
use std::cell::Cell;

/// Where a node's random numbers come from.
#[derive(Clone, Debug)]
pub enum Luck {
    /// The node's own stream.
    Stream(Xoshiro256PlusPlus),
    /// A script.
    Script(Script),
}

/// How many outcomes of a draw are all tried; of more only some are.
pub const ALL_OUTCOMES: u64 = 8;

/// How many draws of one step have choices.
const DRAWS: usize = 24;

/// What each draw is to give, and what was asked.
#[derive(Clone, Debug, Default)]
pub struct Script {
    // Which of the choices each draw takes; 0 beyond the end.
    given: Vec<u8>,
    // How many choices each draw had.
    asked: Vec<u8>,
    // Whether a draw had more outcomes than choices.
    sampled: bool,
    // How many draws came after those.
    beyond: u64,
    clock: Cell<bool>,
}

impl Script {
    /// The script that takes these choices, and the first of every later draw.
    pub fn of(given: Vec<u8>) -> Self {
        Script { given, ..Script::default() }
    }

    /// Whether a draw had outcomes that no script tries.
    pub fn sampled(&self) -> bool {
        self.sampled
    }

    /// Whether the clock was read.
    pub fn read_clock(&self) -> bool {
        self.clock.get()
    }

    /// The choices to try next, in the order of an odometer; nothing if all have been tried.
    pub fn next(&self) -> Option<Vec<u8>> {
        let taken = |i: usize| self.given.get(i).copied().unwrap_or(0);
        let at = (0..self.asked.len()).rev().find(|&i| taken(i) + 1 < self.asked[i])?;
        let mut next: Vec<u8> = (0..=at).map(taken).collect();
        next[at] += 1;
        Some(next)
    }

    /// Takes one of `choices`.
    fn choose(&mut self, choices: u8) -> u8 {
        let at = self.asked.len();
        if at >= DRAWS {
            // Who draws until the number pleases would draw for ever.
            self.sampled = true;
            self.beyond += 1;
            return below(mix(self.beyond), u64::from(choices)) as u8;
        }
        self.asked.push(choices);
        self.given.get(at).copied().unwrap_or(0).min(choices.saturating_sub(1))
    }

    /// The least or the greatest draw of 64 bits.
    fn extreme(&mut self) -> u64 {
        self.sampled = true;
        if self.choose(2) == 0 { 0 } else { u64::MAX }
    }

    fn below(&mut self, n: u64) -> u64 {
        match n {
            0 | 1 => 0,
            2..=ALL_OUTCOMES => u64::from(self.choose(n as u8)),
            _ => below(self.extreme(), n),
        }
    }
}

impl Luck {
    /// The dice of `node` in a run with `seed`.
    pub fn of(seed: u64, node: NodeId) -> Self {
        Luck::Stream(node_stream(seed, node))
    }

    /// A uniform number in `[0, n)`; 0 if `n` is 0.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        match self {
            Luck::Stream(rng) => below(rng.next_u64(), n),
            Luck::Script(script) => script.below(n),
        }
    }

    /// A span drawn from a distribution, in microseconds.
    #[inline]
    pub fn sample(&mut self, delay: Delay) -> super::time::Span {
        match self {
            Luck::Stream(rng) => delay.sample(rng.next_u64()),
            Luck::Script(script) => {
                let (least, greatest) = (delay.sample(0), delay.sample(u64::MAX));
                if least == greatest { least } else { delay.sample(script.extreme()) }
            }
        }
    }

    /// Feeds what comes next to `h`.
    pub fn fingerprint(&self, h: &mut Fx) {
        match self {
            Luck::Stream(rng) => h.word(rng.clone().next_u64()),
            Luck::Script(script) => h.word(script.asked.len() as u64),
        }
    }

    /// The node looks at its clock.
    #[inline]
    pub fn clock_is_read(&self) {
        if let Luck::Script(script) = self {
            script.clock.set(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two draws, of two and of three outcomes where the first is 1: four ways in all.
    #[test]
    fn every_choice_is_tried_once() {
        let (mut given, mut ways) = (Vec::new(), Vec::new());
        loop {
            let mut luck = Luck::Script(Script::of(given));
            let first = luck.below(2);
            ways.push((first, if first == 1 { luck.below(3) } else { 9 }));
            let Luck::Script(script) = luck else { unreachable!("it was a script") };
            assert!(!script.sampled());
            match script.next() {
                Some(next) => given = next,
                None => break,
            }
        }
        assert_eq!(ways, [(0, 9), (1, 0), (1, 1), (1, 2)]);
    }

    #[test]
    fn of_many_outcomes_the_least_and_the_greatest_are_tried() {
        let draw = |given| {
            let mut luck = Luck::Script(Script::of(given));
            let n = luck.below(1_000);
            let Luck::Script(script) = luck else { unreachable!("it was a script") };
            assert!(script.sampled());
            (n, script.next())
        };
        assert_eq!(draw(vec![]), (0, Some(vec![1])));
        assert_eq!(draw(vec![1]), (999, None));
    }
}
