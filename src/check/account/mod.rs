//! The account of assumptions: which of those about links, nodes, clocks, processors and luck have been out of force in
//! this run, since when, until when, for whom. One account for every promise of every protocol, kept event by event.
//!
//! A promise names what it [needs](Need); what waits, and what is broken, says which of these was not in force. A promise
//! that something happens *in time* is judged in [calm](super::calm::Calm) alone: the account says since when nothing has changed, and
//! [`reach`] asks who works, and how long a message takes.
//!
//! The rule that is easy to break: this explains verdicts, it makes none. A promise that is broken is
//! broken whatever was out of force; the account says which assumption was missing when it happened.

mod line;
mod note;
pub mod reach;

pub(super) use note::fault;

use super::recall::Recall;
use crate::sim::{EventId, MsgId, NodeId, SimTime, Span};
use line::{Assumption, Line, Lines, Whom};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Something that a promise may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// What is sent is received: nothing is lost by a link, a cut, a wall or a hand.
    NoLoss,
    /// Links keep the order of sending: no message overtakes another, by itself or by hand.
    InOrder,
    /// Links are fair: none is cut, no wall stands, none has lost everything for long.
    Fair,
    /// No node crashes.
    NoCrash,
    /// No node is down for good: each that crashed has recovered.
    AllUp,
    /// No node lies, omits, or is late.
    Correct,
    /// No node takes longer for a step than the scenario made it.
    Pace,
    /// No clock leaps or changes its pace.
    Clocks,
    /// No clock is behind what it has shown: set back, it stands still for whoever waits for a time.
    Onward,
    /// No node is paused.
    NoPause,
    /// Every message that arrives does so within a bound that is known: the one of the timing model in which the
    /// scenario began, or a shorter one.
    Bound,
}

/// The account.
#[derive(Clone, Debug, Default)]
pub struct Account {
    lines: Lines,
    losses: u32,
    edited: Option<EventId>,
    // When something was last done to the world, came into force by itself, or was bad luck.
    stirred: SimTime,
    // Who may come into force again by itself.
    healing: BTreeSet<NodeId>,
    // What is held back by hand, and on which link.
    held: Vec<(MsgId, Whom)>,
    // How many messages in a row each link has lost, from whom and to whom.
    streaks: BTreeMap<(NodeId, NodeId), u32>,
    // By how much each clock has leapt, and how long a step and a forced write took of each node at first.
    leapt: Vec<i64>,
    opening: Rc<[(u64, u64)]>,
    // The longest that a message took at first, by the timing model, if it had a bound.
    bound: Option<Span>,
    begun: bool,
}

impl Account {
    /// What of this may bear on a verdict: what has been out of force, not since when.
    pub fn recall(&self, recall: &mut Recall) {
        for assumption in Assumption::ALL {
            recall.word(u64::from(self.lines.of(assumption).next().is_some()));
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

    /// The bytes that a copy takes, roughly.
    pub fn weight(&self) -> usize {
        self.lines.weight() + self.healing.len() * 8 + self.streaks.len() * 16
    }

    /// Since when nothing was done to the world, nothing came into force by itself, and there was no bad luck.
    pub fn stirred(&self) -> SimTime {
        self.stirred
    }

    /// The lines of what `need` is made of that bear on what was so since `since`: those out of force now; and of what a
    /// protocol does not get over, those that have been. What was held back and let go is no loss.
    fn lines(&self, need: Need, since: SimTime) -> impl Iterator<Item = &Line> {
        let all =
            need.assumptions().iter().flat_map(move |&a| self.lines.of(a).map(move |(_, line)| (a, line)));
        let past =
            move |a: Assumption, line: &Line| a != Assumption::Free && !need.heals() && line.until >= since;
        all.filter(move |&(a, line)| line.now.is_some() || past(a, line)).map(|(_, line)| line)
    }

    /// The assumption of `needs` that was missing, and what took it out of force, with its event: what is out of force now;
    /// else what was so last.
    pub fn missing(&self, needs: &[Need]) -> Option<(EventId, String)> {
        let all =
            || needs.iter().flat_map(|&need| self.lines(need, SimTime::ZERO).map(move |line| (need, line)));
        let now = all().find(|(_, line)| line.now.is_some());
        let (need, line) = now.or_else(|| all().max_by_key(|(_, line)| line.until))?;
        Some((line.last, format!("{}, and {}", need.assumed(), line.said())))
    }

    /// Why a promise that needs `needs`, and waits for something since `since`, may wait: all of them that are out of force
    /// now, or have been since then with an effect that stays: since when, and for whom.
    pub fn excuse(&self, needs: &[Need], since: SimTime) -> Option<String> {
        let mut excuses: Vec<String> = Vec::new();
        for &need in needs {
            let past = || {
                let last = self.lines(need, since).max_by_key(|line| line.until)?;
                Some(format!("{}, and {}", need.assumed(), last.said()))
            };
            let excuse = self.now(need).or_else(|| if need.passes() { None } else { past() });
            excuses.extend(excuse.filter(|e| !excuses.contains(e)));
        }
        (!excuses.is_empty()).then(|| excuses.join("; "))
    }

    /// What keeps `need` out of force now: all of it.
    fn now(&self, need: Need) -> Option<String> {
        let lines = need.assumptions().iter().flat_map(|&a| self.lines.of(a).map(|(_, line)| line));
        let said: Vec<String> = lines.filter(|l| l.now.is_some()).map(Line::said).collect();
        // Who is down for now may be down for ever.
        let need = if need == Need::NoCrash { Need::AllUp } else { need };
        (!said.is_empty()).then(|| format!("{}, and {}", need.assumed(), listed(&said)))
    }
}

impl Need {
    /// What is kept of it.
    fn assumptions(self) -> &'static [Assumption] {
        match self {
            Need::NoLoss => &[Assumption::Arrival, Assumption::Free],
            Need::InOrder => &[Assumption::Order],
            Need::Fair => &[Assumption::Open, Assumption::Fairness, Assumption::Free],
            Need::NoCrash | Need::AllUp => &[Assumption::Power],
            Need::Correct => &[Assumption::Correct],
            Need::Pace => &[Assumption::Processor],
            Need::Clocks => &[Assumption::Offset, Assumption::Drift],
            Need::Onward => &[Assumption::Leap],
            Need::NoPause => &[Assumption::Awake],
            Need::Bound => &[Assumption::Bound],
        }
    }

    /// Whether who waits has no excuse once it is in force again: a sleeper wakes up and does what it has missed, what was
    /// lost stays lost, what came in another order has been taken so.
    fn passes(self) -> bool {
        !matches!(self, Need::NoLoss | Need::InOrder | Need::NoCrash | Need::Correct)
    }

    /// Whether it is enough that it is in force in the end.
    fn heals(self) -> bool {
        matches!(self, Need::Fair | Need::AllUp | Need::Onward)
    }

    /// The assumption in words: "it is assumed that no message is lost".
    pub fn assumed(self) -> &'static str {
        match self {
            Need::NoLoss => "it is assumed that no message is lost",
            Need::InOrder => "it is assumed that links keep the order of sending",
            Need::Fair => "it is assumed that links are fair",
            Need::NoCrash => "it is assumed that no node crashes",
            Need::AllUp => "it is assumed that no node fails",
            Need::Correct => "it is assumed that every node does what its code says, in time",
            Need::Pace => "it is assumed that every node is as fast as it was made",
            Need::Clocks => "it is assumed that clocks run evenly",
            Need::Onward => "it is assumed that clocks go forward",
            Need::NoPause => "it is assumed that no node is paused",
            Need::Bound => "it is assumed that messages arrive within a known time",
        }
    }
}

/// `A`, `A and B`, `A, B and C`.
pub fn listed(names: &[String]) -> String {
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((only, _)) => only.clone(),
        None => "nobody".to_owned(),
    }
}
