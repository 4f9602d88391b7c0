//! A channel over a wire that belongs to somebody else: encryption, message authentication, sequence numbers.
//!
//! Alice sends payments to Bob, and all of it goes through Mallory, who *is* the wire (Dolev and Yao 1983: the intruder obtains
//! every message, and can send any message that it can make). She can read, change, make up, send again, hold, and drop. What she
//! cannot do is to compute what takes a key: that is the model, and here it is so by construction, since nothing outside
//! the file `frame.rs` makes a tag without a key. *The cryptography is simulated*: it shows what a cipher and a code are for, and
//! would protect nothing.
//!
//! | what Alice and Bob do | what it keeps off | what it does not |
//! |---|---|---|
//! | encrypt, by a stream cipher | reading | changing: a bit flipped in the cipher text is that bit flipped in the amount |
//! | tag, by a message authentication code (MAC) | changing, making up | sending again: a copy is as genuine as the first |
//! | check the number under the tag | sending again | dropping: nothing does |
//!
//! Encryption is no integrity, and a code is no secrecy: one needs both, and the tag goes over the cipher text (*encrypt, then MAC*,
//! the composition that Bellare and Namprempre 2000 prove to give both). Numbers are checked by the sliding window of
//! RFC 4303, section 3.4.3: the receiver remembers the highest number that it has accepted and which of the 63 below it, takes each once,
//! and marks a number only *after* the tag was found genuine. What is older than the window is refused; a sender that waits for receipts
//! before it goes on by so much never has it happen.
//!
//! What Mallory drops, Alice sends again until a receipt comes, which is tagged like a payment. So a payment arrives in the end if
//! the wire lets something through for ever ("fair loss"), after 1/(1-q) sends in the mean if it takes away each with chance q.
//! From a wire that lets nothing through, no code helps.
//!
//! The rule that is easy to break: what tells old from new must live as long as the key. Numbers and window are on disk; whoever
//! forgets them in a crash pays twice, and a cipher that uses the same key stream twice gives away what it hides.

mod alice;
mod bob;
mod cost;
mod frame;
mod judged;
mod mallory;
mod show;

#[cfg(test)]
mod tests;

use crate::kit::prelude::*;
use alice::Alice;
use bob::Bob;
use frame::{Body, Content, Key, Tag};
use mallory::Mallory;
use std::fmt;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "secure-channel",
    title: "Secure channel",
    source: "Dolev and Yao 1983; Bellare and Namprempre 2000; RFC 4303, section 3.4.3",
    leaves_out: "real cryptography, agreeing on keys and changing them, and what lengths and times give away",
    params: &[
        Param::choice(
            "variant",
            "What Alice and Bob do",
            &[
                Choice::new("plain", "nothing: payments go in clear"),
                Choice::new("encrypted", "they encrypt"),
                Choice::new("mac", "they tag (MAC)"),
                Choice::new("mac-number", "they tag, and check numbers"),
                Choice::new("all", "they encrypt, tag, and check numbers"),
            ],
        ),
        Param::choice(
            "tap",
            "What the wire does by itself",
            &[
                Choice::new("by-hand", "nothing: it does what you ask for"),
                Choice::new("flips", "it flips a bit of a payment"),
                Choice::new("forges", "it makes a payment up, behind a true one"),
                Choice::new("replays", "it sends an old payment again, behind a new one"),
                Choice::new("drops", "it drops a payment"),
                Choice::new("busy", "one of all that it can do"),
            ],
        ),
        Param::percent("attack_percent", "How often it does so", 50),
        Param::int("count", "Payments that Alice makes by herself", 8, 0..=50),
        Param::ms("spacing_ms", "One every", 200, 10..=5_000),
        Param::flag("retry", "What is not confirmed is sent again", true),
        Param::ms("resend_ms", "Sent again after", 150, 20..=10_000),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    length: Span::secs(20),
    build,
    promises: judged::promises,
    gauges: cost::GAUGES,
    boards: Some(show::boards),
    absences: Some(show::absences),
    probes: show::PROBES,
    ..Entry::BLANK
};

mutants! {
    /// A channel with a rule left out.
    enum Mutant {
        NumberNotTagged = "number-not-tagged", "the tag does not cover the number" {
            rule: "the tag covers all that the receiver acts by, the number too",
            breaks: "Integrity",
            with: &["variant=all", "tap=busy"],
        }
        TakesUntagged = "takes-untagged", "who sends no tag is not asked for one" {
            rule: "what has no tag is refused, like what has a wrong one",
            breaks: "Integrity",
            with: &["variant=all", "tap=busy"],
        }
        MarksFirst = "marks-first", "a number counts as seen before the tag is looked at" {
            rule: "a number is marked only after the tag was found genuine",
            breaks: "Fair refusals",
            with: &["variant=all", "tap=busy"],
        }
        ForgetsWindow = "forgets-window", "the receiver keeps the numbers that it has seen in memory" {
            rule: "the numbers that were seen are on the receiver's disk",
            breaks: "No replay",
            with: &["variant=all", "tap=busy"],
        }
        ForgetsNumber = "forgets-number", "after a crash the sender counts from one again" {
            rule: "the sender's number is on its disk: under one key none is used twice",
            breaks: "Secrecy",
            with: &["variant=all", "tap=busy"],
        }
        SameStream = "same-stream", "every payment is encrypted with the same key stream" {
            rule: "under one key no key stream is used twice",
            breaks: "Secrecy",
            with: &["variant=all", "tap=busy"],
        }
        UntaggedReceipts = "untagged-receipts", "the sender believes any receipt" {
            rule: "receipts are tagged and checked, as payments are",
            breaks: "Honest receipts",
            with: &["variant=all", "tap=busy"],
        }
    }
    as it is: "as in the sources",
}

messages! {
    /// What travels, for all on the wire to see.
    #[derive(Copy)]
    enum Msg {
        /// "Pay this": the amount in clear or under a cipher.
        Payment { number: u32, body: Body, tag: Tag } = "payment", Disc, Blue, "#{number} {body}{tag}";
        /// "I have it."
        Receipt { number: u32, tag: Tag } = "receipt", Tag, Quiet, "got #{number}{tag}";
    }
    corrupted: corrupted,
}

/// A flipped bit in what is paid: a link that changes things does by chance what the wire does on purpose.
fn corrupted(msg: &Msg, draw: u64) -> Option<Msg> {
    match *msg {
        Msg::Payment { number, body, tag } => {
            Some(Msg::Payment { number, body: body.flipped((draw % 8) as u8), tag })
        }
        Msg::Receipt { .. } => None,
    }
}

facts! {
    /// What Alice, the wire, and Bob tell.
    enum Fact {
        /// Alice makes a payment.
        Ordered { number: u32, amount: u8 } = "ordered",
        /// She sends it, for the first time or again.
        Sent { number: u32, tries: u32 } = "sent" => Quiet,
        /// She has a receipt for it that she believes.
        Confirmed { number: u32, amount: u8, tries: u32 } = "confirmed" => Quiet,
        /// She has one that she does not believe.
        Distrusted { number: u32 } = "distrusted",
        /// The wire has read an amount.
        Read { number: u32, amount: u8 } = "read",
        /// The wire has two different cipher texts under one key stream: of this payment, and of an earlier one.
        Compared { number: u32, earlier: u32 } = "compared" => Decisive,
        /// The wire has let a payment through, as it is.
        Passed { number: u32 } = "passed" => Quiet,
        /// The wire has changed one.
        Changed { number: u32 } = "changed",
        /// It has made one up.
        Forged { number: u32 } = "forged",
        /// It has sent one again.
        Replayed { number: u32 } = "replayed",
        /// It has kept one.
        Dropped { number: u32 } = "dropped",
        /// It has kept one, and told Alice that Bob has it.
        Lied { number: u32 } = "lied",
        /// It lets nothing through from now on, or all again.
        Blocked { on: bool } = "blocked",
        /// Bob takes a payment for Alice's.
        Accepted { number: u32, amount: u8 } = "accepted",
        /// He refuses one: its tag may have been genuine, its number may have been too old.
        Refused { number: u32, amount: u8, genuine: bool, late: bool } = "refused" => Decisive,
    }
}

const ALICE: NodeId = NodeId(0);
const MALLORY: NodeId = NodeId(1);
const BOB: NodeId = NodeId(2);

/// A payment as people name it: its number, and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Payment {
    number: u32,
    amount: u8,
}

impl fmt::Display for Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} £{}", self.number, self.amount)
    }
}

/// What Alice and Bob have agreed on. Mallory knows it, too (all but the key is known: Kerckhoffs).
#[derive(Clone, Copy, Debug, Hash)]
struct Rules {
    encrypts: bool,
    tags: bool,
    numbers: bool,
    retry: Option<Span>,
    mutant: Mutant,
}

impl Rules {
    fn of(p: &Params) -> Self {
        let variant = p.word("variant");
        Rules {
            encrypts: matches!(variant, "encrypted" | "all"),
            tags: matches!(variant, "mac" | "mac-number" | "all"),
            numbers: matches!(variant, "mac-number" | "all"),
            retry: p.flag("retry").then(|| p.ms("resend_ms")),
            mutant: Mutant::of(p),
        }
    }

    /// What the tag of a payment covers.
    fn covered(&self, number: u32, body: Body) -> Content {
        match self.mutant {
            Mutant::NumberNotTagged => Content::Payment { number: 0, body },
            _ => Content::Payment { number, body },
        }
    }
}

fn build(p: &Params, seed: u64) -> Result<Setup, Refusal> {
    let rules = Rules::of(p);
    let alice = Alice::new(rules, Key::agreed(seed), p.int("count") as u16, p.ms("spacing_ms"));
    let mallory = Mallory::new(rules, p);
    let bob = Bob::new(rules, Key::agreed(seed));
    Ok(Setup {
        seed,
        link: Link::fair_loss(Delay::uniform_ms(5, 15), 0),
        nodes: vec![
            NodeSetup::server("Alice", Host::boxed(alice)),
            NodeSetup::server("Mallory", Host::boxed(mallory)),
            NodeSetup::server("Bob", Host::boxed(bob)),
        ],
        layout: Layout::Line,
        ..Setup::default()
    })
}
