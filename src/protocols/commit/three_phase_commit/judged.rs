//! How a transfer is judged: promises AC1 to AC5 of section 7.3, and that nobody who runs is blocked.
//!
//! The rule that is easy to break: that no two decide differently needs the synchronous model here, and in two-phase commit it
//! does not. What a wall breaks is broken by the wall, and the promise says so.

use super::{Fact, LONGEST_MS, T, name};
use crate::check::account::reach::Reach;
use crate::check::calm::Calm;
use crate::kit::prelude::*;
use crate::sim::ledger::Ledger;
use crate::sim::{SimTime, Status};
use std::collections::BTreeMap;
use std::fmt;

/// A transfer at a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct At(T, u16);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.0, name(self.1))
    }
}

/// The synchronous model, in which silence for long enough is a crash.
const SYNCHRONY: &[Need] =
    &[Need::Fair, Need::NoLoss, Need::Bound, Need::Correct, Need::NoPause, Need::Pace, Need::Clocks];

/// Who begins or promises, and who knows the outcome.
const BEGINS: fn(&Fact) -> Option<At> =
    pick!(Fact::Begun { t } => At(*t, 0), Fact::Promised { t, bank } => At(*t, *bank));
const KNOWS: fn(&Fact) -> Option<At> = pick!(Fact::Decided { t, bank, .. } => At(*t, *bank));

pub(super) fn promises(p: &Params) -> Vec<Box<dyn Property>> {
    let decided: fn(&Fact) -> _ =
        pick!(Fact::Decided { t, commit, .. } => (*t, if *commit { "Commit" } else { "Abort" }));
    let votes = |calm| Votes { banks: p.int("banks") as u16, calm, yes: Ledger::default() };
    let ac1 = "no two decide differently about a transfer (AC1)";
    let ac2 = "who has decided does not change its mind (AC2)";
    let ac3 = "it commits only if all have voted Yes (AC3)";
    let ac4 = "if nothing fails and all vote Yes, it commits (AC4)";
    let ac5 = "who has begun or voted Yes knows the outcome in the end (AC5)";
    let claim = "who runs knows the outcome in time, however many others are down";
    let no_blocking = NoBlocking {
        within: known_within(p),
        calm: Calm::new(synchronous as Assumed),
        open: BTreeMap::new(),
        last: EventId::NONE,
        look_at: SimTime::ZERO,
    };
    vec![
        agreement("Agreement", ac1, "decided", decided)
            .needs(SYNCHRONY)
            .rests_on("votes and decisions are on disk before they are told, and T and T' are as long as the bounds ask for")
            .boxed(),
        integrity("Stability", ac2, decided).rests_on("decisions are on disk before they are told").boxed(),
        Promised::safety("Validity", ac3, votes(false)).boxed(),
        Promised::safety("Non-triviality", ac4, votes(true))
            .rests_on("votes are back within T, and T' is as long as the bounds ask for")
            .boxed(),
        Promised::liveness("No blocking", claim, no_blocking)
            .needs(&[Need::Fair, Need::Bound, Need::Correct, Need::NoPause, Need::Pace, Need::Clocks])
            .boxed(),
        leads_to("Termination", ac5, BEGINS, KNOWS)
            .needs(&[Need::AllUp, Need::Fair, Need::NoPause, Need::Correct, Need::Pace, Need::Onward])
            .boxed(),
    ]
}

/// No step takes longer by the timing model: a forced write, and something to spare.
pub(super) fn step(p: &Params) -> Span {
    p.ms("sync_ms") + Span::ms(1)
}

/// Sending to all takes so long, from the first to the last.
fn sending(p: &Params) -> Span {
    Span(p.ms("pace_ms").0 * p.int("banks") as u64)
}

/// Whether T is a round trip with a forced write at least, and T' the longest that lies between two messages of a coordinator that
/// runs: it has asked all how they stand and waited for `T`, has pre-committed and waited for `T`, has forced its decision, and tells it.
pub(super) fn is_patient(p: &Params) -> bool {
    let (answer, patience) = (p.ms("answer_ms").0, p.ms("patience_ms").0);
    let (message, step) = (LONGEST_MS * 1_000, step(p).0);
    answer >= 2 * message + 2 * step && patience >= 2 * answer + 3 * sending(p).0 + message + 3 * step
}

/// How soon a process that runs knows the outcome, when nothing changes any more: each of the others may have to be given up, and
/// each may say three things before that (ask, pre-commit, and start to tell), each waited for; in the end it coordinates itself.
fn known_within(p: &Params) -> Span {
    let own = 2 * (p.ms("answer_ms").0 + sending(p).0) + 8 * step(p).0 + 4 * LONGEST_MS * 1_000;
    Span((p.int("banks") as u64 + 1) * (3 * p.ms("patience_ms").0 + own))
}

/// AC3 and AC4: decisions against the votes.
#[derive(Clone)]
struct Votes {
    banks: u16,
    // AC4: as long as nothing has failed.
    calm: bool,
    yes: Ledger<(T, u16), ()>,
}

impl Rule for Votes {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (_, fact) in seen.facts::<Fact>() {
            match *fact {
                Fact::Promised { t, bank } => self.yes.keep_first((t, bank), ()),
                Fact::Decided { t, commit, .. } => {
                    let missing = (1..=self.banks).find(|&b| self.yes.get(&(t, b)).is_none());
                    let why = match missing {
                        Some(bank) if commit && !self.calm => {
                            format!("{t} is committed, and {} has not voted Yes", name(bank))
                        }
                        None if !commit && self.calm && !seen.account.disturbed() => {
                            format!("{t} is aborted, though all voted Yes and nothing failed")
                        }
                        _ => continue,
                    };
                    return Err(Broken::new([seen.event.cause, seen.id], why));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn weight(&self) -> usize {
        self.yes.weight()
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(self.yes.iter(), |r, ((t, bank), ())| {
            r.word(t.0);
            r.word(*bank);
        });
    }
}

/// Whether those who run are as the model says; or what is not.
fn synchronous(now: Reach<'_>) -> Result<(), String> {
    let world = now.world;
    let Timing::Synchronous { step_us, .. } = world.timing() else {
        return Err("the timing model gives steps no bound".to_owned());
    };
    let down = |n| matches!(world.status(n), Status::Crashed | Status::Stopped);
    let up: Vec<NodeId> = world.node_ids().filter(|&n| !down(n)).collect();
    now.sound(&up, Span(step_us))?;
    now.in_touch(&up, Span::ms(LONGEST_MS))
}

type Assumed = fn(Reach<'_>) -> Result<(), String>;

/// Who takes part in a transfer, runs since then, and does not know the outcome.
#[derive(Clone)]
struct NoBlocking {
    within: Span,
    calm: Calm<Assumed>,
    // Since when, and the event.
    open: BTreeMap<At, (SimTime, EventId)>,
    // What was last done to the world.
    last: EventId,
    // When it is worth looking again.
    look_at: SimTime,
}

impl NoBlocking {
    fn note(&mut self, seen: &Seen<'_>) {
        self.calm.after(seen);
        match seen.event.kind {
            EventKind::Lost => _ = self.calm.look(seen),
            EventKind::Fault | EventKind::Flap => {
                self.last = seen.id;
                let down = |n| matches!(seen.world.status(n), Status::Crashed | Status::Stopped);
                self.open.retain(|at, _| !down(NodeId(at.1)));
            }
            _ => {}
        }
        for (_, fact) in seen.facts::<Fact>() {
            if let Some(at) = BEGINS(fact) {
                self.open.entry(at).or_insert((seen.event.time, seen.id));
            }
            if let Some(at) = KNOWS(fact) {
                self.open.remove(&at);
            }
        }
    }
}

impl Rule for NoBlocking {
    /// Time alone can break it.
    fn wake(&self) -> Wake {
        Wake::Always
    }

    /// What has been so until this event is judged before it: where all wait for ever nothing happens by itself.
    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        let now = seen.event.time;
        let late = |since: SimTime| now.since(since) > self.within;
        if self.calm.outlasts(self.within, now)
            && let Some((at, (since, event))) = self.open.iter().find(|(_, (since, _))| late(*since))
        {
            let why = format!("{at} is not decided since {since}, though it runs");
            return Err(Broken::new([*event, self.last, seen.id], why));
        }
        if seen.is_news() {
            self.note(seen);
        }
        if now >= self.look_at {
            self.look_at = now + Span(self.within.0 / 8);
            self.calm.look(seen);
        }
        Ok(())
    }

    fn missing(&self) -> Option<String> {
        let few: Vec<String> = self.open.keys().take(4).map(At::to_string).collect();
        (!few.is_empty()).then(|| format!("not decided: {}", few.join(", ")))
    }

    fn excuse(&self) -> Option<&str> {
        self.calm.excuse()
    }

    fn since(&self) -> SimTime {
        self.open.values().map(|(since, _)| *since).min().unwrap_or_default()
    }
}
