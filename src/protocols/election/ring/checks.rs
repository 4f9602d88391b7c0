//! What a ring election promises, and what it costs.
//!
//! The rule that is easy to break: a hole in the ring never makes safety false; it keeps the
//! election pending, and the reason names the assumption of the paper that does not hold.

use super::{ELECTED, ELECTION, Mutant, Process};
use crate::check::{Class, Property, Seen, Verdict, witness};
use crate::kit::{Measure, Params};
use crate::sim::{EventId, EventKind, Mark, MsgId, Trace, World};

pub(super) fn properties(params: &Params) -> Vec<Box<dyn Property>> {
    let largest = params.int("nodes") as u16;
    vec![
        Box::new(ElectionSafety {
            largest,
            rightly: EventId::NONE,
            assumption: Mutant::of(params).assumption(),
            verdict: Verdict::Holding,
        }),
        Box::new(Termination {
            knows: vec![false; usize::from(largest)],
            done: false,
            lost: 0,
            reason: "",
            down: Vec::new(),
        }),
    ]
}

/// At most one leader, the one with the largest id.
#[derive(Clone)]
struct ElectionSafety {
    largest: u16,
    // When the right one was elected.
    rightly: EventId,
    assumption: &'static str,
    verdict: Verdict,
}

impl Property for ElectionSafety {
    fn name(&self) -> &'static str {
        "Election safety"
    }

    fn claim(&self) -> &'static str {
        "at most one process is elected: the one with the largest id"
    }

    fn class(&self) -> Class {
        Class::Safety
    }

    fn after(&mut self, seen: &Seen<'_>) {
        if self.verdict != Verdict::Holding {
            return;
        }
        let node = seen.node();
        let Some(process) = node.and_then(|n| seen.world.node_as::<Process>(n)) else {
            return;
        };
        let id = process.id;
        if !process.leads() {
            return;
        }
        if id == self.largest {
            if self.rightly == EventId::NONE {
                self.rightly = seen.id;
            }
            return;
        }
        let largest = self.largest;
        self.verdict = Verdict::Violated {
            witness: witness([self.rightly, seen.id]),
            why: if self.rightly == EventId::NONE {
                format!("P{id} elects itself, though P{largest} has the largest id")
            } else {
                format!("P{id} elects itself, though P{largest} was elected before")
            },
            assumption: self.assumption.to_owned(),
        };
    }

    fn verdict(&self) -> Verdict {
        self.verdict.clone()
    }

    fn clone_box(&self) -> Box<dyn Property> {
        Box::new(self.clone())
    }
}

/// Every process learns who leads. It says which assumption of the paper is broken while it waits.
#[derive(Clone)]
struct Termination {
    knows: Vec<bool>,
    done: bool,
    lost: u32,
    reason: &'static str,
    down: Vec<String>,
}

impl Property for Termination {
    fn name(&self) -> &'static str {
        "Termination"
    }

    fn claim(&self) -> &'static str {
        "a leader is elected, and every process learns who it is"
    }

    fn class(&self) -> Class {
        Class::Liveness
    }

    fn after(&mut self, seen: &Seen<'_>) {
        if self.done {
            return;
        }
        let world = seen.world;
        match seen.event.kind {
            EventKind::Lost => {
                self.lost += 1;
                self.reason = seen.event.loss.reason();
            }
            EventKind::Fault => {
                let down = world.node_ids().filter(|&n| !world.is_up(n));
                self.down = down.map(|n| world.name(n).to_owned()).collect();
            }
            _ => {}
        }
        if let Some(node) = seen.node()
            && let Some(process) = world.node_as::<Process>(node)
        {
            self.knows[node.index()] = process.leader.is_some();
            self.done = self.knows.iter().all(|&knows| knows);
        }
    }

    fn verdict(&self) -> Verdict {
        if self.done {
            return Verdict::Holding;
        }
        let missing = self.knows.iter().filter(|&&knows| !knows).count();
        let mut why = format!(
            "{missing} of {} processes know no leader yet",
            self.knows.len()
        );
        if !self.down.is_empty() {
            let down = self.down.join(", ");
            why +=
                &format!("; that no process fails is assumed, and not so: {down} is not running");
        }
        if self.lost > 0 {
            let (lost, reason) = (self.lost, self.reason);
            why += &format!(
                "; that no message is lost is assumed, and not so: {lost} lost ({reason})"
            );
        }
        Verdict::Pending { why }
    }

    fn clone_box(&self) -> Box<dyn Property> {
        Box::new(self.clone())
    }
}

/// Election messages and announcements are counted apart, and copies that a link made not at all.
pub(super) fn measures(params: &Params, _: &World, trace: &Trace) -> Vec<Measure> {
    let mut elections = 0_u32;
    let mut announcements = 0_u32;
    let mut elected_us = None;
    let mut known_us: Vec<Option<u64>> = vec![None; params.int("nodes") as usize];
    for i in 0..trace.messages() {
        let id = MsgId(i as u32);
        let sent = trace.sent(id);
        if sent.mark == Mark::Copy {
            continue;
        }
        match trace.kind(id) {
            kind if kind == ELECTION => elections += 1,
            kind if kind == ELECTED => {
                announcements += 1;
                // The first to announce knows at that moment, the others when it reaches them.
                if elected_us.is_none() {
                    elected_us = Some(trace.sent_at(id).us());
                    known_us[sent.from.index()] = elected_us;
                }
                let fate = trace.fate(id).map(|e| trace.event(e));
                if let Some(e) = fate.filter(|e| e.kind == EventKind::Deliver) {
                    let known = known_us[sent.to.index()].get_or_insert(e.time.us());
                    *known = e.time.us().min(*known);
                }
            }
            _ => {}
        }
    }
    let all_know = known_us.into_iter().collect::<Option<Vec<u64>>>();
    let ms = |us: u64| us as f64 / 1_000.0;
    let measure = |name, value| Measure { name, value };
    vec![
        measure("election_messages", Some(f64::from(elections))),
        measure("announcements", Some(f64::from(announcements))),
        measure("messages", Some(f64::from(elections + announcements))),
        measure("elected_ms", elected_us.map(ms)),
        measure(
            "known_ms",
            all_know.and_then(|all| all.into_iter().max()).map(ms),
        ),
    ]
}
