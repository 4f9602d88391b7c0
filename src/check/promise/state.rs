//! Promises about a single fact, and about the whole state, looked at after each event.
//!
//! The rule that is easy to break: these look with a god's eye, which no node has. So they are for what
//! is true of all nodes together, such as a sum, and they must be quick: an invariant is looked at after
//! every event, a sum after every event in which something was told.

use super::{Broken, Promised, Rule};
use crate::check::{Recall, Seen, Wake};
use crate::sim::{EventId, EventKind, Fact, NodeId, World};
use std::collections::BTreeMap;

/// No fact like this is ever told. `wrong` says what is wrong with a fact, in a sentence, if something is.
pub fn never<F: Fact>(
    name: &'static str,
    claim: &'static str,
    wrong: fn(&F) -> Option<String>,
) -> Promised<impl Rule> {
    Promised::safety(name, claim, Never(wrong))
}

struct Never<F>(fn(&F) -> Option<String>);

impl<F> Clone for Never<F> {
    fn clone(&self) -> Self {
        Never(self.0)
    }
}

impl<F: Fact> Rule for Never<F> {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        match seen.facts::<F>().find_map(|(_, fact)| (self.0)(fact)) {
            Some(why) => Err(Broken::new([seen.event.cause, seen.id], why)),
            None => Ok(()),
        }
    }

    fn recall(&self, recall: &mut Recall) {
        // It remembers nothing.
        let _ = recall;
    }
}

/// Something is true after every event. `holds` gives what is wrong, in a sentence.
pub fn invariant(
    name: &'static str,
    claim: &'static str,
    holds: fn(&World) -> Result<(), String>,
) -> Promised<impl Rule> {
    Promised::safety(name, claim, Invariant { holds })
}

#[derive(Clone)]
struct Invariant {
    holds: fn(&World) -> Result<(), String>,
}

impl Rule for Invariant {
    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        (self.holds)(seen.world).map_err(|why| Broken::new([seen.event.cause, seen.id], why))
    }

    fn recall(&self, recall: &mut Recall) {
        recall.looks_at_world();
    }
}

/// A sum over all nodes, and over what is on its way, never changes from what it was when first known.
///
/// `sum` gives it, or `None` where it cannot be told (a node that is to boot yet).
pub fn conserved(
    name: &'static str,
    claim: &'static str,
    sum: fn(&World) -> Option<i64>,
) -> Promised<impl Rule> {
    Promised::safety(name, claim, Conserved { sum, first: None })
}

#[derive(Clone)]
struct Conserved {
    sum: fn(&World) -> Option<i64>,
    first: Option<(i64, EventId)>,
}

impl Rule for Conserved {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        if seen.world.told().is_empty() && seen.event.kind != EventKind::Fault {
            return Ok(());
        }
        let Some(now) = (self.sum)(seen.world) else {
            return Ok(());
        };
        match self.first {
            None => self.first = Some((now, seen.id)),
            Some((first, _)) if first != now => {
                let (what, by) = if now < first { ("gone", first - now) } else { ("too much", now - first) };
                let why = format!("the sum was {first} and is {now}: {by} {what}");
                return Err(Broken::new([seen.event.cause, seen.id], why));
            }
            Some(_) => {}
        }
        Ok(())
    }

    fn recall(&self, recall: &mut Recall) {
        recall.looks_at_world();
        recall.word(self.first.map_or(0, |(sum, _)| 1 + sum as u64));
    }
}

/// A number that a node tells never falls: a version, a term, a clock.
pub fn monotonic<F: Fact>(
    name: &'static str,
    claim: &'static str,
    pick: fn(&F) -> Option<u64>,
) -> Promised<impl Rule> {
    let rule = Monotonic { pick, newest: BTreeMap::new() };
    Promised::safety(name, claim, rule)
}

struct Monotonic<F> {
    pick: fn(&F) -> Option<u64>,
    newest: BTreeMap<NodeId, (u64, EventId)>,
}

impl<F> Clone for Monotonic<F> {
    fn clone(&self) -> Self {
        Monotonic { pick: self.pick, newest: self.newest.clone() }
    }
}

impl<F: Fact> Rule for Monotonic<F> {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<F>() {
            let Some(now) = (self.pick)(fact) else {
                continue;
            };
            if let Some((before, event)) = self.newest.insert(node, (now, seen.id))
                && now < before
            {
                let who = seen.world.name(node);
                return Err(Broken::new(
                    [event, seen.id],
                    format!("{who} was at {before}, and goes back to {now}"),
                ));
            }
        }
        Ok(())
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(&self.newest, |r, (node, (newest, _))| {
            r.word(node.0);
            r.word(*newest);
        });
    }
}
