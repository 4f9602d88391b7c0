//! In which order replicas apply: one after the other and alike, and in an order that agrees with real time.
//!
//! The rule that is easy to break: a replica that comes back from a crash begins with slot 1 again. That is no second
//! execution; its state was lost, too.

use super::judged::say;
use super::{Command, Each, Fact, Rules, Slot};
use crate::kit::client::{End, Fact as ClientFact};
use crate::kit::prelude::*;
use crate::sim::chunks::Slices;
use std::collections::BTreeMap;

/// Every replica applies slot after slot, and all apply the same.
#[derive(Clone, Default)]
pub(super) struct SamePrefix {
    // What was applied first at each slot, by whom and when.
    first: Slices<(Command, NodeId, EventId)>,
    // The last slot that each replica has applied in this life, and when.
    last: BTreeMap<NodeId, (Slot, EventId)>,
}

impl SamePrefix {
    fn applied(&mut self, seen: &Seen<'_>, node: NodeId, slot: Slot, command: Command) -> Result<(), Broken> {
        let name = |n| seen.world.name(n);
        let (last, before) = self.last.get(&node).copied().unwrap_or((0, seen.event.cause));
        if slot != last + 1 {
            let why = format!(
                "{} applies slot {slot}, and has applied no more than {last} slots before: slot {} is missing",
                name(node),
                last + 1
            );
            return Err(Broken::new([before, seen.id], why));
        }
        self.last.insert(node, (slot, seen.id));
        match self.first.get(slot as usize - 1) {
            Some((other, by, event)) if *other != command => {
                let (a, b) = (name(*by), name(node));
                let why = format!("{a} applies '{other}' at slot {slot}, and {b} '{command}'");
                Err(Broken::new([*event, seen.id], why))
            }
            Some(_) => Ok(()),
            None => {
                self.first.push((command, node, seen.id));
                Ok(())
            }
        }
    }
}

impl Rule for SamePrefix {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<Fact>() {
            if matches!(fact, Fact::Boots) {
                self.last.remove(&node);
            }
        }
        for (node, fact) in seen.facts::<Each>() {
            if let Each::Applied { slot, command, .. } = *fact {
                self.applied(seen, node, slot, command)?;
            }
        }
        Ok(())
    }

    fn weight(&self) -> usize {
        self.first.weight() + self.last.len() * 16
    }

    fn recall(&self, recall: &mut Recall) {
        self.first.iter_from(0).for_each(|(command, ..)| say(recall, *command));
        recall.each(&self.last, |r, (node, (slot, _))| {
            r.word(node.0);
            r.word(*slot);
        });
    }
}

/// The order of the log agrees with the order in which clients asked and were answered. With exactly-once effect that is
/// linearizability, for operations of any kind: the log is the order that is looked for.
#[derive(Clone)]
pub(super) struct RealTime {
    rules: Rules,
    // The highest slot of a request that was answered, and when it was answered.
    answered: Option<(Slot, EventId)>,
    // Each client's newest request: its number, what was answered when it was asked, and the slot in which it was executed.
    newest: BTreeMap<u16, Newest>,
}

#[derive(Clone, Copy)]
struct Newest {
    serial: u32,
    after: Option<(Slot, EventId)>,
    slot: Option<Slot>,
}

impl RealTime {
    pub(super) fn of(rules: Rules) -> Self {
        RealTime { rules, answered: None, newest: BTreeMap::new() }
    }

    fn client(&mut self, fact: &ClientFact, event: EventId) {
        match fact {
            ClientFact::Asked { call, .. } => {
                let newest = Newest { serial: call.serial, after: self.answered, slot: None };
                self.newest.insert(self.rules.number(call.client), newest);
            }
            ClientFact::Ended { call, end: End::Ok | End::Failed, .. } => {
                let known = self.newest.get(&self.rules.number(call.client));
                let slot = known.filter(|n| n.serial == call.serial).and_then(|n| n.slot);
                if let Some(slot) = slot.filter(|s| self.answered.is_none_or(|(most, _)| most < *s)) {
                    self.answered = Some((slot, event));
                }
            }
            _ => {}
        }
    }

    fn applied(&mut self, seen: &Seen<'_>, slot: Slot, command: Command) -> Result<(), Broken> {
        let Command::Client { client, serial, op } = command else {
            return Ok(());
        };
        let Some(newest) = self.newest.get_mut(&client).filter(|n| n.serial == serial && n.slot.is_none())
        else {
            return Ok(());
        };
        newest.slot = Some(slot);
        match newest.after {
            Some((before, event)) if before > slot => {
                let why = format!(
                    "'{op}' is applied in slot {slot}, and slot {before} was answered before it was asked"
                );
                Err(Broken::new([event, seen.id], why))
            }
            _ => Ok(()),
        }
    }
}

impl Rule for RealTime {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (_, fact) in seen.facts::<Each>() {
            if let Each::Applied { slot, command, .. } = *fact {
                self.applied(seen, slot, command)?;
            }
        }
        for (_, fact) in seen.facts::<ClientFact>() {
            self.client(fact, seen.id);
        }
        Ok(())
    }

    fn recall(&self, recall: &mut Recall) {
        let slot = |at: Option<(Slot, EventId)>| u64::from(at.map_or(0, |(slot, _)| slot));
        recall.word(slot(self.answered));
        recall.each(&self.newest, |r, (client, newest)| {
            r.word(*client);
            r.word(newest.serial);
            r.word(slot(newest.after));
            r.word(newest.slot.unwrap_or(0));
        });
    }
}
