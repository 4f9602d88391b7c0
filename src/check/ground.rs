//! The ground that promises stand on: which assumptions about links, nodes and clocks have been out of
//! force in this run, since when, for whom. One account for every promise of every protocol.
//!
//! The rule that is easy to break: this explains verdicts, it makes none. A promise that is broken is
//! broken whatever the ground was; the ground says which assumption was missing when it happened.

use super::recall::Recall;
use crate::sim::world::Status;
use crate::sim::{Event, EventId, EventKind, Fault, Loss, NodeId, Span, Trace, World};
use std::collections::BTreeSet;

/// Something that a promise may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// What is sent is received: nothing is lost by a link, a cut, a wall or a hand.
    NoLoss,
    /// Links are fair: none is cut, no wall stands.
    Fair,
    /// No node crashes.
    NoCrash,
    /// No node is down for good: each that crashed has recovered.
    AllUp,
    /// No node lies, omits, or is late.
    Correct,
    /// No clock leaps or changes its pace.
    Clocks,
    /// No node is paused.
    NoPause,
}

/// What took an assumption out of force, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
struct First {
    event: EventId,
    what: String,
}

/// The account.
#[derive(Clone, Debug, Default)]
pub struct Ground {
    lost: Option<First>,
    losses: u32,
    edited: Option<EventId>,
    // The links that are cut now, and since when something is in the way.
    cuts: BTreeSet<(NodeId, NodeId)>,
    blocked: Option<First>,
    crashed: Option<First>,
    faulty: Option<First>,
    clock: Option<First>,
    paused: Option<First>,
    // Who is down now, by name, and who is paused now.
    down: Vec<String>,
    asleep: Vec<String>,
}

impl Ground {
    /// Takes note of event `id`.
    pub fn after(&mut self, world: &World, trace: &Trace, id: EventId) {
        let event = world.last_event();
        match event.kind {
            EventKind::Lost if event.loss != Loss::Duplicate => self.note_loss(world, trace, id, event),
            EventKind::Fault => {
                self.note_blocks(world, trace, id);
                self.note_fault(world, trace, id, event);
            }
            EventKind::Flap => self.note_blocks(world, trace, id),
            _ => {}
        }
    }

    fn note_loss(&mut self, world: &World, trace: &Trace, id: EventId, event: &Event) {
        self.losses += 1;
        if self.lost.is_none() {
            let sent = event.msg().and_then(|m| trace.get_sent(m));
            let between = sent.map_or_else(String::new, |s| {
                format!(" from {} to {}", world.name(s.from), world.name(s.to))
            });
            let what = format!("a message{between} was lost ({})", event.loss.reason());
            self.lost = Some(First { event: id, what });
        }
    }

    fn note_blocks(&mut self, world: &World, trace: &Trace, id: EventId) {
        let fault = fault(trace, id);
        match fault {
            Some(Fault::Link { from, to, set }) => match set.cut {
                Some(true) => _ = self.cuts.insert((*from, *to)),
                Some(false) => _ = self.cuts.remove(&(*from, *to)),
                None => {}
            },
            Some(Fault::Links { set }) if set.cut.is_some() => {
                let all = || world.node_ids();
                let pairs = all().flat_map(|a| all().map(move |b| (a, b)));
                self.cuts = pairs.filter(|&(a, b)| world.link(a, b).cut).collect();
            }
            Some(Fault::Heal) => self.cuts.clear(),
            _ => {}
        }
        let what = match self.cuts.first() {
            Some(&(a, b)) => {
                format!("the link from {} to {} is cut", world.name(a), world.name(b))
            }
            None if world.partitions().next().is_some() => "a partition stands".to_owned(),
            None => return self.blocked = None,
        };
        self.blocked.get_or_insert(First { event: id, what });
    }

    fn note_fault(&mut self, world: &World, trace: &Trace, id: EventId, event: &Event) {
        if !matches!(fault(trace, id), Some(Fault::Request { .. })) {
            self.edited = Some(id);
        }
        let named = |node: NodeId| world.name(node).to_owned();
        let with = |status: &[Status]| -> Vec<String> {
            let here = world.node_ids().filter(|&n| status.contains(&world.status(n)));
            here.map(named).collect()
        };
        self.down = with(&[Status::Crashed, Status::Stopped]);
        self.asleep = with(&[Status::Paused]);
        let node = event.node;
        if node.index() >= world.node_count() {
            return;
        }
        let first = |place: &mut Option<First>, what: String| {
            place.get_or_insert(First { event: id, what });
        };
        let name = named(node);
        match world.status(node) {
            Status::Crashed | Status::Stopped => first(&mut self.crashed, format!("{name} crashed")),
            Status::Paused => first(&mut self.paused, format!("{name} was paused")),
            Status::Up => {}
        }
        let config = world.config(node);
        if !world.lies(node).is_empty() {
            first(&mut self.faulty, format!("{name} lies"));
        } else if config.send_omission_ppm + config.receive_omission_ppm > 0 {
            first(&mut self.faulty, format!("{name} omits messages"));
        } else if config.late_us > 0 {
            first(&mut self.faulty, format!("{name} is late"));
        }
        if let Some(Fault::Node { set, .. }) = fault(trace, id)
            && let Some(us) = set.service_us.into_iter().chain(set.sync_us).max().filter(|&us| us > 0)
        {
            first(&mut self.faulty, format!("{name} was made to take {} for a step", Span(us)));
        }
        match fault(trace, id) {
            Some(Fault::ClockJump { .. }) => first(&mut self.clock, format!("the clock of {name} leapt")),
            Some(Fault::Node { set, .. }) if set.drift_ppm.is_some() => {
                first(&mut self.clock, format!("the clock of {name} changed its pace"));
            }
            _ => {}
        }
    }

    /// What of this may bear on a verdict: what has been out of force, not since when.
    pub fn recall(&self, recall: &mut Recall) {
        let firsts = [&self.lost, &self.blocked, &self.crashed, &self.faulty, &self.clock, &self.paused];
        for first in firsts {
            recall.word(u64::from(first.is_some()));
        }
        recall.word(u64::from(self.losses > 0));
        recall.word(u64::from(self.edited.is_some()));
    }

    /// How many messages were lost, for whatever reason but being a second copy.
    pub fn losses(&self) -> u32 {
        self.losses
    }

    /// Whether anything has gone wrong: a message was lost, or something was done to the world.
    pub fn disturbed(&self) -> bool {
        self.losses > 0 || self.edited.is_some()
    }

    /// The last thing that was done to the world but to ask for something, if anything was.
    pub fn edited(&self) -> Option<EventId> {
        self.edited
    }

    /// Who is down now, by name.
    pub fn down(&self) -> &[String] {
        &self.down
    }

    /// What took `need` out of force first, in words, with its event; `None` while it has been in force.
    pub fn broken(&self, need: Need) -> Option<(EventId, String)> {
        let first = match need {
            Need::NoLoss => &self.lost,
            Need::Fair => &self.blocked,
            Need::NoCrash => &self.crashed,
            Need::AllUp if self.down.is_empty() => &None,
            Need::AllUp => &self.crashed,
            Need::Correct => &self.faulty,
            Need::Clocks => &self.clock,
            Need::NoPause => &self.paused,
        };
        first.as_ref().map(|f| (f.event, f.what.clone()))
    }

    /// The first of `needs` that has been out of force: the assumption, and what broke it.
    pub fn missing(&self, needs: &[Need]) -> Option<(EventId, String)> {
        let broken = |&need: &Need| {
            let (event, what) = self.broken(need)?;
            Some((event, format!("{}, and {what}", need.assumed())))
        };
        needs.iter().find_map(broken)
    }

    /// Why a promise that needs `needs` may wait: all of them that are out of force now or have been.
    pub fn excuse(&self, needs: &[Need]) -> Option<String> {
        let mut excuses: Vec<String> = Vec::new();
        for &need in needs {
            let excuse = match need {
                Need::NoCrash | Need::AllUp if !self.down.is_empty() => Some(format!(
                    "{}, and {} {} not running",
                    Need::AllUp.assumed(),
                    listed(&self.down),
                    if self.down.len() == 1 { "is" } else { "are" }
                )),
                Need::NoPause if !self.asleep.is_empty() => {
                    Some(format!("{}, and {} is", need.assumed(), listed(&self.asleep)))
                }
                _ => self.missing(&[need]).map(|m| m.1),
            };
            excuses.extend(excuse.filter(|e| !excuses.contains(e)));
        }
        (!excuses.is_empty()).then(|| excuses.join("; "))
    }
}

impl Need {
    /// The assumption in words: "it is assumed that no message is lost".
    pub fn assumed(self) -> &'static str {
        match self {
            Need::NoLoss => "it is assumed that no message is lost",
            Need::Fair => "it is assumed that links are fair",
            Need::NoCrash => "it is assumed that no node crashes",
            Need::AllUp => "it is assumed that no node fails",
            Need::Correct => "it is assumed that every node does what its code says, in time",
            Need::Clocks => "it is assumed that clocks run evenly",
            Need::NoPause => "it is assumed that no node is paused",
        }
    }
}

/// The fault that was done in event `id`.
pub(super) fn fault(trace: &Trace, id: EventId) -> Option<&Fault> {
    let all = trace.faults();
    let at = all.partition_point(|(e, _)| *e < id);
    all.get(at).filter(|(e, _)| *e == id).map(|(_, f)| f)
}

/// `A`, `A and B`, `A, B and C`.
pub fn listed(names: &[String]) -> String {
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((only, _)) => only.clone(),
        None => "nobody".to_owned(),
    }
}
