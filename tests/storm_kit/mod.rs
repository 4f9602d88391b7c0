//! What the storms share: dice, faults of every kind, and the comparison of a run with a fresh one of
//! the same edits.
//!
//! The rule that is easy to break: what is compared is everything by which two runs at one place
//! could differ, not only the trace's hash.

use faultline::check::Checks;
use faultline::scenario::{Opening, open};
use faultline::sim::hash::mix;
use faultline::sim::history::Run;
use faultline::sim::{
    ByzantineAct, ByzantineRule, Delay, Fault, Layers, LinkModel, LinkPatch, MsgId, NodeId, NodePatch,
    Partition, SimTime, Timing, World,
};

/// Dice that only the storms throw.
pub struct Dice(pub u64);

impl Dice {
    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = mix(self.0.wrapping_add(0x9e37_79b9_7f4a_7c15));
        ((u128::from(self.0) * u128::from(n)) >> 64) as u64
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of `list`.
    pub fn of<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize].clone()
    }
}

/// What is done to a node, or to a message by hand.
fn small_fault(d: &mut Dice, world: &World) -> Fault {
    let node = NodeId(d.below(world.node_count() as u64) as u16);
    let flights = world.in_flight();
    let msg = match flights.len() {
        0 => MsgId(d.below(50) as u32),
        _ => d.of(&flights).msg,
    };
    match d.below(16) {
        0 | 1 => Fault::Crash { node, stop: false },
        2 | 3 => Fault::Recover { node },
        4 => Fault::Pause { node },
        5 => Fault::Resume { node },
        6 | 7 => Fault::ClockJump { node, by_us: d.below(400_000) as i64 - 200_000 },
        8 => Fault::Drop { msg },
        9 => Fault::Hold { msg },
        10 => Fault::Release { msg },
        11 => Fault::Duplicate { msg },
        12 => Fault::Corrupt { msg },
        13 => Fault::DeliverNow { msg },
        14 => Fault::Byzantine {
            node,
            rules: vec![ByzantineRule {
                to: None,
                act: d.of(&[
                    ByzantineAct::Silence,
                    ByzantineAct::Lie,
                    ByzantineAct::Replay,
                    ByzantineAct::Delay(9_000),
                ]),
            }],
        },
        _ => Fault::Node {
            node,
            set: NodePatch {
                drift_ppm: d.one_in(2).then(|| d.below(600_000) as i32 - 300_000),
                service_us: d.one_in(2).then(|| d.below(4_000)),
                sync_us: d.one_in(2).then(|| d.below(9_000)),
                send_omission_ppm: d.one_in(4).then_some(100_000),
                receive_omission_ppm: d.one_in(4).then_some(100_000),
                late_us: d.one_in(4).then_some(2_000),
            },
        },
    }
}

fn patch(d: &mut Dice) -> LinkPatch {
    LinkPatch {
        model: d.one_in(3).then_some(LinkModel::Arbitrary),
        delay: d.one_in(3).then(|| Delay::Exponential { min_us: 500, mean_us: 1 + d.below(60_000) }),
        loss_ppm: d.one_in(3).then(|| d.below(400_000) as u32),
        duplicate_ppm: d.one_in(3).then(|| d.below(400_000) as u32),
        corrupt_ppm: d.one_in(4).then(|| d.below(200_000) as u32),
        reorder_ppm: d.one_in(3).then(|| d.below(400_000) as u32),
        fifo: d.one_in(3).then(|| d.one_in(2)),
        bandwidth_bytes_s: d.one_in(5).then(|| d.below(400_000)),
        cut: d.one_in(4).then(|| d.one_in(2)),
        layers: d.one_in(2).then(|| Layers {
            retransmit_us: d.below(2) * 40_000,
            dedupe: d.one_in(2),
            reorder: d.one_in(2),
            authenticate: d.one_in(2),
        }),
        ..LinkPatch::default()
    }
}

/// Any fault: many will be refused, which must change nothing.
pub fn any_fault(d: &mut Dice, world: &World) -> Fault {
    let n = world.node_count() as u64;
    let (from, to) = (NodeId(d.below(n) as u16), NodeId(d.below(n) as u16));
    match d.below(30) {
        0..18 => small_fault(d, world),
        18..22 => Fault::Link { from, to, set: patch(d) },
        22 | 23 => Fault::Links { set: patch(d) },
        24 | 25 => {
            let flaps = d.one_in(2);
            let mut groups = vec![Vec::new(), Vec::new()];
            for node in world.node_ids() {
                groups[d.below(2) as usize].push(node);
            }
            Fault::Partition(Partition {
                groups,
                one_way: d.one_in(3),
                up_us: if flaps { 30_000 } else { 0 },
                down_us: if flaps { 20_000 } else { 0 },
            })
        }
        26 => Fault::Heal,
        27 => Fault::Timing {
            timing: d.of(&[
                Timing::Asynchronous,
                Timing::Gst { gst_us: 700_000, delay_us: 20_000 },
                Timing::Alternating { good_us: 100_000, bad_us: 50_000, delay_us: 30_000 },
                Timing::UnknownBound { at_most_us: 60_000 },
                Timing::BoundedAsync { delay_us: 60_000 },
            ]),
        },
        _ => Fault::Request {
            node: from,
            request: d.of(&["send", "start", "put x 1", "set x=1", "x=1", "attack"]).into(),
        },
    }
}

/// Everything by which two runs at one place could differ.
pub fn assert_same(run: &Run<Checks>, fresh: &Run<Checks>, what: &str) {
    let (a, b) = (run.world(), fresh.world());
    assert_eq!(a.events(), b.events(), "{what}: events");
    assert_eq!(a.hash_text(), b.hash_text(), "{what}: trace hash");
    assert_eq!(a.fingerprint(), b.fingerprint(), "{what}: state");
    let flights = |w: &World| {
        format!(
            "{:?}",
            w.in_flight().iter().map(|f| (f.msg, f.sent, f.due, f.held, f.doom)).collect::<Vec<_>>()
        )
    };
    assert_eq!(flights(a), flights(b), "{what}: in flight");
    for node in a.node_ids() {
        assert_eq!(a.timers(node), b.timers(node), "{what}: timers of {node}");
        assert_eq!(a.disk(node), b.disk(node), "{what}: disk of {node}");
    }
    assert_eq!(run.watcher().lines(), fresh.watcher().lines(), "{what}: checks");
    if amid(run) {
        // A refused edit leaves no event, nor does a timer that rings at a node which is paused or busy, and waits: it may lie
        // on either side of a position.
        return;
    }
    for node in a.node_ids() {
        assert_eq!(a.waiting(node), b.waiting(node), "{what}: inbox of {node}");
    }
    assert_eq!(run.edits_made(), fresh.edits_made(), "{what}: edits made");
    let made = |r: &Run<Checks>| {
        format!("{:?}", r.refused().iter().filter(|&(&i, _)| i < r.edits_made()).collect::<Vec<_>>())
    };
    assert_eq!(made(run), made(fresh), "{what}: refused");
    let (old, new) = (run.trace(), fresh.trace());
    for (id, event) in new.events_from(faultline::sim::EventId(0)) {
        assert_eq!(old.get(id), Some(event), "{what}: event {id}");
    }
    for i in 0..new.messages() as u32 {
        let of = |r: &Run<Checks>| {
            let s = r.trace().sent(MsgId(i));
            let kind = r.trace().kind(MsgId(i)).name;
            (s.cause, s.from, s.to, s.mark, kind)
        };
        assert_eq!(of(run), of(fresh), "{what}: message {i}");
        let fate = old.fate(MsgId(i)).filter(|e| e.index() < new.len());
        assert_eq!(fate, new.fate(MsgId(i)), "{what}: fate of message {i}");
    }
    let notes = |r: &Run<Checks>| {
        let all = r.trace().notes().iter();
        all.filter(|(e, _)| e.index() < new.len()).cloned().collect::<Vec<_>>()
    };
    assert_eq!(notes(run), notes(fresh), "{what}: notes");
    assert!(new.faults().len() <= old.faults().len(), "{what}: faults");
    assert_eq!(&old.faults()[..new.faults().len()], new.faults(), "{what}: faults");
}

/// A fresh run of the same edits, taken in one go to where `run` stands.
pub fn again(opening: &Opening, run: &Run<Checks>) -> Run<Checks> {
    let mut fresh = open(&opening.clone().and(run.edits().to_vec())).expect("it opens again");
    fresh.seek_event(run.position());
    // Refused edits and entries without an event leave no mark in the position.
    if !amid(run) {
        fresh.run_until(run.time());
    }
    fresh
}

/// Whether more is to happen at the very moment at which the run stands.
pub fn amid(run: &Run<Checks>) -> bool {
    let entry = run.world().peek_time();
    let edit = run.edits().get(run.edits_made()).map(|e| SimTime(e.at_us));
    entry.into_iter().chain(edit).any(|t| t <= run.time())
}
