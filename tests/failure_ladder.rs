//! The ladder of failures, climbed by one node of each of four protocols: crash, omission, timing, Byzantine (Cristian and others 1985;
//! Cristian 1991). Which of them still keep their word, over many seeds?
//!
//! The rule that is easy to break: each rung's fault is that rung's alone. That whoever falls at a rung stays down on all above is
//! what runs have to show, so nothing here may do on a higher rung what belongs to a lower one.
#![cfg(not(target_arch = "wasm32"))]

use faultline::check::Verdict;
use faultline::kit::bench::{Bench, Trial};
use faultline::protocols::find;
use faultline::sim::fault::{ByzantineAct, ByzantineRule};
use faultline::sim::link::LinkModel;
use faultline::sim::{Fault, NodeId, NodePatch, Timing};

const SEEDS: u64 = 150;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rung {
    Crash,
    Omission,
    Timing,
    Byzantine,
}

const RUNGS: [Rung; 4] = [Rung::Crash, Rung::Omission, Rung::Timing, Rung::Byzantine];

impl Rung {
    /// What goes wrong with `node` from some moment on, until the end. The same for all protocols.
    fn fault(self, node: NodeId, seed: u64) -> Fault {
        match self {
            Rung::Crash => Fault::Crash { node, stop: true },
            // Between a tenth and nine tenths of what it should send and hear.
            Rung::Omission => {
                let ppm = Some(100_000 * (1 + seed % 9) as u32);
                let set =
                    NodePatch { send_omission_ppm: ppm, receive_omission_ppm: ppm, ..NodePatch::default() };
                Fault::Node { node, set }
            }
            // It does all that it should, a fifth of a second to a second late.
            Rung::Timing => {
                let set = NodePatch { late_us: Some(200_000 * (1 + seed % 5)), ..NodePatch::default() };
                Fault::Node { node, set }
            }
            Rung::Byzantine => {
                let acts = [ByzantineAct::Lie, ByzantineAct::Delay(900_000), ByzantineAct::Replay];
                let act = acts[(seed % 3) as usize];
                Fault::Byzantine { node, rules: vec![ByzantineRule { to: None, act }] }
            }
        }
    }
}

/// A protocol, who of it fails, and its word.
struct Climber {
    id: &'static str,
    settings: &'static [&'static str],
    /// Who fails, by name, and before when.
    who: &'static str,
    before_ms: u64,
    until_ms: u64,
    /// What must not break, and what must have come about.
    unbroken: &'static [&'static str],
    kept: &'static [&'static str],
    /// On how many rungs it stands, from below.
    stands: usize,
}

/// Each stands one rung higher than the one before.
const CLIMBERS: [Climber; 4] = [
    Climber {
        id: "heartbeat",
        settings: &["delays=bounded"],
        who: "P2",
        before_ms: 4_000,
        until_ms: 15_000,
        unbroken: &["Strong accuracy", "Detection"],
        kept: &["Strong completeness"],
        stands: 1,
    },
    Climber {
        id: "lock-service",
        settings: &["fencing=false"],
        who: "Client A",
        before_ms: 2_000,
        until_ms: 15_000,
        unbroken: &["One holder", "Newest token"],
        kept: &[],
        stands: 2,
    },
    Climber {
        id: "paxos",
        settings: &["start=in-turn", "gap_ms=100"],
        who: "A2",
        before_ms: 60,
        until_ms: 60_000,
        unbroken: &["Agreement", "Integrity"],
        kept: &["Termination"],
        stands: 3,
    },
    Climber {
        id: "pbft",
        settings: &[],
        who: "R0",
        before_ms: 600,
        until_ms: 60_000,
        unbroken: &["Order in a view", "Agreement", "Validity", "Once", "Linearizable"],
        kept: &["Every request is answered"],
        stands: 4,
    },
];

impl Climber {
    /// Nothing but the links of Paxos is bad besides, as it allows: three in ten are lost. Nobody promises a bound, for on the third rung
    /// there is none.
    fn bench(&self) -> Bench {
        let bench = Bench::of(find(self.id).unwrap(), self.settings).until_ms(self.until_ms);
        match self.id {
            "paxos" => bench.changed(|setup| {
                setup.timing = Timing::Asynchronous;
                setup.link.model = LinkModel::FairLoss;
                setup.link.loss_ppm = 300_000;
            }),
            _ => bench.changed(|setup| setup.timing = Timing::Asynchronous),
        }
    }

    fn node(&self) -> NodeId {
        let start = self.bench().start(0);
        let world = start.world();
        world.node_ids().find(|&n| world.name(n) == self.who).unwrap()
    }

    fn keeps_its_word(&self, run: &Trial) -> bool {
        let kept = |name: &&str| run.line(name).verdict == Verdict::Holding;
        !self.unbroken.iter().any(|name| run.breaks(name)) && self.kept.iter().all(kept)
    }

    /// In how many runs it does not keep its word on this rung.
    fn falls(&self, rung: Rung) -> usize {
        let (bench, node) = (self.bench(), self.node());
        let fell = |&seed: &u64| {
            let at_ms = 1 + seed * 7_919 % self.before_ms;
            let run = bench.clone().at(at_ms, rung.fault(node, seed)).run(seed);
            !self.keeps_its_word(&run)
        };
        (0..SEEDS).filter(fell).count()
    }
}

/// Without any failure all four keep their word, so what falls falls for its rung.
#[test]
fn nobody_falls_from_the_ground() {
    for climber in &CLIMBERS {
        let bench = climber.bench();
        let fell = (0..SEEDS).find(|&seed| !climber.keeps_its_word(&bench.run(seed)));
        assert_eq!(fell, None, "{}", climber.id);
    }
}

/// A detector by heartbeats bears a crash, leases omission as well, Paxos lateness, PBFT a liar. And nobody recovers while sliding up:
/// who has fallen at a rung falls at every higher one.
#[test]
fn each_protocol_falls_at_a_rung_and_from_all_above() {
    let mut told = String::new();
    let mut wrong = Vec::new();
    for climber in &CLIMBERS {
        let falls = RUNGS.map(|rung| climber.falls(rung));
        told += &format!("{}: {falls:?} of {SEEDS} runs fall\n", climber.id);
        let stands = falls.map(|n| n == 0);
        let monotone = stands.windows(2).all(|pair| pair[0] || !pair[1]);
        let expected = [0, 1, 2, 3].map(|rung| rung < climber.stands);
        if stands != expected || !monotone {
            wrong.push(climber.id);
        }
    }
    println!("{told}");
    assert!(wrong.is_empty(), "{wrong:?}\n{told}");
}
