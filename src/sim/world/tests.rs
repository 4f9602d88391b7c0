//! Tests of the world, with one small protocol: every node sends a numbered token to the next at
//! each tick, and keeps on disk how many it has had.

use super::*;
use crate::sim::fault::{ByzantineAct, ByzantineRule, Edit, Fault, NodePatch};
use crate::sim::history::Run;
use crate::sim::link::{Layers, Link, LinkModel, LinkPatch};
use crate::sim::message::{Kind, Message, Shape, Tone};
use crate::sim::protocol::{Ctx, Protocol};
use crate::sim::time::Span;
use crate::sim::trace::{EventKind, Trace};
use crate::sim::{Delay, Host, Inspect};

#[derive(Clone, Debug, Hash)]
struct Token(u32);

impl Message for Token {
    fn kind(&self) -> Kind {
        Kind {
            name: "token",
            shape: Shape::Disc,
            tone: Tone::Blue,
        }
    }
    fn bytes(&self) -> u32 {
        100
    }
    fn corrupted(&self, draw: u64) -> Option<Self> {
        draw.is_multiple_of(2).then_some(Token(self.0 ^ 1))
    }
}

/// Sends a token every `every_ms` (never if 0), on request too; remembers what it got.
#[derive(Clone, Debug, Default, Hash)]
struct Ticker {
    every_ms: u64,
    sync_first: bool,
    sent: u32,
    got: Vec<u32>,
}

impl Ticker {
    fn send(&mut self, ctx: &mut Ctx<'_, Self>) {
        let to = NodeId((ctx.me().0 + 1) % ctx.nodes());
        self.sent += 1;
        ctx.send(to, Token(self.sent));
    }
}

impl Protocol for Ticker {
    type Msg = Token;
    type Timer = u8;
    type Stable = u32;

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.every_ms > 0 {
            ctx.set_timer(0, Span::ms(self.every_ms));
        }
    }
    fn restart(&mut self, ctx: &mut Ctx<'_, Self>) {
        let (every_ms, sync_first) = (self.every_ms, self.sync_first);
        *self = Ticker {
            every_ms,
            sync_first,
            sent: *ctx.durable(),
            got: Vec::new(),
        };
        self.start(ctx);
    }
    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, _: NodeId, msg: &Token) {
        self.got.push(msg.0);
        if self.sync_first {
            ctx.persist(msg.0);
            ctx.note("had it on disk");
            let to = NodeId((ctx.me().0 + 1) % ctx.nodes());
            ctx.send(to, Token(msg.0 + 1_000));
        } else {
            ctx.write(msg.0);
        }
    }
    fn on_timer(&mut self, ctx: &mut Ctx<'_, Self>, _: u8) {
        self.send(ctx);
        ctx.set_timer(0, Span::ms(self.every_ms));
    }
    fn on_request(&mut self, ctx: &mut Ctx<'_, Self>, _: &str) {
        self.send(ctx);
    }
    fn accepts(&self, request: &str) -> Result<(), String> {
        if request == "send" {
            Ok(())
        } else {
            Err("it understands 'send'".to_owned())
        }
    }
    fn inspect(&self) -> Inspect {
        Inspect::default()
    }
    fn lie(&self, msg: &Token, to: NodeId, _: u64) -> Option<Token> {
        Some(Token(msg.0 + 10_000 * u32::from(to.0)))
    }
}

fn setup(n: u16, every_ms: u64, link: Link) -> Setup {
    let ticker = || Ticker {
        every_ms,
        ..Ticker::default()
    };
    Setup {
        seed: 7,
        link,
        nodes: (0..n)
            .map(|i| NodeSetup::server(format!("N{i}"), Host::boxed(ticker())))
            .collect(),
        ..Setup::default()
    }
}

fn constant(us: u64) -> Link {
    Link::fair_loss(Delay::Constant { us }, 0)
}

fn run(setup: Setup) -> Run {
    Run::new(setup, (), Vec::new()).unwrap()
}

fn got(run: &Run, node: u16) -> Vec<u32> {
    let t: &Ticker = run.world().node_as(NodeId(node)).unwrap();
    t.got.clone()
}

fn losses(run: &Run) -> Vec<Loss> {
    let all = run.trace().events_from(EventId(0));
    all.filter(|(_, e)| e.kind == EventKind::Lost)
        .map(|(_, e)| e.loss)
        .collect()
}

fn send(run: &mut Run) {
    run.edit(Fault::Request {
        node: NodeId(0),
        request: "send".into(),
    })
    .unwrap();
}

fn ms(ms: u64) -> SimTime {
    SimTime::from_ms(ms)
}

#[test]
fn a_message_arrives_after_its_delay() {
    let mut r = run(setup(2, 10, constant(3_000)));
    r.run_until(ms(12));
    assert!(got(&r, 1).is_empty());
    r.run_until(ms(13));
    assert_eq!(got(&r, 1), [1]);
    let mut arrivals = r.trace().events_from(EventId(0));
    let first = arrivals.find(|(_, e)| e.kind == EventKind::Deliver);
    assert_eq!(first.unwrap().1.time, ms(13));
}

#[test]
fn the_same_seed_gives_the_same_hash_and_another_seed_another() {
    let hash = |seed| {
        let mut s = setup(3, 10, Link::fair_loss(Delay::default(), 300_000));
        s.seed = seed;
        let mut r = run(s);
        r.run_until(ms(1_000));
        r.hash_text()
    };
    assert_eq!(hash(1), hash(1));
    assert_ne!(hash(1), hash(2));
}

fn stormy() -> Run {
    let link = Link {
        duplicate_ppm: 200_000,
        reorder_ppm: 100_000,
        ..Link::fair_loss(Delay::default(), 300_000)
    };
    let at = |ms: u64, fault| Edit::at(ms * 1_000, fault);
    let node = NodeId(1);
    let partition = Partition {
        groups: vec![vec![NodeId(0)], vec![NodeId(1), NodeId(2)]],
        up_us: 30_000,
        down_us: 20_000,
        ..Partition::default()
    };
    let edits = vec![
        at(50, Fault::Crash { node, stop: false }),
        at(120, Fault::Recover { node }),
        at(200, Fault::Partition(partition)),
        at(300, Fault::Pause { node }),
        at(400, Fault::Resume { node }),
        at(450, Fault::ClockJump { node, by_us: 5_000 }),
        at(600, Fault::Heal),
    ];
    Run::new(setup(3, 7, link), (), edits).unwrap()
}

#[test]
fn a_clone_has_the_same_future() {
    let mut a = stormy();
    a.run_until(ms(250));
    let mut b = a.fork();
    a.run_until(ms(900));
    b.run_until(ms(900));
    assert_eq!(a.hash_text(), b.hash_text());
}

#[test]
fn every_position_is_reached_again_with_the_same_hash() {
    let mut r = stormy();
    r.run_until(ms(900));
    let (end, events) = (r.hash_text(), r.position());
    let mut fresh = stormy();
    let mut hashes = vec![fresh.hash_text()];
    while fresh.position() < events && fresh.step() {
        hashes.push(fresh.hash_text());
    }
    for k in (0..events).rev().step_by(13) {
        r.seek_event(k);
        assert_eq!(r.hash_text(), hashes[k as usize], "event {k}");
    }
    r.back(1);
    r.seek(ms(900));
    assert_eq!(r.hash_text(), end);
    assert_eq!(r.trace().len(), events as usize);
    assert_eq!(r.trace().notes().len(), fresh.trace().notes().len());
}

#[test]
fn an_edit_is_undone_and_made_again_to_the_bit() {
    let mut r = stormy();
    r.run_until(ms(330));
    let before = r.hash_text();
    let mut plain = r.fork();
    let node = NodeId(0);
    r.edit(Fault::Crash { node, stop: false }).unwrap();
    r.run_until(ms(700));
    let crashed = r.hash_text();
    assert!(r.undo());
    plain.run_until(ms(700));
    assert_eq!(r.hash_text(), plain.hash_text());
    assert_ne!(crashed, plain.hash_text());
    assert!(r.redo());
    assert_eq!(r.hash_text(), crashed);
    r.seek(ms(330));
    assert!(r.undo());
    assert_eq!(r.hash_text(), before);
    r.run_until(ms(700));
    assert_eq!(r.hash_text(), plain.hash_text());
}

#[test]
fn an_edit_amid_an_instant_is_made_there_again() {
    let mut r = run(setup(5, 10, constant(0)));
    r.run_until(ms(9));
    // Five timers run out at one instant; stop after the second.
    (0..2).for_each(|_| assert!(r.step()));
    let node = NodeId(4);
    r.edit(Fault::Crash { node, stop: true }).unwrap();
    r.run_until(ms(50));
    let (hash, edits) = (r.hash_text(), r.edits().to_vec());
    assert!(edits[0].after_steps.is_some());
    let mut again = Run::new(setup(5, 10, constant(0)), (), edits).unwrap();
    again.run_until(ms(50));
    assert_eq!(again.hash_text(), hash);
}

/// 30 % of the 1,000 messages of each of 3 links: 300 with a standard deviation of 14.5.
#[test]
fn losing_on_one_link_leaves_the_luck_of_the_others_alone() {
    let mut a = run(setup(3, 10, Link::fair_loss(Delay::default(), 300_000)));
    let mut b = a.fork();
    let (from, to) = (NodeId(0), NodeId(1));
    let set = LinkPatch {
        loss_ppm: Some(900_000),
        ..LinkPatch::default()
    };
    b.edit(Fault::Link { from, to, set }).unwrap();
    a.run_until(ms(10_050));
    b.run_until(ms(10_050));
    assert_eq!(got(&a, 2), got(&b, 2));
    assert_eq!(got(&a, 0), got(&b, 0));
    assert!(got(&a, 1).len() > 600 && got(&b, 1).len() < 160);
    assert!((got(&a, 2).len() as i64 - 700).abs() < 60);
}

#[test]
fn a_crash_drops_exactly_what_was_not_synced() {
    // Written, not synced: forgotten.
    let mut r = run(setup(2, 0, constant(1_000)));
    send(&mut r);
    r.run_until(ms(5));
    assert_eq!(r.world().disk(NodeId(1)), ("1".to_owned(), "0".to_owned()));
    let node = NodeId(1);
    r.edit(Fault::Crash { node, stop: false }).unwrap();
    assert_eq!(r.world().disk(node), ("0".to_owned(), "0".to_owned()));
    r.edit(Fault::Recover { node }).unwrap();
    assert!(got(&r, 1).is_empty());
}

fn syncing() -> Run {
    let mut s = setup(2, 0, constant(1_000));
    let node = Ticker {
        sync_first: true,
        ..Ticker::default()
    };
    s.nodes[1].node = Host::boxed(node);
    s.nodes[1].config.sync_us = 4_000;
    let mut r = run(s);
    send(&mut r);
    r
}

#[test]
fn what_follows_a_sync_waits_for_the_disk() {
    let mut r = syncing();
    r.run_until(ms(4));
    assert_eq!(r.world().messages(), 1);
    assert_eq!(r.world().durable_as::<u32>(NodeId(1)), Some(&0));
    r.run_until(ms(5));
    assert_eq!(r.world().messages(), 2);
    assert_eq!(r.world().durable_as::<u32>(NodeId(1)), Some(&1));
    assert_eq!(r.trace().notes().len(), 1);
    r.run_until(ms(7));
    assert_eq!(got(&r, 0), [1_001]);
}

#[test]
fn a_crash_before_the_disk_answers_drops_the_write_and_the_reply() {
    let mut r = syncing();
    r.run_until(ms(3));
    let node = NodeId(1);
    r.edit(Fault::Crash { node, stop: false }).unwrap();
    r.edit(Fault::Recover { node }).unwrap();
    r.run_until(ms(50));
    assert!(got(&r, 0).is_empty());
    assert_eq!(r.world().durable_as::<u32>(node), Some(&0));
}

#[test]
fn a_pause_loses_nothing_but_time() {
    let mut r = run(setup(2, 10, constant(1_000)));
    r.run_until(ms(15));
    let node = NodeId(1);
    r.edit(Fault::Pause { node }).unwrap();
    r.run_until(ms(55));
    assert_eq!(got(&r, 1), [1]);
    assert_eq!(r.world().waiting(node), 5, "four tokens and its own timer");
    r.edit(Fault::Resume { node }).unwrap();
    r.run_until(ms(55));
    assert_eq!(got(&r, 1), [1, 2, 3, 4, 5]);
}

#[test]
fn a_crashed_receiver_a_cut_and_a_partition_lose_with_their_reason() {
    let mut r = run(setup(2, 0, constant(10_000)));
    let node = NodeId(1);
    send(&mut r);
    r.run_until(ms(5));
    let cut = |cut| Fault::Link {
        from: NodeId(0),
        to: node,
        set: LinkPatch {
            cut: Some(cut),
            ..LinkPatch::default()
        },
    };
    r.edit(cut(true)).unwrap();
    send(&mut r);
    r.run_until(ms(20));
    assert_eq!(losses(&r), [Loss::Cut, Loss::Cut]);
    r.edit(Fault::Heal).unwrap();
    let wall = Partition {
        groups: vec![vec![NodeId(0)], vec![node]],
        ..Partition::default()
    };
    r.edit(Fault::Partition(wall)).unwrap();
    send(&mut r);
    r.run_until(ms(40));
    r.edit(Fault::Heal).unwrap();
    r.edit(Fault::Crash { node, stop: false }).unwrap();
    send(&mut r);
    r.run_until(ms(60));
    assert_eq!(losses(&r)[2..], [Loss::Partition, Loss::ReceiverDown]);
    r.edit(Fault::Recover { node }).unwrap();
    send(&mut r);
    r.run_until(ms(80));
    assert_eq!(got(&r, 1), [5]);
}

#[test]
fn one_way_and_flapping_partitions_block_what_they_say() {
    let mut r = run(setup(2, 10, constant(1_000)));
    r.run_until(ms(5));
    let groups = vec![vec![NodeId(0)], vec![NodeId(1)]];
    let one_way = Partition {
        groups: groups.clone(),
        one_way: true,
        ..Partition::default()
    };
    r.edit(Fault::Partition(one_way)).unwrap();
    r.run_until(ms(45));
    assert_eq!((got(&r, 1).len(), got(&r, 0).len()), (0, 4));
    r.edit(Fault::Heal).unwrap();
    let flapping = Partition {
        groups,
        up_us: 20_000,
        down_us: 20_000,
        ..Partition::default()
    };
    r.edit(Fault::Partition(flapping)).unwrap();
    r.run_until(ms(125));
    // Up 45..65 and 85..105: of the tokens of 50, 60, ..., 120, those of 70, 80, 110, 120 pass.
    assert_eq!(got(&r, 1).len(), 4);
}

#[test]
fn one_message_can_be_dropped_held_doubled_changed_and_hurried() {
    let arbitrary = Link {
        model: LinkModel::Arbitrary,
        ..constant(10_000)
    };
    let mut r = run(setup(2, 0, arbitrary));
    (0..5).for_each(|_| send(&mut r));
    r.run_until(ms(1));
    let flights = r.world().in_flight();
    let msg = |i: usize| flights[i].msg;
    r.edit(Fault::Drop { msg: msg(0) }).unwrap();
    r.edit(Fault::Hold { msg: msg(1) }).unwrap();
    r.edit(Fault::Duplicate { msg: msg(2) }).unwrap();
    r.edit(Fault::Corrupt { msg: msg(3) }).unwrap();
    r.edit(Fault::DeliverNow { msg: msg(4) }).unwrap();
    r.run_until(ms(1));
    assert_eq!(got(&r, 1), [5]);
    r.run_until(ms(30));
    assert_eq!(losses(&r).len() + got(&r, 1).len(), 5);
    assert_eq!(got(&r, 1)[1], 3);
    assert!(got(&r, 1)[1..].iter().filter(|&&t| t == 3).count() == 2);
    r.edit(Fault::Release { msg: msg(1) }).unwrap();
    r.run_until(ms(30));
    assert_eq!(got(&r, 1).last(), Some(&2));
    let gone = r.edit(Fault::Drop { msg: msg(1) }).unwrap_err();
    assert_eq!(gone.code, "unknown-message");
}

/// 100 bytes at 10,000 bytes a second take 10 ms each; a buffer of 250 bytes has room for two more
/// behind the one that is being sent.
#[test]
fn a_narrow_link_queues_and_then_drops() {
    let link = Link {
        bandwidth_bytes_s: 10_000,
        buffer_bytes: 250,
        ..constant(1_000)
    };
    let mut r = run(setup(2, 0, link));
    (0..4).for_each(|_| send(&mut r));
    r.run_until(ms(100));
    let arrivals: Vec<u64> = r
        .trace()
        .events_from(EventId(0))
        .filter(|(_, e)| e.kind == EventKind::Deliver)
        .map(|(_, e)| e.time.us())
        .collect();
    assert_eq!(arrivals, [11_000, 21_000]);
    assert_eq!(losses(&r), [Loss::BufferFull, Loss::BufferFull]);
}

#[test]
fn fifo_keeps_the_order_that_jitter_breaks() {
    let jitter = Delay::Uniform {
        min_us: 1_000,
        max_us: 50_000,
    };
    let inversions = |fifo| {
        let link = Link {
            fifo,
            ..Link::fair_loss(jitter, 0)
        };
        let mut r = run(setup(2, 5, link));
        r.run_until(ms(1_000));
        got(&r, 1).windows(2).filter(|w| w[0] > w[1]).count()
    };
    assert_eq!(inversions(true), 0);
    assert!(inversions(false) > 20);
}

#[test]
fn a_slow_processor_makes_inputs_wait_in_line() {
    let mut s = setup(2, 0, constant(1_000));
    s.nodes[1].config.service_us = 10_000;
    let mut r = run(s);
    (0..3).for_each(|_| send(&mut r));
    r.run_until(ms(1));
    assert!(r.world().is_busy(NodeId(1)));
    r.run_until(ms(40));
    let times: Vec<u64> = r
        .trace()
        .events_from(EventId(0))
        .filter(|(_, e)| e.kind == EventKind::Deliver)
        .map(|(_, e)| e.time.us())
        .collect();
    assert_eq!(times, [11_000, 21_000, 31_000]);
}

#[test]
fn a_fast_clock_rings_early_and_a_jump_rings_at_once() {
    let mut s = setup(2, 100, constant(0));
    s.nodes[0].config.drift_ppm = 250_000;
    let mut r = run(s);
    r.run_until(ms(80));
    assert_eq!(got(&r, 1), [1], "100 ms on a clock 25 % fast are 80 ms");
    assert!(got(&r, 0).is_empty());
    let (node, by_us) = (NodeId(1), 20_000);
    r.edit(Fault::ClockJump { node, by_us }).unwrap();
    r.run_until(ms(80));
    assert_eq!(got(&r, 0), [1]);
}

#[test]
fn omission_silence_lies_and_replays_do_what_they_say() {
    let mut r = run(setup(3, 0, constant(1_000)));
    let node = NodeId(0);
    let mut after = |fault: Fault| {
        r.edit(fault).unwrap();
        let had = got(&r, 1).len();
        send(&mut r);
        let soon = r.time() + Span::ms(5);
        r.run_until(soon);
        got(&r, 1)[had..].to_vec()
    };
    let omit = |ppm| Fault::Node {
        node,
        set: NodePatch {
            send_omission_ppm: Some(ppm),
            ..NodePatch::default()
        },
    };
    let rule = |act| Fault::Byzantine {
        node,
        rules: vec![ByzantineRule { to: None, act }],
    };
    assert_eq!(after(omit(1_000_000)), [0; 0]);
    assert_eq!(after(omit(0)), [2]);
    assert_eq!(after(rule(ByzantineAct::Silence)), [0; 0]);
    assert_eq!(after(rule(ByzantineAct::Lie)), [10_004]);
    assert_eq!(after(rule(ByzantineAct::Replay)), [4]);
    assert_eq!(after(rule(ByzantineAct::Delay(90_000))), [0; 0]);
    let honest = Fault::Byzantine {
        node,
        rules: Vec::new(),
    };
    assert_eq!(after(honest), [7]);
}

#[test]
fn refusals_name_what_and_where_and_change_nothing() {
    let mut r = stormy();
    r.run_until(ms(100));
    let hash = r.hash_text();
    let unknown = NodeId(77);
    let set = || LinkPatch {
        loss_ppm: Some(1_000_000),
        ..LinkPatch::default()
    };
    let (from, to) = (NodeId(0), NodeId(2));
    let timing = Timing::BoundedAsync { delay_us: 10 };
    let same_side = Partition {
        groups: vec![vec![NodeId(0), NodeId(1)]],
        ..Partition::default()
    };
    let node = NodeId(1);
    let cases = [
        (
            Fault::Crash {
                node: unknown,
                stop: false,
            },
            "unknown-node",
        ),
        (Fault::Crash { node, stop: false }, "wrong-state"),
        (
            Fault::Link {
                from,
                to,
                set: set(),
            },
            "not-fair-loss",
        ),
        (Fault::Links { set: set() }, "not-fair-loss"),
        (Fault::Timing { timing }, "outside-timing"),
        (Fault::Partition(same_side), "bad-partition"),
        (Fault::Drop { msg: MsgId(9_999) }, "unknown-message"),
        (
            Fault::Request {
                node: NodeId(0),
                request: "dance".into(),
            },
            "bad-request",
        ),
        (
            Fault::ClockJump {
                node: NodeId(0),
                by_us: i64::MIN,
            },
            "out-of-range",
        ),
    ];
    for (fault, code) in cases {
        let refusal = r.edit(fault.clone()).unwrap_err();
        assert_eq!(refusal.code, code, "{fault:?}: {refusal}");
    }
    assert_eq!(r.hash_text(), hash);
    assert!(r.edits().len() == 7);
}

#[test]
fn under_synchrony_what_breaks_a_bound_is_refused() {
    let mut s = setup(2, 10, constant(5_000));
    s.timing = Timing::Synchronous {
        delay_us: 5_000,
        step_us: 1_000,
        drift_ppm: 100,
    };
    let mut r = run(s);
    let node = NodeId(0);
    let node_set = |set| Fault::Node { node, set };
    let drift = NodePatch {
        drift_ppm: Some(101),
        ..NodePatch::default()
    };
    let slow = NodePatch {
        service_us: Some(1_001),
        ..NodePatch::default()
    };
    let late = NodePatch {
        late_us: Some(50_000),
        ..NodePatch::default()
    };
    for fault in [
        node_set(drift),
        node_set(slow),
        Fault::Pause { node },
        Fault::ClockJump { node, by_us: 1 },
    ] {
        assert_eq!(r.edit(fault).unwrap_err().code, "outside-timing");
    }
    r.edit(node_set(late))
        .expect("a timing failure is a failure, not the model");
    r.run_until(ms(11));
    assert!(r.world().is_busy(node));
}

#[test]
fn after_gst_everything_arrives_within_the_bound() {
    let storm = Delay::HeavyTailed {
        min_us: 50_000,
        shape_milli: 500,
    };
    let mut s = setup(2, 10, Link::fair_loss(storm, 0));
    s.timing = Timing::Gst {
        gst_us: 500_000,
        delay_us: 20_000,
    };
    let mut r = run(s);
    r.run_until(ms(2_000));
    let mut late = 0;
    for (_, e) in r.trace().events_from(EventId(0)) {
        if let (EventKind::Deliver, Some(msg)) = (e.kind, e.msg()) {
            let sent = r.trace().sent_at(msg);
            let took = e.time.since(sent.max(ms(500)));
            assert!(took <= Span::ms(20), "{took}");
            late += u32::from(e.time.since(sent) > Span::ms(20));
        }
    }
    assert!(late > 10, "the storm before GST was one: {late}");
}

fn layered(layers: Layers, loss_ppm: u32) -> Run {
    let link = Link {
        layers,
        ..Link::fair_loss(Delay::default(), loss_ppm)
    };
    run(setup(2, 0, link))
}

#[test]
fn each_layer_mends_exactly_its_fault() {
    let after = |layers| {
        let mut r = layered(layers, 400_000);
        for _ in 0..40 {
            send(&mut r);
            let soon = r.time() + Span::ms(3);
            r.run_until(soon);
        }
        r.run_until(ms(5_000));
        let g = got(&r, 1);
        let mut distinct = g.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let sorted = g.windows(2).all(|w| w[0] <= w[1]);
        (g.len(), distinct.len(), sorted)
    };
    let mut layers = Layers::default();
    let (all, distinct, _) = after(layers);
    assert!(all == distinct && distinct < 35);
    layers.retransmit_us = 30_000;
    let (all, distinct, _) = after(layers);
    assert!(distinct == 40 && all > 40, "a lost acknowledgement doubles");
    layers.dedupe = true;
    let (all, distinct, sorted) = after(layers);
    assert!((all, distinct, sorted) == (40, 40, false));
    layers.reorder = true;
    assert_eq!(after(layers), (40, 40, true));
}

#[test]
fn memory_lost_in_a_crash_brings_duplicates_back() {
    let layers = Layers {
        retransmit_us: 30_000,
        dedupe: true,
        ..Layers::default()
    };
    let mut r = layered(layers, 0);
    // The acknowledgement is lost; the receiver crashes; the retransmission is new to it.
    let (from, to) = (NodeId(1), NodeId(0));
    let set = LinkPatch {
        cut: Some(true),
        ..LinkPatch::default()
    };
    r.edit(Fault::Link { from, to, set }).unwrap();
    send(&mut r);
    r.run_until(ms(25));
    assert_eq!(got(&r, 1), [1]);
    r.edit(Fault::Crash {
        node: from,
        stop: false,
    })
    .unwrap();
    r.edit(Fault::Recover { node: from }).unwrap();
    r.run_until(ms(60));
    assert_eq!(
        got(&r, 1),
        [1],
        "delivered a second time, to a node that forgot the first"
    );
    assert_eq!(
        r.trace()
            .events_from(EventId(0))
            .filter(|(_, e)| e.kind == EventKind::Deliver)
            .count(),
        2
    );
}

#[test]
fn a_loop_without_delay_is_stopped_with_a_sentence() {
    let mut s = setup(2, 0, constant(0));
    let node = || {
        Host::boxed(Ticker {
            sync_first: true,
            ..Ticker::default()
        })
    };
    s.nodes[0].node = node();
    s.nodes[1].node = node();
    let mut r = run(s);
    send(&mut r);
    r.run_until(ms(10));
    let stop = r.world().stopped().unwrap();
    assert_eq!(stop.code, "no-delay");
    assert_eq!(r.edit(Fault::Heal).unwrap_err().code, "no-delay");
    assert!(r.trace().len() > 100_000, "what was recorded is kept");
}

#[test]
fn a_world_without_a_trace_has_the_same_hash() {
    let mut with = World::new(setup(3, 7, Link::fair_loss(Delay::default(), 200_000))).unwrap();
    let mut without = with.clone();
    let (mut on, mut off) = (Trace::new(), Trace::off());
    with.run_until(&mut on, ms(1_000));
    without.run_until(&mut off, ms(1_000));
    assert_eq!(with.hash(), without.hash());
    assert!(off.is_empty() && !on.is_empty());
}

#[test]
fn what_was_in_a_message_is_recomputed_from_the_checkpoint_before_it() {
    let mut r = stormy();
    r.run_until(ms(30_000));
    assert!(r.checkpoints().0 > 3);
    let n = r.trace().messages() as u32;
    // A fresh run hands over each payload as it flies.
    let mut fresh = stormy();
    let mut labels = std::collections::BTreeMap::new();
    while fresh.time() < ms(30_000) && fresh.step() {
        for f in fresh.world().in_flight() {
            labels.insert(f.msg, format!("{:?}", f.payload));
        }
    }
    let mut compared = 0;
    for msg in (0..n).step_by(97).map(MsgId) {
        if let Some(label) = labels.get(&msg) {
            assert_eq!(&format!("{:?}", r.payload(msg).unwrap()), label, "{msg}");
            compared += 1;
        }
    }
    assert!(compared > 50, "{compared} of {n}");
    assert!(r.payload(MsgId(n)).is_none());
}
