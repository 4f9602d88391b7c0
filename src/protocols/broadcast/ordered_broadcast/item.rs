//! What is broadcast, what goes with it, and the memory of what has come.
//!
//! The rule that is easy to break: a message is known by its sender and the sender's own count. Places, vectors and times order it, and
//! no promise reads them.

use crate::sim::NodeId;
use std::collections::BTreeSet;
use std::fmt;

pub(super) fn name(node: NodeId) -> String {
    format!("P{}", node.0 + 1)
}

/// Which message: whose, and the how manieth of that process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// Who has broadcast it.
    pub from: NodeId,
    /// From 1.
    pub number: u64,
}

/// What a message does to whoever delivers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Op {
    /// Sets the replica's x.
    Set(i64),
    /// Doubles it.
    Double,
    /// A line of the chat, which begins it.
    Moon,
    /// An answer.
    No,
    /// Another.
    So,
}

impl Op {
    pub(super) fn apply(self, x: i64) -> i64 {
        match self {
            Op::Set(value) => value,
            Op::Double => x.saturating_mul(2),
            Op::Moon | Op::No | Op::So => x,
        }
    }

    /// In at most three characters.
    pub(super) fn short(self) -> String {
        match self {
            Op::Set(value) => format!("={value}"),
            Op::Double => "*2".to_owned(),
            Op::Moon => "M".to_owned(),
            Op::No => "No".to_owned(),
            Op::So => "Who".to_owned(),
        }
    }

    /// What a liar says instead.
    pub(super) fn twisted(self) -> Self {
        match self {
            Op::Set(value) => Op::Set((value + 1) % 100),
            Op::Double => Op::Set(0),
            Op::Moon => Op::So,
            Op::No | Op::So => Op::Moon,
        }
    }
}

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Item {
    /// Which one.
    pub id: Id,
    /// What it does.
    pub op: Op,
    /// What it answers.
    pub re: Option<Id>,
}

/// What goes with a message, so that a receiver knows how long to wait.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stamp {
    /// Nothing but the sender's own count.
    Bare,
    /// How many of each process's messages its sender had delivered.
    After(Vec<u64>),
    /// Its place in the sequencer's order.
    Place(u64),
    /// Its sender's Lamport time, and the how manieth packet of its sender it is.
    Time {
        /// The time.
        time: u64,
        /// The packet.
        packet: u64,
    },
}

/// A message that has come, and is not delivered yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Held {
    pub item: Item,
    pub stamp: Stamp,
}

/// Which of each sender's numbered things have been there: all up to a number, and some beyond.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Counted {
    upto: Vec<u64>,
    beyond: BTreeSet<(NodeId, u64)>,
}

impl Counted {
    pub fn none(nodes: u16) -> Self {
        Counted { upto: vec![0; usize::from(nodes)], beyond: BTreeSet::new() }
    }

    /// All up to this have been there.
    pub fn upto(&self, from: NodeId) -> u64 {
        self.upto[from.index()]
    }

    pub fn has(&self, from: NodeId, number: u64) -> bool {
        number <= self.upto(from) || self.beyond.contains(&(from, number))
    }

    pub fn add(&mut self, from: NodeId, number: u64) {
        if self.has(from, number) {
            return;
        }
        self.beyond.insert((from, number));
        let upto = &mut self.upto[from.index()];
        while self.beyond.remove(&(from, *upto + 1)) {
            *upto += 1;
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", name(self.from), self.number)
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Op::Set(value) => write!(f, "x := {value}"),
            Op::Double => f.write_str("x := x * 2"),
            Op::Moon => f.write_str("Moon is cheese"),
            Op::No => f.write_str("No it is not"),
            Op::So => f.write_str("Who says so?"),
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.op, self.id)
    }
}

/// Stands before a message's label.
impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stamp::Bare => Ok(()),
            Stamp::After(counts) => {
                let counts: Vec<String> = counts.iter().map(u64::to_string).collect();
                write!(f, "[{}] ", counts.join(","))
            }
            Stamp::Place(place) => write!(f, "{place}: "),
            Stamp::Time { time, .. } => write!(f, "at {time}: "),
        }
    }
}
