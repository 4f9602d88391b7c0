//! What Ben-Or's protocol promises: agreement and validity whatever the timing, that in a round there is one proposal (the lemma behind
//! it), that nobody waits for ever in a round, and that in the end all have decided: with a coin, and with probability 1.
//!
//! A run that has not ended yet breaks no promise that it will. But who waits for messages of which none is on its way or can
//! still be sent waits for ever, and that is judged: by what each has said, and by what each has counted.
//!
//! The rule that is easy to break: without a coin termination is no promise at all, and the verdict says so. A deterministic protocol that
//! decides in a thousand runs has promised nothing.

use super::{Coin, Fact};
use crate::check::account::listed;
use crate::kit::prelude::*;
use crate::sim::Status;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

const IN_THE_END: &[Need] = &[Need::NoLoss, Need::Correct, Need::NoPause, Need::Onward];

const ONE_EACH: &str = "nobody lies: the protocol is for processes that crash";

/// What a proposal is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Round(u32);

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "round {}", self.0)
    }
}

pub(super) fn promises(p: &Params) -> Vec<Box<dyn Property>> {
    let decided: fn(&Fact) -> Option<(Only, u8)> = pick!(Fact::Decided { value, .. } => (Only, *value));
    let claim = "no two processes decide differently, whoever crashes and whatever the timing";
    let agreed = agreement("Agreement", claim, "decides", decided);
    let claim = "what is decided is a value that somebody began with";
    let valid = no_creation::<Fact, u8>(
        "Validity",
        claim,
        pick!(Fact::Begun { value } => *value),
        pick!(Fact::Decided { value, .. } => *value),
    );
    let proposed: fn(&Fact) -> Option<(Round, u8)> =
        pick!(Fact::Proposed { round, value } => (Round(*round), *value));
    let claim = "in a round no two processes propose different values";
    let one = agreement("One proposal", claim, "proposes", proposed);
    let claim = "who has not crashed or decided does not wait for ever in a round, if at most t crash";
    let progress = Promised::liveness("Progress", claim, InTheEnd::new(p, false));
    let termination = Promised::liveness("Termination", termination(p), InTheEnd::new(p, true));
    vec![
        agreed.needs(&[Need::Correct]).rests_on(ONE_EACH).boxed(),
        valid.needs(&[Need::Correct]).rests_on(ONE_EACH).boxed(),
        one.needs(&[Need::Correct]).rests_on(ONE_EACH).boxed(),
        progress.needs(IN_THE_END).rests_on("who decides still speaks in the next round").boxed(),
        termination.needs(IN_THE_END).boxed(),
    ]
}

/// What is promised of the end, with which coin.
fn termination(p: &Params) -> &'static str {
    match Coin::of(p) {
        Coin::Local => {
            "with probability 1 every process that does not crash decides, whoever orders the messages, if at most t crash and n > 2t"
        }
        Coin::Common => {
            "with probability 1 every process that does not crash decides, if at most t crash, n > 2t, and who orders the messages does not know a coin before it is tossed"
        }
        _ => "every process that does not crash decides: nothing without a coin can promise that (FLP)",
    }
}

/// Whether all that do not crash decide, or at least do not wait for ever.
#[derive(Clone)]
pub(super) struct InTheEnd {
    n: u16,
    t: u16,
    coin: Coin,
    bounded: bool,
    // Termination, else progress.
    decides: bool,
    // Who has crashed, ever: it is faulty for good.
    crashed: BTreeMap<NodeId, EventId>,
    // What each has said last, a round and a phase, and when.
    said: BTreeMap<NodeId, ((u32, bool), EventId)>,
    // What each has counted of what it waits for now or will: from whom.
    got: BTreeSet<(NodeId, NodeId, u32, bool)>,
    // Who has decided, or may begin no further round.
    done: BTreeMap<NodeId, EventId>,
    decided: BTreeSet<NodeId>,
    open: Option<String>,
    excuse: Option<String>,
}

impl InTheEnd {
    pub(super) fn new(p: &Params, decides: bool) -> Self {
        InTheEnd {
            n: p.int("nodes") as u16,
            t: p.int("t") as u16,
            coin: Coin::of(p),
            bounded: p.int("rounds_most") > 0,
            decides,
            crashed: BTreeMap::new(),
            said: BTreeMap::new(),
            got: BTreeSet::new(),
            done: BTreeMap::new(),
            decided: BTreeSet::new(),
            open: None,
            excuse: None,
        }
    }

    fn is_correct(&self, node: NodeId) -> bool {
        !self.crashed.contains_key(&node)
    }

    fn note(&mut self, seen: &Seen<'_>) {
        for (me, fact) in seen.facts::<Fact>() {
            match *fact {
                Fact::Reported { round, .. } => self.says(me, (round, false), seen.id),
                Fact::Proposed { round, .. } | Fact::Torn { round } => self.says(me, (round, true), seen.id),
                Fact::Got { from, round, second } => {
                    self.got.insert((me, NodeId(from), round, second));
                }
                Fact::Decided { .. } => {
                    self.decided.insert(me);
                    self.done.entry(me).or_insert(seen.id);
                }
                Fact::Stopped { .. } => {
                    self.done.entry(me).or_insert(seen.id);
                }
                Fact::Out => {
                    self.crashed.entry(me).or_insert(seen.id);
                }
                Fact::Begun { .. } | Fact::Took { .. } | Fact::Chose { .. } | Fact::Tossed { .. } => {}
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

    fn says(&mut self, me: NodeId, at: (u32, bool), event: EventId) {
        self.said.insert(me, (at, event));
        self.got.retain(|&(node, _, round, second)| node != me || (round, second) >= at);
    }

    /// Who waits for messages, and for which.
    fn waiting(&self) -> Vec<(NodeId, (u32, bool))> {
        let waits = |n: &NodeId| self.is_correct(*n) && !self.done.contains_key(n);
        self.said.iter().filter(|(n, _)| waits(n)).map(|(n, (at, _))| (*n, *at)).collect()
    }

    /// Whether what `from` says at that place may still be counted by `me`, where those of `stuck` go no further.
    fn may_come(&self, from: NodeId, me: NodeId, at: (u32, bool), stuck: &[(NodeId, (u32, bool))]) -> bool {
        if self.got.contains(&(me, from, at.0, at.1)) {
            return false;
        }
        let is_said = self.said.get(&from).is_some_and(|(said, _)| *said >= at);
        let goes_on = self.is_correct(from) && !self.done.contains_key(&from);
        is_said || goes_on && stuck.iter().all(|(n, _)| *n != from)
    }

    /// Those who wait for ever: nothing that they wait for is on its way, and who could say it goes no further itself.
    fn stuck(&self) -> Vec<(NodeId, (u32, bool))> {
        let mut stuck = self.waiting();
        loop {
            let all = || (0..self.n).map(NodeId);
            let free = |&(me, at): &(NodeId, (u32, bool))| {
                all().any(|from| from != me && self.may_come(from, me, at, &stuck))
            };
            let left: Vec<_> = stuck.iter().copied().filter(|one| !free(one)).collect();
            if left.len() == stuck.len() {
                return stuck;
            }
            stuck = left;
        }
    }

    /// What they assume, and is not so.
    fn lacking(&self) -> Option<String> {
        let (n, t, crashed) = (self.n, self.t, self.crashed.len());
        if crashed > usize::from(t) {
            let have = if crashed == 1 { "process has" } else { "processes have" };
            return Some(format!("{crashed} of {n} {have} crashed, and at most t = {t} are to be borne"));
        }
        if !self.decides {
            return None;
        }
        match self.coin {
            _ if n <= 2 * t => Some(format!("n > 2t is needed, and n is {n} and t is {t}")),
            _ if self.bounded => Some("no process may begin more than so many rounds".to_owned()),
            Coin::Local | Coin::Common => None,
            _ if t == 0 => Some("without a coin a tie may come back for ever".to_owned()),
            _ => Some(
                "no deterministic protocol in an asynchronous system guarantees it, if even one process may crash (Fischer, Lynch, Paterson 1985)"
                    .to_owned(),
            ),
        }
    }

    fn undecided(&self) -> Vec<NodeId> {
        let all = (0..self.n).map(NodeId);
        all.filter(|n| self.is_correct(*n) && !self.decided.contains(n)).collect()
    }

    fn broken(&self, stuck: &[(NodeId, (u32, bool))], seen: &Seen<'_>) -> Broken {
        let name = |n: &NodeId| seen.world.name(*n).to_owned();
        let (who, at) = stuck[0];
        let why = format!(
            "{} waits for {} of round {}: none is on its way, and nobody will send one",
            name(&who),
            phase(at.1),
            at.0
        );
        let own = stuck.iter().filter_map(|(n, _)| self.said.get(n)).map(|s| s.1).take(3);
        let others = self.crashed.values().chain(self.done.values()).copied().take(8);
        Broken::new(others.chain(own).chain([seen.id]), why)
    }
}

fn phase(second: bool) -> &'static str {
    if second { "proposals" } else { "reports" }
}

impl Rule for InTheEnd {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        self.note(seen);
        self.excuse = self.lacking();
        let names = |all: Vec<NodeId>| {
            listed(&all.into_iter().map(|n| seen.world.name(n).to_owned()).collect::<Vec<_>>())
        };
        if self.decides {
            let open = self.undecided();
            let have = if open.len() == 1 { "has" } else { "have" };
            self.open = (!open.is_empty()).then(|| format!("{} {have} not decided", names(open)));
            return Ok(());
        }
        if self.excuse.is_none() {
            let stuck = self.stuck();
            if !stuck.is_empty() {
                return Err(self.broken(&stuck, seen));
            }
        }
        let first = self.waiting().into_iter().next();
        self.open = first.map(|(who, (round, second))| {
            format!("{} waits for {} of round {round}", seen.world.name(who), phase(second))
        });
        Ok(())
    }

    fn missing(&self) -> Option<String> {
        self.open.clone()
    }

    fn excuse(&self) -> Option<&str> {
        self.excuse.as_deref()
    }

    fn weight(&self) -> usize {
        self.got.len() * 12 + (self.said.len() + self.done.len() + self.crashed.len()) * 16
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(self.crashed.keys(), |r, n| r.word(n.0));
        recall.each(&self.said, |r, (n, ((round, second), _))| {
            r.word(n.0);
            r.word(u64::from(*round) << 1 | u64::from(*second));
        });
        recall.each(&self.got, |r, (me, from, round, second)| {
            r.word(u64::from(me.0) << 16 | u64::from(from.0));
            r.word(u64::from(*round) << 1 | u64::from(*second));
        });
        recall.each(self.done.keys(), |r, n| r.word(n.0));
        recall.each(&self.decided, |r, n| r.word(n.0));
    }
}
