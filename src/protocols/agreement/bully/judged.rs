//! What an election by bullying promises: that the highest wins, that no two lead, and that all know soon who does.
//!
//! The rule that is easy to break: the algorithm lives on bounds, and each promise names them. Who wins is judged against who has
//! run *all the time* since the winner asked: who boots meanwhile may have missed the question.

use super::{Fact, LONGEST_MS, STEP_MS, show};
use crate::check::account::reach::Reach;
use crate::check::calm::Calm;
use crate::kit::prelude::*;
use crate::sim::{SimTime, Status};
use std::collections::{BTreeMap, BTreeSet};

/// The synchronous model, in which silence for long enough is a crash.
const SYNCHRONY: &[Need] =
    &[Need::Fair, Need::NoLoss, Need::Bound, Need::Correct, Need::NoPause, Need::Pace, Need::Clocks];

pub(super) fn promises(p: &Params) -> Vec<Box<dyn Property>> {
    let claim = "who elects itself is the highest of those that have run since it asked";
    let highest = Promised::safety("Highest", claim, Highest::default())
        .needs(SYNCHRONY)
        .rests_on("an answer that is not back within T does not come: T is a round trip at least");
    let claim = "no two lead for longer than an announcement travels";
    let most = Span::ms(LONGEST_MS + STEP_MS);
    let one = Promised::safety("One leader", claim, OneLeader { most, leaders: BTreeMap::new() })
        .needs(SYNCHRONY)
        .rests_on("who leads says so to all that are lower");
    let claim = "when nothing has changed for a while, all who run follow the highest of them";
    let known = KnownInTime {
        within: settled_within(p),
        calm: Calm::new(synchronous),
        astray: Vec::new(),
        asked: SimTime::ZERO,
        last: EventId::NONE,
        look_at: SimTime::ZERO,
    };
    // What was lost is said again.
    let known = Promised::liveness("Known in time", claim, known).needs(&[
        Need::Fair,
        Need::Bound,
        Need::Correct,
        Need::NoPause,
        Need::Pace,
        Need::Clocks,
    ]);
    vec![highest.boxed(), one.boxed(), known.boxed()]
}

/// Whether `node` has crashed.
pub(super) fn down(world: &World, node: NodeId) -> bool {
    matches!(world.status(node), Status::Crashed | Status::Stopped)
}

/// How soon all follow the highest, from whatever has gone before. The last that the dead have sent has arrived (16 ms); the highest
/// has lost patience with its leader or with an announcement, and has had no answer: it leads. Its next heartbeat is there, and
/// nobody calls an election after that; whom the last of those has reached (16 ms) hears a heartbeat once more.
pub(super) fn settled_within(p: &Params) -> Span {
    let (heartbeat, answer) = (p.ms("heartbeat_ms").0, p.ms("answer_ms").0);
    let message = (LONGEST_MS + STEP_MS) * 1_000;
    let patience = (heartbeat + message).max(p.ms("coordinator_ms").0);
    Span(message + patience + answer + 2 * (heartbeat + message) + message)
}

/// Who runs, if all of it is as the model says; or what is not.
fn synchronous(now: Reach<'_>) -> Result<Vec<NodeId>, String> {
    let world = now.world;
    let up: Vec<NodeId> = show::running(world).map(|(n, _)| n).collect();
    now.sound(&up, Span::ms(STEP_MS))?;
    now.in_touch(&up, Span::ms(LONGEST_MS))?;
    Ok(up)
}

/// For each that has called an election, the event, and who above it has run since.
#[derive(Clone, Default)]
struct Highest {
    called: BTreeMap<NodeId, (EventId, BTreeSet<NodeId>)>,
}

impl Rule for Highest {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        let world = seen.world;
        if seen.event.kind == EventKind::Fault {
            for (_, above) in self.called.values_mut() {
                above.retain(|&n| !down(world, n));
            }
        }
        for (me, fact) in seen.facts::<Fact>() {
            match fact {
                Fact::Called => {
                    let above = world.node_ids().filter(|&n| n > me && !down(world, n)).collect();
                    self.called.insert(me, (seen.id, above));
                }
                Fact::Won { .. } => {
                    let Some((called, above)) = self.called.remove(&me) else {
                        continue;
                    };
                    if let Some(&better) = above.last() {
                        let (who, better) = (world.name(me), world.name(better));
                        let why = format!("{who} elects itself, and {better} has run all the time");
                        return Err(Broken::new([called, seen.id], why));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(&self.called, |r, (node, (_, above))| {
            r.word(node.0);
            r.word(above.iter().map(|n| 1_u64 << n.0).sum::<u64>());
        });
    }
}

/// Who leads, by their own words, and since when.
#[derive(Clone)]
struct OneLeader {
    most: Span,
    leaders: BTreeMap<NodeId, (SimTime, EventId)>,
}

impl OneLeader {
    fn note(&mut self, seen: &Seen<'_>) {
        if seen.event.kind == EventKind::Fault {
            self.leaders.retain(|&n, _| !down(seen.world, n));
        }
        for (node, fact) in seen.facts::<Fact>() {
            match fact {
                Fact::Won { .. } | Fact::Installed => {
                    self.leaders.entry(node).or_insert((seen.event.time, seen.id));
                }
                Fact::Called | Fact::Learnt { .. } => {
                    self.leaders.remove(&node);
                }
                _ => {}
            }
        }
    }
}

impl Rule for OneLeader {
    /// Time alone can break it.
    fn wake(&self) -> Wake {
        Wake::Always
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        // The two that have led longest have done so together since the second of them began.
        if self.leaders.len() > 1 {
            let mut oldest: Vec<_> =
                self.leaders.iter().map(|(&n, &(since, event))| (since, event, n)).collect();
            oldest.sort_unstable();
            let (first, second) = (oldest[0], oldest[1]);
            if seen.event.time.since(second.0) > self.most {
                let name = |n| seen.world.name(n);
                let why = format!("both {} and {} lead since {}", name(first.2), name(second.2), second.0);
                return Err(Broken::new([first.1, second.1, seen.id], why));
            }
        }
        if seen.is_news() {
            self.note(seen);
        }
        Ok(())
    }
}

/// Who runs, if the world is as is assumed; else why it is not.
type Assumed = fn(Reach<'_>) -> Result<Vec<NodeId>, String>;

/// Whom the others follow, while all is as it should be.
#[derive(Clone)]
struct KnownInTime {
    within: Span,
    calm: Calm<Assumed>,
    // Who runs and does not follow the highest.
    astray: Vec<String>,
    // When a process was last asked to call an election, and what was last done to the world.
    asked: SimTime,
    last: EventId,
    // When it is worth looking again.
    look_at: SimTime,
}

impl KnownInTime {
    fn note(&mut self, seen: &Seen<'_>) {
        self.calm.after(seen);
        match seen.event.kind {
            EventKind::Request => self.asked = seen.event.time,
            EventKind::Lost => _ = self.calm.look(seen),
            EventKind::Fault | EventKind::Flap => self.last = seen.id,
            _ => {}
        }
        let running = || show::running(seen.world);
        let top = running().map(|(_, p)| p.id).max();
        let astray = running().filter(|(_, p)| p.leader != top);
        self.astray = astray.map(|(n, _)| seen.world.name(n).to_owned()).collect();
    }
}

impl Rule for KnownInTime {
    /// Time alone can break it.
    fn wake(&self) -> Wake {
        Wake::Always
    }

    /// What has been so until this event is judged before it: where all wait for ever nothing happens by itself.
    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        let now = seen.event.time;
        let long = self.calm.outlasts(self.within, now) && now.since(self.asked) > self.within;
        if long && !self.astray.is_empty() {
            let who = self.astray.join(", ");
            let why =
                format!("for {} nothing has changed, and the highest is not followed by {who}", self.within);
            return Err(Broken::new([self.last, seen.id], why));
        }
        if seen.is_news() || seen.event.kind == EventKind::Request {
            self.note(seen);
        }
        if now >= self.look_at {
            self.look_at = now + Span(self.within.0 / 8);
            self.calm.look(seen);
        }
        Ok(())
    }

    fn missing(&self) -> Option<String> {
        let who = self.astray.join(", ");
        (!self.astray.is_empty()).then(|| format!("the highest that runs is not followed by {who}"))
    }

    fn excuse(&self) -> Option<&str> {
        self.calm.excuse()
    }
}
