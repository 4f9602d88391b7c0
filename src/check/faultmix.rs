//! Mixes of faults, drawn from a seed: what a sweep does to any protocol's servers, and takes back.
//!
//! A fault tries a protocol only while it is at work. One that is done after a tenth of a second is given its faults
//! in that time, by a whole plan that is made to go faster ([`plan_at_work`]).
//!
//! The rule that is easy to break: every fault ends. At the end of the fault phase everybody runs,
//! every wall is down, and links and clocks are well again; what then still goes wrong is the
//! protocol's fault. And each node's troubles follow one after the other, so that no edit is
//! refused because of another.

use crate::sim::fault::{NodePatch, Partition};
use crate::sim::limits;
use crate::sim::link::{LinkModel, LinkPatch};
use crate::sim::streams::{below, setup_stream};
use crate::sim::{Edit, Fault, NodeId, SimTime};
use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;

/// Which faults a run is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mix {
    /// None at all.
    None,
    /// Links lose up to 30 %, duplicate up to 50 %, and set messages aside.
    Lossy,
    /// Walls of all kinds: in two, in three, one way, flapping, around one node; single cut links.
    Partition,
    /// Nodes crash, alone and together, and boot again from their disks.
    Crash,
    /// Nodes pause and are late, clocks drift and leap, messages are delayed.
    Timing,
    /// All of these together.
    All,
}

impl Mix {
    /// Every mix.
    pub const ALL: [Mix; 6] = [Mix::None, Mix::Lossy, Mix::Partition, Mix::Crash, Mix::Timing, Mix::All];

    /// Its name on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Mix::None => "none",
            Mix::Lossy => "lossy",
            Mix::Partition => "partition",
            Mix::Crash => "crash",
            Mix::Timing => "timing",
            Mix::All => "all",
        }
    }

    /// The mix called `id`, if there is one.
    pub fn named(id: &str) -> Option<Mix> {
        Mix::ALL.into_iter().find(|m| m.id() == id)
    }

    fn has(self, part: Mix) -> bool {
        self == part || self == Mix::All
    }
}

/// When faults end in a run until `until`: two thirds of it have them, and a quiet rest follows.
pub fn fault_phase(until: SimTime) -> SimTime {
    SimTime(until.us() * 2 / 3)
}

/// The edits of a run with this mix: faults from the start until `until`, and then, at `until`,
/// what makes everything well again. Two runs with equal arguments are given equal edits.
///
/// A world whose links are reliable, or whose timing is synchronous, refuses some of these edits,
/// and says why; the others stand. Where the time is so long that there would be more than a run takes
/// ([`limits::EDITS`]), drawing ends soon after, and the run refuses them.
pub fn plan(mix: Mix, seed: u64, servers: &[NodeId], until: SimTime) -> Vec<Edit> {
    plan_over(mix, seed, Struck { servers, parted: servers }, until)
}

/// Whom faults strike.
#[derive(Clone, Copy, Debug)]
pub struct Struck<'a> {
    /// Who crashes, pauses, and has a bad clock.
    pub servers: &'a [NodeId],
    /// Between whom walls rise: those who talk to each other.
    pub parted: &'a [NodeId],
}

/// So long is a plan before it is made to go faster: long enough for a few faults of each kind at each node.
const NOMINAL_US: u64 = 5_000_000;

/// Like [`plan`], for a protocol that is at work for a short while: a plan of [`NOMINAL_US`], made to go so much
/// faster that it ends at `until`. What it does first it does before anybody boots.
pub fn plan_at_work(mix: Mix, seed: u64, struck: Struck<'_>, until: SimTime) -> Vec<Edit> {
    let mut edits = plan_over(mix, seed, struck, SimTime(NOMINAL_US));
    for edit in &mut edits {
        let at = u128::from(edit.at_us) * u128::from(until.us()) / u128::from(NOMINAL_US);
        edit.at_us = at as u64;
        edit.after_steps = (edit.at_us == 0).then_some(0);
    }
    edits
}

/// Like [`plan`], with a choice of whom it strikes.
pub fn plan_over(mix: Mix, seed: u64, struck: Struck<'_>, until: SimTime) -> Vec<Edit> {
    let Struck { servers, parted } = struck;
    let mut plan = Plan { seed, servers, parted, until_us: until.us(), edits: Vec::new() };
    if mix.has(Mix::Lossy) {
        plan.lossy();
    }
    if mix.has(Mix::Partition) {
        plan.walls();
    }
    if mix.has(Mix::Timing) {
        plan.clocks();
        plan.delays(mix);
    }
    if mix.has(Mix::Crash) || mix.has(Mix::Timing) {
        plan.stops(mix);
    }
    plan.make_well(mix);
    plan.edits.sort_by_key(|e| e.at_us);
    plan.edits
}

/// The dice of one kind of fault.
struct Dice(Xoshiro256PlusPlus);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        below(self.0.next_u64(), n)
    }

    /// Uniform in `[low, high]`.
    fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    fn shuffled(&mut self, nodes: &[NodeId]) -> Vec<NodeId> {
        let mut v = nodes.to_vec();
        for i in (1..v.len()).rev() {
            v.swap(i, self.below(i as u64 + 1) as usize);
        }
        v
    }
}

struct Plan<'a> {
    seed: u64,
    servers: &'a [NodeId],
    parted: &'a [NodeId],
    until_us: u64,
    edits: Vec<Edit>,
}

const MS: u64 = 1_000;

impl Plan<'_> {
    fn dice(&self, what: &str) -> Dice {
        Dice(setup_stream(self.seed, what))
    }

    /// Whether it goes on at `t`: there is time left, and the run takes more.
    fn goes_on(&self, t: u64) -> bool {
        t < self.until_us && self.edits.len() <= limits::EDITS
    }

    fn at(&mut self, at_us: u64, fault: Fault) {
        self.edits.push(Edit { at_us, after_steps: None, fault });
    }

    /// The links change for the worse and for the better, all together.
    fn lossy(&mut self) {
        let mut dice = self.dice("mix: lossy");
        let mut t = 0;
        while self.goes_on(t) {
            let set = LinkPatch {
                model: Some(LinkModel::FairLoss),
                loss_ppm: Some(dice.below(300_001) as u32),
                duplicate_ppm: Some(dice.below(500_001) as u32),
                reorder_ppm: Some(dice.below(200_001) as u32),
                reorder_us: Some(dice.between(5 * MS, 60 * MS)),
                ..LinkPatch::default()
            };
            self.at(t, Fault::Links { set });
            t += dice.between(500 * MS, 2_500 * MS);
        }
    }

    /// One wall, or one cut link, after the other, with a rest between most of them.
    fn walls(&mut self) {
        if self.parted.len() < 2 {
            return;
        }
        let mut dice = self.dice("mix: partition");
        let mut t = dice.between(200 * MS, 800 * MS);
        while self.goes_on(t) {
            let fault = self.wall(&mut dice);
            self.at(t, fault);
            t += dice.between(200 * MS, 2_000 * MS);
            if t < self.until_us && dice.below(4) > 0 {
                self.at(t, Fault::Heal);
                t += dice.between(100 * MS, 900 * MS);
            }
        }
    }

    fn wall(&self, dice: &mut Dice) -> Fault {
        let n = self.parted.len();
        let mut nodes = dice.shuffled(self.parted);
        let kind = dice.below(6);
        if kind == 0 || n < 3 {
            let set = LinkPatch { cut: Some(true), ..LinkPatch::default() };
            let to = nodes[n - 1];
            let from = nodes[0];
            return Fault::Link { from, to, set };
        }
        let size = match kind {
            1 => 1,
            _ => 1 + dice.below(n as u64 - 1) as usize,
        };
        let mut rest = nodes.split_off(size);
        let mut groups = vec![nodes];
        if kind == 2 && rest.len() > 1 {
            let third = rest.split_off(1 + dice.below(rest.len() as u64 - 1) as usize);
            groups.push(third);
        }
        groups.push(rest);
        let (up_us, down_us) = match kind {
            3 => (dice.between(30 * MS, 400 * MS), dice.between(30 * MS, 400 * MS)),
            _ => (0, 0),
        };
        Fault::Partition(Partition { groups, one_way: kind == 4, up_us, down_us })
    }

    /// Each node's clock drifts, leaps, and its steps are late for a while.
    fn clocks(&mut self) {
        for &node in self.servers {
            let mut dice = self.dice(&format!("mix: clock of {node}"));
            let mut t = dice.between(0, 1_500 * MS);
            while self.goes_on(t) {
                let fault = match dice.below(4) {
                    0 => Fault::ClockJump { node, by_us: dice.between(0, 2_000 * MS) as i64 - 1_000_000 },
                    1 => Fault::Node {
                        node,
                        set: NodePatch { late_us: Some(dice.between(0, 5 * MS)), ..NodePatch::default() },
                    },
                    _ => Fault::Node {
                        node,
                        set: NodePatch {
                            drift_ppm: Some(dice.between(0, 400_000) as i32 - 200_000),
                            ..NodePatch::default()
                        },
                    },
                };
                self.at(t, fault);
                t += dice.between(300 * MS, 2_500 * MS);
            }
        }
    }

    /// Messages are set aside for long, so that old ones arrive among new ones.
    fn delays(&mut self, mix: Mix) {
        if mix == Mix::All {
            // The lossy part does the same.
            return;
        }
        let mut dice = self.dice("mix: delays");
        let mut t = 0;
        while self.goes_on(t) {
            let set = LinkPatch {
                reorder_ppm: Some(dice.below(200_001) as u32),
                reorder_us: Some(dice.between(20 * MS, 300 * MS)),
                ..LinkPatch::default()
            };
            self.at(t, Fault::Links { set });
            t += dice.between(500 * MS, 2_500 * MS);
        }
    }

    /// Each node crashes or pauses now and then; at some moments many do.
    fn stops(&mut self, mix: Mix) {
        let mut dice = self.dice("mix: all at once");
        let together = dice.between(self.until_us / 4, self.until_us / 2);
        for &node in self.servers {
            let mut dice = self.dice(&format!("mix: stops of {node}"));
            let mut t = dice.between(100 * MS, 4_000 * MS);
            let mut with_all = dice.below(3) > 0;
            let mut free_from = 0;
            loop {
                if with_all && t >= together {
                    with_all = false;
                    if free_from < together {
                        t = together;
                    }
                }
                if !self.goes_on(t + 10 * MS) {
                    break;
                }
                let pause = match mix {
                    Mix::Timing => true,
                    Mix::Crash => false,
                    _ => dice.below(2) == 0,
                };
                let end = (t + dice.between(20 * MS, 1_800 * MS)).min(self.until_us);
                let (stop, go) = if pause {
                    (Fault::Pause { node }, Fault::Resume { node })
                } else {
                    (Fault::Crash { node, stop: false }, Fault::Recover { node })
                };
                self.at(t, stop);
                self.at(end, go);
                free_from = end + 1;
                t = end + dice.between(100 * MS, 5_000 * MS);
            }
        }
    }

    /// The end of the fault phase.
    fn make_well(&mut self, mix: Mix) {
        let until = self.until_us;
        if mix.has(Mix::Partition) {
            self.at(until, Fault::Heal);
        }
        if mix.has(Mix::Lossy) || mix.has(Mix::Timing) {
            let set = LinkPatch {
                loss_ppm: Some(0),
                duplicate_ppm: Some(0),
                reorder_ppm: Some(0),
                ..LinkPatch::default()
            };
            self.at(until, Fault::Links { set });
        }
        if mix.has(Mix::Timing) {
            for &node in self.servers {
                let set = NodePatch { drift_ppm: Some(0), late_us: Some(0), ..NodePatch::default() };
                self.at(until, Fault::Node { node, set });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(mix: Mix, seed: u64) -> Vec<Edit> {
        let servers: Vec<NodeId> = (0..5).map(NodeId).collect();
        plan(mix, seed, &servers, SimTime::from_ms(10_000))
    }

    #[test]
    fn a_plan_follows_from_its_seed() {
        assert_eq!(of(Mix::None, 1), []);
        for mix in &Mix::ALL[1..] {
            assert_eq!(of(*mix, 7), of(*mix, 7));
            assert_ne!(of(*mix, 7), of(*mix, 8));
            assert_eq!(Mix::named(mix.id()), Some(*mix));
        }
    }

    /// In every plan, each node's stops and goes alternate, and each stop has its go.
    #[test]
    fn nobody_is_left_down_and_nobody_stopped_twice() {
        for seed in 0..200 {
            for mix in Mix::ALL {
                let mut down = [false; 5];
                for edit in of(mix, seed) {
                    assert!(edit.at_us <= 10_000_000);
                    match edit.fault {
                        Fault::Crash { node, .. } | Fault::Pause { node } => {
                            assert!(!std::mem::replace(&mut down[node.index()], true));
                        }
                        Fault::Recover { node } | Fault::Resume { node } => {
                            assert!(std::mem::replace(&mut down[node.index()], false));
                        }
                        _ => {}
                    }
                }
                assert_eq!(down, [false; 5], "{mix:?} {seed}");
            }
        }
    }
}
