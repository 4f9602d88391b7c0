//! Remote procedure calls (Birrell and Nelson 1984), and how often a call is executed (Coulouris, Dollimore, Kindberg, Blair
//! 2012, section 5.3; Tanenbaum and van Steen 2017, section 8.3).
//!
//! A program calls a procedure as if it were its own. A *stub* packs the call into a message, another stub unpacks it on the
//! server's machine, calls the real procedure, and packs the result. All of it looks like a call, until something is lost.
//! Who has waited in vain cannot tell why: the request was lost and nothing has happened, the server has crashed before it
//! executed the call or after, the reply was lost, or all is well and only slow. What may be done about it are three measures, and the
//! *call semantics* follow from which of them are taken:
//!
//! *Maybe*: one try. The call is executed once or not at all, and who has no answer does not know which. With a loss of `p`
//! each way, `(1-p)^2` are answered, `(1-p) p` are executed and nobody knows, `p` are not executed.
//!
//! *At least once*: try again until there is an answer. It takes `1/(1-p)^2` tries in the mean, and the call is executed
//! `1/(1-p)` times: harmless where twice is as good as once (*idempotent* operations), and a card is charged twice.
//!
//! *At most once*: each call has an id, the same in every try, and the server keeps a table of the calls that it has
//! executed, with their replies (section 3 of the paper). Who asks again is sent the reply that is there. The table is in
//! memory: a server that crashes has forgotten whom it has served. Birrell and Nelson (section 2) close that gap without a
//! disk: a caller is *bound* to one life of the server, and a call that names an earlier one is refused: it
//! is executed once or not at all, and the caller does not know which.
//!
//! *Exactly once, in effect*: the table is on disk, and written together with the effect. A message may come often; what it
//! does is there once. Nothing that the network does can make it twice. To make it at least once takes the client's help: it
//! keeps the call's id on its own disk, and goes on trying after a crash.
//!
//! Where calls go through several tiers, each may try again. If nothing answers, `k` tries at each of `n` tiers are `k^n`
//! requests at the last one (Beyer, Jones, Petoff, Murphy 2016, chapter 22). The ways out: only one tier tries again; waits
//! double, with a random part (*exponential backoff*, *jitter*); and a *retry budget*: no more retries than, say, 10 % of the
//! calls, so that three tiers make it 1.1^3 = 1.33 requests a call at most (chapter 21).
//!
//! The rule that is easy to break: a retry is the same call. If its id is new, no table helps; and the end that made the
//! call gives it, not a tier on the way.

mod bank;
mod cost;
mod judged;
mod shop;
mod show;
mod stub;
mod tier;

#[cfg(test)]
mod tests;

use crate::kit::prelude::*;
use bank::Bank;
use shop::Shop;
use std::fmt;
use stub::Stub;
use tier::Tier;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "remote-call",
    title: "Remote procedure call",
    source: "Birrell and Nelson 1984; Coulouris, Dollimore, Kindberg, Blair 2012, section 5.3",
    leaves_out: "binding by name, large arguments in many packets, when a table may forget, deadlines that travel along, and \
                 servers that slow down under load",
    params: &[
        Param::choice("semantics", "Call semantics", SEMANTICS),
        Param::int("calls", "Calls that the shop makes by itself", 10, 0..=200),
        Param::ms("gap_ms", "From one call to the next", 200, 10..=10_000),
        Param::percent("loss_percent", "Messages that are lost, each way", 0),
        Param::ms("work_ms", "The bank works on a call for", 10, 1..=1_000),
        Param::ms("sync_ms", "A write to the bank's disk takes", 2, 0..=1_000),
        Param::ms("timeout_ms", "How long an answer is waited for", 60, 5..=10_000),
        Param::int("attempts", "Tries of a call (0: until it is answered)", 0, 0..=10),
        Param::choice(
            "backoff",
            "Wait before the next try",
            &[
                Choice::new("none", "none: at once"),
                Choice::new("exponential", "doubles from try to try"),
                Choice::new("jitter", "a random part of a time that doubles"),
            ],
        ),
        Param::ms("backoff_ms", "The first such wait", 50, 1..=5_000),
        Param::measured("budget_percent", "Retry budget, of all calls (0: no bound)", "%", 0, 0..=100),
        Param::int("tiers", "Tiers, the bank included", 1, 1..=3),
        Param::choice(
            "retries_at",
            "Who tries again",
            &[
                Choice::new("every-tier", "every tier that calls the next"),
                Choice::new("shop", "only the shop"),
            ],
        ),
        Param::percent("failing_percent", "Calls that the bank answers with an error", 0),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    build,
    promises: judged::promises,
    gauges: cost::GAUGES,
    boards: Some(show::boards),
    absences: Some(show::absences),
    ..Entry::BLANK
};

const SEMANTICS: &[Choice] = &[
    Choice::new("maybe", "maybe: one try"),
    Choice::new("at-least-once", "at least once: try again"),
    Choice::new("at-most-once", "at most once: ids, and a table in memory"),
    Choice::new("bound", "at most once, bound to a life of the server"),
    Choice::new("exactly-once", "exactly once in effect: ids, and a table on disk"),
];

mutants! {
    /// A stub with a rule left out.
    enum Mutant {
        MemoryOnly = "memory-only", "the table of executed calls is not written to disk" {
            rule: "the id of an executed call is on disk with its effect", breaks: "At most once",
            with: &["semantics=exactly-once"],
        }
        FreshIds = "fresh-ids", "each try has an id of its own" {
            rule: "a retry carries the id of the first try", breaks: "At most once",
            with: &["semantics=exactly-once"],
        }
        NewestOnly = "newest-only", "the table keeps the newest call alone, though calls overlap" {
            rule: "an id is kept for as long as its call may be tried again", breaks: "At most once",
            with: &["semantics=exactly-once", "gap_ms=30"],
        }
        NoReplies = "no-replies", "the table keeps ids without replies: to have a reply, it executes again" {
            rule: "the reply is kept with the id, for who asks again", breaks: "At most once",
            with: &["semantics=at-most-once"],
        }
        EffectFirst = "effect-first", "the effect is written first, and the id in a second write" {
            rule: "effect, id and reply are one write", breaks: "At most once",
            with: &["semantics=exactly-once", "sync_ms=20"],
        }
        IdFirst = "id-first", "the id is written first, and the effect in a second write" {
            rule: "effect, id and reply are one write", breaks: "True answers",
            with: &["semantics=exactly-once", "sync_ms=20"],
        }
        RepliesFirst = "replies-first", "the reply is sent before the call is executed" {
            rule: "the reply is sent when the call is executed", breaks: "True answers",
        }
        AnyLife = "any-life", "a call that is for an earlier life of the server is executed" {
            rule: "a call that names an earlier life of the server is refused", breaks: "At most once",
            with: &["semantics=bound"],
        }
        FreeRetries = "free-retries", "a retry costs nothing of the budget" {
            rule: "each retry is paid from the budget", breaks: "Budget",
            with: &["semantics=at-least-once", "budget_percent=10"],
        }
    }
    as it is: "as in the textbook",
}

messages! {
    /// What stubs say to each other. Slot and attempt are the caller's, for what is said of one try alone.
    enum Msg {
        /// "Execute this."
        Request { call: C, id: u32, life: u32, slot: u16, attempt: u32 } = "request", Arrow, Blue, "{call}, try {attempt}";
        /// "It is executed; this is the result."
        Reply { call: C, receipt: u32 } = "reply", Tag, Green, "{call} is paid";
        /// "This try has failed."
        Failed { call: C, slot: u16, attempt: u32 } = "error", Hollow, Red, "{call} failed";
        /// "I have been restarted since, and do not know whether it was executed."
        Rebind { call: C, life: u32 } = "rebind", Diamond, Orange, "{call}: life {life}";
    }
}

facts! {
    /// What stubs tell.
    enum Fact {
        /// The shop makes a call.
        Called { call: C } = "called",
        /// A stub sends it to this tier, for the first time or again.
        Tried { call: C, tier: u8, again: bool } = "tried" => Quiet,
        /// The bank has executed it: the effect is on disk.
        Executed { call: C, again: bool } = "executed",
        /// The bank has found it in its table: it is known, with its reply, or under way.
        Filtered { call: C, known: bool } = "filtered",
        /// It was for an earlier life of the bank.
        Refused { call: C } = "refused",
        /// A stub would try again, and its budget is spent.
        OutOfBudget { call: C } = "out-of-budget",
        /// The shop is told that it was executed.
        Answered { call: C } = "answered" => Decisive,
        /// The shop does not know, and never will: this claims nothing.
        GivenUp { call: C } = "given-up" => Decisive,
    }
}

/// A call's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct C(u32);

impl fmt::Display for C {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "C{}", self.0)
    }
}

/// Call semantics, by the measures that are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Semantics {
    Maybe,
    AtLeastOnce,
    AtMostOnce,
    Bound,
    ExactlyOnce,
}

impl Semantics {
    fn of(p: &Params) -> Self {
        match p.word("semantics") {
            "at-least-once" => Semantics::AtLeastOnce,
            "at-most-once" => Semantics::AtMostOnce,
            "bound" => Semantics::Bound,
            "exactly-once" => Semantics::ExactlyOnce,
            _ => Semantics::Maybe,
        }
    }

    /// Whether the server knows calls that it has executed.
    fn filters(self) -> bool {
        matches!(self, Semantics::AtMostOnce | Semantics::Bound | Semantics::ExactlyOnce)
    }
}

/// How often a call is tried, or `None`: until it is answered.
fn tries(p: &Params) -> Option<u32> {
    match (Semantics::of(p), p.int("attempts")) {
        (Semantics::Maybe, _) => Some(1),
        (_, 0) => None,
        (_, attempts) => Some(attempts as u32),
    }
}

/// What a node's timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Timer {
    /// The next call is made.
    Next,
    /// A call that was made: its answer is late, or its next try is due.
    Call(u16),
    /// A call that is to be executed, or replied to.
    Step(u16),
}

impl Timer {
    fn name(self) -> &'static str {
        match self {
            Timer::Next => "next call",
            Timer::Call(_) => "timeout or wait",
            Timer::Step(_) => "work",
        }
    }
}

/// The end that calls.
const SHOP: NodeId = NodeId(0);
/// So long a message takes, at most; and so long the server's stub takes for a reply.
const LONGEST_MS: u64 = 16;
const REPLY_MS: u64 = 4;

/// The smallest number that is free.
fn free<T>(used: &std::collections::BTreeMap<u16, T>) -> u16 {
    let gap = used.keys().zip(0..).find(|(slot, i)| **slot != *i);
    gap.map_or(used.len() as u16, |(_, i)| i)
}

/// The name of tier `n` of so many; the last executes the calls.
fn name(n: u16, tiers: u16) -> &'static str {
    match (n, tiers) {
        (0, _) => "Shop",
        (n, tiers) if n == tiers => "Bank",
        (1, _) => "Checkout",
        _ => "Payments",
    }
}

fn build(p: &Params, seed: u64) -> Result<Setup, Refusal> {
    let tiers = p.int("tiers") as u16;
    let every = p.word("retries_at") == "every-tier";
    if tiers > 1 && every && tries(p).is_none() && p.int("budget_percent") == 0 {
        return Err(Refusal::new(
            "endless-tries",
            "if every tier tries again until it is answered, an outage makes tries without end: set a number of tries, a \
             retry budget, or let only the shop try again",
        ));
    }
    let link = Link::fair_loss(Delay::uniform_ms(8, LONGEST_MS), p.ppm("loss_percent"));
    link.check()?;
    let mut nodes = vec![NodeSetup::client(name(0, tiers), Host::boxed(Shop::new(p, Stub::of(p, 1, true))))];
    for n in 1..tiers {
        let tier = Tier::new(Stub::of(p, n + 1, every));
        nodes.push(NodeSetup::server(name(n, tiers), Host::boxed(tier)));
    }
    let mut bank = NodeSetup::server(name(tiers, tiers), Host::boxed(Bank::new(p)));
    bank.config.sync_us = p.ms("sync_ms").0;
    nodes.push(bank);
    Ok(Setup { seed, link, nodes, layout: Layout::Line, ..Setup::default() })
}
