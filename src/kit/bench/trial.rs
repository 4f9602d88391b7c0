//! A run on the bench: finished, asked what it promised and measured, and its messages taken in hand.
//!
//! The rule that is easy to break: a message is named by its kind and its number among all of that kind
//! that were sent, from 1, copies not counted. To name one is to run until it has been sent.

use crate::check::{CheckLine, Checks, Class, Verdict, verdicts};
use crate::kit::measures;
use crate::sim::history::Run;
use crate::sim::{EventId, EventKind, Fault, Mark, MsgId, NodeId, SimTime};
use std::ops::{Deref, DerefMut};

/// A run on the bench; what a [`Run`] can do, it can do.
#[derive(Clone)]
pub struct Trial {
    name: String,
    run: Run<Checks>,
    until: SimTime,
}

/// How a promise was broken.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The events that show it.
    pub witness: Vec<EventId>,
    /// What went wrong.
    pub why: String,
    /// The assumption whose absence allowed it.
    pub assumption: String,
}

impl Deref for Trial {
    type Target = Run<Checks>;

    fn deref(&self) -> &Run<Checks> {
        &self.run
    }
}

impl DerefMut for Trial {
    fn deref_mut(&mut self) -> &mut Run<Checks> {
        &mut self.run
    }
}

impl Trial {
    pub(super) fn new(name: String, run: Run<Checks>, until: SimTime) -> Self {
        Trial { name, run, until }
    }

    /// Says what is done to it, for the message of what fails.
    pub(super) fn call(&mut self, what: &str) {
        self.name = format!("{}, {what}", self.name);
    }

    pub(super) fn run_out(&mut self) {
        self.run.run_until(self.until);
        let stopped = self.run.world().stopped();
        assert!(stopped.is_none(), "{}: {stopped:?}", self.name);
    }

    /// Runs to the end; every edit must have been made.
    #[track_caller]
    pub fn finish(&mut self) {
        self.run_out();
        let refused = self.run.refused();
        assert!(refused.is_empty(), "{}: {refused:?}", self.name);
    }

    /// Does `fault` here and now.
    #[track_caller]
    pub fn fault(&mut self, fault: Fault) {
        let name = &self.name;
        let done = self.run.edit(fault);
        done.unwrap_or_else(|r| panic!("{name}: {r}"));
    }

    /// The protocol value at `node`.
    #[track_caller]
    pub fn node<P: 'static>(&self, node: NodeId) -> &P {
        let value = self.run.world().node_as(node);
        value.unwrap_or_else(|| panic!("{}: {node} is another kind of node", self.name))
    }

    // ------------------------------------------------------------------ promises

    /// The line of the promise `name`.
    #[track_caller]
    pub fn line(&self, name: &str) -> CheckLine {
        let lines = verdicts(&self.run);
        let names: Vec<_> = lines.iter().map(|l| l.name).collect();
        let line = lines.iter().find(|l| l.name == name).cloned();
        line.unwrap_or_else(|| panic!("{}: no promise '{name}' among {names:?}", self.name))
    }

    /// Whether the promise `name` is broken.
    #[track_caller]
    pub fn breaks(&self, name: &str) -> bool {
        matches!(self.line(name).verdict, Verdict::Violated { .. })
    }

    /// How the promise `name` was broken, which it must be.
    #[track_caller]
    pub fn broken(&self, name: &str) -> Violation {
        match self.line(name).verdict {
            Verdict::Violated { witness, why, assumption } => Violation { witness, why, assumption },
            other => panic!("{}: {name} is not broken: {other:?}", self.name),
        }
    }

    /// What the promise `name` waits for, which it must do.
    #[track_caller]
    pub fn pending(&self, name: &str) -> String {
        match self.line(name).verdict {
            Verdict::InProgress { why } | Verdict::Pending { why } => why,
            other => panic!("{}: {name} does not wait: {other:?}", self.name),
        }
    }

    /// Panics unless each of these promises holds.
    #[track_caller]
    pub fn hold(&self, names: &[&str]) {
        for name in names {
            let verdict = self.line(name).verdict;
            assert_eq!(verdict, Verdict::Holding, "{}: {name}", self.name);
        }
    }

    /// Panics unless every promise holds. Gives back how many there are.
    #[track_caller]
    pub fn all_hold(&self) -> usize {
        let lines = verdicts(&self.run);
        let names: Vec<_> = lines.iter().map(|l| l.name).collect();
        self.hold(&names);
        names.len()
    }

    /// Panics if a safety promise is broken or could not be judged.
    #[track_caller]
    pub fn safe(&self) {
        let lines = verdicts(&self.run);
        let bad = lines.iter().find(|l| match l.verdict {
            Verdict::Violated { .. } => true,
            Verdict::Unknown { .. } => l.class == Class::Safety,
            _ => false,
        });
        assert!(bad.is_none(), "{}: {bad:?}", self.name);
    }

    /// Whether some promise still waits.
    pub fn waits(&self) -> bool {
        let lines = verdicts(&self.run);
        let waits = |l: &CheckLine| matches!(l.verdict, Verdict::InProgress { .. } | Verdict::Pending { .. });
        lines.iter().any(waits)
    }

    /// The kinds of the events of a witness.
    pub fn kinds(&self, witness: &[EventId]) -> Vec<EventKind> {
        let kind = |&e: &EventId| self.run.trace().event(e).kind;
        witness.iter().map(kind).collect()
    }

    // ------------------------------------------------------------------ numbers

    /// What the gauge `name` shows, if the run has yielded it.
    #[track_caller]
    pub fn measure(&self, name: &str) -> Option<f64> {
        let all = measures(self.run.watcher(), self.run.world());
        let found = all.iter().find(|m| m.name == name);
        let found = found.unwrap_or_else(|| panic!("{}: no gauge '{name}'", self.name));
        found.value
    }

    /// What the gauge `name` shows, which the run must have yielded.
    #[track_caller]
    pub fn number(&self, name: &str) -> f64 {
        let value = self.measure(name);
        value.unwrap_or_else(|| panic!("{}: yields no {name}", self.name))
    }

    // ------------------------------------------------------------------ messages in hand

    /// Runs until message number `number` of `kind` has been sent, and is on its way.
    #[track_caller]
    pub fn reach(&mut self, kind: &str, number: usize) -> MsgId {
        loop {
            if let Some(msg) = self.sent(kind).nth(number - 1) {
                let flying = self.run.world().in_flight().iter().any(|f| f.msg == msg);
                assert!(flying, "{}: {kind} {number} has ended its way", self.name);
                return msg;
            }
            let on = self.run.time() <= self.until && self.run.step();
            assert!(on, "{}: {kind} {number} is never sent", self.name);
        }
    }

    /// The messages of `kind` sent so far, copies left out.
    fn sent(&self, kind: &str) -> impl Iterator<Item = MsgId> {
        let trace = self.run.trace();
        let so_far = (0..self.run.world().messages()).map(MsgId);
        so_far.filter(move |&m| trace.kind(m).name == kind && trace.sent(m).mark != Mark::Copy)
    }

    /// It arrives at once, before everything else that is on its way.
    #[track_caller]
    pub fn deliver(&mut self, kind: &str, number: usize) {
        let msg = self.reach(kind, number);
        self.fault(Fault::DeliverNow { msg });
        let now = self.run.time();
        self.run.run_until(now);
    }

    /// It is lost.
    #[track_caller]
    pub fn lose(&mut self, kind: &str, number: usize) {
        let msg = self.reach(kind, number);
        self.fault(Fault::Drop { msg });
    }

    /// It waits until it is delivered.
    #[track_caller]
    pub fn hold_back(&mut self, kind: &str, number: usize) {
        let msg = self.reach(kind, number);
        self.fault(Fault::Hold { msg });
    }

    /// A second copy of it goes along.
    #[track_caller]
    pub fn double(&mut self, kind: &str, number: usize) {
        let msg = self.reach(kind, number);
        self.fault(Fault::Duplicate { msg });
    }
}
