//! What a crash took: of a node that is down, what only its memory held, and what its disk brings back.
//!
//! The rule that is easy to break: nobody declares it. A copy of the world is given its power back, and what the node shows
//! then is what the disk kept; the run does not move.

use super::compare::lines;
use crate::sim::world::{Status, World};
use crate::sim::{Fault, NodeId, Trace};

/// A line of the state of a node that is down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its name in the paper.
    pub name: &'static str,
    /// What it was when the power went.
    pub was: String,
    /// What it is when the power comes back, if that is something else: then memory alone held it.
    pub back: Option<String>,
}

/// What is lost and what is kept of `node`; nothing while it is up, or if it never comes back.
pub fn lost(world: &World, node: NodeId) -> Vec<Kept> {
    if world.status(node) != Status::Crashed {
        return Vec::new();
    }
    let mut again = world.clone();
    if again.apply(&Fault::Recover { node }, &mut Trace::default()).is_err() {
        return Vec::new();
    }
    let back = lines(&again, node);
    // What stands under the disc and in it, its fields say by their names.
    let said_twice = !world.inspect(node).fields.is_empty();
    let own = |name: &str| name != "status" && !(said_twice && matches!(name, "badge" | "cells"));
    let shown = lines(world, node).into_iter().filter(|(name, was)| own(name) && !was.is_empty());
    let kept = shown.map(|(name, was)| {
        let now = back.iter().find(|l| l.0 == name).map(|l| l.1.clone()).unwrap_or_default();
        Kept { name, back: (now != was).then_some(now), was }
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Opening, open};
    use crate::sim::{Edit, SimTime};

    /// A leader that crashes was leader in its memory alone; its term and its log are on the disk. The run does not move.
    #[test]
    fn the_role_is_lost_and_the_term_is_kept() {
        let mut run = open(&Opening::of("raft-election")).unwrap();
        run.run_until(SimTime::from_ms(1_000));
        let world = run.world();
        let leader = world.node_ids().find(|&n| world.inspect(n).prominent).unwrap();
        assert_eq!(lost(world, leader), []);
        run.edit(Fault::Crash { node: leader, stop: false }).unwrap();
        let hash = run.hash_text();
        let all = lost(run.world(), leader);
        let of = |name: &str| all.iter().find(|k| k.name == name).unwrap();
        assert_eq!((of("role").was.as_str(), of("role").back.as_deref()), ("leader", Some("follower")));
        assert_eq!(of("currentTerm").back, None, "{:?}", of("currentTerm"));
        assert_eq!(run.hash_text(), hash);
    }

    /// What is said of it is what a recovery then shows.
    #[test]
    fn it_is_what_comes_back() {
        let node = NodeId(0);
        for scenario in ["raft-recovery", "two-phase-commit", "quorum-register", "queue"] {
            let crash = Edit::at(200_000, Fault::Crash { node, stop: false });
            let mut run = open(&Opening::of(scenario).and([crash])).unwrap();
            run.run_until(SimTime::from_ms(201));
            if run.world().status(node) != Status::Crashed {
                continue;
            }
            let all = lost(run.world(), node);
            run.edit(Fault::Recover { node }).unwrap();
            let now = lines(run.world(), node);
            for kept in all {
                let shown = now.iter().find(|l| l.0 == kept.name).map(|l| l.1.clone()).unwrap_or_default();
                assert_eq!(kept.back.unwrap_or(kept.was), shown, "{scenario}: {}", kept.name);
            }
        }
    }
}
