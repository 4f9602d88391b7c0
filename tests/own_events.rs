//! A node changes on its own events alone: what happens at one changes nothing that another is, has or remembers,
//! its ends of links among it. What another must learn arrives in a message.
//!
//! The rule that is easy to break: this must hold for every protocol and every layer. Two nodes that share a cell in
//! memory know of each other what no message has told them.
#![cfg(not(target_arch = "wasm32"))]

use faultline::check::faultmix::Mix;
use faultline::scenario::sweep::Sweep;
use faultline::scenario::{self, Opening, open};
use faultline::sim::{Edit, Fault, Layers, LinkPatch, NodeId, SimTime, Trace, World};

const LENGTH: SimTime = SimTime::from_ms(3_000);
const STEPS: u32 = 1_200;

/// A world that is looked at before and after everything that happens in it.
struct Watched {
    world: World,
    trace: Trace,
    nodes: Vec<u64>,
    steps: u32,
}

impl Watched {
    fn of(opening: &Opening) -> Self {
        let bare = Opening { edits: Vec::new(), ..opening.clone() };
        let world = open(&bare).unwrap().world().clone();
        let nodes = world.node_ids().map(|n| world.node_fingerprint(n)).collect();
        Watched { world, trace: Trace::new(), nodes, steps: 0 }
    }

    /// Who has changed since this was asked last.
    fn changed(&mut self) -> Vec<NodeId> {
        let world = &self.world;
        let now: Vec<u64> = world.node_ids().map(|n| world.node_fingerprint(n)).collect();
        let changed = world.node_ids().filter(|n| now[n.index()] != self.nodes[n.index()]);
        let changed = changed.collect();
        self.nodes = now;
        changed
    }

    /// Runs until `at`, step by step.
    fn run_until(&mut self, at: SimTime, what: &str) {
        while self.steps < STEPS && self.world.next_time().is_some_and(|t| t < at) {
            let before = self.world.events();
            if !self.world.step(&mut self.trace) {
                return;
            }
            self.steps += 1;
            let (changed, event) = (self.changed(), *self.world.last_event());
            let own = |n: &NodeId| *n == event.node;
            match self.world.events() - before {
                0 => assert!(changed.len() <= 1, "{what}: {changed:?} in a step without an event"),
                _ => assert!(changed.iter().all(own), "{what}: {changed:?} at {event:?}"),
            }
        }
    }

    /// Makes an edit: of a node, it changes that node; of a link, its two ends.
    fn edit(&mut self, edit: &Edit, what: &str) {
        self.run_until(SimTime(edit.at_us), what);
        self.world.wait_until(SimTime(edit.at_us));
        let made = self.world.apply(&edit.fault, &mut self.trace).is_ok();
        let changed = self.changed();
        let meant = |n: NodeId| match &edit.fault {
            Fault::Links { .. } => true,
            Fault::Link { from, to, .. } => n == *from || n == *to,
            other => other.node() == Some(n),
        };
        assert!(made || changed.is_empty(), "{what}: {:?} is refused and changes {changed:?}", edit.fault);
        assert!(changed.iter().all(|&n| meant(n)), "{what}: {:?} changes {changed:?}", edit.fault);
    }
}

#[test]
fn an_event_at_a_node_changes_no_other_node() {
    let layers = [
        None,
        Some(Layers { retransmit_us: 30_000, dedupe: true, reorder: true, authenticate: false }),
        Some(Layers { reorder: true, ..Layers::default() }),
    ];
    let mut events = 0;
    for def in scenario::all() {
        for (mix, seed) in [(Mix::All, 1), (Mix::Crash, 2), (Mix::All, 3)] {
            let sweep = Sweep::of(&def.opening(), mix, LENGTH).unwrap();
            let opening = sweep.at(seed).unwrap();
            for layers in layers {
                let what = format!("{}, mix {}, seed {seed}, {layers:?}", def.id, mix.id());
                let mut run = Watched::of(&opening);
                if layers.is_some() {
                    let fault = Fault::Links { set: LinkPatch { layers, ..LinkPatch::default() } };
                    run.edit(&Edit::at(0, fault), &what);
                }
                opening.edits.iter().for_each(|e| run.edit(e, &what));
                run.run_until(LENGTH, &what);
                events += run.world.events();
            }
        }
    }
    assert!(events > 50_000, "{events} events were looked at");
}
