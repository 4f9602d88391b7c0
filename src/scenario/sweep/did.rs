//! What a mix of faults did to a run: counted, and said in words. A sweep whose faults touched nothing has tried
//! nothing, and says so.
//!
//! The rule that is easy to break: a mix has done something only where the nodes fare otherwise than in the same run
//! without it. That a node crashed which had nothing left to do is no trial.

use crate::check::Checks;
use crate::sim::hash::Fx;
use crate::sim::history::Run;
use crate::sim::trace::{EventKind, Loss, Mark};
use crate::sim::{Event, EventId, Fault, MsgId, Trace};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a mix did, in one run or in many.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Did {
    /// Runs.
    pub runs: u64,
    /// Runs in which the nodes fared otherwise than without the mix.
    pub touched: u64,
    /// Messages that links lost.
    pub lost: u64,
    /// Messages that a wall or a cut stopped, on their way or when they were sent.
    pub walled: u64,
    /// Messages that found their receiver down.
    pub missed: u64,
    /// Second copies that links made.
    pub copies: u64,
    /// Messages that waited at a paused or busy node.
    pub waited: u64,
    /// Walls and cuts.
    pub walls: u64,
    /// Crashes.
    pub crashes: u64,
    /// Pauses.
    pub pauses: u64,
    /// Leaps, paces and delays of nodes' clocks and steps.
    pub clocks: u64,
    /// New settings of links.
    pub links: u64,
    /// Edits that were refused, by the refusal's code.
    pub refused: BTreeMap<&'static str, Refused>,
}

/// Edits that were refused for reasons of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// How many.
    pub times: u64,
    /// Why the first of them was refused.
    pub why: String,
}

impl Did {
    /// What the edits of `run` did, as far as it was run; `calm` is the same run without them.
    pub fn of(run: &Run<Checks>, calm: &Run<Checks>) -> Self {
        let trace = run.trace();
        let mut did = Did { runs: 1, ..Did::default() };
        did.touched = u64::from(fared(trace) != fared(calm.trace()));
        for (_, event) in trace.events_from(EventId(0)) {
            did.count(event);
        }
        let sent = (0..trace.messages() as u32).map(|m| trace.sent(MsgId(m)));
        did.copies = sent.filter(|s| s.mark == Mark::Copy).count() as u64;
        trace.faults().iter().for_each(|(_, fault)| did.made(fault));
        for refusal in run.refused().values() {
            did.refuse(refusal.code, Refused { times: 1, why: refusal.message.clone() });
        }
        did
    }

    fn count(&mut self, event: &Event) {
        match (event.kind, event.loss) {
            (EventKind::Lost, Loss::Link) => self.lost += 1,
            (EventKind::Lost, Loss::Cut | Loss::Partition) => self.walled += 1,
            (EventKind::Lost, Loss::ReceiverDown) => self.missed += 1,
            (EventKind::Arrive, _) => self.waited += 1,
            _ => {}
        }
    }

    fn made(&mut self, fault: &Fault) {
        match fault {
            Fault::Crash { .. } => self.crashes += 1,
            Fault::Pause { .. } => self.pauses += 1,
            Fault::Partition(_) => self.walls += 1,
            Fault::Link { set, .. } if set.cut == Some(true) => self.walls += 1,
            Fault::Link { .. } | Fault::Links { .. } => self.links += 1,
            Fault::ClockJump { .. } | Fault::Node { .. } => self.clocks += 1,
            _ => {}
        }
    }

    /// Takes the account of another run into this one.
    pub fn add(&mut self, other: Did) {
        let sums = [
            (&mut self.runs, other.runs),
            (&mut self.touched, other.touched),
            (&mut self.lost, other.lost),
            (&mut self.walled, other.walled),
            (&mut self.missed, other.missed),
            (&mut self.copies, other.copies),
            (&mut self.waited, other.waited),
            (&mut self.walls, other.walls),
            (&mut self.crashes, other.crashes),
            (&mut self.pauses, other.pauses),
            (&mut self.clocks, other.clocks),
            (&mut self.links, other.links),
        ];
        sums.into_iter().for_each(|(sum, n)| *sum += n);
        other.refused.into_iter().for_each(|(code, refused)| self.refuse(code, refused));
    }

    fn refuse(&mut self, code: &'static str, more: Refused) {
        match self.refused.get_mut(code) {
            Some(known) => known.times += more.times,
            None => _ = self.refused.insert(code, more),
        }
    }

    /// What was done and what came of it, in words: "2 crashes; 7 messages to who was down".
    pub fn words(&self) -> String {
        let done = [
            (self.walls, "wall", "walls"),
            (self.crashes, "crash", "crashes"),
            (self.pauses, "pause", "pauses"),
            (self.clocks, "change of a clock or its pace", "changes of clocks or their pace"),
            (self.links, "change of links", "changes of links"),
        ];
        let came = [
            (self.lost, "message lost by a link", "messages lost by links"),
            (self.walled, "stopped by a wall", "stopped by walls"),
            (self.missed, "sent to who was down", "sent to who was down"),
            (self.copies, "copied by a link", "copied by links"),
            (self.waited, "that had to wait", "that had to wait"),
        ];
        let listed = |counts: &[(u64, &str, &str)]| {
            let some = counts.iter().filter(|c| c.0 > 0);
            let words = some.map(|(n, one, many)| format!("{n} {}", if *n == 1 { one } else { many }));
            words.collect::<Vec<_>>().join(", ")
        };
        let parts = [listed(&done), listed(&came)];
        let parts: Vec<String> = parts.into_iter().filter(|p| !p.is_empty()).collect();
        parts.join("; ")
    }

    /// Why the mix did nothing, if that is so.
    pub fn nothing(&self) -> Option<String> {
        if self.touched > 0 {
            return None;
        }
        let most = self.refused.values().max_by_key(|r| r.times);
        let made = self.walls + self.crashes + self.pauses + self.clocks + self.links;
        Some(match most {
            _ if made > 0 => "nothing that it did made a difference to any node".to_owned(),
            Some(Refused { times, why }) => format!("its faults were refused ({times}): {why}"),
            None => "none of its faults falls into this time".to_owned(),
        })
    }
}

/// All that happened to nodes and messages, but not what was done to the world.
fn fared(trace: &Trace) -> Fx {
    let mut h = Fx::default();
    for (_, e) in trace.events_from(EventId(0)) {
        if !matches!(e.kind, EventKind::Fault | EventKind::Flap) {
            // A request names the fault that it is, and faults are numbered together.
            let data = if e.kind == EventKind::Request { 0 } else { e.data };
            let what = e.kind as u64 | (e.loss as u64) << 8 | u64::from(e.node.0) << 16;
            h.triple(e.time.us(), what, u64::from(data));
        }
    }
    h
}
