//! Copies of two registers, x and y, and clients that read and write at the copy next to them: what do they see, and what does it cost?
//!
//! To make copies is easy; the question is how they keep in step. Four answers, each with what it promises:
//!
//! *One after the other, at a primary.* Reads and writes are passed on to R1. It gives each write a number, and answers when all copies have it
//! (Alsberg and Day 1976). All that is read comes from one copy: *linearizable* (Herlihy and Wing 1990).
//!
//! *Writes in one order, reads nearby* (Attiya and Welch 1994, section 3: fast reads). A write goes to R1, which gives it a number and sends it
//! to all. Copies take them by number; who asked for it is answered when the copy next to it has it. A read is answered at once:
//! *sequentially consistent* (Lamport 1979).
//!
//! *Causes first* (Ahamad, Neiger, Burns, Kohli, Hutto 1995, section 4). Reads and writes are answered at once. A write carries a vector: how many
//! writes of each copy had come to its own. A copy takes it when it has those: *causal memory*. Nobody orders two writes that do not
//! know of each other, and copies may differ for ever.
//!
//! *The newest wins* (Johnson and Thomas 1975). A write carries the time by its copy's clock; a copy keeps what is newer, by its number where times are
//! equal. All come to the same *in the end*, and before that anything may be seen.
//!
//! A client that stays at one copy sees that copy go forward. If it goes to another one, that may be behind: then the second and the third way lose
//! what they promise, and so say their verdicts.
//!
//! Where this differs from the papers: nobody takes over from R1, and what is lost is not sent again. Then copies wait, and nothing wrong is told.
//!
//! The rule that is easy to break: what a copy has told it must not forget. It is on disk before anybody hears of it.

mod client;
mod cost;
mod judged;
mod replica;
mod setup;
mod show;

#[cfg(test)]
mod tests;

use crate::kit::client as kit_client;
use crate::kit::facts::joined;
use crate::kit::prelude::*;
use std::fmt;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "replicas",
    title: "Replicas",
    source: "Attiya and Welch 1994; Ahamad et al. 1995, section 4; Terry et al. 1994",
    leaves_out: "taking over from a primary, sending again, what two writes make of each other, and copies of a part",
    params: setup::PARAMS,
    mutants: Mutant::TABLE,
    facts: &FACTS,
    length: Span::secs(10),
    build: setup::build,
    promises: judged::promises,
    gauges: cost::GAUGES,
    boards: Some(show::boards),
    histories: Some(show::histories),
    absences: Some(show::absences),
    probes: show::PROBES,
};

const FACTS: [&str; Fact::NAMES.len() + kit_client::Fact::NAMES.len()] =
    joined(Fact::NAMES, kit_client::Fact::NAMES);

mutants! {
    /// Replicas with a rule left out.
    pub enum Mutant {
        /// Its copy is as good as any, it thinks.
        ReadsNearby = "reads-nearby", "a copy answers a read itself, instead of asking the primary" {
            rule: "the primary alone answers reads", breaks: "Linearizable", with: &["keeping=primary", "work=stays", "delay_ms=60", "spread_ms=200"],
        }
        /// It will come.
        AnswersAtOnce = "answers-at-once", "a write is answered before the copy next to its client has it" {
            rule: "a write is answered when its own copy has taken it, in its turn (1994, section 3)",
            breaks: "Read your writes",
            with: &["keeping=ordered", "work=stays", "delay_ms=60", "spread_ms=200"],
        }
        /// What comes is taken.
        AsTheyCome = "as-they-come", "a copy takes writes as they come" {
            rule: "a copy takes a write when it has all that came before it (1995, section 4)",
            breaks: "Causal",
            with: &["keeping=causal", "work=stays", "delay_ms=60", "spread_ms=200"],
        }
        /// What came last must be the newest.
        LastCome = "last-come", "a copy keeps what came last, whatever its time" {
            rule: "a copy keeps what was written last, not what came last",
            breaks: "Eventual",
            with: &["keeping=newest", "work=stays", "delay_ms=60", "spread_ms=200"],
        }
    }
    as it is: "as in the papers",
}

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// This into that register.
    Write {
        /// The register.
        key: char,
        /// The value.
        value: u64,
    },
    /// What is in it?
    Read {
        /// The register.
        key: char,
    },
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Op::Write { key, value } => write!(f, "{key} = {value}"),
            Op::Read { key } => write!(f, "read {key}"),
        }
    }
}

/// By what a copy knows when to take a write.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stamp {
    /// Its turn.
    Number(u32),
    /// Of each copy, how many writes had come where it was written, itself included.
    After(Vec<u32>),
    /// When it was written, by the clock there, and the how-manieth it was there.
    Time(u64, u32),
}

/// A write on its way into the copies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Item {
    /// Who has asked for it, and under which number.
    call: (NodeId, u32),
    /// At which copy.
    home: NodeId,
    key: char,
    value: u64,
    stamp: Stamp,
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Item { key, value, stamp, .. } = self;
        match stamp {
            Stamp::Number(number) => write!(f, "{key} = {value}, number {number}"),
            Stamp::After(vector) => {
                let all: Vec<String> = vector.iter().map(u32::to_string).collect();
                write!(f, "{key} = {value}, [{}]", all.join(" "))
            }
            Stamp::Time(us, _) => {
                write!(f, "{key} = {value}, {}.{:03} s", us / 1_000_000, us / 1_000 % 1_000)
            }
        }
    }
}

messages! {
    /// What clients and copies say.
    pub enum Msg {
        /// A client: "Do this."
        Ask { serial: u32, op: Op } = "ask", Arrow, Blue, "{op}";
        /// "It is done", with what was found or written.
        Done { serial: u32, value: u64 } = "done", Tag, Green, "= {value}";
        /// A copy to R1: "I was asked for this."
        Pass { call: (NodeId, u32), op: Op } = "pass", Square, Blue, "{op}";
        /// "Take this."
        Update { item: Item } = "update", Disc, Orange, "{item}";
        /// "I have it."
        Ack { number: u32 } = "ack", Diamond, Quiet, "has {number}";
        /// R1: "Your client's request is done."
        Result { call: (NodeId, u32), value: u64 } = "result", Tag, Quiet, "= {value}";
    }
}

facts! {
    /// What clients and copies tell.
    pub enum Fact {
        /// A client asks at this copy.
        Goes { at: NodeId } = "goes" => Quiet,
        /// A client has written.
        Wrote { key: char, value: u64, at: NodeId, waited: Span } = "wrote" => Decisive,
        /// A client has read.
        Read { key: char, value: u64, at: NodeId, waited: Span } = "read" => Decisive,
        /// A copy knows of this write from now on, and its register holds so much.
        Took { call: (NodeId, u32), key: char, value: u64, holds: u64 } = "took",
        /// A copy lets a write wait for others that came before it.
        Waits { call: (NodeId, u32), key: char, value: u64 } = "waits" => Quiet,
    }
}

/// The primary, or who gives numbers.
const FIRST: NodeId = NodeId(0);
