//! Three-phase commit (Skeen 1981; Bernstein, Hadzilacos, Goodman 1987, section 7.5): nobody waits for the dead.
//!
//! In two-phase commit a bank that has voted Yes is *uncertain*, and while the coordinator is down it stays so: the coordinator
//! may have committed. Skeen's way out is one more phase. When all have voted Yes the coordinator commits not yet; it tells all that
//! it is going to (*pre-commit*), and commits when they have acknowledged. A bank with the pre-commit is *committable*. So nobody
//! commits while anybody that runs is uncertain, and that is all it takes: where all who run are uncertain, nobody has
//! committed, not even the dead, and they may abort; where one is committable, nobody has aborted, and they may commit.
//!
//! Who waits for its coordinator for too long takes it for crashed, and turns to a backup: the process with the lowest number of
//! those it has not given up yet. The backup asks how all stand, and decides by the *termination rules* (section 7.5): if one has
//! aborted, abort; if one has committed, commit; if all are uncertain, abort; else some are committable: bring the uncertain so
//! far by a pre-commit of one's own, and commit. If the backup crashes, too, the next takes over.
//!
//! Who comes back from a crash with a Yes and without a decision is *in doubt*: what the others have decided without it, it cannot
//! know. It takes no part in any termination; it asks, until somebody tells it (Skeen and Stonebraker 1983: what it was before the
//! crash does not settle the matter). If all of them were down at some time, all are in doubt. When all are back and nobody finds a
//! decision on its disk, none was ever made: then they abort.
//!
//! All of it rests on time. The model is synchronous: a message takes 16 ms at most, so an answer that is not back within `T` does not
//! come, and silence for `T'` *is* a crash. Behind a wall it is not: each side gives the other up, and both decide.
//!
//! What it costs without failures, for n banks: 5n messages as the book counts (VOTE-REQ, vote, PRE-COMMIT, ACK, COMMIT), in five
//! rounds instead of three, and 2n + 2 forced writes as in two-phase commit. A pre-commit need not be on disk: who crashes with it is
//! in doubt as well as who crashes without.
//!
//! Where this differs from the sources: a decision is not acknowledged, for who has missed it asks; logs are not cut. Sends follow
//! each other by `pace_ms`, so that a crash can fall between any two. After a total failure the book lets those go on among whom is the last
//! that failed; here all must be back.
//!
//! The rule that is easy to break: a bank that is committable has not committed, and may not do so by itself. Another may have crashed
//! before it has heard of the pre-commit, or may run, uncertain, and about to abort.

mod cost;
mod judged;
mod process;
mod show;
mod termination;

#[cfg(test)]
mod tests;

use crate::kit::prelude::*;
use process::{Log, Process};
use std::fmt;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "three-phase-commit",
    title: "Three-phase commit",
    source: "Skeen 1981; Bernstein, Hadzilacos, Goodman 1987, section 7.5",
    leaves_out: "quorum-based termination, which waits behind a wall instead of splitting; logs that are cut; and that after a total failure those would do among whom is the last that failed",
    params: &[
        Param::int("banks", "Banks", 3, 2..=8),
        Param::int("transfers", "Transfers, one after the other", 1, 0..=50),
        Param::ms("gap_ms", "From one transfer to the next", 1_000, 10..=10_000),
        Param::measured("amount", "What each bank but A gets", "£", 10, 1..=100),
        Param::ms("answer_ms", "How long answers are waited for (T)", 50, 1..=2_000),
        Param::ms("patience_ms", "How long a coordinator is waited for (T')", 160, 1..=5_000),
        Param::ms("pace_ms", "From one send to the next", 1, 0..=20),
        Param::ms("sync_ms", "A forced write takes", 2, 0..=100),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    length: Span::secs(5),
    build,
    promises: judged::promises,
    gauges: cost::GAUGES,
    boards: Some(show::boards),
    absences: Some(show::absences),
    ..Entry::BLANK
};

mutants! {
    /// Three-phase commit with a rule left out.
    enum Mutant {
        SkipPreCommit = "skip-pre-commit", "the coordinator commits as soon as all have voted Yes" {
            rule: "all who run have acknowledged the pre-commit before anybody commits",
            breaks: "Agreement",
        }
        FirstVote = "first-vote", "the coordinator goes on at the first Yes" {
            rule: "it goes on to pre-commit only if all have voted Yes",
            breaks: "Validity",
        }
        ForgetYes = "forget-yes", "a bank sends Yes before it is on its disk" {
            rule: "a bank's Yes is on its disk before it is sent",
            breaks: "Agreement",
            with: &["transfers=6", "gap_ms=600"],
        }
        AbortsCommittable = "aborts-committable", "a committable bank that has waited too long aborts" {
            rule: "a committable bank that has waited too long turns to a backup coordinator",
            breaks: "Agreement",
        }
        ByItself = "by-itself", "who has waited too long decides by its own state: committable, it commits; uncertain, it aborts" {
            rule: "who has waited too long has a backup coordinator ask how all stand",
            breaks: "Agreement",
        }
        BackAsBefore = "back-as-before", "who comes back from a crash takes part as if it had never been away" {
            rule: "who comes back from a crash with a Yes is in doubt: it asks, and takes no part",
            breaks: "Agreement",
            with: &["banks=2", "transfers=6", "gap_ms=600"],
        }
        OneBackup = "one-backup", "if a backup coordinator crashes, nobody takes its place" {
            rule: "if a backup coordinator crashes, the next takes over",
            breaks: "No blocking",
            with: &["transfers=6", "gap_ms=600"],
        }
    }
    as it is: "as in the book",
}

messages! {
    /// What coordinator and banks say to each other.
    #[derive(Copy)]
    enum Msg {
        /// "Can you do this?"
        VoteReq { t: T, delta: i64 } = "VOTE-REQ", Arrow, Blue, "{t} {delta:+}?";
        /// "I can, and can undo it."
        Yes { t: T } = "YES", Diamond, Green, "yes {t}";
        /// "I cannot."
        No { t: T } = "NO", Hollow, Red, "no {t}";
        /// "All have voted Yes: we are going to commit."
        PreCommit { t: T } = "PRE-COMMIT", Square, Blue, "pre-commit {t}";
        /// "I know that we are."
        Ack { t: T } = "ACK", Tag, Quiet, "ack {t}";
        /// "Do it."
        Commit { t: T } = "COMMIT", Disc, Green, "commit {t}";
        /// "Do not."
        Abort { t: T } = "ABORT", Disc, Red, "abort {t}";
        /// "Our coordinator is silent: you are next."
        Elected { t: T } = "UR-ELECTED", Arrow, Orange, "{t}: you are next";
        /// "How do you stand?"
        StateReq { t: T } = "STATE-REQ", Arrow, Purple, "{t}: how do you stand?";
        /// "So."
        State { t: T, stand: Stand } = "STATE", Tag, Purple, "{t}: {stand}";
        /// "What was decided? I was away."
        Ask { t: T } = "DECISION-REQ", Hollow, Purple, "{t}?";
    }
}

facts! {
    /// What coordinator and banks tell. Bank 0 is the coordinator.
    enum Fact {
        /// A transfer begins: that is on the coordinator's disk.
        Begun { t: T } = "begun",
        /// A bank has voted Yes, and is uncertain from now on.
        Promised { t: T, bank: u16 } = "promised",
        /// A bank knows that all have voted Yes.
        Committable { t: T, bank: u16 } = "committable",
        /// A bank has waited too long for this one, and gives it up.
        Missed { t: T, bank: u16, whom: u16 } = "missed",
        /// A bank is the coordinator from now on, and asks how all stand.
        TookOver { t: T, bank: u16 } = "took-over",
        /// It is back from a crash, and does not know what was decided.
        InDoubt { t: T, bank: u16 } = "in-doubt",
        /// Coordinator or bank have decided, or have learnt the decision.
        Decided { t: T, bank: u16, commit: bool } = "decided" => Decisive,
        /// A bank's balance has changed.
        Moved { t: T, delta: i64 } = "moved" => Quiet,
        /// A log record was forced to disk.
        Forced = "forced" => Quiet,
    }
}

/// A transfer's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct T(u32);

impl fmt::Display for T {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "T{}", self.0)
    }
}

/// How a process stands about a transfer, as it says when it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Stand {
    Uncertain,
    Committable,
    Committed,
    Aborted,
    InDoubt,
}

impl fmt::Display for Stand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stand::Uncertain => "uncertain",
            Stand::Committable => "committable",
            Stand::Committed => "committed",
            Stand::Aborted => "aborted",
            Stand::InDoubt => "in doubt",
        })
    }
}

/// What is installed on coordinator and banks alike.
#[derive(Clone, Debug, Hash)]
struct Rules {
    banks: u16,
    answer: Span,
    patience: Span,
    pace: Span,
    mutant: Mutant,
}

impl Rules {
    fn of(p: &Params) -> Self {
        Rules {
            banks: p.int("banks") as u16,
            answer: p.ms("answer_ms"),
            patience: p.ms("patience_ms"),
            pace: p.ms("pace_ms"),
            mutant: Mutant::of(p),
        }
    }

    /// All banks.
    fn banks(&self) -> impl Iterator<Item = NodeId> + use<> {
        (1..=self.banks).map(NodeId)
    }

    /// The coordinator and all banks.
    fn all(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..=self.banks).map(NodeId)
    }

    /// What a transfer of `amount` to each bank but A does to the balance of `bank`.
    fn delta(&self, bank: NodeId, amount: i64) -> i64 {
        match bank {
            A => -amount * i64::from(self.banks - 1),
            _ => amount,
        }
    }
}

const COORDINATOR: NodeId = NodeId(0);
/// The bank that pays.
const A: NodeId = NodeId(1);
/// What each bank has at first.
const BALANCE: i64 = 100;
/// The bounds of the timing model, by which the timeouts are made.
const SHORTEST_MS: u64 = 8;
const LONGEST_MS: u64 = 16;

/// `Bank A`, and so on; 0 is the coordinator.
fn name(bank: u16) -> String {
    match bank {
        0 => "Coordinator".to_owned(),
        n => format!("Bank {}", char::from(b'A' + (n - 1).min(25) as u8)),
    }
}

/// `Bank A and Bank B`.
fn names<'a>(banks: impl IntoIterator<Item = &'a NodeId>) -> String {
    let all: Vec<String> = banks.into_iter().map(|b| name(b.0)).collect();
    crate::check::account::listed(&all)
}

fn build(p: &Params, seed: u64) -> Result<Setup, Refusal> {
    let rules = Rules::of(p);
    let nodes = rules.all().map(|me| {
        let process = Process::new(rules.clone(), me, p);
        let host = Host::with_disk(process, Log::opened(me));
        let mut node = NodeSetup::server(name(me.0), Box::new(host));
        node.config.sync_us = p.ms("sync_ms").0;
        node
    });
    Ok(Setup {
        seed,
        timing: Timing::Synchronous {
            delay_us: LONGEST_MS * 1_000,
            step_us: judged::step(p).0,
            drift_ppm: 100,
        },
        link: Link::reliable(Delay::uniform_ms(SHORTEST_MS, LONGEST_MS)),
        nodes: nodes.collect(),
        ..Setup::default()
    })
}
