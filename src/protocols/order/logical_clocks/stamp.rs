//! Stamps: a number, a vector, or both.
//!
//! The rule that is easy to break: vectors are ordered in part only. Of two of them each may have a place in which it is the
//! larger one: then neither is before the other.

use crate::sim::NodeId;
use std::fmt;
use std::rc::Rc;

/// The size of one number in a message.
const NUMBER_BYTES: u32 = 8;

/// How many events of each process are known of. Empty where none is kept.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Vector(Rc<[u32]>);

/// The stamp of an event, and what a clock shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// Lamport's; 0 where none is kept, and before the first event.
    pub number: u64,
    /// Mattern's and Fidge's.
    pub vector: Vector,
}

impl Vector {
    /// Nothing is known of any of `nodes` processes.
    pub fn zero(nodes: u16) -> Self {
        Vector((0..nodes).map(|_| 0).collect())
    }

    /// Whether one is kept.
    pub fn is_kept(&self) -> bool {
        !self.0.is_empty()
    }

    /// The numbers, in the order of the processes.
    pub fn entries(&self) -> &[u32] {
        &self.0
    }

    /// The number in the place of `node`.
    pub fn of(&self, node: NodeId) -> u32 {
        self.0.get(node.index()).copied().unwrap_or(0)
    }

    /// One more event of `node`, if a vector is kept.
    pub fn count(&mut self, node: NodeId) {
        *self = self.with(node, self.of(node) + 1);
    }

    /// It, but for the place of `node`.
    pub fn with(&self, node: NodeId, count: u32) -> Self {
        let place = |(i, &old): (usize, &u32)| if i == node.index() { count } else { old };
        Vector(self.0.iter().enumerate().map(place).collect())
    }

    /// The larger number in every place.
    pub fn merged(&self, other: &Vector) -> Self {
        Vector(self.0.iter().zip(other.0.iter()).map(|(a, b)| *a.max(b)).collect())
    }

    /// No number is larger, and not all are equal (Mattern 1989, section 5).
    pub fn is_before(&self, other: &Vector) -> bool {
        self != other && self.0.iter().zip(other.0.iter()).all(|(a, b)| a <= b)
    }
}

impl Stamp {
    /// What it takes in a message.
    pub fn bytes(&self) -> u32 {
        let numbers = u32::from(self.number > 0) + self.vector.0.len() as u32;
        numbers * NUMBER_BYTES
    }
}

impl fmt::Debug for Vector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Vector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.0.iter().map(u32::to_string).collect();
        write!(f, "[{}]", all.join(","))
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.vector.is_kept(), self.number) {
            (false, number) => write!(f, "L {number}"),
            (true, 0) => write!(f, "{}", self.vector),
            (true, number) => write!(f, "L {number} {}", self.vector),
        }
    }
}
