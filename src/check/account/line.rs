//! A line of the account: one assumption about one node, one link or the whole network, and when it has been out of
//! force.
//!
//! The rule that is easy to break: a run may lose a message in every event. A line is found by whom it is about, keeps
//! the first time and the last, and writes its sentence once.

use crate::sim::{EventId, NodeId, SimTime};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What is assumed, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Assumption {
    /// A node runs.
    Power,
    /// A node is not paused.
    Awake,
    /// A node does what its code says: it does not lie, leaves nothing out, and is not late.
    Correct,
    /// A node's clock goes on from what it has shown.
    Leap,
    /// A node's clock shows what it would without leaps.
    Offset,
    /// A node's clock keeps its pace.
    Drift,
    /// A node's processor and disk are as fast as the scenario made them.
    Processor,
    /// A link is not cut, and no wall stands.
    Open,
    /// What is sent is received.
    Arrival,
    /// Of what is sent again and again something is received.
    Fairness,
    /// No message is held back by hand.
    Free,
    /// A link loses and corrupts what the scenario made it.
    Losses,
    /// The rest of a link is as the scenario made it: its delay, its order.
    Settings,
    /// What is sent on a link first arrives first.
    Order,
    /// The timing model bounds delivery, by no more than it did at first.
    Bound,
}

impl Assumption {
    /// All.
    pub const ALL: [Assumption; 15] = [
        Assumption::Power,
        Assumption::Awake,
        Assumption::Correct,
        Assumption::Leap,
        Assumption::Offset,
        Assumption::Drift,
        Assumption::Processor,
        Assumption::Open,
        Assumption::Arrival,
        Assumption::Fairness,
        Assumption::Free,
        Assumption::Losses,
        Assumption::Settings,
        Assumption::Order,
        Assumption::Bound,
    ];
}

/// Whom it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whom {
    /// All.
    Network,
    /// A node.
    Node(NodeId),
    /// One direction of a link: the sender and the receiver.
    Link(NodeId, NodeId),
}

/// What a line is found by.
pub(super) type Key = (Assumption, Whom);

/// Something that took an assumption out of force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Out {
    /// The event in which it did.
    pub event: EventId,
    /// When that was.
    pub since: SimTime,
    /// What happened.
    pub what: Rc<What>,
}

/// What happened, in words that tell now from then: B is not running, B crashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct What {
    /// Who or what: "B", "the clock of B".
    pub who: String,
    /// While it is so.
    pub now: Cow<'static, str>,
    /// When it has passed.
    pub then: Cow<'static, str>,
    /// Why, if that is to be told.
    pub how: &'static str,
}

impl What {
    /// In these words.
    pub fn of(who: impl Into<String>, now: &'static str, then: &'static str) -> Self {
        What { who: who.into(), now: now.into(), then: then.into(), how: "" }
    }
}

/// When an assumption has been out of force: the first time, and now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The first that took it out of force.
    pub first: Out,
    /// What keeps it out of force now, if anything.
    pub now: Option<Out>,
    /// The event in which it was taken out of force last.
    pub last: EventId,
    /// When it came into force again last.
    pub until: SimTime,
    /// How often it was taken out of force.
    pub times: u32,
}

impl Line {
    /// What happened, and when: "B is not running (since 0.002 s)".
    pub fn said(&self) -> String {
        if let Some(Out { since, what, .. }) = &self.now {
            return format!("{} {} (since {since})", what.who, what.now);
        }
        let Out { since, what, .. } = &self.first;
        let when = match self.until {
            _ if self.times > 1 => format!("first at {since}"),
            until if until > *since => format!("from {since} to {until}"),
            _ => format!("at {since}"),
        };
        let how = if what.how.is_empty() { "" } else { ", " };
        format!("{} {} ({}{how}{when})", what.who, what.then, what.how)
    }
}

/// All lines. Checkpoints share them until one changes.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines(Rc<BTreeMap<Key, Line>>);

impl Lines {
    /// The line, if it was ever out of force.
    pub fn get(&self, key: Key) -> Option<&Line> {
        self.0.get(&key)
    }

    /// Every line of `assumption`.
    pub fn of(&self, assumption: Assumption) -> impl Iterator<Item = (Whom, &Line)> {
        let all = (assumption, Whom::Network)..=(assumption, Whom::Link(NodeId(u16::MAX), NodeId(u16::MAX)));
        self.0.range(all).map(|(&(_, whom), line)| (whom, line))
    }

    /// It is out of force from now on, if it was not before, or by something else.
    pub fn out(&mut self, key: Key, (event, now): (EventId, SimTime), what: impl FnOnce() -> What) {
        let out = Out { event, since: now, what: what().into() };
        match self.line(key) {
            Some(Line { now: Some(same), .. }) if same.what == out.what => {}
            Some(line) => {
                (line.now, line.last) = (Some(out), event);
                line.times += 1;
            }
            None => {
                let line = Line { first: out.clone(), now: Some(out), last: event, until: now, times: 1 };
                self.begin(key, line);
            }
        }
    }

    /// It was out of force for this moment alone.
    pub fn struck(&mut self, key: Key, (event, now): (EventId, SimTime), what: impl FnOnce() -> What) {
        match self.line(key) {
            Some(line) => {
                (line.until, line.last) = (now, event);
                line.times += 1;
            }
            None => {
                let first = Out { event, since: now, what: what().into() };
                self.begin(key, Line { first, now: None, last: event, until: now, times: 1 });
            }
        }
    }

    /// It is in force again. Whether it was not before.
    pub fn back(&mut self, key: Key, now: SimTime) -> bool {
        let was = self.is_out(key);
        if was && let Some(line) = self.line(key) {
            (line.now, line.until) = (None, now);
        }
        was
    }

    fn is_out(&self, key: Key) -> bool {
        self.0.get(&key).is_some_and(|l| l.now.is_some())
    }

    fn begin(&mut self, key: Key, line: Line) {
        Rc::make_mut(&mut self.0).insert(key, line);
    }

    /// A line that was begun, to be changed.
    fn line(&mut self, key: Key) -> Option<&mut Line> {
        self.0.contains_key(&key).then(|| Rc::make_mut(&mut self.0).get_mut(&key))?
    }

    /// The bytes that a copy takes, roughly.
    pub fn weight(&self) -> usize {
        self.0.len() * 128
    }
}
