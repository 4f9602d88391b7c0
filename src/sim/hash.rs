//! The one hash of the engine: of traces, messages and node states.
//!
//! The rule that is easy to break: it must give the same 64 bits on every target. `usize` is
//! widened to 64 bits, no pointer and no address is ever fed to it, and nothing here is random.
//! It is no cryptographic hash and guards against nobody.

use std::hash::Hasher;

const K: u64 = 0x517c_c1b7_2722_0a95;

/// A multiplicative word hash: one rotate, xor and multiply a word, with a strong finish.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fx(u64);

impl Fx {
    /// A hash that has been fed `word`.
    pub const fn of(word: u64) -> Self {
        Fx(word.wrapping_mul(K))
    }

    /// Feeds one word.
    #[inline]
    pub fn word(&mut self, w: u64) {
        self.0 = (self.0.rotate_left(5) ^ w).wrapping_mul(K);
    }

    /// Feeds three words at the cost of one in the chain: they are spread in parallel first.
    #[inline]
    pub fn triple(&mut self, a: u64, b: u64, c: u64) {
        let spread = a.wrapping_mul(0x9e37_79b9_7f4a_7c15)
            ^ b.wrapping_mul(0xc2b2_ae3d_27d4_eb4f).rotate_left(31)
            ^ c.wrapping_mul(0x1656_67b1_9e37_79f9).rotate_left(17);
        self.word(spread);
    }
}

impl Hasher for Fx {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut w = [0u8; 8];
            w[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(w));
        }
    }
    #[inline]
    fn write_u8(&mut self, x: u8) {
        self.word(u64::from(x));
    }
    #[inline]
    fn write_u16(&mut self, x: u16) {
        self.word(u64::from(x));
    }
    #[inline]
    fn write_u32(&mut self, x: u32) {
        self.word(u64::from(x));
    }
    #[inline]
    fn write_u64(&mut self, x: u64) {
        self.word(x);
    }
    #[inline]
    fn write_usize(&mut self, x: usize) {
        self.word(x as u64);
    }
    #[inline]
    fn write_isize(&mut self, x: isize) {
        self.word(x as i64 as u64);
    }
    #[inline]
    fn finish(&self) -> u64 {
        mix(self.0)
    }
}

/// Counts what it is fed: so whatever can be hashed can be weighed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scales(usize);

impl Scales {
    /// The bytes fed so far.
    pub fn bytes(self) -> usize {
        self.0
    }
}

impl Hasher for Scales {
    fn write(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }
    fn finish(&self) -> u64 {
        self.0 as u64
    }
}

/// A bijection of 64 bits in which every input bit moves every output bit (Stafford's variant 13
/// of the MurmurHash3 finaliser, as in SplitMix64).
#[inline]
pub const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::Hash;

    #[test]
    fn the_same_bits_on_every_target() {
        let mut h = Fx::default();
        (7usize, "seven", [1u8, 2], Some(3i64)).hash(&mut h);
        // The golden value is what x86-64 printed; the wasm tests run this same file.
        assert_eq!(format!("{:016x}", h.finish()), GOLDEN);
    }

    const GOLDEN: &str = "d1f6427c744cf338";

    /// Two words, a length and three bytes.
    #[test]
    fn what_is_hashed_is_weighed() {
        let mut scales = Scales::default();
        (1_u64, 2_u64, vec![1_u8, 2, 3]).hash(&mut scales);
        assert_eq!(scales.bytes(), 16 + size_of::<usize>() + 3);
    }

    #[test]
    fn order_matters() {
        let of = |a: u64, b: u64| {
            let mut h = Fx::default();
            h.word(a);
            h.word(b);
            h.finish()
        };
        assert_ne!(of(1, 2), of(2, 1));
    }
}
