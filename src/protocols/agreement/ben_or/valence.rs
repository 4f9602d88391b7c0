//! Which values can still be decided (Fischer, Lynch, Paterson 1985, section 3): a configuration from which both can is *bivalent*, else
//! it is 0-valent or 1-valent.
//!
//! It is worked out by search, from where all processes and all messages on their way stand, with the processes' own code ([`Machine`]):
//! in every order in which messages may arrive, with every way in which coins may fall. Who crashes is one who takes no further step,
//! and that is among the orders. A search ends where somebody decides: by agreement nobody decides otherwise then. A message that comes
//! before its phase is counted when the phase begins, so it may as well come then. All rounds have the same rules, so a configuration
//! is known again by what differs from it in nothing but the numbers of rounds.
//!
//! The rule that is easy to break: what was found can be decided, whatever else was not looked at. What was not found cannot be
//! decided only if nothing was left to look at.

use super::machine::{Deed, Machine, Say};
use super::{Coin, Mutant, Process, dealt};
use crate::kit::prelude::*;
use crate::sim::{Loss, Status};
use std::collections::{BTreeSet, VecDeque};

/// So many configurations are looked at.
const MOST: usize = 600;
/// A process that is so many rounds ahead of another is not followed further.
const LAG: u32 = 2;

/// Which values can be decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Valence {
    /// Somebody has decided this.
    pub decided: Option<u8>,
    /// For which values a way was found.
    pub can: [bool; 2],
    /// Whether nothing was left to look at.
    pub all: bool,
    /// How many configurations were looked at.
    pub looked: usize,
}

impl Valence {
    /// Whether both values can be decided.
    pub fn is_bivalent(self) -> bool {
        self.can == [true; 2]
    }

    /// Whether this one can be, if that is known.
    pub fn can(self, value: usize) -> Option<bool> {
        if self.can[value] || self.all { Some(self.can[value]) } else { None }
    }
}

/// Something on its way: from whom, to whom.
type Way = (u16, u16, Say);

/// All that decides the future: the processes that may still do something, what is on its way to them, and of a coin that shows all
/// the same how it has fallen, by rounds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Configuration {
    machines: Vec<Machine>,
    ways: Vec<Way>,
    coins: Vec<(u32, u8)>,
}

/// What comes of a step: another configuration, and what was done on the way.
pub(super) type After = (Configuration, Vec<Deed>);

/// What was decided, if something was.
pub(super) fn decision(deeds: &[Deed]) -> Option<u8> {
    deeds.iter().find_map(|deed| match *deed {
        Deed::Decided { value, .. } => Some(value),
        _ => None,
    })
}

/// What can be decided from where `world` stands; nothing, if processes do not all follow the rules.
pub(super) fn of(world: &World) -> Option<Valence> {
    let first = Configuration::of(world)?;
    let all = world.node_ids().filter_map(|n| world.node_as::<Process>(n));
    if let Some(value) = all.filter_map(|p| p.machine.decided()).next() {
        let mut can = [false; 2];
        can[usize::from(value)] = true;
        return Some(Valence { decided: Some(value), can, all: true, looked: 0 });
    }
    Some(search(first, MOST))
}

/// Looks at what can come of `first`, at most at so many configurations, until both values are found.
pub(super) fn search(first: Configuration, most: usize) -> Valence {
    let mut found = Valence { all: true, ..Valence::default() };
    let mut known = BTreeSet::from([first.clone()]);
    let mut open = VecDeque::from([first]);
    while let Some(now) = open.pop_front() {
        found.looked += 1;
        if now.is_stretched() {
            found.all = false;
            continue;
        }
        for (next, deeds) in now.moves().into_iter().flat_map(|by| now.play(by)) {
            match decision(&deeds) {
                Some(value) => found.can[usize::from(value)] = true,
                None if known.contains(&next) => {}
                None if known.len() >= most => found.all = false,
                None => {
                    known.insert(next.clone());
                    open.push_back(next);
                }
            }
        }
        if found.is_bivalent() {
            break;
        }
    }
    found
}

impl Configuration {
    /// How `world` stands, if nobody lies and no rule is left out.
    pub fn of(world: &World) -> Option<Self> {
        let mut machines = Vec::new();
        let (mut key, mut ended) = (0, 0);
        for node in world.node_ids() {
            let process = world.node_as::<Process>(node)?;
            if process.machine.rules().mutant != Mutant::None || !world.lies(node).is_empty() {
                return None;
            }
            (key, ended) = (process.key, ended.max(process.machine.round().saturating_sub(1)));
            let down = process.out || matches!(world.status(node), Status::Crashed | Status::Stopped);
            if !down && !process.machine.is_over() {
                machines.push(process.machine.clone());
            }
        }
        let flights = world.in_flight().into_iter().filter(|f| f.doom == Loss::None);
        let way = |f: crate::sim::world::InFlight| {
            Some((f.from.0, f.to.0, f.payload.as_any().downcast_ref::<super::Msg>()?.say()))
        };
        let ways = flights.filter_map(way).collect();
        let coins = (1..=ended).map(|round| (round, dealt(key, round))).collect();
        let mut first = Configuration { machines, ways, coins };
        first.tidy();
        Some(first)
    }

    fn place(&self, id: u16) -> Option<usize> {
        self.machines.iter().position(|m| m.id() == id)
    }

    /// Whether somebody is too far ahead of somebody else.
    fn is_stretched(&self) -> bool {
        let rounds = || self.machines.iter().map(Machine::round);
        let (least, most) = (rounds().min().unwrap_or(0), rounds().max().unwrap_or(0));
        least > 0 && most - least > LAG
    }

    /// What may happen next: a process begins, or what is on its way to one is counted there. To begin early costs nobody a
    /// choice, for what is said then need not arrive; so all begin first.
    pub fn moves(&self) -> Vec<(usize, Option<Way>)> {
        if let Some(place) = self.machines.iter().position(|m| m.round() == 0) {
            return vec![(place, None)];
        }
        let due = |way: &Way| {
            let place = self.place(way.1)?;
            let (round, phase) = self.machines[place].at();
            (way.2.round == round && way.2.phase == phase).then_some((place, Some(*way)))
        };
        let mut all: Vec<_> = self.ways.iter().filter_map(due).collect();
        all.dedup();
        all
    }

    /// What comes of a move, for every way in which coins may fall.
    pub fn play(&self, (place, way): (usize, Option<Way>)) -> Vec<After> {
        let mut all = Vec::new();
        let mut script = Vec::new();
        loop {
            let (after, mut fell) = self.play_as(place, way, &script);
            all.push(after);
            while fell.last() == Some(&1) {
                fell.pop();
            }
            let Some(last) = fell.last_mut() else {
                return all;
            };
            *last = 1;
            script = fell;
        }
    }

    /// The same, where coins fall as `script` says, and after its end show 0. And how they fell.
    fn play_as(&self, place: usize, way: Option<Way>, script: &[u8]) -> (After, Vec<u8>) {
        let mut next = self.clone();
        let (mut fell, mut deeds) = (Vec::new(), Vec::new());
        let (machine, coins) = (&mut next.machines[place], &mut next.coins);
        let common = machine.rules().coin == Coin::Common;
        let mut toss = |round| {
            if common && let Some(coin) = coins.iter().find(|c| c.0 == round) {
                return coin.1;
            }
            let value = script.get(fell.len()).copied().unwrap_or(0);
            fell.push(value);
            if common {
                coins.push((round, value));
            }
            value
        };
        match way {
            None => machine.begin(&mut toss, &mut deeds),
            Some((from, _, say)) => machine.hear(from, say, &mut toss, &mut deeds),
        }
        let from = machine.id();
        if let Some(way) = way.and_then(|way| next.ways.iter().position(|w| *w == way)) {
            next.ways.remove(way);
        }
        for deed in &deeds {
            if let Deed::Said(say) = *deed {
                let others = next.machines.iter().map(Machine::id).filter(|&to| to != from);
                next.ways.extend(others.map(|to| (from, to, say)));
            }
        }
        next.machines.retain(|m| !m.is_over());
        next.tidy();
        ((next, deeds), fell)
    }

    /// Leaves out what nobody waits for any more, puts the rest in order, and counts rounds from the last process on.
    fn tidy(&mut self) {
        let machines = &self.machines;
        self.ways.retain(|(_, to, say)| {
            let receiver = machines.iter().find(|m| m.id() == *to);
            receiver.is_some_and(|m| (say.round, say.phase) >= m.at())
        });
        self.ways.sort_unstable();
        self.coins.sort_unstable();
        let last = self.machines.iter().map(Machine::round).min().unwrap_or(0);
        let bounded = self.machines.iter().any(|m| m.rules().rounds_most > 0);
        if last > 1 && !bounded {
            let by = last - 1;
            self.machines.iter_mut().for_each(|m| m.shift(by));
            self.ways.iter_mut().for_each(|(_, _, say)| say.round -= by);
            self.coins.retain(|c| c.0 > by);
            self.coins.iter_mut().for_each(|c| c.0 -= by);
        }
    }
}

#[cfg(test)]
impl Configuration {
    /// Processes that have not begun, with these values.
    pub fn start(rules: super::Rules, values: &[u8]) -> Self {
        let machines = (0..).zip(values).map(|(id, value)| Machine::new(id, rules, *value)).collect();
        Configuration { machines, ways: Vec::new(), coins: Vec::new() }
    }

    /// The processes that may still do something.
    pub fn machines(&self) -> &[Machine] {
        &self.machines
    }

    /// The same, without this process.
    pub fn crash(&self, place: usize) -> Self {
        let mut next = self.clone();
        next.machines.remove(place);
        next.tidy();
        next
    }

    /// With coins that somebody knows before they are tossed.
    pub fn know(&mut self, coins: impl IntoIterator<Item = (u32, u8)>) {
        self.coins = coins.into_iter().collect();
    }
}
