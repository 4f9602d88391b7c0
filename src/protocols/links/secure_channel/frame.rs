//! What a frame is made of: a body in clear or under a stream cipher, and a tag. Both are simulated.
//!
//! The rule that is easy to break: nothing outside this file makes a genuine tag, or reads a sealed body, without a key. A tag can be
//! copied, as on any wire; it says what it was made for, and fits nothing else.

use crate::sim::hash::mix;
use std::fmt;

/// An amount, as it travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Body {
    /// For all to read.
    Clear(u8),
    /// Each bit turned over where the key stream of this `nonce` has a one.
    Sealed { nonce: u32, byte: u8 },
}

impl Body {
    /// With one bit flipped, which takes no key.
    pub fn flipped(self, bit: u8) -> Self {
        let mask = 1 << (bit % 8);
        match self {
            Body::Clear(amount) => Body::Clear(amount ^ mask),
            Body::Sealed { nonce, byte } => Body::Sealed { nonce, byte: byte ^ mask },
        }
    }
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Body::Clear(amount) => write!(f, "£{amount}"),
            Body::Sealed { byte, .. } => write!(f, "{byte:02x}?"),
        }
    }
}

/// What a tag covers. What is said in one direction is no good in the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Content {
    /// A payment.
    Payment { number: u32, body: Body },
    /// A receipt.
    Receipt { number: u32 },
}

/// A message authentication code, or what stands in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Tag(Stamp);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Stamp {
    Missing,
    MadeUp,
    Over(Content),
}

impl Tag {
    /// No tag.
    pub const MISSING: Tag = Tag(Stamp::Missing);

    /// A tag that somebody without the key has made up. It fits nothing.
    pub const MADE_UP: Tag = Tag(Stamp::MadeUp);

    pub fn is_missing(self) -> bool {
        self == Tag::MISSING
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_missing() { "" } else { " + tag" })
    }
}

/// The key that Alice and Bob share.
#[derive(Clone, Debug, Hash)]
pub(super) struct Key(u64);

impl Key {
    /// What they have agreed on before.
    pub fn agreed(seed: u64) -> Self {
        Key(mix(seed ^ 0x6b65_795f_6f66_5f61))
    }

    /// The code of this content.
    pub fn tag(&self, content: Content) -> Tag {
        Tag(Stamp::Over(content))
    }

    /// Whether the code is that of this content.
    pub fn verifies(&self, content: Content, tag: Tag) -> bool {
        tag == self.tag(content)
    }

    fn stream(&self, nonce: u32) -> u8 {
        (mix(self.0 ^ mix(u64::from(nonce))) >> 56) as u8
    }

    /// The amount under the key stream of this nonce.
    pub fn seal(&self, nonce: u32, amount: u8) -> Body {
        Body::Sealed { nonce, byte: amount ^ self.stream(nonce) }
    }

    /// What a body says to who has the key. Whatever it is, it says something: a cipher alone notices nothing.
    pub fn read(&self, body: Body) -> u8 {
        match body {
            Body::Clear(amount) => amount,
            Body::Sealed { nonce, byte } => byte ^ self.stream(nonce),
        }
    }
}
