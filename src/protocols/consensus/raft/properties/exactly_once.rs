//! Exactly-once effect: what a client was told was done, was done once, with that answer (Ongaro
//! 2014, section 6.3).
//!
//! The rule that is easy to break: the reference here is computed from the applied entries alone,
//! by its own, simplest possible code; it never asks a server's state machine what is right.

use super::{Broken, Eyes, broken, safety};
use crate::check::{Class, Property, Seen, Verdict};
use crate::protocols::consensus::raft::client::{Client, Ended, Outcome};
use crate::protocols::consensus::raft::command::{Answer, Command};
use crate::protocols::consensus::raft::config::{Config, Mutant};
use crate::protocols::consensus::raft::log::{Entry, Index};
use crate::protocols::consensus::raft::name_of;
use crate::protocols::consensus::raft::server::Server;
use crate::sim::chunks::Slices;
use crate::sim::hash::Fx;
use crate::sim::{EventId, NodeId};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// What executing the applied entries one by one gives.
#[derive(Clone, Default)]
struct Reference {
    values: BTreeMap<char, i32>,
    /// Each client's newest executed request: number, answer, and the event of its application.
    newest: BTreeMap<NodeId, (u32, Answer, EventId)>,
    /// A digest of the values after each entry.
    digests: Slices<u64>,
}

fn digest(values: &BTreeMap<char, i32>) -> u64 {
    let mut h = Fx::default();
    values.hash(&mut h);
    h.finish()
}

impl Reference {
    fn apply(&mut self, entry: Entry, event: EventId) {
        if let Command::Client { client, serial, op } = entry.command {
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
}

/// An answered command took effect exactly once.
#[derive(Clone)]
pub(super) struct ExactlyOnce {
    mutant: Mutant,
    servers: u16,
    eyes: Eyes,
    /// The newest request of each client that was judged.
    judged: BTreeMap<NodeId, u32>,
    reference: Rc<Reference>,
    seen: Vec<Index>,
    broken: Option<Rc<Broken>>,
}

impl ExactlyOnce {
    pub(super) fn new(config: Config) -> Self {
        ExactlyOnce {
            mutant: config.mutant,
            servers: config.servers,
            eyes: Eyes::new(config),
            judged: BTreeMap::new(),
            reference: Rc::default(),
            seen: vec![0; usize::from(config.servers)],
            broken: None,
        }
    }

    /// A server has applied more: the reference goes along, and their values must be equal.
    fn judge_server(&mut self, node: NodeId, server: &Server, event: EventId) {
        let applied = server.last_applied();
        if std::mem::replace(&mut self.seen[node.index()], applied) == applied || applied == 0 {
            return;
        }
        let known = self.reference.digests.len() as Index;
        if applied > known {
            let reference = Rc::make_mut(&mut self.reference);
            for (index, &entry) in server.log().iter_from(known + 1) {
                if index > applied {
                    break;
                }
                reference.apply(entry, event);
            }
        }
        let wanted = self.reference.digests.get(applied as usize - 1);
        if wanted != Some(&digest(server.machine().values())) {
            let why = format!(
                "after entry {applied}, the values of {} are not those of executing each request once",
                name_of(node)
            );
            self.broken = broken(self.mutant, [event], why);
        }
    }

    /// A client was told something: it must be what the reference says.
    fn judge_client(&mut self, node: NodeId, ended: Ended, seen: &Seen<'_>) {
        let told = match ended.outcome {
            Outcome::Ok(v) => Answer::Value(v),
            Outcome::Failed(v) => Answer::Refused(v),
            Outcome::Unknown => return,
        };
        let (serial, op) = (ended.asked.serial, ended.asked.op);
        let who = seen.world.name(node);
        let newest = self.reference.newest.get(&node).copied();
        let (events, why) = match newest {
            Some((s, answer, _)) if s == serial && answer == told => return,
            Some((s, answer, event)) if s == serial => (
                vec![event, seen.id],
                format!("{who} was told '{told}' for '{op}', and the log gives '{answer}'"),
            ),
            _ => (
                vec![seen.event.cause, seen.id],
                format!("{who} was told '{told}' for '{op}', and no server has applied it"),
            ),
        };
        self.broken = broken(self.mutant, events, why);
    }
}

impl Property for ExactlyOnce {
    fn name(&self) -> &'static str {
        "Exactly-once effect"
    }

    fn claim(&self) -> &'static str {
        "an answered command took effect once, with that answer"
    }

    fn class(&self) -> Class {
        Class::Safety
    }

    fn after(&mut self, seen: &Seen<'_>) {
        if self.broken.is_some() {
            return;
        }
        if let Some((node, server)) = self.eyes.changed(seen) {
            self.judge_server(node, server, seen.id);
            return;
        }
        let Some(node) = seen.node().filter(|n| n.0 >= self.servers) else {
            return;
        };
        let Some(client) = seen.world.node_as::<Client>(node) else {
            return;
        };
        if let Some(ended) = client.last()
            && self.judged.insert(node, ended.asked.serial) != Some(ended.asked.serial)
        {
            self.judge_client(node, ended, seen);
        }
    }

    fn verdict(&self) -> Verdict {
        safety(self.broken.as_ref())
    }

    fn weight(&self) -> usize {
        self.reference.digests.weight()
    }

    fn clone_box(&self) -> Box<dyn Property> {
        Box::new(self.clone())
    }
}
