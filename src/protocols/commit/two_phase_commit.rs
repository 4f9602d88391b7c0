//! Two-phase commit (Gray 1978, section 5.8; Bernstein, Hadzilacos, Goodman 1987, sections 7.3 and 7.4),
//! and three ways to move money without it.
//!
//! Bank A is to pay each of the other banks; all of it is to happen, or nothing of it. A coordinator
//! asks every bank to vote. A bank that votes Yes promises to be able to do its part *and* to undo it,
//! whatever happens to it: it forces that Yes to its log and locks its account before it answers. The
//! coordinator commits if all say Yes, and aborts if one says No or is silent for too long. Its decision
//! takes effect in the moment in which the record is on its disk; then it tells the banks, until each has
//! acknowledged.
//!
//! Between its Yes and the decision a bank is *uncertain*: it may neither commit nor abort, since the
//! decision may be either. When it has waited long enough it asks (the termination protocol, section 7.4):
//! the coordinator, or every bank too, since one that has decided can tell, and one that has not voted can
//! still abort. If the coordinator is down and all who can be asked are uncertain, nobody knows, and all wait
//! with their accounts locked. That is *blocking*, and no rule of a two-phase protocol takes it away.
//!
//! What it costs without failures, for n banks: 3n messages as the book counts (VOTE-REQ, vote, decision), 4n with
//! the acknowledgements that let the coordinator forget; 2n + 2 forced writes, or 2n + 1 if abort is *presumed*
//! (Mohan, Lindsay, Obermarck 1986): a coordinator that finds nothing in its log answers Abort, so that
//! neither beginnings nor aborts need a forced record or an acknowledgement.
//!
//! The other ways: *naive* orders the debit, then the credits, once each, and a lost message or a crash in between
//! loses the money. *Retry* asks again until it is done: then a lost answer does it twice. *Retry with ids* has
//! each bank keep on disk what it has done: nothing is lost or doubled, but nothing can be undone either.
//!
//! The rule that is easy to break: the record comes before the message. A Yes that is sent and not on disk, or a
//! decision that is told and not on disk, is forgotten in a crash by the only one who must not forget it.

mod absent;
mod bank;
mod coordinator;
mod judged;

#[cfg(test)]
mod tests;

use crate::kit::prelude::*;
use bank::{Bank, Book};
use coordinator::Coordinator;
use std::fmt;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "two-phase-commit",
    title: "Two-phase commit",
    source: "Gray 1978, section 5.8; Bernstein, Hadzilacos, Goodman 1987, section 7.4",
    leaves_out: "three-phase commit, sagas, a coordinator that is elected anew, and logs that are cut",
    params: &[
        Param::choice(
            "way",
            "How money is moved",
            &[
                Choice::new("two-phase", "two-phase commit"),
                Choice::new("naive", "debit, then credit, each once"),
                Choice::new("retry", "debit, then credit, each until it is answered"),
                Choice::new("retry-ids", "the same, and each bank remembers what it has done"),
            ],
        ),
        Param::int("banks", "Banks", 2, 2..=8),
        Param::int("transfers", "Transfers, one after the other", 1, 0..=50),
        Param::ms("gap_ms", "From one transfer to the next", 500, 10..=10_000),
        Param::measured("amount", "What each bank but A gets", "£", 10, 1..=100),
        Param::choice(
            "presume",
            "What a coordinator without a record assumes",
            &[
                Choice::new("nothing", "nothing: each transfer has records and acknowledgements"),
                Choice::new("abort", "that it was aborted: presumed abort"),
            ],
        ),
        Param::choice(
            "ask",
            "Whom an uncertain bank asks",
            &[
                Choice::new("coordinator", "the coordinator"),
                Choice::new("everyone", "the other banks too: cooperative termination"),
            ],
        ),
        Param::ms("patience_ms", "How long an answer is waited for", 200, 20..=10_000),
        Param::ms("sync_ms", "A forced write takes", 2, 0..=1_000),
        Param::percent("loss_percent", "Messages that are lost", 0),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    length: Span::secs(5),
    build,
    promises: judged::promises,
    gauges: judged::GAUGES,
    boards: Some(judged::boards),
    absences: Some(absent::absences),
    ..Entry::BLANK
};

mutants! {
    /// Two-phase commit with a rule left out.
    enum Mutant {
        ForgetYes = "forget-yes", "a bank sends Yes before it is on its disk" {
            rule: "a bank's Yes is on its disk before it is sent",
            breaks: "Agreement",
        }
        UnforcedCommit = "unforced-commit", "the coordinator tells its decision before it is on its disk" {
            rule: "the decision to commit is on the coordinator's disk before it is told",
            breaks: "Agreement",
        }
        Impatient = "impatient", "an uncertain bank that has waited too long aborts" {
            rule: "who has voted Yes waits for the decision",
            breaks: "Agreement",
        }
        FirstVote = "first-vote", "the coordinator commits at the first Yes" {
            rule: "it commits only if all have voted Yes",
            breaks: "Validity",
        }
        ForgetEarly = "forget-early", "the coordinator forgets a commit before all have acknowledged it" {
            rule: "a commit is remembered until every bank has acknowledged it",
            breaks: "Agreement",
            with: &["presume=abort"],
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
        /// "Do it."
        Commit { t: T } = "COMMIT", Disc, Green, "commit {t}";
        /// "Do not."
        Abort { t: T } = "ABORT", Disc, Red, "abort {t}";
        /// "It is written down", "it is done".
        Ack { t: T } = "ACK", Tag, Quiet, "ack {t}";
        /// "What was decided?"
        Ask { t: T } = "DECISION-REQ", Arrow, Purple, "{t}?";
        /// Without two phases: "do this", at once and for good.
        Order { t: T, delta: i64 } = "ORDER", Square, Orange, "{delta:+}";
    }
}

impl Msg {
    fn transfer(&self) -> T {
        match *self {
            Msg::VoteReq { t, .. } | Msg::Order { t, .. } => t,
            Msg::Yes { t } | Msg::No { t } | Msg::Ack { t } => t,
            Msg::Commit { t } | Msg::Abort { t } | Msg::Ask { t } => t,
        }
    }
}

facts! {
    /// What coordinator and banks tell. Bank 0 is the coordinator.
    enum Fact {
        /// A transfer begins.
        Begun { t: T } = "begun",
        /// A bank has voted Yes.
        Promised { t: T, bank: u16 } = "promised",
        /// Coordinator or bank have decided, or have learnt the decision.
        Decided { t: T, bank: u16, commit: bool } = "decided" => Decisive,
        /// A bank's balance has changed.
        Moved { t: T, delta: i64 } = "moved",
        /// A bank is uncertain, and asks.
        Uncertain { t: T, bank: u16 } = "uncertain",
        /// A log record was forced to disk.
        Forced = "forced" => Quiet,
        /// The coordinator is done with a transfer, or gives it up.
        Over { t: T, done: bool } = "over",
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

/// How money is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Way {
    TwoPhase,
    Naive,
    Retry,
    RetryIds,
}

/// What is installed on coordinator and banks alike.
#[derive(Clone, Debug, Hash)]
struct Rules {
    way: Way,
    banks: u16,
    presume_abort: bool,
    ask_everyone: bool,
    patience: Span,
    mutant: Mutant,
}

impl Rules {
    fn of(params: &Params) -> Self {
        Rules {
            way: match params.word("way") {
                "naive" => Way::Naive,
                "retry" => Way::Retry,
                "retry-ids" => Way::RetryIds,
                _ => Way::TwoPhase,
            },
            banks: params.int("banks") as u16,
            presume_abort: params.word("presume") == "abort",
            ask_everyone: params.word("ask") == "everyone",
            patience: params.ms("patience_ms"),
            mutant: Mutant::of(params),
        }
    }

    /// All banks.
    fn all(&self) -> impl Iterator<Item = NodeId> + use<> {
        (1..=self.banks).map(NodeId)
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

/// `Bank A`, and so on; 0 is the coordinator.
fn name(bank: u16) -> String {
    match bank {
        0 => "Coordinator".to_owned(),
        n => format!("Bank {}", char::from(b'A' + (n - 1) as u8)),
    }
}

/// A log, for people: `T1 Committed, T2 Yes`.
fn said(records: impl Iterator<Item = (T, impl fmt::Debug)>) -> String {
    let all: Vec<String> = records.map(|(t, record)| format!("{t} {record:?}")).collect();
    if all.is_empty() { "empty".to_owned() } else { all.join(", ") }
}

fn build(params: &Params, seed: u64) -> Result<Setup, Refusal> {
    let link = Link::fair_loss(Delay::default(), params.ppm("loss_percent"));
    link.check()?;
    let rules = Rules::of(params);
    let coordinator = Host::boxed(Coordinator::new(rules.clone(), params));
    let mut nodes = vec![NodeSetup::server(name(0), coordinator)];
    for bank in rules.all() {
        let host = Host::with_disk(Bank::new(rules.clone()), Book::opened());
        nodes.push(NodeSetup::server(name(bank.0), Box::new(host)).in_group(1));
    }
    for node in &mut nodes {
        node.config.sync_us = params.ms("sync_ms").0;
    }
    Ok(Setup { seed, link, nodes, layout: Layout::Star, ..Setup::default() })
}
