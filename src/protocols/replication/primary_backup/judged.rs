//! What primary and backups promise: one primary, nothing lost that was answered, equal copies, and answers.
//!
//! The rule that is easy to break: what was answered is lost when the *newest* primary does not have it. That an old one, or a disk
//! somewhere, still has it helps nobody: it will be overwritten.

use super::server::{Role, Server};
use super::{BOUND_MS, Fact, Mode, Rules};
use crate::check::account::reach::Reach;
use crate::check::calm::Calm;
use crate::kit::client::{Call, End, Fact as Told, answered_in_calm};
use crate::kit::prelude::*;
use crate::sim::Loss;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Silence means a crash: nothing is lost or late, and nobody stands still.
const DETECTED: &[Need] =
    &[Need::Fair, Need::NoLoss, Need::NoPause, Need::Bound, Need::Clocks, Need::Pace, Need::Correct];
/// And the primary does not fail: where it answers before all have it.
const ALONE: &[Need] = &[
    Need::NoCrash,
    Need::Fair,
    Need::NoLoss,
    Need::NoPause,
    Need::Bound,
    Need::Clocks,
    Need::Pace,
    Need::Correct,
];
const SILENT: &str = "a primary that is silent for a timeout has failed";

pub(super) fn promises(p: &Params) -> Vec<Box<dyn Property>> {
    let rules = Rules::of(p);
    let moves: fn(&Fact) -> _ = pick!(
        Fact::Promoted { .. } => Move::Enter,
        Fact::SteppedDown { .. } | Fact::Gone { .. } => Move::Leave,
    );
    let one = mutual_exclusion("One primary", "no two servers are primary at once", moves);
    let claim = "what a client was told is done, the newest primary has";
    let lost = Promised::safety(
        "Nothing lost",
        claim,
        NothingLost { asynchronous: rules.mode == Mode::Async, ..NothingLost::default() },
    );
    let lost = match rules.mode {
        Mode::Sync => lost.needs(DETECTED).rests_on(SILENT),
        Mode::Async | Mode::Semi => {
            lost.needs(ALONE).rests_on("a primary lives until its backups have what it answers")
        }
    };
    let values: fn(&Fact) -> _ = pick!(
        Fact::Applied { epoch, index, values } => (format!("number {index} of epoch {epoch}"), format!("state {:04x}", values & 0xffff)),
    );
    let claim = "after the same update all have the same state";
    let copies = agreement("Same copy", claim, "comes to", values);
    let within = settled_within(&rules);
    let claim = "when nothing has changed for a while, one is primary, and all that run follow it";
    let settles = Settles {
        within,
        calm: Calm::new(move |now| ready(&rules, now)),
        astray: Rc::from(""),
        last: EventId::NONE,
    };
    let ends = "each request is answered, while those that must acknowledge it run and are heard";
    let patience = within + Span(p.ms("retry_ms").0 * (2 * u64::from(rules.servers) + 2));
    vec![
        one.needs(DETECTED).rests_on(SILENT).boxed(),
        lost.boxed(),
        copies
            .needs(&[Need::Correct])
            .rests_on("a backup takes what its primary sends, in that order")
            .boxed(),
        Promised::liveness("One in the end", claim, settles).boxed(),
        answered_in_calm("Every request ends", ends, patience, move |now| ready(&rules, now)).boxed(),
    ]
}

/// How soon one is primary, and all follow, from whatever has gone before: a message is there, a line of timeouts has run out, and
/// again if who stood first has just come back; and those who join have asked, and have their state.
fn settled_within(rules: &Rules) -> Span {
    let (timeout, beat) = (rules.timeout.0, rules.beat.0);
    Span(2 * timeout * (u64::from(rules.servers) + 1) + 12 * beat) + Span::ms(10 * BOUND_MS)
}

pub(super) fn servers(world: &World) -> impl Iterator<Item = (NodeId, &Server)> {
    world.node_ids().filter_map(|n| Some((n, world.node_as::<Server>(n)?)))
}

/// The servers that run.
pub(super) fn running(world: &World) -> impl Iterator<Item = (NodeId, &Server)> {
    servers(world).filter(|&(n, s)| world.is_up(n) && s.role != Role::Gone)
}

/// Who runs, if they are those that must, hear each other, and are in time; or what is not so.
fn ready(rules: &Rules, now: Reach<'_>) -> Result<Vec<NodeId>, String> {
    let world = now.world;
    let up: Vec<NodeId> = running(world).map(|(n, _)| n).collect();
    let all = up.len() == usize::from(rules.servers);
    let absent = || rules.servers().find(|n| !up.contains(n)).map_or("nobody", |n| world.name(n));
    let waits = match rules.mode {
        _ if rules.goes_on => false,
        Mode::Async => false,
        Mode::Semi => up.len() < 2,
        Mode::Sync => !all,
    };
    if waits {
        return Err(format!("the primary waits for its backups, and {} does not run", absent()));
    }
    if !all && !running(world).any(|(_, s)| s.role != Role::Joining) {
        return Err(format!("who was down joins another or waits for all, and {} does not run", absent()));
    }
    now.sound(&up, Span::ms(2))?;
    let pairs = || up.iter().flat_map(|&a| up.iter().map(move |&b| (a, b))).filter(|(a, b)| a != b);
    if let Some((a, b)) = pairs().find(|&(a, b)| world.blocked(a, b) != Loss::None) {
        return Err(format!("{} hears nothing from {}", world.name(b), world.name(a)));
    }
    let clients: Vec<NodeId> = world.node_ids().filter(|&n| world.is_client(n) && world.is_up(n)).collect();
    let longest = now.longest_delay(&up, 1_500)?.max(now.longest_between(&up, &clients, 1_500)?);
    match longest > Span::ms(BOUND_MS) {
        true => Err(format!("a message may take {longest}, and timeouts are made for {BOUND_MS} ms")),
        false => Ok(up),
    }
}

/// What was answered, and what the newest primary has.
#[derive(Clone, Default)]
pub(super) struct Book {
    epoch: u32,
    by: Option<(NodeId, EventId)>,
    held: BTreeSet<(NodeId, u32)>,
    answered: BTreeMap<(NodeId, u32), (Call, EventId)>,
    lost: u32,
}

impl Book {
    /// Takes note of an event; gives the first of what was answered and is lost since it.
    fn take(&mut self, seen: &Seen<'_>) -> Option<(Call, EventId)> {
        let mut found = None;
        for (node, fact) in seen.facts::<Fact>() {
            match fact {
                Fact::Promoted { epoch, log } if *epoch > self.epoch => {
                    self.epoch = *epoch;
                    self.by = Some((node, seen.id));
                    self.held = log.iter_from(1).map(|(_, i)| (i.client, i.serial)).collect();
                    let lost = || self.answered.iter().filter(|(key, _)| !self.held.contains(key));
                    self.lost = lost().count() as u32;
                    found = found.or_else(|| lost().next().map(|(_, a)| a.clone()));
                }
                Fact::Appended { epoch, client, serial, .. } if *epoch == self.epoch => {
                    self.held.insert((*client, *serial));
                }
                _ => {}
            }
        }
        for (client, fact) in seen.facts::<Told>() {
            if let Told::Ended { call, end: End::Ok, .. } = fact
                && !call.text.starts_with("get")
            {
                let key = (client, call.serial);
                let answer = (call.clone(), seen.id);
                if !self.held.contains(&key) {
                    self.lost += 1;
                    found = found.or_else(|| Some(answer.clone()));
                }
                self.answered.insert(key, answer);
            }
        }
        found
    }

    fn bytes(&self) -> usize {
        self.held.len() * 8 + self.answered.len() * 48
    }
}

/// How many answered writes the newest primary does not have.
#[derive(Clone, Default)]
pub(super) struct Lost(Book);

impl Gauge for Lost {
    fn after(&mut self, seen: &Seen<'_>) {
        _ = self.0.take(seen);
    }

    fn wake(&self) -> Wake {
        Wake::News
    }

    fn value(&self, _: &World) -> Option<f64> {
        Some(f64::from(self.0.lost))
    }

    fn weight(&self) -> usize {
        self.0.bytes()
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}

#[derive(Clone, Default)]
struct NothingLost {
    asynchronous: bool,
    book: Book,
    // By which event the primary's process has come to its end, and whose it was.
    gone: Option<(EventId, String)>,
}

impl Rule for NothingLost {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<Fact>() {
            if matches!(fact, Fact::Gone { primary: true }) {
                self.gone = Some((seen.id, seen.world.name(node).to_owned()));
            }
        }
        let Some((call, event)) = self.book.take(seen) else {
            return Ok(());
        };
        let (by, promoted) = self.book.by.unwrap_or((call.client, seen.id));
        let (who, primary, epoch) = (seen.world.name(call.client), seen.world.name(by), self.book.epoch);
        let why = format!(
            "{who} was told that {call} is done, and {primary}, primary of epoch {epoch}, does not have it"
        );
        Err(Broken::new([event, promoted, seen.id], why))
    }

    /// An asynchronous primary may not fail: not by an end of its own, either.
    fn lacked(&self) -> Option<(EventId, String)> {
        let (event, who) = self.gone.as_ref().filter(|_| self.asynchronous)?;
        Some((*event, format!("it is assumed that no node crashes, and {who} has come to an end")))
    }

    fn weight(&self) -> usize {
        self.book.bytes()
    }

    fn recall(&self, recall: &mut Recall) {
        recall.word(self.book.epoch);
        recall.word(u64::from(self.gone.is_some()));
        recall.each(&self.book.held, |r, (client, serial)| {
            r.word(client.0);
            r.word(*serial);
        });
        recall.each(self.book.answered.keys(), |r, (client, serial)| {
            r.word(client.0);
            r.word(*serial);
        });
    }
}

/// Who does not follow the one primary, while all is as it should be.
#[derive(Clone)]
struct Settles<A> {
    within: Span,
    calm: Calm<A>,
    astray: Rc<str>,
    last: EventId,
}

impl<A: Fn(Reach<'_>) -> Result<Vec<NodeId>, String> + Clone + 'static> Settles<A> {
    fn note(&mut self, seen: &Seen<'_>) {
        self.calm.after(seen);
        match seen.event.kind {
            EventKind::Lost => _ = self.calm.look(seen),
            EventKind::Fault | EventKind::Flap => self.last = seen.id,
            _ => {}
        }
    }

    /// Who is not as they should be, in words; nothing, if all are.
    fn astray(world: &World) -> String {
        let primaries: Vec<_> = running(world).filter(|(_, s)| s.role == Role::Primary).collect();
        match primaries[..] {
            [] => "nobody is primary".to_owned(),
            [(node, primary)] => {
                let epoch = primary.kept.epoch;
                let other = |&(n, s): &(NodeId, &Server)| {
                    n != node && (s.role != Role::Backup || s.kept.epoch != epoch)
                };
                let who: Vec<&str> = running(world).filter(other).map(|(n, _)| world.name(n)).collect();
                if who.is_empty() {
                    String::new()
                } else {
                    format!("{} is not followed by {}", world.name(node), who.join(", "))
                }
            }
            [(a, _), (b, _), ..] => format!("{} and {} are both primary", world.name(a), world.name(b)),
        }
    }
}

impl<A: Fn(Reach<'_>) -> Result<Vec<NodeId>, String> + Clone + 'static> Rule for Settles<A> {
    /// Time alone can break it.
    fn wake(&self) -> Wake {
        Wake::Always
    }

    /// What has been so until this event is judged before it.
    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        let long = self.calm.outlasts(self.within, seen.event.time);
        if long && !self.astray.is_empty() {
            self.calm.look(seen);
            if self.calm.outlasts(self.within, seen.event.time) {
                let why = format!("for {} nothing has changed, and {}", self.within, self.astray);
                return Err(Broken::new([self.last, seen.id], why));
            }
        }
        if seen.is_news() {
            self.note(seen);
            let astray = Self::astray(seen.world);
            if *astray != *self.astray {
                self.astray = Rc::from(astray);
            }
        }
        Ok(())
    }

    fn missing(&self) -> Option<String> {
        (!self.astray.is_empty()).then(|| self.astray.to_string())
    }

    fn excuse(&self) -> Option<&str> {
        self.calm.excuse()
    }
}
