//! Exactly-once effect: what a client was told was done, was done once, with that answer (Ongaro 2014,
//! section 6.3).
//!
//! The rule that is easy to break: the reference here is computed from the applied entries alone,
//! by its own, simplest possible code; it never asks a server's state machine what is right.

use super::service::store_value;
use super::{Answer, Op, digest};
use crate::check::{Broken, Promised, Recall, Rule, Seen, Wake};
use crate::kit::client::{Call, End, Fact as ClientFact};
use crate::sim::chunks::Slices;
use crate::sim::{EventId, Fact, NodeId};
use std::collections::BTreeMap;

/// What a server applied to its copy of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its place in the log, from 1 on. Every server applies every place, in order.
    pub index: u32,
    /// Who asked for what, with which number; `None` for an entry that is nothing to the store.
    pub request: Option<(NodeId, u32, Op)>,
    /// The digest of all values after it ([`super::Store::digest`]).
    pub values: u64,
}

/// An answered request took effect exactly once, with that answer. `pick` reads off a fact what a server
/// applied.
pub fn exactly_once<F: Fact>(
    name: &'static str,
    claim: &'static str,
    pick: fn(&F) -> Option<Applied>,
) -> Promised<impl Rule> {
    let rule = ExactlyOnce {
        pick,
        values: BTreeMap::new(),
        newest: BTreeMap::new(),
        digests: Slices::default(),
        gap: false,
    };
    Promised::safety(name, claim, rule)
}

struct ExactlyOnce<F> {
    pick: fn(&F) -> Option<Applied>,
    // What executing the applied entries one by one gives.
    values: BTreeMap<char, i32>,
    // Each client's newest executed request: number, answer, and the event of its application.
    newest: BTreeMap<NodeId, (u32, Answer, EventId)>,
    // A digest of the values after each entry.
    digests: Slices<u64>,
    gap: bool,
}

impl<F> Clone for ExactlyOnce<F> {
    fn clone(&self) -> Self {
        ExactlyOnce {
            values: self.values.clone(),
            newest: self.newest.clone(),
            digests: self.digests.clone(),
            ..*self
        }
    }
}

impl<F> ExactlyOnce<F> {
    /// The first server has come to this entry: the reference goes along.
    fn execute(&mut self, request: Option<(NodeId, u32, Op)>, event: EventId) {
        if let Some((client, serial, op)) = request {
            let before = self.newest.get(&client).map_or(0, |n| n.0);
            if serial > before {
                let held = self.values.get(&op.key()).copied().unwrap_or(0);
                let (value, answer) = op.on(held);
                self.values.insert(op.key(), value);
                self.newest.insert(client, (serial, answer, event));
            }
        }
        self.digests.push(digest(&self.values));
    }

    /// A server has applied more: its values must be the reference's.
    fn judge_server(&mut self, node: NodeId, applied: Applied, seen: &Seen<'_>) -> Result<(), Broken> {
        let Applied { index, request, values } = applied;
        let known = self.digests.len() as u32;
        self.gap |= index > known + 1;
        if index == known + 1 {
            self.execute(request, seen.id);
        }
        let wanted = self.digests.get((index as usize).wrapping_sub(1));
        if wanted.is_none_or(|w| *w == values) {
            return Ok(());
        }
        let why = format!(
            "after entry {index}, the values of {} are not those of executing each request once",
            seen.world.name(node)
        );
        Err(Broken::new([seen.id], why))
    }

    /// A client was told something: it must be what the reference says.
    fn judge_client(&self, call: &Call, told: Answer, seen: &Seen<'_>) -> Result<(), Broken> {
        let who = seen.world.name(call.client);
        let op = &call.text;
        let newest = self.newest.get(&call.client).copied();
        let (event, why) = match newest {
            Some((s, answer, _)) if s == call.serial && answer == told => return Ok(()),
            Some((s, answer, event)) if s == call.serial => {
                (event, format!("{who} was told '{told}' for '{op}', and the log gives '{answer}'"))
            }
            _ => (
                seen.event.cause,
                format!("{who} was told '{told}' for '{op}', and no server has applied it"),
            ),
        };
        Err(Broken::new([event, seen.id], why))
    }
}

impl<F: Fact> Rule for ExactlyOnce<F> {
    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<F>() {
            if let Some(applied) = (self.pick)(fact) {
                self.judge_server(node, applied, seen)?;
            }
        }
        for (_, fact) in seen.facts::<ClientFact>() {
            if let ClientFact::Ended { call, end, value, .. } = fact {
                let value = store_value(*value);
                match end {
                    End::Ok => self.judge_client(call, Answer::Value(value), seen)?,
                    End::Failed => self.judge_client(call, Answer::Refused(value), seen)?,
                    End::Unknown => {}
                }
            }
        }
        Ok(())
    }

    fn unknown(&self) -> Option<String> {
        let why = "a server applied an entry before those before it";
        self.gap.then(|| why.to_owned())
    }

    fn wake(&self) -> Wake {
        Wake::News
    }

    fn weight(&self) -> usize {
        self.digests.weight()
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(self.digests.iter_from(0).enumerate(), |r, (i, digest)| {
            r.word(i as u64);
            r.word(*digest);
        });
        recall.each(&self.newest, |r, (client, (serial, answer, _))| {
            r.word(client.0);
            r.word(*serial);
            r.shown(answer);
        });
        recall.each(&self.values, |r, (key, value)| {
            r.shown(key);
            r.shown(value);
        });
        recall.word(u64::from(self.gap));
    }
}
