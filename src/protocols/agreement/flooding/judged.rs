//! What flooding promises: agreement and validity, and a decision in time.
//!
//! The rule that is easy to break: a decision comes whatever the weather, for the clock brings it; agreement comes from the bounds. So
//! termination needs clocks and steps alone, and agreement needs every message in its round.

use super::{FIRST, Fact, LONGEST_MS, STEP_MS};
use crate::check::account::listed;
use crate::kit::prelude::*;
use crate::sim::{Fault, SimTime};
use std::collections::{BTreeMap, BTreeSet};

/// The synchronous model, in which all that is sent in a round arrives in it.
const SYNCHRONY: &[Need] =
    &[Need::Fair, Need::NoLoss, Need::Bound, Need::Correct, Need::NoPause, Need::Pace, Need::Clocks];

/// What the end of a round rests on.
const CLOCKWORK: &[Need] = &[Need::Correct, Need::NoPause, Need::Pace, Need::Clocks, Need::Onward];

pub(super) fn promises(p: &Params) -> Vec<Box<dyn Property>> {
    let decided: fn(&Fact) -> Option<(Only, u8)> = pick!(Fact::Decided { value, .. } => (Only, *value));
    let claim =
        "no two processes decide differently, if at most f crash and every message comes in its round";
    let agreed = agreement("Agreement", claim, "decides", decided).watched_by(Borne::new(p));
    let valid = no_creation::<Fact, u8>(
        "Validity",
        "what is decided is a value that somebody began with",
        pick!(Fact::Begun { value } => *value),
        pick!(Fact::Decided { value, .. } => *value),
    );
    let claim = "after f + 1 rounds every process that has not crashed has decided";
    let over = Promised::liveness("Termination", claim, InTime::new(p));
    vec![
        agreed.needs(SYNCHRONY).rests_on("in one of f + 1 rounds nobody crashes").boxed(),
        valid
            .needs(&[Need::Correct])
            .rests_on("nobody lies: the protocol is for processes that crash")
            .boxed(),
        over.needs(CLOCKWORK).rests_on("the clock ends a round, whoever was heard").boxed(),
    ]
}

/// Watches what agreement rests on and the world alone does not show: how many crash, and how long a round is.
#[derive(Clone)]
struct Borne {
    f: usize,
    // How long a round lasts; and how long the sends of a round take.
    round: Span,
    sends: Span,
    crashed: BTreeMap<NodeId, (EventId, String)>,
    decided: BTreeSet<NodeId>,
    // A round is shorter than the model needs.
    short: Option<(EventId, String)>,
}

impl Borne {
    fn new(p: &Params) -> Self {
        let sends = p.ms("gap_ms").0 * (p.int("nodes") - 2) as u64;
        Borne {
            f: p.int("f") as usize,
            round: p.ms("round_ms"),
            sends: Span(sends),
            crashed: BTreeMap::new(),
            decided: BTreeSet::new(),
            short: None,
        }
    }

    /// A round takes all its sends, the longest message, and a step at each end.
    fn measure(&mut self, seen: &Seen<'_>) {
        let longest = match seen.world.timing() {
            Timing::Synchronous { delay_us, .. } | Timing::BoundedAsync { delay_us } => delay_us,
            _ => LONGEST_MS * 1_000,
        };
        let needed = Span(self.sends.0 + longest + 2 * STEP_MS * 1_000);
        if self.short.is_none() && self.round < needed {
            let why = format!(
                "it is assumed that a round is as long as its sends and a message take, {needed}, and it lasts {}",
                self.round
            );
            self.short = Some((seen.id, why));
        }
    }
}

impl Rule for Borne {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (me, fact) in seen.facts::<Fact>() {
            match fact {
                Fact::Begun { .. } => self.measure(seen),
                Fact::Decided { .. } => _ = self.decided.insert(me),
                _ => {}
            }
        }
        // Who has decided has sent all that it owes.
        if let Some(&Fault::Crash { node, .. }) = seen.fault()
            && !self.decided.contains(&node)
        {
            let name = seen.world.name(node).to_owned();
            self.crashed.entry(node).or_insert((seen.id, name));
        }
        Ok(())
    }

    fn lacked(&self) -> Option<(EventId, String)> {
        let (f, k) = (self.f, self.crashed.len());
        if k > f {
            let &(last, _) = self.crashed.values().max()?;
            let names: Vec<String> = self.crashed.values().map(|(_, name)| name.clone()).collect();
            let have = if k == 1 { "has" } else { "have" };
            return Some((
                last,
                format!("it is assumed that at most f = {f} crash, and {} {have}", listed(&names)),
            ));
        }
        self.short.clone()
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(self.crashed.keys(), |r, n| r.word(n.0));
        recall.each(&self.decided, |r, n| r.word(n.0));
        recall.word(u64::from(self.short.is_some()));
    }
}

/// Whether all that have not crashed have decided when the rounds are over.
#[derive(Clone)]
struct InTime {
    by: SimTime,
    n: u16,
    crashed: BTreeSet<NodeId>,
    decided: BTreeSet<NodeId>,
    last: EventId,
    open: Option<String>,
}

impl InTime {
    fn new(p: &Params) -> Self {
        let (n, rounds) = (p.int("nodes") as u64, p.int("f") as u64 + 1);
        // A processor that takes its millisecond for each message, and clocks that differ by 100 ppm.
        let steps = (rounds + 1) * n * 2 * STEP_MS * 1_000;
        let rounds = rounds * p.ms("round_ms").0;
        InTime {
            by: SimTime::ZERO + Span(FIRST.0 + rounds + rounds / 1_000 + steps),
            n: n as u16,
            crashed: BTreeSet::new(),
            decided: BTreeSet::new(),
            last: EventId::NONE,
            open: Some("nobody has decided".to_owned()),
        }
    }

    fn undecided(&self) -> Vec<NodeId> {
        let all = (0..self.n).map(NodeId);
        all.filter(|n| !self.crashed.contains(n) && !self.decided.contains(n)).collect()
    }
}

impl Rule for InTime {
    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        if seen.is_news() {
            for (me, fact) in seen.facts::<Fact>() {
                match fact {
                    Fact::Decided { .. } => _ = self.decided.insert(me),
                    Fact::Round { .. } => self.last = seen.id,
                    _ => {}
                }
            }
            if let Some(&Fault::Crash { node, .. }) = seen.fault() {
                self.crashed.insert(node);
            }
            let open: Vec<String> = self.undecided().iter().map(|&n| seen.world.name(n).to_owned()).collect();
            let have = if open.len() == 1 { "has" } else { "have" };
            self.open = (!open.is_empty()).then(|| format!("{} {have} not decided", listed(&open)));
        }
        // Where clocks, steps or nodes were not as they are to be, a round has no known end.
        match &self.open {
            Some(open) if seen.event.time > self.by && seen.account.missing(CLOCKWORK).is_none() => {
                let why = format!("{open}, and all rounds were over at {}", self.by);
                Err(Broken::new([self.last, seen.id], why))
            }
            _ => Ok(()),
        }
    }

    fn missing(&self) -> Option<String> {
        self.open.clone()
    }
}
