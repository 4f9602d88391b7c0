//! What a broadcast promises, by the book's names (Modules 3.1 to 3.3), and each variant only what it gives.
//!
//! Validity and both agreements say that something is delivered *in the end*, which no beginning of a run can break by itself. But these
//! algorithms fall silent: when nothing of a message is left to be sent or to come, who has not delivered it never will. That
//! is judged, from what processes tell of their sends; if one more crashed then, it would be another run.
//!
//! The rule that is easy to break: a copy that was lost has been sent and has not come, so it is waited for, and nothing is broken. The
//! promise waits, and says that a message was lost.

use super::{Fact, Id, Variant};
use crate::check::account::listed;
use crate::kit::prelude::*;
use crate::sim::{SimTime, Status};
use std::collections::{BTreeMap, BTreeSet};

/// Who must deliver, and when (Modules 3.1 to 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owed {
    /// BEB1: what a correct process broadcasts, every correct one delivers.
    ByAll,
    /// RB1: what a correct process broadcasts, it delivers.
    BySender,
    /// RB4: what a correct process delivers, every correct one delivers.
    Agreement,
    /// URB4: what any process delivers, every correct one delivers.
    Uniform,
}

/// Perfect links, processes that do what their code says, and go on doing it.
const IN_THE_END: &[Need] = &[Need::NoLoss, Need::Correct, Need::NoPause, Need::Onward];

const DELIVERED: fn(&Fact) -> Option<Id> = pick!(Fact::Delivered { m } => *m);
const BROADCAST: fn(&Fact) -> Option<Id> = pick!(Fact::Broadcast { m, .. } => *m);

pub(super) fn promises(p: &Params) -> Vec<Box<dyn Property>> {
    let (n, variant) = (p.int("nodes") as u16, Variant::of(p));
    let mut all = Vec::new();
    let in_the_end = |name, claim, owed| {
        let rule = InTheEnd::new(n, owed, variant == Variant::Uniform);
        let promise = Promised::liveness(name, claim, rule).needs(IN_THE_END);
        promise.rests_on("who has begun to send to all, and does not crash, sends to all").boxed()
    };
    all.push(match variant {
        Variant::BestEffort => {
            let claim = "what a correct process broadcasts, every correct process delivers";
            in_the_end("Validity", claim, Owed::ByAll)
        }
        _ => {
            let claim = "what a correct process broadcasts, it delivers itself";
            in_the_end("Validity", claim, Owed::BySender)
        }
    });
    match variant {
        Variant::BestEffort => {}
        Variant::Eager => {
            let claim = "what a correct process delivers, every correct process delivers";
            all.push(in_the_end("Agreement", claim, Owed::Agreement));
        }
        Variant::Uniform => {
            let claim = "what any process delivers, even one that crashes, every correct process delivers";
            all.push(in_the_end("Uniform agreement", claim, Owed::Uniform));
            let claim = "when a process delivers a message, more than half have begun to send it to all";
            let majority = Promised::safety("Majority", claim, Majority { n, taken: BTreeMap::new() });
            all.push(
                majority
                    .needs(&[Need::Correct])
                    .rests_on("a copy from a process says that it has it")
                    .boxed(),
            );
        }
    }
    let once = no_duplication("No duplication", "no process delivers a message twice", DELIVERED);
    all.push(once.rests_on("a process remembers what it has delivered").boxed());
    let claim = "what is delivered as the message of a process, that process has broadcast";
    let made = no_creation("No creation", claim, BROADCAST, DELIVERED).needs(&[Need::Correct]);
    all.push(made.rests_on("a message is sent on as it is, with its sender's name").boxed());
    all
}

/// What has become of a message.
#[derive(Clone, Debug, Default)]
struct Course {
    broadcast: bool,
    since: SimTime,
    // Who has begun to send it to all, and is not done.
    busy: BTreeSet<NodeId>,
    // What has been sent and has not come: from whom, to whom.
    away: BTreeSet<(NodeId, NodeId)>,
    delivered: BTreeMap<NodeId, EventId>,
}

/// Whether in the end all deliver who must.
#[derive(Clone, Debug)]
pub(super) struct InTheEnd {
    n: u16,
    owed: Owed,
    // Whether more than half of the processes must be correct.
    by_majority: bool,
    // Who has crashed, ever: it is faulty for good.
    crashed: BTreeMap<NodeId, EventId>,
    courses: BTreeMap<Id, Course>,
    open: Option<String>,
    since: SimTime,
    excuse: Option<String>,
}

impl InTheEnd {
    pub(super) fn new(n: u16, owed: Owed, by_majority: bool) -> Self {
        InTheEnd {
            n,
            owed,
            by_majority,
            crashed: BTreeMap::new(),
            courses: BTreeMap::new(),
            open: None,
            since: SimTime::ZERO,
            excuse: None,
        }
    }

    fn is_correct(&self, node: NodeId) -> bool {
        !self.crashed.contains_key(&node)
    }

    fn note(&mut self, seen: &Seen<'_>) {
        for (me, fact) in seen.facts::<Fact>() {
            let m = match *fact {
                Fact::Broadcast { m, .. } | Fact::Relayed { m } | Fact::Delivered { m } => m,
                Fact::Sent { m, .. } | Fact::Got { m, .. } => m,
                Fact::HeldBack { .. } | Fact::Out => continue,
            };
            let course = self.courses.entry(m).or_default();
            match *fact {
                Fact::Broadcast { .. } => {
                    (course.broadcast, course.since) = (true, seen.event.time);
                    course.busy.insert(me);
                }
                Fact::Relayed { .. } => {
                    course.busy.insert(me);
                }
                Fact::Sent { to, left, .. } => {
                    course.away.insert((me, super::node(to)));
                    if left == 0 {
                        course.busy.remove(&me);
                    }
                }
                Fact::Got { from, .. } => {
                    course.away.remove(&(super::node(from), me));
                }
                Fact::Delivered { .. } => {
                    course.delivered.entry(me).or_insert(seen.id);
                }
                Fact::HeldBack { .. } | Fact::Out => {}
            }
        }
        let world = seen.world;
        let down = |n: &NodeId| matches!(world.status(*n), Status::Crashed | Status::Stopped);
        if seen.event.kind == EventKind::Fault {
            for node in world.node_ids().filter(down) {
                self.crashed.entry(node).or_insert(seen.id);
            }
        }
    }

    /// The correct processes that must deliver `m` and have not.
    fn missing(&self, m: Id, course: &Course) -> Vec<NodeId> {
        let due = match self.owed {
            Owed::ByAll | Owed::BySender => course.broadcast && self.is_correct(m.sender()),
            Owed::Agreement => course.delivered.keys().any(|&n| self.is_correct(n)),
            Owed::Uniform => !course.delivered.is_empty(),
        };
        let who = (0..self.n).map(NodeId).filter(|&n| due && self.is_correct(n));
        let who = who.filter(|n| self.owed != Owed::BySender || *n == m.sender());
        who.filter(|n| !course.delivered.contains_key(n)).collect()
    }

    /// Whether nothing of it is left to be sent, or to come.
    fn is_over(&self, course: &Course) -> bool {
        let sends = course.busy.iter().any(|&n| self.is_correct(n));
        let comes = course.away.iter().any(|&(_, to)| self.is_correct(to));
        !sends && !comes
    }

    fn broken(&self, m: Id, missing: &[NodeId], seen: &Seen<'_>) -> Broken {
        let name = |n: &NodeId| seen.world.name(*n).to_owned();
        // Agreement is about what a correct process has delivered.
        let counts = |n: &NodeId| self.owed != Owed::Agreement || self.is_correct(*n);
        let course = self.courses.get(&m);
        let first = course.and_then(|c| c.delivered.iter().filter(|d| counts(d.0)).min_by_key(|d| *d.1));
        let has = match first {
            Some((n, _)) if self.is_correct(*n) => format!("{} has delivered {m}", name(n)),
            Some((n, _)) => format!("{} delivered {m}, and crashed", name(n)),
            None => format!("{} has broadcast {m}", name(&m.sender())),
        };
        let never = listed(&missing.iter().map(name).collect::<Vec<_>>());
        let why =
            format!("{has}; no copy is on its way or still to be sent, and {never} will never deliver it");
        let crashes = self.crashed.values().copied().take(4);
        Broken::new(first.map(|(_, e)| *e).into_iter().chain(crashes).chain([seen.id]), why)
    }
}

impl Rule for InTheEnd {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        self.note(seen);
        let (n, crashed) = (usize::from(self.n), self.crashed.len());
        let too_many = self.by_majority && 2 * (n - crashed.min(n)) <= n;
        self.excuse = too_many.then(|| {
            let who = if crashed == 1 { "process has" } else { "processes have" };
            format!("{crashed} of {n} {who} crashed, and more than half must be correct")
        });
        self.open = None;
        self.since = seen.event.time;
        for (&m, course) in &self.courses {
            let missing = self.missing(m, course);
            if missing.is_empty() {
                continue;
            }
            if !too_many && self.is_over(course) {
                return Err(self.broken(m, &missing, seen));
            }
            let who = listed(&missing.iter().map(|n| seen.world.name(*n).to_owned()).collect::<Vec<_>>());
            self.open.get_or_insert_with(|| format!("{m} is not delivered by {who}"));
            self.since = self.since.min(course.since);
        }
        Ok(())
    }

    fn missing(&self) -> Option<String> {
        self.open.clone()
    }

    fn excuse(&self) -> Option<&str> {
        self.excuse.as_deref()
    }

    fn since(&self) -> SimTime {
        self.since
    }

    fn weight(&self) -> usize {
        let course = |c: &Course| 64 + c.busy.len() * 2 + c.away.len() * 4 + c.delivered.len() * 8;
        self.courses.values().map(course).sum::<usize>() + self.crashed.len() * 8
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(self.crashed.keys(), |r, n| r.word(n.0));
        recall.each(&self.courses, |r, (m, course)| {
            r.shown(m);
            r.word(u64::from(course.broadcast));
            r.each(&course.busy, |r, n| r.word(n.0));
            r.each(&course.away, |r, (from, to)| r.word(u64::from(from.0) << 16 | u64::from(to.0)));
            r.each(course.delivered.keys(), |r, n| r.word(n.0));
        });
    }
}

/// Of how many processes it is known that they have begun to send a message to all.
#[derive(Clone, Debug)]
struct Majority {
    n: u16,
    taken: BTreeMap<Id, BTreeSet<NodeId>>,
}

impl Rule for Majority {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (me, fact) in seen.facts::<Fact>() {
            match *fact {
                Fact::Broadcast { m, .. } | Fact::Relayed { m } => {
                    self.taken.entry(m).or_default().insert(me);
                }
                Fact::Delivered { m } => {
                    let have = self.taken.get(&m).map_or(0, BTreeSet::len);
                    if 2 * have <= usize::from(self.n) {
                        let who = seen.world.name(me);
                        let why = format!("{who} delivers {m}, which only {have} of {} have", self.n);
                        return Err(Broken::new([seen.event.cause, seen.id], why));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn weight(&self) -> usize {
        self.taken.values().map(|who| 32 + who.len() * 2).sum()
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(&self.taken, |r, (m, who)| {
            r.shown(m);
            r.each(who, |r, n| r.word(n.0));
        });
    }
}
