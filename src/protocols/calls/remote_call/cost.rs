//! What becomes of calls, and what they cost, with what theory says of it.
//!
//! The rule that is easy to break: formulas hold where their assumptions do: an answer that is not lost is back before the timeout,
//! and every try is lost or not by itself. Elsewhere theory says nothing.

use super::stub::Policy;
use super::{C, Fact, LONGEST_MS, REPLY_MS, Semantics, tries};
use crate::check::Wake;
use crate::kit::prelude::*;
use std::collections::BTreeMap;

/// What is counted of calls.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    /// Of those that have ended, per cent: answered.
    Known,
    /// Executed, and given up.
    Unknown,
    /// Not executed, and given up.
    Undone,
    /// Executed more than once.
    Doubled,
    /// How many have ended.
    Ended,
    /// Tries of the shop for each answer.
    Attempts,
    /// Executions for each answer.
    Executions,
}

/// What has become of a call.
#[derive(Clone, Copy, Default)]
struct Fate {
    executed: u32,
    answered: Option<bool>,
}

#[derive(Clone)]
struct Fates {
    what: What,
    of: BTreeMap<C, Fate>,
    tries: u32,
}

fn fates(what: What) -> Box<dyn Gauge> {
    Box::new(Fates { what, of: BTreeMap::new(), tries: 0 })
}

impl Gauge for Fates {
    fn after(&mut self, seen: &Seen<'_>) {
        for (_, fact) in seen.facts::<Fact>() {
            match *fact {
                Fact::Tried { tier: 1, .. } => self.tries += 1,
                Fact::Executed { call, .. } => self.of.entry(call).or_default().executed += 1,
                Fact::Answered { call } => self.of.entry(call).or_default().answered = Some(true),
                Fact::GivenUp { call } => self.of.entry(call).or_default().answered = Some(false),
                _ => {}
            }
        }
    }

    fn wake(&self) -> Wake {
        Wake::News
    }

    fn value(&self, _: &World) -> Option<f64> {
        let count = |is: &dyn Fn(&Fate) -> bool| self.of.values().filter(|f| is(f)).count() as f64;
        let ended = count(&|f| f.answered.is_some());
        let share = |is: &dyn Fn(&Fate) -> bool| (ended > 0.0).then(|| 100.0 * count(is) / ended);
        let answered = count(&|f| f.answered == Some(true));
        let each = |all: f64| (answered > 0.0).then_some(all / answered);
        match self.what {
            What::Known => share(&|f| f.answered == Some(true)),
            What::Unknown => share(&|f| f.answered == Some(false) && f.executed > 0),
            What::Undone => share(&|f| f.answered == Some(false) && f.executed == 0),
            What::Doubled => share(&|f| f.answered.is_some() && f.executed > 1),
            What::Ended => Some(ended),
            What::Attempts => each(f64::from(self.tries)),
            What::Executions => each(self.of.values().map(|f| f64::from(f.executed)).sum()),
        }
    }

    fn weight(&self) -> usize {
        self.of.len() * size_of::<(C, Fate)>()
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}

/// Requests for the last tier, and calls: the quotient, or the first.
#[derive(Clone)]
struct Load {
    tier: u8,
    requests: u32,
    calls: u32,
    each: bool,
}

impl Gauge for Load {
    fn after(&mut self, seen: &Seen<'_>) {
        for (_, fact) in seen.facts::<Fact>() {
            self.requests += u32::from(matches!(fact, Fact::Tried { tier, .. } if *tier == self.tier));
            self.calls += u32::from(matches!(fact, Fact::Called { .. }));
        }
    }

    fn wake(&self) -> Wake {
        Wake::News
    }

    fn value(&self, _: &World) -> Option<f64> {
        let requests = f64::from(self.requests);
        match self.each {
            true => (self.calls > 0).then(|| requests / f64::from(self.calls)),
            false => Some(requests),
        }
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}

fn load(p: &Params, each: bool) -> Box<dyn Gauge> {
    Box::new(Load { tier: p.int("tiers") as u8, requests: 0, calls: 0, each })
}

/// The chance that a message arrives.
fn arrives(p: &Params) -> f64 {
    1.0 - number(p, "loss_percent") / 100.0
}

/// The chance that the bank answers with an error.
fn fails(p: &Params) -> f64 {
    number(p, "failing_percent") / 100.0
}

fn power(base: f64, n: u32) -> f64 {
    libm::pow(base, f64::from(n))
}

/// One tier, links that lose, nothing else in the way.
fn lossy(p: &Params) -> bool {
    let plain = p.int("tiers") == 1 && p.int("failing_percent") == 0 && p.int("budget_percent") == 0;
    let most = 2 * LONGEST_MS + REPLY_MS + (p.int("work_ms") + p.int("sync_ms")) as u64;
    plain && p.int("timeout_ms") as u64 >= most && p.int("loss_percent") < 100
}

/// How many tiers try again.
fn hops(p: &Params) -> u32 {
    if p.word("retries_at") == "shop" { 1 } else { p.int("tiers") as u32 }
}

/// Nothing is lost, the bank may answer with an error, and each tier waits for as long as all the tries below it may take.
fn patient(p: &Params) -> bool {
    let Some(most) = tries(p) else {
        return p.int("tiers") == 1 && lossless(p);
    };
    let mut below = (p.int("work_ms") + p.int("sync_ms")) as u64 + REPLY_MS;
    for tier in (1..=p.int("tiers")).rev() {
        let answer = 2 * LONGEST_MS + below;
        if answer > p.int("timeout_ms") as u64 {
            return false;
        }
        let retries = tier == 1 || p.word("retries_at") == "every-tier";
        let policy = Policy::of(p, retries);
        let tries = if retries { most } else { 1 };
        let waits: u64 = (1..tries).map(|t| policy.longest_wait(t).0.div_ceil(1_000)).sum();
        below = u64::from(tries) * answer + waits;
    }
    lossless(p)
}

fn lossless(p: &Params) -> bool {
    p.int("loss_percent") == 0
}

/// The share that is answered. With `a` tries: all but those whose every try fails, `(1 - q^2)^a` where links lose, and
/// `f^(a^n)` where the bank fails and n tiers try.
fn known(p: &Params) -> Option<f64> {
    let (q, f) = (arrives(p), fails(p));
    let none = match tries(p) {
        Some(a) if lossy(p) => power(1.0 - q * q, a),
        None if lossy(p) => 0.0,
        Some(a) if patient(p) && p.int("budget_percent") == 0 => power(f, a.pow(hops(p))),
        _ => return None,
    };
    Some(100.0 * (1.0 - none))
}

/// The share that is not executed: every request is lost.
fn undone(p: &Params) -> Option<f64> {
    let lost = 1.0 - arrives(p);
    let none = tries(p).map_or(0.0, |a| power(lost, a));
    lossy(p).then_some(100.0 * none)
}

/// Tried until it is answered, which takes 1/q^2 tries.
fn endless(p: &Params) -> bool {
    lossy(p) && tries(p).is_none()
}

/// The requests at the last tier for each call: a series at each tier that tries, whose product is 1 + f + f^2 + ... up to
/// a^n terms; with a budget, and where nothing answers, each tier adds its per cent, in whole retries.
fn multiplier(p: &Params) -> Option<f64> {
    let (f, calls, percent) = (fails(p), p.int("calls"), p.int("budget_percent"));
    let down = p.int("failing_percent") == 100 && lossless(p);
    if percent > 0 {
        let each = |n: i64, _| n + n * percent / 100;
        let last = if tries(p) == Some(1) { calls } else { (0..hops(p)).fold(calls, each) };
        return (down && calls > 0).then_some(last as f64 / calls as f64);
    }
    match tries(p) {
        Some(a) if down => Some(power(f64::from(a), hops(p))),
        Some(a) if patient(p) => Some((1.0 - power(f, a.pow(hops(p)))) / (1.0 - f)),
        None if p.int("tiers") == 1 && patient(p) && f < 1.0 => Some(1.0 / (1.0 - f)),
        None if endless(p) => Some(1.0 / (arrives(p) * arrives(p))),
        _ => None,
    }
}

const MAYBE: &str = "(1-p)^2 answered, (1-p) p executed and unknown, p not executed";
const TRIES: &str = "1/(1-p)^2";
const DOUBLED: &str = "p: the reply to the first execution is lost";
const EXECUTIONS: &str = "1/(1-p)";
const STORM: &str = "tries^tiers: Beyer et al. 2016, chapter 22";
const BUDGET: &str = "1.1 a tier: Beyer et al. 2016, chapter 21";

pub(super) static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("known_percent", "answered, of the calls that have ended", "%", |_| fates(What::Known))
        .theory(known)
        .published(&[
            Published::of(&["loss_percent=10"], 81.0, MAYBE),
            Published::of(&["loss_percent=30"], 49.0, MAYBE),
            Published::of(&["loss_percent=50"], 25.0, MAYBE),
            Published::of(
                &["semantics=at-least-once", "attempts=3", "loss_percent=30"],
                86.734_9,
                "1-(1-q^2)^3",
            ),
        ]),
    GaugeDef::new("unknown_percent", "executed, and the shop does not know", "%", |_| fates(What::Unknown))
        .theory(|p| Some(100.0 - known(p)? - undone(p)?))
        .published(&[
            Published::of(&["loss_percent=10"], 9.0, MAYBE),
            Published::of(&["loss_percent=30"], 21.0, MAYBE),
            Published::of(&["loss_percent=50"], 25.0, MAYBE),
        ]),
    GaugeDef::new("undone_percent", "not executed", "%", |_| fates(What::Undone)).theory(undone).published(
        &[
            Published::of(&["loss_percent=10"], 10.0, MAYBE),
            Published::of(&["loss_percent=30"], 30.0, MAYBE),
            Published::of(&["loss_percent=50"], 50.0, MAYBE),
        ],
    ),
    // Every execution but the last has lost its reply.
    GaugeDef::new("doubled_percent", "executed more than once", "%", |_| fates(What::Doubled))
        .theory(|p| match Semantics::of(p) {
            Semantics::AtLeastOnce if endless(p) => Some(100.0 * (1.0 - arrives(p))),
            Semantics::AtLeastOnce => None,
            _ => Some(0.0).filter(|_| lossy(p)),
        })
        .published(&[
            Published::of(&["semantics=at-least-once", "loss_percent=10"], 10.0, DOUBLED),
            Published::of(&["semantics=at-least-once", "loss_percent=30"], 30.0, DOUBLED),
            Published::of(&["semantics=at-least-once", "loss_percent=50"], 50.0, DOUBLED),
            Published::of(&["semantics=exactly-once", "loss_percent=50"], 0.0, "never"),
        ]),
    GaugeDef::new("attempts", "tries for each answer", "", |_| fates(What::Attempts))
        .theory(|p| Some(1.0 / (arrives(p) * arrives(p))).filter(|_| endless(p)))
        .published(&[
            Published::of(&["semantics=at-least-once", "loss_percent=10"], 1.234_57, TRIES),
            Published::of(&["semantics=at-least-once", "loss_percent=30"], 2.040_82, TRIES),
            Published::of(&["semantics=at-least-once", "loss_percent=50"], 4.0, TRIES),
            Published::of(&["semantics=exactly-once", "loss_percent=50"], 4.0, TRIES),
        ]),
    GaugeDef::new("executions", "executions for each answer", "", |_| fates(What::Executions))
        .theory(|p| match Semantics::of(p).filters() {
            true => Some(1.0).filter(|_| endless(p)),
            false => Some(1.0 / arrives(p)).filter(|_| endless(p)),
        })
        .published(&[
            Published::of(&["semantics=at-least-once", "loss_percent=10"], 1.111_11, EXECUTIONS),
            Published::of(&["semantics=at-least-once", "loss_percent=30"], 1.428_57, EXECUTIONS),
            Published::of(&["semantics=at-least-once", "loss_percent=50"], 2.0, EXECUTIONS),
            Published::of(&["semantics=at-most-once", "loss_percent=50"], 1.0, "the reply is kept"),
        ]),
    GaugeDef::new("load", "requests at the bank for each call", "", |p| load(p, true))
        .theory(multiplier)
        .published(&[
            Published::of(&[AGAIN, DOWN, "attempts=4", "timeout_ms=200", "tiers=1"], 4.0, STORM),
            Published::of(&[AGAIN, DOWN, "attempts=4", "timeout_ms=200", "tiers=2"], 16.0, STORM),
            Published::of(&[AGAIN, DOWN, "attempts=4", "timeout_ms=200", "tiers=3"], 64.0, STORM),
            Published::of(&[AGAIN, DOWN, "attempts=3", "backoff=jitter", "tiers=3"], 27.0, STORM),
            Published::of(
                &[AGAIN, DOWN, "attempts=4", "retries_at=shop", "tiers=3"],
                4.0,
                "one tier tries again",
            ),
            Published::of(&[AGAIN, DOWN, "attempts=4", TENTH, "calls=100", "tiers=1"], 1.1, BUDGET),
            Published::of(&[AGAIN, DOWN, "attempts=4", TENTH, "calls=100", "tiers=2"], 1.21, BUDGET),
            Published::of(&[AGAIN, DOWN, "attempts=4", TENTH, "calls=100", "tiers=3"], 1.33, BUDGET),
            // f = 1/2: 1 + 1/2 + 1/4 + ... up to 64 terms.
            Published::of(
                &[AGAIN, "failing_percent=50", "attempts=4", "timeout_ms=5000", "tiers=3"],
                2.0,
                "(1-f^(a^n))/(1-f)",
            ),
        ]),
    GaugeDef::new("bank_requests", "requests for the bank", "", |p| load(p, false)),
    GaugeDef::new("ended", "calls that have ended", "", |_| fates(What::Ended)),
    GaugeDef::new("answer_ms", "from a call to its answer", "ms", |_| {
        let called: fn(&Fact) -> _ = pick!(Fact::Called { call } => *call);
        gauges::mean_between_ms(called, pick!(Fact::Answered { call } => *call))
    })
    .theory(|p| {
        // Two messages of 12 ms, the work, a write, the reply; and before it a timeout for each try that fails.
        let once = 24.0 + number(p, "work_ms") + number(p, "sync_ms") + REPLY_MS as f64;
        let failed = 1.0 / (arrives(p) * arrives(p)) - 1.0;
        let at_once = p.word("backoff") == "none" && Semantics::of(p) == Semantics::AtLeastOnce;
        Some(once + failed * number(p, "timeout_ms")).filter(|_| endless(p) && at_once)
    })
    .published(&[Published::of(
        &["semantics=at-least-once", "loss_percent=30"],
        102.449,
        "40 + 60 (1/(1-p)^2 - 1)",
    )]),
];

const AGAIN: &str = "semantics=at-least-once";
const DOWN: &str = "failing_percent=100";
const TENTH: &str = "budget_percent=10";
