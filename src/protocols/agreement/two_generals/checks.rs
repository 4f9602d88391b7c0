//! What two generals promise each other, and how often they keep it.
//!
//! The rule that is easy to break: agreement alone is cheap, for who always retreats always agrees.
//! So validity is watched beside it: if nothing at all goes wrong, both attack.

use super::{A, B, Decision, General, Mutant};
use crate::check::{Class, Property, Seen, Verdict, witness};
use crate::protocols::{Measure, Params};
use crate::sim::{EventId, EventKind, Mark, MsgId, Trace, World};

pub(super) fn properties(params: &Params) -> Vec<Box<dyn Property>> {
    let watch = Watch::default();
    let mutant = Mutant::of(params);
    vec![
        Box::new(Agreement {
            watch: watch.clone(),
            mutant,
        }),
        Box::new(Validity {
            watch: watch.clone(),
        }),
        Box::new(Termination { watch }),
    ]
}

/// What all three look at: the decisions, and what went wrong before them.
#[derive(Clone, Default)]
struct Watch {
    decided: [Option<(Decision, EventId)>; 2],
    // The last messenger lost, and why.
    lost: Option<(EventId, &'static str)>,
    // The last edit of the run.
    edited: Option<EventId>,
    down: Vec<String>,
}

impl Watch {
    fn complete(&self) -> bool {
        self.decided.iter().all(Option::is_some)
    }

    fn after(&mut self, seen: &Seen<'_>) {
        if self.complete() {
            return;
        }
        let world = seen.world;
        match seen.event.kind {
            EventKind::Lost => self.lost = Some((seen.id, seen.event.loss.reason())),
            EventKind::Fault => {
                self.edited = Some(seen.id);
                let down = world.node_ids().filter(|&n| !world.is_up(n));
                self.down = down.map(|n| world.name(n).to_owned()).collect();
            }
            _ => {}
        }
        for (node, decided) in [A, B].into_iter().zip(&mut self.decided) {
            let decision = world.node_as::<General>(node).and_then(General::decision);
            if decided.is_none()
                && let Some(decision) = decision
            {
                *decided = Some((decision, seen.id));
            }
        }
    }

    fn violated(&self, cause: Option<EventId>, why: String, assumption: String) -> Verdict {
        let decided = self.decided.iter().flatten().map(|&(_, event)| event);
        Verdict::Violated {
            witness: witness(cause.into_iter().chain(decided)),
            why,
            assumption,
        }
    }
}

/// Both attack or neither does.
#[derive(Clone)]
struct Agreement {
    watch: Watch,
    mutant: Mutant,
}

impl Property for Agreement {
    fn name(&self) -> &'static str {
        "Agreement"
    }

    fn claim(&self) -> &'static str {
        "both generals attack, or neither does"
    }

    fn class(&self) -> Class {
        Class::Safety
    }

    fn after(&mut self, seen: &Seen<'_>) {
        self.watch.after(seen);
    }

    fn verdict(&self) -> Verdict {
        let [Some((a, _)), Some((b, _))] = self.watch.decided else {
            return Verdict::Holding;
        };
        if a == b {
            return Verdict::Holding;
        }
        let alone = if a == Decision::Attack { "A" } else { "B" };
        let why = format!("General {alone} attacks alone");
        let watch = &self.watch;
        if self.mutant == Mutant::WantCertainty {
            let rule = "who has sent the last messenger attacks, though he cannot be certain";
            return watch.violated(None, why, rule.to_owned());
        }
        match (watch.lost, watch.edited) {
            (Some((event, reason)), _) => {
                let assumption = format!("no messenger is lost; one was: {reason}");
                watch.violated(Some(event), why, assumption)
            }
            (None, edited) => {
                let assumption = "every messenger arrives before dawn, which is the same for both";
                watch.violated(edited, why, assumption.to_owned())
            }
        }
    }

    fn clone_box(&self) -> Box<dyn Property> {
        Box::new(self.clone())
    }
}

/// If nothing goes wrong, both attack.
#[derive(Clone)]
struct Validity {
    watch: Watch,
}

impl Property for Validity {
    fn name(&self) -> &'static str {
        "Validity"
    }

    fn claim(&self) -> &'static str {
        "if no messenger is lost and nothing else goes wrong, both attack"
    }

    fn class(&self) -> Class {
        Class::Safety
    }

    fn after(&mut self, seen: &Seen<'_>) {
        self.watch.after(seen);
    }

    fn verdict(&self) -> Verdict {
        let watch = &self.watch;
        let calm = watch.lost.is_none() && watch.edited.is_none();
        let retreats = |d: &(Decision, EventId)| d.0 == Decision::Retreat;
        if !calm || !watch.decided.iter().flatten().any(retreats) {
            return Verdict::Holding;
        }
        let why = "every messenger arrived, and still not both attack".to_owned();
        let rule = "a general attacks once he has sent or received the last messenger";
        watch.violated(None, why, rule.to_owned())
    }

    fn clone_box(&self) -> Box<dyn Property> {
        Box::new(self.clone())
    }
}

/// Both decide.
#[derive(Clone)]
struct Termination {
    watch: Watch,
}

impl Property for Termination {
    fn name(&self) -> &'static str {
        "Termination"
    }

    fn claim(&self) -> &'static str {
        "at dawn each general decides"
    }

    fn class(&self) -> Class {
        Class::Liveness
    }

    fn after(&mut self, seen: &Seen<'_>) {
        self.watch.after(seen);
    }

    fn verdict(&self) -> Verdict {
        if self.watch.complete() {
            return Verdict::Holding;
        }
        let decided = self.watch.decided.iter().flatten().count();
        let mut why = format!("{decided} of 2 generals have decided");
        if !self.watch.down.is_empty() {
            let down = self.watch.down.join(" and ");
            why +=
                &format!("; that no general fails is assumed, and not so: {down} is not running");
        }
        Verdict::Pending { why }
    }

    fn clone_box(&self) -> Box<dyn Property> {
        Box::new(self.clone())
    }
}

/// `disagree` is 1 or 0, so its mean over runs is the probability that exactly one attacks.
pub(super) fn measures(_: &Params, world: &World, trace: &Trace) -> Vec<Measure> {
    let decision = |node| world.node_as::<General>(node).and_then(General::decision);
    let attacks = |node| decision(node).map(|d| f64::from(u8::from(d == Decision::Attack)));
    let both = decision(A).zip(decision(B));
    let sent = (0..trace.messages()).map(|i| MsgId(i as u32));
    let own = sent.filter(|&m| trace.sent(m).mark != Mark::Copy);
    let lost = trace
        .events_from(EventId(0))
        .filter(|(_, e)| e.kind == EventKind::Lost);
    let measure = |name, value| Measure { name, value };
    vec![
        measure("attack_a", attacks(A)),
        measure("attack_b", attacks(B)),
        measure("disagree", both.map(|(a, b)| f64::from(u8::from(a != b)))),
        measure("messengers", Some(own.count() as f64)),
        measure("lost", Some(lost.count() as f64)),
    ]
}
