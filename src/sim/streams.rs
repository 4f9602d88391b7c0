//! Random draws: one stream for each thing that is random, keyed by what it is for.
//!
//! The rule that is easy to break: no draw may depend on how many draws something else made. The
//! draws of a message are a pure function of (seed, sender, receiver, its number on that link,
//! purpose); so an edit on one link, or a protocol that sends more elsewhere, leaves the others'
//! luck alone, and a fork differs from its parent only by what was edited. That is why links do
//! not keep a generator: a keyed draw needs no state but a counter.

use super::hash::mix;
use super::ids::NodeId;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

/// What a draw on a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// How long the message travels.
    Delay = 1,
    /// Whether it is lost.
    Loss = 2,
    /// Whether it is delivered twice.
    Duplicate = 3,
    /// How long the second copy travels.
    DuplicateDelay = 4,
    /// Whether bits flip.
    Corrupt = 5,
    /// Which bits flip.
    CorruptHow = 6,
    /// Whether a faulty sender omits it.
    SendOmission = 7,
    /// Whether a faulty receiver omits it.
    ReceiveOmission = 8,
    /// Whether it is set aside and overtaken.
    Reorder = 9,
    /// What a Byzantine sender makes of it.
    Byzantine = 10,
    /// Whether a faulty receiver omits the second copy.
    CopyOmission = 11,
}

/// The key of all draws of one message: `draw(purpose)` is uniform over 64 bits.
#[derive(Clone, Copy, Debug)]
pub struct Draws(u64);

const PHI: u64 = 0x9e37_79b9_7f4a_7c15;

impl Draws {
    /// The draws of the `number`-th message from `from` to `to` in a run with `seed`.
    #[inline]
    pub fn of_message(seed: u64, from: NodeId, to: NodeId, number: u32) -> Self {
        let link = u64::from(from.0) << 16 | u64::from(to.0);
        let key = seed ^ (link + 1).wrapping_mul(0xd6e8_feb8_6659_fd93);
        Draws(mix(key.wrapping_add(u64::from(number).wrapping_mul(PHI))))
    }

    /// A uniform 64-bit number for `purpose`.
    #[inline]
    pub fn draw(self, purpose: Purpose) -> u64 {
        mix(self.0.wrapping_add((purpose as u64).wrapping_mul(PHI)))
    }

    /// True with probability `ppm` in a million.
    #[inline]
    pub fn happens(self, purpose: Purpose, ppm: u32) -> bool {
        ppm != 0 && below(self.draw(purpose), 1_000_000) < u64::from(ppm)
    }
}

/// Maps a uniform 64-bit number to a uniform one in `[0, n)` (Lemire's multiply-shift).
#[inline]
pub fn below(draw: u64, n: u64) -> u64 {
    ((u128::from(draw) * u128::from(n)) >> 64) as u64
}

/// Maps a uniform 64-bit number to a uniform float in `[0, 1)`.
#[inline]
pub fn unit(draw: u64) -> f64 {
    (draw >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// The generator that a node's own code draws from (election timeouts, coin flips). It survives a
/// crash: a rebooted machine does not repeat its luck.
pub fn node_stream(seed: u64, node: NodeId) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(mix(seed ^ 0x6e6f_6465) ^ u64::from(node.0).wrapping_mul(PHI))
}

/// The generator for what a scenario draws once, before the run (a ring's order, a mix of faults).
pub fn setup_stream(seed: u64, what: &str) -> Xoshiro256PlusPlus {
    use std::hash::Hasher;
    let mut h = super::hash::Fx::of(seed);
    h.write(what.as_bytes());
    Xoshiro256PlusPlus::seed_from_u64(h.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_of_different_links_purposes_and_numbers_differ() {
        let mut seen = std::collections::BTreeSet::new();
        for from in 0..8 {
            for to in 0..8 {
                for number in 0..8 {
                    let d = Draws::of_message(1, NodeId(from), NodeId(to), number);
                    assert!(seen.insert(d.draw(Purpose::Delay)));
                    assert!(seen.insert(d.draw(Purpose::Loss)));
                }
            }
        }
    }

    /// 30 % of 200,000 draws are 60,000, with a standard deviation of sqrt(n p q) = 205.
    #[test]
    fn a_probability_is_met_within_four_standard_deviations() {
        let hits = (0..200_000)
            .filter(|&i| Draws::of_message(9, NodeId(0), NodeId(1), i).happens(Purpose::Loss, 300_000))
            .count();
        assert!((59_180..=60_820).contains(&hits), "{hits} of 200000 at 30 %");
    }
}
