//! The logs a cluster may start with: none, or those that the paper draws.
//!
//! The rule that is easy to break: a start log is what the disks hold at the first boot, with the
//! terms that the servers must have seen for those logs to exist.

use super::log::{Log, Term};
use super::server::Disk;
use crate::kit::Choice;

/// What the disks hold at the first boot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// Nothing.
    #[default]
    Empty,
    /// Figure 7: "when the leader at the top comes to power, it is possible that any of scenarios
    /// (a-f) could occur in follower logs". S1 stands first, and leads term 8.
    Figure7,
    /// Figure 8 (b): S1 crashed as leader of term 2, S5 as leader of term 3. S1 stands first.
    Figure8,
}

/// Their names in links and on the command line.
pub const CHOICES: [Choice; 3] = [
    Choice { id: "empty", label: "empty logs" },
    Choice { id: "figure-7", label: "Figure 7: six followers that differ" },
    Choice { id: "figure-8", label: "Figure 8 (b): an old entry on two servers" },
];

/// Figure 7: the leader's log, then the followers (a) to (f).
pub const FIGURE_7: [&[Term]; 7] = [
    &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6],
    &[1, 1, 1, 4, 4, 5, 5, 6, 6],
    &[1, 1, 1, 4],
    &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
    &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
    &[1, 1, 1, 4, 4, 4, 4],
    &[1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
];

/// Figure 8 (b): S1 to S5.
pub const FIGURE_8: [&[Term]; 5] = [&[1, 2], &[1, 2], &[1], &[1], &[1, 3]];

impl Start {
    /// The start called `id`; empty for a name that is none, since names are checked where they
    /// come in.
    pub fn named(id: &str) -> Self {
        match id {
            "figure-7" => Start::Figure7,
            "figure-8" => Start::Figure8,
            _ => Start::Empty,
        }
    }

    /// What the disk of the `i`-th server holds. Servers beyond the figure start empty.
    pub fn disk(self, i: usize) -> Disk {
        let (logs, term): (&[&[Term]], Term) = match self {
            Start::Empty => return Disk::default(),
            Start::Figure7 => (&FIGURE_7, 7),
            Start::Figure8 => (&FIGURE_8, 3),
        };
        logs.get(i).map_or_else(Disk::default, |terms| Disk {
            current_term: term,
            voted_for: None,
            log: Log::of_terms(terms).unwrap_or_else(|_| unreachable!("no term of a figure falls")),
            snapshot: None,
        })
    }

    /// Whether the first server is to stand before all others.
    pub fn first_stands(self) -> bool {
        self != Start::Empty
    }
}
