//! A process of the protocol as a bare state machine: what it says, given what it hears and what its coins show. A
//! process runs one; and who asks what can still be decided ([`super::valence`]) runs the very same.
//!
//! The rule that is easy to break: it acts when n - t have been counted, never later. What comes for a phase that is not reached yet
//! waits, and is counted then, in the order in which it came; what comes for one that is over is left alone.

use super::{Coin, Mutant, Rules};

/// The two halves of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Phase {
    Reports,
    Proposals,
}

/// What is said to all in a phase of a round: a value, or `?` (in the second phase alone).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Say {
    pub round: u32,
    pub phase: Phase,
    pub value: Option<u8>,
}

/// What a machine asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// This is to be told to all others.
    Said(Say),
    /// This was counted.
    Counted { from: u16, say: Say },
    /// It has heard a proposal, and takes its value.
    Took { round: u32, value: u8 },
    /// It has heard none, and has this value now.
    Chose { round: u32, value: u8 },
    /// It decides.
    Decided { round: u32, value: u8 },
    /// It may begin no further round.
    Stopped { round: u32 },
}

/// The coin of a round, tossed.
pub(super) type Toss<'a> = &'a mut dyn FnMut(u32) -> u8;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Machine {
    rules: Rules,
    id: u16,
    // x in the paper.
    value: u8,
    // k in the paper; 0 before it begins.
    round: u32,
    phase: Phase,
    // What was counted in this phase, by whom it was said.
    heard: Vec<(u16, Option<u8>)>,
    // What has come too early, in the order in which it came.
    later: Vec<(u16, Say)>,
    decided: Option<u8>,
    stopped: bool,
}

impl Machine {
    pub fn new(id: u16, rules: Rules, value: u8) -> Self {
        Machine {
            rules,
            id,
            value,
            round: 0,
            phase: Phase::Reports,
            heard: Vec::new(),
            later: Vec::new(),
            decided: None,
            stopped: false,
        }
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Its number, counted from 0.
    pub fn id(&self) -> u16 {
        self.id
    }

    /// Its value now.
    pub fn value(&self) -> u8 {
        self.value
    }

    /// The round in which it is, or in which it has decided; 0 before it begins.
    pub fn round(&self) -> u32 {
        self.round
    }

    /// The round and phase for whose messages it waits.
    pub fn at(&self) -> (u32, Phase) {
        (self.round, self.phase)
    }

    /// What it has counted in this phase.
    pub fn heard(&self) -> &[(u16, Option<u8>)] {
        &self.heard
    }

    /// What has come too early.
    pub fn later(&self) -> &[(u16, Say)] {
        &self.later
    }

    pub fn decided(&self) -> Option<u8> {
        self.decided
    }

    /// Whether it waits for nothing any more: it has decided, or may go no further.
    pub fn is_over(&self) -> bool {
        self.decided.is_some() || self.stopped
    }

    /// Another value to begin with.
    pub fn wish(&mut self, value: u8) {
        self.value = value;
    }

    /// The same, so many rounds earlier: the rules are alike in all rounds.
    pub fn shift(&mut self, rounds: u32) {
        self.round -= rounds;
        self.later.iter_mut().for_each(|(_, say)| say.round -= rounds);
    }

    pub fn begin(&mut self, toss: Toss<'_>, deeds: &mut Vec<Deed>) {
        self.begin_round(1, deeds);
        self.go_on(toss, deeds);
    }

    pub fn hear(&mut self, from: u16, say: Say, toss: Toss<'_>, deeds: &mut Vec<Deed>) {
        if self.is_over() {
            return;
        }
        let (said, now) = ((say.round, say.phase), self.at());
        let left_over = said < now && say.phase == self.phase && self.rules.mutant == Mutant::CountsOld;
        if self.round == 0 || said > now {
            self.later.push((from, say));
        } else if said == now || left_over {
            self.count(from, say, deeds);
            self.go_on(toss, deeds);
        }
    }

    /// Each process counts once in a phase.
    fn count(&mut self, from: u16, say: Say, deeds: &mut Vec<Deed>) {
        let place = self.heard.partition_point(|h| h.0 < from);
        if self.heard.get(place).is_none_or(|h| h.0 != from) {
            self.heard.insert(place, (from, say.value));
            deeds.push(Deed::Counted { from, say });
        }
    }

    /// Counts what has come already, and goes on for as long as it has heard enough.
    fn go_on(&mut self, toss: Toss<'_>, deeds: &mut Vec<Deed>) {
        while !self.is_over() {
            while self.heard.len() < self.rules.need() {
                let now = self.at();
                let Some(first) = self.later.iter().position(|(_, s)| (s.round, s.phase) == now) else {
                    return;
                };
                let (from, say) = self.later.remove(first);
                self.count(from, say, deeds);
            }
            match self.phase {
                Phase::Reports => self.weigh_reports(deeds),
                Phase::Proposals => self.weigh_proposals(toss, deeds),
            }
            let now = self.at();
            self.later.retain(|(_, s)| (s.round, s.phase) >= now);
        }
    }

    /// How many of those that were heard say `value`.
    fn count_of(&self, value: u8) -> usize {
        self.heard.iter().filter(|h| h.1 == Some(value)).count()
    }

    /// Steps 1 and 2: is there a majority of all n for one value?
    fn weigh_reports(&mut self, deeds: &mut Vec<Deed>) {
        let all = match self.rules.mutant {
            Mutant::HalfOfHeard => self.heard.len(),
            _ => usize::from(self.rules.n),
        };
        let value = [0, 1].into_iter().find(|&v| 2 * self.count_of(v) > all);
        self.say(Phase::Proposals, value, deeds);
        if let Some(value) = value.filter(|_| self.rules.mutant == Mutant::BareMajority) {
            self.decide(value, deeds);
        }
    }

    /// Step 3: more than t proposals, at least one, or none.
    fn weigh_proposals(&mut self, toss: Toss<'_>, deeds: &mut Vec<Deed>) {
        let (round, mutant) = (self.round, self.rules.mutant);
        let enough = if mutant == Mutant::OneIsEnough { 1 } else { usize::from(self.rules.t) + 1 };
        if let Some(value) = [0, 1].into_iter().find(|&v| self.count_of(v) >= enough) {
            return self.decide(value, deeds);
        }
        let proposed = self.heard.iter().find_map(|h| h.1).filter(|_| mutant != Mutant::IgnoresProposal);
        match proposed {
            Some(value) => {
                self.value = value;
                deeds.push(Deed::Took { round, value });
            }
            None => {
                self.value = match self.rules.coin {
                    Coin::Local | Coin::Common => toss(round),
                    Coin::Other => 1 - self.value,
                    Coin::Zero => 0,
                    Coin::Keep => self.value,
                };
                deeds.push(Deed::Chose { round, value: self.value });
            }
        }
        self.begin_round(round + 1, deeds);
    }

    fn begin_round(&mut self, round: u32, deeds: &mut Vec<Deed>) {
        let most = self.rules.rounds_most;
        if most > 0 && round > most {
            self.stopped = true;
            self.be_done();
            return deeds.push(Deed::Stopped { round: most });
        }
        self.round = round;
        self.say(Phase::Reports, Some(self.value), deeds);
    }

    /// Says it to all, itself first.
    fn say(&mut self, phase: Phase, value: Option<u8>, deeds: &mut Vec<Deed>) {
        self.phase = phase;
        self.heard.clear();
        self.heard.push((self.id, value));
        deeds.push(Deed::Said(Say { round: self.round, phase, value }));
    }

    /// Decides, and says what it will say in the next round: everybody's value is this one then.
    fn decide(&mut self, value: u8, deeds: &mut Vec<Deed>) {
        self.value = value;
        self.decided = Some(value);
        deeds.push(Deed::Decided { round: self.round, value });
        if self.rules.mutant != Mutant::StopsAtOnce {
            let farewell = |phase| Say { round: self.round + 1, phase, value: Some(value) };
            deeds.extend([Phase::Reports, Phase::Proposals].map(|phase| Deed::Said(farewell(phase))));
        }
        self.be_done();
    }

    fn be_done(&mut self) {
        self.heard.clear();
        self.later.clear();
    }
}
