//! Single-decree Paxos (Lamport, "Paxos Made Simple", 2001, section 2; first in "The Part-Time Parliament", 1998).
//!
//! Several *proposers* each want another value. One value is to be *chosen*, and stay chosen, whoever crashes and
//! whatever is late, lost or doubled. *Acceptors* vote, in *ballots*: each has a number of its own and one
//! proposer, and a value is chosen when a majority of acceptors has accepted it in the same ballot.
//!
//! A ballot has two phases (section 2.2). *Phase 1*: its proposer asks all acceptors to prepare. An acceptor that has
//! promised nothing higher promises to accept nothing lower any more, and tells what it has accepted last. *Phase 2*: with
//! promises of a majority, the proposer asks all to accept a value: **that of the highest ballot that the promises tell
//! of**, and its own only if they tell of none. An acceptor accepts unless it has promised a higher ballot.
//!
//! Why that is safe: if a value was chosen in a lower ballot, the majority that chose it and the majority that has promised
//! share an acceptor. Either it has accepted before it promised, and tells; or it promised first, and then it did not
//! accept. So every later ballot carries the chosen value on.
//!
//! What it costs when one proposer is alone with n acceptors: 2n messages a phase, 4n in all; two round trips, which is
//! four message delays; and a forced write at each acceptor in each phase.
//!
//! Why it may last for ever (section 2.4): two proposers can take turns in outbidding each other, each asking with a
//! higher number before the other's values arrive. Chance ends it, or a proposer that is left alone; no
//! deterministic rule does in an asynchronous system (Fischer, Lynch, Paterson 1985).
//!
//! What is ours: proposers and acceptors are nodes of their own, as the paper has them for its explanation (one
//! process may play all roles). Proposers are the learners, too. Requests go to all acceptors, not to a majority. Who
//! accepts a ballot has promised it as well. And a proposer writes its next number down before it needs it, so that only
//! the acceptors' writes take time.
//!
//! The rule that is easy to break: a promise, and what is accepted, is on the acceptor's disk before it is told
//! (section 2.5). An acceptor that forgets a promise in a crash lets a lower ballot through, behind the back of a higher one
//! that has asked and was told of nothing.

mod acceptor;
mod judged;
mod proposer;

#[cfg(test)]
mod tests;

use crate::kit::prelude::*;
use crate::kit::quorum::majority;
use crate::sim::streams::{below, setup_stream};
use acceptor::Acceptor;
use proposer::Proposer;
use rand::Rng;
use std::fmt;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "paxos",
    title: "Single-decree Paxos",
    source: "Lamport 2001, \"Paxos Made Simple\", section 2; Lamport 1998",
    leaves_out: "electing the one proposer that may go on (section 2.4), and a log of many decisions (section 3)",
    params: &[
        Param::int("acceptors", "Acceptors", 3, 3..=7),
        Param::int("proposers", "Proposers, each with a value of its own", 2, 1..=3),
        Param::choice(
            "start",
            "When proposers begin",
            &[
                Choice::new("drawn", "each within a tenth of a second, drawn from the seed"),
                Choice::new("together", "all at once"),
                Choice::new("in-turn", "one after the other"),
            ],
        ),
        Param::ms("gap_ms", "In turn: from one proposer to the next", 300, 1..=10_000),
        Param::choice(
            "backoff",
            "How long a proposer waits before it tries again",
            &[
                Choice::new("random", "drawn, from a range that doubles each time"),
                Choice::new("fixed", "always the same"),
            ],
        ),
        Param::ms("backoff_ms", "That wait; or the first range", 10, 0..=1_000),
        Param::ms("patience_ms", "How long a ballot may last", 200, 20..=10_000),
        Param::flag("nack", "An acceptor tells whom it refuses", true),
        Param::choice(
            "tell",
            "Whom an acceptor tells what it has accepted",
            &[Choice::new("asker", "who asked"), Choice::new("all", "all proposers")],
        ),
        Param::int("ballots_most", "Ballots a proposer begins at most (0: any number)", 0, 0..=20),
        Param::ms("sync_ms", "A forced write of an acceptor takes", 2, 0..=1_000),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    length: Span::secs(5),
    build,
    promises: judged::promises,
    gauges: judged::GAUGES,
    boards: Some(judged::boards),
    absences: Some(judged::absences),
    ..Entry::BLANK
};

mutants! {
    /// Paxos with a rule left out.
    enum Mutant {
        OwnValue = "own-value", "a proposer ignores what promises tell, and proposes its own value" {
            rule: "it proposes the value of the highest ballot that the promises tell of",
            breaks: "Agreement",
        }
        ForgetPromise = "forget-promise", "an acceptor promises before the promise is on its disk" {
            rule: "a promise is on the acceptor's disk before it is told",
            breaks: "Agreement",
        }
        AcceptLower = "accept-lower", "an acceptor accepts whatever comes, whatever it has promised" {
            rule: "an acceptor accepts nothing below the ballot that it has promised",
            breaks: "Agreement",
        }
        MinorityIsEnough = "minority-is-enough", "a proposer takes half of the acceptors, rounded down, for enough" {
            rule: "promises and acceptances of more than half are needed: two majorities share an acceptor",
            breaks: "Agreement",
        }
        SameNumbers = "same-numbers", "all proposers number their ballots 1, 2, 3" {
            rule: "no two proposers use the same ballot number",
            breaks: "Agreement",
        }
    }
    as it is: "as in the paper",
}

messages! {
    /// What proposers and acceptors say to each other (section 2.2).
    #[derive(Copy)]
    enum Msg {
        /// Phase 1a: "will you ignore everything below this ballot?"
        Prepare { ballot: Ballot } = "prepare", Arrow, Blue, "prepare {ballot}";
        /// Phase 1b: "I will, and this is what I have accepted last."
        Promise { ballot: Ballot, last: Last } = "promise", Tag, Green, "promise {ballot}{last}";
        /// Phase 2a: "accept this value in this ballot."
        Accept { ballot: Ballot, value: Value } = "accept", Disc, Orange, "accept {value} in {ballot}";
        /// Phase 2b: "I have."
        Accepted { ballot: Ballot, value: Value } = "accepted", Diamond, Green, "accepted {value} in {ballot}";
        /// "I have promised a higher one": not needed, and saves time (end of section 2.2).
        Nack { ballot: Ballot, promised: Ballot } = "nack", Hollow, Red, "no {ballot}: {promised}";
    }
}

facts! {
    /// What proposers and acceptors tell.
    enum Fact {
        /// A proposer begins a ballot, and wants this value.
        Begins { ballot: Ballot, value: Value } = "begins",
        /// An acceptor has promised.
        Promised { ballot: Ballot } = "promised",
        /// A proposer asks for this value: found in promises, or its own.
        Issues { ballot: Ballot, value: Value, found: bool } = "issues",
        /// An acceptor has accepted.
        Accepted { ballot: Ballot, value: Value } = "accepted",
        /// An acceptor has promised a higher ballot, and refuses.
        Refused { ballot: Ballot } = "refused" => Quiet,
        /// A proposer has heard of a higher ballot, and gives its own up.
        Outbid { ballot: Ballot, by: Ballot } = "outbid",
        /// A proposer has waited long enough for its ballot, and gives it up.
        RanOut { ballot: Ballot } = "ran-out",
        /// A learner knows that this value is chosen.
        Learnt { ballot: Ballot, value: Value, proposer: u16 } = "learnt" => Decisive,
    }
}

/// A ballot's number: rounds come first, and the proposer's own number makes those of one round differ (section 2.5).
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Ballot {
    round: u32,
    proposer: u16,
}

impl Ballot {
    /// No ballot; lower than all.
    const NONE: Ballot = Ballot { round: 0, proposer: 0 };

    /// It as one number, for the bands of the diagram: 3.2 is 32.
    fn epoch(self) -> u64 {
        u64::from(self.round) * 10 + u64::from(self.proposer)
    }
}

impl fmt::Display for Ballot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Ballot::NONE => f.write_str("none"),
            Ballot { round, proposer } => write!(f, "{round}.{proposer}"),
        }
    }
}

impl fmt::Debug for Ballot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What can be chosen: each proposer has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Value {
    X,
    Y,
    Z,
}

impl Value {
    /// The value that proposer number `i`, counted from 0, wants.
    fn of(i: u64) -> Self {
        match i % 3 {
            0 => Value::X,
            1 => Value::Y,
            _ => Value::Z,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// A value in a ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Proposal {
    ballot: Ballot,
    value: Value,
}

impl fmt::Display for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.value, self.ballot)
    }
}

/// What an acceptor has accepted last, if anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Last(Option<Proposal>);

impl fmt::Display for Last {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(proposal) => write!(f, ", {proposal}"),
            None => Ok(()),
        }
    }
}

/// What is installed on proposers and acceptors alike. Proposers are the first nodes.
#[derive(Clone, Debug, Hash)]
struct Rules {
    proposers: u16,
    acceptors: u16,
    nack: bool,
    tell_all: bool,
    mutant: Mutant,
}

impl Rules {
    fn of(params: &Params) -> Self {
        Rules {
            proposers: params.int("proposers") as u16,
            acceptors: params.int("acceptors") as u16,
            nack: params.flag("nack"),
            tell_all: params.word("tell") == "all",
            mutant: Mutant::of(params),
        }
    }

    fn proposers(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.proposers).map(NodeId)
    }

    fn acceptors(&self) -> impl Iterator<Item = NodeId> + use<> {
        (self.proposers..self.proposers + self.acceptors).map(NodeId)
    }

    /// How many acceptors a proposer takes for enough.
    fn need(&self) -> usize {
        let n = usize::from(self.acceptors);
        match self.mutant {
            Mutant::MinorityIsEnough => n / 2,
            _ => majority(n),
        }
    }
}

/// When each proposer begins.
fn starts(params: &Params, seed: u64) -> Vec<Span> {
    let mut dice = setup_stream(seed, "paxos");
    let start = |i: u64| match params.word("start") {
        "together" => Span::ZERO,
        "in-turn" => Span(params.ms("gap_ms").0 * i),
        _ => Span(below(dice.next_u64(), Span::ms(100).0 + 1)),
    };
    (0..params.int("proposers") as u64).map(start).collect()
}

fn build(params: &Params, seed: u64) -> Result<Setup, Refusal> {
    let rules = Rules::of(params);
    let mut nodes = Vec::new();
    for (i, start) in (1..).zip(starts(params, seed)) {
        let host = Host::boxed(Proposer::new(rules.clone(), params, i, start));
        nodes.push(NodeSetup::server(format!("P{i}"), host));
    }
    for i in 1..=rules.acceptors {
        let mut node = NodeSetup::server(format!("A{i}"), Host::boxed(Acceptor::new(rules.clone())));
        node.config.sync_us = params.ms("sync_ms").0;
        nodes.push(node.in_group(1));
    }
    Ok(Setup { seed, nodes, layout: Layout::TwoSides, ..Setup::default() })
}
