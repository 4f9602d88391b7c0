//! "Why not?": what has not happened yet, what it takes, and what stood in the way: the events that prevented it, and what
//! would remove what stands there still.
//!
//! The rule that is easy to break: an obstacle is looked up, in the world as it is now or in the fate of the newest message
//! that could have helped; what is not found there is not guessed. A remedy is tried in another future before it is offered, and
//! one that does not help there says so.

use super::player::time_text;
use super::{log, words};
use crate::check::Checks;
use crate::kit::{Absence, Condition, Entry, Lack, Lacking};
use crate::sim::history::Run;
use crate::sim::world::Status;
use crate::sim::{EventId, EventKind, Fault, LinkPatch, Loss, MsgId, NodeId, NodePatch, SimTime, Span};

/// At most so many events are named in one answer.
pub const EVENTS: usize = 8;
/// For so long a remedy is tried before it is offered, and for so many events.
pub const TRIED: Span = Span::secs(5);
const TRIED_EVENTS: u32 = 5_000;
/// So many messages are looked at, the newest first.
const LOOK_BACK: usize = 20_000;

/// Why something has not happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyNot {
    /// What it takes.
    pub conditions: Vec<Told>,
    /// What removes what stands in the way, if something stands there that can be removed.
    pub remedy: Option<Remedy>,
    /// What to expect without one.
    pub outlook: &'static str,
}

/// A condition, and what has kept it from being met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// In words.
    pub says: String,
    /// Whether it is met.
    pub met: bool,
    /// What stood in the way.
    pub obstacles: Vec<Obstacle>,
}

/// Something that stood in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The event, if it was one.
    pub event: Option<EventId>,
    /// What it is.
    pub text: String,
    remedy: Cure,
}

/// What helps against an obstacle.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cure {
    /// Nothing that is known.
    None,
    /// Only time.
    Time,
    /// This, now.
    Now(Fault),
    /// What was lost arrives after all, in a future that begins right after it was sent.
    Then(EventId, MsgId),
}

/// What is tried in a second future.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// In words: "S3 recovers from its disk; the network heals".
    pub label: String,
    /// After which event that future begins; `None`: now.
    pub after: Option<EventId>,
    /// What is done there.
    pub faults: Vec<Fault>,
    /// Whether it came about in that future, where it was tried for [`TRIED`].
    pub helps: bool,
}

/// What has not happened in `run`, as the protocol behind `entry` says.
pub fn absences(run: &Run<Checks>, entry: &Entry) -> Vec<Absence> {
    entry.absences.map_or_else(Vec::new, |read| read(run.world(), run.trace()))
}

/// Why `absence`, which is one of `run` as it is now by the protocol behind `entry`, has not come about.
pub fn why_not(run: &Run<Checks>, entry: &Entry, absence: &Absence) -> WhyNot {
    let mut why = Asked { run }.answer(absence);
    if let Some(remedy) = &mut why.remedy {
        remedy.helps = helps(run, entry, absence, remedy);
    }
    why
}

/// Whether `absence` ends in the future that `remedy` begins. What is not elected for one term is not for the next.
fn helps(run: &Run<Checks>, entry: &Entry, absence: &Absence, remedy: &Remedy) -> bool {
    let same = |a: &Absence| {
        a.lacking == absence.lacking && (a.what == absence.what || absence.lacking == Lacking::Leader)
    };
    let mut other = run.fork();
    if let Some(after) = remedy.after {
        other.seek_event(after.0 + 1);
    }
    if other.edit_all(remedy.faults.clone()).is_err() {
        return false;
    }
    let (until, most) = (SimTime(run.time().us() + TRIED.0), other.position() + TRIED_EVENTS);
    loop {
        if !absences(&other, entry).iter().any(same) {
            return true;
        }
        if other.time() >= until || other.position() >= most || other.is_over() {
            return false;
        }
        other.run_until(SimTime((other.time().us() + TRIED.0 / 50).min(until.0)));
    }
}

struct Asked<'a> {
    run: &'a Run<Checks>,
}

impl Asked<'_> {
    fn answer(&self, absence: &Absence) -> WhyNot {
        let mut named: Vec<Obstacle> = Vec::new();
        let conditions: Vec<Told> = absence.conditions.iter().map(|c| self.told(c, &mut named)).collect();
        let obstacles = || conditions.iter().flat_map(|c| &c.obstacles);
        let remedy = self.remedy(obstacles());
        let outlook = match &remedy {
            Some(_) => "",
            None if self.run.is_over() => "Nothing is left that happens by itself.",
            None if conditions.iter().all(|c| c.met) => "All of this is met.",
            None if obstacles().any(|o| o.remedy == Cure::None) => "What is named here cannot be taken away.",
            None if obstacles().next().is_some() => "It may still come: let time run, and ask again.",
            None => {
                "What stands in the way is not among what is looked at here: links, nodes, and the newest messages."
            }
        };
        WhyNot { conditions, remedy, outlook }
    }

    /// A condition with its obstacles, those that are not named before, as long as there is room for events.
    fn told(&self, condition: &Condition, named: &mut Vec<Obstacle>) -> Told {
        let mut obstacles: Vec<Obstacle> = Vec::new();
        for obstacle in condition.lacks.iter().flat_map(|&lack| self.obstacles(lack)) {
            let room = named.iter().filter(|o| o.event.is_some()).count() < EVENTS;
            // A wall has two sides and many pairs, and is named once.
            let healed = Cure::Now(Fault::Heal);
            let same_wall =
                |o: &Obstacle| o.event == obstacle.event && o.remedy == healed && obstacle.remedy == healed;
            if room && !named.iter().any(|o| *o == obstacle || same_wall(o)) {
                named.push(obstacle.clone());
                obstacles.push(obstacle);
            }
        }
        Told { says: condition.says.clone(), met: condition.met, obstacles }
    }

    fn obstacles(&self, lack: Lack) -> Vec<Obstacle> {
        let trace = self.run.trace();
        match lack {
            Lack::Running(node) => self.absent(node).into_iter().collect(),
            Lack::Not(event) => {
                let text = log::line(self.run, event).text;
                vec![Obstacle { event: Some(event), text, remedy: Cure::None }]
            }
            Lack::Time(node) => vec![self.absent(node).unwrap_or_else(|| self.waiting(node))],
            // What was lost there stays lost, whatever is mended now.
            Lack::Way(from, to, kinds) => {
                let newest = self.newest(&[(from, to)], kinds);
                let fate = newest.and_then(|msg| self.fate(msg));
                self.standing(&[(from, to)]).unwrap_or_default().into_iter().chain(fate).collect()
            }
            Lack::Word(from, to, kinds) => self.standing(&[(from, to), (to, from)]).unwrap_or_else(|| {
                let newest = self.newest(&[(from, to), (to, from)], kinds);
                let found = newest.and_then(|msg| self.fate(msg).or_else(|| self.received(msg, to)));
                found.into_iter().collect()
            }),
            Lack::Sent(event, to) => {
                let sent = trace.sent_in(event).find(|(_, s)| s.to == to);
                let lost = sent.and_then(|(msg, _)| self.fate(msg));
                lost.into_iter().chain(sent.into_iter().flat_map(|(_, s)| self.shut(s.from, to))).collect()
            }
        }
    }

    // ------------------------------------------------------------ what stands there now

    /// What keeps messages from going these ways, whoever sends them; `None` if nothing does.
    fn standing(&self, ways: &[(NodeId, NodeId)]) -> Option<Vec<Obstacle>> {
        let absent = ways.first().and_then(|&(from, to)| self.absent(from).or_else(|| self.absent(to)));
        let shut = || ways.iter().filter_map(|&(from, to)| self.shut(from, to)).collect();
        let all: Vec<Obstacle> = absent.map_or_else(shut, |o| vec![o]);
        (!all.is_empty()).then_some(all)
    }

    fn absent(&self, node: NodeId) -> Option<Obstacle> {
        let (world, name) = (self.run.world(), self.name(node));
        let is = |fault: &Fault| match fault {
            Fault::Crash { node: n, .. } | Fault::Pause { node: n } | Fault::Byzantine { node: n, .. } => {
                *n == node
            }
            _ => false,
        };
        let (text, cure) = match world.status(node) {
            Status::Crashed => (format!("{name} is down"), Cure::Now(Fault::Recover { node })),
            Status::Stopped => (format!("{name} is down for good"), Cure::None),
            Status::Paused => (format!("{name} is paused"), Cure::Now(Fault::Resume { node })),
            Status::Up if !world.lies(node).is_empty() => (
                format!("{name} does not do what its code says"),
                Cure::Now(Fault::Byzantine { node, rules: Vec::new() }),
            ),
            Status::Up => return None,
        };
        Some(Obstacle { event: self.last_fault(is), text, remedy: cure })
    }

    fn shut(&self, from: NodeId, to: NodeId) -> Option<Obstacle> {
        let world = self.run.world();
        let (a, b) = (self.name(from), self.name(to));
        let (text, cure) = match world.blocked(from, to) {
            Loss::Cut => {
                let set = LinkPatch { cut: Some(false), ..LinkPatch::default() };
                (format!("the link from {a} to {b} is cut"), Fault::Link { from, to, set })
            }
            Loss::Partition => (format!("a partition stands between {a} and {b}"), Fault::Heal),
            _ => return None,
        };
        let is = |fault: &Fault| match fault {
            Fault::Partition(_) => world.blocked(from, to) == Loss::Partition,
            Fault::Link { from: f, to: t, set } => (*f, *t) == (from, to) && set.cut == Some(true),
            Fault::Links { set } => set.cut == Some(true),
            _ => false,
        };
        Some(Obstacle { event: self.last_fault(is), text, remedy: Cure::Now(cure) })
    }

    fn waiting(&self, node: NodeId) -> Obstacle {
        let world = self.run.world();
        let next = world.timers(node).into_iter().min_by_key(|t| t.due);
        let text = match next {
            Some(timer) => {
                format!(
                    "{} waits: its timer '{}' runs out at {}",
                    self.name(node),
                    timer.name,
                    time_text(timer.due.us())
                )
            }
            None => format!("{} waits for nothing", self.name(node)),
        };
        Obstacle { event: None, text, remedy: if next.is_some() { Cure::Time } else { Cure::None } }
    }

    // ------------------------------------------------------------ what became of a message

    /// What kept `msg` from being handled, if it was not.
    fn fate(&self, msg: MsgId) -> Option<Obstacle> {
        let (world, trace) = (self.run.world(), self.run.trace());
        let sent = trace.get_sent(msg)?;
        if let Some(end) = trace.fate(msg).filter(|e| e.0 < self.run.position()) {
            let lost = trace.event(end).kind == EventKind::Lost;
            let text = || log::line(self.run, end).text;
            return lost.then(|| Obstacle { event: Some(end), text: text(), remedy: self.cure(msg, end) });
        }
        // By what it says: that an answer is a no is half of the answer.
        let kind = self.run.label(msg);
        let (from, to) = (self.name(sent.from), self.name(sent.to));
        let flight = world.in_flight().into_iter().find(|f| f.msg == msg);
        let (text, remedy) = match flight {
            Some(f) if f.held => {
                (format!("{kind} from {from} to {to} is held back"), Cure::Now(Fault::Release { msg }))
            }
            Some(f) => (
                format!("{kind} from {from} is under way to {to} until {}", time_text(f.due.us())),
                Cure::Time,
            ),
            None => (format!("{kind} from {from} waits at {to}"), Cure::Time),
        };
        Some(Obstacle { event: Some(sent.cause), text, remedy })
    }

    /// What helps against the loss of `msg`: the link loses less, or this one arrives after all.
    fn cure(&self, msg: MsgId, end: EventId) -> Cure {
        let trace = self.run.trace();
        let Some(sent) = trace.get_sent(msg) else { return Cure::None };
        match trace.event(end).loss {
            Loss::Link | Loss::ByHand | Loss::BufferFull | Loss::Checksum => Cure::Then(sent.cause, msg),
            Loss::SendOmission => Cure::Now(honest(sent.from)),
            Loss::ReceiveOmission => Cure::Now(honest(sent.to)),
            _ => Cure::Time,
        }
    }

    /// `msg` was handled: the question has no answer yet, or the answer was not what `asker` needed.
    fn received(&self, msg: MsgId, asker: NodeId) -> Option<Obstacle> {
        let trace = self.run.trace();
        let sent = trace.get_sent(msg)?;
        let end = trace.fate(msg)?;
        if sent.to == asker {
            // What was answered is said where it was.
            let text = log::line(self.run, sent.cause).text;
            return Some(Obstacle { event: Some(sent.cause), text, remedy: Cure::Time });
        }
        let text = format!(
            "{} has {} from {}, and has not answered it",
            self.name(sent.to),
            trace.kind(msg).name,
            self.name(asker)
        );
        Some(Obstacle { event: Some(end), text, remedy: Cure::Time })
    }

    /// The newest message between one of `pairs`, of one of `kinds`.
    fn newest(&self, pairs: &[(NodeId, NodeId)], kinds: &[&str]) -> Option<MsgId> {
        let trace = self.run.trace();
        let all = (0..trace.messages()).rev().map(|i| MsgId(i as u32));
        let now = all.skip_while(|&m| trace.sent(m).cause.0 >= self.run.position());
        now.take(LOOK_BACK).find(|&m| {
            let sent = trace.sent(m);
            pairs.contains(&(sent.from, sent.to)) && (kinds.is_empty() || kinds.contains(&trace.kind(m).name))
        })
    }

    // ------------------------------------------------------------ the remedy

    /// All that stands in the way is removed; where nothing stands there, one that was lost arrives after all.
    fn remedy<'o>(&self, obstacles: impl Iterator<Item = &'o Obstacle> + Clone) -> Option<Remedy> {
        let mut faults: Vec<Fault> = Vec::new();
        for obstacle in obstacles.clone() {
            if let Cure::Now(fault) = &obstacle.remedy
                && !faults.contains(fault)
            {
                faults.push(fault.clone());
            }
        }
        // One by one they would be a long list, and of as many as are named.
        let is_cut = |f: &Fault| matches!(f, Fault::Link { .. });
        if faults.iter().filter(|f| is_cut(f)).count() > 2 {
            faults.retain(|f| !is_cut(f) && *f != Fault::Heal);
            faults.push(Fault::Heal);
        }
        if !faults.is_empty() {
            let said: Vec<String> = faults.iter().map(|f| words::fault(self.run.world(), f)).collect();
            return Some(Remedy { label: said.join("; "), after: None, faults, helps: false });
        }
        let lost = obstacles.clone().find_map(|o| match o.remedy {
            Cure::Then(event, msg) => Some((event, msg)),
            _ => None,
        });
        let (after, msg) = lost?;
        let sent = self.run.trace().get_sent(msg)?;
        let label = format!(
            "{} from {} to {} is not lost",
            self.run.trace().kind(msg).name,
            self.name(sent.from),
            self.name(sent.to)
        );
        Some(Remedy { label, after: Some(after), faults: vec![Fault::DeliverNow { msg }], helps: false })
    }

    // ------------------------------------------------------------ names and edits

    fn name(&self, node: NodeId) -> String {
        words::name(self.run.world(), node)
    }

    /// The last edit before now that is such a one.
    fn last_fault(&self, is: impl Fn(&Fault) -> bool) -> Option<EventId> {
        let made = self.run.trace().faults().iter().filter(|(e, _)| e.0 < self.run.position());
        made.rev().find(|(_, f)| is(f)).map(|(e, _)| *e)
    }
}

/// `node` leaves nothing out any more.
fn honest(node: NodeId) -> Fault {
    let set = NodePatch { send_omission_ppm: Some(0), receive_omission_ppm: Some(0), ..NodePatch::default() };
    Fault::Node { node, set }
}

#[cfg(test)]
mod tests;
